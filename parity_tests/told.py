"""What a failure says of what was called. It is put in words only when there is one."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from textwrap import dedent, indent, shorten
from typing import Any

import torch

from .replay import replay_command

FEW = 12  # elements of an argument that are printed
WIDTH = 200  # letters of any other value


@contextmanager
def telling(text: Callable[[], str]) -> Iterator[None]:
    """A failure in this block begins with `text`.

    It stays the same exception, by which the scoreboard knows one that it has counted.
    """
    try:
        yield
    except AssertionError as error:
        error.args = (f"{text()}\n  {with_replay(str(error))}",)
        raise


def with_replay(message: str) -> str:
    """The message with the command that replays it, which the judge of a tensor has said."""
    if "  replay   " in message:
        return message
    return f"{message}\n  replay   {replay_command()}"


def function_told(function: Callable[..., Any], depth: int = 3) -> str:
    """The lines of a function, and what the names in it stand for that are defined around it."""
    try:
        source = inspect.getsource(function) if inspect.isfunction(function) else repr(function)
    except OSError:  # it was typed in, or made of a text
        source = repr(function)
    lines = [dedent(source).strip()]
    for name, value in names_around(function).items():
        if inspect.isfunction(value) and depth:
            lines.append(f"{name} is\n{indent(function_told(value, depth - 1), '  ')}")
        else:
            told = tensor_told(value) if isinstance(value, torch.Tensor) else repr(value)
            lines.append(f"{name} = {shorten(told, WIDTH)}")
    return "\n".join(lines)


def names_around(function: Callable[..., Any]) -> dict[str, Any]:
    """What a function takes from the one in which it is defined, and its defaults, by name."""
    if not inspect.isfunction(function):
        return {}
    parameters = inspect.signature(function).parameters.values()
    defaults = {p.name: p.default for p in parameters if p.default is not p.empty}
    return defaults | {**inspect.getclosurevars(function).nonlocals}


def arguments_told(tensors: Sequence[torch.Tensor], names: Sequence[str] = ()) -> str:
    """A line for each argument, with its number and, if it has one, its name."""
    named = [f", {name}" for name in names] + [""] * (len(tensors) - len(names))
    return "\n".join(
        f"argument {i}{name}: {tensor_told(tensor)}"
        for i, (name, tensor) in enumerate(zip(named, tensors, strict=True))
    )


def tensor_told(tensor: torch.Tensor) -> str:
    """Shape, dtype and strides; and the numbers, if they are few."""
    dtype = str(tensor.dtype).removeprefix("torch.")
    strides = "" if tensor.is_contiguous() else f", strides {tensor.stride()}"
    numbers = f": {tensor.tolist()}" if tensor.numel() <= FEW else ""
    return f"{tuple(tensor.shape)} {dtype}{strides}{numbers}"
