"""Breakpoints: conditions on an event, at which a run through a trace stops."""

from __future__ import annotations

import fnmatch
import math
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING

from .names import StepError

if TYPE_CHECKING:
    from ..events import Event
    from .stepper import Stepper

#: What may be written, and when it stops.
KINDS = {
    "op NAME": "an op or a node of this name begins: Linear, Relu*, AddmmBackward0",
    "module PATH": "a module, or one within it, begins: model.layer_1, or the path's end, layer_1",
    "tensor NAME": "a tensor is made or changed, or its gradient grows; NAME.grad: the gradient",
    "line [FILE:]NUMBER": "an op of this line of yours begins, or its derivatives",
    "nan": "the first nan or infinity appears where none went in",
    "norm NUMBER": "a gradient's norm is above this",
}
EXAMPLES = {
    "op": "op Relu", "module": "module model.layer_1", "tensor": "tensor loss", "line": "line 12",
    "norm": "norm 10",
}  # fmt: skip
GRADIENTS = ("seed", "derivative", "broadcast", "accumulate", "hook", "grad")


@dataclass(frozen=True)
class Break:
    """A condition; `text` is what it was made from, `what` its kind, `of` the rest."""

    text: str
    what: str
    of: str

    def __str__(self) -> str:
        return self.text

    def hits(self, stepper: Stepper, at: int) -> bool:
        """Whether it stops at an event. It depends on nothing else, so that a run forward and a
        run backward stop at the same ones."""
        event = stepper.trace.events[at]
        if self.what == "op":
            return begins(stepper, at) and self._matches(event.title)
        if self.what == "module":
            return self._enters(stepper, at)
        if self.what == "tensor":
            return any(self._matches(name) for name in touched(stepper, event))
        if self.what == "line":
            return begins(stepper, at) and self._at_line(event)
        if self.what == "nan":
            return appears(stepper, event)
        return grew(stepper, event) > float(self.of)

    def _matches(self, name: str) -> bool:
        """Whether a name, or the end of its path, is what is asked for."""
        wanted = self.of.lower()
        return any(fnmatch.fnmatchcase(name.lower(), each) for each in (wanted, f"*.{wanted}"))

    def _enters(self, stepper: Stepper, at: int) -> bool:
        """Whether an event is the first within a module: of this call of it, in this phase."""
        parts = stepper.outline.modules[at].split(".")
        paths = [".".join(parts[: n + 1]) for n in range(len(parts))]
        matching = next((n for n, path in enumerate(paths) if self._matches(path)), None)
        if matching is None:
            return False
        depth = matching + 3  # behind the step and the phase
        prefix = stepper.outline.prefix
        return at == 0 or prefix(at, depth) != prefix(at - 1, depth)

    def _at_line(self, event: Event) -> bool:
        file, _, line = self.of.rpartition(":")
        place = event.place
        if place is None or not place.line <= int(line) <= place.end_line:
            return False
        return not file or PurePath(place.file).parts[-len(PurePath(file).parts) :] == (
            PurePath(file).parts
        )


def parse(text: str) -> Break:
    """The breakpoint that `text` asks for; see `KINDS`.

    Raises
    ------
    StepError
        If it asks for none.
    """
    what, _, of = text.strip().partition(" ")
    what, of = what.lower(), of.strip()
    if what.rpartition(":")[2].isdecimal() and not of:  # a line, as in pdb
        what, of = "line", text.strip()
    if what == "inf":
        what = "nan"
    if what not in {kind.split()[0] for kind in KINDS}:
        raise StepError(f"no breakpoint {text.strip()!r}; one of: {', '.join(KINDS)}")
    if what == "nan":
        if of:
            raise StepError(f"nan has nothing behind it, not {of!r}")
        return Break("nan", what, "")
    if not of:
        raise StepError(f"{what} needs something behind it, as in: {EXAMPLES[what]}")
    if what == "norm":
        check_number(of)
    if what == "line" and not of.rpartition(":")[2].isdecimal():
        raise StepError(f"line: a number, or FILE:NUMBER, not {of!r}")
    return Break(f"{what} {of}", what, of)


def check_number(text: str) -> float:
    """A number that is not nan."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if math.isnan(value):
        raise StepError(f"not a number: {text!r}")
    return value


def begins(stepper: Stepper, at: int) -> bool:
    """Whether an event is the first of its unit."""
    return stepper.outline.units[at] == at


def touched(stepper: Stepper, event: Event) -> list[str]:
    """The names of the values that an event makes, or whose gradient it makes; and ``NAME.grad`` of
    those whose gradient it makes or forgets."""
    values = stepper.trace.values
    made = [values[number].name for number in event.outputs.values()]
    made += [part[0] for part in event.details.get("parts", ()) if "p" in event.outputs]
    grew = [] if event.about is None else [values[event.about].name]
    forgotten = event.inputs.values() if event.kind == "zero_grad" else ()
    of_grads = [*grew, *(values[number].name for number in forgotten)]
    return [*named(stepper, made + grew), *(f"{name}.grad" for name in named(stepper, of_grads))]


def named(stepper: Stepper, names: list[str]) -> list[str]:
    """Names, without those that are none, and with those that the script has for parameters."""
    longer = stepper.names.with_models
    return [*filter(None, names), *(long for long, name in longer.items() if name in names)]


def odd(stepper: Stepper, numbers: dict[str, int]) -> bool:
    """Whether there is a nan or an infinity among the elements of these values."""
    summaries = [stepper.trace.values[number].summary for number in numbers.values()]
    return any(each.nans or each.infinities for each in summaries)


def appears(stepper: Stepper, event: Event) -> bool:
    """Whether a nan or an infinity comes out of an event and none went in."""
    went_in = event.inputs | event.saved
    return odd(stepper, event.outputs) and not odd(stepper, went_in)


def grew(stepper: Stepper, event: Event) -> float:
    """The largest norm of the gradients that an event makes; -infinity if it makes none."""
    if event.kind not in GRADIENTS:
        return -math.inf
    norms = [stepper.trace.values[number].summary.norm for number in event.outputs.values()]
    return max((norm for norm in norms if not math.isnan(norm)), default=-math.inf)
