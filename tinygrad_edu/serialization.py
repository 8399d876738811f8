"""Saving tensors to a file and loading them again, in the safetensors format.

A file is a JSON header (name, dtype, shape and place of each tensor) and then the numbers. To load
one is to read, and never to run anything. PyTorch reads and writes the same files through
``safetensors.torch``.

References
----------
.. [1] https://huggingface.co/docs/safetensors: the format.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from .creation import from_numpy
from .tensor import Tensor
from .whole_file import write_whole

try:
    import safetensors.numpy as codec
    from safetensors import SafetensorError
except ModuleNotFoundError:  # an extra; without it only the functions below do not work
    codec = None  # type: ignore[assignment]


def save_file(
    tensors: Mapping[str, Tensor],
    path: str | os.PathLike[str],
    metadata: Mapping[str, str] | None = None,
) -> None:
    """Write tensors, such as a module's ``state_dict()``, to a file.

    Parameters
    ----------
    tensors : dict of str to Tensor
    path : str or path
        An existing file is replaced once the new one is complete, and untouched on any error.
    metadata : dict of str to str, optional
        Notes to keep in the file's header.

    Raises
    ------
    TypeError
        If a name is no str, or what it names no Tensor, or `metadata` has anything but str.
    OSError
        If the file cannot be written.
    ImportError
        If the safetensors library is not installed.
    """
    require_codec()
    for name, tensor in tensors.items():
        if not isinstance(name, str) or not isinstance(tensor, Tensor):
            raise TypeError(
                f"only tensors under names can be saved, but {name!r} is a {type(tensor).__name__}"
            )
    for key, note in (metadata or {}).items():
        if not isinstance(key, str) or not isinstance(note, str):
            raise TypeError(f"metadata must be text, but {key!r} is {note!r}")
    arrays = {name: np.asarray(tensor.array, order="C") for name, tensor in tensors.items()}
    write_whole(Path(path), codec.save(arrays, dict(metadata) if metadata else None))


def load_file(path: str | os.PathLike[str]) -> dict[str, Tensor]:
    """Read the tensors of a file, by name; they require no gradient.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is no safetensors file, is damaged, or holds tensors of a dtype that there is not
        here.
    ImportError
        If the safetensors library is not installed.
    """
    require_codec()
    content = Path(path).read_bytes()
    try:
        arrays = codec.load(content)
        return {name: from_numpy(np.require(arrays[name], requirements="W")) for name in arrays}
    except SafetensorError as error:
        raise ValueError(
            f"{os.fspath(path)!r} is not a whole safetensors file ({len(content)} bytes): {error}"
        ) from error
    except (KeyError, TypeError, NotImplementedError) as error:  # the codec's, and ours
        raise ValueError(
            f"{os.fspath(path)!r} holds tensors of a dtype that there is not here: {error}"
        ) from error


def require_codec() -> None:
    """Raise if the safetensors library is not installed."""
    if codec is None:
        raise ImportError(
            'saving and loading needs the safetensors library: pip install "tinygrad_edu[app]"'
        )
