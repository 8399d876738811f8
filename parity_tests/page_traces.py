"""Traces of which the tests make pages: of the course's classifier, and odd ones."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import tinygrad_edu
from tinygrad_edu import nn
from tinygrad_edu.models import SimpleClassifier
from tinygrad_edu.tracing import Trace
from tinygrad_edu.tracing.curve import Point
from tinygrad_edu.tracing.events import Code


@functools.cache
def classifier_trace() -> Trace:
    """One training step of the course's classifier: 10-16-8-1, a batch of 32, Adam."""
    tinygrad_edu.manual_seed(0)
    model, loss_function = SimpleClassifier(), nn.BCELoss()
    optimizer = tinygrad_edu.optim.Adam(model.parameters(), lr=0.01)
    x = tinygrad_edu.randn(32, 10)
    y = (x[:, :1] + x[:, 1:2] > 0).float()
    with tinygrad_edu.trace.record() as trace:
        optimizer.zero_grad()
        loss = loss_function(model(x), y)
        loss.backward()
        optimizer.step()
    return trace


class Net(nn.Module):
    """Two layers, of which the first one's output is used twice, and a bias that is broadcast."""

    def __init__(self) -> None:
        super().__init__()
        self.layer_1, self.layer_2 = nn.Linear(3, 4), nn.Linear(4, 1)
        self.shift = nn.Parameter(tinygrad_edu.zeros(1))

    def forward(self, x: Any) -> Any:
        h = tinygrad_edu.relu(self.layer_1(x))
        return tinygrad_edu.sigmoid(self.layer_2(h) + h.sum(1, keepdim=True) * 0.1 + self.shift)


def trained(steps: int) -> tuple[Any, Trace]:
    """A model after some steps, and their trace."""
    tinygrad_edu.manual_seed(0)
    model, loss_function = Net(), nn.BCELoss()
    descent = tinygrad_edu.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    x, y = tinygrad_edu.randn(5, 3), tinygrad_edu.ones(5, 1)
    with tinygrad_edu.trace.record() as trace:
        for _ in range(steps):
            descent.zero_grad()
            loss = loss_function(model(x), y)
            loss.backward()
            descent.step()
    return model, trace


class Mistake(NamedTuple):
    """As the rows are that ``again.what_if`` returns."""

    name: str
    title: str
    explanation: str
    rows: list[tuple[str, float, float, float]]
    error: str = ""
    right: Code | None = None
    wrong: Code | None = None


def what_if_rows() -> list[Mistake]:
    rows = [("layer_1.weight", 0.5, 1.0, 0.5), ("shift", 0.1, 0.1, 0.0)]
    right = Code("optim/optimizer.py", "zero", 7, "def zero(p):\n    p.grad = None\n")
    wrong = Code("tracing/mistakes.py", "keep", 9, "def keep(p):\n    <b>pass</b>\n")
    return [
        Mistake("kept", "zero_grad is forgotten", "Gradients add up.", rows, "", right, wrong),
        Mistake("lost", "The broadcast sum is forgotten", "Shapes differ.", [], "<b>no</b>"),
        Mistake("odd", "Something is nan", "It is.", [("x", 1.0, float("nan"), float("inf"))]),
    ]


class Row(NamedTuple):
    """As the rows of a comparison with PyTorch are."""

    event: int
    kind: str
    ours: str
    theirs: str
    name: str
    difference: float
    eps: float
    within: bool
    remark: str = ""


class Side(NamedTuple):
    """As such a comparison is."""

    rows: list[Row]
    sentence: str
    notes: list[str]
    curve: list[Point]


def beside_rows() -> Side:
    rows = [
        Row(1, "forward", "AddmmBackward0", "AddmmBackward0", "h", 1e-8, 0.75, True),
        Row(2, "derivative", "MmBackward0", "MmBackward0", "x", float("nan"), float("inf"), False),
        Row(3, "seed", "backward", "", "", 0.0, 0.0, True, "PyTorch has none"),
    ]
    curve = [point._replace(loss=point.loss * 1.01) for point in trained(steps=3)[1].curve]
    return Side(rows, "Two of 3 tensors are at most 0.75 eps apart.", ["A note."], curve)


# Odd traces ---------------------------------------------------------------------------------------


def recorded(function: Callable[[], Any]) -> Callable[[], Trace]:
    """What records a function's run."""

    @functools.cache
    def record() -> Trace:
        with tinygrad_edu.trace.record(largest=300) as trace:
            function()
        return trace

    return record


def no_modules() -> None:
    a = tinygrad_edu.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    (a @ a + a.exp()).sum().backward()


def products() -> None:
    def leaf(*shape: int) -> Any:
        return tinygrad_edu.randn(*shape).requires_grad_()

    a, v, batch = leaf(2, 3), leaf(3), leaf(2, 4, 2)
    ((a @ v).sum() + (v @ v) + (v @ a.t()).sum() + (batch @ a).sum()).backward()


def several_passes() -> None:
    a = tinygrad_edu.tensor([1.0, -2.0, 3.0], requires_grad=True, dtype=tinygrad_edu.float64)
    loss = (a * a * a).sum()
    loss.backward(retain_graph=True)
    loss.backward()
    (grad,) = tinygrad_edu.autograd.grad((a**4).sum(), a, create_graph=True)
    grad.sum().backward()


def in_place() -> None:
    a = tinygrad_edu.ones(2, 3, requires_grad=True)
    b = a * 2
    b[0].mul_(3)
    b.add_(1)
    b.transpose(0, 1).sigmoid_()
    b.sum().backward()


def nan_and_infinity() -> None:
    a = tinygrad_edu.tensor([0.0, -1.0, 2.0], requires_grad=True)
    (a.log() * a / a).sum().backward()


def integers() -> None:
    a = tinygrad_edu.tensor([[3, 1], [2**53 + 1, -7]])
    index = (a * 2).argmax(1)
    (a > 1).sum()
    a.to(tinygrad_edu.uint8)
    table = tinygrad_edu.ones(5, 2, requires_grad=True)
    nn.functional.embedding(index, table).sum().backward()


def empty() -> None:
    a = tinygrad_edu.zeros(0, 3, requires_grad=True)
    (a * 2).sum().backward()
    tinygrad_edu.zeros(2, 0, 3) + 1


def single_numbers() -> None:
    a = tinygrad_edu.tensor(2.0, requires_grad=True)
    (a * a).backward()
    tinygrad_edu.tensor(1, dtype=tinygrad_edu.float16) * 2


def forward_only() -> None:
    with tinygrad_edu.no_grad():
        tinygrad_edu.arange(1000.0) + 1  # of which only a summary is kept


def too_large() -> None:
    weight = tinygrad_edu.ones(2, 1, requires_grad=True)
    x = tinygrad_edu.ones(200, 2)  # which a trace keeps whole, as no op has made it
    (x @ weight + (x * 2) @ weight).sum().backward()


def convolution() -> None:
    tinygrad_edu.manual_seed(0)
    layer = nn.Sequential(nn.Conv2d(2, 3, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten())
    layer(tinygrad_edu.randn(2, 2, 8, 8)).sum().backward()


def rnn() -> None:
    tinygrad_edu.manual_seed(0)
    layer = nn.LSTM(3, 2)
    out, _ = layer(tinygrad_edu.randn(4, 1, 3))
    out.sum().backward()


def own_function() -> None:
    class Twice(tinygrad_edu.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x * 2

        @staticmethod
        def backward(ctx: Any, grad: Any) -> Any:
            return grad * 2

    Twice.apply(tinygrad_edu.ones(2, requires_grad=True)).sum().backward()


def odd_traces() -> dict[str, Callable[[], Trace]]:
    """Traces of all kinds, by name."""
    functions = (
        no_modules, products, several_passes, in_place, nan_and_infinity, integers, empty,
        single_numbers, forward_only, too_large, convolution, rnn, own_function,
    )  # fmt: skip
    return {function.__name__: recorded(function) for function in functions}
