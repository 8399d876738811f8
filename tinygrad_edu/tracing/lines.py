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
    """A number in six digits, or as much as it needs; what is none as it prints."""
    if isinstance(item, bool) or not isinstance(item, int | float | complex):
        return str(item)
    if isinstance(item, complex):
        return f"{item.real:.6g}{item.imag:+.6g}j"
    return str(item) if isinstance(item, int) else f"{item:.6g}"


def clean(text: str) -> str:
    """`text` without characters that a terminal obeys; each is a space, so that columns stay."""
    return text if text.isprintable() else "".join(c if c.isprintable() else " " for c in text)


def shortened(text: str, width: int) -> str:
    """`text`, if need be without its end."""
    return text if len(text) <= width else text[: max(width - 2, 0)] + ".."
