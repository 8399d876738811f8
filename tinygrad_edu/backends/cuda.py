"""GPUs by NVIDIA: there are none here."""

from __future__ import annotations


class Matmul:
    """Settings of matrix products on a GPU: they are taken, and mean nothing."""

    allow_tf32 = False
    allow_fp16_reduced_precision_reduction = True
    allow_bf16_reduced_precision_reduction = True


matmul = Matmul()


def is_built() -> bool:
    """Whether this library could use one: no."""
    return False
