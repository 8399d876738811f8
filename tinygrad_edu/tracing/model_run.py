"""A model, run once for `summary`: what it is called with, what is noted of its modules' calls, and
that it is then as it was."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from .. import dtypes
from ..autograd.grad_mode import no_grad
from ..autograd.graph import TensorBase
from ..nn.conv import _ConvNd
from ..nn.embedding import Embedding
from ..nn.embedding_bag import EmbeddingBag
from ..nn.linear import Linear
from ..nn.module import Module
from ..nn.parameter import is_lazy
from ..random import fork_rng
from ..sampling import rand
from .seams import replaced
from .words import counted


def watched_run(
    model: Module, mode: str, sizes: Any, data: Any, kinds: Sequence[Any] | None, kwargs: Any
) -> Calls:
    """Call a model as `summary` was asked to, and note what its modules return."""
    calls = Calls()
    with left_as_it_was(model), no_grad():
        if mode != "same":
            model.train(mode == "train")
        args, kwargs = arguments(sizes, data, kinds, kwargs)
        with replaced(Module, "__call__", calls.watched(Module.__call__)):
            model(*args, **kwargs)
    calls.given = sum(tensor.array.nbytes for tensor in tensors((args, kwargs)))
    return calls


def arguments(
    sizes: Any, data: Any, kinds: Sequence[Any] | None, kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """What the model is called with."""
    if isinstance(data, Mapping):
        return (), {**data, **kwargs}
    if data is not None:
        return (tuple(data) if isinstance(data, list | tuple) else (data,)), kwargs
    if sizes is None:
        return (), kwargs
    shapes = [sizes] if all(isinstance(size, int) for size in sizes) else list(sizes)
    kinds = [dtypes.get_default_dtype()] * len(shapes) if kinds is None else kinds
    if len(kinds) != len(shapes):
        raise ValueError(
            f"summary() got {counted(len(kinds), 'dtype')} for {counted(len(shapes), 'input')}"
        )
    drawn = [rand(*shape).to(kind) for shape, kind in zip(shapes, kinds, strict=True)]
    return tuple(drawn), kwargs


@contextmanager
def left_as_it_was(model: Module) -> Iterator[None]:
    """Put back what running a model may change: modes, buffers, and the random stream."""
    modules = [*model.modules()]
    modes = [(module, module.training) for module in modules]
    own = [(module, dict(module._buffers)) for module in modules]
    buffers = [(b, b.array, b.array.copy(), b._version) for b in model.buffers() if not is_lazy(b)]
    with fork_rng():
        try:
            yield
        finally:
            for module, training in modes:
                module.training = training
            for module, members in own:  # what was assigned in their place is dropped
                now = module._buffers
                for name in now.keys() - members.keys():
                    del now[name]
                now.update(members)
            for buffer, array, values, version in buffers:
                array[...] = values
                buffer.array, buffer._version = array, version


class Calls:
    """What was noted of the calls of modules.

    Attributes
    ----------
    given : int
        Bytes of the model's arguments.
    shapes : dict of Module to str
        What the first call of each returned.
    counts : Counter of Module
    mult_adds, returned : Counter of Module
        Products added up, and bytes of what was returned, in all calls.
    """

    def __init__(self) -> None:
        self.given = 0
        self.shapes: dict[Module, str] = {}
        self.counts: Counter[Module] = Counter()
        self.mult_adds: Counter[Module] = Counter()
        self.returned: Counter[Module] = Counter()

    def watched(self, call: Any) -> Any:
        """``Module.__call__``, of which the results are looked at."""

        def watched_call(module: Module, *args: Any, **kwargs: Any) -> Any:
            result = call(module, *args, **kwargs)
            found = list(tensors(result))
            text = ", ".join(str(list(tensor.array.shape)) for tensor in found)
            self.shapes.setdefault(module, text or "--")
            self.counts[module] += 1
            self.mult_adds[module] += mult_adds(module, args, found)
            self.returned[module] += sum(tensor.array.nbytes for tensor in found)
            return result

        return watched_call


def tensors(item: Any) -> Iterator[TensorBase]:
    """The tensors in what a module takes or returns."""
    if isinstance(item, TensorBase):
        yield item
    elif isinstance(item, Mapping):
        yield from tensors(list(item.values()))
    elif isinstance(item, list | tuple):
        for part in item:
            yield from tensors(part)


def mult_adds(module: Module, args: tuple[Any, ...], results: Sequence[TensorBase]) -> int:
    """How many products a layer adds up in a call; 0 of those that are neither linear nor
    convolutions."""
    if isinstance(module, Linear) and results:
        return results[0].array.size * module.in_features
    if isinstance(module, _ConvNd) and results:
        # Each element of the output, or of a transposed one's input, meets a window of weights.
        from_input = module.transposed and args
        size = args[0].array.size if from_input else results[0].array.size
        return int(size * math.prod(module.weight.array.shape[1:]))
    return 0


def unknown(module: Module) -> bool:
    """Whether a module has matrices of its own, and multiplies in a way that is not counted."""
    if isinstance(module, Linear | _ConvNd | Embedding | EmbeddingBag):
        return False
    own = [p for p in module.parameters(recurse=False) if not is_lazy(p)]
    return any(np.ndim(parameter.array) > 1 for parameter in own)
