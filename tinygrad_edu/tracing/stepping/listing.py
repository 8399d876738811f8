"""The lines of code that belong to an event: the user's, with the span that runs, and the
engine's, with the line that says what it does."""

from __future__ import annotations

import ast
import functools
from dataclasses import dataclass

from ..events import Code, Event, Place
from ..traces import Trace
from ..ways import lines_of, lines_run, returned
from ..words import file_of
from .lines import Line, Mark, styled


@dataclass(frozen=True)
class Listing:
    """A stretch of a file.

    Attributes
    ----------
    title : str
        The file and the function.
    first : int
        The number of its first line.
    text : tuple of str
        Its lines.
    now : int
        The number of the line that runs; 0 if none is known.
    last : int
        The number of the last line that runs.
    span : tuple of int or None
        The columns from which, in `now`, and to which, in `last`, the expression goes.
    ran : tuple of int
        The numbers of the lines that have run, where not all have.
    """

    title: str
    first: int
    text: tuple[str, ...]
    now: int = 0
    last: int = 0
    span: tuple[int, int] | None = None
    ran: tuple[int, ...] = ()

    def around(self, height: int) -> range:
        """The numbers of at most `height` lines: all, or those around what runs."""
        end = self.first + len(self.text)
        if len(self.text) <= height:
            return range(self.first, end)
        middle = (self.now or self.first) - height // 3
        start = max(self.first, min(middle, end - height))
        return range(start, start + height)

    def columns(self, line: int) -> tuple[int, int] | None:
        """From where to where a line belongs to the expression that runs."""
        if self.span is None or not self.now <= line <= self.last:
            return None
        text = self.text[line - self.first]
        start = self.span[0] if line == self.now else len(text) - len(text.lstrip())
        end = self.span[1] if line == self.last else len(text.rstrip())
        return (start, end) if start < end else None

    def gutter(self, line: int) -> str:
        """What stands before a line: its number, and an arrow at those that run, after those
        with a dot."""
        arrow = ">" if self.now <= line <= self.last else "." if line in self.ran else " "
        width = len(str(self.first + len(self.text)))
        return f"{line:>{width}} {arrow} "

    def lines(self, height: int) -> list[Line]:
        """As plain text, with carets under the span."""
        lines = []
        for line in self.around(height):
            gutter = self.gutter(line)
            text = gutter + self.text[line - self.first]
            running = self.now <= line <= self.last
            lines.append(styled(text, "now") if running else Line(text))
            columns = self.columns(line)
            if columns is not None:
                start, end = (len(gutter) + each for each in columns)
                lines.append(Line(" " * start + "^" * (end - start), (Mark(start, end, "span"),)))
        return lines


def of_user(trace: Trace, event: Event, place: Place | None = None) -> Listing | None:
    """The user's file at the line of an event; None where no line is known."""
    place = place or event.place
    if place is None:
        return None
    title = f"{file_of(place)}:{place.line} in {place.function}"
    text = trace.sources.get(place.file, "").splitlines()
    if not 0 < place.line <= len(text):
        return Listing(f"{title} (its text is not in the trace)", 1, ())
    end = min(max(place.end_line, place.line), len(text))
    known = place.column >= 0 and place.end_column >= 0
    whole = function_around(text, place) if place.function != "<module>" else range(len(text))
    span = (place.column, place.end_column) if known else None
    shown = tuple(line.replace("\t", " ") for line in text[whole.start : whole.stop])
    return Listing(title, whole.start + 1, shown, place.line, end, span)


def function_around(text: list[str], place: Place) -> range:
    """The lines of the function that a place is in, counted from 0, as their indents tell."""
    here = indent_of(text[place.line - 1])
    start = place.line - 1
    while start > 0 and not (
        indent_of(text[start]) < here
        and text[start].lstrip().startswith(("def ", "async def ", "class "))
    ):
        start -= 1
    end = max(place.line, place.end_line)
    while end < len(text) and (
        not text[end].strip() or indent_of(text[end]) > indent_of(text[start])
    ):
        end += 1
    while end > place.end_line and not text[end - 1].strip():
        end -= 1
    return range(start, end)


def indent_of(line: str) -> int:
    """How far in a line begins; of an empty one as far as any."""
    return len(line) - len(line.lstrip()) if line.strip() else len(line) + 1000


def of_engine(event: Event) -> Listing | None:
    """The engine's function that did it; None if it has no text."""
    code = event.code
    if code is None:
        return None
    now, last = (code.line, code.line) if code.line else running_lines(code, event.formula)
    text = tuple(code.text.splitlines())
    title = f"{code.file}:{now or code.first} in {code.name}"
    return Listing(title, code.first, text, now, last, ran=lines_run(code))


@functools.lru_cache(maxsize=1024)
def running_lines(code: Code, formula: str) -> tuple[int, int]:
    """From which line of a function to which it computes this formula, or what it returns; 0, 0
    where it may have been one of several."""
    if code.ran:
        ended = returned(code, code.ran)
        lines = range(0) if ended is None else lines_of(ended)
        return (code.first + lines[0] - 1, code.first + lines[-1] - 1) if lines else (0, 0)
    returns = [
        (code.first + node.lineno - 1, code.first + (node.end_lineno or node.lineno) - 1)
        for node in ast.walk(ast.parse(code.text))
        if isinstance(node, ast.Return) and node.value is not None
    ]
    texts = [line.strip() for line in code.text.splitlines()]
    for number, line in enumerate(texts, code.first):
        if formula and (line == formula or line.endswith(f" {formula}")):
            inside = any(first <= number <= last for first, last in returns)
            return (0, 0) if inside and len(returns) > 1 else (number, number)
    return returns[0] if len(returns) == 1 else (0, 0)
