"""A trace for the tests of what steps through one."""

import io

import tinygrad_edu
from tinygrad_edu import nn
from tinygrad_edu.tracing.stepping import panes
from tinygrad_edu.tracing.stepping.why import why
from tinygrad_edu.tracing.terminal import plain


class Net(nn.Module):
    """Two layers; the first one's output is used twice, and a shift is broadcast."""

    def __init__(self):
        super().__init__()
        self.layer_1, self.layer_2 = nn.Linear(3, 4), nn.Linear(4, 1)
        self.shift = nn.Parameter(tinygrad_edu.zeros(1))

    def forward(self, x):
        h = tinygrad_edu.relu(self.layer_1(x))
        return tinygrad_edu.sigmoid(self.layer_2(h) + h.sum(1, keepdim=True) * 0.1 + self.shift)


def two_steps(optimizer="SGD", edit=None, steps=2):
    """The trace of two steps of training; `edit` may change the model and the input before."""
    tinygrad_edu.manual_seed(0)
    model, loss_function = Net(), nn.BCELoss()
    descent = getattr(tinygrad_edu.optim, optimizer)(model.parameters(), lr=0.1)
    x, y = tinygrad_edu.randn(5, 3), tinygrad_edu.ones(5, 1)
    if edit is not None:
        edit(model, x)
    with tinygrad_edu.trace.record() as trace:
        for _ in range(steps):
            descent.zero_grad()
            loss = loss_function(model(x), y)
            loss.backward()
            descent.step()
    return trace


def with_nans():
    """The trace of a computation whose backward pass comes to nan, as 0 times infinity does."""
    x = tinygrad_edu.tensor([0.0, 1.0, 4.0], requires_grad=True)
    with tinygrad_edu.trace.record() as trace:
        root = tinygrad_edu.sqrt(x)
        (root * root * x).sum().backward()
        logarithm = tinygrad_edu.log(x)
        (logarithm * 0.0).sum()
    return trace


def talk(trace, *lines):
    """The answers to some lines, and the greeting before them."""
    out = io.StringIO()
    plain.run(trace, io.StringIO("".join(f"{line}\n" for line in lines)), out)
    return out.getvalue().split(plain.Prompt.prompt)


def texts(lines):
    """The texts of lines with marks."""
    return [line.text for line in lines]


def screen(stepper):
    """All that is said of where the cursor is."""
    return [
        stepper.status(), *texts(line for _, line in panes.outline(stepper, 50, 20)),
        *texts(panes.user(stepper, 5)), *texts(panes.engine(stepper, 8)),
        *texts(panes.tensors(stepper, 70)), *texts(panes.where(stepper)), *texts(why(stepper)),
    ]  # fmt: skip


def visited(stepper, move):
    """The events at which a move stops, until it leads nowhere."""
    found = [stepper.at]
    while move():
        found.append(stepper.at)
    return found
