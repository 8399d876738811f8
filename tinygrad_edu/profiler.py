"""``torch.profiler``: how long each op takes; see `tinygrad_edu.autograd.profiler`."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from .autograd.profiler import profile as _profile
from .autograd.profiler import record_function
from .missing import by_name, refuse

__all__ = ["ProfilerActivity", "profile", "record_function", "supported_activities"]


class ProfilerActivity(enum.Enum):
    """What can be measured: here, the CPU alone."""

    CPU = 0
    XPU = 1
    MTIA = 2
    CUDA = 3


def supported_activities() -> set[ProfilerActivity]:
    """What is measured: the CPU."""
    return {ProfilerActivity.CPU}


class profile(_profile):
    """Measure what runs inside, with ``with``.

    Parameters
    ----------
    activities : iterable of ProfilerActivity, optional
        Of others than the CPU nothing is seen.
    schedule : optional
        None: there is no schedule of steps.
    on_trace_ready : callable, optional
        Gets this at the end.
    **options
        What PyTorch records besides (shapes, memory, stacks): nothing of it is.

    Raises
    ------
    NotImplementedError
        If there is a schedule.
    """

    def __init__(
        self,
        *,
        activities: Iterable[ProfilerActivity] | None = None,
        schedule: Any = None,
        on_trace_ready: Callable[[profile], Any] | None = None,
        **options: Any,
    ) -> None:
        if schedule is not None:
            raise NotImplementedError("profile: all steps are measured, and none is scheduled")
        super().__init__(True, **options)
        self.on_trace_ready = on_trace_ready

    def start(self) -> None:
        """Enter it."""
        self.__enter__()

    def stop(self) -> None:
        """Leave it."""
        self.__exit__(None, None, None)

    def step(self) -> None:
        """Say that a step is over, which matters to a schedule."""

    def __exit__(self, *error: Any) -> None:
        super().__exit__(*error)
        if self.on_trace_ready is not None:
            self.on_trace_ready(self)


#: What PyTorch has besides.
MISSING = by_name(
    {
        "Python's own cProfile measures": """
            DeviceType ExecutionTraceObserver ProfilerAction itt kineto_available
            schedule tensorboard_trace_handler""",
    }
)

if not TYPE_CHECKING:  # or every misspelt name would pass for one

    def __getattr__(name):
        """Say by name what is missing on purpose."""
        refuse(f"module {__name__!r}", name, MISSING)
