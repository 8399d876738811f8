"""The classic mistakes: what each does to gradients that are worked out by hand, and that the
engine is as before afterwards."""

import numpy as np
import pytest

import tinygrad_edu
from tinygrad_edu import nn
from tinygrad_edu.autograd import engine
from tinygrad_edu.tracing.again import mistakes, replay
from tinygrad_edu.tracing.again.what_if import row, what_if

NAMES = ["zero_grad_forgotten", "overwritten", "broadcast_kept", "depth_first"]


def recorded(program):
    with tinygrad_edu.trace.record() as trace:
        program()
    return trace


def by_name(trace):
    return {found.name: found for found in what_if(trace)}


def rows(found):
    return {row.parameter: row for row in found.rows}


def used_twice():
    """``a x + tanh(a x)`` and a sum; a is used in one place, and what it makes in two."""
    a = tinygrad_edu.tensor([2.0], requires_grad=True)
    x = tinygrad_edu.tensor([1.0, 3.0])

    def program():
        h = a * x
        loss = (h + h * h).sum()
        loss.backward()

    return recorded(program)


def test_the_step_without_a_mistake_is_the_step():
    trace = used_twice()
    (right,) = {rows(found)["a"].right_norm for found in what_if(trace)}
    # h = a x; d/dh (h + h^2) = 1 + 2h = 5, 13; times x and summed: 5 + 39
    assert right == 44


def test_zero_grad_forgotten():
    found = by_name(used_twice())["zero_grad_forgotten"]
    assert rows(found)["a"] == ("a", 44, 88, 44)  # nothing has changed the weight between the two
    assert "that of a has the norm 88, and not 44" in found.explanation and found.error == ""


def test_zero_grad_forgotten_between_steps_of_an_optimizer():
    w = tinygrad_edu.tensor([1.0], requires_grad=True)
    descent = tinygrad_edu.optim.SGD([w], lr=0.25)

    def step():
        descent.zero_grad()
        (w * w).sum().backward()
        descent.step()

    found = by_name(recorded(step))["zero_grad_forgotten"]
    # The gradient of w^2 is 2, so w becomes 0.5, and then it is 1.
    assert rows(found)["w"] == ("w", 1, 3, 2)


def test_overwritten():
    found = by_name(used_twice())["overwritten"]
    # h * h arrives as two contributions h, and before them the 1 of the sum; the last one is left:
    # the gradient of h is 2 and 6, times x and summed 2 + 18.
    assert rows(found)["a"] == ("a", 44, 20, 24)
    assert "1 of 1 parameters" in found.explanation


def test_depth_first():
    found = by_name(used_twice())["depth_first"]
    # h is reached by the first argument of the sum, and hands on that 1 alone: 1 + 3.
    assert rows(found)["a"] == ("a", 44, 4, 40)


def test_broadcast_kept():
    trace = used_twice()
    found = by_name(trace)["broadcast_kept"]
    # The gradient keeps the shape of h: 5, 39.
    assert rows(found)["a"].wrong_norm == pytest.approx(np.hypot(5, 39))
    assert rows(found)["a"].largest_difference == 39
    assert "the shape [2], and not [1]" in found.explanation


def test_what_changes_the_sign_and_no_norm():
    w = tinygrad_edu.tensor([1.0], requires_grad=True)
    trace = recorded(lambda: (w * 1 + w * (-2)).sum().backward())
    found = by_name(trace)["overwritten"]
    assert rows(found)["w"].largest_difference == 2
    assert "that of w is off by 2 in an element." in found.explanation


def test_the_worst_is_what_is_farthest_off():
    a = tinygrad_edu.tensor([1.0], requires_grad=True)
    b = tinygrad_edu.tensor([1.0], requires_grad=True)
    # What arrives last, and is left: 2 of a's 2 + 3, and -4 of b's -4 + 9.
    trace = recorded(lambda: (a * 2 + b * -4 + (a * 3 + b * 9)).sum().backward())
    found = by_name(trace)["overwritten"]
    assert rows(found) == {"a": ("a", 5, 2, 3), "b": ("b", 5, 4, 9)}
    assert "that of b has the norm 4, and not 5." in found.explanation


def test_infinity_and_nan_in_both_are_the_same():
    w = tinygrad_edu.tensor([np.inf, np.nan, -np.inf, 1.0], requires_grad=True)
    v = tinygrad_edu.tensor(0.0, requires_grad=True)
    trace = recorded(lambda: ((w * w).sum() + v).backward())
    found = by_name(trace)["broadcast_kept"]
    assert rows(found)["w"].largest_difference == 0
    assert "Here it does no harm" in found.explanation
    nowhere = row("x", np.array([np.nan, 1.0]), np.array([1.0, np.nan]))
    assert np.isnan(nowhere.largest_difference)
    assert row("x", np.array([np.inf]), np.array([-np.inf])).largest_difference == np.inf
    assert row("x", np.array([1e308]), np.array([-1e308])).largest_difference == np.inf


def test_what_ends_in_an_error():
    a = tinygrad_edu.tensor([2.0], requires_grad=True)
    descent = tinygrad_edu.optim.SGD([a], lr=0.1)
    trace = recorded(lambda: [(a * tinygrad_edu.ones(3)).sum().backward(), descent.step()])
    found = by_name(trace)["broadcast_kept"]
    assert found.error.startswith("ValueError: ") and found.error in found.explanation
    assert rows(found)["a"].right_norm == 3  # of the pass, which had come to its end


def test_where_they_do_no_harm():
    tinygrad_edu.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 1))
    x = tinygrad_edu.randn(5, 3)
    found = by_name(recorded(lambda: model(x).square().mean().backward()))
    for name in ("overwritten", "broadcast_kept", "depth_first"):
        assert all(row.largest_difference == 0 for row in found[name].rows)
        assert "Here it does no harm" in found[name].explanation
    assert {*rows(found["overwritten"])} == {"0.weight", "0.bias", "2.weight", "2.bias"}
    assert all(row.wrong_norm == pytest.approx(2 * row.right_norm)
               for row in found["zero_grad_forgotten"].rows)  # fmt: skip


def test_all_of_them_with_their_code():
    found = what_if(used_twice())
    assert [each.name for each in found] == NAMES
    assert all(each.right.text != each.wrong.text for each in found)
    assert "sums[number] + grad" in found[1].right.text


@pytest.mark.parametrize("name", NAMES)
def test_the_engine_is_as_before(name):
    def functions():
        return engine.GradientBuffer, engine.undo_broadcast, replay.forget_grad

    before = functions()
    with pytest.raises(ZeroDivisionError), getattr(mistakes, name)():
        assert functions() != before
        raise ZeroDivisionError
    assert functions() == before


def test_a_trace_without_a_backward_pass():
    x = tinygrad_edu.ones(2, requires_grad=True)
    with pytest.raises(RuntimeError, match="no backward pass"):
        what_if(recorded(lambda: x * 2))


def test_a_step_that_cannot_be_made_again():
    y = tinygrad_edu.ones(2, requires_grad=True) * 2
    with pytest.raises(RuntimeError, match=r"cannot be made again: .*before the recording began"):
        what_if(recorded(lambda: y.sum().backward()))


def test_a_step_by_hand():
    w = tinygrad_edu.tensor([1.0], requires_grad=True)

    def steps():
        for _ in range(2):
            (w * w).sum().backward()
            with tinygrad_edu.no_grad():
                w.sub_(w.grad, alpha=0.25)
            w.grad = None

    found = by_name(recorded(steps))["zero_grad_forgotten"]
    # What is written into a weight by hand is known when it is next read: both passes are at 1.
    assert rows(found)["w"] == ("w", 2, 4, 2)
