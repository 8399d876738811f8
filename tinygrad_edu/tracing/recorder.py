"""The recorder: it looks on while the engine works, and writes down what happens.

The engine knows nothing of it. While a recording runs, a few functions of the engine are replaced
by ones that call them and note what went in and what came out (see `seams`); when it ends, the
engine's own are put back. So recording changes no number, and when none runs it costs nothing.
"""

from __future__ import annotations

import linecache
import threading
from collections.abc import Callable, Sequence
from types import FrameType
from typing import Any

import numpy as np

from ..autograd import broadcasting, engine, gradients
from ..autograd.grad_mode import grad_mode
from ..autograd.graph import AccumulateGrad, Array, Node, TensorBase
from ..autograd.op import Op
from ..autograd.op_node import OpNode
from ..nn.parameter import Parameter
from ..ops.mutation import AsStrided
from ..optim.optimizer import Optimizer
from . import formulas
from .acts import Call as Call
from .acts import Ref as Ref
from .acts import in_layout
from .curve import Curve
from .events import Code, Event, Kind, Place, ValueKind
from .modules import Modules
from .notes import Notes
from .places import calling_frame, code_of, is_of_views, place_of, user_frame
from .rounds import Rounds
from .values import Values


class Recorder:
    """Notes events and values; see `seams` for what calls its methods.

    Parameters
    ----------
    largest : int
        How many elements a value may have to be kept whole.
    waits : bool
        Whether what is computed before the training begins is left out: before gradients are
        forgotten, or a module is called, or an op recorded in the graph.
    step : int
        How many training steps were taken before.
    """

    def __init__(self, largest: int, *, waits: bool = False, step: int = 0) -> None:
        self.waits = waits
        self.thread = threading.get_ident()
        self.values = Values(largest)
        self.events: list[Event] = []
        self.calls: dict[int, Call] = {}
        self.leaves: dict[int, np.ndarray[Any, Any]] = {}  # what no op made, whole
        self.sources: dict[str, str] = {}
        self.modules = Modules()
        self.step = step
        self.curve = Curve()
        self.depth = 0  # of calls of ops within each other
        self.notes = Notes(self)
        self._known: dict[Any, int] = {}  # the values by what tells tensors apart
        self._arrays: dict[int, int] = {}  # and by the identity of their arrays
        self._edges: dict[tuple[int, int], int] = {}  # and by the edges of their gradients
        self.results: dict[int, TensorBase] = {}  # of ops, by their values
        self._forward: dict[int, int] = {}  # events by the identity of their nodes
        self._gradients: dict[tuple[int, int | None], int] = {}  # by array, and what it is of
        self._tensors: dict[int, TensorBase] = {}  # leaves by their values
        self.rounds = Rounds()
        self._pass: Place | None = None  # where the backward pass was begun that runs
        self._kept: list[Any] = []  # so that no identity is given twice

    def watches(self) -> bool:
        """Whether what runs now is to be noted: the thread that began is running."""
        return threading.get_ident() == self.thread

    # Values ------------------------------------------------------------------------------------

    def value_of(self, tensor: TensorBase) -> int:
        """The value that a tensor has now; a new one if it was not met before, or has changed."""
        key = key_of(tensor)
        known = self._known.get(key)
        if known is None or self.notes.has_changed(key, tensor, known):
            name = self.modules.name_of(tensor)
            origin = self.notes.origin_of(tensor, known)
            new = self._note(tensor, kind_of(tensor, name), name=name)
            self.notes.origins[new] = origin
            self.leaves[new] = in_layout(tensor.array, tensor.array.strides)
            self._tensors[new] = tensor
            known = new
        self._has(tensor, known)
        return known

    def _has(self, tensor: TensorBase, value: int) -> None:
        """A tensor, and its array, have this value now."""
        self.notes.seen(key_of(tensor), tensor, value)
        self._arrays[id(tensor.array)] = value

    def known(self, tensor: TensorBase) -> int | None:
        """The value of a tensor's place in the graph."""
        return self._known.get(key_of(tensor))

    def adopted(self, tensor: TensorBase) -> None:
        """`tensor` has become the output of another node."""
        known = self.known(tensor)
        if known is not None:
            self._has(tensor, known)

    def know(self, tensor: TensorBase, value: int) -> None:
        """Let `tensor` have a value that is there already."""
        self._known[key_of(tensor)] = value
        self._kept += [tensor, tensor.array]

    def know_array(self, array: Array, value: int) -> None:
        """Let an array hold a value that is there already."""
        self._arrays[id(array)] = value
        self._kept.append(array)

    def forget(self, tensor: TensorBase) -> None:
        """Let `tensor` have a new value when it is met next."""
        self._known.pop(key_of(tensor), None)

    def array_known(self, array: Any) -> int | None:
        """The value whose array this is."""
        return self._arrays.get(id(array))

    def value_behind(self, node: Node, number: int) -> int:
        """The value that is output `number` of a node; -1 if it is not known."""
        return self._edges.get((id(node), number), -1)

    def edge_numbers(self) -> dict[int, int]:
        """By value, the place of a leaf's node in the order of leaves."""
        edges = {value: tensor._edge for value, tensor in self._tensors.items()}
        return {value: edge[0].sequence_nr for value, edge in edges.items() if edge is not None}

    def leaf_of(self, value: int) -> TensorBase | None:
        """The tensor of a value, if no op has made it."""
        return self._tensors.get(value)

    def leaf_tensors(self) -> list[TensorBase]:
        """The leaves that were met and require a gradient."""
        return [t for t in self._tensors.values() if t._requires_grad and t.grad_fn is None]

    def find(self, tensor: TensorBase) -> int | None:
        """The value that a tensor has now, or had when it was last seen; None if it never was."""
        known = self._known.get(key_of(tensor))
        return self._arrays.get(id(tensor.array)) if known is None else known

    def _note(self, tensor: TensorBase, kind: ValueKind, name: str = "", born: int = -1) -> int:
        value = self.values.add(tensor.array, kind, name=name, born=born)
        self._known[key_of(tensor)] = value.id
        self._has(tensor, value.id)
        self._kept += [tensor, tensor.array, tensor.grad_fn]
        if tensor.grad_fn is not None:
            self._edges[id(tensor.grad_fn), tensor.output_nr] = value.id
        elif tensor._edge is not None:
            self._edges[id(tensor._edge[0]), 0] = value.id
        return value.id

    def _array(self, array: Any, kind: ValueKind, *, born: int = -1, of: int | None = None) -> int:
        """The value of an array that belongs to no tensor one has seen; 0-d of a number."""
        if isinstance(array, TensorBase):
            array = array.array
        array = np.asarray(array)
        value = self.values.add(array, kind, born=born, of=of)
        self._kept.append(array)
        return value.id

    def _saved(self, saved: dict[str, Any]) -> tuple[dict[str, int], dict[str, str]]:
        """What a derivative reads: values, and what is none, as text."""
        values, options = {}, {}
        for name, item in saved.items():
            item = item.array if isinstance(item, TensorBase) else item
            if isinstance(item, np.ndarray | np.generic):
                known = self._arrays.get(id(item))
                values[name] = self._array(item, "input") if known is None else known
            else:
                options[name] = text_of(item)
        return values, options

    def _gradient(self, array: Array, of: int | None, born: int) -> int:
        """The value of a gradient on its way; the same as long as it is the same array."""
        array = array.array if isinstance(array, TensorBase) else array
        known = self._gradients.get((id(array), of))
        if known is None:
            known = self._array(array, "gradient", born=born, of=of)
            self._gradients[id(array), of] = known
            self._kept.append(array)  # a NumPy number, too, of which the value has a copy
        return known

    def name_variables(self, frame: FrameType | None) -> None:
        """Give values the names that the variables of a frame have for them."""
        if frame is None:
            return
        for name, item in frame.f_locals.items():
            if isinstance(item, TensorBase) and not name.startswith("_"):
                known = self._known.get(key_of(item))
                if known is not None and not self.values.all[known].name:
                    self.values.all[known].name = name

    def finish(self) -> None:
        """Name what got its name only later: the parameters of a model that had not been called."""
        self.name_variables(user_frame(calling_frame())[0])
        for number, tensor in self._tensors.items():
            name = self.modules.name_of(tensor)
            if name:
                value = self.values.all[number]
                value.name, value.kind = name, kind_of(tensor, name)

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
    ) -> None:
        """An op was called.

        `before` has the values that tensors among `args` had before, by position, and `random`
        the state that the random numbers were in.
        """
        if self.waits and all(getattr(result, "grad_fn", None) is None for result in results):
            return
        self.waits = False
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
        code = code_of(op.forward)
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
        outputs = tuple(event.outputs.values())
        self._called(event, Call(
            op, tuple(kept), several, outputs, recorded, event.index, grad_mode.enabled, random
        ))  # fmt: skip

    def _called(self, event: Event, call: Call) -> None:
        event.details["running"] = [*self.modules.calls]
        self.calls[event.index] = call
        self.notes.add(call)

    def seed(self, node: Node, number: int, grad: Array) -> None:
        """A backward pass begins at output `number` of `node`."""
        self.waits = False
        place, frames = self.where()
        about = self._edges.get((id(node), number))
        if about is not None:
            self.curve.note_loss(self.values.all[about].array)
        event = self._event(
            "seed", "backward", place=place, frames=frames, about=about,
            formula="d loss / d loss = 1" if np.size(constant(grad)) == 1 else "the gradient given",
        )  # fmt: skip
        event.outputs["grad"] = self._gradient(grad, about, event.index)
        self._pass = place

    def derivative(
        self, node: Node, grad_outputs: Sequence[Array], edges: Sequence[Any], results: list[Array]
    ) -> None:
        """A node's derivatives were computed: one event for each argument that wanted one."""
        made = self._forward.get(id(node))
        forward = None if made is None else self.events[made]
        if made is None:
            self.notes.ran_unknown()
        incoming = {}
        for number, grad in enumerate(grad_outputs):
            if grad is not None:
                name = "grad" if len(grad_outputs) == 1 else f"grad_{number}"
                about = self._edges.get((id(node), number))
                incoming[name] = self._gradient(grad, about, len(self.events))
        for index, result in enumerate(results):
            if result is None or edges[index][0] is None:
                continue
            code, formula, argument, reads = described(node, index)
            saved, options = self._saved(reads)
            about = self._edges.get((id(edges[index][0]), edges[index][1]))
            event = self._event(
                "derivative", node.name(), code=code, formula=formula, inputs=dict(incoming),
                saved=saved, options=options, forward=made, about=about,
                module="" if forward is None else forward.module,
                place=None if forward is None else forward.place,
            )  # fmt: skip
            event.details["argument"] = argument
            event.outputs[f"d_{argument}"] = self._gradient(result, about, event.index)

    def broadcast(
        self, node: Node, index: int, grad: Array, summed: Array, axes: tuple[int, ...]
    ) -> None:
        """A gradient was summed to the shape of its argument."""
        about = self._edges.get((id(node.next_functions[index][0]), node.next_functions[index][1]))
        last = self.events[-1]
        of_node = self._forward.get(id(node))
        event = self._event(
            "broadcast", "sum", code=self._engine("undo_broadcast"), about=about, forward=of_node,
            formula=f"grad.sum({axes})", module=last.module, place=last.place,
        )  # fmt: skip
        event.details["axes"] = list(axes)
        event.inputs["grad"] = self._gradient(grad, about, event.index)
        event.outputs["sum"] = self._gradient(summed, about, event.index)

    def arrived(
        self, node: Node, number: int, grad: Array, before: Array, after: Array, k: int, n: int
    ) -> None:
        """Contribution `k` of `n` to the gradient of a node's output has arrived."""
        about = self._edges.get((id(node), number))
        last = self.events[-1] if self.events else None
        event = self._event(
            "accumulate", f"{k} of {n}", about=about, code=self._engine("add"),
            formula="sums[number] = grad" if before is None else "sums[number] + grad",
            forward=None if last is None else last.forward,
            module="" if last is None else last.module, place=None if last is None else last.place,
        )  # fmt: skip
        event.details.update(k=k, n=n)
        if before is not None:
            event.inputs["before"] = self._gradient(before, about, event.index)
        if grad is not None:
            event.inputs["grad"] = self._gradient(grad, about, event.index)
        if after is not None:
            event.outputs["after"] = self._gradient(after, about, event.index)

    def grad(self, node: AccumulateGrad, grad: Array, before: Any, after: Any) -> None:
        """A leaf's ``grad`` has changed; `before` is a copy of what it was."""
        about = self._edges.get((id(node), 0))
        event = self._event(
            "grad", "AccumulateGrad", about=about, code=self._engine("add_to_grad"),
            place=self._pass,
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

    def zero_grad(self, title: str, parameters: Sequence[TensorBase], place: Any) -> None:
        """Gradients were forgotten."""
        self.waits = False
        where, frames = place
        event = self._event(
            "zero_grad", title, place=where, frames=frames, code=self._engine("zero_grad"),
            formula="p.grad = None",
        )  # fmt: skip
        for number, parameter in enumerate(parameters):
            event.inputs[f"parameter {number}"] = self.value_of(parameter)

    def update(
        self, title: str, code: Code, formula: str, vectors: dict[str, Any], place: Any
    ) -> Event:
        """A line of an optimizer's algorithm has run, and has changed `vectors`."""
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


def kind_of(tensor: TensorBase, name: str) -> ValueKind:
    """What a tensor is that no op has made, and that has `name` in a module: a buffer has one, too,
    and is no parameter."""
    if name and isinstance(tensor, Parameter):
        return "parameter"
    return "leaf" if tensor._requires_grad else "input"


def key_of(tensor: TensorBase) -> Any:
    """What tells what a tensor holds now from what others hold: its place in the graph; and where
    it has none, its memory and how often that was changed."""
    if tensor.grad_fn is not None:
        return id(tensor.grad_fn), tensor.output_nr
    if tensor._requires_grad:  # another leaf may have the same memory
        return id(tensor), id(tensor.array), tensor._version
    return id(tensor.array), tensor._version


def constant(grad: Array) -> Any:
    """The array of a gradient."""
    return grad.array if isinstance(grad, TensorBase) else grad


def text_of(item: Any) -> str:
    """An option as text, not too long."""
    text = " ".join(repr(item).split())
    return text if len(text) <= 200 else text[:197] + "..."


def argument_names(op: Any, count: int) -> list[str]:
    """What an op's `forward` calls its arguments; of ``*xs`` they are numbered."""
    if not (isinstance(op, type) and issubclass(op, Op)):
        return [f"argument {number}" for number in range(count)]
    names = list(op.parameters)
    if op.variadic is not None:
        first = op.parameters[op.variadic]
        names[first:] = [f"{op.variadic}_{number}" for number in range(count - first)]
    return names[:count] + [f"argument {number}" for number in range(len(names), count)]


def described(node: Node, index: int) -> tuple[Code | None, str, str, dict[str, Any]]:
    """Of a node's derivative number `index`: its code, its formula, the name of its argument, and
    what it reads."""
    if isinstance(node, OpNode):
        rule = node.rules[index]
        names = argument_names(node.op, 1 + max(each.position for each in node.rules))
        saved = node.saved or {}
        reads = {name: saved[name] for name in rule.reads if name in saved}
        argument = names[rule.position]
        return code_of(rule.function), formulas.of_derivative(rule.function), argument, reads
    function = getattr(node, "function", None)
    if function is None:
        return None, "", str(index), {}
    return code_of(function.backward), "as the function says", str(index), {}


def source_text(frame: FrameType) -> str:
    """The text of the file that a frame runs; "" where there is none."""
    lines = linecache.getlines(frame.f_code.co_filename, frame.f_globals)
    return "".join(lines)


#: Functions of the engine, as they are when nothing is recorded.
ENGINE: dict[str, Callable[..., Any]] = {
    "undo_broadcast": broadcasting.undo_broadcast,
    "add": engine.GradientBuffer.add,
    "add_to_grad": gradients.add_to_grad,
    "zero_grad": Optimizer.zero_grad,
}
