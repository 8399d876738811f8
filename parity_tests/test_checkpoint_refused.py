"""Files that are damaged, foreign or hostile: one clear error, and nothing is run."""

from __future__ import annotations

import io
import os
import pickle
import zipfile
from collections import OrderedDict, defaultdict
from collections.abc import Callable
from functools import reduce
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st

import tinygrad_edu
from parity_tests.test_checkpoint import rewritten, written
from tinygrad_edu import whole_file
from tinygrad_edu.checkpoint import CheckpointError
from tinygrad_edu.checkpoint.archive import Archive, write_archive

STATE = {
    "weight": torch.arange(6.0).reshape(2, 3),
    "turned": torch.arange(6).reshape(2, 3).T,
    "parameter": torch.nn.Parameter(torch.ones(2)),
    "rest": [1, 2.5, "text", b"bytes", None, {1, 2}, OrderedDict(a=(1, 2)), torch.Size([3])],
}
WHOLE = written(torch, STATE).getvalue()
OURS = bytes(rewritten(WHOLE, {}))


def load(content: bytes) -> Any:
    return tinygrad_edu.load(io.BytesIO(content))


def with_pickle(program: bytes, **records: bytes) -> bytes:
    """A file with this pickle, and storage 0 of 6 floats."""
    return rewritten(OURS, {"data.pkl": program} | records)


def test_the_error_is_both_of_pytorchs() -> None:
    with pytest.raises(pickle.UnpicklingError):
        load(b"")
    with pytest.raises(RuntimeError):
        load(b"")


# Names ----------------------------------------------------------------------------------------


class Bomb:
    """What unpickled would make a folder."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self.path),)


def test_nothing_is_run(tmp_path: Path) -> None:
    content = written(torch, {"x": torch.ones(2), "bomb": Bomb(tmp_path / "made")}).getvalue()
    with pytest.raises(CheckpointError, match=r"posix\.mkdir"):
        load(content)
    assert not (tmp_path / "made").exists()


class Holder:
    """A class of the user's."""


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (lambda: Holder(), "Holder"),
        (lambda: print, "print"),
        (lambda: eval, "eval"),
        (lambda: np.float64(2), "numpy"),
        (lambda: np.ones(2), "numpy"),
        (lambda: defaultdict(int), "defaultdict"),
        (lambda: frozenset({1}), "frozenset"),
        (lambda: torch.nn.Linear(1, 1), r"torch\.nn"),
        (lambda: torch.ones(1, dtype=torch.bfloat16), "BFloat16Storage"),
        (lambda: torch.ones(1, dtype=torch.complex64), "ComplexFloatStorage"),
        (lambda: torch.ones(1, dtype=torch.uint16), "_rebuild_tensor_v3"),
        (lambda: torch.ones(2).to_sparse(), "sparse"),
        (lambda: torch.strided, "_get_layout"),
    ],
)
def test_unknown_names_are_refused_and_named(value: Callable[[], Any], name: str) -> None:
    with pytest.raises(CheckpointError, match=name):
        load(written(torch, [1, value()]).getvalue())


# Archives -------------------------------------------------------------------------------------


@pytest.mark.parametrize("content", [WHOLE, OURS], ids=["theirs", "ours"])
def test_a_file_cut_off_anywhere_is_refused(content: bytes) -> None:
    for length in [*range(0, len(content), 7), len(content) - 1]:
        with pytest.raises(CheckpointError):
            load(content[:length])


def zipped(compression: int = zipfile.ZIP_STORED, **records: bytes) -> bytes:
    """An ordinary zip file of these records; `_` in names stands for `/`."""
    archive = Archive(OURS)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as target:
        for name in archive.records:
            target.writestr(f"archive/{name}", bytes(archive.read(name)))
        for name, content in records.items():
            target.writestr(name.replace("_", "/"), content)
    return file.getvalue()


def renamed(old: bytes, new: bytes) -> bytes:
    """Both places that name a record changed."""
    assert len(old) == len(new) and OURS.count(old) == 2
    return OURS.replace(old, new)


FOREIGN: dict[str, bytes] = {
    "empty": b"",
    "text": b"epoch,loss\n" * 9,
    "zeros": bytes(300),
    "a bare pickle": pickle.dumps({"x": 1}),
    "an empty zip": zipped()[-22:],
    "a start alone": b"PK\x03\x04" + bytes(100),
    "compressed": zipped(zipfile.ZIP_DEFLATED),
    "TorchScript": zipped(**{"archive_constants.pkl": b"x"}),
    "two folders": zipped(**{"other_data": b"x"}),
    "up and away": zipped(**{"archive_.._.._etc": b"x"}),
    "from the root": zipped(**{"_etc": b"x"}),
    "back slashes": zipped(**{"archive_..\\etc": b"x"}),
    "something in front": b"PK\x03\x04" + OURS,
    "something behind": OURS + b"x",
    "a record renamed at one place": OURS.replace(b"archive/version", b"archive/verzion", 1),
    "no version": renamed(b"archive/version", b"archive/verzion"),
    "no pickle": renamed(b"archive/data.pkl", b"archive/data.pki"),
    "no storage": renamed(b"archive/data/0", b"archive/data/7"),
    "a storage twice": renamed(b"archive/data/0", b"archive/data/1"),
    "another version": rewritten(OURS, {"version": b"99"}),
    "a version of many digits": rewritten(OURS, {"version": b"9" * 9000}),
    "a version that is none": rewritten(OURS, {"version": b"-3"}),
    "a strange byte order": rewritten(OURS, {"byteorder": b"middle"}),
    "a storage too short": rewritten(OURS, {"data/0": b"1234"}),
    "a storage too long": rewritten(OURS, {"data/0": bytes(1000)}),
}


@pytest.mark.parametrize("what", FOREIGN)
def test_foreign_files_are_refused(what: str) -> None:
    with pytest.raises(CheckpointError, match="cannot load"):
        load(FOREIGN[what])


def test_the_old_format_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "old.pt"
    torch.save({"x": torch.ones(1)}, path, _use_new_zipfile_serialization=False)
    with pytest.raises(CheckpointError, match=r"old\.pt.*bare pickle"):
        tinygrad_edu.load(path)
    path.write_bytes(FOREIGN["TorchScript"])
    with pytest.raises(CheckpointError, match="TorchScript"):
        tinygrad_edu.load(path)


# Pickles --------------------------------------------------------------------------------------

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
    "a device that is none": b"\x80\2ctorch\ndevice\nX\4\0\0\0cuda\x85R.",
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


# What is not saved ------------------------------------------------------------------------------


def deep(count: int) -> list[Any]:
    return reduce(lambda inner, _: [inner], range(count), [])


def seen_as_two() -> list[tinygrad_edu.Tensor]:
    numbers = np.zeros(4, np.float32)
    return [tinygrad_edu.from_numpy(numbers), tinygrad_edu.from_numpy(numbers.view(np.int32))]


class Tagged(tinygrad_edu.Tensor):
    """A tensor of the user's own class."""


UNSAVABLE: dict[str, tuple[type[Exception], str, Callable[[], Any]]] = {
    "a module": (NotImplementedError, "state_dict", lambda: tinygrad_edu.nn.Linear(1, 1)),
    "a module inside": (NotImplementedError, "Linear", lambda: {1: tinygrad_edu.nn.Linear(1, 1)}),
    "an object": (TypeError, "Holder", Holder),
    "a class": (TypeError, "type", lambda: Holder),
    "a function": (TypeError, "function", lambda: deep),
    "an array": (TypeError, "ndarray", lambda: np.ones(2)),
    "a number of NumPy": (TypeError, "numpy.float64", lambda: np.float64(2)),
    "a frozen set": (TypeError, "frozenset", lambda: frozenset({1})),
    "a default dict": (TypeError, "defaultdict", lambda: defaultdict(int)),
    "a tensor of another class": (TypeError, "Tagged", lambda: Tagged(2)),
    "a key that is a frozen set": (TypeError, "key", lambda: {frozenset({1}): 1}),
    "a long integer": (OverflowError, "256 bytes", lambda: 2**2040),
    "deep": (ValueError, "200 deep", lambda: deep(1000)),
    "two dtypes": (RuntimeError, "dtypes", seen_as_two),
}  # fmt: skip


@pytest.mark.parametrize("what", UNSAVABLE)
def test_what_cannot_be_saved(what: str, tmp_path: Path) -> None:
    exception, words, value = UNSAVABLE[what]
    path = tmp_path / "old.pt"
    tinygrad_edu.save({"x": 1}, path)
    with pytest.raises(exception, match=words):
        tinygrad_edu.save(value(), path)
    assert os.listdir(tmp_path) == ["old.pt"]
    assert tinygrad_edu.load(path) == {"x": 1}


def test_attributes_of_an_ordered_dict() -> None:
    state = OrderedDict(a=1)
    state.note = "mine"  # type: ignore[attr-defined]
    with pytest.raises(TypeError, match="note"):
        tinygrad_edu.save(state, io.BytesIO())


def test_deepest() -> None:
    assert tinygrad_edu.load(written(tinygrad_edu, deep(190))) == deep(190)
    assert tinygrad_edu.load(written(torch, deep(190))) == deep(190)


@pytest.mark.parametrize("stage", ["os.replace", "os.fsync"])
def test_a_failure_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stage: str
) -> None:
    def full_disk(*args: Any) -> None:
        raise OSError(28, "No space left on device")

    path = tmp_path / "old.pt"
    tinygrad_edu.save({"x": 1}, path)
    monkeypatch.setattr(f"{whole_file.__name__}.{stage}", full_disk)
    with pytest.raises(OSError, match="No space left"):
        tinygrad_edu.save({"x": 2}, path)
    monkeypatch.undo()
    assert os.listdir(tmp_path) == ["old.pt"]
    assert tinygrad_edu.load(path) == {"x": 1}


# Arguments --------------------------------------------------------------------------------------


def test_wrong_arguments(tmp_path: Path) -> None:
    for f in (tinygrad_edu, torch):
        with pytest.raises(AttributeError):
            f.save(1, 3)
        with pytest.raises(AttributeError):
            f.load(3)
        with pytest.raises(RuntimeError):
            f.save(1, tmp_path / "missing" / "file.pt")
        with pytest.raises(FileNotFoundError):
            f.load(tmp_path / "missing.pt")
        with pytest.raises(RuntimeError):
            f.load(tmp_path / "missing.pt", pickle_module=pickle, weights_only=True)


def test_what_there_is_not_is_named() -> None:
    for options in ({"pickle_protocol": 4}, {"_use_new_zipfile_serialization": False}):
        with pytest.raises(NotImplementedError, match=next(iter(options))):
            tinygrad_edu.save(1, io.BytesIO(), **options)  # type: ignore[arg-type]
    with pytest.raises(NotImplementedError, match="weights_only=False"):
        tinygrad_edu.load(io.BytesIO(OURS), weights_only=False)
    with pytest.raises(NotImplementedError, match="mmap"):
        tinygrad_edu.load(io.BytesIO(OURS), mmap=True)
    with pytest.raises(TypeError, match="binary"):
        tinygrad_edu.load(io.StringIO("text"))
    with pytest.raises(CheckpointError, match="seek"):
        file = io.BytesIO()
        tinygrad_edu.save(1, file)
        tinygrad_edu.load(file)
    with pytest.raises(NotImplementedError, match="Zip64"):
        write_archive([(str(n), b"") for n in range(2**16)])
