"""What the stepper shows: numbers are those of the trace, and reasons add up to them."""

import re
from dataclasses import replace

import numpy as np
import pytest

import tinygrad_edu
from tinygrad_edu import nn
from tinygrad_edu.tracing.expressions import expression_of
from tinygrad_edu.tracing.spoken import said
from tinygrad_edu.tracing.stepping import panes
from tinygrad_edu.tracing.stepping.characters import table
from tinygrad_edu.tracing.stepping.listing import of_engine
from tinygrad_edu.tracing.stepping.names import StepError, label
from tinygrad_edu.tracing.stepping.stepper import Stepper
from tinygrad_edu.tracing.stepping.why import why
from tinygrad_edu.tracing.stepping.with_numbers import with_numbers
from tinygrad_edu.tracing.traces import FROM_FILE

from .stepped import texts, two_steps


@pytest.fixture(scope="module")
def trace():
    return two_steps()


@pytest.fixture
def stepper(trace):
    return Stepper(trace)


def numbers_in(text):
    return [
        float(word) for word in re.findall(r"-?\d+\.\d+(?:e[-+]\d+)?|-?\bnan\b|-?\binf\b", text)
    ]


def test_the_numbers_of_a_table_are_the_values(stepper, trace):
    for event in trace.events:
        for number in event.outputs.values():
            value = trace.values[number]
            title, *lines = texts(panes.value(stepper, value, (), 1000, 50))
            rows = lines[1:] if value.size > 1 else lines
            shown = np.array([numbers_in(row) for row in rows])
            flat = value.array.reshape(shown.shape)
            assert str(value.shape) in title
            assert np.allclose(shown, flat, rtol=6e-3, atol=5.1e-5)


def test_a_large_array_is_shown_around_an_element_and_mapped():
    array = np.linspace(-1, 1, 60 * 90).reshape(60, 90)
    array[7, 8], array[50, 80] = np.nan, np.inf
    with tinygrad_edu.trace.record() as trace:
        tinygrad_edu.tensor(array) * 1
    stepper = Stepper(trace)
    value = trace.values[trace.events[0].outputs["out"]]
    lines = panes.value(stepper, value, (33, 44), 60, 5)
    chosen = [
        line.text[m.start : m.end] for line in lines for m in line.marks if m.style == "chosen"
    ]
    assert chosen == [f"{array[33, 44]:.4f}"]
    map_lines = [text for text in texts(lines) if set(text.strip()) <= set("=-.+#?!")]
    assert len(map_lines) <= 6 and all(len(text) <= 60 for text in map_lines)
    assert map_lines[0].strip()[0] in "=?" and "#" in map_lines[-1]
    assert "?" in "".join(map_lines) and "!" in "".join(map_lines)
    assert "1 nan" in texts(lines)[1] and "1 infinite" in texts(lines)[1]


def test_numbers_have_the_colour_of_their_size():
    array = np.array([-4.0, -1.0, 0.0, 2.0])
    for line in table(array, (2,), 60, 3):
        cells = [(line.text[m.start : m.end].strip(), m.level) for m in line.marks]
        assert cells[:2] + cells[3:] == [
            ("-4.0000", -1), ("-1.0000", -0.25), ("0.0000", 0), ("2.0000", 0.5),
        ]  # fmt: skip
        assert line.marks[3].style == "chosen" and len(cells) == 5


def test_what_a_table_leaves_out_is_said():
    short, long = np.arange(3.0), np.arange(300.0)
    assert len(table(short, (0,), 60, 3)) == 1
    assert texts(table(long, (250,), 60, 3))[-1].startswith("  .. columns 2")
    last = texts(table(long.reshape(30, 10), (29, 0), 110, 5))[-1]
    assert last == "  .. rows 26-29 of 30, columns 0-9 of 10"


def test_odd_arrays_are_shown(stepper):
    with tinygrad_edu.trace.record() as trace:
        for item in (
            tinygrad_edu.zeros(0, 3), tinygrad_edu.tensor(True), tinygrad_edu.arange(5),
            tinygrad_edu.zeros(2, 3, 4, 5),
            tinygrad_edu.tensor([1e-30, 1e30]), tinygrad_edu.tensor([1.0]).half(),
            tinygrad_edu.tensor([[True, False]]),
        ):  # fmt: skip
            item.clone()
    stepper = Stepper(trace)
    said = []
    for at in range(len(trace)):
        stepper.go(at)
        said += texts(panes.tensors(stepper, 60)) + texts(why(stepper))
    whole = "\n".join(said)
    assert "(no elements)" in whole and "at [0, 0, :, :]" in whole and "1.00e-30" in whole
    assert "True" in whole and "True  False" in whole


def test_a_derivative_is_explained_by_terms_that_add_up(stepper, trace):
    explained = 0
    for event in trace.events:
        if event.kind != "derivative":
            continue
        stepper.go(event.index)
        name, value = stepper.tensor()
        for index in np.ndindex(*value.shape):
            stepper.choose_element(tuple(index))
            lines = texts(why(stepper, terms=100))
            assert lines[0] == f"{name} = {said(expression_of(event))}"
            assert lines[1].startswith(f"{name}{value.shape} = ")
            rows = [line for line in lines[3:] if line.startswith("  + grad")]
            total = sum(float(row.rpartition("= ")[2]) for row in rows)
            if not rows and any(line.startswith("  = ") for line in lines):
                continue  # a single term says no more than the formula with numbers
            assert np.isclose(total, value.array[index], rtol=1e-4, atol=1e-6)
            for row in rows:
                place, grad, coefficient, product = re.fullmatch(
                    r"  \+ grad(?:\[([^]]*)\])? (\S+) \* (\S+) = (\S+)", row
                ).groups()
                at = tuple(int(n) for n in (place or "").split(",") if n)
                incoming = trace.values[event.inputs["grad"]].array[at]
                assert float(grad) == float(f"{incoming.item():.6g}")
                assert np.isclose(float(grad) * float(coefficient), float(product), rtol=1e-4)
            explained += 1
    assert explained > 100


def test_a_linear_layer_is_explained_by_its_products(stepper, trace):
    event = next(e for e in trace.events if e.title == "Linear")
    stepper.go(event.index)
    out = trace.values[event.outputs["out"]].array
    stepper.choose_element((4, 2))
    lines = texts(why(stepper))
    assert "out(5, 4) = x(5, 3) @ weight(4, 3).T + bias(4,)" in lines
    assert f"out[4, 2] = {out[4, 2]:.6g}" in lines
    products = [float(line.rpartition("= ")[2]) for line in lines if "*" in line]
    bias = float(next(line for line in lines if "bias[2]" in line).split()[-1])
    assert len(products) == 3 and np.isclose(sum(products) + bias, out[4, 2], rtol=1e-5)


def test_an_elementwise_op_is_explained_by_its_elements(stepper, trace):
    event = next(e for e in trace.events if e.title == "Add" and "shift" in str(
        [trace.values[n].name for n in e.inputs.values()]))  # fmt: skip
    stepper.go(event.index)
    stepper.choose_element((3, 0))
    lines = texts(why(stepper))
    for name, number in event.inputs.items():
        array = trace.values[number].array
        place = (3, 0) if array.ndim == 2 else (0,)
        assert f"  {name}{list(place)} = {array[place].item():.6g} is at the same place" in lines


def test_a_formula_is_shown_with_numbers_if_it_comes_to_the_result(stepper, trace):
    shown = {}
    for event in trace.events:
        if event.kind == "forward":
            stepper.go(event.index)
            shown[event.title] = [text for text in texts(why(stepper)) if text.startswith("  = ")]
    assert re.fullmatch(r"  = max\(-?[\d.]+, 0\)", shown["Relu"][0])
    assert re.fullmatch(r"  = 1 / \(1 \+ e\^\(-\(?-?[\d.]+\)?\)\)", shown["Sigmoid"][0])
    assert re.fullmatch(r"  = [\d.]+ \* 0.1", shown["Mul"][0])
    assert shown["Linear"] == shown["SumDim"] == []
    square = tinygrad_edu.tensor([[1.0, 2.0], [3.0, 4.0]])
    with tinygrad_edu.trace.record() as other:
        square @ square
    assert not any(text.startswith("  = ") for text in texts(why(Stepper(other))))


def test_only_arithmetic_is_understood():
    numbers = {"x": -2.0, "y": 3.0}
    assert with_numbers("max(x, 0) + y", numbers) == ("max(-2, 0) + 3", 3.0)
    assert with_numbers("x^2 / 2 - y", numbers) == ("(-2)^2 / 2 - 3", -1.0)
    assert with_numbers("e^y", numbers) == ("e^3", np.e**3)
    assert with_numbers("-(y - x) ** 2", numbers) == ("-(3 - (-2)) ** 2", -25.0)
    assert with_numbers("y * [x < 0]", numbers) == ("3 * [(-2) < 0]", 3.0)
    assert with_numbers("ln(x + 2)", numbers) == ("ln((-2) + 2)", -np.inf)
    assert with_numbers("where(x > y, x, sigmoid(y))", numbers)[1] == 1 / (1 + np.exp(-3))
    for other in ("x.T @ y", "sum of x", "z + 1", "f(x)", "x if y else 1", "", "max(x, y=1)",
                  "__import__('os')"):  # fmt: skip
        assert with_numbers(other, numbers) is None


def test_a_broadcast_is_explained_by_what_was_summed(stepper, trace):
    event = next(e for e in trace.events if e.kind == "broadcast")
    stepper.go(event.index)
    lines = texts(why(stepper))
    grad = trace.values[event.inputs["grad"]].array
    assert lines[0] == "sum = grad.sum((0,))"
    shown = [float(line.split()[-1]) for line in lines if line.startswith("  + ")]
    assert shown == [float(f"{item:.6g}") for item in grad[:, 0].tolist()]


def test_the_ledger_says_what_has_arrived_and_what_is_awaited(stepper, trace):
    h = trace.value("h")
    first, second = trace.ledger(h)
    stepper.go(first.index)
    lines = texts(why(stepper))
    assert lines[0] == "contribution 1 of 2 to the gradient of h"
    assert lines[1].startswith("> 1 of 2  ") and "awaited" in lines[2]
    assert lines[-1] == "1 more is awaited before it goes on"
    stepper.go(second.index)
    stepper.choose_element((2, 1))
    lines = texts(why(stepper))
    assert "awaited" not in "\n".join(lines)
    before, grad, after = (
        trace.values[n].array[2, 1].item()
        for n in (second.inputs["before"], second.inputs["grad"], second.outputs["after"])
    )
    assert f"after[2, 1]: {before:.6g} + {grad:.6g} = {after:.6g}" in lines


def test_contributions_to_several_outputs_are_counted_for_each():
    x = tinygrad_edu.arange(4.0, requires_grad=True)
    with tinygrad_edu.trace.record() as trace:
        first, second = x.split(2)
        loss = (first * 2 + second * 3 + first * 5).sum()
        loss.backward(retain_graph=True)
        loss.backward()
    stepper = Stepper(trace)
    ledger = trace.ledger(trace.value("first"))
    assert [(e.details["k"], e.details["n"]) for e in ledger] == [(1, 2), (2, 2)] * 2
    for event in ledger:
        stepper.go(event.index)
        lines = texts(why(stepper))
        entries = [line for line in lines if re.match(r"[> ] \d of 2 ", line)]
        assert entries == lines[1:3] and [line[2] for line in entries] == ["1", "2"]
        assert [line[0] for line in entries].index(">") == (event.details["k"] == 2)
        assert ("awaited" in entries[1]) == (event.details["k"] == 1)
        assert ("1 more is awaited" in lines[-1]) == (event.details["k"] == 1)


def test_a_function_without_a_text_has_no_formula():
    """As one that was typed at Python's own prompt."""
    names = {"Function": tinygrad_edu.autograd.Function}
    exec(
        "class Double(Function):\n"
        "    @staticmethod\n    def forward(ctx, x): return x * 2\n"
        "    @staticmethod\n    def backward(ctx, grad): return grad * 2\n",
        names,
    )
    x = tinygrad_edu.ones(2, requires_grad=True)
    with tinygrad_edu.trace.record() as trace:
        names["Double"].apply(x).sum().backward()
    stepper = Stepper(trace)
    (event,) = (e for e in trace.events if e.title == "DoubleBackward")
    stepper.go(event.index)
    assert event.formula == "" and event.code is None
    lines = texts(why(stepper))
    assert lines[0] == "d_0(2,), by a function whose text is not known"
    assert not any(line.endswith("=") or "= ;" in line for line in lines)
    grad = trace.explain(event.outputs["d_0"])
    said = "The derivative of Double, for its argument argument 0, has computed it."
    assert said in grad


def test_only_gradients_that_are_there_are_forgotten(stepper, trace):
    first, second = (e.index for e in trace.events if e.kind == "zero_grad")
    stepper.go(first)
    assert texts(why(stepper))[1:] == ["there are no gradients yet: nothing is forgotten"]
    stepper.go(second)
    said = "5 gradients are forgotten; the next backward pass would add to what is there"
    assert texts(why(stepper))[1] == said  # a whole sentence: of what is said, two lines are shown


def test_where_nothing_is_finite_there_is_no_least_and_no_mean():
    x = tinygrad_edu.zeros(4, requires_grad=True)
    with tinygrad_edu.trace.record() as trace:
        y = 1 / x
        y / y
    infinite, undefined = (trace.values[e.outputs["out"]] for e in trace.events[-2:])
    assert panes.summary(infinite) == "none is finite: 4 infinite"
    assert panes.summary(undefined) == "none is finite: 4 nan"
    assert trace.explain(y).startswith("y has 4 numbers (float32); none is finite: 4 infinite.")


def test_an_update_says_of_which_parameter_an_element_is(stepper, trace):
    event = next(e for e in trace.events if e.kind == "update" and "p" in e.outputs)
    stepper.go(event.index)
    after = trace.values[event.outputs["p"]].array
    before = trace.values[event.inputs["p"]].array
    for name, start, end, shape in event.details["parts"]:
        for place in range(start, end):
            stepper.choose_element((place,))
            lines = texts(why(stepper))
            index = [int(n) for n in np.unravel_index(place - start, shape)]
            assert f"for {name}{index}:" in lines
            assert any(re.fullmatch(r"  p <- .+ = " + re.escape(f"{after[place]:.6g}"), line)
                       for line in lines)  # fmt: skip
            assert f"p[{place}]: {before[place]:.6g} -> {after[place]:.6g}" in lines


def test_elements_and_tensors_are_chosen_round_and_round(stepper, trace):
    stepper.go(next(e.index for e in trace.events if e.title == "Linear"))
    size = stepper.tensor()[1].size
    out = stepper.tensor()[1].array
    assert stepper.index() == np.unravel_index(np.abs(out).argmax(), out.shape)  # the largest
    stepper.choose_element((0, 0))
    seen = []
    for _ in range(size):
        seen.append(stepper.index())
        stepper.move_element(1)
    assert seen == [*np.ndindex(5, 4)] and stepper.index() == (0, 0)
    stepper.move_element(-1)
    assert stepper.index() == (4, 3)
    names = []
    for _ in range(len(stepper.tensors())):
        names.append(stepper.tensor()[0])
        stepper.choose(1)
    assert sorted(names) == ["bias", "out", "weight", "x"] and stepper.tensor()[0] == names[0]
    for wrong in ((9, 9), (0,), ()):
        with pytest.raises(StepError):
            stepper.choose_element(wrong)


def test_the_span_of_an_expression_is_marked(stepper, trace):
    event = next(e for e in trace.events if e.title == "Relu")
    stepper.go(event.index)
    lines = texts(panes.user(stepper, 7))
    row = next(n for n, line in enumerate(lines) if set(line.strip()) == {"^"})
    start = lines[row].index("^")
    marked = lines[row - 1][start : len(lines[row])]
    assert marked == "tinygrad_edu.relu(self.layer_1(x))" and ">" in lines[row - 1]


def test_the_line_of_the_engine_is_the_one_that_computes(stepper, trace):
    for event in trace.events:
        if event.kind in ("derivative", "update"):
            stepper.go(event.index)
            (line,) = (text for text in texts(panes.engine(stepper, 30))[1:] if " > " in text[:8])
            assert event.formula.split("(")[0] in line


def test_of_several_returns_the_one_that_ran_is_marked(stepper, trace):
    stepper.go(next(e.index for e in trace.events if e.title == "Relu"))
    lines = texts(panes.engine(stepper, 30))
    assert sum("return " in line for line in lines) == 2
    (line,) = (line for line in lines if " > " in line[:8])
    assert "return " in line and any(" . " in other[:8] for other in lines)
    event = stepper.event
    unknown = replace(event, code=event.code._replace(ran=()))  # as with a debugger about
    assert of_engine(unknown).now == 0


def test_parameters_go_by_their_own_names_within_their_module(stepper, trace):
    named = {}
    for event in trace.events:
        if event.kind == "grad" and event.step == 0:
            stepper.go(event.index)
            named[trace.values[event.about].name] = stepper.status().rpartition(" > ")[2]
    assert named["layer_1.weight"] == "AccumulateGrad weight.grad"
    assert named["shift"] == "AccumulateGrad shift.grad"
    stepper.go(trace.ledger(trace.value("h"))[1].index)
    assert stepper.status().endswith("2 of 2 to h")


class Doubled(tinygrad_edu.autograd.Function):
    """2 x, whose backward does not let the engine see what it does."""

    @staticmethod
    def forward(ctx, x):
        return x * 2

    @staticmethod
    def backward(ctx, grad):
        return tinygrad_edu.tensor([2 * item for item in grad.tolist()])


class Once(Doubled):
    """The same, but its backward runs only once."""

    runs = 0

    @staticmethod
    def backward(ctx, grad):
        Once.runs += 1
        if Once.runs > 1:
            raise KeyError("only once")
        return grad * 2


@pytest.mark.parametrize(
    ("function", "said"),
    [(Doubled, "(which the function computes out of the engine's sight)"), (Once, "only once")],
)
def test_functions_of_users_are_stepped_through(function, said):
    Once.runs = 0
    x = tinygrad_edu.ones(3, requires_grad=True)
    with tinygrad_edu.trace.record() as trace:
        function.apply(x).sum().backward()
    stepper = Stepper(trace)
    event = next(e for e in trace.events if e.kind == "derivative" and function.__name__ in e.title)
    stepper.go(event.index)
    assert said in texts(why(stepper))[-1]
    stepper.go(trace.ledger(trace.value("x"))[0].index)
    assert f"from {event.title} d_0, event {event.index}" in texts(why(stepper))[1]


def said_of_results(trace, places):
    """What is said of the elements of each op's result at `places`, or of all, by event and place;
    without what is said of the event as a whole."""
    stepper = Stepper(trace)
    for event in trace.events:
        name, number = next(iter(event.outputs.items()))
        stepper.go(event.index)
        for place in places or np.ndindex(trace.values[number].shape):
            stepper.element = tuple(place)
            here, lines = stepper.index(), texts(why(stepper))
            head = f"{name}{list(here) if here else ''} = "
            (row,) = (n for n, text in enumerate(lines) if text.startswith(head))
            yield event, here, lines[row + 1 :]


def test_only_what_was_broadcast_is_at_the_same_place():
    a, b = tinygrad_edu.arange(3.0).reshape(3, 1), tinygrad_edu.ones(3, 2)
    with tinygrad_edu.trace.record() as trace:
        tinygrad_edu.cat([a, a + 10], 1)
        b / (a + 1)
    said = {event.title: text for event, _, text in said_of_results(trace, [(0, 1)])}
    assert said["Cat"] == ["  tensors_1[0, 0] = 10 stands here"]
    assert said["Div"] == [
        "  = 1 / 1", "  a[0, 1] = 1 is at the same place", "  b[0, 0] = 1 is at the same place",
    ]  # fmt: skip


#: By the title of the event, ops that take elements elsewhere; of ``x``, `i` and `e`, a table.
MOVES = {
    "T": "x.t()", "Flip": "x.flip(1)", "Sort": "x.sort(1)", "Gather": "x.gather(0, i)",
    "Rows": "nn.functional.embedding(torch.tensor([[2, 0], [1, 1]]), e)",
    "IndexSelect": "x.index_select(1, torch.tensor([2, 0]))", "Roll": "x.roll(1, 0)",
    "Permute": "x.permute(1, 0)", "Index": "x[torch.tensor([2, 0, 1])]", "Slice": "x[1:]",
    "View": "x.reshape(9)", "Transpose": "x.transpose(0, 1)", "Expand": "e[:1].expand(3, 2)",
    "Tril": "x.tril()", "Where": "torch.where(x > 2, x, x.t())", "MaxDim": "x.max(1)",
    "Cummax": "x.cummax(0)", "Split": "x.split(2, 1)", "Stack": "torch.stack([x, x + 1])",
    "Repeat": "x.repeat(2, 1)", "MaxPool2DWithIndices": "nn.functional.max_pool2d(x[None], 2, 1)",
    "Clone": "x.clone()", "Rot90": "x.rot90()",
}  # fmt: skip


@pytest.mark.parametrize("title", MOVES)
def test_an_element_is_said_to_come_from_where_it_comes_from(title):
    """All elements of the arguments differ: so the number tells the place."""
    names = {"torch": tinygrad_edu, "nn": nn, "i": tinygrad_edu.tensor([[2, 0, 1], [1, 1, 0]])}
    names["x"] = tinygrad_edu.tensor([[3.0, 1.0, 2.0], [0.5, 7.0, 4.0], [6.0, 8.0, 5.0]])
    names["e"] = tinygrad_edu.arange(6.0).reshape(3, 2) + 1
    with tinygrad_edu.trace.record() as trace:
        exec(MOVES[title], names)
    shown = 0
    for event, place, lines in said_of_results(trace, None):
        if event.title != title:
            continue
        out = trace.values[next(iter(event.outputs.values()))].array
        assert not any("same place" in line for line in lines)
        if title == "Tril" and not out[place]:
            assert lines == []
            continue
        (line,) = lines
        name, index, item = re.fullmatch(r"  (\w+)\[([\d, ]+)\] = (\S+) stands here", line).groups()
        source = trace.values[event.inputs[name]].array[tuple(map(int, index.split(",")))]
        assert source == out[place] == float(item)
        shown += 1
    assert shown


def test_many_elements_go_in_with_their_derivatives():
    x = tinygrad_edu.arange(12.0).reshape(3, 4)
    with tinygrad_edu.trace.record() as trace:
        x.mean()
        tinygrad_edu.softmax(x[:1], 1)
        tinygrad_edu.less(x[0, :2], 0.5)
    said = {event.title: text for event, _, text in said_of_results(trace, [(0, 1)])}
    line = "  x[2, 3] = 11 goes in, with the derivative 0.0833333"
    assert len(said["Mean"]) == 8 and said["Mean"][-1] == "  so do 5 other elements of x"
    assert line.replace("2, 3", "0, 1").replace("11", "1") in said["Mean"]
    p = np.exp(np.arange(4.0)) / np.exp(np.arange(4.0)).sum()
    found = [float(text.split()[-1]) for text in said["Softmax"]]
    assert np.allclose(found, p[1] * ((np.arange(4) == 1) - p), rtol=1e-5)
    assert said[trace.events[-1].title] == []  # what is compared has no derivative


def test_of_a_trace_from_a_file_no_place_is_said(tmp_path):
    x = tinygrad_edu.arange(4.0).reshape(2, 2)
    with tinygrad_edu.trace.record() as trace:
        x.t()
        x * 2 + x
    trace.save(tmp_path / "a.trace")
    loaded = tinygrad_edu.trace.load(tmp_path / "a.trace")
    said = {event.title: text for event, _, text in said_of_results(loaded, [(0, 1)])}
    assert said["T"] == [f"  (from which elements it comes: {FROM_FILE})"]
    assert said["Add"][0] == "  = 2 + 1" and "is at the same place" in said["Add"][1]


def test_what_was_not_kept_is_said():
    x = tinygrad_edu.arange(20.0).reshape(4, 5)
    with tinygrad_edu.trace.record(largest=6) as trace:
        (x * 2).t()[0]
    said = {event.title: text for event, _, text in said_of_results(trace, [(0,)])}
    (line,) = said["Select"]
    assert re.search(r"elements it comes: Select reads .* only a summary: .*keeps it", line)


def why_of(trace, kind, title):
    """What is said of the last event of a kind."""
    stepper = Stepper(trace)
    stepper.go([e.index for e in trace.events if e.kind == kind and e.title == title][-1])
    return texts(why(stepper, terms=4))


def test_a_loss_is_said_with_the_numbers_of_its_largest_element():
    x = tinygrad_edu.tensor([0.5, 0.25, 0.125], requires_grad=True)
    y = tinygrad_edu.tensor([1.0, 0.0, 1.0])
    with tinygrad_edu.trace.record() as trace:
        tinygrad_edu.nn.functional.mse_loss(x, y).backward()
    lines = why_of(trace, "forward", "MseLoss")
    assert lines[1] == "out() = mean of ((input(3,) - target(3,))^2)"
    assert lines[3:] == [
        "  the mean of 3, of which the largest is, at [2],", "  (0.125 - 1)^2 = 0.765625",
        "  + at [0]: 0.25 / 3", "  + at [1]: 0.0625 / 3", "  + at [2]: 0.765625 / 3",
    ]  # fmt: skip
    assert why_of(trace, "derivative", "MseLossBackward0") == [
        "d_input = 2 * grad / N * (input - target)",
        "d_input(3,) = 2 * grad() / N * (input(3,) - target(3,))",
        "d_input[2] = -0.583333",
        "  = 2 * 1 / 3 * (0.125 - 1)",
    ]


def test_ln_of_0_is_said_with_numbers():
    x = tinygrad_edu.tensor([1.0, 0.0], requires_grad=True)
    with tinygrad_edu.trace.record() as trace:
        x.log().sum().backward()
    lines = why_of(trace, "forward", "Log")
    assert lines[2:4] == ["out[1] = -inf", "  = ln(0)"]


def test_a_vector_is_called_after_its_parameters(stepper, trace):
    event = next(e for e in trace.events if e.kind == "update" and "p" in e.outputs)
    names = [part[0] for part in event.details["parts"]]
    label_of = label(trace, trace.values[event.outputs["p"]])
    assert label_of == f"p of {names[0]} and {len(names) - 1} more"
