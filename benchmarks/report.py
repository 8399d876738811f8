"""How results are printed: aligned tables, and a line for each target, met or not."""

from __future__ import annotations

import math
import os
import platform
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import torch

from tinygrad_edu.app.output import say
from tinygrad_edu.version import package_version

from .record import Record, Target
from .timing import Spread


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


def quartiles(numbers: Spread) -> str:
    """The median of some ratios, with the quartiles beside it; of a small one two digits, too."""
    small = 0 < numbers.median < 0.1
    digits = 1 - math.floor(math.log10(numbers.median)) if small else 2
    low, median, high = (f"{number:.{digits}f}" for number in numbers)
    return f"{median} ({low}-{high})"


def say_targets(record: Record, targets: list[Target]) -> None:
    """Say of each target whether this run reached it, and keep that."""
    record.targets += targets
    say()
    for target in targets:
        say(line_of(target))


def line_of(target: Target) -> str:
    """A target in one line: whether it was met, what it is, and what was measured."""
    return f"{'met' if target.met else 'NOT MET':8}{target.text}: {target.measured:.3f}"


ROOT = Path(__file__).parents[1]

#: Environment variables that keep a library from what it would choose for the processor.
KERNELS = (
    "OPENBLAS_CORETYPE",
    "ATEN_CPU_CAPABILITY",
    "MKL_ENABLE_INSTRUCTIONS",
    "ONEDNN_MAX_CPU_ISA",
)


def about(command: str) -> dict[str, Any]:
    """What a record has to say of where its numbers come from."""
    return {
        "command": command,
        "machine": f"{processor()}, {os.cpu_count()} cores, {platform.machine()}",
        "system": f"{platform.system()} {platform.release()}",
        "tinygrad_edu": package_version,
        "commit": commit(ROOT),
        "Python": platform.python_version(),
        "NumPy": np.__version__,
        "PyTorch": torch.__version__,
        "threads by default": torch.get_num_threads(),
        "kernels": {name: os.environ[name] for name in KERNELS if os.environ.get(name)},
    }


def commit(folder: Path) -> str:
    """The commit of a checkout, with a "+" if files are not as they are there; otherwise nothing.

    Nothing, too, where git is not there, or cannot read the checkout.
    """
    if not (folder / ".git").exists():
        return ""  # git would look for one in the folders above
    command = ["git", "describe", "--always", "--exclude=*", "--dirty=+"]
    try:
        return subprocess.check_output(
            command, cwd=folder, stderr=subprocess.DEVNULL, text=True
        ).strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def processor() -> str:
    """The name of the processor, where the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or "an unnamed processor"


def machine() -> str:
    """The versions and the machine, in one line; and what keeps a library from its best kernels."""
    told = about("")
    kept = "".join(f", {name}={value}" for name, value in told["kernels"].items())
    own = f"tinygrad_edu {told['tinygrad_edu']}" + (told["commit"] and f" ({told['commit']})")
    versions = ", ".join(f"{name} {told[name]}" for name in ("Python", "NumPy", "PyTorch"))
    return f"{own}, {versions}, {told['machine']}{kept}"
