"""Collating: samples put together to a batch.

What samples are made of decides: tensors, arrays and numbers are stacked to one tensor with a new
first dimension; tuples, lists and dicts are batched entry by entry; text stays as it is.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, MutableMapping, Sequence
from typing import Any

import numpy as np

from ....advice import advised
from ....creation import as_tensor, tensor
from ....dtypes import float64
from ....ops.join import stack
from ....tensor import Tensor


def default_collate(batch: Sequence[Any]) -> Any:
    """Put samples together to a batch; a DataLoader does it with this if not told otherwise.

    Parameters
    ----------
    batch : sequence
        The samples, at least one, all of one kind.

    Returns
    -------
    - of tensors, arrays and numbers of NumPy: a Tensor of their dtype
    - of floats: a Tensor of float64; of ints: of int64; of bools: of bool
    - of text: `batch` itself
    - of dicts: a dict, of tuples or lists: a list, of named tuples: a named tuple, of batches

    Raises
    ------
    TypeError
        If samples are of another kind.
    RuntimeError
        If tensors differ in shape, or tuples or lists in length.
    """
    first = batch[0]
    if isinstance(first, Tensor):
        return stack(batch)
    if isinstance(first, np.ndarray) and first.dtype.kind not in "SUO":
        return stack([as_tensor(array) for array in batch])
    if isinstance(first, np.bool_ | np.number):
        return tensor(np.array(batch))
    if isinstance(first, float):
        return tensor(batch, dtype=float64)
    if isinstance(first, int):
        return tensor(batch)
    if isinstance(first, str | bytes):
        return batch
    if isinstance(first, Mapping):
        return rebuilt(first, {key: default_collate([d[key] for d in batch]) for key in first})
    if isinstance(first, tuple | list):
        if any(len(sample) != len(first) for sample in batch):
            raise advised(
                RuntimeError("each element in list of batch should be of equal size"),
                f"The sizes are {[len(sample) for sample in batch]}.",
            )
        entries = [default_collate(entry) for entry in zip(*batch, strict=True)]
        return type(first)(*entries) if is_namedtuple(first) else entries
    kind = first.dtype if isinstance(first, np.ndarray) else type(first)
    raise TypeError(
        "default_collate: batch must contain tensors, numpy arrays, numbers, dicts or lists; "
        f"found {kind}"
    )


def default_convert(data: Any) -> Any:
    """The arrays in `data` as tensors; a DataLoader that makes no batches does this to samples."""
    if isinstance(data, np.bool_ | np.number):
        return as_tensor(np.asarray(data))
    if isinstance(data, np.ndarray) and data.dtype.kind not in "SUO":
        return as_tensor(data)
    if isinstance(data, Mapping):
        return rebuilt(data, {key: default_convert(data[key]) for key in data})
    if isinstance(data, tuple | list):
        entries = [default_convert(entry) for entry in data]
        return type(data)(*entries) if is_namedtuple(data) else entries
    return data


def rebuilt(mapping: Mapping[Any, Any], entries: dict[Any, Any]) -> Any:
    """A mapping of the same type with these entries."""
    if isinstance(mapping, MutableMapping):
        result = copy.copy(mapping)  # such as a defaultdict, which keeps its default
        result.update(entries)
        return result
    return type(mapping)(entries)  # type: ignore[call-arg]


def is_namedtuple(value: Any) -> bool:
    """Whether it is a tuple whose type takes the entries one by one."""
    return isinstance(value, tuple) and hasattr(value, "_fields")
