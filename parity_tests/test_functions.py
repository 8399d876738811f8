"""A user's `autograd.Function`: the same source run with both libraries."""

import pytest

from .programs import Programs, compare, leaf, raised

PROGRAMS = Programs()
program = PROGRAMS.add


@program
def function_with_saved_tensors(lib):
    class Product(lib.autograd.Function):
        @staticmethod
        def forward(ctx, x, y, scale):
            ctx.save_for_backward(x, y)
            ctx.scale = scale
            return x * y * scale

        @staticmethod
        def backward(ctx, grad):
            x, y = ctx.saved_tensors
            return grad * y * ctx.scale, grad * x * ctx.scale, None

    x, y = leaf(lib, 1.0, 2.0), leaf(lib, 3.0, 4.0)
    out = Product.apply(x, y, 3.0)
    name = type(out.grad_fn).__name__
    edges = [(type(n).__name__, i) for n, i in out.grad_fn.next_functions]
    (out * out).sum().backward()
    return out, name, edges, x.grad, y.grad, raised(lambda: out.sum().backward())


@program
def function_asks_what_is_needed(lib):
    seen = []

    class Add(lib.autograd.Function):
        @staticmethod
        def forward(ctx, x, y, z):
            return x + y + z

        @staticmethod
        def backward(ctx, grad):
            seen.append(ctx.needs_input_grad)
            return grad if ctx.needs_input_grad[0] else None, grad, None

    x = leaf(lib, 1.0)
    Add.apply(x, lib.ones(1).double(), 2.0).sum().backward()
    out = Add.apply(lib.ones(1), lib.ones(1), 2)
    return seen, x.grad, out, out.grad_fn


@program
def function_whose_gradient_has_another_shape(lib):
    def of_shape(shape):
        class Wrong(lib.autograd.Function):
            @staticmethod
            def forward(ctx, x):
                return x * 2

            @staticmethod
            def backward(ctx, grad):
                return lib.ones(shape).double()

        x = leaf(lib, 1.0, 2.0, shape=(2, 1))
        Wrong.apply(x * 1).sum().backward()
        return x.grad

    wrong = ((), (1,), (2,), (1, 2), (1, 1), (2, 2, 2), (3, 1), (2, 2, 3))
    right = ((2, 1), (2, 3), (3, 2, 1), (4, 2, 3))
    return [raised(lambda shape=shape: of_shape(shape)) for shape in wrong + right]


@program
def function_is_differentiable_twice(lib):
    class Cube(lib.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x**3

        @staticmethod
        def backward(ctx, grad):
            (x,) = ctx.saved_tensors
            return 3 * x**2 * grad

    x = leaf(lib, 1.0, -2.0)
    (first,) = lib.autograd.grad(Cube.apply(x).sum(), x, create_graph=True)
    (second,) = lib.autograd.grad(first.sum(), x, create_graph=True)
    (third,) = lib.autograd.grad(second.sum(), x)
    return first, second, third


@program
def function_that_saves_its_output(lib):
    class Exp(lib.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            out = x.exp()
            ctx.save_for_backward(out)
            return out

        @staticmethod
        def backward(ctx, grad):
            (out,) = ctx.saved_tensors
            return grad * out

    x = leaf(lib, 0.5, -1.0)
    (first,) = lib.autograd.grad(Exp.apply(x).sum(), x, create_graph=True)
    (second,) = lib.autograd.grad((first * first).sum(), x)
    return first, second


@program
def function_marked_once_differentiable(lib):
    class Square(lib.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        @lib.autograd.function.once_differentiable
        def backward(ctx, grad):
            (x,) = ctx.saved_tensors
            return 2 * x * grad

    x = leaf(lib, 1.0, 2.0)
    Square.apply(x).sum().backward()
    (first,) = lib.autograd.grad(Square.apply(x).sum(), x, create_graph=True)
    return x.grad, raised(lambda: lib.autograd.grad((first * x).sum(), x))


@program
def function_with_setup_context(lib):
    class Scale(lib.autograd.Function):
        @staticmethod
        def forward(x, factor):
            return x * factor

        @staticmethod
        def setup_context(ctx, inputs, output):
            x, ctx.factor = inputs
            ctx.save_for_backward(x, output)

        @staticmethod
        def backward(ctx, grad):
            x, output = ctx.saved_tensors
            return grad * ctx.factor + 0 * x * output, None

    x = leaf(lib, 1.0, 2.0)
    out = Scale.apply(x, 4.0)
    out.sum().backward()
    return out, x.grad


@program
def function_with_several_outputs(lib):
    seen = []

    class SumAndDifference(lib.autograd.Function):
        @staticmethod
        def forward(ctx, x, y):
            return x + y, x - y

        @staticmethod
        def backward(ctx, a, b):
            seen.append((a.clone(), b.clone()))
            return a + b, a - b

    x, y = leaf(lib, 1.0, 2.0), leaf(lib, 3.0, 4.0)
    total, difference = SumAndDifference.apply(x, y)
    (total * total).sum().backward(retain_graph=True)
    (total * difference).sum().backward()
    return seen, x.grad, y.grad, total.output_nr, difference.output_nr


@program
def function_that_wants_none_for_unused_outputs(lib):
    seen = []

    class Both(lib.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.set_materialize_grads(False)
            return x * 2, x * 3

        @staticmethod
        def backward(ctx, a, b):
            seen.append((a is None, b is None))
            return (0 if a is None else a * 2) + (0 if b is None else b * 3)

    x = leaf(lib, 1.0)
    Both.apply(x)[1].sum().backward()
    return seen, x.grad


@program
def function_with_an_output_without_gradient(lib):
    class Largest(lib.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            values, places = x.max(0)
            rounded = values.round()
            ctx.mark_non_differentiable(places, rounded)
            ctx.save_for_backward(x, places)
            return values, places, rounded

        @staticmethod
        def backward(ctx, grad, *ignored):
            x, places = ctx.saved_tensors
            result = x * 0
            result[places] = grad
            return result

    x = leaf(lib, 1.0, 5.0, 2.0)
    values, places, rounded = Largest.apply(x)
    values.backward()
    return values, places, rounded, rounded.requires_grad, x.grad


@program
def function_that_returns_none(lib):
    class Nothing(lib.autograd.Function):
        @staticmethod
        def forward(ctx, x, y):
            return x * y

        @staticmethod
        def backward(ctx, grad):
            return None, grad

    x, y = leaf(lib, 1.0), leaf(lib, 2.0)
    middle = x * 3
    (Nothing.apply(middle, y) + y).sum().backward()
    return x.grad, y.grad


@program
def function_that_returns_its_input(lib):
    class Same(lib.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x

        @staticmethod
        def backward(ctx, grad):
            return grad * 10

    x = leaf(lib, 1.0, 2.0)
    out = Same.apply(x)
    out.sum().backward()
    return out is x, out, x.grad


@program
def function_that_views_its_input(lib):
    class Reversed(lib.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x.view_as(x)

        @staticmethod
        def backward(ctx, grad):
            return -grad

    x = leaf(lib, 1.0, 2.0)
    (Reversed.apply(x) * 3).sum().backward()
    return x.grad


@program
def function_with_the_same_tensor_twice(lib):
    class Weighted(lib.autograd.Function):
        @staticmethod
        def forward(ctx, x, y):
            return 2 * x + 3 * y

        @staticmethod
        def backward(ctx, grad):
            return 2 * grad, 3 * grad

    x = leaf(lib, 1.0, 2.0)
    Weighted.apply(x, x).sum().backward()
    return x.grad


@program
def function_gradients_broadcast_and_convert(lib):
    class Loose(lib.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x.sum(0)

        @staticmethod
        def backward(ctx, grad):
            return lib.ones(4, 3).double() * grad

    x = lib.ones(1, 3, requires_grad=True)
    Loose.apply(x).backward(lib.tensor([1.0, 2.0, 3.0]))
    return x.grad


@program
def function_errors(lib):
    def make(result):
        class Wrong(lib.autograd.Function):
            @staticmethod
            def forward(ctx, x, y):
                return x + y

            @staticmethod
            def backward(ctx, grad):
                return result(grad)

        x, y = leaf(lib, 1.0, 2.0), leaf(lib, 3.0, 4.0)
        return raised(lambda: Wrong.apply(x, y).sum().backward())

    class Unsaved(lib.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(3.0)
            return x * 2

    class NoBackward(lib.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

    x = leaf(lib, 1.0)
    return (
        make(lambda g: g),
        make(lambda g: (g, g, g)),
        make(lambda g: (g, g, None)),
        make(lambda g: (lib.ones(3).double(), g)),
        make(lambda g: (1.0, g)),
        raised(lambda: Unsaved.apply(x)),
        raised(lambda: NoBackward.apply(x).sum().backward()),
    )


@program
def function_runs_without_recording(lib):
    seen = []

    class Look(lib.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            seen.append((lib.is_grad_enabled(), (x * 2).requires_grad))
            return x * 2

        @staticmethod
        def backward(ctx, grad):
            seen.append((lib.is_grad_enabled(), grad.requires_grad))
            return grad * 2

    x = leaf(lib, 1.0)
    Look.apply(x).sum().backward()
    lib.autograd.grad(Look.apply(x).sum(), x, create_graph=True)
    with lib.no_grad():
        seen.append(Look.apply(x).requires_grad)
    return seen


@program
def function_saved_tensor_changed_in_place(lib):
    class Square(lib.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        def backward(ctx, grad):
            (x,) = ctx.saved_tensors
            return 2 * x * grad

    x = leaf(lib, 1.0)
    out = Square.apply(x)
    with lib.no_grad():
        x.add_(1.0)
    return raised(lambda: out.sum().backward())


@program
def function_hooks_and_retain(lib):
    class Double(lib.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * 2

        @staticmethod
        def backward(ctx, grad):
            return grad * 2 + 0 * ctx.saved_tensors[0]

    x = leaf(lib, 1.0)
    y = Double.apply(x)
    seen = []
    y.register_hook(lambda g: seen.append(g.clone()))
    y.retain_grad()
    (y * y).sum().backward(retain_graph=True)
    (y * y).sum().backward()
    return seen, x.grad, y.grad


@pytest.mark.parametrize("run", PROGRAMS)
def test_program_does_the_same_on_both_sides(run):
    compare(run)
