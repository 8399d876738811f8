"""``torch_ref train --device``: one line where there is no such device, and float32 on a GPU."""

import argparse

import pytest
import torch

from torch_ref import __main__ as reference
from torch_ref import side, training


@pytest.fixture
def refused(capsys):
    """Ask for a device that there is not, and return what is said."""

    def run(device):
        assert reference.run(["train", "--device", device]) == 2
        out, err = capsys.readouterr()
        assert out == "" and err.count("\n") == 1
        return err

    return run


@pytest.mark.parametrize("device", ["cuda", "cuda:1", "mps", "abacus", "meta"])
def test_a_device_that_is_not_here_is_told_in_one_line(device, refused):
    if device == "mps" and torch.backends.mps.is_available():
        pytest.skip("here it is")
    said = refused(device)
    assert said.startswith(f"torch_ref: error: --device {device!r} cannot be used here (")
    assert said.endswith("); try cpu\n")


def test_under_torchrun_each_process_has_a_gpu_of_its_own(refused, monkeypatch):
    monkeypatch.setenv("LOCAL_RANK", "3")
    assert "--device 'cuda:3' cannot be used here" in refused("cuda")


def test_auto_is_the_cpu_where_there_is_nothing_else(monkeypatch, capsys):
    monkeypatch.setattr(torch.accelerator, "current_accelerator", lambda check_available: None)
    assert training.device_for("auto") == "cpu"
    assert reference.run(["train", "--device", "auto", "--epochs", "1"]) == 0
    assert "Test Accuracy" in capsys.readouterr().out


@pytest.mark.skipif(torch.backends.mps.is_available(), reason="here PyTorch finds one")
def test_auto_is_the_cpu_here():
    assert training.device_for("auto") == "cpu"


def test_auto_is_what_pytorch_finds(refused, monkeypatch):
    found = torch.device("mps")
    monkeypatch.setattr(torch.accelerator, "current_accelerator", lambda check_available: found)
    assert "--device 'mps' cannot be used here" in refused("auto")


def test_float32_is_float32_on_a_gpu(monkeypatch, tf32_may_change):
    """Which a GPU is asked for, and nothing but a GPU: the settings are all of PyTorch's."""
    parts = torch.backends.cuda.matmul, torch.backends.cudnn
    for part in parts:
        part.allow_tf32 = True
    side.side_for(reference_options("cpu"))
    assert all(part.allow_tf32 for part in parts)
    monkeypatch.setattr(side, "device_for", lambda name: name)
    monkeypatch.setattr(side, "join", lambda device: 1)
    side.side_for(reference_options("cuda"))
    assert not any(part.allow_tf32 for part in parts)


def reference_options(device):
    return argparse.Namespace(device=device, amp=None, compile=False, shard=False)
