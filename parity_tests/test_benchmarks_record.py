"""What the benchmarks write and read: the command line, JSON, plots, comparisons and targets."""

import json
import math
import re
import runpy
import shutil
import subprocess
import sys

import pytest

from benchmarks import __main__ as program
from benchmarks import against, plots, report, train
from benchmarks.__main__ import BENCHMARKS, Benchmark
from benchmarks.fits import exponent, line
from benchmarks.record import FILE, Place, Record, Target, read
from benchmarks.report import commit, line_of, quartiles, table
from benchmarks.texts import LSTM
from benchmarks.timing import Spread
from benchmarks.training import COURSE
from benchmarks.workers import OURS, TORCH
from tinygrad_edu.version import package_version


def record(scale=1.0, machine=1.0):
    """Three rows, two of them with a place, and a target of each kind.

    Ours takes `scale` times as long, and on this machine everything `machine` times.
    """
    found = Record({"command": "python -m benchmarks small", "Python": "3"})
    ours, theirs = [1.0, 1.1, 1.2], [2.0, 2.2, 2.4]
    seconds = {OURS: [machine * scale * s for s in ours], TORCH: [machine * s for s in theirs]}
    found.add("small", "a job", 1, seconds)
    for size in (10, 100):
        place = Place("small, a family", "forward", "exp", size)
        seconds = {OURS: [machine * scale * size] * 2, TORCH: [machine * 2.0 * size] * 2}
        found.add("small", f"exp, {size}", 1, seconds, place=place)
    found.targets = [Target("a thing", 0.5, 1.0), Target("another", 1.25, 1.0)]
    return found


# Files --------------------------------------------------------------------------------------------


def test_what_is_written_is_what_is_read(tmp_path):
    written = record()
    written.write(tmp_path / FILE)
    again = read(tmp_path / FILE)
    assert again.about == written.about
    assert again.rows == written.rows
    assert again.targets == written.targets
    content = json.loads((tmp_path / FILE).read_text())
    assert [target["met"] for target in content["targets"]] == [True, False]
    assert content["rows"][0]["values"][OURS] == pytest.approx([1.05, 1.1, 1.15])
    assert content["rows"][0]["ratios"][TORCH] == pytest.approx([0.5, 0.5, 0.5])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        *[(text, "it is not one that `--out` wrote") for text in ("{}", "[]", "1", '"about"')],
        ('{"about": {}, "rows": [{}], "targets": []}', "it is not one that `--out` wrote"),
        *[(text, "it is not JSON: ") for text in ("no", "", "{", "\x89PNG")],
    ],
)
def test_another_file_is_told(tmp_path, text, told):
    path = tmp_path / "other.json"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(ValueError, match=f"^{told}"):
        read(path)


def put(content, value, *keys):
    """The content of a file with another value in one of its places."""
    *path, last = keys
    place = content
    for key in path:
        place = place[key]
    place[last] = value
    return content


WRONG = [
    *[(["about"], value) for value in ([], None, "text")],
    *[(["rows", 1], value) for value in ([], None, "text")],
    *[(["rows", 0, "values"], value) for value in ([], {}, None, {OURS: 1.0})],
    *[(["rows", 0, "ratios"], value) for value in ([], None)],
    *[(["rows", 0, "threads"], value) for value in ([1], "1")],
    *[(["rows", 0, "unit"], value) for value in ([], "minutes")],
    *[(["rows", 0, "name"], value) for value in ([], None)],
    *[(["rows", 0, "values", OURS], value) for value in ([], [1.0, 1.0], "123", 1.0)],
    *[(["rows", 0, "values", TORCH, 0], value) for value in ("1.1", None)],
    *[
        (["rows", 0, kind, TORCH, 1], value)
        for kind in ("values", "ratios")
        for value in (0, 0.0, -1.0, "1.1", None, math.nan, math.inf)
    ],
]


@pytest.mark.parametrize(("keys", "value"), WRONG, ids=str)
def test_a_file_with_something_else_in_it_is_told_before_anything_is_measured(
    keys, value, small, tmp_path, capsys
):
    path = tmp_path / FILE
    record().write(path)
    path.write_text(json.dumps(put(json.loads(path.read_text()), value, *keys)))
    assert program.main(["--against", str(path)]) == 2
    out, err = capsys.readouterr()
    assert out == "" and small == []
    assert err.startswith(f"python -m benchmarks: error: --against {str(path)!r} cannot be read: ")
    assert len(err.splitlines()) == 1


def test_each_plot_is_written_in_both_forms(tmp_path):
    written = plots.draw(record(), tmp_path)
    names = {"small_a_family.png", "small_a_family.svg", "small.png", "small.svg"}
    assert {path.name for path in written} == names
    for path in written:
        begin = path.read_bytes()[:200]
        assert begin.startswith(b"\x89PNG") if path.suffix == ".png" else b"<?xml" in begin


# Where the numbers come from ----------------------------------------------------------------------


def git(folder, *words):
    identity = ["-c", "user.name=A Learner", "-c", "user.email=learner@example.com"]
    subprocess.run(["git", *identity, *words], cwd=folder, check=True, capture_output=True)


def test_the_commit_is_told_and_whether_files_are_as_they_are_there(tmp_path):
    (tmp_path / "file").write_text("one")
    assert commit(tmp_path) == ""
    if shutil.which("git") is None:
        (tmp_path / ".git").mkdir()
        assert commit(tmp_path) == ""
        return
    git(tmp_path, "init")
    assert commit(tmp_path) == ""  # there is none yet
    git(tmp_path, "add", "file")
    git(tmp_path, "commit", "-m", "One file")
    git(tmp_path, "tag", "-a", "-m", "a name", "v1")
    found = commit(tmp_path)
    assert re.fullmatch("[0-9a-f]{7,}", found)
    (tmp_path / "file").write_text("two")
    assert commit(tmp_path) == f"{found}+"
    (tmp_path / "inside").mkdir()
    assert commit(tmp_path / "inside") == ""  # it is another checkout's


@pytest.mark.parametrize("script", [None, "exit 128", "echo 'not a repository' >&2; exit 1"])
def test_without_git_no_commit_is_told(script, tmp_path, monkeypatch, capfd):
    (tmp_path / ".git").touch()
    if script:
        (tmp_path / "git").write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / "git").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert commit(tmp_path) == ""
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(("found", "told"), [("abc1234+", " (abc1234+)"), ("", "")])
def test_a_record_tells_which_version_was_measured(found, told, monkeypatch):
    monkeypatch.setattr(report, "commit", lambda folder: found)
    about = report.about("a command")
    assert (about["command"], about["commit"]) == ("a command", found)
    assert about["tinygrad_edu"] == package_version
    assert report.machine().startswith(f"tinygrad_edu {package_version}{told}, Python ")


# Comparison ---------------------------------------------------------------------------------------


def test_a_run_beside_itself_has_not_changed(capsys):
    against.main(record(), record())
    text = capsys.readouterr().out
    assert "small: a job" in text and "0 of 3 rows: more\n0 of 3 rows: less\n" in text
    assert ";" not in text.partition("are apart")[2]  # nor is the command told, or the version


@pytest.mark.parametrize(("scale", "word"), [(2.0, "more"), (0.5, "less"), (1.01, "more")])
def test_what_is_beyond_the_spread_is_marked(scale, word):
    first, *_ = against.changes(record(scale), record())
    assert first.ours == pytest.approx(scale)
    assert first.others == pytest.approx(1.0)
    assert first.relative == pytest.approx(scale)
    assert first.beyond == word
    assert against.cells(first)[-4:] == [f"{scale:.2f}", "1.00", f"{scale:.2f}", word]


@pytest.mark.parametrize("machine", [0.5, 3.0])
@pytest.mark.parametrize(("scale", "word"), [(1.0, ""), (2.0, "more"), (0.5, "less")])
def test_what_the_machine_did_to_all_is_no_change(machine, scale, word):
    changes = against.changes(record(scale, machine), record())
    for change in changes:
        assert change.ours == pytest.approx(machine * scale)
        assert change.others == pytest.approx(machine)
        assert change.relative == pytest.approx(scale)
        assert change.beyond == word
    assert len(changes) == 3


def one_row(ours, **others):
    found = Record({})
    found.add("small", "a job", 1, {OURS: ours, **others})
    return found


def word(now, before):
    (found,) = against.changes(now, before)
    return found.beyond


def test_a_change_is_one_against_each_of_the_others():
    before = one_row([1.0, 1.0], one=[1.0, 1.0], other=[1.0, 1.0])
    assert word(one_row([2.0, 2.0], one=[1.0, 1.0], other=[1.0, 1.0]), before) == "more"
    assert word(one_row([2.0, 2.0], one=[1.0, 1.0], other=[2.0, 2.0]), before) == ""
    assert word(one_row([2.0, 2.0], one=[1.0, 1.0], other=[3.0, 3.0]), before) == ""
    spread = one_row([1.0, 1.5], one=[1.0, 1.0])
    assert word(one_row([1.0, 2.0], one=[1.0, 1.0]), spread) == ""  # the quartiles meet
    # Who is not in both runs has no say.
    assert word(one_row([2.0, 2.0], one=[1.0, 1.0], another=[2.0, 2.0]), before) == "more"


def test_without_others_it_is_our_own_value_that_is_compared():
    assert word(one_row([2.0, 2.0]), one_row([1.0, 1.0])) == "more"
    assert word(one_row([1.0, 2.0]), one_row([1.0, 1.5])) == ""
    (found,) = against.changes(one_row([2.0, 2.0]), one_row([1.0, 1.0], one=[1.0, 1.0]))
    assert against.cells(found)[-4:] == ["2.00", "", "2.00", "more"]


@pytest.mark.parametrize(("scale", "word"), [(1.004, ""), (0.996, ""), (1.006, "more")])
def test_what_is_printed_as_1_is_no_change(scale, word):
    """However near to each other all rounds of a run are."""
    (found,) = against.changes(
        one_row([scale] * 3, one=[1.0] * 3), one_row([1.0] * 3, one=[1.0] * 3)
    )
    assert found.beyond == word


def test_only_rows_of_both_are_compared(capsys):
    later = record()
    later.rows = later.rows[:1]
    assert [change.row.name for change in against.changes(later, record())] == ["a job"]
    later.about = {"command": "another"}
    later.rows = [later.rows[0]._replace(threads=2)]
    against.main(later, record())
    text = capsys.readouterr().out
    assert "command: another; before python -m benchmarks small\n" in text
    assert "No row is in both" in text


def test_it_is_told_in_words_what_is_not_as_it_was():
    """Of what only one run tells nothing is known of the other."""
    now = {"command": "it", "NumPy": "2.5", "kernels": {"A": "1", "C": "1"}, "system": "Linux"}
    before = {"command": "it", "NumPy": "2.4", "kernels": {"B": "1", "C": "1"}, "peers": {"D": "1"}}
    now, before = now | {"commit": "abc1234"}, before | {"commit": ""}
    assert list(against.differences(now, before)) == [
        "NumPy: 2.5; before 2.4",
        "kernels, A: 1; before none",
        "kernels, B: none; before 1",
        "commit: abc1234; before none",
    ]


def test_spreads_that_touch_are_not_apart():
    assert against.apart(Spread(1.0, 1.5, 2.0), Spread(2.0, 2.5, 3.0)) == ""
    assert against.apart(Spread(2.1, 2.5, 3.0), Spread(1.0, 1.5, 2.0)) == "more"
    assert against.apart(Spread(1.0, 1.5, 1.9), Spread(2.0, 2.5, 3.0)) == "less"


# Targets and tables -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("measured", "told"),
    [(1.0, "met     it: 1.000"), (1.0004, "NOT MET it: 1.000"), (math.nan, "NOT MET it: nan")],
)
def test_a_target_is_met_up_to_its_limit(measured, told):
    assert line_of(Target("it", measured, 1.0)) == told


def test_a_step_is_held_to_pytorchs_best_choice():
    found = Record({})
    times = {OURS: [2.0, 2.0], train.AT[0]: [4.0, 4.0], train.AT[1]: [9.0, 9.0]}
    times[train.AT[2]] = [1.0, 1.0]
    course = found.add("train", COURSE, 1, times | {train.NUMPY: [0.5, 0.5]})
    lstm = found.add("train", LSTM, 1, times)
    assert train.best(course) == train.best(lstm) == f"{TORCH}, fused"
    measured = {target.text: target.measured for target in train.targets(found.rows)}
    assert measured == {
        f"{COURSE}: at most 0.22x {TORCH} at its defaults, threads 1": 0.5,
        f"{COURSE}: at most 0.35x {TORCH} at its best setting": 2.0,
        f"{COURSE}: at most 2.0x {train.NUMPY}": 4.0,
        f"{LSTM}: at most 1.3x {TORCH}, threads 1": 2.0,
    }
    assert train.cells(lstm)[5] == "fused" and train.cells(lstm)[-1] == ""


@pytest.mark.parametrize(
    ("numbers", "told"),
    [
        ((1.04, 1.055, 12.0), "1.05 (1.04-12.00)"),
        ((0.09, 0.1, 0.11), "0.10 (0.09-0.11)"),
        ((0.0987, 0.0991, 0.1004), "0.099 (0.099-0.100)"),
        ((0.00118, 0.00123, 0.00131), "0.0012 (0.0012-0.0013)"),
        ((9e-7, 9.96e-7, 1.1e-6), "0.00000100 (0.00000090-0.00000110)"),
        ((0.0, 0.0, 0.0), "0.00 (0.00-0.00)"),
        ((math.nan, math.nan, math.nan), "nan (nan-nan)"),
    ],
)
def test_a_ratio_has_two_digits_however_small_it_is(numbers, told):
    assert quartiles(Spread(*numbers)) == told


def test_columns_are_aligned():
    assert (
        table(["", "ms"], [["a", "1.0"], ["long", "10.0"]]) == "        ms\na      1.0\nlong  10.0"
    )


def test_a_line_and_a_power_are_found_again():
    sizes = [10, 1000, 10**6]
    fitted = line(sizes, [3e-6 + 2e-9 * size for size in sizes])
    assert fitted == pytest.approx((3e-6, 2e-9))
    assert exponent(sizes, [5.0 * size**1.5 for size in sizes]) == pytest.approx(1.5)


# The command line ---------------------------------------------------------------------------------


@pytest.fixture
def small(monkeypatch):
    """Benchmarks that take no time, by the plans that they were given."""
    given = []

    def main(found, plan):
        given.append(plan)
        found.rows += record().rows
        found.targets += record().targets

    monkeypatch.setattr(program, "BENCHMARKS", {"small": Benchmark(main, "full", "quick", (2, 1))})
    return given


def test_it_says_what_was_met_and_writes_it_all(small, tmp_path, capsys):
    folder = tmp_path / "new" / "results"
    assert program.main(["small", "--quick", "--out", str(folder)]) == 0
    assert small == ["quick"]
    text = capsys.readouterr().out
    assert "small: at most about 1 s" in text and "1 of 2 targets met" in text
    assert "met     a thing: 0.500\nNOT MET another: 1.250\n" in text
    assert read(folder / FILE).about["command"] == "python -m benchmarks small --quick"
    assert {path.suffix for path in folder.iterdir()} == {".json", ".md", ".png", ".svg"}


def test_each_name_counts_once(small, capsys):
    assert program.main(["small", "small"]) == 0
    assert small == ["full"]
    assert "1 of 2 targets met" in capsys.readouterr().out


def test_a_run_is_compared_with_an_earlier_one(small, tmp_path, capsys):
    record(0.5).write(tmp_path / FILE)
    assert program.main(["--against", str(tmp_path / FILE)]) == 0
    assert small == ["full"]
    assert "3 of 3 rows: more" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nothing"], "there is no benchmark 'nothing'; there are train, ops"),
        (["--against", "missing.json"], "--against 'missing.json' cannot be read: "),
        (["--out", "file/inside"], "--out: nothing can be written into 'file/inside': "),
    ],
)
def test_what_cannot_be_done_is_told_before_anything_is_measured(
    arguments, words, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    try:
        code = program.main(arguments)
    except SystemExit as exit:
        code = exit.code
    assert code == 2
    assert words in capsys.readouterr().err


def test_without_matplotlib_nothing_is_measured_for_a_folder(small, tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    assert program.main(["small", "--out", str(tmp_path)]) == 2
    assert small == []
    assert "--out needs matplotlib, which is not installed" in capsys.readouterr().err


def test_without_pytorch_it_is_told_what_to_install(monkeypatch, capsys):
    """For a command line that would be told something else if PyTorch were there."""
    monkeypatch.delitem(sys.modules, "benchmarks.__main__")  # as for a command, which starts anew
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.setattr(sys, "argv", ["benchmarks", "nothing"])
    with pytest.raises(SystemExit) as end:
        runpy.run_module("benchmarks", run_name="__main__")
    told = 'needs torch, which is not installed: pip install "tinygrad_edu[torch]"'
    assert capsys.readouterr() == (
        "",
        f"python -m benchmarks: error: python -m benchmarks {told}\n",
    )
    assert end.value.code == 2


def test_the_table_of_benchmarks_is_what_the_help_names(capsys):
    with pytest.raises(SystemExit):
        program.main(["--help"])
    text = " ".join(capsys.readouterr().out.split())
    told = ", ".join(f"{name} ({kind.seconds[0]} s)" for name, kind in BENCHMARKS.items())
    assert f"any of {told}, which take at most about so long" in text
