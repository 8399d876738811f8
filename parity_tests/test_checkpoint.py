"""PyTorch's files: what one saves the other loads, value for value, with all that is shared."""

from __future__ import annotations

import io
import os
from collections import Counter, OrderedDict
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.utils.serialization import config

import tinygrad_edu
from parity_tests.checkpoints import rewritten, written
from parity_tests.judge import check, count_case
from tinygrad_edu.checkpoint.archive import Archive

BOTH: tuple[Any, Any] = (tinygrad_edu, torch)
DTYPES = ("bool", "uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64")


class Made(NamedTuple):
    """A tensor to be made in either framework, from numbers of its own."""

    dtype: str
    shape: tuple[int, ...]
    arrangement: str
    parameter: bool
    requires_grad: bool

    def make(self, f: Any) -> Any:
        numbers = np.random.default_rng(len(self.shape)).standard_normal((*self.shape, 4)) * 9
        whole = f.tensor(numbers.astype(self.dtype))
        tensor = {
            "last": lambda: whole[..., 3],
            "first half": lambda: whole[..., :2],
            "every second": lambda: whole[..., 1::2],
            "transposed": lambda: whole.transpose(0, -1),
            "expanded": lambda: whole[..., :1].expand(*self.shape, 3),
            "whole": lambda: whole,
        }[self.arrangement]()
        floating = self.dtype.startswith("float")
        if self.parameter:
            return f.nn.Parameter(tensor, requires_grad=floating and self.requires_grad)
        return tensor.requires_grad_(floating and self.requires_grad)


class Named(NamedTuple):
    """A dtype, a device or a Size, which each framework has of its own."""

    kind: str
    value: Any

    def make(self, f: Any) -> Any:
        if self.kind == "dtype":
            return getattr(f, self.value)
        return f.zeros(1).device if self.kind == "device" else f.zeros(self.value).shape


def make(spec: Any, f: Any) -> Any:
    """The value that `spec` describes, in a framework."""
    if isinstance(spec, Made | Named):
        return spec.make(f)
    if isinstance(spec, dict):
        return type(spec)((make(key, f), make(value, f)) for key, value in spec.items())
    if isinstance(spec, list | tuple):
        return type(spec)(make(entry, f) for entry in spec)
    return spec


def same(ours: Any, theirs: Any) -> None:
    """Values are equal, in type, content, arrangement and what they require."""
    if isinstance(theirs, torch.Tensor):
        assert (type(ours), type(theirs)) in (
            (tinygrad_edu.Tensor, torch.Tensor),
            (tinygrad_edu.nn.Parameter, torch.nn.Parameter),
        )
        check(ours.detach(), theirs.detach(), exact=True)
        assert ours.requires_grad == theirs.requires_grad
        if 0 not in theirs.shape:
            assert ours.stride() == theirs.stride()
        return
    if isinstance(theirs, torch.dtype | torch.device | torch.Size):
        assert type(ours).__name__ == type(theirs).__name__ and repr(ours) == repr(theirs)
        return
    assert type(ours) is type(theirs)
    if isinstance(theirs, dict):
        same(list(ours), list(theirs))
        same(list(ours.values()), list(theirs.values()))
    elif isinstance(theirs, list | tuple):
        assert len(ours) == len(theirs)
        for one, other in zip(ours, theirs, strict=True):
            same(one, other)
    elif isinstance(theirs, float | complex):
        assert repr(ours) == repr(theirs)  # nan and the sign of 0 included
    else:
        assert ours == theirs


shapes = st.lists(st.sampled_from([2, 1, 3, 0]), max_size=3).map(tuple)
arrangements = st.sampled_from(
    ["whole", "last", "first half", "every second", "transposed", "expanded"]
)
tensors = st.builds(
    Made, st.sampled_from(DTYPES), shapes, arrangements, st.booleans(), st.booleans()
)
integers = st.one_of(st.integers(-70_000, 70_000), st.integers(-(2**200), 2**200))
keys = st.one_of(st.text(max_size=4), integers, st.tuples(st.integers(0, 3), st.text(max_size=2)))
plain = st.one_of(
    st.none(), st.booleans(), integers, st.floats(), st.complex_numbers(), st.text(max_size=9),
    st.binary(max_size=9),
    st.sampled_from(DTYPES).map(lambda d: Named("dtype", d)),
    shapes.map(lambda s: Named("size", s)),
    st.just(Named("device", None)),
    st.sets(keys, max_size=4),
)  # fmt: skip
values = st.recursive(
    st.one_of(tensors, plain, tensors),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.tuples(inner, inner),
        st.dictionaries(keys, inner, max_size=4),
        st.dictionaries(keys, inner, max_size=3).map(OrderedDict),
    ),
    max_leaves=12,
)


@given(spec=st.tuples(tensors, values, tensors))
def test_what_we_save_pytorch_loads_and_so_do_we(spec: Any) -> None:
    count_case()
    expected = make(spec, torch)
    file = written(tinygrad_edu, make(spec, tinygrad_edu))
    same(tinygrad_edu.load(io.BytesIO(file.getvalue())), expected)
    theirs = torch.load(file, weights_only=True)
    same(make(spec, tinygrad_edu), theirs)


@given(spec=st.tuples(tensors, values, tensors))
def test_what_pytorch_saves_we_load(spec: Any) -> None:
    count_case()
    expected = make(spec, torch)
    same(tinygrad_edu.load(written(torch, expected)), expected)


def shared(f: Any) -> dict[str, Any]:
    """Tensors that share memory, and objects that come twice."""
    whole = f.arange(12).reshape(3, 4)
    names = ["a", "b"]
    return {
        "whole": whole, "same": whole, "turned": whole.T, "row": whole[1], "flat": whole.view(12),
        "other": whole.clone(), "names": names, "again": names, "weight": f.nn.Parameter(
            f.ones(2)), "counts": Counter("abca"),
    }  # fmt: skip


def test_what_is_shared_stays_shared() -> None:
    file = written(tinygrad_edu, shared(tinygrad_edu))
    for loaded in (
        torch.load(io.BytesIO(file.getvalue()), weights_only=True),
        tinygrad_edu.load(file),
        tinygrad_edu.load(written(torch, shared(torch))),
    ):
        assert loaded["same"] is loaded["whole"]
        assert loaded["again"] is loaded["names"]
        loaded["flat"][5] = 100
        assert loaded["whole"][1, 1] == loaded["turned"][1, 1] == loaded["row"][1] == 100
        assert loaded["other"][1, 1] == 5
        assert loaded["counts"] == Counter("abca") and type(loaded["counts"]) is Counter


def test_a_list_that_holds_itself() -> None:
    endless: list[Any] = [1]
    endless.append(endless)
    loaded = tinygrad_edu.load(written(tinygrad_edu, endless))
    assert loaded[1] is loaded
    assert torch.load(written(tinygrad_edu, endless), weights_only=True)[0] == 1
    assert tinygrad_edu.load(written(torch, endless))[0] == 1


def trained(f: Any, optimizer: str) -> tuple[Any, Any]:
    """A model and its optimizer after two steps."""
    f.manual_seed(0)
    model = f.nn.Sequential(f.nn.Linear(3, 4), f.nn.ReLU(), f.nn.Linear(4, 1))
    optim = getattr(f.optim, optimizer)(model.parameters(), lr=0.1)
    for _ in range(2):
        optim.zero_grad()
        model(f.ones(5, 3)).sum().backward()
        optim.step()
    return model, optim


@pytest.mark.parametrize("optimizer", ["SGD", "Adam", "AdamW"])
def test_training_goes_on_in_the_other(optimizer: str, tmp_path: Path) -> None:
    for source, target in (BOTH, BOTH[::-1], BOTH[:1] * 2):
        model, optim = trained(source, optimizer)
        path = tmp_path / "run.pt"
        source.save({"model": model.state_dict(), "optim": optim.state_dict(), "epoch": 2}, path)
        state = target.load(path, weights_only=True)
        again, again_optim = trained(target, optimizer)
        for parameter in again.parameters():
            parameter.data.fill_(7.0) if target is torch else parameter.array.fill(7.0)
        again.load_state_dict(state["model"])
        again_optim.load_state_dict(state["optim"])
        assert state["epoch"] == 2
        for one, other in zip(model.parameters(), again.parameters(), strict=True):
            assert one.tolist() == other.tolist()
        for m, o in ((model, optim), (again, again_optim)):
            o.zero_grad()
            (m[0].weight.sum() * 2).backward()
            o.step()
        np.testing.assert_allclose(
            again[0].weight.tolist(), model[0].weight.tolist(), rtol=1e-6, atol=1e-7
        )


def test_a_models_metadata_comes_along() -> None:
    state = torch.nn.BatchNorm1d(2).state_dict()
    loaded = tinygrad_edu.load(written(torch, state))
    assert loaded._metadata == state._metadata  # type: ignore[attr-defined]
    again = torch.load(written(tinygrad_edu, loaded), weights_only=True)
    assert again._metadata == state._metadata  # type: ignore[attr-defined]


def test_paths_and_files(tmp_path: Path) -> None:
    value = {"x": tinygrad_edu.ones(2)}
    for f in (tmp_path / "model.pt", str(tmp_path / "Ünicode.pth")):
        tinygrad_edu.save(value, f)
        assert tinygrad_edu.load(f)["x"].tolist() == [1, 1]
        assert torch.load(f)["x"].tolist() == [1, 1]
    with open(tmp_path / "open.pt", "wb") as file:
        tinygrad_edu.save(value, file)
    with open(tmp_path / "open.pt", "rb") as file:
        assert tinygrad_edu.load(file)["x"].tolist() == [1, 1]
    assert sorted(os.listdir(tmp_path)) == ["model.pt", "open.pt", "Ünicode.pth"]
    assert (tmp_path / "open.pt").read_bytes() == (tmp_path / "model.pt").read_bytes()


def test_records_lie_where_pytorch_computes_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "mapped.pt"
    value = {str(n): tinygrad_edu.arange(n) for n in (3, 0, 200, 1, 17)}
    tinygrad_edu.save(value, path)
    monkeypatch.setenv(
        "TORCH_SERIALIZATION_DEBUG", "1"
    )  # then PyTorch compares with where they are
    with config.patch("load.calculate_storage_offsets", True):
        mapped = torch.load(path, mmap=True)
    assert {name: t.tolist() for name, t in mapped.items()} == {
        name: t.tolist() for name, t in value.items()
    }


def test_other_byte_order() -> None:
    file = written(tinygrad_edu, {"x": tinygrad_edu.tensor([1, 2]), "y": tinygrad_edu.ones(1)})
    swapped = rewritten(file.getvalue(), {"byteorder": b"big"})
    loaded = tinygrad_edu.load(io.BytesIO(swapped))
    assert loaded["x"].tolist() == [2**56, 2**57]


def cuda_tagged() -> io.BytesIO:
    """A file whose tensors were on a GPU when they were saved."""
    content = written(torch, {"x": torch.ones(2)}).getvalue()
    program = bytes(Archive(content).read("data.pkl"))
    assert program.count(b"X\x03\x00\x00\x00cpu") == 1
    tagged = program.replace(b"X\x03\x00\x00\x00cpu", b"X\x06\x00\x00\x00cuda:0")
    return io.BytesIO(rewritten(content, {"data.pkl": tagged}))


def test_map_location() -> None:
    for f in BOTH:
        with pytest.raises(RuntimeError, match=r"map_location"):
            f.load(cuda_tagged())
        device = f.zeros(1).device
        by_name = {"cuda:0": "cpu"}
        for wanted in ("cpu", device, by_name, lambda storage, location: storage):
            assert f.load(cuda_tagged(), map_location=wanted)["x"].tolist() == [1, 1]
        with pytest.raises(RuntimeError):
            f.load(cuda_tagged(), map_location="cuda")
        with pytest.raises(RuntimeError):
            f.load(cuda_tagged(), map_location=lambda storage, location: None)
    with pytest.raises(NotImplementedError, match="map_location"):
        tinygrad_edu.load(cuda_tagged(), map_location=lambda storage, location: 3)
