"""Inverse and hyperbolic functions, and angles."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from .row import binary, unary


def without_89(name: str) -> Any:
    """Without 89, at which in float32 PyTorch's vector code overflows and its scalar code not."""

    def call(library: ModuleType, x: Any) -> Any:
        return getattr(library, name)(x.masked_fill((x == 89) | (x == -89), 0))

    return call


ROWS = (
    *(unary(name) for name in ("asin", "acos", "atan", "asinh", "acosh", "atanh")),
    *(unary(name, call=without_89(name)) for name in ("sinh", "cosh")),
    *(unary(name) for name in ("deg2rad", "rad2deg", "sinc")),
    # PyTorch negates the argument in its own dtype: -1 is 255 in uint8, and bools have no negative.
    binary("atan2", mixed=("f32", "f64", "i64")),
)
