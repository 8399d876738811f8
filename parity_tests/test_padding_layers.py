"""Padding layers against PyTorch."""

import pytest
import torch

from .both import both, both_raise
from .compare import compare

KINDS = ("ZeroPad", "ConstantPad", "ReflectionPad", "ReplicationPad", "CircularPad")
SHAPES = {1: (2, 3, 5), 2: (2, 1, 4, 5), 3: (1, 2, 3, 4, 3)}


def layer(lib, kind, dims, padding):
    options = {"value": 1.5} if kind == "ConstantPad" else {}
    return getattr(lib.nn, f"{kind}{dims}d")(padding, **options)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("dims", [1, 2, 3])
@pytest.mark.parametrize("kind", KINDS)
def test_padding(kind, dims, dtype):
    generator = torch.Generator().manual_seed(dims)
    for padding in (1, (1, 2, 0, 1, 1, 0)[: 2 * dims]):
        x = torch.randn(SHAPES[dims], generator=generator, dtype=dtype, requires_grad=True)
        for given in (x, x[0].detach().requires_grad_()):  # with and without a batch
            compare(lambda lib, x, p=padding: layer(lib, kind, dims, p)(x * x), given)
        both(lambda lib, p=padding: repr(layer(lib, kind, dims, p)))
        both(lambda lib, p=padding: layer(lib, kind, dims, p).padding)


@pytest.mark.parametrize("kind", KINDS)
def test_errors(kind):
    both_raise(lambda lib: layer(lib, kind, 2, (1, 2, 3))(lib.ones(1, 1, 4, 4)))
    if kind not in ("ZeroPad", "ConstantPad"):
        both_raise(
            lambda lib: (
                layer(lib, kind, 1, 6)(lib.ones(1, 1, 3))
                if kind != "ReplicationPad"
                else layer(lib, kind, 1, 1)(lib.ones(3))
            )
        )
