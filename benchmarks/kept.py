"""`--out FOLDER`: what was measured, as JSON, as plots, and as it was printed.

A run takes minutes, and may be interrupted, or fail. So all of it is written whenever a benchmark
has ended, and once more at the end, however that comes.
"""

from __future__ import annotations

import contextlib
import io
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from tinygrad_edu.app.errors import InputError, first_line
from tinygrad_edu.app.files import replacing, temporary_name

from . import plots
from .record import FILE, Record, Row, read

TEXT = "benchmarks.md"


class Tee(io.TextIOBase):
    """Standard output, and what went there."""

    def __init__(self) -> None:
        self.screen, self.text = sys.stdout, ""

    def write(self, text: str) -> int:
        self.text += text
        return self.screen.write(text)

    def flush(self) -> None:
        self.screen.flush()

    def fileno(self) -> int:
        return self.screen.fileno()


@contextlib.contextmanager
def kept_in(folder: Path | None, record: Record) -> Iterator[Callable[[str], None]]:
    """Inside, what a benchmark found is kept by a call, with its name, of what is yielded.

    All is kept at the end, too, with what a benchmark had found when it was interrupted. Before
    anything is measured, what is in the folder stays.

    Raises
    ------
    InputError
        If it cannot be written.
    """
    if folder is None:
        yield lambda name: None
        return
    tee = Tee()
    ended = []

    def keep(name: str) -> None:
        ended.append(name)
        write(folder, record, tee.text)
        draw(folder, record, name)

    with contextlib.redirect_stdout(tee):
        try:
            yield keep
        finally:
            if ended or record.rows:
                write(folder, record, tee.text)
            for name in {row.benchmark for row in record.rows}.difference(ended):
                draw(folder, record, name)


def write(folder: Path, record: Record, text: str) -> None:
    """Write the record, and what was printed."""
    with told(folder):
        record.write(folder / FILE)
        end = "" if text.endswith("\n") else "\n"  # as where a line was not printed to its end
        with replacing(folder / TEXT) as temporary:
            temporary.write_text(f"```console\n$ {record.about['command']}\n{text}{end}```\n")


def draw(folder: Path, record: Record, name: str) -> None:
    """Draw the plots of one benchmark."""
    part = Record(record.about)
    part.rows, part.targets = whole_lines(record.of(name)), record.targets
    with told(folder):
        plots.draw(part, folder)


def whole_lines(rows: list[Row]) -> list[Row]:
    """The rows without those of a line of a plot that has fewer of them than its neighbours."""
    lengths = Counter(row.place._replace(size=0) for row in rows if row.place)
    longest: Counter[tuple[str, str]] = Counter()
    for line, length in lengths.items():
        longest[line[:2]] = max(longest[line[:2]], length)
    return [
        row
        for row in rows
        if not row.place or lengths[row.place._replace(size=0)] == longest[row.place[:2]]
    ]


@contextlib.contextmanager
def told(folder: Path) -> Iterator[None]:
    """Inside, a folder that cannot be written into is an InputError."""
    try:
        yield
    except OSError as error:
        raise InputError(
            f"--out: nothing can be written into {str(folder)!r}: {first_line(error)}"
        ) from error


def make_folder(folder: Path, command: str) -> None:
    """Make the folder that the results of a command go to, if it is not there.

    Raises
    ------
    InputError
        If nothing can be written into it, or the results of another command would be lost.
    """
    with told(folder):
        if folder.is_file():
            raise InputError(f"--out {str(folder)!r} is a file; name a folder")
        for path in (folder / FILE, folder / TEXT):
            if path.is_dir():
                raise InputError(f"--out: {str(path)!r} is a folder; name another --out")
        for path, other in commands_in(folder):
            if other != command:
                whose = f"of another command, {other!r}" if other else "of something else"
                raise InputError(f"--out: {str(path)!r} is {whose}; name another folder")
        folder.mkdir(parents=True, exist_ok=True)
        temporary_name(folder / FILE).touch()
        temporary_name(folder / FILE).unlink()


def commands_in(folder: Path) -> Iterator[tuple[Path, str]]:
    """The files of an earlier run in a folder, and the command that each tells."""
    if (path := folder / FILE).exists():
        yield path, earlier_record("--out", path).about.get("command", "")
    if (path := folder / TEXT).exists():
        yield path, path.read_text(errors="replace").partition("\n$ ")[2].partition("\n")[0]


def earlier_record(option: str, path: Path) -> Record:
    """What an earlier run wrote."""
    try:
        return read(path)
    except (OSError, ValueError) as error:
        raise InputError(f"{option} {str(path)!r} cannot be read: {first_line(error)}") from error
