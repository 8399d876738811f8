"""A version: a text that compares as versions do, ``"2.13" > "2.2"``, or ``> (2, 2)``."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, TypeAlias

#: The numbers, without zeros at the end, and whether it is a release, and no forerunner of one.
Key: TypeAlias = tuple[tuple[int, ...], bool, str]


class TorchVersion(str):
    """The version of a release: a str, of which ``<``, ``==`` and so on go by its numbers.

    What it is compared with is another version as a text, or its numbers, ``(2, 1)``. A text that
    is no version is compared as any text is. What stands behind a "+" counts last.

    Raises
    ------
    TypeError
        If it is compared by ``<``, ``<=``, ``>`` or ``>=`` with anything else.
    """

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        key = version_key(other)
        return str.__eq__(self, other) is True if key is None else version_key(self) == key

    __hash__ = str.__hash__

    def __lt__(self, other: Any) -> bool:
        key = version_key(other)
        return str.__lt__(self, other) if key is None else _key(self) < key

    def __le__(self, other: Any) -> bool:
        key = version_key(other)
        return str.__le__(self, other) if key is None else _key(self) <= key

    def __gt__(self, other: Any) -> bool:
        key = version_key(other)
        return str.__gt__(self, other) if key is None else _key(self) > key

    def __ge__(self, other: Any) -> bool:
        key = version_key(other)
        return str.__ge__(self, other) if key is None else _key(self) >= key


FORM = re.compile(r"v?(\d+(?:\.\d+)*)((?:a|b|rc|\.dev)\d*)?(?:\+([a-z0-9._-]+))?", re.IGNORECASE)


def version_key(version: object) -> Key | None:
    """What versions are compared by; None for what is none."""
    if isinstance(version, Iterable) and not isinstance(version, str):
        version = ".".join(map(str, version))
    match = FORM.fullmatch(version) if isinstance(version, str) else None
    if match is None:
        return None
    numbers, before, local = match.groups()
    parts = [int(number) for number in numbers.split(".")]
    while parts and parts[-1] == 0:
        parts.pop()
    return tuple(parts), before is None, local or ""


def _key(version: TorchVersion) -> Key:
    """`version_key` of what is one."""
    key = version_key(version)
    assert key is not None
    return key
