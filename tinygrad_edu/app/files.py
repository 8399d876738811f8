"""Output files: every problem is found before training, and no file is ever half written."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .errors import InputError, first_line


def check_output(option: str, path: Path, suffix: str) -> None:
    """Make sure that ``path`` can be written, without touching what is there.

    Raises
    ------
    InputError
        If its name does not end in ``suffix``, its folder is missing or not writable, or it is a
        folder itself.
    """
    if path.suffix.lower() != suffix:
        raise InputError(f"{option} needs a file name ending in {suffix}, not {str(path)!r}")
    if path.is_dir():
        raise InputError(f"{option} {str(path)!r} is a folder; name a file in it")
    if not path.parent.is_dir():
        raise InputError(f"{option}: there is no folder {str(path.parent)!r}; make it first")
    try:
        temporary_name(path).touch()
        temporary_name(path).unlink()
    except OSError as error:
        raise InputError(
            f"{option} {str(path)!r} cannot be written: {first_line(error)}"
        ) from error


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path in the same folder; move it to ``path`` if the block succeeds.

    ``os.replace`` is atomic, so a reader sees the old file or the new one, never a part.  If the
    block raises, the temporary file is removed and the old one stays.
    """
    temporary = temporary_name(path)
    try:
        yield temporary
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def temporary_name(path: Path) -> Path:
    """Return a hidden name beside ``path`` that belongs to this process."""
    return path.with_name(f".{path.name}.{os.getpid()}.tmp")
