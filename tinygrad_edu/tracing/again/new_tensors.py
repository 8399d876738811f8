"""The tensors of a replay: one for each value of the trace that somebody needs.

Results come from the ops that are called again. What no op has made is made here, from where its
numbers came from in the run (see `acts.Origin`), so that a change early in the run is seen in all
that followed from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np

from ...autograd.graph import TensorBase, leaf_edge, wrap
from ...ops.mutation import with_history
from ...random import Generator
from ...tensor import Tensor
from ..acts import Origin, Ref, in_layout, same_numbers
from ..recorder import Recorder
from ..traces import Trace

Edits: TypeAlias = Mapping[int, "np.ndarray[Any, Any]"]

UNKNOWN = "a backward pass went through what was computed before the recording began"


class NewTensors:
    """The new tensors of a trace that is made again.

    Parameters
    ----------
    trace : Trace
    edits : dict of int to numpy.ndarray
        By value, other numbers for what no op has made.
    recorder : Recorder, optional
        That looks on.

    Attributes
    ----------
    tensors : dict of int to Tensor
        By the values of the trace.
    captured : list of dict
        By backward pass, the gradients that it has captured, by value.
    """

    def __init__(self, trace: Trace, edits: Edits, recorder: Recorder | None = None) -> None:
        self.trace = trace
        self.edits = edits
        self.recorder = recorder
        self.tensors: dict[int, Tensor] = {}
        self.captured: list[dict[Any, Any]] = []

    def tensor(self, value: int) -> Tensor:
        """The new tensor for a value of the trace; made when it is first asked for."""
        if value not in self.tensors:
            origin = self.trace.origins.get(value)
            if origin is None:
                raise RuntimeError(missing(self.trace, value))
            self.tensors[value] = self._leaf(value, origin)
        return self.tensors[value]

    def _leaf(self, value: int, origin: Origin) -> Tensor:
        if origin.kind == "grad" and value not in self.edits:
            grad = self.tensor(origin.source)._grad
            if grad is None:
                raise RuntimeError(f"value {origin.source} has no gradient, of which value {value} "
                                   "was made")  # fmt: skip
            return grad
        before = None if origin.before is None else self.tensor(origin.before)
        array = self._numbers(value, origin, before)
        if origin.same_history and before is not None and before.grad_fn is not None:
            changed = with_history(array, before)
            if self.recorder is not None:
                self.recorder.forget(changed)
            return changed
        if before is not None and origin.needs_grad and before.is_leaf and before._requires_grad:
            if not same_numbers(before.array, array):  # a leaf stays one and the same tensor
                same = before.array.shape == array.shape and before.array.dtype == array.dtype
                if same:
                    before.array[...] = array
                else:
                    before.data = wrap(array)
                before._version += 1
            return before
        return self._fresh(value, array, origin, before)

    def _fresh(self, value: int, array: Any, origin: Origin, before: Tensor | None) -> Tensor:
        tensor = wrap(array)
        tensor._requires_grad = origin.needs_grad
        if before is not None:
            tensor._grad = before._grad
        if origin.without_edge:
            tensor._made_by = "no_grad"
        elif value in self.trace.edges:
            leaf_edge(tensor)[0].sequence_nr = self.trace.edges[value]
        return tensor

    def _numbers(self, value: int, origin: Origin, before: Tensor | None) -> Any:
        """What a value that no op made is to hold."""
        recorded = self.trace.leaves[value]
        if value in self.edits:
            found: Any = np.asarray(self.edits[value])
        elif origin.kind == "array":
            found = self.tensor(origin.source).array
        elif origin.function is not None:
            found = origin.function(*map(self.tensor, origin.values)).array
        elif origin.kind == "captured":
            found = self.captured[origin.pass_number][origin.source]
            found = found.array if isinstance(found, TensorBase) else found
        elif origin.kind == "step" and before is not None:
            found = before.array
        else:
            found = recorded
        try:
            wanted = np.broadcast_to(found, recorded.shape).astype(recorded.dtype, copy=False)
        except ValueError:  # as `mutation.write` says it
            raise RuntimeError(
                f"output with shape {list(recorded.shape)} doesn't match the broadcast shape "
                f"{list(found.shape)}"
            ) from None
        return in_layout(wanted, recorded.strides)

    def argument(self, argument: Any) -> Any:
        """What a recorded argument stands for: a new tensor that lies in memory as the run's did,
        a generator in the state that it had, and of all else itself."""
        if isinstance(argument, Generator):
            return argument.clone_state()
        if not isinstance(argument, Ref):
            return argument
        tensor = self.tensor(argument.value)
        as_it_was = tensor.array.strides == argument.strides
        misshapen = tensor.array.ndim != len(argument.strides)  # by a mistake in the engine
        if as_it_was or misshapen or (tensor.is_leaf and tensor._requires_grad):
            return tensor
        moved = with_history(in_layout(tensor.array, argument.strides), tensor)
        if self.recorder is not None:
            known = self.recorder.value_of(tensor)
            self.recorder.know_array(moved.array, known)
            if moved.grad_fn is None:
                self.recorder.know(moved, known)
        return moved


def missing(trace: Trace, value: int) -> str:
    """Why there is no tensor for a value."""
    if value < 0:
        return UNKNOWN
    return f"value {value} ({trace.values[value].name or 'unnamed'}) was computed by no known call"
