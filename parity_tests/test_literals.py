"""`tensor` infers from nested data what PyTorch infers; indices as lists; arrays it cannot take."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from .both import both, both_raise

DATA = {
    "float64 scalar in front": lambda lib: [np.float64(1), 2.0],
    "float64 scalar behind": lambda lib: [2.0, np.float64(1)],
    "float32 scalar": lambda lib: [np.float32(1), 2.0],
    "float32 scalar and integer": lambda lib: [np.float32(1), 1],
    "float16 scalars": lambda lib: [np.float16(1), np.float16(2)],
    "int32 scalars": lambda lib: [np.int32(1), np.int32(2)],
    "int32 scalar and float": lambda lib: [np.int32(1), 2.5],
    "uint8 scalar": lambda lib: [np.uint8(1)],
    "a scalar": lambda lib: np.float64(3),
    "int32 array": lambda lib: [np.array([1, 2], dtype=np.int32)],
    "array and list": lambda lib: [np.array([1, 2]), [3, 4]],
    "tensors": lambda lib: [lib.tensor(1.0), lib.tensor(2.0)],
    "float64 tensor and integer": lambda lib: [lib.tensor(1.0, dtype=lib.float64), 2],
    "float64 scalar and tensor": lambda lib: [np.float64(1), lib.tensor(1.0)],
    "tensor of one element": lambda lib: [lib.tensor([1.0])],
    "tensors of one element": lambda lib: [lib.tensor([[1]]), lib.tensor([2])],
    "nested": lambda lib: [[lib.tensor(1), lib.tensor(2)], [3, 4]],
    "bool and integer": lambda lib: [True, 1],
    "bool and float": lambda lib: [True, 2.5],
    "integer and float": lambda lib: [1, 2.5],
    "numpy bool": lambda lib: [np.bool_(True)],
    "ranges": lambda lib: [range(2), (1, 2)],
    "range": lambda lib: range(3),
    "empty range": lambda lib: range(0),
    "empty": lambda lib: [],
    "nested empty": lambda lib: [[]],
    "two empty": lambda lib: [[], []],
    "large integer": lambda lib: [2**40],
}
WRONG = {
    "tensor of two elements": lambda lib: [lib.tensor([1.0, 2.0])],
    "too large": lambda lib: [2**63],
    "too large beside a negative one": lambda lib: [2**63, -1],
    "far too large": lambda lib: [2**70],
    "None": lambda lib: None,
    "None inside": lambda lib: [1, None],
    "dict": lambda lib: {1: 2},
    "set": lambda lib: {1, 2},
    "text": lambda lib: "a",
    "backwards": lambda lib: np.arange(4.0)[::-1],
    "text inside an array": lambda lib: np.array(["a"]),
    "foreign byte order": lambda lib: np.arange(4.0).astype(">f8"),
}


def described(tensor):
    return str(tensor.dtype).removeprefix("torch."), list(tensor.shape), tensor.tolist()


@pytest.mark.filterwarnings("ignore:Creating a tensor from a list of numpy.ndarrays")
@pytest.mark.parametrize("default", ["float32", "float64"])
@pytest.mark.parametrize("name", DATA)
def test_inferred(name, default):
    def program(lib):
        lib.set_default_dtype(getattr(lib, default))
        try:
            return described(lib.tensor(DATA[name](lib)))
        finally:
            lib.set_default_dtype(lib.float32)

    both(program)


@pytest.mark.parametrize("name", WRONG)
def test_not_a_tensor(name):
    both_raise(lambda lib: lib.tensor(WRONG[name](lib)))


def test_a_scalar_out_of_range():
    both_raise(lambda lib: lib.tensor(np.int64(300), dtype=lib.uint8))
    both_raise(lambda lib: lib.tensor(np.float64(1e20), dtype=lib.int32))


def test_a_dtype_that_is_given_loses_no_digits():
    both(lambda lib: described(lib.tensor([0.1, 2**53 + 1], dtype=lib.float64)))
    both(lambda lib: described(lib.tensor([0.1, np.float32(0.1)], dtype=lib.float64)))


INDICES = {
    "pairs": lambda lib: [[0, 1], [1, 0]],
    "one list": lambda lib: [[0, 1]],
    "numbers": lambda lib: [0, 1],
    "bools": lambda lib: [True, False, True],
    "number and slice": lambda lib: [0, slice(None)],
    "too many": lambda lib: [[0, 1], [1, 0], [1, 1]],
    "bools in a list": lambda lib: [[True, False, True]],
    "tensors": lambda lib: [lib.tensor([0, 1]), lib.tensor([1, 0])],
    "tuple of lists": lambda lib: ([0, 1], [1, 0]),
    "deeper": lambda lib: [[[0, 1], [1, 0]]],
    "empty": lambda lib: [],
    "None and number": lambda lib: [None, 0],
    "number and list": lambda lib: [0, [1, 2]],
    "ellipsis": lambda lib: [..., 0],
}


@pytest.mark.parametrize("name", INDICES)
def test_a_list_as_an_index(name):
    """Values, and whether there is a warning that the list was taken for a tuple."""

    def read(lib):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                picked = lib.arange(12).reshape(3, 4)[INDICES[name](lib)].tolist()
            except IndexError:
                picked = "IndexError"
        return picked, [w.category for w in caught]

    def write(lib):
        x = lib.arange(12).reshape(3, 4)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            x[INDICES[name](lib)] = -1
        return x.tolist()

    both(read)
    if name != "too many":
        both(write)


def test_arrays_that_memory_cannot_be_shared_with():
    for make in (
        lambda: np.arange(4.0)[::-1],
        lambda: np.ones((2, 2))[:, ::-1],
        lambda: np.arange(4.0).astype(">f8"),
        lambda: np.array([None]),
        lambda: np.float64(1),
        lambda: [1.0],
    ):
        both_raise(lambda lib, make=make: lib.from_numpy(make()))
    both_raise(lambda lib: lib.as_tensor(np.arange(4.0)[::-1]))


def test_a_number_in_place_of_a_tensor():
    for function in (
        lambda lib: lib.exp(1.0),
        lambda lib: lib.sigmoid(1.0),
        lambda lib: lib.maximum(lib.tensor(1.0), 0),
        lambda lib: lib.minimum(0, lib.tensor(1.0)),
        lambda lib: lib.pow(2, 2),
    ):
        message = both_raise(function)
        assert "Tensor" in message


ARRAYS = {
    "by columns": lambda: np.asfortranarray(np.arange(12.0).reshape(3, 4)),
    "columns of a table": lambda: np.arange(12.0).reshape(4, 3)[:, [0, 2]],
    "turned around": lambda: np.arange(24.0).reshape(2, 3, 4).T,
    "with two dimensions exchanged": lambda: np.arange(24.0).reshape(2, 3, 4).transpose(1, 0, 2),
    "each second": lambda: np.arange(24.0).reshape(2, 3, 4).transpose(2, 0, 1)[::2],
    "each second number": lambda: np.arange(6.0)[::2],
}
MAKERS = {
    "tensor": lambda lib, array: lib.tensor(array),
    "tensor of another dtype": lambda lib, array: lib.tensor(array, dtype=lib.float32),
    "Tensor": lambda lib, array: lib.Tensor(array),
    "DoubleTensor": lambda lib, array: lib.DoubleTensor(array),
    "LongTensor": lambda lib, array: lib.LongTensor(array.astype(np.int64)),
    "new": lambda lib, array: lib.zeros(1, dtype=lib.float64).new(array),
    "new_tensor": lambda lib, array: lib.zeros(1).new_tensor(array),
    "as_tensor": lambda lib, array: lib.as_tensor(array, dtype=lib.float32),
}


@pytest.mark.parametrize("maker", MAKERS)
@pytest.mark.parametrize("name", ARRAYS)
def test_a_tensor_lies_in_memory_as_its_array(name, maker):
    """So `view` has the same limits, and what is drawn like it the same order; and it is on the
    memory of the array itself where PyTorch's is."""

    def run(lib):
        array = ARRAYS[name]()
        made = MAKERS[maker](lib, array)
        lib.manual_seed(0)
        drawn = lib.rand_like(made.double())
        before = array.copy()
        made += 1
        shares = not np.array_equal(array, before)
        return made.stride(), made.tolist(), drawn.tolist(), shares, str(made.dtype)

    both(run)
