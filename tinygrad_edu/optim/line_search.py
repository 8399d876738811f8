"""How far to go in a direction: a line search for the strong Wolfe conditions.

Along the direction ``d`` from ``x``, the loss is a function ``f(t)`` of one number with slope
``f'(t) = g(x + t d) . d``. A step size is good if the loss has fallen about as much as the slope
promised, and if the slope has become flat::

    f(t) <= f(0) + c1 t f'(0)    and    |f'(t)| <= c2 |f'(0)|

First step sizes grow until two of them have a good one between them (the *bracket*); then the
bracket shrinks around it (the *zoom*). New step sizes are where a cubic polynomial through both
ends, with their slopes, is smallest.

References
----------
.. [1] J. Nocedal and S. J. Wright, Numerical Optimization, 2nd edition (2006): algorithms 3.5 and
   3.6, equation 3.59. Constants, and what happens near the ends of a bracket, are PyTorch's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from .bucket import Array

C1 = 1e-4
C2 = 0.9


class Point(NamedTuple):
    """A step size that was tried: the loss there, its gradient, and the slope along the way.

    Numbers are floats or NumPy's; of the latter those that were computed from gradients, and so
    have their precision.
    """

    t: Any
    loss: Any
    gradient: Array
    slope: Any


def strong_wolfe(
    evaluate: Callable[[Any], Point],
    start: Point,
    t: Any,
    size: Any,
    max_evaluations: int,
    tolerance_change: float = 1e-9,
) -> tuple[Point, int]:
    """A point that meets both conditions, or the best that was found in time.

    Parameters
    ----------
    evaluate : callable
        The point for a step size.
    start : Point
        That for step size 0; its slope is negative.
    t : float
        The first step size to try.
    size : float
        The largest number in the direction, in absolute value.
    max_evaluations : int
        How often to try again after the first time.
    tolerance_change : float
        Stop where the bracket allows no larger changes than this.

    Returns
    -------
    Point, int
        The point, and how many were tried.
    """
    bracket, tried = find_bracket(evaluate, start, t, max_evaluations)
    low, high = order(bracket)
    near_end = False
    while len(bracket) == 2 and tried < max_evaluations:
        if abs(bracket[1].t - bracket[0].t) * size < tolerance_change:
            break
        t, near_end = away_from_ends(cubic_minimum(bracket[0], bracket[1]), bracket, near_end)
        point = evaluate(t)
        tried += 1
        if not descends(point, start) or point.loss >= bracket[low].loss:
            bracket[high] = point
            low, high = order(bracket)
            continue
        is_flat = abs(point.slope) <= -C2 * start.slope
        if not is_flat and point.slope * (bracket[high].t - bracket[low].t) >= 0:
            bracket[high] = bracket[low]
        bracket[low] = point
        if is_flat:
            break
    return bracket[low], tried + 1


def find_bracket(
    evaluate: Callable[[Any], Point], start: Point, t: Any, max_evaluations: int
) -> tuple[list[Point], int]:
    """Two points with a good one between them, or one that is good; and the tries after the first.

    A good one lies behind a point whose loss is too high, or higher than the one before, or whose
    slope leads upwards.
    """
    before, point, tried = start, evaluate(t), 0
    while tried < max_evaluations:
        if not descends(point, start) or (tried > 1 and point.loss >= before.loss):
            return [before, point], tried
        if abs(point.slope) <= -C2 * start.slope:
            return [point], tried
        if point.slope >= 0:
            return [before, point], tried
        bounds = point.t + 0.01 * (point.t - before.t), point.t * 10
        t = cubic_minimum(before, point, bounds)
        before, point = point, evaluate(t)
        tried += 1
    return [start, point], tried


def descends(point: Point, start: Point) -> bool:
    """The first condition; nan passes, for nothing is known of it."""
    return not point.loss > start.loss + C1 * point.t * start.slope


def order(bracket: list[Point]) -> tuple[int, int]:
    """Where in the bracket the lower loss is, and the higher."""
    return (0, 1) if bracket[0].loss <= bracket[-1].loss else (len(bracket) - 1, 0)


def cubic_minimum(a: Point, b: Point, bounds: tuple[Any, Any] | None = None) -> Any:
    """Where the cubic polynomial with the losses and slopes of two points is smallest.

    With ``a <= b`` and slopes ``a'`` and ``b'``::

        d1 = a' + b' - 3 (f(a) - f(b)) / (a - b)
        d2 = sqrt(d1^2 - a' b')
        t = b - (b - a) (b' + d2 - d1) / (b' - a' + 2 d2)

    and never outside `bounds`, which are by default the two points. Without a minimum (``d2`` is
    not real), the middle of the bounds.
    """
    smallest, largest = bounds or (min(a.t, b.t), max(a.t, b.t))
    d1 = a.slope + b.slope - 3 * (a.loss - b.loss) / (a.t - b.t)
    square = d1**2 - a.slope * b.slope
    if not square >= 0:
        return (smallest + largest) / 2.0
    d2 = np.sqrt(square)
    if a.t > b.t:
        a, b = b, a
    t = b.t - (b.t - a.t) * ((b.slope + d2 - d1) / (b.slope - a.slope + 2 * d2))
    return min(max(t, smallest), largest)


def away_from_ends(t: Any, bracket: list[Point], was_near: bool) -> tuple[Any, bool]:
    """`t`, moved off an end of the bracket to which it sticks; and whether it is near one.

    Near is within a tenth of the bracket's length. It may be near once; the second time, or at the
    end itself, it is moved to a tenth from it.
    """
    left, right = sorted(point.t for point in bracket)
    margin = 0.1 * (right - left)
    if not min(right - t, t - left) < margin:
        return t, False
    if was_near or t >= right or t <= left:
        nearer_right = abs(t - right) < abs(t - left)
        return (right - margin if nearer_right else left + margin), False
    return t, True
