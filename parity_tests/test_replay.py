"""``--case ID`` judges one case again; an id that names no case is refused in one sentence."""

import itertools
from types import SimpleNamespace

import pytest
from hypothesis import strategies as st

from .case_ids import NO_CASE, fault_of_id, judge_again
from .cases import cases, edge_cases
from .conftest import REPLAY, keep_a_scoreboard
from .copied_runs import ROOT, run_pytest
from .edges.judging import CASES
from .examples import drawn
from .judge import Tally
from .ops import ROWS
from .steps import seeded
from .test_opinfo import IS_2_13, OTHER_VERSION

#: As in test_ops.py.
pytestmark = pytest.mark.filterwarnings("ignore:.*degrees of freedom is <= 0:UserWarning")

ATAN = "atan/f64/3/contiguous,contiguous/g/normal/0/{}"


@pytest.mark.on_device
def test_replay(request):
    judge_again(request.config.getoption("--case"))


@pytest.fixture
def counts(monkeypatch):
    """What is judged in here is not counted for the suite."""
    for name in ("cases", "tensors", "others", "left_out"):
        monkeypatch.setattr(Tally, name, getattr(Tally, name))


# Ids ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("row", ROWS)
@drawn(3)
def test_an_id_that_is_drawn_is_one(row, data):
    kinds = (None, ("nonfinite",), ("ties", "extreme"))
    case = data.draw(cases(row, ("f32",), data=data.draw(st.sampled_from(kinds)) or ()))
    assert fault_of_id(case.id) is None
    for case in itertools.islice(edge_cases(row, "f64"), 40):
        assert fault_of_id(case.id) is None


@pytest.mark.parametrize(
    "case_id",
    [
        "add/opinfo/f64/noncontig/3",
        "narrow/opinfo/any/error/0",
        "script/123",
        "script/" + "\n".join(seeded(4)),
        "mul/f32,i64/3,3/contiguous,sliced,contiguous/gg/normal/0/{}",
        ATAN,
        *itertools.islice(CASES, 3),
    ],
)
def test_a_right_id_is_judged(case_id, counts):
    assert fault_of_id(case_id) is None
    judge_again(case_id)


@pytest.mark.parametrize(
    ("case_id", "words"),
    [
        ("", NO_CASE),
        ("nonsense", NO_CASE),
        ("atan/f64/3", NO_CASE),
        ("nope/f64/3/contiguous,contiguous/g/normal/0/{}", NO_CASE),
        (ATAN.replace("f64", "f65"), "'f65' is not one dtype"),
        (ATAN.replace("f64", "f64,f32"), "'f64,f32' is not one dtype"),
        (ATAN.replace("/3/", "/3x/"), "'3x' are not the shapes"),
        (ATAN.replace("/3/", "/3,3/"), "'3,3' are not the shapes"),
        (ATAN.replace("/3/", "/same/"), "'same' are not the shapes"),
        (ATAN.replace("contiguous,", "nolayout,"), "is not a layout for each argument"),
        (ATAN.replace("contiguous,", ""), "is not a layout for each argument"),
        (ATAN.replace("/g/", "/x/"), "'x' is not g or -"),
        (ATAN.replace("/g/", "/gg/"), "'gg' is not g or -"),
        (ATAN.replace("normal", "nonsense"), "'nonsense' is no kind of numbers"),
        (ATAN.replace("normal", "vector99"), "'vector99' is no kind of numbers"),
        (ATAN.replace("normal", "grid"), "'grid' is no kind of numbers"),
        (ATAN.replace("/0/", "/-1/"), "the seed '-1' is not a number"),
        (ATAN.replace("{}", "{"), "are not its other arguments"),
        (ATAN.replace("{}", "[]"), "are not its other arguments"),
        *(
            (ATAN.replace("{}", text), f"{text!r} are not its other arguments, in a dict")
            for text in ("nope", "{1: 2}", "{'a': 1 / 0}", "{'a': 2.0**9999}", "{'a': ()[0]}")
        ),
        ("abs/edges/f64/kink/999", NO_CASE),
        ("abs/edges/f64", NO_CASE),
        ("nope/opinfo/f64/given/0", NO_CASE),
        ("add/opinfo/f64", NO_CASE),
        ("add/opinfo/f64/given/0/0", NO_CASE),
        ("add/opinfo/f64/noncontig/-1", "'-1' is none of the numbers of its"),
        ("add/opinfo/f64/noncontig/99999", "'99999' is none of the numbers of its"),
        ("add/opinfo/f64/noncontig/x", "'x' is none of the numbers of its"),
        ("narrow/opinfo/any/error/999", "'999' is none of the numbers of its"),
        ("add/opinfo/f64/nonsense/3", "the form 'nonsense' is none of given, noncontig"),
        ("add/opinfo/any/error/0", "there are no samples of this kind"),
        ("add/opinfo/f65/given/3", "the dtype 'f65' is none of"),
        ("add/opinfo/f64/error/0", "the dtype of a call for which PyTorch raises is `any`"),
        ("script/", "no line makes a tensor"),
        ("script/abc", "no line makes a tensor"),
        ("script/-4", "no line makes a tensor"),
        ("script/\u00b2", "is not a line of Python"),
        ("script/t1 = torch.zeros(", "is not a line of Python"),
    ],
)
def test_a_wrong_id_is_refused(case_id, words):
    assert words in fault_of_id(case_id)


@pytest.mark.parametrize(
    ("case_id", "words"),
    [
        (ATAN.replace("{}", "{'nope': 1}"), "PyTorch takes no such arguments"),
        ("script/nope(values(1, 2))", "no tensor and no error was there to judge"),
        ("script/torch.no_grad()", "no tensor and no error was there to judge"),
    ],
)
def test_what_judges_nothing_fails(case_id, words, counts):
    with pytest.raises(pytest.fail.Exception, match=words):
        judge_again(case_id)


@pytest.mark.skipif(not IS_2_13, reason=OTHER_VERSION)
@pytest.mark.parametrize(
    ("case_id", "reason"),
    [
        ("nn.functional.prelu/edges/f64/kink/0", "at 0 PyTorch's second-order derivative"),
        ("__radd__/opinfo/any/error/0", "an operator's method called unbound, on a number"),
    ],
)
def test_a_case_that_is_known_to_differ_fails_with_the_reason(case_id, reason, counts):
    with pytest.raises(pytest.fail.Exception, match=f"known to differ.*{reason}") as caught:
        judge_again(case_id)
    assert f"--case {case_id}" in str(caught.value)


# Options ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--case", "nonsense"], f"--case nonsense: {NO_CASE}; an id is OP/DTYPE/..., OP/opinfo/"),
        (["--case", "script/abc"], "--case script/abc: no line makes a tensor; an id is"),
        (["--examples", "0"], "--examples 0: less than 1"),
        (["--examples", "-5"], "--examples -5: less than 1"),
    ],
)
def test_a_wrong_option_is_one_line(options, words):
    done = run_pytest("-n", "0", *options, "parity_tests/test_ops.py")
    assert done.returncode == 4 and not done.stdout.strip()
    assert done.stderr.startswith(f"ERROR: {words}") and len(done.stderr.strip().splitlines()) == 1


def test_a_case_is_replayed_whatever_file_is_named():
    done = run_pytest("-n", "0", "parity_tests/test_edges.py", "--case", "abs/edges/f64/kink/0")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 parity cases" in done.stdout and "1 passed" in done.stdout
    assert REPLAY.startswith(str(ROOT))


def test_no_part_of_the_seeded_programs_is_empty():
    done = run_pytest(
        "-n", "0", "parity_tests/test_random_programs.py", "-k", "seeded", "--examples", "3"
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "10 parity cases" in done.stdout and "10 passed" in done.stdout


@pytest.mark.parametrize("folder", ["board.json", "board.html"])
def test_a_scoreboard_does_not_replace_a_folder(tmp_path, folder):
    (tmp_path / folder).mkdir()
    config = SimpleNamespace(getoption=lambda name: tmp_path / "board.json")
    with pytest.raises(pytest.UsageError, match=rf"{folder} is a folder"):
        keep_a_scoreboard(config)
