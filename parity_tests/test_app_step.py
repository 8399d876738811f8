"""``tinygrad-edu step``: what is recorded, of scripts and of the course's models."""

import re
from pathlib import Path

import pytest

import tinygrad_edu
from tinygrad_edu.tracing import load
from tinygrad_edu.tracing.steps import Enough, Steps, recorded

SCRIPTS = Path(__file__).parent / "scripts"

LOOP = """
import sys
import torch

print("begun with", sys.argv[1:])
data = torch.arange(6.0).reshape(3, 2) * 2
model = torch.nn.Linear(2, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.001)
for step in range(5):
    loss = model(data).pow(2).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print("step", step)
print("the end")
"""


@pytest.fixture
def step(servers, tmp_path):
    """Run ``tinygrad-edu step``; gives its exit code, and what it writes to stdout and stderr."""

    def run(*words, typed="", with_torch=True):
        options = [with_torch]
        return servers.run(
            "tinygrad_edu", "step", *words, cwd=tmp_path, given=typed, options=options
        )

    return run


@pytest.fixture
def loop(tmp_path):
    (tmp_path / "loop.py").write_text(LOOP)
    return tmp_path


def test_the_first_step_of_a_script_is_recorded_and_no_more_of_it_runs(step, loop):
    done = step("--save", "one.trace", "loop.py", "--epochs", "3")
    assert (done.code, done.err) == (0, "")
    assert done.out == "begun with ['--epochs', '3']\n"
    trace = load(loop / "one.trace")
    assert [e.title for e in trace.events if e.kind == "forward"] == ["Linear", "Pow", "Mean"]
    assert trace.events[0].module == "model" and trace.events[-1].kind == "update"
    assert len(trace.losses()) == len(trace.curve) == 1
    assert {value.name for value in trace.values} >= {"data", "weight", "bias", "loss"}


def test_a_page_has_the_curve_of_the_steps_behind_those_that_were_recorded(step, loop):
    pages = {}
    for words in ([], ["--curve", "3"], ["--curve", "1"]):
        done = step(*words, "--html", "page.html", "loop.py", with_torch=not words)
        assert (done.code, done.err) == (0, "")
        printed = [line for line in done.out.splitlines() if line.startswith("step ")]
        pages[tuple(words)] = len(printed)
    # An optimizer's step that is the last ends the script before it can print.
    assert pages == {(): 5, ("--curve", "3"): 2, ("--curve", "1"): 0}


def test_the_run_goes_on_for_the_curve_alone():
    model = tinygrad_edu.nn.Linear(2, 1)
    optimizer = tinygrad_edu.optim.SGD(model.parameters(), lr=0.1)
    losses = []
    steps = Steps(1, 2, until=4)
    with pytest.raises(Enough), recorded(steps):
        for _ in range(9):
            optimizer.zero_grad()
            loss = model(tinygrad_edu.ones(3, 2)).pow(2).sum()
            loss.backward()
            losses.append(loss.item())
            optimizer.step()
    assert len(losses) == 4 and [point.step for point in steps.trace.curve] == [0, 1, 2, 3]
    assert [point.loss for point in steps.trace.curve] == losses
    assert {event.step for event in steps.trace.events} == {1}
    assert all(point.norms.keys() == {"weight", "bias"} for point in steps.trace.curve)


def test_later_steps_and_the_curve_until_there(step, loop):
    done = step("--steps", "2:4", "--save", "two.trace", "loop.py")
    assert done.out.splitlines()[1:] == ["step 0", "step 1", "step 2"]
    trace = load(loop / "two.trace")
    assert {event.step for event in trace.events} == {2, 3}
    assert [point.step for point in trace.curve] == [0, 1, 2, 3]
    assert [point.loss for point in trace.curve[2:]] == trace.losses()
    assert all(set(point.norms) == {"weight", "bias"} for point in trace.curve)


def test_a_script_that_fails_is_shown_as_far_as_it_came(step, loop):
    (loop / "fails.py").write_text(LOOP.replace("loss.backward()", "loss.backwards()"))
    done = step("--save", "some.trace", "fails.py")
    assert done.code == 1 and "has no attribute 'backwards'" in done.err
    assert [e.kind for e in load(loop / "some.trace").events][-1] == "zero_grad"


def test_a_script_that_fails_in_its_first_step_is_stepped_through_until_there(step, loop):
    fails = LOOP.replace("loss.backward()", "loss.backwards()")
    (loop / "fails.py").write_text(fails)
    done = step("--plain", "fails.py", typed="g 99\nq\n")
    assert done.code == 1 and "has no attribute 'backwards'" in done.err
    assert "note: fails.py ended with exit code 1; what it did until then is recorded" in done.err
    assert "forward > " in done.out and "nothing to step through" not in done.err
    (loop / "early.py").write_text("import torch\n\ntorch.ones(2) @ torch.ones(3)\n")
    done = step("early.py")
    why = "no op had run that a gradient can come back through, and ended with exit code 1"
    assert done.code == 2 and why in done.err


def test_a_page_of_what_has_no_backward_pass(step, loop):
    (loop / "forward.py").write_text(
        "import torch\n\nw = torch.ones(2, requires_grad=True)\n(w * w).sum()\n"
    )
    done = step("--html", "x.html", "forward.py")
    assert (done.code, done.err) == (0, "")
    assert done.out == (
        "no mistakes to show: the trace has no backward pass that adds to gradients\n"
        "x.html: 2 events of 1 training step\n"
    )
    assert (loop / "x.html").stat().st_size > 0


def test_a_loop_without_an_optimizer_ends_where_it_comes_round(step, loop):
    by_hand = """
import torch

w = torch.ones(2, requires_grad=True)
for step in range(5):
    loss = (w * torch.tensor([1.0, 2.0])).pow(2).sum()
    loss.backward()
    with torch.no_grad():
        w -= 0.1 * w.grad
    w.grad = None
    print("step", step)
"""
    (loop / "by_hand.py").write_text(by_hand)
    for steps, passes in (("0", 1), ("0:3", 3)):
        done = step("--steps", steps, "--save", "x.trace", "by_hand.py")
        assert (done.code, done.err) == (0, "")
        assert len(done.out.splitlines()) == passes
        trace = load(loop / "x.trace")
        assert len(trace.losses()) == passes
        assert {event.step for event in trace.events} == {*range(passes)}


def test_a_later_step_has_all_of_its_backward_passes(step, loop):
    """A line that runs a second time within it is no sign that a loop without an optimizer has come
    round."""
    accumulating = LOOP.replace(
        "    loss = model(data).pow(2).mean()\n    optimizer.zero_grad()\n    loss.backward()\n",
        "    optimizer.zero_grad()\n"
        "    for part in data.split(1):\n        model(part).sum().backward()\n",
    )
    (loop / "accumulating.py").write_text(accumulating)
    done = step("--steps", "1:2", "--save", "x.trace", "accumulating.py")
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines()[1:] == ["step 0"]
    kinds = [event.kind for event in load(loop / "x.trace").events]
    assert kinds.count("seed") == 3 and kinds[-1] == "update"


def test_a_step_without_gradients(step, loop):
    idle = """
import torch

optimizer = torch.optim.SGD([torch.ones(1)], lr=0.1)
optimizer.step()
"""
    (loop / "idle.py").write_text(idle)
    done = step("--save", "x.trace", "idle.py")
    assert done.code == 2
    assert done.err.endswith(
        "nothing to step through: the steps that it took computed no gradient\n"
    )


@pytest.mark.parametrize("model", ["classifier", "cnn"])
def test_the_courses_models(step, model, tmp_path):
    file = tmp_path / "model.trace"
    done = step("--model", model, "--save", file)
    assert (done.code, done.err) == (0, "")
    trace = load(file)
    places = {event.place.file for event in trace.events}
    assert places == {"models.py", "app/training/train.py"}
    assert {"forward", "seed", "derivative", "grad", "update"} <= {e.kind for e in trace.events}
    # What the program itself looks at is no part of the step, and what it holds has a name.
    assert not any(event.title in ("Sum", "Detach") for event in trace.events)
    assert trace.value("self.train_x").shape[0] > trace.value("outputs").shape[0]


@pytest.mark.parametrize(
    "words, said",
    [
        (["absent.py"], "the script cannot be read: [Errno 2] No such file or directory: 'abs"),
        (["--steps", "3:1"], "must be a number or a range of them, as 3 or 0:2, not '3:1'"),
        (["--steps", "9", "--save", "x.trace", "loop.py"], "training step 9 was not reached; it "
         "took 5\n"),
        (["--load", "absent.trace"], "--load: [Errno 2]"),
        (["--load", "loop.py"], "--load: loop.py is no trace"),
        (["--model", "cnn", "loop.py"], "a script and --model cannot be used together"),
        (["--data", "moons", "loop.py"], "--data is for --model"),
        (["--html", "x.html", "--json"], "choose one of --html, --plain and --json"),
        (["--html", "x.txt"], "--html needs a file name ending in .html"),
        (["--save", "x.npz"], "--save needs a file name ending in .trace"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_one_line(step, words, said, loop):
    done = step(*words)
    assert done.code == 2 and said in done.err
    assert done.err.count("\n") == 1


def test_an_option_behind_the_script_is_the_scripts_and_that_is_said(step, loop):
    (loop / "words.py").write_text(
        "import sys\nprint(sys.argv[1:])\n" + (loop / "loop.py").read_text()
    )
    done = step("--save", "x.trace", "words.py", "--html", "x.html", "--lr=2")
    assert done.code == 0 and "['--html', 'x.html', '--lr=2']" in done.out
    assert re.fullmatch(r"note: --html stands behind .* step --html \.\.\. words.py\n", done.err)
    assert not (loop / "x.html").exists()


def test_a_damaged_trace_is_one_line(step, loop):
    assert step("--save", "x.trace", "loop.py").code == 0
    data = bytearray((loop / "x.trace").read_bytes())
    data[100:200] = bytes(100)
    (loop / "x.trace").write_bytes(data)
    done = step("--load", "x.trace", "--plain")
    assert done.code == 2 and "--load: x.trace is no trace: " in done.err
    assert done.err.count("\n") == 1


def test_a_script_that_computes_nothing(step, loop):
    (loop / "nothing.py").write_text("print(1)\n")
    done = step("--save", "x.trace", "nothing.py")
    assert done.code == 2
    assert done.err.endswith("training step 0 was not reached; it took none\n")
