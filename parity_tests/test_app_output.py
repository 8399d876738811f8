"""Every command when its output cannot be written: one line or none, an exit code, no traceback."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import safetensors.numpy

ROOT = Path(__file__).parents[1]
COMMANDS = {
    "tinygrad-edu": ["tinygrad_edu", "train", "--epochs", "3"],
    "torch_ref": ["torch_ref", "train", "--epochs", "3"],
    "python -m benchmarks": ["benchmarks", "train"],
    "python -m parity_tests.edges": ["parity_tests.edges"],
}
FULL = Path("/dev/full")  # every write to it fails as on a full disk

EVERY = pytest.mark.parametrize("name", COMMANDS)
EACH_WAY = pytest.mark.parametrize(  # a benchmark is slow to get where its buffer is written
    ("name", "unbuffered"),
    [(name, value) for name in COMMANDS for value in ("1", "") if value or "bench" not in name],
)
BUFFERED = pytest.mark.parametrize("unbuffered", ["", "1"], ids=["buffered", "unbuffered"])
NEEDS_FULL = pytest.mark.skipif(not FULL.exists(), reason="this system has no /dev/full")


def shell(redirection, arguments, unbuffered=""):
    """Run a module with its output redirected as the shell's text says."""
    return subprocess.run(
        ["bash", "-c", f'"$@" {redirection}', "bash", sys.executable, "-m", *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture
def run(servers):
    """The exit code of a module with its output redirected, and what it writes to stderr.

    It runs in a copy of a process that has imported a library, with such an output; only where a
    reader leaves, the command begins a process.
    """

    def run(redirection, arguments, unbuffered=""):
        options = [redirection, unbuffered == "1"]
        if arguments[0] == "tinygrad_edu" and "--check" not in arguments:
            if "|" in redirection:
                ending = '; exit "${PIPESTATUS[0]}"'
                done = shell(redirection + ending, arguments, unbuffered)
                return done.returncode, done.stderr
            ours = ("tinygrad_edu", *arguments[1:])
            done = servers.run(*ours, cwd=ROOT, options=[True, *options])
            return done.code, done.err
        done = servers.run("PyTorch", "-m", *arguments, cwd=ROOT, options=options)
        return done.code, done.err

    return run


def told(done, name, words):
    """Check that a run ended with exit code 2 and one line on stderr."""
    code, err = done
    assert code == 2
    assert err.startswith(f"{name}: error: standard output ")
    assert err.count("\n") == 1 and err.endswith("\n")
    assert words in err


@NEEDS_FULL
@EACH_WAY
def test_a_full_disk_is_told(run, name, unbuffered):
    told(run("> /dev/full", COMMANDS[name], unbuffered), name, "No space left on device")


@EVERY
def test_a_closed_output_is_told(run, name):
    told(run(">&-", COMMANDS[name]), name, "is closed")


@EACH_WAY
def test_a_reader_that_leaves_ends_the_run_quietly(run, name, unbuffered):
    assert run("| true", COMMANDS[name], unbuffered) == (141, "")


def test_a_reader_of_one_line_gets_it():
    long = ["tinygrad_edu", "train", "--epochs", "6000", "--batch-size", "400"]
    done = shell('| head -n 1; exit "${PIPESTATUS[0]}"', long)
    assert (done.returncode, done.stdout, done.stderr) == (141, "SimpleClassifier(\n", "")


@NEEDS_FULL
@pytest.mark.parametrize("name", ["tinygrad-edu", "python -m benchmarks"])
def test_help_is_output_too(run, name):
    for unbuffered in ("", "1"):
        done = run("> /dev/full", [*COMMANDS[name][:2], "--help"], unbuffered)
        told(done, name, "No space left on device")


@NEEDS_FULL
def test_a_check_that_cannot_be_read_has_not_passed(run):
    done = run("> /dev/full", [*COMMANDS["tinygrad-edu"], "--check"])
    told(done, "tinygrad-edu", "No space left on device")


@NEEDS_FULL
@BUFFERED
@pytest.mark.parametrize("redirection", ["> /dev/full", ">&-", "| true"])
def test_a_saved_file_is_the_old_one_or_a_whole_new_one(run, redirection, unbuffered, tmp_path):
    saved = tmp_path / "weights.safetensors"
    saved.write_bytes(b"precious")
    run(redirection, [*COMMANDS["tinygrad-edu"], "--save", str(saved)], unbuffered)
    assert list(tmp_path.iterdir()) == [saved]
    if saved.read_bytes() != b"precious":
        names = safetensors.numpy.load_file(saved)
        assert {"layer_1.weight", "optimizer.0.exp_avg", "random_state"} < names.keys()


@NEEDS_FULL
@pytest.mark.parametrize("redirection", ["2> /dev/full", "2>&-"])
def test_without_stderr_the_exit_code_still_tells(redirection):
    done = shell(redirection, ["tinygrad_edu", "train", "--epochs", "0"])
    assert (done.returncode, done.stdout, done.stderr) == (2, "", "")
    done = shell(redirection, COMMANDS["tinygrad-edu"])
    assert done.returncode == 0
    assert "Test Accuracy" in done.stdout
