"""How results are printed: aligned tables, and a line for each target, met or not."""

from __future__ import annotations

import os
import platform
from typing import NamedTuple

import numpy as np
import torch

from tinygrad_edu.app.output import say


class Target(NamedTuple):
    """A ratio that the project wants to reach."""

    text: str
    measured: float
    limit: float


def table(header: list[str], rows: list[list[str]]) -> str:
    """Columns aligned: the first to the left, the others to the right."""
    lines = [header, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(header))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def print_targets(targets: list[Target]) -> None:
    """Say of each target whether this run reached it."""
    say()
    for text, measured, limit in targets:
        say(f"{'met' if measured <= limit else 'NOT MET':8}{text}: {measured:.2f}")


#: Environment variables that keep a library from what it would choose for the processor.
KERNELS = (
    "OPENBLAS_CORETYPE",
    "ATEN_CPU_CAPABILITY",
    "MKL_ENABLE_INSTRUCTIONS",
    "ONEDNN_MAX_CPU_ISA",
)


def machine() -> str:
    """The versions and the machine, in one line; and what keeps a library from its best kernels."""
    kept = "".join(f", {name}={os.environ[name]}" for name in KERNELS if os.environ.get(name))
    return (
        f"Python {platform.python_version()}, NumPy {np.__version__}, "
        f"PyTorch {torch.__version__}, {os.cpu_count()} cores, {platform.machine()}{kept}"
    )
