"""Files with NumPy's numbers and arrays: what one library saves, the other loads."""

from __future__ import annotations

import io
import struct
from typing import Any

import numpy as np
import pytest
import torch

import tinygrad_edu
from tinygrad_edu.checkpoint import CheckpointError
from tinygrad_edu.checkpoint import pickling as code
from tinygrad_edu.checkpoint.known import OF_NUMPY
from tinygrad_edu.checkpoint.numpy_values import CODES, EmptyArray, NumpyType, number
from tinygrad_edu.checkpoint.pickling import Pickler
from tinygrad_edu.checkpoint.unpickling import Unpickler

from .both import BOTH

VALUES = {
    **{f"number {c}": np.dtype(c).type(1) for c in CODES},
    **{f"array {c}": np.arange(6).reshape(2, 3).astype(c) for c in CODES},
    "nan": np.float64("nan"),
    "columns first": np.asfortranarray([[1.0, 2.0], [3.0, 4.0]]),
    "empty": np.zeros((0, 3)),
    "no dimension": np.array(3.0),
    "strided": np.arange(10.0)[::-2],
    "of many bytes, all below 128": np.zeros(10_000, np.int8),
    "of many bytes, all above 127": np.full(10_000, -1, np.int8),
    "the other order of bytes": np.arange(3, dtype=">i4"),
}


def written(lib: Any, value: Any) -> bytes:
    file = io.BytesIO()
    lib.save(value, file)
    return file.getvalue()


def read(lib: Any, content: bytes) -> Any:
    return lib.load(io.BytesIO(content), weights_only=False)


@pytest.mark.parametrize("case", VALUES)
def test_saved_by_one_and_loaded_by_the_other(case: str) -> None:
    value = VALUES[case]
    for saver, loader in ((torch, tinygrad_edu), (tinygrad_edu, torch), (tinygrad_edu,) * 2):
        content = written(saver, {"first": value, "again": value, "x": saver.ones(2)})
        loaded = read(loader, content)
        found = loaded["first"]
        assert type(found) is type(value) and found.dtype == value.dtype.newbyteorder("=")
        assert loaded["again"] is found
        assert loaded["x"].tolist() == [1.0, 1.0]
        np.testing.assert_array_equal(found, value)
        if isinstance(value, np.ndarray):
            assert found.shape == value.shape and found.flags.writeable
            assert found.flags.f_contiguous == np.array(value).flags.f_contiguous


def test_numbers_can_be_keys() -> None:
    value = {np.int64(3): "three", (np.float32(1), "a"): np.bool_(True)}
    for saver, loader in ((torch, tinygrad_edu), (tinygrad_edu, torch)):
        assert read(loader, written(saver, value)) == value


@pytest.mark.parametrize("weights_only", [None, True])
def test_they_are_refused_unless_asked_for(weights_only: bool | None) -> None:
    for value in (np.float64(1), np.ones(2), {"accuracy": np.float32(0.5)}):
        for saver in BOTH:
            content = written(saver, value)
            with pytest.raises(CheckpointError, match="weights_only=False these are loaded, too"):
                tinygrad_edu.load(io.BytesIO(content), weights_only=weights_only)
            with pytest.raises(Exception, match="Weights only load failed"):
                torch.load(io.BytesIO(content), weights_only=weights_only)


@pytest.mark.parametrize(
    "value",
    [np.array(["a"]), np.array([None]), np.datetime64("2020"), np.dtype("f8"), np.ndarray,
     np.zeros(1, [("a", "i4")])],
    ids=repr,
)  # fmt: skip
def test_what_else_numpy_has_is_an_object_as_any_other(value: Any) -> None:
    content = written(tinygrad_edu, value)
    with pytest.raises(CheckpointError, match="weights_only"):
        tinygrad_edu.load(io.BytesIO(content))
    for lib in (tinygrad_edu, torch):
        again = lib.load(io.BytesIO(content), weights_only=False)
        assert repr(again) == repr(value)


F8 = NumpyType(np.dtype("f8"))
STATES = [
    None, (), (1, (2,), F8, False), (1, (2,), F8, False, b"x" * 15),
    (1, (2,), F8, False, b"x" * 17), (1, (-2, -1), F8, False, b"x" * 16),
    (1, ("2",), F8, False, b"x" * 16), (1, [2], F8, False, b""), (1, (2,), "f8", False, b"x" * 16),
    (1, (2,), F8, 0, b"x" * 16), (1, (1,) * 33, F8, False, b"x" * 8),
]  # fmt: skip


@pytest.mark.parametrize("state", STATES, ids=repr)
def test_arrays_that_are_none(state: Any) -> None:
    with pytest.raises(CheckpointError, match="an array"):
        EmptyArray().built(state)


@pytest.mark.parametrize(
    "state", [None, (3, "<"), (3, "!", None, None, None, -1, -1, 0), "12345678"]
)
def test_dtypes_that_are_none(state: Any) -> None:
    with pytest.raises(CheckpointError, match="dtype"):
        F8.built(state)


@pytest.mark.parametrize("data", [b"", b"1234567", b"123456789"])
def test_numbers_that_are_none(data: bytes) -> None:
    with pytest.raises(CheckpointError, match="bytes"):
        number(F8, data)


def run(program: bytes) -> Any:
    """What the restricted machine makes of a pickle that is written by hand."""
    none: Any = None  # there are no tensors in it
    return Unpickler(code.PROTO + b"\x02" + program + code.STOP, none, OF_NUMPY).load()


ARRAY = bytes(Pickler(np.ones(2)).program[2:-1])
NAMES = {
    "scalar": b"cnumpy._core.multiarray\nscalar\n",
    "_reconstruct": b"cnumpy._core.multiarray\n_reconstruct\n",
    "dtype": b"cnumpy\ndtype\n",
    "ndarray": b"cnumpy\nndarray\n",
}


def text(value: str) -> bytes:
    return code.TEXT + struct.pack("<I", len(value)) + value.encode()


HOSTILE = {
    "an array for a key": code.EMPTY_DICT + code.MARK + ARRAY + code.NONE + code.SETITEMS,
    "an array in a set": b"c__builtin__\nset\n(" + code.EMPTY_LIST + code.MARK + ARRAY
    + code.APPENDS + code.TUPLE + code.REDUCE,
    "the class alone": NAMES["ndarray"],
    "a function alone": NAMES["scalar"],
    "a dtype alone": NAMES["dtype"] + b"(" + text("f8") + code.FALSE + code.TRUE + code.TUPLE
    + code.REDUCE,
    "a dtype of objects": NAMES["dtype"] + b"(" + text("O8") + code.FALSE + code.TRUE + code.TUPLE
    + code.REDUCE,
    "an array never filled": NAMES["_reconstruct"] + b"(" + NAMES["ndarray"] + b"(K\x00"
    + code.TUPLE + bytes(Pickler(b"b").program[2:-1]) + code.TUPLE + code.REDUCE,
    "a number of text": NAMES["scalar"] + b"(" + text("f8") + text("12345678") + code.TUPLE
    + code.REDUCE,
    "a state for an array": ARRAY + code.NONE + code.BUILD,
    "a call of the class": NAMES["ndarray"] + b"(K\x02" + code.TUPLE + code.REDUCE,
    "another function": b"cnumpy\nfromfile\n(" + text("f") + code.TUPLE + code.REDUCE,
}  # fmt: skip


@pytest.mark.parametrize("case", HOSTILE)
def test_programs_that_are_refused(case: str) -> None:
    with pytest.raises(CheckpointError):
        run(HOSTILE[case])


def test_what_is_written_by_hand_runs() -> None:
    assert run(ARRAY).tolist() == [1.0, 1.0]
