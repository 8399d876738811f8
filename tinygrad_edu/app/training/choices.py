"""The models on offer: what each learns from, what it answers, and which one fits which data.

A model answers in one of three ways, and its loss follows from that:

- ``probability``: of the second of two classes (BCELoss), one output;
- ``class``: of any number of classes (CrossEntropyLoss), one logit for each;
- ``quantity``: a number (MSELoss), one output.
"""

import math
from typing import Any, Literal, NamedTuple

import numpy as np

from ..errors import InputError
from .idx import Images
from .tables import Table, different

Answer = Literal["probability", "class", "quantity"]
LOSSES: dict[Answer, str] = {
    "probability": "BCELoss",
    "class": "CrossEntropyLoss",
    "quantity": "MSELoss",
}

SMALLEST_IMAGE = 4  # pixels: halved twice, one is left
MANY_CLASSES = 20  # whole numbers of more values than this are taken for quantities without a word


class Choice(NamedTuple):
    """A model on offer, and what it is trained on and how unless the user says otherwise.

    Attributes
    ----------
    network : str
        Its class.
    answer : {"probability", "class", "quantity"}
    tables, images : bool
        What it can learn from.
    data : str
        The shipped set it learns from.
    epochs, lr : int, float
        How long and with what step size.
    report_every : int
        After so many epochs a loss is printed.
    """

    network: str
    answer: Answer
    tables: bool = True
    images: bool = False
    data: str = "classification"
    epochs: int = 100
    lr: float = 0.01
    report_every: int = 10


MODELS = {
    "classifier": Choice("SimpleClassifier", "probability"),
    "regressor": Choice("Regressor", "quantity", data="regression"),
    "linear": Choice("LinearNetwork", "probability"),
    "mlp": Choice("SimpleMLP", "class", images=True),
    "cnn": Choice(
        "SimpleCNN",
        "class",
        tables=False,
        images=True,
        data="digits",
        epochs=20,
        lr=0.003,
        report_every=1,
    ),
}


def default_model(data: Table | Images) -> str:
    """Return the model for a user who names none: for a table, two values are two classes."""
    if isinstance(data, Images):
        return "cnn"
    return "classifier" if len(different(data.target[: data.train_rows])) == 2 else "regressor"


def maybe_classes(data: Table | Images) -> str | None:
    """Return a remark if a target that `default_model` takes for a quantity may mean classes."""
    if isinstance(data, Images):
        return None
    values = different(data.target[: data.train_rows])
    if not 2 < len(values) <= MANY_CLASSES or not np.array_equal(values, np.round(values)):
        return None
    return (
        f"{data.target_name!r} has {len(values)} values, all whole numbers, and is learnt as a "
        "quantity; if they are classes, use --model mlp"
    )


def check_fit(model: str, data: Table | Images) -> None:
    """Raise InputError if a model cannot learn from such data, and name one that can."""
    choice = MODELS[model]
    if isinstance(data, Table):
        if not choice.tables:
            raise InputError(
                f"--model {model} learns from images, an array of shape (n, height, width), but "
                f"{data.name!r} is a table: use --model mlp for classes, or leave --model out"
            )
        return
    height, width = data.images.shape[2:]
    if not choice.images:
        raise InputError(
            f"--model {model} learns from a table, but {data.name!r} has images: use --model cnn "
            "or --model mlp"
        )
    if model == "cnn" and min(height, width) < SMALLEST_IMAGE:
        raise InputError(
            f"--model cnn halves an image twice and needs at least {SMALLEST_IMAGE} x "
            f"{SMALLEST_IMAGE} pixels, but those of {data.name!r} have {height} x {width}: use "
            "--model mlp"
        )


def arguments(model: str, shape: tuple[int, ...], classes: int) -> dict[str, Any]:
    """Return what a model's class is called with.

    Parameters
    ----------
    model : str
        A key of `MODELS`.
    shape : tuple of int
        Of one row's features: ``(d,)``, or ``(channels, height, width)``.
    classes : int
        How many; only models that answer with a class use it.
    """
    if model == "cnn":
        channels, *size = shape
        return {"in_channels": channels, "image_size": tuple(size), "num_classes": classes}
    if MODELS[model].answer == "class":
        return {"in_features": math.prod(shape), "num_classes": classes}
    return {"in_features": math.prod(shape)}
