"""``torch.special``: the functions that are there alone; each element is judged by itself."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch

import tinygrad_edu

from .both import both, both_raise
from .judge import Evidence, check
from .programs import compare

INF, NAN = float("inf"), float("nan")
POINTS = [
    0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 0.25, 0.75, 1e-3, -1e-3, 1e-20, 0.3, 1.7, -1.7, 2.0, 3.3, -3.3,
    5.0, -5.0, 8.0, -8.0, 12.0, 20.0, -20.0, 26.0, 31.0, 60.0, -60.0, 0.999, 0.01,
]  # fmt: skip
ENDS = [INF, -INF, NAN]
#: Functions of one number, and whether float16 is computed, too.
UNARY = {
    "entr": True, "erfcx": False, "i0e": True, "i1": True, "i1e": True, "log_ndtr": False,
    "ndtr": True, "ndtri": False,
}  # fmt: skip
BY_DEGREE = [
    *[f"{s}chebyshev_polynomial_{k}" for s in ("", "shifted_") for k in "tuvw"],
    "hermite_polynomial_h", "hermite_polynomial_he", "laguerre_polynomial_l",
    "legendre_polynomial_p",
]  # fmt: skip


def judged(ask: Any, dtype: str, *, each: bool = True) -> None:
    """`ask` of the library, a dtype and a factor near 1: values, and if there are any, gradients of
    two orders. How exact they can be is seen from numbers that differ in their last digits."""
    runs = []
    moves = [(torch, dtype, 1 + k * np.finfo(dtype).eps) for k in (-2, -1, 1, 2)]
    for lib, name, factor in (
        (torch, dtype, 1), (torch, "float64", 1), (tinygrad_edu, dtype, 1), *moves
    ):  # fmt: skip
        leaves, result = ask(lib, getattr(lib, name), factor)
        run = [result]
        if result.requires_grad:
            weights = lib.linspace(0.5, 1.5, result.numel(), dtype=result.dtype)
            run += lib.autograd.grad(
                (result * weights.reshape(result.shape)).sum(), leaves, create_graph=True
            )
            if dtype == "float64" and run[1].requires_grad:
                run += lib.autograd.grad(run[1].sum(), leaves[-1:])
        runs.append([x.detach() for x in run])
    for theirs, truth, mine, *moved in zip(*runs, strict=False):
        near = [(other, theirs) for other in moved]
        check(mine, Evidence(theirs, truth, lambda near=near: near), each=each)
    assert len(runs[0]) == len(runs[2])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", UNARY)
def test_functions_of_one_number(name: str, dtype: str) -> None:
    def ask(lib: Any, kind: Any, factor: float) -> Any:
        values = [x for x in POINTS if 1e-4 < x < 1] if name == "ndtri" else POINTS
        values = [x for x in values if x > 0] if name == "entr" else values
        x = lib.tensor(np.float32(values).tolist(), dtype=kind, requires_grad=True)
        return [x], getattr(lib.special, name)(x * factor)

    judged(ask, dtype, each=False)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", UNARY)
def test_ends_and_where_they_are_small(name: str, dtype: str) -> None:
    def ask(lib: Any, kind: Any, factor: float) -> Any:
        values = [*(x for x in POINTS if abs(x) < 9), *ENDS]
        x = lib.tensor(np.float32(values).tolist(), dtype=kind)
        return [], getattr(lib.special, name)(x * factor)

    judged(ask, dtype)


@pytest.mark.parametrize("name", [*UNARY, *BY_DEGREE, "zeta", "xlog1py"])
def test_kinds(name: str) -> None:
    def run(lib: Any) -> Any:
        function, results = getattr(lib.special, name), []
        for kind in (lib.float16, lib.float32, lib.float64, lib.int64, lib.bool, lib.uint8):
            x = lib.ones((2, 0, 3), dtype=kind)
            others = [] if name in UNARY else [2]
            try:
                made = function(x, *others)
                results.append((str(made.dtype), made.shape))
            except NotImplementedError as error:
                results.append(str(error))
        x = lib.ones(2, 3, requires_grad=True).t()
        return [*results, function(x, *others).requires_grad, function(x, *others).shape]

    both(run)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_xlog1py(dtype: str) -> None:
    def ask(lib: Any, kind: Any, factor: float) -> Any:
        x = lib.tensor([[0.0, 1.0, -2.0, 0.5]], dtype=kind, requires_grad=True)
        y = lib.tensor([[0.5], [2.0], [-0.5]], dtype=kind, requires_grad=True)
        return [x, y], lib.special.xlog1py(x, y * factor)

    judged(ask, dtype)

    def program(lib: Any) -> Any:
        kind = getattr(lib, dtype)
        x = lib.tensor([0.0, 0.0, 1.0, 0.0, 2.0, NAN], dtype=kind)
        y = lib.tensor([-1.0, NAN, -1.0, -3.0, INF, 0.0], dtype=kind)
        z = lib.ones(2, dtype=kind, requires_grad=True)
        made = [lib.special.xlog1py(z, 2), lib.special.xlog1py(3.0, z)]
        return [lib.special.xlog1py(x, y), *made, *(m.grad_fn.name() for m in made)]

    compare(program)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_zeta(dtype: str) -> None:
    def ask(lib: Any, kind: Any, factor: float) -> Any:
        s = lib.tensor([1.5, 2.0, 3.0, 7.5, 20.0], dtype=kind).unsqueeze(1)
        q = lib.tensor([0.25, 1.0, 2.5, 13.0, 100.0], dtype=kind, requires_grad=True)
        return [q], lib.special.zeta(s, q * factor)

    judged(ask, dtype)

    def program(lib: Any) -> Any:
        kind = getattr(lib, dtype)
        s = lib.tensor([1.0, 2.0, 0.5, 3.0, 3.0, 2.0, INF, 2.0, NAN, 2.5], dtype=kind)
        q = lib.tensor([2.0, -1.0, 2.0, -1.5, 0.0, -0.5, 2.0, INF, 1.0, -0.5], dtype=kind)
        x = lib.ones(2, dtype=kind, requires_grad=True)
        made = [lib.special.zeta(x, 2.0), lib.special.zeta(2.0, x), lib.special.zeta(x, x)]
        said = []
        for m in (made[0], made[2]):
            with pytest.raises(NotImplementedError) as caught:
                m.sum().backward()
            said.append(str(caught.value))
        return [lib.special.zeta(s, q), *(m.grad_fn.name() for m in made), said]

    compare(program)


@pytest.mark.parametrize("n", [2, 3, 4, 6, 10])
def test_polygamma_to_its_last_digits(n: int) -> None:
    """Against a sum of many terms, behind which an integral is the rest, with two corrections."""
    many, s = 10_000, n + 1
    for x in (0.3, 2.5, 8.9, 9.0, 11.25, 17.0, 40.5):
        end = x + many
        rest = end**-n / n + end**-s / 2 + s * end ** -(s + 1) / 12
        total = math.fsum([*((x + k) ** -s for k in range(many)), rest])
        found = tinygrad_edu.polygamma(n, tinygrad_edu.tensor(x, dtype=tinygrad_edu.float64))
        exact = (-1) ** s * math.factorial(n) * total
        assert found.item() == pytest.approx(exact, rel=8 * np.finfo(np.float64).eps, abs=0)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", BY_DEGREE)
def test_polynomials(name: str, dtype: str) -> None:
    def ask(lib: Any, kind: Any, factor: float) -> Any:
        x = lib.tensor([-1.5, -1.0, -0.75, 0.0, 0.25, 0.5, 1.0, 1.25, 3.0], dtype=kind)
        return [], getattr(lib.special, name)(x.unsqueeze(1) * factor, lib.arange(-1, 7))

    judged(ask, dtype, each=False)

    def program(lib: Any) -> Any:
        function, kind = getattr(lib.special, name), getattr(lib, dtype)
        x = lib.tensor([0.25, -1.0, 1.0], dtype=kind, requires_grad=True)
        degrees = lib.tensor([0.0, 2.7, 5.0], dtype=kind)
        made = [function(x, 4), function(0.5, degrees), function(x, degrees), function(x, 0)]
        return [*made, function(x[:0], 3)]

    compare(program)


@pytest.mark.parametrize(
    "line",
    ["zeta(1., 2.)", "xlog1py(1., 2.)", "chebyshev_polynomial_t(1., 2)", "entr(1.)",
     "zeta(lib.ones(2), lib.ones(3))", "legendre_polynomial_p(lib.ones(2), lib.ones(3))"],
)  # fmt: skip
def test_errors(line: str) -> None:
    both_raise(lambda lib: eval(f"lib.special.{line}", {"lib": lib}))
