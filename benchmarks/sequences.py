"""`python -m benchmarks sequences`: layers for sequences, forward and backward, against PyTorch.

PyTorch runs on one thread. Set OPENBLAS_NUM_THREADS=1 to have NumPy do the same.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import torch

import tinygrad_edu
from tinygrad_edu.app.output import say

from .report import Target, print_targets, table
from .timing import Contestant, interleave, ratios, spread, timed

STEPS, WIDTH = 32, 64
LIMIT = 1.5  # of PyTorch's time, for an LSTM
LAYERS: dict[str, Callable[[Any], Any]] = {
    "RNN": lambda library: library.nn.RNN(WIDTH, WIDTH),
    "LSTM": lambda library: library.nn.LSTM(WIDTH, WIDTH),
    "GRU": lambda library: library.nn.GRU(WIDTH, WIDTH),
    "TransformerEncoderLayer": lambda library: library.nn.TransformerEncoderLayer(
        WIDTH, 4, 4 * WIDTH
    ),
}


def step(library: Any, make: Callable[[Any], Any], batch: int) -> Callable[[], None]:
    """One pass forward and one backward."""
    library.manual_seed(0)
    layer = make(library)
    x, upstream = library.randn(STEPS, batch, WIDTH), library.randn(STEPS, batch, WIDTH)

    def run() -> None:
        layer.zero_grad()
        output = layer(x)
        (output[0] if isinstance(output, tuple) else output).backward(upstream)

    return run


def main(rounds: int = 15, block_seconds: float = 0.05) -> None:
    """Measure and print."""
    threads = torch.get_num_threads()
    alone = functools.partial(torch.set_num_threads, 1)
    say(f"Layers of width {WIDTH} on sequences of {STEPS} steps, forward and backward\n")
    rows, targets = [], []
    for name, make in LAYERS.items():
        for batch in (16, 32):
            contestants = [
                Contestant("ours", timed(step(tinygrad_edu, make, batch))),
                Contestant("PyTorch, 1 thread", timed(step(torch, make, batch)), alone),
            ]
            seconds = interleave(contestants, rounds, block_seconds)
            ours, theirs = (1e3 * spread(seconds[c.name]).median for c in contestants)
            ratio = ratios(seconds, "ours", "PyTorch, 1 thread")
            rows.append(
                [
                    f"{name}, batch {batch}",
                    f"{ours:.2f}",
                    f"{theirs:.2f}",
                    f"{ratio.median:.2f} ({ratio.low:.2f}-{ratio.high:.2f})",
                ]
            )
            if name == "LSTM":
                text = f"{name}, batch {batch}: at most {LIMIT}x PyTorch on one thread"
                targets.append(Target(text, ratio.median, LIMIT))
    torch.set_num_threads(threads)
    say(table(["", "ms", "PyTorch's", "ratio"], rows))
    print_targets(targets)
