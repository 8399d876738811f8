"""A case: one call of one op on arguments that its id describes completely.

`cases` draws them with Hypothesis, and `Case.parse` makes one from its id again, so that a failure
can be replayed. What is done with a case stands in `runner`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from .bridge import lay_out
from .draws import Floats, Shape, sampled_from
from .rows.row import Row
from .seeds import begin

DTYPES = {
    "f64": torch.float64, "f32": torch.float32, "f16": torch.float16, "i64": torch.int64,
    "i32": torch.int32, "i16": torch.int16, "i8": torch.int8, "u8": torch.uint8, "b": torch.bool,
}  # fmt: skip


ONE_IN_FOUR = st.integers(0, 3)  # if it is 0
SEEDS = st.integers(0, 999)


class Case(NamedTuple):
    """What is called, and on what.

    Attributes
    ----------
    op : str
        A row of the table.
    dtypes : tuple of str
        One for each floating tensor argument; a single one is that of all.
    shapes : tuple of shape or None
        One for each tensor argument; None: the very same tensor as the argument before.
    layouts : tuple of str
        One for each tensor argument, and one for the upstream gradients.
    wanted : tuple of bool
        Which tensor arguments require a gradient.
    data : str
        What kind of numbers, see `draws.Floats`.
    seed : int
        Of the random numbers.
    options : dict
        The arguments that are no tensors.
    """

    op: str
    dtypes: tuple[str, ...]
    shapes: tuple[Shape | None, ...]
    layouts: tuple[str, ...]
    wanted: tuple[bool, ...]
    data: str
    seed: int
    options: dict[str, Any]

    @property
    def id(self) -> str:
        """All of it, in one line."""
        shapes = ["same" if s is None else "x".join(map(str, s)) or "0d" for s in self.shapes]
        parts = (
            self.op, ",".join(self.dtypes), ",".join(shapes), ",".join(self.layouts),
            "".join("g" if w else "-" for w in self.wanted), self.data, str(self.seed),
            repr(self.options),
        )  # fmt: skip
        return "/".join(parts)

    @classmethod
    def parse(cls, text: str) -> Case:
        """The case with this id."""
        op, dtypes, shapes, layouts, wanted, data, seed, options = text.split("/", 7)
        sizes = {"same": None, "0d": ()}
        return cls(
            op,
            tuple(dtypes.split(",")),
            tuple(
                sizes[s] if s in sizes else tuple(map(int, s.split("x"))) for s in shapes.split(",")
            ),
            tuple(layouts.split(",")),
            tuple(letter == "g" for letter in wanted),
            data,
            int(seed),
            eval(options, {"inf": np.inf, "nan": np.nan}),
        )


@functools.cache  # one strategy for all that is drawn in a test; see `draws`
@st.composite
def cases(draw: st.DrawFn, row: Row, dtypes: tuple[str, ...], data: tuple[str, ...] = ()) -> Case:
    """Cases of one row of the table."""
    shapes = draw(row.shapes)
    # An op that takes any number of tensors may be given fewer than the row lists.
    floating = [isinstance(kind, Floats) for kind in row.arguments[: len(shapes)]]
    wanted = [f and draw(ONE_IN_FOUR) > 0 for f in floating]
    if not any(wanted) and any(floating):
        wanted[floating.index(True)] = True
    for i, shape in enumerate(shapes):
        wanted[i] = wanted[i - 1] if shape is None else wanted[i]
    # Mostly contiguous, so that the others are seen one at a time too.
    layout = sampled_from(("contiguous", *row.layouts))
    return Case(
        row.name,
        dtypes,
        shapes,
        tuple(draw(layout) for _ in (*shapes, "upstream")),
        tuple(wanted),
        draw(sampled_from(data or row.data)),
        draw(SEEDS),
        draw(options_for(row.options, with_repeats(shapes))),
    )


@functools.lru_cache(maxsize=1024)  # Hypothesis looks at each new strategy through and through
def options_for(
    options: Callable[[tuple[Shape, ...]], Any], shapes: tuple[Shape, ...]
) -> SearchStrategy[dict[str, Any]]:
    """The strategy for a row's options, given the shapes of its tensors."""
    return options(shapes)


def edge_cases(row: Row, dtype: str) -> list[Case]:
    """The cases with special values that the table asks for."""
    made = []
    for data, shape in row.edges():
        floating = [isinstance(kind, Floats) for kind in row.arguments]
        options = [{}] if row.edge_options is None else row.edge_options
        for chosen in options:
            made.append(
                Case(row.name, (dtype,), (shape,) * len(floating),
                     ("contiguous",) * (len(floating) + 1), tuple(floating), data, begin(0), chosen)
            )  # fmt: skip
    return made


def with_repeats(shapes: tuple[Shape | None, ...]) -> tuple[Shape, ...]:
    """`shapes` with that of the argument before in place of None."""
    full: list[Shape] = []
    for shape in shapes:
        full.append(full[-1] if shape is None else shape)
    return tuple(full)


def arguments(case: Case, row: Row) -> list[torch.Tensor]:
    """The tensor arguments of a case, as PyTorch tensors."""
    made: list[torch.Tensor] = []
    dtypes = iter(case.dtypes)
    dtype = None
    shapes = with_repeats(case.shapes)
    for position, (kind, shape) in enumerate(zip(row.arguments, shapes, strict=False)):
        rng = np.random.default_rng([case.seed, position])
        if isinstance(kind, Floats):
            dtype = next(dtypes, dtype)
        if case.shapes[position] is None:
            made.append(made[-1])
            continue
        if isinstance(kind, Floats):
            values = kind.draw(rng, shape, case.data, position, DTYPES[dtype])
            tensor = torch.from_numpy(values)
        else:
            tensor = torch.from_numpy(np.asarray(kind(rng, shapes, case.options)))
        tensor = lay_out(tensor, case.layouts[position])
        made.append(tensor.requires_grad_(case.wanted[position] and tensor.is_floating_point()))
    return made


SECOND = 100  # upstream gradients with this number and more are for second-order gradients


@functools.lru_cache(maxsize=64)  # each run of a case asks for the same ones
def upstream(seed: int, number: int, shape: Shape) -> np.ndarray[Any, Any]:
    """The numbers of an upstream gradient, not to be changed."""
    rng = np.random.default_rng([seed, 1000 + number])
    return np.asarray(rng.normal(size=shape))


class Draws:
    """The upstream gradients of a case, the same numbers on every run.

    Parameters
    ----------
    case : Case
    carry : callable
        Turns a PyTorch tensor in the case's precision into what the run works on.
    """

    def __init__(self, case: Case, carry: Callable[[torch.Tensor], Any]) -> None:
        self._case = case
        self._carry = carry
        self.drawn: list[tuple[torch.Tensor, Any]] = []  # the original values, and what was given
        self.precision = DTYPES[case.dtypes[0]]

    def __call__(self, number: int, like: Any) -> Any:
        values = torch.from_numpy(upstream(self._case.seed, number, tuple(like.shape)).copy())
        dtype = getattr(torch, str(like.dtype).removeprefix("torch."))
        if dtype.is_floating_point and self.precision.is_floating_point:
            values = values.to(min(dtype, self.precision, key=lambda d: d.itemsize))
        # For a second-order gradient not equal numbers, under which too much cancels out.
        layout = self._case.layouts[-1] if number < SECOND else "contiguous"
        values = lay_out(values.to(dtype), layout).requires_grad_()
        carried = self._carry(values)
        self.drawn.append((values.detach(), carried))
        return carried
