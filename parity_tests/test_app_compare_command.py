"""tinygrad-edu compare: the command, and the page that it writes."""

import subprocess
import sys
from importlib.machinery import PathFinder
from pathlib import Path

import pytest

from tinygrad_edu import __main__ as command
from tinygrad_edu.app.compare import both_sides, comparison
from tinygrad_edu.app.compare import page as page_of
from tinygrad_edu.app.compare import text as text_of

from .compare_scripts import ON_TORCH, TRAINING, with_line
from .parsed_page import parsed

ROOT = Path(__file__).parents[1]

# The page -----------------------------------------------------------------------------------------


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
    assert command.main(["compare", "--timeout", "2", str(path)]) == 1
    assert "tinygrad_edu was not done after 2 s" in capsys.readouterr().out


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
