"""What is printed, kept in a file, too."""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from tinygrad_edu.app.errors import InputError, first_line
from tinygrad_edu.app.files import replacing, temporary_name


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
def kept_in(path: Path | None, command: str) -> Iterator[None]:
    """Inside, what is printed goes to a file, too, which says by which command it was made.

    Raises
    ------
    InputError
        If that cannot be written.
    """
    if path is None:
        yield
        return
    make_folder(path.parent)
    with replacing(path) as temporary, temporary.open("w") as file:
        file.write(f"```console\n$ {command}\n")
        with contextlib.redirect_stdout(Tee(file)):
            yield
        file.write("```\n")


def make_folder(path: Path) -> None:
    """Make the folder that the results go to, if it is not there.

    Raises
    ------
    InputError
        If nothing can be written into it.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
        temporary_name(path / "results").touch()
        temporary_name(path / "results").unlink()
    except OSError as error:
        raise InputError(
            f"--out: nothing can be written into {str(path)!r}: {first_line(error)}"
        ) from error
