"""The stepper: where moves lead, where breakpoints stop, and that what is shown is the trace's."""

import json
import re

import numpy as np
import pytest

import tinygrad_edu
from tinygrad_edu.tracing import load, panes
from tinygrad_edu.tracing.breaks import GRADIENTS
from tinygrad_edu.tracing.names import StepError
from tinygrad_edu.tracing.stepper import Stepper, as_json_lines
from tinygrad_edu.tracing.why import why
from tinygrad_edu.tracing.with_numbers import with_numbers

from .line_scripts import Side
from .stepped import texts, two_steps, with_nans
from .steps import seeded


@pytest.fixture(scope="module")
def trace():
    return two_steps()


@pytest.fixture
def stepper(trace):
    return Stepper(trace)


def visited(stepper, move):
    """The events at which a move stops, until it leads nowhere."""
    found = [stepper.at]
    while move():
        found.append(stepper.at)
    return found


def screen(stepper):
    """All that is said of where the cursor is."""
    return [
        stepper.status(), *texts(line for _, line in panes.outline(stepper, 50, 20)),
        *texts(panes.user(stepper, 5)), *texts(panes.engine(stepper, 8)),
        *texts(panes.tensors(stepper, 70)), *texts(panes.where(stepper)), *texts(why(stepper)),
    ]  # fmt: skip


# Moves ----------------------------------------------------------------------------------------


def test_step_stops_at_each_event_and_next_at_each_op(stepper, trace):
    assert visited(stepper, stepper.step) == [*range(len(trace))]
    stepper.go(0)
    ops = visited(stepper, stepper.next)
    assert ops == sorted(set(stepper.outline.units))
    for first, end in zip(ops, [*ops[1:], len(trace)], strict=True):
        kinds = [event.kind for event in trace.events[first:end]]
        assert len(kinds) == 1 or set(kinds[1:]) <= {"derivative", "broadcast", "accumulate"}


@pytest.mark.parametrize("level", [None, 1, 2, 3, 4])
def test_each_move_goes_back_the_way_it_came(stepper, level):
    stepper.level = level
    there = visited(stepper, stepper.next)
    assert len(there) > 1
    assert visited(stepper, lambda: stepper.next(-1)) == there[::-1]
    stepper.go(stepper.last)
    assert visited(stepper, lambda: stepper.step(-1)) == [*range(len(stepper.trace))][::-1]


@pytest.mark.parametrize("move", ["over", "out"])
def test_out_of_modules_one_comes_to_the_end_and_to_the_beginning(stepper, move):
    there = visited(stepper, lambda: getattr(stepper, move)(1))
    assert 3 < len(there) < len(stepper.trace) and there == sorted(there)
    assert stepper.trace.events[stepper.last].kind == stepper.event.kind
    back = visited(stepper, lambda: getattr(stepper, move)(-1))
    assert back == sorted(back, reverse=True) and back[-1] == 0


def test_n_forward_and_n_back_say_the_same(stepper):
    before = [screen(stepper)]
    for _ in range(40):
        stepper.step()
        before.append(screen(stepper))
    for said in reversed(before):
        assert screen(stepper) == said
        stepper.step(-1)


def test_a_level_up_goes_module_by_module_then_phase_by_phase(stepper):
    stepper.go(stepper.next() and stepper.at)
    assert stepper.outline.modules[stepper.at] == "model.layer_1"
    assert stepper.up() and stepper.level_name() == "module by module"
    stepper.next()
    assert stepper.outline.modules[stepper.at] == "model" and stepper.event.title == "Relu"
    while stepper.up():
        pass
    assert stepper.level_name() == "step by step"
    stepper.next()
    assert stepper.event.step == 1 and stepper.trace.events[stepper.at - 1].step == 0
    assert stepper.down() and stepper.level_name() == "phase by phase"
    stepper.next()
    assert stepper.event.kind == "forward" and stepper.event.step == 1
    while stepper.down():
        pass
    assert stepper.level is None and not stepper.down()


def test_over_and_out_leave_the_module(stepper):
    stepper.go(0)
    stepper.over()
    assert stepper.outline.modules[stepper.at].startswith("model")
    stepper.go(1)
    inside = stepper.outline.modules[1]
    stepper.out()
    assert not stepper.outline.modules[stepper.at].startswith(inside)
    assert all(stepper.outline.modules[at] == inside for at in range(1, stepper.at))


def test_the_tree_holds_each_event_once_in_order(stepper, trace):
    def leaves(group):
        if group.end - group.first == 1:
            return [group.first]
        return [
            n
            for g in stepper.outline.groups(group.first, group.end, group.depth + 1)
            for n in leaves(g)
        ]

    tops = stepper.outline.groups(0, len(trace), 0)
    assert [top.label for top in tops] == ["step 0", "step 1"]
    assert [n for top in tops for n in leaves(top)] == [*range(len(trace))]


@pytest.mark.parametrize("height", [1, 4, 12, 100])
def test_the_outline_has_the_cursor_on_it(stepper, trace, height):
    for at in range(len(trace)):
        stepper.go(at)
        lines = panes.outline(stepper, 30, height)
        assert len(lines) <= height and all(len(line.text) <= 30 for _, line in lines)
        (here,) = (first for first, line in lines if line.text.startswith(">"))
        assert here == at or (here == stepper.outline.units[at] == at)


# Finding things -------------------------------------------------------------------------------


def test_a_tensor_leads_to_its_birth_and_its_gradient(stepper, trace):
    h = trace.value("h")
    stepper.birth(h)
    assert h.id in stepper.event.outputs.values() and stepper.event.title == "Relu"
    stepper.gradient(h)
    assert stepper.event.about == h.id and stepper.event.details["k"] == 2
    stepper.gradient(trace.values[stepper.event.outputs["after"]])
    assert stepper.event.about == h.id
    weight = trace.value("layer_1.weight")
    stepper.gradient(weight)
    assert stepper.event.kind == "grad" and stepper.event.about == weight.id
    stepper.birth(weight)
    assert weight.id in stepper.event.inputs.values()
    with pytest.raises(StepError, match="y gets no gradient"):
        stepper.gradient(trace.value("y"))


def test_a_name_means_what_it_meant_at_the_event(stepper, trace):
    steps = [n for n, e in enumerate(trace.events) if e.title == "Relu"]
    values = [stepper.names.find("h", at).id for at in steps]
    assert values == [trace.events[at].outputs["out"] for at in steps]
    assert stepper.names.find("h", steps[1] - 1).id == values[0]
    assert stepper.names.find("h", 0).id == values[0]
    assert stepper.names.find(f"#{values[1]}", 0).id == values[1]
    grown = [
        n for n, e in enumerate(trace.events) if e.kind == "accumulate" and e.about == values[0]
    ]
    sums = [stepper.names.find("h.grad", at).id for at in grown]
    assert sums == [trace.events[at].outputs["after"] for at in grown]


@pytest.mark.parametrize("name", ["nobody", "#x", "#1000000", "#-1", "y.grad", "[0]", ""])
def test_a_wrong_name_is_refused_in_a_line(stepper, name):
    with pytest.raises(StepError) as caught:
        panes.asked(stepper, name, 80)
    assert "\n" not in str(caught.value)


def test_search_goes_round(stepper, trace):
    found = [n for n, e in enumerate(trace.events) if "relu" in stepper.described(n).lower()]
    seen = []
    for _ in range(len(found) + 1):
        assert stepper.search("RELU")
        seen.append(stepper.at)
    assert seen == [*found, found[0]]
    assert not stepper.search("nothing of the kind") and stepper.at == found[0]
    assert stepper.search("relu", -1) and stepper.at == found[-1]


# Breakpoints ----------------------------------------------------------------------------------


def inside(module, path):
    return module == path or module.startswith(f"{path}.")


def brute_force(trace, text):
    """Where a breakpoint has to stop, said another way than in `breaks`."""
    what, _, of = text.partition(" ")
    found = []
    before_kind = None
    for event in trace.events:
        arrays = [trace.values[n].array for n in event.outputs.values()]
        taken = [trace.values[n].array for n in (*event.inputs.values(), *event.saved.values())]
        if what == "op":
            node = (event.kind, event.title, event.forward)
            stops = event.title == of and (event.kind == "forward" or node != before_kind)
        elif what == "tensor":
            about = "" if event.about is None else trace.values[event.about].name
            names = [trace.values[n].name for n in event.outputs.values()]
            parts = [p[0] for p in event.details.get("parts", ())] if "p" in event.outputs else []
            stops = of in (*names, about, *parts)
        elif what == "nan":
            odd = [any(not np.isfinite(a).all() for a in each) for each in (arrays, taken)]
            stops = odd == [True, False]
        elif what == "norm":
            norms = [np.sqrt(np.square(a.astype(float)).sum()) for a in arrays]
            stops = event.kind in GRADIENTS and max(norms, default=0) > float(of)
        else:
            stops = event.kind == "forward" and event.place.line == int(of)
        if stops:
            found.append(event.index)
        before_kind = (event.kind, event.title, event.forward)
    return found


@pytest.mark.parametrize(
    "text",
    ["op Linear", "op AddmmBackward0", "op Sigmoid", "tensor h", "tensor layer_1.weight",
     "tensor loss", "norm 0.1", "norm 0.3", "norm 1e9", "nan"],
)  # fmt: skip
def test_a_breakpoint_stops_where_it_should(trace, text):
    stepper = Stepper(trace)
    stepper.add_break(text)
    stops = []
    while stepper.resume() is not None:
        stops.append(stepper.at)
    expected = brute_force(trace, text)
    assert stops == expected and stepper.at == stepper.last
    assert bool(expected) == (text not in ("norm 1e9", "nan"))
    back = []
    if stops and stops[-1] == stepper.last:
        back.append(stepper.at)
    while stepper.resume(-1) is not None:
        back.append(stepper.at)
    assert back == expected[::-1] and stepper.at == 0


def test_the_first_nans_are_found():
    trace = with_nans()
    stepper = Stepper(trace)
    stepper.add_break("nan")
    stops = []
    while stepper.resume() is not None:
        stops.append(stepper.at)
    assert stops == brute_force(trace, "nan")
    titles = [(trace.events[n].kind, trace.events[n].title) for n in stops]
    assert titles == [("derivative", "SqrtBackward0"), ("forward", "Log")]
    stepper.go(0)
    assert stepper.next_nan() and stepper.at == stops[0]


def test_a_module_is_entered_forward_and_backward(trace):
    stepper = Stepper(trace)
    stepper.add_break("module model.layer_2")
    stops = []
    while stepper.resume() is not None:
        stops.append((stepper.event.kind, stepper.outline.modules[stepper.at]))
    once = [("forward", "model.layer_2"), ("derivative", "model.layer_2")]
    assert stops == once * 2


def test_two_calls_of_a_module_one_after_the_other_are_two(stepper):
    cell = tinygrad_edu.nn.Linear(2, 2)
    x = tinygrad_edu.ones(1, 2)
    with tinygrad_edu.trace.record() as trace:
        cell(cell(cell(x))).sum().backward()
    calls = [e for e in trace.events if e.title == "Linear"]
    stepper = Stepper(trace)
    stepper.add_break("module cell")
    stops = [stepper.event] if stepper.breaks[0].hits(stepper, 0) else []
    while stepper.resume() is not None:
        stops.append(stepper.event)
    forward = [event for event in stops if event.kind == "forward"]
    assert forward == calls
    assert [event.forward for event in stops[3:]] == [2, 1, 0]
    stepper.go(0)
    stepper.up()
    assert visited(stepper, stepper.next)[:3] == [event.index for event in calls]


def test_a_line_of_the_user_stops_forward_and_backward(trace):
    relu = next(event for event in trace.events if event.title == "Relu")
    for text in (f"{relu.place.line}", f"stepped.py:{relu.place.line}", f"line {relu.place.line}"):
        stepper = Stepper(trace)
        stepper.add_break(text)
        stops = []
        while stepper.resume() is not None:
            stops.append(stepper.event)
        assert {event.kind for event in stops} == {"forward", "derivative"}
        assert {event.place.line for event in stops} == {relu.place.line}
        forward = [e.index for e in stops if e.kind == "forward"]
        assert forward == brute_force(trace, f"line {relu.place.line}")
    stepper = Stepper(trace)
    stepper.add_break(f"another.py:{relu.place.line}")
    assert stepper.resume() is None


@pytest.mark.parametrize(
    "text", ["", "op", "norm", "norm x", "norm nan", "nan 3", "bla", "line x", "module", "tensor  "]
)
def test_a_wrong_breakpoint_is_refused_in_a_line(stepper, text):
    with pytest.raises(StepError) as caught:
        stepper.add_break(text)
    assert "\n" not in str(caught.value) and stepper.breaks == []


def test_breakpoints_are_cleared_by_number_or_text(stepper):
    for text in ("nan", "op Relu", "norm 3"):
        stepper.add_break(text)
    with pytest.raises(StepError, match="already"):
        stepper.add_break("nan")
    stepper.clear("2")
    stepper.clear("norm 3")
    assert [str(each) for each in stepper.breaks] == ["nan"]
    with pytest.raises(StepError, match="no breakpoint '7'"):
        stepper.clear("7")
    assert stepper.clear() and stepper.breaks == []


# What is shown --------------------------------------------------------------------------------


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
            assert lines[0] == f"{name} = {event.formula}"
            assert lines[1].startswith(f"{name}{value.shape} = ")
            rows = [line for line in lines[3:] if line.startswith("  + grad")]
            total = sum(float(row.rpartition("= ")[2]) for row in rows)
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
    for other in ("x.T @ y", "ln(x)", "sum of x", "z + 1", "x / 0", "f(x)", "x if y else 1", "",
                  "max(x, y=1)", "x ** 1e9", "__import__('os')"):  # fmt: skip
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


def test_contributions_to_several_outputs_are_counted_together():
    x = tinygrad_edu.arange(4.0, requires_grad=True)
    with tinygrad_edu.trace.record() as trace:
        first, second = x.split(2)
        loss = (first * 2 + second * 3 + first * 5).sum()
        loss.backward(retain_graph=True)
        loss.backward()
    stepper = Stepper(trace)
    ledger = trace.ledger(trace.value("first"))
    assert [(e.details["k"], e.details["n"]) for e in ledger] == [(1, 3), (3, 3)] * 2
    for event in ledger:
        stepper.go(event.index)
        lines = texts(why(stepper))
        assert lines[1].startswith("(counted with those to what else")
        entries = [line for line in lines if re.match(r"[> ] \d of 3 ", line)]
        assert [line[2] for line in entries] == ["1", "3"]
        assert [line[0] for line in entries].index(">") == (event.details["k"] == 3)
        assert ("awaited" in entries[1]) == (event.details["k"] == 1)


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
            assert f"element {place} of the vectors is {name}{index}" in lines
            assert f"p[{place}]: {before[place]:.6g} -> {after[place]:.6g}" in lines


def test_elements_and_tensors_are_chosen_round_and_round(stepper, trace):
    stepper.go(next(e.index for e in trace.events if e.title == "Linear"))
    size = stepper.tensor()[1].size
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


# Edits ----------------------------------------------------------------------------------------


def arrays_of(trace):
    """By event and name, what was computed."""
    return [
        (event.kind, name, trace.values[n].array)
        for event in trace.events
        for name, n in event.outputs.items()
    ]


@pytest.mark.parametrize("at", ["first", "last"])
def test_an_edit_gives_the_numbers_of_a_real_run_with_it(at):
    stepper = Stepper(two_steps())
    stepper.go(1 if at == "first" else 12)

    def change(model, x):
        model.layer_1.weight.array[2, 1] = 0.75
        x.array[0, 2] = -3

    place, before = stepper.at, screen(stepper)
    name = "layer_1.weight" if at == "first" else f"#{stepper.names.named['layer_1.weight'][0][1]}"
    assert re.fullmatch(r"\S+\[2, 1\] = 0.75: loss 0\.\d+ -> 0\.\d+",
                        stepper.edit(f"{name}[2, 1] = 0.75"))  # fmt: skip
    stepper.edit("x[0,-1]=-3" if at == "first" else f"#{stepper.names.named['x'][0][1]}[0,2]=-3")
    assert stepper.at == place
    expected = arrays_of(two_steps(edit=change))
    found = arrays_of(stepper.trace)
    assert [each[:2] for each in found] == [each[:2] for each in expected]
    for (_, _, mine), (_, _, theirs) in zip(found, expected, strict=True):
        assert np.array_equal(mine, theirs)
    assert screen(stepper) != before
    stepper.undo()
    stepper.undo()
    assert screen(stepper) == before
    with pytest.raises(StepError, match="nothing has been edited"):
        stepper.undo()


@pytest.mark.parametrize(
    "text",
    ["", "x", "x[0, 0]", "x[0, 0] =", "x[0,0] = one", "x = 1", "x[7, 0] = 1", "h[0, 0] = 1",
     "nobody = 3", "=", "x[a] = 1", "#99999 = 1"],
)  # fmt: skip
def test_a_wrong_edit_is_refused_in_a_line_and_nothing_changes(stepper, trace, text):
    stepper.go(2)
    with pytest.raises(StepError) as caught:
        stepper.edit(text)
    assert "\n" not in str(caught.value)
    assert stepper.trace is trace and stepper.editor.edits == []


def test_what_is_only_used_later_can_be_edited_before():
    stepper = Stepper(two_steps())
    assert stepper.at == 0 and "x" not in [name for _, name, _ in stepper.tensors()]
    stepper.edit("x[1, 1] = 5")
    assert stepper.trace.values[stepper.names.named["x"][0][1]].array[1, 1] == 5
    stepper.go(stepper.last)
    stepper.edit("x[1, 1] = 6")
    assert stepper.trace.values[stepper.names.named["x"][0][1]].array[1, 1] == 6


def test_whole_numbers_stay_whole():
    index = tinygrad_edu.tensor([0, 1])
    weight = tinygrad_edu.arange(2.0, requires_grad=True)
    with tinygrad_edu.trace.record() as trace:
        (weight * index).sum().backward()
    stepper = Stepper(trace)
    with pytest.raises(StepError, match="not whole"):
        stepper.edit("index[0] = 0.5")
    with pytest.raises(StepError, match=r"too large|out of bound|int64"):
        stepper.edit("index[0] = 1e40")
    assert stepper.editor.edits == []


# Files, tools ---------------------------------------------------------------------------------


def test_a_trace_from_a_file_can_be_stepped_but_not_edited(trace, tmp_path):
    trace.save(tmp_path / "a.trace")
    stepper, original = Stepper(load(tmp_path / "a.trace")), Stepper(trace)
    for at in range(len(trace)):
        stepper.go(at)
        original.go(at)
        mine, theirs = (
            [line for line in screen(each) if not line.startswith("  + grad")]
            for each in (stepper, original)
        )
        if stepper.event.kind != "derivative":
            assert mine == theirs
    with pytest.raises(StepError, match="comes from a file"):
        stepper.edit("x[0, 0] = 1")


def test_an_empty_trace_is_refused():
    with tinygrad_edu.trace.record() as trace:
        pass
    with pytest.raises(StepError, match="empty"):
        Stepper(trace)


def test_json_lines_are_strict_and_whole(trace):
    for made in (trace, with_nans()):
        lines = [*as_json_lines(made)]
        assert len(lines) == len(made)

        def refuse(name):
            raise AssertionError(f"{name} is no JSON")

        for line, event in zip(lines, made.events, strict=True):
            item = json.loads(line, parse_constant=refuse)
            assert (item["index"], item["kind"], item["title"]) == (
                event.index, event.kind, event.title,
            )  # fmt: skip
            for name, number in event.outputs.items():
                value = made.values[number]
                shown = item["outputs"][name]
                assert shown["shape"] == list(value.shape) and shown["id"] == number
                elements = np.array(shown["elements"], dtype=value.dtype)
                assert np.array_equal(elements, value.array, equal_nan=True)
    assert "text" not in json.loads(lines[0])["code"]


def test_large_values_are_not_inline(trace):
    line = next(as_json_lines(trace, inline=0))
    assert all("elements" not in value for value in json.loads(line)["inputs"].values())


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


def test_of_several_returns_none_is_taken_for_the_one_that_ran(stepper, trace):
    stepper.go(next(e.index for e in trace.events if e.title == "Relu"))
    lines = texts(panes.engine(stepper, 30))
    assert sum("return " in line for line in lines) == 2
    assert not any(" > " in line[:8] for line in lines)


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


def test_of_a_long_trace_only_what_is_looked_at_is_put_in_a_tree():
    x = tinygrad_edu.ones(2, requires_grad=True)
    with tinygrad_edu.trace.record() as trace:
        y = x
        for _ in range(1000):
            y = (y * 1.0001) + 0.01
        y.sum().backward()
    stepper = Stepper(trace)
    assert len(trace) > 6000
    for at in (0, 1000, 3000, len(trace) - 1):
        stepper.go(at)
        assert len(panes.outline(stepper, 40, 30)) == 30 and screen(stepper)
    # Of 4,000 groups only those around the cursor have been looked into.
    assert len(stepper.outline._groups) < 20


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


PROGRAMS, PARTS = 100, 5


@pytest.mark.parametrize("part", range(PARTS))
def test_random_programs_are_stepped_through_and_back(part):
    for number in range(part, PROGRAMS, PARTS):
        side = Side(tinygrad_edu)
        with tinygrad_edu.trace.record() as made:
            for line in seeded(number):
                side.run(line)
        stepper = Stepper(made)
        screens = []
        for at in range(len(made)):
            assert stepper.at == at
            screens.append(screen(stepper))
            stepper.step()
        for before in reversed(screens):
            assert screen(stepper) == before
            stepper.step(-1)
        assert len([*as_json_lines(made)]) == len(made)
