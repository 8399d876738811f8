"""tinygrad-edu compare: how far two numbers may be apart, what training makes of rounding, and
what is recorded of them."""

import json

import numpy as np
import pytest

from tinygrad_edu.app.compare import page as page_of
from tinygrad_edu.app.compare import records
from tinygrad_edu.app.compare import text as text_of
from tinygrad_edu.app.compare.both_sides import Start
from tinygrad_edu.app.compare.differences import Differences
from tinygrad_edu.app.compare.measure import measure
from tinygrad_edu.app.compare.records import Entry, Event, RecordFile, entry, read

from .compare_scripts import ON_TORCH
from .parsed_page import parsed

# The numbers --------------------------------------------------------------------------------------


def of(values, dtype="float32", role="gradient"):
    return entry(role, "w", dtype, np.asarray(values, "float32" if dtype == "bfloat16" else dtype))


@pytest.mark.parametrize(
    ("dtype", "passes", "fails"),
    [("float32", 9e-5, 1.2e-4), ("float64", 9e-10, 1.1e-9), ("float16", 0.02, 0.04),
     ("bfloat16", 0.2, 0.3)],
)  # fmt: skip
def test_tolerances(dtype, passes, fails):
    theirs = of([1.0, -2.0], dtype)
    assert measure(of([1.0, -2.0 * (1 + passes)], dtype), theirs, 2.0).passed
    assert not measure(of([1.0, -2.0 * (1 + fails)], dtype), theirs, 2.0).passed
    # The magnitude is the tensor's, not the element's.
    assert measure(of([1.0 + passes, -2.0], dtype), theirs, 2.0).passed


def test_eps_are_counted():
    eps = 2.0**-23
    assert measure(of([1.0, 2.0 + 4 * eps]), of([1.0, 2.0]), 0.0).eps == 2.0
    # What is small beside the largest gradient so far is held to a few of its eps.
    assert measure(of([6 * eps]), of([0.0]), 1.0).passed
    assert not measure(of([10 * eps]), of([0.0]), 1.0).passed
    assert not measure(of([1e-30]), of([0.0]), 0.0).passed


@pytest.mark.parametrize(
    ("ours", "theirs", "passes"),
    [
        ([np.nan, 1.0], [np.nan, 1.0], True),
        ([np.inf], [np.inf], True),
        ([np.inf], [-np.inf], False),
        ([np.nan], [0.0], False),
        ([0.0], [np.nan], False),
        ([np.inf, 1.0], [1e30, 1.0], False),
        ([], [], True),
    ],
)
def test_special_values(ours, theirs, passes):
    assert measure(of(ours), of(theirs), 1.0).passed == passes


def test_whole_numbers_are_equal_or_wrong():
    assert measure(of([2**60], "int64"), of([2**60], "int64"), 0.0).passed
    assert not measure(of([2**60], "int64"), of([2**60 + 1], "int64"), 0.0).passed


# Rounding that training magnifies -----------------------------------------------------------------

#: The gradient of the first bias is 0 but for rounding, and Adam makes steps of full size of it.
CHAOTIC = f"""
import torch
from torch import nn
model = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 1))
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
x, y = torch.randn(64, 4), torch.randn(64, 1)
for step in range(20):
    optimizer.zero_grad()
    nn.functional.mse_loss(model(x), y).backward()
    if "wrong" in globals() and {ON_TORCH} and step == 12:
        model[3].weight.grad *= 1.001
    optimizer.step()
"""


def test_control_tells_rounding_from_a_mistake(compared):
    first = compared(CHAOTIC, control=False).differences.first_failed
    assert (first.failed.role, first.failed.name) == ("parameter", "model[0].bias")
    result = compared(CHAOTIC)
    assert result.passed, result.faults
    assert result.differences.control.first_failed.failed.name == "model[0].bias"
    assert "PyTorch with moved gradients went out of tolerance at step" in "\n".join(
        text_of.report(result)
    )
    page = page_of.page(result)
    assert 'polyline class="allowed"' in page
    assert "The two agree, as far as rounding lets them" in parsed(page)
    assert text_of.excused_tensors(result) == ["parameter model[0].bias"]
    assert compared(CHAOTIC, start=Start(0, "float64")).passed


def test_control_leaves_a_mistake_a_mistake(compared):
    calm = CHAOTIC.replace("lr=0.01", "lr=0.01, eps=1e-6")  # its steps of rounding are small
    assert calm != CHAOTIC
    result = compared("wrong = True\n" + calm, start=Start(0, "float64"))
    assert result.faults == [
        "parameter model[3].weight is out of tolerance at step 13 (event 26, line 13)"
    ]
    assert result.differences.control.first_failed is None
    text = "\n".join(text_of.report(result))
    assert "PyTorch with moved gradients stayed within tolerance" in text


def test_printed_fractions_may_be_as_far_apart_as_those_of_the_control(compared):
    text = CHAOTIC + "print(*(10 + number for number in model[0].bias.tolist()))\n"
    result = compared(text)
    assert result.passed, result.faults
    assert result.rounding > 1e-4
    assert "as far as rounding lets them" in "\n".join(text_of.report(result))
    assert compared(text, control=False).faults[0].startswith("stdout differs from line 1 on")
    early = f"import torch; print(1.5 + 1e-3 * {ON_TORCH})"  # before the two part
    result = compared(early + text)
    assert result.faults[0].startswith("stdout differs from line 1 on")


def test_a_loss_that_is_nothing_but_rounding_agrees(compared):
    """That of a policy before its first step: the advantages have mean 0, and all weights are 1."""
    text = """
    import torch
    policy = torch.nn.Linear(4, 2)
    x, advantages = torch.randn(63, 4), torch.randn(63)
    advantages = (advantages - advantages.mean()) / (advantages.std() + 1e-8)
    logits = policy(x).log_softmax(1)[:, 0]
    loss = -((logits - logits.detach()).exp() * advantages).mean()
    loss.backward()
    """
    result = compared(text, control=False)
    assert result.passed, result.faults
    assert abs(result.differences.events[0].losses[1]) < 1e-6
    wrong = text.replace("loss.backward()", f"(loss + 1e-4 * {ON_TORCH}).backward()")
    assert not compared(wrong, control=False).passed


def test_a_float64_leaf_that_is_fed_by_float32_is_held_to_float32(compared):
    """As the temperature of soft actor-critic, which is made of a NumPy number."""
    text = f"""
    import numpy as np, torch
    weight = torch.randn(40, 40, requires_grad=True)
    temperature = torch.tensor(np.log(0.01), requires_grad=True)
    entropy = (torch.randn(40, 40) @ weight).tanh()
    entropy.mean().backward()
    shift = 1e-6 if {ON_TORCH} else 0
    (-temperature * (entropy.detach() + 3 + shift)).mean().backward()
    """
    assert compared(text, control=False).passed
    result = compared(text.replace("1e-6", "0.01"), control=False)
    assert result.differences.first_failed is not None
    assert result.differences.tensors["gradient", "temperature"].worst.dtype == "float64"


def test_a_model_that_is_let_go_before_the_pass(compared):
    """Nobody can see its gradients; PyTorch's graph has them all the same."""
    result = compared("""
    import torch
    x = torch.ones(1, 3, requires_grad=True)
    y = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.Linear(2, 1))(x)
    y.sum().backward()
    """)
    assert result.passed, result.faults
    assert ("gradient", "x") in result.differences.tensors
    assert any("nobody but the graph" in note for note in result.differences.notes.values())


# The record ---------------------------------------------------------------------------------------


def test_what_is_written_is_read(tmp_path):
    gradient = np.arange(6, dtype=np.float64).reshape(2, 3).T
    written = [
        Event("backward", "", 3, "", [entry("loss", "loss", "float32", np.array(2, np.float32)),
                                      entry("gradient", "w", "float64", gradient),
                                      Entry("gradient", "v", "none", (), None, 0.0, True)]),
        Event("step", "optimizer (SGD)", 4, "", [of([1.5], "bfloat16", "parameter")]),
        Event("end", "", 5, "KeyError", []),
    ]  # fmt: skip
    path = tmp_path / "record"
    file = RecordFile(str(path), 10**6)
    for event in written:
        file.write(event)
    file.file.close()
    found = list(read(path))
    assert [event[:4] for event in found] == [event[:4] for event in written]
    for event, same in zip(found, written, strict=True):
        for one, other in zip(event.entries, same.entries, strict=True):
            assert one._replace(values=None) == other._replace(values=None)
            if other.values is None:
                assert one.values is None
            else:
                assert one.values.tolist() == other.values.reshape(-1).tolist()
    content = path.read_bytes()
    for length in range(len(content)):  # a script may die at any time
        path.write_bytes(content[:length])
        assert len(list(read(path))) < 3
    assert not Differences([], written[:1]).passed


def test_a_record_that_grows_too_large_keeps_samples_and_says_so(compared):
    text = f"""
    import torch
    w = torch.linspace(0, 1, 1000, requires_grad=True)
    for k in range(40):
        (w * w).sum().backward()
        if k == 12 and {ON_TORCH}:
            w.grad[0] += 100
    """
    result = compared(text, limit=30_000)
    notes = list(result.differences.notes.values())
    assert notes == [
        "from event 9 on only samples of the larger tensors were compared",
        "from event 38 on the record was full: no values were compared",
    ]
    assert result.differences.first_failed.title == "backward 14"
    assert len(result.differences.events) == 40
    large = entry("gradient", "w", "float32", np.arange(1000, dtype=np.float32))
    sample = records.sampled(large)
    assert sample.values.size == records.SAMPLE and sample.values[-1] == 999
    assert sample.largest == 999 and not sample.whole


def test_records_are_lines_of_json(tmp_path):
    path = tmp_path / "record"
    file = RecordFile(str(path), 10)
    file.write(Event("end", "", 1, "KeyError", []))
    file.file.close()
    assert json.loads(path.read_text()) == ["end", "", 1, "KeyError", [], False]
