"""Normalization layers against PyTorch: training, running statistics, gradients twice."""

import pytest
import torch

import tinygrad_edu

from .both import BOTH, both, both_raise
from .compare import compare
from .modules import check_raises_alike
from .versions import NORM_BIAS

DTYPES = [torch.float32, torch.float64]


def draw(shape, dtype, seed=0, grad=True):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(shape, generator=generator, dtype=dtype).mul(2).add(1).requires_grad_(grad)


def affine(count, dtype, seed=5):
    return [draw((count,), dtype, seed), draw((count,), dtype, seed + 1)]


@pytest.mark.on_device
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(5, 3), (4, 3, 2), (2, 3, 2, 4)])
def test_batch_norm(shape, dtype):
    x, rest = draw(shape, dtype), affine(3, dtype)
    running = [draw((3,), dtype, 8, False), draw((3,), dtype, 9, False).abs() + 0.5]

    def train(lib, x, w=None, b=None):
        return lib.nn.functional.batch_norm(x, None, None, w, b, training=True, eps=0.1)

    def evaluate(lib, x, mean, var, w=None, b=None):
        return lib.nn.functional.batch_norm(x, mean, var, w, b)

    for layout in ("contiguous", "transposed"):
        compare(train, x, *rest, layout=layout)
        compare(evaluate, x, *running, *rest, layout=layout)
    compare(train, x)
    compare(train, x.detach(), *rest)
    compare(evaluate, x, *running)
    compare(evaluate, x.detach(), *running, *rest)


@pytest.mark.on_device
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(5, 4, 3), (2, 4, 3, 2), (1, 4, 5)])
def test_instance_and_group_norm(shape, dtype):
    x, rest = draw(shape, dtype), affine(4, dtype)

    def instance(lib, x, w=None, b=None):
        return lib.nn.functional.instance_norm(x, weight=w, bias=b)

    def group(lib, x, w=None, b=None):
        return lib.nn.functional.group_norm(x, 2, w, b, eps=0.01)

    for call in (instance, group):
        compare(call, x, *rest, layout="sliced")
        compare(call, x)


@pytest.mark.on_device
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("shape", "size"), [((5, 3), (3,)), ((2, 4, 3), (4, 3)), ((3,), (3,))])
def test_rms_norm(shape, size, dtype):
    def call(lib, x, w=None):
        return lib.nn.functional.rms_norm(x, size, w, 0.1)

    compare(call, draw(shape, dtype), draw(size, dtype, 3))
    compare(call, draw(shape, dtype))
    both(lambda lib: lib.nn.RMSNorm(3)(lib.zeros(2, 3)).tolist())


LAYERS = {
    "BatchNorm1d(3)": (4, 3), "BatchNorm1d(3, momentum=None)": (4, 3, 2),
    "BatchNorm1d(3, affine=False, eps=0.1)": (4, 3),
    "BatchNorm1d(3, track_running_stats=False)": (4, 3),
    "BatchNorm2d(3, momentum=0.5)": (2, 3, 4, 2),
    "BatchNorm2d(3, dtype=lib.float64)": (2, 3, 4, 2),
    "InstanceNorm1d(3)": (2, 3, 5), "InstanceNorm1d(3, affine=True)": (3, 5),
    "BatchNorm3d(3, 1e-3, 0.2)": (2, 3, 2, 3, 2),
    "SyncBatchNorm(3)": (4, 3), "SyncBatchNorm(3, 0.1, None)": (2, 3, 2, 2),
    "SyncBatchNorm(3, track_running_stats=False)": (4, 3, 2),
    "InstanceNorm3d(3, affine=True, track_running_stats=True)": (2, 3, 2, 3, 2),
    "InstanceNorm3d(3, momentum=None)": (3, 2, 3, 2),
    "InstanceNorm2d(3, track_running_stats=True)": (2, 3, 4, 2),
    "InstanceNorm2d(3, affine=True, track_running_stats=True, momentum=0.3)": (3, 4, 2),
    "GroupNorm(2, 4)": (3, 4, 2), "GroupNorm(4, 4, eps=0.1)": (2, 4, 3, 2),
    "GroupNorm(1, 4, affine=False)": (2, 4), "RMSNorm(4)": (3, 4),
    "RMSNorm((2, 4), eps=0.5)": (3, 2, 4), "RMSNorm([4], elementwise_affine=False)": (3, 4),
}  # fmt: skip


@pytest.mark.parametrize("layer", list(LAYERS))
def test_layers_train_and_evaluate(layer):
    """Three batches, then evaluation; and the buffers and parameters that are left."""
    results = []
    for lib in BOTH:
        module = eval(f"lib.nn.{layer}", {"lib": lib})
        dtype = lib.float64 if "float64" in layer else lib.float32
        outputs = []
        for number in range(4):
            module.train(number < 3)
            x = draw(LAYERS[layer], torch.float64, number, grad=False).tolist()
            x = lib.tensor(x, dtype=dtype, requires_grad=True)
            out = module(x)
            (out * out * out).sum().backward()
            outputs += [out.tolist(), x.grad.tolist()]
        state = {name: value.tolist() for name, value in module.state_dict().items()}
        outputs += [p.grad.tolist() for p in module.parameters()]
        results.append((state, outputs, [str(v.dtype) for v in module.state_dict().values()]))
    theirs, mine = results
    assert list(mine[0]) == list(theirs[0])
    assert mine[2] == theirs[2]
    pairs = zip([*mine[0].values(), *mine[1]], [*theirs[0].values(), *theirs[1]], strict=True)
    for a, b in pairs:
        torch.testing.assert_close(torch.tensor(a), torch.tensor(b), rtol=1e-4, atol=2e-4)


@NORM_BIAS.skip
@pytest.mark.parametrize("layer", list(LAYERS))
def test_texts(layer):
    both(lambda lib: repr(eval(f"lib.nn.{layer}", {"lib": lib})))


@NORM_BIAS.skip
def test_layers_without_bias():
    for layer in ("BatchNorm1d(3, bias=False)", "GroupNorm(1, 3, bias=False)",
                  "InstanceNorm1d(3, affine=True, bias=False)"):  # fmt: skip
        both(lambda lib, layer=layer: repr(eval(f"lib.nn.{layer}")))
        both(lambda lib, layer=layer: list(eval(f"lib.nn.{layer}").state_dict()))


ERRORS = [
    "BatchNorm1d(3)(lib.ones(3))", "BatchNorm1d(3)(lib.ones(1, 3))",
    "BatchNorm1d(3)(lib.ones(4, 2))", "BatchNorm2d(3)(lib.ones(2, 3))",
    "InstanceNorm1d(3)(lib.ones(3))", "InstanceNorm2d(3)(lib.ones(3, 2))",
    "InstanceNorm1d(3)(lib.ones(2, 3, 1))", "InstanceNorm1d(3, affine=True)(lib.ones(2, 4, 2))",
    "GroupNorm(2, 3)", "GroupNorm(2, 4)(lib.ones(4))", "GroupNorm(2, 4)(lib.ones(1, 3, 2))",
    "GroupNorm(2, 2)(lib.ones(1, 2))", "RMSNorm(3)(lib.ones(2, 4))", "RMSNorm((2, 3))(lib.ones(3))",
    "functional.rms_norm(lib.ones(2, 3), (3,), lib.ones(2))",
    "functional.batch_norm(lib.ones(2, 3), None, None)",
    "functional.batch_norm(lib.ones(2, 3), None, None, training=True, eps=0.0)",
    "functional.batch_norm(lib.ones(2, 3), lib.ones(2), lib.ones(2), training=True)",
    "functional.group_norm(lib.ones(2, 3, 4), 2)",
]  # fmt: skip


@pytest.mark.parametrize("expression", ERRORS)
def test_errors(expression):
    both_raise(lambda lib: eval(f"lib.nn.{expression}", {"lib": lib}))


def test_a_wrong_number_of_channels_without_use_warns():
    for lib in BOTH:
        with pytest.warns(UserWarning, match="does not match num_features"):
            lib.nn.InstanceNorm1d(3)(lib.ones(2, 4, 2))


def test_running_statistics_are_no_part_of_the_graph():
    module = tinygrad_edu.nn.BatchNorm1d(2)
    module(tinygrad_edu.ones(3, 2, requires_grad=True))
    assert not module.running_mean.requires_grad and module.running_mean.grad_fn is None
    assert module.num_batches_tracked.item() == 1
    module.reset_running_stats()
    assert module.running_var.tolist() == [1.0, 1.0] and module.num_batches_tracked.item() == 0


@NORM_BIAS.skip
def test_networks_are_converted_to_synchronized_batch_norms():
    def made(library):
        nn = library.nn
        inner = nn.Sequential(nn.BatchNorm2d(3, 0.1, None, bias=False), nn.ReLU())
        model = nn.Sequential(nn.BatchNorm1d(2, affine=False), inner, nn.InstanceNorm1d(2)).eval()
        weight, mean = inner[0].weight, inner[0].running_mean
        converted = nn.SyncBatchNorm.convert_sync_batchnorm(model)
        assert converted is model and inner[0].weight is weight
        assert inner[0].running_mean is mean and not inner[0].training
        alone = nn.SyncBatchNorm.convert_sync_batchnorm(nn.BatchNorm3d(4), "group")
        assert alone.process_group == "group"
        return repr(model), list(model.state_dict()), repr(alone)

    both(made)


@pytest.mark.parametrize("training", [True, False])
def test_running_statistics_have_no_gradient(training):
    for mean, var in ((True, False), (False, True)):
        check_raises_alike(
            lambda lib, mean=mean, var=var: lib.nn.functional.batch_norm(
                lib.ones(3, 2),
                lib.zeros(2, requires_grad=mean),
                lib.ones(2, requires_grad=var),
                training=training,
            )
        )
