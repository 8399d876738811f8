"""What a command says, and how it ends when nobody can hear it.

Standard output may be closed, lie on a disk that is full, or lead to a reader that has left.
Python notices only when its buffer is written, perhaps as late as its own exit, where a failure
can no longer be told well.  So all lines go through `say`, and `run` writes out the buffer before
it ends: a failure becomes one line on stderr and an exit code, as any other flaw of the input.
"""

import os
import sys
from collections.abc import Callable
from typing import TextIO

from .errors import InputError, first_line


def run(name: str, command: Callable[[], int]) -> int:
    """Run a command that prints with `say` and return its exit code.

    Parameters
    ----------
    name : str
        How its errors begin.
    command : callable
        Returns the exit code where all goes well.

    Returns
    -------
    int
        The command's own; 2 after an InputError, which is printed as one line; and what a shell
        reports for a command ended by these signals, 130 (SIGINT) when the user interrupts and
        141 (SIGPIPE) when the reader of the output, as ``head``, has seen enough.
    """
    try:
        if sys.stdout is None:  # how Python starts with a closed one
            raise InputError("standard output is closed; send it to a file, or to /dev/null")
        try:
            return command()
        finally:
            say(end="", flush=True)
    except InputError as error:
        complain(f"{name}: error: {' '.join(str(error).splitlines())}")
        return 2
    except BrokenPipeError:
        return 141
    except KeyboardInterrupt:
        complain(f"{name}: interrupted")
        return 130


def say(text: str = "", end: str = "\n", flush: bool = False) -> None:
    """Print to standard output.

    Raises
    ------
    BrokenPipeError
        If its reader has left.
    InputError
        If it cannot be written for another reason.
    """
    try:
        print(text, end=end, flush=flush)
    except OSError as error:
        discard(sys.stdout)
        if isinstance(error, BrokenPipeError):
            raise
        raise InputError(f"standard output cannot be written: {first_line(error)}") from error


def complain(text: str) -> None:
    """Print a line to stderr, if that can be written."""
    if sys.stderr is None:
        return
    try:
        print(text, file=sys.stderr, flush=True)
    except OSError:  # then only the exit code is left to tell it
        discard(sys.stderr)


def discard(stream: TextIO) -> None:
    """Let what waits in a broken stream go nowhere, or Python would fail on it at its exit."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
