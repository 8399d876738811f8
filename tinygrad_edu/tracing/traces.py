"""`Trace`: what was recorded, and what one asks of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from ..whole_file import write_whole
from .curve import Point
from .events import Event, Value
from .namesakes import told_apart
from .values import LARGEST
from .words import with_models

if TYPE_CHECKING:
    from ..tensor import Tensor
    from .acts import Act, Call, Origin
    from .drawing.graph import Graph
    from .recorder import Recorder

#: Why a trace from a file cannot be run again.
FROM_FILE = "this trace comes from a file, which holds the numbers and not the calls"


class Trace:
    """One or several training steps, event by event, with the values that they worked on.

    Attributes
    ----------
    events : list of Event
        In the order in which they happened.
    values : list of Value
        Of which the events speak by their numbers.
    sources : dict of str to str
        The texts of the user's files.
    calls : dict of int to Call
        By event, the calls of ops, so that they can be made again; empty in a trace from a file.
    leaves : dict of int to numpy.ndarray
        By value, whole, what no op has made: parameters, inputs; likewise.
    acts, origins, edges
        What `replay` does again, see `acts`; likewise.
    edits : dict of int to numpy.ndarray
        Of a replay, the values that were given other numbers.
    largest : int
        Up to how many elements a value was kept.
    from_file : bool
        Whether it was read from a file; then it can be looked at, but not run again.
    curve : list of Point
        The loss and the gradients' norms of each training step, also of those before the first
        that was recorded.
    """

    def __init__(
        self, events: Iterable[Event], values: Iterable[Value], sources: dict[str, str]
    ) -> None:
        self.events = list(events)
        self.values = list(values)
        self.sources = sources
        self.calls: dict[int, Call] = {}
        self.leaves: dict[int, np.ndarray[Any, Any]] = {}
        self.curve: list[Point] = []
        self.acts: list[Act] = []
        self.origins: dict[int, Origin] = {}
        self.edges: dict[int, int] = {}
        self.edits: dict[int, np.ndarray[Any, Any]] = {}
        self.largest = LARGEST
        self.from_file = False
        self._recorder: Recorder | None = None
        self._told_apart: dict[int, str] | None = None

    @classmethod
    def of(cls, recorder: Recorder) -> Self:
        """What a recorder has written down."""
        trace = cls(recorder.events, recorder.values.all, recorder.sources)
        trace.calls, trace.leaves = recorder.calls, recorder.leaves
        trace.acts, trace.origins = recorder.notes.acts, recorder.notes.origins
        trace.edges, trace.largest = recorder.edge_numbers(), recorder.values.largest
        trace.curve = recorder.curve.named(recorder.modules)
        trace._recorder = recorder
        trace._name_parts()
        return trace

    def _name_parts(self) -> None:
        """Give the parts of an optimizer's vectors the names that their values have by now."""
        for event in self.events:
            parts, values = (event.details.get(key, ()) for key in ("parts", "values"))
            for part, value in zip(parts, values, strict=True):
                if value is not None and self.values[value].name:
                    part[0] = self.values[value].name

    def __len__(self) -> int:
        return len(self.events)

    def counted(self) -> str:
        """How much there is, in words."""
        events, steps = len(self.events), len({event.step for event in self.events})
        return f"{events} event{'s'[: events != 1]} of {steps} training step{'s'[: steps != 1]}"

    def __repr__(self) -> str:
        return f"<Trace: {self.counted()}, {len(self.values)} values>"

    # Asking ------------------------------------------------------------------------------------

    def name_of(self, value: Value) -> str:
        """The name of a value, and where others have it in the same training step, what made this
        one: ``activation_2's result (x)``; "" of a value without a name."""
        if self._told_apart is None:
            self._told_apart = told_apart(self)
        return self._told_apart.get(value.id, value.name)

    def value(self, which: Tensor | str | int) -> Value:
        """The value of a tensor, as it is now; or the last one of this name or number.

        A parameter may also be asked for with the name of its model before its own, as it stands in
        the script: ``net.layer.weight``.

        Raises
        ------
        KeyError
            If it is not in the trace.
        """
        if isinstance(which, int | np.integer):
            if not 0 <= which < len(self.values):
                raise KeyError(f"there is no value {which}: the trace has {len(self.values)} of "
                               "them, from 0 on")  # fmt: skip
            return self.values[which]
        if isinstance(which, str):
            name = with_models(self).get(which, which)
            for value in reversed(self.values):
                if value.name == name and value.kind != "gradient":
                    return value
            names = sorted({value.name for value in self.values} - {""})
            raise KeyError(f"no value is called {which!r}; there are {', '.join(names)}")
        found = None if self._recorder is None else self._recorder.find(which)
        if found is None:
            names = sorted({value.name for value in self.values} - {""})
            raise KeyError(f"this tensor is not in the trace; there are {', '.join(names)}")
        return self.values[found]

    def gradient(self, value: Value) -> Value | None:
        """The complete gradient of a value: of a leaf what its ``grad`` was last."""
        for event in reversed(self.events):
            if event.about == value.id and event.kind in ("grad", "accumulate", "hook", "seed"):
                return self.values[[*event.outputs.values()][-1]] if event.outputs else None
        return None

    def ledger(self, value: Value) -> list[Event]:
        """The contributions to the gradient of a value, in the order in which they arrived."""
        return [e for e in self.events if e.kind == "accumulate" and e.about == value.id]

    def uses(self, value: Value) -> list[Event]:
        """The calls that took a value as an argument."""
        return [e for e in self.events if e.kind == "forward" and value.id in e.inputs.values()]

    def losses(self) -> list[float]:
        """The value that each backward pass began at, if it is one number."""
        seeds = [e for e in self.events if e.kind == "seed" and e.about is not None]
        roots = [self.values[e.about].array for e in seeds if e.about is not None]
        return [float(a.item()) for a in roots if a is not None and a.size == 1]

    # Again -------------------------------------------------------------------------------------

    def replay(self, edits: Mapping[int, np.ndarray[Any, Any]] | None = None) -> Trace:
        """Make the run again, by the same engine; see `replay.replay`."""
        from .again.replay import replay

        return replay(self, edits)

    # Looking at it ------------------------------------------------------------------------------

    def explain(self, which: Tensor | Value | str | int) -> str:
        """In sentences: where a value comes from, what it was used for, what its gradient is made
        of, and, of a parameter, what the optimizer did with it.

        Parameters
        ----------
        which : Tensor, Value, str or int
            A tensor, or the gradient of one; a name, also with ``.grad`` behind; or a value's
            number. Of a name that several values have had, the last is meant.

        Raises
        ------
        KeyError
            If it is not in the trace.
        """
        from .explain import explain

        return explain(self, which)

    def graph(self, depth: int | None = None, step: int | None = None) -> Graph:
        """What was computed from what, in one training step, and how large the gradients were.

        Parameters
        ----------
        depth : int, optional
            How many levels of modules are looked into: with 0 each outermost module is one node,
            with 1 each of its own modules, and so on. By default each op is a node.
        step : int, optional
            Which training step; by default the last one with a backward pass.

        Returns
        -------
        Graph
            It shows itself in a notebook; ``svg(file)`` and ``dot(file)`` write it down.

        Raises
        ------
        ValueError
            If there is no such step, or `depth` is negative.
        """
        from .drawing.graph import graph

        return graph(self, depth, step)

    def _repr_html_(self) -> str:
        """What Jupyter shows."""
        from .notebook import trace_html

        return trace_html(self)

    # Files -------------------------------------------------------------------------------------

    def save(self, file: str | PathLike[str]) -> None:
        """Write the trace to a file, which `load` reads."""
        from .files import save

        save(self, file)

    def html(
        self,
        file: str | PathLike[str],
        what_if: Sequence[Any] | str | None = None,
        beside: Any = None,
        title: str = "",
    ) -> None:
        """Write the trace as one page for a browser, which needs no other file.

        Parameters
        ----------
        file : path
        what_if, beside : optional
            What ``again.what_if`` returns, or, as a text, why it raised; and what `beside` of the
            command returns. Without them the page says how to get them.
        title : str
            What was recorded; by default the name of the file whose lines ran.

        Raises
        ------
        ValueError
            If the trace has no events.
        ModuleNotFoundError
            If jinja2 or Pygments is missing.
        """
        from .page import render

        write_whole(Path(file), render(self, what_if, beside, title).encode())
