"""What the pages that a browser shows have in common.

A page is one file, with its styles and without links, so that it can be sent and kept. Its text
is a template, in which ``$style`` stands for what is in ``page.css``.
"""

from __future__ import annotations

from html import escape
from pathlib import Path
from string import Template

STYLE = Path(__file__).with_name("page.css")


def fill(template: Path, **parts: object) -> str:
    """The text of a page: a template with the parts that it names, in HTML already."""
    style = STYLE.read_text(encoding="utf-8")
    return Template(template.read_text(encoding="utf-8")).substitute(parts, style=style)


def fact(name: str, value: str) -> str:
    """An entry of a list of facts."""
    return f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>"


def breakable(name: str) -> str:
    """A name that may go on in another line after a dot or an underscore."""
    return escape(name).replace(".", ".<wbr>").replace("_", "_<wbr>")


def eps_text(value: float | None) -> str:
    """A number of eps, in few characters."""
    if value is None:
        return "-"
    if 0 < value < 0.01:
        return "~0"
    if value >= 1e4:
        return f"{value:.0e}".replace("e+0", "e").replace("e+", "e")
    return f"{value:.0f}" if value >= 100 or value == 0 else f"{value:.2g}"
