"""``torch.autograd.profiler``: how long each op takes, and parts of a program that are named.

While a `profile` is entered, it stands in the place of what runs an op (``Op._compute``) and of
what runs a node (``OpNode.backward``), and looks at the clock around them; otherwise both are as
they are, and no step takes longer. Names are PyTorch's: ``aten::mul``, ``MulBackward0``. Of what
PyTorch composes of several ops, and here is one, or the other way round, the rows differ.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ContextDecorator, contextmanager
from typing import TYPE_CHECKING, Any, Self, TypeVar

from ..missing import by_name, refuse
from .op import Op
from .op_node import OpNode

__all__ = ["profile", "record_function"]

Result = TypeVar("Result")


class FunctionEvent:
    """One call: of an op, of a node, or of a part that is named.

    Attributes
    ----------
    name : str
    start, end : int
        In nanoseconds.
    inside : int
        How many of them other events took that lie within.
    """

    def __init__(self, name: str) -> None:
        self.name, self.inside = name, 0
        self.start = self.end = time.perf_counter_ns()

    @property
    def cpu_time_total(self) -> float:
        """How long it took, in microseconds."""
        return (self.end - self.start) / 1000

    @property
    def self_cpu_time_total(self) -> float:
        """The same without what lies within."""
        return (self.end - self.start - self.inside) / 1000


class FunctionEventAvg:
    """All calls of one name.

    Attributes
    ----------
    key : str
        The name.
    count : int
    cpu_time_total, self_cpu_time_total : float
        In microseconds.
    """

    def __init__(self, key: str, events: Sequence[FunctionEvent]) -> None:
        self.key, self.count = key, len(events)
        self.cpu_time_total = sum(event.cpu_time_total for event in events)
        self.self_cpu_time_total = sum(event.self_cpu_time_total for event in events)

    @property
    def cpu_time(self) -> float:
        """The mean of a call, in microseconds."""
        return self.cpu_time_total / self.count


class EventList(list[Any]):
    """Events, or averages of them, that can be shown as a table."""

    def __init__(self, events: Iterable[Any], whole: float) -> None:
        super().__init__(events)
        self.self_cpu_time_total = whole

    def table(
        self,
        sort_by: str | None = None,
        row_limit: int = 100,
        max_src_column_width: int = 75,
        max_name_column_width: int = 55,
        max_shapes_column_width: int = 80,
        header: str | None = None,
        top_level_events_only: bool = False,
        time_unit: str | None = None,
    ) -> str:
        """A line for each.

        Parameters
        ----------
        sort_by : str, optional
            "cpu_time", "cpu_time_total", "self_cpu_time_total" or "count"; the largest come first.
        row_limit : int
            How many lines at most; -1 for all.
        max_name_column_width : int
        header : str, optional
            A line above.
        time_unit : {"s", "ms", "us"}, optional
            By default what suits each time.
        max_src_column_width, max_shapes_column_width, top_level_events_only
            For PyTorch's signature.
        """
        rows = list(self)
        if sort_by is not None:
            rows.sort(key=lambda row: getattr(row, sort_by), reverse=True)
        rows = rows if row_limit < 0 else rows[:row_limit]
        whole = self.self_cpu_time_total or 1.0
        lines = [("Name", "Self CPU %", "Self CPU", "CPU total %", "CPU total", "CPU time avg",
                  "# of Calls")]  # fmt: skip
        for row in rows:
            name, width = row.key, max_name_column_width
            lines.append(
                (
                    name if len(name) <= width else name[: width - 3] + "...",
                    f"{row.self_cpu_time_total / whole:.2%}",
                    _shown(row.self_cpu_time_total, time_unit),
                    f"{row.cpu_time_total / whole:.2%}",
                    _shown(row.cpu_time_total, time_unit),
                    _shown(row.cpu_time, time_unit),
                    str(row.count),
                )
            )
        widths = [max(12, *(len(line[i]) for line in lines)) for i in range(len(lines[0]))]
        rule = "  ".join("-" * width for width in widths)
        texts = [
            "  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True))
            for line in lines
        ]
        end = f"Self CPU time total: {_shown(self.self_cpu_time_total, time_unit)}\n"
        above = [header] if header else []
        return "\n".join([*above, rule, texts[0], rule, *texts[1:], rule, end])

    __str__ = table


def _shown(microseconds: float, unit: str | None = None) -> str:
    """A time with its unit."""
    scales = {"us": 1.0, "ms": 1e3, "s": 1e6}
    if unit is None:
        unit = "s" if microseconds >= 1e6 else "ms" if microseconds >= 1e3 else "us"
    return f"{microseconds / scales[unit]:.3f}{unit}"


class profile(ContextDecorator):
    """Measure what runs inside, with ``with``.

    Parameters
    ----------
    enabled : bool
        Whether it does.
    **options
        What PyTorch records besides (shapes, memory, stacks): nothing of it is.

    Raises
    ------
    RuntimeError
        If one is entered inside another.
    """

    current: profile | None = None

    def __init__(self, enabled: bool = True, **options: Any) -> None:
        self.enabled = enabled
        self._events: list[FunctionEvent] = []
        self._open: list[FunctionEvent] = []

    def __enter__(self) -> Self:
        if self.enabled:
            if profile.current is not None:
                raise RuntimeError("Profiler is already enabled on this thread")
            profile.current = self
            self._before = Op.__dict__["_compute"], OpNode.backward
            Op._compute = classmethod(self._watched(self._before[0].__func__, _op_name))  # type: ignore[assignment]
            OpNode.backward = self._watched(self._before[1], lambda n: n.name())  # type: ignore[method-assign]
        return self

    def __exit__(self, *error: Any) -> None:
        if self.enabled:
            Op._compute, OpNode.backward = self._before  # type: ignore[method-assign]
            profile.current = None

    def _watched(
        self, run: Callable[..., Result], named: Callable[[Any], str]
    ) -> Callable[..., Result]:
        """A function with a look at the clock around it."""

        def watched(owner: Any, *args: Any) -> Result:
            with self._during(named(owner)):
                return run(owner, *args)

        return watched

    @contextmanager
    def _during(self, name: str) -> Iterator[None]:
        event = FunctionEvent(name)
        self._open.append(event)
        try:
            yield
        finally:
            event.end = time.perf_counter_ns()
            self._open.remove(event)
            if self._open:
                self._open[-1].inside += event.end - event.start
            self._events.append(event)

    @property
    def self_cpu_time_total(self) -> float:
        """How long all of it took, in microseconds."""
        return sum(event.self_cpu_time_total for event in self._events)

    def events(self) -> EventList:
        """The calls, in the order in which they began."""
        return EventList(sorted(self._events, key=lambda e: e.start), self.self_cpu_time_total)

    def key_averages(self, group_by_input_shape: bool = False, group_by_stack_n: int = 0) -> Any:
        """The calls of each name together."""
        groups: dict[str, list[FunctionEvent]] = {}
        for event in self.events():
            groups.setdefault(event.name, []).append(event)
        averages = (FunctionEventAvg(key, events) for key, events in groups.items())
        return EventList(averages, self.self_cpu_time_total)

    def table(self, sort_by: str | None = None, row_limit: int = 100, **options: Any) -> str:
        """That of `key_averages`."""
        return str(self.key_averages().table(sort_by, row_limit, **options))

    __str__ = table

    def total_average(self) -> FunctionEventAvg:
        """All calls together."""
        return FunctionEventAvg("Total", self._events)

    def export_chrome_trace(self, path: str) -> None:
        """Write the calls for ``chrome://tracing``."""
        events = [
            {"name": e.name, "ph": "X", "ts": e.start / 1000, "dur": e.cpu_time_total,
             "pid": 0, "tid": 0} for e in self.events()
        ]  # fmt: skip
        with open(path, "w", encoding="utf-8") as file:
            json.dump({"traceEvents": events}, file)


def _op_name(op: type[Op]) -> str:
    """PyTorch's name: ``aten::log_softmax`` of what is recorded as LogSoftmaxBackward0."""
    name = re.sub(r"Backward\d+$", "", op.node_name or op.__name__)
    return "aten::" + re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


class record_function(ContextDecorator):
    """Name a part of a program, with ``with`` or as a decorator; a profile has a row for it.

    Parameters
    ----------
    name : str
    args : str, optional
    """

    def __init__(self, name: str, args: str | None = None) -> None:
        self.name, self.args = name, args

    def __enter__(self) -> record_function:
        self._during = None if profile.current is None else profile.current._during(self.name)
        if self._during is not None:
            self._during.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        if self._during is not None:
            self._during.__exit__(None, None, None)


#: What PyTorch has besides.
MISSING = by_name(
    {
        "Python's own cProfile measures": """
            EnforceUnique KinetoStepTracker emit_itt emit_nvtx kineto_available load_nvprof
            parse_nvprof_trace""",
    }
)

if not TYPE_CHECKING:  # or every misspelt name would pass for one

    def __getattr__(name):
        """Say by name what is missing on purpose."""
        refuse(f"module {__name__!r}", name, MISSING)
