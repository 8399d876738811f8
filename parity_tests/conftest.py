"""What the suite is told on the command line, and how the end of a run tells what it did.

With pytest-xdist one process hands out the tests and others run them. The first needs no PyTorch,
nor anything else that takes long to load, unless an option asks for it; what the others need stands
in `each_process`.
"""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any

import pytest

from parity_tests.opinfo import FEW
from parity_tests.replay import Replay
from parity_tests.seeds import Seed
from parity_tests.totals import ON_CPU, TOTALS, add, told

pytest.register_assert_rewrite("parity_tests.each_process")

EXAMPLES = 25  # drawn per op, dtype and kind of test

#: What runs with ``--case``.
REPLAY = f"{Path(__file__).with_name('test_replay.py')}::test_replay"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--case", help="replay the one case with this id, and nothing else")
    parser.addoption(
        "--examples",
        type=int,
        help=f"random cases per test (default: {EXAMPLES}, always the same; with this option and "
        "without --seed others at each run, by a --hypothesis-seed that the end of the run tells), "
        f"and samples of each op of PyTorch's op_db in each dtype and form (default: {FEW}; 1500 "
        "for all)",
    )
    parser.addoption(
        "--seed",
        type=int,
        metavar="N",
        help="draw other cases, the same for each N (N >= 0): of Hypothesis's examples, the seeded "
        "random programs, PyTorch's samples of op_db and the order in which they are chosen, and "
        "the numbers of layers, losses, optimizers and upstream gradients. Not what a test file "
        "draws by itself, nor the seeds in a case's id. Without it all draws are always the same",
    )
    parser.addoption(
        "--device",
        choices=("cpu", "cuda"),
        help="where PyTorch computes (default: cpu). With cuda, without TF32, what runs is the "
        "table of ops, PyTorch's samples of op_db, the edges, and the layers that test files run "
        "by compare_module, or that have the mark on_device; all other tests are about the CPU and "
        "are left out, as are random numbers, and calls that raise, whose errors are the CPU's; "
        "what PyTorch is known to compute otherwise there is not passed, see gpu_differences.py",
    )
    parser.addoption(
        "--scoreboard",
        type=Path,
        metavar="FILE.json",
        help="write how many comparisons of each op, dtype, layout and kind passed, and the "
        "largest errors, to FILE.json, and as a page to look at to FILE.html",
    )


@pytest.hookimpl(tryfirst=True)  # before Hypothesis reads its option
def pytest_configure(config: pytest.Config) -> None:
    examples, seed = config.getoption("--examples"), config.getoption("--seed")
    if examples is not None and examples < 1:
        raise pytest.UsageError(f"--examples {examples}: less than 1")
    if seed is not None:
        if seed < 0:
            raise pytest.UsageError(f"--seed {seed}: less than 0")
        Seed.number, config.option.hypothesis_seed = seed, str(seed)
    elif examples is not None and config.option.hypothesis_seed is None:
        of_all = getattr(config, "workerinput", {}).get("hypothesis_seed")  # workers share it
        config.option.hypothesis_seed = of_all or str(secrets.randbelow(10**6))
    Seed.drawn = config.option.hypothesis_seed or ""
    drawn_by = "seed" if examples is None or seed is not None else "hypothesis-seed"
    Replay.options = given(config, "seed", "device")
    Replay.of_tests = given(config, drawn_by, "examples", "device")
    config.addinivalue_line("markers", "on_device: honours --device, see devices.py")
    if config.getoption("--device") == "cuda":
        from parity_tests.devices import use_cuda

        use_cuda()  # or it is said here that there is none
    keep_a_scoreboard(config)
    if not hands_out(config):
        from parity_tests import each_process

        each_process.begin(examples or EXAMPLES, derandomize=examples is None and seed is None)
        config.pluginmanager.register(each_process)
    if config.getoption("--case") is not None:
        from parity_tests.case_ids import refuse_unless_a_case

        refuse_unless_a_case(config.getoption("--case"))
        config.args[:] = [REPLAY]  # whatever files were named


def hands_out(config: pytest.Config) -> bool:
    """Whether this process hands out the tests to others, as pytest-xdist's first one does."""
    distributed = config.getoption("dist", "no") != "no" and config.getoption("tx", None)
    is_worker, collects = hasattr(config, "workerinput"), config.getoption("collectonly")
    return bool(distributed) and not is_worker and not collects


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """A worker of pytest-xdist, which gets the same command line, draws by the same seed."""
    node.workerinput["hypothesis_seed"] = node.config.option.hypothesis_seed


def keep_a_scoreboard(config: pytest.Config) -> None:
    """With ``--scoreboard``, take down every comparison."""
    path = config.getoption("--scoreboard")
    if path is None:
        return
    if path.suffix != ".json" or not path.absolute().parent.is_dir():
        raise pytest.UsageError(f"--scoreboard {path}: not a .json file in a folder that exists")
    for written in (path, path.with_suffix(".html")):
        if written.is_dir():
            raise pytest.UsageError(f"--scoreboard {path}: {written} is a folder")
    from parity_tests.devices import device_name
    from parity_tests.scoreboard.plugin import Scoreboard, about

    options = " ".join(given(config, "seed", "device", "examples", "case"))
    config.pluginmanager.register(
        Scoreboard(path.absolute(), about(device_name(), options), TOTALS)
    )


def given(config: pytest.Config, *names: str) -> tuple[str, ...]:
    """Those of these options that were given, as one writes them."""
    values = {f"--{name}": config.getoption(f"--{name}") for name in names}
    return tuple(
        word for name, value in values.items() if value is not None for word in (name, str(value))
    )


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """A worker of pytest-xdist has ended; if it crashed, without a word."""
    if "compared" in getattr(node, "workeroutput", {}):
        add(node.workeroutput["compared"])


def pytest_terminal_summary(terminalreporter: Any) -> None:
    if "--hypothesis-seed" in Replay.of_tests:
        terminalreporter.write_line(f"the same cases again: {' '.join(Replay.of_tests)}")
    skipped = [
        report.longrepr[2].removeprefix("Skipped: ")
        for report in terminalreporter.stats.get("skipped", ())
    ]
    for line in told([reason for reason in skipped if reason.startswith(ON_CPU)]):
        terminalreporter.write_line(line)
