"""tinygrad-edu compare: what agrees passes, each kind of difference is found and named."""

import json
import subprocess
import sys
import textwrap
from html.parser import HTMLParser
from importlib.machinery import PathFinder
from pathlib import Path

import numpy as np
import pytest

from tinygrad_edu import __main__ as command
from tinygrad_edu.app.compare import both_sides, comparison, records
from tinygrad_edu.app.compare import page as page_of
from tinygrad_edu.app.compare import text as text_of
from tinygrad_edu.app.compare.both_sides import Start
from tinygrad_edu.app.compare.differences import Differences
from tinygrad_edu.app.compare.measure import measure
from tinygrad_edu.app.compare.records import Entry, Event, RecordFile, entry, read

from .recorded import Recorders

ROOT = Path(__file__).parents[1]

#: In a script: whether it runs on PyTorch.
ON_TORCH = 'hasattr(torch, "_C")'

TRAINING = """
import sys
import torch
from torch import nn

model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
x, y = torch.randn(8, 3), torch.randn(8, 1)
for step in range(5):
    loss = nn.functional.mse_loss(model(x), y)
    optimizer.zero_grad()
    loss.backward()
    # after backward
    optimizer.step()
    # after step
    print(step, f"{loss.item():.3f}")
"""


def with_line(place, line):
    """The script above with a line in the place of a comment, or at its end."""
    if place == "at the end":
        return f"{TRAINING}\n{line}\n"
    return TRAINING.replace(f"# {place}", line)


@pytest.fixture
def compared(servers, tmp_path):
    """Compare a script, given as text."""

    def compare(text, *arguments, **options):
        path = tmp_path / "a script.py"
        path.write_text(textwrap.dedent(text))
        return Recorders(servers).compare(path, arguments, **options)

    return compare


def events(result):
    """What happened, as (kind and which of it, line, sorted names of the tensors)."""
    return [(event.title, event.line) for event in result.differences.events]


def names(result, role):
    return {name for r, name in result.differences.tensors if r == role}


# What agrees --------------------------------------------------------------------------------------


def test_a_training_script_agrees(compared):
    result = compared(TRAINING)
    assert result.passed, result.faults
    assert result.ours.stdout.count("\n") == 5
    assert events(result)[:3] == [("backward 1", 12), ("step 1", 14), ("backward 2", 12)]
    assert result.differences.counts == {"backward": 5, "grad": 0, "step": 5, "end": 0}
    parameters = {f"model[{i}].{kind}" for i in (0, 2) for kind in ("weight", "bias")}
    assert names(result, "gradient") == names(result, "parameter") == parameters
    assert {event.what for event in result.differences.events} == {"", "optimizer (SGD)"}
    for loss, same in (event.losses for event in result.differences.events if event.losses):
        assert loss == pytest.approx(same, rel=1e-6) and loss > 0
    lines = list(text_of.report(result))
    assert lines[-1] == "The two agree: stdout, exit code, 5 passes and 5 steps."


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_default_dtype_and_the_seed_are_set_before_the_script(compared, dtype):
    text = """
    import random
    import numpy as np
    import torch
    print(torch.rand(3).tolist(), random.random(), np.random.rand(), {str(i) for i in range(9)})
    w = torch.rand(2, requires_grad=True)
    (w * w).sum().backward()
    """
    results = [compared(text, start=Start(seed, dtype)) for seed in (5, 2**40)]
    for result in results:
        assert result.passed, result.faults
        assert result.differences.tensors["gradient", "w"].worst.dtype == dtype
    assert results[0].ours.stdout != results[1].ours.stdout


@pytest.mark.parametrize(
    ("text", "counts", "gradients"),
    [
        ("""
         a, b = (torch.randn(3, requires_grad=True) for _ in range(2))
         first, second = torch.optim.SGD([a], lr=0.1), torch.optim.Adam([b], lr=0.1)
         for which in (first, second, second):
             (a * b).sum().backward()
             which.step()
         """, (3, 0, 3), {"a", "b"}),
        ("""
         w = torch.tensor([0.5, -1.0], requires_grad=True)
         (g,) = torch.autograd.grad((w**3).sum(), w, create_graph=True)
         (h,) = torch.autograd.grad(g.sum(), [w], retain_graph=True)
         torch.autograd.grad(outputs=g.sum(), inputs=w, retain_graph=True)
         g.pow(2).sum().backward()
         print(g.tolist(), h.tolist(), w.grad.tolist())
         """, (1, 3, 0), {"w"}),
        ("""
         w = torch.tensor([-1.5, 2.0], requires_grad=True)
         search = torch.optim.LBFGS([w], lr=0.5, max_iter=4)
         def closure():
             search.zero_grad()
             loss = ((1 - w[0]) ** 2 + 5 * (w[1] - w[0] ** 2) ** 2)
             loss.backward()
             return loss
         for _ in range(3):
             search.step(closure)
         """, (12, 0, 3), {"w"}),
        ("""
         w = torch.ones(2, 2, requires_grad=True)
         loss = (w * w).sum()
         loss.backward(retain_graph=True)
         loss.backward()
         torch.autograd.backward([(w * 2).sum(), w.prod()])
         (w * 3).backward(gradient=torch.ones(2, 2), inputs=[w])
         """, (4, 0, 0), {"w"}),
        ("""
         seen = []
         w = torch.ones(3, requires_grad=True)
         w.register_hook(lambda g: seen.append(g.tolist()) or g * 2)
         w.register_post_accumulate_grad_hook(lambda p: seen.append(p.grad.tolist()))
         (w * torch.arange(3.0)).sum().backward()
         print(seen)
         """, (1, 0, 0), {"w"}),
        ("""
         class Tied(torch.nn.Module):
             def __init__(self):
                 super().__init__()
                 self.embed = torch.nn.Embedding(5, 3)
                 self.head = torch.nn.Linear(3, 5)
                 self.head.weight = self.embed.weight
         class Trainer:
             def __init__(self):
                 self.net = Tied()
                 self.optimizer = torch.optim.AdamW(self.net.parameters())
             def step(self):
                 scores = self.net.head(self.net.embed(torch.tensor([0, 2])))
                 torch.nn.functional.cross_entropy(scores, torch.tensor([2, 4])).backward()
                 self.optimizer.step()
         def main():
             trainer = Trainer()
             for _ in range(2):
                 trainer.step()
         main()
         """, (2, 0, 2), {"trainer.net.embed.weight", "trainer.net.head.bias"}),
        ("""
         weights = [torch.ones(2, requires_grad=True) for _ in range(2)]
         for p in weights:
             (p * p).sum().backward()
         {"a": torch.ones(1, requires_grad=True)}["a"].backward()
         """, (3, 0, 0), {"p", "leaf"}),
        ("""
         torch.manual_seed(1)
         class Twice(torch.optim.SGD):
             def step(self, closure=None):
                 super().step()
                 return super().step(closure)
         w = torch.ones(2, requires_grad=True)
         plain, twice = torch.optim.SGD([w], lr=1.0), Twice([w], lr=0.5)
         w.sum().backward()
         plain.step()
         twice.step()
         try:
             twice.step(lambda: 1 / 0)
         except ZeroDivisionError:
             print("again")
         twice.step()
         print(w.tolist())
         """, (1, 0, 3), {"w"}),
    ],
    ids=["two optimizers", "grad", "LBFGS", "several passes", "hooks", "tied", "lists",
         "own optimizer"],
)  # fmt: skip
def test_what_scripts_do(compared, text, counts, gradients):
    result = compared("import torch\n" + textwrap.dedent(text))
    assert result.passed, (result.faults, result.ours.stderr)
    found = result.differences.counts
    assert (found["backward"], found["grad"], found["step"]) == counts
    assert names(result, "gradient") == gradients
    assert all(tensor.worst.remark == "" or tensor.worst.eps for tensor in result.differences.
               tensors.values())  # fmt: skip


def test_the_library_s_own_passes_are_not_recorded(compared):
    result = compared("""
        import torch
        w = torch.ones(2, dtype=torch.float64, requires_grad=True)
        print(torch.autograd.gradcheck(lambda t: t * t, w))
        print(torch.autograd.functional.jacobian(lambda t: t * t, w.detach()))
        """)
    assert result.passed, result.faults
    assert result.differences.counts == {"backward": 0, "grad": 0, "step": 0, "end": 0}


def test_addresses_of_objects_do_not_count(compared):
    text = """
    import torch
    padding = [bytes(10_000) for _ in range(50)] if hasattr(torch, "_C") else []
    class Thing: pass
    kept = [Thing(), torch.ones(2, requires_grad=True).sum().grad_fn]
    print(kept, "0x12")
    """
    result = compared(text)
    assert result.passed, result.faults
    lines = "[<__main__.Thing object at 0x...>, <SumBackward0 object at 0x...>] 0x12\n"
    assert result.ours.stdout.startswith(lines)
    different = compared("import torch\nprint(f\"at {0x12 + hasattr(torch, '_C'):d}x\")")
    assert different.stdout == (1, "at 18x\n", "at 19x\n")


def test_input_arguments_and_folder_are_the_script_s(compared, tmp_path):
    text = """
    import os, sys, torch
    print(sys.argv[1:], sys.stdin.read(), os.path.basename(sys.argv[0]), __name__)
    print(os.path.dirname(os.path.abspath(__file__)) == sys.path[0], os.listdir())
    print("to stderr", file=sys.stderr)
    sys.exit("left")
    """
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "data.txt").write_text("1")
    result = compared(
        text, "--seed", "3", "-x", "--", "a b", stdin="one\ntwo", folder=tmp_path / "work"
    )
    assert result.passed, result.faults
    assert result.ours.stdout == (
        "['--seed', '3', '-x', '--', 'a b'] one\ntwo a script.py __main__\nTrue ['data.txt']\n"
    )
    assert result.ours.stderr == "to stderr\nleft\n"
    assert (result.ours.code, result.theirs.code) == (1, 1)


def test_a_script_that_goes_elsewhere_and_deletes_what_is_there(compared):
    result = compared("""
        import os, shutil, tempfile, torch
        folder = os.getcwd()
        os.chdir("/")
        shutil.rmtree(folder)
        w = torch.ones(2, requires_grad=True)
        w.sum().backward()
        pid = os.fork()
        if pid == 0:
            w.sum().backward()  # a copy of the process is not recorded
            os._exit(0)
        os.waitpid(pid, 0)
        print(w.grad.tolist())
        """)
    assert result.passed, (result.faults, result.ours.stderr, result.theirs.stderr)
    assert result.differences.counts["backward"] == 1


def test_looking_on_changes_nothing(compared, tmp_path):
    """The same numbers as without a recorder, and no more alive than without."""
    text = TRAINING + textwrap.dedent("""
        import gc, inspect, weakref
        print(inspect.signature(torch.Tensor.backward).parameters.keys())
        def run():
            h = torch.ones(2, requires_grad=True)
            held = weakref.ref((h * 2).sum())
            out = (h * 2).sum()
            seen = weakref.ref(out)
            out.backward()
            del out
            return seen
        print(run()() is None, torch.rand(2).tolist())
        try:
            torch.ones(1).backward()
        except RuntimeError as error:
            print(type(error))
        """)
    result = compared(text)
    assert result.passed, (result.faults, result.ours.stdout, result.theirs.stdout)
    path = tmp_path / "alone.py"
    path.write_text("import torch\ntorch.manual_seed(0)\n" + text)
    alone = subprocess.run(
        [sys.executable, "-m", "tinygrad_edu", "run", str(path)],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert alone.stdout == result.ours.stdout


# What differs -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("place", "line", "faults"),
    [
        ("at the end", f"print('here' if {ON_TORCH} else 'there')",
         ["stdout differs from line 6 on"]),
        ("at the end", f"print('more') if {ON_TORCH} else None",
         ["stdout differs from line 6 on"]),
        ("at the end", f"sys.exit(3 if {ON_TORCH} else 4)",
         ["exit code 4, PyTorch's 3"]),
        ("after backward", f"if step == 2 and {ON_TORCH}: model[2].weight.grad *= 1.01",
         ["parameter model[2].weight is out of tolerance at step 3 (event 6, line 14)"]),
        ("after step", f"if step == 1 and {ON_TORCH}: model[0].bias.data += 0.001",
         ["gradient model[2].bias is out of tolerance at backward 3 (event 5, line 12)"]),
        ("after step", f"if step == 3 and not {ON_TORCH}: model[0].bias.sum().backward()",
         ["they part at event 9: tinygrad_edu calls backward (line 15), "
          "PyTorch calls backward (line 12)"]),
        ("after backward", f"if step == 1 and {ON_TORCH}: optimizer.step()",
         ["they part at event 4: tinygrad_edu makes a step of optimizer (SGD) (line 14), "
          "PyTorch makes a step of optimizer (SGD) (line 13)"]),
        ("at the end", f"loss.detach().requires_grad_().backward() if {ON_TORCH} else None",
         ["they part at event 11: tinygrad_edu has come to its end, "
          "PyTorch calls backward (line 18)"]),
        ("after step", f"if step == 4 and not {ON_TORCH}: raise KeyError('x')",
         ["stdout differs from line 5 on", "exit code 1, PyTorch's 0",
          "they part at event 11: tinygrad_edu ends with KeyError (line 15), "
          "PyTorch has come to its end"]),
        ("at the end", f"raise (KeyError if {ON_TORCH} else IndexError)('x')",
         ["they part at event 11: tinygrad_edu ends with IndexError (line 18), "
          "PyTorch ends with KeyError (line 18)"]),
    ],
    ids=["stdout", "longer stdout", "exit code", "gradient", "parameter", "another pass",
         "another step", "one more", "raises", "raises another"],
)  # fmt: skip
def test_a_difference_is_found_and_named(compared, place, line, faults):
    result = compared(with_line(place, line))
    assert not result.passed
    assert [f for f in result.faults if "stdout" not in f or f in faults] == faults
    text = "\n".join(text_of.report(result))
    assert "THE TWO DIFFER:" in text
    assert all(f"  {fault}" in text for fault in faults)
    parsed(page_of.page(result))


def test_other_leaves_shapes_and_dtypes_are_named(compared):
    result = compared(f"""
        import torch
        on_torch = {ON_TORCH}
        a = torch.ones(2 if on_torch else 3, requires_grad=True)
        b = torch.ones(2, requires_grad=True, dtype=torch.float64 if on_torch else torch.float32)
        c = torch.ones(2, requires_grad=on_torch)
        d = torch.ones(2, requires_grad=True)
        (a.sum() * 2 + b.sum() + c.sum() + d.sum()).backward()
        """)
    remarks = {name: t.worst.remark for (_, name), t in result.differences.tensors.items()}
    assert remarks["a"] == "float32 of shape (3,) in tinygrad_edu, float32 of shape (2,) in PyTorch"
    assert remarks["b"] == "float32 of shape (2,) in tinygrad_edu, float64 of shape (2,) in PyTorch"
    assert remarks["c"] == "only PyTorch has it"
    assert result.differences.tensors["gradient", "d"].worst.eps == 0.0
    assert not result.passed


def test_an_element_that_differs_is_named(compared):
    text = with_line("after backward", f"if {ON_TORCH}: model[0].weight.grad[2, 1] += 10")
    result = compared(text)
    failed = result.differences.first_failed.failed
    assert failed.name == "model[0].weight" and failed.remark.startswith("[2, 1] is ")
    assert result.differences.first_failed.title == "step 1"
    assert "with --dtype float64 rounding" in "\n".join(text_of.report(result))


def test_what_is_printed_may_differ_by_rounding(compared):
    """And that is said; not more, and whole numbers not at all."""
    result = compared(with_line("at the end", f"print(0.5 + 1e-7 * {ON_TORCH})"))
    assert result.passed and result.rounding == pytest.approx(2e-7)
    text = "\n".join(text_of.report(result))
    assert "stdout     differs by rounding" in text and "as far as rounding lets them" in text
    for line in (f"print(0.5 + 1e-4 * {ON_TORCH})", f"print(100000 + {ON_TORCH})"):
        result = compared(with_line("at the end", line))
        assert result.faults == ["stdout differs from line 6 on"] and result.rounding is None


def test_the_error_of_a_side_is_named_and_not_its_advice():
    told = "a\nTraceback (most recent call last):\n  File x\nKeyError: 3\nnote\nx.py, line 1\n"
    assert text_of.last_error(told) == "KeyError: 3"
    assert text_of.last_error("usage: x\nx: error: y\n") == "x: error: y"


def test_lines_that_differ_only_in_numbers():
    gaps = comparison.gaps
    assert gaps("loss 0.5 at 3\n", "loss 0.4999 at 3\n") == pytest.approx([2e-4, 0], rel=1e-3)
    assert gaps("loss 1e-3", "lost 1e-3") is None
    assert gaps("100000 rows", "100001 rows") is None
    assert gaps("tensor(1.)", "tensor(1.0000001)") == pytest.approx([1e-7])
    assert gaps("1.2346 0", "1.2345 0") == [0, 0]  # rounded up here and down there
    assert gaps("1.500e-05", "1.501e-05") == [0]
    assert gaps("1.2347", "1.2345") == pytest.approx([1.6e-4], rel=0.1)
    assert gaps("98.4 %", "98.5 %") == pytest.approx([1e-3], rel=0.1)
    assert comparison.first_difference("a\nb", "a\nb\n") == (2, "b", "b\n")
    assert comparison.first_difference("a\n", "a\n") is None
    assert comparison.first_difference("", "a\n") == (1, None, "a\n")


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
    result = compared("wrong = True\n" + CHAOTIC, start=Start(0, "float64"))
    assert result.faults == [
        "parameter model[3].weight is out of tolerance at step 13 (event 26, line 13)"
    ]
    assert result.differences.control.first_failed is None
    text = "\n".join(text_of.report(result))
    assert "PyTorch with moved gradients stayed within tolerance" in text


def test_printed_fractions_may_be_as_far_apart_as_those_of_the_control(compared):
    text = CHAOTIC + "print(10 + float(model[0].bias.sum()))\n"
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
    assert "x" in names(result, "gradient")
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


# The page -----------------------------------------------------------------------------------------


class Page(HTMLParser):
    """Whether elements are closed in order, and that nothing leads out of the page."""

    VOID = ("meta", "input", "wbr", "line", "circle", "rect", "path", "polyline")

    def __init__(self):
        super().__init__()
        self.open, self.text = [], []

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        assert "src" not in values and values.get("href", "#").startswith("#")
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in self.VOID:
            assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def parsed(text):
    assert "http" not in text and "@import" not in text and "url(" not in text
    page = Page()
    page.feed(text)
    page.close()
    assert not page.open
    return "".join(page.text)


def test_the_page_has_all_of_it(compared):
    text = with_line("after backward", f"if step == 2 and {ON_TORCH}: model[2].weight.grad *= 1.01")
    result = compared(text + f"\nprint('<b>&' if {ON_TORCH} else '<i>')\n")
    page = parsed(page_of.page(result))
    for part in (
        "The two differ", "stdout differs from line", "model[2].weight", "backward \u00d7 5",
        "step \u00d7 5", "<b>&", "out of tolerance from step 3 on", "optimizer = torch.optim.SGD(",
        "839 allowed",
    ):  # fmt: skip
        assert part in page, part
    assert "The two agree" in parsed(page_of.page(compared("import torch\nprint(1)\n")))


def test_a_long_run_has_a_short_report(compared):
    text = TRAINING.replace("range(5)", "range(600)").replace("print(", "print('x\\n' * 3,")
    result = compared(text)
    assert result.passed, result.faults
    assert len(list(text_of.report(result))) < 60
    page = page_of.page(result)
    parsed(page)
    assert page.count("<use ") < 1300 and len(page) < 1_000_000


# The command --------------------------------------------------------------------------------------


def test_the_command(tmp_path):
    """As a user runs it, in a folder with files that are named as modules are."""
    folder = tmp_path / "a folder"
    folder.mkdir()
    (folder / "json.py").write_text("raise RuntimeError('not this one')")
    (folder / "the script.py").write_text(
        f"import sys, torch\nprint(sys.argv[1:], input(), {ON_TORCH})\n"
    )
    arguments = ["compare", "--seed", "3", "--html", "page.html", "the script.py", "--html", "x"]
    start = f"import sys; sys.path[0] = {str(ROOT)!r}; from tinygrad_edu.__main__ import main; "
    done = subprocess.run(
        [sys.executable, "-c", start + "sys.exit(main())", *arguments],
        cwd=folder, input="a line\n", capture_output=True, text=True,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (1, "")
    assert "       1  tinygrad_edu  ['--html', 'x'] a line False" in done.stdout
    assert "       1  PyTorch       ['--html', 'x'] a line True" in done.stdout
    assert "  stdout differs from line 1 on" in done.stdout
    assert "['--html', 'x'] a line" in parsed((folder / "page.html").read_text(encoding="utf-8"))
    assert sorted(p.name for p in folder.iterdir() if p.name != "__pycache__") == [
        "json.py", "page.html", "the script.py",
    ]  # fmt: skip


def test_a_side_that_takes_too_long_is_ended(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(sys, "stdin", None)
    path = tmp_path / "long.py"
    path.write_text(
        "import subprocess, sys, torch\nprint(1, flush=True)\n"
        f"if not {ON_TORCH}: subprocess.run([sys.executable, '-c', 'input()'])\n"
        f"if not {ON_TORCH}: print(sys.stdin.read())\n"
        f"if not {ON_TORCH}:\n    while True: pass\n"
    )
    assert command.main(["compare", "--timeout", "4", str(path)]) == 1
    assert "tinygrad_edu was not done after 4 s" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["no_such.py"], "the script 'no_such.py' cannot be read"),
        (["."], "the script '.' cannot be read"),
        ([], "the following arguments are required"),
        (["-"], "must be the path of a file"),
        (["--html", "x.txt", "s.py"], "--html needs a file name ending in .html"),
        (["--html", "no/such/x.html", "s.py"], "there is no folder 'no/such'"),
        (["--seed", "-1", "s.py"], "whole number"),
        (["--dtype", "int32", "s.py"], "invalid choice"),
        (["--timeout", "0", "s.py"], "must be above 0"),
    ],
)
def test_bad_input_exits_2(arguments, message, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "s.py").write_text("")
    assert command.main(["compare", *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == "" and message in captured.err and captured.err.count("\n") == 1


def test_without_pytorch_it_says_how_to_install_it(capsys, tmp_path, monkeypatch):
    (tmp_path / "s.py").write_text("")
    monkeypatch.setattr(PathFinder, "find_spec", lambda name: None)
    assert command.main(["compare", str(tmp_path / "s.py")]) == 2
    assert capsys.readouterr().err == (
        "tinygrad-edu: error: compare needs torch, which is not installed: "
        'pip install "tinygrad_edu[torch]"\n'
    )


def test_a_side_that_cannot_begin_is_told(capsys, tmp_path, monkeypatch):
    (tmp_path / "s.py").write_text("")
    monkeypatch.setitem(both_sides.SIDES, "tinygrad_edu", "tinygrad_edu.app.no_such")
    monkeypatch.setattr(comparison, "check_torch", lambda: None)
    assert command.main(["compare", str(tmp_path / "s.py")]) == 2
    assert capsys.readouterr().err == (
        "tinygrad-edu: error: tinygrad_edu could not be recorded: ModuleNotFoundError: "
        "No module named 'tinygrad_edu.app.no_such'\n"
    )


def test_a_page_that_cannot_be_written_leaves_the_old_one(tmp_path, compared, monkeypatch):
    path = tmp_path / "page.html"
    path.write_text("old")
    result = compared("import torch\n")

    def broken(result):
        raise OSError("disk full")

    monkeypatch.setattr(page_of, "page", broken)
    with pytest.raises(comparison.InputError, match="cannot be written: disk full"):
        page_of.write(result, path)
    assert [p.name for p in tmp_path.iterdir() if "page" in p.name] == ["page.html"]
    assert path.read_text() == "old"


def test_records_are_lines_of_json(tmp_path):
    path = tmp_path / "record"
    file = RecordFile(str(path), 10)
    file.write(Event("end", "", 1, "KeyError", []))
    file.file.close()
    assert json.loads(path.read_text()) == ["end", "", 1, "KeyError", [], False]
