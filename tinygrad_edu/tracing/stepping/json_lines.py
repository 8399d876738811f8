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

#: A value of at most so many elements is written with them.
INLINE = 64


def as_json_lines(trace: Trace, inline: int = INLINE) -> Iterator[str]:
    """One JSON object for each event, with its values.

    Parameters
    ----------
    trace : Trace
    inline : int
        How many elements a value may have to be written whole, as nested lists under
        ``"elements"``. Of all there are shape, dtype and summary.

    Yields
    ------
    str
        A line, strict JSON: what is no finite number is written as "nan", "inf", "-inf".
    """
    for event in trace.events:
        item = asdict(event)
        if event.code is not None:  # its text would be repeated a thousand times
            item["code"] = {k: v for k, v in event.code._asdict().items() if k != "text"}
        for part in ("inputs", "saved", "outputs"):
            item[part] = {
                name: described(trace, trace.values[number], inline)
                for name, number in getattr(event, part).items()
            }
        if event.about is not None:
            item["about"] = {"id": event.about, "name": label(trace, trace.values[event.about])}
        yield json.dumps(finite(item), allow_nan=False)


def print_json(trace: Trace, stdout: TextIO) -> None:
    """Write `as_json_lines` to `stdout`."""
    for line in as_json_lines(trace):
        stdout.write(line + "\n")


def described(trace: Trace, value: Value, inline: int) -> dict[str, Any]:
    """A value without its array, or with it if it is small."""
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
    if value.array is not None and value.size <= inline:
        item["elements"] = value.array.tolist()
    return item
