"""What the recorder notes beside events, so that the run can be made again: acts, and origins."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..autograd.grad_mode import grad_mode
from ..autograd.graph import AccumulateGrad, Array, Node, TensorBase, wrap
from .acts import Act, Added, Forgotten, Origin, Pass, Update, in_layout, same_numbers
from .noted import NOTHING_HELD, Captured, Computed, Counted, Held, Owner, Remembering, Valued

if TYPE_CHECKING:
    from .known import Known


class Notes:
    """The acts of a recording, and where values came from that no op made.

    Parameters
    ----------
    recorder : Known
        Which knows the values.

    Attributes
    ----------
    acts : list of Act
        In their order.
    origins : dict of int to Origin
        By value.
    """

    def __init__(self, recorder: Known) -> None:
        self.recorder = recorder
        self.acts: list[Act] = []
        self.origins: dict[int, Origin] = {}
        self._running: list[Pass] = []  # one within the other
        self._passes = 0
        self._last: dict[int, Valued] = {}  # the value that a tensor had last
        self._versions: dict[tuple[Any, int], Counted] = {}  # and its memory's changes until then
        self._written: dict[int, Valued] = {}  # by array, the value whose numbers it got
        self._captured: dict[int, Captured] = {}  # by array
        self._computed: dict[int, Computed] = {}  # by array
        self._owners: dict[int, Owner] = {}  # by gradient
        self._updated: dict[int, int] = {}  # by counter, the version after an optimizer's update
        self._held: dict[int, Held] = {}  # by tensor
        self._keepers: dict[int, TensorBase] = {}  # on which retain_grad was called
        self._optimizers: dict[int, Remembering] = {}

    def add(self, act: Act) -> None:
        """Note an act; of a call inside of a backward pass nothing, for the pass will make it."""
        if not self._running:
            self.acts.append(act)

    # Which value a tensor has ------------------------------------------------------------------

    def has_changed(self, key: Any, tensor: TensorBase, known: int) -> bool:
        """Whether a tensor that had a value has other numbers now, by a change that the graph
        knows nothing of."""
        seen = self._versions.get((key, id(tensor._versions)))
        if tensor.grad_fn is not None and seen is not None:
            return seen.version != tensor._version
        before = self.recorder.leaves.get(known)  # whole; of a result perhaps not
        before = self.recorder.values.all[known].array if before is None else before
        return before is not None and not same_numbers(before, tensor.array)

    def seen(self, key: Any, tensor: TensorBase, value: int) -> None:
        """A tensor has this value now."""
        counter = tensor._versions
        self._versions[key, id(counter)] = Counted(counter, counter[0])
        self._last[id(tensor)] = Valued(tensor, value)

    def last_value(self, tensor: TensorBase) -> int | None:
        """The value that a tensor had when it was last seen."""
        known = self._last.get(id(tensor))
        return None if known is None else known.value

    def origin_of(self, tensor: TensorBase, before: int | None) -> Origin:
        """Where the numbers of a tensor come from, which no op has made.

        `before` is the value that its place in the graph had before, if it had one.
        """
        before = self.last_value(tensor) if before is None else before
        return self._origin(tensor, before)._replace(
            before=before,
            same_history=tensor.grad_fn is not None and before is not None,
            needs_grad=tensor._requires_grad,
            without_edge=tensor._made_by == "no_grad",
        )

    def _origin(self, tensor: TensorBase, before: int | None) -> Origin:
        array = tensor.array
        owner = self._owners.get(id(tensor))
        if owner is not None and owner.version == tensor._version:
            return Origin("grad", owner.value)
        captured = self._captured.get(id(array))
        if captured is not None and tensor._version == 0:
            return Origin("captured", captured.value, captured.pass_number)
        if before is not None and self._updated.get(id(tensor._versions)) == tensor._version:
            return Origin("step")
        computed = self._computed.get(id(array))
        if computed is not None:
            return Origin("computed", function=computed.function, values=computed.values)
        written = self._written.get(id(array))
        if written is not None and self._is(written.value, array):
            return Origin("array", written.value)
        known = self.recorder.array_known(array)
        if known is not None and self._is(known, array):
            return Origin("array", known)
        return Origin("given", changed=before is not None or known is not None)

    def _is(self, value: int, array: np.ndarray[Any, Any]) -> bool:
        """Whether a value has the numbers of `array`, repeated if need be."""
        held = self.recorder.leaves.get(value)
        held = self.recorder.values.all[value].array if held is None else held
        if held is None or held.dtype != array.dtype:
            return False
        leaf = self.recorder.leaf_of(value)
        if leaf is not None and not same_numbers(leaf.array, held):
            return False  # it has changed since, and so will it have in a replay
        try:
            return same_numbers(np.broadcast_to(held, array.shape), array)
        except ValueError:
            return False

    # What the seams have seen ------------------------------------------------------------------

    def to_change(self, target: TensorBase, operands: Sequence[Any]) -> None:
        """`target` is about to be changed in place: note what it is, if that is to be recorded,
        and else what its numbers may come from."""
        tensors = [target, target._base, *operands]
        needed = any(isinstance(t, TensorBase) and t._requires_grad for t in tensors)
        if grad_mode.enabled and needed:
            self.recorder.value_of(target)
            if target._base is not None:
                self.recorder.value_of(target._base)
            return
        self._written.pop(id(target.array), None)
        for operand in operands:  # of which it may become a copy
            if isinstance(operand, TensorBase):
                self._note_source(target, self.recorder.array_known(operand.array))

    def _note_source(self, target: TensorBase, source: int | None) -> None:
        if source is not None:
            self._written[id(target.array)] = Valued(target.array, source)

    def given_history(self, result: TensorBase, source: TensorBase) -> None:
        """`result` stands for `source` as it is, or was, before a change in place."""
        value = self.last_value(source)
        if value is None:
            return
        if result.grad_fn is None:
            self.recorder.know(result, value)
        if result.array is not source.array:  # a copy from before the change
            self.recorder.know_array(result.array, value)

    def wrote(self, target: TensorBase, value: Any) -> None:
        """The numbers of an array were written to all of `target`."""
        self._written.pop(id(target.array), None)
        self._note_source(target, self.recorder.array_known(value))

    def computed(self, result: TensorBase, function: Any, tensors: Sequence[TensorBase]) -> None:
        """A function of the library that is no op has computed `result`."""
        values = tuple(map(self.recorder.value_of, tensors))
        self._computed[id(result.array)] = Computed(result, function, values)

    def keeps(self, tensor: TensorBase) -> None:
        """`tensor` is to keep its gradient."""
        if tensor.grad_fn is not None:
            self._keepers[id(tensor)] = tensor

    # Gradients ---------------------------------------------------------------------------------

    def left(self, tensor: TensorBase) -> None:
        """The engine has changed the ``grad`` of a tensor, or made it None."""
        value = self.recorder.value_of(tensor)
        grad = tensor._grad
        version = -1 if grad is None else grad._version
        self._held[id(tensor)] = Held(grad, version, value)
        if grad is not None:
            self._owners[id(grad)] = Owner(grad, value, version)

    def held(self) -> dict[int, int | None]:
        """What users have made of the ``grad`` of tensors since the engine has left it."""
        found: dict[int, int | None] = {}
        holders = {id(t): t for t in (*self.recorder.leaf_tensors(), *self._retaining())}
        for tensor in holders.values():
            left = self._held.get(id(tensor), NOTHING_HELD)
            now = tensor._grad
            moved = tensor.grad_fn is not None and left.value not in (-1, self.last_value(tensor))
            same = now is left.grad and (now is None or now._version == left.version)
            if same and not moved:
                continue
            known = None if now is None else self.recorder.value_of(now)
            found[self.recorder.value_of(tensor)] = known
            self.left(tensor)
        return found

    def _retaining(self) -> list[TensorBase]:
        found = []
        for tensor in self._keepers.values():
            hooks = None if tensor.grad_fn is None else tensor.grad_fn.hooks
            kept = None if hooks is None else hooks.retaining.get(tensor.output_nr)
            if kept is not None and kept() is tensor:
                found.append(tensor)
        return found

    # Acts --------------------------------------------------------------------------------------

    def begin_pass(self, roots: Sequence[Any], grads: Sequence[Array], options: Any) -> Pass:
        """A backward pass begins."""
        captured = options.get("captured")
        act = Pass(
            [self._value_at(*root) for root in roots],
            [self.recorder.value_of(g) if isinstance(g, TensorBase) else in_layout(g, g.strides)
             for g in grads],
            options["retain_graph"], options["create_graph"],
            None if captured is None else [self._value_at(*edge) for edge in captured],
            [self.recorder.value_of(tensor) for tensor in self._retaining()],
            self.held(),
        )  # fmt: skip
        self.add(act)
        self._running.append(act)
        return act

    def end_pass(self, act: Pass, options: Any) -> None:
        """It has ended, with an error or without."""
        self._running.pop()
        for tensor in self._retaining():
            self.left(tensor)
        if self._running:
            return
        captured = options.get("captured") or {}
        for value, array in zip(act.captured or [], captured.values(), strict=True):
            if isinstance(array, TensorBase):
                act.results[value] = self.recorder.value_of(array)
            elif array is not None:
                self._captured[id(array)] = Captured(array, value, self._passes)
        self._passes += 1

    def ran(self, node: Node) -> None:
        """A node has run."""
        hooks = node.hooks
        if hooks is not None and (
            any(hooks.outputs.values()) or hooks.before or hooks.after or hooks.accumulated
        ):
            for act in self._running:
                act.hooked = True

    def ran_unknown(self) -> None:
        """A node has run of which no call is known."""
        for act in self._running:
            act.unknown = True

    def accumulated(self, tensor: TensorBase) -> None:
        """The engine has added to the ``grad`` of a leaf."""
        if not self._running:
            self.add(Added(self.recorder.value_of(tensor)))
        self.left(tensor)

    def forgotten(self, title: str, parameters: Sequence[TensorBase], to_none: bool) -> None:
        """A ``zero_grad`` is called."""
        values = tuple(self.recorder.value_of(p) for p in parameters)
        self.add(Forgotten(title, values, to_none))

    def update(self, optimizer: Any) -> None:
        """An optimizer is about to update its parameters."""
        value_of = self.recorder.value_of
        state = optimizer._state
        known = self._optimizers.get(id(optimizer))
        copies = None
        if known is None or known.state is not state:
            copies = {value_of(p): copied_state(entries) for p, entries in state.items()}
        self._optimizers[id(optimizer)] = Remembering(optimizer, state)
        held = self.held()
        groups = [
            (
                {name: option for name, option in group.items() if name != "params"},
                [value_of(p) for p in group["params"] if p._grad is not None],
            )
            for group in optimizer.param_groups
        ]
        self.add(Update(id(optimizer), type(optimizer), groups, copies, held))

    def updated(self, optimizer: Any) -> None:
        """It has updated them."""
        for group in optimizer.param_groups:
            for parameter in group["params"]:
                if parameter._grad is not None:
                    self._updated[id(parameter._versions)] = parameter._version

    def _value_at(self, node: Node, number: int) -> int:
        """The value whose gradient arrives at output `number` of `node`."""
        if isinstance(node, AccumulateGrad) and node.variable is not None:
            return self.recorder.value_of(node.variable)
        return self.recorder.value_behind(node, number)


def copied_state(entries: dict[str, Any]) -> dict[str, Any]:
    """What an optimizer remembers of a parameter, as it is now."""
    return {
        name: wrap(item.array.copy()) if isinstance(item, TensorBase) else item
        for name, item in entries.items()
    }
