"""Where the recorder looks on at changes in place: see `seams`.

A change that is recorded makes a node, of which `seams.watch_record` hears. Of one that is not, as
under ``no_grad``, only the memory knows; what is seen here says where the new numbers came from.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeAlias

from ..autograd.graph import TensorBase
from .recorder import Recorder

Wrapped: TypeAlias = Callable[..., Any]


def watch_check(recorder: Recorder, check_operands: Wrapped) -> Wrapped:
    """A tensor that is about to be changed in place."""

    def watched_check(target: Any, operands: Any, sharing: Any) -> None:
        check_operands(target, operands, sharing)
        if recorder.depth == 0 and recorder.watches():
            recorder.notes.to_change(target, operands)

    return watched_check


def watch_history(recorder: Recorder, with_history: Wrapped) -> Wrapped:
    """A tensor that stands for another one as it was before a change in place."""

    def watched_history(array: Any, source: Any) -> Any:
        result = with_history(array, source)
        if recorder.depth == 0 and recorder.watches():
            recorder.notes.given_history(result, source)
        return result

    return watched_history


def watch_write(recorder: Recorder, write: Wrapped) -> Wrapped:
    """Numbers that are written into the memory of a tensor."""

    def watched_write(target: Any, value: Any) -> Any:
        result = write(target, value)
        if recorder.depth == 0 and recorder.watches():
            recorder.notes.wrote(target, value)
        return result

    return watched_write


def watch_adopt(recorder: Recorder, adopt: Wrapped) -> Wrapped:
    """A tensor that becomes the output of another node."""

    def watched_adopt(tensor: Any, node: Any, number: int = 0) -> None:
        adopt(tensor, node, number)
        if recorder.watches():
            recorder.adopted(tensor)

    return watched_adopt


def watch_retain(recorder: Recorder, retain_grad: Wrapped) -> Wrapped:
    """A result that is to keep its gradient."""

    def watched_retain(tensor: Any) -> None:
        retain_grad(tensor)
        if recorder.watches():
            recorder.notes.keeps(tensor)

    return watched_retain


def watch_function(recorder: Recorder, function: Wrapped) -> Wrapped:
    """A function that computes a tensor from tensors, and is no op."""

    def watched_function(tensors: Any, *options: Any, **named: Any) -> Any:
        tensors = [tensors] if isinstance(tensors, TensorBase) else list(tensors)
        result = function(tensors, *options, **named)
        if tensors and recorder.depth == 0 and recorder.watches():
            again = functools.partial(_on_list, function, options, named)
            recorder.notes.computed(result, again, tensors)
        return result

    return watched_function


def _on_list(function: Wrapped, options: Any, named: Any, *tensors: Any) -> Any:
    return function(list(tensors), *options, **named)
