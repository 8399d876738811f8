"""Names that programs import by their path, and what small modules answer when there is no GPU."""

from __future__ import annotations

import importlib
import tomllib
import warnings
from pathlib import Path

import pytest
import torch

import tinygrad_edu
from tinygrad_edu.missing import MissingNameError

from .both import BOTH, both, both_raise
from .copies import Copies
from .test_signatures import inside
from .versions import AUTOCAST_CALLS, BUILT_FOR_GPUS

ROOT = Path(__file__).parent.parent

#: By module, names that are imported from there; their values are the same as in another place.
PLACES = {
    "utils.data.dataset": """
        utils.data: Dataset IterableDataset TensorDataset StackDataset ConcatDataset ChainDataset
        Subset random_split""",
    "utils.data.dataloader": """
        utils.data: DataLoader default_collate default_convert get_worker_info""",
    "utils.data.sampler": """
        utils.data: Sampler SequentialSampler RandomSampler SubsetRandomSampler BatchSampler
        WeightedRandomSampler""",
    "utils.data.distributed": "utils.data: DistributedSampler",
    "utils.data._utils.collate": "utils.data: default_collate default_convert",
    "utils.data._utils.worker": "utils.data: get_worker_info",
    "nn.parallel": "nn: DataParallel",
    "nn.parallel.data_parallel": "nn: DataParallel",
    "nn.parameter": "nn: Parameter UninitializedParameter",
    "optim.optimizer": "optim: Optimizer",
    "optim.adam": "optim: Adam",
    "optim.sgd": "optim: SGD",
    "autograd.variable": "autograd: Variable",
    "autograd.function": "autograd: Function",
    "autograd.grad_mode": "autograd: no_grad enable_grad set_grad_enabled inference_mode",
    "autograd.anomaly_mode": "autograd: detect_anomaly set_detect_anomaly",
    "amp.autocast_mode": "amp: autocast custom_fwd custom_bwd is_autocast_available",
    "amp.grad_scaler": "amp: GradScaler",
    "profiler": "autograd.profiler: record_function",
    "cuda.amp.autocast_mode": "cuda.amp: autocast",
    "cuda.amp.grad_scaler": "cuda.amp: GradScaler",
    "distributions.bernoulli": "distributions: Bernoulli",
    "distributions.categorical": "distributions: Categorical",
    "distributions.cauchy": "distributions: Cauchy",
    "distributions.constraints": "distributions.constraints: real positive simplex",
    "distributions.distribution": "distributions: Distribution",
    "distributions.exponential": "distributions: Exponential",
    "distributions.geometric": "distributions: Geometric",
    "distributions.half_normal": "distributions: HalfNormal",
    "distributions.independent": "distributions: Independent",
    "distributions.kl": "distributions: kl_divergence register_kl",
    "distributions.laplace": "distributions: Laplace",
    "distributions.log_normal": "distributions: LogNormal",
    "distributions.mixture_same_family": "distributions: MixtureSameFamily",
    "distributions.multivariate_normal": "distributions: MultivariateNormal",
    "distributions.normal": "distributions: Normal",
    "distributions.one_hot_categorical": """
        distributions: OneHotCategorical OneHotCategoricalStraightThrough""",
    "distributions.poisson": "distributions: Poisson",
    "distributions.transformed_distribution": "distributions: TransformedDistribution",
    "distributions.transforms": "distributions: Transform ExpTransform ComposeTransform",
    "distributions.uniform": "distributions: Uniform",
    "functional": """
        : atleast_1d atleast_2d atleast_3d block_diag broadcast_tensors cartesian_prod cdist
        chain_matmul einsum meshgrid norm tensordot unique unique_consecutive""",
    "types": ": Tensor Size",
}


@pytest.mark.parametrize("place", PLACES)
def test_what_has_two_places_is_the_same_in_both(place):
    other, _, names = PLACES[place].partition(":")
    for name in names.split():
        for lib in BOTH:
            module = importlib.import_module(f"{lib.__name__}.{place}")
            if name in ("unique", "unique_consecutive") and lib is torch:
                continue  # made anew there for each place
            assert getattr(module, name) is getattr(inside(lib, other.strip()), name), name


PATHS = (
    "accelerator", "amp", "autograd.profiler", "backends.cuda", "backends.cudnn", "backends.mkl",
    "backends.mkldnn", "backends.mps", "backends.openmp", "compiler", "cuda", "cuda.amp",
    "distributed", "func", "functional", "hub", "jit", "linalg", "mps", "multiprocessing",
    "nn.attention", "nn.common_types", "nn.functional", "nn.init", "nn.modules", "nn.modules.lazy",
    "nn.modules.utils", "nn.parallel", "nn.utils", "onnx", "optim.lr_scheduler",
    "optim.swa_utils", "profiler", "random", "return_types", "signal", "signal.windows",
    "special", "testing", "torch_version", "types", "utils._pytree", "utils.benchmark",
    "utils.checkpoint", "utils.data", "utils.hooks", "utils.model_zoo", "version", "xpu",
)  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
def test_a_path_can_be_imported_and_is_an_attribute(path):
    for lib in BOTH:
        module = importlib.import_module(f"{lib.__name__}.{path}")
        assert inside(lib, path) is module
        public = [n for n in getattr(module, "__all__", ()) if n not in ("testing", "overload")]
        assert all(hasattr(module, name) for name in public)


@pytest.fixture(scope="module")
def copies():
    """What has imported tinygrad_edu and nothing else."""
    with Copies("import tinygrad_edu", ROOT) as copies:
        yield copies


@pytest.mark.parametrize("path", PATHS)
def test_without_an_import_of_its_own_a_path_is_an_attribute(path, copies):
    """In a process where nothing was used yet, as after ``import tinygrad_edu as torch`` alone."""
    done = copies.run(f"print(tinygrad_edu.{path}.__name__)")
    assert done == (f"tinygrad_edu.{path}\n", "")


#: What these modules have besides, that a program without a GPU may call, and what comes of it.
SAID = """
torch.accelerator.is_available()
torch.accelerator.current_accelerator()
torch.accelerator.current_accelerator(check_available=True)
torch.accelerator.device_count()
torch.mps.is_available()
torch.mps.device_count()
torch.mps.manual_seed(0)
torch.xpu.is_available()
torch.xpu.device_count()
torch.xpu.manual_seed(0)
torch.xpu.manual_seed_all(0)
torch.xpu.empty_cache()
torch.xpu.memory_allocated()
torch.backends.mps.is_available()
torch.backends.mps.is_built()
torch.backends.cuda.is_built()
torch.backends.cudnn.benchmark_limit is None or torch.backends.cudnn.benchmark_limit >= 0
torch.cuda.get_arch_list()
torch.cuda.get_rng_state_all()
torch.cuda.set_rng_state_all([])
torch.cuda.memory_stats()
torch.cuda.is_tf32_supported()
torch.version.cuda
torch.version.hip
torch.version.debug
int(torch.__version__.split(".")[0]) >= 2
hash(torch.__version__) == hash(str(torch.__version__))
type(torch.__version__).__name__
torch.jit.is_scripting()
torch.jit.is_tracing()
torch.jit.annotate(int, 3)
torch.compiler.is_compiling()
torch.compiler.is_dynamo_compiling()
torch.compiler.is_exporting()
torch.compiler.reset()
torch.distributed.is_initialized()
torch.distributed.is_torchelastic_launched()
torch.amp.is_autocast_available("cpu")
torch.amp.is_autocast_available("cuda:0")
torch.amp.is_autocast_available("meta")
torch.amp.is_autocast_available("mps")
torch.is_autocast_enabled()
torch.is_autocast_enabled("cpu")
torch.nn.modules.utils._single(3)
torch.nn.modules.utils._pair(3)
torch.nn.modules.utils._triple([1, 2])
torch.nn.modules.utils._quadruple("ab")
torch.nn.modules.utils._pair.__name__
torch.types._Number
torch.multiprocessing.get_start_method()
torch.multiprocessing.cpu_count()
torch.nn.DataParallel(torch.nn.Linear(1, 1)).device_ids
str(torch.nn.DataParallel(torch.nn.Linear(1, 1)))
list(torch.nn.DataParallel(torch.nn.Linear(1, 1)).state_dict())
"""


@pytest.mark.parametrize("line", SAID.strip().splitlines())
@pytest.mark.skipif(BUILT_FOR_GPUS, reason="PyTorch is built for GPUs, and looks for one")
def test_what_small_modules_say(line):
    both(lambda lib: eval(line, {"torch": lib}))


#: What programs ask of ``torch.__version__``, here `v`, if it is of the same PyTorch.
VERSIONS = """
int(v.split(".")[0])
v >= "2.0"
v > "10.0"
v >= (2, 13)
v < (2, 2, 1)
v == "parrot"
v != "parrot"
v > "parrot"
v > "2.13.0rc1"
v <= "2.13.0"
v == "2.13.0"
v == "2.13.0+build"
v >= "2.13"
v != "2.13"
v < "2.13.1"
v > "2.13.0.dev20260101"
hash(v) == hash("2.13.0+build")
[type(v).__name__, repr(v), f"{v}", v + "", v[:4]]
"""


@pytest.mark.parametrize("line", VERSIONS.strip().splitlines())
def test_versions(line):
    both(lambda lib: eval(line, {"v": lib.torch_version.TorchVersion("2.13.0+build")}))
    assert type(tinygrad_edu.__version__).__name__ == type(torch.__version__).__name__


WRONG = {
    "autocast of no device": lambda lib: lib.autocast("foo"),
    "autocast of a device object": lambda lib: lib.autocast(lib.device("cpu")),
    "autocast of meta": lambda lib: lib.autocast("meta", lib.float16),
    "forward without a device": lambda lib: lib.amp.custom_fwd(len, device_type=3),
    "backward without a device": lambda lib: lib.amp.custom_bwd(device_type=None),
    "enabled on no device": lambda lib: lib.is_autocast_enabled("foo"),
    "a version below a number": lambda lib: lib.torch_version.TorchVersion("2.13.0") < 3,
    "accelerator": lambda lib: lib.accelerator.synchronize(),
    "accelerator's number": lambda lib: lib.accelerator.current_device_index(),
    "accelerator's memory": lambda lib: lib.accelerator.memory_allocated(),
    "mps": lambda lib: lib.mps.synchronize(),
    "mps's memory": lambda lib: lib.mps.empty_cache(),
    "no tensor of GPUs": lambda lib: lib.cuda.FloatTensor([1.0]),
    "converted to no tensor of GPUs": lambda lib: lib.ones(1).type(lib.cuda.LongTensor),
    "script of no function": lambda lib: lib.jit.script(3),
    "types of integers": lambda lib: lib.set_default_tensor_type(lib.LongTensor),
    "a dtype for a type": lambda lib: lib.set_default_tensor_type(lib.float32),
    "debug mode 3": lambda lib: lib.set_deterministic_debug_mode(3),
    "debug mode 1.5": lambda lib: lib.set_deterministic_debug_mode(1.5),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
@pytest.mark.filterwarnings("ignore:.*torch.jit.script.*:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:torch.set_default_tensor_type:UserWarning")
@pytest.mark.skipif(BUILT_FOR_GPUS, reason="PyTorch is built for GPUs, and looks for one")
def test_what_small_modules_refuse(case):
    both_raise(WRONG[case])


@AUTOCAST_CALLS.skip
def test_autocast_decorates_what_can_be_called():
    both_raise(lambda lib: lib.autocast("cpu", enabled=False)(3), text=True)


# Mixed precision ---------------------------------------------------------------------------------


def step(lib, autocast, scaler):
    lib.manual_seed(0)
    model = lib.nn.Linear(3, 2)
    optimizer = lib.optim.SGD(model.parameters(), lr=0.1)
    x = lib.arange(6.0).reshape(2, 3)
    for _ in range(2):
        optimizer.zero_grad()
        with autocast:
            loss = model(x).square().mean()
        scaler.scale(loss).backward()
        scaler.unscale_(optimizer)
        scaler.step(optimizer)
        scaler.update()
    return [*model.state_dict().values()], scaler


@pytest.mark.skipif(torch.cuda.is_available(), reason="PyTorch has a GPU here")
@pytest.mark.parametrize("enabled", [True, False])
def test_a_step_in_mixed_precision_for_gpus_is_one_without(enabled):
    def run(lib):
        with warnings.catch_warnings(record=True) as given:
            warnings.simplefilter("always")
            autocast = lib.autocast("cuda", enabled=enabled)
            scaler = lib.amp.GradScaler(enabled=enabled)
            state, _ = step(lib, autocast, scaler)
            old = lib.cuda.amp.autocast(enabled=enabled), lib.cuda.amp.GradScaler(enabled=enabled)
            again, scaler = step(lib, *old)
        assert all(lib.equal(a, b) for a, b in zip(state, again, strict=True))
        texts = [(w.category, str(w.message)) for w in given]
        said = scaler.get_scale(), scaler.is_enabled(), scaler.state_dict()
        return texts, said, [lib.allclose(s, w) for s, w in zip(state, plain(lib), strict=True)]

    def plain(lib):
        lib.manual_seed(0)
        model = lib.nn.Linear(3, 2)
        optimizer = lib.optim.SGD(model.parameters(), lr=0.1)
        for _ in range(2):
            optimizer.zero_grad()
            model(lib.arange(6.0).reshape(2, 3)).square().mean().backward()
            optimizer.step()
        return [*model.state_dict().values()]

    texts, said, same = both(run)
    assert len(texts) == (6 if enabled else 2)
    assert said == (1.0, False, {})
    assert same == [True, True]


def test_mixed_precision_that_is_switched_off():
    def run(lib):
        @lib.autocast("cpu", enabled=False)
        def double(x):
            """Twice."""
            return 2 * x

        with pytest.warns(UserWarning, match="CPU Autocast only supports") as given:
            single = lib.autocast(device_type="cpu", dtype=lib.float32)
        with single as entered, lib.autocast("mps", enabled=False):
            inside = double(lib.ones(1)).dtype, lib.is_autocast_enabled("cpu")
        return str(inside), double.__doc__, double.__name__, entered is single, len(given)

    assert both(run)[1:] == ("Twice.", "double", True, 1)


def test_mixed_precision_on_the_cpu_is_refused():
    for refused in (
        lambda: tinygrad_edu.autocast("cpu"),
        lambda: tinygrad_edu.amp.autocast("cpu", dtype=tinygrad_edu.float16),
        lambda: tinygrad_edu.amp.GradScaler("cpu"),
    ):
        with pytest.raises(NotImplementedError, match="no mixed precision here"):
            refused()


@pytest.mark.parametrize("with_arguments", [False, True])
def test_functions_that_are_marked_for_mixed_precision(with_arguments):
    def run(lib):
        fwd, bwd = lib.amp.custom_fwd, lib.amp.custom_bwd
        if with_arguments:
            first = fwd(device_type="cuda", cast_inputs=lib.float16)
            second = bwd(device_type="cuda")
        else:
            first = lambda f: fwd(f, device_type="cuda")  # noqa: E731
            second = lambda f: bwd(f, device_type="cuda")  # noqa: E731

        class Double(lib.autograd.Function):
            @staticmethod
            @first
            def forward(ctx, x):
                return x * 2

            @staticmethod
            @second
            def backward(ctx, grad):
                return grad * 2

        x = lib.ones(2, requires_grad=True)
        Double.apply(x).sum().backward()
        return x.grad.tolist(), str(x.grad.dtype)

    assert both(run) == ([2.0, 2.0], "torch.float32")


# Marks, and wrappers -----------------------------------------------------------------------------


def test_marks_leave_a_function_as_it_is():
    def run(lib):
        def add(x, y: float = 1.0):
            return x + y

        one = lib.ones(1)
        with lib.profiler.record_function("a part"), lib.autograd.profiler.record_function("b"):
            made = [lib.profiler.record_function("f")(add)(one)]
        with lib.profiler.record_function("c") as part:
            assert part.name == "c" and part.args is None
        jit, compiler = lib.jit, lib.compiler
        for mark in (jit.export, jit.unused, jit.ignore, jit.ignore(),
                     jit.script_if_tracing, compiler.disable, compiler.disable()):  # fmt: skip
            made.append(mark(add)(one, y=2.0))
        return [x.item() for x in made]

    assert both(run) == [2.0] + [3.0] * 7


@pytest.mark.filterwarnings("ignore:.*torch.jit.*is deprecated:DeprecationWarning")
def test_what_is_scripted_computes_the_same():
    def scripted_by(lib):
        model = lib.nn.Sequential(lib.nn.Linear(2, 3), lib.nn.ReLU())
        lib.manual_seed(1)
        lib.nn.init.normal_(model[0].weight)
        x = lib.ones(1, 2)
        return lib.equal(lib.jit.script(model)(x), model(x)), list(
            lib.jit.script(model).state_dict()
        )

    assert both(scripted_by) == (True, ["0.weight", "0.bias"])


def test_what_needs_a_graph_is_refused_by_name():
    for name in ("freeze", "save", "load"):
        with pytest.raises(MissingNameError, match="each op runs when it is called"):
            getattr(tinygrad_edu.jit, name)


def test_data_parallel_without_gpus():
    def run(lib):
        lib.manual_seed(0)
        model = lib.nn.DataParallel(lib.nn.Linear(2, 1), device_ids=[0, 1])
        loss = model(lib.ones(3, 2)).sum()
        loss.backward()
        state = model.state_dict()
        lib.nn.modules.utils.consume_prefix_in_state_dict_if_present(state, "module.")
        alone = lib.nn.Linear(2, 1)
        alone.load_state_dict(state)
        return (
            loss.item(), model.module.weight.grad.tolist(), list(state), sorted(state._metadata),
            alone.weight.tolist(), isinstance(model, lib.nn.Module),
        )  # fmt: skip

    if torch.cuda.is_available():
        pytest.skip("PyTorch would use its GPU")
    assert both(run)[2] == ["weight", "bias"]


def test_lazy_layers_are_told_by_their_mixin():
    for lib in BOTH:
        mixin = importlib.import_module(f"{lib.__name__}.nn.modules.lazy").LazyModuleMixin
        assert isinstance(lib.nn.LazyLinear(1), mixin)
        assert not isinstance(lib.nn.Linear(1, 1), mixin)


def test_types_for_annotations():
    assert both(lambda lib: [repr(t) for t in size_types(lib)])[1].endswith("tuple[int, int]]")


def size_types(lib):
    common = importlib.import_module(f"{lib.__name__}.nn.common_types")
    return [common._size_1_t, common._size_2_t, common._size_3_t, common._ratio_2_t]


# Old names ---------------------------------------------------------------------------------------


def test_variable():
    def run(lib):
        variable = lib.autograd.Variable
        x = lib.ones(2)
        made = [
            variable(x), variable(x, True), variable(x, requires_grad=True), variable(None),
            variable(), variable(requires_grad=True), variable(variable(x, True)),
        ]  # fmt: skip
        assert all(isinstance(m, variable) and type(m) is lib.Tensor for m in made)
        made[1].data[0] = 5.0  # the same memory
        with pytest.warns(UserWarning, match="volatile was removed"):
            made.append(variable(x, volatile=True))
        assert not isinstance(3, variable)
        return [(m.tolist(), m.requires_grad, m.is_leaf) for m in made]

    assert both(run)[0] == ([5.0, 1.0], False, True)


@pytest.mark.parametrize("arguments", [([1.0],), (3,)])
def test_a_variable_is_made_of_a_tensor(arguments):
    both_raise(lambda lib: lib.autograd.Variable(*arguments), text=True)
    both_raise(lambda lib: lib.autograd.Variable(lib.arange(2), requires_grad=True))


@pytest.mark.filterwarnings("ignore:torch.set_default_tensor_type:UserWarning")
def test_the_default_type_by_its_old_name():
    def run(lib):
        try:
            lib.set_default_tensor_type(lib.DoubleTensor)
            made = str(lib.ones(1).dtype)
            lib.set_default_tensor_type("torch.HalfTensor")
            return made, str(lib.ones(1).dtype)
        finally:
            lib.set_default_dtype(lib.float32)

    assert both(run) == ("torch.float64", "torch.float16")


@pytest.mark.parametrize("mode", ["default", "warn", "error", 0, 1, 2])
def test_the_debug_mode_of_deterministic_algorithms(mode):
    def run(lib):
        try:
            lib.set_deterministic_debug_mode(mode)
            return (
                lib.get_deterministic_debug_mode(), lib.are_deterministic_algorithms_enabled(),
                lib.is_deterministic_algorithms_warn_only_enabled(),
            )  # fmt: skip
        finally:
            lib.set_deterministic_debug_mode(0)

    both(run)


def test_types_of_tensors_on_gpus():
    def run(lib):
        return [isinstance(lib.ones(1), getattr(lib.cuda, f"{kind}Tensor"))
                for kind in ("Float", "Double", "Half", "Long", "Int", "Short", "Byte", "Char",
                             "Bool")]  # fmt: skip

    assert both(run) == [False] * 9


# The package -------------------------------------------------------------------------------------


def test_the_version_of_the_package_is_that_of_its_metadata():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert tinygrad_edu.version.package_version == project["version"]
    pinned = next(d for d in project["optional-dependencies"]["dev"] if d.startswith("torch=="))
    assert str(tinygrad_edu.__version__) == f"{pinned.removeprefix('torch==')}+tinygrad_edu"


def test_each_package_is_named_for_the_installer():
    tools = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
    found = {
        ".".join(path.parent.relative_to(ROOT).parts)
        for package in ("tinygrad_edu", "torch_ref")
        for path in (ROOT / package).rglob("__init__.py")
    }
    assert found == set(tools["setuptools"]["packages"])
