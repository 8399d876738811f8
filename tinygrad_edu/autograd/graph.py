"""The graph of what was computed: nodes, and the edges along which gradients go back.

A recorded call is a `Node`. It points to the nodes of its arguments, and a tensor points to the
node that computed it, so that from the loss one reaches everything it depends on. A leaf, which
nothing computed, ends the way with an `AccumulateGrad`.

Nothing points forward, and a node never holds the tensors it computed: so there are no reference
cycles, and a graph is freed with the last tensor that needs it.
"""

from __future__ import annotations

import itertools
import weakref
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, cast

import numpy as np

if TYPE_CHECKING:
    from ..tensor import Tensor

#: A NumPy array; in a derivative under ``create_graph=True``, a Tensor.
Array: TypeAlias = Any
Shape: TypeAlias = tuple[int, ...]


class TensorBase:
    """What the engine knows of a tensor: its values, and where they came from.

    `tinygrad_edu.Tensor` adds everything a user calls.

    Attributes
    ----------
    array : numpy.ndarray
        The values.
    grad_fn : Node or None
        The recorded call that computed this tensor; None for a leaf.
    output_nr : int
        Which of the outputs of `grad_fn` this is.
    """

    array: np.ndarray[Any, Any]
    grad_fn: Node | None = None
    output_nr: int = 0
    _requires_grad: bool = False
    _grad: Tensor | None = None
    _version: int = 0  # how often the values were changed in place
    _hooks: dict[int, Callable[[Any], Any]] | None = None  # of a leaf; others keep them on grad_fn
    _accumulated_hooks: dict[int, Callable[[Any], Any]] | None = None
    _accumulator: weakref.ref[AccumulateGrad] | None = None


_tensor_type: type[TensorBase] = TensorBase


def set_tensor_type(tensor_type: type[TensorBase]) -> None:
    """Say which class results are made of: `Tensor`, which imports this module, calls this once."""
    global _tensor_type
    _tensor_type = tensor_type


def wrap(array: Any) -> Tensor:
    """A new tensor, without history, that holds `array` itself and not a copy."""
    tensor = object.__new__(_tensor_type)
    tensor.array = array if array.__class__ is np.ndarray else np.asarray(array)
    return cast("Tensor", tensor)


def constant(array: Array) -> np.ndarray[Any, Any]:
    """The values alone, inside a derivative: what is chosen by them is no function of them."""
    return array.array if isinstance(array, TensorBase) else np.asarray(array)


class Edge(NamedTuple):
    """Where a gradient goes next: output number `output_nr` of the recorded call `node`."""

    node: Node | None
    output_nr: int


NO_EDGE = Edge(None, 0)
sequence_numbers = itertools.count()


class Node:
    """A recorded call: one vertex of the graph, seen by users as ``tensor.grad_fn``.

    Attributes
    ----------
    next_functions : tuple of (Node or None, int)
        For each argument that can have a gradient, where its gradient goes. None in place of the
        node: this argument needs none.
    metadata : tuple of (shape, numpy.dtype)
        What each output of the call looked like, and so what each gradient that arrives here
        must look like.
    sequence_nr : int
        Counts up with every recorded call, so a node's number is larger than its arguments'.
    """

    next_functions: tuple[Edge, ...]
    metadata: tuple[tuple[Shape, np.dtype[Any]], ...]
    sequence_nr: int
    hooks: NodeHooks | None = None

    def derivatives(self, grads: Sequence[Array], create_graph: bool) -> list[Array]:
        """The gradients for `next_functions`, given those with respect to the outputs."""
        raise NotImplementedError

    def release(self) -> None:
        """Drop what was kept for the derivatives; a second pass through here is an error."""

    def name(self) -> str:
        """PyTorch's name for this kind of node, such as ``MulBackward0``."""
        return type(self).__name__

    def register_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call ``hook(grad_inputs, grad_outputs)`` after this node's derivative has run.

        What it returns, if not None, takes the place of `grad_inputs`.
        """
        return RemovableHandle(self._node_hooks().after, hook)

    def register_prehook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call ``hook(grad_outputs)`` before this node's derivative runs, and use what it returns
        in their place, if not None."""
        return RemovableHandle(self._node_hooks().before, hook)

    def output_hooks(self, number: int) -> dict[int, Callable[[Any], Any]]:
        """The hooks of the tensor that is output `number`, to be added to."""
        return self._node_hooks().outputs.setdefault(number, {})

    def retain(self, tensor: TensorBase) -> None:
        """Put the gradient of `tensor`, an output, into its ``grad`` too."""
        self._node_hooks().retaining[tensor.output_nr] = weakref.ref(tensor)

    def retains(self, tensor: TensorBase) -> bool:
        """Whether `retain` was called for `tensor`."""
        retaining = {} if self.hooks is None else self.hooks.retaining
        return tensor.output_nr in retaining and retaining[tensor.output_nr]() is tensor

    def _node_hooks(self) -> NodeHooks:
        if self.hooks is None:
            self.hooks = NodeHooks()
        return self.hooks

    def __repr__(self) -> str:
        return f"<{type(self).__name__} object at {id(self):#x}>"


class NodeHooks:
    """What users asked to be called, or kept, when gradients pass a node."""

    def __init__(self) -> None:
        self.outputs: dict[int, dict[int, Callable[[Any], Any]]] = {}  # by output number
        self.retaining: dict[int, weakref.ref[TensorBase]] = {}  # tensors that keep their gradient
        self.before: dict[int, Callable[..., Any]] = {}
        self.after: dict[int, Callable[..., Any]] = {}


class RemovableHandle:
    """Returned when a hook is registered; `remove` takes the hook away again."""

    _ids = itertools.count()

    def __init__(self, hooks: dict[int, Any], hook: Callable[..., Any]) -> None:
        self._hooks = hooks
        self.id = next(self._ids)
        hooks[self.id] = hook

    def remove(self) -> None:
        """Take the hook away; a second call does nothing."""
        self._hooks.pop(self.id, None)

    def __enter__(self) -> RemovableHandle:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.remove()


class AccumulateGrad(Node):
    """Where a gradient ends: it is added to ``variable.grad``."""

    next_functions = ()

    def __init__(self, variable: TensorBase) -> None:
        self.variable = variable
        self.metadata = ((variable.array.shape, variable.array.dtype),)
        self.sequence_nr = next(sequence_numbers)

    def name(self) -> str:
        return "torch::autograd::AccumulateGrad"


def gradient_edge(tensor: TensorBase) -> Edge:
    """Where the gradient of `tensor` goes: to the node that made it, or to its own `grad`."""
    if tensor.grad_fn is not None:
        return Edge(tensor.grad_fn, tensor.output_nr)
    # A leaf knows its node weakly, the node knows the leaf: so the two are no reference cycle.
    node = None if tensor._accumulator is None else tensor._accumulator()
    if node is None:
        node = AccumulateGrad(tensor)
        tensor._accumulator = weakref.ref(node)
    return Edge(node, 0)


def modified_in_place(node: Node, tensor: TensorBase) -> RuntimeError:
    """PyTorch's error for a saved tensor whose values are no longer those it was saved with."""
    return RuntimeError(
        "one of the variables needed for gradient computation has been modified by an inplace "
        f"operation: a tensor of shape {list(tensor.array.shape)} that {node.name()} reads is "
        f"now at version {tensor._version}"
    )
