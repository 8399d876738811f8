"""What a trace is made of: values, and the events that made and used them.

A `Value` is what some array held at one moment; an `Event` is one thing that the engine did. Both
are plain records, which can be written to a file and read again. Events name values by their
number, so that a tensor of which ten events speak is kept once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np

Kind: TypeAlias = Literal[
    "forward",  # an op has computed its outputs
    "seed",  # a backward pass begins: the gradient that it was given, or 1
    "derivative",  # an op's derivative for one of its arguments
    "broadcast",  # a gradient was summed over the axes along which its argument was repeated
    "accumulate",  # contribution k of n to the gradient of a tensor has arrived
    "hook",  # a user's hook has put another gradient in the place of the complete one
    "grad",  # the complete gradient of a leaf was added to its ``grad``
    "update",  # a line of an optimizer's algorithm
    "zero_grad",  # gradients were forgotten
]
KINDS: tuple[Kind, ...] = (
    "forward", "seed", "derivative", "broadcast", "accumulate", "hook", "grad", "update",
    "zero_grad",
)  # fmt: skip

ValueKind: TypeAlias = Literal["parameter", "leaf", "input", "result", "gradient", "state"]


class Place(NamedTuple):
    """A stretch of a source file that was running.

    Attributes
    ----------
    file : str
        Its path; of the library's own files from the package on, as ``ops/linear.py``.
    function : str
        The qualified name of the function.
    line, end_line : int
        Counted from 1.
    column, end_column : int
        In characters of the first and of the last line, counted from 0; -1 where Python does not
        know.
    """

    file: str
    function: str
    line: int
    end_line: int
    column: int = -1
    end_column: int = -1


class Code(NamedTuple):
    """A function of the engine: where it stands, and its text.

    Attributes
    ----------
    file : str
        From the package on, as ``ops/linear.py``; of a user's own function its path.
    name : str
        The qualified name, as ``Mul.d_a``.
    first : int
        The line at which `text` begins.
    text : str
        The function.
    line : int
        The line of the file that has just run, if one is meant and not the whole; else 0.
    ran : tuple of int
        The lines that have run, in that order, of a function that may go several ways; else empty.
    """

    file: str
    name: str
    first: int
    text: str
    line: int = 0
    ran: tuple[int, ...] = ()


class Summary(NamedTuple):
    """What is said of all elements of an array. Those that are nan or infinite are counted, and
    left out of the rest; nan where nothing is left.

    Attributes
    ----------
    minimum, maximum, mean, norm : float
        `norm` is the root of the sum of squares.
    nans, infinities : int
        How many.
    """

    minimum: float
    maximum: float
    mean: float
    norm: float
    nans: int
    infinities: int


@dataclass
class Value:
    """What an array held at one moment.

    Attributes
    ----------
    id : int
        Its place in ``Trace.values``.
    kind : {"parameter", "leaf", "input", "result", "gradient", "state"}
        A leaf requires a gradient and no op has made it; a parameter is one of a module. An input
        needs none. A result is what an op has made. A gradient is any that was on its way, a
        contribution or a sum, and what a ``grad`` was. A state is what an optimizer works with.
    shape : tuple of int
    dtype : str
        As NumPy calls it: "float32".
    array : numpy.ndarray or None
        A copy of the elements, read-only; None if there were too many to be kept.
    summary : Summary
        Of all elements, also of those that were not kept.
    name : str
        The name of the variable or the path of the parameter; "" if none was found.
    born : int
        The event that made it; -1 if it was there before.
    of : int or None
        Of a gradient: the value that it belongs to.
    """

    id: int
    kind: ValueKind
    shape: tuple[int, ...]
    dtype: str
    array: np.ndarray[Any, Any] | None
    summary: Summary
    name: str = ""
    born: int = -1
    of: int | None = None

    @property
    def size(self) -> int:
        """The number of elements."""
        return int(np.prod(self.shape, dtype=np.int64))


@dataclass
class Event:
    """One thing that the engine did.

    Attributes
    ----------
    index : int
        Its place in ``Trace.events``.
    kind : str
        One of `KINDS`.
    title : str
        The op, node, or optimizer: "Linear", "AddmmBackward0", "Adam".
    step : int
        Which training step it belongs to, counted from 0: how many had ended before it, by an
        optimizer's step, or, in a loop without an optimizer, where the loop came round; also of
        those before the recording, if they were counted.
    module : str
        The path of the module that was running, as "model.layer_1"; "" outside of modules.
    place : Place or None
        The user's line. Of a derivative that of its forward call.
    frames : tuple of Place
        The library's own functions from the user's line to the op, outermost first.
    code : Code or None
        The engine's function that did it.
    formula : str
        What that function computes.
    inputs, outputs : dict of str to int
        Values by the names that the code has for them.
    saved : dict of str to int
        Of a derivative: what it reads, besides the gradient.
    options : dict of str to str
        What else it was called with, as it prints.
    forward : int or None
        Of a derivative, and of what follows from it: the event of its forward call.
    about : int or None
        Of what concerns a gradient: the value whose gradient it is.
    details : dict
        By kind: "running" (of a forward call, the calls of modules that it is within, outermost
        first: the path, and which call of all it is); "node" (of one that is a part of the graph,
        the name of its node); "in_place" (whether it has changed its first argument); "argument"
        (which one a derivative is for); "axes" (that were summed); "k" and "n" (contribution k of
        n); "had_grad" (of ``zero_grad``, the values of those tensors that had a gradient); "hooks"
        (their names); "parts" (of an optimizer's vector: name, start, end, shape of each parameter
        in it); "values" (what values these parameters were; None of one that was not met in the
        trace); "numbers" (an optimizer's plain numbers).
    """

    index: int
    kind: Kind
    title: str
    step: int = 0
    module: str = ""
    place: Place | None = None
    frames: tuple[Place, ...] = ()
    code: Code | None = None
    formula: str = ""
    inputs: dict[str, int] = field(default_factory=dict)
    outputs: dict[str, int] = field(default_factory=dict)
    saved: dict[str, int] = field(default_factory=dict)
    options: dict[str, str] = field(default_factory=dict)
    forward: int | None = None
    about: int | None = None
    details: dict[str, Any] = field(default_factory=dict)
