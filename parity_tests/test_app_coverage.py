"""``tinygrad-edu coverage script.py``: what it finds in a script's text."""

import ast
import json
import sys
import textwrap

import pytest

from tinygrad_edu.__main__ import main
from tinygrad_edu.app.scripts.names_used import uses_in

from .script_runs import run

COVERAGE = (sys.executable, "-m", "tinygrad_edu", "coverage")


def used(text):
    """PyTorch's names in a text, with their lines, and the methods."""
    found = uses_in(ast.parse(textwrap.dedent(text)))
    return {name: sorted(lines) for name, lines in found.names.items()}, {*found.methods}


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("import torch\ntorch.ones(2)", ["torch.ones"]),
        ("import torch.nn as nn\nnn.Linear", ["torch.nn", "torch.nn.Linear"]),
        ("import torch.nn\ntorch.nn.Linear", ["torch.nn", "torch.nn.Linear"]),
        ("import torch.nn\ntorch.zeros", ["torch.nn", "torch.zeros"]),
        ("from torch import nn as n\nn.functional.relu", ["torch.nn", "torch.nn.functional.relu"]),
        ("from torch.nn import Linear as L\nL(1, 2)", ["torch.nn.Linear"]),
        ("import torch as t\nnn = t.nn\nact = nn.ReLU\nact()", ["torch.nn", "torch.nn.ReLU"]),
        ("import torch\na = b = torch.relu\nb(a)", ["torch.relu"]),
        ("import torch\ntorch.float32.itemsize", ["torch.float32"]),
        ("import torch\ntorch.Tensor.add.__doc__", ["torch.Tensor.add"]),
        ("import torch\ntorch.backends.cudnn.benchmark = True", ["torch.backends.cudnn.benchmark"]),
        ("import torch\ntorch.foo.bar.baz", ["torch.foo"]),
        ("import torch\ntorch.nn.foo.bar", ["torch.nn.foo"]),
        ("import torch\nf'{torch.e}' + '{torch.pi}'", ["torch.e"]),
        ("import torch\n@torch.no_grad()\ndef f(x: torch.Tensor = torch.ones(1)) -> torch.Size: 0",
         ["torch.Size", "torch.Tensor", "torch.no_grad", "torch.ones"]),
        ("import torch\nclass N(torch.nn.Module, k=torch.e): x = torch.pi",
         ["torch.e", "torch.nn.Module", "torch.pi"]),
        ("import torch\n[torch.e for x in torch.ones(2) if torch.pi]",
         ["torch.e", "torch.ones", "torch.pi"]),
        ("import torch\nlambda x=torch.e: torch.pi", ["torch.e", "torch.pi"]),
        ("def f():\n  import torch\n  return torch.e\ndef g(): return torch.pi", ["torch.e"]),
        ("def f(): return torch.e\nimport torch", ["torch.e"]),
        ("import torch\ndef f(torch): return torch.e", []),
        ("import torch\n[torch.e for torch in x]", []),
        ("import torch.nn as nn\ndef f():\n  nn = 3\n  return nn.Linear", ["torch.nn"]),
        # The same name for two things: what is not there is taken for the other one's.
        ("import torch.utils.data as data\nfor data in data.DataLoader(x): data.to('cpu')",
         ["torch.utils.data", "torch.utils.data.DataLoader"]),
        ("import numpy as torch\ntorch.foo", []),
        ("from .torch import foo\nfrom . import torch\nfoo, torch.bar", []),
        ("import torch\ngetattr(torch, 'e'), getattr(torch, 'foo', None), hasattr(torch, 'bar')",
         ["torch.e"]),
        ("from torch import *\nones(2), print(zero_grad)", ["torch.ones", "torch.zero_grad"]),
        ("from torch.nn import *\nLinear(1, 2); x = Liner", ["torch.nn", "torch.nn.Linear",
                                                            "torch.nn.Liner"]),
        ("import torchvision.transforms as T\nT.ToTensor()", ["torchvision"]),
        ("try:\n  import torch\nexcept ImportError as torch: pass\ntorch.e", ["torch.e"]),
        ("match x:\n  case {'a': torch, **rest}: torch.e", []),
    ],
)  # fmt: skip
def test_names_are_followed_through_a_text(text, names):
    assert sorted(used(text)[0]) == names


def test_lines_are_those_of_the_text():
    assert used("import torch\ntorch.ones(1)\n\nx = (torch.zeros(1) +\n  torch.ones(1))")[0] == {
        "torch.ones": [2, 5],
        "torch.zeros": [4],
    }


@pytest.mark.parametrize(
    ("text", "methods"),
    [
        ("x.view(2).sum().item()", {"view", "sum", "item"}),
        ("import torch\ntorch.ones(2).mean().foo", {"mean"}),
        ("model.parameters(), model.train", {"parameters", "train"}),
        ("x.bfloat16(), x.to_sparse, x.share_memory()", {"bfloat16", "to_sparse", "share_memory"}),
        ("{}.values(), x.values(), x.index(1), [1].sort(), 'a'.split()", set()),
        ("import numpy as np\nnp.mean(x), np.linalg.norm", set()),
        ("self.mean, self.fc.weight.data", {"data"}),
        ("x._version, x.__class__", set()),
        ("import torch.utils.data as data\nfor data in y: data.to('cpu')", {"to"}),
    ],
)
def test_methods_of_unknown_objects_are_told_apart(text, methods):
    assert used(text)[1] == methods


SCRIPT = """\
import sys
import torch
import torch.nn as nn
sys.exit("run")
model = nn.Linaer(2, 3)
x = torch.fft.fft(torch.ones(2)).view(-1).bfloat16()
for i in range(9):
    torch.ones(1)
    torch.ones(2)
kind = {1: torch.bfloat16}
"""


def test_the_table_says_what_is_here_and_what_comes_nearest(tmp_path):
    script = tmp_path / "a script.py"
    script.write_text(SCRIPT)
    done = run(COVERAGE, script, cwd=tmp_path)
    assert (done.code, done.err) == (1, "")
    assert [" ".join(line.split()) for line in done.out.splitlines()] == [
        "torch.bfloat16 10 no, as NumPy has no such dtype",
        "torch.fft 6 no, as there are no complex numbers",
        "torch.nn 3 yes",
        "torch.nn.Linaer 5 no; the nearest is torch.nn.Linear",
        "torch.ones 6, 8, 9 yes",
        "",
        "methods and attributes of objects that are not known:",
        "bfloat16 6 on tensors: no, as NumPy has no such dtype",
        "view 6 yes",
        "",
        "2 of 5 names are here",
    ]


def test_all_of_it_is_there_as_json(tmp_path, capsys):
    script = tmp_path / "s.py"
    script.write_text(SCRIPT)
    assert main(["coverage", str(script), "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["script"], told["used"], told["missing"]) == (str(script), 5, 3)
    assert {name["name"]: name["exists"] for name in told["names"]} == {
        "torch.bfloat16": False, "torch.fft": False, "torch.nn": True, "torch.nn.Linaer": False,
        "torch.ones": True,
    }  # fmt: skip
    assert told["names"][1] == {
        "name": "torch.fft", "lines": [6], "exists": False, "nearest": None,
        "why": "there are no complex numbers",
    }  # fmt: skip
    assert told["names"][3]["nearest"] == "torch.nn.Linear"
    assert [method["name"] for method in told["methods"]] == ["bfloat16", "view"]


def test_the_exit_code_says_whether_something_is_missing(tmp_path, capsys):
    script = tmp_path / "s.py"
    for text, code in (
        ("import torch\ntorch.ones(2).bfloat16()", 0),  # which may be no tensor's
        ("print('nothing of it')", 0),
        ("import torchvision", 1),
    ):
        script.write_text(text)
        assert main(["coverage", str(script)]) == code
    assert capsys.readouterr().out.endswith("\n0 of 1 names are here\n")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"x = 1\nif x\n", ["line 2", "is not Python", "expected ':'"]),
        (b"x = '\xe9'\n", ["is not Python"]),
        (b"x = 1\0\n", ["is not Python", "null bytes"]),
        (None, ["cannot be read", "No such file"]),
    ],
)
def test_what_cannot_be_read_is_told_in_a_line(tmp_path, capsys, content, words):
    script = tmp_path / "s.py"
    if content is not None:
        script.write_bytes(content)
    assert main(["coverage", str(script)]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert err.startswith(f"tinygrad-edu: error: {str(script)!r}")
    assert all(word in err for word in words), err


def test_neither_torch_is_imported_nor_the_script_run(tmp_path):
    script = tmp_path / "s.py"
    script.write_text("import torch, no_such_module\nprint('run')\ntorch.ones(2)")
    code = (
        "import sys; from tinygrad_edu.__main__ import main\n"
        f"assert main(['coverage', {str(script)!r}]) == 0\n"
        "assert 'torch' not in sys.modules"
    )
    checker = tmp_path / "checker.py"
    checker.write_text(code)
    done = run((sys.executable,), checker, cwd=tmp_path)
    assert (done.code, done.err, "run" in done.out) == (0, "", False)
