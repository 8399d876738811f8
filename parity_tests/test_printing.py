"""Printed tensors, character for character PyTorch's."""

import time
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st

import tinygrad_edu
from tinygrad_edu.printing import get_printoptions, set_printoptions, tensor_text

from .printed import DTYPES, FLOATS, LANDMARKS, arrays, options, printoptions

EXAMPLES = settings(max_examples=200, deadline=None)


def assert_same_text(array: npt.NDArray[Any]) -> None:
    before = array.copy()
    assert tensor_text(array) == repr(torch.tensor(before))
    np.testing.assert_array_equal(array, before)


@EXAMPLES
@given(arrays())
@example(np.zeros((0, 3), np.float32))
@example(np.zeros(0, np.int64))
@example(np.zeros((2, 0), bool))
def test_any_array(array: npt.NDArray[Any]) -> None:
    assert_same_text(array)


@EXAMPLES
@given(arrays(), st.lists(options, min_size=1, max_size=3))
def test_any_array_under_any_options(array: npt.NDArray[Any], calls: list[dict[str, Any]]) -> None:
    with printoptions(*calls):
        assert_same_text(array)


@EXAMPLES
@given(
    shape=st.sampled_from(
        [(1001,), (1000,), (7, 200), (200, 7), (6, 200), (2, 600), (600, 2), (10, 11, 12),
         (2, 3, 300), (7, 7, 7, 7), (1, 2000, 1), (5, 1, 5, 50)]
    ),
    dtype=st.sampled_from(DTYPES),
    seed=st.integers(0, 2**32),
    scale=st.sampled_from([1.0, 30.0, 126.0]),
    call=options,
)  # fmt: skip
def test_large_arrays_are_summarised(
    shape: tuple[int, ...], dtype: Any, seed: int, scale: float, call: dict[str, Any]
) -> None:
    values = np.random.default_rng(seed).random(shape) * scale
    # never the full text of thousands of numbers: PyTorch takes long over it
    with printoptions({**call, "threshold": 1000}):
        assert_same_text(values.astype(dtype))


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("value", LANDMARKS)
def test_notation_turns_at_the_same_values(dtype: Any, value: float) -> None:
    with np.errstate(over="ignore"):
        edge = np.array(value).astype(dtype)
        below, above = np.nextafter(edge, dtype(-np.inf)), np.nextafter(edge, dtype(np.inf))
    for number in (below, edge, above):
        assert_same_text(np.asarray(number))
        assert_same_text(np.array([number, 1.0], dtype=dtype))
        assert_same_text(np.array([number, 0.0, np.nan, -np.inf], dtype=dtype))


@EXAMPLES
@given(
    st.lists(st.sampled_from(LANDMARKS[:10]), max_size=30),
    st.sampled_from(["leaf", "exp", "long name"]),
    st.integers(1, 100),
    st.sampled_from([torch.float32, torch.float64]),
)
def test_autograd_suffixes(
    values: list[float], kind: str, linewidth: int, dtype: torch.dtype
) -> None:
    leaf = torch.tensor(values, dtype=dtype, requires_grad=True)
    if kind == "leaf":
        printed, name = leaf, None
    elif kind == "exp":
        printed, name = leaf.exp(), "ExpBackward0"
    else:
        printed = torch.nn.functional.binary_cross_entropy_with_logits(
            leaf, torch.zeros_like(leaf), reduction="none"
        )
        name = "BinaryCrossEntropyWithLogitsBackward0"
    with printoptions({"linewidth": linewidth}):
        text = tensor_text(printed.detach().numpy(), requires_grad=True, grad_fn=name)
        assert text == repr(printed)


@given(arrays(), st.sampled_from(["float32", "float64"]))
@settings(max_examples=100, deadline=None)
def test_default_dtype_goes_without_saying(array: npt.NDArray[Any], default: str) -> None:
    tensor = torch.tensor(array)
    before = torch.get_default_dtype()
    torch.set_default_dtype(getattr(torch, default))
    try:
        expected = repr(tensor)
    finally:
        torch.set_default_dtype(before)
    assert tensor_text(array, default_dtype=default) == expected


@given(arrays())
@settings(max_examples=100, deadline=None)
def test_prefix_of_a_subclass(array: npt.NDArray[Any]) -> None:
    class Measurement(torch.Tensor):
        pass

    expected = repr(torch.tensor(array).as_subclass(Measurement))
    assert tensor_text(array, prefix="Measurement(") == expected


@pytest.mark.parametrize("name", ["max", "min"])
def test_pairs_are_named(name: str) -> None:
    theirs, ours = (
        getattr(lib.arange(4.0).reshape(2, 2), name)(1) for lib in (torch, tinygrad_edu)
    )
    assert repr(ours) == repr(theirs)


@given(st.lists(options, max_size=4))
@settings(max_examples=100, deadline=None)
def test_options_are_kept_as_in_torch(calls: list[dict[str, Any]]) -> None:
    with printoptions(*calls):
        assert get_printoptions() == torch._tensor_str.get_printoptions()
        kept = get_printoptions()
        set_printoptions(profile="short", sci_mode=True)
        set_printoptions(**kept)
        assert get_printoptions() == kept


@pytest.mark.parametrize("step", [(slice(None), slice(None, None, -2)), (slice(1, None, 3),)])
def test_views(step: tuple[slice, ...]) -> None:
    base = np.linspace(-3, 3, 60, dtype=np.float32).reshape(6, 10)
    assert_same_text(base[step])
    assert_same_text(base[step].T)


def test_other_dtypes_are_named() -> None:
    with pytest.raises(NotImplementedError, match="complex64"):
        tensor_text(np.ones(2, np.complex64))


def test_a_thousand_numbers_take_milliseconds() -> None:
    array = np.random.default_rng(0).standard_normal((10, 100)).astype(np.float32)
    times = []
    for _ in range(5):
        start = time.perf_counter()
        tensor_text(array)
        times.append(time.perf_counter() - start)
    assert min(times) < 0.05  # about 1 ms; the bound allows for a busy machine
