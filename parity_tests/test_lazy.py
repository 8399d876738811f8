"""Lazy layers, uninitialized parameters, and buffers that are assigned."""

import copy
import pickle

import pytest
import torch

import tinygrad_edu

from .compare import compare
from .modules import SIDES, check_raises_alike, draw, same_bits
from .versions import NORM_BIAS, as_printed

LAYERS = [
    (lambda nn: nn.LazyLinear(3), (2, 4)),
    (lambda nn: nn.LazyLinear(3, bias=False), (4,)),
    (lambda nn: nn.LazyConv1d(4, 3, padding=1), (2, 3, 5)),
    (lambda nn: nn.LazyConv2d(4, (2, 3), 2, groups=2, padding_mode="reflect"), (2, 4, 5, 6)),
    (lambda nn: nn.LazyConv2d(4, 3, bias=False), (3, 5, 5)),
    (lambda nn: nn.LazyConvTranspose1d(4, 3, output_padding=1, stride=2), (2, 3, 5)),
    (lambda nn: nn.LazyConvTranspose2d(4, 3, groups=2), (2, 2, 4, 4)),
    (lambda nn: nn.LazyConv3d(6, (1, 2, 3), groups=3), (2, 3, 3, 4, 5)),
    (lambda nn: nn.LazyConvTranspose3d(4, 2, 2), (2, 2, 2, 2)),
    (lambda nn: nn.LazyBatchNorm3d(), (4, 3, 2, 2, 1)),
    (lambda nn: nn.LazyInstanceNorm3d(0.1, 0.2), (2, 3, 4, 2, 1)),
    (lambda nn: nn.LazyBatchNorm1d(), (4, 3)),
    (lambda nn: nn.LazyBatchNorm2d(0.1, None, affine=False), (4, 3, 2, 2)),
    *NORM_BIAS.only(
        (lambda nn: nn.LazyBatchNorm2d(bias=False, track_running_stats=False), (4, 3, 2, 2)),
    ),
    (lambda nn: nn.LazyInstanceNorm1d(), (2, 3, 4)),
    (lambda nn: nn.LazyInstanceNorm2d(track_running_stats=False), (2, 3, 4, 2)),
]


@pytest.mark.parametrize("number", range(len(LAYERS)))
def test_the_first_call_makes_ordinary_layers(number):
    make, shape = LAYERS[number]
    x = draw(shape, torch.float32).detach()
    modules = []
    for library in SIDES:
        library.manual_seed(3)
        module = make(library.nn)
        first = [repr(module), str(module.state_dict()), module.has_uninitialized_params()]
        # PyTorch cannot copy uninitialized buffers.
        copied = module if "Buffer" in first[1] else copy.deepcopy(module)
        assert str(copied.state_dict()) == first[1] and type(copied) is type(make(library.nn))
        output = module(x if library is torch else library.from_numpy(x.numpy()))
        assert type(module).__name__ == type(make(library.nn)).__name__.removeprefix("Lazy")
        modules.append((first, repr(module), module.state_dict(), output))
    (first, text, state, output), mine = modules
    assert [as_printed(mine[0][0]), *mine[0][1:]] == first
    assert as_printed(mine[1]) == text and list(mine[2]) == list(state)
    for name, tensor in state.items():
        if name.startswith("running"):  # sums, which are rounded
            torch.testing.assert_close(torch.from_numpy(mine[2][name].numpy()), tensor)
        else:
            same_bits(mine[2][name], tensor)
    torch.testing.assert_close(torch.from_numpy(mine[3].detach().numpy()), output.detach())
    same_bits(tinygrad_edu.rand(3), torch.rand(3))


def test_a_lazy_network_trains():
    def call(library, x):
        library.manual_seed(1)
        nn = library.nn
        model = nn.Sequential(nn.LazyConv1d(3, 2), nn.LazyBatchNorm1d(), nn.ReLU(), nn.Flatten(),
                              nn.LazyLinear(2)).double()  # fmt: skip
        output = model(x)
        output.sum().backward()
        return [output, *(parameter.grad for parameter in model.parameters())]

    compare(call, draw((4, 2, 5), torch.float64), twice=False)


def test_uninitialized_parameters():
    for library in SIDES:
        module = library.nn.LazyLinear(3)
        weight = module.weight
        assert library.nn.parameter.is_lazy(weight) and isinstance(weight, library.nn.Parameter)
        assert repr(weight) == "<UninitializedParameter>" and weight.requires_grad
        assert module.double().weight.dtype is library.float64
        with pytest.raises(RuntimeError, match="Can't access the shape"):
            _ = weight.shape
        assert weight.data.normal_(0, 0.01).shape == (0,) and weight.data.dtype is library.float64
        for use in (lambda w: w + 1, lambda w: w.sum(), lambda w: w.numel(), lambda w: w.detach()):
            with pytest.raises(ValueError, match="Attempted to use a"):
                use(weight)
        weight.materialize((2, 3))
        assert type(weight) is library.nn.Parameter and weight.shape == (2, 3)
        assert weight.dtype is library.float64 and not library.nn.parameter.is_lazy(weight)
        buffer = library.nn.UninitializedBuffer(dtype=library.float64)
        assert repr(buffer) == "<UninitializedBuffer>"
        buffer.materialize((3,))
        assert type(buffer) is library.Tensor and buffer.dtype is library.float64


def test_states():
    for library in SIDES:
        nn = library.nn
        full, lazy = nn.Linear(4, 3), nn.LazyLinear(3)
        assert str(lazy.load_state_dict(full.state_dict())) == "<All keys matched successfully>"
        assert type(lazy) is nn.LazyLinear and lazy.weight.tolist() == full.weight.tolist()
        with pytest.raises(AssertionError, match="features"):
            lazy(library.ones(2, 5))
        lazy(library.ones(2, 4))
        assert type(lazy) is nn.Linear and lazy.weight.tolist() == full.weight.tolist()
        nn.LazyLinear(3).load_state_dict(nn.LazyLinear(3).state_dict())
        with pytest.raises(RuntimeError):
            full.load_state_dict(nn.LazyLinear(3).state_dict())


def test_errors():
    check_raises_alike(lambda lib: lib.nn.LazyConv2d(4, 3, groups=2)(lib.ones(1, 3, 5, 5)))
    check_raises_alike(lambda lib: lib.nn.LazyConv2d(4, 3)(lib.ones(3, 5)))
    check_raises_alike(lambda lib: lib.nn.LazyConvTranspose1d(4, 3)(lib.ones(1, 2, 3, 5)))
    check_raises_alike(lambda lib: lib.nn.LazyBatchNorm1d()(lib.ones(3)))
    check_raises_alike(lambda lib: lib.nn.LazyBatchNorm1d()(lib.ones(3, 2, 2, 2)))
    check_raises_alike(lambda lib: lib.nn.LazyInstanceNorm1d()(lib.ones(3, 4)))
    check_raises_alike(lambda lib: lib.nn.LazyLinear(3)())


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
def test_copies_of_buffers_and_lazy_modules(copied):
    module = tinygrad_edu.nn.Module()
    module.kept = tinygrad_edu.nn.Buffer(tinygrad_edu.ones(2))
    module.passing = tinygrad_edu.nn.Buffer(tinygrad_edu.ones(1), persistent=False)
    other = copied(module)
    for _ in range(2):
        assert list(other.state_dict()) == ["kept"] and other.passing.tolist() == [1.0]
        assert isinstance(other.passing, tinygrad_edu.nn.Buffer) and not other.passing.persistent
        other.kept[0] = 5
        assert module.kept.tolist() == [1.0, 1.0]
        other = copied(other.float())
    lazy = copied(tinygrad_edu.nn.LazyLinear(3).double())
    assert lazy(tinygrad_edu.ones(2, 4).double()).shape == (2, 3)


def test_assigned_buffers():
    states = []
    for library in SIDES:
        module = library.nn.Module()
        module.kept = library.nn.Buffer(library.ones(2))
        module.passing = library.nn.Buffer(library.ones(1), persistent=False)
        states.append([str(module.state_dict()), [name for name, _ in module.named_buffers()]])
        assert isinstance(module.kept, library.nn.Buffer)
        assert repr(module.kept) == "tensor([1., 1.])" and not module.kept.requires_grad
        module.kept = library.zeros(3)
        module.passing = library.nn.Buffer(library.ones(4))
        module.trained = library.nn.Buffer(library.ones(1, requires_grad=True))
        assert module.trained.requires_grad
        states[-1].append(str(module.state_dict()))
        assert library.nn.Buffer().shape == (0,)
        module.weight, module.number = library.nn.Parameter(library.ones(1)), 1
    assert states[0] == states[1]

    def assign(name, value):
        def call(library):
            module = library.nn.Module()
            module.weight, module.number = library.nn.Parameter(library.ones(1)), 1
            module.kept = library.nn.Buffer(library.ones(1))
            setattr(module, name, value(library))

        return call

    for name in ("weight", "number"):
        check_raises_alike(assign(name, lambda lib: lib.nn.Buffer(lib.ones(1))))
    check_raises_alike(assign("kept", lambda lib: 5))
    check_raises_alike(lambda lib: lib.nn.Buffer(5))
    check_raises_alike(lambda lib: setattr(object.__new__(lib.nn.Module), "b", lib.nn.Buffer()))
