"""The file in which a run of a script is recorded, event by event.

It only ever grows: each event is one line of JSON and behind it the bytes of its arrays. So a
script that dies in the middle leaves a file that can be read up to there, and reading it executes
nothing.

A file has a limit. Once the arrays in it have reached that, of each further tensor only a sample
of its values is kept, evenly spread, with the largest magnitude of the whole; and once the samples
have added half as much again, only which events there were.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

SAMPLE = 64  # values
NAMELESS = "leaf"  # what a leaf is called for which the script has no name

#: How NumPy keeps the values of a dtype that it has not.
KEPT_AS = {"bfloat16": "float32"}


class Entry(NamedTuple):
    """A tensor at an event.

    Attributes
    ----------
    role : str
        "loss" (what is differentiated), "gradient" or "parameter".
    name : str
        What the script calls it, if that was found.
    dtype : str
        Such as "float32"; "none" if there is no such gradient, and where the values cannot be
        read why that is, in brackets.
    shape : tuple of int
    values : array, optional
        All of them, or a sample; None if there are none to read.
    largest : float
        The largest finite magnitude of all values.
    whole : bool
        Whether `values` is all of them.
    """

    role: str
    name: str
    dtype: str
    shape: tuple[int, ...]
    values: NDArray[Any] | None
    largest: float
    whole: bool


class Event(NamedTuple):
    """A backward pass, the step of an optimizer, or the script's end by an exception.

    Attributes
    ----------
    kind : str
        "backward", "grad" (of `autograd.grad`), "step" or "end".
    what : str
        Of a step the optimizer: what the script calls it, and its class.
    line : int
        Of the script, from 1, where the call is; 0 if it is not in the script.
    error : str
        The type of the exception that the call raised, or that ended the script; or nothing.
    entries : list of Entry
    full : bool
        Whether there was no more room for entries.
    """

    kind: str
    what: str
    line: int
    error: str
    entries: list[Entry]
    full: bool = False


def entry(role: str, name: str, dtype: str, values: NDArray[Any]) -> Entry:
    """The record of a tensor with these values."""
    magnitudes = np.abs(values[np.isfinite(values)]) if values.dtype.kind in "fc" else abs(values)
    largest = float(magnitudes.max()) if magnitudes.size else 0.0
    return Entry(role, name, dtype, values.shape, values, largest, True)


def sampled(entry: Entry) -> Entry:
    """The same, with at most `SAMPLE` of its values."""
    if entry.values is None or entry.values.size <= SAMPLE:
        return entry
    places = np.linspace(0, entry.values.size - 1, SAMPLE).astype(np.int64)
    return entry._replace(values=entry.values.reshape(-1)[places], whole=False)


class RecordFile:
    """A record that is being written.

    Parameters
    ----------
    path : str
        Of a file, which is made.
    limit : int
        In bytes, see the top of this file.
    """

    def __init__(self, path: str, limit: int) -> None:
        # Without a buffer: a process that is forked would write its copy of it once more.
        self.file = open(path, "ab", buffering=0)  # noqa: SIM115  # until the process ends
        self.path = os.path.abspath(path)
        self.process = os.getpid()
        self.limit = limit
        self.size = 0

    def write(self, event: Event) -> None:
        """Append an event."""
        if self.size > 1.5 * self.limit:
            event = event._replace(entries=[], full=True)
        elif self.size > self.limit:
            event = event._replace(entries=[sampled(e) for e in event.entries])
        arrays = [e.values.tobytes() for e in event.entries if e.values is not None]
        entries = [(*e[:4], None if e.values is None else len(e.values), *e[5:])
                   for e in map(flat, event.entries)]  # fmt: skip
        head = json.dumps([*event[:4], entries, event.full]).encode()
        self.file.write(b"".join([head, b"\n", *arrays]))
        self.size += len(head) + sum(map(len, arrays))


def flat(entry: Entry) -> Entry:
    """The same, with its values in one dimension."""
    return entry if entry.values is None else entry._replace(values=entry.values.reshape(-1))


def read(path: Path) -> Iterator[Event]:
    """The events of a record; the last one may be cut off, and is left out then.

    There are none if there is no such file: a process was ended before it came to write one.
    """
    if not path.exists():
        return
    with path.open("rb") as file:
        while (head := file.readline()).endswith(b"\n"):
            kind, what, line, error, entries, full = json.loads(head)
            found = []
            for role, name, dtype, shape, count, largest, whole in entries:
                values = None
                if count is not None:
                    kept = np.dtype(KEPT_AS.get(dtype, dtype))
                    content = file.read(count * kept.itemsize)
                    if len(content) < count * kept.itemsize:
                        return
                    values = np.frombuffer(content, kept)
                found.append(Entry(role, name, dtype, tuple(shape), values, largest, whole))
            yield Event(kind, what, line, error, found, full)
