"""Training steps recorded on both sides and compared, in the tests of a step beside PyTorch."""

import math
import textwrap
from pathlib import Path

from tinygrad_edu.app.step.beside import judged, task_for
from tinygrad_edu.app.step.beside_record import Record
from tinygrad_edu.tracing import load

from .servers import STEPS


class Sides:
    """Runs scripts, or a model's training, on both sides.

    Parameters
    ----------
    servers : Servers
    folder : Path
    """

    def __init__(self, servers, folder):
        self.servers, self.folder = servers, folder

    def run(self, side, *task):
        place = self.folder / f"run {len([*self.folder.iterdir()])}"
        self.servers.begin(side, STEPS[side], place, task)
        return self.servers.end(side, place)

    def trace(self, script="", steps=(0, 1), model=""):
        return load(self.run("tinygrad_edu", *steps, str(script), [], model).record)

    def beside(self, script="", steps=(0, 1), model=""):
        """The trace of a script, given as text or as a path, and what comes of it beside
        PyTorch."""
        if script and not isinstance(script, Path):
            path = self.folder / "a script.py"
            path.write_text(textwrap.dedent(script))
            script = path
        trace = self.trace(script, steps, model)
        _, *task = task_for(steps, trace, self.folder)._replace(script=str(script), model=model)
        ran = self.run("PyTorch", *task)
        return trace, judged(trace, Record.read(ran.record), steps)


def outside(result):
    """The rows that are farther apart than rounding explains."""
    return [row for row in result.rows if not row.within]


def check(trace, result, missing=0):
    """That nothing differs, and all of the trace is there that belongs to the graph, but for some
    calls and derivatives that PyTorch does not have."""
    assert result.rows and not result.error and not outside(result), result.sentence
    compared = {row.event for row in result.rows if not math.isnan(row.difference)}
    whole = {event.index for event in trace.events if event.kind in ("seed", "grad")}
    assert whole <= compared, sorted(whole - compared)
    derived = [e for e in trace.events if e.kind == "derivative" and e.forward is not None]
    sums = {(e.forward, e.about) for e in trace.events if e.kind == "broadcast"}
    expected = {event.index for event in derived if (event.forward, event.about) not in sums}
    left = (expected | {event.forward for event in derived}) - compared
    assert len(left) == missing, sorted(left)
    parameters = {p for e in trace.events if e.kind == "update" for p in e.details["values"]}
    assert len(parameters) == sum(row.kind == "update" for row in result.rows)
    for row in result.rows:
        event = trace.events[row.event]
        assert (row.kind, row.step) == (event.kind, event.step)
        shapes = [trace.values[v].shape for v in event.outputs.values()]
        assert row.kind == "update" or row.shape in shapes
        assert row.theirs in (row.ours, "") or row.theirs in row.remark
