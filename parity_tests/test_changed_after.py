"""What a recorded op has kept, or given out as a view, is changed before the backward pass."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

import tinygrad_edu
from tinygrad_edu import nn

from .programs import Program, Programs, compare, leaf, raised

PROGRAMS = Programs()


@pytest.mark.parametrize("program", PROGRAMS)
def test_program(program: Program) -> None:
    compare(program)


def gradient_after(change: Callable[[], Any], result: Any, x: Any) -> Any:
    """The gradient of the sum of `result`, computed after `change`; or what was raised."""
    change()
    return raised(lambda: (result.sum().backward(), x.grad)[1])


@PROGRAMS.add
def the_condition_of_where_changes(lib: ModuleType) -> Any:
    found = []
    for choose in (
        lambda m, a: lib.where(m, a, 0.0),
        lambda m, a: lib.where(m, 0.0, a),
        lambda m, a: lib.where(m, a, lib.ones(3, dtype=lib.float64)),
        lambda m, a: a.where(m, lib.zeros(3, dtype=lib.float64)),
        lambda m, a: lib.where(m[:], a, 0.0),
    ):
        a, mask = leaf(lib, 1, 2, 3), lib.tensor([True, False, True])
        y = choose(mask, a)
        found.append(gradient_after(lambda m=mask: m.fill_(False), y, a))
    return found


@PROGRAMS.add
def the_condition_of_where_stays(lib: ModuleType) -> Any:
    a, mask = leaf(lib, 1, 2, 3), lib.tensor([True, False, True])
    y = lib.where(mask, a, 0.0) * a
    (first,) = lib.autograd.grad(y.sum(), a, create_graph=True)
    return y, first, lib.autograd.grad(first.sum(), a)


@PROGRAMS.add
def the_weights_of_a_binary_cross_entropy_change(lib: ModuleType) -> Any:
    loss, with_logits = (
        lib.nn.functional.binary_cross_entropy,
        lib.nn.functional.binary_cross_entropy_with_logits,
    )
    found = []
    for compute in (
        lambda x, t, w: loss(x, t, weight=w),
        lambda x, t, w: with_logits(x, t, weight=w),
        lambda x, t, w: with_logits(x, t, pos_weight=w),
    ):
        x, target = leaf(lib, 0.25, 0.5), lib.tensor([0.0, 1.0], dtype=lib.float64)
        weight = lib.tensor([2.0, 3.0], dtype=lib.float64)
        y = compute(x, target, weight)
        found.append(gradient_after(lambda w=weight: w.mul_(2), y, x))
    return found


@PROGRAMS.add
def the_target_of_a_binary_cross_entropy_changes_and_alone_has_a_gradient(lib: ModuleType) -> Any:
    found = []
    for reduction in ("none", "mean"):
        x, start = lib.tensor([0.5, -1.0], dtype=lib.float64), leaf(lib, 0.25, 0.5)
        target = start * 1
        y = lib.nn.functional.binary_cross_entropy_with_logits(x, target, reduction=reduction)

        def change(target: Any = target) -> None:
            with lib.no_grad():
                target.neg_()

        found.append(gradient_after(change, y, start))
    return found


@PROGRAMS.add
def a_normalized_layer_changes(lib: ModuleType) -> Any:
    normalize = lib.nn.functional.layer_norm
    weight = lib.tensor([1.0, 2.0, 3.0], dtype=lib.float64)
    factors = lib.tensor([1.0, 3.0, -2.0], dtype=lib.float64)
    found = []
    for affine in ((), (weight,), (weight, weight), (None, weight)):
        x = leaf(lib, 1, 2, 4)
        y = normalize(x * 2, (3,), *affine)
        found.append(gradient_after(lambda y=y: y.mul_(factors), y, x))
        x = leaf(lib, 1, 2, 4)
        h = x * 2
        y = normalize(h, (3,), *affine)
        found.append(gradient_after(lambda h=h: h.mul_(2), y, x))
    return found


CHOICES: dict[str, Callable[[Any], Any]] = {
    "max": lambda x: x.max(0),
    "sort": lambda x: x.sort(),
    "topk": lambda x: x.topk(2),
    "cummax": lambda x: x.cummax(0),
    "adaptive_max_pool1d": lambda x: nn.functional.adaptive_max_pool1d_with_indices(x[None], 2),
}


@pytest.mark.parametrize("choose", CHOICES.values(), ids=CHOICES)
def test_places_that_a_derivative_keeps_are_its_own(choose: Callable[[Any], Any]) -> None:
    """Where PyTorch refuses to go on, as after a change of the index of gather."""
    gradients = []
    weights = tinygrad_edu.tensor([5.0, 6.0, 7.0, 8.0], dtype=tinygrad_edu.float64)
    for changes in (False, True):
        x = leaf(tinygrad_edu, 2, 4, 1, 3)
        values, places = choose(x)
        upstream = tinygrad_edu.ones_like(values).requires_grad_()
        (first,) = tinygrad_edu.autograd.grad(values, x, upstream, create_graph=True)
        if changes:
            places.zero_()
        (first * weights).sum().backward()
        gradients.append(upstream.grad.tolist())
    assert gradients[0] == gradients[1] and gradients[0]


@PROGRAMS.add
def what_erfinv_read_and_returned_changes(lib: ModuleType) -> Any:
    found = []
    for which in (0, 1):
        x = leaf(lib, 0.25, -0.5, 0)
        b = x * 1
        y = b.erfinv()
        found.append(gradient_after(lambda t=(b, y)[which]: t.mul_(2), y, x))
    return found


def parts(lib: ModuleType) -> list[Callable[[Any], Any]]:
    """Functions that return several views."""
    return [
        lambda y: y.split(2),
        lambda y: y.split([1, 3]),
        lambda y: y.chunk(2),
        lambda y: y.unbind(),
        lambda y: lib.tensor_split(y, 2),
        lambda y: [part[:1] for part in y.split(2)],
    ]


@PROGRAMS.add
def the_base_of_one_of_several_views_changes(lib: ModuleType) -> Any:
    def unrecorded(y: Any) -> None:
        with lib.no_grad():
            y.mul_(2)

    found = []
    for change in (
        lambda y: y.mul_(2),
        lambda y: y[3:].mul_(2),
        lambda y: y.detach().mul_(2),
        unrecorded,
    ):
        for divide in parts(lib):
            x = leaf(lib, 1, 2, 3, 4)
            y = x * 1
            views = divide(y)
            change(y)
            found.append(raised(lambda v=views: (v[0] * 1).requires_grad))
            found.append(raised(lambda v=views: v[0].view(-1)))
            found.append(raised(lambda v=views: v[-1].sum().backward(retain_graph=True)))
            found.append(
                raised(lambda v=views, x=x: lib.autograd.grad(v[0].sum(), x, retain_graph=True))
            )
            found.append((views[0].detach(), y.detach(), views[0].requires_grad))
            y.sum().backward()
            found.append(x.grad)
    return found


@PROGRAMS.add
def several_views_were_used_before_the_change(lib: ModuleType) -> Any:
    x = leaf(lib, 1, 2, 3, 4)
    y = x * 1
    a, b = y.split(2)
    z = (a + b).sum()
    y.mul_(2)
    again = y.split(2)
    (z + (again[0] * 3).sum()).backward()
    return x.grad


@PROGRAMS.add
def a_base_without_gradient_changes(lib: ModuleType) -> Any:
    w, plain, recorded = leaf(lib, 1, 2), *lib.ones(2, 2, dtype=lib.float64)
    whole = lib.ones(2, dtype=lib.float64)
    views, others = plain.clone().split(1), whole.split(1)
    whole.mul_(w)
    changed = recorded.clone()
    of_changed = changed.split(1)
    changed.mul_(2)
    return of_changed, views, raised(lambda: others[0] * 1)


@PROGRAMS.add
def the_base_of_what_a_function_returned_changes(lib: ModuleType) -> Any:
    class Same(lib.autograd.Function):  # type: ignore[name-defined, misc]
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x

        @staticmethod
        def backward(ctx: Any, grad: Any) -> Any:
            return grad

    z = leaf(lib, 1, 2) * 1
    y = Same.apply(z)
    z.mul_(2)
    return raised(lambda: y * 1), z


def bases(lib: ModuleType) -> list[Any]:
    """A tensor without gradient, one that was computed, and a leaf."""
    return [lib.ones(3, dtype=lib.float64), leaf(lib, 1, 2, 3) * 1, leaf(lib, 1, 2, 3)]


def changes_of_a_base(lib: ModuleType) -> list[Callable[[Any], Any]]:
    def unrecorded(change: Callable[[Any], Any]) -> Callable[[Any], Any]:
        return lib.no_grad()(change)  # type: ignore[no-any-return]

    w = leaf(lib, 2, 3, 4)
    return [
        lambda y: None,
        lambda y: y.mul_(w),
        lambda y: y[1:].mul_(w[1:]),
        lambda y: y.mul_(2),
        unrecorded(lambda y: y.mul_(2)),
        unrecorded(lambda y: y[1:].mul_(2)),
    ]


@PROGRAMS.add
def the_base_of_a_view_made_without_recording_changes(lib: ModuleType) -> Any:
    """The view requires a gradient when its base does, and gets it, for it is a leaf."""
    found = []
    for number, _ in enumerate(changes_of_a_base(lib)):
        for base in bases(lib):
            with lib.no_grad():
                view = base[:2]
                inner = view.requires_grad, (view * 2).requires_grad
            before = view.requires_grad, view.is_leaf
            found.append(raised(lambda b=base, n=number: (changes_of_a_base(lib)[n](b), None)[1]))
            found += [inner, before, view.requires_grad]
            found.append(raised(lambda v=view: (v * 2).requires_grad))
            found.append(raised(lambda v=view: (v * 2).sum().backward()))
            found.append(raised(lambda v=view: v.mul_(2).requires_grad))
            found.append(raised(lambda v=view: v[:1].requires_grad))
    return found


@PROGRAMS.add
def no_gradient_arrives_at_a_view_made_without_recording(lib: ModuleType) -> Any:
    base = leaf(lib, 1, 2, 3)
    with lib.no_grad():
        view = base[1:]
    y = (view * view).sum()
    edges = [node for node, _ in y.grad_fn.next_functions[0][0].next_functions]
    y.backward()
    found = [view.grad, base.grad, edges, raised(lambda: view.backward(lib.ones(2)))]
    found += [view.is_leaf, view.requires_grad]
    found.append(raised(lambda: lib.autograd.grad((view * 2).sum(), view)))
    view.requires_grad_()
    (view * view).sum().backward()
    return [*found, view.grad, base.grad]
