"""The stepper: where moves lead, what names mean, edits, and traces of all kinds."""

import json
import re

import numpy as np
import pytest

import tinygrad_edu
from tinygrad_edu import nn
from tinygrad_edu.tracing import load
from tinygrad_edu.tracing.again.what_if import what_if
from tinygrad_edu.tracing.stepping import panes
from tinygrad_edu.tracing.stepping.breaks import parse
from tinygrad_edu.tracing.stepping.names import StepError
from tinygrad_edu.tracing.stepping.stepper import Stepper, as_json_lines
from tinygrad_edu.tracing.traces import FROM_FILE

from .line_scripts import Side
from .page_traces import classifier_trace
from .stepped import Net, screen, talk, two_steps, visited, with_nans
from .steps import seeded


@pytest.fixture(scope="module")
def trace():
    return two_steps()


@pytest.fixture
def stepper(trace):
    return Stepper(trace)


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
    assert [stepper.outline.label(top) for top in tops] == ["step 0", "step 1"]
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


# Names of models' parameters -------------------------------------------------------------------


def two_models(forward):
    """A step of two models with parameters of the same names, of which `forward` calls some."""
    tinygrad_edu.manual_seed(0)
    net, head = Net(), nn.Sequential(nn.Linear(1, 1), nn.Sigmoid())
    descent = tinygrad_edu.optim.SGD([*net.parameters(), *head.parameters()], lr=0.1)
    x = tinygrad_edu.randn(5, 3)
    with tinygrad_edu.trace.record() as trace:
        forward(net, head, x).sum().backward()
        descent.step()
    return trace


def parameters_of(trace):
    return {value.name for value in trace.values if value.kind == "parameter"}


def test_of_several_models_each_parameter_has_its_models_name_before_its_own():
    own = {f"net.{name}" for name, _ in Net().named_parameters()}
    trace = two_models(lambda net, head, x: head(net(x)))
    assert parameters_of(trace) == own | {"head.0.weight", "head.0.bias"}
    vectors = [e for e in trace.events if e.kind == "update" and "p" in e.outputs]
    assert {part[0] for e in vectors for part in e.details["parts"]} == parameters_of(trace)
    assert set(trace.curve[0].norms) == parameters_of(trace)
    again = trace.replay()
    assert parameters_of(again) == parameters_of(trace)
    assert again.events[-1].details["parts"] == trace.events[-1].details["parts"]
    stepper = Stepper(trace)
    with pytest.raises(StepError, match=r"'shift'.*head.0.bias"):
        stepper.names.find("shift", 0)


def test_of_one_model_parameters_go_by_their_names_with_and_without_the_models(tmp_path):
    trace = two_models(lambda net, head, x: net(x))
    assert parameters_of(trace) == {name for name, _ in Net().named_parameters()}
    trace.save(tmp_path / "a.trace")
    for each in (trace, load(tmp_path / "a.trace")):
        stepper = Stepper(each)
        for name in parameters_of(trace):
            for wanted in (name, f"{name}.grad"):
                assert stepper.names.find(f"net.{wanted}", 0) is stepper.names.find(wanted, 0)
            assert each.value(f"net.{name}") is each.value(name)
            assert each.explain(f"net.{name}.grad") == each.explain(f"{name}.grad")
        for name in ("head.0.weight", "net.net.shift", "x.shift", "net.x"):
            with pytest.raises(StepError, match="nothing is called"):
                stepper.names.find(name, 0)
    stepper = Stepper(trace)
    stops = []
    for text in ("tensor net.layer_1.weight", "tensor layer_1.weight", "tensor net.layer_1.w*"):
        stepper.breaks = [parse(text)]
        stops.append([at for at in range(len(trace)) if stepper.breaks[0].hits(stepper, at)])
    assert stops[0] == stops[1] == stops[2] and stops[0]
    assert stepper.edit("net.layer_1.weight[0, 1] = 2").startswith("layer_1.weight[0, 1] = 2: loss")


# Files, tools ---------------------------------------------------------------------------------


#: What is said only where a call can be made again, and in its place.
AGAIN = re.compile(r"^  \+ grad| goes in,| stands here|^  so do |which elements it comes: ")


def test_a_trace_from_a_file_can_be_stepped_but_not_edited(trace, tmp_path):
    trace.save(tmp_path / "a.trace")
    stepper, original = Stepper(load(tmp_path / "a.trace")), Stepper(trace)
    for at in range(len(trace)):
        stepper.go(at)
        original.go(at)
        mine, theirs = (
            [line for line in screen(each) if not AGAIN.search(line)]
            for each in (stepper, original)
        )
        if stepper.event.kind != "derivative":
            assert mine == theirs
    with pytest.raises(StepError, match=f"^nothing can be edited: {FROM_FILE}$"):
        stepper.edit("x[0, 0] = 1")


def test_all_that_can_be_said_of_a_trace_from_a_file_is_said(trace, tmp_path):
    trace.save(tmp_path / "a.trace")
    loaded = load(tmp_path / "a.trace")
    lines = [
        line
        for command in ("s", "why", "terms", "p", "x", "w", "l", "tree")
        for line in talk(loaded, *(["s", command] * len(loaded)))
    ]
    whole = "".join(lines)
    assert f"  (its terms: {FROM_FILE})\n" in whole
    assert f"  (from which elements it comes: {FROM_FILE})\n" in whole
    answers = talk(loaded, "e x[0,0]=1", "undo", "nan", "b tensor h", "c")
    assert answers[1] == f"*** nothing can be edited: {FROM_FILE}\n"
    assert answers[2] == "*** nothing has been edited\n"
    assert answers[5].startswith("breakpoint 1: tensor h\n")
    assert loaded.graph().svg() and loaded._repr_html_().startswith("<iframe")
    for wrong in (loaded.replay, lambda: what_if(loaded)):
        with pytest.raises(RuntimeError, match=FROM_FILE):
            wrong()


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
            if event.place is not None:
                assert item["place"] == event.place._asdict()
            for name, number in event.outputs.items():
                value = made.values[number]
                shown = item["outputs"][name]
                assert shown["shape"] == list(value.shape) and shown["id"] == number
                elements = np.array(shown["elements"], dtype=value.dtype)
                assert np.array_equal(elements, value.array, equal_nan=True)
    assert "text" not in json.loads(lines[0])["code"]


def test_elements_stand_where_a_value_is_first_mentioned():
    trace = classifier_trace()
    mentioned = set()
    sizes = set()
    for line in as_json_lines(trace):
        item = json.loads(line)
        for part in ("inputs", "saved", "outputs"):
            for shown in item[part].values():
                value = trace.values[shown["id"]]
                first = value.id not in mentioned
                assert ("elements" in shown) == (first or value.size <= 64)
                if first:
                    sizes.add(value.size)
                    assert np.array_equal(np.array(shown["elements"], value.dtype), value.array)
                mentioned.add(value.id)
    assert {160, 320} <= sizes  # layer_1.weight and the batch


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
