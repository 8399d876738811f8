"""Running what is to be recorded: a script, or one of the course's jobs."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import tinygrad_edu

from ...tracing.steps import Enough, Steps, recorded
from ...tracing.traces import Trace
from ..compare.record_task import begin
from ..errors import InputError, first_line
from ..scripts import absent, aliases
from ..scripts.run import run_script
from ..training.choices import MODELS, check_fit
from ..training.data import load, prepare
from ..training.train import Job, Side, Training, train


class Recorded(NamedTuple):
    """A trace, and how that from which it comes has ended.

    Attributes
    ----------
    trace : Trace
    code : int
        The exit code of the script; 0 when it was ended because all that was wanted is recorded.
    """

    trace: Trace
    code: int


def record_script(
    script: str, arguments: Sequence[str], steps: Steps, seed: int, output: Any
) -> Recorded:
    """Run a script until its wanted steps are recorded; what it prints goes to `output`.

    Raises
    ------
    InputError
        If it cannot be read, or ends before the first of them.
    """
    try:
        open(script, "rb").close()
    except OSError as error:
        raise InputError(f"the script cannot be read: {first_line(error)}") from error
    aliases.install()
    begin(tinygrad_edu, seed)
    with contextlib.redirect_stdout(output), recorded(steps):
        code = run_script(script, arguments, absent.remark)
    return taken(steps, code, script)


def record_job(model: str, data: str | None, steps: Steps, side: Side, output: Any) -> Recorded:
    """Train one of the course's models until the wanted steps are recorded."""
    training = training_of(model, data, side)
    with ended_early(), recorded(steps):
        train(training, lambda line: print(line, file=output))
    return taken(steps, 0, f"--model {model}")


def training_of(model: str, data: str | None, side: Side) -> Training:
    """The training of one of the course's models, on either side, as ``train`` does it unless it is
    told otherwise."""
    choice = MODELS[model]
    table = load(data or choice.data, None)
    check_fit(model, table)
    job = Job(model=model, epochs=choice.epochs, lr=choice.lr)
    return Training(side, job, prepare(table, choice.answer))


@contextlib.contextmanager
def ended_early() -> Iterator[None]:
    """What is inside ends when enough is recorded."""
    with contextlib.suppress(Enough):
        yield


def taken(steps: Steps, code: int, name: str) -> Recorded:
    """What was recorded.

    Raises
    ------
    InputError
        If nothing was.
    """
    if steps.trace is None or not steps.trace.events:
        if code != 0 and steps.first == steps.count == 0:
            why = "no op had run that a gradient can come back through"
        elif steps.count >= steps.stop:
            why = "the steps that it took computed no gradient"
        else:
            why = f"training step {steps.first} was not reached; it took {steps.count or 'none'}"
            if steps.first and not steps.count:
                why += ", of an optimizer (without one, begin with the first: --steps 0:2)"
        ending = f", and ended with exit code {code}" if code != 0 else ""
        raise InputError(f"{name}: nothing to step through: {why}{ending}")
    return Recorded(steps.trace, code)


def script_output(json: bool) -> Any:
    """Where a script prints: not into the midst of what is for a tool to read."""
    return sys.stderr if json else sys.stdout
