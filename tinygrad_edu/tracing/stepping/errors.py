"""What may go wrong where a recorded call is made again."""

from __future__ import annotations

#: A user's own function, called again, may raise any of these.
ERRORS = (
    RuntimeError, TypeError, ValueError, LookupError, AttributeError, AssertionError,
    ArithmeticError,
)  # fmt: skip


def one_line(error: Exception) -> str:
    """What an error says."""
    return " ".join(str(error).split())
