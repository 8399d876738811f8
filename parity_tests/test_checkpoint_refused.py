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

import tinygrad_edu
from parity_tests.checkpoints import OURS, WHOLE, load, rewritten, written
from tinygrad_edu import whole_file
from tinygrad_edu.checkpoint import CheckpointError
from tinygrad_edu.checkpoint.archive import Archive, write_archive


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


# What is not saved ------------------------------------------------------------------------------


def deep(count: int) -> list[Any]:
    return reduce(lambda inner, _: [inner], range(count), [])


def seen_as_two() -> list[tinygrad_edu.Tensor]:
    numbers = np.zeros(4, np.float32)
    return [tinygrad_edu.from_numpy(numbers), tinygrad_edu.from_numpy(numbers.view(np.int32))]


def with_a_lambda() -> tinygrad_edu.nn.Module:
    module = tinygrad_edu.nn.Identity()
    module.act = lambda x: x
    return module


UNSAVABLE: dict[str, tuple[type[Exception], str, Callable[[], Any]]] = {
    "a lambda": (pickle.PicklingError, "lambda", lambda: lambda: 1),
    "a module with one": (pickle.PicklingError, "lambda", with_a_lambda),
    "a generator": (TypeError, "generator", lambda: (x for x in "a")),
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
    content = written(tinygrad_edu, state)
    again = tinygrad_edu.load(content, weights_only=False)
    assert (again, vars(again)) == (state, {"note": "mine"})


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
    with pytest.raises(CheckpointError, match=r"no zip file"):
        tinygrad_edu.load(io.BytesIO(b"text"), weights_only=False)
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


def test_a_whole_module_is_refused_unless_asked_for() -> None:
    for weights_only in (None, True, False):
        content = io.BytesIO()
        torch.save({"x": torch.ones(2), "epoch": 3}, content)
        loaded = tinygrad_edu.load(io.BytesIO(content.getvalue()), weights_only=weights_only)
        assert (loaded["x"].tolist(), loaded["epoch"]) == ([1.0, 1.0], 3)
    whole = io.BytesIO()
    torch.save(torch.nn.Linear(1, 1), whole)
    for weights_only in (None, True):
        for lib in (tinygrad_edu, torch):
            with pytest.raises(
                pickle.UnpicklingError, match=r"(?s)weights_only.*Linear|Linear.*weights_only"
            ):
                lib.load(io.BytesIO(whole.getvalue()), weights_only=weights_only)
