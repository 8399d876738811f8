"""`torch.utils.checkpoint`: the same gradients from a graph that keeps less."""

import gc
import warnings

import numpy as np
import pytest

import tinygrad_edu
from tinygrad_edu.autograd.op_node import OpNode

from .both import BOTH, both, both_raise


def agree(mine, theirs):
    np.testing.assert_allclose(mine.detach().numpy(), theirs.detach().numpy(), rtol=1e-12)


def model(lib, calls):
    """A few layers that use much memory, one of them random."""
    nn = lib.nn

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.up, self.drop, self.down = nn.Linear(4, 8), nn.Dropout(0.4), nn.Linear(8, 4)

        def forward(self, x):
            calls.append("block")
            return x + self.down(self.drop(self.up(x).tanh())).sigmoid()

    lib.manual_seed(0)
    return nn.Sequential(Block(), Block(), Block()).double()


def gradients(lib, run, calls):
    """Those of the parameters and of the input, and what the generator draws afterwards."""
    net = model(lib, calls)
    x = lib.linspace(-1, 2, 20).double().reshape(5, 4).requires_grad_()
    lib.manual_seed(1)
    loss = (run(net, x) ** 2).mean()
    calls.append("backward")
    loss.backward()
    return [loss.item(), *(t.grad for t in (x, *net.parameters())), lib.rand(1).item()]


WAYS = {
    "blocks": lambda c, **o: lambda net, x: net[2](c.checkpoint(net[1], net[0](x), **o)),
    "all": lambda c, **o: lambda net, x: c.checkpoint(net, x, **o),
    "two": lambda c, **o: (
        lambda net, x: c.checkpoint(net[2], c.checkpoint(net[1], net[0](x), **o), **o)
    ),
    "nested": lambda c, **o: (
        lambda net, x: c.checkpoint(lambda y: net[2](c.checkpoint(net[1], net[0](y), **o)), x, **o)
    ),
    "sequential": lambda c, **o: lambda net, x: c.checkpoint_sequential(net, 2, x, **o),
    "sequential of three": lambda c, **o: lambda net, x: c.checkpoint_sequential([*net], 3, x, **o),
    "several results": lambda c, **o: (
        lambda net, x: sum(c.checkpoint(lambda y: (net[0](y), net[2](net[1](y))), x, **o))
    ),
}  # fmt: skip


#: By the older rules PyTorch runs the outer function under no_grad, and so warns of the inner one.
CASES = [
    (way, older) for way in WAYS for older in (True, False) if (way, older) != ("nested", True)
]


@pytest.mark.parametrize(("way", "use_reentrant"), CASES)
def test_gradients_are_those_without(way, use_reentrant):
    found = []
    for lib in BOTH:
        calls = []
        run = WAYS[way](lib.utils.checkpoint, use_reentrant=use_reentrant)
        found.append((gradients(lib, run, calls), calls))
    (theirs, their_calls), (mine, my_calls) = found
    for one, other in zip(mine, theirs, strict=True):
        if isinstance(one, float):
            assert one == pytest.approx(other, rel=1e-12)
        else:
            agree(one, other)
    plain = gradients(tinygrad_edu, lambda net, x: net(x), [])
    if way != "several results":
        assert [t.tolist() for t in mine[1:-1]] == [t.tolist() for t in plain[1:-1]]
    if way != "nested":  # where PyTorch stops the outer second run early
        assert my_calls == their_calls


def test_other_random_numbers_the_second_time():
    def run(lib):
        lib.manual_seed(0)
        x = lib.ones(6, requires_grad=True)
        drop = lambda y: lib.nn.functional.dropout(y * y, 0.5)  # noqa: E731
        options = {"preserve_rng_state": False, "use_reentrant": False}
        lib.utils.checkpoint.checkpoint(drop, x, **options).sum().backward()
        return x.grad.tolist(), lib.rand(1).item()

    both(run)


def test_what_is_kept_is_the_arguments_alone():
    x = tinygrad_edu.ones(3, requires_grad=True)
    y = tinygrad_edu.utils.checkpoint.checkpoint(
        lambda t: (t.exp() * t).sin(), x, use_reentrant=False
    )
    nodes, node = [], y.grad_fn
    while isinstance(node, OpNode):
        nodes.append(node)
        node = node.next_functions[0][0]
    assert [n.name() for n in nodes] == ["SinBackward0", "MulBackward0", "ExpBackward0"]
    assert all(n.saved is None and not n.tensors for n in nodes)
    y.sum().backward()
    assert all(n.saved is None and n.compute_again is None for n in nodes)


def test_higher_order_and_autograd_grad():
    def run(lib):
        x = lib.tensor([0.3, -1.2], requires_grad=True, dtype=lib.float64)
        w = lib.tensor([2.0, 0.5], requires_grad=True, dtype=lib.float64)
        y = lib.utils.checkpoint.checkpoint(
            lambda t, scale: (t * w).sin() * scale, x, scale=x**2, use_reentrant=False
        )
        first = lib.autograd.grad(y.sum(), (x, w), create_graph=True)
        second = lib.autograd.grad(sum(g.sum() for g in first), (x, w), create_graph=True)
        third = lib.autograd.grad(second[0].sum(), (x, w))
        return [t for t in (*first, *second, *third)]

    theirs, mine = (run(lib) for lib in BOTH)
    for one, other in zip(mine, theirs, strict=True):
        agree(one, other)


def test_a_graph_that_is_kept_and_one_that_is_not():
    def run(lib):
        calls = []

        def function(t):
            calls.append(0)
            return t.exp() * t

        x = lib.tensor([1.0, 2.0], requires_grad=True)
        y = lib.utils.checkpoint.checkpoint(function, x, use_reentrant=False).sum()
        y.backward(retain_graph=True)
        first = x.grad.tolist()
        y.backward()
        twice = x.grad.tolist() == [2 * g for g in first]
        with pytest.raises(RuntimeError, match="second time"):
            y.backward()
        return twice

    assert both(run)


def test_without_a_graph_it_only_calls():
    def run(lib):
        calls = []

        def function(t):
            calls.append(lib.is_grad_enabled())
            return t * 2

        x = lib.ones(2, requires_grad=True)
        with lib.no_grad():
            y = lib.utils.checkpoint.checkpoint(function, x, use_reentrant=False)
        z = lib.utils.checkpoint.checkpoint(function, x.detach(), use_reentrant=False)
        return y.requires_grad, z.requires_grad, calls

    assert both(run) == (False, False, [False, True])


def test_the_older_rules_need_an_argument_with_a_gradient():
    def run(lib):
        w = lib.ones(2, requires_grad=True)
        with pytest.warns(UserWarning, match="None of the inputs have requires_grad=True"):
            y = lib.utils.checkpoint.checkpoint(lambda t: t * w, lib.ones(2), use_reentrant=True)
        z = lib.utils.checkpoint.checkpoint(lambda t: t * w, lib.ones(2), use_reentrant=False)
        return y.requires_grad, z.requires_grad

    assert both(run) == (False, True)


@pytest.mark.parametrize("name", ["checkpoint", "checkpoint_sequential"])
def test_which_rules_is_to_be_said(name):
    for lib in BOTH:
        x = lib.ones(2, requires_grad=True)
        arguments = (lib.sin, x) if name == "checkpoint" else ([lib.sin, lib.cos], 2, x)
        with pytest.warns(UserWarning, match="use_reentrant parameter should be"):
            assert getattr(lib.utils.checkpoint, name)(*arguments).requires_grad


@pytest.mark.parametrize(
    "options",
    [
        {"use_reentrant": True, "scale": 2}, {"use_reentrant": True, "debug": True},
        {"use_reentrant": True, "context_fn": lambda: (None, None)},
        {"use_reentrant": False, "determinism_check": "what"},
    ],
    ids=" ".join,
)  # fmt: skip
def test_what_is_refused(options):
    both_raise(
        lambda lib: lib.utils.checkpoint.checkpoint(
            lambda t, scale=1: t * scale, lib.ones(2, requires_grad=True), **options
        )
    )


def test_contexts_for_the_two_runs():
    def run(lib):
        entered = []

        class Context:
            def __init__(self, name):
                self.name = name

            def __enter__(self):
                entered.append(self.name)

            def __exit__(self, *exc_info):
                entered.append(f"end of {self.name}")

        x = lib.ones(2, requires_grad=True)
        y = lib.utils.checkpoint.checkpoint(
            lib.exp, x, use_reentrant=False, context_fn=lambda: (Context("one"), Context("two"))
        )
        y.sum().backward()
        return entered

    assert both(run) == ["one", "end of one", "two", "end of two"]


OTHERWISE = {
    "fewer": lambda t: t.exp(),
    "more": lambda t: t.exp().sin().tan(),  # which PyTorch does not see: it stops after the sine
    "other shapes": lambda t: t[:1].exp().sin(),
}


@pytest.mark.parametrize("what", OTHERWISE)
def test_a_function_that_does_something_else_the_second_time(what):
    for lib in BOTH if what != "more" else (tinygrad_edu,):
        functions = iter([lambda t: t.exp().sin(), OTHERWISE[what]])
        x = lib.ones(3, requires_grad=True)
        y = lib.utils.checkpoint.checkpoint(
            lambda t, f=functions: next(f)(t), x, use_reentrant=False
        )
        with pytest.raises(lib.utils.checkpoint.CheckpointError):
            y.sum().backward()


def test_there_are_no_reference_cycles():
    gc.collect()
    gc.disable()
    try:
        x = tinygrad_edu.ones(3, requires_grad=True)
        for backward in (True, False):
            y = tinygrad_edu.utils.checkpoint.checkpoint(
                lambda t: t.exp().sin(), x, use_reentrant=False
            )
            if backward:
                y.sum().backward()
            del y
        assert gc.collect() == 0
    finally:
        gc.enable()


def test_numpy_in_the_function_sees_no_derivative():
    def function(t):
        return t * tinygrad_edu.from_numpy(np.concatenate([t.detach(), t.detach()]))[:2]

    x = tinygrad_edu.tensor([1.0, 3.0], requires_grad=True)
    y = tinygrad_edu.utils.checkpoint.checkpoint(function, x, use_reentrant=False)
    with warnings.catch_warnings(action="error"):
        (grad,) = tinygrad_edu.autograd.grad(y.sum(), x, create_graph=True)
    assert grad.tolist() == [1.0, 3.0]


def changed_inside(lib, run, function, *gradients):
    """The arguments are [3, 4], with a gradient or none, and the function changes one of them."""
    leaves = [lib.tensor([3.0, 4.0], requires_grad=g) for g in gradients]
    y = run(function, *(leaf * 1 for leaf in leaves))
    y.sum().backward()
    return y.tolist(), [None if leaf.grad is None else leaf.grad.tolist() for leaf in leaves]


def changed_after(lib, run, function, *gradients):
    """One of the arguments is changed between the forward and the backward pass."""
    leaves = [lib.tensor([3.0, 4.0], requires_grad=g) for g in gradients]
    arguments = [leaf * 1 for leaf in leaves]
    loss = run(function, *arguments).sum()
    arguments[-1].mul_(2)
    loss.backward()
    return [None if leaf.grad is None else leaf.grad.tolist() for leaf in leaves]


def changed_base(lib, run, function, *gradients):
    """What the argument is a view of is changed."""
    base = lib.tensor([3.0, 4.0], requires_grad=True) * 1
    loss = run(function, base[:1]).sum()
    base.mul_(2)
    loss.backward()


def changed_leaf(lib, run, function, *gradients):
    x = lib.tensor([3.0, 4.0], requires_grad=True)
    loss = run(function, x).sum()
    with lib.no_grad():
        x.mul_(2)
    loss.backward()


def changed_data(lib, run, function, *gradients):
    """Which nobody counts."""
    x = lib.tensor([3.0, 4.0], requires_grad=True)
    loss = run(function, x).sum()
    x.data.mul_(0)
    loss.backward()
    return x.grad.tolist()


def changed_between(lib, run, function, *gradients):
    """The graph is kept, and the argument changed after one backward pass."""
    x = lib.tensor([3.0, 4.0], requires_grad=True) * 1
    loss = run(function, x).sum()
    loss.backward(retain_graph=True)
    x.mul_(2)
    loss.backward()


#: What happens to the arguments, the function, and which arguments require a gradient; whether
#: PyTorch refuses it by the older rules and by the newer.
CHANGES = {
    "it changes its argument": (changed_inside, lambda x: x.mul_(2).exp(), (True,), True, True),
    "it changes one without a gradient": (
        changed_inside, lambda x, w: w * x.mul_(2), (False, True), False, True,
    ),
    "it changes one and saves nothing": (
        changed_inside, lambda x, w: w + x.mul_(2), (False, True), False, False,
    ),
    "it changes another and keeps its sum": (
        changed_inside, lambda x, w: (w + 1) * x.mul_(2), (False, True), False, True,
    ),
    "after it": (changed_after, lambda x: x.exp(), (True,), True, True),
    "after it one without a gradient": (
        changed_after, lambda w, x: w * x, (True, False), True, True,
    ),
    "after it one that is not read": (
        changed_after, lambda w, x: w.exp(), (True, False), True, True,
    ),
    "after what saves nothing": (changed_after, lambda x: x + 1, (True,), True, False),
    "its base": (changed_base, lambda x: x.exp(), (), True, True),
    "a leaf": (changed_leaf, lambda x: x.exp(), (), True, True),
    "data": (changed_data, lambda x: x * x, (), False, False),
    "between two passes": (changed_between, lambda x: x * x, (), True, True),
}  # fmt: skip


@pytest.mark.parametrize("use_reentrant", [True, False])
@pytest.mark.parametrize("what", CHANGES)
def test_arguments_that_are_changed_in_place(what, use_reentrant):
    change, function, gradients, *refused = CHANGES[what]

    def run(lib):
        options = {"use_reentrant": use_reentrant}
        return change(
            lib, lambda *a: lib.utils.checkpoint.checkpoint(*a, **options), function, *gradients
        )

    if refused[not use_reentrant]:
        assert "in-place operation" in (text := both_raise(run)) or "inplace operation" in text
    else:
        both(run)


def test_arguments_that_nobody_counts():
    """PyTorch looks at tensors among the positional arguments alone."""

    def run(lib, **options):
        x = lib.tensor([3.0, 4.0], requires_grad=True)
        parts = [lib.tensor([1.0, 2.0]) for _ in range(3)]
        y = lib.utils.checkpoint.checkpoint(
            lambda t, inside, named: t * inside[0] * named * parts[2],
            x, [parts[0]], named=parts[1], use_reentrant=False,
        )  # fmt: skip
        for part in parts:
            part.mul_(2)
        y.sum().backward()
        return x.grad.tolist()

    assert both(run) == [8.0, 64.0]


def test_a_change_is_named_before_the_function_runs_again():
    def run(lib):
        calls = []

        def function(t):
            calls.append(0)
            return t.exp()

        x = lib.tensor([3.0, 4.0], requires_grad=True) * 1
        loss = lib.utils.checkpoint.checkpoint(function, x, use_reentrant=False).sum()
        x.mul_(2)
        for _ in range(2):  # the graph still has what it had
            with pytest.raises(
                RuntimeError, match=r"output 0 of Mul(Backward0)?, is at version 1; exp"
            ):
                loss.backward()
        return len(calls)

    assert both(run) == 1


def test_by_the_older_rules_what_saves_nothing_runs_again_too():
    def run(lib):
        calls = []

        def function(t):
            calls.append(0)
            return t + 1

        x = lib.ones(2, requires_grad=True)
        loss = lib.utils.checkpoint.checkpoint(function, x, use_reentrant=True).sum()
        loss.backward()
        with pytest.raises(RuntimeError, match="a second time"):
            loss.backward()
        return len(calls), x.grad.tolist()

    assert both(run) == (2, [1.0, 1.0])
