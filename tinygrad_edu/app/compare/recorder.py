"""Records what a script computes: its losses, gradients and updated parameters.

The same recorder looks on in both libraries, for what it needs has the same names in both. It puts
itself around ``Tensor.backward``, ``autograd.backward`` and ``autograd.grad``, and hooks onto the
steps of all optimizers; what the script asked for is then done by the library as ever. The
recorder draws no random number, prints nothing, and keeps nothing of a graph alive: the run is the
same as without it.

It sees the calls that the script makes, not those that a library makes of its own, as in
``gradcheck``; and of a pass inside a pass, as in a hook, only the outer one.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import itertools
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from types import FrameType, ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .outermost import Outermost
from .records import NAMELESS, Entry, Event, RecordFile, entry
from .script_names import ScriptNames, is_library

#: How the names of the modules begin that look on.
OURSELVES = f"{__package__.rpartition('.')[0]}."


class Recorder:
    """What looks on.

    Parameters
    ----------
    framework : module
        torch or tinygrad_edu.
    file : RecordFile
    script : str
        The file name of the script's code.
    moved : bool
        Whether to change what is looked at: each gradient, when it has been recorded, by an eps of
        the largest in its pass, up or down. That is less than rounding may do. What becomes of it
        in the course of the run tells how much of a difference rounding can explain.
    """

    def __init__(
        self, framework: ModuleType, file: RecordFile, script: str, moved: bool = False
    ) -> None:
        self.moved = moved
        self.random = np.random.default_rng(0)  # not the script's
        self.framework = framework
        self.file = file
        self.names = ScriptNames(script)
        self.in_pass = False
        self.steps = Outermost()

    def install(self) -> None:
        """Begin to record."""
        framework = self.framework
        framework.Tensor.backward = self.watched(framework.Tensor.backward, self.record_backward)
        autograd = framework.autograd
        autograd.backward = self.watched(autograd.backward, self.record_backward)
        autograd.grad = self.watched(autograd.grad, self.record_grad)
        # torch.optim does not show this module as an attribute.
        optimizers = importlib.import_module(f"{framework.__name__}.optim.optimizer")
        optimizers.register_optimizer_step_pre_hook(self.before_step)
        optimizers.register_optimizer_step_post_hook(self.after_step)

    def watched(
        self, original: Callable[..., Any], record: Callable[..., Any]
    ) -> Callable[..., Any]:
        """`original`, with `record` called in its place where the script calls it."""

        @functools.wraps(original)
        def call(*args: Any, **kwargs: Any) -> Any:
            frame = sys._getframe(1)
            if self.in_pass or not self.looks_on(frame):
                return original(*args, **kwargs)
            self.in_pass = True
            try:
                return record(frame, original, args, kwargs)
            finally:
                self.in_pass = False

        return call

    def looks_on(self, caller: FrameType) -> bool:
        """Whether a call counts: one of the user's code, in the process that is recorded."""
        return not is_library(caller.f_globals.get("__name__")) and os.getpid() == self.file.process

    def note_end(self, error: BaseException) -> None:
        """Record what the script raised and did not catch; it will be told without this file."""
        traceback, line, innermost = error.__traceback__, 0, ""
        while traceback is not None:
            frame = traceback.tb_frame
            if frame.f_code.co_filename == self.names.script:
                line = traceback.tb_lineno
            innermost, traceback = frame.f_globals.get("__name__", ""), traceback.tb_next
        if innermost.startswith(OURSELVES):
            os.unlink(self.file.path)  # this failed, not the script: there is nothing to compare
            return
        self.file.write(Event("end", "", line, type(error).__name__, []))
        take_out(error)

    # Passes -------------------------------------------------------------------------------------

    def record_backward(
        self, frame: FrameType, original: Callable[..., Any], args: Any, kwargs: Any
    ) -> None:
        """Run a backward pass, and record its roots and the gradients of the leaves it reached."""
        roots = self.tensors(args[0] if args else kwargs.get("tensors"))
        entries = [self.entry("loss", name, t) for name, t in numbered(roots, "loss")]
        leaves = self.named(leaves_of(roots), frame, NAMELESS)
        error = ""
        try:
            original(*args, **kwargs)
        except BaseException as raised:
            error = type(raised).__name__
            raise
        finally:
            entries += [self.entry("gradient", name, leaf.grad) for name, leaf in leaves]
            self.write("backward", "", frame, error, entries)
            self.move([leaf.grad for _, leaf in leaves], entries)

    def record_grad(
        self, frame: FrameType, original: Callable[..., Any], args: Any, kwargs: Any
    ) -> Any:
        """Run ``autograd.grad``, and record its outputs and what it returns."""
        roots = self.tensors(args[0] if args else kwargs.get("outputs"))
        inputs = self.tensors(args[1] if len(args) > 1 else kwargs.get("inputs"))
        entries = [self.entry("loss", name, t) for name, t in numbered(roots, "output")]
        names = [name for name, _ in self.named(inputs, frame, "input")]
        error = ""
        try:
            result = original(*args, **kwargs)
            if isinstance(result, tuple) and len(result) == len(names):
                entries += [
                    self.entry("gradient", name, gradient)
                    for name, gradient in zip(names, result, strict=True)
                ]
                self.move(result, entries)
            return result
        except BaseException as raised:
            error = type(raised).__name__
            raise
        finally:
            self.write("grad", "", frame, error, entries)

    def move(self, gradients: Sequence[Any], entries: list[Entry]) -> None:
        """If that is wanted, move gradients by an eps of the largest in the pass."""
        if not self.moved:
            return
        largest = max((e.largest for e in entries if e.role == "gradient"), default=0.0)
        for gradient in gradients:
            if gradient is None or not gradient.is_floating_point():
                continue
            size = largest * self.framework.finfo(gradient.dtype).eps
            steps = self.random.uniform(-size, size, tuple(gradient.shape))
            # A gradient that lies in memory several times over cannot be moved.
            with contextlib.suppress(RuntimeError):
                gradient.data.add_(self.framework.from_numpy(steps).to(gradient.dtype))

    # Steps --------------------------------------------------------------------------------------

    def before_step(self, optimizer: Any, args: Any, kwargs: Any) -> None:
        """Note which call of `step` is the outermost: one may call that of its base class."""
        self.steps.begins(optimizer, sys._getframe(1))

    def after_step(self, optimizer: Any, args: Any, kwargs: Any) -> None:
        """Record the parameters of an optimizer."""
        frame = sys._getframe(1)
        if not self.steps.ends(optimizer, frame) or os.getpid() != self.file.process:
            return
        parameters = [p for group in optimizer.param_groups for p in group["params"]]
        entries = [
            self.entry("parameter", name, parameter)
            for name, parameter in self.named(parameters, frame, "parameter")
        ]
        (name,) = self.names.of([optimizer], frame)
        kind = type(optimizer).__name__
        self.write("step", f"{name} ({kind})" if name else kind, frame, "", entries)

    # Tensors ------------------------------------------------------------------------------------

    def tensors(self, given: Any) -> list[Any]:
        """The tensors of an argument: one, or several of them."""
        if isinstance(given, dict):
            given = tuple(given.values())
        several = given if isinstance(given, list | tuple) else (given,)
        return [t for t in several if isinstance(t, self.framework.Tensor)]

    def named(self, tensors: list[Any], frame: FrameType, otherwise: str) -> list[tuple[str, Any]]:
        """Each tensor with what the script calls it."""
        return numbered(tensors, otherwise, self.names.of(tensors, frame))

    def entry(self, role: str, name: str, tensor: Any) -> Entry:
        """What is recorded of a tensor, or of None for a gradient that is not there."""
        if tensor is None:
            return Entry(role, name, "none", (), None, 0.0, True)
        dtype, values = values_of(tensor)
        if values is None:
            return Entry(role, name, dtype, tuple(tensor.shape), None, 0.0, True)
        return entry(role, name, dtype, values)

    def write(
        self, kind: str, what: str, frame: FrameType, error: str, entries: list[Entry]
    ) -> None:
        """Put an event into the record."""
        self.file.write(Event(kind, what, self.names.line(frame), error, entries))


def numbered(
    tensors: list[Any], otherwise: str, names: Sequence[str] = ()
) -> list[tuple[str, Any]]:
    """Each tensor with its name, or with `otherwise`; of equal names later ones have a number."""
    result: dict[str, Any] = {}
    for name, tensor in itertools.zip_longest(names, tensors, fillvalue=""):
        first, number = name or otherwise, 1
        name = first
        while name in result:
            number += 1
            name = f"{first} ({number})"
        result[name] = tensor
    return list(result.items())


def values_of(tensor: Any) -> tuple[str, NDArray[Any] | None]:
    """The dtype of a tensor of either library, and its values, which may lie in its memory; or why
    they cannot be read, in brackets, and None."""
    try:
        values = tensor.detach()
        if getattr(values, "is_sparse", False):
            values = values.to_dense()
        dtype = str(values.dtype).removeprefix("torch.")
        if dtype == "bfloat16":
            values = values.float()
        return dtype, np.asarray(values.cpu().numpy())
    except (RuntimeError, TypeError, ValueError, NotImplementedError) as error:
        return f"({type(error).__name__})", None


def leaves_of(roots: list[Any]) -> list[Any]:
    """The leaves on which tensors depend, in the order in which the graph names them."""
    leaves: dict[int, Any] = {}
    nodes = []
    for root in reversed(roots):
        try:
            node = root.grad_fn
        except RuntimeError:  # a view whose base was changed: the pass itself will say so
            continue
        if node is not None:
            nodes.append(node)
        elif root.requires_grad:
            leaves[id(root)] = root
    for node in nodes_behind(nodes):
        if type(node).__name__ == "AccumulateGrad":
            leaf = node.variable
            if leaf is not None:
                leaves[id(leaf)] = leaf
    return list(leaves.values())


def nodes_behind(nodes: list[Any]) -> Iterator[Any]:
    """These nodes, the last first, and all that they lead to, in the order of their arguments."""
    seen = set()
    waiting = list(nodes)
    while waiting:
        node = waiting.pop()
        if node in seen:
            continue
        seen.add(node)
        yield node
        waiting += [inner for inner, _ in reversed(node.next_functions) if inner is not None]


def take_out(error: BaseException) -> None:
    """Take the frames of this file out of the traceback of an error, and of those before it."""
    seen: set[int] = set()
    errors: list[BaseException | None] = [error]
    while errors:
        one = errors.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        errors += [one.__cause__, one.__context__]
        traceback = one.__traceback__
        while traceback is not None:
            while (inner := traceback.tb_next) and inner.tb_frame.f_code.co_filename == __file__:
                traceback.tb_next = inner.tb_next
            traceback = traceback.tb_next
