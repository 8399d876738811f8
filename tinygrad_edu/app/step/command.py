"""The command ``tinygrad-edu step``: which steps to record, and how to show them."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ...tracing.again.what_if import WhatIf, what_if
from ...tracing.files import load
from ...tracing.steps import Steps
from ...tracing.traces import Trace
from ..compare.both_sides import Start
from ..compare.comparison import has_torch
from ..errors import InputError, first_line
from ..extras import need
from ..files import check_output
from ..output import complain, say
from ..training.command import Program
from .beside import Beside, beside, beside_job
from .recording import Recorded, record_job, record_script, script_output

#: Options that a script is unlikely to have.
OWN = ("--html", "--plain", "--json", "--save", "--load", "--steps", "--largest", "--curve")


def run_step(program: Program, options: argparse.Namespace) -> int:
    """Run ``step`` with parsed options and return the exit code."""
    check_options(options)
    recorded = found(program, options)
    trace = recorded.trace
    if recorded.code != 0:
        complain(
            f"note: {options.script} ended with exit code {recorded.code}; what it did until then "
            f"is recorded, {trace.counted()}"
        )
    if options.save is not None:
        trace.save(options.save)
    if options.html is not None:
        need("tinygrad_edu.tracing.page", "--html")
        write_page(options, trace)
        say(f"{options.html}: {trace.counted()}")
    elif options.json:
        need("tinygrad_edu.tracing.stepping.stepper", "--json").print_json(trace, sys.stdout)
    elif options.save is None or options.plain:
        show(options, trace)
    return recorded.code


def check_options(options: argparse.Namespace) -> None:
    """Refuse options that cannot be used, before anything runs."""
    if options.html is not None:
        check_output("--html", options.html, ".html")
    if options.save is not None:
        check_output("--save", options.save, ".trace")
    sources = {"a script": options.script, "--model": options.model, "--load": options.load}
    given = [source for source, value in sources.items() if value is not None]
    if len(given) > 1:
        raise InputError(f"{' and '.join(given)} cannot be used together (see --help)")
    if options.data is not None and given not in ([], ["--model"]):
        raise InputError("--data is for --model (see --help)")
    if options.json + options.plain + (options.html is not None) > 1:
        raise InputError("choose one of --html, --plain and --json")


def found(program: Program, options: argparse.Namespace) -> Recorded:
    """The trace that is to be shown."""
    if options.load is not None:
        try:
            trace = load(options.load)
        except (OSError, ValueError) as error:
            raise InputError(f"--load: {first_line(error)}") from error
        if not trace.events:
            raise InputError(f"--load: {options.load}: nothing ran while it was recorded")
        return Recorded(trace, 0)
    first, last = options.steps
    until = 0 if options.html is None else options.curve
    steps = Steps(first, last, options.largest, until)
    output = script_output(options.json)
    if options.script is not None:
        warn_of_options_behind(options)
        return record_script(options.script, options.arguments, steps, options.seed, output)
    model = options.model or "classifier"
    return record_job(model, options.data, steps, program.load_side(options), output)


def warn_of_options_behind(options: argparse.Namespace) -> None:
    """Say so where what looks like an option of this command has gone to the script."""
    for word in options.arguments:
        if word.partition("=")[0] in OWN:
            complain(
                f"note: {word} stands behind the script, and is the script's; what is for step "
                f"stands before it: tinygrad-edu step {word} ... {options.script}"
            )


def write_page(options: argparse.Namespace, trace: Trace) -> None:
    """Write the page that ``--html`` asks for.

    With all that can be had: a trace from a file cannot be made again, neither with a mistake nor
    in PyTorch.
    """
    again = options.load is None
    trace.html(
        options.html,
        what_if_of(trace) if again else None,
        beside_of(options, trace) if again else None,
        title_of(options),
    )


def what_if_of(trace: Trace) -> list[WhatIf] | str:
    """The step with the classic mistakes; why there are none if it cannot be made again."""
    try:
        return what_if(trace)
    except RuntimeError as error:
        why = first_line(error)
        say(f"no mistakes to show: {why}")
        return why


def beside_of(options: argparse.Namespace, trace: Trace) -> Beside | None:
    """The same steps in PyTorch; None where it is not installed."""
    if not has_torch():
        return None
    if options.script is None:
        return beside_job(options.model or "classifier", options.data, options.steps, trace)
    start = Start(seed=options.seed)
    return beside(options.script, options.arguments, options.steps, trace, start)


def show(options: argparse.Namespace, trace: Trace) -> None:
    """Step through a trace on the terminal, or at a prompt."""
    if options.plain or not (sys.stdin.isatty() and sys.stdout.isatty()):
        need("tinygrad_edu.tracing.terminal.plain", "step").run(trace, sys.stdin, sys.stdout)
    else:
        need("textual", "step without --plain")
        need("tinygrad_edu.tracing.terminal", "step").run(trace)


def title_of(options: argparse.Namespace) -> str:
    """What is stepped through, in a word."""
    if options.load is not None:
        return Path(options.load).name
    return (
        Path(options.script).name if options.script is not None else options.model or "classifier"
    )
