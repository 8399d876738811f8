"""A trace for other tools: a JSON object for each event, on a line of its own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any, TextIO

from ..events import Value
from ..strict_json import finite
from ..traces import Trace
from .names import label

#: A value of at most so many elements is written with them wherever it is mentioned.
INLINE = 64


def as_json_lines(trace: Trace, inline: int = INLINE) -> Iterator[str]:
    """One JSON object for each event, with its values.

    Of each value there are shape, dtype and summary; and, where it is first mentioned, all its
    elements, as nested lists under ``"elements"``, if the trace has kept them. Later mentions have
    the same ``"id"``.

    Parameters
    ----------
    trace : Trace
    inline : int
        Up to how many elements later mentions have them, too.

    Yields
    ------
    str
        A line, strict JSON: what is no finite number is written as "nan", "inf", "-inf".
    """
    written: set[int] = set()
    for event in trace.events:
        item = asdict(event)
        if event.code is not None:  # its text would be repeated a thousand times
            item["code"] = {k: v for k, v in event.code._asdict().items() if k != "text"}
        for part in ("inputs", "saved", "outputs"):
            for name, number in getattr(event, part).items():
                value = trace.values[number]
                whole = number not in written or value.size <= inline
                item[part][name] = described(trace, value, whole)
                written.add(number)
        if event.about is not None:
            item["about"] = {"id": event.about, "name": label(trace, trace.values[event.about])}
        yield json.dumps(finite(item), allow_nan=False)


def print_json(trace: Trace, stdout: TextIO) -> None:
    """Write `as_json_lines` to `stdout`."""
    for line in as_json_lines(trace):
        stdout.write(line + "\n")


def described(trace: Trace, value: Value, whole: bool) -> dict[str, Any]:
    """A value, with its elements or without."""
    item: dict[str, Any] = {
        "id": value.id,
        "name": label(trace, value),
        "kind": value.kind,
        "shape": list(value.shape),
        "dtype": value.dtype,
        "summary": value.summary._asdict(),
        "born": value.born,
        "of": value.of,
    }
    if value.array is not None and whole:
        item["elements"] = value.array.tolist()
    return item
