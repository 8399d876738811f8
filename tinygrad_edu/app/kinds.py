"""What the options of a command may be: each function parses one kind, for argparse."""

import argparse
import math
from pathlib import Path

LARGEST = 1e37  # Adam's first step is ten times that, near the end of float32
MOST_DIGITS = 20
MOST_SHOWN = 30  # characters of a number that a message repeats


def name(text: str) -> str:
    """Parse the name of something: an empty one, as of a variable that is not set, is a slip."""
    if not text:
        raise argparse.ArgumentTypeError("must not be empty; give a name, or leave it out")
    return text


def file_name(text: str) -> Path:
    """Parse the path of a file to write."""
    return Path(name(text))


def whole_number(text: str) -> int:
    """Parse a count from 1 to what int64 holds."""
    value = digits_in(text)
    if value is None or not 1 <= value < 2**63:
        raise argparse.ArgumentTypeError(
            f"must be a whole number of at least 1 and below 2**63, not {shown(text)}"
        )
    return value


def steps_range(text: str) -> tuple[int, int]:
    """Parse which training steps, counted from 0: ``3``, or ``3:5`` for 3 and 4."""
    first, colon, last = text.partition(":")
    a, b = digits_in(first or "0"), digits_in(last) if colon else None
    if a is not None and not colon:
        b = a + 1
    if a is None or b is None or b <= a:
        raise argparse.ArgumentTypeError(
            f"must be a number or a range of them, as 3 or 0:2, not {shown(text)}"
        )
    return a, b


def seed_number(text: str) -> int:
    """Parse a seed that every random stream accepts."""
    value = digits_in(text)
    if value is None or value >= 2**64:
        raise argparse.ArgumentTypeError(
            f"must be a whole number from 0 to 2**64-1, not {shown(text)}"
        )
    return value


def digits_in(text: str) -> int | None:
    """Return the number that a text of digits writes, or None for any other and for a huge one."""
    # Python itself refuses to read thousands of digits; 2**64 has 20.
    if not text.isascii() or not text.isdigit() or len(text.lstrip("0")) > MOST_DIGITS:
        return None
    return int(text.lstrip("0") or "0")


def positive_number(text: str) -> float:
    """Parse a learning rate, a number above 0 whose steps float32 can hold."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0.0 < value <= LARGEST:
        raise argparse.ArgumentTypeError(
            f"must be above 0 and at most {LARGEST:g}, not {shown(text)}"
        )
    return value


def shown(text: str) -> str:
    """Return what the user gave for a message; of a long text, how it begins."""
    if len(text) <= MOST_SHOWN:
        return repr(text)
    return f"{text[:MOST_SHOWN]!r}... ({len(text)} characters)"


def script_path(text: str) -> str:
    """Parse the path of a script."""
    if text == "-":
        raise argparse.ArgumentTypeError("must be the path of a file, not standard input")
    return text
