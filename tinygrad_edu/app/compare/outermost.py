"""Which step of an optimizer is a step: one may call that of its base class, which tells its hooks,
too."""

from __future__ import annotations

from types import FrameType
from typing import Any


class Outermost:
    """Knows the outermost call of `step` of each optimizer by the frame that calls the hooks."""

    def __init__(self) -> None:
        self.running: dict[int, FrameType] = {}  # by the identity of the optimizer

    def begins(self, optimizer: Any, frame: FrameType) -> None:
        """A call begins."""
        running = self.running.get(id(optimizer))
        if running is None or not is_running(running, frame):  # else an error had ended it
            self.running[id(optimizer)] = frame

    def ends(self, optimizer: Any, frame: FrameType) -> bool:
        """A call has ended; whether it was the outermost."""
        if self.running.get(id(optimizer)) is not frame:
            return False
        del self.running[id(optimizer)]
        return True


def is_running(frame: FrameType, innermost: FrameType | None) -> bool:
    """Whether a frame is among those that lead to another one."""
    while innermost is not None:
        if innermost is frame:
            return True
        innermost = innermost.f_back
    return False
