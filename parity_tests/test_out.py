"""``out=``: results that are written into tensors which there are already."""

from __future__ import annotations

import warnings
from typing import Any

import pytest
import torch

import tinygrad_edu

from .programs import Raised, compare, raised

#: Calls with `o`, a function that makes an empty tensor (or one of a shape, and of a dtype).
CALLS = """
lib.add(x, x, out=o())
lib.add(x, y, alpha=2, out=o())
lib.sub(x, 1, out=o(2, 3))
lib.mul(x, x, out=o(2, 3))
lib.mul(x, x, out=o(dtype="float64"))
lib.mul(x, x, out=o(2, 3, dtype="float16"))
lib.div(x, 2, out=o())
lib.div(x, 2, rounding_mode="floor", out=o())
lib.true_divide(x, x + 1, out=o())
lib.floor_divide(x, 2, out=o())
lib.remainder(x, 2, out=o())
lib.pow(x, 2, out=o())
lib.float_power(x, 2, out=o(dtype="float64"))
lib.xlogy(x, x, out=o())
lib.exp(x, out=o())
lib.sigmoid(x, out=o())
lib.tanh(x, out=o())
lib.clamp(x, 1, 2, out=o())
lib.eq(x, y, out=o(dtype="bool"))
lib.eq(x, y, out=o())
lib.bitwise_and(x.int(), 1, out=o(dtype="int32"))
lib.bitwise_or(x.int(), 1, out=o(dtype="int32"))
lib.bitwise_xor(x.int(), 1, out=o(dtype="int64"))
lib.bitwise_left_shift(x.int(), 1, out=o(dtype="int32"))
lib.bitwise_right_shift(x.int(), 1, out=o(dtype="int32"))
lib.matmul(x, y.T, out=o(2, 2))
lib.mm(x, y.T, out=o())
lib.bmm(x[None], y.T[None], out=o())
lib.chain_matmul(x, y.T, x, out=o())
lib.sum(x, 0, out=o(3))
lib.mean(x, 0, out=o(3))
lib.cat([x, y], out=o())
lib.stack([x, y], out=o())
lib.where(x > 1, x, y, out=o())
lib.max(x, 1, out=(o(), o(dtype="int64")))
lib.sort(x, out=(o(2, 3), o(2, 3, dtype="int64")))
lib.topk(x, 2, out=(o(), o(dtype="int64")))
lib.linalg.inv(lib.eye(2), out=o())
lib.zeros(2, out=o(2))
lib.full((2,), 3.0, out=o(2))
lib.arange(3, out=o(dtype="int64"))
lib.linspace(0, 1, 3, out=o())
lib.randn(3, out=o())
lib.randperm(3, out=o(dtype="int64"))
lib.add(x, x, out=o(2, 3, dtype="int64"))
lib.add(w, x, out=o(2, 3))
lib.add(x, x, out=o(2, 3).requires_grad_())
lib.no_grad()(lambda: lib.add(w, x, out=o(2, 3)))()
lib.exp(x, out=3)
lib.matmul(x, y.T, out=o(2, 2, dtype="float64"))
lib.sort(x, out=(o(2, 3, dtype="float64"), o(2, 3, dtype="int64")))
lib.max(x, 1, out=(o(2, dtype="float64"), o(2, dtype="int64")))
lib.tril(x, out=o(2, 3, dtype="float64"))
lib.argmax(x, out=o(dtype="float32"))
lib.argmax(x, out=o(dtype="int16"))
lib.sum(x, 0, out=o(3, dtype="float64"))
lib.cumsum(x, 1, out=o(2, 3, dtype="float64"))
lib.exp(x, out=x)
lib.exp(x.flatten()[1:], out=x.flatten()[:-1])
lib.cat([x, x], out=x)
lib.cat(tensors=[x, x], out=x)
lib.take(input=x, index=lib.zeros(2, 3).long(), out=x)
(lambda e: lib.cat([e, x], out=e))(o())
lib.gather(x, 0, lib.zeros(2, 3).long(), out=x)
lib.take(x, lib.zeros(2, 3).long(), out=x)
lib.exp(x[0], out=o(1).expand(3))
lib.masked_select(x, x > 1, out=o(1).expand(3))
""".strip().splitlines()


@pytest.mark.parametrize("call", CALLS)
def test_calls(call: str) -> None:
    def program(lib: Any) -> Any:
        lib.manual_seed(0)
        made: list[Any] = []

        def o(*shape: int, dtype: str = "float32") -> Any:
            made.append(lib.ones(shape or 0, dtype=getattr(lib, dtype)))
            return made[-1]

        x = lib.arange(6.0).reshape(2, 3)
        w = x.clone().requires_grad_()
        scope = {"lib": lib, "o": o, "x": x, "y": x.flip(0), "w": w}
        result = raised(lambda: eval(call, scope))
        if isinstance(result, Raised):
            return result
        results = list(result) if isinstance(result, tuple) else [result]
        same = [r is t for r, t in zip(results, made, strict=False) if isinstance(r, lib.Tensor)]
        return results, made, same, [m.requires_grad for m in made]

    compare(program)


def test_a_view_and_an_argument_as_out() -> None:
    """Elements between those of the view stay; what is both read and written is right."""

    def program(lib: Any) -> Any:
        x, z = lib.arange(6.0).reshape(2, 3), lib.zeros(2, 6)
        lib.add(x, 1, out=z[:, ::2])
        y = x.clone()
        lib.add(y, y, out=y)
        lib.matmul(y[:, :2], y[:, :2], out=z[:, :2])
        return z, y, y._version

    compare(program)


def test_another_shape_is_warned_of() -> None:
    said = []
    for lib in (torch, tinygrad_edu):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            out = lib.ones(2)
            lib.mul(lib.ones(2, 3), 2, out=out)
            lib.exp(lib.ones(3), out=lib.ones(2))
            lib.exp(lib.ones(3), out=lib.ones(0))
        said.append([str(w.message).partition(" (Triggered")[0] for w in caught])
        assert out.shape == (2, 3) and caught[0].filename == __file__
    assert said[0] == said[1] and len(said[0]) == 2
