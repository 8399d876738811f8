"""Files: what is saved comes back, PyTorch reads it too, and no failure leaves half a file."""

from __future__ import annotations

import json
import os
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.torch
import torch
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_edu
from parity_tests.judge import check, count_case
from tinygrad_edu import whole_file
from tinygrad_edu.serialization import load_file, save_file

ROOT = Path(__file__).parent.parent
DTYPES = ["bool", "uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64"]


def variety() -> dict[str, tinygrad_edu.Tensor]:
    """Tensors of all dtypes, and of all arrangements in memory."""
    rng = np.random.default_rng(0)
    square = tinygrad_edu.from_numpy(rng.standard_normal((6, 6)))
    tensors = {
        f"{dtype} of shape {shape}": tinygrad_edu.from_numpy(
            np.asarray(rng.standard_normal(shape) * 5, dtype)
        )
        for dtype in DTYPES
        for shape in [(), (0,), (3,), (2, 0, 3), (2, 3, 4)]
    }
    tensors |= {
        "whole": square,
        "same memory": square,
        "transposed": square.T,
        "every second": square[::2, 1::2],
        "expanded": square[:1].expand(4, 6),
        "requires grad": tinygrad_edu.ones(2, requires_grad=True),
        "special": tinygrad_edu.tensor([0.0, -0.0, np.inf, -np.inf, np.nan, 5e-324]).double(),
        "Ünïcode.weight": tinygrad_edu.ones(1),
    }
    backwards = tensors["backwards"] = square.clone()
    backwards.array = backwards.array[::-1]
    return tensors


def test_what_is_saved_comes_back_here_and_in_pytorch(tmp_path: Path) -> None:
    tensors, path = variety(), tmp_path / "all.safetensors"
    before = {name: tensor.array.copy() for name, tensor in tensors.items()}
    save_file(tensors, path)
    ours, theirs = load_file(path), safetensors.torch.load_file(path)
    assert ours.keys() == theirs.keys() == tensors.keys()
    for name, expected in theirs.items():
        count_case()
        check(ours[name], expected, name, exact=True)
        np.testing.assert_array_equal(ours[name].array, before[name])
        np.testing.assert_array_equal(tensors[name].array, before[name])
        assert ours[name].is_leaf
        ours[name].array[...] = 1  # may be changed, as an optimizer does


def test_pytorchs_files_are_read(tmp_path: Path) -> None:
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.BatchNorm1d(3))
    path = tmp_path / "model.safetensors"
    safetensors.torch.save_file(model.state_dict(), path)
    for name, tensor in load_file(str(path)).items():
        check(tensor, model.state_dict()[name], name, exact=True)


@given(
    shape=st.lists(st.integers(0, 5), max_size=4),
    dtype=st.sampled_from(DTYPES),
    seed=st.integers(0, 1000),
)
def test_any_tensor_comes_back(
    tmp_path_factory: Any, shape: list[int], dtype: str, seed: int
) -> None:
    path = tmp_path_factory.mktemp("any") / "file"
    array = np.asarray(np.random.default_rng(seed).standard_normal(shape) * 9, dtype).T
    save_file({"x": tinygrad_edu.from_numpy(array)}, path)
    check(load_file(path)["x"], safetensors.torch.load_file(path)["x"], exact=True)
    np.testing.assert_array_equal(load_file(path)["x"].array, array)


def test_metadata_and_nothing(tmp_path: Path) -> None:
    path = tmp_path / "notes.safetensors"
    save_file({"x": tinygrad_edu.ones(2)}, path, metadata={"epoch": "10", "by": "ä"})
    with safetensors.safe_open(path, framework="pt") as file:
        assert file.metadata() == {"epoch": "10", "by": "ä"}
    assert load_file(path)["x"].tolist() == [1, 1]
    save_file({}, path)
    assert load_file(path) == {}


OLD = {"x": np.arange(1000.0)}


@pytest.fixture
def existing(tmp_path: Path) -> Path:
    """A file that was saved before; nothing else is in its folder."""
    path = tmp_path / "weights.safetensors"
    save_file({name: tinygrad_edu.tensor(array) for name, array in OLD.items()}, path)
    return path


def assert_untouched(path: Path) -> None:
    """The old file is whole and alone."""
    assert os.listdir(path.parent) == [path.name]
    np.testing.assert_array_equal(load_file(path)["x"].array, OLD["x"])


def full_disk(*args: Any, **kwargs: Any) -> Any:
    raise OSError(28, "No space left on device")


def interrupted(*args: Any, **kwargs: Any) -> Any:
    raise KeyboardInterrupt


class FailingFile:
    """A file that takes some bytes, and then no more."""

    def __init__(self, *args: Any) -> None:
        self._file = open(*args)  # noqa: SIM115

    def __enter__(self) -> FailingFile:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._file.close()

    def write(self, content: bytes) -> None:
        self._file.write(content[: len(content) // 2])
        self._file.flush()
        full_disk()


@pytest.mark.parametrize("failure", [full_disk, interrupted])
@pytest.mark.parametrize("stage", ["os.replace", "os.fsync", "codec.save"])
def test_a_failure_leaves_the_old_file(
    existing: Path, monkeypatch: pytest.MonkeyPatch, stage: str, failure: Callable[..., Any]
) -> None:
    monkeypatch.setattr(f"tinygrad_edu.serialization.{stage}", failure)
    with pytest.raises((OSError, KeyboardInterrupt)):
        save_file({"x": tinygrad_edu.zeros(3)}, existing)
    monkeypatch.undo()
    assert_untouched(existing)


def test_a_full_disk_leaves_the_old_file(existing: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whole_file, "open", FailingFile, raising=False)
    with pytest.raises(OSError, match="No space left"):
        save_file({"x": tinygrad_edu.zeros(3)}, existing)
    assert_untouched(existing)


SAVE_AND_STOP = """
import os, sys, time
import tinygrad_edu
from tinygrad_edu import serialization

def stop(*args):
    print("half way", flush=True)
    time.sleep(60)

setattr(os, sys.argv[2], stop)
serialization.save_file({"x": tinygrad_edu.zeros(10_000)}, sys.argv[1])
"""

SAVE_FOR_EVER = """
import sys
import tinygrad_edu
from tinygrad_edu import serialization

value = 0
while True:
    value += 1
    serialization.save_file({"x": tinygrad_edu.full((300_000,), float(value))}, sys.argv[1])
    print(value, flush=True)
"""


def start(code: str, *args: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code, *args], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )


@pytest.mark.parametrize("stage", ["fsync", "replace"])
def test_killed_half_way_the_old_file_is_whole(existing: Path, stage: str) -> None:
    with start(SAVE_AND_STOP, str(existing), stage) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "half way\n"
        process.kill()
    assert process.returncode == -signal.SIGKILL
    assert len(os.listdir(existing.parent)) == 2  # what was half way is under another name
    np.testing.assert_array_equal(load_file(existing)["x"].array, OLD["x"])


def test_killed_at_any_time_the_file_is_whole(existing: Path) -> None:
    for delay in np.linspace(0, 0.02, 5):
        with start(SAVE_FOR_EVER, str(existing)) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "1\n"
            time.sleep(delay)
            process.kill()
        array = load_file(existing)["x"].array
        assert array.shape == (300_000,)
        assert len(np.unique(array)) == 1


def test_what_cannot_be_saved(existing: Path) -> None:
    with pytest.raises(TypeError, match=r"'y' is a ndarray"):
        save_file({"y": np.ones(3)}, existing)  # type: ignore[dict-item]
    with pytest.raises(TypeError, match=r"1 is a Tensor"):
        save_file({1: tinygrad_edu.ones(1)}, existing)  # type: ignore[dict-item]
    with pytest.raises(TypeError, match="metadata must be text"):
        save_file({"x": tinygrad_edu.ones(1)}, existing, metadata={"epoch": 1})  # type: ignore[dict-item]
    assert_untouched(existing)
    with pytest.raises(FileNotFoundError):
        save_file({}, existing.parent / "missing" / "file")
    with pytest.raises(OSError):
        save_file({}, existing.parent)


def test_a_link_stays_a_link(existing: Path, tmp_path: Path) -> None:
    link = tmp_path / "latest"
    link.symlink_to(existing.name)
    save_file({"x": tinygrad_edu.ones(2)}, link)
    assert link.is_symlink()
    assert load_file(existing)["x"].tolist() == [1, 1]


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"nothing\.safetensors"):
        load_file(tmp_path / "nothing.safetensors")
    with pytest.raises(IsADirectoryError):
        load_file(tmp_path)


def test_a_file_cut_off_anywhere_is_refused(existing: Path) -> None:
    content = existing.read_bytes()
    for length in [*range(120), len(content) // 2, len(content) - 1]:
        existing.write_bytes(content[:length])
        with pytest.raises(ValueError, match=rf"weights\.safetensors.*\({length} bytes\)"):
            load_file(existing)


def file_of(header: Any, data: bytes = b"") -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def entry(dtype: str, shape: list[int], begin: int, end: int) -> dict[str, Any]:
    return {"x": {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}}


FOREIGN: dict[str, bytes] = {
    "empty": b"",
    "text": b"epoch,loss\n1,0.5\n" * 10,
    "a pickle": b"\x80\x04\x95\x0b\x00\x00\x00\x00\x00\x00\x00]\x94(K\x01K\x02e." * 3,
    "a zip": b"PK\x03\x04" + bytes(100),
    "zeros": bytes(100),
    "ones": b"\xff" * 100,
    "a header that is no JSON": file_of(b"{not json}"),
    "a header that is a list": file_of([1, 2]),
    "a header that is no text": file_of(b"\xff\xfe\xfd"),
    "too little data": file_of(entry("F32", [4], 0, 16), bytes(12)),
    "too much data": file_of(entry("F32", [4], 0, 16), bytes(20)),
    "a shape that does not fit": file_of(entry("F32", [5], 0, 16), bytes(16)),
    "data before the start": file_of(entry("F32", [4], -16, 0), bytes(16)),
    "a shape that overflows": file_of(entry("F32", [2**62, 2**62], 0, 16), bytes(16)),
    "an unknown dtype": file_of(entry("F31", [4], 0, 16), bytes(16)),
    "bfloat16": file_of(entry("BF16", [2], 0, 4), bytes(4)),
    "complex numbers": file_of(entry("C64", [1], 0, 8), bytes(8)),
    "uint32": file_of(entry("U32", [1], 0, 4), bytes(4)),
}


@pytest.mark.parametrize("what", FOREIGN)
def test_damaged_and_foreign_files_are_refused(what: str, tmp_path: Path) -> None:
    path = tmp_path / "foreign.bin"
    path.write_bytes(FOREIGN[what])
    with pytest.raises(ValueError, match=r"foreign\.bin"):
        load_file(path)


def test_pytorchs_own_format_is_refused_and_runs_nothing(tmp_path: Path) -> None:
    path = tmp_path / "model.pt"
    torch.save({"x": torch.ones(3)}, path)
    with pytest.raises(ValueError, match="is not a whole safetensors file"):
        load_file(path)


@given(flips=st.lists(st.tuples(st.integers(0, 10_000), st.integers(1, 255)), min_size=1))
def test_flipped_bytes_are_refused_or_change_numbers_only(
    tmp_path_factory: Any, flips: list[tuple[int, int]]
) -> None:
    path = tmp_path_factory.mktemp("flipped") / "file"
    save_file({"x": tinygrad_edu.arange(20), "y": tinygrad_edu.ones(3, 4)}, path)
    content = bytearray(path.read_bytes())
    for place, bits in flips:
        content[place % len(content)] ^= bits
    path.write_bytes(content)
    try:
        loaded = load_file(path)
    except ValueError:
        return
    assert all(type(tensor) is tinygrad_edu.Tensor for tensor in loaded.values())


WITHOUT_LIBRARY = """
import sys
sys.modules["safetensors"] = None
import tinygrad_edu
from tinygrad_edu import serialization
for act in (lambda: serialization.save_file({}, sys.argv[1]),
            lambda: serialization.load_file(sys.argv[1])):
    try:
        act()
    except ImportError as error:
        print(error)
"""


def test_without_the_library_it_says_how_to_install_it(existing: Path) -> None:
    with start(WITHOUT_LIBRARY, str(existing)) as process:
        output, _ = process.communicate()
    assert process.returncode == 0
    assert output.count('pip install "tinygrad_edu[app]"') == 2
    assert_untouched(existing)


def test_importing_the_engine_does_not_import_the_library() -> None:
    code = "import sys, tinygrad_edu; print(sorted(m for m in sys.modules if 'safetensors' in m))"
    with start(code) as process:
        output, _ = process.communicate()
    assert output == "[]\n"
