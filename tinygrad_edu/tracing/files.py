"""Traces in files: a zip archive of JSON for the events, and NumPy arrays for the values."""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from dataclasses import asdict
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from ..whole_file import write_whole
from .curve import Point
from .events import Code, Event, Place, Summary, Value
from .traces import Trace

#: The version of the format: a file of another one is refused.
VERSION = 1
RECORD, ARRAYS = "trace.json", "values.npz"
#: What reading raises where bytes or fields of a file are not what they should be.
DAMAGED = (
    zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError, LookupError,
    TypeError, AttributeError,
)  # fmt: skip


def as_json(trace: Trace) -> dict[str, Any]:
    """The trace as plain dicts, lists, numbers and texts, without the arrays."""
    values = [asdict(value) | {"array": value.array is not None} for value in trace.values]
    return {
        "version": VERSION,
        "events": [asdict(event) for event in trace.events],
        "values": values,
        "sources": trace.sources,
        "curve": trace.curve,
    }


def save(trace: Trace, file: str | PathLike[str]) -> None:
    """Write `trace`, whole or not at all."""
    arrays = io.BytesIO()
    held = {str(value.id): value.array for value in trace.values if value.array is not None}
    np.savez(arrays, **held)  # type: ignore[arg-type]
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(RECORD, json.dumps(as_json(trace)))
        archive.writestr(ARRAYS, arrays.getvalue())
    write_whole(Path(file), whole.getvalue())


def load(file: str | PathLike[str]) -> Trace:
    """Read a trace that `Trace.save` has written. Nothing in it is run.

    Raises
    ------
    OSError
        If the file cannot be read.
    ValueError
        If it is no trace, or is damaged, or of another version of this library.
    """
    data = Path(file).read_bytes()
    try:
        record, arrays = _parts(data)
        version = record["version"]
        trace = _trace(record, arrays) if version == VERSION else None
    except DAMAGED as error:
        reason = (
            f"it lacks {error}"
            if isinstance(error, KeyError)
            else str(error) or type(error).__name__
        )
        raise ValueError(f"{file} is no trace: {reason}") from error
    if trace is None:
        raise ValueError(f"{file} is a trace of version {version}, not {VERSION}")
    return trace


def _parts(data: bytes) -> tuple[dict[str, Any], Any]:
    """The record and the arrays of a file."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for name in (RECORD, ARRAYS):
            if name not in archive.namelist():
                raise KeyError(name)
        record = json.loads(archive.read(RECORD))
        return record, np.load(io.BytesIO(archive.read(ARRAYS)), allow_pickle=False)


def _trace(record: dict[str, Any], arrays: Any) -> Trace:
    values = []
    for item in record["values"]:
        held = arrays[str(item["id"])] if item["array"] else None
        if held is not None:
            held.flags.writeable = False
        rest = {"array": held, "shape": tuple(item["shape"]), "summary": Summary(*item["summary"])}
        values.append(Value(**(item | rest)))
    trace = Trace([_event(item) for item in record["events"]], values, record["sources"])
    trace.from_file = True
    trace.curve = [Point(*item) for item in record["curve"]]
    return trace


def _event(item: dict[str, Any]) -> Event:
    place, code = item["place"], item["code"]
    tuples = {
        "place": None if place is None else Place(*place),
        "frames": tuple(Place(*frame) for frame in item["frames"]),
        "code": None if code is None else Code(*code[:5], *map(tuple, code[5:])),
    }
    return Event(**(item | tuples))
