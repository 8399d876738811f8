"""Tensors in lists, tuples and dicts, as functions take and return them: trees, with leaves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any


def leaves(tree: Any) -> list[Any]:
    """What a tree holds, in order: whatever is neither list nor tuple nor dict."""
    if isinstance(tree, dict):
        return [leaf for branch in tree.values() for leaf in leaves(branch)]
    if isinstance(tree, list | tuple):
        return [leaf for branch in tree for leaf in leaves(branch)]
    return [tree]


def replaced(tree: Any, new: Iterable[Any]) -> Any:
    """The same tree with other leaves."""
    return _grown(tree, iter(new))


def _grown(tree: Any, new: Iterator[Any]) -> Any:
    if isinstance(tree, dict):
        return type(tree)((key, _grown(branch, new)) for key, branch in tree.items())
    if isinstance(tree, list | tuple):
        branches = [_grown(branch, new) for branch in tree]
        return type(tree)(*branches) if hasattr(tree, "_fields") else type(tree)(branches)
    return next(new)


def same_shape(a: Any, b: Any) -> bool:
    """Whether two trees differ in nothing but their leaves."""
    if isinstance(a, dict):
        alike = isinstance(b, dict) and a.keys() == b.keys()
        return alike and all(same_shape(branch, b[key]) for key, branch in a.items())
    if isinstance(a, list | tuple):
        alike = type(a) is type(b) and len(a) == len(b)
        return alike and all(map(same_shape, a, b))
    return not isinstance(b, dict | list | tuple)


def spread(shorter: Any, tree: Any) -> list[Any]:
    """For each leaf of `tree` what `shorter`, a tree that may end earlier, has in its place.

    Raises
    ------
    ValueError
        If it branches otherwise.
    """
    if isinstance(shorter, list | tuple) and isinstance(tree, list | tuple | dict):
        branches = list(tree.values()) if isinstance(tree, dict) else list(tree)
        if len(shorter) != len(branches):
            raise ValueError
        return [x for a, b in zip(shorter, branches, strict=True) for x in spread(a, b)]
    if isinstance(shorter, dict) and isinstance(tree, dict):
        if shorter.keys() != tree.keys():
            raise ValueError
        return [x for key, branch in tree.items() for x in spread(shorter[key], branch)]
    if isinstance(shorter, list | tuple | dict):
        raise ValueError
    return [shorter] * len(leaves(tree))
