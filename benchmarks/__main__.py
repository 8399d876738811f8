"""`python -m benchmarks [train|conv|...]`: measure here and now, what is named or everything."""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TextIO

from tinygrad_edu.app.cli import Parser
from tinygrad_edu.app.errors import InputError
from tinygrad_edu.app.files import check_output, replacing
from tinygrad_edu.app.kinds import file_name
from tinygrad_edu.app.output import run, say

from . import conv, gpu, processes, sequences, startup, train
from .report import machine

NAME = "python -m benchmarks"
BENCHMARKS = {
    "train": train.main,
    "conv": conv.main,
    "sequences": sequences.main,
    "startup": startup.main,
    "processes": processes.main,
    "gpu": gpu.main,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmarks that the command line names, and return the exit code."""
    return run(NAME, lambda: measure(arguments))


def measure(arguments: Sequence[str] | None) -> int:
    """Do the work of `main`.

    Raises
    ------
    InputError
        If what is named cannot be measured on this machine.
    """
    parser = Parser(prog=NAME, description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=f"any of {', '.join(BENCHMARKS)}")
    parser.add_argument(
        "--out", type=file_name, metavar="FILE.md", help="write what is printed to this file, too"
    )
    options = parser.parse_args(arguments)
    names = options.names or list(BENCHMARKS)
    for name in names:
        if name not in BENCHMARKS:
            parser.error(f"there is no benchmark {name!r}; there are {', '.join(BENCHMARKS)}")
    if names == ["gpu"] and (reason := gpu.why_not()):
        raise InputError(reason)
    with kept_in(options.out, names):
        say(machine())
        for name in names:
            say()
            BENCHMARKS[name]()
    return 0


class Tee(io.TextIOBase):
    """Standard output, and a file that gets what it gets."""

    def __init__(self, file: TextIO) -> None:
        self.screen, self.file = sys.stdout, file

    def write(self, text: str) -> int:
        self.file.write(text)
        return self.screen.write(text)

    def flush(self) -> None:
        self.screen.flush()

    def fileno(self) -> int:
        return self.screen.fileno()


@contextlib.contextmanager
def kept_in(path: Path | None, names: Sequence[str]) -> Iterator[None]:
    """Inside, what is printed goes to a file, too, which says by which command it was made.

    Raises
    ------
    InputError
        If that cannot be written.
    """
    if path is None:
        yield
        return
    check_output("--out", path, ".md")
    with replacing(path) as temporary, temporary.open("w") as file:
        file.write(f"```console\n$ {NAME} {' '.join(names)}\n")
        with contextlib.redirect_stdout(Tee(file)):
            yield
        file.write("```\n")


if __name__ == "__main__":
    sys.exit(main())
