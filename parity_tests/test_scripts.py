"""Scripts of the kinds that learners have, run with PyTorch and with tinygrad_edu: all that they
print is the same, how they end, and every loss, gradient and update on the way.

What is held against each other, and how much rounding may add up to, is that of
``tinygrad-edu compare``.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from .judge import count_case
from .recorded import Recorders
from .servers import Servers
from .versions import as_printed

pytestmark = pytest.mark.skipif(
    not hasattr(os, "fork"), reason="a process cannot be copied on this system"
)

SCRIPTS = sorted((Path(__file__).parent / "scripts").glob("*.py"))


@pytest.fixture
def recorders(servers: Servers) -> Recorders:
    """Both libraries."""
    return Recorders(servers, as_printed)


def warned(errors: str) -> list[str]:
    """The warnings among what stands in stderr, without the places in files."""
    return re.findall(r"^\S+:\d+: (\w+Warning: .*)$", errors, re.M)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_it_does_what_it_does_with_pytorch(script: Path, recorders: Recorders) -> None:
    count_case()
    result = recorders.compare(script)
    assert result.theirs.code == 0, result.theirs.stderr
    assert result.passed, "\n".join([*result.faults, result.ours.stderr])
    assert result.stdout is None  # not even by rounding
    assert warned(result.ours.stderr) == warned(result.theirs.stderr)


def test_there_are_thirty() -> None:
    assert len(SCRIPTS) >= 30 and all(len(path.read_text()) > 1000 for path in SCRIPTS)


def test_most_of_them_take_steps(recorders: Recorders) -> None:
    """What is compared is more than what is printed."""
    result = recorders.compare(SCRIPTS[6])
    assert len(result.differences.events) > 100
