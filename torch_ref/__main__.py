"""The same job in PyTorch: ``python -m torch_ref train``, with ``--device`` for a GPU.

``torchrun --nproc-per-node 2 -m torch_ref train`` does it in two processes, which print the same
losses. If torchrun starts them again because one of them has died, they go on from the file of
``--save``.

PyTorch is loaded only when the input has been found good, so that a mistake is told at once.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from tinygrad_edu.app.cli import main
from tinygrad_edu.app.extras import need
from tinygrad_edu.app.training.command import Program
from tinygrad_edu.app.training.train import Side


def load_side(options: argparse.Namespace) -> Side:
    """Return PyTorch's side of the job, or raise InputError if it cannot be done so."""
    side: Side = need("torch_ref.side", "torch_ref").side_for(options)
    return side


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    if int(os.environ.get("RANK", "0")) > 0:  # the first process prints for all
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115
    program = Program("torch_ref", load_side, is_reference=True)
    code = 1
    try:
        code = main(program, arguments)
    finally:
        if (training := sys.modules.get("torch_ref.training")) is not None:
            training.leave(done=code == 0)
    return code


def end(code: int) -> NoReturn:
    """End the process; one of several at once, for PyTorch's threads may abort it at its exit."""
    if "WORLD_SIZE" not in os.environ:
        sys.exit(code)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    end(run())
