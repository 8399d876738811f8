"""PyTorch's side of the job: the framework, the models, saving, and the choice of a device."""

from pathlib import Path

import torch

from tinygrad_edu.app.cli import need
from tinygrad_edu.app.errors import InputError
from tinygrad_edu.app.files import replacing
from tinygrad_edu.app.training.train import Side

from . import models


def save_file(tensors: dict[str, torch.Tensor], path: str) -> None:
    """Write tensors to a safetensors file, moved into place when it is complete."""
    with replacing(Path(path)) as temporary:
        temporary.write_bytes(need("safetensors.torch", "--save").save(tensors))


def check_device(name: str) -> None:
    """Make sure that PyTorch can compute on the device ``name``.

    Raises
    ------
    InputError
        If PyTorch knows no such device, or this machine or this build has none.
    """
    try:
        torch.ones(1, device=name).sum().item()
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        cause = str(error).partition("\n")[0]
        raise InputError(f"--device {name!r} cannot be used here ({cause}); try cpu") from error


SIDE = Side(torch, models, save_file)
