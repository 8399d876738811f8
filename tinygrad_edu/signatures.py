"""The parameters of a function, read off its code.

The standard library's `inspect.signature` can read every kind of callable, and takes many times as
long. Ops and their public functions are plain functions and class methods, and there are hundreds
of them, so reading their parameters would be a good part of what ``import tinygrad_edu`` takes.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, NamedTuple


class Parameters(NamedTuple):
    """What can be given to a function.

    Attributes
    ----------
    names : tuple of str
        All but ``**kwargs``, in their order: those that may be given by position come first, and
        the one with a star in front, if there is one, before those that are given by name only.
    starred : str or None
        The one with a star in front, which takes all further arguments.
    annotations : dict of str to str
        What is said of some of them, as it was written.
    """

    names: tuple[str, ...]
    starred: str | None
    annotations: dict[str, Any]


def parameters_of(function: Callable[..., Any]) -> Parameters:
    """The parameters of a function or bound method; its module postpones its annotations."""
    code = function.__code__
    by_position, by_name = code.co_argcount, code.co_kwonlyargcount
    names = code.co_varnames[: by_position + by_name]
    starred = None
    if code.co_flags & inspect.CO_VARARGS:
        starred = code.co_varnames[by_position + by_name]
        names = (*names[:by_position], starred, *names[by_position:])
    if inspect.ismethod(function):
        names = names[1:]
    return Parameters(names, starred, function.__annotations__)
