"""The benchmarks measure the same work on both sides, and each runs to its end.

What a time is, no test can say: of the numbers only their form is looked at.
"""

import functools
import itertools
import platform
import re
import subprocess
import time
from types import SimpleNamespace

import numpy as np
import pytest
import torch

import tinygrad_edu
from benchmarks import (
    commands,
    conv,
    growing,
    memory,
    ops,
    peers,
    plots,
    scale,
    startup,
    texts,
    train,
    workers,
)
from benchmarks.__main__ import BENCHMARKS, BY_NAME
from benchmarks.commands import environment, to_the_end, until_line
from benchmarks.fits import Line, Stretch, steepest
from benchmarks.operations import OPERATIONS, bare, operation
from benchmarks.peers import PEERS, Peer
from benchmarks.record import Place, Record, Target
from benchmarks.report import KERNELS, about, machine
from benchmarks.timing import Effort
from benchmarks.training import CNN_8, COURSE, JOBS, step, step_by_hand
from benchmarks.workers import OURS, TORCH, Worker
from parity_tests.copied_runs import Piped

# The same work -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [COURSE, *JOBS, *texts.JOBS])
def test_both_libraries_take_the_same_steps(name):
    runs = [step(library, name) for library in (tinygrad_edu, torch)]
    if name == COURSE:
        runs.append(step_by_hand(tinygrad_edu))
    for _ in range(4):
        ours, *others = [run().item() for run in runs]
        assert others == pytest.approx([ours] * len(others), rel=1e-5)


@pytest.mark.parametrize("choice", ["foreach", "fused"])
@pytest.mark.parametrize("name", [COURSE, CNN_8])
def test_each_way_of_pytorchs_optimizer_comes_to_the_same(name, choice):
    default, other = step(torch, name), step(torch, name, choice)
    for _ in range(4):
        assert other().item() == pytest.approx(default().item(), rel=1e-5)


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_op_is_the_same_on_all_sides(name):
    for size in (10, 1000):
        forward = [operation(library, name, size, False)() for library in (tinygrad_edu, torch)]
        ours, theirs = (result.numpy() for result in forward)
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)
        if OPERATIONS[name].bare:
            by_hand = bare(None, name, size)()
            np.testing.assert_allclose(by_hand, theirs, rtol=1e-5, atol=1e-6)
            assert by_hand.dtype == np.float32
        gradients = [operation(library, name, size, True)() for library in (tinygrad_edu, torch)]
        for ours, theirs in zip(*gradients, strict=True):
            np.testing.assert_allclose(ours.numpy(), theirs.numpy(), rtol=2e-4, atol=1e-6)


def test_what_has_no_bare_form_cannot_be_measured_in_it():
    with pytest.raises(ValueError, match="erf is not measured in bare NumPy"):
        bare(None, "erf", 10)


def test_each_kind_of_growing_work_does_the_same():
    """What a step returns, a loss, is the same; what returns nothing leaves the same gradient."""
    for name in ("parameters", "batch"):
        steps = [growing.job(library, name, 100) for library in (tinygrad_edu, torch)]
        for _ in range(3):
            ours, theirs = (run().item() for run in steps)
            assert ours == pytest.approx(theirs, rel=1e-5)
    for name in ("depth", "fan-out", "joined"):
        for library in (tinygrad_edu, torch):
            assert growing.job(library, name, 10)() is None


# Each to its end ----------------------------------------------------------------------------------

SMALL = Effort(2, 0)
PLANS = {
    "train": (
        train.main,
        train.Plan((COURSE, CNN_8), (1,), SMALL, SMALL, ("--epochs", "1", "--data", "moons")),
    ),
    "ops": (ops.main, ops.Plan(("exp", "x + y", "erf", "sum(1)"), (10, 10**6), SMALL)),
    "conv": (conv.main, conv.Plan(conv.FULL.cases[:2], (1,), SMALL)),
    "scale": (scale.main, scale.Plan(10**3, SMALL)),
    "memory": (memory.main, memory.Plan((CNN_8,), 2, 20, 40)),
    "startup": (startup.main, SMALL),
    "peers": (peers.main, peers.Plan(2, SMALL)),
}
ROWS = {
    "train": [f"{COURSE} +1 ", f"{CNN_8} +1 "],
    "ops": ["exp ", "x \\+ y ", "erf ", "sum\\(1\\) "],
    "conv": ["64, 1, 28, 16, 3 +0 +1 ", "64, 1, 28, 16, 3 +0 +2 "],
    "scale": ["1,000 nodes in a chain ", "10 uses of a tensor ", "rows of a batch, a step "],
    "memory": [f"{CNN_8} "],
    "startup": ["NumPy ", "PyTorch ", "an empty program "],
    "peers": ["NumPy by hand ", "PyTorch "],
}
TARGETS = {"train": 4, "ops": 1, "conv": 1, "scale": 0, "memory": 2, "startup": 1}


@pytest.fixture
def quick_processes(monkeypatch):
    """Processes that start at once, and commands that are run only once: no time is looked at."""
    run = functools.cache(lambda command: subprocess.run(command, check=True, env=environment()))
    by_name = {
        "Popen": Piped,
        "PIPE": subprocess.PIPE,
        "run": lambda command, **options: run(tuple(command)),
    }
    for module in (workers, commands):
        monkeypatch.setattr(module, "subprocess", SimpleNamespace(**by_name))


@pytest.mark.parametrize("name", PLANS)
def test_a_benchmark_prints_its_rows_and_its_targets(name, capsys, quick_processes):
    main, plan = PLANS[name]
    record = Record({})
    main(record, plan)
    text = capsys.readouterr().out
    for row in ROWS[name]:
        assert re.search(rf"^{row}.* -?\d+\.\d+", text, re.MULTILINE), text
    assert {row.benchmark for row in record.rows} == {name}
    assert len({row.key for row in record.rows}) == len(record.rows)
    for row in record.rows:
        assert next(iter(row.values)) == OURS and list(row.values)[1:] == list(row.ratios)
        assert all(0 < s.low <= s.median <= s.high for s in (row.values | row.ratios).values())
    told = re.findall(r"^(?:met    |NOT MET) (.*): \d+\.\d{3}$", text, re.MULTILINE)
    assert told == [target.text for target in record.targets]
    assert len(told) == TARGETS.get(name, len(told))
    assert "its loss is" not in text  # which is said of a peer that computes something else


def test_each_benchmark_has_a_smallest_run_here_or_beside():
    """Those of GPUs and of several processes are in test_benchmarks_gpu."""
    assert [*PLANS, "gpu", "processes"] == list(BENCHMARKS)
    assert all(main is BENCHMARKS[name].main for name, (main, _) in PLANS.items())


def test_the_whole_fits_in_fifteen_minutes_and_a_quick_run_in_one():
    whole = [benchmark for name, benchmark in BENCHMARKS.items() if name not in BY_NAME]
    full, quick = (sum(benchmark.seconds[i] for benchmark in whole) for i in (0, 1))
    assert full <= 15 * 60 and quick <= 60


# What is made of the numbers ----------------------------------------------------------------------


def record_of(multiples, sizes=(10, 10**6, 10**7)):
    """Elementwise ops, each a multiple of bare NumPy's time, which jumps to its double at 10^7."""
    record = Record(about("a command"))
    for op, multiple in multiples.items():
        for size in sizes:
            numpy = 1e-6 + 1e-9 * size * (2 if size == 10**7 else 1)
            seconds = {OURS: 2 * [multiple * numpy], TORCH: 2 * [numpy], ops.NUMPY: 2 * [numpy]}
            place = Place("ops, some", ops.panel_of(ops.FORWARD), op, size)
            record.add("ops", ops.name_of(op, size, ops.FORWARD), 1, seconds, place=place)
    return record


def test_all_elementwise_ops_above_the_target_are_named_the_worst_first(capsys):
    record = record_of({"neg": 1.05, "exp": 1.25, "x + y": 1.5, "sum": 3.0})
    ops.say_above(record)
    first, second = capsys.readouterr().out.splitlines()
    assert first == "2 of 3 elementwise ops above 1.1x bare NumPy, 1,000,000 elements"
    assert second == "  x + y: 1.50, exp: 1.25"
    (target,) = ops.targets(record)
    assert "the worst, x + y" in target.text and target.measured == pytest.approx(1.5)


def test_an_ops_ratios_are_printed_for_the_targets_size_and_the_largest():
    rows = ops.rows_of(record_of({"exp": 1.25}), "exp", ops.FORWARD)
    last = rows[-1].ratios
    rows[-1] = rows[-1]._replace(ratios={who: last[who]._replace(median=0.5) for who in last})
    sizes = ops.compared_at(ops.FULL)
    assert sizes == [10**6, 10**7]
    cells = ops.cells("exp", rows, [OURS, TORCH, ops.NUMPY], sizes)
    assert cells[-4:] == ["1.25", "1.25", "0.50", "0.50"]


def test_it_is_told_how_far_the_largest_size_is_from_its_line():
    assert Line(3.0, 2.0).seconds(10) == 23.0
    even = ops.rows_of(record_of({"exp": 1.0}, (10, 1000, 10**6)), "exp", ops.FORWARD)
    jumps = ops.rows_of(record_of({"exp": 1.0}), "exp", ops.FORWARD)
    assert ops.off_the_lines([even], [OURS]).endswith(f": {OURS} 1.00")
    # The relative errors 1 - s and 1 - s / 2 of a slope s have the smallest squares at s = 6 / 5.
    assert ops.off_the_lines([jumps], [OURS]).endswith(f": {OURS} 1.67")


def test_a_convolutions_share_is_one_of_the_quicker_product():
    case = conv.FULL.cases[0]
    record = Record({})
    product = record.add("conv", "product", 1, {OURS: [4.0, 4.0], TORCH: [2.0, 2.0]})
    seconds = 2.0 * case.flops / (2 * conv.SIDE**3)  # at the rate of PyTorch's product
    row = record.add("conv", "it", 1, {OURS: 2 * [4 * seconds], TORCH: 2 * [seconds]})
    assert conv.share(case, conv.FORWARD, row, product) == pytest.approx(0.25)
    assert conv.share(case, conv.BOTH, row, product) == pytest.approx(0.75)


def test_a_jump_in_the_middle_of_a_growth_is_seen():
    sizes = [10, 100, 1000, 10**4, 10**5, 10**6]
    ours = [1.0, 10.0, 100.0, 2000.0, 20000.0, 200000.0]
    stretch = steepest(sizes, ours)
    assert stretch == pytest.approx(Stretch(1 + np.log10(2), 1000, 10**4))
    record = Record({})
    rows = [
        record.add("scale", str(n), 1, {OURS: [s, s], TORCH: [n, n]}, place=Place("", "", "", n))
        for n, s in zip(sizes, ours, strict=True)
    ]
    assert scale.growth_cells("nodes", rows)[:5] == [
        "nodes",
        "1.00",
        "1.30",
        "1,000 to 10,000",
        "1.00",
    ]


# Plots --------------------------------------------------------------------------------------------


def test_each_peer_has_a_look_of_its_own():
    record = Record({})
    names = [OURS, peers.NUMPY, TORCH, *PEERS]
    row = record.add("peers", COURSE, 1, {name: [1.0, 1.0] for name in names})
    assert len(set(plots.looks([row]).values())) == len(names)
    assert len({colour for colour, _ in plots.looks([row]).values()}) == len(names)
    many = record.add("peers", "many", 1, {str(i): [1.0, 1.0] for i in range(88)})
    assert len(set(plots.looks([many]).values())) == 90


def test_a_figure_says_what_was_done_on_what(tmp_path):
    figure = plots.curves("ops, some", record_of({"exp": 1.25, "neg": 1.0}).rows)
    (axes,) = figure.axes
    assert (axes.get_title(), axes.get_xlabel()) == ("forward", "elements")
    assert "1 thread each" in figure.get_suptitle()
    on = {"machine": "a machine, 2 cores", "Python": "3.11", "kernels": {"X": "1"}}
    plots.write(figure, plots.where({"command": "a command"} | on), tmp_path, "some")
    assert figure.get_supxlabel() == "a command\na machine, 2 cores, Python 3.11, X=1"


def test_what_has_no_sizes_is_drawn_with_its_targets(tmp_path):
    record = Record(about("a command"))
    rows = [
        record.add("startup", "import", 1, {OURS: [1.0, 1.2, 1.4], "NumPy": [1.0, 1.0, 1.0]}),
        record.add("startup", "import", 2, {OURS: [1.0, 1.0, 1.0], "NumPy": [1.0, 1.0, 1.0]}),
    ]
    record.targets = [
        Target("import: at most 1.5x NumPy", rows[0].ratios["NumPy"].median, 1.5),
        Target("another: at most 1.7x", rows[0].ratios["NumPy"].median, 1.7),
    ]
    one, two = plots.bars("startup", rows, record.targets).axes
    assert [axes.get_title() for axes in (one, two)] == ["1 thread each", "2 threads each"]
    at = {line.get_label(): list(line.get_xdata()) for line in one.lines}
    assert at["/ NumPy"] == [1.2] and at["target"] == [1.5]
    assert "target" not in [line.get_label() for line in two.lines]
    assert {path.name for path in plots.draw(record, tmp_path)} == {"startup.png", "startup.svg"}


@pytest.mark.parametrize("ends", [(0.9, 1.1), (0.5, 2.1), (0.16, 2.5), (0.06, 8.0), (0.0005, 5.0)])
def test_the_labels_of_a_ratios_axis_do_not_overlap(ends):
    record = Record({})
    rows = [
        record.add("train", str(threads), threads, {OURS: [end, end], TORCH: [1.0, 1.0]})
        for threads, end in enumerate(ends, 1)
    ]
    figure = plots.bars("train", rows, [])
    figure.draw_without_rendering()
    labels = figure.axes[0].get_xticklabels(which="both")
    boxes = [label.get_window_extent() for label in labels if label.get_text()]
    assert boxes and all(a.x1 < b.x0 for a, b in itertools.pairwise(boxes))


# Processes ----------------------------------------------------------------------------------------


def test_a_worker_that_ends_says_so():
    with Worker("no_such_library", 1) as worker, pytest.raises(RuntimeError, match="exit code 1"):
        worker.seconds(1)


def test_a_worker_tells_what_its_job_returned():
    with Worker("tinygrad_edu", 1) as worker:
        worker.prepare("benchmarks.training", "step", COURSE)
        run = step(tinygrad_edu, COURSE)
        assert worker.value(3) == [run().item() for _ in range(3)][-1]
        assert worker.seconds(1) > 0


def test_a_command_is_timed_until_its_line_or_its_end():
    """The clock stops at the line: what the command waits for behind it does not count."""
    arguments = ["-c", "import time; print('The Word'); time.sleep(1)"]
    assert to_the_end("it", arguments).seconds(1) > 1
    start = time.perf_counter()
    seconds = until_line("it", arguments, "word").seconds(1)
    assert 0 < seconds < time.perf_counter() - start - 0.5


def test_a_command_without_that_line_is_told():
    with pytest.raises(RuntimeError, match="printed no line with 'word'"):
        until_line("it", ["-c", "print('another')"], "word").seconds(1)


def test_it_says_what_keeps_a_library_from_its_best_kernels(monkeypatch):
    for name in KERNELS:
        monkeypatch.delenv(name, raising=False)
    assert machine().endswith(platform.machine())
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Haswell")
    assert machine().endswith(f"{platform.machine()}, OPENBLAS_CORETYPE=Haswell")


# Peers --------------------------------------------------------------------------------------------


def test_a_peer_that_is_not_there_is_left_out_with_a_reason():
    assert peers.why_not(Peer("no_such_module", "its-name")) == "its-name is not installed"
    absent = "it needs no_such_program, which is not installed"
    assert peers.why_not(Peer("json", "json", "no_such_program")) == absent
    assert peers.why_not(Peer("json", "json")) == ""


def test_a_peer_that_computes_something_else_is_left_out(capsys):
    class Told:
        def __init__(self, loss):
            self.loss = loss

        def value(self, steps):
            return self.loss

    found = {OURS: Told(0.5), "near": Told(0.50001), "far": Told(0.51)}
    assert list(peers.agreeing(found, 3)) == [OURS, "near"]
    assert "far is left out: after 3 steps its loss is 0.51, not 0.5\n" in capsys.readouterr().out
