"""``tinygrad-edu path``: what to read of the library in order to follow one training step.

The library is large, and a training step runs little of it. Which functions these are is not
written down anywhere, where it would grow old: one step is taken, and Python's profiler tells of
each function as it begins.
"""

import inspect
import sys
import textwrap
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, NamedTuple

from .training.train import Training

PACKAGE = Path(__file__).parents[1]


class Stretch(NamedTuple):
    """A statement of the training loop, and what it runs that no statement before it ran.

    Attributes
    ----------
    statement : str
    functions : list of code
        In the order in which they begin.
    """

    statement: str
    functions: list[CodeType]


def one_step(training: Training) -> Iterator[str]:
    """Take the first batch's step; before each of its statements, yield it as a text."""
    rows = next(training.batches())
    x, y = training.train_x[rows], training.train_y[rows]
    yield "optimizer.zero_grad()"
    training.optimizer.zero_grad()
    yield "output = model(x)"
    output = training.model(x)
    yield "loss = loss_function(output, y)"
    loss = training.loss_function(output, y)
    yield "loss.backward()"
    loss.backward()
    yield "optimizer.step()"
    training.optimizer.step()


def stretches(training: Training) -> list[Stretch]:
    """Take a step, and return what it ran.

    It is the second one. The first also does what is done once: it imports what is imported at
    first use, and makes the optimizer's state.
    """
    for _ in one_step(training):
        pass
    found: dict[CodeType, str] = {}
    statement = ""

    def note(frame: FrameType, event: str, argument: Any) -> None:
        code = frame.f_code
        if event == "call" and statement and is_to_read(code):
            found.setdefault(code, statement)

    before, statements = sys.getprofile(), []
    sys.setprofile(note)
    try:
        for statement in one_step(training):
            statements.append(statement)
    finally:
        sys.setprofile(before)
    return [Stretch(s, [code for code in found if found[code] == s]) for s in statements]


def is_to_read(code: CodeType) -> bool:
    """Whether it is a function of the library; a part of one, as a lambda, stands in its text."""
    path = Path(code.co_filename)
    inside = path.is_relative_to(PACKAGE) and not path.is_relative_to(PACKAGE / "app")
    return inside and not code.co_name.startswith("<")


def listing(parts: Iterable[Stretch]) -> Iterator[str]:
    """The lines of a table: where each function stands, its name, and how many lines it has."""
    count = total = 0
    for statement, functions in parts:
        yield statement
        for code in functions:
            lines = len(inspect.getsourcelines(code)[0])
            yield f"    {place(code):34}{code.co_qualname:40}{lines:4}"
            count, total = count + 1, total + lines
        yield ""
    yield f"{count} functions, {total} lines with their docstrings"


def source(parts: Iterable[Stretch]) -> Iterator[str]:
    """The same functions in full, one after the other."""
    for statement, functions in parts:
        yield f"# {'=' * 78}\n# {statement}\n# {'=' * 78}\n"
        for code in functions:
            yield f"# {place(code)}  {code.co_qualname}"
            yield textwrap.dedent(inspect.getsource(code))


def place(code: CodeType) -> str:
    """File and line, from the package on."""
    path = Path(code.co_filename).relative_to(PACKAGE)
    return f"{path.as_posix()}:{code.co_firstlineno}"
