"""Files in PyTorch's format for the tests: a good one of each kind, and ways to spoil them."""

from __future__ import annotations

import io
from collections import OrderedDict
from typing import Any

import torch

import tinygrad_edu
from tinygrad_edu.checkpoint.archive import Archive, write_archive


def written(f: Any, value: Any) -> io.BytesIO:
    """A file that a framework saved, to be read from its start."""
    file = io.BytesIO()
    f.save(value, file)
    file.seek(0)
    return file


def rewritten(content: bytes, changes: dict[str, bytes]) -> bytes:
    """The archive with other content in some records."""
    archive = Archive(content)
    records = {name: bytes(archive.read(name)) for name in archive.records} | changes
    return bytes(write_archive(records.items()))


STATE = {
    "weight": torch.arange(6.0).reshape(2, 3),
    "turned": torch.arange(6).reshape(2, 3).T,
    "parameter": torch.nn.Parameter(torch.ones(2)),
    "rest": [1, 2.5, "text", b"bytes", None, {1, 2}, OrderedDict(a=(1, 2)), torch.Size([3])],
}
WHOLE = written(torch, STATE).getvalue()
OURS = bytes(rewritten(WHOLE, {}))


def load(content: bytes) -> Any:
    return tinygrad_edu.load(io.BytesIO(content))


def with_pickle(program: bytes, **records: bytes) -> bytes:
    """A file with this pickle, and storage 0 of 6 floats."""
    return rewritten(OURS, {"data.pkl": program} | records)
