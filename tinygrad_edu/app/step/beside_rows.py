"""A row of the comparison with PyTorch, and what may be said in it."""

from __future__ import annotations

from typing import NamedTuple

#: Why there is nothing to compare with.
NO_NODE = "PyTorch has no such node here"
NOT_KNOWN = "PyTorch's is not known by itself"

#: Where an element of a parameter may become anything.
NOISE = "there the gradient is 0 but for rounding"

#: And of what is computed from such a parameter, in a later step.
DRIFT = f"it comes from {{}}: {NOISE}"


class BesideRow(NamedTuple):
    """An event of a trace, and the same in PyTorch.

    Attributes
    ----------
    event : int
        Its number in the trace.
    kind : str
        Of the event: "forward", "seed", "derivative", "broadcast", "accumulate" (of the last
        contribution to a gradient), "grad" or "update" (the last line that changes a parameter).
    step : int
    ours, theirs : str
        The nodes; of an update the optimizers. `theirs` is "" if PyTorch has none there.
    name : str
        Of the value, as `Events.label` has it; of a gradient that of what it is the gradient of.
    shape : tuple of int
    difference, eps, within, remark
        See `beside_numbers.Gap`.
    """

    event: int
    kind: str
    step: int
    ours: str
    theirs: str
    name: str
    shape: tuple[int, ...]
    difference: float
    eps: float
    within: bool
    remark: str = ""
