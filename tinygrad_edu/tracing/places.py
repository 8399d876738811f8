"""Where something happens: the user's line with its columns, and the engine's functions."""

from __future__ import annotations

import contextlib
import functools
import inspect
import linecache
import os
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

from .events import Code, Place

PACKAGE = Path(__file__).parents[1]
#: Where this package is, which looks on.
VIEWS = str(PACKAGE / "tracing") + os.sep
#: What in the package is written as a user writes: the course's models, and the training loop.
AS_USERS = (str(PACKAGE / "models.py"), str(PACKAGE / "app" / "training") + os.sep)


@functools.lru_cache(maxsize=4096)
def is_library(file: str) -> bool:
    """Whether a file is one of this library's, or one of Python's that stand between."""
    if file.startswith(AS_USERS):
        return False
    # What leaves a ``with`` block calls from there.
    return file.startswith((str(PACKAGE) + os.sep, "<frozen", contextlib.__file__))


def frames_from(frame: FrameType | None) -> Iterator[FrameType]:
    """A frame, its caller, and so on."""
    while frame is not None:
        yield frame
        frame = frame.f_back


def user_frame(frame: FrameType | None) -> tuple[FrameType | None, list[FrameType]]:
    """The innermost frame that is not the library's, and the library's within it, outermost
    first."""
    inside: list[FrameType] = []
    for each in frames_from(frame):
        if not is_library(each.f_code.co_filename):
            return each, inside[::-1]
        inside.append(each)
    return None, inside[::-1]


def is_of_views(file: str) -> bool:
    """Whether a file is of this package, which looks on."""
    return file.startswith(VIEWS)


def calling_frame() -> FrameType | None:
    """The innermost frame that does not belong to this package."""
    for frame in frames_from(sys._getframe(1)):
        if not is_of_views(frame.f_code.co_filename):
            return frame
    return None


@functools.lru_cache(maxsize=4096)
def positions(code: CodeType) -> tuple[tuple[int | None, int | None, int | None, int | None], ...]:
    """For each instruction its line, last line, column and last column."""
    return tuple(code.co_positions())


def place_of(frame: FrameType) -> Place:
    """The line that a frame is at, with the columns of the expression."""
    code = frame.f_code
    line, end, column, end_column = positions(code)[frame.f_lasti // 2]
    line = frame.f_lineno if line is None else line
    end = line if end is None else end
    columns = characters(frame, line, column), characters(frame, end, end_column)
    return Place(short(code.co_filename), code.co_qualname, line, end, *columns)


def body_of(function: Callable[..., Any]) -> Place | None:
    """Where a user's function stands, without its first line if it has others; None where that is
    not known, or it is the library's."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    if code is None or is_library(code.co_filename):
        return None
    lines = {line for _, _, line in code.co_lines() if line is not None}
    body = lines - {code.co_firstlineno} or {code.co_firstlineno}
    return Place(short(code.co_filename), code.co_qualname, min(body), max(body))


def characters(frame: FrameType, line: int, column: int | None) -> int:
    """A column, which Python counts in bytes, in characters; -1 where it does not know it."""
    if column is None:
        return -1
    text = linecache.getline(frame.f_code.co_filename, line, frame.f_globals)
    return column if text.isascii() else len(text.encode()[:column].decode(errors="replace"))


@functools.lru_cache(maxsize=4096)
def short(file: str) -> str:
    """The path of a file; of the library's own from the package on."""
    path = Path(file)
    return path.relative_to(PACKAGE).as_posix() if path.is_relative_to(PACKAGE) else file


@functools.lru_cache(maxsize=4096)
def code_of(function: Callable[..., Any]) -> Code | None:
    """A function's place and text; None of what has no source."""
    try:
        lines, first = inspect.getsourcelines(inspect.unwrap(function))
        file = inspect.getsourcefile(inspect.unwrap(function)) or "?"
    except (OSError, TypeError):
        return None
    return Code(short(file), function.__qualname__, first, textwrap.dedent("".join(lines)))


def first_sentence(doc: str | None) -> str:
    """The first paragraph of a docstring, on one line."""
    return " ".join(inspect.cleandoc(doc or "").split("\n\n")[0].split())
