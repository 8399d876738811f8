"""Lines of text, with marks, of which a screen makes colours and a plain terminal nothing."""

from __future__ import annotations

from typing import NamedTuple


class Mark(NamedTuple):
    """What a stretch of a line is.

    Attributes
    ----------
    start, end : int
        In characters.
    style : str
        "now" (what runs), "span" (the expression that runs), "title", "dim", "alarm" (a nan),
        "chosen" (the element that is being explained) or "heat".
    level : float
        Of "heat": from -1, the most negative, to 1.
    """

    start: int
    end: int
    style: str
    level: float = 0.0


class Line(NamedTuple):
    """A line, and its marks in order."""

    text: str
    marks: tuple[Mark, ...] = ()


def styled(text: str, style: str) -> Line:
    """A line that is one thing from end to end."""
    return Line(text, (Mark(0, len(text), style),))


def plain(lines: list[Line]) -> list[str]:
    """The texts alone."""
    return [line.text for line in lines]


def number(item: object) -> str:
    """A number in six digits; a whole one, or what is no number, as it prints."""
    return f"{item:.6g}" if isinstance(item, float) else str(item)


def clean(text: str) -> str:
    """`text` without characters that a terminal obeys; each is a space, so that columns stay."""
    return text if text.isprintable() else "".join(c if c.isprintable() else " " for c in text)


def shortened(text: str, width: int) -> str:
    """`text`, if need be without its end."""
    return text if len(text) <= width else text[: max(width - 2, 0)] + ".."
