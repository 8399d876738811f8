"""The one exception for a file that cannot be loaded."""

from __future__ import annotations

import pickle


class CheckpointError(pickle.UnpicklingError, RuntimeError):
    """A file is damaged, is none of PyTorch's, or asks for something that is refused.

    PyTorch raises UnpicklingError or RuntimeError, depending on where in the file it is; this is
    both.
    """
