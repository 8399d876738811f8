"""`python -m benchmarks train`: training steps, against PyTorch and hand-written NumPy.

Each works in a process of its own. All have the same number of threads, NumPy's matrix products
(OpenBLAS) too: first one, and then as many as PyTorch takes by default.
"""

from __future__ import annotations

import torch

from tinygrad_edu.app.output import say

from .report import Target, print_targets, table
from .timing import Contestant, interleave, ratios, spread
from .training import CNN_8, CNN_28, COURSE, JOBS, MLP
from .workers import MODULES, OURS, TORCH, Worker

NUMPY = "NumPy by hand"
LIMITS = {
    (COURSE, TORCH): 0.30,
    (COURSE, NUMPY): 2.2,
    (MLP, TORCH): 1.05,
    (CNN_28, TORCH): 1.0,
    (CNN_8, TORCH): 1.0,
}


def measure(threads: int, rounds: int, block_seconds: float) -> dict[str, dict[str, list[float]]]:
    """Seconds a step of each contestant takes, round by round, job by job."""
    with (
        Worker(MODULES[OURS], threads) as ours,
        Worker(MODULES[OURS], threads) as by_hand,
        Worker(MODULES[TORCH], threads) as theirs,
    ):
        seconds = {}
        for name in (COURSE, *JOBS):
            workers = {OURS: ours, TORCH: theirs}
            for worker in workers.values():
                worker.prepare("benchmarks.training", "step", name)
            if name == COURSE:
                by_hand.prepare("benchmarks.training", "step_by_hand")
                workers = {OURS: ours, NUMPY: by_hand, TORCH: theirs}
            contestants = [Contestant(who, worker.seconds) for who, worker in workers.items()]
            seconds[name] = interleave(contestants, rounds, block_seconds)
        return seconds


def main(rounds: int = 40, block_seconds: float = 0.05) -> None:
    """Measure and print."""
    default = torch.get_num_threads()
    say("A training step: zero_grad, forward, backward, Adam; medians, and quartiles of the ratio")
    say(f"Threads of {OURS}, of OpenBLAS and of {TORCH}: as many as said (default: {default})\n")
    header = ["", "threads", OURS, "against", "", "ratio"]
    rows, targets = [], []
    for threads in sorted({1, default}):
        for job, seconds in measure(threads, rounds, block_seconds).items():
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
