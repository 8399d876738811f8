"""Stepping through a trace on a terminal.

`run` opens a full screen (see `app`), which needs Textual; `plain.run` is a prompt in the manner of
pdb, which needs nothing, and works through pipes.
"""

from __future__ import annotations

from ..traces import Trace


def run(trace: Trace) -> None:
    """Step through a trace on a full screen, until the user ends it.

    Raises
    ------
    ModuleNotFoundError
        If Textual is not installed.
    StepError
        If the trace is empty.
    """
    try:
        from .app import StepperApp
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("textual", "rich"):
            raise
        raise ModuleNotFoundError(
            "stepping on a full screen needs textual, which is not installed: "
            'pip install "tinygrad_edu[app]"; the plain prompt needs nothing',
            name=error.name,
        ) from error
    StepperApp(trace).run()
