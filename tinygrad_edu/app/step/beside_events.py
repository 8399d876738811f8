"""The events of a trace by what they are about, for a walk along its graph."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable

from ...tracing import Trace
from ...tracing.events import Event, Value

#: What the node of a leaf is called.
LEAF = "torch::autograd::AccumulateGrad"

#: The file of the function that makes passes of its own.
GRADCHECK = "autograd/gradcheck.py"

#: What values are called that have no name, and are no op's results.
OTHERWISE = {"input": "a tensor", "leaf": "a leaf", "state": "a vector"}


class Events:
    """A trace's events.

    Attributes
    ----------
    passes : dict of int to list of list of Event
        By the step, for each backward pass the seeds with which it began; without those that
        ``gradcheck`` makes.
    checking : int
        How many of these there are.
    """

    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self.passes: dict[int, list[list[Event]]] = defaultdict(list)
        self.runs: dict[int, list[list[Event]]] = defaultdict(list)  # of derivatives, by the call
        self.arrived: dict[int, list[Event]] = defaultdict(list)
        self.sums: dict[tuple[int, int], list[Event]] = defaultdict(list)
        self.grads: dict[int, list[Event]] = defaultdict(list)
        self.checking = 0
        modules = [(e.step, e.module) for e in trace.events if e.kind == "forward" and e.module]
        self.ops_in = Counter(modules)
        last: Event | None = None
        for event in trace.events:
            if event.kind == "seed":
                same = ("seed", event.place, event.frames)
                goes_on = last is not None and (last.kind, last.place, last.frames) == same
                if any(frame.file == GRADCHECK for frame in event.frames):
                    self.checking += not goes_on
                elif goes_on:
                    self.passes[event.step][-1].append(event)
                else:
                    self.passes[event.step].append([event])
            elif event.kind == "derivative" and event.forward is not None:
                runs = self.runs[event.forward]
                if last is None or (last.kind, last.forward) != (event.kind, event.forward):
                    runs.append([])
                runs[-1].append(event)
            elif event.about is not None:
                if event.kind == "accumulate" and event.details["k"] == event.details["n"]:
                    self.arrived[event.about].append(event)
                elif event.kind == "broadcast" and event.forward is not None:
                    self.sums[event.forward, event.about].append(event)
                elif event.kind == "grad":
                    self.grads[event.about].append(event)
            last = event

    def label(self, value: Value) -> str:
        """What to call a value, as the page does: its name, or of what it is the result."""
        if value.name:
            return value.name
        if value.kind == "gradient":
            of = None if value.of is None else self.trace.values[value.of]
            return "a gradient" if of is None else f"gradient of {self.label(of)}"
        maker = self.trace.events[value.born] if value.born >= 0 else None
        if maker is None or maker.kind != "forward":
            return OTHERWISE.get(value.kind, value.kind)
        alone = self.ops_in[maker.step, maker.module] == 1  # the module does nothing else
        own = maker.module.rpartition(".")[2] if alone else ""
        return f"{own or maker.title}\N{RIGHT SINGLE QUOTATION MARK}s result"

    def maker(self, value: int) -> Event | None:
        """The call that made a value, if that is a part of the graph."""
        born = self.trace.values[value].born
        event = self.trace.events[born] if born >= 0 else None
        return event if event is not None and "node" in event.details else None

    def node(self, value: int) -> str:
        """The name of the node that made a value."""
        maker = self.maker(value)
        return LEAF if maker is None else str(maker.details["node"])

    def derivatives(self, value: int, begun: int) -> list[Event]:
        """Of the node that made a value, in the pass whose last seed is event `begun`."""
        maker = self.maker(value)
        runs = [] if maker is None else self.runs[maker.index]
        return next((run for run in runs if run[0].index > begun), [])

    def complete(self, value: int, begun: int) -> Event | None:
        """The last contribution to the gradient of a value; None if a hook has changed it since."""
        event, added = after(self.arrived[value], begun), after(self.grads[value], begun)
        if event is None or "after" not in event.outputs:
            return None
        readers = [*self.derivatives(value, begun)[:1], *([] if added is None else [added])]
        read = all(event.outputs["after"] in reader.inputs.values() for reader in readers)
        return event if read else None

    def broadcast(self, derivative: Event) -> Event | None:
        """The sum of what a derivative has given, over the axes along which its argument was
        repeated, if there were any."""
        if derivative.forward is None or derivative.about is None:
            return None
        return after(self.sums[derivative.forward, derivative.about], derivative.index)


def after(events: Iterable[Event], begun: int) -> Event | None:
    """The first of some events that came after event `begun`."""
    return next((event for event in events if event.index > begun), None)


def output_of(event: Event) -> str:
    """The name of an event's only output, or of its first."""
    return next(iter(event.outputs))
