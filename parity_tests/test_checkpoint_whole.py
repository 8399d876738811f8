"""Whole objects in files: what one library has written, the other reads, and computes the same."""

from __future__ import annotations

import io
import pickle
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import tinygrad_edu
from tinygrad_edu.checkpoint import CheckpointError

from .judge import count_case
from .servers import Servers

LIBS = [(torch, tinygrad_edu), (tinygrad_edu, torch), (tinygrad_edu, tinygrad_edu)]
BOTH = pytest.mark.parametrize(
    ("writer", "reader"), LIBS, ids=["from PyTorch", "for PyTorch", "and back"]
)


def through_a_file(writer: Any, reader: Any, value: Any) -> Any:
    file = io.BytesIO()
    writer.save(value, file)
    file.seek(0)
    return reader.load(file, weights_only=False)


#: Modules, and the shape of an input.
MODULES: dict[str, tuple[Callable[[Any], Any], tuple[int, ...]]] = {
    "Linear": (lambda nn: nn.Linear(3, 2), (2, 3)),
    "no bias": (lambda nn: nn.Linear(3, 2, bias=False), (2, 3)),
    "mlp": (
        lambda nn: nn.Sequential(
            nn.Linear(3, 4), nn.ReLU(), nn.Dropout(0.2), nn.BatchNorm1d(4), nn.LayerNorm(4),
            nn.Linear(4, 2), nn.LogSoftmax(1),
        ),
        (2, 3),
    ),
    "cnn": (
        lambda nn: nn.Sequential(
            nn.Conv2d(1, 2, 3, padding=1), nn.BatchNorm2d(2), nn.GELU(), nn.MaxPool2d(2),
            nn.AvgPool2d(2), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(2, 1), nn.Sigmoid(),
        ),
        (1, 1, 8, 8),
    ),
    "ConvTranspose2d": (lambda nn: nn.ConvTranspose2d(1, 2, 3), (1, 1, 4, 4)),
    "Conv1d": (lambda nn: nn.Conv1d(1, 2, 3, padding="same"), (1, 1, 4)),
    "LSTMCell": (lambda nn: nn.LSTMCell(3, 2), (1, 3)),
    "GroupNorm": (lambda nn: nn.Sequential(nn.GroupNorm(1, 3), nn.InstanceNorm1d(3)), (1, 3, 4)),
    "pieces": (
        lambda nn: nn.Sequential(nn.PReLU(), nn.ELU(), nn.SiLU(), nn.Softplus(), nn.Hardtanh()),
        (2, 3),
    ),
}  # fmt: skip

#: Those of which only the classes here can do with PyTorch's attributes.
ONLY_HERE: dict[str, tuple[Callable[[Any], Any], tuple[int, ...]]] = {
    "LSTM": (lambda nn: nn.LSTM(3, 2, batch_first=True), (1, 2, 3)),
    "GRU": (lambda nn: nn.GRU(3, 2, 2), (1, 2, 3)),
    "RNN": (lambda nn: nn.RNN(3, 2, bidirectional=True), (1, 2, 3)),
    "reflect": (lambda nn: nn.Conv2d(1, 2, 3, padding=1, padding_mode="reflect"), (1, 1, 4, 4)),
    "encoder": (lambda nn: nn.TransformerEncoderLayer(4, 2, 8, batch_first=True), (1, 2, 4)),
}


def compare(writer: Any, reader: Any, make: Callable[[Any], Any], shape: tuple[int, ...]) -> None:
    count_case()
    writer.manual_seed(1)
    module = make(writer.nn)
    again = through_a_file(writer, reader, module)
    assert type(again) is type(make(reader.nn))
    assert str(again) == str(make(reader.nn))  # versions of PyTorch differ in it
    assert again.training
    assert list(again.state_dict()) == list(module.state_dict())
    assert [n for n, _ in again.named_parameters()] == [n for n, _ in module.named_parameters()]
    numbers = np.random.default_rng(0).standard_normal(shape).astype("float32")
    outputs = []
    for lib, each in ((writer, module.eval()), (reader, again.eval())):
        output = each(lib.tensor(numbers))
        output = output[0] if isinstance(output, tuple) else output
        output.sum().backward()
        grads = [p.grad.numpy() for p in each.parameters()]
        outputs.append([output.detach().numpy(), *grads])
    for a, b in zip(*outputs, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)
    again.train()(reader.tensor(numbers))


@BOTH
@pytest.mark.parametrize("name", MODULES)
def test_a_module(writer: Any, reader: Any, name: str) -> None:
    compare(writer, reader, *MODULES[name])


@pytest.mark.parametrize("writer", [torch, tinygrad_edu])
@pytest.mark.parametrize("name", ONLY_HERE)
def test_a_module_that_pytorch_has_written(writer: Any, name: str) -> None:
    compare(writer, tinygrad_edu, *ONLY_HERE[name])


@BOTH
@pytest.mark.parametrize("name", ["SGD", "Adam", "AdamW", "RMSprop"])
def test_an_optimizer_goes_on(writer: Any, reader: Any, name: str) -> None:
    count_case()
    writer.manual_seed(2)
    model = writer.nn.Linear(2, 1)
    optimizer = getattr(writer.optim, name)(model.parameters(), lr=0.1)

    def step(lib: Any, model: Any, optimizer: Any) -> list[float]:
        optimizer.zero_grad()
        (model(lib.tensor([[0.5, 2.0]])) ** 2).sum().backward()
        optimizer.step()
        return model.weight.tolist()[0]

    step(writer, model, optimizer)
    again = through_a_file(writer, reader, {"model": model, "optimizer": optimizer})
    assert again["optimizer"].param_groups[0]["params"][0] is again["model"].weight
    for _ in range(3):
        ours = step(reader, again["model"], again["optimizer"])
        assert ours == pytest.approx(step(writer, model, optimizer), rel=1e-5)


#: Other things, by what is compared of them.
THINGS: dict[str, Callable[[Any], Any]] = {
    "list": lambda lib: [lib.nn.Linear(1, 1), lib.nn.Tanh()],
    "containers": lambda lib: [
        lib.nn.ModuleList([lib.nn.Tanh()]),
        lib.nn.ModuleDict({"a": lib.nn.ReLU()}),
        lib.nn.ParameterList([lib.nn.Parameter(lib.ones(1))]),
    ],
    "sets and keys": lambda lib: [frozenset({1}), range(3), {frozenset({2}): 1}, slice(1, 2)],
    "torch's": lambda lib: [
        frozenset(),
        lib.Size([1, 2]),
        lib.float32,
        lib.device("cpu"),
        lib.int64,
    ],
    "tensors": lambda lib: [frozenset(), lib.ones(2), lib.arange(6).view(2, 3).T, lib.zeros(0)],
    "parameters": lambda lib: [frozenset(), lib.nn.Parameter(lib.ones(2), requires_grad=False)],
    "functions": lambda lib: [lib.nn.functional.relu.__name__, lib.nn.functional.cross_entropy],
    "losses": lambda lib: [
        lib.nn.CrossEntropyLoss(weight=lib.ones(2)),
        lib.nn.MSELoss(reduction="sum"),
    ],
    "distribution": lambda lib: lib.distributions.Normal(lib.zeros(1), lib.ones(1)),
    "dataset": lambda lib: list(lib.utils.data.TensorDataset(lib.arange(3.0))),
    "schedule": lambda lib: (
        lib.optim.lr_scheduler.StepLR(
            lib.optim.SGD([lib.nn.Parameter(lib.ones(1))], 0.1), 3
        ).optimizer
    ),
}


@BOTH
@pytest.mark.parametrize("name", THINGS)
def test_any_object(writer: Any, reader: Any, name: str) -> None:
    count_case()
    made = THINGS[name](writer)
    again = through_a_file(writer, reader, made)
    assert shown(again) == shown(THINGS[name](reader)) or shown(again) == shown(made)


def shown(value: Any) -> str:
    return repr(value).partition(" at 0x")[0]


def test_tensors_that_share_memory_still_do() -> None:
    for writer, reader in LIBS:
        x = writer.arange(6.0)
        module = writer.nn.Identity()
        module.x, module.y = x, x.view(2, 3)[1]
        again = through_a_file(writer, reader, module)
        again.x[3] = 9.0
        assert again.y.tolist() == [9.0, 4.0, 5.0]


def test_a_module_with_hooks_of_pytorchs_is_refused() -> None:
    module = torch.nn.Linear(1, 1)
    module.register_forward_hook(print)
    with pytest.raises(NotImplementedError, match="hooks"):
        through_a_file(torch, tinygrad_edu, module)


@pytest.mark.filterwarnings("ignore")
def test_a_class_that_is_not_here_is_named() -> None:
    with pytest.raises(CheckpointError, match="CrossMapLRN2d"):
        through_a_file(torch, tinygrad_edu, torch.nn.CrossMapLRN2d(2))


SCRIPT = """
import sys, torch
from torch import nn
import torch.nn.functional as F

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(2, 3)
        self.act = F.relu
        self.sizes = [2, 3]
        self.register_buffer("mean", torch.ones(1), persistent=False)

    def forward(self, x):
        return self.act(self.fc(x)) - self.mean

if sys.argv[1] == "write":
    torch.manual_seed(4)
    model = Net()
    optimizer = torch.optim.Adam(model.parameters())
    torch.save({"model": model, "optimizer": optimizer, "epoch": 3}, sys.argv[2])
    torch.save(model, sys.argv[2] + ".whole")
try:
    torch.load(sys.argv[2])
except Exception as error:
    print([base.__name__ for base in type(error).__mro__ if base.__module__ == "_pickle"])
whole = torch.load(sys.argv[2] + ".whole", weights_only=False)
checkpoint = torch.load(sys.argv[2], weights_only=False)
model = checkpoint["model"]
print(model, whole, model(torch.ones(1, 2)).shape, checkpoint["epoch"], model.sizes, model.act)
print(whole(torch.ones(2)), model.mean, list(model.state_dict()), type(checkpoint["optimizer"]))
"""


def test_a_script_reads_what_it_has_written_with_either_library(
    servers: Servers, tmp_path: Path
) -> None:
    script = tmp_path / "s.py"
    script.write_text(textwrap.dedent(SCRIPT))
    texts = set()
    starts = {"PyTorch": (), "tinygrad_edu": ("run",)}
    for writer in starts:
        for number, side in enumerate((writer, *starts)):
            words = [*starts[side], script, "read" if number else "write", f"{writer}.pt"]
            done = servers.run(side, *words, cwd=tmp_path)
            assert (done.code, done.err) == (0, "")
            texts.add(done.out.partition(" at 0x")[0] + done.out.partition(">")[2])
    assert len(texts) == 1
    assert texts.pop().startswith("['UnpicklingError', 'PickleError']")


@pytest.mark.parametrize("protocol", [2, 3, 4])
def test_what_pytorch_has_written_in_another_protocol(protocol: int) -> None:
    file = io.BytesIO()
    value = {"model": torch.nn.Linear(2, 1), "bytes": b"abc", "key": {(1, 2): torch.ones(2)}}
    torch.save(value, file, pickle_protocol=protocol)
    again = tinygrad_edu.load(io.BytesIO(file.getvalue()), weights_only=False)
    assert repr(again) == repr(value)
    assert again["model"].weight.tolist() == value["model"].weight.tolist()


def test_the_names_in_a_file_are_pytorchs() -> None:
    file = io.BytesIO()
    tinygrad_edu.save([tinygrad_edu.nn.Linear(1, 1), tinygrad_edu.optim.Adam], file)
    assert b"torch.nn.modules.linear\nLinear" in file.getvalue()
    assert b"torch.optim.adam\nAdam" in file.getvalue() and b"tinygrad_edu" not in file.getvalue()


def test_only_with_weights_only_false_a_file_runs_code() -> None:
    file = io.BytesIO()
    torch.save(Harmless(), file)
    for weights_only in (None, True):
        with pytest.raises(pickle.UnpicklingError, match="Harmless"):
            tinygrad_edu.load(io.BytesIO(file.getvalue()), weights_only=weights_only)
    assert called == []
    tinygrad_edu.load(io.BytesIO(file.getvalue()), weights_only=False)
    assert called == [1]


called: list[int] = []


def call() -> int:
    called.append(1)
    return 1


class Harmless:
    """What calls a function when it is loaded."""

    def __setstate__(self, state: Any) -> None:
        call()

    def __getstate__(self) -> Any:
        return {"a": 1}
