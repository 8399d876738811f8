"""The stack as a script sees it: under its first line there is nothing.

Python's own functions that go down the stack would come to the files that run the script. While it
runs, they end at it; that `sys._getframe` goes on is left so.
"""

from __future__ import annotations

import inspect
import sys
import traceback
import warnings
from collections.abc import Iterator
from types import CodeType, FrameType
from typing import Any

TOO_FAR = 10**6  # frames; a warning from there is one of no line, as Python says of itself


def end_at(code: CodeType) -> None:
    """Let nobody see the frames below that of a script's module, whose code this is."""
    getouterframes, warn = inspect.getouterframes, warnings.warn

    def outer_frames(frame: Any, context: int = 1) -> list[inspect.FrameInfo]:
        found = getouterframes(frame, context)
        depth = len([*down_from(frame, code)]) if isinstance(frame, FrameType) else len(found)
        return found[:depth]

    def walk_stack(f: FrameType | None) -> Iterator[tuple[FrameType, int]]:
        start = sys._getframe(1) if f is None else f
        return ((frame, frame.f_lineno) for frame in down_from(start, code))

    def warn_from(
        message: Any, category: Any = None, stacklevel: Any = 1, source: Any = None, **more: Any
    ) -> None:
        if isinstance(stacklevel, int):  # or it is for Python to refuse
            depth = len([*down_from(sys._getframe(1), code)])
            here = 1  # this function
            stacklevel = max(stacklevel, 1) + here if stacklevel <= depth else TOO_FAR
        warn(message, category, stacklevel, source, **more)

    inspect.getouterframes = outer_frames
    traceback.walk_stack = walk_stack
    warnings.warn = warn_from


def down_from(frame: FrameType | None, code: CodeType) -> Iterator[FrameType]:
    """A frame and those below it, to that of this code; to the last, if it is not among them."""
    while frame is not None:
        yield frame
        frame = None if frame.f_code is code else frame.f_back
