"""``tinygrad-edu run`` and ``coverage``: scripts that were written for PyTorch, run as they are."""
