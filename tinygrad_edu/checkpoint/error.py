"""The exceptions for a file that cannot be loaded."""

from __future__ import annotations

import pickle


class CheckpointError(pickle.UnpicklingError, RuntimeError):
    """A file is damaged, is none of PyTorch's, or asks for something that is refused.

    PyTorch raises UnpicklingError or RuntimeError, depending on where in the file it is; this is
    both.
    """


class NotPlainError(CheckpointError):
    """There is more in a file than tensors, numbers, text and containers of these; see `whole`."""
