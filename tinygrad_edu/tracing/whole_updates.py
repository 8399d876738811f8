"""What an optimizer has done in all, where its lines are not followed one by one.

That is so of those that look at whole parameters, and of those that have a `step` of their own, as
LBFGS has and what users write: there is one event for what the parameters were and what they are,
laid end to end.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ..optim.optimizer import Optimizer
from ..optim.whole import WholeOptimizer
from .acts import StepBegun, StepEnded
from .places import code_of
from .updates import plain_numbers

if TYPE_CHECKING:
    from ..autograd.graph import TensorBase
    from .recorder import Recorder


class Before(NamedTuple):
    """A parameter before an update: it, its value, and its numbers."""

    parameter: TensorBase
    value: int
    array: np.ndarray[Any, Any]


def has_own_step(optimizer: Any) -> bool:
    """Whether an optimizer has neither lines to follow nor an update of whole parameters."""
    followed = type(optimizer)._update is not Optimizer._update
    return not followed and not isinstance(optimizer, WholeOptimizer)


def before(recorder: Recorder, optimizer: Any) -> list[Before]:
    """An optimizer's parameters, as they are now."""
    parameters = [p for group in optimizer.param_groups for p in group["params"]]
    return [Before(p, recorder.value_of(p), np.array(p.array)) for p in parameters]


def note(
    recorder: Recorder, title: str, function: Callable[..., Any], numbers: dict[str, float],
    was: Sequence[Before], place: Any,
) -> None:  # fmt: skip
    """Note what `function` has made of parameters: an event for each dtype among them."""
    touched = [
        each
        for each in was
        if each.parameter._grad is not None
        or not np.array_equal(each.array, each.parameter.array, equal_nan=True)
    ]
    code = code_of(function)
    for dtype in dict.fromkeys(each.array.dtype for each in touched):
        same = [each for each in touched if each.array.dtype == dtype]
        after = {"p": np.concatenate([each.parameter.array.ravel() for each in same])}
        given = {"p": np.concatenate([each.array.ravel() for each in same])}
        if all(each.parameter._grad is not None for each in same):
            given["g"] = np.concatenate([each.parameter._grad.array.ravel() for each in same])  # type: ignore[union-attr]
        values = {name: recorder.vector(vector) for name, vector in given.items()}
        event = recorder.update(title, code, f"{title}.{function.__name__}()", after, place)
        event.inputs.update(values)
        ends = np.cumsum([each.array.size for each in same]).tolist()
        parts = [
            [recorder.modules.name_of(each.parameter) or f"parameter {number}",
             end - each.array.size, end, list(each.array.shape)]
            for number, (each, end) in enumerate(zip(same, ends, strict=True))
        ]  # fmt: skip
        event.details.update(parts=parts, values=[each.value for each in same], numbers=numbers)


def numbers_of(optimizer: Any) -> dict[str, float]:
    """The plain numbers among the options of the first group."""
    return plain_numbers(optimizer.param_groups[0].items()) if optimizer.param_groups else {}


class OwnSteps:
    """Notes what optimizers do that have a `step` of their own."""

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder
        self.running: dict[int, list[Before]] = {}

    def begun(self, optimizer: Any) -> None:
        """A step begins."""
        if has_own_step(optimizer):
            was = before(self.recorder, optimizer)
            self.running[id(optimizer)] = was
            self.recorder.notes.add(StepBegun(tuple(each.value for each in was)))

    def ended(self, optimizer: Any) -> None:
        """It has ended."""
        was = self.running.pop(id(optimizer), None)
        if was is None:
            return
        title, function = type(optimizer).__name__, type(optimizer).step
        numbers = numbers_of(optimizer)
        after = tuple(self.recorder.value_of(each.parameter) for each in was)
        self.recorder.notes.add(StepEnded(after, title, function, numbers))
        note(self.recorder, title, function, numbers, was, self.recorder.where())


def watch_whole(recorder: Recorder, update_all: Callable[..., Any]) -> Callable[..., Any]:
    """``WholeOptimizer._update_all``, with a look at the parameters before and after."""

    def run(optimizer: Any) -> None:
        if not recorder.watches():
            update_all(optimizer)
            return
        was = [each for each in before(recorder, optimizer) if each.parameter._grad is not None]
        place = recorder.where()
        update_all(optimizer)
        title, function = type(optimizer).__name__, type(optimizer)._update_group
        note(recorder, title, function, numbers_of(optimizer), was, place)

    return run
