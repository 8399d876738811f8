"""This library's side of the job that `train` does on either."""

import tinygrad_edu

from .. import models
from . import cli
from .training.train import Side


def save_file(tensors: dict[str, tinygrad_edu.Tensor], path: str) -> None:
    """Write tensors to a safetensors file; only a run that saves loads the library for it."""
    cli.need("tinygrad_edu.serialization", "--save").save_file(tensors, path)


SIDE = Side(tinygrad_edu, models, save_file)
