"""An optimizer's algorithm, line by line.

An algorithm updates a bucket: the numbers of several parameters as one vector (see
``optim.bucket``). Python itself says when a line of it has run, through `sys.settrace`; then the
vectors are looked at, and those that have changed are noted, with the line, and those that it has
written to, even if no bit of them changed, as when ``eps`` is added to large numbers. So what is
shown is the algorithm that really runs, whichever it is.
"""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Callable, Iterable
from types import FrameType
from typing import Any

import numpy as np

from ..optim.bucket import Bucket
from . import changes
from .events import Code, Event
from .places import code_of
from .recorder import Recorder
from .ways import STRAIGHT, Told, lines_of, own_nodes, parsed

#: The variables of ``_update`` that are no vectors of its own.
ARGUMENTS = frozenset({"self", "bucket", "group"})


class LineByLine(Told):
    """Watches one call of an optimizer's ``_update`` for each of its buckets."""

    def __init__(self, recorder: Recorder, optimizer: Any) -> None:
        self.recorder = recorder
        self.title = type(optimizer).__name__
        self.function = type(optimizer)._update
        self.code = code_of(self.function)
        self.place = recorder.where()

    def __call__(self, frame: FrameType, event: str, argument: Any) -> Any:
        """What `sys.settrace` is given: it looks into ``_update`` and no other function."""
        if frame.f_code is not self.function.__code__ or self.code is None:
            return None
        before: dict[str, Any] = vectors(frame)
        values = {name: self.recorder.vector(array) for name, array in before.items()}
        bucket = frame.f_locals["bucket"]
        parts = self._parts(bucket)
        of_parts = [self.recorder.find(parameter) for parameter in bucket.parameters]
        line = frame.f_lineno

        def at_line(frame: FrameType, event: str, argument: Any) -> Any:
            nonlocal before, line
            if event == "return" or (event == "line" and self._has_ended(line, frame.f_lineno)):
                after = vectors(frame)
                begun = fresh(frame, after.keys() - before.keys())
                wrote = written_by(self._statement(line)[0], frame) & before.keys()
                changed = {
                    n: a
                    for n, a in after.items()
                    if n not in begun and (n in wrote or not same(before.get(n), a))
                }
                details = {"parts": parts, "values": of_parts, "numbers": numbers(frame)}
                self._note(line, changed, values, details, frame)
                before, line = after, frame.f_lineno
            return at_line

        return at_line

    def _statement(self, line: int) -> tuple[str, range]:
        """The text of the statement at a line of the file, and its lines."""
        assert self.code is not None
        return statement_at(self.code, line)

    def _has_ended(self, line: int, following: int) -> bool:
        """Whether the statement at `line` has run, as `following` is about to: Python goes to and
        fro in one that has several lines."""
        lines = self._statement(line)[1]
        return len(lines) == 1 or following not in lines

    def _parts(self, bucket: Bucket) -> list[list[Any]]:
        """Name, start, end and shape of each parameter within the bucket's vectors."""
        parts, start = [], 0
        for number, parameter in enumerate(bucket.parameters):
            name = self.recorder.modules.name_of(parameter) or f"parameter {number}"
            end = start + parameter.numel()
            parts.append([name, start, end, list(parameter.array.shape)])
            start = end
        return parts

    def _note(
        self, line: int, changed: dict[str, Any], values: dict[str, int], details: dict[str, Any],
        frame: FrameType,
    ) -> None:  # fmt: skip
        """Note a line that has `changed` vectors; `values` are those that were noted last."""
        if not changed or self.code is None:
            return
        statement, lines = self._statement(line)
        code = self.code._replace(line=lines[0])
        event = self.recorder.update(self.title, code, statement, changed, self.place)
        event.inputs.update({name: values[name] for name in changed if name in values})
        for name, vector in read_by(statement, frame).items():
            if vector in values:
                event.inputs.setdefault(name, values[vector])
        event.details.update(details)
        self._express(event, statement, frame)
        values.update(event.outputs)

    def _express(self, event: Event, statement: str, frame: FrameType) -> None:
        """Note what a line does, as one reads it."""
        options = frame.f_locals["group"]
        expression = changes.expression_of(statement, self.function, options)
        if not expression:
            return
        event.details["expression"] = expression
        counter = changes.short_names(self.function).get("step", "step")
        if "step" in event.inputs and expression.startswith(f"{counter} <-"):
            event.inputs[counter] = event.inputs["step"]  # what it was


def same(before: Any, after: Any) -> bool:
    """Whether a vector is what it was."""
    return before is not None and np.array_equal(before, after, equal_nan=True)


def vectors(frame: FrameType) -> dict[str, Any]:
    """Copies of the vectors that an algorithm works with, by the names that it has for them."""
    bucket = frame.f_locals["bucket"]
    found: dict[str, Any] = {"p": bucket.p, "g": bucket.g}
    for name, item in (*bucket.state.items(), *frame.f_locals.items()):
        known = any(item is other for other in found.values())
        if name not in ARGUMENTS and isinstance(item, np.ndarray) and not known:
            found[name] = item
    return {name: np.array(item) for name, item in found.items()}


def read_by(statement: str, frame: FrameType) -> dict[str, str]:
    """The vectors of which a statement speaks: its names for them, and those of `vectors`."""
    bucket = frame.f_locals["bucket"]
    held = {"p": bucket.p, "g": bucket.g, **bucket.state}
    found: dict[str, str] = {}
    for name in re.findall(r"[^\W\d]\w*", statement):
        item = frame.f_locals.get(name, held.get(name))
        if isinstance(item, np.ndarray):
            vector = next((known for known, other in held.items() if item is other), name)
            found[name] = vector
    return found


def fresh(frame: FrameType, names: Iterable[str]) -> set[str]:
    """Which of these new variables are memory to compute in, in which there is nothing yet."""
    scratch = frame.f_locals["bucket"].scratch
    return {n for n in names if np.shares_memory(frame.f_locals.get(n, ()), scratch)}


def numbers(frame: FrameType) -> dict[str, float]:
    """The plain numbers among an algorithm's variables, and its group's options."""
    return plain_numbers((*frame.f_locals["group"].items(), *frame.f_locals.items()))


def plain_numbers(items: Iterable[tuple[str, Any]]) -> dict[str, float]:
    """Those of some variables or options that are plain numbers."""
    kinds = (int, float, np.floating)
    return {
        name: float(item)
        for name, item in items
        if isinstance(item, kinds) and not isinstance(item, bool)
    }


def written_by(statement: str, frame: FrameType) -> set[str]:
    """The vectors that a statement writes to, by the names of `vectors`: by ``+=``, to ``m[...]``,
    as ``out=``, or in a function that is called for that, as ``move_average(m, g, ...)``."""
    try:
        tree = ast.parse(statement)
    except SyntaxError:  # the head of a branch or loop
        return set()
    targets: list[ast.expr] = []
    for each in ast.walk(tree):
        match each:
            case ast.AugAssign(target=target):
                targets.append(target)
            case ast.Assign(targets=[ast.Subscript(value=target)]):
                targets.append(target)
            case ast.keyword(arg="out", value=target):
                targets.append(target)
            case ast.Expr(value=ast.Call(args=[target, *_], keywords=keywords)):
                if all(keyword.arg != "out" for keyword in keywords):
                    targets.append(target)
    names = [ast.unparse(each) for each in targets if isinstance(each, ast.Name | ast.Attribute)]
    return {vector for name in names for vector in read_by(name, frame).values()}


@functools.lru_cache(maxsize=4096)
def statement_at(code: Code, line: int) -> tuple[str, range]:
    """The text of the statement at a line of the file, and its lines; of the head of a branch or
    loop that line."""
    tree = parsed(code.text)
    for each in () if tree is None else own_nodes(tree):
        if isinstance(each, STRAIGHT) and line - code.first + 1 in lines_of(each):
            lines = range(code.first + each.lineno - 1, code.first + lines_of(each).stop - 1)
            if len(lines) > 1:
                return ast.unparse(each), lines
    texts = code.text.splitlines()
    text = texts[line - code.first].strip() if 0 <= line - code.first < len(texts) else ""
    return text, range(line, line + 1)


def watch_lines(recorder: Recorder, update_all: Callable[..., Any]) -> Callable[..., Any]:
    """``Optimizer._update_all``, with a look at each line of the algorithm."""

    def run(optimizer: Any) -> None:
        if not recorder.watches():
            update_all(optimizer)
            return
        with LineByLine(recorder, optimizer):
            update_all(optimizer)

    return run
