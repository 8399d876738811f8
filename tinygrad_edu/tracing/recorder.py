"""The recorder: it looks on while the engine works, and writes down what happens.

The engine knows nothing of it. While a recording runs, a few functions of the engine are replaced
by ones that call them and note what went in and what came out (see `seams`); when it ends, the
engine's own are put back. So recording changes no number, and when none runs it costs nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from types import FrameType
from typing import Any

import numpy as np

from ..autograd.grad_mode import grad_mode
from ..autograd.graph import AccumulateGrad, Array, Node, TensorBase
from ..ops.mutation import AsStrided
from . import expressions, formulas
from .acts import Call, Ref
from .curve import Curve
from .described import (
    ENGINE,
    argument_names,
    code_and_formula,
    code_and_formula_of_hooks,
    gone,
    name_of,
    place_in,
    source_of,
    source_text,
    text_of,
)
from .events import Code, Event, Kind, Place
from .known import Known, constant
from .passes import Running, Source
from .places import calling_frame, code_of, is_of_views, place_of, user_frame
from .rounds import Rounds
from .ways import Watch


class Recorder(Known):
    """Notes events and values; see `seams` for what calls its methods.

    Parameters
    ----------
    largest : int
        How many elements a value may have to be kept whole.
    skips_preparation : bool
        Whether what is computed before the training begins is left out: before gradients are
        forgotten, or a module is called, or an op recorded in the graph.
    step : int
        How many training steps were taken before.
    curve : Curve, optional
        With the points of these.

    Attributes
    ----------
    stepped : callable
        Called when an optimizer's step has ended.
    """

    def __init__(
        self,
        largest: int,
        *,
        skips_preparation: bool = False,
        step: int = 0,
        curve: Curve | None = None,
    ) -> None:
        super().__init__(largest)
        self.skips_preparation = skips_preparation
        self.thread = threading.get_ident()
        self.events: list[Event] = []
        self.calls: dict[int, Call] = {}
        self.sources: dict[str, str] = {}
        self.step = step
        self.curve = Curve() if curve is None else curve
        self.stepped: Callable[[], None] = lambda: None
        self.depth = 0  # of calls of ops within each other
        self._forward: dict[int, int] = {}  # events by the identity of their nodes
        self.rounds = Rounds()
        self.passes = [Running()]  # those that run; first what was begun before the recording

    def watches(self) -> bool:
        """Whether what runs now is to be noted: the thread that began is running."""
        return threading.get_ident() == self.thread

    # Events ------------------------------------------------------------------------------------

    def _event(self, kind: Kind, title: str, **rest: Any) -> Event:
        event = Event(len(self.events), kind, title, step=self.step, **rest)
        self.events.append(event)
        return event

    def where(self) -> tuple[Place | None, tuple[Place, ...]]:
        """The user's line, and the library's functions that it has led to."""
        user, inside = user_frame(calling_frame())
        if user is None:
            return None, ()
        self.name_variables(user)
        place = place_of(user)
        self.note_source(place.file, user)
        return place, tuple(place_of(f) for f in inside if not is_of_views(f.f_code.co_filename))

    def note_source(self, file: str, frame: FrameType) -> None:
        """Keep the text of a user's file, so that a trace can be read where the file is not."""
        if file not in self.sources:
            self.sources[file] = source_text(frame)

    def forward(
        self,
        op: Any,
        args: tuple[Any, ...],
        results: Sequence[Any],
        several: bool,
        before: dict[int, int],
        random: Any,
        watch: Watch,
    ) -> None:
        """An op was called.

        `before` has the values that tensors among `args` had before, by position, `random` the
        state that the random numbers were in, and `watch` has watched its `forward`.
        """
        if self.skips_preparation and all(
            getattr(result, "grad_fn", None) is None for result in results
        ):
            return
        self.skips_preparation = False
        place, frames = self.where()
        if any(getattr(result, "grad_fn", None) is not None for result in results):
            self.rounds.forward(place)
        names = argument_names(op, len(args))
        inputs, options = {}, {}
        kept: list[Any] = []
        for position, (name, argument) in enumerate(zip(names, args, strict=True)):
            if isinstance(argument, TensorBase):
                known = before.get(position)
                inputs[name] = self.value_of(argument) if known is None else known
                kept.append(Ref(inputs[name], argument.array.strides))
                if argument._edge is not None:
                    self._edges[id(argument._edge[0]), 0] = inputs[name]
            else:
                options[name] = text_of(argument)
                kept.append(argument)
        self.name_attributes(inputs.values())
        run = watch.next_run(op.forward)
        code = gone(code_of(op.forward), run)
        event = self._event(
            "forward", op.__name__, module=self.modules.path(), place=place, frames=frames,
            code=code, formula=formulas.of_forward(op), inputs=inputs, options=options,
        )  # fmt: skip
        recorded = False
        labels = getattr(op, "outputs", ("out",))
        for number, result in enumerate(results):
            if not isinstance(result, TensorBase):
                continue
            name = labels[number] if number < len(labels) else f"out_{number}"
            event.outputs[name] = self._note(result, "result", born=event.index)
            self.results[event.outputs[name]] = result
            if result.grad_fn is not None:
                recorded = True
                event.details["node"] = result.grad_fn.name()
                self._forward[id(result.grad_fn)] = event.index
        items = dict(zip(names, args, strict=True))
        self._express(event, expressions.of_call(op, items, run), items)
        outputs = tuple(event.outputs.values())
        self._called(event, Call(
            op, tuple(kept), several, outputs, recorded, event.index, grad_mode.enabled, random
        ))  # fmt: skip

    def _express(self, event: Event, expression: str, beside: Mapping[str, Any]) -> None:
        """Note what an event computes, as one reads it; `beside` has what it read that is no
        tensor."""
        if not expression:
            return
        event.details["expression"] = expression
        arrays = {name: item for name, item in beside.items() if isinstance(item, np.ndarray)}
        sizes = {name: item.size for name, item in arrays.items()}
        for name, value in (event.inputs | event.saved).items():
            sizes[name] = self.values.all[value].size
        size = sum(self.values.all[value].size for value in [*event.outputs.values()][:1])
        count = expressions.count_for(expression, sizes, size, event.kind == "forward")
        if count is not None:
            event.details["numbers"] = {"N": count}

    def _called(self, event: Event, call: Call) -> None:
        event.details["running"] = [*self.modules.calls]
        self.calls[event.index] = call
        self.notes.add(call)

    def loss_at(self, node: Node, number: int) -> None:
        """A backward pass begins, first of all, at output `number` of `node`."""
        about = self._edges.get((id(node), number))
        self.curve.note_loss(None if about is None else self.values.all[about].array)

    def seed(self, node: Node, number: int, grad: Array) -> None:
        """A backward pass begins at output `number` of `node`."""
        self.skips_preparation = False
        place, frames = self.where()
        about = self._edges.get((id(node), number))
        seed = constant(grad)
        is_one = np.size(seed) == 1 and np.all(np.equal(seed, 1))
        event = self._event(
            "seed", "backward", place=place, frames=frames, about=about,
            formula="d loss / d loss = 1" if is_one else "the gradient given",
        )  # fmt: skip
        event.outputs["grad"] = self._gradient(grad, about, event.index)

    def begin_pass(self, roots: Sequence[Any], captured: Any) -> None:
        """A backward pass has begun, and its seeds are noted; see `Running`."""
        place, _ = self.where()
        self.passes.append(Running(roots, captured, Source(place=place)))

    def end_pass(self) -> None:
        """The innermost pass has ended."""
        self.passes.pop()

    def derivative(
        self,
        node: Node,
        grad_outputs: Sequence[Array],
        edges: Sequence[Any],
        results: list[Array],
        watch: Watch,
    ) -> None:
        """A node's derivatives were computed, which `watch` has watched: one event for each
        argument that wanted one."""
        made = self._forward.get(id(node))
        forward = None if made is None else self.events[made]
        if made is None:
            self.notes.ran_unknown()
        source = Source() if forward is None else Source(made, forward.module, forward.place)
        self.passes[-1].source = source
        incoming = {}
        for number, grad in enumerate(grad_outputs):
            if grad is not None:
                name = "grad" if len(grad_outputs) == 1 else f"grad_{number}"
                about = self._edges.get((id(node), number))
                incoming[name] = self._gradient(grad, about, len(self.events))
        for index, result in enumerate(results):
            if result is None or edges[index][0] is None:
                continue
            code, formula, argument, reads, expression = code_and_formula(node, index, watch)
            saved, options = self._saved(reads)
            about = self._edges.get((id(edges[index][0]), edges[index][1]))
            event = self._event(
                "derivative", node.name(), code=code, formula=formula, inputs=dict(incoming),
                saved=saved, options=options, about=about, **source._asdict(),
            )  # fmt: skip
            event.details["argument"] = argument
            event.outputs[f"d_{argument}"] = self._gradient(result, about, event.index)
            self._express(event, expression, reads)

    def broadcast(
        self, node: Node, index: int, grad: Array, summed: Array, axes: tuple[int, ...]
    ) -> None:
        """A gradient was summed to the shape of its argument."""
        about = self._edges.get((id(node.next_functions[index][0]), node.next_functions[index][1]))
        event = self._event(
            "broadcast", "sum", code=self._engine("undo_broadcast"), about=about,
            formula=f"grad.sum({axes})", **self.passes[-1].source._asdict(),
        )  # fmt: skip
        event.details["axes"] = list(axes)
        event.inputs["grad"] = self._gradient(grad, about, event.index)
        event.outputs["sum"] = self._gradient(summed, about, event.index)

    def arrived(
        self,
        node: Node,
        number: int,
        grad: Array,
        before: Array,
        after: Array,
        at_node: tuple[int, int],
    ) -> None:
        """A contribution to the gradient of a node's output has arrived: at the node number k of n,
        as `at_node` says."""
        about = self._edges.get((id(node), number))
        k, n = self.passes[-1].arrive(node, number, at_node)
        event = self._event(
            "accumulate", f"{k} of {n}", about=about, code=self._engine("add"),
            formula="sums[number] = grad" if before is None else "sums[number] + grad",
            **self.passes[-1].source._asdict(),
        )  # fmt: skip
        event.details.update(k=k, n=n)
        if before is not None:
            event.inputs["before"] = self._gradient(before, about, event.index)
        if grad is not None:
            event.inputs["grad"] = self._gradient(grad, about, event.index)
        if after is not None:
            event.outputs["after"] = self._gradient(after, about, event.index)

    def hook(
        self,
        node: Node,
        number: int,
        before: int | None,
        after: Array,
        functions: Sequence[Callable[..., Any]],
        watch: Watch,
    ) -> None:
        """Hooks, which `watch` has watched, have put `after` in the place of a gradient."""
        about = self._edges.get((id(node), number))
        code, formula, name = code_and_formula_of_hooks(functions, watch)
        place = place_in(functions[0], code)
        if place is not None:
            self.sources.setdefault(place.file, source_of(functions[0]))
        last = self.events[-1]
        event = self._event(
            "hook", "hook", about=about, code=code, formula=formula, place=place,
            forward=last.forward, module=last.module,
        )  # fmt: skip
        event.details["hooks"] = [name_of(function) for function in functions]
        if before is not None:
            event.inputs[name] = before
        self._gradients.pop((id(constant(after)), about), None)  # it was changed in place
        event.outputs["after"] = self._gradient(after, about, event.index)

    def grad(self, node: AccumulateGrad, grad: Array, before: Any, after: Any) -> None:
        """A leaf's ``grad`` has changed; `before` is a copy of what it was."""
        about = self._edges.get((id(node), 0))
        place, _ = self.where()
        event = self._event(
            "grad", "AccumulateGrad", about=about, code=self._engine("add_to_grad"), place=place,
            formula="variable.grad = grad" if before is None else "variable.grad += grad",
        )  # fmt: skip
        if before is not None:
            event.inputs["before"] = self._array(before, "gradient", of=about)
        if grad is not None:
            event.inputs["grad"] = self._gradient(grad, about, event.index)
        if after is not None:
            event.outputs["grad"] = self._array(after, "gradient", born=event.index, of=about)

    def written(self, op: Any, args: tuple[Any, ...], result: TensorBase, node: Node) -> None:
        """A change in place, or a view that was made anew after one, has got its node.

        `result` is the tensor that is to become the node's output.
        """
        place, frames = self.where()
        names = argument_names(op, len(args))
        pairs = [*zip(names, args, strict=True)]
        inputs = {}
        for position, (name, argument) in enumerate(pairs):
            if isinstance(argument, TensorBase):
                # The first stands for what the tensor was before; only a new view for what is now.
                was = self.known(argument) if position == 0 and op is not AsStrided else None
                inputs[name] = self.value_of(argument) if was is None else was
        options = {n: text_of(a) for n, a in pairs if not isinstance(a, TensorBase)}
        event = self._event(
            "forward", op.__name__, module=self.modules.path(), place=place, frames=frames,
            code=code_of(op.forward), formula=formulas.of_forward(op), inputs=inputs,
            options=options,
        )  # fmt: skip
        value = self.values.add(result.array, "result", born=event.index)
        event.outputs["out"] = value.id
        event.details.update(node=node.name(), in_place=True)
        self._express(event, expressions.of_call(op, dict(pairs)), {})
        self.results[value.id] = result
        self._known[id(node), 0] = self._edges[id(node), 0] = value.id
        self._arrays[id(result.array)] = value.id
        self._forward[id(node)] = event.index
        self._kept += [node, result, result.array]
        kept = tuple(Ref(inputs[n], a.array.strides) if n in inputs else a for n, a in pairs)
        self._called(event, Call(op, kept, False, (value.id,), True, event.index))

    def step_ended(self, optimizer: Any) -> None:
        """An optimizer's step has ended, and with it a training step."""
        self.curve.note_step(optimizer)
        self.step += 1
        self.rounds.by_hand = False
        self.stepped()

    def zero_grad(
        self,
        title: str,
        parameters: Sequence[TensorBase],
        to_none: bool,
        code: Code | None,
        place: Any,
    ) -> None:
        """Gradients are about to be forgotten: they become None, or zeros."""
        self.skips_preparation = False
        where, frames = place
        event = self._event(
            "zero_grad", title, place=where, frames=frames, code=code,
            formula="p.grad = None" if to_none else "p.grad.zero_()",
        )  # fmt: skip
        for number, parameter in enumerate(parameters):
            event.inputs[f"parameter {number}"] = self.value_of(parameter)
        event.details["had_grad"] = [self.value_of(p) for p in parameters if p._grad is not None]

    def update(
        self, title: str, code: Code | None, formula: str, vectors: dict[str, Any], place: Any
    ) -> Event:
        """A line of an optimizer's algorithm has run, or all, and has changed `vectors`."""
        where, frames = place
        event = self._event("update", title, place=where, frames=frames, code=code, formula=formula)
        for name, vector in vectors.items():
            event.outputs[name] = self._array(vector, "state", born=event.index)
        return event

    def vector(self, array: Array) -> int:
        """The value of an optimizer's vector, as it is now."""
        return self._array(array, "state")

    def _engine(self, name: str) -> Code | None:
        return code_of(ENGINE[name])
