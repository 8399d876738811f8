"""`Mirror`: one walk through a model, which makes PyTorch's counterpart of everything it meets.

Each thing is made once. So what two modules share, their copies share; and what refers to itself
ends.
"""

from __future__ import annotations

import copy
import enum
import functools
import random
import types
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FunctionType, ModuleType
from typing import Any, TypeVar

import numpy as np
import torch

from tinygrad_edu import Generator, Size, Tensor, device, nn, optim

from . import code, modules, optimizers, tensors
from .counterparts import counterpart, is_ours
from .errors import MirrorError
from .references import Search, held, is_outside, keeps_account

_T = TypeVar("_T")

#: What stands around functions.
AROUND = (
    property, staticmethod, classmethod, functools.partial, functools.cached_property,
    functools._lru_cache_wrapper, types.MethodType,
)  # fmt: skip

#: What is copied as it is; of random numbers, the copy goes on from where they are, by itself.
ARRAYS = (np.ndarray, np.random.Generator, np.random.RandomState, random.Random)


class Mirror:
    """What has been made so far, and where the walk is.

    Attributes
    ----------
    tensors : list of pairs
        Of tensors and their copies, in the order in which they were met.
    """

    def __init__(self) -> None:
        self._made: dict[int, tuple[Any, Any]] = {}  # with the original, so that ids stay unique
        self._later: deque[Callable[[], None]] = deque()
        self._last: list[Callable[[], None]] = []
        self._path: list[str] = []
        self._depth = 0
        self._search = Search()
        self.tensors: list[tuple[Tensor, torch.Tensor]] = []

    def of(self, value: Any) -> Any:
        """PyTorch's counterpart of anything; what has nothing to do with tinygrad_edu, itself.

        Raises
        ------
        MirrorError
            If there is none.
        """
        if value is None or isinstance(value, bool | int | float | complex | str | bytes):
            return value
        if id(value) not in self._made:
            self._depth += 1
            try:
                self.remember(value, self._make(value))
                if self._depth == 1:
                    self._finish()
            finally:
                self._depth -= 1
        return self._made[id(value)][1]

    def _finish(self) -> None:
        while self._later:
            self._later.popleft()()
        while self._last:
            self._last.pop()()

    def remember(self, value: _T, made: Any) -> None:
        """From now on, `made` is the counterpart of `value`."""
        self._made[id(value)] = value, made

    def once(self, value: Any, make: Callable[[], Any]) -> Any:
        """What `make` has returned for this very object."""
        if id(value) not in self._made:
            self.remember(value, make())
        return self._made[id(value)][1]

    def later(self, step: Callable[[], None]) -> None:
        """Run `step`, by which something made is filled, when all else is made."""
        path = tuple(self._path)

        def run() -> None:
            before, self._path = self._path, [*path]
            try:
                step()
            finally:
                self._path = before

        self._later.append(run)

    def last(self, step: Callable[[], None]) -> None:
        """Run `step` when all steps have been run that fill something."""
        self._last.append(step)

    @contextmanager
    def at(self, name: str) -> Iterator[None]:
        """Inside, the walk is at the attribute `name` of where it was."""
        self._path.append(name)
        try:
            yield
        finally:
            self._path.pop()

    def error(self, reason: str) -> MirrorError:
        """An error about where the walk is."""
        return MirrorError(f"{'.'.join(self._path) or 'what was given'}: {reason}")

    # Kinds of things --------------------------------------------------------------------------

    def _make(self, value: Any) -> Any:
        theirs = counterpart(value)
        if theirs is not None:
            return theirs
        if isinstance(value, Tensor):
            return tensors.tensor(self, value)
        if isinstance(value, nn.Module):
            return modules.module(self, value)
        if isinstance(value, optim.Optimizer):
            return optimizers.optimizer(self, value)
        if isinstance(value, optimizers.SCHEDULERS):
            return optimizers.scheduler(self, value)
        if isinstance(value, enum.Enum) and counterpart(type(value)) is not None:
            return counterpart(type(value))[value.name]
        if isinstance(value, device):
            return torch.device(str(value))
        if isinstance(value, Generator):
            return torch.Generator().set_state(self.of(value.get_state()))
        if isinstance(value, ARRAYS):
            return copy.deepcopy(value)
        if isinstance(value, list | dict | set | frozenset | deque | tuple):
            return self._container(value)
        return self._code(value) if self._is_code(value) else self._instance(value)

    @staticmethod
    def _is_code(value: Any) -> bool:
        kinds = (type, FunctionType, ModuleType, types.BuiltinMethodType, *AROUND)
        return isinstance(value, kinds)

    def _code(self, value: Any) -> Any:
        """A function, class or module, or what stands around a function."""
        if isinstance(value, types.BuiltinMethodType):
            owner = value.__self__
            if isinstance(owner, ModuleType | type | None):
                return value
            return getattr(self.of(owner), value.__name__)
        if isinstance(value, ModuleType) and not is_ours(value):
            return value if is_outside(value) else code.HelperModule(value, self.of)
        if not (
            isinstance(value, types.MethodType)
            or self._search.leads_to_ours(value)
            or keeps_account(value)
        ):
            return value
        if is_ours(value) and not isinstance(value, AROUND):
            name = getattr(value, "__qualname__", value.__name__)
            raise self.error(f"it uses tinygrad_edu's {name}, which PyTorch has not")
        if isinstance(value, FunctionType):
            return code.function(self, value)
        if isinstance(value, type):
            return code.class_(self, value)
        return code.method_like(self, value)

    def _container(self, value: Any) -> Any:
        """A list, dict, set, deque or tuple, of the counterparts of what is in it."""
        if isinstance(value, Size):
            return torch.Size(value)
        kind = type(value)
        if isinstance(value, tuple | frozenset):
            parts = [self.of(part) for part in value]
            if kind in (tuple, frozenset):
                return kind(parts)
            return self.of(kind)(*parts) if isinstance(value, tuple) else kind(parts)
        if self.of(kind) is not kind:
            raise self.error(f"a {kind.__name__}, a container that uses tinygrad_edu, is not moved")
        made = copy.copy(value)
        self.remember(value, made)
        made.clear()
        if isinstance(value, dict):
            for key, entry in value.items():
                made[self.of(key)] = self.of(entry)
        elif isinstance(value, set):
            made.update(self.of(entry) for entry in value)
        else:
            made.extend(self.of(entry) for entry in value)
        return made

    def _instance(self, value: Any) -> Any:
        """An object of a user's class: another of the class's copy, with copied attributes."""
        kind = type(value)
        if is_ours(kind):
            raise self.error(f"a {kind.__qualname__} of tinygrad_edu is not moved")
        if is_outside(kind) and not self._search.leads_to_ours(value):
            return value
        copied = self.of(kind)
        if copied is kind:
            if isinstance(value, enum.Enum):
                return value
            made = copy.copy(value)
        else:
            try:
                made = copied.__new__(copied)
            except TypeError as error:
                raise self.error(f"a {kind.__qualname__} cannot be made again: {error}") from error
        self.remember(value, made)
        for name, entry in held(value).items():
            object.__setattr__(made, name, self.of(entry))
        return made
