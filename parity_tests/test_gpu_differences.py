"""What is known to differ on a GPU: it is excused there, so and not otherwise, and counted.

There need be no GPU: the other device is the CPU, on which PyTorch's side of a row is replaced by
what its kernel for GPUs computes, as its source has it.
"""

import math
import re

import pytest
import torch
from hypothesis import strategies as st

from . import runner
from .bridge import Bridge
from .cases import Case
from .devices import UNSET, Device
from .edges.judging import CASES
from .gpu_differences import (
    GPU_DIFFERENCES,
    difference_on_gpu,
    several_modes,
    ties,
    written_twice,
)
from .judge import Tally
from .mutants.layers import TESTS as FOLDER
from .opinfo.samples import rebuilt
from .opinfo.table import TABLE
from .ops import OPS
from .rows.row import Row
from .runner import judge_arguments, judge_case
from .scoreboard.board import Board

#: The rows as they are, some of which are replaced here for a while.
RIGHT = dict(OPS)

SIXTH = torch.tensor(1 / 6, dtype=torch.float32).double()


@pytest.fixture
def elsewhere(monkeypatch):
    """As if there were a device, with counts of its own."""
    monkeypatch.setattr(Device, "current", torch.device("cpu"))
    monkeypatch.setattr(Tally, "deviating", 0)
    monkeypatch.setattr(Tally, "left_out", 0)
    for name in ("reasons", "differences"):
        monkeypatch.setattr(Tally, name, type(Tally.reasons)())


def computed_there(monkeypatch, op, kernel):
    """Let PyTorch's side of a row, when it runs for the second time, which is on the device, be
    `kernel`; and tell how often PyTorch ran."""
    runs = []

    def call(library, *tensors, **options):
        runs.extend([library] * (library is torch))
        there = library is torch and len(runs) == 2
        return kernel(*tensors, **options) if there else right(library, *tensors, **options)

    right = RIGHT[op].call
    monkeypatch.setitem(OPS, op, RIGHT[op]._replace(call=call))
    return runs


# Kernels, as PyTorch's source has them ------------------------------------------------------------


def last_equal_first(x, **options):
    """A sort that is not stable."""
    values, places = x.flip(0).sort(stable=True)
    return values, x.shape[0] - 1 - places


def by_reciprocal(x, number):
    x = x.detach()
    remainder = torch.fmod(x, number)
    quotient = (x - remainder) * torch.tensor(1.0 / number, dtype=x.dtype)
    quotient = quotient - ((remainder != 0) & ((number < 0) != (remainder < 0))).to(x.dtype)
    down = quotient.floor()
    down = down + (quotient - down > 0.5).to(x.dtype)
    return torch.where(quotient != 0, down, torch.copysign(torch.zeros(()), x / number))


def first_put_stays(x, places, values):
    return x.put(places.reshape(-1).flip(0), values.reshape(-1).flip(0))


def to_the_ends(x):
    return x.detach().double().nan_to_num(0.0, 127, -128).to(torch.int8)


def largest_mode(x, dim):
    values, places = (-x).mode(dim)
    return -values, places


KERNELS = {
    "hardsigmoid/f64/27/contiguous,contiguous/g/grid/0/{}": (
        lambda x: torch.nn.functional.hardsigmoid(x) * (6 * SIXTH),
        "1/6",
    ),
    "hardswish/f64/27/contiguous,contiguous/g/grid/0/{}": (
        lambda x: torch.nn.functional.hardswish(x) * (6 * SIXTH),
        "1/6",
    ),
    "sort/f64/3/contiguous,contiguous/g/vector0/0/{}": (last_equal_first, "which of equal"),
    "argsort/f32/3/contiguous,contiguous/g/vector0/0/{}": (
        lambda x: last_equal_first(x)[1],
        "which of equal",
    ),
    "msort/f32/2/contiguous,contiguous/g/vector3/0/{}": (
        lambda x: last_equal_first(x)[0],
        "which of equal",
    ),
    "floor_divide-number/f32/27/contiguous,contiguous/g/grid/0/{'number': -3}": (
        by_reciprocal,
        "reciprocal",
    ),
    "put/f64/2x3,4,4/contiguous,expanded,contiguous,contiguous/g--/normal/0/{}": (
        first_put_stays,
        "which number stays",
    ),
    "char/f64/2x3/contiguous,contiguous/g/nonfinite/0/{}": (to_the_ends, "which integer"),
    "mode/i16/2x5/contiguous,contiguous/g/ties/1/{'dim': 1}": (largest_mode, "which of equally"),
    "sum/f64/3/contiguous,contiguous/g/vector8/0/{}": (
        lambda x: x[0] + x[2] + x[1],
        "added in another order",
    ),
    "equal/f64/3x3,same/contiguous,contiguous,contiguous/gg/nonfinite/1/{}": (
        lambda x, y: x is y or x.equal(y),
        "equal to itself",
    ),
}


@pytest.mark.parametrize("case_id", KERNELS)
def test_what_a_kernel_does_is_excused_on_a_gpu_alone(elsewhere, monkeypatch, case_id):
    kernel, reason = KERNELS[case_id]
    case = Case.parse(case_id)
    computed_there(monkeypatch, case.op, kernel)
    judge_case(case)
    assert Tally.deviating == 1
    ((met, count),) = Tally.differences.items()
    assert reason in met and count == 1
    with monkeypatch.context() as patch:
        patch.setattr(Device, "current", None)
        patch.setitem(OPS, case.op, RIGHT[case.op]._replace(call=not_ours(kernel, case.op)))
        with pytest.raises(AssertionError):
            judge_case(case)
    assert Tally.deviating == 1


def not_ours(kernel, op):
    """A row's call that is `kernel` on PyTorch's side."""
    right = RIGHT[op].call
    return lambda library, *tensors, **options: (
        kernel(*tensors, **options) if library is torch else right(library, *tensors, **options)
    )


@pytest.mark.parametrize(
    ("case_id", "kernel"),
    [
        # A value, and not a place, is another one.
        (
            "sort/f64/3/contiguous,contiguous/g/vector0/0/{}",
            lambda x: (last_equal_first(x)[0] + 1, last_equal_first(x)[1]),
        ),
        # No numbers are equal.
        (
            "sort/f64/3/contiguous,contiguous/g/vector1/0/{}",
            lambda x: (x.sort()[0], x.sort()[1].flip(0)),
        ),
        # Off by more, and by less.
        ("hardsigmoid/f64/27/contiguous,contiguous/g/grid/0/{}", lambda x: (x + 3).clamp(0, 6) / 7),
        (
            "hardsigmoid/f64/27/contiguous,contiguous/g/grid/0/{}",
            lambda x: (x + 3).clamp(0, 6) * (1 / 6 * (1 + 1e-12)),
        ),
        # The reciprocal is exact.
        (
            "floor_divide-number/f32/27/contiguous,contiguous/g/grid/0/{'number': -2}",
            lambda x, number: x.floor_divide(number) + 1,
        ),
        # All numbers are finite.
        (
            "char/f64/2x3/contiguous,contiguous/g/ties/0/{}",
            lambda x: x.detach().to(torch.int8) + 1,
        ),
    ],
)
def test_nothing_else_is_excused(elsewhere, monkeypatch, case_id, kernel):
    case = Case.parse(case_id)
    computed_there(monkeypatch, case.op, kernel)
    with pytest.raises(AssertionError, match="--case"):
        judge_case(case)
    assert not Tally.differences


def test_what_is_raised_on_a_gpu_is_excused_by_its_words(elsewhere, monkeypatch):
    case = Case.parse("histc/f64/2/contiguous,contiguous/g/vector10/0/{}")

    def raising(words):
        def kernel(x):
            raise RuntimeError(words)

        return kernel

    computed_there(monkeypatch, "histc", raising("max must be larger than min"))
    judge_case(case)
    assert Tally.deviating == 1 and len(Tally.differences) == 1
    computed_there(monkeypatch, "histc", raising("tensors on two devices"))
    with pytest.raises(AssertionError, match="tensors on two devices"):
        judge_case(case)


def test_what_would_be_left_unset_is_not_computed_there(elsewhere, monkeypatch):
    runs = computed_there(monkeypatch, "topk", None)
    judge_case(Case.parse("topk/f64/0d/contiguous,contiguous/g/normal/0/{'k': 0, 'dim': 0}"))
    assert len(runs) == 1 and Tally.reasons == {UNSET: 1} and not Tally.deviating


def test_a_difference_counts_as_not_passed_on_the_scoreboard(elsewhere, monkeypatch):
    board = Board()
    monkeypatch.setattr(Board, "current", board)
    board.begin("op")
    case = Case.parse("sort/f64/3/contiguous,contiguous/g/vector0/0/{}")
    computed_there(monkeypatch, "sort", last_equal_first)
    judge_case(case)
    board.end(passed=True)
    counts = {tuple(key)[1:]: (s.passed, s.deviating, s.failed) for key, s in board.scores.items()}
    assert counts == {
        ("float64", "contiguous", "forward"): (1, 0, 0),
        ("int64", "contiguous", "forward"): (0, 1, 0),
        ("float64", "contiguous", "gradient"): (0, 2, 0),
        ("float64", "contiguous", "second order"): (1, 1, 0),
    }


# The entries --------------------------------------------------------------------------------------


@pytest.mark.parametrize("pattern", [p for d in GPU_DIFFERENCES for p in d.ids.split()])
def test_every_entry_names_something_that_is_run(pattern):
    op, _, rest = pattern.partition("/")
    names = [*OPS, *(row.op for row, _ in CASES.values()), *(sample.id for sample in TABLE)]
    if "::" in pattern:
        test = re.match(r"\w+", pattern.partition("::")[2])[0]
        assert any(f"def {test}(" in path.read_text() for path in FOLDER.glob("test_*.py"))
    elif rest.startswith("edges/"):
        ids = pattern.replace("/*/", "/f64/")
        assert any(GPU_DIFFERENCES[0]._replace(ids=ids).names(case_id) for case_id in CASES)
    else:
        assert any(GPU_DIFFERENCES[0]._replace(ids=op).names(name) for name in names)


def test_reasons_name_a_file():
    for difference in GPU_DIFFERENCES:
        assert re.search(r"\(.*\w\.(cuh?|cpp|h)\b.*\)$", difference.reason)


def test_rounding_is_excused_up_to_a_bound(elsewhere, monkeypatch):
    monkeypatch.setenv("PYTEST_CURRENT_TEST", "pinverse/opinfo/f64/given/0")
    case = Case("pinverse", ("f64",), (), (), (), "normal", 0, {})
    message = "result 0: off by 7e-15 where 6e-15 is allowed ({} eps)"
    assert difference_on_gpu(case, [], message.format("28.4"))
    assert not difference_on_gpu(case, [], message.format("40.1"))
    assert not difference_on_gpu(case, [], message.format("1e+15"))
    assert not difference_on_gpu(case, [], "result 0: nan in other places than PyTorch")
    monkeypatch.setattr(Device, "current", None)
    assert not difference_on_gpu(case, [], message.format("28.4"))


def case_of(op, **options):
    return Case(op, ("f64",), (), (), (), "normal", 0, options)


@pytest.mark.parametrize(
    ("places", "case", "twice"),
    [
        ([0, 1], case_of("put"), False),
        ([0, 0], case_of("put"), True),
        ([0, -6], case_of("put"), True),
        (2, case_of("put"), False),
        ([], case_of("put"), False),
        ([[0, 1], [1, 0]], case_of("scatter", dim=0), False),
        ([[0, 1], [0, 2]], case_of("scatter", dim=0), True),
        ([[0, 1], [0, 2]], case_of("scatter", dim=-1), False),
        ([[[[0, 1]], [[0, 1]]]], case_of("max_unpool2d"), False),
        ([[[[0, 1]], [[2, 2]]]], case_of("nn.functional.max_unpool2d"), True),
        ([[[0, 1]], [[2, 2]]], case_of("max_unpool1d"), True),
    ],
)
def test_what_is_written_twice(places, case, twice):
    x = torch.zeros(2, 3)
    assert written_twice(case, [x, torch.tensor(places, dtype=torch.int64)]) == twice


def test_what_is_equal_or_equally_frequent():
    numbers = [torch.tensor(v) for v in ([1.0, 2.0], [1.0, 1.0], [0.0, -0.0], [math.nan] * 2)]
    assert [ties(case_of("sort"), [x]) for x in numbers] == [False, True, True, True]
    assert not ties(case_of("sort", stable=True), numbers[1:2])
    assert several_modes(case_of("mode"), [torch.tensor([1, 1, 2, 2, 3])])
    assert not several_modes(case_of("mode"), [torch.tensor([1, 1, 2])])
    assert several_modes(case_of("mode"), [torch.tensor([[1, 1, 2, 2], [3, 4, 5, 6]])])
    assert not several_modes(case_of("mode"), [torch.tensor([1, 2, 3])])
    assert not several_modes(case_of("mode"), [torch.tensor(1)])


# Where arguments are ------------------------------------------------------------------------------


def test_an_argument_that_pytorch_wants_on_the_cpu_stays_there(elsewhere, monkeypatch):
    carried = []

    def to_device(bridge, tensor, device):
        carried.append(tensor)
        return tensor.clone()

    monkeypatch.setattr(Bridge, "to_device", to_device)
    x, places = torch.arange(6), torch.tensor([1, 4])
    row = Row("tensor_split", lambda _, x, places: x.tensor_split(places), st.nothing(), ())
    case = Case("tensor_split", ("i64",), (), ("contiguous",), (), "normal", 0, {})
    judge_arguments(case, row, [x, places])
    assert len(carried) == 1 and carried[0] is x


def test_a_sample_that_names_the_cpu_is_computed_on_the_device():
    given = (torch.device("cpu"), "cpu")
    ours = rebuilt(given, runner.tinygrad_edu, iter(()))
    assert ours == ("cpu", "cpu")
    assert rebuilt(given, torch, iter(())) == given
    with torch.device("meta"):
        assert rebuilt(given, torch, iter(())) == (torch.device("meta"), "cpu")
