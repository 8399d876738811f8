"""What a run of the benchmarks keeps, whatever becomes of it or of those who take part."""

import os
import re
from pathlib import Path

import pytest

from benchmarks import peers
from benchmarks.peers import Peer
from benchmarks.record import Record
from benchmarks.timing import Effort
from benchmarks.workers import MODULES, OURS, TORCH

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
    root = Path(__file__).parents[1]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), str(root)]))
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
