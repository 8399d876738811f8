"""Every pair of dtypes and kinds of operand: the dtype and the values of the result are PyTorch's.

An operand is a tensor with or without dimensions of any dtype, a Python number, or a NumPy array
or scalar, on either side. Where PyTorch raises, the engine raises the same.
"""

import itertools
import operator
import warnings

import numpy as np
import pytest
import torch

import tinygrad_edu

from .bridge import Bridge
from .judge import check, count_case
from .runner import attempt, compare_errors

DTYPES = (
    torch.float16, torch.float32, torch.float64, torch.uint8, torch.int8, torch.int16, torch.int32,
    torch.int64, torch.bool,
)  # fmt: skip
VALUES = {"float": (1.5, -2.25, 0.0), "integer": (3, 1, 0), "bool": (True, False, True)}
OPERATORS = {
    name: getattr(operator, name)
    for name in ("add", "sub", "mul", "truediv", "pow", "eq", "ne", "lt", "le", "gt", "ge",
                 "and_", "or_", "xor")
}  # fmt: skip
FUNCTIONS = {
    "maximum": lambda lib, a, b: lib.maximum(a, b),
    "where": lambda lib, a, b: lib.where(lib.tensor([True, False, True]), a, b),
    "cat": lambda lib, a, b: lib.cat([a.reshape(-1), b.reshape(-1)]),
    "stack": lambda lib, a, b: lib.stack([a, b]),
    "promote_types": lambda lib, a, b: str(lib.promote_types(a.dtype, b.dtype)),
    "result_type": lambda lib, a, b: str((a + b).dtype),
}
NUMBERS = (True, False, 2, -1, 0, 1.5, -0.5, 300, float("inf"))
# A numpy.bool_ PyTorch takes for a float.
SCALARS = tuple(
    np.dtype(name).type(1)
    for name in ("float32", "float64", "float16", "int64", "int32", "uint8", "bool")
)


def kind(dtype):
    return "bool" if dtype == torch.bool else "float" if dtype.is_floating_point else "integer"


def tensors(dtype):
    """One with dimensions, one without."""
    values = torch.tensor(VALUES[kind(dtype)], dtype=torch.float64).to(dtype)
    return values, values[0].clone()


def compare(function, theirs, ours, label):
    """The same call on both sides."""
    count_case()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected, their_error = attempt(lambda: function(torch, *theirs))
        got, error = attempt(lambda: function(tinygrad_edu, *ours))
    try:
        compare_errors(error, their_error)
        if isinstance(expected, torch.Tensor):
            check(got, expected)
        else:
            assert got == expected or their_error is not None
    except AssertionError as failure:
        listed = ", ".join(repr(x) for x in theirs)
        raise AssertionError(f"{label} of {listed}\n{failure}") from failure


def compare_pair(function, a, b, label):
    """The call, with tensors carried across the bridge."""
    bridge = Bridge()
    ours = [bridge.to_ours(x) if isinstance(x, torch.Tensor) else x for x in (a, b)]
    compare(function, (a, b), ours, label)


def on_operands(function):
    return lambda _, a, b: function(a, b)


@pytest.mark.parametrize("name", [*OPERATORS, *FUNCTIONS])
def test_tensor_with_tensor(name):
    function = FUNCTIONS.get(name) or on_operands(OPERATORS[name])
    for first, second in itertools.product(DTYPES, DTYPES):
        for a, b in itertools.product(tensors(first), tensors(second)):
            compare_pair(function, a, b, name)


@pytest.mark.parametrize("name", OPERATORS)
def test_tensor_with_python_number(name):
    for dtype, number in itertools.product(DTYPES, NUMBERS):
        for tensor in tensors(dtype):
            compare_pair(on_operands(OPERATORS[name]), tensor, number, name)
            compare_pair(on_operands(OPERATORS[name]), number, tensor, name)


@pytest.mark.parametrize("name", OPERATORS)
def test_tensor_with_numpy_scalar(name):
    for dtype, scalar in itertools.product(DTYPES, SCALARS):
        for tensor in tensors(dtype):
            compare_pair(on_operands(OPERATORS[name]), tensor, scalar, name)


@pytest.mark.parametrize("name", OPERATORS)
def test_numpy_scalar_with_tensor(name):
    for dtype, scalar in itertools.product(DTYPES, SCALARS):
        for tensor in tensors(dtype):
            compare_pair(on_operands(OPERATORS[name]), scalar, tensor, name)


@pytest.mark.parametrize("name", [*OPERATORS, "matmul"])
def test_tensor_with_numpy_array(name):
    """An array takes the operator over on the right, and is no operand on the left."""
    function = on_operands(getattr(operator, name, None) or OPERATORS[name])
    for first, second in itertools.product(DTYPES, DTYPES):
        for tensor, other in itertools.product(tensors(first), tensors(second)):
            for order in (1, -1):
                compare_pair(function, *(tensor, other.numpy())[::order], name)


@pytest.mark.parametrize("name", [*OPERATORS, "matmul"])
def test_no_gradient_is_lost_in_an_array(name):
    function = on_operands(getattr(operator, name, None) or OPERATORS[name])
    x = torch.tensor([0.5, 2.0, 3.0], requires_grad=True)
    for order in (1, -1):
        compare_pair(function, *(x, np.arange(1.0, 4.0))[::order], name)


def test_default_dtype_decides_the_dtype_of_fractions():
    for libs in (torch, tinygrad_edu):
        libs.set_default_dtype(libs.float64)
    try:
        for dtype in DTYPES:
            for tensor in tensors(dtype):
                for call in ("x / 2", "x + 0.5", "x.exp() + 0", "lib.tensor(2.0)", "lib.zeros(2)"):

                    def function(lib, x, _, call=call):
                        return eval(call, {"lib": lib, "x": x})

                    compare_pair(function, tensor, None, call)
    finally:
        for libs in (torch, tinygrad_edu):
            libs.set_default_dtype(libs.float32)


@pytest.mark.parametrize("source", DTYPES, ids=str)
@pytest.mark.parametrize("target", DTYPES, ids=str)
def test_conversion(source, target):
    name = str(target).removeprefix("torch.")
    if kind(source) == "float":
        values = torch.tensor([0.0, 1.9, -1.9, 100.5, 0.1, -0.0], dtype=source)
        if target == torch.uint8:
            values = values.abs()  # of negative floats C leaves the conversion undefined
    else:
        limits = torch.iinfo(torch.uint8 if source == torch.bool else source)
        values = torch.tensor([0, 1, limits.min, limits.max]).to(source)
    for x in (values, values[1]):
        ours = Bridge().to_ours(x)
        count_case()
        check(ours.to(getattr(tinygrad_edu, name)), x.to(target))
        check(ours.to(dtype=getattr(tinygrad_edu, name)), x.to(dtype=target))
        check(ours.type_as(tinygrad_edu.zeros(1, dtype=getattr(tinygrad_edu, name))), x.to(target))


#: Ways in which numbers of a tensor `x`, an array and a list become float16.
HALVED = {
    "half": lambda lib, x: x.half(),
    "tensor": lambda lib, x: lib.tensor(x.numpy(), dtype=lib.float16),
    "a list": lambda lib, x: lib.tensor(x.tolist(), dtype=lib.float16),
    "copy_": lambda lib, x: lib.zeros(len(x)).half().copy_(x),
    "setitem": lambda lib, x: (y := lib.zeros(len(x)).half()).__setitem__(slice(None), x) or y,
}


@pytest.mark.parametrize("way", HALVED)
def test_float64_becomes_float16_by_way_of_float32(way):
    """Which rounds twice: of these numbers, those at the end come out otherwise than at once."""
    numbers = np.random.default_rng(0).normal(size=1000)
    between = [2049 + 2.0**-30, 1 + 2.0**-11 + 2.0**-40, -3.0 - 2.0**-10 - 2.0**-39]
    values = np.concatenate([numbers, between])
    assert (values.astype(np.float16) != values.astype(np.float32).astype(np.float16)).any()
    count_case()
    ours, theirs = (HALVED[way](lib, lib.from_numpy(values)) for lib in (tinygrad_edu, torch))
    assert ours.numpy().tobytes() == theirs.numpy().tobytes()
