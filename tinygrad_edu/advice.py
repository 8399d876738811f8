"""Errors with PyTorch's words, and advice below them.

The text of an error is PyTorch's, word for word: a script may print it, and a person looks it up.
What PyTorch leaves out, such as the shapes, or what to do, stands in a note, which Python prints
under the error.
"""

from __future__ import annotations

from typing import TypeVar

Error = TypeVar("Error", bound=Exception)


def advised(error: Error, advice: str) -> Error:
    """The error, with a note; to be raised."""
    error.add_note(advice)
    return error
