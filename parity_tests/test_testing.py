"""`torch.testing.assert_close`: what is close, and what is said of what is not."""

import numpy as np
import pytest

import tinygrad_edu

from .both import BOTH, both, both_raise

INF, NAN = float("inf"), float("nan")

PAIRS = {
    "numbers": lambda t, lib: (1.0, 1.1),
    "numbers that are close": lambda t, lib: (1.0, 1.0 + 1e-9),
    "integers": lambda t, lib: (1, 2),
    "nothing expected": lambda t, lib: (1.0, 0.0),
    "int and float": lambda t, lib: (1, 1.0),
    "a vector": lambda t, lib: (t([1.0, 2, 3]), t([1, 2.5, 3])),
    "a matrix": lambda t, lib: (t([[1.0, 2], [3, 4]]), t([[1, 2.5], [3, 5]])),
    "a matrix of float64": lambda t, lib: (lib.ones(2, 3).double(), 1.5 * lib.ones(2, 3).double()),
    "close in float32": lambda t, lib: (t([1.0, 0]), t([1 + 1e-6, 1e-6])),
    "the same in float64": lambda t, lib: (t([1.0]).double(), t([1.0]).double() + 1e-6),
    "half": lambda t, lib: (t([1.0, 2]).half(), t([1.001, 2]).half()),
    "one number in a tensor": lambda t, lib: (t(1.0), t(2.0)),
    "integers in tensors": lambda t, lib: (t([1, 2]), t([1, 3])),
    "bytes": lambda t, lib: (t([1], dtype=lib.uint8), t([3], dtype=lib.uint8)),
    "bools": lambda t, lib: (t([True, False]), t([True, True])),
    "two dtypes": lambda t, lib: (t([1.0]), t([1.0]).double()),
    "an integer and a half": lambda t, lib: (t([1]), t([1.5])),
    "two shapes": lambda t, lib: (t([1.0]), t([1.0, 2])),
    "two strides": lambda t, lib: (lib.ones(2, 3), lib.ones(3, 2).t()),
    "nan": lambda t, lib: (t([1, NAN]), t([1, NAN])),
    "nan and a number": lambda t, lib: (t([1, NAN, 2]), t([1.5, 1, 2])),
    "nan numbers": lambda t, lib: (NAN, NAN),
    "infinities": lambda t, lib: (t([INF, -INF]), t([INF, -INF])),
    "inf": lambda t, lib: (t([INF]), t([1.0])),
    "inf numbers": lambda t, lib: (INF, -INF),
    "zero expected": lambda t, lib: (t([1.0, 1e-3]), t([0.0, 0])),
    "nothing": lambda t, lib: (t([]), t([])),
    "not contiguous": lambda t, lib: (lib.ones(5, 4).t(), lib.ones(4, 5) + lib.eye(4, 5)),
    "lists": lambda t, lib: ([t([1.0]), t([2.0])], [t([1.0]), t([3.0])]),
    "lists of two lengths": lambda t, lib: ([t(1.0)], [t(1.0), t(2.0)]),
    "a list and a tuple": lambda t, lib: ([1, 2.0], (1, 2.1)),
    "dicts": lambda t, lib: ({"b": t(1.0), "a": 1}, {"a": 1, "b": t(2.0)}),
    "other keys": lambda t, lib: ({"a": 1, "b": 2}, {"a": 1, "c": 2}),
    "nested": lambda t, lib: ({"a": [1, {"b": t(1.0)}]}, {"a": [1, {"b": t(2.0)}]}),
    "lengths in a dict": lambda t, lib: ({"a": [1]}, {"a": [1, 2]}),
    "texts": lambda t, lib: ("a", "a"),
    "sets": lambda t, lib: ({1}, {1}),
    "a tensor and a number": lambda t, lib: (t(1.0), 1.0),
    "a tensor and an array": lambda t, lib: (t([1.0]), np.ones(1)),
    "arrays": lambda t, lib: (np.ones(2), 2 * np.ones(2)),
    "None": lambda t, lib: (None, None),
    "None and a number": lambda t, lib: (None, 1),
    "a number and None": lambda t, lib: (1, None),
    "large integers": lambda t, lib: (t([2**62 + 1, 2**62]), t([2**62, 2**62])),
    "a large integer": lambda t, lib: (t(2**53 + 1), t(2**53)),
    "truths without dimensions": lambda t, lib: (t(True), t(False)),
    "truths": lambda t, lib: (True, False),
    "NumPy numbers": lambda t, lib: (np.float64(1), np.float64(2)),
    "a parameter": lambda t, lib: (lib.nn.Parameter(t([1.0])), t([1.0])),
    "one that requires a gradient": lambda t, lib: (t([1.0], requires_grad=True), t([2.0])),
}  # fmt: skip

OPTIONS = (
    {}, {"rtol": 0.2, "atol": 0}, {"rtol": 0, "atol": 0}, {"rtol": 0, "atol": 0.5},
    {"equal_nan": True}, {"check_dtype": False}, {"check_stride": True},
    {"allow_subclasses": False}, {"msg": "own words"},
    {"msg": "before\n{}".format}, {"check_device": False, "check_layout": False},
)  # fmt: skip


@pytest.mark.parametrize("options", OPTIONS, ids=" ".join)
@pytest.mark.parametrize("pair", PAIRS)
def test_it_says_what_pytorch_says(pair, options):
    said = []
    for lib in BOTH:
        try:
            lib.testing.assert_close(*PAIRS[pair](lib.tensor, lib), **options)
        except (AssertionError, TypeError, ValueError) as error:
            text = str(error).replace("torch.nn.parameter.", "").replace("torch.Tensor", "Tensor")
            said.append((type(error), text.replace("tinygrad_edu.nn.parameter.", "")))
        else:
            said.append(None)
    theirs, mine = said
    if mine and mine[0] is TypeError:
        mine = TypeError, mine[1].replace("tinygrad_edu.tensor.", "")
    assert mine == theirs


def test_what_is_compared_is_left_as_it_was():
    a, b = tinygrad_edu.tensor([1, 2]), tinygrad_edu.tensor([1.0, 2.0])
    tinygrad_edu.testing.assert_close(a, b, check_dtype=False)
    assert (a.dtype, b.dtype) == (tinygrad_edu.int64, tinygrad_edu.float32)


@pytest.mark.parametrize("options", [{"rtol": -1, "atol": 0}, {"rtol": 0, "atol": -0.5}], ids=str)
def test_tolerances_below_0_are_refused_of_tensors(options):
    def compare(lib, numbers):
        lib.testing.assert_close(*map(lib.tensor, numbers), **options, msg="own words")

    for numbers in ([1.0, 1.0], [1.0, 1.1], [[], []], [[2, 3], [2, 3]]):
        assert "own words" not in both_raise(lambda lib, n=numbers: compare(lib, n))
    both_raise(lambda lib: compare(lib, [1.0, [1.0]]), text=True)
    assert both(lambda lib: lib.testing.assert_close(1.0, 1.0, **options)) is None


@pytest.mark.parametrize("options", [{"rtol": 0.1}, {"atol": 0.1}], ids=str)
def test_one_tolerance_alone_is_refused(options):
    both_raise(lambda lib: lib.testing.assert_close(1.0, 1.0, **options), text=True)
