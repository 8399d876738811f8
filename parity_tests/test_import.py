"""The engine needs NumPy and the standard library, and nothing else; so does a plain ``train``."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

BLOCKED = ("torch", "sklearn", "scipy", "rich", "matplotlib", "safetensors", "pandas", "hypothesis")

SCRIPT = f"""
import sys

class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {BLOCKED}:
            raise ModuleNotFoundError(f"{{name}} is blocked", name=name)

sys.meta_path.insert(0, Blocker())
before = set(sys.modules)
import tinygrad_edu
"""


def run(code):
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", SCRIPT + code],
        capture_output=True, text=True, cwd=ROOT, timeout=120,
    )  # fmt: skip


def test_imports_with_everything_else_absent_and_trains():
    result = run(
        """
x = tinygrad_edu.tensor([[1.0, 2.0]])
w = tinygrad_edu.zeros(2, 1, requires_grad=True)
((x @ w - 1) ** 2).sum().backward()
print(w.grad.tolist())
"""
    )
    assert result.stderr == ""
    assert result.stdout == "[[-2.0], [-4.0]]\n"


def test_imports_only_numpy_and_the_standard_library():
    result = run(
        """
for part in (*tinygrad_edu.MODULES, "save", "dropout", "asarray"):
    getattr(tinygrad_edu, part)
loaded = {name.split(".")[0] for name in set(sys.modules) - before}
print(*sorted(loaded - set(sys.stdlib_module_names)))
"""
    )
    assert result.stderr == ""
    # NumPy's linear algebra brings modules of its own along, whose names depend on the build.
    foreign = [n for n in result.stdout.split() if not n.startswith(("numpy", "_", "mkl"))]
    assert foreign == ["tinygrad_edu"]


def test_parts_are_imported_when_they_are_asked_for():
    result = run(
        """
parts = [f"tinygrad_edu.{name}" for name in ("nn", "optim", "utils", "checkpoint")]
print(*(part in sys.modules for part in parts))
tinygrad_edu.dropout, tinygrad_edu.optim.SGD, tinygrad_edu.utils.data, tinygrad_edu.load
print(*(part in sys.modules for part in parts), "dropout" in vars(tinygrad_edu))
"""
    )
    assert result.stderr == ""
    assert result.stdout == "False False False False\nTrue True True True True\n"


def run_command(*arguments):
    """What ``python -m tinygrad_edu`` does with these arguments and everything else absent."""
    return run(
        f"""
import runpy
sys.argv[1:] = {list(arguments)}
runpy.run_module("tinygrad_edu", run_name="__main__", alter_sys=True)
"""
    )


def test_the_main_job_runs():
    result = run_command("train", "--epochs", "2")
    assert (result.returncode, result.stderr) == (0, "")
    lines = result.stdout.splitlines()
    assert lines[0] == "SimpleClassifier("
    assert [line.partition(":")[0] for line in lines[-2:]] == ["Epoch [2/2], Loss", "Test Accuracy"]


@pytest.mark.parametrize(
    ("arguments", "package", "extra"),
    [
        (["--plot", "run.png"], "matplotlib", "app"),
        (["--save", "w.safetensors"], "safetensors", "app"),
        (["--check"], "torch", "torch"),
    ],
)
def test_an_option_says_how_to_install_what_it_needs(arguments, package, extra):
    result = run_command("train", *arguments)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr == (
        f"tinygrad-edu: error: {arguments[0]} needs {package}, which is not installed: "
        f'pip install "tinygrad_edu[{extra}]"\n'
    )


def test_blocking_works():
    result = run("import torch")
    assert "torch is blocked" in result.stderr
