"""What is taken down of a step in PyTorch: the graph, with all values and gradients at its nodes.

Written by ``torch_ref/onlooker.py``, in the process where PyTorch runs; read by `beside_walk`.
Plain records of NumPy arrays: this file needs no PyTorch.
"""

from __future__ import annotations

import math
import pickle
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from ...tracing.events import Summary
from ...tracing.values import summary_of

#: A node, by its place in `Record.nodes`, and which of its outputs.
Edge: TypeAlias = tuple[int, int]


class Task(NamedTuple):
    """What the process is to do.

    Attributes
    ----------
    record : str
        The file to write.
    first, last : int
        Which steps are looked at: from the first one on, before `last`. Then the process ends.
    largest : int
        How many elements a tensor may have to be kept.
    seed, dtype
        See `both_sides.Start`.
    script : str
    arguments : list of str
    model, data : str
        Of a job, which then is what is run, and no script: see `training_of`.
    """

    record: str
    first: int
    last: int
    largest: int
    seed: int = 0
    dtype: str = "float32"
    script: str = ""
    arguments: Sequence[str] = ()
    model: str = ""
    data: str | None = None


class Held(NamedTuple):
    """What a tensor held at one moment.

    Attributes
    ----------
    dtype : str
        As PyTorch calls it: "float32", "bfloat16".
    shape : tuple of int
    array : numpy.ndarray or None
        A copy of the elements; None if there were too many.
    summary : Summary
        Of all elements.
    """

    dtype: str
    shape: tuple[int, ...]
    array: np.ndarray[Any, Any] | None
    summary: Summary

    @property
    def largest(self) -> float:
        """The largest finite magnitude; 0 if there is none."""
        ends = abs(self.summary.minimum), abs(self.summary.maximum)
        return max((end for end in ends if not math.isnan(end)), default=0.0)


def held(dtype: str, values: np.ndarray[Any, Any], largest: int) -> Held:
    """What `values` are now; with a copy of them, if they are not more than `largest`."""
    copy = np.array(values, order="C") if values.size <= largest else None
    return Held(dtype, values.shape, copy, summary_of(values))


@dataclass
class TorchNode:
    """A node of PyTorch's graph.

    Attributes
    ----------
    name : str
        Such as "AddmmBackward0".
    edges : list of Edge or None
        Its ``next_functions``.
    outputs : dict of int to Held
        What the call had computed, as far as it was used, by its number.
    leaf : int
        Of one that accumulates: which of `Record.leaves`; else -1.
    """

    name: str
    edges: list[Edge | None] = field(default_factory=list)
    outputs: dict[int, Held] = field(default_factory=dict)
    leaf: int = -1


@dataclass
class Visit:
    """A node in a backward pass.

    Attributes
    ----------
    arriving : dict of int to Held
        The complete gradients of its outputs.
    leaving : dict of int to Held
        What it handed on, by the place of the edge.
    grad : Held or None
        Of one that accumulates: the leaf's ``grad`` then.
    """

    arriving: dict[int, Held] = field(default_factory=dict)
    leaving: dict[int, Held] = field(default_factory=dict)
    grad: Held | None = None


@dataclass
class TorchPass:
    """A backward pass.

    Attributes
    ----------
    step : int
        How many steps of optimizers had ended before it.
    roots : list of Edge
        Where it began.
    visits : dict of int to Visit
        By the place of the node.
    """

    step: int
    roots: list[Edge]
    visits: dict[int, Visit] = field(default_factory=dict)


class TorchUpdate(NamedTuple):
    """A step of an optimizer: the name of its class, and by `Record.leaves` what it left."""

    step: int
    optimizer: str
    parameters: list[tuple[int, Held]]


class Norms(NamedTuple):
    """A step of the training curve: the loss of its last pass, or nan, and the norms of the
    gradients of the optimizer's parameters, of those that have one."""

    step: int
    loss: float
    norms: list[float]


@dataclass
class Record:
    """What was taken down.

    Attributes
    ----------
    version : str
        Of PyTorch.
    nodes, passes, updates, curve : list
    leaves : list of str
        What no op has made: the names in the script, where there are some.
    starts : dict of int to Held
        The values of `leaves` when they were first used in a wanted step.
    steps : int
        How many steps of optimizers there were.
    error : str
        What ended it before all wanted steps were done, if that was an exception.
    """

    version: str
    nodes: list[TorchNode] = field(default_factory=list)
    passes: list[TorchPass] = field(default_factory=list)
    leaves: list[str] = field(default_factory=list)
    starts: dict[int, Held] = field(default_factory=dict)
    updates: list[TorchUpdate] = field(default_factory=list)
    curve: list[Norms] = field(default_factory=list)
    steps: int = 0
    error: str = ""

    def write(self, path: Path) -> None:
        """Put it into a file."""
        path.write_bytes(pickle.dumps(self))

    @staticmethod
    def read(path: Path) -> Record | None:
        """Read a file that a process of ours has written; None if it did not come to that."""
        return pickle.loads(path.read_bytes()) if path.exists() else None
