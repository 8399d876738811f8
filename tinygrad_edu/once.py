"""Warnings that PyTorch gives once in a program, however often there is a reason."""

from __future__ import annotations

import warnings

#: What was said already.
said: set[str] = set()


def warn_once(text: str, stacklevel: int = 1) -> None:
    """Give a UserWarning, unless it was given before; `stacklevel` is that of the caller."""
    if text not in said:
        said.add(text)
        warnings.warn(text, UserWarning, stacklevel=stacklevel + 1)
