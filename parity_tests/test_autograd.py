"""Gradients on demand, against PyTorch: what is asked for, how often, to which order."""

import pytest

from .programs import Programs, compare, leaf, raised

PROGRAMS = Programs()
program = PROGRAMS.add


# Asking for gradients -----------------------------------------------------------------------------


@program
def second_derivatives_that_are_nearly_right(lib):
    """Whoever calls says what is tolerated."""

    class Slope(lib.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return 3 * x**2

        @staticmethod
        def backward(ctx, grad):
            return 6.3 * ctx.saved_tensors[0] * grad  # and not 6

    class Cube(lib.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x**3

        @staticmethod
        def backward(ctx, grad):
            return Slope.apply(ctx.saved_tensors[0]) * grad

    x = leaf(lib, 1.0, -2.0)
    return [
        lib.autograd.gradgradcheck(Cube.apply, (x,), (lib.ones(2).double().requires_grad_(),),
                                   raise_exception=False, **options)
        for options in ({}, {"rtol": 0.1}, {"atol": 2.0}, {"rtol": 0.01}, {"atol": 0.1})
    ]  # fmt: skip


@program
def second_backward_is_an_error(lib):
    x = leaf(lib, 1.0, 2.0)
    y = (x * x).sum()
    y.backward()
    return raised(y.backward), x.grad


@program
def second_backward_after_retain_graph(lib):
    x = leaf(lib, 1.0, 2.0)
    y = (x * x).exp().sum()
    y.backward(retain_graph=True)
    y.backward(retain_graph=True)
    y.backward()
    return x.grad, raised(y.backward)


@program
def second_backward_through_ops_that_save_nothing(lib):
    x = leaf(lib, 1.0, 2.0)
    y = (x + 1).sum()
    y.backward()
    y.backward()
    return x.grad


@program
def part_of_a_graph_was_freed(lib):
    x = leaf(lib, 1.0, 2.0)
    middle = x.exp()
    (middle * middle).sum().backward()
    other = (middle + 1).sum()
    return raised(other.backward), x.grad


@program
def third_order(lib):
    x = leaf(lib, 0.5, -1.5, 2.0)
    y = (x**4 * x.sin()).sum()
    (first,) = lib.autograd.grad(y, x, create_graph=True)
    (second,) = lib.autograd.grad(first.sum(), x, create_graph=True)
    (third,) = lib.autograd.grad((second * lib.tensor([1.0, -2.0, 0.5]).double()).sum(), x)
    return first, second, third


@program
def third_order_through_a_network(lib):
    w = leaf(lib, *(0.1 * i - 0.4 for i in range(9)), shape=(3, 3))
    x = leaf(lib, 0.3, -0.2, 0.9, 1.0, 0.1, -0.7, shape=(2, 3))
    out = ((x @ w).tanh() @ w.T).sigmoid().mean()
    results = [out]
    for weights in (0.7, -1.3, 0.4):
        gradients = lib.autograd.grad(results[-1], [w, x], create_graph=True)
        results += [*gradients, sum((g * g).sum() * weights for g in gradients)]
    return results


@program
def backward_with_create_graph_accumulates_with_graph(lib):
    x = leaf(lib, 1.0, 2.0)
    (x**3).sum().backward(create_graph=True)
    gradient = x.grad
    penalty = (gradient**2).sum()
    x.grad = None
    penalty.backward()
    return gradient, x.grad


@program
def unused_input(lib):
    x, y = leaf(lib, 1.0), leaf(lib, 2.0)
    return (
        raised(lambda: lib.autograd.grad((x * x).sum(), [x, y])),
        lib.autograd.grad((x * x).sum(), [x, y], allow_unused=True),
        lib.autograd.grad((x * x).sum(), [x, y], materialize_grads=True),
        lib.autograd.grad((x * x).sum(), [x, y], allow_unused=True, materialize_grads=True),
        raised(
            lambda: lib.autograd.grad(
                (x * x).sum(), [x, y], allow_unused=False, materialize_grads=True
            )
        ),
    )


@program
def grad_leaves_the_leaves_alone(lib):
    x = leaf(lib, 1.0, 2.0)
    y = x * 3
    grads = lib.autograd.grad((y * y).sum(), [y, x])
    return grads, x.grad, y.is_leaf


@program
def grad_of_the_output_itself(lib):
    x = leaf(lib, 2.0)
    y = x * x
    return lib.autograd.grad(y, [y, x], retain_graph=True), lib.autograd.grad(x, x)


@program
def grad_of_several_outputs(lib):
    x, y = leaf(lib, 1.0, 2.0), leaf(lib, 3.0, 4.0)
    outputs = [x * y, (x + y).sum(), x.exp()]
    weights = [lib.tensor([0.3, -0.7]).double(), None, lib.tensor([1.5, 2.5]).double()]
    return (
        lib.autograd.grad(outputs, [x, y], weights),
        raised(lambda: lib.autograd.grad([x * y, x], [x], [lib.ones(2).double()])),
        raised(lambda: lib.autograd.grad([x * y], [x], [None])),
    )


@program
def grad_with_respect_to_the_same_tensor_twice(lib):
    x = leaf(lib, 1.0, 2.0)
    return lib.autograd.grad((x * x).sum(), [x, x])


@program
def grad_errors(lib):
    x, constant = leaf(lib, 1.0, 2.0), lib.ones(2)
    return (
        raised(lambda: lib.autograd.grad(x * 2, x)),
        raised(lambda: lib.autograd.grad((x * 2).sum(), constant)),
        raised(lambda: lib.autograd.grad(constant.sum(), x)),
        raised(lambda: lib.autograd.grad(x * 2, x, lib.ones(3).double())),
        raised(lambda: lib.autograd.grad(x * 2, x, lib.ones(2, 1).double())),
        raised(lambda: (x * 2).backward()),
        raised(lambda: constant.sum().backward()),
        raised(lambda: (x * 2).backward(lib.ones(()).double())),
        raised(lambda: x.sum().backward(inputs=[])),
    )


@program
def backward_on_one_element(lib):
    x = leaf(lib, 3.0, shape=(1, 1))
    (x * x).backward()
    return x.grad


@program
def backward_of_a_leaf(lib):
    x = leaf(lib, 3.0)
    x.backward()
    x.backward(lib.tensor([2.5]).double())
    return x.grad


@program
def backward_inputs(lib):
    x, y, z = leaf(lib, 1.0, 2.0), leaf(lib, 3.0, 4.0), leaf(lib, 5.0, 6.0)
    middle = x * y
    loss = (middle * z).sum()
    loss.backward(inputs=[x, middle], retain_graph=True)
    first = x.grad.clone(), y.grad, z.grad, middle.grad
    loss.backward(inputs=y, retain_graph=True)
    loss.backward(inputs=[x])
    return first, x.grad, y.grad, z.grad, raised(lambda: loss.backward())


@program
def backward_of_several(lib):
    x = leaf(lib, 1.0, 2.0)
    y = x * x
    lib.autograd.backward([y.sum(), y], [None, lib.tensor([0.5, -1.0]).double()])
    return x.grad


@program
def gradient_dtype_follows_the_tensor(lib):
    x = lib.tensor([1.0, 2.0], requires_grad=True)
    y = lib.tensor([3.0, 4.0], dtype=lib.float64, requires_grad=True)
    h = lib.tensor([0.5, 2.5], dtype=lib.float16, requires_grad=True)
    (x * y + h * x * 2).sum().backward()
    return x.grad, y.grad, h.grad


@program
def broadcast_gradients_are_summed(lib):
    a, b = leaf(lib, 1.0, 2.0, 3.0), leaf(lib, 4.0, 5.0, shape=(2, 1))
    c, d = leaf(lib, 0.5, shape=()), leaf(lib, 2.0, shape=(1, 1, 1))
    (a * b + c * d - a / d).exp().sum().backward()
    return a.grad, b.grad, c.grad, d.grad


@pytest.mark.parametrize("run", PROGRAMS)
def test_program_does_the_same_on_both_sides(run):
    compare(run)
