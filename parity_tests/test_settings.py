"""Settings and devices that programs name at their top, and the older import paths."""

import copy
import importlib
import warnings

import pytest
import torch

import tinygrad_edu
from tinygrad_edu.nn.modules import BASES, PLACES

from .both import BOTH, both, both_raise
from .versions import LINEAR_CROSS_ENTROPY


@pytest.fixture(autouse=True)
def as_before():
    """Set everything back in the end."""
    yield
    for lib in BOTH:
        lib.use_deterministic_algorithms(False)
        lib.set_default_device(None)
        lib.set_float32_matmul_precision("highest")


def test_deterministic_algorithms():
    def run(lib):
        def state():
            warn_only = lib.is_deterministic_algorithms_warn_only_enabled()
            return lib.are_deterministic_algorithms_enabled(), warn_only

        found = [state(), lib.use_deterministic_algorithms(True)]
        found.append(state())
        lib.use_deterministic_algorithms(mode=True, warn_only=True)
        found.append(state())
        lib.use_deterministic_algorithms(False)
        return [*found, state()]

    both(run)
    both_raise(lambda lib: lib.use_deterministic_algorithms(1))
    both_raise(lambda lib: lib.use_deterministic_algorithms(True, warn_only="no"))
    both_raise(lambda lib: lib.use_deterministic_algorithms(True, True))


def test_the_precision_of_matrix_products():
    def run(lib):
        found = [lib.get_float32_matmul_precision()]
        for precision in ("high", "medium"):
            lib.set_float32_matmul_precision(precision)
            found.append(lib.get_float32_matmul_precision())
        return found

    assert both(run) == ["highest", "high", "medium"]
    with pytest.warns(UserWarning, match="has no effect"):
        tinygrad_edu.set_float32_matmul_precision("low")
    assert tinygrad_edu.get_float32_matmul_precision() == "medium"


def test_the_default_device():
    def run(lib):
        found = [str(lib.get_default_device()), lib.set_default_device("cpu")]
        lib.set_default_device(lib.device("cpu", 0))
        found += [repr(lib.get_default_device()), lib.ones(2).device.type]
        lib.set_default_device(None)
        with lib.device("cpu"):
            return [*found, str(lib.get_default_device()), str(lib.ones(2).device)]

    both(run)


@pytest.mark.skipif(torch.cuda.is_available(), reason="PyTorch has a GPU here")
@pytest.mark.parametrize("kind", ["cuda", "xpu", "nonsense"])
def test_a_default_device_that_is_not_there(kind):
    def run(lib):
        lib.set_default_device(kind)
        lib.ones(1)

    both_raise(run)


def test_devices_can_be_named():
    def run(lib):
        made = [
            lib.device("cpu"), lib.device("cuda"), lib.device("cuda:1"), lib.device("cuda", 1),
            lib.device(type="cuda", index=2), lib.device(lib.device("mps")), lib.device("meta"),
        ]  # fmt: skip
        texts = [(repr(d), str(d), d.type, d.index) for d in made]
        return texts, [[a == b for a in made] for b in made], made[2] == lib.device("cuda:1")

    both(run)
    for name in ("nonsense", "cuda:x", "", "cpu:0:1"):
        both_raise(lambda lib, name=name: lib.device(name))
    both_raise(lambda lib: lib.device("cuda:0", 1))


NEEDS_A_GPU = (
    "lib.ones(1).to({})", "lib.ones(1).to(device={})", "lib.nn.Linear(1, 1).to({})",
    "lib.nn.Linear(1, 1, device={})", "lib.ones(1, device={})", "lib.tensor(1, device={})",
    "lib.randn(1, device={})", "lib.arange(3, device={})", "lib.as_tensor(1, device={})",
    "lib.zeros_like(lib.ones(1), device={})", "lib.ones(1).new_zeros(1, device={})",
    "lib.ones(1).new_tensor([1.0], device={})", "lib.ones(1).new_full((1,), 1.0, device={})",
    "lib.eye(2, device={})", "lib.full((1,), 1.0, device={})", "lib.empty(1, device={})",
    "lib.nn.BatchNorm1d(2, device={})", "lib.nn.Embedding(2, 2, device={})",
)  # fmt: skip


@pytest.mark.skipif(torch.cuda.is_available(), reason="PyTorch has a GPU here")
@pytest.mark.parametrize("device", ["'cuda'", "'cuda:0'", "lib.device('cuda')", "'what'"])
@pytest.mark.parametrize("call", NEEDS_A_GPU)
def test_a_device_that_is_not_there_cannot_be_used(call, device):
    both_raise(lambda lib: eval(call.format(device), {"lib": lib}))


@pytest.mark.skipif(torch.cuda.is_available(), reason="PyTorch has a GPU here")
def test_there_is_no_gpu():
    said = both_raise(lambda lib: lib.ones(1).cuda())
    assert said == "Torch not compiled with CUDA enabled"
    both_raise(lambda lib: lib.nn.Linear(1, 1).cuda())


def test_compiling_changes_nothing():
    def double(x):
        return x * 2

    compiled = tinygrad_edu.compile(double, mode="max-autotune", fullgraph=True)
    assert compiled is double is tinygrad_edu.compile()(double)
    assert tinygrad_edu.compile(dynamic=True, backend="eager")(double) is double
    assert tinygrad_edu.nn.Linear(2, 2).compile() is None
    both_raise(lambda lib: lib.compile(double, mode="default", options={"a": 1}), text=True)


def test_a_compiled_module_is_around_another():
    def run(lib):
        nn = lib.nn
        lib.manual_seed(0)
        inner = nn.Sequential(nn.Linear(2, 3), nn.Dropout(0.5), nn.Linear(3, 1))
        inner.size = 7
        outer = lib.compile(inner, backend="eager")
        found = [str(outer), type(outer).__name__, list(outer.state_dict()), len(outer)]
        found += [[name for name, _ in outer.named_modules()], isinstance(outer, nn.Module)]
        found += [[name for name, _ in outer.named_parameters()], outer._orig_mod is inner]
        found += [next(outer.parameters()) is inner[0].weight, outer.size, outer.training]
        assert outer.eval() is outer
        found += [inner.training, inner[1].training, outer.training]
        outer.size, outer.extra = 8, nn.Linear(1, 1)
        found += [inner.size, str(inner), hasattr(outer, "nothing"), "size" in dir(outer)]
        del outer.size
        found.append(hasattr(inner, "size"))
        outer.train()
        copied = copy.deepcopy(outer)
        found += [type(copied).__name__, copied._orig_mod is inner, list(copied.state_dict())]
        outer.load_state_dict({k: lib.ones(v.shape) for k, v in outer.state_dict().items()})
        found += [inner[0].weight.tolist(), inner.training]
        outer.requires_grad_(False)
        found.append(inner[0].bias.requires_grad)
        return found

    both(run)
    both_raise(lambda lib: lib.compile(lib.nn.Linear(1, 1), backend="eager").nothing)
    both_raise(lambda lib: len(lib.compile(lib.nn.Linear(1, 1), backend="eager")), text=True)


def test_a_compiled_module_computes_the_same():
    def run(lib):
        lib.manual_seed(0)
        inner = lib.nn.Sequential(lib.nn.Linear(2, 2), lib.nn.ReLU())
        seen = []
        outer = lib.compile(backend="eager")(inner)
        outer.register_forward_hook(lambda module, args, out: seen.append(type(module).__name__))
        loss = outer(lib.ones(3, 2)).sum()
        loss.backward()
        return [loss.item(), inner[0].weight.grad.tolist(), seen]

    both(run)


def test_a_fork_of_the_random_stream():
    def run(lib):
        lib.manual_seed(0)
        with lib.random.fork_rng():
            inside = lib.rand(2).tolist()
        after = lib.rand(2).tolist()
        with pytest.raises(KeyError), lib.random.fork_rng(devices=[]):
            lib.manual_seed(3)
            raise KeyError
        with lib.random.fork_rng(enabled=False):
            lib.rand(1)
        return inside == after, lib.rand(2).tolist(), lib.initial_seed()

    assert both(run)[0]


@pytest.mark.skipif(torch.cuda.is_available(), reason="PyTorch has a GPU here")
def test_a_fork_of_the_random_stream_of_a_gpu():
    def run(lib):
        with lib.random.fork_rng(devices=[0]):
            pass

    both_raise(run)


def test_the_old_name_of_schedulers():
    def run(lib):
        lr_scheduler = lib.optim.lr_scheduler

        class Halving(lr_scheduler._LRScheduler):
            def get_lr(self):
                return [group["lr"] / 2 for group in self.optimizer.param_groups]

        optimizer = lib.optim.SGD([lib.nn.Parameter(lib.ones(1))], lr=1.0)
        scheduler = Halving(optimizer)
        optimizer.step()
        scheduler.step()
        kinds = [lr_scheduler._LRScheduler, lr_scheduler.LRScheduler]
        return scheduler.get_last_lr(), [isinstance(scheduler, kind) for kind in kinds]

    assert both(run) == ([0.25], [True, True])


@pytest.mark.parametrize("place", PLACES)
def test_layers_can_be_imported_from_where_pytorch_keeps_them(place):
    theirs, mine = (importlib.import_module(f"{lib.__name__}.nn.modules.{place}") for lib in BOTH)
    assert getattr(tinygrad_edu.nn.modules, place) is mine
    lacking = {"LinearCrossEntropyLoss"} if LINEAR_CROSS_ENTROPY.missing else set()
    for name in [*PLACES[place].split(), *BASES.get(place, {})]:
        assert hasattr(theirs, name) or name in lacking, name
        assert getattr(mine, name).__name__.startswith(name[:4])
        if name in PLACES[place].split():
            assert getattr(mine, name) is getattr(tinygrad_edu.nn, name)
    public = set(getattr(theirs, "__all__", PLACES[place].split()))
    missing = public - set(mine.__all__) - {"CrossMapLRN2d", "Container"}
    assert missing <= {"LinearCrossEntropyOptions"}


@pytest.mark.parametrize(
    ("place", "base", "layers"),
    [
        ("batchnorm", "_BatchNorm", "BatchNorm1d(2) BatchNorm2d(2) SyncBatchNorm(2)"),
        ("instancenorm", "_InstanceNorm", "InstanceNorm1d(2)"),
        ("batchnorm", "_NormBase", "InstanceNorm2d(2) BatchNorm3d(2)"),
        ("conv", "_ConvNd", "Conv2d(1,1,1) ConvTranspose1d(1,1,1) LazyConv2d(1,1)"),
        ("dropout", "_DropoutNd", "Dropout() Dropout2d() AlphaDropout()"),
        ("loss", "_Loss", "MSELoss() CrossEntropyLoss() BCELoss()"),
        ("loss", "_WeightedLoss", "NLLLoss() BCELoss() MSELoss() MultiMarginLoss()"),
    ],
)
def test_the_bases_tell_layers_as_pytorchs_do(place, base, layers):
    def run(lib):
        kind = getattr(importlib.import_module(f"{lib.__name__}.nn.modules.{place}"), base)
        others = "Linear(1,1) LayerNorm(2) ReLU()"
        with warnings.catch_warnings(action="ignore"):  # lazy layers are new in PyTorch
            made = [eval(f"lib.nn.{layer}", {"lib": lib}) for layer in f"{layers} {others}".split()]
        return [isinstance(layer, kind) for layer in made]

    assert any(both(run))
