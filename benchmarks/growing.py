"""Work of many sizes, each written once for both libraries: how does its time grow?

Neither library is imported here: a process that measures one has not loaded the other.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np


def depth(library: Any, size: int) -> Callable[[], object]:
    """A chain of so many nodes, built, run backward, and freed."""
    x = library.ones(1, requires_grad=True)

    def run() -> None:
        y = x
        for _ in range(size):
            y = y + 1
        y.backward()

    return run


def fan_out(library: Any, size: int) -> Callable[[], object]:
    """One tensor that is used so many times, and so gets as many gradients."""
    x = library.ones(1, requires_grad=True)

    def run() -> None:
        library.stack([x * 2 for _ in range(size)]).sum().backward()

    return run


def joined(library: Any, size: int) -> Callable[[], object]:
    """So many tensors that become one, and each get their part of its gradient."""
    tensors = [library.ones(1, requires_grad=True) for _ in range(size)]

    def run() -> None:
        library.cat(tensors).sum().backward()

    return run


def parameters(library: Any, size: int) -> Callable[[], object]:
    """A step of training with so many parameters of 8 numbers, in layers one after another."""
    nn = library.nn
    layers = [nn.LayerNorm(8) for _ in range(size // 2)]
    return training(library, nn.Sequential(*layers, nn.Flatten()), library.ones(4, 8))


def batch(library: Any, size: int) -> Callable[[], object]:
    """A step of training of the course's classifier, with so many rows."""
    name = "torch_ref" if library.__name__ == "torch" else "tinygrad_edu"
    model = importlib.import_module(f"{name}.models").SimpleClassifier()
    rows = np.random.default_rng(0).standard_normal((size, 10), dtype=np.float32)
    return training(library, model, library.from_numpy(rows))


def training(library: Any, model: Any, x: Any) -> Callable[[], object]:
    """A step with the sum of squares for a loss."""
    optimizer = library.optim.Adam(model.parameters(), lr=1e-3)

    def run() -> object:
        optimizer.zero_grad()
        loss = (model(x) ** 2).sum()
        loss.backward()
        optimizer.step()
        return loss

    return run


class Growth(NamedTuple):
    """What grows, and through which sizes.

    Attributes
    ----------
    what : str
    work : callable
        Prepares it for a library and a size.
    sizes : tuple of int
    """

    what: str
    work: Callable[[Any, int], Callable[[], object]]
    sizes: tuple[int, ...]


def powers_of_ten(first: int, last: int) -> tuple[int, ...]:
    """From 10**first to 10**last."""
    return tuple(10**k for k in range(first, last + 1))


GROWTHS = {
    "depth": Growth("nodes in a chain", depth, powers_of_ten(2, 6)),
    "fan-out": Growth("uses of a tensor", fan_out, powers_of_ten(1, 5)),
    "joined": Growth("tensors in a cat", joined, powers_of_ten(1, 4)),
    "parameters": Growth("parameters, a step", parameters, powers_of_ten(1, 4)),
    "batch": Growth("rows of a batch, a step", batch, powers_of_ten(1, 6)),
}


def job(library: Any, name: str, size: int) -> Callable[[], object]:
    """The work of that name, of a size."""
    library.manual_seed(0)
    return GROWTHS[name].work(library, size)
