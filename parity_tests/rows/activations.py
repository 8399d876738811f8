"""Activations, and the error functions."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

from hypothesis import strategies as st

from ..draws import FLOATS, Options, choices, one, pattern
from .row import Row, function, unary


def named(name: str, **fixed: Any) -> Callable[..., Any]:
    """The activation of this name in ``nn.functional``."""

    def call(library: ModuleType, *tensors: Any, **options: Any) -> Any:
        return getattr(library.nn.functional, name)(*tensors, **fixed, **options)

    return call


def activation(name: str, *options: Options, **changes: Any) -> Row:
    """An activation of each element; `options` are those it is called with."""
    drawn = changes.pop("options", lambda shapes: st.sampled_from(options or ({},)))
    edges = {"edge_options": list(options) or None}
    return unary(name, call=named(name), options=drawn, **edges | changes)


STEEP = {"alpha": 1.5}
#: Of nan, PyTorch's vectorised kernels have another derivative than its others.
VECTORIZED = {"nonfinite": "PyTorch's derivative of nan depends on where in memory it stands"}
PRELU = pattern("ab,b", "abc,b", "abcd,b", "abc,1", "a,1", ",1")
LAMBDAS = ({}, {"lambd": 1.0}, {"lambd": 0.0})

ROWS = (
    *(unary(name) for name in ("erf", "erfc")),
    # For -0 and nan PyTorch's gradient depends on where in memory they stand.
    unary("logit", options=choices(eps=(..., 1e-6, 0.25)), edge_data=(), skipped=VECTORIZED),
    activation("elu", {}, STEEP, skipped=VECTORIZED),
    activation("celu", {}, STEEP, skipped=VECTORIZED),
    activation("selu", skipped=VECTORIZED),
    # PyTorch's float32 kernel gives nan at infinity; test_activations.py has special values.
    activation("gelu", {}, {"approximate": "tanh"}, edge_data=(),
               skipped={"nonfinite": "as above"}),
    activation("silu"),
    activation("mish"),
    activation("softplus", {}, {"beta": 2.0, "threshold": 3.0}),
    activation("logsigmoid"),
    activation("softsign"),
    activation("tanhshrink"),
    activation("leaky_relu", {}, {"negative_slope": 0.2}),
    activation("rrelu", {}, {"lower": 0.1, "upper": 0.5}),
    activation("hardtanh", {}, {"min_val": 0, "max_val": 2}, skipped=VECTORIZED),
    activation("relu6", skipped=VECTORIZED),
    activation("hardsigmoid", twice=False),  # PyTorch has no second-order gradient of it
    activation("hardswish", skipped=VECTORIZED),
    activation("threshold", {"threshold": 0, "value": 2}, {"threshold": 1, "value": -3}),
    activation("hardshrink", *LAMBDAS, skipped=VECTORIZED),
    activation("softshrink", *LAMBDAS, skipped=VECTORIZED),
    # At 0 PyTorch's second-order derivative takes another slope than its first-order one.
    Row("prelu", function("prelu"), PRELU, (FLOATS, FLOATS), data=("normal",),
        skipped={"nonfinite": "zeros are among these numbers, too"}),
    Row("prelu-once", function("prelu"), PRELU, (FLOATS, FLOATS), twice=False),
    Row("glu", named("glu"), one(min_dims=0), (FLOATS,), choices(dim=(..., 0, 1, -2)),
        skipped={"nonfinite": "where a is inf, PyTorch's second-order gradient is not inf - inf"}),
    Row("softmin", named("softmin"), one(min_dims=1), (FLOATS,), choices(dim=(0, -1))),
)  # fmt: skip
