"""The backward pass itself: long chains, no reference cycles, one run per node, true records."""

import gc
import tracemalloc

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu.autograd.engine import backward_pass
from tinygrad_edu.autograd.graph import gradient_edge


def steps_of(loss, **options):
    """Every step of a backward pass from a tensor of one element."""
    return list(backward_pass([gradient_edge(loss)], [np.ones_like(loss.array)], **options))


def names(steps):
    return [step.node.name().removeprefix("torch::autograd::") for step in steps]


# Long chains --------------------------------------------------------------------------------------


def chain(length):
    x = tg.tensor(1.0, requires_grad=True)
    y = x
    for _ in range(length):
        y = y + 1
    return x, y


def test_long_chain_is_freed_without_a_backward_pass(no_garbage_collector):
    """A recursive release of node after node would overflow the stack: 8 MiB have no room for it,
    were it only 84 bytes for each."""
    x, y = chain(100_000)
    del x, y
    _, y = chain(100_000)
    y = y.detach()
    assert y.item() == 100_001.0


@pytest.mark.parametrize("length", [1, 10, 1000, 4000])
def test_work_is_linear_in_the_length(length):
    _, y = chain(length)
    steps = steps_of(y)
    assert len(steps) == length + 1
    assert sum(len(step.grad_inputs) for step in steps) <= 2 * length


def test_a_ladder_of_shared_nodes_is_not_walked_path_by_path():
    """Of 2^60 paths from the end to the start, each node is passed once."""
    x = tg.tensor(1.0, dtype=tg.float64, requires_grad=True)
    y = x
    for _ in range(60):
        y = y + y
    assert len(steps_of(y)) == 61
    assert x.grad.item() == 2.0**60


def test_long_chain_with_create_graph_and_grad(no_garbage_collector):
    x, y = chain(20_000)
    (first,) = tg.autograd.grad(y * y, x, create_graph=True)
    (second,) = tg.autograd.grad(first, x)
    assert (first.item(), second.item()) == (40_002.0, 2.0)


def test_long_chain_of_a_users_function(no_garbage_collector):
    class Add(tg.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x + 1

        @staticmethod
        def backward(ctx, grad):
            return grad

    x = tg.tensor(1.0, requires_grad=True)
    y = x
    for _ in range(50_000):
        y = Add.apply(y)
    y.backward()
    assert x.grad.item() == 1.0
    del y


# Memory -------------------------------------------------------------------------------------------


def training_step(weights, x, target):
    w1, b1, w2, b2 = weights
    hidden = (x @ w1 + b1).relu()
    loss = ((hidden @ w2 + b2).sigmoid() - target).pow(2).mean()
    loss.backward()
    with tg.no_grad():
        for w in weights:
            w -= 0.1 * w.grad
            w.grad = None
    return loss.item()


def test_training_steps_do_not_grow(no_garbage_collector):
    """`test_growth` counts blocks of memory, over ten thousand; here bytes are counted."""
    tg.manual_seed(0)
    weights = [tg.randn(*shape, requires_grad=True) for shape in ((10, 16), (16,), (16, 1), (1,))]
    x, target = tg.randn(32, 10), tg.rand(32, 1)
    first = training_step(weights, x, target)
    for _ in range(2_000):  # until Python's own stores of free tuples are full
        training_step(weights, x, target)
    tracemalloc.start()
    for _ in range(100):  # until what lives from step to step is traced
        training_step(weights, x, target)
    memory, objects = tracemalloc.get_traced_memory()[0], len(gc.get_objects())
    for _ in range(1_000):
        last = training_step(weights, x, target)
    grown = tracemalloc.get_traced_memory()[0] - memory
    tracemalloc.stop()
    assert last < first
    assert grown < 10_000  # 10 bytes a step; one leaked tensor a step would be 200 KB and more
    assert len(gc.get_objects()) - objects < 10
    assert gc.collect() == 0


def used_every_way():
    """Everything that could close a cycle, once."""
    x = tg.randn(3, requires_grad=True)
    y = x.exp()
    y.retain_grad()
    y.register_hook(lambda g: g * 2)
    x.register_hook(lambda g: g + 1)
    handle = x.register_post_accumulate_grad_hook(lambda t: None)
    y.grad_fn.register_hook(lambda gi, go: None)
    (y * y.sigmoid().softmax(0)).sum().backward()
    handle.remove()
    values, _ = y.detach().requires_grad_().max(0)
    values.backward()
    first = tg.autograd.grad((x**3).tanh().sum(), x, create_graph=True)[0]
    tg.autograd.grad((first * first).sum(), x)
    unfinished = (x * 2).relu().std()  # a graph that no backward pass ever frees
    with tg.no_grad():
        x.add_(1.0)
    return unfinished.item()


def test_nothing_is_left_for_the_garbage_collector(no_garbage_collector):
    used_every_way()
    gc.collect()
    for _ in range(3):
        used_every_way()
        assert gc.collect() == 0


def test_a_users_function_leaves_nothing_either(no_garbage_collector):
    class Exp(tg.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            out = x.exp()
            ctx.save_for_backward(x, out)
            return out

        @staticmethod
        def backward(ctx, grad):
            _, out = ctx.saved_tensors
            return grad * out

    def use():
        x = tg.randn(3, requires_grad=True)
        Exp.apply(x).sum().backward()
        (first,) = tg.autograd.grad(Exp.apply(x).sum(), x, create_graph=True)
        tg.autograd.grad(first.sum(), x)
        Exp.apply(x)

    use()
    gc.collect()
    use()
    assert gc.collect() == 0


def test_backward_frees_what_nodes_had_saved():
    """The large arrays that derivatives read are gone after the pass, though the loss is held."""
    tracemalloc.start()
    x = tg.zeros(1000, 100, requires_grad=True)
    before = tracemalloc.get_traced_memory()[0]
    loss = (x.exp() * x.sigmoid()).tanh().sum()
    held = tracemalloc.get_traced_memory()[0] - before
    loss.backward()
    x.grad = None
    left = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert held > 3 * x.array.nbytes
    assert left < 20_000


def test_nothing_is_kept_that_no_derivative_reads():
    """A gradient for only one factor keeps only the other; a sum keeps neither."""
    x, constant = tg.ones(5, requires_grad=True), tg.ones(5)
    assert set((x * constant).grad_fn.saved) == {"b"}
    assert set((constant * x).grad_fn.saved) == {"a"}
    assert set((x + constant).grad_fn.saved) == set()
    assert (constant * constant).grad_fn is None
    with tg.no_grad():
        assert (x * x).grad_fn is None


# Steps --------------------------------------------------------------------------------------------


def example():
    """x is used twice, b is broadcast, the constant needs no gradient."""
    x = tg.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], requires_grad=True)
    b = tg.tensor([0.5, 1.5, 2.5], requires_grad=True)
    product = x * b
    total = product + x * tg.ones(2, 3)
    return x, b, product, total, total.sum()


def test_each_node_runs_once_and_after_all_that_use_it():
    *_, loss = example()
    steps = steps_of(loss)
    nodes = [step.node for step in steps]
    assert len(set(nodes)) == len(nodes)
    place = {node: i for i, node in enumerate(nodes)}
    for step in steps:
        for argument, _ in step.node.next_functions:
            assert argument is None or place[argument] > place[step.node]
    assert names(steps).count("AccumulateGrad") == 2


def test_steps_record_what_was_computed():
    x, b, product, total, loss = example()
    records = {step.node: step for step in steps_of(loss)}
    ones = np.ones((2, 3), np.float32)
    of_sum = records[loss.grad_fn]
    assert [g.item() for g in of_sum.grad_outputs] == [1.0]
    np.testing.assert_array_equal(of_sum.grad_inputs[0], ones)
    of_product = records[product.grad_fn]
    np.testing.assert_array_equal(of_product.grad_outputs[0], ones)
    np.testing.assert_array_equal(of_product.grad_inputs[0], ones * b.array)
    np.testing.assert_array_equal(of_product.grad_inputs[1], x.array.sum(0))
    assert of_product.summed_axes == {1: (0,)}
    assert records[total.grad_fn].summed_axes == {}
    (times_ones,) = (
        s for s in records.values() if s.node.name() == "MulBackward0" and s is not of_product
    )
    assert times_ones.grad_inputs[1] is None
    of_x = records[gradient_edge(x)[0]]
    np.testing.assert_array_equal(of_x.grad_outputs[0], ones * b.array + 1)
    np.testing.assert_array_equal(x.grad.array, of_x.grad_outputs[0])
    assert of_x.grad_inputs == []


def test_contributions_add_up_to_what_arrives():
    """What all steps hand to an output of a node sums to what that node starts from."""
    *_, loss = example()
    steps = steps_of(loss)
    handed = {}
    for step in steps:
        for edge, grad in zip(
            step.node.next_functions, step.grad_inputs, strict=bool(step.grad_inputs)
        ):
            if edge[0] is not None:
                handed.setdefault(tuple(edge), []).append(np.asarray(grad, np.float64))
    for step in steps[1:]:
        for number, grad in enumerate(step.grad_outputs):
            np.testing.assert_allclose(grad, sum(handed[step.node, number]), rtol=1e-6)


def test_the_pass_can_be_paused_between_any_two_steps():
    """Leaves fill up one by one while a stepper walks, and other passes may run in between."""
    x, b, *_, loss = example()
    other = tg.tensor(2.0, requires_grad=True)
    filled = []
    for _ in backward_pass([gradient_edge(loss)], [np.float32(1.0)]):
        filled.append((x.grad is not None, b.grad is not None))
        (other * other).backward()
        assert tg.is_grad_enabled() and (other * 2).requires_grad
    assert filled[0] == (False, False)
    assert filled[-1] == (True, True)
    assert filled == sorted(filled)
    assert other.grad.item() == 4.0 * len(filled)


def test_walking_the_steps_gives_what_backward_gives():
    first, second = example(), example()
    steps_of(first[-1])
    second[-1].backward()
    for mine, other in zip(first[:2], second[:2], strict=True):
        np.testing.assert_array_equal(mine.grad.array, other.grad.array)


def test_only_nodes_on_the_way_to_the_inputs_run():
    x, b, product, _, loss = example()
    edge = gradient_edge(product)
    captured = {edge: None}
    steps = steps_of(loss, captured=captured)
    assert names(steps) == ["SumBackward0", "AddBackward0"]
    np.testing.assert_array_equal(captured[edge], np.ones((2, 3), np.float32))
    assert x.grad is None and b.grad is None


def test_no_gradient_is_computed_that_nobody_wants():
    x = tg.ones(3, requires_grad=True)
    y = (x * tg.full((3,), 2.0)) @ tg.ones(3, 2)
    for step in steps_of(y.sum()):
        for (argument, _), grad in zip(step.node.next_functions, step.grad_inputs, strict=False):
            assert (grad is None) == (argument is None)


def test_user_settings_of_numpy_stay():
    with np.errstate(divide="raise"):
        x = tg.tensor([0.0, 1.0], requires_grad=True)
        (1 / x).log().sum().backward()
        assert np.geterr()["divide"] == "raise"
        with pytest.raises(FloatingPointError):
            np.ones(1) / 0
