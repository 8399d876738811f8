"""`torch_ref.mirror` and `pull`: a model of tinygrad_edu as PyTorch's own, and back.

`mirror_checks` says how a mirror is judged. Each layer is mirrored in `test_mirror_layers`, and the
models of the course in `test_mirror_courses`.
"""

from __future__ import annotations

import copy
import enum
import subprocess
import sys

import matplotlib
import matplotlib.pyplot as pyplot
import numpy as np
import pytest
import torch

import tinygrad_edu
import torch_ref
from torch_ref import MirrorError, mirror, pull

from . import mirrored, mirrored_helpers
from .judge import check
from .layer_inputs import Given
from .mirror_checks import check_alike, check_same_state
from .mirrored import MODELS
from .versions import as_printed


def made(name):
    tinygrad_edu.manual_seed(5)
    return MODELS[name]()


def features(*shape):
    return np.random.default_rng(3).normal(size=shape).astype("float32")


def batch(name):
    """What a model of `MODELS` is called with."""
    return [Given(features(*((3, 5, 4) if name in ("replaced", "recurrent") else (3, 4))), True)]


@pytest.mark.parametrize("name", MODELS)
def test_a_users_model_computes_alike_in_pytorch(name):
    model = made(name)
    theirs = mirror(model)
    assert isinstance(theirs, torch.nn.Module)
    assert repr(theirs) == as_printed(repr(model))
    check_same_state(model, theirs)
    check_alike(model, theirs, batch(name))
    check_same_state(model, theirs, exact="")


@pytest.mark.parametrize("name", MODELS)
def test_so_it_does_in_double_precision(name):
    model = made(name).double()
    theirs = mirror(model)
    check_alike(model, theirs, batch(name), "float64")


def test_a_lazy_layer_becomes_what_it_is_in_both():
    model = tinygrad_edu.nn.Sequential(
        tinygrad_edu.nn.LazyLinear(3), tinygrad_edu.nn.LazyBatchNorm1d()
    )
    theirs = mirror(model)
    assert repr(theirs) == as_printed(repr(model))
    with pytest.raises(MirrorError, match=r"0\.weight: torch's Uninit\w+ has no values"):
        model(tinygrad_edu.ones(2, 4))
        pull(theirs, model)
    theirs(torch.ones(2, 4))
    pull(theirs, model)
    assert repr(theirs) == as_printed(repr(model))
    check_alike(model, theirs, batch("lazy"))


def test_what_is_shared_stays_shared_and_nothing_else_is():
    model = made("Shared")
    theirs = mirror(model)
    assert theirs.first is theirs.again is theirs.untold[0]
    assert theirs.tied.weight is theirs.first.weight
    assert theirs.aliased is not theirs.first.bias
    with torch.no_grad():
        theirs.aliased += 1
    assert torch.equal(theirs.first.bias, theirs.aliased)  # one memory, as in ours
    assert not np.array_equal(model.first.bias.detach().numpy(), theirs.aliased.detach().numpy())


def test_each_call_makes_anew_and_leaves_the_model_as_it_was():
    model = made("Configured")
    before = copy.copy(vars(model))
    first, second = mirror(model), mirror(model)
    assert first is not second
    assert vars(model) == before
    assert first.table is not second.table


def test_the_mirror_uses_pytorch_alone():
    theirs = mirror(made("Configured"))
    assert theirs.options.activation is torch.nn.functional.gelu
    assert theirs.options.kind is torch.nn.Sigmoid
    assert theirs.options.dtype is torch.float64
    assert theirs.activation.func is torch.nn.functional.leaky_relu
    assert theirs.size == torch.Size([2, 2]) and type(theirs.size) is torch.Size
    assert issubclass(type(theirs), torch.nn.Module)
    assert type(theirs).__mro__[1:] == torch.nn.Module.__mro__


def test_gradients_and_generators_go_along():
    model = made("Derived")
    model(tinygrad_edu.ones(2, 4)).sum().backward()
    model.generator = tinygrad_edu.Generator().manual_seed(3)
    theirs = mirror(model)
    check(model.linear.weight.grad, theirs.linear.weight.grad, exact="bits")
    assert theirs.generator.get_state().tolist() == model.generator.get_state().tolist()
    drawn = torch.rand(3, generator=theirs.generator)
    check(tinygrad_edu.rand(3, generator=model.generator), drawn, exact="bits")


@pytest.mark.parametrize("name", ["Widening", "Configured", "Shared"])
def test_a_mirror_can_be_compiled(name):
    theirs = mirror(made(name))
    x = torch.from_numpy(features(3, 4))
    torch.testing.assert_close(torch.compile(theirs, backend="eager")(x), theirs(x))


def test_a_decorated_method_records_nothing():
    theirs = mirror(made("Derived"))
    assert not theirs.frozen(torch.ones(2, 4)).requires_grad
    assert theirs(torch.ones(2, 4)).requires_grad


def test_a_class_that_acts_when_derived_from_does_so_in_the_mirror():
    theirs = type(mirror(made("Concrete")))
    before = len(theirs.names)

    class More(theirs):
        pass

    assert theirs.names[before:] == [More.__name__]


def test_arrays_and_random_numbers_are_copied():
    model = made("Noisy")
    model.array, model.numbers = np.ones(2), np.random.default_rng(0)
    theirs = mirror(model)
    theirs.array += 1
    assert model.array.tolist() == [1, 1]
    assert model.numbers.random() == theirs.numbers.random()


def test_a_name_stands_for_the_one_with_more_arguments():
    functional = torch.nn.functional
    assert mirror(tinygrad_edu.nn.functional.max_pool2d) is functional.max_pool2d
    assert mirror(tinygrad_edu.Tensor.size) is torch.Tensor.size


def test_a_frozen_leaf_keeps_its_hooks_for_later():
    leaf = tinygrad_edu.ones(2, requires_grad=True)
    leaf.register_hook(lambda grad: grad * 3)
    theirs = mirror(leaf.requires_grad_(False))
    assert not theirs.requires_grad
    (theirs.requires_grad_() * 2).sum().backward()
    assert theirs.grad.tolist() == [6, 6]


COUNTED = 0


def counting():
    global COUNTED
    COUNTED += 1
    return COUNTED


def test_a_count_of_calls_is_each_sides_own():
    theirs = mirror(counting)
    assert [theirs(), theirs(), counting()] == [1, 2, 1]


class Drawing(tinygrad_edu.nn.Module):
    def forward(self, x):
        return tinygrad_edu.relu(x)

    def draw(self):
        return pytest.approx(pyplot.figure().number + matplotlib.pyplot.figure().number)


def test_functions_of_other_packages_are_not_made_again():
    method = type(mirror(Drawing())).draw
    assert method is Drawing.draw  # as it has nothing to do with tinygrad_edu


def outer():
    helpers = mirrored_helpers

    def inner(x):
        return helpers.halved(x)

    return inner


def test_a_module_in_a_closure_is_followed():
    inner = outer()
    x = features(3, 4)
    check(inner(tinygrad_edu.from_numpy(x)), mirror(inner)(torch.from_numpy(x)))


def test_what_a_function_counts_its_copy_counts_by_itself():
    theirs = mirror(made("Concrete"))
    before = mirrored.CALLS
    theirs(torch.ones(2, 4))
    assert before == mirrored.CALLS
    assert theirs.recorded.__wrapped__.__globals__["CALLS"] == before + 1


class Slotted(tinygrad_edu.nn.Module):
    __slots__ = ("own",)

    def forward(self, x):
        return self.own(x)


def test_attributes_in_slots_go_along():
    model = Slotted()
    object.__setattr__(model, "own", tinygrad_edu.exp)
    theirs = mirror(model)
    assert theirs.own is torch.exp and "own" not in vars(theirs)


def test_several_values_are_mirrored_together():
    model = made("Derived")
    theirs, function = mirror(model, lambda x: model(tinygrad_edu.ones(1, 4)) + x)
    assert torch.equal(function(0.0), theirs(torch.ones(1, 4)))


# And back ----------------------------------------------------------------------------------------


def losses(library, model, optimizer, steps, start=0):
    """The losses of some steps of training."""
    result = []
    for step in range(start, start + steps):
        x = np.random.default_rng(step).normal(size=(8, 4)).astype("float32")
        library.manual_seed(step)
        loss = (model(library.from_numpy(x)) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        result.append(loss.item())
    return result


@pytest.mark.parametrize("name", ["Derived", "Nested", "Shared", "Regular", "in_evaluation"])
def test_what_pytorch_has_trained_ours_goes_on_with(name):
    model = made(name)
    optimizer = tinygrad_edu.optim.Adam(model.parameters(), lr=0.01)
    losses(tinygrad_edu, model, optimizer, 2)
    theirs, their_optimizer = mirror(model, optimizer)
    losses(torch, theirs, their_optimizer, 5, start=2)
    theirs.eval()
    pull(theirs, model)
    pull(their_optimizer, optimizer)
    check_same_state(model, theirs)
    assert getattr(model, "count", 0) == getattr(theirs, "count", 0)
    theirs.train()
    model.train()
    given = losses(torch, theirs, their_optimizer, 4, start=7)
    got = losses(tinygrad_edu, model, optimizer, 4, start=7)
    np.testing.assert_allclose(got, given, rtol=4 * 32 * np.finfo("float32").eps)


def test_gradients_and_other_tensors_come_back():
    model = made("Noisy")
    model.seen = tinygrad_edu.zeros(4)
    theirs = mirror(model)
    theirs(torch.ones(2, 4)).sum().backward()
    theirs.seen += 2
    pull(theirs, model)
    assert model.seen.tolist() == [2] * 4
    check(model.weight.grad, theirs.weight.grad, exact="bits")


def test_what_is_in_one_memory_still_is_after_a_pull():
    model = made("Shared")
    theirs = mirror(model)
    with torch.no_grad():
        theirs.first.bias += 1
    pull(theirs, model)
    check(model.aliased.detach(), theirs.first.bias.detach(), exact="bits")
    with tinygrad_edu.no_grad():
        model.first.bias.mul_(2)
    assert tinygrad_edu.equal(model.aliased, model.first.bias)


def test_values_come_back_in_the_dtypes_of_the_model():
    model = made("Derived")
    theirs = mirror(model)
    theirs.double()
    theirs.linear.bias.requires_grad_(False)
    pull(theirs.to(torch.bfloat16), model)
    assert model.linear.weight.dtype is tinygrad_edu.float32
    assert not model.linear.bias.requires_grad and model.linear.weight.requires_grad
    check(model.linear.weight.detach(), theirs.linear.weight.detach().float(), exact="bits")


@pytest.mark.parametrize(
    "change, message",
    [
        (lambda m: delattr(m, "linear"), r"^linear: PyTorch's Derived has none$"),
        (lambda m: setattr(m.linear, "bias", None), r"^linear\.bias: it is None on one side only$"),
        (
            lambda m: setattr(m.linear, "weight", torch.nn.Parameter(torch.ones(2, 3))),
            r"^linear\.weight: its shape is \(2, 3\) in PyTorch, and here \(4, 4\)$",
        ),
    ],
)
def test_what_does_not_fit_is_named(change, message):
    model = made("Derived")
    theirs = mirror(model)
    change(theirs)
    with pytest.raises(MirrorError, match=message):
        pull(theirs, model)


def test_a_pull_the_wrong_way_round_is_told():
    model = made("Derived")
    theirs = mirror(model)
    with pytest.raises(MirrorError, match="from PyTorch to tinygrad_edu"):
        pull(model, theirs)
    with pytest.raises(MirrorError, match="not from torch's Adam to parity_tests's Derived"):
        pull(torch.optim.Adam(theirs.parameters()), model)


# What is not moved -------------------------------------------------------------------------------


def with_part(part):
    return tinygrad_edu.nn.Sequential(tinygrad_edu.nn.ReLU(), tinygrad_edu.nn.Sequential(part))


def with_attribute(value):
    layer = tinygrad_edu.nn.Linear(2, 2)
    layer.extra = value
    return with_part(layer)


class Own(tinygrad_edu.Tensor):
    pass


class Unknown(tinygrad_edu.nn.Module):
    def forward(self, x):
        return tinygrad_edu.nn.functional.only_here(x)


class Borrowing(tinygrad_edu.nn.Module):
    def forward(self, x):
        return tinygrad_edu.later.__doc__, x


def test_what_pytorch_lacks_is_named(monkeypatch):
    monkeypatch.setattr(tinygrad_edu.nn.functional, "only_here", lambda x: x, raising=False)
    with pytest.raises(
        MirrorError,
        match=r"^1\.0: Unknown\.forward uses tinygrad_edu\.nn\.functional\.only_here, which",
    ):
        mirror(with_part(Unknown()))


def test_so_is_what_only_the_inside_of_tinygrad_edu_has():
    with pytest.raises(MirrorError, match=r"^1\.0: .*later.*, which PyTorch has not$"):
        mirror(with_part(Borrowing()))


class Lazy(tinygrad_edu.nn.LazyLinear):
    pass


class Kinds(enum.Enum):
    LINEAR = tinygrad_edu.nn.Linear
    FIRST = 1


class Layers(list):
    def made(self):
        return tinygrad_edu.nn.ModuleList(self)


class Needy:
    def __new__(cls, needed):
        return super().__new__(cls)

    def act(self, x):
        return tinygrad_edu.exp(x)


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: Lazy(2), r"1\.0: a Lazy, derived from a lazy layer, is not moved"),
        (
            lambda: with_attribute(Kinds.FIRST)[1][0],
            r"1\.0\.extra: Kinds, an Enum that uses tinygrad_edu, is not moved",
        ),
        (
            lambda: with_attribute(Layers([1]))[1][0],
            r"1\.0\.extra: a Layers, a container that uses tinygrad_edu, is not moved",
        ),
        (
            lambda: with_attribute(Needy(1))[1][0],
            r"1\.0\.extra: a Needy cannot be made again: .*missing 1 required positional",
        ),
    ],
)
def test_a_class_that_cannot_be_made_again_is_named(make, message):
    with pytest.raises(MirrorError, match=f"^{message}"):
        mirror(with_part(make()))


@pytest.mark.filterwarnings("ignore:.*weight_norm")
def test_so_is_one_with_a_hook_of_the_library():
    layer = tinygrad_edu.nn.utils.spectral_norm(tinygrad_edu.nn.Linear(2, 2))
    with pytest.raises(MirrorError, match=r"^1\.0: a hook of tinygrad_edu's, SpectralNorm"):
        mirror(with_part(layer))


def test_so_are_hooks_of_a_state_dict():
    layer = tinygrad_edu.nn.Linear(2, 2)
    layer.register_state_dict_pre_hook(print)
    with pytest.raises(MirrorError, match=r"^1\.0: a Linear with hooks of its state_dict"):
        mirror(with_part(layer))


def test_so_is_a_tensor_with_a_history():
    result = tinygrad_edu.ones(2, requires_grad=True) * 2
    with pytest.raises(MirrorError, match=r"^1\.0\.extra: a tensor that is the result of an op"):
        mirror(with_attribute(result))
    leaf = tinygrad_edu.ones(2, requires_grad=True)
    leaf.expand(2, 2).grad_fn.next_functions[0][0].register_hook(print)
    with pytest.raises(MirrorError, match=r"^1\.0\.extra: a tensor of which the node"):
        mirror(with_attribute(leaf))


def test_so_is_a_part_of_another_tensor():
    whole = tinygrad_edu.ones(4)
    with pytest.raises(MirrorError, match=r"^1\.0\.extra: a tensor that shares a part"):
        mirror(with_attribute([whole, whole[1:]]))


def test_so_are_tensors_of_other_classes():
    with pytest.raises(MirrorError, match=r"^1\.0\.extra: a tensor of the class Own is not moved$"):
        mirror(with_attribute(Own(2, 2)))


def test_so_are_other_objects_of_tinygrad_edu():
    normal = tinygrad_edu.distributions.Normal(0.0, 1.0)
    with pytest.raises(MirrorError, match=r"^1\.0\.extra: a Normal of tinygrad_edu is not moved$"):
        mirror(with_attribute(normal))


def test_pytorch_is_imported_when_it_is_asked_for():
    lines = "\n".join(
        [
            "import sys, torch_ref",
            "assert 'torch' not in sys.modules",
            "torch_ref.pull",
            "print(*sys.modules)",
        ]
    )
    run = subprocess.run([sys.executable, "-c", lines], capture_output=True, text=True, check=True)
    assert {"torch", "torch_ref.mirroring"} <= set(run.stdout.split())
    with pytest.raises(AttributeError, match="has no attribute 'mirrors'"):
        torch_ref.mirrors  # noqa: B018
