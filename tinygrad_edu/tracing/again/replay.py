"""A recorded run, made again: the same calls and passes by the same engine, if need be on other
numbers.

What is done again are the acts of the trace (see `acts`): each call of an op, each backward pass,
each update of an optimizer, in their order, on new tensors. So a replay of an unchanged trace gives
its numbers, to the last bit; and with an edited weight it gives what the run would have given.

What a program computed outside of the engine, with numbers or arrays that it took out of tensors,
is not known to a trace, and stays as it was: so do a module's running statistics, and labels. An
edit after which other elements would be chosen, as by ``x[x > 0]``, is refused.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from typing import Any, cast

import numpy as np

from ...autograd import api, engine
from ...autograd.differentiable import forget_grad
from ...autograd.grad_mode import set_grad_enabled
from ...autograd.gradients import copied
from ...autograd.graph import leaf_edge, wrap
from ...autograd.quiet import quietly
from ...random import default_generator
from ...tensor import Tensor
from ..acts import (
    Act,
    Added,
    Call,
    Forgotten,
    Outside,
    Pass,
    StepBegun,
    StepEnded,
    Update,
    in_layout,
)
from ..notes import copied_state
from ..record import begin, end
from ..recorder import Recorder
from ..seams import replaced
from ..traces import FROM_FILE, Trace
from ..whole_updates import Before, note
from .new_tensors import UNKNOWN, Edits, NewTensors
from .pairing import compare, paired

#: What an op may raise on other numbers, or an engine with a mistake in it.
ERRORS = (RuntimeError, TypeError, ValueError, LookupError, AttributeError, ArithmeticError)

HOOKED = "hooks have changed gradients, or computed something, and a replay does not call them"

#: Looked up at each call, for a recorder that looks on stands in their place.
ENGINE: Any = api


def replay(trace: Trace, edits: Edits | None = None) -> Trace:
    """Make the recorded run again, through the real ops and the real engine.

    Parameters
    ----------
    trace : Trace
        As it was recorded; not one from a file, which holds no calls.
    edits : dict of int to numpy.ndarray, optional
        By the number of a value that no op has made (a parameter, a leaf, an input), other numbers
        for it, of the same shape.

    Returns
    -------
    Trace
        Of the same events and values, under the same numbers. It can itself be replayed; edits
        then come on top of these.

    Raises
    ------
    RuntimeError
        If the run cannot be made again; it says why.
    KeyError, ValueError
        If an edit is of a value that an op has made, or of another shape.
    """
    check(trace, edits or {})
    new = {v: np.array(array, trace.leaves[v].dtype) for v, array in (edits or {}).items()}
    edits = {**trace.edits, **new}
    try:
        again = paired(trace, rerun(trace, edits))
        again.edits = edits
        compare(trace, again, edited=bool(edits))
    except ERRORS as error:
        hooked = any(isinstance(act, Pass) and act.hooked for act in trace.acts)
        reason = f"{HOOKED}: {error}" if hooked else f"{error}"
        raise RuntimeError(f"the run cannot be made again: {reason}") from error
    again.acts, again.origins, again.edges = trace.acts, trace.origins, trace.edges
    again.calls, again.largest = trace.calls, trace.largest
    again.leaves = {**trace.leaves, **edits}
    return again


def rerun(trace: Trace, edits: Edits) -> Trace:
    """Do all acts of a trace, and record that."""
    stack = ExitStack()
    recorder = begin(trace.largest, stack)
    try:
        Replay(trace, edits, recorder).run(trace.acts)
    finally:
        new = end(recorder, stack)
    return new


def check(trace: Trace, edits: Edits) -> None:
    """Refuse a trace that cannot be replayed, and edits that cannot be made.

    Raises
    ------
    RuntimeError
        If the trace is from a file, which holds no calls.
    KeyError, ValueError
        If an edit is of a value that an op has made, or of another shape.
    """
    if trace.from_file:
        raise RuntimeError(f"the run cannot be made again: {FROM_FILE}")
    for value, array in edits.items():
        if value not in trace.leaves:
            raise KeyError(
                f"value {value} was computed by the run: edit what no op has made, a parameter or "
                "an input"
            )
        if np.shape(array) != trace.values[value].shape:
            raise ValueError(
                f"value {value} has the shape {trace.values[value].shape}, and not "
                f"{np.shape(array)}"
            )


class Replay(NewTensors):
    """The acts of a trace, done again on new tensors."""

    def __init__(self, trace: Trace, edits: Edits, recorder: Recorder | None = None) -> None:
        super().__init__(trace, edits, recorder)
        self.optimizers: dict[int, Any] = {}
        self.begun: list[Before] = []  # the parameters before an optimizer's own step

    def run(self, acts: Sequence[Act]) -> None:
        """Do acts, in their order."""
        state = default_generator.get_state()
        try:
            for act in acts:
                self.do(act)
        finally:
            default_generator.set_state(state)

    def leaves(self) -> dict[int, Tensor]:
        """By their first values, the leaves that require a gradient."""
        found: dict[int, Tensor] = {}
        for value, tensor in sorted(self.tensors.items()):
            leaf = tensor.grad_fn is None and tensor._requires_grad
            if leaf and not any(tensor is other for other in found.values()):
                found[value] = tensor
        return found

    def do(self, act: Any) -> None:
        """Do one act."""
        if isinstance(act, Call):
            self.call(act)
        elif isinstance(act, Pass):
            self.backward(act)
        elif isinstance(act, Added):
            self.add(act)
        elif isinstance(act, Forgotten):
            self.forget(act)
        elif isinstance(act, Outside):
            if self.edits:
                raise RuntimeError(f"{act.what} computes outside of ops, and cannot follow an edit")
        elif isinstance(act, StepBegun):
            tensors = [self.tensor(value) for value in act.values]
            self.begun = [
                Before(t, v, t.array.copy()) for t, v in zip(tensors, act.values, strict=True)
            ]
        elif isinstance(act, StepEnded):
            self.end_step(act)
        else:
            self.update(act)

    # Acts --------------------------------------------------------------------------------------

    def call(self, call: Call) -> None:
        """Call an op."""
        args = [self.argument(argument) for argument in call.args]
        if call.random is not None:
            default_generator.set_state(call.random.get_state())
        with set_grad_enabled(call.enabled):
            result = (call.op.apply_all if call.several and hasattr(call.op, "apply_all")
                      else call.op.apply)(*args)  # fmt: skip
        results = result if isinstance(result, tuple) else (result,)
        made = [each for each in results if isinstance(each, Tensor)]
        self.tensors.update(zip(call.outputs, made, strict=True))

    def backward(self, act: Pass) -> None:
        """Run a backward pass; of one that failed as many nodes as had run."""
        if act.unknown:
            raise RuntimeError(UNKNOWN)
        self.hold(act.held)
        self._retain(act.retained)
        roots = [api._root(number, self.tensor(v)) for number, v in enumerate(act.roots)]
        grads = [self.tensor(g) if isinstance(g, int) else in_layout(g, g.strides)
                 for g in act.grads]  # fmt: skip
        captured: dict[Any, Any] | None = None
        if act.captured is not None:
            captured = {api._edge_of(self.tensor(value)): None for value in act.captured}
        steps = ENGINE.backward_pass(
            roots, grads, retain_graph=act.retain_graph, create_graph=act.create_graph,
            captured=captured,
        )  # fmt: skip
        events = None if self.recorder is None else len(self.recorder.events)
        with np.errstate(all="ignore"), stopping_after(act.steps if act.failed else None):
            for _ in steps:
                pass
        found = dict(zip(act.captured or [], (captured or {}).values(), strict=True))
        self.captured.append(found)
        self.tensors.update({value: found[root] for root, value in act.results.items()})
        if events is not None:
            self._take_nested(events)

    def _take_nested(self, first: int) -> None:
        """Find the tensors that a pass has computed by recorded ops."""
        assert self.recorder is not None
        for event in self.recorder.events[first:]:
            if event.index in self.recorder.calls and event.index < len(self.trace.events):
                outputs = self.trace.events[event.index].outputs.values()
                for value, new in zip(outputs, event.outputs.values(), strict=False):
                    self.tensors[value] = cast(Tensor, self.recorder.results[new])

    def _retain(self, values: list[int]) -> None:
        for tensor in self.tensors.values():
            if tensor.grad_fn is not None and tensor.grad_fn.hooks is not None:
                tensor.grad_fn.hooks.retaining.clear()
        for value in values:
            self.tensor(value).retain_grad()

    def hold(self, held: Mapping[int, int | None]) -> None:
        """Make gradients what users have made them."""
        new = {value: None if g is None else self.tensor(g) for value, g in held.items()}
        for value, grad in new.items():
            tensor = self.tensor(value)
            if grad is None:
                forget_grad(tensor, True)
            elif grad is tensor._grad or grad.grad_fn is not None:
                tensor._grad = grad
            elif tensor._grad is not None and not grad.array.any():
                forget_grad(tensor, False)
            else:  # the engine adds to it in place
                tensor._grad = wrap(in_layout(grad.array, grad.array.strides))

    def add(self, act: Added) -> None:
        """Add what a pass has captured to a leaf's gradient."""
        grad = self.captured[-1][act.value]
        ENGINE.accumulate(leaf_edge(self.tensor(act.value))[0], [copied(grad)])

    def forget(self, act: Forgotten) -> None:
        """Forget gradients."""
        parameters = [self.tensor(value) for value in act.values]
        if self.recorder is not None:
            self.recorder.zero_grad(act.title, parameters, act.to_none, None, (None, ()))
        for parameter in parameters:
            forget_grad(parameter, act.to_none)

    def forget_all(self) -> None:
        """Forget the gradients of all leaves, as before a next step."""
        for tensor in self.leaves().values():
            forget_grad(tensor, True)

    def update(self, act: Update) -> None:
        """Let an optimizer update its parameters."""
        self.hold(act.held)
        optimizer = self.optimizers.get(act.optimizer)
        if optimizer is None:
            optimizer = self.optimizers[act.optimizer] = act.kind.__new__(act.kind)
            optimizer.__setstate__({"defaults": {}, "state": defaultdict(dict), "param_groups": []})
        if act.state is not None:
            state: defaultdict[Any, dict[str, Any]] = defaultdict(dict)
            for value, entries in act.state.items():
                state[self.tensor(value)] = copied_state(entries)
            optimizer.state = state
        optimizer.param_groups = [
            {**options, "params": [self.tensor(value) for value in values]}
            for options, values in act.groups
        ]
        quietly(optimizer._update_all)
        if self.recorder is not None:
            self.recorder.curve.note_step(optimizer)

    def end_step(self, act: StepEnded) -> None:
        """Note what an optimizer's own step has done, of which the calls were made again."""
        if self.recorder is None:
            return
        was = [
            Before(self.tensor(now), self.recorder.value_of(self.tensor(now)), each.array)
            for each, now in zip(self.begun, act.values, strict=True)
        ]
        note(self.recorder, act.title, act.function, act.numbers, was, (None, ()))


class Failed(Exception):
    """Where a backward pass ended in an error."""


@contextmanager
def stopping_after(nodes: int | None) -> Iterator[None]:
    """Let a backward pass end before the next node, when so many have run; None: all."""
    if nodes is None:
        yield
        return
    left = itertools.count(nodes, -1)

    def stopping(run: Callable[..., Any]) -> Callable[..., Any]:
        def run_if_due(*args: Any) -> Any:
            if next(left) <= 0:
                raise Failed
            return run(*args)

        return run_if_due

    with (
        replaced(engine, "run_node", stopping(engine.run_node)),
        replaced(engine, "accumulate", stopping(engine.accumulate)),
        suppress(Failed),
    ):
        yield
