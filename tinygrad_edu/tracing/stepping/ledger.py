"""The ledger of a gradient: which contributions have arrived, and which are awaited."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..events import Event, Value
from ..words import axes
from .characters import Index, fitting
from .elements import at, shown_element
from .lines import Line, number, styled
from .names import label

if TYPE_CHECKING:
    from .stepper import Stepper

#: The kinds of events that make contributions.
MAKERS = ("seed", "derivative", "broadcast")


def of_accumulate(stepper: Stepper, terms: int) -> Iterator[Line]:
    """Contribution k of n to a gradient."""
    event = stepper.event
    k, n = event.details["k"], event.details["n"]
    about = None if event.about is None else stepper.value(event.about)
    name = "a tensor" if about is None else label(stepper.trace, about)
    yield styled(f"contribution {k} of {n} to the gradient of {name}", "title")
    if about is None:
        yield Line(event.formula)
        return
    made = [stepper.value(number) for number in event.outputs.values()]
    index = shown_element(stepper, made[0] if made else about)
    ledger = round_of(stepper, event)
    first = max(0, min(ledger.index(event) - terms // 2, len(ledger) - terms))
    if first:
        yield Line(f"  .. {first} that arrived earlier")
    for entry in ledger[first : first + terms]:
        yield from entry_lines(stepper, entry, index)
    if len(ledger) > first + terms:
        yield Line(f"  .. {len(ledger) - first - terms} more, awaited")
    yield from before_and_after(stepper, "grad", "after", index)
    if k == n:
        hook = hook_after(stepper, event)
        if hook is None:
            yield Line("this was the last: the gradient is complete, and goes on")
        else:
            yield Line("this was the last: the gradient is complete; before it goes on, a hook")
            yield Line(f"puts another one in its place: event {hook.index}")
    else:
        more = "1 more is" if n - k == 1 else f"{n - k} more are"
        yield Line(f"{more} awaited before it goes on")


def hook_after(stepper: Stepper, event: Event) -> Event | None:
    """The hook that has changed the gradient which this contribution has completed."""
    own = [stepper.trace.events[n] for n in stepper.names.grads[event.about or 0]]
    following = own[own.index(event) + 1 :]
    return following[0] if following and following[0].kind == "hook" else None


def of_hook(stepper: Stepper, terms: int) -> Iterator[Line]:
    """What a user's hook has made of a complete gradient."""
    event = stepper.event
    about = None if event.about is None else stepper.value(event.about)
    name = "a tensor" if about is None else label(stepper.trace, about)
    hooks = " and ".join(event.details["hooks"])
    yield styled(f"after = {event.formula}" if event.formula else "after", "title")
    yield Line(f"hook {hooks}, registered on {name}: what it returns takes the place of the")
    yield Line("complete gradient, so the contributions do not add up to what goes on")
    after = stepper.value(event.outputs["after"])
    index = shown_element(stepper, after)
    place = f"[{', '.join(map(str, index))}]" if index else ""
    had = [at_index(stepper.value(value), index) for value in event.inputs.values()]
    yield Line(f"gradient{place}: {had[0] if had else 'none'} -> {at_index(after, index)}")
    norms = [number(stepper.value(value).summary.norm) for value in event.inputs.values()]
    yield Line(f"its norm: {norms[0] if norms else 'none'} -> {number(after.summary.norm)}")


def entry_lines(stepper: Stepper, entry: Event, index: Index) -> Iterator[Line]:
    """One contribution."""
    k, n = entry.details["k"], entry.details["n"]
    arrow = ">" if entry is stepper.event else " "
    source = came_from(stepper, entry)
    if entry.index > stepper.at:
        yield styled(f"{arrow} {k} of {n}  awaited, from {source}", "dim")
        return
    grad = entry.inputs.get("grad")
    item = "nothing" if grad is None else at_index(stepper.value(grad), index)
    yield Line(f"{arrow} {k} of {n}  {item}  from {source}")


def round_of(stepper: Stepper, event: Event) -> list[Event]:
    """All contributions of the pass in which this one arrived."""
    events = stepper.trace.events
    own = [events[n] for n in stepper.names.grads[event.about or 0]]
    own = [each for each in own if each.kind == "accumulate"]
    first = own.index(event)
    end = first + 1
    while first > 0 and own[first - 1].details["k"] < own[first].details["k"]:
        first -= 1
    while end < len(own) and own[end].details["k"] > own[end - 1].details["k"]:
        end += 1
    return own[first:end]


def came_from(stepper: Stepper, entry: Event) -> str:
    """The derivative that a contribution is."""
    maker = maker_of(stepper, entry)
    if maker is None:
        return "outside"
    if maker.kind == "broadcast" and maker.forward is not None:
        op = stepper.trace.events[maker.forward].title
        return f"{op}, summed over {axes(maker)}, event {maker.index}"
    if maker.kind == "seed":
        return "backward(), where it began"
    module = f" in {maker.module}" if maker.module else ""
    return f"{maker.title} d_{maker.details['argument']}{module}, event {maker.index}"


def maker_of(stepper: Stepper, entry: Event) -> Event | None:
    """The event that made a contribution: by its number, or else the last for this value."""
    grad = entry.inputs.get("grad")
    born = -1 if grad is None else stepper.value(grad).born
    makers = [
        stepper.trace.events[n] for n in range(stepper.outline.units[entry.index], entry.index)
    ]
    makers = [each for each in makers if each.kind in MAKERS]
    known = stepper.trace.events[born] if born >= 0 else None
    if any(each is known for each in makers):
        return known
    same = [each for each in makers if each.about == entry.about]
    if not same and known is not None and known.kind in MAKERS:
        return known
    return same[-1] if same else None


def at_index(value: Value, index: Index) -> str:
    """An element, or what is known of a value whose elements were not kept."""
    if value.array is None or not value.size:
        return f"norm {number(value.summary.norm)}"
    return number(value.array[fitting(index, value.shape)].item())


def before_and_after(stepper: Stepper, grad: str, after: str, index: Index) -> Iterator[Line]:
    """``before + grad = after`` for one element."""
    event = stepper.event
    if grad not in event.inputs or after not in event.outputs:
        return
    name = at(after, index)
    added = at_index(stepper.value(event.inputs[grad]), index)
    result = at_index(stepper.value(event.outputs[after]), index)
    if "before" in event.inputs:
        had = at_index(stepper.value(event.inputs["before"]), index)
        yield Line(f"{name}: {had} + {added} = {result}")
    else:
        yield Line(f"{name}: {result}, as nothing was there before")


def of_grad(stepper: Stepper, terms: int) -> Iterator[Line]:
    """The complete gradient of a leaf, which its ``grad`` gets."""
    event = stepper.event
    about = None if event.about is None else stepper.value(event.about)
    name = "a leaf" if about is None else label(stepper.trace, about)
    yield styled(f"{name}.grad {'+=' if 'before' in event.inputs else '='} grad", "title")
    made = [stepper.value(number) for number in event.outputs.values()]
    index = shown_element(stepper, made[0]) if made else ()
    yield from before_and_after(stepper, "grad", "grad", index)
    if "before" in event.inputs:
        yield Line("there was a gradient already, and no zero_grad since: they are added up")
    if "grad" in event.outputs:
        norm = stepper.value(event.outputs["grad"]).summary.norm
        yield Line(f"its norm is {number(norm)}")
