"""A step beside PyTorch: the numbers are right, what differs is found, and what fails is told."""

from importlib.machinery import PathFinder

import numpy as np
import pytest
import torch

from tinygrad_edu.app.compare.measure import farthest
from tinygrad_edu.app.step.beside import START, beside
from tinygrad_edu.app.step.beside_numbers import CANCELLED, SUMMARISED, gap_of
from tinygrad_edu.app.step.beside_record import Record, held
from tinygrad_edu.app.step.beside_rows import NOISE
from tinygrad_edu.tracing import Trace
from tinygrad_edu.tracing.values import Values

from .beside_sides import Sides, check, outside
from .compare_scripts import ON_TORCH

LOOP = """
import torch
from torch import nn

model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1))
optimizer = torch.optim.Adam(model.parameters(), lr=0.1)
x, y = torch.randn(8, 3), torch.randn(8, 1)
for step in range(6):
    out = model(x)
    # after the model
    loss = nn.functional.mse_loss(out, y)
    # after the loss
    optimizer.zero_grad()
    loss.backward()
    # after backward
    optimizer.step()
    # after the step
    print(loss.item())
"""


@pytest.fixture
def both(servers, tmp_path):
    return Sides(servers, tmp_path)


# The numbers --------------------------------------------------------------------------------------


def test_the_numbers_are_those_by_which_the_two_differ(both):
    trace, result = both.beside(LOOP)
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, 1))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.1)
    x, y = torch.randn(8, 3), torch.randn(8, 1)
    values = [x]
    for layer in model:
        values.append(layer(values[-1]))
        values[-1].retain_grad()
    loss = torch.nn.functional.mse_loss(values[-1], y)
    loss.retain_grad()
    loss.backward()
    parameters = dict(model.named_parameters())
    results = [*values[1:], loss]
    expected = [("forward", value) for value in results]
    expected += [("accumulate", value.grad) for value in results[::-1]]
    expected = [(kind, value.detach().clone()) for kind, value in expected]
    gradients = {name: p.grad.clone() for name, p in parameters.items()}
    optimizer.step()

    def apart(ours, theirs):
        gap = np.abs(ours.astype(float) - theirs.numpy().astype(float)).max()
        return gap, gap / (2.0**-23 * theirs.abs().max().item())

    leaves = [row for row in result.rows if row.name in parameters]
    rest = [row for row in result.rows if row.name not in parameters]
    found = [row for kind in ("forward", "accumulate") for row in rest if row.kind == kind]
    for row, (kind, theirs) in zip(found, expected, strict=True):
        ours = trace.values[[*trace.events[row.event].outputs.values()][-1]].array
        assert (row.kind, row.shape) == (kind, tuple(theirs.shape))
        assert (row.difference, row.eps) == pytest.approx(apart(ours, theirs))
    assert {row.kind for row in leaves} == {"derivative", "accumulate", "grad", "update"}
    for row in leaves:
        event = trace.events[row.event]
        if row.kind == "update":
            (part,) = (p for p in event.details["parts"] if p[0] == row.name)
            ours = trace.values[event.outputs["p"]].array[part[1] : part[2]].reshape(part[3])
            theirs = parameters[row.name].detach()
        else:
            ours = trace.values[[*event.outputs.values()][-1]].array
            theirs = gradients[row.name]
        assert (row.difference, row.eps) == pytest.approx(apart(ours, theirs)), row


def test_what_is_not_finite_and_what_is_too_large():
    values = Values(largest=3)
    ours = values.add(np.float32([1, np.nan, np.inf]), "result")
    for theirs, difference, within in (
        ([1, np.nan, np.inf], 0, True), ([1, 2, np.inf], np.inf, False),
        ([1, np.nan, -np.inf], np.inf, False), ([1.5, np.nan, np.inf], 0.5, False),
        ([1, np.nan], np.inf, False),
    ):  # fmt: skip
        gap = gap_of(ours, held("float32", np.float32(theirs), 9), 0.0)
        assert (gap.difference, gap.within) == (difference, within)
    large = np.linspace(-3, 1, 50, dtype=np.float32)
    ours = values.add(large, "result")
    assert ours.array is None
    for scale, within in ((1, True), (1 + 1e-6, True), (1.01, False)):
        for largest in (3, 100):  # whether PyTorch's is kept or not
            gap = gap_of(ours, held("float32", large * np.float32(scale), largest), 0.0)
            assert gap.within is within and gap.remark == SUMMARISED
    nans = np.where(large > 0, np.float32("nan"), large)
    assert not gap_of(ours, held("float32", nans, 3), 0.0).within


def test_unequal_elements_are_never_0_apart():
    large = np.int64([5, 2**60])
    assert farthest(large, large) == (0.0, 0)
    gap, place = farthest(large, large + np.int64([0, 1]))  # as floats the two are equal
    assert gap > 0 and place == 1
    nan = np.float32([np.nan, 1])
    assert farthest(nan, nan) == (0.0, 0)
    assert farthest(nan, np.float32([0, 1])) == (np.inf, 0)


def test_what_cancels_may_be_anything(both):
    """The gradient of a bias before a batch normalization is 0 but for rounding."""
    trace, result = both.beside("""
    import torch
    from torch import nn
    model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Tanh(), nn.Linear(4, 1))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.1)
    model(torch.randn(64, 3)).pow(2).mean().backward()
    optimizer.step()
    """)
    check(trace, result)
    by_kind = {row.kind: row for row in result.rows if row.name == "0.bias"}
    assert CANCELLED in by_kind["grad"].remark
    assert NOISE in by_kind["update"].remark and by_kind["update"].difference > 1e-3
    assert "come from what is 0 but for rounding" in result.sentence


DRIFTING = """
import torch
from torch import nn
model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Tanh(), nn.Linear(4, 1))
optimizer = torch.optim.Adam(model.parameters(), lr=0.1)
x = torch.randn(64, 3)
for step in range(3):
    optimizer.zero_grad()
    h = model(x)
    # after the model
    h.pow(2).mean().backward()
    optimizer.step()
"""


@pytest.mark.parametrize("steps", [(0, 3), (1, 3)])
def test_what_comes_of_such_a_parameter_later_is_no_alarm(both, steps):
    """Up to where it cancels: what differs behind there is one."""
    trace, result = both.beside(DRIFTING, steps)
    check(trace, result)
    drifts = [row for row in result.rows if "it comes from 0.bias" in row.remark]
    assert {(row.step, row.kind, row.name) for row in drifts} == {
        (step, "forward", "0\N{RIGHT SINGLE QUOTATION MARK}s result") for step in range(1, steps[1])
    }
    assert min(row.difference for row in drifts) > 1e-2
    assert any("0.bias by" in note and NOISE in note for note in result.notes) is (steps[0] > 0)
    planted = f"h = h * (1.01 if {ON_TORCH} and step == 2 else 1)"
    _, result = both.beside(DRIFTING.replace("# after the model", planted), steps)
    first = outside(result)[0]
    assert (first.step, first.name) == (2, "h")


# What differs -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("place", "line", "first", "name"),
    [
        ("after the model", f"out = out * (1.01 if {ON_TORCH} else 1)", "forward", "out"),
        ("after the model", f"out.register_hook(lambda g: g * (2 if {ON_TORCH} else 1))",
         "accumulate", "out"),
        ("after the loss", f"loss = loss * (1 + 1e-3 * {ON_TORCH})", "forward", "loss"),
        ("after the loss", f"loss = loss * (float('nan') if {ON_TORCH} else 1)", "forward", "loss"),
        ("after the loss", f"loss = loss.exp() if {ON_TORCH} else loss.sin()", "forward", "loss"),
        ("after backward", f"optimizer.param_groups[0]['lr'] = 0.2 if {ON_TORCH} else 0.1",
         "update", "0.weight"),
    ],
)  # fmt: skip
def test_a_planted_difference_is_found_where_it_is(both, place, line, first, name):
    _, result = both.beside(LOOP.replace(f"# {place}", line))
    row = outside(result)[0]
    assert (row.kind, row.name) == (first, name), result.sentence
    assert f" in event {row.event}, " in result.sentence and row.remark in result.sentence


def test_a_difference_before_the_step_is_said(both):
    _, result = both.beside(LOOP.replace("import nn", f"import nn\ntorch.manual_seed({ON_TORCH})"))
    assert outside(result)[0].event == 0
    assert "leaves were not equal when first used, by what went before" in result.notes[0]


# What cannot be shown -----------------------------------------------------------------------------


def test_without_pytorch_there_is_a_reason(monkeypatch):
    monkeypatch.setattr(PathFinder, "find_spec", lambda name: None)
    result = beside("loop.py", [], (0, 1), Trace([], [], {}))
    assert (result.rows, result.curve) == ([], [])
    assert "needs torch, which is not installed: pip install" in result.error
    assert result.error in result.sentence


@pytest.mark.parametrize(
    ("place", "line", "reason"),
    [
        ("after backward", "1 / 0", "on PyTorch it ends with ZeroDivisionError: division by zero"),
        ("after the model", "raise SystemExit(3)", "on PyTorch it ends with exit code 3"),
        ("after the model", "break", "1 backward pass here and 0 in PyTorch, of which none"),
    ],
)
def test_a_script_that_fails_on_pytorch(both, place, line, reason):
    text = LOOP.replace(f"# {place}", f"if {ON_TORCH}:\n        {line}")
    trace, result = both.beside(text)
    assert reason in result.error + result.sentence
    assert result.error
    if place == "after backward":  # all but the update is there
        assert {row.kind for row in result.rows} == {e.kind for e in trace.events} - {
            "zero_grad", "update", "broadcast",
        }  # fmt: skip


def test_a_process_that_dies_or_takes_too_long(tmp_path):
    trace = Trace([], [], {})
    (tmp_path / "dies.py").write_text("import os\nos._exit(7)")
    result = beside(str(tmp_path / "dies.py"), [], (0, 1), trace)
    assert result.rows == [] and "could not be recorded: exit code 7" in result.error
    result = beside(str(tmp_path / "dies.py"), [], (0, 1), trace, timeout=0.01)
    assert result.rows == [] and "was not done after" in result.error


# The other process --------------------------------------------------------------------------------


def test_looking_on_changes_no_number_in_pytorch(both):
    (both.folder / "loop.py").write_text(LOOP)
    printed = []
    for first in (0, 7):
        script = str(both.folder / "loop.py")
        ran = both.run("PyTorch", first, 8, 10_000, *START[:2], script, [])
        printed.append(ran.stdout)
        record = Record.read(ran.record)
        assert (record.steps, len(record.passes)) == (6, 0 if first else 6)
    assert printed[0] == printed[1] and len(printed[0].splitlines()) == 6
