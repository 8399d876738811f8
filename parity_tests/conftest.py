"""What all tests share: the Hypothesis profile, ``--case`` and ``--examples``, and the count."""

from __future__ import annotations

import os
from typing import Any

import pytest
import torch
import torch.backends.opt_einsum
from hypothesis import HealthCheck, settings

import tinygrad_edu
from parity_tests.judge import Tally
from parity_tests.opinfo.samples import FEW
from parity_tests.versions import DIFFERENCES

EXAMPLES = 25  # drawn per op, dtype and kind of test


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--case", help="replay the one case with this id, and nothing else")
    parser.addoption(
        "--examples",
        type=int,
        help=f"random cases per test (default: {EXAMPLES}, always the same), and samples of each "
        f"op of PyTorch's op_db in each dtype and form (default: {FEW}; 1500 for all)",
    )


def pytest_configure(config: pytest.Config) -> None:
    examples = config.getoption("--examples")
    settings.register_profile(
        "parity",
        max_examples=examples or EXAMPLES,
        derandomize=examples is None,
        database=None,
        deadline=None,
        print_blob=True,
        suppress_health_check=[HealthCheck.too_slow],
    )
    settings.load_profile("parity")
    torch.set_num_threads(1)  # the tests themselves are what runs in parallel
    # PyTorch is compared as it is on a CPU and by itself, whatever else a machine has: with a GPU
    # it pins memory, and with opt_einsum it multiplies in another order and raises other errors.
    os.environ["CUDA_VISIBLE_DEVICES"] = ""
    torch.backends.opt_einsum.enabled = False


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With ``--case`` only the replay runs, and without it everything else."""
    replaying = config.getoption("--case") is not None
    chosen = [item for item in items if item.name.startswith("test_replay") == replaying]
    config.hook.pytest_deselected(items=[item for item in items if item not in chosen])
    items[:] = chosen


#: By test function, the Hypothesis settings it began with.
FIRST_SETTINGS: dict[Any, settings] = {}


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Give a parametrized test the settings it began with. Hypothesis wraps them once more for each
    parameter, and after a thousand of these cannot reach the innermost any more."""
    name = "_hypothesis_internal_use_settings"
    function = getattr(item, "obj", None)
    if hasattr(function, name):
        setattr(function, name, FIRST_SETTINGS.setdefault(function, getattr(function, name)))


@pytest.fixture(autouse=True)
def recording_goes_on_afterwards():
    """A program that leaves a mode behind would spoil the next ones."""
    yield
    assert torch.is_grad_enabled() and tinygrad_edu.is_grad_enabled()


#: What `Tally` counts, summed up over the processes.
TOTALS = dict.fromkeys(("cases", "tensors", "deviating", "left_out"), 0)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker of pytest-xdist reports its counts; a process on its own just has them."""
    output: dict[str, int] = getattr(session.config, "workeroutput", TOTALS)
    for name in TOTALS:
        output[name] = TOTALS[name] + getattr(Tally, name)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """A worker of pytest-xdist has ended."""
    output = getattr(node, "workeroutput", {})  # none if it crashed
    for name in TOTALS:
        TOTALS[name] += output.get(name, 0)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    terminalreporter.write_line(
        f"{TOTALS['cases']:,} parity cases, {TOTALS['tensors']:,} tensors compared with PyTorch"
    )
    if TOTALS["deviating"] or TOTALS["left_out"]:
        terminalreporter.write_line(
            f"of these, {TOTALS['deviating']:,} cases not passed, for the reasons in the "
            f"deviations.py of opinfo and edges; {TOTALS['left_out']:,} samples more are left out "
            "by rule"
        )
    for difference in DIFFERENCES:
        if difference.missing:
            terminalreporter.write_line(f"left out, or compared otherwise, {difference}")
