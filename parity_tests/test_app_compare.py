"""tinygrad-edu compare: what agrees passes, each kind of difference is found and named."""

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tinygrad_edu.app.compare import comparison
from tinygrad_edu.app.compare import page as page_of
from tinygrad_edu.app.compare import text as text_of
from tinygrad_edu.app.compare.both_sides import Start

from .compare_scripts import ON_TORCH, TRAINING, with_line
from .parsed_page import parsed

ROOT = Path(__file__).parents[1]


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
