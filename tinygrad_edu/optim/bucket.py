"""Buckets: parameters that are updated together, as one vector.

An update is the same arithmetic for every number of every parameter, and does not care where one
parameter ends and the next begins. For small parameters NumPy's calls take longer than the
arithmetic in them; so these are laid end to end, and an algorithm sees one vector `p` of
parameters, one vector `g` of gradients, and one for each part of its state.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from ..autograd.graph import wrap
from ..tensor import Tensor

Array: TypeAlias = np.ndarray[Any, Any]
State: TypeAlias = dict[str, Any]

#: How many numbers fill a bucket. A parameter that fills one alone is not copied; for smaller ones
#: copying costs less than the calls it saves.
FULL = 8192

#: Parts of a state that are one number for a whole parameter. In a bucket all have the same.
COUNTERS = frozenset({"step", "mu_product", "eta", "mu"})


class Bucket:
    """Some parameters, with their gradients and their state, as vectors.

    Parameters
    ----------
    parameters : sequence of Tensor
        Of one dtype, each with a gradient, and none twice.
    states : mapping of Tensor to dict
        The optimizer's. The tensors of these parameters' states stay, and from now on have their
        values in this bucket.

    Attributes
    ----------
    p, g : Array of shape (n)
        The parameters, to be changed, and their gradients, to be read; valid after `gather`.
    state : dict of str to Array
        The state, by PyTorch's names: of shape (n), or one number for each parameter.
    scratch : Array of shape (2, n)
        Room to compute in.
    """

    def __init__(self, parameters: Sequence[Tensor], states: Mapping[Tensor, State]) -> None:
        self.parameters = parameters
        self.states = states
        self.state: dict[str, Array] = {}
        self.p = np.empty(sum(p.numel() for p in parameters), parameters[0].array.dtype)
        self.g = np.empty_like(self.p)
        self.scratch = np.empty((2, *self.p.shape), self.p.dtype)
        self.parts = self._cut(self.p)
        self._homes: list[tuple[Tensor, str, Array]] = []
        for name in state_names(parameters[0], states):
            self._check_shapes(name)
            self._place(name, np.concatenate([states[p][name].array.ravel() for p in parameters]))

    def remember(self, name: str, vector: Array) -> Array:
        """Make `vector` part of the state; of each parameter's part of it a tensor."""
        for parameter in self.parameters:
            self.states[parameter][name] = wrap(vector)
        self._place(name, vector)
        return vector

    def gather(self) -> None:
        """Bring parameters and gradients into `p` and `g`; a single parameter is only reshaped."""
        if len(self.parameters) == 1:
            (parameter,) = self.parameters
            self.p, self.g = parameter.array.reshape(-1), gradient(parameter).reshape(-1)
            self.parts = [self.p.reshape(parameter.array.shape)]
        else:
            np.concatenate([p.array.ravel() for p in self.parameters], out=self.p)
            np.concatenate([gradient(p).ravel() for p in self.parameters], out=self.g)

    def scatter(self) -> None:
        """Write `p` back to the parameters."""
        for parameter, part in zip(self.parameters, self.parts, strict=True):
            if part.base is not parameter.array:
                parameter.array[...] = part
            parameter._versions[0] += 1

    def holds(self, states: Mapping[Tensor, State]) -> bool:
        """Whether it can be used again, because nobody has replaced anything in it."""
        if states is not self.states:
            return False
        for parameter, part in zip(self.parameters, self.parts, strict=True):
            array = parameter.array
            if array.shape != part.shape or array.dtype != part.dtype:
                return False
        for parameter, name, values in self._homes:
            state = self.states[parameter]
            if name not in state or state[name].array is not values:
                return False
        if not self._homes and any(state_names(p, self.states) for p in self.parameters):
            return False
        return all(len(set(self.state[n].tolist())) == 1 for n in COUNTERS & self.state.keys())

    def _cut(self, vector: Array) -> list[Array]:
        """Each parameter's part of a vector, in its shape."""
        ends = np.cumsum([p.numel() for p in self.parameters])
        parts = np.split(vector, ends[:-1])
        return [a.reshape(p.array.shape) for a, p in zip(parts, self.parameters, strict=True)]

    def _place(self, name: str, vector: Array) -> None:
        """Let each state's tensor of this name be its part of `vector`."""
        self.state[name] = vector
        single = name in COUNTERS
        parts = [vector[i, ...] for i in range(len(vector))] if single else self._cut(vector)
        for parameter, part in zip(self.parameters, parts, strict=True):
            self.states[parameter][name].array = part
            self._homes.append((parameter, name, part))

    def _check_shapes(self, name: str) -> None:
        for parameter in self.parameters:
            shape = () if name in COUNTERS else parameter.array.shape
            found = self.states[parameter][name].array.shape
            if found != shape:
                raise RuntimeError(
                    f"the optimizer's state {name!r} has shape {list(found)}, for a parameter of "
                    f"shape {list(parameter.array.shape)}"
                )


def make_buckets(parameters: Iterable[Tensor], states: Mapping[Tensor, State]) -> Iterator[Bucket]:
    """Put parameters into as few buckets as can be: by dtype, and by the steps they have taken.

    Each bucket is made when it is asked for. So a parameter that was given twice, which goes to
    two buckets, is in the second one what the first has made of it.
    """
    buckets: list[list[Tensor]] = []
    open_for: dict[Any, list[Tensor]] = {}
    for parameter in parameters:
        names = state_names(parameter, states)
        counts = [states[parameter][name].item() for name in names if name in COUNTERS]
        kind = parameter.array.dtype, *names, *counts
        members = open_for.get(kind, [])
        given_twice = any(parameter is member for member in members)
        size = parameter.numel() + sum(member.numel() for member in members)
        if not members or given_twice or size > FULL:
            members = open_for[kind] = []
            buckets.append(members)
        members.append(parameter)
    for members in buckets:
        yield Bucket(members, states)


def state_names(parameter: Tensor, states: Mapping[Tensor, State]) -> list[str]:
    """The names of what is remembered of a parameter in tensors; all else is not the bucket's."""
    state = states.get(parameter, {})
    return [name for name, value in state.items() if isinstance(value, Tensor)]


def gradient(parameter: Tensor) -> Array:
    """The values of its gradient, which is there."""
    assert parameter._grad is not None
    return parameter._grad.array
