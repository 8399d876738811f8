"""The picture in the page of ``tinygrad-edu compare``: the differences over the events, as SVG.

Upwards goes the logarithm of a difference in eps. Below the axis is a row for differences of 0, and
above it one for tensors that cannot be compared.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence

from .differences import Compared

WIDTH, HEIGHT = 640, 300
LEFT, RIGHT, TOP, BOTTOM = 62, 12, 40, 42
POINTS = 400  # of a line; of more, the largest of neighbours are drawn
LABELS = 7

#: A mark of its own for each role, so that they differ without colour.
MARKS = {
    "loss": '<circle r="3"/>',
    "gradient": '<rect x="-2.7" y="-2.7" width="5.4" height="5.4"/>',
    "parameter": '<path d="M-3.4 2.8 L3.4 2.8 L0 -3.4 Z"/>',
}


class Scale:
    """From events and eps to places in the picture.

    Parameters
    ----------
    events : int
        How many there are.
    largest, smallest : float
        The differences in eps that are to be in the picture.
    """

    def __init__(self, events: int, smallest: float, largest: float) -> None:
        self.events = events
        self.low, self.high = math.floor(math.log10(smallest)), math.ceil(math.log10(largest))

    def x(self, number: float) -> float:
        """Of an event, from 1."""
        share = (number - 1) / max(1, self.events - 1)
        return LEFT + 8 + share * (WIDTH - LEFT - RIGHT - 16)

    def y(self, eps: float) -> float:
        """Of a difference; 0 is in the row under the axis, infinity in the one above."""
        if math.isinf(eps):
            return TOP
        if eps == 0.0:
            return HEIGHT - BOTTOM
        top, bottom = TOP + 18, HEIGHT - BOTTOM - 18
        share = (math.log10(eps) - self.low) / max(1, self.high - self.low)
        return bottom - min(1.0, max(0.0, share)) * (bottom - top)


def plot(events: Sequence[Compared]) -> str:
    """The picture, or nothing if there are no events."""
    series = {
        role: [(e.number, e.worst[role].eps) for e in events if role in e.worst] for role in MARKS
    }
    series = {role: thinned(points) for role, points in series.items() if points}
    if not series:
        return ""
    limits = {
        role: thinned([(e.number, e.worst[role].allowed) for e in events if role in e.worst])
        for role in series
    }
    every = [v for points in (*series.values(), *limits.values()) for _, v in points]
    finite = [v for v in every if 0.0 < v < math.inf]
    scale = Scale(events[-1].number, min([0.1, *finite]), max([10.0, *finite]))
    worst = {role: max(v for _, v in points) for role, points in series.items()}
    words = ", ".join(
        f"{role}: {'unlike' if math.isinf(v) else f'{v:.2g} eps'}" for role, v in worst.items()
    )
    parts = [axes(scale), *allowances(limits, scale)]
    parts += [drawn(role, points, scale) for role, points in series.items()]
    parts.append(key(series))
    return (
        f'<svg class="plot" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="differences over the events; the largest, {words}">{"".join(parts)}</svg>'
    )


def thinned(points: list[tuple[int, float]]) -> list[tuple[int, float]]:
    """At most `POINTS` of them, each the largest of its neighbours."""
    size = math.ceil(len(points) / POINTS)
    return [
        max(points[i : i + size], key=lambda point: point[1]) for i in range(0, len(points), size)
    ]


def axes(scale: Scale) -> str:
    """The lines behind the picture, and what they stand for."""
    step = max(1, math.ceil((scale.high - scale.low) / LABELS))
    rows = [(10.0**k, f"1e{k}") for k in range(scale.low, scale.high + 1, step)]
    rows += [(0.0, "0"), (math.inf, "unlike")]
    parts = []
    for value, text in rows:
        y = scale.y(value)
        parts.append(
            f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
            f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{text}</text>'
        )
    for number in sorted({1, (1 + scale.events) // 2, scale.events}):
        parts.append(
            f'<text x="{scale.x(number):.1f}" y="{HEIGHT - BOTTOM + 20}" text-anchor="middle">'
            f"{number:,}</text>"
        )
    parts.append(
        f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 5}" text-anchor="middle">event</text>'
        f'<text x="4" y="14">eps</text>'
    )
    return "".join(parts)


def allowances(limits: dict[str, list[tuple[int, float]]], scale: Scale) -> Iterator[str]:
    """What is allowed: a straight line, for a role where that changes one that follows it."""
    straight: set[float] = set()
    for role, points in limits.items():
        values = {allowed for _, allowed in points if allowed > 0.0}
        if len(values) <= 1:
            straight |= values
            continue
        line = " ".join(f"{scale.x(number):.1f},{scale.y(v):.1f}" for number, v in points if v)
        yield f'<g class="{role}"><polyline class="allowed" points="{line}"/></g>'
    for allowed in sorted(straight):
        y = scale.y(allowed)
        yield (
            f'<line class="limit" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
            f'<text class="over" x="{WIDTH - RIGHT}" y="{y - 5:.1f}" text-anchor="end">'
            f"{allowed:.3g} allowed</text>"
        )


def drawn(role: str, points: list[tuple[int, float]], scale: Scale) -> str:
    """The line of a role, with a mark at each point."""
    places = [(scale.x(number), scale.y(eps), number, eps) for number, eps in points]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y, *_ in places)
    marks = "".join(
        f'<use href="#mark-{role}" x="{x:.1f}" y="{y:.1f}"><title>{role}, event {number}: '
        f"{eps:.3g} eps</title></use>"
        for x, y, number, eps in places
    )
    return f'<g class="{role}"><polyline points="{line}"/>{marks}</g>'


def key(roles: Iterable[str]) -> str:
    """Which mark is which; here they are defined, too."""
    marks = "".join(f'<g id="mark-{role}">{MARKS[role]}</g>' for role in roles)
    parts = [f"<defs>{marks}</defs>"]
    for place, role in enumerate(roles):
        x = LEFT + 40 + 130 * place
        parts.append(
            f'<g class="{role}"><use href="#mark-{role}" x="{x}" y="10"/></g>'
            f'<g class="key"><text x="{x + 9}" y="14">{role}</text></g>'
        )
    return "".join(parts)
