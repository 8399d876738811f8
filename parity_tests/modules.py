"""Modules under test: made on both sides, given the same weights, and run by the same line.

The parameters become arguments of the call, so that `compare` judges the gradients of them all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import nullcontext
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn.attention import SDPBackend, sdpa_kernel

import tinygrad_edu

from .compare import compare
from .programs import ERRORS
from .scoreboard.board import comparing
from .seeds import begin
from .told import function_told
from .versions import as_printed, as_raised

SIDES = (torch, tinygrad_edu)
DTYPES = (torch.float32, torch.float64)

Make = Callable[[Any], Any]
Use = Callable[..., Any]


def layers() -> Iterator[Any]:
    """Each of PyTorch's layers that is here: its name, theirs and ours, as a test's parameters."""
    for name, theirs in vars(torch.nn).items():
        if isinstance(theirs, type) and issubclass(theirs, torch.nn.Module):
            mine = getattr(tinygrad_edu.nn, name, None)
            if mine is not None:
                yield pytest.param(name, theirs, mine, id=name)


def draw(shape: tuple[int, ...], dtype: torch.dtype, seed: int = 0) -> torch.Tensor:
    """Normal numbers, for which a gradient is wanted."""
    generator = torch.Generator().manual_seed(begin(seed))
    return torch.randn(shape, generator=generator, dtype=dtype).requires_grad_()


def put(module: Any, path: str, tensor: Any) -> None:
    """Put a tensor, which need not be a leaf, in the place of a parameter."""
    *parents, name = path.split(".")
    for parent in parents:
        module = getattr(module, parent)
    delattr(module, name)
    setattr(module, name, tensor)


def called(module: Any, *inputs: Any) -> Any:
    """What a module returns when it is called."""
    return module(*inputs)


def compare_module(
    make: Make,
    *inputs: torch.Tensor,
    use: Use = called,
    train: bool = True,
    twice: bool = True,
    scale: float = 0.5,
) -> None:
    """Raise unless a module computes alike on both sides, from equal weights.

    Judged is all that `compare` judges, for inputs and parameters.

    Parameters
    ----------
    make : callable
        ``make(library)`` is the module; its random weights are replaced.
    *inputs : torch.Tensor
    use : callable
        ``use(module, *inputs)`` returns what is judged.
    train : bool
        Whether the module is in training mode; its masks are then those of one seed.
    twice : bool
        Whether gradients of gradients are judged. PyTorch's attention has them only in its plain
        form, and not in the quick one that it prefers.
    scale : float
        Of the weights, which are normally distributed.
    """
    dtype = next(t.dtype for t in inputs if t.is_floating_point())
    made = make(torch)
    parameters = dict(made.named_parameters())
    weights = [
        (draw(tuple(p.shape), dtype, 100 + i) * scale).detach().requires_grad_()
        for i, p in enumerate(parameters.values())
    ]

    def call(library: Any, *tensors: Any) -> Any:
        module = make(library).train(train)
        for path, tensor in zip(parameters, tensors[len(inputs) :], strict=True):
            put(module, path, tensor)
        library.default_generator.manual_seed(7)  # quicker than for each kind of device
        outputs = use(module, *tensors[: len(inputs)])
        if isinstance(outputs, tuple):  # where PyTorch returns None, so do we
            return [output if output is not None else library.zeros(0) for output in outputs]
        return outputs

    def told() -> str:
        used = "" if use is called else f", used by\n{function_told(use)}"
        return f"{made!r} in {'training' if train else 'evaluation'}{used}"

    kernels = sdpa_kernel(SDPBackend.MATH) if twice else nullcontext()
    with kernels, comparing(type(made).__name__):
        names = [*(f"input {i}" for i in range(len(inputs))), *parameters]
        compare(call, *inputs, *weights, twice=twice, told=told, names=names)


def same_bits(mine: Any, theirs: torch.Tensor) -> None:
    """Raise unless two tensors have the same dtype and values."""
    assert str(mine.dtype) == str(theirs.dtype)
    np.testing.assert_array_equal(mine.detach().numpy(), theirs.detach().numpy())


def check_made_alike(make: Make) -> None:
    """Raise unless one seed gives the same module: weights, text and stream, and state dicts that
    go both ways."""
    modules = []
    for library in SIDES:
        library.manual_seed(3)
        modules.append(make(library))
    theirs, mine = modules
    state, my_state = theirs.state_dict(), mine.state_dict()
    assert list(my_state) == list(state)
    for name, tensor in state.items():
        same_bits(my_state[name], tensor)
    assert as_printed(repr(mine)) == repr(theirs)
    same_bits(tinygrad_edu.rand(3), torch.rand(3))  # and the streams go on alike
    changed = {name: tensor + 1 for name, tensor in state.items()}
    mine.load_state_dict({n: tinygrad_edu.from_numpy(t.numpy()) for n, t in changed.items()})
    back = {name: torch.from_numpy(t.numpy()) for name, t in mine.state_dict().items()}
    theirs.load_state_dict(back)
    for name, tensor in theirs.state_dict().items():
        same_bits(my_state[name], tensor)


def check_raises_alike(call: Callable[[Any], Any]) -> None:
    """Raise unless both sides raise, ours an exception of PyTorch's type."""
    errors = []
    for library in SIDES:
        try:
            call(library)
        except ERRORS as error:
            errors.append(error)
    assert len(errors) == 2, f"only one side raised: {errors!r}"
    assert isinstance(errors[1], type(as_raised(errors[0]))), (
        f"PyTorch raises {errors[0]!r}, ours {errors[1]!r}"
    )
