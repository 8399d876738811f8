"""The training steps that are measured, each written once for both libraries.

Run as `python -m benchmarks.training THREADS ROUNDS`, it measures all of them on so many threads,
in a process of its own, because NumPy's matrix products take their threads from the environment
when they are loaded; and prints the seconds as JSON.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
import torch

import tinygrad_edu
import tinygrad_edu.models
import torch_ref.models

from .course_step import framework_step, numpy_step
from .timing import Contestant, interleave

OURS, NUMPY, TORCH = "tinygrad_edu", "NumPy by hand", "PyTorch"
CLASSES = 10


class Job(NamedTuple):
    """A model of a first course, and the shape of the batches it learns from."""

    model: Callable[[Any], Any]
    batch: tuple[int, ...]


def mlp(library: Any) -> Any:
    """Layers 784-512-512-10 with ReLU: 669,706 parameters."""
    nn = library.nn
    return nn.Sequential(
        *(nn.Linear(784, 512), nn.ReLU()),
        *(nn.Linear(512, 512), nn.ReLU()),
        nn.Linear(512, CLASSES),
    )


def cnn(size: int) -> Callable[[Any], Any]:
    """Two convolutions, to 16 and 32 channels, each with ReLU and pooling, and a linear layer."""

    def model(library: Any) -> Any:
        nn = library.nn
        return nn.Sequential(
            *(nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
            *(nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
            *(nn.Flatten(), nn.Linear(32 * (size // 4) ** 2, CLASSES)),
        )

    return model


COURSE = "classifier 10-16-8-1, batch 32"
MLP, CNN_28, CNN_8 = "MLP 784-512-512-10, batch 128", "CNN 28x28, batch 64", "CNN 8x8, batch 32"
JOBS = {
    MLP: Job(mlp, (128, 784)),
    CNN_28: Job(cnn(28), (64, 1, 28, 28)),
    CNN_8: Job(cnn(8), (32, 1, 8, 8)),
}


def step(library: ModuleType, job: Job) -> Callable[[], object]:
    """A step of the job: zero_grad, forward, cross entropy, backward, Adam."""
    library.manual_seed(0)
    model = job.model(library)
    loss_function = library.nn.CrossEntropyLoss()
    optimizer = library.optim.Adam(model.parameters(), lr=1e-3)
    rng = np.random.default_rng(0)
    x = library.from_numpy(rng.standard_normal(job.batch, dtype=np.float32))
    y = library.from_numpy(rng.integers(0, CLASSES, job.batch[0]))

    def run() -> object:
        optimizer.zero_grad()
        loss = loss_function(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    return run


def contestants() -> dict[str, list[Contestant]]:
    """Who takes part in each job."""
    initial = [p.detach().numpy() for p in tinygrad_edu.models.SimpleClassifier().parameters()]
    course = [
        Contestant(OURS, framework_step(tinygrad_edu, tinygrad_edu.models)),
        Contestant(NUMPY, numpy_step(initial)),
        Contestant(TORCH, framework_step(torch, torch_ref.models)),
    ]
    libraries = {OURS: tinygrad_edu, TORCH: torch}
    return {COURSE: course} | {
        name: [Contestant(n, step(library, job)) for n, library in libraries.items()]
        for name, job in JOBS.items()
    }


def measure(threads: int, rounds: int, block_seconds: float) -> dict[str, dict[str, list[float]]]:
    """Seconds a step of each contestant takes, round by round, job by job."""
    torch.set_num_threads(threads)
    tinygrad_edu.set_num_threads(threads)
    with np.errstate(all="ignore"):
        return {
            name: interleave(those, rounds, block_seconds) for name, those in contestants().items()
        }


if __name__ == "__main__":
    print(json.dumps(measure(int(sys.argv[1]), int(sys.argv[2]), block_seconds=0.05)))
