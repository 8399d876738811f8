"""`Trace.explain`: its sentences say what the engine did, and its numbers are the engine's."""

import re
import runpy

import numpy as np
import pytest

import tinygrad_edu
from tinygrad_edu import nn
from tinygrad_edu.tracing import load

from .test_tracing import train


def sections(text):
    """The first line, and by their titles the lines of each part."""
    first, *parts = text.split("\n\n")
    return first, {part.splitlines()[0]: part.splitlines()[1:] for part in parts}


def norm(array):
    return f"{float(np.sqrt(np.square(np.asarray(array, np.float64)).sum())):.4g}"


def test_a_result_that_was_used_twice():
    _, _, trace = train(steps=1)
    first, parts = sections(trace.explain("h"))
    value = trace.value("h")
    assert first.startswith("h has 5 x 4 numbers (float32), from 0 to ")
    assert first.endswith(f"; their norm is {norm(value.array)}.")
    assert parts["Where it comes from"] == [
        "  Relu has computed it from x (the output of Linear, value 6), in model.",
        "  The formula: max(x, 0), with derivative 1 where x > 0 or nan, and 0 elsewhere, at 0 "
        "too.",
        "  In stepped.py, line 21, Net.forward:",
        "      h = tinygrad_edu.relu(self.layer_1(x))",
    ]
    assert parts["What it was used for"] == [
        "  Linear took it as x, in model.layer_2: self.layer_2(h)",
        "  SumDim took it as x, in model: h.sum(1, keepdim=True)",
    ]
    made = parts["What its gradient is made of"]
    sizes = [norm(trace.values[e.inputs["grad"]].array) for e in trace.ledger(value)]
    assert made[:3] == [
        "  2 contributions, in the order in which they arrived:",
        "  1. Through SumDim, which took it as x, in model: grad repeated along the axes that were "
        f"summed; norm {sizes[0]}.",
        "  2. Through Linear, which took it as x, in model.layer_2: grad @ weight; "
        f"norm {sizes[1]}.",
    ]
    assert made[3] == f"  Their sum has the norm {norm(trace.gradient(value).array)}."
    assert "What the optimizer did with it" not in parts


@pytest.mark.parametrize("optimizer", ["Adam", "SGD", "AdamW"])
def test_a_parameter(optimizer):
    model, _, trace = train(steps=1, optimizer=optimizer)
    before = trace.value("layer_1.weight").array
    after = model.layer_1.weight.array
    _, parts = sections(trace.explain(model.layer_1.weight))
    said = parts["What the optimizer did with it"]
    lines = len([e for e in trace.events if e.kind == "update"])
    assert said[0].startswith(f"  {optimizer} has run {lines} line")
    change = np.abs(after - before)
    place = np.unravel_index(change.argmax(), change.shape)
    assert said[-2:] == [
        f"  Before, the numbers lay between {before.min():.4g} and {before.max():.4g}; after, "
        f"between {after.min():.4g} and {after.max():.4g}.",
        f"  The largest change is {change.max():.4g} at {[int(i) for i in place]}: from "
        f"{before[place]:.4g} to {after[place]:.4g}.",
    ]
    assert any("descent.step()" in line for line in said)


def test_results_of_one_op_have_gradients_of_their_own():
    v = tinygrad_edu.tensor([2.0, 3.0], requires_grad=True)
    with tinygrad_edu.trace.record() as trace:
        a, b = v.split(1)
        for _ in range(2):
            (a * b).sum().backward(retain_graph=True)
    for name, other in (("a", 3), ("b", 2)):
        first, parts = sections(trace.explain(f"{name}.grad"))
        assert first == f"The gradient of {name} is one number, of shape [1]: {other} (float32)."
        entry = f"  1. Through Mul, which took it as {name}: "
        made = parts["What it is made of"]
        assert made[0] == "  2 contributions, in the order in which they arrived:"
        assert made[2] == "  In another backward pass:"
        assert made[1] == made[3] and made[1].startswith(entry)


def test_a_gradient_of_gradients():
    w = tinygrad_edu.tensor([2.0], requires_grad=True)
    with tinygrad_edu.trace.record() as trace:
        (d,) = tinygrad_edu.autograd.grad((w.exp() * w.sin()).sum(), w, create_graph=True)
        d.backward(tinygrad_edu.tensor([5.0]))
    made = sections(trace.explain("w"))[1]["What its gradient is made of"]
    through = [re.match(r"  (\d)\. Through (\w+)", line) for line in made]
    assert [found.groups() for found in through if found] == [
        ("1", "Sin"), ("2", "Exp"), ("1", "Cos"), ("2", "Sin"), ("3", "Exp"),
    ]  # fmt: skip
    began = "  1. The backward pass began here, with "
    made = sections(trace.explain("d"))[1]["What its gradient is made of"]
    assert made[1] == f"{began}the gradient that it was given: norm 5."
    made = sections(trace.explain(trace.events[3].outputs["out"]))[1]
    assert made["What its gradient is made of"][1] == f"{began}the gradient 1: norm 1."


def test_a_broadcast_sum_is_said():
    _, _, trace = train(steps=1)
    _, parts = sections(trace.explain("shift"))
    (line,) = parts["What its gradient is made of"][1:2]
    assert "grad, summed over the axis 0, along which it had been repeated; norm " in line


def test_a_buffer_is_no_parameter():
    class Scaled(nn.Module):
        def __init__(self):
            super().__init__()
            self.register_buffer("scale", tinygrad_edu.tensor([2.0, 3.0]))
            self.weight = nn.Parameter(tinygrad_edu.ones(2))

        def forward(self):
            return self.weight * self.scale

    with tinygrad_edu.trace.record() as trace:
        Scaled()()
    kinds = [trace.value(name).kind for name in ("scale", "weight")]
    assert kinds == ["input", "parameter"]
    assert "What the optimizer did with it" not in trace.explain("scale")


def test_a_gradient_by_each_of_its_names():
    model, _, trace = train(steps=1)
    by_name = trace.explain("layer_1.weight.grad")
    assert by_name == trace.explain(model.layer_1.weight.grad)
    assert by_name == trace.explain(trace.gradient(trace.value("layer_1.weight")))
    assert by_name == trace.explain(trace.gradient(trace.value("layer_1.weight")).id)
    first, parts = sections(by_name)
    assert first.startswith("The gradient of layer_1.weight has 4 x 3 numbers")
    assert norm(model.layer_1.weight.grad.array) in first
    assert [*parts] == ["What it is made of", "What the optimizer did with it"]


def test_of_several_steps_the_last_is_meant_and_a_number_means_any():
    _, _, trace = train(steps=3)
    assert trace.values[0].name == "shift"
    assert trace.explain("shift") == trace.explain(trace.value("shift"))
    assert trace.explain(0) != trace.explain("shift")
    _, parts = sections(trace.explain(0))
    assert "from 0 to" in parts["What the optimizer did with it"][-1]
    _, parts = sections(trace.explain("x"))
    assert [re.search(r"of step (\d)", line)[1] for line in parts["What it was used for"]] == [
        "0", "1", "2",
    ]  # fmt: skip


def test_gradients_that_are_added_to_earlier_ones():
    x = tinygrad_edu.ones(2, requires_grad=True)
    (x * 3).sum().backward()
    with tinygrad_edu.trace.record() as trace:
        y = x * x
        y.sum().backward(retain_graph=True)
        y.sum().backward()
    _, parts = sections(trace.explain("x"))
    made = parts["What its gradient is made of"]
    product = "Through Mul, which took it as"
    assert [line[5:34] for line in made if product in line] == [product] * 4
    assert made[0] == "  4 contributions, in the order in which they arrived:"
    assert "  In another backward pass:" in made
    assert made.count(f"  Their sum has the norm {norm([2, 2])}.") == 2
    assert f"  It was added to what grad held before, of the norm {norm([3, 3])}." in made
    assert f"  It was added to what grad held before, of the norm {norm([5, 5])}." in made
    assert made[-1].endswith(f"their norm is {norm([7, 7])}.")
    (first, _) = (e for e in trace.events if e.kind == "grad")
    _, parts = sections(trace.explain(first.inputs["before"]))
    assert parts["Where it comes from"] == ["  It was in grad before this pass added to it."]


def test_a_gradient_that_was_kept():
    with tinygrad_edu.trace.record() as trace:
        x = tinygrad_edu.ones(2, requires_grad=True)
        y = x * 2
        y.retain_grad()
        y.exp().sum().backward()
    assert trace.explain(y.grad) == trace.explain("y.grad")


class Twice(tinygrad_edu.autograd.Function):
    @staticmethod
    def forward(ctx, number, x):
        return x * number

    @staticmethod
    def backward(ctx, grad):
        return None, grad * 2


def test_a_users_own_op():
    with tinygrad_edu.trace.record() as trace:
        x = tinygrad_edu.ones(2, requires_grad=True)
        Twice.apply(2, x).sum().backward()
    _, parts = sections(trace.explain("x"))
    assert (
        "Through Twice, which took it as argument 1: " in parts["What its gradient is made of"][1]
    )


def test_what_has_no_gradient_says_why():
    with tinygrad_edu.trace.record() as trace:
        x, w = tinygrad_edu.ones(2), tinygrad_edu.ones(2, requires_grad=True)
        y = x * w  # noqa: F841
    for name, why in (("x", "it requires none"), ("y", "no backward pass has reached it")):
        _, parts = sections(trace.explain(name))
        assert parts["What its gradient is made of"] == [f"  It has none: {why}."]
    assert sections(trace.explain("y"))[1]["What it was used for"] == [
        "  Nothing that was recorded."
    ]


def test_numbers_that_are_none_are_counted():
    with tinygrad_edu.trace.record() as trace:
        x = tinygrad_edu.tensor([0.0, tinygrad_edu.inf, 1.0, tinygrad_edu.nan])
        y = x - x  # noqa: F841
        z, empty = x[:1].sum(), x[:0]
        z + empty
    assert trace.explain("y").startswith(
        "y has 4 numbers (float32), from 0 to 0; their norm is 0. "
    )
    assert "2 of them are nan." in trace.explain("y")
    assert "1 of them is nan. 1 of them is infinite." in trace.explain("x")
    assert trace.explain("z").startswith("z is one number: 0 (float32).")
    assert trace.explain("empty").startswith("empty has 0 numbers (float32): none.")


def test_a_norm_says_what_it_leaves_out():
    p = tinygrad_edu.tensor([0.0, 1.0, -1.0], requires_grad=True)
    with tinygrad_edu.trace.record() as trace:
        (tinygrad_edu.sqrt(p) * tinygrad_edu.log(p)).sum().backward()
    text = trace.explain(p)
    assert "grad / (2 * out); norm 0 without 2 nan or infinite." in text
    assert "Their sum has the norm 1 without 2 nan or infinite." in text


def test_a_loaded_trace_says_the_same(tmp_path):
    _, _, trace = train(steps=2)
    trace.save(tmp_path / "two.trace")
    loaded = load(tmp_path / "two.trace")
    for name in ("h", "shift", "loss", "x", "layer_1.weight.grad"):
        assert loaded.explain(name) == trace.explain(name)


def test_a_vector_too_long_to_be_kept():
    layer = nn.Linear(20, 3)
    descent = tinygrad_edu.optim.SGD(layer.parameters(), lr=0.5)
    with tinygrad_edu.trace.record(largest=61) as trace:
        for _ in range(2):
            layer(tinygrad_edu.ones(2, 20)).sum().backward()
            descent.step()
    for which in (layer.weight, trace.value("weight"), 0):
        said = trace.explain(which).splitlines()[-1]
        assert said.startswith("  The largest change is ")
    assert trace.value("weight").id > 0


def test_columns_are_counted_in_characters():
    with tinygrad_edu.trace.record() as trace:
        größe = tinygrad_edu.ones(2)
        assert ("äöü", größe * 2) and (größe + 1).shape == (2,)
    _, parts = sections(trace.explain("größe"))
    said = [line.rpartition(": ")[2] for line in parts["What it was used for"]]
    assert said == ["größe * 2", "größe + 1"]


def test_a_cell_of_a_notebook_has_no_name():
    code = "x = lib.ones(2)\nwith lib.trace.record() as trace:\n    y = x * 2\n"
    names = {"lib": tinygrad_edu}
    exec(compile(code, "/tmp/ipykernel_12/34.py", "exec"), names)
    said = names["trace"].explain("y")
    assert "  In a cell, line 3, <module>:\n" in said
    _, parts = sections(names["trace"].explain("x"))
    assert parts["What it was used for"] == ["  Mul took it as a: a cell, line 3"]


def test_what_is_not_there_names_what_is():
    _, _, trace = train(steps=1)
    said = "there are h, layer_1.bias, layer_1.weight, layer_2.bias, layer_2.weight, loss, shift, x"
    for which in ("nothing", "nothing.grad", tinygrad_edu.ones(3)):
        with pytest.raises(KeyError, match=said):
            trace.explain(which)
    with pytest.raises(KeyError, match="x has got no gradient"):
        trace.explain("x.grad")
    for which in (len(trace.values), 10**6, -1, np.int64(-2)):
        with pytest.raises(KeyError, match=f"no value {which}: the trace has {len(trace.values)}"):
            trace.explain(which)
        with pytest.raises(KeyError):
            trace.value(which)
    assert trace.value(np.int64(1)) is trace.values[1]
    assert trace.explain(np.int64(1)) == trace.explain(1)


@pytest.mark.parametrize("most", [1.7e308, -1.7e308])
def test_numbers_whose_sum_is_too_large_have_a_mean(most):
    with tinygrad_edu.trace.record() as trace:
        x = tinygrad_edu.tensor([most, most], dtype=tinygrad_edu.float64)
        _ = -x
    assert trace.values[0].summary.mean == most
    assert trace.explain("x").startswith(f"x has 2 numbers (float64), from {most:.4g} to ")


def test_one_number_that_was_not_kept():
    with tinygrad_edu.trace.record(largest=0) as trace:
        x = tinygrad_edu.tensor(3.0)
        _ = -x
    assert trace.explain("x").startswith("x has one number (float32), from 3 to 3; their norm")


def test_a_contribution_is_no_gradient():
    _, _, trace = train(steps=1)
    h = trace.value("h")
    parts = [trace.values[e.inputs["grad"]] for e in trace.ledger(h)]
    first, told = sections(trace.explain(parts[1]))
    assert first.startswith("A contribution to the gradient of h has 5 x 4 numbers")
    assert told["Where it comes from"] == [
        "  The derivative of Linear, for its argument x, has computed it, in model.layer_2: "
        "grad @ weight",
        "  In stepped.py, line 22, Net.forward:",
        "      return tinygrad_edu.sigmoid(self.layer_2(h) + h.sum(1, keepdim=True) * 0.1 + "
        "self.shift)",
    ]
    assert [*told] == ["Where it comes from", "What its gradient is made of"]
    (event,) = (e for e in trace.events if e.kind == "broadcast")
    _, told = sections(trace.explain(event.outputs["sum"]))
    assert told["Where it comes from"][0] == (
        "  It was summed over the axis 0, along which its argument had been repeated."
    )


def test_gradients_of_what_was_computed_before_the_recording():
    x = tinygrad_edu.ones(2, requires_grad=True)
    y = (x * 2).sum()
    with tinygrad_edu.trace.record() as trace:
        y.backward()
    unknown = [value for value in trace.values if value.kind == "gradient" and value.of is None]
    assert unknown
    for value in unknown:
        assert re.fullmatch(r"This gradient (has|is) .*\(float32\).*", trace.explain(value))


SCRIPT = """import tinygrad_edu
x = tinygrad_edu.ones(2)
with tinygrad_edu.trace.record() as trace:
    x.exp().log()
    tinygrad_edu.where(
        x > 0,
   x, x - 1)
def f():
    return tinygrad_edu.trace.record()
recording = f()
more = recording.__enter__()
x.exp()
recording.__exit__(None, None, None)
"""


def test_expressions_as_they_stand(tmp_path):
    """Over several lines, and at the beginning of one; unnamed results, also the very first."""
    (tmp_path / "script.py").write_text(SCRIPT)
    names = runpy.run_path(str(tmp_path / "script.py"))
    _, parts = sections(names["trace"].explain("x"))
    said = [line.rpartition(": ")[2] for line in parts["What it was used for"]]
    assert said == ["x.exp()", "x > 0", "x - 1", "tinygrad_edu.where( x > 0, x, x - 1)"]
    second = names["trace"].events[1].outputs["out"]
    _, parts = sections(names["trace"].explain(second))
    assert parts["Where it comes from"][0] == (
        "  Log has computed it from x (the output of Exp, value 1)."
    )
    _, parts = sections(names["more"].explain("x"))
    assert parts["What it was used for"] == ["  Exp took it as x: x.exp()"]


def test_it_can_be_read_aloud():
    tinygrad_edu.manual_seed(0)
    layer = nn.Linear(3, 4)
    optimizer = tinygrad_edu.optim.Adam(layer.parameters())
    with tinygrad_edu.trace.record() as trace:
        for _ in range(2):
            optimizer.zero_grad()
            out = layer(tinygrad_edu.randn(5, 3))
            loss = nn.functional.cross_entropy(out, tinygrad_edu.tensor([0, 1, 2, 3, 0]))
            loss.backward()
            optimizer.step()
    text = trace.explain(loss)
    assert "with reduction='mean'." in text and "array" not in text
    assert "  The formula: mean of -input at each sample's class" in text.splitlines()
    assert "  1 contribution in step 1:" in text.splitlines()
    lines = trace.explain(layer.weight).splitlines()
    assert any(
        line.startswith("  Adam has run 9 lines in step 1, with lr = 0.001") for line in lines
    )
    assert "      m becomes m + (1 - b1) * (g - m)" in lines
    assert not any("scratch)" in line or "group[" in line for line in lines)
