"""What a run of the benchmarks keeps, whatever becomes of it or of those who take part."""

import os
import re
import signal
from pathlib import Path

import pytest

from benchmarks import __main__ as program
from benchmarks import against, kept, peers, plots
from benchmarks.__main__ import Benchmark
from benchmarks.kept import TEXT
from benchmarks.peers import Peer
from benchmarks.record import FILE, Place, Record, Target, read
from benchmarks.timing import Effort
from benchmarks.workers import MODULES, OURS, TORCH
from tinygrad_edu.app.errors import InputError
from tinygrad_edu.app.output import say

ROOT = Path(__file__).parents[1]
NAME = "python -m benchmarks"

# A run that ends early ----------------------------------------------------------------------------


def add(record, name):
    """A row of a benchmark of that name."""
    record.add(name, "a job", 1, {OURS: [1.0, 1.1], TORCH: [2.0, 2.1]})


def measured(record, plan):
    """A benchmark that ends well."""
    add(record, "whole")
    say("a table")


@pytest.fixture
def benchmarks(monkeypatch):
    """Benchmarks by their names, and plots that are empty; a test puts in others."""
    found = {"whole": Benchmark(measured, None, None, (1, 1))}
    monkeypatch.setattr(program, "BENCHMARKS", found)
    monkeypatch.setattr(plots, "draw", draw)
    return found


def draw(record, folder):
    for row in record.rows:
        for ending in ("png", "svg"):
            (folder / f"{row.benchmark}.{ending}").touch()


def names(folder):
    return {path.name for path in folder.iterdir()}


WHOLE = {FILE, TEXT, "whole.png", "whole.svg"}


def test_what_a_benchmark_found_is_kept_when_it_has_ended(benchmarks, tmp_path):
    def looks(record, plan):
        assert names(tmp_path) == WHOLE
        assert [row.benchmark for row in read(tmp_path / FILE).rows] == ["whole"]
        assert "\n\na table\n```\n" in (tmp_path / TEXT).read_text()
        add(record, "looks")

    benchmarks["looks"] = Benchmark(looks, None, None, (1, 1))
    assert program.main(["whole", "looks", "--out", str(tmp_path)]) == 0
    assert names(tmp_path) == WHOLE | {"looks.png", "looks.svg"}


#: How a run may end, and what it is then: an exit code, or the error itself.
ENDS = [
    (KeyboardInterrupt(), 130),
    (BrokenPipeError(), 141),
    (InputError("it does not work"), 2),
    (RuntimeError("it is a bug"), RuntimeError),
]


def ends(arguments, told):
    """That a run ends so."""
    if isinstance(told, int):
        assert program.main(arguments) == told
    else:
        with pytest.raises(told):
            program.main(arguments)


@pytest.mark.parametrize(("error", "told"), ENDS, ids=repr)
@pytest.mark.parametrize("end", ["", "\n"])
def test_what_was_measured_is_kept_however_a_run_ends(error, told, end, benchmarks, tmp_path):
    def fails(record, plan):
        add(record, "fails")
        say("half a table", end=end)
        raise error

    benchmarks["fails"] = Benchmark(fails, None, None, (1, 1))
    ends(["whole", "fails", "--out", str(tmp_path)], told)
    assert names(tmp_path) == WHOLE | {"fails.png", "fails.svg"}
    assert [row.benchmark for row in read(tmp_path / FILE).rows] == ["whole", "fails"]
    text = (tmp_path / TEXT).read_text()
    assert text.startswith(f"```console\n$ {NAME} whole fails\n")
    assert text.endswith("half a table\n```\n")


@pytest.mark.parametrize(("error", "told"), ENDS, ids=repr)
def test_so_it_is_when_the_comparison_fails(error, told, benchmarks, tmp_path, monkeypatch):
    def fails(record, earlier):
        raise error

    monkeypatch.setattr(against, "main", fails)
    Record({}).write(tmp_path / "before.json")
    out = tmp_path / "out"
    ends(["--against", str(tmp_path / "before.json"), "--out", str(out)], told)
    assert names(out) == WHOLE
    assert "whole took " in (out / TEXT).read_text()


@pytest.mark.parametrize(("error", "told"), ENDS, ids=repr)
def test_nothing_is_replaced_before_something_is_measured(error, told, benchmarks, tmp_path):
    assert program.main(["--out", str(tmp_path)]) == 0
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}

    def fails(record, plan):
        raise error

    benchmarks["whole"] = Benchmark(fails, None, None, (1, 1))
    ends(["--out", str(tmp_path)], told)
    assert before == {path: path.read_bytes() for path in tmp_path.iterdir()}


def test_of_a_line_that_is_half_measured_no_plot_is_drawn(tmp_path):
    """Its figure is drawn, with the others; this is matplotlib's."""
    found = Record({"command": "it"})
    for line, size in [("exp", 1), ("exp", 10), ("log", 1)]:
        for panel in ("forward", "backward"):
            place = Place("small", panel, line, size)
            found.add("small", f"{line} {size} {panel}", 1, {OURS: [1.0, 2.0]}, place=place)
    found.add("small", "another", 1, {OURS: [1.0, 2.0]})
    assert [row.name for row in kept.whole_lines(found.rows)] == [
        *("exp 1 forward", "exp 1 backward", "exp 10 forward", "exp 10 backward", "another"),
    ]
    kept.draw(tmp_path, found, "small")
    assert names(tmp_path) == {"small.png", "small.svg"}


def test_the_targets_are_in_the_plots(monkeypatch, tmp_path):
    """Those that a benchmark of several has set, in its own plots, too."""
    drawn = []
    monkeypatch.setattr(plots, "draw", lambda record, folder: drawn.append(record))
    found = Record({"command": "it"})
    for name in ("one", "other"):
        add(found, name)
        found.targets.append(Target(f"{name}: a job", 0.5, 1.0))
    kept.draw(tmp_path, found, "other")
    (part,) = drawn
    assert part.about == found.about and part.targets == found.targets
    assert [row.benchmark for row in part.rows] == ["other"]


def test_an_interrupted_run_ends_with_one_line(benchmarks, tmp_path, capsys):
    def interrupted(record, plan):
        signal.raise_signal(signal.SIGINT)

    benchmarks["interrupted"] = Benchmark(interrupted, None, None, (1, 1))
    assert program.main(["whole", "interrupted", "--out", str(tmp_path)]) == 130
    assert capsys.readouterr().err == f"{NAME}: interrupted\n"
    assert names(tmp_path) == WHOLE


def test_a_folder_that_cannot_be_written_into_later_is_told(
    benchmarks, tmp_path, monkeypatch, capsys
):
    def full(record, folder):
        raise OSError("No space left on device")

    monkeypatch.setattr(plots, "draw", full)
    assert program.main(["--out", str(tmp_path)]) == 2
    told = f"nothing can be written into {str(tmp_path)!r}: No space left on device"
    assert capsys.readouterr().err == f"{NAME}: error: --out: {told}\n"


# Folders ------------------------------------------------------------------------------------------


def write(path, text=""):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def write_record(path, command):
    Record({"command": command}).write(path)


REFUSED = {
    "a file": (lambda out: (out.rmdir(), write(out)), "--out 'out' is a file; name a folder"),
    "a folder for the record": (
        lambda out: (out / FILE).mkdir(),
        f"--out: 'out/{FILE}' is a folder; name another --out",
    ),
    "a folder for the text": (
        lambda out: (out / TEXT).mkdir(),
        f"--out: 'out/{TEXT}' is a folder; name another --out",
    ),
    "another record": (
        lambda out: write_record(out / FILE, f"{NAME} conv"),
        f"--out: 'out/{FILE}' is of another command, '{NAME} conv'; name another folder",
    ),
    "a record of --quick": (
        lambda out: write_record(out / FILE, f"{NAME} whole --quick"),
        f"--out: 'out/{FILE}' is of another command, '{NAME} whole --quick'; name another folder",
    ),
    "another text": (
        lambda out: write(out / TEXT, f"```console\n$ {NAME} conv\nPython\n```\n"),
        f"--out: 'out/{TEXT}' is of another command, '{NAME} conv'; name another folder",
    ),
    "a text of something else": (
        lambda out: write(out / TEXT, "# What I think of benchmarks\n"),
        f"--out: 'out/{TEXT}' is of something else; name another folder",
    ),
    "a record of something else": (
        lambda out: write(out / FILE, "{}"),
        f"--out 'out/{FILE}' cannot be read: it is not one that `--out` wrote",
    ),
}


def contents(folder):
    return {path: path.is_file() and path.read_bytes() for path in folder.rglob("*")}


@pytest.mark.parametrize("case", REFUSED)
def test_what_would_be_lost_is_told_before_anything_is_measured(
    case, benchmarks, tmp_path, monkeypatch, capsys
):
    prepare, told = REFUSED[case]
    monkeypatch.chdir(tmp_path)
    Path("out").mkdir()
    prepare(Path("out"))
    before = contents(tmp_path)
    assert program.main(["--out", "out"]) == 2
    assert capsys.readouterr() == ("", f"{NAME}: error: {told}\n")
    assert contents(tmp_path) == before


@pytest.mark.parametrize("name", ["out", "out/../out", "link"])
def test_the_earlier_run_of_a_comparison_is_not_replaced(
    name, benchmarks, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    Path("link").symlink_to("out")
    assert program.main(["--out", "out"]) == 0
    before = contents(tmp_path)
    capsys.readouterr()
    assert program.main(["--against", f"out/{FILE}", "--out", name]) == 2
    told = "--out would replace the file that --against names; name another folder"
    assert capsys.readouterr() == ("", f"{NAME}: error: {told}\n")
    assert contents(tmp_path) == before


def test_the_same_command_replaces_what_it_wrote(benchmarks, tmp_path):
    for left in (WHOLE, WHOLE - {FILE}, WHOLE - {TEXT}, {"whole.png"}, set()):
        assert program.main(["--out", str(tmp_path)]) == 0
        assert names(tmp_path) == WHOLE
        for name in WHOLE - left:
            (tmp_path / name).unlink()


def test_the_results_in_this_repository_can_be_made_again():
    """By the command that README tells, into their own folder."""
    folder = ROOT / "benchmarks/results/cpu"
    commands = {command for _, command in kept.commands_in(folder)}
    (command,) = commands
    assert f"$ {command} --out benchmarks/results/cpu\n" in (ROOT / "README.md").read_text()
    words = command.removeprefix(f"{NAME} ").split()
    assert program.parse(words).names == words


# Peers --------------------------------------------------------------------------------------------

#: Libraries that cannot be measured, by their files: one fails when it is imported, one lacks what
#: its step uses, and one fails in its first step.
BROKEN = {
    "mygrad/__init__.py": "raise ImportError('it is for another Python')",
    "micrograd/__init__.py": "",
    "autograd/__init__.py": "def value_and_grad(function):\n    return lambda weights: 1 / 0",
    "autograd/numpy.py": "",
}


@pytest.fixture
def broken(tmp_path, monkeypatch):
    """Peers that fail; and no process that has to import PyTorch."""
    for name, text in BROKEN.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), str(ROOT)]))
    names = ("mygrad", "micrograd", "autograd")
    monkeypatch.setattr(peers, "PEERS", {name: Peer(name, name) for name in names})
    monkeypatch.setitem(MODULES, TORCH, MODULES[OURS])
    return names


def test_a_peer_that_fails_is_left_out_with_a_reason(broken, capsys):
    record = Record({})
    peers.main(record, peers.Plan(2, Effort(2, 0)))
    text = capsys.readouterr().out
    for name in broken:
        assert re.search(f"^{name} is left out: the worker ended", text, re.MULTILINE), text
    (row,) = record.rows
    assert list(row.values) == [OURS, peers.NUMPY, TORCH]
    assert record.about == {"peers": {}} and record.targets == []


def test_a_peer_that_pip_does_not_know_has_no_version():
    assert re.fullmatch(r"\d+\..*", peers.version("numpy"))
    assert peers.version("no-such-package") == "of unknown version"
