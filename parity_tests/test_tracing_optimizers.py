"""Each step of an optimizer is seen: line by line, or, where it has none to follow, as a whole."""

import numpy as np
import pytest

import tinygrad_edu
from tinygrad_edu import nn, optim
from tinygrad_edu.optim import Optimizer
from tinygrad_edu.optim.hooks import everywhere
from tinygrad_edu.tracing.stepping.stepper import Stepper
from tinygrad_edu.tracing.stepping.why import why
from tinygrad_edu.tracing.steps import Enough, Steps, recorded

from .stepped import texts


class Own(Optimizer):
    """Descent as a user writes it."""

    def __init__(self, params, lr=0.1):
        super().__init__(params, {"lr": lr})

    @tinygrad_edu.no_grad()
    def step(self, closure=None):
        loss = None
        if closure is not None:
            with tinygrad_edu.enable_grad():
                loss = closure()
        for group in self.param_groups:
            for p in group["params"]:
                p -= group["lr"] * p.grad
        return loss


class Twice(optim.SGD):
    """A step of its own that makes two of its base's."""

    def step(self, closure=None):
        super().step(closure)
        return super().step()


MADE = {
    "Own": lambda p: Own(p),
    "LBFGS": lambda p: optim.LBFGS(p, lr=0.1, max_iter=2),
    "LBFGS with search": lambda p: optim.LBFGS(p, max_iter=2, line_search_fn="strong_wolfe"),
    "Muon": lambda p: optim.Muon([each for each in p if each.ndim == 2]),
    "Adafactor": lambda p: optim.Adafactor(p),
}


def train(name, steps=2, record=True):
    """A model after some steps, and their trace."""
    tinygrad_edu.manual_seed(0)
    model = nn.Linear(3, 2)
    descent = MADE[name]([*model.parameters()])
    x = tinygrad_edu.randn(4, 3)

    def loss():
        descent.zero_grad()
        error = model(x).square().sum()
        error.backward()
        return error

    def run():
        for _ in range(steps):
            descent.step(loss)

    if not record:
        run()
        return model, None
    with tinygrad_edu.trace.record() as trace:
        run()
    return model, trace


def updates(trace):
    return [event for event in trace.events if event.kind == "update"]


@pytest.mark.parametrize("name", MADE)
def test_an_update_as_a_whole_says_what_was_and_what_is(name):
    model, trace = train(name)
    first, last = updates(trace)
    assert [first.step, last.step] == [0, 1] and first.title == name.split()[0]
    kept = trace.values[first.inputs["p"]].array
    assert not np.array_equal(kept, trace.values[first.outputs["p"]].array)
    after = trace.values[last.outputs["p"]].array
    assert np.array_equal(
        trace.values[first.outputs["p"]].array, trace.values[last.inputs["p"]].array
    )
    parameters = dict(model.named_parameters())
    for path, start, stop, shape in last.details["parts"]:
        assert np.array_equal(after[start:stop].reshape(shape), parameters[path].array)
        grad = trace.values[last.inputs["g"]].array[start:stop].reshape(shape)
        assert np.array_equal(grad, parameters[path].grad.array)
    assert len(trace.curve) == 2 and last.details["numbers"]["lr"] > 0
    assert f"def {last.formula.split('.')[1].removesuffix('()')}(" in last.code.text


@pytest.mark.parametrize("name", MADE)
def test_recording_changes_no_bit(name):
    watched, _ = train(name)
    plain, _ = train(name, record=False)
    for mine, theirs in zip(plain.parameters(), watched.parameters(), strict=True):
        assert mine.array.tobytes() == theirs.array.tobytes()


@pytest.mark.parametrize("name", MADE)
def test_it_can_be_made_again(name):
    _, trace = train(name)
    again = trace.replay()
    for mine, theirs in zip(trace.values, again.values, strict=True):
        assert np.array_equal(mine.array, theirs.array, equal_nan=True)


@pytest.mark.parametrize("name", ["Own", "Adafactor"])
def test_an_edit_is_followed(name):
    _, trace = train(name)
    (weight,) = [v for v in trace.values if v.name == "weight" and v.id in trace.leaves][:1]
    again = trace.replay({weight.id: np.zeros((2, 3))})
    first = updates(again)[0]
    path, start, stop, _ = first.details["parts"][0]
    assert path == "weight" and not again.values[first.inputs["p"]].array[start:stop].any()
    assert again.values[first.outputs["p"]].array[start:stop].any()


def test_the_stepper_and_explain_tell_of_it():
    model, trace = train("Own", steps=1)
    (event,) = updates(trace)
    stepper = Stepper(trace)
    stepper.go(event.index)
    said = texts(why(stepper))
    assert said[0] == "Own.step()" and said[1] == "with lr = 0.1"
    before, after = (trace.values[n].array for n in (event.inputs["p"], event.outputs["p"]))
    (largest,) = np.argmax(np.abs(before), keepdims=True)  # with which it begins
    (line,) = [text for text in said if text.startswith(f"p[{largest}]: ")]
    numbers = [float(x) for x in line.partition(": ")[2].split(" -> ")]
    assert numbers == pytest.approx([before[largest], after[largest]], rel=1e-3)
    (weight, *_) = [v for v in trace.values if v.name == "weight"]
    assert "Own has run 1 line" in trace.explain(weight)
    assert model.weight.array.ravel()[0] == after[0]


def test_a_step_of_ones_own_that_calls_its_bases_is_one():
    w = nn.Parameter(tinygrad_edu.ones(2))
    descent = Twice([w], lr=0.1)
    with tinygrad_edu.trace.record() as trace:
        w.sum().backward()
        descent.step()
    assert len(trace.curve) == 1 and len(updates(trace)) == 2
    assert {event.formula for event in updates(trace)} == {
        'p -= np.multiply(g, float(group["lr"]), out=bucket.scratch[0])'
    }


def test_steps_of_ones_own_are_counted():
    w = nn.Parameter(tinygrad_edu.ones(2))
    descent, steps, taken = Own([w]), Steps(1, 3), 0
    hooks = dict(everywhere.after_step)
    with pytest.raises(Enough), recorded(steps):
        for _ in range(9):
            descent.zero_grad()
            (w * w).sum().backward()
            descent.step()
            taken += 1
    assert taken == 2 and steps.count == 3
    assert {event.step for event in steps.trace.events} == {1, 2}
    losses = [point.loss for point in steps.trace.curve]
    assert losses == pytest.approx([2, 1.28, 0.8192]) and len(losses) == 3
    assert [point.step for point in steps.trace.curve] == [0, 1, 2]
    assert dict(everywhere.after_step) == hooks and not everywhere.before_step


def test_what_is_counted_leaves_nothing_behind():
    hooks = dict(everywhere.after_step)
    with recorded(Steps(5, 6)):
        assert len(everywhere.after_step) == len(hooks) + 1
    with pytest.raises(ZeroDivisionError), tinygrad_edu.trace.record():
        assert everywhere.before_step
        raise ZeroDivisionError
    assert dict(everywhere.after_step) == hooks and not everywhere.before_step
