"""Changing an input or a weight, and running all again with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ..events import Value
from ..traces import FROM_FILE, Trace
from .characters import Array, Index
from .names import StepError, element_of, mentioned, parse

if TYPE_CHECKING:
    from .stepper import Stepper

KINDS = ("parameter", "leaf", "input")


class Edit(NamedTuple):
    """An element of a value, and what it is to be."""

    value: int
    place: Index
    number: float


class Editor:
    """A trace as it was recorded, and what was changed in it since.

    Each edit comes on top of the others, and all are made on the recorded run.
    """

    def __init__(self, original: Trace) -> None:
        self.original = original
        self.edits: list[Edit] = []

    def leaves(self) -> list[Value]:
        """What can be edited: what no op has made."""
        values = self.original.values
        return [values[n] for n in sorted(self.original.leaves) if values[n].kind in KINDS]

    def names(self) -> list[str]:
        """What that is called."""
        return [*dict.fromkeys(value.name or f"#{value.id}" for value in self.leaves())]

    def leaf(self, name: str, stepper: Stepper) -> Value:
        """What is meant by `name` in an edit at the cursor of `stepper`: first what the event has
        by that name, then what had it last.

        Raises
        ------
        StepError
            If it is nothing, or computed.
        """
        leaves = {value.id: value for value in self.leaves()}
        if self.original.from_file:
            raise StepError(f"nothing can be edited: {FROM_FILE}")
        local = [n for _, each, n in mentioned(stepper.event) if each == name and n in leaves]
        own = stepper.names.own(name)
        named = [n for _, n in stepper.names.named.get(own, ()) if n in leaves]
        before = [n for n in named if stepper.names.first[n] <= stepper.at]
        for found in (local[:1], before[-1:], named[:1]):
            if found:
                return leaves[found[0]]
        value = stepper.names.find(name, stepper.at)
        if value.id not in leaves:
            names = ", ".join(self.names()[:12])
            raise StepError(f"{name} is computed; what can be edited: {names}")
        return value

    def parsed(self, text: str, stepper: Stepper) -> Edit:
        """What ``NAME[i, j] = VALUE`` asks for.

        Raises
        ------
        StepError
            If it does not say that, or there is no such element.
        """
        target, equals, number = text.partition("=")
        if not equals or not number.strip() or "=" in number:
            raise StepError("an edit is written as weight[0, 1] = 0.5")
        name, index = parse(target)
        value = self.leaf(name, stepper)
        try:
            item = float(number)
        except ValueError:
            raise StepError(f"not a number: {number.strip()!r}") from None
        if not np.issubdtype(np.dtype(value.dtype), np.inexact) and not item.is_integer():
            raise StepError(f"{name} is of {value.dtype}: {number.strip()} is not whole")
        return Edit(value.id, element_of(value, index or ()), item)

    def shown(self, edit: Edit) -> str:
        """An edit as text."""
        value = self.original.values[edit.value]
        name = value.name or f"#{value.id}"
        with np.errstate(over="ignore"):
            number = np.array(edit.number, value.dtype).item()
        return f"{name}{list(edit.place) if edit.place else ''} = {number:g}"

    def with_edit(self, edit: Edit) -> Trace:
        """The trace of a run with one more edit."""
        return self._run([*self.edits, edit])

    def without_last(self) -> Trace:
        """The trace of a run without the last edit.

        Raises
        ------
        StepError
            If there is none.
        """
        if not self.edits:
            raise StepError("nothing has been edited")
        return self._run(self.edits[:-1])

    def _run(self, edits: list[Edit]) -> Trace:
        arrays: dict[int, Array] = {}
        try:
            for edit in edits:
                if edit.value not in arrays:
                    arrays[edit.value] = np.array(self.original.leaves[edit.value])
                with np.errstate(over="ignore"):  # in float32 1e300 is infinite
                    arrays[edit.value][edit.place] = edit.number
            trace = self.original.replay(arrays) if arrays else self.original
        except (RuntimeError, OverflowError) as error:
            raise StepError(" ".join(str(error).split())) from error
        self.edits = edits
        return trace


def loss_change(before: list[float], after: list[float]) -> str:
    """What has become of the last loss."""
    if not before or not after:
        return "run again"
    digits = 6 if f"{before[-1]:.6g}" != f"{after[-1]:.6g}" else 9
    return f"loss {before[-1]:.{digits}g} -> {after[-1]:.{digits}g}"
