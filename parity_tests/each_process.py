"""What each process needs that runs tests: a plugin, which `conftest` registers there.

The Hypothesis profile, threads and random streams as the suite wants them, what pytest and others
would do too often, the fixtures that all tests share, and the count of what was compared.
"""

from __future__ import annotations

import functools
import gc
import inspect
import os
import random
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from textwrap import dedent
from types import CodeType, SimpleNamespace
from typing import Any

import hypothesis.control
import hypothesis.core
import hypothesis.internal.conjecture.providers
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
from parity_tests.devices import Device, reason_of
from parity_tests.judge import Tally
from parity_tests.recorded import Recorders
from parity_tests.servers import Servers
from parity_tests.totals import ON_CPU, TOTALS, add
from parity_tests.versions import BUILT_FOR_GPUS, DIFFERENCES
from tinygrad_edu.app.compare.comparison import Comparison

# As a process begins ------------------------------------------------------------------------------


def begin(examples: int, derandomize: bool) -> None:
    """Let Hypothesis draw so many examples, always the same ones or not; and PyTorch be as it is
    on a CPU and by itself."""
    settings.register_profile(
        "parity",
        max_examples=examples,
        derandomize=derandomize,
        database=None,
        deadline=None,
        print_blob=True,
        suppress_health_check=[HealthCheck.too_slow],
    )
    settings.load_profile("parity")
    read_sources_once()
    seed_once_a_test()
    draw_no_local_constants()
    # The tests themselves are what runs in parallel, and NumPy's threads would wait for each other.
    torch.set_num_threads(1)
    threadpool_limits(1, user_api="blas")
    # Whatever else a machine has: with a GPU PyTorch pins memory, and with opt_einsum it multiplies
    # in another order and raises other errors.
    if Device.current is None:
        os.environ["CUDA_VISIBLE_DEVICES"] = ""
        seed_without_stacks()
    torch.backends.opt_einsum.enabled = False
    MODES[:] = modes()


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


def draw_no_local_constants() -> None:
    """Let Hypothesis draw no constants that it finds in the modules which happen to be loaded.

    Those differ by which tests ran before in the process, so the same cases would not be drawn each
    time; and to parse all of this suite for them takes a process seconds.
    """
    providers = hypothesis.internal.conjecture.providers
    if hasattr(providers, "_get_local_constants"):  # a name of Hypothesis's own
        none = providers._local_constants
        providers._get_local_constants = lambda: none


def seed_without_stacks() -> None:
    """Let PyTorch, when it is seeded, not write down from where.

    For each kind of device that may be met later it formats the whole stack, which under pytest
    takes longer than most of what is compared; and here no such device is ever met.
    """
    for kind in (torch.cuda, torch.xpu, torch.mtia):
        if hasattr(kind, "traceback"):  # a name of PyTorch's own
            vars(kind)["traceback"] = SimpleNamespace(format_stack=list)


# As pytest goes on --------------------------------------------------------------------------------


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


WORTH_A_REPORT = 0.05  # seconds of set-up or tear-down


def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    """A worker of pytest-xdist reports no set-up or tear-down that went well and took no time.

    To write and to read the report takes longer than many a test.
    """
    if not hasattr(item.config, "workerinput"):
        return None  # as pytest does it
    if item.config.option.verbose > 0:
        item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    for report in runtestprotocol(item, log=False, nextitem=nextitem):
        if report.when == "call" or not report.passed or report.duration > WORTH_A_REPORT:
            item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


#: What says whether PyTorch may take TF32 on a GPU: for matrix products, and for convolutions.
PRODUCTS = (torch.backends.cuda.matmul, torch.backends.cudnn)


def modes() -> list[bool]:
    """What a program that leaves it behind would spoil the next ones with."""
    recording = [torch.is_grad_enabled(), tinygrad_edu.is_grad_enabled()]
    return recording + [part.allow_tf32 for part in PRODUCTS]


#: What it was before the test that runs.
MODES: list[bool] = []

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
    MODES[:] = modes()
    name = "_hypothesis_internal_use_settings"
    function = getattr(item, "obj", None)
    if hasattr(function, name):
        setattr(function, name, FIRST_SETTINGS.setdefault(function, getattr(function, name)))


@pytest.hookimpl(trylast=True)  # when the fixtures have put back what they changed
def pytest_runtest_teardown(item: pytest.Item) -> None:
    """Raise if a test has left a mode behind; a quicker thing than a fixture for all."""
    assert modes() == MODES, f"{item.name} leaves the modes {modes()}, which were {MODES}"


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker of pytest-xdist reports what was compared; a process on its own just has it."""
    remarks = [
        f"left out, or compared otherwise, {difference}"
        for difference in DIFFERENCES
        if difference.missing
    ]
    if BUILT_FOR_GPUS:
        remarks.append(
            "compared otherwise, PyTorch being built for GPUs: what torch.cuda raises without one"
        )
    compared = {count: getattr(Tally, count) for count in TOTALS} | {
        "reasons": dict(Tally.reasons),
        "differences": dict(Tally.differences),
        "remarks": remarks,
    }
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["compared"] = compared
    else:
        add(compared)


# Fixtures -----------------------------------------------------------------------------------------


@pytest.fixture
def tf32_may_change():
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
