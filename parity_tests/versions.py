"""What older PyTorch does otherwise; the engine does as 2.13, and these tests run with 2.11 too.

Under 2.13 every test runs as it stands. Under an older one the few that name a thing from this
file compare with what that version has to offer, and say so.
"""

from __future__ import annotations

import re

import pytest
import torch

BEFORE_2_13 = torch.__version__ < (2, 13)

# Exceptions: the call, what 2.11 raises, what 2.13 and the engine raise.
OTHER_ERRORS: dict[str, tuple[type[Exception], type[Exception]]] = {
    "x.sum('a')": (RuntimeError, TypeError),  # taken for the name of a dimension
    "lib.autograd.grad(x.sum(), [])": (ValueError, RuntimeError),
}

# 2.11 inverts the normal distribution where 2.13 rejects draws: other numbers from the same seed.
SAME_TRUNCATED_NORMALS = pytest.mark.skipif(
    BEFORE_2_13, reason="PyTorch 2.11 draws truncated normals by another algorithm than 2.13"
)

# In 2.11 allclose(equal_nan=True) raises unless the first tensor has the shape of the result.
EQUAL_NAN = (..., False) if BEFORE_2_13 else (..., True)


def as_printed(text: str) -> str:
    """The text of a module as this PyTorch prints it: 2.11 says nothing of a LayerNorm's bias."""
    if not BEFORE_2_13:
        return text
    return re.sub(r"(elementwise_affine=\w+), bias=\w+", r"\1", text)
