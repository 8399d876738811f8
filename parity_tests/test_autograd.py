"""The autograd machinery against PyTorch: graphs, gradients on demand, hooks, modes, accumulation."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import tinygrad_edu

from .bridge import Bridge
from .cases import arguments, cases, flat
from .judge import count_case
from .ops import OPS
from .programs import Raised, compare, graph_difference, leaf, raised

ROWS = [pytest.param(row, id=name) for name, row in OPS.items()]
PROGRAMS = []


def program(function):
    """Mark a function as a program to be run on both sides."""
    PROGRAMS.append(pytest.param(function, id=function.__name__))
    return function


# Graphs -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("row", ROWS)
@settings(max_examples=5)
@given(data=st.data())
def test_graphs_are_those_of_pytorch(row, data):
    case = data.draw(cases(row, ("f32",)))
    count_case()
    theirs = arguments(case, row)
    bridge = Bridge()
    ours = [bridge.to_ours(t) for t in theirs]
    expected = flat(row.call(torch, *theirs, **case.options))
    got = flat(row.call(tinygrad_edu, *ours, **case.options))
    for mine, other in zip(got, expected, strict=True):
        difference = graph_difference(
            getattr(mine, "grad_fn", None), getattr(other, "grad_fn", None)
        )
        assert difference is None or row.graph, f"{case.id}: {difference}"
        assert getattr(mine, "output_nr", 0) == getattr(other, "output_nr", 0)
        assert getattr(mine, "is_leaf", None) == getattr(other, "is_leaf", None)


def graph_of(expression):
    def run(library):
        names = {"lib": library, "x": leaf(library, *range(1, 7), shape=(2, 3)),
                 "y": leaf(library, 1.0, 2.0, 3.0), "z": library.ones(2, 3).double()}  # fmt: skip
        return eval(expression, names).grad_fn

    return run


@pytest.mark.parametrize(
    "expression",
    [
        "x + x", "x * x + y", "(x + 1) * (x - 1)", "x * z", "z * y / x", "-x ** 2", "2 ** x",
        "1 / x", "1 - x", "x @ y", "x @ x.T", "(x @ y).relu().sum()", "x[0] + x[1]", "x[:, 1:].exp()",
        "x.sum(0).mean()", "x.softmax(1).log().sum()", "lib.cat([x, x * 2]).max(1).values.sum()",
        "lib.stack([y, y]).t().reshape(-1)", "x.split(1)[1] * x.split(1)[0]", "x.unbind(1)[2] + y[0]",
        "(x * 2).detach() + y", "x.double() + y", "x.float().double()", "x.flatten().unsqueeze(0)",
        "lib.where(x > 2, x, y)", "x.clamp(2, 4).var()", "x.view(3, 2).permute(1, 0).contiguous()",
    ],
)  # fmt: skip
def test_graphs_of_expressions(expression):
    count_case()
    run = graph_of(expression)
    assert graph_difference(run(tinygrad_edu), run(torch)) is None


# Asking for gradients -----------------------------------------------------------------------------


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


# Accumulation -------------------------------------------------------------------------------------


@program
def gradients_add_up_in_place(lib):
    x = leaf(lib, 1.0, 2.0)
    (x * x).sum().backward()
    held = x.grad
    (x * 3).sum().backward()
    return held is x.grad, held, x.grad


@program
def no_leaf_shares_its_gradient(lib):
    results = []
    for build in (
        lambda a, b: a + b, lambda a, b: a - b + 0, lambda a, b: (a + b).reshape(2, 2),
        lambda a, b: lib.cat([a, b]), lambda a, b: (a * 1).clone() + b, lambda a, b: a.view(4) + b,
    ):  # fmt: skip
        a, b = leaf(lib, 1.0, 2.0, 3.0, 4.0), leaf(lib, 5.0, 6.0, 7.0, 8.0)
        out = build(a, b)
        upstream = lib.ones(out.shape).double() * 0.5
        out.backward(upstream)
        a.grad.add_(100.0)
        results += [a.grad, b.grad, upstream]
    return results


@program
def upstream_gradient_is_not_adopted(lib):
    x = leaf(lib, 1.0, 2.0)
    upstream = lib.tensor([0.5, 0.25]).double()
    x.backward(upstream)
    x.grad.mul_(10.0)
    (x + 0).backward(upstream)
    return upstream, x.grad


@program
def gradient_of_an_expanded_leaf_can_be_written(lib):
    x = leaf(lib, 1.0, shape=(1,))
    y = leaf(lib, 1.0, 2.0, 3.0)
    (x.expand(3) + y).sum().backward()
    y.grad.add_(lib.tensor([1.0, 2.0, 3.0]).double())
    x.grad.add_(1.0)
    return x.grad, y.grad


@program
def zeroing_and_none(lib):
    x = leaf(lib, 1.0, 2.0)
    (x * x).sum().backward()
    x.grad.zero_()
    (x * x).sum().backward()
    first = x.grad.clone()
    x.grad = None
    (x * 5).sum().backward()
    return first, x.grad, raised(lambda: setattr(x, "grad", lib.ones(3).double())), raised(
        lambda: setattr(x, "grad", lib.ones(2))
    ), raised(lambda: setattr(x, "grad", 1.0))


@program
def assigned_gradient_is_added_to(lib):
    x = leaf(lib, 1.0, 2.0)
    mine = lib.tensor([10.0, 20.0]).double()
    x.grad = mine
    (x * x).sum().backward()
    return mine, x.grad is mine


def shared_node(dtype):
    """A value used many times: its gradient is a sum of terms whose order decides the last bit."""

    def run(lib):
        values = lib.tensor([0.1, 1.7, -2.3, 1e3, 1e-4], dtype=getattr(lib, dtype))
        x = values.requires_grad_()
        shared = x * 1.1
        terms = [shared * (0.1 * i + 0.37) for i in range(9)] + [shared / 3, shared * shared, -shared]
        total = terms[0]
        for i, term in enumerate(terms[1:]):
            total = total + term * x if i % 3 else term - total
        (total * shared).sum().backward()
        return x.grad

    return run


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_order_of_summation_is_pytorchs_to_the_bit(dtype):
    count_case()
    got, expected = (shared_node(dtype)(lib) for lib in (tinygrad_edu, torch))
    assert got.tolist() == expected.tolist()


# Leaves, modes, in-place changes ------------------------------------------------------------------


@program
def what_is_a_leaf(lib):
    x = leaf(lib, 1.0)
    y, constant = x * 2, lib.ones(1)
    return [
        (t.is_leaf, t.requires_grad, t.grad_fn is None)
        for t in (x, y, constant, constant * 2, y.detach(), x.data, x.detach().requires_grad_(),
                  y.clone(), x.float(), x.view(1), (x > 0))
    ]  # fmt: skip


@program
def requires_grad_rules(lib):
    x = leaf(lib, 1.0)
    y = x * 2
    whole = lib.tensor([1, 2])
    return (
        raised(lambda: setattr(y, "requires_grad", False)),
        raised(lambda: setattr(whole, "requires_grad", True)),
        raised(whole.requires_grad_),
        raised(lambda: lib.tensor([True], requires_grad=True)),
        raised(lambda: lib.zeros(2, dtype=lib.int64, requires_grad=True)),
        whole.requires_grad_(False).requires_grad,
        y.requires_grad_().requires_grad,
    )


@program
def detach_shares_memory_and_cuts(lib):
    x = leaf(lib, 1.0, 2.0)
    y = x * 2
    cut = y.detach()
    cut[0] = 50.0
    (y * x + cut).sum().backward() if False else (y + cut).sum().backward()
    z = x * 3
    z.detach_()
    return y.detach(), x.grad, z.requires_grad, z.is_leaf


@program
def grad_modes(lib):
    x = leaf(lib, 1.0)
    seen = []

    def look():
        seen.append((lib.is_grad_enabled(), (x * 2).requires_grad))

    look()
    with lib.no_grad():
        look()
        with lib.enable_grad():
            look()
            with lib.set_grad_enabled(False):
                look()
            look()
        look()
    look()
    lib.set_grad_enabled(False)
    look()
    lib.set_grad_enabled(True)
    look()
    with lib.set_grad_enabled(True):
        look()
    return seen


@program
def grad_modes_as_decorators(lib):
    x = leaf(lib, 1.0)

    @lib.no_grad()
    def without():
        return lib.is_grad_enabled(), (x * 2).requires_grad

    @lib.no_grad
    def without_parentheses():
        return lib.is_grad_enabled()

    @lib.enable_grad()
    def recorded():
        return lib.is_grad_enabled(), (x * 2).requires_grad

    @lib.set_grad_enabled(False)
    def switched():
        return lib.is_grad_enabled()

    results = [without(), without_parentheses(), recorded(), switched(), lib.is_grad_enabled()]
    with lib.no_grad():
        results += [without(), recorded(), lib.is_grad_enabled()]
    return results, without.__name__


@program
def grad_mode_ends_with_an_exception(lib):
    def fail():
        with lib.no_grad():
            raise ValueError("x")

    return raised(fail), lib.is_grad_enabled()


@program
def one_mode_object_entered_twice(lib):
    off = lib.no_grad()
    seen = []
    with off:
        with off:
            seen.append(lib.is_grad_enabled())
        seen.append(lib.is_grad_enabled())
    seen.append(lib.is_grad_enabled())
    return seen


@program
def training_step_in_place(lib):
    w = leaf(lib, 1.0, -2.0)
    for _ in range(3):
        (w**2 + w).sum().backward()
        with lib.no_grad():
            w -= 0.1 * w.grad
            w.grad.zero_()
    return w, w.is_leaf, w.requires_grad


@program
def in_place_on_a_leaf_is_an_error(lib):
    x = leaf(lib, 1.0, 2.0)

    def assign():
        x[0] = 5.0

    return [raised(f) for f in (lambda: x.add_(1), lambda: x.zero_(), lambda: x.mul_(2), assign)], x


@program
def saved_leaf_changed_in_place(lib):
    x, y = leaf(lib, 1.0, 2.0), leaf(lib, 3.0, 4.0)
    out = (x * y).sum()
    with lib.no_grad():
        y.add_(1.0)
    added = x + y  # saves neither, so this one may
    with lib.no_grad():
        x.mul_(2.0)
    added.sum().backward()
    return raised(out.backward), x.grad


@program
def saved_constant_changed_in_place(lib):
    x, constant = leaf(lib, 1.0, 2.0), lib.tensor([3.0, 4.0]).double()
    outs = [(x * constant).sum(), x.exp().sum(), (x / constant).sum(), (x + constant).sum()]
    constant[0] = 7.0
    return [raised(o.backward) for o in outs], x.grad


@program
def writing_through_data_is_unseen(lib):
    x, y = leaf(lib, 1.0, 2.0), leaf(lib, 3.0, 4.0)
    out = (x * y).sum()
    y.data.add_(1.0)
    out.backward()
    return x.grad, y


@program
def data_can_be_replaced(lib):
    x = leaf(lib, 1.0, 2.0)
    x.data = lib.tensor([5.0, 6.0]).double()
    (x * x).sum().backward()
    return x, x.grad, x.is_leaf


# Hooks --------------------------------------------------------------------------------------------


@program
def tensor_hooks(lib):
    x = leaf(lib, 1.0, 2.0)
    y = x * 3
    seen = []
    y.register_hook(lambda g: seen.append(("first", g.clone())))
    y.register_hook(lambda g: g * 2)
    removed = y.register_hook(lambda g: g * 100)
    y.register_hook(lambda g: seen.append(("last", g.clone())))
    x.register_hook(lambda g: seen.append(("leaf", g.clone())))
    x.register_hook(lambda g: g + 1)
    removed.remove()
    removed.remove()
    (y * y).sum().backward()
    return seen, x.grad


@program
def tensor_hook_sees_the_whole_gradient_once(lib):
    x = leaf(lib, 1.0, 2.0)
    seen = []
    x.register_hook(lambda g: seen.append(g.clone()))
    (x * x + x.exp() + x).sum().backward()
    return seen


@program
def order_of_hooks_and_retained_gradients(lib):
    x = leaf(lib, 1.0, 2.0)
    y = x * 3
    y.register_hook(lambda g: g * 2)
    y.retain_grad()
    y.register_hook(lambda g: g * 5)
    (y * y).sum().backward()
    return x.grad, y.grad


@program
def hook_errors(lib):
    x = lib.ones(2)
    y = leaf(lib, 1.0) * 2
    return (
        raised(lambda: x.register_hook(print)),
        raised(lambda: x.register_post_accumulate_grad_hook(print)),
        raised(lambda: y.register_post_accumulate_grad_hook(print)),
        raised(x.retain_grad),
    )


@program
def hooks_as_context_managers(lib):
    x = leaf(lib, 1.0)
    with x.register_hook(lambda g: g * 10):
        (x * 2).sum().backward()
    (x * 2).sum().backward()
    return x.grad


@program
def hook_kept_gradient_is_not_changed_later(lib):
    x = leaf(lib, 1.0, 2.0)
    kept = []
    x.register_hook(kept.append)
    for _ in range(3):
        (x * x).sum().backward()
    return kept, x.grad


@program
def post_accumulate_hooks(lib):
    x = leaf(lib, 1.0, 2.0)
    seen = []

    def step(tensor):
        seen.append((tensor is x, tensor.grad.clone()))
        tensor.grad = None

    handle = x.register_post_accumulate_grad_hook(step)
    (x * x).sum().backward()
    (x * 3).sum().backward()
    handle.remove()
    (x * 7).sum().backward()
    return seen, x.grad


@program
def post_accumulate_hooks_are_not_called_by_grad(lib):
    x = leaf(lib, 1.0)
    seen = []
    x.register_post_accumulate_grad_hook(lambda t: seen.append(1))
    x.register_hook(lambda g: g * 3)
    grads = lib.autograd.grad((x * x).sum(), x)
    return seen, grads, x.grad


@program
def node_hooks(lib):
    x = leaf(lib, 1.0, 2.0)
    y = x * 3
    z = y.exp()
    seen = []
    z.grad_fn.register_hook(lambda gi, go: seen.append(("exp", gi, go)))
    z.grad_fn.register_prehook(lambda go: (go[0] * 2,))
    y.grad_fn.register_prehook(lambda go: seen.append(("mul", go)))
    y.grad_fn.register_hook(lambda gi, go: (gi[0] + 1, *gi[1:]))
    gone = y.grad_fn.register_hook(lambda gi, go: seen.append("gone"))
    gone.remove()
    z.sum().backward()
    return seen, x.grad


@program
def order_of_all_hooks(lib):
    x = leaf(lib, 1.0)
    y = x * 2
    seen = []
    y.grad_fn.register_hook(lambda gi, go: seen.append("node"))
    y.grad_fn.register_prehook(lambda go: seen.append("node before"))
    y.register_hook(lambda g: seen.append("tensor"))
    x.register_post_accumulate_grad_hook(lambda t: seen.append("accumulated"))
    x.register_hook(lambda g: seen.append("leaf"))
    (y * y).sum().backward()
    return seen


@program
def order_in_which_leaves_get_their_gradients(lib):
    seen = []
    leaves = [leaf(lib, float(i)) for i in range(5)]
    for i, x in enumerate(leaves):
        x.register_hook(lambda g, i=i: seen.append(i))
    total = leaves[3] * 2
    for x in (leaves[1], leaves[4], leaves[0], leaves[1], leaves[2]):
        total = total * x + x
    total.sum().backward()
    return seen


@program
def order_in_which_nodes_run(lib):
    seen = []

    def watch(name, tensor):
        tensor.register_hook(lambda g: seen.append(name))
        return tensor

    x = leaf(lib, 0.5)
    a = watch("a", x * 2)
    b = watch("b", x * 3)
    c = watch("c", a.exp())
    d = watch("d", b * c)
    e = watch("e", a + b)
    f = watch("f", e * d)
    (f + watch("g", c * e)).sum().backward()
    return seen


@program
def retained_gradients(lib):
    x = leaf(lib, 1.0, 2.0)
    y = x * 3
    before = y.retains_grad
    y.retain_grad()
    y.retain_grad()
    x.retain_grad()
    z = y * y
    z.sum().backward(retain_graph=True)
    first = y.grad.clone()
    z.sum().backward()
    return before, y.retains_grad, x.retains_grad, first, y.grad, z.retains_grad


@program
def retained_gradient_is_a_copy(lib):
    x = leaf(lib, 1.0, 2.0)
    y = x + 1
    y.retain_grad()
    (y * 2).sum().backward()
    y.grad.add_(100.0)
    return x.grad, y.grad


@program
def grad_of_a_tensor_that_keeps_none(lib):
    x = leaf(lib, 1.0)
    y = x * 2
    y.sum().backward()
    return y.grad


@program
def hooks_under_create_graph(lib):
    x = leaf(lib, 1.0, 2.0)
    y = x * x
    y.register_hook(lambda g: g * x)
    (first,) = lib.autograd.grad((y * y).sum(), x, create_graph=True)
    (second,) = lib.autograd.grad(first.sum(), x)
    return first, second


@program
def hook_runs_without_recording(lib):
    x = leaf(lib, 1.0)
    seen = []
    x.register_hook(lambda g: seen.append((lib.is_grad_enabled(), g.requires_grad)))
    (x * x).sum().backward()
    (x * x).sum().backward(create_graph=True)
    return seen


# Functions of the user ----------------------------------------------------------------------------


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
    from importlib import import_module

    once = import_module(f"{lib.__name__}.autograd.function").once_differentiable

    class Square(lib.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        @once
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
            ctx.saved_tensors
            return grad * 2

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


def test_comparison_notices_a_difference():
    for wrong in (
        lambda lib: leaf(lib, 1.0 if lib is torch else 2.0),
        lambda lib: [1, 2] if lib is torch else [1],
        lambda lib: None if lib is torch else leaf(lib, 1.0),
        lambda lib: Raised(ValueError()) if lib is torch else Raised(TypeError()),
        lambda lib: Raised(ValueError()) if lib is torch else None,
    ):
        with pytest.raises(AssertionError):
            compare(wrong)
