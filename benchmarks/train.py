"""`python -m benchmarks train`: one training step, against PyTorch and hand-written NumPy."""

from __future__ import annotations

import functools

import numpy as np
import torch

import tinygrad_edu
import tinygrad_edu.models
import torch_ref.models
from tinygrad_edu.app.output import say

from .course_step import framework_step, numpy_step
from .report import Target, print_targets, table
from .timing import Contestant, interleave, ratios, spread

OURS = "tinygrad_edu"
NUMPY = "NumPy by hand"


def measure(rounds: int, block_seconds: float) -> dict[str, list[float]]:
    """Seconds a step of each contestant takes, round by round."""
    default = torch.get_num_threads()
    torch_step = framework_step(torch, torch_ref.models)
    tinygrad_edu.manual_seed(0)
    initial = tinygrad_edu.models.SimpleClassifier().parameters()
    contestants = [
        Contestant(OURS, framework_step(tinygrad_edu, tinygrad_edu.models)),
        Contestant(NUMPY, numpy_step([p.detach().numpy() for p in initial])),
        Contestant("PyTorch, 1 thread", torch_step, functools.partial(torch.set_num_threads, 1)),
    ]
    if default > 1:
        several = functools.partial(torch.set_num_threads, default)
        contestants.append(Contestant(f"PyTorch, {default} threads (default)", torch_step, several))
    with np.errstate(all="ignore"):
        seconds = interleave(contestants, rounds, block_seconds)
    torch.set_num_threads(default)
    return seconds


def main(rounds: int = 40, block_seconds: float = 0.05) -> None:
    """Measure and print."""
    seconds = measure(rounds, block_seconds)
    say("A training step of the course's classifier (10-16-8-1, batch 32, Adam)\n")
    rows = []
    for name, times in seconds.items():
        low, median, high = (1e6 * s for s in spread(times))
        ratio = ratios(seconds, OURS, name)
        rows.append(
            [
                name,
                f"{median:.0f}",
                f"{low:.0f}-{high:.0f}",
                f"{ratio.median:.2f} ({ratio.low:.2f}-{ratio.high:.2f})",
            ]
        )
    say(table(["", "us a step", "quartiles", f"{OURS} / this"], rows))
    default = list(seconds)[-1]
    print_targets(
        [
            Target(f"at most 0.30x {default}", ratios(seconds, OURS, default).median, 0.30),
            Target(f"at most 2.2x {NUMPY}", ratios(seconds, OURS, NUMPY).median, 2.2),
        ]
    )
