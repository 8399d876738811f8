"""Lines with marks, and listings of code, as Rich's texts with colours.

Colours say nothing that the characters do not say as well: without them bold, underlined and
reversed text is left.
"""

from __future__ import annotations

import functools
from typing import NamedTuple

from rich.style import Style
from rich.syntax import Syntax
from rich.text import Text

from ..stepping.lines import Line, clean
from ..stepping.listing import Listing

RGB = tuple[int, int, int]


class Palette(NamedTuple):
    """The colours of a screen: of no number, of the most negative and the largest one, and what
    else there is."""

    zero: RGB
    negative: RGB
    positive: RGB
    title: str
    dim: str
    now: str
    span: str
    code: str


DARK = Palette(
    (30, 33, 39), (38, 101, 160), (178, 70, 48), "bold #7fc8f8", "#8b93a1", "bold #ffd479",
    "bold underline #ffffff on #6b4f00", "one-dark",
)  # fmt: skip
LIGHT = Palette(
    (250, 250, 250), (146, 197, 222), (244, 165, 130), "bold #00558c", "#66707d", "bold #8a4b00",
    "bold underline #000000 on #ffe08a", "friendly",
)  # fmt: skip


def heat(level: float, palette: Palette) -> Style:
    """The colour of a number, with text that can be read on it."""
    end = palette.positive if level > 0 else palette.negative
    part = min(abs(level), 1.0) ** 0.6  # so that small ones are seen, too
    red, green, blue = (round(a + part * (b - a)) for a, b in zip(palette.zero, end, strict=True))
    bright = 0.299 * red + 0.587 * green + 0.114 * blue > 140
    return Style(color="#101010" if bright else "#f2f2f2", bgcolor=f"rgb({red},{green},{blue})")


def style_of(name: str, palette: Palette) -> Style:
    """How a mark looks."""
    looks = {
        "now": palette.now,
        "span": palette.span,
        "title": palette.title,
        "dim": palette.dim,
        "alarm": "bold reverse #ff4d6d",
        "chosen": "bold underline",
    }
    return Style.parse(looks[name])


def painted(line: Line, palette: Palette) -> Text:
    """A line with its colours."""
    text = Text(clean(line.text), end="")
    for mark in line.marks:
        look = heat(mark.level, palette) if mark.style == "heat" else style_of(mark.style, palette)
        text.stylize(look, mark.start, mark.end)
    return text


@functools.lru_cache(maxsize=256)
def highlighted(code: tuple[str, ...], theme: str) -> tuple[Text, ...]:
    """Lines of Python with their colours."""
    lines = [clean(line) for line in code]
    text = Syntax("", "python", theme=theme).highlight("\n".join(lines))
    text.rstrip()
    text.style = ""
    text.spans = [span._replace(style=without_background(span.style)) for span in text.spans]
    found = text.split("\n", allow_blank=True)
    return tuple(found) + tuple(Text("") for _ in range(len(lines) - len(found)))


def without_background(style: str | Style) -> Style:
    """A style on the background that there is."""
    style = Style.parse(style) if isinstance(style, str) else style
    return Style(color=style.color, bold=style.bold, italic=style.italic)


def listed(listing: Listing, height: int, palette: Palette) -> list[Text]:
    """The lines of a listing around the one that runs, moved left by what all are indented by;
    those that run may be wrapped."""
    shown = listing.around(height)
    texts = [listing.text[line - listing.first] for line in shown]
    indents = [len(text) - len(text.lstrip()) for text in texts if text.strip()]
    indent = min(indents, default=0)
    lines = []
    colours = highlighted(listing.text, palette.code)
    for line in shown:
        running = listing.now <= line <= listing.last
        gutter = Text(listing.gutter(line), style_of("now" if running else "dim", palette))
        code = colours[line - listing.first].copy()
        columns = listing.columns(line)
        if columns is not None:
            code.stylize(style_of("span", palette), *columns)
        elif running:
            code.stylize("bold")
        whole = gutter + code[indent:]
        whole.no_wrap, whole.end = not running, ""
        lines.append(whole)
    return lines
