"""What is done to a graph after it was recorded, and what a graph refuses."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest
import torch

import tinygrad_edu

from .programs import Program, Programs, compare, leaf, raised

PROGRAMS = Programs()


@pytest.mark.parametrize("program", PROGRAMS)
def test_program(program: Program) -> None:
    compare(program)


def returning(result: Any) -> Any:
    """A maker of a Function that returns what `result` makes of its argument."""

    def make(lib: ModuleType) -> Any:
        class Seven(lib.autograd.Function):  # type: ignore[name-defined, misc]
            @staticmethod
            def forward(ctx: Any, x: Any) -> Any:
                return result(x)

            @staticmethod
            def backward(ctx: Any, grad: Any) -> Any:
                return grad.reshape(3) * 7

        return Seven

    return make


argument_itself = returning(lambda x: x)
view_of_argument = returning(lambda x: x.view(3, 1))


@PROGRAMS.add
def the_argument_of_a_function_that_returns_it_changes(lib: ModuleType) -> Any:
    x = leaf(lib, 1, 2, 3)
    z = x * 1
    y = argument_itself(lib).apply(z)
    z.mul_(2)
    return raised(lambda: y.sum().backward())


@PROGRAMS.add
def the_argument_of_a_function_that_returns_a_view_changes(lib: ModuleType) -> Any:
    x = leaf(lib, 1, 2, 3)
    z = x * 1
    y = view_of_argument(lib).apply(z)
    z.mul_(2)
    return raised(lambda: y.sum().backward())


@PROGRAMS.add
def what_a_function_returned_as_it_was_given_changes(lib: ModuleType) -> Any:
    y = argument_itself(lib).apply(leaf(lib, 1, 2, 3) * 1)
    return raised(lambda: y.mul_(2))


@PROGRAMS.add
def without_gradient_it_may_change(lib: ModuleType) -> Any:
    x = lib.tensor([1.0, 2.0, 3.0])
    y = argument_itself(lib).apply(x)
    y.mul_(2)
    return x, y


@PROGRAMS.add
def a_function_gives_a_gradient_for_a_number(lib: ModuleType) -> Any:
    class Scale(lib.autograd.Function):  # type: ignore[name-defined, misc]
        @staticmethod
        def forward(ctx: Any, x: Any, by: float) -> Any:
            return x * by

        @staticmethod
        def backward(ctx: Any, grad: Any) -> Any:
            return grad, grad

    return raised(lambda: Scale.apply(leaf(lib, 1, 2), 2.0).sum().backward())


@PROGRAMS.add
def a_function_without_a_forward(lib: ModuleType) -> Any:
    class Empty(lib.autograd.Function):  # type: ignore[name-defined, misc]
        pass

    return raised(lambda: Empty.apply(leaf(lib, 1)))


@PROGRAMS.add
def none_from_one_function_is_zero_for_the_next(lib: ModuleType) -> Any:
    seen = []

    def make(gradient: Any) -> Any:
        class Same(lib.autograd.Function):  # type: ignore[name-defined, misc]
            @staticmethod
            def forward(ctx: Any, x: Any) -> Any:
                return x.clone()

            @staticmethod
            def backward(ctx: Any, grad: Any) -> Any:
                seen.append(grad)
                return gradient(grad)

        return Same

    x = leaf(lib, 1, 2)
    make(lambda grad: None).apply(make(lambda grad: grad).apply(x)).sum().backward()
    return seen, x.grad


@PROGRAMS.add
def a_leaf_is_frozen_before_the_backward_pass(lib: ModuleType) -> Any:
    x, w = leaf(lib, 1, 2), leaf(lib, 3, 4)
    y = (x * w).sum()
    x.requires_grad_(False)
    y.backward()
    return x.grad, w.grad


@PROGRAMS.add
def the_data_of_a_parameter_changes(lib: ModuleType) -> Any:
    data = lib.zeros(3)
    p = lib.nn.Parameter(data)
    y = (p * p).sum()
    data.add_(1)
    return raised(lambda: y.backward())


@PROGRAMS.add
def a_saved_tensor_is_detached_in_place_and_its_graph_is_needed(lib: ModuleType) -> Any:
    x = leaf(lib, 1, 2)
    y = x * 2
    z = (y * y).sum()
    y.detach_()
    return raised(lambda: lib.autograd.grad(z, x, create_graph=True))


@PROGRAMS.add
def views_are_not_detached_in_place(lib: ModuleType) -> Any:
    x = leaf(lib, 1, 2) * 1
    with lib.no_grad():
        return raised(lambda: lib.ones(3)[1:].detach_()), raised(lambda: x[:1].detach_())


@PROGRAMS.add
def views_made_without_recording_are_changed_with_it(lib: ModuleType) -> Any:
    x, plain = leaf(lib, 1, 2, 3), lib.ones(3, dtype=lib.float64)
    z = x * 1
    with lib.no_grad():
        views = x[:2], z[:2], plain[:2]
    return [raised(lambda v=v: v.mul_(2)) for v in views], raised(lambda: views[2].mul_(x[1:]))


@PROGRAMS.add
def a_kept_gradient_stays_what_it_was(lib: ModuleType) -> Any:
    y = leaf(lib, 1, 2) * 3
    y.retain_grad()
    z = (y * y).sum()
    z.backward(retain_graph=True)
    first = y.grad
    z.backward()
    return first, y.grad


@PROGRAMS.add
def hooks_of_the_node_of_a_leaf(lib: ModuleType) -> Any:
    x = leaf(lib, 1, 2)
    y = (x * 2).sum()
    node = y.grad_fn.next_functions[0][0].next_functions[0][0]
    seen = []
    node.register_prehook(lambda grads: (grads[0] * 7,))
    node.register_hook(lambda inputs, outputs: seen.append((inputs, outputs, x.grad.clone())))
    x.register_post_accumulate_grad_hook(lambda t: seen.append(t.grad.clone()))
    y.backward()
    kept = [tuple(map(str, entry)) if isinstance(entry, tuple) else entry for entry in seen]
    (x * 3).sum().backward()
    return kept, x.grad, len(seen)


@PROGRAMS.add
def tensors_from_a_generator(lib: ModuleType) -> Any:
    layer = lib.nn.Linear(2, 1).double()
    with lib.no_grad():
        for p in layer.parameters():
            p.fill_(0.5)
    x = leaf(lib, 1, 2)
    grads = lib.autograd.grad(layer(x).sum(), layer.parameters())
    lib.autograd.backward(iter([layer(x).sum()]), inputs=dict(layer.named_parameters()).values())
    return grads, x.grad, layer.weight.grad, layer.bias.grad


def base_and_view(lib: ModuleType) -> Any:
    """A tensor that requires no gradient, and a view of it that is told to."""
    base = lib.ones(4, dtype=lib.float64)
    return base, base[:2].requires_grad_()


@PROGRAMS.add
def a_view_that_is_a_leaf(lib: ModuleType) -> Any:
    base, view = base_and_view(lib)
    refused = raised(lambda: view[:1].mul_(2)), raised(lambda: view.mul_(2))
    base.mul_(2)
    (view * 3).sum().backward()
    with lib.no_grad():
        view[:1].fill_(5)
    return base, view, view.grad, refused


@PROGRAMS.add
def a_view_made_without_recording_that_is_a_leaf(lib: ModuleType) -> Any:
    base = lib.ones(4, dtype=lib.float64)
    with lib.no_grad():
        view = base[:2]
    view += 1
    view.requires_grad_()
    base += 1
    (view * view).sum().backward()
    return base, view, view.grad


@PROGRAMS.add
def one_of_several_views_that_is_a_leaf(lib: ModuleType) -> Any:
    first, second = lib.ones(4, dtype=lib.float64).split(2)
    first.mul_(2)
    second.requires_grad_()
    first.mul_(2)
    (second * second).sum().backward()
    return first, second, second.grad


@PROGRAMS.add
def wrong_gradients_and_data(lib: ModuleType) -> Any:
    x, y = leaf(lib, 1, 2), lib.ones(2)
    shared = leaf(lib, 1, 2)
    shared.grad = lib.zeros(1, dtype=lib.float64).expand(2)
    return [
        raised(lambda: setattr(x, "grad", x)),
        raised(lambda: setattr(x, "data", lib.ones(2, dtype=lib.int64))),
        raised(lambda: setattr(x, "data", 3)),
        raised(lambda: x.sum().backward(inputs=[y])),
        raised(lambda: lib.autograd.backward(3.0)),
        raised(lambda: (shared * 2).sum().backward()),
    ]


@pytest.mark.parametrize("lib", [torch, tinygrad_edu])
def test_gradcheck_notices_a_lost_graph(lib: ModuleType) -> None:
    x = leaf(lib, 0.5, 2)
    with pytest.raises(RuntimeError, match=r"[Jj]acobian|Numerical gradient"):
        lib.autograd.gradcheck(lambda x: (x**3).detach(), x)

    class Cube(lib.autograd.Function):  # type: ignore[name-defined, misc]
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return x**3

        @staticmethod
        def backward(ctx: Any, grad: Any) -> Any:
            (x,) = ctx.saved_tensors
            return (3 * x**2 * grad).detach()

    assert lib.autograd.gradcheck(Cube.apply, x)
    with pytest.raises(RuntimeError, match=r"[Jj]acobian|Numerical gradient"):
        lib.autograd.gradgradcheck(Cube.apply, x)


def test_the_module_of_an_op_postpones_its_annotations() -> None:
    """Else "Array" would be an object and not a word, and nothing would be kept as an array."""
    source = (
        "class Twice(Op):\n"
        "    @staticmethod\n"
        "    def forward(x: object) -> object:\n"
        "        return 2 * x\n"
    )
    names = {"Op": tinygrad_edu.autograd.op.Op, "__name__": "eager"}
    with pytest.raises(TypeError, match="from __future__ import annotations"):
        exec(compile(source, "eager", "exec", dont_inherit=True), names)
