"""`python -m benchmarks train`: training steps, against PyTorch and hand-written NumPy.

All have the same number of threads, NumPy's matrix products (OpenBLAS) too: first one, and then as
many as PyTorch takes by default.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys

import torch

from tinygrad_edu.app.output import say

from .report import Target, print_targets, table
from .timing import ratios, spread
from .training import CNN_8, CNN_28, COURSE, MLP, NUMPY, OURS, TORCH

LIMITS = {
    (COURSE, TORCH): 0.30,
    (COURSE, NUMPY): 2.2,
    (MLP, TORCH): 1.05,
    (CNN_28, TORCH): 1.0,
    (CNN_8, TORCH): 1.0,
}


def measure(threads: int, rounds: int) -> dict[str, dict[str, list[float]]]:
    """What `training.measure` says in a process that may use so many threads."""
    names = ("OMP", "MKL", "OPENBLAS")
    environment = os.environ | {f"{name}_NUM_THREADS": str(threads) for name in names}
    command = [sys.executable, "-m", "benchmarks.training", str(threads), str(rounds)]
    done = subprocess.run(command, check=True, env=environment, stdout=subprocess.PIPE)
    result: dict[str, dict[str, list[float]]] = json.loads(done.stdout)
    return result


def main(rounds: int = 40) -> None:
    """Measure and print."""
    default = torch.get_num_threads()
    say("A training step: zero_grad, forward, backward, Adam; medians, and quartiles of the ratio")
    say(f"Threads of {OURS}, of OpenBLAS and of {TORCH}: as many as said (default: {default})\n")
    header = ["", "threads", OURS, "against", "", "ratio"]
    rows, targets = [], []
    for threads in sorted({1, default}):
        for job, seconds in measure(threads, rounds).items():
            for other in list(seconds)[1:]:
                ratio = ratios(seconds, OURS, other)
                ours, theirs = (1e3 * spread(seconds[name]).median for name in (OURS, other))
                rows.append(
                    [
                        *(job, str(threads), f"{ours:.3f} ms", other, f"{theirs:.3f} ms"),
                        f"{ratio.median:.2f} ({ratio.low:.2f}-{ratio.high:.2f})",
                    ]
                )
                limit = LIMITS[job, other]
                text = f"{job}: at most {limit}x {other}, threads {threads}"
                targets.append(Target(text, ratio.median, limit))
    say(table(header, rows))
    print_targets(targets)
