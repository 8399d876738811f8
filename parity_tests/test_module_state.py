"""Saving, loading, copying and converting modules, against PyTorch."""

import copy
import pickle
from collections import OrderedDict

import pytest

import tinygrad_edu

from .both import BOTH, both, both_raise, make

# State --------------------------------------------------------------------------------------------


def test_state_dict_shares_memory_and_has_no_history():
    def share(lib):
        model = make(lib)
        state = model.state_dict()
        assert isinstance(state, OrderedDict)
        with lib.no_grad():
            state["tied"].fill_(4.0)
        kept = model.state_dict(keep_vars=True)
        return (
            model.tied.tolist(), [t.requires_grad for t in state.values()],
            [t.requires_grad for t in kept.values()], kept["tied"] is model.tied,
        )  # fmt: skip

    both(share)


def test_load_state_dict_copies_into_place():
    def load(lib):
        source, target = make(lib), make(lib)
        with lib.no_grad():
            for i, parameter in enumerate(source.parameters()):
                parameter.fill_(i)
        source.count = lib.tensor(8)
        before = target.tied
        result = target.load_state_dict(source.state_dict())
        assert target.tied is before and target.tied.requires_grad
        target.count.fill_(5)
        return (
            {k: v.tolist() for k, v in target.state_dict().items()}, source.count.item(),
            repr(result), result.missing_keys, result.unexpected_keys, tuple(result),
        )  # fmt: skip

    assert both(load)[2] == "<All keys matched successfully>"


def test_load_state_dict_converts_dtypes_and_assign_takes_them():
    def load(lib, assign):
        source, target = make(lib).double(), make(lib)
        target.load_state_dict(source.state_dict(), assign=assign)
        if assign:
            with lib.no_grad():
                source.tied.fill_(9.0)
        return (
            [str(t.dtype) for t in target.state_dict().values()], target.tied.tolist(),
            [type(p).__name__ for p in target.parameters()],
            [p.requires_grad for p in target.parameters()],
        )  # fmt: skip

    for assign in (False, True):
        both(lambda lib, assign=assign: load(lib, assign))


def states(lib):
    """Wrong states, by what is wrong."""
    good = make(lib).state_dict()

    def without(*keys):
        return {k: v for k, v in good.items() if k not in keys}

    return {
        "missing": without("tied", "blocks.1.scale"),
        "unexpected": {**good, "extra": good["tied"], "head.up.more": good["tied"]},
        "unknown module": {**good, "tail.weight": good["tied"], "a.b.c": good["tied"]},
        "buffer not in the state": {**good, "blocks.0.scratch": lib.zeros(2)},
        "below what is None": {**good, "missing.weight": good["tied"]},
        "both": {**without("count"), "cuont": good["count"]},
        "shape": {**good, "tied": lib.zeros(3, 4), "blocks.0.mean": lib.zeros(1)},
        "no dimensions": {**good, "count": lib.zeros(2)},
        "everything": {**without("blocks.0.mean"), "x": good["tied"], "tied": lib.zeros(1)},
        "empty": {},
    }


@pytest.mark.parametrize("name", list(states(tinygrad_edu)))
def test_wrong_states_are_told_as_pytorch_does(name):
    wrong = {lib: states(lib)[name] for lib in BOTH}
    if name != "below what is None":  # which PyTorch lets pass
        both_raise(lambda lib: make(lib).load_state_dict(wrong[lib]), text=True)
    if name not in ("shape", "no dimensions", "everything"):
        result = both(lambda lib: repr(make(lib).load_state_dict(wrong[lib], strict=False)))
        assert "keys" in result
    else:
        both_raise(lambda lib: make(lib).load_state_dict(wrong[lib], strict=False), text=True)


def test_a_state_of_something_else():
    both_raise(lambda lib: make(lib).load_state_dict([("tied", 3)]))
    both_raise(lambda lib: make(lib).load_state_dict(None))
    numbers = {"weight": 3, "bias": [1]}
    message = both_raise(lambda lib: lib.nn.Linear(1, 1).load_state_dict(numbers))
    assert "expected torch.Tensor or Tensor-like object" in message and "<class 'int'>" in message


def test_a_single_number_loads_from_one_dimension():
    def load(lib):
        model = make(lib)
        model.load_state_dict({**model.state_dict(), "count": lib.tensor([7])})
        return model.count.tolist()

    assert both(load) == 7


def test_a_failed_load_has_loaded_what_fits():
    def load(lib):
        model = make(lib)
        with pytest.raises(RuntimeError):
            model.load_state_dict({**model.state_dict(), "count": lib.tensor(7), "x": lib.ones(1)})
        return model.count.item()

    assert both(load) == 7


def with_extra_state(lib, *, getter=True, setter=True):
    """A model of which one part, reached by two paths, has more to keep than tensors."""

    class Part(lib.nn.Linear):
        seen = None

        if getter:

            def get_extra_state(self):
                return {"seen": self.seen}

        if setter:

            def set_extra_state(self, state):
                self.seen = state["seen"]

    part = Part(1, 1)
    return lib.nn.Sequential(lib.nn.ReLU(), part, lib.nn.Sequential(part, Part(1, 1)))


def test_extra_state_is_saved_and_loaded():
    def travel(lib):
        source, target = with_extra_state(lib), with_extra_state(lib)
        source[1].seen = [1, "a"]
        source[2][1].seen = 5
        state = source.state_dict(prefix="all.")
        keys = list(state)
        assert state["all.1._extra_state"]["seen"] is source[1].seen
        result = target.load_state_dict(source.state_dict())
        return keys, repr(result), target[1].seen, target[2][1].seen

    keys, *_, seen, last = both(travel)
    assert (seen, last) == ([1, "a"], 5)
    assert keys[:3] == ["all.1.weight", "all.1.bias", "all.1._extra_state"]


def test_extra_state_of_the_module_itself():
    def travel(lib):
        class Counter(lib.nn.Module):
            count = 0

            def get_extra_state(self):
                return self.count

            def set_extra_state(self, state):
                self.count = state

        source, target = Counter(), Counter()
        source.count = 3
        state = source.state_dict()
        target.load_state_dict(state)
        return list(state.items()), target.count

    assert both(travel) == ([("_extra_state", 3)], 3)


@pytest.mark.parametrize("getter", [True, False])
@pytest.mark.parametrize("setter", [True, False])
def test_extra_state_that_does_not_fit_is_told_as_pytorch_does(getter, setter):
    def load(lib, strict):
        source = with_extra_state(lib, getter=getter)
        target = with_extra_state(lib, setter=setter)
        return repr(target.load_state_dict(source.state_dict(), strict=strict))

    both(lambda lib: load(lib, strict=False))
    if getter == setter:
        assert both(lambda lib: load(lib, strict=True)) == "<All keys matched successfully>"
    else:
        assert "1._extra_state" in both_raise(lambda lib: load(lib, strict=True), text=True)


def test_extra_state_is_not_asked_of_a_module_without():
    for lib in BOTH:
        with pytest.raises(RuntimeError):
            lib.nn.Linear(1, 1).get_extra_state()
        with pytest.raises(RuntimeError):
            lib.nn.Linear(1, 1).set_extra_state(None)


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
def test_copies_are_independent(duplicate):
    for lib in BOTH:
        model = lib.nn.Sequential(lib.nn.Linear(2, 3), lib.nn.ReLU())
        model.append(model[0])
        model.register_buffer("count", lib.tensor(3))
        other = duplicate(model)
        assert repr(other) == repr(model) and other[0] is other[2]
        assert [type(p) for p in other.parameters()] == [lib.nn.Parameter] * 2
        with lib.no_grad():
            other[0].weight.fill_(7.0)
            other.count.fill_(4)
        assert model[0].weight.max().item() < 1 and model.count.item() == 3


# Modes and conversions ----------------------------------------------------------------------------


def test_train_and_eval():
    def modes(lib):
        model = make(lib)
        seen = [[m.training for m in model.modules()]]
        assert model.eval() is model
        seen.append([m.training for m in model.modules()])
        assert model.head.train() is model.head
        seen.append([m.training for m in model.modules()])
        model.train(False)
        return [*seen, [m.training for m in model.modules()]]

    both(modes)
    both_raise(lambda lib: make(lib).train("yes"), text=True)


def test_apply_goes_bottom_up():
    def order(lib):
        names = []
        model = make(lib)
        assert model.apply(lambda m: names.append(type(m).__name__)) is model
        return names

    both(order)


def conversions(lib):
    return {
        "double": lambda m: m.double(),
        "half": lambda m: m.half(),
        "float": lambda m: m.double().float(),
        "cpu": lambda m: m.cpu(),
        "to dtype": lambda m: m.to(lib.float64),
        "to keyword": lambda m: m.to(dtype=lib.float64),
        "to device": lambda m: m.to("cpu"),
        "to both": lambda m: m.to("cpu", lib.float64),
        "to tensor": lambda m: m.to(lib.zeros(1, dtype=lib.float64)),
    }


@pytest.mark.parametrize("name", list(conversions(tinygrad_edu)))
def test_conversions_are_in_place(name):
    def convert(lib):
        model = make(lib)
        model(lib.ones(2, 3)).sum().backward()
        before = list(model.parameters())
        assert conversions(lib)[name](model) is model
        assert all(a is b for a, b in zip(before, model.parameters(), strict=True))
        assert model.again is model.blocks[0]
        x = lib.ones(2, 3, dtype=model.tied.dtype)
        if model.tied.dtype is not lib.float16:
            model(x).sum().backward()  # the graph after it is of the new dtype
        return (
            [str(p.dtype) for p in before], [str(b.dtype) for b in model.buffers()],
            [p.grad is not None and str(p.grad.dtype) for p in before],
            [p.requires_grad for p in before], [p.is_leaf for p in before],
        )  # fmt: skip

    both(convert)


def test_conversion_to_a_memory_format():
    def run(lib):
        nn = lib.nn
        model = nn.Sequential(nn.Conv2d(3, 4, 2), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(4, 2))
        found = []

        def look():
            state = model.state_dict().values()
            found.append([(x.stride(), str(x.dtype)) for x in state])

        assert model.to(memory_format=lib.channels_last) is model
        look()
        model(lib.ones(2, 3, 2, 2)).sum().backward()
        model.to(lib.float64, memory_format=lib.contiguous_format)
        look()
        model.to("cpu", memory_format=lib.channels_last).to(memory_format=None)
        look()
        deep = nn.Conv3d(2, 2, 2).to(memory_format=lib.channels_last_3d)
        return [*found, deep.weight.stride(), deep.weight.requires_grad]

    both(run)
    both_raise(lambda lib: lib.nn.Conv3d(1, 1, 1).to(memory_format=lib.channels_last))
    both_raise(lambda lib: lib.nn.Conv2d(1, 1, 1).to(memory_format=lib.channels_last_3d))
    both_raise(lambda lib: lib.nn.Conv2d(1, 1, 1).to(memory_format=3))


def test_conversion_to_integers_is_refused():
    both_raise(lambda lib: make(lib).to(lib.int64), text=True)
    both_raise(lambda lib: make(lib).to(dtype=lib.bool), text=True)
    with pytest.raises(AssertionError, match="CUDA"):
        make(tinygrad_edu).to("cuda")
    with pytest.raises(AssertionError, match="CUDA"):
        make(tinygrad_edu).cuda()


def test_requires_grad_and_zero_grad():
    def grads(lib):
        model = make(lib)
        loss = model(lib.ones(2, 3)).sum()
        loss.backward()
        model.zero_grad(set_to_none=False)
        seen = [None if p.grad is None else p.grad.abs().sum().item() for p in model.parameters()]
        model.zero_grad()
        assert all(p.grad is None for p in model.parameters())
        assert model.head.requires_grad_(False) is model.head
        return seen, [p.requires_grad for p in model.parameters()], model(lib.ones(3)).requires_grad

    both(grads)


@pytest.mark.parametrize("arguments", [({},), ({}, "a."), ({}, "a.", True), (None, "b.")])
def test_state_dict_by_position(arguments):
    def run(lib):
        model = lib.nn.Sequential(lib.nn.Linear(1, 1))
        given = [dict(a) if isinstance(a, dict) else a for a in arguments]
        with pytest.warns(FutureWarning, match="Positional args are being deprecated") as warned:
            state = model.state_dict(*given)
        kept = [v.requires_grad for v in state.values()]
        return list(state), kept, len(warned), state is given[0], hasattr(state, "_metadata")

    both(run)


def test_hooks_before_loading_that_are_not_given_the_module():
    def run(lib):
        model, calls = lib.nn.Sequential(lib.nn.Linear(1, 1)), []

        def note(*given):
            calls.append([type(x).__name__ for x in given])

        handles = [
            model[0]._register_load_state_dict_pre_hook(note),
            model[0]._register_load_state_dict_pre_hook(note, with_module=True),
            model.register_load_state_dict_pre_hook(note),
        ]
        model.load_state_dict(model.state_dict())
        for handle in handles:
            handle.remove()
        model.load_state_dict(model.state_dict())
        return [call[-7:] for call in calls], [len(call) for call in calls]

    assert both(run)[1] == [8, 7, 8]


@pytest.mark.parametrize("name", ["float64", "HalfTensor", "torch.DoubleTensor"])
def test_a_module_in_another_type(name):
    def run(lib):
        model = lib.nn.BatchNorm1d(2)
        model(lib.ones(3, 2)).sum().backward()
        kind = name if "." in name else getattr(lib, name)
        assert model.type(kind) is model
        return [str(t.dtype) for t in (*model.state_dict().values(), model.weight.grad)]

    both(run)


def test_a_module_with_any_values():
    def run(lib):
        model = lib.nn.Sequential(lib.nn.BatchNorm1d(2), lib.nn.Linear(2, 1))
        weight = model[1].weight
        before = weight.data_ptr()
        model.to_empty(device="cpu", recurse=False)
        kept = weight.data_ptr() == before
        assert model.to_empty(device="cpu") is model
        shapes = [tuple(t.shape) for t in model.state_dict().values()]
        return kept, weight.data_ptr() == before, shapes, model[1].weight.requires_grad

    assert both(run)[:2] == (True, False)
