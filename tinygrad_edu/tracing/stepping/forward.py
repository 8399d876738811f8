"""Why an op gives what it gives: its formula with shapes, with numbers, and which elements of its
arguments an element of its result comes from."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from ..again.one_call import sources
from ..events import Event, Value
from ..formulas import of_code
from ..readable import read
from ..sentences import AFTERWARDS
from ..spoken import said
from .characters import Array, Index
from .elements import (
    at,
    chosen_output,
    element,
    head,
    largest,
    shapes_of,
    sum_of,
    with_shapes,
)  # fmt: skip
from .errors import ERRORS, one_line
from .lines import Line, number, styled
from .with_numbers import NotArithmetic, evaluated, with_numbers

if TYPE_CHECKING:
    from .stepper import Stepper

#: Of how many characters an expression may be that is shown on a line with shapes put in.
LONGEST = 80
#: What is taken for an expression where a sentence begins with it.
EXPRESSIONS = (ast.BinOp, ast.Call, ast.UnaryOp, ast.Compare, ast.Subscript)


def of_forward(stepper: Stepper, terms: int) -> Iterator[Line]:
    """An op: how its result follows from its arguments."""
    event = stepper.event
    yield styled(event.formula or event.title, "title")
    shapes = shapes_of(stepper, event.inputs)
    found = chosen_output(stepper)
    core = "" if found is None else expression_of(event, found[0])
    words = said(core)
    shaped = with_shapes(words, shapes)
    if shaped == words:
        shaped = f"{event.title}({', '.join(f'{name}{shape}' for name, shape in shapes.items())})"
    if found is None:
        yield Line(shaped)
        return
    name, value, index = found
    yield Line(f"{name}{value.shape} = {shaped}")
    told = {"weight": "None", "pos_weight": "None"} if "expression" in event.details else {}
    options = [
        f"{key}={text}"
        for key, text in event.options.items()
        if told.get(key) != text and not (told and key == "reduction")  # the formula has it
    ]
    if options:
        yield Line("with " + ", ".join(options))
    if not value.size:
        yield Line("(there is no element)")
        return
    yield head(name, value.array, index)
    arguments = {name: stepper.trace.values[n] for name, n in event.inputs.items()}
    if event.title == "Linear" and index and {"x", "weight"} <= arguments.keys():
        yield from products(arguments, index, terms)
        return
    alike = [*of_each(stepper, core, value, terms)]
    alike = alike or [*same_place(event, core, arguments, value, index)]
    yield from alike or where_from(stepper, name, value, index, terms)


def expression_of(event: Event, output: str) -> str:
    """What an op computes as an expression: that with which its sentence begins, or else what its
    code has returned; "" where neither says it in one, and not in many words."""
    if "expression" in event.details:
        return str(event.details["expression"]).replace(" ** ", "^")
    number, several = [*event.outputs].index(output), len(event.outputs) > 1
    begins = "" if several else beginning(event.formula)
    text = begins or ("" if event.code is None else of_code(event.code))
    if several and text:
        returned = ast.parse(text, mode="eval").body
        parts = returned.elts if isinstance(returned, ast.Tuple) else []
        text = ast.unparse(parts[number]) if len(parts) == len(event.outputs) else ""
    return text if len(text) <= LONGEST else ""


@functools.lru_cache(maxsize=1024)
def beginning(sentence: str) -> str:
    """The expression with which a sentence begins; "" if it does with none. In it ^ is a power."""
    ends = {m.start() for a in AFTERWARDS for m in re.finditer(re.escape(a), sentence)}
    for end in sorted({*ends, len(sentence.rstrip("."))}, reverse=True):
        try:
            tree = ast.parse(sentence[:end].replace("^", "**"), mode="eval").body
        except SyntaxError:
            continue
        words = any(isinstance(each, ast.In | ast.NotIn | ast.Is) for each in ast.walk(tree))
        if isinstance(tree, EXPRESSIONS) and not words:  # "patches in columns"
            return sentence[:end] if any(isinstance(n, ast.Name) for n in ast.walk(tree)) else ""
    return ""


def products(arguments: dict[str, Value], index: Index, terms: int) -> Iterator[Line]:
    """Of ``x @ weight.T + bias`` the products that an element is the sum of."""
    x, weight = arguments["x"].array, arguments["weight"].array
    if x is None or weight is None:
        return
    row, neuron = index[:-1], index[-1]
    rows = []
    for k in range(weight.shape[1]):
        a, b = x[(*row, k)].item(), weight[neuron, k].item()
        left, right = at("x", (*row, k)), at("weight", (neuron, k))
        rows.append((a * b, f"{left} {number(a)} * {right} {number(b)} = {number(a * b)}"))
    yield from sum_of(rows, terms)
    bias = arguments.get("bias")
    if bias is not None:
        yield Line(f"  + {at('bias', (neuron,))} {element(bias.array, (neuron,))}")


# Element by element -------------------------------------------------------------------------------


def same_place(
    event: Event, core: str, arguments: dict[str, Value], value: Value, index: Index
) -> Iterator[Line]:
    """The formula, `core`, with the numbers of elements at the same place, if it comes to the
    result: so that one sees that it is meant element by element."""
    if "where(" in core:  # it comes from one of them
        return
    places: dict[str, tuple[Index, float]] = {}
    for name, argument in arguments.items():
        place = repeated(argument.shape, value.shape, index)
        if place is not None and argument.array is not None:
            places[name] = place, argument.array[place].item()
    found = with_numbers(core, numbers_of(event, places))
    if found is None or value.array is None:
        return
    text, result = found
    if not close(result, value.array[index].item(), value.dtype):
        return
    yield Line(f"  = {text}")
    for name, (place, item) in places.items():
        if re.search(rf"\b{re.escape(name)}\b", core):
            yield Line(f"  {at(name, place)} = {number(item)} is at the same place")


def of_each(stepper: Stepper, core: str, value: Value, terms: int) -> Iterator[Line]:
    """Of a sum or mean over elements that are computed: the largest of these with numbers, and all
    of them."""
    event = stepper.event
    formula = read(core.replace("^", " ** "))
    whole = None if formula is None else formula.whole()
    match whole:
        case ast.Call(func=ast.Name(id="mean" | "sum" as kind), args=[each]) if not isinstance(
            each, ast.Name
        ):
            pass
        case _:
            return
    arrays = {name: stepper.value(number).array for name, number in event.inputs.items()}
    known = {name: array for name, array in arrays.items() if array is not None}
    try:
        with np.errstate(all="ignore"):
            losses = np.asarray(evaluated(each, known | numbers_of(event, {})))
    except (NotArithmetic, ValueError, TypeError):
        return
    if not losses.size or value.array is None:
        return
    result = losses.mean() if kind == "mean" else losses.sum()
    if not close(float(result), value.array.item(), value.dtype):
        return
    place = largest(losses)
    numbers = {n: np.broadcast_to(array, losses.shape)[place].item() for n, array in known.items()}
    text = ast.unparse(each).replace(" ** ", "^")
    found = with_numbers(text, numbers_of(event, {}) | numbers)
    if found is None:
        return
    yield Line(f"  the {kind} of {losses.size}, of which the largest is, at {list(place)},")
    yield Line(f"  {found[0]} = {number(found[1])}")
    share = losses.size if kind == "mean" else 1
    rows = [
        (item / share, f"at {[*at_place]}: {number(item)}" + (f" / {share}" if share > 1 else ""))
        for at_place, item in np.ndenumerate(losses)
    ]
    yield from sum_of(rows, terms)


def numbers_of(event: Event, places: dict[str, tuple[Index, float]]) -> dict[str, float]:
    """What the names of a formula stand for: elements, and options that are numbers."""
    numbers = dict(event.details.get("numbers", {}))
    numbers |= {name: item for name, (_, item) in places.items()}
    for name, text in event.options.items():
        if name not in event.inputs and re.fullmatch(r"-?\d+(\.\d*)?(e[-+]?\d+)?", text):
            numbers[name] = float(text)
    return numbers


def close(result: float, recorded: float, dtype: str) -> bool:
    """Whether a formula comes to what was recorded."""
    digits = 1e-2 if dtype.endswith("16") else 1e-4
    return bool(np.isclose(result, recorded, rtol=digits, atol=digits**2, equal_nan=True))


def repeated(shape: tuple[int, ...], full: tuple[int, ...], index: Index) -> Index | None:
    """Of an array that is broadcast to the shape `full` the element that stands at `index`; None
    if it cannot be broadcast to it."""
    if len(shape) > len(full):
        return None
    tail = full[len(full) - len(shape) :]
    if any(a not in (1, b) for a, b in zip(shape, tail, strict=True)):
        return None
    places = index[len(index) - len(shape) :] if shape else ()
    return tuple(0 if a == 1 else place for a, place in zip(shape, places, strict=True))


# From anywhere ------------------------------------------------------------------------------------


def where_from(
    stepper: Stepper, name: str, value: Value, index: Index, terms: int
) -> Iterator[Line]:
    """The elements of the arguments that an element comes from, as its derivatives tell: it has one
    other than 0 by each of them."""
    if not stepper.event.inputs:
        return
    try:
        found = sources(stepper.trace, stepper.event, name, index)
    except ERRORS as error:
        yield Line(f"  (from which elements it comes: {one_line(error)})")
        return
    for argument, rows in found.items():
        array = stepper.value(stepper.event.inputs[argument]).array
        if len(rows) == 1 and moved(array, rows[0], value.array, index):
            ((place, _),) = rows
            yield Line(f"  {at(argument, place)} = {element(array, place)} stands here")
        else:
            yield from derivatives(argument, array, rows, terms)


def moved(
    array: Array | None, source: tuple[Index, float], result: Array | None, index: Index
) -> bool:
    """Whether an element is just what another one was, which has gone to this place."""
    place, derivative = source
    if array is None or result is None or derivative != 1:
        return False
    return bool(array[place] == result[index])


def derivatives(
    name: str, array: Array | None, rows: list[tuple[Index, float]], terms: int
) -> Iterator[Line]:
    """Elements that go into a result, each with its derivative; the largest, if they are many."""
    shown = rows
    if len(rows) > terms:
        largest = sorted(range(len(rows)), key=lambda n: -abs(rows[n][1]))[: terms - 1]
        shown = [rows[n] for n in sorted(largest)]
    for place, derivative in shown:
        what = f"{at(name, place)} = {element(array, place)}"
        yield Line(f"  {what} goes in, with the derivative {number(derivative)}")
    if len(rows) > len(shown):
        yield Line(f"  so do {len(rows) - len(shown)} other elements of {name}")
