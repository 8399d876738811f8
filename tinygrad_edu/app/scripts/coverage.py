"""``tinygrad-edu coverage``: which of PyTorch's names a script uses, and which of them are here.

The script is read, not run; `names_used` finds the names.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import NamedTuple

from ...nn import Module
from ...tensor import Tensor
from .absent import is_here, nearest, reason
from .names_used import Lines, read, uses_in

SHOWN = 6  # lines of a name that a table lists


class Use(NamedTuple):
    """A name, and what is to be said of it.

    Attributes
    ----------
    name : str
    lines : list of int
        On which it is used.
    exists : bool
    nearest : str or None
        Of a missing name, what comes nearest.
    why : str
        Why it is missing, if there is a reason.
    """

    name: str
    lines: list[int]
    exists: bool
    nearest: str | None = None
    why: str = ""


class Coverage(NamedTuple):
    """What of PyTorch's a script uses.

    Attributes
    ----------
    names : list of Use
    methods : list of Use
        Attributes of objects of which the text does not tell what they are, where tensors or
        modules have attributes of that name; or tensors of PyTorch's have, and none here.
    """

    names: list[Use]
    methods: list[Use]

    @property
    def missing(self) -> int:
        """The number of names that are not here."""
        return sum(not use.exists for use in self.names)


def coverage(path: str) -> Coverage:
    """Look up all that a script uses.

    Raises
    ------
    InputError
        If it cannot be read, or is not Python.
    """
    uses = uses_in(read(path))
    return Coverage(
        [*looked_up(uses.names, lambda name: name)],
        [*looked_up(uses.methods, method_name)],
    )


def method_name(name: str) -> str:
    """The full name of a method that modules have, and tensors have not, or that tensors have."""
    of_module = hasattr(Module, name) and not hasattr(Tensor, name)
    return f"torch.nn.Module.{name}" if of_module else f"torch.Tensor.{name}"


def looked_up(lines: Lines, full: Callable[[str], str]) -> Iterator[Use]:
    """All names in alphabetical order."""
    for name in sorted(lines):
        here = is_here(full(name))
        rest = () if here else (nearest(full(name)), reason(full(name)))
        yield Use(name, sorted(lines[name]), here, *rest)


def table(found: Coverage) -> Iterator[str]:
    """The lines of a table."""
    width = max((len(use.name) for use in [*found.names, *found.methods]), default=0)
    for use in found.names:
        yield row(use, width)
    if found.methods:
        yield "\nmethods and attributes of objects that are not known:"
    for use in found.methods:
        yield row(use, width, "on tensors: ")
    count = len(found.names)
    yield f"\n{count - found.missing} of {count} names are here"


def row(use: Use, width: int, of: str = "") -> str:
    """One line of the table; `of` says of what a missing name would be one."""
    lines = [str(line) for line in use.lines]
    shown = ", ".join([*lines[:SHOWN], *(["..."] if len(lines) > SHOWN else [])])
    said = "yes"
    if not use.exists:
        why = f", as {use.why}" if use.why else ""
        near = f"; the nearest is {use.nearest}" if use.nearest else ""
        said = f"{of}no{why}{near}"
    return f"{use.name:{width}}  {shown:{5 * SHOWN}}  {said}"


def as_json(path: str, found: Coverage) -> str:
    """All that is known as JSON."""
    return json.dumps(
        {
            "script": path,
            "names": [use._asdict() for use in found.names],
            "methods": [use._asdict() for use in found.methods],
            "used": len(found.names),
            "missing": found.missing,
        },
        indent=1,
    )
