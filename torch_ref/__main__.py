"""The same job in PyTorch: ``python -m torch_ref train``, with ``--device`` for a GPU.

PyTorch is loaded only when the input has been found good, so that a mistake is told at once.
"""

import sys
from collections.abc import Sequence

from tinygrad_edu.app.cli import Program, main, need
from tinygrad_edu.app.training.train import Side


def load_side(device: str) -> Side:
    """Return PyTorch's side of the job, or raise InputError if it cannot use ``device``."""
    module = need("torch_ref.side", "torch_ref")
    module.check_device(device)
    side: Side = module.SIDE
    return side


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    return main(Program("torch_ref", load_side, is_reference=True), arguments)


if __name__ == "__main__":
    sys.exit(run())
