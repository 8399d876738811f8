"""Weights from the web, here from addresses of files, as PyTorch keeps and reads them."""

import hashlib
import os
from urllib.error import URLError

import pytest
import torch

import tinygrad_edu

from .both import BOTH, both, both_raise


@pytest.fixture
def weights(tmp_path):
    """A file of weights whose name has the digits of its hash."""
    path = tmp_path / "model.pth"
    torch.save({"weight": torch.arange(3.0)}, path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return path.rename(tmp_path / f"model-{digest[:8]}.pth")


@pytest.fixture(autouse=True)
def nowhere(monkeypatch):
    """No folder has been set."""
    monkeypatch.setattr(torch.hub, "_hub_dir", None)
    monkeypatch.setattr(tinygrad_edu.hub._Place, "folder", None)


def test_where_files_are_kept(monkeypatch):
    def run(lib):
        found = [lib.hub.get_dir()]
        monkeypatch.setenv("XDG_CACHE_HOME", "~/cache")
        found.append(lib.hub.get_dir())
        monkeypatch.setenv("TORCH_HOME", "~/weights")
        found.append(lib.hub.get_dir())
        lib.hub.set_dir("~/here")
        found.append(lib.hub.get_dir())
        monkeypatch.delenv("XDG_CACHE_HOME")
        monkeypatch.delenv("TORCH_HOME")
        return found

    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.delenv("TORCH_HOME", raising=False)
    assert both(run)[3] == os.path.expanduser("~/here")


def test_weights_are_downloaded_once(weights, tmp_path, capsys):
    def run(lib):
        folder = tmp_path / lib.__name__
        lib.hub.set_dir(folder)
        url = weights.as_uri()
        load = lib.hub.load_state_dict_from_url
        first = load(url, progress=False, check_hash=True, weights_only=True)
        there = sorted(path.name for path in (folder / "checkpoints").iterdir())
        (folder / "checkpoints" / weights.name).rename(folder / "checkpoints" / "other.pth")
        again = load("http://no.where/else.pth", file_name="other.pth", map_location="cpu")
        zoo = lib.utils.model_zoo.load_url(url, model_dir=str(folder / "new"), progress=False)
        said = capsys.readouterr().out.replace(str(folder), "FOLDER")
        return [first["weight"].tolist(), there, again["weight"].tolist(), len(zoo), said]

    import torch.utils.model_zoo  # noqa: F401  # as programs have to

    assert both(run)[4].count("Downloading") == 2


def test_what_is_not_as_its_name_says_is_not_kept(weights, tmp_path):
    wrong = weights.rename(tmp_path / "model-00000000.pth")

    def run(lib):
        folder = tmp_path / f"kept by {lib.__name__}"
        lib.hub.load_state_dict_from_url(wrong.as_uri(), str(folder), None, False, True)

    both_raise(run, text=True)
    for lib in BOTH:
        assert list((tmp_path / f"kept by {lib.__name__}").iterdir()) == []


def test_what_is_not_there(tmp_path):
    url = (tmp_path / "nothing").as_uri()
    both_raise(lambda lib: lib.hub.download_url_to_file(url, str(tmp_path / "to"), progress=False))
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(URLError):
        tinygrad_edu.hub.download_url_to_file(url, str(tmp_path / "to"))
