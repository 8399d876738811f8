"""``torch.hub``: files of weights from the web, kept in a folder.

What it has besides, models that come with their code, is not here: such code is PyTorch's.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import urlparse
from urllib.request import Request, urlopen

from .checkpoint import load as load_file
from .missing import by_name, refuse

__all__ = ["download_url_to_file", "get_dir", "load_state_dict_from_url", "set_dir"]


class _Place:
    """What `set_dir` was given last."""

    folder: str | None = None


def get_dir() -> str:
    """The folder: what `set_dir` was given; or else ``hub`` in ``$TORCH_HOME``, which is ``torch``
    in ``$XDG_CACHE_HOME``, which is ``~/.cache``."""
    if _Place.folder is not None:
        return _Place.folder
    cache = os.path.join(os.getenv("XDG_CACHE_HOME", "~/.cache"), "torch")
    return os.path.join(os.path.expanduser(os.getenv("TORCH_HOME", cache)), "hub")


def set_dir(d: str | os.PathLike[str]) -> None:
    """Keep files in this folder, which need not exist."""
    _Place.folder = os.path.expanduser(os.fspath(d))


def download_url_to_file(
    url: str, dst: str, hash_prefix: str | None = None, progress: bool = True
) -> None:
    """Copy what is at `url` to the file `dst`, which is there as a whole or not at all.

    Parameters
    ----------
    url : str
    dst : str
    hash_prefix : str, optional
        With what its SHA-256, in hexadecimal digits, has to begin.
    progress : bool
        Without effect.

    Raises
    ------
    urllib.error.URLError
        If it cannot be had.
    RuntimeError
        If it is not what `hash_prefix` says.
    """
    dst = os.path.expanduser(dst)
    request = Request(url, headers={"User-Agent": "torch.hub"})
    with tempfile.TemporaryDirectory(dir=os.path.dirname(dst) or ".") as folder:
        part = os.path.join(folder, "part")
        with urlopen(request) as source, open(part, "wb") as file:
            shutil.copyfileobj(source, file)
        if hash_prefix is not None:
            with open(part, "rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            if not digest.startswith(hash_prefix):
                raise RuntimeError(f'invalid hash value (expected "{hash_prefix}", got "{digest}")')
        os.replace(part, dst)


def load_state_dict_from_url(
    url: str,
    model_dir: str | None = None,
    map_location: Any = None,
    progress: bool = True,
    check_hash: bool = False,
    file_name: str | None = None,
    weights_only: bool = False,
) -> dict[str, Any]:
    """What PyTorch has saved in a file on the web, which is downloaded the first time.

    Parameters
    ----------
    url : str
    model_dir : str, optional
        Where to keep the file; by default in ``checkpoints`` of `get_dir`.
    map_location, weights_only
        As for `load`.
    progress : bool
        Without effect.
    check_hash : bool
        Whether a download must have the SHA-256 of which the name, as in
        ``resnet18-5c106cde.pth``, has the first digits.
    file_name : str, optional
        What to call the file; by default as in `url`.

    Raises
    ------
    urllib.error.URLError
        If it cannot be had.
    RuntimeError
        If it is not what its name says.
    """
    folder = os.path.join(get_dir(), "checkpoints") if model_dir is None else model_dir
    os.makedirs(folder, exist_ok=True)
    name = PurePosixPath(urlparse(url).path).name if file_name is None else file_name
    path = os.path.join(folder, name)
    if not os.path.exists(path):
        print(f'Downloading: "{url}" to {path}')
        digits = re.search(r"-([a-f0-9]*)\.", name) if check_hash else None
        download_url_to_file(url, path, digits and digits[1], progress)
    state: dict[str, Any] = load_file(path, map_location=map_location, weights_only=weights_only)
    return state


#: What PyTorch has besides.
MISSING = by_name({"a model's code would need PyTorch itself": "help list load"})

if not TYPE_CHECKING:  # or every misspelt name would pass for one

    def __getattr__(name):
        """Say by name what is missing on purpose."""
        refuse(f"module {__name__!r}", name, MISSING)
