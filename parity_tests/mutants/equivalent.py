"""Changes that no test can notice, because nothing that the engine does is otherwise.

Each is named by its file and function, and by the statement before and after, so that it is found
again when lines have moved. The reason says what is the same.
"""

from __future__ import annotations

from typing import NamedTuple


class Equivalent(NamedTuple):
    """A change, as `generic.Change.key` names it, and why it changes nothing."""

    file: str
    function: str
    before: str
    after: str
    reason: str


EQUIVALENT: tuple[Equivalent, ...] = ()

KEYS = {entry[:4] for entry in EQUIVALENT}
