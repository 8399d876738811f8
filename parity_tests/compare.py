"""One call of any function, on both sides, with everything the judge looks at.

`cases` draws the arguments of the ops in the table; here a test brings its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from textwrap import indent
from typing import Any

import torch
from hypothesis import strategies as st

from .bridge import lay_out
from .cases import Case
from .judge import count_case
from .rows.row import Row
from .runner import UNNAMED, judge_arguments
from .seeds import begin
from .told import arguments_told, function_told, telling

CODES = {torch.float64: "f64", torch.float32: "f32"}


def compare(
    call: Callable[..., Any],
    *tensors: torch.Tensor,
    seed: int = 0,
    layout: str = "contiguous",
    each: bool = False,
    twice: bool = True,
    told: Callable[[], str] | None = None,
    names: Sequence[str] = (),
) -> None:
    """Raise unless ``call(library, *tensors)`` comes out alike for both libraries.

    Judged are the results, the gradients for random upstream gradients, on arrays and with
    ``create_graph``, the gradients of these, and that nothing given was changed; or, if PyTorch
    raises, the type of the exception.

    Parameters
    ----------
    call : callable
    *tensors : torch.Tensor
        Floating point ones share a dtype, float32 or float64.
    seed : int
        Of the upstream gradients.
    layout : str
        Of the tensors and of the upstream gradients, see `bridge.lay_out`.
    each : bool
        Judge every element alone, as for special values.
    twice : bool
        Judge gradients of gradients.
    told : callable, optional
        Says what was called, for the message; by default it is the lines of `call`.
    names : sequence of str
        Of the tensors, for the message.

    Raises
    ------
    AssertionError
        With what was called, the arguments, what was expected and what was got.
    """
    count_case()
    dtype = next(t.dtype for t in tensors if t.is_floating_point())
    data = "grid" if each else "normal"
    case = Case(UNNAMED, (CODES[dtype],), (), (layout,), (), data, begin(seed), {})
    row = Row(UNNAMED, call, st.nothing(), (), twice=twice)
    given = [lay_out(t.detach(), layout).requires_grad_(t.requires_grad) for t in tensors]

    def text() -> str:
        called = function_told(call) if told is None else told()
        return f"{called}\n{indent(arguments_told(given, names), '  ')}"

    with telling(text):
        judge_arguments(case, row, given)
