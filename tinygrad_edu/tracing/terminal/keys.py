"""The keys of the screen: what they do, and what they are called in its help."""

from __future__ import annotations

from typing import NamedTuple


class Key(NamedTuple):
    """Keys, as Textual calls them, the action that they start, how they are shown, and their
    help."""

    keys: str
    action: str
    shown: str
    text: str


KEYS = (
    Key("right,l", "step(1)", "→ l", "one event on: into modules, and into the engine"),
    Key("left,h", "step(-1)", "← h", "one event back"),
    Key("down", "next(1)", "↓", "one op on (after u: one module, one phase, one step)"),
    Key("up", "next(-1)", "↑", "one op back"),
    Key("n,shift+right", "over(1)", "n", "over the rest of this module, or of an optimizer's step"),
    Key("p,shift+left", "over(-1)", "p", "the same, back"),
    Key("r", "out(1)", "r", "out of this module or group"),
    Key("u", "level(-1)", "u", "a level up: ↓ goes module by module, phase by phase"),
    Key("d", "level(1)", "d", "a level down"),
    Key("home", "go(0)", "Home", "to the first event"),
    Key("end", "go(-1)", "End", "to the last event"),
    Key("b", "birth", "b", "to where the chosen tensor was born"),
    Key("g", "gradient", "g", "to where its gradient is complete"),
    Key("x", "nan(1)", "x", "to the next nan or infinity"),
    Key("X", "nan(-1)", "X", "to the one before"),
    Key("v", "choose(1)", "v", "choose the next tensor of this event"),
    Key("V", "choose(-1)", "V", "choose the one before"),
    Key("right_square_bracket", "element(1)", "]", "choose the next element of that tensor"),
    Key("left_square_bracket", "element(-1)", "[", "choose the one before"),
    Key("i", "ask_element", "i", "choose an element by its index"),
    Key("slash", "ask_search", "/", "search: an op, a module, a name, a line"),
    Key("f", "again", "f", "search on"),
    Key("k", "breakpoints", "k", "breakpoints"),
    Key("c", "resume(1)", "c", "on to the next breakpoint"),
    Key("C", "resume(-1)", "C", "back to the one before"),
    Key("e", "ask_edit", "e", "change an input or a weight, and run all again"),
    Key("U", "undo", "U", "take the last edit back"),
    Key("space", "play", "Space", "play, and stop"),
    Key("tab", "pane(1)", "Tab", "to the next pane; PageUp and PageDown move its text"),
    Key("shift+tab", "pane(-1)", "Shift-Tab", "to the pane before"),
    Key("z", "zoom", "z", "this pane on the whole screen, and back"),
    Key("t", "theme", "t", "light or dark"),
    Key("question_mark", "help", "?", "this help"),
    Key("q", "quit", "q", "quit"),
)

HINTS = "←→ event  ↑↓ op  n module  b birth  g gradient  k breaks  e edit  ? help  q quit"
