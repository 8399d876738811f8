"""Changes that no test can notice, because nothing that the engine does is otherwise.

They stand in ``equivalent.txt``: the file and function, the statement before and after, by which
they are found again when lines have moved, and the reason.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

LIST = Path(__file__).with_name("equivalent.txt")


class Equivalent(NamedTuple):
    """A change, named as `generic.Change.key` does it, and why it changes nothing."""

    key: tuple[str, str, str, str]
    reason: str


def read(text: str) -> list[Equivalent]:
    """The entries, which empty lines part."""
    entries = []
    for block in text.strip().split("\n\n"):
        place, before, after, *reason = block.splitlines()
        file, _, function = place.partition(" ")
        key = file, function, before.removeprefix("- "), after.removeprefix("+ ")
        entries.append(Equivalent(key, " ".join(reason)))
    return entries


EQUIVALENT = read(LIST.read_text())
KEYS = {entry.key for entry in EQUIVALENT}
