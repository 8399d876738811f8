"""Warnings that PyTorch gives once in a program, however often there is a reason."""

from __future__ import annotations

import warnings

#: What was said already.
said: set[str] = set()


def warn_once(text: str, stacklevel: int = 1, cause: str = "") -> None:
    """Give a UserWarning, unless it was given before; `stacklevel` is that of the caller.

    Of several texts with one `cause`, only the first is given.
    """
    if (cause or text) not in said:
        said.add(cause or text)
        warnings.warn(text, UserWarning, stacklevel=stacklevel + 1)
