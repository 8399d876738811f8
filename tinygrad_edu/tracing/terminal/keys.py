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
    Key("right,s", "step(1)", "→ s", "the next event: into modules, and into the engine"),
    Key("left,S", "step(-1)", "← S", "the event before"),
    Key("down,n", "next(1)", "↓ n", "the next op (after u: the next module, phase, step)"),
    Key("up,N", "next(-1)", "↑ N", "the op before"),
    Key("m", "over(1)", "m", "past this module"),
    Key("M", "over(-1)", "M", "to before this module"),
    Key("r", "out(1)", "r", "out of this module or group"),
    Key("u", "level(-1)", "u", "a level up: n goes module by module, phase by phase"),
    Key("d", "level(1)", "d", "a level down"),
    Key("home", "go(0)", "Home", "to the beginning"),
    Key("end", "go(-1)", "End", "to the end"),
    Key("j", "choose(1)", "j", "choose the next tensor of this event"),
    Key("k", "choose(-1)", "k", "choose the one before"),
    Key("right_square_bracket", "element(1)", "]", "choose the next element of that tensor"),
    Key("left_square_bracket", "element(-1)", "[", "choose the one before"),
    Key("i", "ask_element", "i", "choose an element by its index"),
    Key("a", "birth", "a", "to the event that made the chosen tensor"),
    Key("g", "gradient", "g", "to the event at which its gradient is complete"),
    Key("x", "nan(1)", "x", "to the next nan or infinity"),
    Key("X", "nan(-1)", "X", "to the one before"),
    Key("slash", "ask_search", "/", "search: an op, a module, a name, a line"),
    Key("f", "again", "f", "search on"),
    Key("b", "breakpoints", "b", "breakpoints"),
    Key("c", "resume(1)", "c", "on to the next breakpoint"),
    Key("C", "resume(-1)", "C", "back to the one before"),
    Key("e", "ask_edit", "e", "change an input or a weight, and run all again"),
    Key("U", "undo", "U", "take the last edit back"),
    Key("space", "play", "Space", "play, and pause"),
    Key("tab", "pane(1)", "Tab", "to the next pane; PageUp and PageDown move its text"),
    Key("shift+tab", "pane(-1)", "Shift-Tab", "to the pane before"),
    Key("z", "zoom", "z", "this pane on the whole screen, and back"),
    Key("t", "theme", "t", "light or dark"),
    Key("question_mark,h", "help", "? h", "this help"),
    Key("q", "quit", "q", "quit"),
)

HINTS = "←→ event  ↑↓ op  m module  a birth  g gradient  b break  c run  e edit  ? help  q quit"
