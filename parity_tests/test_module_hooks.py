"""Hooks of modules, forward and backward, against PyTorch."""

import gc
import weakref

import numpy as np
import pytest

import tinygrad_edu

from .both import BOTH, both, both_raise


def test_forward_hooks_run_in_order_and_may_replace():
    def run(lib):
        seen = []

        class Scale(lib.nn.Module):
            def forward(self, x, by=1.0):
                seen.append(("forward", x.tolist(), by))
                return x * by

        def note(name, result=None):
            def hook(module, *args):
                assert module is scale
                listed = [a.tolist() if hasattr(a, "tolist") else a for a in args]
                listed = [[t.tolist() for t in a] if isinstance(a, tuple) else a for a in listed]
                seen.append((name, listed))
                return result and result(*args)

            return hook

        scale = Scale()
        handles = [
            scale.register_forward_pre_hook(note("pre 1")),
            scale.register_forward_pre_hook(note("pre 2", lambda args: args[0] + 1)),
            scale.register_forward_pre_hook(
                note("pre 3", lambda args: (args[0] * 2,)), prepend=True
            ),
            scale.register_forward_pre_hook(
                note("pre 4", lambda args, kwargs: (args, {"by": 10.0})), with_kwargs=True
            ),
            scale.register_forward_pre_hook(note("pre 5"), with_kwargs=True),
            scale.register_forward_hook(note("post 1")),
            scale.register_forward_hook(note("post 2", lambda args, out: out - 1)),
            scale.register_forward_hook(note("post 3"), prepend=True),
            scale.register_forward_hook(
                note("post 4", lambda args, kwargs, out: out * 100), with_kwargs=True
            ),
        ]
        seen.append(scale(lib.tensor([1.0, 2.0]), by=3.0).tolist())
        for handle in handles[::2]:
            handle.remove()
            handle.remove()
        seen.append(scale(lib.tensor([1.0]), by=3.0).tolist())
        for handle in handles:
            handle.remove()
        seen.append(scale(lib.tensor([1.0])).tolist())
        with scale.register_forward_hook(note("post 5")):
            scale(lib.tensor([1.0]))
        scale(lib.tensor([1.0]))
        return seen

    both(run)


def test_a_wrong_pre_hook():
    def wrong(lib):
        module = lib.nn.ReLU()
        module.register_forward_pre_hook(lambda m, args, kwargs: args, with_kwargs=True)
        module(lib.ones(2))

    both_raise(wrong)
    with pytest.raises(NotImplementedError, match="always_call"):
        tinygrad_edu.nn.ReLU().register_forward_hook(lambda *args: None, always_call=True)


def values(grads):
    return [None if g is None else np.round(g.tolist(), 12).tolist() for g in grads]


def test_backward_hooks():
    def run(lib):
        seen = []
        lib.manual_seed(0)
        model = lib.nn.Sequential(lib.nn.Linear(2, 3), lib.nn.Tanh(), lib.nn.Linear(3, 1)).double()

        def after(name, change=None):
            def hook(module, grad_input, grad_output):
                seen.append((name, values(grad_input), values(grad_output)))
                return change and change(grad_input)

            return hook

        def before(module, grad_output):
            seen.append(("before", values(grad_output)))
            return (grad_output[0] * 2,)

        model[1].register_full_backward_hook(after("tanh"))
        model[1].register_full_backward_hook(after("tanh first"), prepend=True)
        model[1].register_full_backward_hook(after("changed", lambda grads: (grads[0] * 10,)))
        model[2].register_full_backward_pre_hook(before)
        last = model[2].register_full_backward_hook(after("last"))
        x = lib.tensor([[0.5, -1.0], [2.0, 0.25]], dtype=lib.float64, requires_grad=True)
        for _ in range(2):
            model(x).sum().backward()
            last.remove()
        seen.append(values(p.grad for p in model.parameters()))
        with lib.no_grad():
            seen.append(model(x).requires_grad)
        return [*seen, values([x.grad])]

    both(run)


def test_backward_hooks_of_several_arguments_and_outputs():
    def run(lib):
        seen = []

        class Mix(lib.nn.Module):
            def forward(self, a, factor, b, c):
                return a * factor + c, "text", b * a

        module = Mix()

        def hook(module, grad_input, grad_output):
            seen.append((values(grad_input), values(grad_output)))

        module.register_full_backward_hook(hook)
        a, c = (lib.tensor([v], requires_grad=True) for v in (2.0, 5.0))
        first, text, second = module(a, 3.0, lib.tensor([4.0]), c)
        assert text == "text" and type(module(a, 3.0, a, c)) is tuple
        (first * second).sum().backward()
        seen.append(values([a.grad, c.grad]))
        return seen

    both(run)


@pytest.mark.filterwarnings("ignore:Full backward hook is firing:UserWarning")
def test_backward_hooks_without_inputs_that_require_gradients():
    def run(lib):
        seen = []
        lib.manual_seed(0)
        layer = lib.nn.Linear(2, 1).double()
        layer.register_full_backward_hook(
            lambda module, grad_input, grad_output: seen.append(
                (values(grad_input), values(grad_output))
            )
        )
        layer(lib.ones(3, 2, dtype=lib.float64)).sum().backward()
        return [*seen, values([layer.weight.grad, layer.bias.grad])]

    assert both(run)[0][0] == [None]
    for lib in BOTH:
        layer = lib.nn.Linear(2, 1)
        layer.register_full_backward_hook(lambda *args: None)
        with pytest.warns(UserWarning, match="Full backward hook is firing"):
            layer(lib.ones(3, 2)).sum().backward()


def test_wrong_backward_hooks():
    def wrong(register, hook, grad):
        def run(lib):
            layer = lib.nn.Linear(2, 1)
            getattr(layer, register)(hook)
            layer(lib.ones(3, 2, requires_grad=grad)).sum().backward()

        return run

    full = "register_full_backward_hook"
    both_raise(wrong(full, lambda m, gi, go: (gi[0], gi[0]), True), text=True)
    both_raise(
        wrong("register_full_backward_pre_hook", lambda m, go: (go[0], go[0]), True), text=True
    )


def test_hooks_leave_no_cycles_behind():
    layer = tinygrad_edu.nn.Linear(2, 1)
    layer.register_full_backward_hook(lambda *args: None)
    gc.collect()
    gc.disable()
    try:
        x = tinygrad_edu.ones(3, 2, requires_grad=True)
        out = layer(x)
        out.sum().backward()
        node = weakref.ref(out.grad_fn)
        del out
        assert node() is None
    finally:
        gc.enable()
