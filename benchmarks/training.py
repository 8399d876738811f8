"""The training steps that are measured, each written once for both libraries.

Neither library is imported here: a process that measures one has not loaded the other.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from .course_step import framework_step, numpy_step

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


def step(library: Any, name: str) -> Callable[[], object]:
    """A step of the job of that name: zero_grad, forward, cross entropy, backward, Adam."""
    if name == COURSE:
        models = "torch_ref.models" if library.__name__ == "torch" else "tinygrad_edu.models"
        return framework_step(library, importlib.import_module(models))
    make, batch = JOBS[name]
    library.manual_seed(0)
    model = make(library)
    loss_function = library.nn.CrossEntropyLoss()
    optimizer = library.optim.Adam(model.parameters(), lr=1e-3)
    rng = np.random.default_rng(0)
    x = library.from_numpy(rng.standard_normal(batch, dtype=np.float32))
    y = library.from_numpy(rng.integers(0, CLASSES, batch[0]))

    def run() -> object:
        optimizer.zero_grad()
        loss = loss_function(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    return run


def step_by_hand(library: Any) -> Callable[[], object]:
    """The course's step in NumPy; the library gives the initial weights, and nothing else."""
    models = importlib.import_module(f"{library.__name__}.models")
    library.manual_seed(0)
    return numpy_step([p.detach().numpy() for p in models.SimpleClassifier().parameters()])
