"""What can be in a file besides tensors, and how deep."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..dtypes import dtype
from ..nn.parameter import Parameter
from ..size import Size, device
from ..tensor import Tensor
from .numpy_values import SCALARS

DEEPEST = 200  # containers in containers; deeper ones Python itself could not print or copy
LONGEST_KEY = 100  # elements of a tuple that is a key, nested ones counted

METADATA = "_metadata"  # the attribute that PyTorch gives the OrderedDict of a state_dict

_CONTAINERS = (dict, OrderedDict, Counter, list, tuple, Size, set)
OF_NUMPY = SCALARS | {np.ndarray}
_PLAIN = (str, bytes, int, float, complex, bool, type(None), dtype, device, Tensor, Parameter)


def is_key(value: Any) -> bool:
    """Whether it may be a key of a dict or in a set: plain, or a short tuple of what is plain.

    A tuple of tuples of tuples could take for ever to hash, or more stack than there is.
    """
    waiting, count = [value], 0
    while waiting:
        entry = waiting.pop()
        count += 1
        if isinstance(entry, tuple) and count + len(waiting) + len(entry) <= LONGEST_KEY:
            waiting += entry
        elif type(entry) not in _PLAIN and type(entry) not in SCALARS:
            return False
    return True


def entries(value: Any) -> Iterator[Any]:
    """What a container holds; nothing if it is none."""
    if isinstance(value, dict):
        yield from value.keys()
        yield from value.values()
        if type(value) is OrderedDict:
            yield from value.__dict__.values()
    elif isinstance(value, list | tuple | set):
        yield from value


def problem(value: Any) -> str | None:
    """What keeps a value that was loaded from being returned: its depth, or something in it.

    A container that comes several times counts where it is least deep; so one may hold itself.
    """
    level, seen = [value], {id(value)}
    for _ in range(DEEPEST + 1):
        following = []
        for entry in level:
            if type(entry) not in _CONTAINERS + _PLAIN and type(entry) not in OF_NUMPY:
                return f"it has a bare {type(entry).__name__} in it"
            for inner in entries(entry):
                if id(inner) not in seen:
                    seen.add(id(inner))
                    following.append(inner)
        if not following:
            return None
        level = following
    return f"what is in it is nested more than {DEEPEST} deep"
