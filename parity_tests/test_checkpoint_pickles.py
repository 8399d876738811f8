"""Damaged and hostile pickles: one clear error, and nothing else ever happens."""

from __future__ import annotations

import pickle
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import tinygrad_edu
from parity_tests.checkpoints import OURS, WHOLE, load, with_pickle
from tinygrad_edu.checkpoint import CheckpointError
from tinygrad_edu.checkpoint.archive import Archive

FLOATS = b"(X\7\0\0\0storagectorch\nFloatStorage\nX\1\0\0\0%dX\3\0\0\0cpuK%ctQ"
STORAGE = FLOATS % (0, 6)
NO_HOOKS = b"ccollections\nOrderedDict\n)R"


def integer(n: int) -> bytes:
    encoded = pickle.encode_long(n)
    return b"\x8a" + bytes([len(encoded)]) + encoded


def tensor_of(
    offset: int, shape: tuple[int, ...], strides: tuple[int, ...], storage: bytes = STORAGE
) -> bytes:
    """A pickle of a tensor that lies so in a storage."""
    sizes = [b"(" + b"".join(map(integer, s)) + b"t" for s in (shape, strides)]
    place = integer(offset) + sizes[0] + sizes[1]
    return (
        b"\x80\2ctorch._utils\n_rebuild_tensor_v2\n("
        + storage
        + place
        + b"\x89"
        + NO_HOOKS
        + b"tR."
    )


def test_a_good_tensor_is_loaded() -> None:
    assert load(with_pickle(tensor_of(1, (2, 2), (1, 2)))).tolist() == [[1, 3], [2, 4]]
    assert load(with_pickle(tensor_of(6, (0, 9), (1, 1)))).shape == (0, 9)
    assert load(with_pickle(tensor_of(5, (1, 1), (2**60, 3)))).tolist() == [[5]]


BAD_TENSORS: dict[str, bytes] = {
    "beyond the end": tensor_of(0, (7,), (1,)),
    "an offset beyond the end": tensor_of(6, (1,), (1,)),
    "an offset before the start": tensor_of(-1, (1,), (1,)),
    "a stride backwards": tensor_of(5, (2,), (-1,)),
    "a negative size": tensor_of(0, (-2,), (1,)),
    "a huge size": tensor_of(0, (2**62,), (1,)),
    "a huge stride": tensor_of(0, (2, 2), (2**62, 2**62)),
    "a size without end": tensor_of(0, (2**62, 2**62, 2**62), (0, 0, 0)),
    "an empty one of huge sizes": tensor_of(0, (2**62, 0, 2**62), (1, 1, 1)),
    "more bits than an index has": tensor_of(2**1000, (1,), (1,)),
    "too many dimensions": tensor_of(0, (1,) * 100, (1,) * 100),
    "fewer strides than sizes": tensor_of(0, (1, 1), (1,)),
    "a storage of another size": tensor_of(0, (1,), (1,), FLOATS % (0, 5)),
    "a storage that is none": tensor_of(0, (1,), (1,), FLOATS % (9, 6)),
    "no storage": tensor_of(0, (1,), (1,), b"K\1"),
    "a storage elsewhere": tensor_of(
        0, (1,), (1,), STORAGE.replace(b"\1\0\0\0000", b"\4\0\0\0../0")
    ),
}


@pytest.mark.parametrize("what", BAD_TENSORS)
def test_bad_tensors_are_refused(what: str) -> None:
    with pytest.raises(CheckpointError):
        load(with_pickle(BAD_TENSORS[what]))


def nested(count: int, push: bytes, close: bytes) -> bytes:
    return b"\x80\2" + push * count + close * count + b"."


def doubled_tuples(count: int) -> bytes:
    """A tuple of twice the same tuple of twice the same ...: it takes 2^count steps to hash."""
    return b"\x80\2})" + b"q\0h\0\x86" * count + b"K\1s."


MILLION = b"X" + (10**6).to_bytes(4, "little") + b"a" * 10**6
COPY = b"c_codecs\nencode\n(" + MILLION + b"q\0X\6\0\0\0latin1q\1tR"
COPY_AGAIN = b"c_codecs\nencode\n(h\0h\1tR"

BAD_PICKLES: dict[str, bytes] = {
    "nothing": b"",
    "no end": b"\x80\2K\1",
    "an empty stack": b"\x80\2.",
    "an unknown instruction": b"\x80\2\xff.",
    "a mark never set": b"\x80\2t.",
    "a tuple of what lies below the mark": b"\x80\2K\1(\x85t.",
    "nothing remembered": b"\x80\2h\5.",
    "text longer than the file": b"\x80\2X\xff\xff\xff\xffabc.",
    "text that is none": b"\x80\2X\2\0\0\0\xff\xfe.",
    "a name without end": b"\x80\2cos",
    "a call of a number": b"\x80\2K\1)R.",
    "a call with a list": b"\x80\2ccollections\nOrderedDict\n]R.",
    "a call of a dtype": b"\x80\2ctorch\nfloat32\n)R.",
    "a name of a method": b"\x80\2ccollections\nOrderedDict.fromkeys\n)R.",
    "a name of a module's": b"\x80\2cbuiltins\n__import__\nX\2\0\0\0os\x85R.",
    "a name that is no text": b"\x80\2c\xff\xfe\n\xff\n.",
    "a list as a key": b"\x80\2}]K\1s.",
    "a key without a value": b"\x80\2}(K\1u.",
    "items of a list": b"\x80\2](K\1K\2u.",
    "entries of a dict": b"\x80\2}(K\1e.",
    "a set of lists": b"\x80\2c__builtin__\nset\n](]]e\x85R.",
    "attributes of a dict": b"\x80\2}}X\1\0\0\0aK\1sb.",
    "attributes of an OrderedDict": b"\x80\2" + NO_HOOKS + b"}X\5\0\0\0itemsK\1sb.",
    "a storage alone": b"\x80\2" + STORAGE + b".",
    "a function in a list": b"\x80\2]ctorch\nSize\na.",
    "another reference": b"\x80\2(X\4\0\0\0fileK\1K\2K\3K\4tQ.",
    "a reference to a number": b"\x80\2K\1Q.",
    "bytes in another encoding": b"\x80\2c_codecs\nencode\nX\1\0\0\0aX\5\0\0\0utf-8\x86R.",
    "bytes that are none": b"\x80\2c_codecs\nencode\nX\2\0\0\0\xc4\x80X\6\0\0\0latin1\x86R.",
    "many bytes of one number": b"\x80\2c__builtin__\nbytes\n\x8a\4\0\0\0\x40\x85R.",
    "a device that is none": b"\x80\2ctorch\ndevice\nX\4\0\0\0cudo\x85R.",
    "a device of many digits": b"\x80\2ctorch\ndevice\nX\5\x14\0\0cpu:" + b"9" * 5121 + b"\x85R.",
    "a size of texts": b"\x80\2ctorch\nSize\nX\1\0\0\0a\x85\x85R.",
    "deep marks": nested(100_000, b"(", b"t"),
    "deep lists": nested(100_000, b"]", b"a")[:-2] + b".",
    "deep tuples": b"\x80\2)" + b"\x85" * 100_000 + b".",
    "a deep tuple as a key": b"\x80\2})" + b"\x85" * 100_000 + b"K\1s.",
    "a key that takes for ever to hash": doubled_tuples(100),
    "a million copies of a million bytes": b"\x80\2](" + COPY + COPY_AGAIN * 10_000 + b"e.",
}  # fmt: skip


@pytest.mark.parametrize("what", BAD_PICKLES)
def test_bad_pickles_are_refused(what: str) -> None:
    with pytest.raises(CheckpointError, match="cannot load"):
        load(with_pickle(BAD_PICKLES[what]))


def contains_only_what_is_known(value: Any) -> bool:
    known = (int, float, complex, str, bytes, dict, list, tuple, set, type(None))
    if isinstance(value, tinygrad_edu.Tensor):
        value.sum()  # all of it can be read
        return True
    if isinstance(value, dict):
        return all(map(contains_only_what_is_known, [*value, *value.values()]))
    if isinstance(value, list | tuple | set):
        return all(map(contains_only_what_is_known, value))
    return isinstance(value, (*known, tinygrad_edu.dtype, type(tinygrad_edu.ones(1).device)))


edits = st.lists(
    st.tuples(st.sampled_from("xid"), st.integers(0, 10**6), st.integers(0, 255)),
    min_size=1,
    max_size=5,
)


def edited(content: bytes, changes: list[tuple[str, int, int]]) -> bytes:
    """Bytes flipped (x), put in (i) or left out (d)."""
    result = bytearray(content)
    for what, place, byte in changes:
        place %= len(result)
        if what == "x":
            result[place] ^= byte
        elif what == "i":
            result.insert(place, byte)
        else:
            del result[place]
    return bytes(result)


def only_the_clear_error(content: bytes) -> None:
    try:
        value = load(content)
    except CheckpointError as error:
        assert str(error).startswith("cannot load the BytesIO: ")
    else:
        assert contains_only_what_is_known(value)


@settings(max_examples=150)
@given(content=st.sampled_from([WHOLE, OURS]), changes=edits)
def test_mutated_files_raise_nothing_but_the_clear_error(
    content: bytes, changes: list[tuple[str, int, int]]
) -> None:
    only_the_clear_error(edited(content, changes))


@settings(max_examples=300)
@given(changes=edits)
@example(changes=[("x", 0, 0)])
def test_mutated_pickles_with_right_checksums(changes: list[tuple[str, int, int]]) -> None:
    program = bytes(Archive(OURS).read("data.pkl"))
    only_the_clear_error(with_pickle(edited(program, changes)))


CODES = b"()]}.\x80\x85\x86\x87\x88\x89tuaesbRQNh\0h\1q\0q\1K\1K\0"
WORDS = [bytes([c]) for c in CODES] + [
    STORAGE, NO_HOOKS, b"ctorch\nSize\n", b"ctorch._utils\n_rebuild_tensor_v2\n",
    b"ctorch._utils\n_rebuild_parameter\n", b"c__builtin__\nset\n", b"c_codecs\nencode\n",
    b"ccollections\nCounter\n", b"X\1\0\0\0a", b"X\6\0\0\0latin1", b"(K\2K\3t", integer(-1),
    integer(2**70), tensor_of(0, (2, 3), (3, 1))[2:-1],
]  # fmt: skip


@settings(max_examples=300)
@given(words=st.lists(st.sampled_from(WORDS), max_size=30))
def test_pickles_made_of_random_instructions(words: list[bytes]) -> None:
    only_the_clear_error(with_pickle(b"\x80\2" + b"".join(words) + b"."))
