"""PyTorch's own samples of each op, and its own wrong calls, on both sides; see `opinfo`."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest
import torch
from hypothesis import settings

import tinygrad_edu

from . import opinfo
from .cases import DTYPES
from .devices import Device
from .judge import Tally, count_deviation
from .opinfo.__main__ import absent, text
from .opinfo.calls import CALLS, wrapped
from .opinfo.database import database, listed, wrong_samples
from .opinfo.deviations import DEVIATIONS, Deviation, deviation_of
from .opinfo.samples import FORMS, Sample, chosen, given_by, judge_sample, leaves, reason_left_out
from .opinfo.table import TABLE
from .opinfo.unsupported import REASONS, UNSUPPORTED
from .scoreboard.board import comparing
from .seeds import Seed

NEEDS_EXPECTTEST = pytest.mark.skipif(
    importlib.util.find_spec("expecttest") is None,
    reason="PyTorch's samples need expecttest, which is not installed; the extra `dev` has it",
)
pytestmark = [
    # Samples provoke warnings on purpose; of which there are on both sides, see test_warnings.py.
    pytest.mark.filterwarnings("ignore"),
    NEEDS_EXPECTTEST,
]

#: That of which the table is written, and the deviations are listed.
IS_2_13 = torch.__version__.startswith("2.13.")
OTHER_VERSION = f"the table is that of PyTorch 2.13, and this is {torch.__version__}"

OPS = [pytest.param(op, code, id=f"{op.id}-{code}") for op in TABLE for code in op.codes.split(",")]


def judge_all(samples: Iterable[Sample]) -> None:
    """Judge all, and then raise for those that differ from PyTorch without a written reason."""
    run, faults, met = [], [], set()
    for sample in samples:
        if reason_left_out(given_by(sample)):
            Tally.left_out += 1
            continue
        run.append(sample)
        try:
            judge_sample(sample)
        except AssertionError as error:
            deviation = deviation_of(sample, str(error.__cause__))
            if deviation is None:
                faults.append(str(error))
            else:
                met.add(deviation)
                count_deviation()
    assert not faults, f"{len(faults)} of {len(run)} samples; the first: {faults[0]}"
    passing = [d for d in DEVIATIONS if d not in met and any(map(d.covers, run))]
    # The list is that of PyTorch 2.13 on the CPU, and of the numbers that are drawn without --seed.
    listed_for_others = not IS_2_13 or Seed.number is not None or Device.current is not None
    assert not passing or listed_for_others, f"an entry that is not needed any more: {passing[0]}"


@pytest.mark.on_device
@pytest.mark.parametrize(("op", "code"), OPS)
def test_samples(op, code, request):
    if op.id not in database() or DTYPES[code] not in database()[op.id].dtypes:
        assert not IS_2_13
        pytest.skip(f"no samples of {op.id} in {DTYPES[code]}: {OTHER_VERSION}")
    count = request.config.getoption("--examples")
    judge_all(sample for form in FORMS for sample in chosen(op.id, code, form, count))


@pytest.mark.parametrize("op", TABLE, ids=lambda op: op.id)
def test_wrong_calls(op):
    """Where PyTorch raises, the engine raises an exception of the same type."""
    if op.id not in database():
        assert not IS_2_13
        pytest.skip(f"no {op.id}: {OTHER_VERSION}")
    judge_all(Sample(op.id, "any", "error", i) for i in range(len(wrong_samples(op.id))))


@pytest.mark.skipif(not IS_2_13, reason=OTHER_VERSION)
def test_the_table_is_what_is_installed():
    """After a change: ``python -m parity_tests.opinfo --write``."""
    assert listed() == TABLE
    assert Path(opinfo.table.__file__).read_text() == text()


@pytest.mark.parametrize("reason", REASONS)
def test_what_is_not_supported_counts_as_not_passed(reason):
    missing = {*absent()}
    for op in REASONS[reason].split():
        assert op in missing or op not in database()
        with pytest.raises(AssertionError), comparing(op):
            raise AssertionError(reason)
        Tally.cases += 1
        count_deviation()


@pytest.mark.skipif(not IS_2_13, reason=OTHER_VERSION)
def test_what_is_not_supported_has_a_reason():
    assert sorted(UNSUPPORTED) == sorted(absent())


def test_every_entry_of_the_list_names_what_is_run():
    ids = {op.id: op.codes.split(",") for op in TABLE}
    for deviation in DEVIATIONS:
        for op in deviation.ops.split():
            assert op in ids
            assert {*deviation.codes.split()} <= {*ids[op], "any"}, deviation


def test_a_fault_is_found_and_can_be_replayed(monkeypatch):
    right = CALLS["T"]
    wrong = lambda lib, x: right(lib, x) + (lib is tinygrad_edu)  # noqa: E731
    monkeypatch.setitem(CALLS, "T", wrong)
    with pytest.raises(AssertionError, match=r"--case T/opinfo/f64/given/\d+"):
        judge_all(chosen("T", "f64", "given", 2))


def test_an_entry_that_is_not_needed_is_found(monkeypatch):
    needless = Deviation("T", "f64", ("result 0",), "none")
    monkeypatch.setattr(Seed, "number", None)
    monkeypatch.setattr(sys.modules[__name__], "DEVIATIONS", (needless,))
    monkeypatch.setattr(sys.modules[__name__], "IS_2_13", True)
    with pytest.raises(AssertionError, match="an entry that is not needed"):
        judge_all(chosen("T", "f64", "given", 2))


def test_an_entry_about_rounding_excuses_no_more_than_that(monkeypatch):
    right = CALLS.get("igamma", wrapped("igamma"))
    wrong = lambda lib, *given: right(lib, *given) * (1 + 1e-12 * (lib is tinygrad_edu))  # noqa: E731
    monkeypatch.setitem(CALLS, "igamma", wrong)
    with pytest.raises(AssertionError, match=r"result 0: off by .* eps\)"):
        judge_all(chosen("igamma", "f64", "given", None))


def test_ids_name_samples():
    sample = Sample("add", "f64", "noncontig", 3)
    assert sample.id == "add/opinfo/f64/noncontig/3"
    assert Sample.parse(sample.id) == sample
    tensors = [leaf for leaf in leaves(given_by(sample).args) if isinstance(leaf, torch.Tensor)]
    assert tensors and not any(t.is_contiguous() for t in tensors if t.numel() > 1)


def test_the_hypothesis_profile_is_still_ours(request):
    database()
    assert settings.get_current_profile_name() == "parity"
    assert settings.default.max_examples == (request.config.getoption("--examples") or 25)
