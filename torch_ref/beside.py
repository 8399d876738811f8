"""Looks on while PyTorch makes a training step, for ``tinygrad-edu step``.

Three places are enough to see all of it. Each function that PyTorch calls below its autograd passes
a dispatch mode: there the values of its arguments are taken down, by the nodes that had computed
them. (Every value of the graph is an argument sooner or later; the last one is the root of a pass.)
When a backward pass begins, each node of its graph gets a hook, which sees the gradients that
arrive and those that leave. And each optimizer has a hook behind its steps.

Nothing of that changes a number. What was taken down is an `app.step.beside_record.Record`.
"""

from __future__ import annotations

import functools
import importlib
import json
import math
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch.autograd.graph import get_gradient_edge
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from tinygrad_edu.app.compare.record_task import begin
from tinygrad_edu.app.compare.recorder import nodes_behind, values_of
from tinygrad_edu.app.compare.script_names import ScriptNames
from tinygrad_edu.app.errors import InputError, first_line
from tinygrad_edu.app.scripts.run import run_script
from tinygrad_edu.app.step.beside_record import (
    Edge,
    Held,
    Norms,
    Record,
    TorchNode,
    TorchPass,
    TorchUpdate,
    Visit,
    held,
)
from tinygrad_edu.app.step.recording import training_of
from tinygrad_edu.app.training.train import train

from .side import SIDE


class Task(NamedTuple):
    """What the process is to do.

    Attributes
    ----------
    record : str
        The file to write.
    first, last : int
        Which steps are looked at: from the first one on, before `last`. Then the process ends.
    largest : int
        How many elements a tensor may have to be kept.
    seed, dtype
        See `both_sides.Start`.
    script : str
    arguments : list of str
    model, data : str
        Of a job, which then is what is run, and no script: see `training_of`.
    """

    record: str
    first: int
    last: int
    largest: int
    seed: int = 0
    dtype: str = "float32"
    script: str = ""
    arguments: Sequence[str] = ()
    model: str = ""
    data: str | None = None


class Mode(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Shows the arguments of each of PyTorch's functions to an `Onlooker`."""

    def __init__(self, onlooker: Onlooker) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.onlooker = onlooker

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        if self.onlooker.looks_on():
            self.onlooker.used(tree_leaves((args, kwargs)))
        return func(*args, **(kwargs or {}))


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
        self.mode = Mode(self)
        self.nodes: dict[Any, int] = {}  # PyTorch's nodes, with their places in the record
        self.leaves: dict[int, tuple[int, Any]] = {}  # by identity: place, and the leaf itself
        self.loss = math.nan  # of the last pass
        self.busy = False  # with a look of its own

    def install(self) -> None:
        """Begin to look on."""
        autograd: Any = torch.autograd
        autograd.backward = self.watched(autograd.backward, "tensors", None)
        autograd.grad = self.watched(autograd.grad, "outputs", "inputs")
        optimizers = importlib.import_module("torch.optim.optimizer")
        optimizers.register_optimizer_step_post_hook(self.after_step)
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

    def all_held(self, tensors: Sequence[Any]) -> dict[int, Held]:
        """What tensors hold, by their places; without those that are None."""
        found = {i: self.held(t) for i, t in enumerate(tensors) if t is not None}
        return {i: value for i, value in found.items() if value is not None}

    def used(self, things: Sequence[Any]) -> None:
        """Take down the values of tensors at their first use."""
        for thing in things:
            if isinstance(thing, torch.Tensor) and thing.requires_grad:
                node = self.node_of(thing)
                if node is None:
                    known, place = self.record.starts, self.leaf(thing)
                    if not torch.is_grad_enabled():  # its first values are still being drawn
                        continue
                else:
                    known, place = self.record.nodes[self.place(node)].outputs, thing.output_nr
                if place not in known and (value := self.held(thing)) is not None:
                    known[place] = value

    def node_of(self, tensor: Any) -> Any:
        """The node that computed a tensor; None of a leaf."""
        try:
            return tensor.grad_fn
        except RuntimeError:  # a view whose base was changed: the script will hear of it
            return None

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

    def watched(
        self, original: Callable[..., Any], of: str, wanted: str | None
    ) -> Callable[..., Any]:
        """`torch.autograd.backward` or `grad`, with a look at the pass; `of` and `wanted` are what
        these call their roots and what the gradients are wanted of."""

        @functools.wraps(original)
        def call(*args: Any, **kwargs: Any) -> Any:
            roots = tensors_in(args[0] if args else kwargs.get(of))
            if len(roots) == 1 and roots[0].numel() == 1:
                self.loss = float(roots[0].detach())
            if not self.looks_on():
                return original(*args, **kwargs)
            self.used(roots)
            begun, handles = self.begin_pass([r for r in roots if r.requires_grad])
            try:
                result = original(*args, **kwargs)
            finally:
                for handle in handles:
                    handle.remove()
            if wanted is not None:
                inputs = tensors_in(args[1] if len(args) > 1 else kwargs.get(wanted))
                self.captured(begun, inputs, result)
            return result

        return call

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

    def after_step(self, optimizer: Any, args: Any, kwargs: Any) -> None:
        """A step of an optimizer, and so one of training, has ended."""
        if os.getpid() != self.process:
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
        record.steps += 1
        self.loss = math.nan
        if record.steps == self.task.last:
            self.done()
            os._exit(0)  # what follows in the script is nobody's business
        if record.steps == self.task.first:
            self.mode.__enter__()  # type: ignore[no-untyped-call]


def accumulates(node: TorchNode) -> bool:
    """Whether it is where the gradient of a leaf ends."""
    return node.name == "torch::autograd::AccumulateGrad"


def tensors_in(given: Any) -> list[Any]:
    """The tensors of an argument: one, or several of them."""
    if isinstance(given, dict):
        given = given.values()
    several = (given,) if given is None or isinstance(given, torch.Tensor) else given
    return [item for item in several if isinstance(item, torch.Tensor)]


def record(task: Task) -> int:
    """Do a task, and return the exit code of the script."""
    onlooker = Onlooker(task)
    onlooker.install()
    if task.model:
        return record_job(onlooker, task)
    begin(torch, task.seed, task.dtype)
    code = run_script(task.script, task.arguments, lambda error: onlooker.done(in_words(error)))
    if not Path(task.record).exists():
        onlooker.done(f"exit code {code}" if code else "")
    return code


def record_job(onlooker: Onlooker, task: Task) -> int:
    """The same for a job of ``train``."""
    training = training_of(task.model, task.data, SIDE)
    try:
        train(training, lambda line: None)
    except InputError as error:  # it diverged
        onlooker.done(in_words(error))
        return 1
    onlooker.done()
    return 0


def in_words(error: BaseException) -> str:
    """An exception on one line."""
    return f"{type(error).__name__}: {first_line(error)}"


def run(arguments: Sequence[str]) -> int:
    """Do the task that the argument of a child process is, as JSON."""
    return record(Task(**json.loads(arguments[0])))
