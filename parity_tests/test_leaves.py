"""What leaves gather, and what is one: accumulation, modes, in-place changes, against PyTorch."""

import pytest
import torch

import tinygrad_edu

from .judge import count_case
from .programs import Programs, compare, leaf, raised

PROGRAMS = Programs()
program = PROGRAMS.add


# Accumulation -------------------------------------------------------------------------------------


@program
def gradients_add_up_in_place(lib):
    x = leaf(lib, 1.0, 2.0)
    (x * x).sum().backward()
    held = x.grad
    (x * 3).sum().backward()
    return held is x.grad, held, x.grad


@program
def gradients_with_graphs_add_up(lib):
    x = leaf(lib, 1.0, 2.0)
    (x**3).sum().backward(create_graph=True)
    held = x.grad
    (x * 5).sum().backward(create_graph=True)
    (x**2).sum().backward()
    (grad,) = lib.autograd.grad((x.grad * x.grad).sum(), x)
    return held is x.grad, held.detach(), x.grad.detach(), grad


@program
def a_gradient_that_more_is_added_to_has_changed(lib):
    x = leaf(lib, 1.0, 2.0)
    (x * 3).sum().backward()
    before = x.grad._version
    (x * 3).sum().backward()
    return before, x.grad._version


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
        results += [a.grad, b.grad]
    return results


@program
def no_gradient_on_its_way_is_changed_by_another(lib):
    """Both terms of `r` get what arrives there; one of them gets more from `s`, before the other
    has gone on."""
    x, y = leaf(lib, 1.0, 2.0), leaf(lib, 3.0, 4.0)
    p, q = x * 2, y * 3
    s = p * 5
    r = p + q
    lib.stack([r, s]).backward(lib.tensor([[0.5, 0.25], [7.0, 9.0]]).double())
    return x.grad, y.grad


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
    return (
        first,
        x.grad,
        raised(lambda: setattr(x, "grad", lib.ones(3).double())),
        raised(lambda: setattr(x, "grad", lib.ones(2))),
        raised(lambda: setattr(x, "grad", 1.0)),
    )


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
        terms = [shared * (0.1 * i + 0.37) for i in range(9)]
        terms += [shared / 3, shared * shared, -shared]
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


@program
def comparison_with_what_is_no_number(lib):
    x = leaf(lib, 1.0, 2.0)
    return (
        x == None, x != None, x == "a", x != [1.0, 2.0], x in [None, x], x == x,  # noqa
        raised(lambda: x < None), raised(lambda: x + None), raised(lambda: lib.eq(x, None)),
        raised(lambda: x * "a"), raised(lambda: x @ 2), raised(lambda: x > [1, 2]),
    )  # fmt: skip


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
    (y + cut).sum().backward()
    z = x * 3
    z.detach_()
    return y.detach(), x.grad, z.requires_grad, z.is_leaf


@program
def versions_of_a_gradient(lib):
    """It is the same tensor that is added to, and each time counts."""
    x, seen = leaf(lib, 1.0, 2.0), []
    for factor in range(4):
        (x * factor).sum().backward()
        seen.append((x.grad._version, x._version))
    x.grad.zero_()
    (x * x).sum().backward()
    saved = (x.grad * leaf(lib, 1.0, 1.0)).sum()
    x.sum().backward()
    return seen, x.grad._version, raised(saved.backward)


@program
def what_is_detached_in_place_is_output_0(lib):
    x, seen = leaf(lib, 1.0, 2.0, 4.0), []
    for results in (lib.std_mean(x), lib.var_mean(x, 0), lib.linalg.slogdet(lib.diag(x))):
        last = results[-1]
        seen.append((last.output_nr, last.detach_().output_nr, last.is_leaf, last.grad_fn is None))
        last.requires_grad_()
        (last * last).backward()
        seen.append(last.grad)
    return seen


@program
def leaves_come_first_however_many_nodes_there_are(lib):
    """Of what is ready, a leaf goes before the newest node, also after a thousand of them."""
    seen = []

    def noted(tensor, name):
        tensor.register_hook(lambda grad: seen.append(name))
        return tensor

    for count in (1, 10, 1000):
        x = leaf(lib, 1.0)
        for _ in range(count):
            x.exp()
        first, second = noted(leaf(lib, 1.0), "first"), noted(leaf(lib, 2.0), "second")
        for expression in (
            lambda a=first, b=second: a + noted(b.exp(), "node"),
            lambda a=first, b=second: noted(b.exp(), "node") + a,
            lambda a=first, b=second: noted(noted(a * 1, "inner") * b, "outer") + a,
        ):
            expression().backward()
            seen.append(count)
    return seen


@program
def views_after_a_change_without_recording(lib):
    """Each that has a history is seen anew."""
    seen = []
    for change in (lambda y: y.add_(1), lambda y: y[:1].zero_(), lambda y: y.fill_(2.0)):
        x = leaf(lib, 1.0, 2.0, 3.0)
        y = x * 2
        views = [y[:2], y[:2][1:], y.view(3, 1), y.detach()[:1]]
        with lib.no_grad():
            change(y)
        seen.append([view.grad_fn and view.grad_fn.name() for view in views])
        sum(view.sum() for view in views if view.requires_grad).backward()
        seen += [x.grad, *views]
    return seen


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


@pytest.mark.parametrize("run", PROGRAMS)
def test_program_does_the_same_on_both_sides(run):
    compare(run)
