"""What stands in the panes of a stepper, as lines of text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..events import Value
from .characters import Index, all_shown, fitting, heatmap, table
from .lines import Line, Mark, shortened, styled
from .listing import of_engine, of_user
from .names import element_of, label, parse

if TYPE_CHECKING:
    from .stepper import Stepper

ROLES = {"in": "in", "saved": "reads", "out": "out"}
ODD = "; besides "
NONE = "none is finite"
ORDER = {"out": 0, "saved": 1, "in": 2}


def outline(stepper: Stepper, width: int, height: int) -> list[tuple[int, Line]]:
    """The tree around the cursor; with each line the event that it stands for."""
    lines = []
    for row in stepper.outline.rows(stepper.at, height, stepper.level):
        group = row.group
        arrow = ">" if row.here else " "
        count = group.end - group.first
        sign = "-" if row.open else "+" if count > 1 else " "
        text = f"{arrow}{' ' * group.depth}{sign} {stepper.outline.label(group)}"
        norm = gradient_norm(stepper, group.first) if count == 1 else ""
        text = shortened(text, width - len(norm) - 1 if norm else width)
        text = f"{text:{max(width - len(norm), 0)}}{norm}" if norm else text
        styles = "now" if row.here else "title" if row.inside else ""
        lines.append((group.first, styled(text, styles) if styles else Line(text)))
    return lines


def gradient_norm(stepper: Stepper, at: int) -> str:
    """The norm of the gradient that an event makes, if it is one that flows on; else ""."""
    event = stepper.trace.events[at]
    if event.kind not in ("derivative", "broadcast", "hook", "grad"):
        return ""
    values = [stepper.value(n) for n in event.outputs.values()]
    return f"{values[0].summary.norm:.2g}" if values else ""


def user(stepper: Stepper, height: int) -> list[Line]:
    """The user's line with the span that runs, in its surroundings."""
    listing = of_user(stepper.trace, stepper.event)
    if listing is None:
        return [styled("no line of yours: the engine goes on by itself", "dim")]
    return [styled(listing.title, "title"), *listing.lines(height)]


def engine(stepper: Stepper, height: int) -> list[Line]:
    """The engine's function, with the line that does it."""
    listing = of_engine(stepper.event)
    if listing is None:
        return [styled("there is no text of what ran here", "dim")]
    return [styled(listing.title, "title"), *listing.lines(height)]


def where(stepper: Stepper) -> list[Line]:
    """From the training step down to the function that ran: like a debugger's stack."""
    event = stepper.event
    path = stepper.outline.path(stepper.at)
    lines = [Line("  step and phase: " + " > ".join(part.name for part in path[:2]))]
    module = stepper.outline.modules[stepper.at]
    if module:
        lines.append(Line(f"  module: {module}"))
    if event.place is not None:
        place = event.place
        lines.append(Line(f"  your line: {place.file}:{place.line} in {place.function}"))
    for frame in event.frames:
        if not frame.file.startswith("tracing/"):  # those only look on
            lines.append(Line(f"    {frame.file}:{frame.line} in {frame.function}"))
    listing = of_engine(event)
    if listing is not None:
        lines.append(styled(f"  > {listing.title}", "now"))
    return lines


def summary(value: Value, width: int = 1000) -> str:
    """What is said of all elements of a value; in few characters without the mean."""
    said = value.summary
    kinds = ((said.nans, "nan"), (said.infinities, "infinite"))
    odd = [f"{count} {kind}" for count, kind in kinds if count]
    if odd and said.nans + said.infinities == value.size:
        return f"{NONE}: {', '.join(odd)}"
    parts = [
        f"{name} {item:.4g}"
        for name, item in (
            ("norm", said.norm), ("min", said.minimum), ("max", said.maximum), ("mean", said.mean),
        )
    ]  # fmt: skip
    if len(", ".join(parts)) > width:
        parts.pop()
    return ", ".join(parts) + (ODD + ", ".join(odd) if odd else "")


def value(
    stepper: Stepper, value: Value, index: Index, width: int, rows: int, name: str = "",
    role: str = "",
) -> list[Line]:  # fmt: skip
    """A value: what it is called, its shape, dtype; what is said of all its elements; those around
    one; and of one with more elements than that a map.

    `name` is what it is called where it is used, `role` what stands before it.
    """
    called = label(stepper.trace, value)
    title = f"{role}{name or called}  {value.shape} {value.dtype}"
    if name not in ("", called):
        title += f": {called}"
    lines = [styled(title, "title")]
    if value.size != 1 and value.size:
        said = f"  {summary(value, width - 2)}"
        odd = said.find(ODD) + len(ODD) if ODD in said else len(said)
        odd = 0 if NONE in said else odd
        marks = Mark(0, odd, "dim"), Mark(odd, len(said), "alarm")
        lines.append(Line(said, marks))
    if value.array is None:
        return [*lines, styled("  (its elements were too many to be kept)", "dim")]
    index = fitting(index, value.shape)
    if len(value.shape) > 2:
        places = ", ".join([*map(str, index[:-2]), ":, :"])
        lines.append(styled(f"  at [{places}]", "dim"))
    lines += table(value.array, index, width, rows)
    if not all_shown(value.array, width, rows):
        lines += heatmap(value.array, index, width, rows + 2)
    return lines


def asked(stepper: Stepper, text: str, width: int) -> list[Line]:
    """The tensor that is meant by ``NAME`` or ``NAME[i, j]``, and if so, that element.

    Raises
    ------
    StepError
        If there is none.
    """
    name, index = parse(text)
    found = stepper.names.find(name, stepper.at)
    if index is None:
        return value(stepper, found, stepper.element, width, 8)
    place = element_of(found, index)
    lines = value(stepper, found, place, width, 3)
    if found.array is not None:
        lines.append(Line(f"  {name}{list(place)} = {found.array[place].item()!r}"))
    return lines


def tensors(stepper: Stepper, width: int, rows: int = 3) -> list[Line]:
    """All values of the event, the chosen one with an arrow and more rows."""
    lines: list[Line] = []
    chosen = stepper.tensor()
    found = stepper.tensors()
    seen: set[int] = set()
    for part, name, each in sorted(found, key=lambda item: ORDER[item[0]]):
        if each.id in seen:  # it stands there as what came out
            continue
        seen.add(each.id)
        here = chosen is not None and chosen[0] == name and chosen[1] is each
        role = "" if name == part else f"{ROLES[part]} "
        role = f"{'>' if here else ' '} {role}"
        index = stepper.index() if here else stepper.element
        lines += value(stepper, each, index, width, rows + 2 if here else rows, name, role)
    if stepper.event.options:
        said = ", ".join(f"{key}={text}" for key, text in stepper.event.options.items())
        lines.append(Line(shortened(f"  with {said}", 4 * width)))
    if not lines:
        lines.append(styled("no tensors", "dim"))
    return lines
