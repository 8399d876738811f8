"""What values are called in a trace: by the names that the script has for them, and apart."""

import tinygrad_edu
from tinygrad_edu import nn
from tinygrad_edu.tracing import load
from tinygrad_edu.tracing.stepping.names import label
from tinygrad_edu.tracing.stepping.stepper import Stepper
from tinygrad_edu.tracing.stepping.why import why

from .page_traces import classifier_trace
from .stepped import two_steps


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Linear(3, 3), nn.Linear(3, 2)
        self.bend = nn.ReLU()

    def forward(self, x):
        x = self.bend(self.first(x))
        x = self.second(x)
        x = x * 2
        return x * 3


class Job:
    made = 0

    def __init__(self):
        self.net, self.rows = Net(), tinygrad_edu.ones(4, 3)

    @property
    def doubled(self):
        Job.made += 1
        return self.rows

    def run(self):
        assert Job.made == 0  # nobody has asked for it
        x = self.rows * 1
        return self.net(x).sum()


def recorded(steps=1):
    job = Job()
    with tinygrad_edu.trace.record() as trace:
        for _ in range(steps):
            job.run().backward()
            job.doubled.sum()
            Job.made = 0
    return trace


def names(trace):
    """What the inputs of ops are called."""
    forward = [event for event in trace.events if event.kind == "forward"]
    return [[label(trace, trace.values[n]) for n in event.inputs.values()] for event in forward]


def test_results_of_one_name_are_told_apart():
    trace = recorded()
    assert [found[-1] if len(found) == 1 else found[1] for found in names(trace)[:6]] == [
        "self.rows", "Mul's result at 0 (x)", "Linear #4", "bend's result (x)",
        "second's result (x)", "Mul's result at 4 (x)",
    ]  # fmt: skip


def test_names_of_several_steps_are_no_namesakes():
    trace = two_steps()
    assert {label(trace, value) for value in trace.values if value.name == "h"} == {"h"}


def test_several_results_of_an_op():
    x = tinygrad_edu.ones(2, 2, requires_grad=True)
    with tinygrad_edu.trace.record() as trace:
        y = [part for part in x.unbind(0)]
        for part in y:
            part.sum().backward(retain_graph=True)
    called = [label(trace, value) for value in trace.values if value.name == "part"]
    assert called == ["Unbind's result 0 (part)", "Unbind's result 1 (part)"]


def test_all_views_and_files_say_the_same(tmp_path):
    trace = classifier_trace()
    (event,) = (
        event for event in trace.events
        if event.kind == "derivative" and event.about is not None
        and label(trace, trace.values[event.about]) == "activation_2's result (x)"
    )  # fmt: skip
    assert trace.explain(event.about).startswith("activation_2's result (x) has 32 x 8 numbers")
    trace.save(tmp_path / "x.trace")
    stepper = Stepper(load(tmp_path / "x.trace"))
    ledger = next(
        e.index for e in trace.events if e.kind == "accumulate" and e.about == event.about
    )
    stepper.go(ledger)
    assert "activation_2's result (x)" in "\n".join(line.text for line in why(stepper))


def test_an_attribute_is_called_as_the_line_has_it():
    trace = recorded()
    assert trace.value("self.rows").shape == (4, 3)
    assert Job.made == 0 and "self.doubled" not in {value.name for value in trace.values}
