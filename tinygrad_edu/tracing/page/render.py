"""A trace's page: the template, and what it is filled with."""

from __future__ import annotations

import base64
import hashlib
import importlib
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from ..words import file_of
from .contents import contents
from .packing import squeezed

if TYPE_CHECKING:
    from ..traces import Trace

HERE = Path(__file__).parent

#: In this order, as they build upon each other.
STYLES = ("base", "layout", "graph", "code", "tensors", "why", "tabs", "beside")
SCRIPTS = (
    "dom", "numbers", "trace", "arithmetic", "state", "heatmap", "tensors", "outline", "sentences",
    "modules", "layout", "graph", "light", "size", "code", "terms", "formulas", "why", "ledger",
    "chart", "curves", "tables", "beside", "scrubber", "search", "keys", "main",
)  # fmt: skip


def needed(module: str) -> ModuleType:
    """A package that only pages need; where it is missing, how to install it."""
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            f"a trace's page needs {module}, which is not installed: "
            'pip install "tinygrad_edu[app]"',
            name=module,
        ) from error


def render(
    trace: Trace,
    what_if: Sequence[Any] | str | None = None,
    beside: Any = None,
    title: str = "",
) -> str:
    """The page that `Trace.html` writes, as HTML; there stands what the arguments are, and what it
    raises."""
    if not trace.events:
        raise ValueError("there is nothing to show: the trace has no events")
    jinja2 = needed("jinja2")
    needed("pygments")
    style = "\n".join((HERE / "css" / f"{name}.css").read_text("utf-8") for name in STYLES)
    scripts = [(HERE / "js" / f"{name}.js").read_text("utf-8") for name in SCRIPTS]
    dagre = (HERE / "vendor" / "dagre.min.js").read_text("utf-8")
    licence = (HERE / "vendor" / "LICENSE").read_text("utf-8")
    script = "\n".join(
        [
            f"/* dagre 3.1.3\n{licence}*/",
            dagre,
            "(async () => {",
            '"use strict";',
            *scripts,
            "})();",
        ]
    )
    theme = "\n".join(["(() => {", (HERE / "js" / "theme.js").read_text("utf-8"), "})();"])
    script, style, theme = f"\n{script}\n", f"\n{style}\n", f"\n{theme}\n"
    template = jinja2.Template((HERE / "page.html").read_text("utf-8"), autoescape=True)
    return str(
        template.render(
            title=f"Backprop of {title or name_of(trace)}, step by step",
            policy=policy([theme, script], style),
            theme=jinja2.utils.markupsafe.Markup(theme),
            style=jinja2.utils.markupsafe.Markup(style),
            script=jinja2.utils.markupsafe.Markup(script),
            data=jinja2.utils.markupsafe.Markup(squeezed(*contents(trace, what_if, beside))),
        )
    )


def name_of(trace: Trace) -> str:
    """What was recorded: the file whose lines ran."""
    places = [event.place for event in trace.events if event.place is not None]
    return file_of(places[-1]) if places else "a trace"


def policy(scripts: Sequence[str], style: str) -> str:
    """What the browser may do: run these scripts, apply this style, and load nothing at all."""
    allowed = " ".join(f"'{digest(script)}'" for script in scripts)
    return (
        f"default-src 'none'; script-src {allowed}; style-src '{digest(style)}'; "
        "base-uri 'none'; form-action 'none'"
    )


def digest(text: str) -> str:
    """By which a browser knows a text again, as a content security policy writes it."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
