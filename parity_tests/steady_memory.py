"""``python -m parity_tests.steady_memory STEPS``: does training gather memory, uncollected?

It trains a small network for so many steps, by `nn`, `optim` and `utils.data` as a user does, with
Python's garbage collector disabled: then only what is in no reference cycle is freed. It prints
how many more blocks of memory Python had given out after the last step than after a fifth of them
(every object, also a NumPy array, takes at least one), and how many unreachable objects the
collector finds when it is called at last. A test runs this in a process of its own, where nothing
else allocates.

With ``--plant`` each step leaves a cycle behind, and the numbers must show it.
"""

from __future__ import annotations

import gc
import sys
from collections import deque
from collections.abc import Callable, Iterator
from itertools import islice

import tinygrad_edu as tg
from tinygrad_edu import nn
from tinygrad_edu.utils.data import DataLoader, TensorDataset


def training(keep: Callable[[tg.Tensor], None]) -> Iterator[float]:
    """Train without end; yields each step's loss, after it was shown to `keep`."""
    tg.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 1), nn.Sigmoid())
    optimizer = tg.optim.Adam(model.parameters(), lr=0.01)
    loss_function = nn.BCELoss()
    x = tg.randn(32, 3)
    batches = DataLoader(TensorDataset(x, (x[:, :1] > 0).float()), batch_size=8, shuffle=True)
    while True:
        for features, target in batches:
            optimizer.zero_grad()
            loss = loss_function(model(features), target)
            loss.backward()
            optimizer.step()
            keep(loss)
            yield loss.item()


def let_go(loss: tg.Tensor) -> None:
    """Keep nothing."""


def plant(loss: tg.Tensor) -> None:
    """Tie the loss into a cycle."""
    cycle: list[object] = [loss]
    cycle.append(cycle)


def main(steps: int, planted: bool) -> None:
    """Train, and print the two numbers, and whether the loss became smaller."""
    gc.collect()
    gc.disable()
    losses = training(plant if planted else let_go)
    first, *_ = islice(losses, steps // 5)
    alive = sys.getallocatedblocks()
    last = deque(islice(losses, steps - steps // 5), maxlen=1)[0]
    grown = sys.getallocatedblocks() - alive
    print(grown, gc.collect(), last < first)


if __name__ == "__main__":
    main(int(sys.argv[1]), "--plant" in sys.argv[2:])
