"""Where the recorder looks on: the functions of the engine that it stands beside while it runs.

Each is replaced by one that calls it and notes what it did. That happens when a recording begins,
and is undone when it ends, so that an engine that is not watched runs as if this file did not
exist.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import numpy as np

from ..autograd import api, engine, hooks
from ..autograd.differentiable import Differentiable
from ..autograd.function import Function
from ..autograd.grad_mode import grad_mode
from ..autograd.graph import Node, TensorBase
from ..autograd.op import Op
from ..nn.module import Module
from ..nn.utils import clip_grad
from ..ops import mutation, overlap
from ..optim.lbfgs import LBFGS
from ..optim.optimizer import (
    Optimizer,
    register_optimizer_step_post_hook,
    register_optimizer_step_pre_hook,
)
from ..optim.whole import WholeOptimizer
from ..random import Generator, default_generator
from .acts import Outside, Pass
from .described import derivatives_of
from .places import code_of
from .recorder import Recorder
from .seams_hooks import watch_hooks
from .seams_in_place import Wrapped as Wrapped
from .seams_in_place import (
    watch_adopt,
    watch_check,
    watch_function,
    watch_history,
    watch_retain,
    watch_write,
)
from .updates import watch_lines
from .ways import Watch
from .whole_updates import OwnSteps, watch_whole


@contextmanager
def replaced(owner: Any, name: str, replacement: Any) -> Iterator[None]:
    """`owner` with another attribute of this name for a while."""
    before = owner.__dict__[name]
    setattr(owner, name, replacement)
    try:
        yield
    finally:
        setattr(owner, name, before)


def look_on(recorder: Recorder) -> ExitStack:
    """Put `recorder` beside the engine; closing the stack takes it away again."""
    seams = (
        (Op, "apply", classmethod(watch_apply(recorder, own(Op, "apply"), False))),
        (Op, "apply_all", classmethod(watch_apply(recorder, own(Op, "apply_all"), True))),
        (Op, "_record", classmethod(watch_record(recorder, own(Op, "_record")))),
        (Function, "apply", classmethod(watch_apply(recorder, own(Function, "apply"), None))),
        (Module, "__call__", watch_call(recorder, Module.__call__)),
        (api, "backward_pass", watch_pass(recorder, engine.backward_pass)),
        (engine, "run_node", watch_node(recorder, engine.run_node)),
        (engine, "reduced", watch_reduced(recorder, engine.reduced)),
        (engine.GradientBuffer, "add", watch_add(recorder, engine.GradientBuffer.add)),
        (engine, "run_output_hooks", watch_hooks(recorder, hooks.run_output_hooks)),
        (engine, "accumulate", watch_accumulate(recorder, engine.accumulate)),
        (api, "accumulate", watch_accumulate(recorder, engine.accumulate)),
        (Module, "zero_grad", watch_zero_grad(recorder, Module.zero_grad)),
        (Optimizer, "zero_grad", watch_zero_grad(recorder, Optimizer.zero_grad)),
        (Optimizer, "_update_all",
         watch_update_all(recorder, watch_lines(recorder, Optimizer._update_all))),
        (WholeOptimizer, "_update_all",
         watch_update_all(recorder, watch_whole(recorder, WholeOptimizer._update_all))),
        (Optimizer, "__init__", watch_init(recorder, Optimizer.__init__)),
        (mutation, "check_operands", watch_check(recorder, overlap.check_operands)),
        (mutation, "with_history", watch_history(recorder, mutation.with_history)),
        (mutation, "write", watch_write(recorder, mutation.write)),
        (mutation, "_adopt", watch_adopt(recorder, mutation._adopt)),
        (clip_grad, "get_total_norm", watch_function(recorder, clip_grad.get_total_norm)),
        (Differentiable, "retain_grad", watch_retain(recorder, Differentiable.retain_grad)),
    )  # fmt: skip
    stack = ExitStack()
    for owner, name, replacement in seams:
        stack.enter_context(replaced(owner, name, replacement))
    # Of steps one hears as a user may, whatever class of optimizer has them.
    own_steps = OwnSteps(recorder)
    stack.enter_context(register_optimizer_step_pre_hook(step_begins(recorder, own_steps)))
    stack.enter_context(register_optimizer_step_post_hook(step_ends(recorder, own_steps)))
    return stack


def own(cls: type, name: str) -> Wrapped:
    """The function behind a class method."""
    function: Wrapped = cls.__dict__[name].__func__
    return function


def watch_apply(recorder: Recorder, apply: Wrapped, several: bool | None) -> Wrapped:
    """A call of an op, or of a user's Function, of which one sees whether it returns a tuple."""

    def watched_apply(cls: Any, *args: Any) -> Any:
        if recorder.depth or not recorder.watches():
            return apply(cls, *args)
        before, random = {}, None
        if not recorder.skips_preparation:  # before they may be changed
            tensors = ((i, a) for i, a in enumerate(args) if isinstance(a, TensorBase))
            before = {i: recorder.value_of(tensor) for i, tensor in tensors}
            random = default_generator.clone_state() if several is None else None
        kept = tuple(a.clone_state() if isinstance(a, Generator) else a for a in args)
        recorder.depth += 1
        try:
            with Watch([cls.forward]) as watch:
                result = apply(cls, *args)
        finally:
            recorder.depth -= 1
        tuple_returned = isinstance(result, tuple) if several is None else several
        results = result if tuple_returned else (result,)
        recorder.forward(cls, kept, results, tuple_returned, before, random, watch)
        return result

    return watched_apply


def watch_record(recorder: Recorder, record: Wrapped) -> Wrapped:
    """A node for a change in place, whose result was known without a call of the op."""

    def watched_record(cls: Any, args: Any, values: Any, results: Any) -> Any:
        node = record(cls, args, values, results)
        if node is not None and not recorder.depth and recorder.watches():
            recorder.written(cls, args, results[0], node)
        return node

    return watched_record


def watch_call(recorder: Recorder, call: Wrapped) -> Wrapped:
    """A module that is called."""

    def watched_call(self: Module, *args: Any, **kwargs: Any) -> Any:
        if not recorder.watches():
            return call(self, *args, **kwargs)
        recorder.modules.enter(self)
        recorder.skips_preparation = recorder.skips_preparation and not grad_mode.enabled
        try:
            return call(self, *args, **kwargs)
        finally:
            recorder.modules.leave()

    return watched_call


def watch_pass(recorder: Recorder, backward_pass: Wrapped) -> Wrapped:
    """A backward pass that begins, and ends."""

    def watched_pass(roots: Any, grads: Any, **options: Any) -> Any:
        if not recorder.watches():
            return backward_pass(roots, grads, **options)
        act = recorder.notes.begin_pass(roots, grads, options)
        recorder.rounds.begin_pass()
        for root in roots[:1]:  # there may be none
            recorder.loss_at(*root)
        for (node, number), grad in zip(roots, grads, strict=True):
            recorder.seed(node, number, grad)
        recorder.begin_pass(roots, options.get("captured"))
        return counted(backward_pass(roots, grads, **options), act, options)

    def counted(steps: Iterator[Any], act: Pass, options: Any) -> Iterator[Any]:
        act.failed = True
        try:
            for step in steps:
                act.steps += 1
                yield step
            act.failed = False
        finally:
            recorder.end_pass()
            recorder.rounds.end_pass()
            recorder.notes.end_pass(act, options)

    return watched_pass


def watch_node(recorder: Recorder, run_node: Wrapped) -> Wrapped:
    """The derivatives of one node."""

    def watched_run(node: Node, grad_outputs: Any, edges: Any, create_graph: bool) -> Any:
        if not recorder.watches():
            return run_node(node, grad_outputs, edges, create_graph)
        with Watch(derivatives_of(node, edges)) as watch:
            results = run_node(node, grad_outputs, edges, create_graph)
        recorder.notes.ran(node)
        recorder.derivative(node, grad_outputs, edges, results, watch)
        return results

    return watched_run


def watch_reduced(recorder: Recorder, reduced: Wrapped) -> Wrapped:
    """A gradient summed over the axes along which its argument was repeated."""

    def watched_sum(node: Node, index: int, grad: Any, shape: Any) -> Any:
        result, axes = reduced(node, index, grad, shape)
        if recorder.watches():
            recorder.broadcast(node, index, grad, result, axes)
        return result, axes

    return watched_sum


def watch_add(recorder: Recorder, add: Wrapped) -> Wrapped:
    """A contribution to the gradient of a node's output."""

    def watched_add(self: engine.GradientBuffer, node: Node, number: int, grad: Any) -> Any:
        if not recorder.watches():
            return add(self, node, number, grad)
        _, sums = self.waiting.get(node, (0, None))
        before = None if sums is None else sums[number]
        counts = add(self, node, number, grad)
        if sums is None:  # the first: the list has just been made
            waiting = self.waiting.get(node)
            sums = waiting[1] if waiting else next(s for _, v, s in self.ready if v is node)
        recorder.arrived(node, number, grad, before, sums[number], counts)
        return counts

    return watched_add


def watch_accumulate(recorder: Recorder, accumulate: Wrapped) -> Wrapped:
    """The complete gradient of a leaf, which is added to its ``grad``."""

    def watched_accumulate(node: Any, grads: Any) -> None:
        variable = node.variable
        before = None
        if variable is not None and variable._grad is not None:
            before = np.array(variable._grad.array)
        accumulate(node, grads)
        if recorder.watches() and variable is not None:
            after = None if variable._grad is None else variable._grad.array
            recorder.notes.ran(node)
            recorder.grad(node, grads[0], before, after)
            recorder.notes.accumulated(variable)

    return watched_accumulate


def watch_zero_grad(recorder: Recorder, zero_grad: Wrapped) -> Wrapped:
    """Gradients that are forgotten."""

    def watched_zero_grad(self: Any, set_to_none: bool = True) -> None:
        parameters: list[Any] = []
        if recorder.watches():
            if isinstance(self, Module):
                parameters = list(self.parameters())
            else:
                parameters = [p for group in self.param_groups for p in group["params"]]
            title, code = type(self).__name__, code_of(zero_grad)
            recorder.zero_grad(title, parameters, set_to_none, code, recorder.where())
            recorder.notes.forgotten(title, parameters, set_to_none)
        zero_grad(self, set_to_none)
        for parameter in parameters:
            recorder.notes.left(parameter)

    return watched_zero_grad


def watch_init(recorder: Recorder, init: Wrapped) -> Wrapped:
    """An optimizer that is made: from then on a training step is one of its own."""

    def watched_init(self: Any, *args: Any, **kwargs: Any) -> None:
        init(self, *args, **kwargs)
        recorder.rounds.by_hand = False

    return watched_init


def step_begins(recorder: Recorder, own_steps: OwnSteps) -> Wrapped:
    """What is called before an optimizer's step."""

    def before_step(optimizer: Any, args: Any, kwargs: Any) -> None:
        if recorder.watches() and isinstance(optimizer, LBFGS):
            recorder.notes.add(Outside("LBFGS"))
        if recorder.watches():
            own_steps.begun(optimizer)

    return before_step


def step_ends(recorder: Recorder, own_steps: OwnSteps) -> Wrapped:
    """What is called after an optimizer's step, with which a training step ends."""

    def after_step(optimizer: Any, args: Any, kwargs: Any) -> None:
        if recorder.watches():
            own_steps.ended(optimizer)
            recorder.step_ended(optimizer)

    return after_step


def watch_update_all(recorder: Recorder, update_all: Wrapped) -> Wrapped:
    """An optimizer's update, of which one needs to know what it began with."""

    def watched_update(optimizer: Any) -> None:
        if not recorder.watches():
            update_all(optimizer)
            return
        recorder.notes.update(optimizer)
        update_all(optimizer)
        recorder.notes.updated(optimizer)

    return watched_update
