"""The terms of an element of a gradient add up to it, for every op there is; replays of all ops."""

import itertools

import numpy as np
import pytest

import tinygrad_edu
from tinygrad_edu.autograd import Function
from tinygrad_edu.autograd.function import once_differentiable
from tinygrad_edu.tracing.again.one_call import sources
from tinygrad_edu.tracing.again.terms import Derivative, sparse, terms

from .bridge import Bridge
from .cases import Draws, arguments, cases
from .examples import drawn
from .line_scripts import Side
from .ops import OPS, ROWS
from .runner import attempt, run
from .steps import seeded

PROGRAMS = 100
PARTS = 5

pytestmark = pytest.mark.filterwarnings("ignore:.*degrees of freedom is <= 0:UserWarning")


def derivatives(trace):
    """The derivatives whose result the trace has kept, with that."""
    for event in trace.events:
        if event.kind == "derivative":
            (output,) = event.outputs.values()
            if trace.values[output].array is not None:
                yield event, trace.values[output].array


def check_terms(trace, event, found):
    """Of the first element, the last and one between: the sum of the products is the element.

    Rounding: each product and each partial sum may be off by an eps of the largest; and an op of
    several steps rounds in each of them.
    """
    places = [*np.ndindex(found.shape)]
    derivative = Derivative(trace, event)
    for place in {places[0], places[-1], places[len(places) // 2]}:
        element = found[place]
        made_of = derivative.terms(place)
        size = max([abs(row.product) for row in made_of.rows] + [abs(float(element))])
        if np.isfinite(size):
            assert made_of.total == sum(row.product for row in made_of.rows)
            few = 16 * (len(made_of.rows) + 1) * np.finfo(found.dtype).eps
            assert abs(made_of.total - element) <= few * size, (event.title, place)


@pytest.mark.parametrize("part", range(PARTS))
def test_random_programs(part):
    for number in range(part, PROGRAMS, PARTS):
        side = Side(tinygrad_edu)
        with tinygrad_edu.trace.record() as trace:
            for line in seeded(number):
                side.run(line)
        for event, found in derivatives(trace):
            if found.size:
                check_terms(trace, event, found)


@pytest.mark.parametrize("row", ROWS)
@drawn(1)
def test_every_op_of_the_table(row, data):
    case = data.draw(cases(row, ("f64",), data=("normal",)))
    bridge = Bridge()
    ours = [bridge.to_ours(t) for t in arguments(case, OPS[case.op])]
    upstream = Draws(case, bridge.to_ours)
    with tinygrad_edu.trace.record() as trace:
        attempt(lambda: run(tinygrad_edu, OPS[case.op], case, ours, upstream))
    for event, found in derivatives(trace):
        if found.size:
            check_terms(trace, event, found)
    if trace.events:
        trace.replay()  # which raises unless it comes to the same numbers


# By hand ------------------------------------------------------------------------------------------


def only(trace, title, argument):
    (event,) = (
        e
        for e in trace.events
        if e.kind == "derivative" and e.title == title and e.details["argument"] == argument
    )
    return event


def test_a_matrix_product():
    x = tinygrad_edu.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    w = tinygrad_edu.tensor([[5.0, 6.0, 7.0], [8.0, 9.0, 10.0]])
    with tinygrad_edu.trace.record() as trace:
        (x @ w).backward(tinygrad_edu.tensor([[1.0, -1.0, 2.0], [0.0, 3.0, 1.0]]))
    event = only(trace, "MmBackward0", "a")
    found = terms(trace, event, (0, 1))  # the gradient's row 0 times row 1 of w
    assert [(t.index, t.coefficient, t.grad, t.product, t.of) for t in found.rows] == [
        ((0, 0), 8, 1, 8, "grad"), ((0, 1), 9, -1, -9, "grad"), ((0, 2), 10, 2, 20, "grad"),
    ]  # fmt: skip
    assert found.total == 19 == x.grad[0, 1].item()
    listed = sparse(trace, event, 12)
    assert dict(listed)[0, 1] == [((0, 0), 8), ((0, 1), 9), ((0, 2), 10)]
    assert [element for element, _ in listed] == [(0, 0), (0, 1), (1, 0), (1, 1)]
    assert [element for element, _ in sparse(trace, event, 11)] == [(0, 0), (0, 1), (1, 0)]


def test_an_op_with_several_outputs():
    x = tinygrad_edu.tensor([1.0, 2.0, 4.0], requires_grad=True)
    with tinygrad_edu.trace.record() as trace:
        first, second = x.split([1, 2])
        (first.sum() * 3 + (second * second).sum()).backward()
    event = only(trace, "SplitWithSizesBackward0", "x")
    (row,) = terms(trace, event, (2,)).rows
    assert (row.index, row.coefficient, row.grad, row.of) == ((1,), 1, 8, "grad_1")
    assert sparse(trace, event) == [((0,), [((0, 0), 1)]), ((1,), [((1, 0), 1)]),
                                    ((2,), [((1, 1), 1)])]  # fmt: skip


def test_a_derivative_that_is_0_has_no_terms():
    x = tinygrad_edu.tensor([1.5], requires_grad=True)
    with tinygrad_edu.trace.record() as trace:
        x.floor().sum().backward()
    assert terms(trace, only(trace, "FloorBackward0", "x"), (0,)) == ([], 0.0)


def test_what_0_times_infinity_makes_nan_is_no_term():
    x = tinygrad_edu.tensor([0.0, 1.0, 4.0], requires_grad=True)
    with tinygrad_edu.trace.record() as trace:
        x.sqrt().backward(tinygrad_edu.tensor([0.0, 2.0, 16.0]))
    event = only(trace, "SqrtBackward0", "x")
    rows = [terms(trace, event, (n,)).rows for n in range(3)]
    assert [(row.index, row.coefficient, row.grad) for (row,) in rows] == [
        ((0,), np.inf, 0), ((1,), 0.5, 2), ((2,), 0.25, 16),
    ]  # fmt: skip
    assert np.isnan(rows[0][0].product) and rows[2][0].product == 4


def test_a_nan_is_explained_by_nan():
    x = tinygrad_edu.tensor([np.nan, 0.0], requires_grad=True)
    with tinygrad_edu.trace.record() as trace:
        x.exp().sum().backward()
    event = only(trace, "ExpBackward0", "x")
    (row,) = terms(trace, event, (0,)).rows
    assert row.index == (0,) and np.isnan(row.coefficient)
    (row,) = terms(trace, event, (1,)).rows
    assert (row.index, row.coefficient) == ((1,), 1)


@pytest.mark.parametrize(
    "line",
    ["x @ y", "x.sort(0).values", "torch.where(x > y, x, y * 2)", "torch.cat([x, y], 1)",
     "x.cumsum(1)", "x.softmax(0)", "x.abs().log()", "x[[2, 0]]", "x.max(1).values",
     "torch.nn.functional.conv2d(x[None, None], y[None, None, :2, :2])"],
)  # fmt: skip
def test_sources_are_what_changes_an_element(line):
    """The elements of which a change changes it, by as much as the derivative says."""
    tinygrad_edu.manual_seed(0)
    first, second = (tinygrad_edu.randn(3, 3, dtype=tinygrad_edu.float64) for _ in range(2))

    def made(x, y):
        return eval(line, {"torch": tinygrad_edu, "x": x, "y": y})

    with tinygrad_edu.trace.record() as trace:
        first * 1, second * 1  # so that both are in the trace, whatever the line has
        out = made(first, second)
    step = 1e-6
    changes = {}  # by array and place: what becomes of the result
    for number, place in itertools.product((0, 1), np.ndindex(3, 3)):
        moved = [first.clone(), second.clone()]
        moved[number][place] += step
        changes[number, place] = (made(*moved).array - out.array) / step
    values = {trace.value(tensor).id: number for number, tensor in enumerate((first, second))}

    def through(event, output, index):
        """By array and place, the derivative, through all ops in between."""
        found = {}
        for name, rows in sources(trace, event, output, index).items():
            value = trace.values[event.inputs[name]]
            for place, derivative in rows:
                if value.id in values:
                    parts = {(values[value.id], place): 1.0}
                else:
                    maker = trace.events[value.born]
                    outputs = {number: name for name, number in maker.outputs.items()}
                    parts = through(maker, outputs[value.id], place)
                for part, inner in parts.items():
                    found[part] = found.get(part, 0.0) + derivative * inner
        return found

    last = trace.events[-1]
    for index in np.ndindex(*out.shape):
        found = through(last, next(iter(last.outputs)), index)
        for part, change in changes.items():
            assert abs(found.get(part, 0.0) - change[index]) < 1e-4, (index, part)


class Scaled(Function):
    """``x * y * 3``, with terms of its own."""

    @staticmethod
    def forward(ctx, x, factor, y):
        ctx.save_for_backward(x, y)
        ctx.factor = factor
        return x * y * factor

    @staticmethod
    def backward(ctx, grad):
        x, y = ctx.saved_tensors
        return grad * y * ctx.factor, None, grad * x * ctx.factor


class Drawn(Function):
    """x times a number that is drawn."""

    @staticmethod
    def forward(ctx, x):
        ctx.factor = tinygrad_edu.rand(1)
        return x * ctx.factor

    @staticmethod
    def backward(ctx, grad):
        return grad * ctx.factor


def test_a_users_function_that_draws_a_number_draws_the_same():
    x = tinygrad_edu.ones(2, requires_grad=True)
    with tinygrad_edu.trace.record() as trace:
        Drawn.apply(x).sum().backward()
    before = tinygrad_edu.get_rng_state()
    (row,) = terms(trace, only(trace, "DrawnBackward", "0"), (0,)).rows
    assert row.coefficient == x.grad[0].item()
    assert tinygrad_edu.equal(before, tinygrad_edu.get_rng_state())


class Once(Scaled):
    """The same, but its derivative has none."""

    @staticmethod
    @once_differentiable
    def backward(ctx, grad):
        return Scaled.backward(ctx, grad)


@pytest.mark.parametrize("argument", ["0", "1"])
def test_a_users_function(argument):
    x = tinygrad_edu.tensor([1.0, 2.0], requires_grad=True)
    y = tinygrad_edu.tensor([5.0, 7.0], requires_grad=True)
    with tinygrad_edu.trace.record() as trace:
        Scaled.apply(x, 3, y).backward(tinygrad_edu.tensor([1.0, 10.0]))
    (row,) = terms(trace, only(trace, "ScaledBackward", argument), (1,)).rows
    coefficient = 21 if argument == "0" else 6
    assert (row.index, row.coefficient, row.product) == ((1,), coefficient, 10 * coefficient)


class Dropout(Function):
    """A dropout that draws its mask itself."""

    @staticmethod
    def forward(ctx, x):
        mask = (tinygrad_edu.rand(x.shape) < 0.5).to(x.dtype) * 2
        ctx.save_for_backward(mask)
        return x * mask

    @staticmethod
    def backward(ctx, grad):
        (mask,) = ctx.saved_tensors
        tinygrad_edu.rand(3)  # draws, too
        return grad * mask


def test_a_function_that_draws_random_numbers(tmp_path):
    x = tinygrad_edu.ones(64, requires_grad=True)
    with tinygrad_edu.trace.record() as trace:
        Dropout.apply(x).backward(tinygrad_edu.arange(64.0) + 1)
    event = only(trace, "DropoutBackward", "0")
    before = tinygrad_edu.get_rng_state()
    assert 0 < (x.grad == 0).sum() < 64
    for i, element in enumerate(x.grad.tolist()):  # the mask is that of the run
        assert terms(trace, event, (i,)).total == element
    trace.html(tmp_path / "a.html")
    assert (tinygrad_edu.get_rng_state() == before).all()


def test_why_there_are_none(tmp_path):
    x = tinygrad_edu.tensor([1.0, 2.0], requires_grad=True)
    with tinygrad_edu.trace.record() as trace:
        Once.apply(x, 3, x).sum().backward()
    event = only(trace, "OnceBackward", "0")
    with pytest.raises(RuntimeError, match=r"OnceBackward cannot be taken apart.*once_different"):
        terms(trace, event, (0,))
    with pytest.raises(IndexError, match="no element of shape"):
        terms(trace, only(trace, "SumBackward0", "x"), (2,))
    with pytest.raises(ValueError, match="is no derivative"):
        terms(trace, trace.events[0], (0,))
    trace.save(tmp_path / "a.trace")
    loaded = tinygrad_edu.trace.load(tmp_path / "a.trace")
    with pytest.raises(RuntimeError, match="comes from a file"):
        terms(loaded, event, (0,))


def test_values_of_which_only_a_summary_was_kept():
    x = tinygrad_edu.ones(20, requires_grad=True)
    with tinygrad_edu.trace.record(largest=10) as trace:
        (x * x).sin().sum().backward()
    with pytest.raises(
        RuntimeError, match=r"shape \[20\].*record\(largest=20\) keeps it, and step --largest 20"
    ):
        terms(trace, only(trace, "SinBackward0", "x"), (0,))


def test_float16():
    x = tinygrad_edu.tensor([0.5, 2.0], dtype=tinygrad_edu.float16, requires_grad=True)
    with tinygrad_edu.trace.record() as trace:
        tinygrad_edu.nn.functional.gelu(x).sum().backward()
    (row,) = terms(trace, only(trace, "GeluBackward0", "x"), (1,)).rows
    # Phi(2) + 2 phi(2), rounded to the 10 bits behind the point that float16 has here.
    assert abs(row.coefficient - 1.0852) <= 2.0**-11 and row.product == x.grad[1].item()
