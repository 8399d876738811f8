"""What tells apart results that a script calls by one name: after ``x = relu(x)`` there are two x.

Such a one is called after what has made it, with its name behind: ``activation_2's result (x)``.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from .events import Event

if TYPE_CHECKING:
    from .traces import Trace


def told_apart(trace: Trace) -> dict[int, str]:
    """By value, what to call a result if others have its name in the same training step."""
    bearers: dict[tuple[int, str], set[int]] = {}  # by step and name
    ops = Counter[tuple[int, str]]()  # by step and module
    for event in trace.events:
        if event.kind == "forward":
            ops[event.step, event.module] += 1
            for number in (*event.inputs.values(), *event.outputs.values()):
                if trace.values[number].name:
                    key = event.step, trace.values[number].name
                    bearers.setdefault(key, set()).add(number)
    found: dict[int, str] = {}
    for (step, name), numbers in bearers.items():
        if len(numbers) < 2:
            continue
        makers = {n: trace.events[trace.values[n].born] for n in numbers if made(trace, n)}
        called = {event.index: maker_name(event, ops) for event in makers.values()}
        alike = Counter(called.values())
        for number, event in makers.items():
            if event.step == step:
                maker = called[event.index]
                at = f" at {event.index}" if alike[maker] > 1 else ""
                outputs = [*event.outputs.values()]
                which = f" {outputs.index(number)}" if len(numbers & {*outputs}) > 1 else ""
                found[number] = f"{maker}'s result{which}{at} ({name})"
    return found


def made(trace: Trace, number: int) -> bool:
    """Whether an op has made a value."""
    value = trace.values[number]
    return value.kind == "result" and value.born >= 0


def maker_name(event: Event, ops: Counter[tuple[int, str]]) -> str:
    """What to call an op: after its module, if it is all that this does."""
    alone = event.module and ops[event.step, event.module] == 1
    return event.module.rpartition(".")[2] if alone else event.title
