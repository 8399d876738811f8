"""What all tests share: the Hypothesis profile, the options, and the count."""

from __future__ import annotations

import functools
import gc
import inspect
import os
import random
import secrets
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from textwrap import dedent
from types import CodeType, SimpleNamespace
from typing import Any

import hypothesis.control
import hypothesis.core
import hypothesis.strategies._internal.core
import numpy as np
import pytest
import torch
import torch.backends.opt_einsum
from _pytest.runner import runtestprotocol
from hypothesis import HealthCheck, settings
from hypothesis.internal import reflection
from threadpoolctl import threadpool_limits

import tinygrad_edu
from parity_tests.case_ids import refuse_unless_a_case
from parity_tests.devices import Device, device_name, reason_of, use_cuda
from parity_tests.judge import Tally
from parity_tests.opinfo.samples import FEW
from parity_tests.recorded import Recorders
from parity_tests.replay import Replay
from parity_tests.scoreboard.plugin import Scoreboard, about
from parity_tests.seeds import Seed
from parity_tests.servers import Servers
from parity_tests.versions import BUILT_FOR_GPUS, DIFFERENCES
from tinygrad_edu.app.compare.comparison import Comparison

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
    settings.register_profile(
        "parity",
        max_examples=examples or EXAMPLES,
        derandomize=examples is None and seed is None,
        database=None,
        deadline=None,
        print_blob=True,
        suppress_health_check=[HealthCheck.too_slow],
    )
    settings.load_profile("parity")
    read_sources_once()
    seed_once_a_test()
    if seed is not None:
        if seed < 0:
            raise pytest.UsageError(f"--seed {seed}: less than 0")
        Seed.number, config.option.hypothesis_seed = seed, str(seed)
    elif examples is not None and config.option.hypothesis_seed is None:
        of_all = getattr(config, "workerinput", {}).get("hypothesis_seed")  # workers share it
        config.option.hypothesis_seed = of_all or str(secrets.randbelow(10**6))
    drawn_by = "seed" if examples is None or seed is not None else "hypothesis-seed"
    Replay.options = given(config, "seed", "device")
    Replay.of_tests = given(config, drawn_by, "examples", "device")
    # The tests themselves are what runs in parallel, and NumPy's threads would wait for each other.
    torch.set_num_threads(1)
    threadpool_limits(1, user_api="blas")
    # PyTorch is compared as it is on a CPU and by itself, whatever else a machine has: with a GPU
    # it pins memory, and with opt_einsum it multiplies in another order and raises other errors.
    if config.getoption("--device") == "cuda":
        use_cuda()
    else:
        os.environ["CUDA_VISIBLE_DEVICES"] = ""
        seed_without_stacks()
    torch.backends.opt_einsum.enabled = False
    config.addinivalue_line("markers", "on_device: honours --device, see devices.py")
    keep_a_scoreboard(config)
    if config.getoption("--case") is not None:
        refuse_unless_a_case(config.getoption("--case"))
        config.args[:] = [REPLAY]  # whatever files were named


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """A worker of pytest-xdist, which gets the same command line, draws by the same seed."""
    node.workerinput["hypothesis_seed"] = node.config.option.hypothesis_seed


def read_sources_once() -> None:
    """Let Hypothesis, which chooses a test's cases by its source, read that once.

    It is the same for all parameters of the test, and to find its end, and what is a comment, takes
    longer than some tests.
    """
    if hasattr(reflection, "_clean_source"):  # a name of Hypothesis's own
        reflection._clean_source = functools.cache(reflection._clean_source)

    @functools.cache
    def source(file: str, code: CodeType) -> str:
        return inspect.getsource(code)

    def getsource(function: Any) -> str:
        code = getattr(inspect.unwrap(function), "__code__", None)
        return source(code.co_filename, code) if code else inspect.getsource(function)

    if hasattr(reflection, "inspect"):
        reflection.inspect = SimpleNamespace(**vars(inspect) | {"getsource": getsource})


def seed_once_a_test() -> None:
    """Let Hypothesis not seed Python's and NumPy's own streams anew for each example.

    Nor look, for each draw, whether somebody drew from them. It takes a fifth of the time of an
    example, and none draws from them; if one did, `pytest_runtest_setup` has seeded them.
    """
    for module in (hypothesis.core, hypothesis.control, hypothesis.strategies._internal.core):
        for name in ("deterministic_PRNG", "deprecate_random_in_strategy"):  # Hypothesis's own
            if hasattr(module, name):
                setattr(module, name, lambda *_: nullcontext())


def seed_without_stacks() -> None:
    """Let PyTorch, when it is seeded, not write down from where.

    For each kind of device that may be met later it formats the whole stack, which under pytest
    takes longer than most of what is compared; and here no such device is ever met.
    """
    for kind in (torch.cuda, torch.xpu, torch.mtia):
        if hasattr(kind, "traceback"):  # a name of PyTorch's own
            vars(kind)["traceback"] = SimpleNamespace(format_stack=list)


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


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With ``--case`` only the replay runs, and without it everything else."""
    replaying = config.getoption("--case") is not None
    chosen: list[pytest.Item] = []
    others: list[pytest.Item] = []
    for item in items:
        wanted = item.name.startswith("test_replay") == replaying
        (chosen if wanted else others).append(item)
    config.hook.pytest_deselected(items=others)
    items[:] = chosen
    if Device.current is not None:
        for item in chosen:
            if not item.get_closest_marker("on_device"):
                item.add_marker(pytest.mark.skip(reason=f"{ON_CPU}{reason_of(item.path)}"))


def pytest_collection_finish() -> None:
    """Spare the garbage collector what is there from now on to the end: PyTorch, and the tests.

    To look through these two million objects takes it most of a second, each time.
    """
    gc.collect()
    gc.freeze()


@pytest.hookimpl
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    """A worker of pytest-xdist reports no set-up or tear-down that went well and took no time.

    To write and to read the report takes longer than many a test.
    """
    if not hasattr(item.config, "workerinput"):
        return None  # as pytest does it
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    for report in runtestprotocol(item, log=False, nextitem=nextitem):
        if report.when == "call" or not report.passed or report.duration > WORTH_A_REPORT:
            item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


WORTH_A_REPORT = 0.05  # seconds of set-up or tear-down


#: By test function, the Hypothesis settings it began with.
FIRST_SETTINGS: dict[Any, settings] = {}


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Give a test the settings it began with, and the streams of random numbers their seeds.

    Hypothesis wraps those of a parametrized test once more for each parameter, and after a thousand
    of these cannot reach the innermost any more. And once something was compiled, PyTorch checks
    the parameters of distributions no more.
    """
    random.seed(0)
    np.random.seed(0)
    torch.distributions.Distribution.set_default_validate_args(True)
    name = "_hypothesis_internal_use_settings"
    function = getattr(item, "obj", None)
    if hasattr(function, name):
        setattr(function, name, FIRST_SETTINGS.setdefault(function, getattr(function, name)))


#: What says whether PyTorch may take TF32 on a GPU: for matrix products, and for convolutions.
PRODUCTS = (torch.backends.cuda.matmul, torch.backends.cudnn)


@pytest.fixture(autouse=True)
def modes_are_left_as_they_were():
    """A program that leaves a mode behind would spoil the next ones."""
    before = [part.allow_tf32 for part in PRODUCTS]
    yield
    assert torch.is_grad_enabled() and tinygrad_edu.is_grad_enabled()
    assert [part.allow_tf32 for part in PRODUCTS] == before


@pytest.fixture
def tf32_may_change(modes_are_left_as_they_were):
    """For a test of what allows it: what was allowed before is so again afterwards."""
    before = [part.allow_tf32 for part in PRODUCTS]
    with torch.backends.__allow_nonbracketed_mutation():  # PyTorch's own tests forbid that
        yield
        for part, allowed in zip(PRODUCTS, before, strict=True):
            part.allow_tf32 = allowed


@pytest.fixture
def no_garbage_collector() -> Iterator[None]:
    """What it happened to free would count, or hide what only it can free.

    And what there was before, PyTorch and pytest, is not looked through for garbage.
    """
    gc.collect()
    gc.freeze()
    gc.disable()
    yield
    gc.enable()


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    """A process of either library, of which copies run scripts."""
    with Servers() as both:
        yield both


@pytest.fixture
def compared(servers: Servers, tmp_path: Path) -> Callable[..., Comparison]:
    """Compare a script, given as text, on both sides; see `Recorders.compare`."""

    def compare(text: str, *arguments: str, **options: Any) -> Comparison:
        path = tmp_path / "a script.py"
        path.write_text(dedent(text))
        return Recorders(servers).compare(path, arguments, **options)

    return compare


#: What the reason begins with for which a test is left out with ``--device cuda``.
ON_CPU = "compared on the CPU alone: "

#: What `Tally` counts, summed up over the processes.
TOTALS = dict.fromkeys(("cases", "tensors", "deviating", "left_out"), 0)

#: Of what a device has not: how many cases, by reason.
LEFT_OUT: Counter[str] = Counter()

#: Of what differs on a device alone: how many cases, by reason.
DIFFERENCES_THERE: Counter[str] = Counter()


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker of pytest-xdist reports its counts; a process on its own just has them."""
    output: dict[str, Any] = getattr(session.config, "workeroutput", TOTALS)
    for count in TOTALS:
        output[count] = TOTALS[count] + getattr(Tally, count)
    if output is TOTALS:
        LEFT_OUT.update(Tally.reasons)
        DIFFERENCES_THERE.update(Tally.differences)
    else:
        output["reasons"] = dict(Tally.reasons)
        output["differences"] = dict(Tally.differences)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """A worker of pytest-xdist has ended."""
    output = getattr(node, "workeroutput", {})  # none if it crashed
    for count in TOTALS:
        TOTALS[count] += output.get(count, 0)
    LEFT_OUT.update(output.get("reasons", {}))
    DIFFERENCES_THERE.update(output.get("differences", {}))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    if "--hypothesis-seed" in Replay.of_tests:
        terminalreporter.write_line(f"the same cases again: {' '.join(Replay.of_tests)}")
    terminalreporter.write_line(
        f"{TOTALS['cases']:,} parity cases, {TOTALS['tensors']:,} tensors compared with PyTorch"
    )
    there = ", and in gpu_differences.py" if DIFFERENCES_THERE else ""
    if TOTALS["deviating"] or TOTALS["left_out"]:
        terminalreporter.write_line(
            f"of these, {TOTALS['deviating']:,} cases not passed, for the reasons in "
            f"opinfo/unsupported.py and the deviations.py of opinfo and edges{there}; "
            f"{TOTALS['left_out']:,} samples more are left out by rule"
        )
    skipped = Counter(
        report.longrepr[2].removeprefix("Skipped: ")
        for report in terminalreporter.stats.get("skipped", ())
    )
    for reason, number in (*LEFT_OUT.most_common(), *skipped.most_common()):
        if reason in LEFT_OUT or reason.startswith(ON_CPU):
            what = "cases" if reason in LEFT_OUT else "tests"
            terminalreporter.write_line(f"left out, {number:,} {what}: {reason}")
    for reason, number in DIFFERENCES_THERE.most_common():
        terminalreporter.write_line(f"not passed on a GPU, {number:,} cases: {reason}")
    for difference in DIFFERENCES:
        if difference.missing:
            terminalreporter.write_line(f"left out, or compared otherwise, {difference}")
    if BUILT_FOR_GPUS:
        terminalreporter.write_line(
            "compared otherwise, PyTorch being built for GPUs: what torch.cuda raises without one"
        )
