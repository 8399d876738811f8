"""Looks on while PyTorch makes a training step, and takes down all of it.

Few places are enough to see all of it. Each function that PyTorch calls below its autograd passes
a dispatch mode: there the values of its arguments are taken down, by the nodes that had computed
them. (Every value of the graph is an argument sooner or later; the last one is the root of a pass.)
When a backward pass begins, each node of its graph gets a hook, which sees the gradients that
arrive and those that leave. Each optimizer has a hook behind its steps. And as long as there is no
optimizer, `Calls` looks at which line calls what: see `rounds`.

Nothing of that changes a number. What was taken down is an `app.step.beside_record.Record`.
"""

from __future__ import annotations

import functools
import importlib
import math
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from torch.autograd.graph import get_gradient_edge
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from tinygrad_edu.app.compare.outermost import Outermost
from tinygrad_edu.app.compare.recorder import nodes_behind, values_of
from tinygrad_edu.app.compare.script_names import ScriptNames
from tinygrad_edu.app.step.beside_record import (
    Edge,
    Held,
    Norms,
    Record,
    Task,
    TorchNode,
    TorchPass,
    TorchUpdate,
    Visit,
    held,
)
from tinygrad_edu.tracing.rounds import Rounds, in_gradcheck

from .looked_at import (
    accumulates,
    is_recorded,
    node_of,
    place_of_script,
    requires_grad,
    tensors_in,
    top_mode,
)


class Mode(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Shows the arguments of each of PyTorch's functions to an `Onlooker`."""

    def __init__(self, onlooker: Onlooker) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.onlooker = onlooker

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        # What is detached is no use of the graph; and w.data may be changed before the first one.
        if func is not torch.ops.aten.detach.default and self.onlooker.looks_on():
            self.onlooker.used(tree_leaves((args, kwargs)))
        return func(*args, **(kwargs or {}))


class Calls(TorchFunctionMode):
    """Shows an `Onlooker` which functions the script calls, as long as it has no optimizer."""

    def __init__(self, onlooker: Onlooker) -> None:
        super().__init__()
        self.onlooker = onlooker

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        self.onlooker.computed(result, args)
        return result


class Onlooker:
    """Takes down what happens.

    Parameters
    ----------
    task : Task
    """

    def __init__(self, task: Task) -> None:
        self.task = task
        self.process = os.getpid()
        self.record = Record(torch.__version__)
        self.names = ScriptNames(os.path.join(os.getcwd(), task.script))
        self.mode, self.calls = Mode(self), Calls(self)
        self.nodes: dict[Any, int] = {}  # PyTorch's nodes, with their places in the record
        self.leaves: dict[int, tuple[int, Any]] = {}  # by identity: place, and the leaf itself
        self.begun_with: dict[int, int] = {}  # the versions of leaves whose values are known
        self.reached = set[int]()  # leaves that a pass has come to: what changes later was not used
        self.steps = Outermost()
        self.loss = math.nan  # of the last pass
        self.rounds = Rounds()
        self.rounds.came_round = self.next_step
        self.busy = False  # with a look of its own

    def install(self) -> None:
        """Begin to look on."""
        autograd: Any = torch.autograd
        autograd._engine_run_backward = self.watched(autograd._engine_run_backward)
        optimizers: Any = importlib.import_module("torch.optim.optimizer")
        optimizers.Optimizer.__init__ = self.made(optimizers.Optimizer.__init__)
        optimizers.register_optimizer_step_pre_hook(self.before_step)
        optimizers.register_optimizer_step_post_hook(self.after_step)
        function: Any = torch.autograd.Function  # of which `Calls` does not hear
        function.apply = classmethod(self.applied(function.apply.__func__))
        self.calls.__enter__()  # type: ignore[no-untyped-call]
        if self.task.first == 0:
            self.mode.__enter__()  # type: ignore[no-untyped-call]

    def looks_on(self) -> bool:
        """Whether this is a step that is wanted, in the process that is watched."""
        wanted = self.task.first <= self.record.steps < self.task.last
        return wanted and not self.busy and os.getpid() == self.process

    def done(self, error: str = "") -> None:
        """Write the record."""
        if os.getpid() == self.process:
            self.record.error = error
            self.record.write(Path(self.task.record))

    # Tensors ------------------------------------------------------------------------------------

    def held(self, tensor: Any) -> Held | None:
        """What a tensor holds now; None if it cannot be read."""
        self.busy = True
        dtype, values = values_of(tensor)
        self.busy = False
        return None if values is None else held(dtype, values, self.task.largest)

    def number(self, tensor: Any) -> float:
        """The only element of a tensor."""
        self.busy = True
        _, values = values_of(tensor)
        self.busy = False
        return math.nan if values is None else float(values.item())

    def all_held(self, tensors: Sequence[Any]) -> dict[int, Held]:
        """What tensors hold, by their places; without those that are None."""
        found = {i: self.held(t) for i, t in enumerate(tensors) if t is not None}
        return {i: value for i, value in found.items() if value is not None}

    def used(self, things: Sequence[Any]) -> None:
        """Take down the values of tensors at their first use; of a leaf, in the first of the steps,
        at the first after its last change before a pass comes to it."""
        for thing in things:
            if not requires_grad(thing):
                continue
            node = node_of(thing)
            if node is None:
                place, version = self.leaf(thing), thing._version
                if place in self.reached:
                    continue
                if torch.is_grad_enabled() and self.begun_with.get(place) != version:
                    value = self.held(thing) if self.record.steps == self.task.first else None
                    if value is not None:
                        self.record.starts[place], self.begun_with[place] = value, version
                continue
            outputs = self.record.nodes[self.place(node)].outputs
            if thing.output_nr not in outputs and (value := self.held(thing)) is not None:
                outputs[thing.output_nr] = value

    def leaf(self, tensor: Any) -> int:
        """The place of a leaf in the record."""
        if id(tensor) not in self.leaves:
            self.leaves[id(tensor)] = len(self.record.leaves), tensor
            self.record.leaves.append("")
        return self.leaves[id(tensor)][0]

    def place(self, node: Any) -> int:
        """The place of a node in the record."""
        if node not in self.nodes:
            self.nodes[node] = len(self.record.nodes)
            self.record.nodes.append(TorchNode(node.name()))
        return self.nodes[node]

    # Passes -------------------------------------------------------------------------------------

    def watched(self, run: Callable[..., Any]) -> Callable[..., Any]:
        """The function that runs a backward pass, with a look at it."""

        @functools.wraps(run)
        def call(tensors: Any, *args: Any, **kwargs: Any) -> Any:
            roots = tensors_in(tensors)
            if len(roots) == 1 and roots[0].numel() == 1:
                self.loss = self.number(roots[0])
            if not self.looks_on():
                return run(tensors, *args, **kwargs)
            self.rounds.begin_pass()
            try:
                if in_gradcheck(sys._getframe()):
                    return run(tensors, *args, **kwargs)
                return self.seen(run, roots, tensors, *args, **kwargs)
            finally:
                self.rounds.end_pass()

        return call

    def seen(self, run: Callable[..., Any], roots: list[Any], *args: Any, **kwargs: Any) -> Any:
        """What `run` returns, with all of its pass taken down."""
        self.used(roots)
        begun, handles = self.begin_pass([r for r in roots if r.requires_grad])
        try:
            result = run(*args, **kwargs)
        finally:
            for handle in handles:
                handle.remove()
        if not kwargs["accumulate_grad"]:
            self.captured(begun, tensors_in(args[4]), result)
        return result

    def begin_pass(self, roots: list[Any]) -> tuple[TorchPass, list[Any]]:
        """Hook onto each node behind `roots`; the pass, and what takes the hooks away."""
        edges = [get_gradient_edge(root) for root in roots]
        begun = TorchPass(self.record.steps, [self.edge(*edge[:2]) for edge in edges])
        self.record.passes.append(begun)
        handles: list[Any] = []
        leaves: list[Any] = []
        for node in nodes_behind([edge[0] for edge in reversed(edges)]):
            known = self.record.nodes[self.place(node)]
            known.edges = [
                None if inner is None else self.edge(inner, number)
                for inner, number in node.next_functions
            ]
            leaf = getattr(node, "variable", None) if accumulates(known) else None
            if leaf is not None:
                known.leaf = self.leaf(leaf)
                self.reached.add(known.leaf)
                leaves.append(leaf)
            handles.append(node.register_hook(self.visited(begun, node, leaf)))
        for leaf, name in zip(leaves, self.names.of(leaves, sys._getframe()), strict=True):
            self.record.leaves[self.leaf(leaf)] = name
        return begun, handles

    def edge(self, node: Any, number: int) -> Edge:
        """An edge, for the record."""
        return self.place(node), number

    def visited(self, begun: TorchPass, node: Any, leaf: Any) -> Callable[..., None]:
        """The hook of a node."""

        def hook(grad_inputs: Sequence[Any], grad_outputs: Sequence[Any]) -> None:
            visit = begun.visits.setdefault(self.place(node), Visit())
            visit.arriving |= self.all_held(grad_outputs)
            visit.leaving |= self.all_held(grad_inputs)
            if leaf is not None and leaf.grad is not None:
                visit.grad = self.held(leaf.grad)

        return hook

    def captured(self, begun: TorchPass, inputs: Sequence[Any], gradients: Sequence[Any]) -> None:
        """Take down what `grad` returns: at a leaf no hook is called then."""
        if len(inputs) != len(gradients):
            return
        for tensor, gradient in zip(inputs, gradients, strict=True):
            if gradient is not None and tensor.requires_grad:
                place, number = self.edge(*get_gradient_edge(tensor)[:2])
                value = self.held(gradient)
                if value is not None:
                    begun.visits.setdefault(place, Visit()).arriving.setdefault(number, value)

    # Steps --------------------------------------------------------------------------------------

    def before_step(self, optimizer: Any, args: Any, kwargs: Any) -> None:
        """A step of an optimizer begins."""
        self.steps.begins(optimizer, sys._getframe(1))

    def after_step(self, optimizer: Any, args: Any, kwargs: Any) -> None:
        """A step of an optimizer, and so one of training, has ended."""
        if not self.steps.ends(optimizer, sys._getframe(1)) or os.getpid() != self.process:
            return
        parameters = [p for group in optimizer.param_groups for p in group["params"]]
        parameters = [p for p in parameters if p.grad is not None]
        step, record = self.record.steps, self.record
        places = [self.leaf(p) for p in parameters]
        norms = [float(p.grad.detach().double().norm()) for p in parameters]
        record.curve.append(Norms(step, self.loss, norms))
        if self.looks_on():
            values = [(place, self.held(p)) for place, p in zip(places, parameters, strict=True)]
            known = [(place, value) for place, value in values if value is not None]
            record.updates.append(TorchUpdate(step, type(optimizer).__name__, known))
        self.next_step()

    def next_step(self) -> None:
        """A training step has ended: count it, and end the process after the last."""
        self.record.steps += 1
        self.loss = math.nan
        if self.record.steps == self.task.last:
            self.done()
            os._exit(0)  # what follows in the script is nobody's business
        if self.record.steps == self.task.first:
            self.mode.__enter__()  # type: ignore[no-untyped-call]

    def computed(self, result: Any, args: Any) -> None:
        """A line of the script has computed something: that may begin the next step."""
        if self.rounds.by_hand and is_recorded(result, args):
            self.rounds.forward(place_of_script())

    def applied(self, apply: Callable[..., Any]) -> Callable[..., Any]:
        """``Function.apply``, with a look at which line calls it."""

        @functools.wraps(apply)
        def call(function: Any, *args: Any, **kwargs: Any) -> Any:
            result = apply(function, *args, **kwargs)
            self.computed(result, args)
            return result

        return call

    def made(self, init: Callable[..., None]) -> Callable[..., None]:
        """The constructor of optimizers: from then on a training step is one of theirs."""

        @functools.wraps(init)
        def call(*args: Any, **kwargs: Any) -> None:
            init(*args, **kwargs)
            if self.rounds.by_hand and top_mode() is self.calls:
                self.calls.__exit__(None, None, None)
            self.rounds.by_hand = False

        return call
