"""Models that read characters, as a first course has them, each written once for both libraries.

They are given 16 lines of 32 characters, and say for each character which of 65 comes next.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

CHARACTERS, CONTEXT, BATCH = 65, 32, 16
WIDTH, LAYERS, HEADS = 64, 4, 4
HIDDEN = 128


def transformer(library: Any) -> Any:
    """A decoder: 4 layers of width 64 with 4 heads, norms first, 210,497 parameters."""
    nn = library.nn

    class Transformer(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.characters = nn.Embedding(CHARACTERS, WIDTH)
            self.places = nn.Embedding(CONTEXT, WIDTH)
            layer = nn.TransformerEncoderLayer(
                WIDTH, HEADS, 4 * WIDTH, dropout=0.0, batch_first=True, norm_first=True
            )
            norm = nn.LayerNorm(WIDTH)
            self.layers = nn.TransformerEncoder(layer, LAYERS, norm, enable_nested_tensor=False)
            self.head = nn.Linear(WIDTH, CHARACTERS)
            self.mask = nn.Transformer.generate_square_subsequent_mask(CONTEXT)

        def forward(self, x: Any) -> Any:
            h = self.characters(x) + self.places.weight
            h = self.layers(h, mask=self.mask, is_causal=True)
            return self.head(h).flatten(0, 1)

    return Transformer()


def recurrent(kind: str) -> Callable[[Any], Any]:
    """An embedding of width 64, a recurrent layer of 128 units, and a linear layer."""

    def model(library: Any) -> Any:
        nn = library.nn

        class Recurrent(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.characters = nn.Embedding(CHARACTERS, WIDTH)
                self.layer = getattr(nn, kind)(WIDTH, HIDDEN, batch_first=True)
                self.head = nn.Linear(HIDDEN, CHARACTERS)

            def forward(self, x: Any) -> Any:
                return self.head(self.layer(self.characters(x))[0]).flatten(0, 1)

        return Recurrent()

    return model


def batch(library: Any) -> tuple[Any, Any]:
    """Lines of characters (16, 32), and the characters that follow (512,)."""
    text = np.random.default_rng(0).integers(0, CHARACTERS, (BATCH, CONTEXT + 1))
    x, y = (np.ascontiguousarray(part) for part in (text[:, :-1], text[:, 1:]))
    return library.from_numpy(x), library.from_numpy(y).flatten()


TRANSFORMER = "transformer, 4 layers, width 64, context 32, batch 16"
LSTM, GRU, RNN = (
    f"{kind} {WIDTH}-{HIDDEN}, context {CONTEXT}, batch {BATCH}" for kind in ("LSTM", "GRU", "RNN")
)
JOBS = {
    TRANSFORMER: transformer,
    LSTM: recurrent("LSTM"),
    GRU: recurrent("GRU"),
    RNN: recurrent("RNN"),
}
