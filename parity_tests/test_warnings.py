"""What PyTorch warns of, tinygrad_edu warns of; and of nothing else."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch

import tinygrad_edu
from tinygrad_edu import once

from .judge import count_case
from .versions import as_said
from .warned import warned


def computed(lib: ModuleType) -> Any:
    return lib.ones(3, requires_grad=True) * 2


def kept(lib: ModuleType) -> Any:
    y = computed(lib)
    y.retain_grad()
    return y


def after_backward(lib: ModuleType) -> Any:
    y = kept(lib)
    y.sum().backward()
    return y


def given(lib: ModuleType) -> Any:
    y = computed(lib)
    y.grad = lib.ones(3)
    return y


def changed_leaf(lib: ModuleType) -> Any:
    y = lib.zeros(3)
    return y.add_(lib.ones(3, requires_grad=True))


GRADIENTS: dict[str, Callable[[ModuleType], Any]] = {
    "of a result": lambda lib: computed(lib).grad,
    "by hasattr": lambda lib: hasattr(computed(lib), "grad"),
    "of a layer's result": lambda lib: lib.nn.Linear(2, 2)(lib.ones(2)).grad,
    "of a changed tensor": lambda lib: changed_leaf(lib).grad,
    "of a leaf": lambda lib: lib.ones(3, requires_grad=True).grad,
    "of what needs none": lambda lib: (lib.ones(3) * 2).grad,
    "of a detached result": lambda lib: computed(lib).detach().grad,
    "of one that is to keep it": lambda lib: kept(lib).grad,
    "of one that keeps it": lambda lib: after_backward(lib).grad,
    "of one that was given it": lambda lib: given(lib).grad,
    "set and deleted": lambda lib: setattr(computed(lib), "grad", None),
    "of an integer result": lambda lib: computed(lib).argmax().grad,
}
COPIES: dict[str, Callable[[ModuleType], Any]] = {
    "tensor": lambda lib: lib.tensor(lib.ones(2)),
    "tensor of a parameter": lambda lib: lib.tensor(lib.nn.Parameter(lib.ones(2))),
    "tensor of numbers in tensors": lambda lib: lib.tensor([lib.ones(()), lib.ones(())]),
    "new_tensor": lambda lib: lib.ones(2).new_tensor(lib.ones(1)),
    "as_tensor": lambda lib: lib.as_tensor(lib.ones(2)),
}
DEVIATIONS: dict[str, Callable[[ModuleType], Any]] = {
    "std of one": lambda lib: lib.tensor([5.0]).std(),
    "var of one": lambda lib: lib.var(lib.tensor([5.0])),
    "var of one, with 0": lambda lib: lib.tensor([5.0]).var(correction=0),
    "var of two": lambda lib: lib.ones(2).var(),
    "var of two, with 3": lambda lib: lib.ones(2).var(correction=3),
    "var of none": lambda lib: lib.ones(0).var(),
    "std of a number": lambda lib: lib.tensor(5.0).std(),
    "std of a row": lambda lib: lib.ones(1, 3).std(0),
    "std of a row, biased": lambda lib: lib.ones(1, 3).std(0, unbiased=False),
    "std of a row, along it": lambda lib: lib.ones(1, 3).std(1),
    "no rows": lambda lib: lib.ones(0, 3).var(0, correction=0),
    "no columns": lambda lib: lib.ones(3, 0).var(0),
    "no columns, with 0": lambda lib: lib.ones(3, 0).var(0, correction=0),
    "var_mean": lambda lib: lib.var_mean(lib.ones(1)),
    "var_mean by a bool": lambda lib: lib.var_mean(lib.ones(1), False),
    "std_mean": lambda lib: lib.std_mean(lib.ones(1, 3), 0),
    "cov": lambda lib: lib.cov(lib.ones(2, 1)),
    "cov, with 0": lambda lib: lib.cov(lib.ones(2, 1), correction=0),
}


OTHERS: dict[str, Callable[[ModuleType], Any]] = {
    "where of uint8": lambda lib: lib.where(lib.ones(2).to(lib.uint8), lib.ones(2), lib.ones(2)),
    "cross without a dim": lambda lib: lib.cross(lib.ones(3), lib.ones(3)),
    "a list of lists as an index": lambda lib: lib.ones(2, 2)[[[0, 1], [1, 0]]],
    "a mask of uint8": lambda lib: lib.ones(2)[lib.ones(2).to(lib.uint8)],
    "meshgrid without indexing": lambda lib: lib.meshgrid(lib.ones(2)),
    "scatter with reduce": lambda lib: lib.ones(2).scatter(
        0, lib.zeros(2).long(), lib.ones(2), reduce="add"
    ),
    "affine_grid of one": lambda lib: lib.nn.functional.affine_grid(
        lib.ones(1, 2, 3), (1, 1, 1, 1), True
    ),
    "affine_grid without corners": lambda lib: lib.nn.functional.affine_grid(
        lib.ones(1, 2, 3), (1, 1, 2, 2)
    ),
    "grid_sample without corners": lambda lib: lib.nn.functional.grid_sample(
        lib.ones(1, 1, 2, 2), lib.ones(1, 1, 1, 2)
    ),
    "embedding_bag, turned around": lambda lib: lib.nn.functional.embedding_bag(
        lib.ones(3, 2), lib.zeros(1, 1).long()
    ),
    "gumbel_softmax with eps": lambda lib: lib.nn.functional.gumbel_softmax(lib.ones(2), eps=1e-9),
    "softmax without a dim": lambda lib: lib.nn.functional.softmax(lib.ones(2)),
    "softmin without a dim": lambda lib: lib.nn.functional.softmin(lib.ones(2)),
    "log_softmax without a dim": lambda lib: lib.nn.functional.log_softmax(lib.ones(2)),
    "dropout2d of three": lambda lib: lib.nn.functional.dropout2d(lib.ones(1, 1, 1)),
    "dropout2d of two": lambda lib: lib.nn.functional.dropout2d(lib.ones(1, 1)),
    "dropout3d of two": lambda lib: lib.nn.functional.dropout3d(lib.ones(1, 1)),
    "kl_div by its mean": lambda lib: lib.nn.functional.kl_div(lib.ones(2), lib.ones(2)),
    "mse_loss, broadcast": lambda lib: lib.nn.functional.mse_loss(lib.ones(2), lib.ones(1)),
    "l1_loss with reduce": lambda lib: lib.nn.functional.l1_loss(
        lib.ones(2), lib.ones(2), reduce=False
    ),
    "upsample": lambda lib: lib.nn.functional.upsample(lib.ones(1, 1, 2), 4),
    "anomalies": lambda lib: lib.autograd.detect_anomaly(),
    "a schedule ahead of its optimizer": lambda lib: schedule(lib).step(),
    "a schedule of an optimizer whose step is another": lambda lib: overridden(lib).step(),
    "the next rate of a schedule": lambda lib: schedule(lib).get_lr(),
    "a schedule with an epoch": lambda lib: stepped(schedule(lib)).step(3),
    "a plateau with an epoch": lambda lib: plateau(lib).step(1.0, 3),
    "a parameter twice": lambda lib: lib.optim.SGD([lib.ones(1, requires_grad=True)] * 2, 0.1),
    "clip_grad_norm": lambda lib: lib.nn.utils.clip_grad_norm([lib.ones(1)], 1.0),
    "no parameters to clip": lambda lib: lib.nn.utils.clip_grad_norm_((p for p in ()), 1.0),
    "weight_norm": lambda lib: lib.nn.utils.weight_norm(lib.nn.Linear(1, 1)),
    "init.uniform": lambda lib: lib.nn.init.uniform(lib.ones(2)),
    "init of nothing": lambda lib: lib.nn.init.kaiming_normal_(lib.ones(0, 2)),
    "truncated far from the mean": lambda lib: lib.nn.init.trunc_normal_(lib.ones(2), 5, 1, -1, 1),
    "NLLLoss2d": lambda lib: lib.nn.NLLLoss2d(),
    "Hardtanh by old names": lambda lib: lib.nn.Hardtanh(min_value=-2.0),
    "LSTM of one layer with dropout": lambda lib: lib.nn.LSTM(2, 2, dropout=0.5),
    "norm of other channels": lambda lib: lib.nn.InstanceNorm1d(3)(lib.ones(2, 4, 5)),
    "checkpoint by default": lambda lib: lib.utils.checkpoint.checkpoint(
        lib.exp, lib.ones(1, requires_grad=True)
    ),
    "checkpoint_sequential by default": lambda lib: lib.utils.checkpoint.checkpoint_sequential(
        lib.nn.Sequential(lib.nn.ReLU()), 1, lib.ones(1, requires_grad=True)
    ),
    "range": lambda lib: lib.range(1, 3),
    "an empty split": lambda lib: lib.utils.data.random_split([1], [0.5, 0.5]),
    "an encoder": lambda lib: encoder(lib, 4, 2),
    "an encoder, its norms first": lambda lib: encoder(lib, 4, 2, norm_first=True),
    "an encoder without bias": lambda lib: encoder(lib, 4, 2, batch_first=True, bias=False),
    "an encoder of tanh": lambda lib: encoder(lib, 4, 2, batch_first=True, activation=lib.tanh),
    "an encoder of three heads": lambda lib: encoder(lib, 3, 3, batch_first=True),
    "an instance of a function": lambda lib: type("Own", (lib.autograd.Function,), {})(),
    "a volatile variable": lambda lib: lib.autograd.Variable(lib.ones(1), volatile=True),
    "a result that does not fit": lambda lib: lib.add(lib.ones(2), 1, out=lib.ones(3)),
    "results that do not fit": lambda lib: lib.sort(
        lib.ones(2), out=(lib.ones(3), lib.ones(1).long())
    ),
    "sample_n": lambda lib: lib.distributions.Normal(0.0, 1.0).sample_n(2),
    "a state_dict by position": lambda lib: lib.nn.Linear(1, 1).state_dict(None, "a."),
    "init of nothing, uniformly": lambda lib: lib.nn.init.kaiming_uniform_(lib.ones(0, 2)),
    "an encoder of other layers": lambda lib: lib.nn.TransformerEncoder(lib.nn.Identity(), 1),
}


def schedule(lib: ModuleType) -> Any:
    return lib.optim.lr_scheduler.StepLR(lib.optim.SGD([lib.ones(1, requires_grad=True)], 0.1), 1)


def stepped(scheduler: Any) -> Any:
    scheduler.optimizer.step()
    return scheduler


def overridden(lib: ModuleType) -> Any:
    scheduler = schedule(lib)
    scheduler.optimizer.step = lambda: None
    return scheduler


def plateau(lib: ModuleType) -> Any:
    optimizer = lib.optim.SGD([lib.ones(1, requires_grad=True)], 0.1)
    return lib.optim.lr_scheduler.ReduceLROnPlateau(optimizer)


def encoder(lib: ModuleType, size: int, heads: int, **options: Any) -> Any:
    layer = lib.nn.TransformerEncoderLayer(size, heads, 4, **options)
    return lib.nn.TransformerEncoder(layer, 1)


@pytest.mark.parametrize("name", OTHERS)
def test_the_line_of_the_user_is_named(name: str) -> None:
    assert warned(OTHERS[name], tinygrad_edu), "it warns"
    agree(OTHERS[name])


@pytest.mark.parametrize("name", GRADIENTS)
def test_reading_grad(name: str) -> None:
    agree(GRADIENTS[name])


@pytest.mark.parametrize("name", COPIES)
def test_copies_of_tensors(name: str) -> None:
    agree(COPIES[name])


@pytest.mark.parametrize("name", DEVIATIONS)
def test_degrees_of_freedom(name: str) -> None:
    agree(DEVIATIONS[name])


def agree(function: Callable[[ModuleType], Any]) -> None:
    """Raise unless both warn alike, and the warning names the line of the user."""
    count_case()
    torch.set_warn_always(True)  # and not only the first time in this process
    expected = warned(function, torch)
    torch.set_warn_always(False)
    ours = warned(function, tinygrad_edu)
    assert [w[:1] for w in ours] == [w[:1] for w in expected], (ours, expected)
    assert all(file == __file__ for _, _, file in ours), ours
    for (_, theirs, _), (_, mine, _) in zip(expected, ours, strict=True):
        assert mine.startswith(as_said(theirs)), (mine, theirs)


# Once in a program ------------------------------------------------------------------------------


@pytest.fixture
def each_time():
    """PyTorch warns each time, and tinygrad_edu has not warned yet."""
    torch.set_warn_always(True)
    torch.storage._reset_warn_typed_storage_removal()
    before = set(once.said)
    once.said.clear()
    yield
    once.said.update(before)
    torch.set_warn_always(False)


def under_no_grad(lib: ModuleType) -> None:
    with lib.no_grad():
        float(lib.ones(1, requires_grad=True))


def with_graph(lib: ModuleType, **options: Any) -> None:
    x = lib.ones(2, requires_grad=True)
    (x * x).sum().backward(**options, **({"inputs": [x]} if "retain_graph" in options else {}))
    x.grad = None


ONCE: dict[str, Callable[[ModuleType], Any]] = {
    "a number of a leaf": lambda lib: float(lib.ones(1, requires_grad=True)),
    "a number of a result": lambda lib: float(computed(lib).sum()),
    "a number of what needs no gradient": lambda lib: float(lib.ones(1)),
    "a number under no_grad": under_no_grad,
    "a square root": lambda lib: math.sqrt(lib.ones(1, requires_grad=True)),
    "an integer": lambda lib: int(lib.ones(1, requires_grad=True)),
    "an item": lambda lib: lib.ones(1, requires_grad=True).item(),
    "a stack of matrices turned around": lambda lib: lib.ones(2, 3, 4).T,
    "a matrix turned around": lambda lib: lib.ones(2, 3).T,
    "a vector turned around": lambda lib: lib.ones(2).T,
    "a number turned around": lambda lib: lib.ones(()).T,
    "a number as a matrix": lambda lib: lib.ones(()).mT,
    "a number, adjoint": lambda lib: lib.ones(()).H,
    "a number as an adjoint matrix": lambda lib: lib.ones(()).mH,
    "a list of arrays": lambda lib: lib.tensor([np.ones(2)]),
    "a list of arrays, as a tensor": lambda lib: lib.as_tensor((np.ones(2),)),
    "a list of arrays, as of old": lambda lib: lib.Tensor([np.ones(2)]),
    "a list of arrays, as floats": lambda lib: lib.FloatTensor([np.ones(2)]),
    "a list of arrays, as integers": lambda lib: lib.LongTensor((np.ones(2),)),
    "a list of arrays, as another": lambda lib: lib.ones(2).new([np.ones(2)]),
    "a list of arrays, as a new one": lambda lib: lib.ones(2).new_tensor([np.ones(2)]),
    "an array, as of old": lambda lib: lib.FloatTensor(np.ones(2)),
    "a list of lists": lambda lib: lib.tensor([[1.0, 2.0], [3.0, 4.0]]),
    "a list of NumPy's numbers": lambda lib: lib.tensor([np.float64(1), np.float64(2)]),
    "a read-only array": lambda lib: lib.from_numpy(np.broadcast_to(np.ones(2), (2, 2))),
    "the memory of a dtype": lambda lib: lib.ones(2).storage(),
    "the memory": lambda lib: lib.ones(2).untyped_storage(),
    "a graph of gradients": lambda lib: with_graph(lib, create_graph=True),
    "and for some": lambda lib: with_graph(lib, create_graph=True, retain_graph=True),
    "no graph of gradients": lambda lib: with_graph(lib),
    "autograd.grad": lambda lib: lib.autograd.grad(
        (x := lib.ones(1, requires_grad=True)) * x, x, create_graph=True
    ),
    "autograd.backward": lambda lib: lib.autograd.backward(
        lib.ones(1, requires_grad=True).exp(), create_graph=True
    ),
}


@pytest.mark.parametrize("name", ONCE)
@pytest.mark.usefixtures("each_time")
def test_what_is_said_once(name: str) -> None:
    said = []
    for lib in (torch, tinygrad_edu):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            ONCE[name](lib)
        texts = [(w.category, str(w.message).partition(" (Triggered")[0]) for w in caught]
        said.append((texts, [w.filename for w in caught]))
    (theirs, _), (mine, files) = said
    assert mine == theirs
    assert set(files) <= {__file__}
    with warnings.catch_warnings(action="error"):
        ONCE[name](tinygrad_edu)  # a second time, nothing is said
