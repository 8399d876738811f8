"""Scripts of the kinds that learners have, run with PyTorch and with tinygrad_edu: all that they
print is the same, and so is how they end.

Each runs in a process of its own. With PyTorch these are copies of one process that has imported
it, which takes longer than most of the scripts; with tinygrad_edu they are started as a user does,
by `tinygrad-edu run`.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from .judge import count_case

SCRIPTS = sorted((Path(__file__).parent / "scripts").glob("*.py"))

#: Read by a Python that has imported PyTorch: it runs each script that is named on its input, in
#: a copy of itself, and writes its exit code.
RUN_ALL = """
import os, runpy, sys, traceback
import torch, torch.nn, torch.optim, torch.utils.data, torch.distributions, torch.func
for line in sys.stdin:
    path, out, err = line.rstrip("\\n").split("\\t")
    if (child := os.fork()) == 0:
        for number, name in ((1, out), (2, err)):
            os.dup2(os.open(name, os.O_WRONLY | os.O_CREAT), number)
        code = 0
        sys.argv, sys.path[0] = [path], os.path.dirname(path)
        try:
            runpy.run_path(path, run_name="__main__")
        except SystemExit as leaving:
            code = int(leaving.code or 0)
        except BaseException:
            traceback.print_exc()
            code = 1
        sys.stdout.flush()
        os._exit(code)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


class Outcome(NamedTuple):
    """How a script ended, and what it printed."""

    code: int
    output: str
    warnings: list[str]


def said(errors: str) -> list[str]:
    """The warnings among what stands in stderr, without the places in files."""
    return re.findall(r"^\S+:\d+: (\w+Warning: .*)$", errors, re.M)


@pytest.fixture(scope="module")
def pytorch() -> Iterator[subprocess.Popen[str]]:
    """A process that runs scripts with PyTorch."""
    with subprocess.Popen(
        [sys.executable, "-c", RUN_ALL],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment(),
    ) as process:  # fmt: skip
        yield process


def environment() -> dict[str, str]:
    """One thread on both sides, so that sums are made in one order; and this checkout's library."""
    root = str(Path(__file__).parents[1])
    return {**os.environ, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": "", "PYTHONPATH": root}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="a process cannot be copied on this system")
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_it_prints_what_it_prints_with_pytorch(
    script: Path, pytorch: subprocess.Popen[str], tmp_path: Path
) -> None:
    count_case()
    out, err = tmp_path / "out", tmp_path / "err"
    assert pytorch.stdin is not None and pytorch.stdout is not None
    print(script, out, err, sep="\t", file=pytorch.stdin, flush=True)
    code = int(pytorch.stdout.readline())
    theirs = Outcome(code, out.read_text(), said(err.read_text()))
    run = subprocess.run(
        [sys.executable, "-m", "tinygrad_edu", "run", str(script)],
        capture_output=True, text=True, env=environment(),
    )  # fmt: skip
    ours = Outcome(run.returncode, run.stdout, said(run.stderr))
    assert theirs.code == 0, err.read_text()
    assert ours == theirs, run.stderr


def test_there_are_thirty() -> None:
    assert len(SCRIPTS) >= 30 and all(len(path.read_text()) > 1000 for path in SCRIPTS)
