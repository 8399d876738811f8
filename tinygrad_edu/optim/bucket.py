"""Buckets: parameters that are updated together, as one vector.

An update is the same arithmetic for every number of every parameter, and does not care where one
parameter ends and the next begins. For small parameters NumPy's calls take longer than the
arithmetic in them; so these are laid end to end, and an algorithm sees one vector `p` of
parameters, one vector `g` of gradients, and one for each part of its state.
"""

from __future__ import annotations

import operator
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from ..autograd.graph import wrap
from ..memory import owner_of
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
        Of one dtype, each with a gradient; no two share memory.
    states : mapping of Tensor to dict
        The optimizer's. The tensors of these parameters' states stay, and from now on have their
        values in this bucket.
    names : sequence of str
        The parts of the state that the algorithm knows, under PyTorch's names.
    shared : dict of numpy.dtype to Array
        The scratch memory that all buckets of an optimizer share.

    Attributes
    ----------
    p, g : Array of shape (n)
        The parameters, to be changed, and their gradients, to be read: from `gather` to `scatter`.
    state : dict of str to Array
        The state: of shape (n), or one number for each parameter.
    scratch : Array of shape (2, n)
        Memory to compute in, with anything in it.
    """

    def __init__(
        self,
        parameters: Sequence[Tensor],
        states: Mapping[Tensor, State],
        names: Sequence[str],
        shared: dict[Any, Array],
    ) -> None:
        self.parameters = parameters
        self.states = states
        self.names = names
        self.state: dict[str, Array] = {}
        self._homes: dict[tuple[Tensor, str], Array] = {}
        first = parameters[0].array
        self.alone = len(parameters) == 1 and first.flags.c_contiguous
        size = sum(p.numel() for p in parameters)
        self.p = self.g = np.empty(0, first.dtype)
        if not self.alone:
            self.p, self.g = np.empty(size, first.dtype), np.empty(size, first.dtype)
            self.parts = [*zip(parameters, self._cut(self.p), self._cut(self.g), strict=True)]
        if first.dtype not in shared or shared[first.dtype].shape[1] < size:
            shared[first.dtype] = np.empty((2, size), first.dtype)
        self.scratch = shared[first.dtype][:, :size]
        for name in names:
            if name in states.get(parameters[0], {}):
                self._check_shapes(name)
                values = [states[p][name].array.ravel() for p in parameters]
                self._place(name, np.concatenate(values))

    def remember(self, name: str, vector: Array) -> Array:
        """Make `vector` part of the state; of each parameter's part of it a tensor."""
        for parameter in self.parameters:
            self.states[parameter][name] = wrap(vector)  # a placeholder: `_place` gives its part
        self._place(name, vector)
        return vector

    def gather(self) -> None:
        """Bring parameters and gradients into `p` and `g`; one alone need not be moved."""
        if self.alone:
            (parameter,) = self.parameters
            self.p, self.g = parameter.array.reshape(-1), gradient(parameter).reshape(-1)
        else:
            for parameter, p, g in self.parts:
                p[...] = parameter.array
                g[...] = gradient(parameter)

    def scatter(self) -> None:
        """Write `p` back to the parameters, and let go of what is not the bucket's own."""
        if self.alone:
            self.p = self.g = self.p[:0].copy()
        else:
            for parameter, p, _ in self.parts:
                parameter.array[...] = p
        for parameter in self.parameters:
            parameter._versions[0] += 1

    def holds(self, states: Mapping[Tensor, State]) -> bool:
        """Whether its vectors still are the state of its parameters: nobody has replaced a part."""
        if states is not self.states:
            return False
        for parameter in self.parameters:
            state = states.get(parameter, {})
            for name in self.names:
                home = self._homes.get((parameter, name))
                if getattr(state.get(name), "array", None) is not home:
                    return False
        return all(len(set(self.state[n].tolist())) == 1 for n in COUNTERS & self.state.keys())

    def _cut(self, vector: Array) -> list[Array]:
        """Each parameter's part of a vector, in its shape."""
        parts, start = [], 0
        for parameter in self.parameters:
            end = start + parameter.numel()
            parts.append(vector[start:end].reshape(parameter.array.shape))
            start = end
        return parts

    def _place(self, name: str, vector: Array) -> None:
        """Let each state's tensor of this name be its part of `vector`."""
        self.state[name] = vector
        single = name in COUNTERS
        parts = [vector[i, ...] for i in range(len(vector))] if single else self._cut(vector)
        for parameter, part in zip(self.parameters, parts, strict=True):
            self.states[parameter][name].array = part
            self._homes[parameter, name] = part

    def _check_shapes(self, name: str) -> None:
        for parameter in self.parameters:
            shape = () if name in COUNTERS else parameter.array.shape
            found = self.states[parameter][name].array.shape
            if found != shape:
                raise RuntimeError(
                    f"the optimizer's state {name!r} has shape {list(found)}, for a parameter of "
                    f"shape {list(parameter.array.shape)}"
                )


class Rounds:
    """The parameters of one group, in rounds, and the buckets of each; kept from step to step.

    Parameters
    ----------
    parameters : list of Tensor
    arrays : list of Array
        Their values: all stays as it is while these are the same arrays.

    Attributes
    ----------
    members : list of list of Tensor
        The parameters of each round.
    buckets : list of (list of Bucket or None)
        The buckets of each round; None before its first step.
    """

    def __init__(self, parameters: list[Tensor], arrays: list[Array]) -> None:
        self.parameters = parameters
        self.arrays = arrays
        self.members = apart(parameters)
        self.buckets: list[list[Bucket] | None] = [None] * len(self.members)

    def are_of(self, parameters: list[Tensor], arrays: list[Array]) -> bool:
        """Whether these are the parameters, and these their arrays."""
        return (
            len(parameters) == len(self.parameters)
            and all(map(operator.is_, parameters, self.parameters))
            and all(map(operator.is_, arrays, self.arrays))
        )


def apart(parameters: Sequence[Tensor]) -> list[list[Tensor]]:
    """Parameters in rounds, in none of which two share memory, as one that is given twice does.

    What one round does to shared memory the next one must see, so rounds are taken in turn.
    """
    owners = [id(owner_of(p.array)) for p in parameters]
    if len(set(owners)) == len(owners):
        return [list(parameters)]
    rounds: list[list[Tensor]] = []
    seen: Counter[int] = Counter()
    for parameter, owner in zip(parameters, owners, strict=True):
        if seen[owner] == len(rounds):
            rounds.append([])
        rounds[seen[owner]].append(parameter)
        seen[owner] += 1
    return rounds


def make_buckets(
    parameters: Sequence[Tensor],
    states: Mapping[Tensor, State],
    names: Sequence[str],
    scratch: dict[Any, Array],
) -> list[Bucket]:
    """As few buckets as can be: of each dtype, and of parameters that have taken as many steps."""
    members_of: list[list[Tensor]] = []
    filling: dict[Any, list[Tensor]] = {}  # by kind, the last of them
    for parameter in parameters:
        state = states.get(parameter, {})
        known = [name for name in names if name in state]
        counts = [state[name].array.item() for name in known if name in COUNTERS]
        kind = parameter.array.dtype, *known, *counts
        members = filling.get(kind, [])
        if not members or sum(m.numel() for m in members) + parameter.numel() > FULL:
            members = filling[kind] = []
            members_of.append(members)
        members.append(parameter)
    return [Bucket(members, states, names, scratch) for members in members_of]


def gradient(parameter: Tensor) -> Array:
    """The values of its gradient, which is there."""
    assert parameter._grad is not None
    return parameter._grad.array
