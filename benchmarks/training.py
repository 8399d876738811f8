"""The training steps that are measured, each written once for both libraries.

Neither library is imported here: a process that measures one has not loaded the other.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from . import texts
from .course_step import framework_step, numpy_step

CLASSES = 10


class Job(NamedTuple):
    """A model of a first course, and the shape of what it learns from."""

    model: Callable[[Any], Any]
    shape: tuple[int, ...]


def mlp(width: int) -> Callable[[Any], Any]:
    """Layers 784-width-width-10 with ReLU; 669,706 parameters where the width is 512."""

    def model(library: Any) -> Any:
        nn = library.nn
        return nn.Sequential(
            *(nn.Linear(784, width), nn.ReLU()),
            *(nn.Linear(width, width), nn.ReLU()),
            nn.Linear(width, CLASSES),
        )

    return model


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


#: PyTorch's ways to make a step of Adam on a CPU; by itself it takes the first.
CHOICES = ("default", "foreach", "fused")

COURSE = "classifier 10-16-8-1, batch 32"
MLP, CNN_28, CNN_8 = "MLP 784-512-512-10, batch 128", "CNN 28x28, batch 64", "CNN 8x8, batch 32"
JOBS = {
    MLP: Job(mlp(512), (128, 784)),
    CNN_28: Job(cnn(28), (64, 1, 28, 28)),
    CNN_8: Job(cnn(8), (32, 1, 8, 8)),
}

#: Models that are measured for many sizes of a batch, and the shape of a sample.
LADDERS = {
    "MLP 784-512-512-10": Job(mlp(512), (784,)),
    "CNN 28x28": Job(cnn(28), (1, 28, 28)),
    "MLP 784-2048-2048-10": Job(mlp(2048), (784,)),
}


def step(library: Any, name: str, choice: str = "default") -> Callable[[], Any]:
    """A step of the job of that name: zero_grad, forward, loss, backward, Adam.

    Parameters
    ----------
    library : module
    name : str
        `COURSE`, or what `trainer` takes.
    choice : str
        Which of PyTorch's ways to make the step of its optimizer: one of `CHOICES`.
    """
    options = {} if choice == "default" else {choice: True}
    if name == COURSE:
        models = "torch_ref.models" if library.__name__ == "torch" else "tinygrad_edu.models"
        return framework_step(library, importlib.import_module(models), **options)
    return trainer(library, name, **options).step


def step_with(library: Any, name: str, rows: int, device: str = "cpu") -> Callable[[], Any]:
    """A step of the model of that name in `LADDERS`, with a batch of so many rows."""
    model, shape = LADDERS[name]
    library.manual_seed(0)
    x, y = (part.to(device) for part in batch(library, (rows, *shape)))
    return training(library, model(library).to(device), x, y).step


class Trainer(NamedTuple):
    """An optimizer with its model's parameters, and a step of training."""

    optimizer: Any
    step: Callable[[], Any]


def trainer(library: Any, name: str, **options: bool) -> Trainer:
    """What trains the model of a job, one of `JOBS` or of `texts.JOBS`.

    The options are for the optimizer.
    """
    library.manual_seed(0)
    if name in texts.JOBS:
        model, (x, y) = texts.JOBS[name](library), texts.batch(library)
    else:
        job = JOBS[name]
        model, (x, y) = job.model(library), batch(library, job.shape)
    return training(library, model, x, y, **options)


def batch(library: Any, shape: tuple[int, ...]) -> tuple[Any, Any]:
    """Samples, and a class for each."""
    rng = np.random.default_rng(0)
    x = library.from_numpy(rng.standard_normal(shape, dtype=np.float32))
    return x, library.from_numpy(rng.integers(0, CLASSES, shape[0]))


def training(library: Any, model: Any, x: Any, y: Any, **options: bool) -> Trainer:
    """What trains a model on a batch, with cross entropy and Adam."""
    loss_function = library.nn.CrossEntropyLoss()
    optimizer = library.optim.Adam(model.parameters(), lr=1e-3, **options)

    def run() -> Any:
        optimizer.zero_grad()
        loss = loss_function(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    return Trainer(optimizer, run)


def step_by_hand(library: Any) -> Callable[[], Any]:
    """The course's step in NumPy; the library gives the initial weights, and nothing else."""
    return numpy_step(initial_weights(library))


def initial_weights(library: Any) -> list[np.ndarray[Any, Any]]:
    """The weights and biases that the course's classifier starts with, layer by layer."""
    models = importlib.import_module(f"{library.__name__}.models")
    library.manual_seed(0)
    return [p.detach().numpy() for p in models.SimpleClassifier().parameters()]
