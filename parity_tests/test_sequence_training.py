"""Models of sequences trained on both sides from one seed: the same losses, step by step."""

import numpy as np
import pytest

from .modules import SIDES

STEPS = 6


def recurrent(library, name):
    nn = library.nn

    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.embedding = nn.Embedding(11, 6, padding_idx=0)
            self.layers = getattr(nn, name)(6, 7, 2, batch_first=True, dropout=0.2)
            self.norm = nn.LayerNorm(7)
            self.head = nn.Linear(7, 11)

        def forward(self, numbers):
            return self.head(self.norm(self.layers(self.embedding(numbers))[0]))

    return Model()


def transformer(library, name):
    nn = library.nn

    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.embedding = nn.Embedding(11, 8)
            self.places = nn.Embedding(5, 8)
            self.layer = nn.TransformerEncoderLayer(8, 2, 16, 0.2, batch_first=True)
            self.head = nn.Linear(8, 11)

        def forward(self, numbers):
            mask = nn.Transformer.generate_square_subsequent_mask(numbers.shape[1])
            x = self.embedding(numbers) + self.places(library.arange(numbers.shape[1]))
            return self.head(self.layer(x, src_mask=mask, is_causal=True))

    return Model()


def losses(library, make, name):
    """Of a model that learns to say which number comes next."""
    library.manual_seed(2)
    model = make(library, name)
    optimizer = library.optim.Adam(model.parameters(), lr=0.02)
    found = []
    for _ in range(STEPS):
        numbers = library.randint(0, 11, (8, 6))
        scores = model(numbers[:, :-1])
        loss = library.nn.functional.cross_entropy(
            scores.reshape(-1, 11), numbers[:, 1:].reshape(-1)
        )
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        found.append(loss.item())
    return found


@pytest.mark.parametrize(
    ("make", "name"),
    [(recurrent, "RNN"), (recurrent, "LSTM"), (recurrent, "GRU"), (transformer, "causal")],
)
def test_losses_are_pytorchs(make, name):
    theirs, mine = (losses(library, make, name) for library in SIDES)
    np.testing.assert_allclose(mine, theirs, rtol=1e-5)
