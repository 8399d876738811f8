"""The command line: ``tinygrad-edu train`` or ``python -m tinygrad_edu train``."""

import sys
from collections.abc import Sequence

import tinygrad_edu

from . import models
from .app import cli
from .app.train import Side


def save_file(tensors: dict[str, tinygrad_edu.Tensor], path: str) -> None:
    """Write tensors to a safetensors file; only a run that saves loads the library for it."""
    cli.need("tinygrad_edu.serialization", "--save").save_file(tensors, path)


SIDE = Side(tinygrad_edu, models, save_file)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    return cli.main(cli.Program("tinygrad-edu", lambda device: SIDE, is_reference=False), arguments)


if __name__ == "__main__":
    sys.exit(main())
