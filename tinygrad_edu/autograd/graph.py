"""The graph of what was computed: nodes, and the edges along which gradients go back.

A recorded call is a `Node`. It points to the nodes of its arguments, and a tensor points to the
node that computed it, so that from the loss one reaches everything it depends on. A leaf, which
nothing computed, ends the way with an `AccumulateGrad`.

Nothing points forward, and a node never holds the tensors it computed: so there are no reference
cycles, and a graph is freed with the last tensor that needs it. (One exception: a tensor that is
changed in place by what was computed from it, as in ``y.mul_(y)``, until a backward pass frees what
was saved. It is one in PyTorch, too.)
"""

from __future__ import annotations

import itertools
import weakref
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Self, TypeAlias

import numpy as np

from ..dtypes import old_name
from ..missing import NOT_YET, by_name, refuse
from .grad_mode import anomaly_mode

if TYPE_CHECKING:
    from ..tensor import Tensor
    from .anomaly import Made

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
    _versions: list[int]  # the counter behind _version: one list for each memory
    _edge: Edge | None = None  # of a leaf: to its AccumulateGrad
    _base: TensorBase | None = None  # of a view: the tensor whose memory it looks at
    _views: weakref.WeakSet[TensorBase] | None = None  # of a base: those that look at its memory
    _made_by: str = ""  # of a view: "no_grad", "several" or "function": not to be changed in place
    _made_at: int = 0  # of such a view: its _version then

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        tensor = object.__new__(cls)
        tensor._versions = [0]
        return tensor

    @property
    def _version(self) -> int:
        """How often the values were changed in place, by whatever tensor has their memory."""
        return self._versions[0]

    @_version.setter
    def _version(self, value: int) -> None:
        self._versions[0] = value


_tensor_type: type[Any] = TensorBase


def set_tensor_type(tensor_type: type[TensorBase]) -> None:
    """Say which class results are made of: `Tensor`, which imports this module, calls this once."""
    global _tensor_type
    _tensor_type = tensor_type


def wrap(array: Any) -> Tensor:
    """A new tensor, without history, that holds `array` itself and not a copy."""
    tensor: Tensor = object.__new__(_tensor_type)
    tensor.array = array if array.__class__ is np.ndarray else np.asarray(array)
    tensor._versions = [0]
    return tensor


def constant(array: Array) -> np.ndarray[Any, Any]:
    """The values alone, inside a derivative: what is chosen by them is no function of them."""
    return array.array if isinstance(array, TensorBase) else np.asarray(array)


def own_constant(array: Array) -> np.ndarray[Any, Any]:
    """The same, for an op to keep: of a tensor, which a user may change in place, a copy."""
    return array.array.copy() if isinstance(array, TensorBase) else np.asarray(array)


sequence_numbers = itertools.count()
leaf_numbers = itertools.count(2**63)  # above all others: as in PyTorch, a leaf goes first


class Node:
    """A recorded call: one vertex of the graph, seen by users as ``tensor.grad_fn``.

    Attributes
    ----------
    next_functions : tuple of (Node or None, int)
        For each argument that can have a gradient, where its gradient goes. None in place of the
        node: this argument needs none.
    metadata : tuple of (shape, numpy.dtype)
        What each output of the call looked like, and so what each gradient that arrives here
        must look like. (None for an output that is no tensor.)
    sequence_nr : int
        Counts up with every recorded call; of nodes that are ready, the largest goes first.
    materialize_grads : bool
        Whether it is given zeros for an output that nobody used, and not None.
    made : Made or None
        Of one that was made in anomaly mode, the call it stands for: see `anomaly`.
    """

    next_functions: tuple[Edge | NoEdge, ...]
    metadata: tuple[Any, ...]
    sequence_nr: int
    made: Made | None = None
    hooks: NodeHooks | None = None
    materialize_grads: bool = True

    def backward(
        self, grads: Sequence[Array], edges: Sequence[Edge | NoEdge], create_graph: bool
    ) -> list[Array]:
        """The gradients to be handed on, given those with respect to the outputs.

        Parameters
        ----------
        grads : sequence of Array
            One for each output.
        edges : sequence of (Node or None, int)
            `next_functions`, with None for the node where no gradient is wanted this time.
        create_graph : bool
            Whether the gradients are tensors, whose ops are recorded, and not arrays.

        Returns
        -------
        list of Array
            One for each edge; None where there is none.
        """
        raise NotImplementedError

    def release(self) -> None:
        """Drop the arrays that were kept for the derivatives, so that they run only once."""

    def name(self) -> str:
        """PyTorch's name for this kind of node, such as ``MulBackward0``."""
        return type(self).__name__

    def register_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call ``hook(grad_inputs, grad_outputs)`` after this node's derivative has run.

        What it returns, if not None, takes the place of `grad_inputs`.
        """
        return RemovableHandle(self.own_hooks().after, hook)

    def register_prehook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call ``hook(grad_outputs)`` before this node's derivative runs, and use what it returns
        in their place, if not None."""
        return RemovableHandle(self.own_hooks().before, hook)

    def own_hooks(self) -> NodeHooks:
        """Its hooks, to be added to."""
        if self.hooks is None:
            self.hooks = NodeHooks()
        return self.hooks

    def __repr__(self) -> str:
        return f"<{type(self).__name__} object at {id(self):#x}>"


class NodeHooks:
    """What users asked to be called, or kept, when gradients pass a node.

    Attributes
    ----------
    outputs : dict
        By the number of an output, the hooks of that tensor; they get its complete gradient.
    retaining : dict
        By the number of an output, the tensor that keeps its gradient.
    before, after : dict
        The hooks of the node itself.
    accumulated : dict
        Of an `AccumulateGrad`, the hooks that are shown the leaf when its ``grad`` has changed.
    """

    def __init__(self) -> None:
        self.outputs: dict[int, dict[int, Callable[[Any], Any]]] = {}
        self.retaining: dict[int, weakref.ref[TensorBase]] = {}
        self.before: dict[int, Callable[..., Any]] = {}
        self.after: dict[int, Callable[..., Any]] = {}
        self.accumulated: dict[int, Callable[[Any], Any]] = {}


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
    """Where a gradient ends: it is added to ``variable.grad``.

    The leaf holds its node, and the node does not hold the leaf, so the two are no reference
    cycle.
    """

    next_functions = ()

    def __init__(self, variable: TensorBase) -> None:
        super().__init__()
        self._variable = weakref.ref(variable)
        self.metadata = ((variable.array.shape, variable.array.dtype),)
        self.sequence_nr = next(leaf_numbers)

    @property
    def variable(self) -> TensorBase | None:
        """The leaf; None when nobody holds it any more, and so nobody can see its gradient."""
        return self._variable()

    def name(self) -> str:
        return "torch::autograd::AccumulateGrad"


#: Where a gradient goes: to output number i of a node, as the pair (node, i).
Edge: TypeAlias = tuple[Node, int]
#: In place of an edge, for an argument that needs no gradient.
NoEdge: TypeAlias = tuple[None, int]
NO_EDGE: NoEdge = (None, 0)


def gradient_edge(tensor: TensorBase) -> Edge | NoEdge:
    """Where the gradient of `tensor` goes: to the node that made it, or to its own `grad`.

    Nowhere, if it was made under no_grad and requires one only because it is a view of what does.

    Raises
    ------
    RuntimeError
        If it is a view of a kind that may not be changed in place, and its memory was; unless its
        base needs no gradient, and so has no history that the change would be part of.
    """
    if tensor._made_by and tensor._versions[0] != tensor._made_at and base_needs_gradient(tensor):
        made = "A leaf" if tensor.grad_fn is None else f"An output of {tensor.grad_fn.name()}"
        raise RuntimeError(
            f"{made} is a view, and its base or another view of its base has been modified in "
            "place. It is one of several results, as of split, chunk or unbind, or was made under "
            "no_grad or by a custom Function: take it by an index instead, as in x[0], or after "
            "the change."
        )
    if tensor.grad_fn is not None:
        return tensor.grad_fn, tensor.output_nr
    if tensor._edge is None:
        return NO_EDGE if tensor._made_by == "no_grad" else leaf_edge(tensor)
    return tensor._edge


def base_needs_gradient(view: TensorBase) -> bool:
    """Whether the tensor that `view` is a view of requires a gradient."""
    return view._base is not None and view._base._requires_grad


def leaf_edge(tensor: TensorBase) -> Edge:
    """Where the gradient of a leaf goes: to its own `grad`."""
    if tensor._edge is None:
        tensor._edge = AccumulateGrad(tensor), 0
    return tensor._edge


def set_history(tensor: TensorBase, node: Node, number: int = 0) -> None:
    """Say that `tensor` is output `number` of `node`; if it is of a type that has gradients."""
    if tensor.array.dtype.kind == "f":
        tensor.grad_fn, tensor.output_nr, tensor._requires_grad = node, number, True


def output_of(node: Node, number: int, array: np.ndarray[Any, Any]) -> Tensor:
    """The tensor that an output of `node` was, put together again for a derivative to read."""
    tensor = wrap(array)
    set_history(tensor, node, number)
    return tensor


def freed_error() -> RuntimeError:
    """PyTorch's error for a second backward pass through what the first one has freed."""
    return RuntimeError(
        "Trying to backward through the graph a second time (or directly access saved tensors "
        "after they have already been freed). Saved intermediate values of the graph are freed "
        "when you call .backward() or autograd.grad(). Specify retain_graph=True if you need to "
        "backward through the graph a second time or if you need to access saved tensors after "
        "calling backward."
    )


def modified_in_place(
    kind: tuple[Shape, np.dtype[Any]], node: Node | None, number: int, version: int, expected: int
) -> RuntimeError:
    """PyTorch's error for a saved tensor whose values are no longer those it was saved with.

    Parameters
    ----------
    kind : pair of tuple of int and numpy.dtype
        The tensor's shape and dtype.
    node, number : Node or None, int
        It is the output of that number of the node, if of any.
    version, expected : int
        How often it was changed until now, and when it was saved.
    """
    shape, dtype = kind
    hint = (
        "Hint: the backtrace further above shows the operation that failed to compute its "
        "gradient. The variable in question was changed in there or anywhere later. Good luck!"
        if anomaly_mode.enabled
        else "Hint: enable anomaly detection to find the operation that failed to compute its "
        "gradient, with torch.autograd.set_detect_anomaly(True, check_nan=False)."
    )
    made = "" if node is None else f", which is output {number} of {node.name().split('Back')[0]},"
    return RuntimeError(
        "one of the variables needed for gradient computation has been modified by an inplace "
        f"operation: [torch.{old_name(dtype)}Tensor {list(shape)}]{made} is at version {version}; "
        f"expected version {expected} instead. {hint}"
    )


#: What ``torch.autograd.graph`` has besides.
MISSING = by_name(
    {
        NOT_YET: """
            saved_tensors_hooks save_on_cpu disable_saved_tensors_hooks register_multi_grad_hook
            allow_mutation_on_saved_tensors GradientEdge get_gradient_edge increment_version""",
    }
)

if not TYPE_CHECKING:  # or every misspelt name would pass for one

    def __getattr__(name):
        """Say by name what is missing on purpose."""
        refuse(f"module {__name__!r}", name, MISSING)
