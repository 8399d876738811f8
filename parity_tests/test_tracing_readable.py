"""The formulas that a trace shows: they are to be read, and say what was computed."""

import ast
import functools

import numpy as np
import pytest

import tinygrad_edu
from tinygrad_edu import nn
from tinygrad_edu.tracing.expressions import expression_of
from tinygrad_edu.tracing.readable import read

from .bridge import Bridge
from .cases import Draws, arguments, cases
from .examples import drawn
from .ops import OPS, ROWS
from .runner import attempt, run

pytestmark = pytest.mark.filterwarnings("ignore:.*degrees of freedom is <= 0:UserWarning")

#: What stands in the code of derivatives and is none of a reader's business.
INTERNAL = (".call(", "constant(", "kept(", "spread(", "each(", "geometry", "np.", "astype")
#: What the functions in formulas mean.
MEANING = {
    "ln": np.log, "exp": np.exp, "sqrt": np.sqrt, "sin": np.sin, "cos": np.cos, "tanh": np.tanh,
    "sinh": np.sinh, "cosh": np.cosh, "abs": np.abs, "sign": np.sign, "max": np.maximum,
    "min": np.minimum, "log1p": np.log1p, "expm1": np.expm1, "exp2": np.exp2, "where": np.where,
    "mean": np.mean, "sum": np.sum, "both": np.logical_and, "isnan": np.isnan, "pi": np.pi,
    "reciprocal": np.reciprocal, "e": np.e, "inf": np.inf, "nan": np.nan, "floor": np.floor,
    "isfinite": np.isfinite, "arctan": np.arctan, "hypot": np.hypot, "fmax": np.fmax,
    "fmin": np.fmin, "trunc": np.trunc, "ceil": np.ceil, "log2": np.log2, "log10": np.log10,
    "tan": np.tan, "arcsin": np.arcsin, "arccos": np.arccos, "arctan2": np.arctan2,
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)), "truncated": np.trunc, "rint": np.rint,
}  # fmt: skip


class Transposed(np.ndarray):
    """An array with PyTorch's name for its last two axes swapped."""

    @property
    def mT(self):
        return self.swapaxes(-1, -2)


def shown(trace):
    """The events that compute something, and the formulas that are shown of them."""
    for event in trace.events:
        if event.kind in ("forward", "derivative"):
            yield event, expression_of(event)


def computed_again(trace, event, text):
    """What a formula comes to; None if it is none of arithmetic alone."""
    names = {}
    for name, value in (event.inputs | event.saved).items():
        if trace.values[value].array is None:
            return None
        names[name] = trace.values[value].array.view(Transposed)
    for name, option in event.options.items():
        if name not in names and option.replace(".", "").lstrip("-").isdigit():
            names[name] = float(option)
    scope = {"__builtins__": {}} | MEANING | event.details.get("numbers", {}) | names
    try:
        with np.errstate(all="ignore"):
            return np.asarray(eval(compiled(text), scope))
    except (NameError, AttributeError, TypeError):  # words, or an option that is no number
        return None


class Conditions(ast.NodeTransformer):
    """``[condition]`` is 1 where that holds, and else 0."""

    def visit_List(self, node):
        return self.generic_visit(node.elts[0]) if len(node.elts) == 1 else node


@functools.cache
def compiled(text):
    """A formula as Python runs it."""
    tree = ast.Expression(Conditions().visit(read(text).whole()))
    return compile(ast.fix_missing_locations(tree), "formula", "eval")


def recorded(row, case):
    """The trace of a row's case, and of its derivatives."""
    bridge = Bridge()
    ours = [bridge.to_ours(t) for t in arguments(case, OPS[case.op])]
    upstream = Draws(case, bridge.to_ours)
    with tinygrad_edu.trace.record() as trace:
        attempt(lambda: run(tinygrad_edu, OPS[case.op], case, ours, upstream))
    return trace


@pytest.mark.parametrize("row", ROWS)
@drawn(2)
def test_formulas_are_to_be_read_and_right(row, data):
    """None is an internal call; those of arithmetic alone come to what was recorded."""
    trace = recorded(row, data.draw(cases(row, ("f64",), data=("normal",))))
    for event, text in shown(trace):
        if event.kind == "derivative":
            assert not [word for word in INTERNAL if word in text], text
        if "expression" in event.details:
            check(trace, event, text)


def check(trace, event, text):
    """Compare what a formula comes to with what was recorded; whether it could be."""
    out = trace.values[next(iter(event.outputs.values()))].array
    found = None if out is None else computed_again(trace, event, text)
    if found is None:
        return False
    found = np.broadcast_to(found, out.shape)
    # Constants are shown with six digits.
    np.testing.assert_allclose(found, out, 1e-5, 1e-9, equal_nan=True, err_msg=text)
    return True


x, y = tinygrad_edu.tensor([[0.2, 0.7], [0.6, 0.4]]), tinygrad_edu.tensor([[0.0, 1.0], [1.0, 0.0]])
LOSSES = {
    "bce": (lambda x: nn.functional.binary_cross_entropy(x, y),
            "mean(-target * max(ln(input), -100) - (1 - target) * max(ln(1 - input), -100))",
            "grad * (input - target) / max((1 - input) * input, 1e-12) / N"),
    "bce, summed": (lambda x: nn.functional.binary_cross_entropy(x, y, reduction="sum"),
            "sum(-target * max(ln(input), -100) - (1 - target) * max(ln(1 - input), -100))",
            "grad * (input - target) / max((1 - input) * input, 1e-12)"),
    "bce of logits": (lambda x: nn.functional.binary_cross_entropy_with_logits(x, y),
            "mean(-target * ln(sigmoid(input)) - (1 - target) * ln(1 - sigmoid(input)))",
            "grad / N * (sigmoid(input) - target)"),
    "mse": (lambda x: nn.functional.mse_loss(x, y), "mean((input - target) ** 2)",
            "2 * grad / N * (input - target)"),
    "log": (lambda x: x.log(), "ln(x)", "grad / x"),
    "sum": (lambda x: x.sum(), "sum(x)", "repeated(grad)"),
    "sum along": (lambda x: x.sum(1), "x.sum((1,))", "repeated(grad)"),
    "mean": (lambda x: x.mean(), "mean(x)", "repeated(grad / N)"),
    "clamp": (lambda x: x.clamp(0.3, 0.5), "min(max(x, low), high)",
              "where(x <= high, where(x >= low, grad, 0), 0)"),
    "relu": (lambda x: x.relu(), "max(x, 0)", "grad * [out != 0]"),
    "power": (lambda x: x ** 3, "x ** exponent", "grad * (exponent * x ** (exponent - 1))"),
    "log_softmax": (lambda x: x.log_softmax(1), "x - ln(exp(x).sum(1, keepdims=True))",
                    "grad - exp(out) * grad.sum(1, keepdims=True)"),
    "index": (lambda x: x[tinygrad_edu.tensor([1, 0])], "picked(x)", "put_back(grad)"),
}  # fmt: skip
WORDS = {"sum", "mean", "sum along", "index"}  # of which a formula has words


@pytest.mark.parametrize("name", LOSSES)
def test_the_formulas_of_ops_that_one_meets_first(name):
    function, forward, backward = LOSSES[name]
    leaf = x.detach().clone().requires_grad_()
    with tinygrad_edu.trace.record() as trace:
        result = function(leaf)
        result.backward(tinygrad_edu.full(result.shape, 0.5))
    made = [each for each in shown(trace) if each[0].kind == "forward"]
    events = [made[0], [each for each in shown(trace) if each[0].kind == "derivative"][-1]]
    assert [text for _, text in events] == [forward, backward]
    checked = [check(trace, *each) for each in events]
    assert all(checked) or name in WORDS


def test_a_cross_entropy_is_told_in_words():
    scores = tinygrad_edu.tensor([[1.0, 2.0, 0.5], [0.1, 0.2, 0.3]], requires_grad=True)
    with tinygrad_edu.trace.record() as trace:
        nn.functional.cross_entropy(scores, tinygrad_edu.tensor([1, 0])).backward()
    texts = {(e.kind, e.title): text for e, text in shown(trace)}
    assert texts["forward", "NllLoss"] == "mean(-of_the_class(input))"
    assert texts["derivative", "NllLossBackward0"] == "at_the_classes(-grad / N)"
    (event,) = (e for e in trace.events if e.title == "NllLossBackward0")
    assert event.details["numbers"] == {"N": 2}
    weighted = nn.functional.cross_entropy
    with tinygrad_edu.trace.record() as trace:
        weighted(scores, tinygrad_edu.tensor([1, 0]), tinygrad_edu.tensor([1.0, 2.0, 1.0]))
    texts = {(e.kind, e.title): text for e, text in shown(trace)}
    assert texts["forward", "NllLoss"] == "sum(-weights * of_the_class(input)) / sum(weights)"


def updates(optimizer, **options):
    """What the lines of an optimizer's second step do."""
    layer = nn.Linear(3, 2)
    made = optimizer(layer.parameters(), **options)
    with tinygrad_edu.trace.record() as trace:
        for _ in range(2):
            layer(tinygrad_edu.ones(4, 3)).sum().backward()
            made.step()
    return [
        [e.details["expression"] for e in trace.events if e.kind == "update" and e.step == step]
        for step in (0, 1)
    ]


def test_the_lines_of_adam():
    first, second = updates(tinygrad_edu.optim.Adam)
    assert first == ["t, m, v <- 0", *second]
    assert second == [
        "t <- t + 1",
        "m <- m + (1 - b1) * (g - m)",
        "v <- b2 * v + (1 - b2) * g ** 2",
        "divisor <- sqrt(v)",
        "divisor <- divisor / (1 - b2 ** t) ** 0.5",
        "divisor <- divisor + eps",
        "scratch <- m * (-lr / (1 - b1 ** t))",
        "scratch <- scratch / divisor",
        "p <- p + scratch",
    ]
    amsgrad = updates(tinygrad_edu.optim.Adam, amsgrad=True, weight_decay=0.1, maximize=True)[1]
    assert amsgrad[1] == "g <- -g + weight_decay * p"
    assert "divisor <- sqrt(largest_so_far(v))" in amsgrad
    assert updates(tinygrad_edu.optim.AdamW)[1][1] == "p <- p * (1 - lr * weight_decay)"
    assert updates(tinygrad_edu.optim.SGD, lr=0.1)[1] == ["p <- p - g * lr"]
