"""What a page holds of a trace: plain lists, dicts, numbers and texts, each text once."""

from __future__ import annotations

import ast
from collections.abc import Hashable, Sequence
from typing import Any

from ..curve import Point
from ..events import Code, Event, Place, Value
from ..strict_json import finite
from ..traces import FROM_FILE, Trace
from ..ways import lines_run
from . import formula as formulas
from .arithmetic import arithmetic
from .coefficients import coefficients
from .highlight import around, pieces, running
from .mathml import listed, math
from .packing import Packed, largest_shown


class Table:
    """Things that are spoken of by their places in a list, equal ones by the same."""

    def __init__(self) -> None:
        self.all: list[Any] = []
        self._known: dict[Hashable, int] = {}

    def add(self, key: Hashable, make: Any) -> int:
        """The place of what `key` stands for; `make` makes it if it is new."""
        if key not in self._known:
            self._known[key] = len(self.all)
            self.all.append(make())
        return self._known[key]


def contents(
    trace: Trace, what_if: Sequence[Any] | str | None = None, beside: Any = None
) -> tuple[dict[str, Any], bytes]:
    """All that a trace's page shows, and the bytes of its arrays."""
    arrays, codes, found = Packed(), Table(), Table()
    largest = largest_shown(trace.values)
    values = [_value(value, trace.name_of(value), arrays, largest) for value in trace.values]
    files = {file: number for number, file in enumerate(_files(trace))}
    events = [_event(event, files, codes, found) for event in trace.events]
    shown = {
        "events": events,
        "values": values,
        "arrays": arrays.all,
        "codes": codes.all,
        "formulas": found.all,
        "files": [[file, _lines(trace, file)] for file in files],
        "fromFile": FROM_FILE if trace.from_file else "",
        "terms": coefficients(trace, found.all, events),
        "curve": _curve(trace.curve),
        "whatIf": what_if if isinstance(what_if, str) else [_what_if(i) for i in what_if or ()],
        "beside": None if beside is None else _beside(beside),
    }
    return shown, arrays.bytes()


def _curve(points: Sequence[Point]) -> list[Any]:
    return [finite([*point]) for point in points]


def _value(value: Value, called: str, arrays: Packed, largest: int) -> dict[str, Any]:
    known = value.array is not None and value.array.dtype.kind in "biuf"
    shown = known and value.size <= largest
    return {
        "kind": value.kind,
        "shape": list(value.shape),
        "dtype": value.dtype,
        "array": arrays.add(value.array) if shown and value.array is not None else None,
        "kept": value.array is not None,
        "summary": finite([*value.summary]),
        "name": value.name,
        "called": called,
        "born": value.born,
        "of": value.of,
    }


def _files(trace: Trace) -> list[str]:
    """The user's files, in the order in which their lines ran."""
    return [*dict.fromkeys(event.place.file for event in trace.events if event.place)]


def _lines(trace: Trace, file: str) -> dict[int, Any]:
    """The lines of a file that are shown."""
    ran: set[int] = set()
    for event in trace.events:
        if event.place is not None and event.place.file == file:
            ran.update(range(event.place.line, event.place.end_line + 1))
    return around(trace.sources.get(file, ""), ran)


def _event(event: Event, files: dict[str, int], codes: Table, found: Table) -> dict[str, Any]:
    """An event; what is empty is left out."""
    code = event.code
    text = "" if code is None else code.text
    packed: dict[str, Any] = {
        "kind": event.kind,
        "title": event.title,
        "step": event.step,
        "module": event.module,
        "place": _place(event.place, files),
        "frames": [[frame.file, frame.function, frame.line] for frame in event.frames],
        "code": None if code is None else codes.add(code[:4], lambda: _code(code)),
        "line": 0 if code is None else code.line or _line(event, code),
        "ran": [] if code is None else lines_run(code),
        "formula": found.add(
            (event.kind, event.formula, event.details.get("expression"), text),
            lambda: _formula(event),
        ),
        "inputs": event.inputs,
        "outputs": event.outputs,
        "saved": event.saved,
        "options": event.options,
        "forward": event.forward,
        "about": event.about,
        "details": finite(event.details),
    }
    # 0 is a number of something for some, and nothing for others.
    return {
        key: item
        for key, item in packed.items()
        if item or (item == 0 and key in ("code", "formula", "forward", "about"))
    }


def _place(place: Place | None, files: dict[str, int]) -> list[Any] | None:
    if place is None:
        return None
    return [files[place.file], *place[1:]]


def _line(event: Event, code: Code) -> int:
    """The line of the ledger's code that an entry is about; 0 of other events."""
    if event.kind in ("accumulate", "grad"):
        for number, line in enumerate(code.text.splitlines(), code.first):
            if line.strip().endswith(event.formula):
                return number
    return 0


def _code(code: Code) -> dict[str, Any]:
    return {
        "file": code.file,
        "name": code.name,
        "first": code.first,
        "lines": pieces(code.text.rstrip("\n")),
        "running": running(code.text, code.first),
    }


def _formula(event: Event) -> dict[str, Any]:
    """A formula: its text, and, where it could be read, MathML and arithmetic."""
    made: dict[str, Any] = {"text": event.formula}
    found = _read(event)
    if found is None:
        return made
    made["math"] = math(found.value)
    made["where"] = [[math(ast.Name(name)), math(value)] for name, value in found.where]
    if found.target is not None:
        targets = found.target.elts if isinstance(found.target, ast.Tuple) else [found.target]
        made["target"] = listed([math(each) for each in targets])
        made["to"] = _name_of(found.target)
    whole = formulas.inlined(found)
    made["arithmetic"] = arithmetic(whole)
    match whole:
        case ast.Call(func=ast.Name(id="mean" | "sum"), args=[each]):
            made["each"] = {"math": math(each), "arithmetic": arithmetic(each)}
    return made


def _read(event: Event) -> formulas.Formula | None:
    """What the formula of an event says."""
    kind, text, code = event.kind, event.formula, event.code
    expression = event.details.get("expression")
    if expression and kind == "update":
        return formulas.of_change(expression)
    if expression:
        return formulas.of_expression(expression)
    if kind == "forward":
        return formulas.of_sentence(text)
    if kind in ("derivative", "hook"):
        return formulas.of_derivative(text, "" if code is None else code.text)
    if kind == "update":
        return formulas.of_statement(text, "" if code is None else code.file)
    if kind in ("accumulate", "grad"):
        return formulas.of_derivative("before + grad" if "+" in text else "grad", "")
    return formulas.of_derivative(text, "") if kind == "broadcast" else None


def _name_of(target: ast.expr) -> str:
    """Of a vector that is written to."""
    match target:
        case ast.Name(id=name) | ast.Attribute(value=ast.Name(id="bucket"), attr=name):
            return name
        case ast.Tuple(elts=[first, *_]):
            return _name_of(first)
    return ""


def _what_if(item: Any) -> dict[str, Any]:
    return {
        "title": item.title,
        "explanation": item.explanation,
        "rows": [finite([*row]) for row in item.rows],
        "error": item.error or "",
        "right": None if item.right is None else _code(item.right),
        "wrong": None if item.wrong is None else _code(item.wrong),
    }


def _beside(beside: Any) -> dict[str, Any]:
    return {
        "rows": [_beside_row(row) for row in beside.rows],
        "sentence": beside.sentence,
        "notes": [*beside.notes],
        "curve": _curve(beside.curve),
    }


def _beside_row(item: Any) -> dict[str, Any]:
    return {
        "event": item.event,
        "kind": item.kind,
        "ours": item.ours,
        "theirs": item.theirs,
        "name": item.name,
        "difference": finite(item.difference),
        "eps": finite(item.eps),
        "within": bool(item.within),
        "remark": item.remark,
    }
