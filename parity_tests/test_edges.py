"""Every row of the table of edges, on both sides; see `edges`."""

from __future__ import annotations

import pytest
import torch

import tinygrad_edu

from .devices import Device
from .edges.deviations import DEVIATIONS, deviation_of
from .edges.edge import KINDS, N, T, edge, wrong
from .edges.judging import CASES, call_of, codes_of, judge_edge, judge_row
from .edges.table import FAMILIES, ROWS
from .judge import count_deviation
from .opinfo.calls import found

#: Rows provoke warnings on purpose; of which there are on both sides, see test_warnings.py. What
#: NumPy warns of is an error, as everywhere.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")

#: That for which the deviations are listed, on the CPU.
IS_2_13 = torch.__version__.startswith("2.13.")

IDS = [
    pytest.param(case_id, marks=row.since.skip if row.since else (), id=case_id)
    for case_id, (row, _) in CASES.items()
]


def judge_unless_written(case_id):
    """Raise if a row differs from PyTorch without a written reason, or has one and passes, or is
    not what is written there either."""
    deviation = deviation_of(case_id)
    try:
        judge_edge(case_id)
    except AssertionError as error:
        if deviation is None or deviation.words not in str(error):
            raise
        if deviation.instead is not None:
            judge_edge(case_id, deviation.instead)
        count_deviation()
    else:
        listed_for_others = not IS_2_13 or Device.current is not None
        assert deviation is None or listed_for_others, f"not needed any more: {deviation}"


@pytest.mark.on_device
@pytest.mark.parametrize("case_id", IDS)
def test_edge(case_id):
    judge_unless_written(case_id)


def test_the_table_is_what_it_should_be():
    """Each kind has a meaning and rows; each entry of the list names rows; no row stands twice."""
    assert {row.kind for row in ROWS} == KINDS.keys()
    assert len(ROWS) >= 600
    for listed in (name for deviation in DEVIATIONS for name in deviation.ids.split()):
        assert any(deviation_of(i) for i in {listed, listed.replace("*", "f64")} & CASES.keys())
    told = [repr(row._replace(kind="")) for row in ROWS]
    assert not {text for text in told if told.count(text) > 1}


@pytest.mark.parametrize("family", FAMILIES)
def test_every_op_is_in_both_libraries(family):
    for row in FAMILIES[family]:
        assert found(tinygrad_edu, row.op) or row.op in ("T", "mT"), row.op
        if not (row.since and row.since.missing):
            assert found(torch, row.op) or row.op in ("T", "mT"), row.op


@pytest.mark.parametrize(
    ("right", "fault"),
    [
        (edge("amax", "tie", T([1.0, 1.0, 0.0])), lambda y: y * 1.001),
        (edge("amax", "tie", T([1.0, 1.0, 0.0])), lambda y: y.detach()),
        (edge("neg", "signed-zero", T([0.0, 1.0])), lambda y: y + 0.0),
        (edge("reshape", "empty", N(0, 3), (3, 0)), lambda y: y.double().unsqueeze(0)),
        (edge("sort", "nan", N(3)), lambda y: (y.indices, y.values)),
        (wrong("max", "empty", N(0)), lambda y: y),
        (edge("max", "0-d", T(1.0)), lambda y: y.item()),
    ],
)
def test_a_fault_is_found_and_can_be_replayed(monkeypatch, right, fault):
    """Of value, gradient, sign of zero, shape, order, error or kind: what is done to our result."""
    judge_row(right, "f32", "right")

    def call(library, *arguments, **options):
        function = found(library, right.op)
        if right.wrong and library is tinygrad_edu:
            return fault(None)
        result = function(*arguments, **options)
        return fault(result) if library is tinygrad_edu else result

    monkeypatch.setattr("parity_tests.edges.judging.call_of", lambda name: call)
    with pytest.raises(AssertionError, match="--case some/edges/id") as caught:
        judge_row(right, "f32", "some/edges/id")
    assert right.op in str(caught.value)


def test_a_row_must_say_whether_pytorch_raises():
    with pytest.raises(AssertionError, match="PyTorch raises"):
        judge_row(edge("max", "empty", N(0)), "f64", "id")
    with pytest.raises(AssertionError, match="PyTorch does not raise"):
        judge_row(wrong("max", "empty", N(1)), "f64", "id")


def test_an_entry_that_is_not_needed_is_found(monkeypatch):
    case_id = "abs/edges/f64/kink/0"
    judge_unless_written(case_id)
    entry = DEVIATIONS[0]._replace(ids=case_id)
    monkeypatch.setattr("parity_tests.test_edges.deviation_of", lambda _: entry)
    monkeypatch.setattr("parity_tests.test_edges.IS_2_13", True)
    with pytest.raises(AssertionError, match="not needed any more"):
        judge_unless_written(case_id)


@pytest.mark.skipif(not IS_2_13, reason="the deviations are listed for PyTorch 2.13")
@pytest.mark.parametrize(
    "case_id",
    ["ldexp/edges/f64/mixed/0", "linalg.det/edges/f32/singular/0", "cumprod/edges/f64/nan/0"],
)
def test_an_entry_excuses_one_answer_and_no_other(monkeypatch, case_id):
    """Here all gradients are half as large, and the entry's words are in the message."""
    right = call_of(CASES[case_id][0].op)

    def call(library, *arguments, **options):
        result = right(library, *arguments, **options)
        wrong = result - 0.5 * (result - result.detach()).nan_to_num()
        return wrong if library is tinygrad_edu else result

    monkeypatch.setattr("parity_tests.edges.judging.call_of", lambda name: call)
    with pytest.raises(AssertionError, match=deviation_of(case_id).words):
        judge_edge(case_id)
    with pytest.raises(AssertionError, match="held against the `instead`"):
        judge_unless_written(case_id)


def test_ids_name_rows_and_dtypes():
    row, code = CASES["abs/edges/f32/kink/0"]
    assert (row.op, row.kind, code) == ("abs", "kink", "f32")
    assert codes_of(edge("abs", "mixed", T([1.0], "f16"))) == ("own",)
    assert codes_of(edge("add", "mixed", T([1.0], "f16"), N(2))) == ("f64", "f32")
