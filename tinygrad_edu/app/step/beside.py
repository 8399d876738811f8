"""The same training step on PyTorch, op by op, beside a trace of it: for ``tinygrad-edu step``.

The script runs once more, in a process of its own, where ``torch`` is PyTorch itself (see
``torch_ref/beside.py``). It starts from the same seed as the trace did, and is ended as soon as the
wanted steps are done. Then both graphs are walked together (`beside_walk`), and each value,
gradient and new parameter in the trace is compared with PyTorch's.

Both runs are free: nothing is copied from one to the other. So a row holds the rounding of all that
came before it, and of a later step also that of all steps before. How far apart the leaves were
when they were first used is said, too.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ...tracing import Trace
from ...tracing.curve import Point
from ...tracing.events import Value
from ...tracing.values import LARGEST
from ..compare.both_sides import Child, Start, command_of
from ..compare.comparison import check_torch
from ..errors import InputError
from .beside_numbers import gap_of
from .beside_record import Record, Task
from .beside_rows import BesideRow
from .beside_text import (
    Begun,
    before_the_first,
    in_a_sentence,
    passed_over,
    step_names,
)
from .beside_walk import Walk

#: What runs in the other process.
MODULE = "torch_ref.beside"

START = Start()

Steps = tuple[int, int]


class Beside(NamedTuple):
    """A trace beside PyTorch.

    Attributes
    ----------
    rows : list of BesideRow
        In the order of the trace's events; several for one that changes several parameters.
    sentence : str
        What came out, or why there is nothing to show.
    notes : list of str
        What else is to be said, a sentence each.
    error : str
        Why there are no rows, or not those of all steps; "" if there is no such reason.
    curve : list of Point
        PyTorch's: as ``Trace.curve``, of the steps in which as many parameters had gradients.
    """

    rows: list[BesideRow]
    sentence: str
    notes: list[str]
    error: str
    curve: list[Point]


def beside(
    script: str,
    arguments: Sequence[str],
    steps: Steps,
    trace: Trace,
    start: Start = START,
    timeout: float | None = None,
) -> Beside:
    """Run a script on PyTorch, and put its steps beside those of a trace.

    Parameters
    ----------
    script : str
        The path of a file.
    arguments : sequence of str
        What the script finds behind its name in ``sys.argv``.
    steps : tuple of int
        Which training steps: the first, and the one before which it ends, as in ``Event.step``.
    trace : Trace
        Of the same script, begun with the same random numbers.
    start : Start, optional
        With which it began.
    timeout : float, optional
        After how many seconds PyTorch is ended.

    Returns
    -------
    Beside
        Without rows, and with a reason, where PyTorch is not installed, or the script fails on it.
    """
    what = {
        "seed": start.seed, "dtype": start.dtype, "script": script, "arguments": [*arguments],
    }  # fmt: skip
    return run_beside(what, steps, trace, timeout)


def beside_job(
    model: str, data: str | None, steps: Steps, trace: Trace, timeout: float | None = None
) -> Beside:
    """The same for one of the course's models, as `recording.training_of` trains it."""
    return run_beside({"model": model, "data": data}, steps, trace, timeout)


def run_beside(
    what: dict[str, Any], steps: Steps, trace: Trace, timeout: float | None = None
) -> Beside:
    """Run something in a process of its own, and compare.

    Parameters
    ----------
    what : dict of str to object
        Those fields of `Task` that say what to run.
    steps, trace, timeout
        As for `beside`.
    """
    try:
        check_torch("the same step on PyTorch")
        with tempfile.TemporaryDirectory(prefix="tinygrad-edu-") as name:
            path = Path(name, "record")
            task = task_for(steps, trace, path)._replace(**what)
            environment = {"PYTHONHASHSEED": "0", **os.environ}
            command = command_of(MODULE, [json.dumps(task)])
            child = Child("PyTorch", command, environment, Path(name, "side"), path)
            try:
                if child.process.stdin is not None:
                    child.process.stdin.close()  # what there was to read, the trace has had
                child.wait(timeout)
            finally:
                child.end()
            ran = child.result()
            record = None if ran.stopped else Record.read(path)
        if record is None:
            raise InputError(f"PyTorch was not done after {ran.seconds:.0f} s")
    except InputError as error:
        return failed(str(error))
    return judged(trace, record, steps)


def task_for(steps: Steps, trace: Trace, record: Path) -> Task:
    """What the other process is to do, but for what is to be run there."""
    kept = [value.size for value in trace.values if value.array is not None]
    return Task(str(record), *steps, max([LARGEST, *kept]))


def failed(reason: str) -> Beside:
    """When there is nothing to show."""
    return Beside([], f"The same step on PyTorch is not shown: {reason}.", [], reason, [])


def judged(trace: Trace, record: Record, steps: Steps) -> Beside:
    """A trace beside a record of the same steps."""
    walk = Walk(trace, record, steps)
    error = ""
    if record.error and record.steps < steps[1]:
        error = f"on PyTorch it ends with {record.error} after {record.steps} steps"
    if not walk.rows:
        none = "no backward pass of these steps could be followed on both sides"
        return failed("; ".join([error, *walk.notes]).strip("; ") or none)
    firsts: dict[int, Value] = {}  # of each leaf, its value when it was first used
    for number, place in walk.leaves.items():
        firsts.setdefault(place, trace.values[number])
    starts = [
        Begun(leaf.name, gap_of(leaf, record.starts[place], 0.0), leaf.id in walk.drifted)
        for place, leaf in firsts.items()
        if place in record.starts
    ]
    here = [walk.events.node(value) for value in walk.passed_here]
    there = [record.nodes[place].name for place in walk.passed_there]
    notes = [
        *walk.notes,
        *([error] if error else []),
        *before_the_first([leaf for leaf in starts if leaf.gap.difference > 0.0], steps),
        *passed_over(here, "tinygrad_edu"),
        *passed_over(there, "PyTorch"),
    ]
    curve = [
        Point(point.step, loss, dict(zip(point.norms, norms, strict=True)))
        for point, (_, loss, norms) in zip(trace.curve, record.curve, strict=False)
        if len(point.norms) == len(norms)
    ]
    sentence = in_a_sentence(f"{step_names(steps)} on PyTorch {record.version}", walk.rows)
    return Beside(walk.rows, sentence, notes, error, curve)
