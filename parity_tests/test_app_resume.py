"""``train --resume``: a run goes on from a file as if it had never stopped, on either side."""

import json

import numpy as np
import pytest
import safetensors.numpy

import tinygrad_edu
from parity_tests.test_app_cli import BOTH, RUNS
from tinygrad_edu.app.training.checkpoint import merged
from tinygrad_edu.serialization import load_file


@pytest.fixture
def run(capsys):
    """Run ``train`` of a program, and return the lines that it prints."""

    def run_it(program, *arguments):
        assert RUNS[program](["train", *map(str, arguments)]) == 0
        return capsys.readouterr().out.splitlines()

    return run_it


@pytest.fixture
def refused(capsys):
    """Run ``train`` with what cannot be used, and return what it says."""

    def run_it(program, *arguments):
        assert RUNS[program](["train", *map(str, arguments)]) == 2
        out, err = capsys.readouterr()
        assert out == "" and err.startswith(f"{program}: error: ") and err.count("\n") == 1
        return err

    return run_it


def losses(lines):
    """The lines that tell losses, without how many epochs there shall be in all."""
    return [line.partition("/")[0] + line.partition("]")[2] for line in lines if "Loss:" in line]


OF_THE_RUN = {"lr": 0.1, "seed": 1, "model": "linear", "batch-size": 3, "dtype": "float32",
              "lr-decay": 1}  # fmt: skip


JOBS = {
    "classification": ["--seed", 3],
    "decay": ["--data", "moons", "--lr-decay", "0.97", "--batch-size", 31],
    "regression": ["--data", "regression", "--lr", "0.02"],
    "digits": ["--data", "digits", "--model", "mlp", "--epochs", 30],
}


@pytest.mark.parametrize("job", JOBS)
@pytest.mark.parametrize("programs", [["tinygrad-edu"] * 3, ["torch_ref"] * 3,
                                      ["tinygrad-edu", "torch_ref", "tinygrad-edu"]],
                         ids=["here", "PyTorch", "both"])  # fmt: skip
def test_a_run_in_three_parts_is_the_whole_run(job, programs, run, tmp_path):
    arguments = [*JOBS[job], "--dtype", "float64"]
    whole = run(programs[0], *arguments, "--epochs", 30, "--save", tmp_path / "whole.safetensors")
    parts, before = [], None
    for epochs, program in zip((10, 20, 30), programs, strict=True):
        path = tmp_path / f"{epochs}.safetensors"
        given = arguments if before is None else ["--resume", before]
        parts += run(program, *given, "--epochs", epochs, "--save", path)
        before = path
    assert losses(parts) == losses(whole)
    assert parts[-1] == whole[-1]
    expected = tmp_path / "whole.safetensors"
    mine, theirs = (safetensors.numpy.load_file(path) for path in (before, expected))
    assert mine.keys() == theirs.keys()
    for name, values in theirs.items():
        atol = 1e-9 if programs[0] != programs[1] else 0
        np.testing.assert_allclose(mine[name], values, rtol=0, atol=atol, err_msg=name)


def test_the_weights_are_read_by_a_model(run, tmp_path):
    path = tmp_path / "w.safetensors"
    run("tinygrad-edu", "--data", "moons", "--epochs", 10, "--save", path)
    model = tinygrad_edu.models.SimpleClassifier(2)
    found = model.load_state_dict(load_file(path), strict=False)
    assert found.missing_keys == []
    assert all(n.startswith(("optimizer.", "random_state")) for n in found.unexpected_keys)


def test_a_file_every_few_epochs(run, tmp_path, monkeypatch):
    written = []
    monkeypatch.setattr(
        "tinygrad_edu.app.training.checkpoint.write",
        lambda path, training, source: written.append(len(training.losses)),
    )
    path = tmp_path / "w.safetensors"
    run("tinygrad-edu", "--data", "moons", "--epochs", 7, "--save", path, "--save-every", 3)
    assert written == [3, 6, 7]


@BOTH
def test_what_cannot_go_on_is_told(program, run, refused, tmp_path):
    path = tmp_path / "w.safetensors"
    run(program, "--data", "moons", "--epochs", 2, "--save", path)
    content = path.read_bytes()
    for option, value in OF_THE_RUN.items():
        text = refused(program, "--resume", path, f"--{option}", value)
        assert f"--{option} cannot be changed" in text and "w.safetensors" in text
    assert "has 2 epochs behind it" in refused(program, "--resume", path)
    assert "has 2 epochs behind it" in refused(program, "--resume", path, "--epochs", 1)
    text = refused(program, "--resume", path, "--epochs", 9, "--data", "classification")
    assert "was trained on other data than 'moons'" in text
    assert "--save-every needs --save" in refused(program, "--save-every", 2)
    assert "cannot be read" in refused(program, "--resume", tmp_path / "absent.safetensors")
    path.write_bytes(content[:-7])
    assert "cannot be read" in refused(program, "--resume", path, "--epochs", 9)
    path.write_bytes(b"no such file")
    assert "cannot be read" in refused(program, "--resume", path, "--epochs", 9)


@BOTH
@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda h, a: h.clear(), "is damaged"),
        (lambda h, a: h.update(format=2), "is of format 2"),
        (lambda h, a: h["job"].update(unknown=1), "is damaged"),
        (lambda h, a: h.update(groups=3), "is damaged"),
        (lambda h, a: h["groups"].append(h["groups"][0]), "does not fit"),
        (lambda h, a: a.pop("layer_1.bias"), "does not fit"),
        (lambda h, a: a.pop("random_state"), "does not fit"),
        (lambda h, a: a.update({"layer_1.bias": np.zeros(3)}), "does not fit"),
        (lambda h, a: a.update({"more": np.zeros(3)}), "does not fit"),
        (lambda h, a: a.update({"optimizer.99.step": np.zeros(3)}), "does not fit"),
        (lambda h, a: a.update({"optimizer.x": np.zeros(3)}), "does not fit"),
    ],
)  # fmt: skip
def test_a_file_that_was_changed_is_refused(program, change, words, run, refused, tmp_path):
    path = tmp_path / "w.safetensors"
    run(program, "--data", "moons", "--epochs", 1, "--save", path)
    arrays = safetensors.numpy.load_file(path)
    with safetensors.safe_open(path, "numpy") as file:
        header = json.loads(file.metadata()["training"])
    change(header, arrays)
    safetensors.numpy.save_file(arrays, path, {"training": json.dumps(header)})
    assert words in refused(program, "--resume", path, "--epochs", 9)


def test_a_file_of_weights_alone_is_refused(refused, tmp_path):
    path = tmp_path / "w.safetensors"
    safetensors.numpy.save_file({"x": np.zeros(2)}, path)
    assert "has weights, but no run" in refused("tinygrad-edu", "--resume", path)


def test_options_that_only_one_library_has_stay():
    own = [{"lr": 1.0, "fused": None, "params": [0]}]
    assert merged(own, [{"lr": 2.0, "foreach": True, "params": [0]}]) == [
        {"lr": 2.0, "fused": None, "params": [0]}
    ]
