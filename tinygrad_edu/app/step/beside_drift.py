"""What becomes of rounding that an optimizer has made large.

The gradient of a parameter may be 0 but for rounding, as that of a bias before a batch
normalization, or of the bias of an attention's keys. What Adam makes of that, of its sign, may be
anything. So in the next step both sides begin with another such parameter, and what is computed
from it differs, up to where that cancels: for that is why the gradient is 0. What differs behind
there has another cause.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from ...tracing import Trace
from ..compare.measure import TERMS
from .beside_numbers import gap_of, gap_of_arrays
from .beside_record import Held, Record
from .beside_rows import DRIFT, BesideRow


def drifted(
    trace: Trace,
    record: Record,
    step: int,
    leaves: Mapping[int, int],
    noise: Mapping[int, np.ndarray[Any, Any] | None],
) -> dict[int, str]:
    """Those values of leaves, with their names, that differ when a step begins by more than
    rounding explains, but only where their gradients are 0 but for rounding.

    Parameters
    ----------
    trace : Trace
    record : Record
    step : int
    leaves : dict of int to int
        Of values, which of PyTorch's leaves they are.
    noise : dict of int to array or None
        Of values, where their gradients are 0 but for rounding.
    """
    before = {place: begun_with(record, place, step) for place in leaves.values()}
    terms = max((held.largest for held in before.values() if held is not None), default=0.0)
    found = {}
    for number, place in leaves.items():
        ours, theirs, where = trace.values[number], before[place], noise.get(number)
        if theirs is None or theirs.array is None or ours.array is None or where is None:
            continue
        rest = np.where(where, theirs.array, ours.array)
        explained = gap_of_arrays(rest, theirs.array, theirs, terms).within
        if explained and not gap_of(ours, theirs, terms).within:
            found[number] = ours.name
    return found


def begun_with(record: Record, place: int, step: int) -> Held | None:
    """What one of PyTorch's leaves was when a step began, if that is known."""
    updates = [update for update in record.updates if update.step < step]
    left = [held for update in updates for p, held in update.parameters if p == place]
    return left[-1] if left else record.starts.get(place)


def excuse(
    trace: Trace, step: int, drift: Mapping[int, str], found: dict[tuple[int, int], BesideRow]
) -> None:
    """Have those of the rows of a step pass that differ by a drift: that are computed from leaves
    which have drifted, and from nothing that agrees again."""
    sources = dict(drift)
    for event in trace.events:
        if event.step != step or event.kind == "update":
            continue
        read = [*event.inputs.values(), *event.saved.values()]
        source = next((sources[value] for value in read if value in sources), None)
        if source is None:
            continue
        for number, value in enumerate(event.outputs.values()):
            row = found.get((event.index, number))
            if row is not None and (row.eps <= TERMS or math.isinf(row.difference)):
                continue
            sources[value] = source
            if row is not None and not row.within:
                remark = f"{row.remark}; {DRIFT.format(source)}"
                found[event.index, number] = row._replace(within=True, remark=remark)
