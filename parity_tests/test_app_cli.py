"""Both command lines: exit codes, one-line errors, files, the bar, and what is imported."""

import importlib
import os
import pty
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy

import torch_ref.__main__ as reference
from tinygrad_edu import __main__ as command
from tinygrad_edu.app import extras, kinds
from tinygrad_edu.app.training import command as training_command

ROOT = Path(__file__).parents[1]
RUNS = {"tinygrad-edu": command.main, "torch_ref": reference.run}
BOTH = pytest.mark.parametrize("program", RUNS)
MODULES = {"tinygrad-edu": "tinygrad_edu", "torch_ref": "torch_ref"}


def weights_in(path):
    """The weights in a file, without what the optimizer and the random stream keep there."""
    return {
        name: values
        for name, values in safetensors.numpy.load_file(path).items()
        if not name.startswith(("optimizer.", "random_state"))
    }


@pytest.fixture
def refused(capsys):
    """Run a command that must be refused, and return what it says."""

    def run(program, *arguments):
        assert RUNS[program](["train", *map(str, arguments)]) == 2
        out, err = capsys.readouterr()
        assert out == ""
        assert err.startswith(f"{program}: error: ")
        assert err.count("\n") == 1
        return err

    return run


@BOTH
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--epochs", "0"], ["--epochs", "at least 1", "'0'"]),
        (["--epochs", "1.5"], ["--epochs", "'1.5'"]),
        (["--batch-size", "0"], ["--batch-size", "at least 1", "'0'"]),
        (["--batch-size", "-3"], ["--batch-size", "'-3'"]),
        (["--epochs", str(2**63)], ["--epochs", "below 2**63", f"'{2**63}'"]),
        (["--data", ""], ["--data", "must not be empty"]),
        (["--data", "moons", "--target="], ["--target", "must not be empty"]),
        (["--save", ""], ["--save", "must not be empty"]),
        (["--plot="], ["--plot", "must not be empty"]),
        (["--lr", "0"], ["--lr", "above 0", "'0'"]),
        (["--lr=-0.1"], ["--lr", "'-0.1'"]),
        (["--lr", "nan"], ["--lr", "'nan'"]),
        (["--lr", "inf"], ["--lr", "'inf'"]),
        (["--lr", "fast"], ["--lr", "'fast'"]),
        (["--seed", "-1"], ["--seed", "'-1'"]),
        (["--seed", str(2**64)], ["--seed", "2**64-1"]),
        (["--dtype", "float16"], ["--dtype", "float16"]),
        (["--model", "transformer"], ["--model", "regressor"]),
        (["--model", "classifier", "--data", "regression"], ["exactly two", "--model regressor"]),
        (["--data", "iris"], ["'iris'", "moons", ".csv"]),
        (["--data", "absent.csv", "--target", "y"], ["'absent.csv'", "does not exist"]),
        (["--data", "moons", "--target", "y"], ["--target"]),
        (["--unknown\noption"], ["unrecognized"]),
        (["--epo", "3"], ["unrecognized"]),
        (["--save", "weights.pt"], ["--save", ".safetensors", "'weights.pt'"]),
        (["--save", "absent/w.safetensors"], ["--save", "'absent'"]),
        (["--plot", "curve.jpg"], ["--plot", ".png"]),
        (["--plot", "absent/curve.png"], ["--plot", "'absent'"]),
    ],
)
def test_unusable_arguments_are_one_line_and_exit_2(refused, program, arguments, words):
    text = refused(program, *arguments)
    assert all(word in text for word in words), text


@BOTH
@pytest.mark.parametrize("option", ["--epochs", "--batch-size", "--seed", "--lr"])
@pytest.mark.parametrize("text", ["9" * 5000, "-" + "1" * 5000, "x" * 5000])
def test_a_long_text_for_a_number_is_not_repeated(refused, program, option, text):
    said = refused(program, f"{option}={text}")
    assert all(w in said for w in (f"argument {option}: must be", f"'{text[:30]}'...")), said
    assert "invalid" not in said and len(said) < 180


def test_numbers_may_begin_with_zeros_and_be_as_large_as_they_say():
    assert kinds.whole_number("0" * 5000 + "12") == 12
    assert kinds.whole_number(str(2**63 - 1)) == 2**63 - 1
    assert kinds.seed_number("0" * 5000) == 0
    assert kinds.seed_number(str(2**64 - 1)) == 2**64 - 1


@BOTH
def test_a_large_batch_is_the_whole_set(program, capsys):
    printed = []
    for size in (400, 2**63 - 1):
        assert RUNS[program](["train", "--epochs", "1", "--batch-size", str(size)]) == 0
        printed.append(capsys.readouterr().out)
    assert printed[0] == printed[1]


@BOTH
@pytest.mark.parametrize("model", ["regressor", "cnn", "mlp"])
def test_a_model_alone_learns_from_its_own_set(program, model, capsys):
    own = {"regressor": "regression", "cnn": "digits", "mlp": "classification"}[model]
    printed = []
    for data in ([], ["--data", own]):
        assert RUNS[program](["train", "--model", model, "--epochs", "1", *data]) == 0
        printed.append(capsys.readouterr().out)
    assert printed[0] == printed[1]
    assert ("Test R2" in printed[0]) == (model == "regressor")


@BOTH
def test_flaws_of_a_table_are_one_line_and_exit_2(refused, program, tmp_path):
    path = tmp_path / "table.csv"
    for content, words in (
        ("x,z\n1,2\n", ["'y'", "'x', 'z'"]),
        ("x,y\n", ["empty"]),
        ("x,y\n1,0\nred,1\n", ["'x'", "row 2", "'red'"]),
        ("x,y\n1,0\n2,nan\n", ["'y'", "row 2", "'nan'"]),
        ("x,y\n1,0\n2,1\n", ["2 rows", "at least 10"]),
        ("x,y\n" + "1,0\n" * 20, ["nothing to learn"]),
    ):
        path.write_text(content)
        text = refused(program, "--data", path, "--target", "y")
        assert all(word in text for word in words), text


@BOTH
def test_command_is_required(program, capsys):
    assert RUNS[program]([]) == 2
    assert "command" in capsys.readouterr().err


@BOTH
def test_a_long_file_name_is_refused_before_training(refused, program, tmp_path):
    assert "cannot be written" in refused(
        program, "--save", tmp_path / ("x" * 243 + ".safetensors")
    )
    (tmp_path / "folder.png").mkdir()
    assert "is a folder" in refused(program, "--plot", tmp_path / "folder.png")


@BOTH
def test_any_refusal_leaves_the_saved_file_untouched(refused, program, tmp_path):
    saved = tmp_path / "weights.safetensors"
    saved.write_bytes(b"precious")
    for arguments in (["--batch-size", "0"], ["--data", "absent.csv", "--target", "y"]):
        refused(program, "--save", saved, *arguments)
    assert RUNS[program](["train", "--save", str(saved), "--lr", "1e30"]) == 2
    assert saved.read_bytes() == b"precious"
    assert list(tmp_path.iterdir()) == [saved]


@BOTH
def test_a_failed_write_is_told_and_leaves_the_saved_file(program, tmp_path, monkeypatch, capsys):
    saved = tmp_path / "weights.safetensors"
    saved.write_bytes(b"precious")

    def fails(source, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", fails)
    assert RUNS[program](["train", "--epochs", "1", "--save", str(saved)]) == 2
    assert "No space left on device" in capsys.readouterr().err
    assert saved.read_bytes() == b"precious"
    assert list(tmp_path.iterdir()) == [saved]


@BOTH
def test_saved_weights_are_the_trained_ones(program, tmp_path, capsys):
    saved = tmp_path / "weights.safetensors"
    arguments = ["train", "--epochs", "2", "--dtype", "float64", "--seed", "3"]
    assert RUNS[program]([*arguments, "--save", str(saved)]) == 0
    weights = weights_in(saved)
    assert {name: values.shape for name, values in weights.items()} == {
        "layer_1.weight": (16, 10),
        "layer_1.bias": (16,),
        "layer_2.weight": (8, 16),
        "layer_2.bias": (8,),
        "output_layer.weight": (1, 8),
        "output_layer.bias": (1,),
    }
    assert {values.dtype for values in weights.values()} == {np.dtype("float64")}
    assert "Epoch [2/2]" in capsys.readouterr().out


def test_both_programs_save_the_same_weights(tmp_path):
    for program, run in RUNS.items():
        saved = tmp_path / f"{program}.safetensors"
        arguments = ["--data", "moons", "--epochs", "3", "--dtype", "float64"]
        assert run(["train", *arguments, "--save", str(saved)]) == 0
    ours, theirs = (safetensors.numpy.load_file(tmp_path / f"{p}.safetensors") for p in RUNS)
    for name, values in theirs.items():
        np.testing.assert_allclose(ours[name], values, rtol=0, atol=1e-12)


@BOTH
def test_own_table_trains_the_model_that_fits_its_target(program, tmp_path, capsys):
    draw = np.random.default_rng(0)
    x = draw.normal(size=(60, 2))
    np.savez(tmp_path / "t.npz", X=x, label=np.where(x[:, 0] > 0, 5, -1), amount=x @ [1.0, 2.0])
    for target, model in (("label", "SimpleClassifier"), ("amount", "Regressor")):
        arguments = ["--data", str(tmp_path / "t.npz"), "--target", target, "--epochs", "1"]
        assert RUNS[program](["train", *arguments]) == 0
        out = capsys.readouterr().out
        assert out.startswith(f"{model}(\n  (layer_1): Linear(in_features=3,")


@BOTH
def test_plot_is_written(program, tmp_path):
    path = tmp_path / "run.png"
    assert RUNS[program](["train", "--data", "moons", "--epochs", "1", "--plot", str(path)]) == 0
    assert path.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("arguments", "package", "extra"),
    [
        (["--check"], "torch", "torch"),
        (["--plot", "run.png"], "matplotlib", "app"),
        (["--save", "w.safetensors"], "safetensors", "app"),
    ],
)
def test_missing_package_says_how_to_install_it(
    refused, monkeypatch, tmp_path, arguments, package, extra
):
    monkeypatch.chdir(tmp_path)
    for name in [package, *(n for n in sys.modules if n.startswith(f"{package}."))]:
        monkeypatch.setitem(sys.modules, name, None)
    for name in [
        n for n in sys.modules if n.startswith("torch_ref") or n.endswith(".training.check")
    ]:
        monkeypatch.delitem(sys.modules, name)
    text = refused("tinygrad-edu", *arguments)
    assert f"needs {package}, which is not installed" in text
    assert f'pip install "tinygrad_edu[{extra}]"' in text


def test_torch_ref_without_torch_says_how_to_install_it(refused, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.delitem(sys.modules, "torch_ref.side", raising=False)
    monkeypatch.delitem(sys.modules, "torch_ref.models", raising=False)
    assert 'pip install "tinygrad_edu[torch]"' in refused("torch_ref")


def test_a_missing_module_of_our_own_is_no_user_error():
    with pytest.raises(ModuleNotFoundError, match="no_such_module"):
        extras.need("tinygrad_edu.no_such_module", "--check")


def test_reference_has_device_and_engine_has_check(refused, capsys):
    for device in ("cuda:99", "abacus", "meta"):
        assert f"--device {device!r}" in refused("torch_ref", "--device", device)
    assert "--device" in refused("tinygrad-edu", "--device", "cpu")
    assert "--check" in refused("torch_ref", "--check")
    assert reference.run(["train", "--device", "cpu", "--epochs", "1"]) == 0
    assert "Test Accuracy" in capsys.readouterr().out


def test_check_prints_the_run_and_the_table(capsys):
    assert command.main(["train", "--epochs", "1"]) == 0
    plain = capsys.readouterr().out
    assert command.main(["train", "--epochs", "1", "--check"]) == 0
    out = capsys.readouterr().out
    assert out.startswith(plain)
    assert "14 of 14 within tolerance of PyTorch" in out


def run_process(*arguments, **options):
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, text=True, timeout=120, check=False, **options
    )


def test_process_in_a_pipe_prints_the_lines_and_nothing_else():
    done = run_process("-m", "tinygrad_edu", "train", capture_output=True)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0] == "SimpleClassifier("
    assert lines[-1].startswith("Test Accuracy: ")
    assert len(lines) == 8 + 10 + 1


@BOTH
def test_process_exits_2_without_a_traceback(program):
    done = run_process("-m", MODULES[program], "train", "--batch-size", "0", capture_output=True)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"{program}: error: ")
    assert done.stderr.count("\n") == 1


def test_default_run_imports_nothing_it_does_not_use():
    code = (
        "import sys; from tinygrad_edu.__main__ import main; assert main(['train']) == 0\n"
        "unused = {'torch', 'torch_ref', 'rich', 'matplotlib', 'safetensors', 'sklearn', 'scipy'}\n"
        "assert not unused & set(sys.modules), unused & set(sys.modules)"
    )
    done = run_process("-c", code, capture_output=True)
    assert done.returncode == 0, done.stderr


def test_torch_ref_tells_a_mistake_before_it_loads_torch():
    code = (
        "import sys; from torch_ref.__main__ import run\n"
        "assert run(['train', '--data', 'absent.csv', '--target', 'y']) == 2\n"
        "assert 'torch' not in sys.modules"
    )
    done = run_process("-c", code, capture_output=True)
    assert done.returncode == 0, done.stderr


def run_on_terminal(*arguments, stdout):
    """Run a command whose stderr is a terminal; return its exit code and what that shows."""
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "80"}
    process = subprocess.Popen(
        [sys.executable, *arguments], cwd=ROOT, env=environment, stdout=stdout, stderr=theirs
    )
    os.close(theirs)
    shown = b""
    while True:
        try:
            part = os.read(ours, 4096)
        except OSError:  # Linux: every writer has closed the terminal
            break
        if not part:
            break
        shown += part
    os.close(ours)
    return process.wait(timeout=60), shown.decode()


def test_progress_bar_is_on_the_terminal_and_the_pipe_stays_clean(tmp_path):
    plain = run_process("-m", "tinygrad_edu", "train", capture_output=True).stdout
    with open(tmp_path / "out.txt", "wb") as file:
        code, shown = run_on_terminal("-m", "tinygrad_edu", "train", stdout=file)
    assert code == 0
    assert "training" in shown and "%" in shown
    assert (tmp_path / "out.txt").read_text() == plain


def test_without_rich_there_is_no_bar(tmp_path):
    code = (
        "import sys; sys.modules['rich'] = None\n"
        "from tinygrad_edu.__main__ import main; sys.exit(main(['train', '--epochs', '1']))"
    )
    with open(tmp_path / "out.txt", "wb") as file:
        status, shown = run_on_terminal("-c", code, stdout=file)
    assert (status, shown) == (0, "")


def test_interruption_has_no_traceback(monkeypatch, capsys):
    def interrupted(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(training_command, "train", interrupted)
    assert command.main(["train"]) == 130
    assert capsys.readouterr().err == "tinygrad-edu: interrupted\n"


def test_program_is_importable_for_the_console_script():
    assert importlib.import_module("tinygrad_edu.__main__").main is command.main
