"""An op's formula with shapes put in is an expression, and no sentence."""

import ast
import builtins
import contextlib
import inspect

import pytest

import tinygrad_edu
from tinygrad_edu.autograd import Function
from tinygrad_edu.ops.choice import Clamp
from tinygrad_edu.tracing.formulas import of_code, of_derivative, of_forward
from tinygrad_edu.tracing.places import code_of
from tinygrad_edu.tracing.readable import read
from tinygrad_edu.tracing.stepping.forward import beginning, expression_of
from tinygrad_edu.tracing.stepping.stepper import Stepper
from tinygrad_edu.tracing.stepping.why import why
from tinygrad_edu.tracing.vocabulary import CONSTANTS, names_in

from .bridge import Bridge
from .cases import arguments, cases
from .examples import drawn
from .ops import OPS
from .stepped import texts

#: What sentences name besides arguments.
WORDS = {
    "e", "ln", "exp", "log", "sqrt", "erf", "sigmoid", "softmax", "floor", "trunc", "P", "Q",
    "index", "start", "stop", "step",
}  # fmt: skip


def said_of(function, *numbers):
    """What the stepper says of the last op that a function calls."""
    with tinygrad_edu.trace.record() as trace:
        function(*map(tinygrad_edu.tensor, numbers))
    stepper = Stepper(trace)
    stepper.go(len(trace) - 1)
    return texts(why(stepper))


def known_in(trace, event):
    """The names that an expression may have: arguments, what sentences name, and what the code
    of the op sees."""
    op = trace.calls[event.index].op
    seen = inspect.unwrap(op.forward).__globals__
    return {"cls", *op.parameters, *WORDS, *vars(builtins), *seen}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("row", [pytest.param(row, id=name) for name, row in OPS.items()])
@drawn(1)
def test_what_is_computed_is_an_expression_in_the_arguments(row, data):
    case = data.draw(cases(row, ("f32",)))
    bridge = Bridge()
    tensors = [bridge.to_ours(tensor.detach()) for tensor in arguments(case, row)]
    with (
        tinygrad_edu.trace.record() as trace,
        contextlib.suppress(RuntimeError, IndexError, ValueError),
    ):
        row.call(tinygrad_edu, *tensors, **case.options)
    for event in trace.events:
        for name in event.outputs:
            expression = expression_of(event, name) or "0"
            tree = read(expression.replace("^", "**")).whole()
            names = [each for each in ast.walk(tree) if isinstance(each, ast.Name)]
            given_here = {each.id for each in names if isinstance(each.ctx, ast.Store)}
            assert names_in(tree) <= known_in(trace, event) | given_here | CONSTANTS


@pytest.mark.parametrize(
    ("function", "numbers", "expression", "arithmetic"),
    [
        (lambda x: tinygrad_edu.clamp_min(x, x * 0), ([1.0, 3.0],),
         "out(2,) = max(x(2,), low(2,))", "  = max(3, 0)"),
        (lambda x: x.clamp(max=2), ([1.0, 3.0],),
         "out(2,) = min(x(2,), high)", "  = min(3, 2)"),
        (lambda x: x.sum(), ([1.0, 3.0],),
         "out() = sum of x(2,)", None),
        (tinygrad_edu.relu, ([1.0, 3.0],), "out(2,) = max(x(2,), 0)", "  = max(3, 0)"),
        (tinygrad_edu.tanh, (0.0,), "out() = tanh(x())", "  = tanh(0)"),
        (tinygrad_edu.maximum, ([1.0], [2.0]), "out(1,) = max(a(1,), b(1,))", "  = max(1, 2)"),
        (lambda a, b: tinygrad_edu.div(a, b, rounding_mode="floor"), (7.0, 2.0),
         "out() = floor(a() / b())", "  = floor(7 / 2)"),
        (lambda x: tinygrad_edu.cat([x, x]), ([1.0],),
         "out(2,) = Cat(tensors_0(1,), tensors_1(1,))", None),
        (lambda x: x.max(0), ([1.0, 3.0],), "values() = MaxDim(x(2,))", None),
    ],
)  # fmt: skip
def test_a_sentence_is_not_taken_for_a_formula(function, numbers, expression, arithmetic):
    said = said_of(function, *numbers)
    assert said[1] == expression
    assert (arithmetic is None) or arithmetic in said


@pytest.mark.parametrize(
    ("sentence", "expression"),
    [
        ("a + b.", "a + b"),
        ("max(x, 0), with derivative 1 where x > 0", "max(x, 0)"),
        ("x ** exponent for a number exponent; its own", "x ** exponent"),
        ("a - b with a number for a, which", "a - b"),
        ("e^x / sum(e^x) along dim; derivative", "e^x / sum(e^x)"),
        ("x, but not below low", ""),
        ("The mean of n elements", ""),
        ("Patches in columns", ""),
        ("a < b, as bools", "a < b"),
        ("2", ""),
        ("", ""),
    ],
)
def test_the_beginning_of_a_sentence(sentence, expression):
    assert beginning(sentence) == expression


def plain(x, low):
    """Straight, but for names."""
    shifted = x - low
    return shifted * shifted


def in_place(x, places):
    """What it returns is no one expression."""
    out = x.copy()
    out[places] = 0
    return out


def in_a_loop(grad, x):
    """The same."""
    for each in x:
        grad = grad * each
    return grad


def changed(grad, x):
    """An argument changes its meaning twice."""
    grad = grad * x
    grad /= 2
    return grad


def test_names_on_the_way_are_put_in():
    assert of_code(code_of(plain)) == "(x - low) * (x - low)"
    assert of_code(code_of(in_place)) == "" == of_code(code_of(in_a_loop))
    assert of_derivative(changed) == "grad * x / 2"
    ran = tuple(range(code_of(in_a_loop).first + 2, code_of(in_a_loop).first + 5))
    assert of_derivative(in_a_loop, ran) == "grad, where grad = grad * each"
    assert of_derivative(in_place) == "out, where out = x.copy(); out[places] = 0"
    clamped = code_of(Clamp.forward)
    assert of_code(clamped) == ""  # one does not know which way it has gone


class Undescribed(Function):
    @staticmethod
    def forward(ctx, x):
        return x * 2


class Described(Undescribed):
    """``2 x``."""


class Inherits(Described):
    pass


def test_an_op_without_a_sentence_has_that_of_its_base():
    assert [of_forward(op) for op in (Undescribed, Described, Inherits)] == ["", "2 x.", "2 x."]


def test_explain_tells_words_from_a_formula():
    x = tinygrad_edu.tensor([1.0, 3.0])
    with tinygrad_edu.trace.record() as trace:
        clamped = x.clamp(2)
        product = x * x
    assert "The formula: a * b." in trace.explain(product)
    assert "In words: x, but not below low" in trace.explain(clamped)
