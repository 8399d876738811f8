"""The training job, written once for both frameworks.

tinygrad_edu has PyTorch's API, so the loop below receives the framework as an argument and calls
``framework.manual_seed``, ``framework.nn``, ``framework.optim`` and so on.  Whatever differs
between two runs is then the frameworks' doing, never the loop's.

Per epoch: one ``randperm`` of the training rows, cut into batches; per batch: forward, loss,
backward, Adam.  The loss of an epoch is the mean over its rows, summed up in Python's float.
"""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from .choices import LOSSES, MODELS, arguments
from .data import Split
from .tables import Array

PREDICT_AT_ONCE = 1000  # rows: all feature maps of so many images fit into memory


class Side(NamedTuple):
    """A framework, the models written in it, and what makes a `Training` of it.

    `goes_on`: whether this process stands in for one that has died, and goes on from its file.
    """

    framework: ModuleType
    models: ModuleType
    training: Callable[["Side", "Job", Split], "Training"]
    goes_on: bool = False


class Job(NamedTuple):
    """What to train and how; the defaults are the course's job.

    After each epoch the step size ``lr`` is multiplied by ``lr_decay``.
    """

    model: str = "classifier"
    epochs: int = 100
    batch_size: int = 32
    lr: float = 0.01
    lr_decay: float = 1.0
    seed: int = 42
    dtype: str = "float32"
    device: str = "cpu"


class Training:
    """One run in progress: the model, its loss, its optimizer and its data.

    Building it seeds the framework's random stream, draws the initial weights and nothing else.

    Attributes
    ----------
    model, optimizer
        The framework's own objects.
    schedule
        Of the step size, if it changes.
    losses : list of float
        The mean loss of each epoch that is done.
    text : str
        What is printed of the model.
    network
        What is called to train `model`.
    writes : bool
        Whether this process is the one that prints and writes files.
    """

    writes = True

    def __init__(self, side: Side, job: Job, split: Split) -> None:
        framework = side.framework
        self.framework = framework
        self.side = side
        self.job = job
        self.split = split
        self.losses: list[float] = []
        with default_dtype(framework, job.dtype):
            framework.manual_seed(job.seed)
            network = getattr(side.models, MODELS[job.model].network)
            shape = split.train_x.shape[1:]
            self.model = network(**arguments(job.model, shape, len(split.classes)))
        if job.device != "cpu":
            self.model.to(job.device)
        self.text = str(self.model)
        self.network = self.prepared(self.model)
        self.answer = MODELS[job.model].answer
        self.loss_function = getattr(framework.nn, LOSSES[self.answer])()
        self.optimizer = framework.optim.Adam(self.model.parameters(), lr=job.lr)
        self.schedule = None
        if job.lr_decay != 1.0:
            schedules = framework.optim.lr_scheduler
            self.schedule = schedules.ExponentialLR(self.optimizer, job.lr_decay)
        self.train_x = self.tensor(split.train_x)
        self.train_y = self.tensor(split.train_y)

    def prepared(self, model: Any) -> Any:
        """What computes the outputs of `model`: here, the model itself."""
        return model

    def placed(self, tensor: Any, like: Any) -> Any:
        """A tensor from a file, laid out as the one that it is to replace: here, as it is."""
        return tensor

    def whole(self, tensor: Any) -> Any:
        """A tensor that goes to a file, put together: here, as it is."""
        return tensor

    def begin(self) -> None:
        """Called before the first epoch, or the first one of those that are left."""

    def tensor(self, values: NDArray[Any]) -> Any:
        """Return ``values`` on the job's device: integers as they are, floats in its dtype."""
        dtype = self.job.dtype if values.dtype.kind == "f" else values.dtype
        tensor = self.framework.tensor(values.astype(dtype))
        return tensor if self.job.device == "cpu" else tensor.to(self.job.device)

    def batches(self) -> Iterator[Any]:
        """Yield one epoch's batches, each a tensor of row numbers (the last may be shorter)."""
        rows = len(self.split.train_x)
        order = self.framework.randperm(rows)
        for start in range(0, rows, self.job.batch_size):
            yield order[start : start + self.job.batch_size]

    def step(self, rows: Any) -> float:
        """Train on one batch and return its loss."""
        loss = self.backward(self.forward(rows), rows)
        self.optimizer.step()
        return loss

    def forward(self, rows: Any) -> Any:
        """Clear the gradients and return the model's outputs (n, m) for a batch."""
        self.optimizer.zero_grad()
        outputs = self.network(self.train_x[rows])
        self.must_be_finite(self.total(outputs))
        return outputs

    def backward(self, outputs: Any, rows: Any) -> float:
        """Return the batch's loss; its gradients are then in the parameters."""
        loss = self.loss_function(outputs, self.train_y[rows])
        loss.backward()
        value: float = loss.item()
        self.must_be_finite(value)
        return value

    def total(self, outputs: Any) -> float:
        """The sum of a batch's outputs, by NumPy: a recording would show an op as the model's."""
        with np.errstate(over="ignore", invalid="ignore"):
            return float(outputs.detach().numpy().sum())

    def must_be_finite(self, value: float) -> None:
        """Raise InputError if ``value`` (a loss, or a sum of outputs) is infinite or nan."""
        if not math.isfinite(value):
            raise InputError(
                f"training diverged in epoch {len(self.losses) + 1}; try a smaller --lr"
            )

    def predict(self, features: NDArray[Any]) -> Array:
        """Return the model's outputs (n, m) for standardised features (n, ...), as float64."""
        self.model.eval()
        with self.framework.no_grad():
            outputs = [
                np.asarray(self.model(self.tensor(part)).cpu().numpy(), dtype=np.float64)
                for part in np.split(
                    features, range(PREDICT_AT_ONCE, len(features), PREDICT_AT_ONCE)
                )
            ]
        self.model.train()
        return np.concatenate(outputs)

    def predict_classes(self, features: NDArray[Any]) -> NDArray[np.int64]:
        """Return each row's class, from 0: the larger probability or the largest logit's."""
        outputs = self.predict(features)
        if self.answer == "class":
            return np.asarray(outputs.argmax(axis=1), dtype=np.int64)
        return (outputs[:, 0] > 0.5).astype(np.int64)

    def evaluate(self) -> list[str]:
        """Return the lines that say how the model does on the test rows.

        For classes: the share of rows whose class it names.  For a quantity: the mean squared
        error of the standardised target, and R2 = 1 - SSE / SST (0 if SST is 0).
        """
        truth = self.split.test_y
        if self.answer != "quantity":
            accuracy = np.mean(self.predict_classes(self.split.test_x) == truth.reshape(-1))
            return [f"Test Accuracy: {accuracy:.2%}"]
        squared = np.sum((self.predict(self.split.test_x) - truth) ** 2)
        spread = np.sum((truth - truth.mean()) ** 2)
        r2 = 1.0 - squared / spread if spread > 0.0 else 0.0
        return [f"Test MSE: {squared / len(truth):.4f}", f"Test R2: {r2:.4f}"]


def train(
    training: Training,
    say: Callable[[str], None],
    epoch_done: Callable[[], None] = lambda: None,
) -> None:
    """Train until the job's epochs are done and say the lines that the command prints.

    Parameters
    ----------
    training : Training
        One that has not begun, or has some of its epochs behind it.
    say : callable
        Receives the model's text, a loss line every ten epochs (for images, every epoch)
        and after the last, and the lines of `Training.evaluate`.
    epoch_done : callable, optional
        Called after every epoch.

    Raises
    ------
    InputError
        If the loss or an output stops being finite.
    """
    epochs = training.job.epochs
    report_every = MODELS[training.job.model].report_every
    training.begin()
    say(training.text)
    for epoch in range(len(training.losses) + 1, epochs + 1):
        total = 0.0
        for rows in training.batches():
            total += training.step(rows) * len(rows)
        if training.schedule is not None:
            training.schedule.step()
        training.losses.append(total / len(training.split.train_x))
        if epoch % report_every == 0 or epoch == epochs:
            say(f"Epoch [{epoch}/{epochs}], Loss: {training.losses[-1]:.4f}")
        epoch_done()
    for line in training.evaluate():
        say(line)


@contextmanager
def default_dtype(framework: ModuleType, name: str) -> Iterator[None]:
    """Make ``name`` the framework's default dtype inside a with block."""
    before = framework.get_default_dtype()
    framework.set_default_dtype(getattr(framework, name))
    try:
        yield
    finally:
        framework.set_default_dtype(before)
