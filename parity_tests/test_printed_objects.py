"""All that a script prints besides tensors: shapes, dtypes, results, modules, states, optimizers.

A table of expressions, whose texts are the same on both sides; addresses apart.
"""

from __future__ import annotations

import inspect
import pickle
import re
import warnings
from collections import OrderedDict
from types import ModuleType
from typing import Any

import pytest
import torch

import tinygrad_edu

from .judge import count_case
from .versions import as_printed

CLASSES = """
lib.Tensor | type(lib.ones(1)) | type(x) | lib.ones(2).__class__ | nn.Parameter | type(p)
type(nn.Linear(1, 1).weight) | lib.Size | type(x.shape) | lib.dtype | type(lib.float32)
lib.device | type(x.device) | lib.Generator | type(lib.default_generator) | lib.finfo | lib.iinfo
lib.layout | lib.memory_format | nn.UninitializedParameter | type(nn.LazyLinear(2).weight)
nn.UninitializedBuffer | type((x * 2).grad_fn) | type(x.sum().grad_fn) | [lib.Tensor, int]
type((x.view(2, 1) @ x.view(1, 2)).relu().grad_fn.next_functions[0][0]) | type(x.tolist())
type(x.detach().numpy()) | type(x.sum().item()) | type(nn.Linear(1, 1).state_dict())
type(x).__name__ | type(p).__qualname__ | type(nn.Linear(1, 1)).__name__ | lib.is_tensor(x)
type(lib.empty(0).storage()).__name__ | isinstance(x, lib.FloatTensor) | type(x.shape[0])
"""

SIZES_AND_TYPES = """
x.shape | x.shape[:1] | x.shape[0] | x.shape + x.shape | x.shape + (3,) | (3,) + x.shape
x.shape * 2 | 2 * x.shape | lib.Size([]) | lib.Size() | lib.Size((1, 2)).numel() | list(x.shape)
f"{x.shape}, {x.size(0)}" | x.stride() | [x.shape, lib.ones(2, 3).shape] | lib.ones(()).size()
lib.float32 | f"{lib.float32} {lib.int64}" | [lib.half, lib.double, lib.bool, lib.long, lib.uint8]
{lib.float32: 1} | lib.get_default_dtype() | lib.result_type(x, 1) | lib.int8, lib.int16, lib.int32
lib.device("cpu") | str(lib.device("cpu")) | lib.device("cuda", 1) | str(lib.device("cuda:1"))
f"Using {x.device} device" | x.device | lib.device("mps") | lib.strided | lib.channels_last
lib.contiguous_format | lib.preserve_format | lib.channels_last_3d | x.layout
lib.finfo() | lib.finfo(lib.float16) | str(lib.finfo(lib.float64)) | lib.iinfo(lib.int8)
lib.iinfo(lib.int64) | lib.iinfo(lib.int32) | lib.iinfo(lib.uint8) | lib.iinfo(lib.int16)
lib.iinfo(lib.int64).max | lib.finfo(lib.float32).eps | lib.finfo().tiny | x.type()
lib.tensor(1).type() | lib.tensor([True]).type() | x.requires_grad | x.is_leaf | x._version
lib.is_grad_enabled() | lib.initial_seed() | lib.get_rng_state() | lib.typename(x)
"""

RESULTS = """
lib.ones(2, 3).max(1) | lib.max(x.view(1, 2), 1) | lib.min(lib.eye(2), dim=0, keepdim=True)
lib.tensor([3.0, 1.0]).sort() | lib.sort(x, descending=True) | lib.tensor([3.0, 1.0, 2.0]).topk(2)
lib.mode(lib.tensor([1, 1, 2])) | lib.median(lib.tensor([1.0, 3.0]), 0) | lib.eye(2).nanmedian(0)
lib.kthvalue(lib.tensor([3.0, 1.0]), 2) | lib.cummax(lib.eye(2), 0) | lib.cummin(lib.eye(2), 0)
lib.aminmax(lib.eye(2)) | lib.frexp(lib.tensor([3.0])) | lib.linalg.svd(lib.eye(2))
lib.linalg.eigh(lib.eye(2)) | lib.linalg.qr(lib.eye(2)) | lib.linalg.slogdet(lib.eye(2))
lib.slogdet(lib.eye(2)) | lib.linalg.lu(lib.eye(2)) | lib.linalg.lu_factor(lib.eye(2))
lib.linalg.lstsq(lib.eye(2), lib.eye(2)) | lib.linalg.cholesky_ex(lib.eye(2))
lib.linalg.inv_ex(lib.eye(2)) | lib.linalg.solve_ex(lib.eye(2), lib.eye(2)) | lib.svd(lib.eye(2))
lib.geqrf(lib.eye(2)) | lib.lu_unpack(*lib.linalg.lu_factor(lib.eye(2)))
lib.histogram(lib.ones(3), 2) | lib.histogramdd(lib.ones(3, 2), [2, 2]) | lib.var_mean(lib.eye(2))
lib.unique(lib.tensor([1, 2, 2]), return_inverse=True, return_counts=True)
lib.split(lib.arange(5.0), 2) | lib.chunk(x, 2) | lib.unbind(lib.eye(2)) | list(x) | sum(x)
lib.where(lib.tensor([True, False])) | lib.nonzero(lib.eye(2)) | list(enumerate(lib.eye(2)))
lib.meshgrid(lib.arange(2), lib.arange(2), indexing="ij") | lib.broadcast_tensors(x, lib.ones(2, 1))
lib.autograd.grad(x.sum(), x) | lib.autograd.functional.jacobian(lambda t: t * t, lib.ones(2))
lib.autograd.functional.hessian(lambda t: (t * t).sum(), lib.ones(2)) | max(lib.tensor([1, 2]))
nn.LSTM(1, 2)(lib.ones(1, 1, 1)) | nn.GRU(1, 2)(lib.ones(1, 1, 1))
nn.MultiheadAttention(2, 1)(*[lib.ones(1, 1, 2)] * 3) | [lib.ones(3).max(0)]
lib.tensor(0.1).item()
nn.utils.rnn.pack_sequence([lib.ones(2, 1), lib.ones(1, 1)]) | lib.tensor([0.1, 0.2]).tolist()
nn.utils.rnn.pack_padded_sequence(lib.ones(2, 2, 1), [1, 2], True, False) | lib.tensor(0.1).double()
x.sum().grad_fn | x.sum().grad_fn.next_functions | (x * 2).grad_fn.name() | str((x * 2).grad_fn)
(lib.ones(2, 2, requires_grad=True) @ lib.eye(2)).relu().sum().grad_fn.next_functions | x.grad
x[0] == x[1] | lib.tensor([1, 2]) == lib.tensor([1, 3]) | 1 in lib.tensor([1, 2])
x.storage_offset()
data.TensorDataset(lib.ones(2))[0] | next(iter(data.DataLoader(lib.arange(4.0), 2)))
list(data.DataLoader([(1, 2.0), (3, 4.0)], 2)) | list(data.DataLoader([{"a": 1}, {"a": 2}], 2))
lib.no_grad().__class__.__name__ | nn.Linear(2, 1).load_state_dict(nn.Linear(2, 1).state_dict())
nn.Linear(2, 1).load_state_dict({"a": 1}, strict=False)
"""

MODULES = """
nn.Linear(2, 3) | nn.Linear(2, 3).weight | p | [p] | {"a": p} | list(nn.Linear(2, 1).parameters())
list(nn.Linear(2, 1).named_parameters()) | dict(nn.Linear(2, 1).named_parameters())
nn.Linear(2, 1).state_dict() | nn.BatchNorm1d(2).state_dict() | nn.LSTM(1, 1).state_dict()
nn.Linear(2, 1).state_dict().keys() | nn.Linear(2, 1).state_dict().items()
nn.Sequential(nn.Linear(1, 1), nn.BatchNorm1d(1)).state_dict() | list(nn.BatchNorm1d(2).buffers())
list(nn.BatchNorm1d(2).named_buffers()) | list(seq.named_modules()) | list(seq.named_children())
list(seq.children()) | list(seq.modules()) | seq[1] | seq[:2] | seq | str(seq) | f"{seq}"
[(n, q.shape) for n, q in seq.named_parameters()] | sum(q.numel() for q in seq.parameters())
nn.Sequential(*[nn.Linear(1, 1)] * 2, *[nn.ReLU()] * 3) | nn.Sequential(OrderedDict(a=nn.ReLU()))
nn.ModuleList([nn.Linear(1, 1)] * 2 + [nn.ReLU()] * 3 + [nn.Sequential(nn.ReLU(), nn.Tanh())])
nn.ModuleDict({"a": nn.ModuleList([nn.ReLU()]), "b": nn.Sequential()}) | nn.ModuleList()
nn.ParameterList([lib.ones(2), nn.Parameter(lib.ones(1, 2)), 3, "a"]) | nn.ParameterList()
nn.ParameterDict({"a": nn.ParameterList([lib.ones(2)]), "b": 3})
nn.ParameterDict({"a": x}).items()
nn.Linear(2, 1).forward | nn.Linear(3, 4).extra_repr() | nn.Linear(1, 1)._get_name()
nn.Linear(1, 1).requires_grad_(False).weight | nn.Linear(1, 1).double().state_dict()
nn.LazyLinear(3) | nn.LazyLinear(3).weight | nn.UninitializedParameter() | nn.Buffer(lib.ones(2))
nn.Parameter(lib.ones(2), requires_grad=False) | nn.Parameter(lib.ones(0))
nn.Transformer(4, 2, 1, 1, 6)
nn.utils.parametrizations.weight_norm(nn.Linear(1, 1)) | nn.utils.parameters_to_vector([p])
nn.utils.parametrizations.spectral_norm(nn.Linear(1, 1)) | nn.Module() | nn.Identity()
nn.utils.parametrizations.orthogonal(nn.Linear(2, 2))
optim.swa_utils.AveragedModel(nn.Linear(1, 1))
"""

OPTIMIZERS = """
optim.Adam([{"params": [p], "lr": 0.5}, {"params": [x], "betas": (0.5, 0.6), "name": "x"}], lr=1e-3)
optim.SGD(nn.Linear(2, 1).named_parameters(), 0.1) | optim.SGD([p], lib.tensor(0.1))
optim.SGD([{"params": [p]}, {"params": [x], "lr": 1e-4}, {"params": []}], 0.1, momentum=0.9)
optim.SGD([p], 0.1).state_dict() | optim.Adam([p]).param_groups | optim.SGD([p], 0.1).defaults
optim.SGD([p], 0.1).state | str(optim.Adam([p], amsgrad=True)) | f"{optim.AdamW([p], lr=3e-4)}"
stepped(optim.Adam([p])).state_dict() | stepped(optim.SGD([p], 0.1, 0.9)).state_dict()
sched.StepLR(sgd, 3).state_dict() | sched.StepLR(sgd, 3).get_last_lr()
scheduled(sched.StepLR(sgd, 3))
sched.MultiStepLR(sgd, [1, 2]).state_dict() | sched.ConstantLR(sgd).state_dict()
sched.LinearLR(sgd).state_dict() | sched.ExponentialLR(sgd, 0.9).state_dict()
sched.PolynomialLR(sgd).state_dict() | sched.CosineAnnealingLR(sgd, 3).state_dict()
sched.CosineAnnealingWarmRestarts(sgd, 3).state_dict()
sched.OneCycleLR(sgd, 3, 10).state_dict() | sched.ReduceLROnPlateau(sgd).state_dict()
sched.CyclicLR(sgd, 0.1, 0.2).state_dict() | optim.swa_utils.SWALR(sgd, 0.05).state_dict()
sched.MultiplicativeLR(sgd, lambda e: 0.5).state_dict()
sched.SequentialLR(sgd, [sched.ConstantLR(sgd), sched.StepLR(sgd, 1)], [2]).state_dict()
sched.ChainedScheduler([sched.ConstantLR(sgd), sched.StepLR(sgd, 1)]).state_dict()
"""

TABLES = {
    "classes": CLASSES, "sizes and types": SIZES_AND_TYPES, "results": RESULTS, "modules": MODULES,
    "optimizers": OPTIMIZERS,
}  # fmt: skip


def names(lib: ModuleType) -> dict[str, Any]:
    """What the lines may use; random numbers are those of one seed."""
    lib.manual_seed(7)
    x = lib.tensor([1.5, -2.0], requires_grad=True)
    p = lib.nn.Parameter(lib.tensor([[0.25, 3.0]]))

    def stepped(optimizer: Any) -> Any:
        p.grad = lib.ones(1, 2)
        optimizer.step()
        return optimizer

    def scheduled(scheduler: Any) -> Any:
        scheduler.optimizer.step()
        scheduler.step()
        return scheduler.optimizer

    return {
        "lib": lib, "nn": lib.nn, "optim": lib.optim, "sched": lib.optim.lr_scheduler,
        "data": lib.utils.data, "OrderedDict": OrderedDict, "x": x, "p": p, "stepped": stepped,
        "scheduled": scheduled, "sgd": lib.optim.SGD([p], 0.1, momentum=0.9),
        "seq": lib.nn.Sequential(lib.nn.Linear(2, 1), lib.nn.Sequential(lib.nn.ReLU()),
                                 lib.nn.Conv2d(1, 2, 3, padding=1)),
    }  # fmt: skip


def text(line: str, lib: ModuleType) -> str:
    """What `print` shows of the value of `line`, and of a list with it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what is deprecated
        value = eval(line, names(lib))
        return re.sub(r"0x[0-9a-f]+", "0x", f"{value!s} {value!r}")


@pytest.mark.parametrize(
    "line", [line for table in TABLES.values() for row in table.strip().splitlines()
             for line in row.split(" | ")],
)  # fmt: skip
def test_the_same_text(line: str) -> None:
    count_case()
    assert as_printed(text(line, tinygrad_edu)) == text(line, torch)


def test_a_subclass_of_a_user_has_its_own_name() -> None:
    class Mine(tinygrad_edu.Tensor):
        pass

    class Theirs(torch.Tensor):
        pass

    assert repr(Mine) == repr(Theirs).replace("Theirs", "Mine")


@pytest.mark.parametrize("name", ["Tensor", "Size", "dtype", "device", "Generator", "finfo"])
def test_a_class_with_another_name_is_found_where_it_stands(name: str) -> None:
    """By `inspect`, and by `pickle`, which finds no PyTorch where there is none."""
    cls = getattr(tinygrad_edu, name)
    assert pickle.loads(pickle.dumps(cls)) is cls
    assert "tinygrad_edu" in inspect.getfile(cls)
    assert f"class {name}(" in inspect.getsource(cls)


@pytest.mark.parametrize("name", ["max", "min", "sort", "linalg_svd"])
def test_results_have_a_type_that_can_be_asked_for(name: str) -> None:
    function = name.removeprefix("linalg_")
    for lib in (torch, tinygrad_edu):
        place = lib.linalg if name != function else lib
        arguments = () if name != function else (0,)
        result = getattr(place, function)(lib.eye(2), *arguments)
        assert isinstance(result, getattr(lib.return_types, name))
