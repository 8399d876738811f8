"""A user's `autograd.Function` that changes its arguments in place: `ctx.mark_dirty`."""

import gc
import weakref

import numpy as np
import pytest
import torch

import tinygrad_edu

from .programs import Programs, compare, graph_difference, leaf, raised

PROGRAMS = Programs()
program = PROGRAMS.add


def squarer(lib, seen=None):
    """x^2, written over x. What it saves is what was there before, and the result."""

    class SquareInPlace(lib.autograd.Function):
        @staticmethod
        def forward(ctx, x, *others):
            before = x.clone()
            x.mul_(x)
            ctx.mark_dirty(x)
            ctx.save_for_backward(before, x)
            return x

        @staticmethod
        def backward(ctx, grad):
            before, result = ctx.saved_tensors
            if seen is not None:
                seen.append((ctx.needs_input_grad, result.clone(), result.requires_grad))
            return (2 * before * grad, *(None for _ in ctx.needs_input_grad[1:]))

    return SquareInPlace


def exponential(lib):
    """e^x, written over x; its derivative reads the result alone, so it has further ones."""

    class ExpInPlace(lib.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            x.exp_()
            ctx.mark_dirty(x)
            ctx.save_for_backward(x)
            return x

        @staticmethod
        def backward(ctx, grad):
            (result,) = ctx.saved_tensors
            return grad * result

    return ExpInPlace


def adder(lib, returns):
    """x + y, written over x; `returns` says what of it comes back."""

    class AddInPlace(lib.autograd.Function):
        @staticmethod
        def forward(ctx, x, y):
            x.add_(y)
            ctx.mark_dirty(x)
            return returns(x, y)

        @staticmethod
        def backward(ctx, grad, *more):
            return grad + sum(more), 2 * grad + 3 * sum(more)

    return AddInPlace


@program
def gradients_go_through_a_change(lib):
    seen, results = [], []
    for dtype in (lib.float32, lib.float64):
        x = lib.tensor([1.0, -2.0, 0.5], dtype=dtype, requires_grad=True)
        y = x * 2
        version = y._version
        out = squarer(lib, seen).apply(y, 3.0)
        names = [type(n).__name__ for n, _ in (*out.grad_fn.next_functions, (out.grad_fn, 0))]
        results += [out is y, y._version - version, names, y.output_nr, y.requires_grad, y.is_leaf]
        (y * 3).backward(lib.tensor([1.0, 0.5, -2.0], dtype=dtype))
        results += [y, x.grad]
    return results, seen


@program
def the_argument_is_what_it_was_changed_to(lib):
    x = leaf(lib, 1.0, 2.0)
    y = x * 2
    view = y[:1]
    squarer(lib).apply(y)
    (view * y.sum() + y * 3).sum().backward()
    return y, view, type(view.grad_fn).__name__, x.grad


@program
def changed_twice_and_in_other_ways(lib):
    x = leaf(lib, 1.0, 2.0)
    y = x * 2
    y.add_(1)
    Square = squarer(lib)
    Square.apply(y)
    z = y * 1
    Square.apply(z)
    (z * 2 + y).sum().backward()
    return y, z, x.grad, type(z.grad_fn).__name__


@program
def further_derivatives(lib):
    x = leaf(lib, 0.5, -1.0)
    y = x * 2
    exponential(lib).apply(y)
    (first,) = lib.autograd.grad((y * 3).sum(), x, create_graph=True)
    (second,) = lib.autograd.grad((first * first).sum(), x, create_graph=True)
    (third,) = lib.autograd.grad(second.sum(), x)
    return first, second, third


@program
def the_saved_result_is_changed_again(lib):
    x = leaf(lib, 0.5, -1.0)
    y = exponential(lib).apply(x * 2)
    y.mul_(2)
    z = exponential(lib).apply(x * 2)
    z.sum().backward(retain_graph=True)
    z.sum().backward()
    return raised(lambda: y.sum().backward()), x.grad, raised(lambda: z.sum().backward())


@program
def a_change_of_a_view_is_one_of_its_base(lib):
    results = []
    for Kind in (squarer(lib), exponential(lib)):
        x = lib.arange(1.0, 7.0, dtype=lib.float64).reshape(2, 3).div(4).requires_grad_()
        base = x * 2
        part, other = base[:, 1:], base.t()
        out = Kind.apply(part)
        results += [out is part, type(part.grad_fn).__name__, type(base.grad_fn).__name__]
        (first,) = lib.autograd.grad((base * other.t() + base).sum(), x, create_graph=True)
        results += [base, other, first, *lib.autograd.grad((first * first).sum(), x)]
    base = lib.zeros(3, dtype=lib.float64)
    y = leaf(lib, 1.0, 2.0)
    adder(lib, lambda x, y: x).apply(base[1:], y)
    base.sum().backward()
    return results, base, base.requires_grad, y.grad


@program
def a_leaf_that_needed_no_gradient(lib):
    x, y = lib.ones(2, dtype=lib.float64), leaf(lib, 3.0, 4.0)
    out = adder(lib, lambda x, y: x).apply(x, y)
    out.sum().backward()
    plain = lib.ones(2)
    same = squarer(lib).apply(plain)
    return out is x, x.requires_grad, y.grad, same is plain, plain._version, plain.requires_grad


@program
def several_outputs(lib):
    x, y = leaf(lib, 1.0, 2.0), leaf(lib, 3.0, 4.0)
    a, b = x * 1, x * 1
    first, second = adder(lib, lambda x, y: (x, y * 3)).apply(a, y)
    (first * second).sum().backward()
    one, two = adder(lib, lambda x, y: (x, x)).apply(b, y)
    (one * 2 + two).sum().backward()
    return first is a, a.output_nr, one is b, two is b, b.output_nr, a, b, x.grad, y.grad


@program
def without_recording(lib):
    x = leaf(lib, 1.0, 3.0)
    middle = x * 2
    plain = lib.ones(2)
    with lib.no_grad():
        of_leaf = squarer(lib).apply(x)
        of_middle = squarer(lib).apply(middle)
        of_plain = squarer(lib).apply(plain)
    return (
        [of_leaf is x, of_middle is middle, of_plain is plain],
        [t.requires_grad for t in (of_leaf, of_middle, of_plain)],
        [x, middle, x._version, middle._version, of_leaf, type(middle.grad_fn).__name__],
        raised(lambda: of_leaf.mul_(2)),
    )


@program
def a_change_without_a_gradient(lib):
    class Step(lib.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            x.sign_()
            ctx.mark_dirty(x)
            ctx.mark_non_differentiable(x)
            return x

        @staticmethod
        def backward(ctx, grad):
            return grad

    x = leaf(lib, 1.0, -3.0)
    y = x * 2
    out = Step.apply(y)
    plain = lib.ones(2)
    return out, out.requires_grad, y, type(y.grad_fn).__name__, Step.apply(plain) is plain


@program
def integers_and_empty_tensors(lib):
    y = leaf(lib, 1.0)
    counts = lib.tensor([2, 3])
    out = squarer(lib).apply(counts, y)
    empty = lib.zeros(0, 3, dtype=lib.float64, requires_grad=True)
    squarer(lib).apply(empty * 1).sum().backward()
    return out is counts, counts, counts.requires_grad, empty.grad


@program
def with_setup_context(lib):
    class Double(lib.autograd.Function):
        @staticmethod
        def forward(x):
            return x.mul_(2)

        @staticmethod
        def setup_context(ctx, inputs, output):
            ctx.mark_dirty(*inputs)

        @staticmethod
        def backward(ctx, grad):
            return grad * 2

    x = leaf(lib, 1.0)
    y = x * 3
    out = Double.apply(y)
    out.sum().backward()
    return out is y, out, x.grad


@program
def hooks_and_kept_gradients(lib):
    x, seen = leaf(lib, 1.0, 2.0), []
    y = x * 2
    y.retain_grad()
    y.register_hook(lambda grad: seen.append(("before", grad.clone())))
    squarer(lib).apply(y)
    y.register_hook(lambda grad: seen.append(("after", grad.clone())))
    (y * 3).sum().backward()
    return seen, y.grad, x.grad


@program
def what_may_not_be_changed(lib):
    Square = squarer(lib)
    both = adder(lib, lambda x, y: (x, y * 2))
    lost = adder(lib, lambda x, y: x * 2)
    x, y = leaf(lib, 1.0, 2.0), leaf(lib, 3.0, 4.0)

    class NoTensor(lib.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.mark_dirty(x, 3)
            return x

    class Same(lib.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x

    with lib.no_grad():
        view = (x * 2)[:1]
        of_leaf = x[:1]
    return (
        raised(lambda: Square.apply(x)),
        raised(lambda: Square.apply(x[:1])),
        raised(lambda: Square.apply(of_leaf)),
        raised(lambda: Square.apply((x * 1).split(1)[0])),
        raised(lambda: Square.apply(Same.apply(x * 1))),
        raised(lambda: both.apply((x * 1)[:1], y[:1] * 1)),
        raised(lambda: both.apply(lib.zeros(2)[:1], y[:1] * 1)),
        raised(lambda: lost.apply(x * 1, y)),
        raised(lambda: lost.apply(lib.ones(2), lib.ones(2))),
        raised(lambda: NoTensor.apply(x * 1)),
        Square.apply(view),
        x,
    )


@pytest.mark.parametrize("run", PROGRAMS)
def test_program_does_the_same_on_both_sides(run):
    compare(run)


def test_the_graph_is_pytorchs():
    def graph(lib):
        x = leaf(lib, 1.0, 2.0)
        y = x * 2
        squarer(lib).apply(y)
        return (exponential(lib).apply(y) * 3).sum().grad_fn

    assert graph_difference(graph(tinygrad_edu), graph(torch)) is None


def test_nothing_is_kept_alive():
    gc.collect()
    gc.disable()
    try:
        for part in (slice(None), slice(1)):
            x = leaf(tinygrad_edu, 1.0, 2.0)
            y = x * 2
            out = exponential(tinygrad_edu).apply(y if part.stop is None else y[part])
            kept = weakref.ref(out.grad_fn)
            assert np.isfinite(out.tolist()).all()
            del out, y
            assert kept() is None
    finally:
        gc.enable()
