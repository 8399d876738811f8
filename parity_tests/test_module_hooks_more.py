"""Hooks of a module's state, hooks of all modules, and the deprecated backward hook."""

import warnings

import numpy as np
import pytest
import torch

import tinygrad_edu
from tinygrad_edu.nn import global_hooks
from tinygrad_edu.nn.hooks import ModuleHooks
from tinygrad_edu.nn.module import Module

from .both import both, both_raise


def values(grads):
    return [None if g is None else np.round(g.tolist(), 12).tolist() for g in grads]


def nested(lib):
    lib.manual_seed(0)
    inner = lib.nn.Sequential(lib.nn.Linear(2, 2), lib.nn.BatchNorm1d(2))
    return lib.nn.Sequential(inner, lib.nn.Linear(2, 1)).double()


def test_hooks_of_saving():
    def run(lib):
        seen = []
        model = nested(lib)

        def before(module, prefix, keep_vars):
            seen.append(("before", type(module).__name__, prefix, keep_vars))

        def after(module, state, prefix, local_metadata):
            seen.append(("after", type(module).__name__, prefix, list(state), local_metadata))
            state[prefix + "note"] = len(seen)

        def another(module, state, prefix, local_metadata):
            return {"only": sorted(state)}

        handles = [
            part.register_state_dict_pre_hook(before) for part in (model, model[0], model[0][1])
        ]
        handles += [
            part.register_state_dict_post_hook(after) for part in (model, model[0], model[0][1])
        ]
        seen.append(list(model.state_dict(prefix="net.", keep_vars=True)))
        seen.append({k: dict(v) for k, v in model.state_dict()._metadata.items()})
        model[0]._register_state_dict_hook(another)
        model._register_state_dict_hook(lambda *args: None)
        seen.append(list(model.state_dict()))
        model._register_state_dict_hook(another)
        seen.append(model.state_dict())
        for handle in handles:
            handle.remove()
        seen.append(list(model[1].state_dict()))
        return seen

    both(run)


def test_a_hook_of_saving_must_return_nothing():
    def wrong(lib):
        model = lib.nn.Linear(1, 1)
        model.register_state_dict_post_hook(lambda module, state, prefix, metadata: state)
        model.state_dict()

    both_raise(wrong, text=True)


def test_hooks_of_loading():
    def run(lib):
        seen = []
        model = nested(lib)
        state = model.state_dict()
        state["0.0.old_bias"] = state.pop("0.0.bias") + 1

        def before(module, state, prefix, local_metadata, strict, missing, unexpected, errors):
            lists = (list(missing), list(unexpected), list(errors))
            seen.append(("before", prefix, list(state), dict(local_metadata), strict, lists))
            if prefix == "0.":
                state["0.0.bias"] = state.pop("0.0.old_bias")

        def after(module, keys):
            seen.append(("after", type(module).__name__, keys.missing_keys, keys.unexpected_keys))

        for part in (model, model[0], model[0][0], model[1]):
            part.register_load_state_dict_pre_hook(before)
            part.register_load_state_dict_post_hook(after)
        for assign in (False, True):
            seen.append(str(model.load_state_dict(state, assign=assign)))
            seen.append(values(model.parameters()))
        seen.append(list(state))
        return seen

    both(run)


def test_a_hook_of_loading_decides_what_is_missing():
    def run(lib):
        model = nested(lib)
        state = model.state_dict()
        del state["1.bias"]
        state["more"] = state["1.weight"]

        def forgive(module, keys):
            keys.missing_keys.clear()
            keys.unexpected_keys.remove("more")

        handle = model.register_load_state_dict_post_hook(forgive)
        texts = [str(model.load_state_dict(state))]
        handle.remove()
        texts.append(str(model.load_state_dict(state, strict=False)))
        model[1].register_load_state_dict_post_hook(lambda m, k: k.missing_keys.append("x"))
        return [*texts, str(model.load_state_dict(state, strict=False))]

    both(run)

    def added(lib):
        model = lib.nn.Linear(1, 1)
        model.register_load_state_dict_post_hook(lambda m, keys: keys.missing_keys.append("x"))
        model.load_state_dict(model.state_dict())

    both_raise(added, text=True)

    def complained(lib):
        model = lib.nn.Linear(1, 1)
        model.register_load_state_dict_pre_hook(lambda *args: args[-1].append("no good"))
        model.load_state_dict(model.state_dict())

    both_raise(complained, text=True)

    def returned(lib):
        model = lib.nn.Linear(1, 1)
        model.register_load_state_dict_post_hook(lambda m, keys: keys)
        model.load_state_dict(model.state_dict())

    both_raise(returned)


@pytest.fixture
def forget_the_kind():
    """Both libraries remember which kind of global backward hook there was, even when removed; and
    PyTorch, which of the removed ones took keyword arguments, of which `compile` warns."""
    yield
    torch.nn.modules.module._global_forward_hooks_with_kwargs.clear()
    torch.nn.modules.module._global_is_full_backward_hook = None
    ModuleHooks.everywhere.full = None
    Module._hooks = None


def registry(lib):
    return torch.nn.modules.module if lib is torch else global_hooks


def test_hooks_of_all_modules(forget_the_kind):
    def run(lib):
        seen, all_modules = [], registry(lib)
        model = lib.nn.Sequential(lib.nn.Tanh(), lib.nn.Linear(2, 1)).double()
        lib.nn.init.constant_(model[1].weight, 0.5)
        lib.nn.init.constant_(model[1].bias, 0.25)

        def note(name, result=None):
            def hook(module, *args):
                texts = [values(a) if type(a) is tuple else a for a in args]
                texts = [values([a]) if hasattr(a, "tolist") else a for a in texts]
                seen.append((name, type(module).__name__, texts))
                return result and result(*args)

            return hook

        model[0].register_forward_pre_hook(note("own pre"))
        model[0].register_forward_hook(note("own post"))
        model[0].register_full_backward_pre_hook(note("own backward pre"))
        model[0].register_full_backward_hook(note("own backward"))
        handles = [
            all_modules.register_module_forward_pre_hook(note("pre", lambda args: args[0] + 1)),
            all_modules.register_module_forward_hook(note("post")),
            all_modules.register_module_forward_hook(
                note("post, all", lambda args, kwargs, out: out * 2), with_kwargs=True
            ),
            all_modules.register_module_full_backward_pre_hook(note("backward pre")),
            all_modules.register_module_full_backward_hook(
                note("backward", lambda inputs, outputs: (inputs[0] * 10,))
            ),
        ]
        x = lib.tensor([[0.5, -1.0]], dtype=lib.float64, requires_grad=True)
        for _ in range(2):
            seen.append(values([model(x)]))
            model(x).sum().backward()
            seen.append(values([x.grad]))
            for handle in handles:
                handle.remove()
        return seen

    both(run)


def test_a_module_made_before_or_after(forget_the_kind):
    def run(lib):
        seen = []
        before = lib.nn.ReLU()
        handle = registry(lib).register_module_forward_hook(lambda m, i, o: seen.append(o.tolist()))
        after = lib.nn.ReLU()
        for module in (before, after):
            module(lib.tensor([-1.0, 1.0]))
        handle.remove()
        handle.remove()
        before(lib.ones(1))
        with registry(lib).register_module_forward_pre_hook(lambda m, i: seen.append(len(i))):
            after(lib.ones(1))
        return seen

    both(run)


def test_hooks_of_registration():
    def run(lib):
        seen = []
        names = ("buffer", "module", "parameter")

        def note(kind, result=None):
            def hook(module, name, value):
                seen.append((kind, type(module).__name__, name, type(value).__name__))
                return result and result(value)

            return hook

        def doubled(value):
            return None if value is None else value * 2

        register = {
            n: getattr(registry(lib), f"register_module_{n}_registration_hook") for n in names
        }
        handles = [register[name](note(name)) for name in names]
        handles.append(register["buffer"](note("again", doubled)))
        handles.append(register["parameter"](lambda m, n, p: lib.nn.Parameter(p.detach() + 1)))
        handles.append(register["module"](lambda m, n, part: part and lib.nn.Tanh()))
        module = lib.nn.Module()
        module.register_buffer("mean", lib.ones(2))
        module.register_buffer("absent", None)
        module.mean = lib.ones(2) * 3
        module.absent = None
        module.weight = lib.nn.Parameter(lib.zeros(1))
        module.weight = None
        module.register_parameter("bias", None)
        module.bias = lib.nn.Parameter(lib.zeros(1))
        module.part = lib.nn.ReLU()
        module.part = None
        module.add_module("more", lib.nn.ReLU())
        module.other = 3
        for handle in handles:
            handle.remove()
        module.last = lib.nn.ReLU()
        return [*seen, module.mean.tolist(), module.bias.tolist(), str(module)]

    both(run)


def test_global_always_call_is_missing():
    with pytest.raises(NotImplementedError, match="always_call"):
        global_hooks.register_module_forward_hook(lambda *args: None, always_call=True)


@pytest.mark.filterwarnings("ignore:Using a non-full backward hook:FutureWarning")
def test_deprecated_backward_hooks(forget_the_kind):
    def run(lib):
        seen = []

        class Pair(lib.nn.Module):
            def forward(self, a, b):
                return a * b

        def hook(module, grad_input, grad_output):
            seen.append((type(module).__name__, values(grad_input), values(grad_output)))

        x = lib.tensor([0.5, -1.0], dtype=lib.float64, requires_grad=True)
        pair, tanh = Pair(), lib.nn.Tanh()
        pair.register_backward_hook(hook)
        handle = tanh.register_backward_hook(
            lambda m, grad_input, grad_output: (grad_input[0] * 10,)
        )
        first = registry(lib).register_module_backward_hook(hook)
        out = pair(tanh(x * 2), x * 3)
        out.sum().backward()
        seen.append(values([x.grad]))
        handle.remove()
        first.remove()
        pair(tanh(x * 1), x * 1).sum().backward()
        with lib.no_grad():
            seen.append(pair(x, x).requires_grad)
        return [*seen, values([x.grad])]

    both(run)


def test_what_the_deprecated_hook_warns_of():
    def run(lib):
        class Apply(lib.nn.Module):
            def forward(self, function, *args):
                return function(*args)

        class Plain(Apply):
            def forward(self, x):
                return {"a": x * 2}

        module = Apply()
        module.register_backward_hook(lambda *args: None)
        of_dict = Plain()
        of_dict.register_backward_hook(lambda *args: None)

        class Two(lib.nn.Module):
            def __init__(self, function):
                super().__init__()
                self.function = function
                self.register_backward_hook(lambda *args: None)

            def forward(self, x):
                return self.function(x)

        x = lib.ones(2, requires_grad=True) * 1
        counts = []
        for call in (
            lambda: module(lambda x: x * 2, x),
            lambda: of_dict(x),
            lambda: Two(lambda x: x * 2)(x),
            lambda: Two(lambda x: x * 2 + 1)(x),
            lambda: Two(lambda x: (x * 2, x * 3))(x),
            lambda: Two(lambda x: x.detach())(x),
        ):
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                call()
            counts.append([w.category.__name__ for w in caught])
        return counts

    both(run)


@pytest.mark.parametrize("first, second", [(True, False), (False, True)])
def test_only_one_kind_of_backward_hook(first, second, forget_the_kind):
    def own(lib):
        module = lib.nn.ReLU()
        names = {True: "register_full_backward_hook", False: "register_backward_hook"}
        for full in (first, first, second):
            getattr(module, names[full])(lambda *args: None)

    def of_all(lib):
        names = {True: "register_module_full_backward_hook", False: "register_module_backward_hook"}
        for full in (first, first, second):
            getattr(registry(lib), names[full])(lambda *args: None).remove()

    both_raise(own, text=True)
    both_raise(of_all, text=True)


def test_a_module_without_hooks_looks_at_one_attribute():
    module = tinygrad_edu.nn.ReLU()
    assert module._hooks is None and "_hooks" not in module.__dict__
    assert "_state_hooks" not in module.__dict__
