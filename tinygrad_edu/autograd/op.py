"""What an op is, and what a recorded call of one leaves behind.

An op is a small class: `forward` computes on NumPy arrays, and under it stands one derivative for
each argument that can have a gradient. This is the whole of multiplication::

    class Mul(Op):
        \"\"\"``a * b``.\"\"\"

        promotes = "common"

        @staticmethod
        def forward(a: Array, b: Array) -> Array:
            return a * b

        @staticmethod
        def d_a(grad: Array, b: Array) -> Array:  # d(ab)/da = b
            return grad * b

        @staticmethod
        def d_b(grad: Array, a: Array) -> Array:  # d(ab)/db = a
            return grad * a

A derivative is written as PyTorch's own table of derivatives writes it: `d_x` takes the gradient
of the loss with respect to the op's output and multiplies it by the op's derivative with respect
to the argument `x`. **The names of its other parameters say what it reads**: arguments of
`forward`, its output (`out`), or only an argument's shape (`x_shape`). What is read is kept for
the backward pass; nothing else is, and nothing at all for arguments that need no gradient.

`Op.apply` does what all ops share: it takes the arrays out of the tensors, brings them to one
dtype, runs `forward`, wraps the result, and, where an argument requires a gradient, records a
`Node`. Nodes point back to the nodes of their arguments; that is the graph which `engine` walks.

A derivative receives arrays while training. Under ``create_graph=True`` the same lines receive
tensors, which record what is done with them; so every derivative has a derivative. It therefore
uses only what both understand: operators, methods, NumPy functions, and `Op.call`.
"""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple

import numpy as np

from ..dtypes import promote
from .grad_mode import grad_mode
from .graph import (
    NO_EDGE,
    Array,
    Node,
    Shape,
    TensorBase,
    gradient_edge,
    modified_in_place,
    sequence_numbers,
    wrap,
)

if TYPE_CHECKING:
    from ..tensor import Tensor


class Derivative(NamedTuple):
    """The derivative of an op for one argument, and the names of what it reads.

    `takes_all` says that it is given the gradients of all outputs, not that of the only one.
    """

    function: Callable[..., Array]
    reads: tuple[str, ...]
    takes_all: bool


class Op:
    """Base of all ops; see the module's text for how one is written.

    Attributes
    ----------
    promotes : None, "common" or "float"
        How arguments come to one dtype: not at all; by PyTorch's promotion; or by promotion with
        integers turned to the default floating point type.
    outputs : tuple of str
        The names by which derivatives read what `forward` returned. Where that is a tuple, a
        derivative's first parameter is named `grads`, and is the tuple of their gradients.
    node_name : str
        PyTorch's name for the recorded node, where it is not the class's with "Backward0" behind.
    rules : dict of str to Derivative
        The derivatives, by the name of their argument: a subclass's methods called ``d_...``.
    """

    promotes: ClassVar[Literal["common", "float"] | None] = None
    outputs: ClassVar[tuple[str, ...]] = ("out",)
    node_name: ClassVar[str] = ""

    forward: ClassVar[Callable[..., Any]]
    parameters: ClassVar[tuple[str, ...]]
    variadic: ClassVar[str | None]
    rules: ClassVar[dict[str, Derivative]]
    _differentiable: ClassVar[tuple[tuple[int, Derivative], ...]]
    _promoted: ClassVar[tuple[int, ...] | None]
    _arrays: ClassVar[frozenset[str]]
    _node_type: ClassVar[type[OpNode]]

    def __init_subclass__(cls) -> None:
        if not hasattr(cls, "forward"):
            return  # what several ops have in common, and no op itself
        signature = inspect.signature(cls.forward).parameters
        cls.parameters = tuple(signature)
        cls.variadic = next((n for n, p in signature.items() if p.kind is p.VAR_POSITIONAL), None)
        arrays = [name for name, p in signature.items() if p.annotation == "Array"]
        cls._arrays = frozenset(arrays) | frozenset(cls.outputs)
        cls.rules = {n: cls._derivative(n) for n in cls.parameters if hasattr(cls, f"d_{n}")}
        cls._differentiable = tuple((cls.parameters.index(n), r) for n, r in cls.rules.items())
        promoted = [n for n in arrays if n in cls.rules or not cls.rules]
        everything = len(promoted) == len(signature)
        cls._promoted = None if everything else tuple(map(cls.parameters.index, promoted))
        name = cls.node_name or f"{cls.__name__}Backward0"
        cls._node_type = type(name, (OpNode,), {"op": cls, "__doc__": cls.__doc__})

    @classmethod
    def _derivative(cls, argument: str) -> Derivative:
        function = getattr(cls, f"d_{argument}")
        first, *reads = inspect.signature(function).parameters
        for name in reads:
            if name.removesuffix("_shape") not in (*cls.parameters, *cls.outputs, "position"):
                raise TypeError(
                    f"{cls.__name__}.d_{argument} reads {name!r}, which is neither an argument of "
                    f"{cls.__name__}.forward {cls.parameters} nor an output {cls.outputs}"
                )
        return Derivative(function, tuple(reads), first == "grads")

    @classmethod
    def apply(cls, *args: Any) -> Tensor:
        """Run the op on tensors, arrays and options, and record it if a gradient is wanted."""
        result = wrap(cls._compute(args))
        if grad_mode.enabled:
            cls._record(args, (result,))
        return result

    @classmethod
    def apply_all(cls, *args: Any) -> tuple[Tensor, ...]:
        """The same for an op whose `forward` returns a tuple."""
        results = tuple(map(wrap, cls._compute(args)))
        if grad_mode.enabled:
            cls._record(args, results)
        return results

    @classmethod
    def _compute(cls, args: tuple[Any, ...]) -> Any:
        values = [a.array if isinstance(a, TensorBase) else a for a in args]
        if cls.promotes is not None:
            values = cls._promote(values)
        try:
            # Like PyTorch, overflow and nan are results and not warnings.
            with np.errstate(all="ignore"):
                return cls.forward(*values)
        except ValueError as error:
            raise cls.explain(values, error) from None

    @classmethod
    def call(cls, *args: Any) -> Any:
        """The op inside a derivative: on arrays only `forward`, on tensors `apply`."""
        if any(isinstance(a, TensorBase) for a in args):
            return cls.apply(*args)
        return cls.forward(*args)

    @classmethod
    def explain(cls, values: list[Any], error: ValueError) -> Exception:
        """PyTorch's exception for what NumPy refused: here, shapes that do not broadcast."""
        shapes = [v.shape for v in values if isinstance(v, np.ndarray)]
        return broadcast_error(shapes) or error

    @classmethod
    def _promote(cls, values: list[Any]) -> list[Any]:
        to_float = cls.promotes == "float"
        if cls._promoted is None:
            return promote(values, to_float)
        for position, value in zip(
            cls._promoted, promote([values[i] for i in cls._promoted], to_float), strict=True
        ):
            values[position] = value
        return values

    @classmethod
    def _record(cls, args: tuple[Any, ...], results: tuple[Tensor, ...]) -> None:
        """Leave a node behind `results`, if any argument with a derivative requires a gradient."""
        edges = []
        saved: dict[str, Any] = {}
        wanted = False
        for position, rule in cls._differentiable:
            last = len(args) if cls.parameters[position] == cls.variadic else position + 1
            for argument in args[position:last]:
                if isinstance(argument, TensorBase) and argument._requires_grad:
                    wanted = True
                    edges.append(gradient_edge(argument))
                    for name in rule.reads:
                        if name not in saved:
                            saved[name] = cls._read(name, args, results)
                else:
                    edges.append(NO_EDGE)
        if not wanted:
            return
        node = cls._node_type()
        node.next_functions = tuple(edges)
        node.saved = saved
        node.versions = [v._version for v in saved.values() if isinstance(v, TensorBase)]
        node.sequence_nr = next(sequence_numbers)
        node.metadata = tuple((r.array.shape, r.array.dtype) for r in results)
        for number, result in enumerate(results):
            if result.array.dtype.kind == "f":
                result.grad_fn = node
                result.output_nr = number
                result._requires_grad = True

    @classmethod
    def _read(cls, name: str, args: tuple[Any, ...], results: tuple[Tensor, ...]) -> Any:
        """The value that a derivative knows as `name`."""
        if name in cls.outputs:
            return results[cls.outputs.index(name)].array  # the tensor itself would be a cycle
        if name == "position":
            return None  # which of several arguments: the node fills it in
        argument = name if name in cls.parameters else name.removesuffix("_shape")
        position = cls.parameters.index(argument)
        if argument != name:
            if argument == cls.variadic:
                return tuple(np.shape(getattr(a, "array", a)) for a in args[position:])
            return np.shape(getattr(args[position], "array", args[position]))
        return args[position:] if argument == cls.variadic else args[position]


class OpNode(Node):
    """A recorded call of an `Op`.

    Attributes
    ----------
    op : type of Op
        Which.
    saved : dict or None
        What its derivatives read, by name; None once the backward pass has freed it.
    """

    op: ClassVar[type[Op]]
    saved: dict[str, Any] | None
    versions: list[int]

    def derivatives(self, grads: Sequence[Array], create_graph: bool) -> list[Array]:
        saved = self._unpack(create_graph)
        results: list[Array] = []
        for start, rule in self.op._differentiable:
            variadic = self.op.parameters[start] == self.op.variadic
            count = len(self.next_functions) - len(results) if variadic else 1
            for position in range(count):
                if self.next_functions[len(results)].node is None:
                    results.append(None)
                    continue
                if variadic:
                    saved["position"] = position
                grad = tuple(grads) if rule.takes_all else grads[0]
                results.append(rule.function(grad, *[saved[name] for name in rule.reads]))
        return results

    def _unpack(self, as_tensors: bool) -> dict[str, Any]:
        """What was saved: as arrays, or as tensors with their place in the graph."""
        if self.saved is None:
            raise RuntimeError(
                "Trying to backward through the graph a second time: what it had saved was freed "
                "by the first backward(). Specify retain_graph=True in that call to keep it."
            )
        versions = iter(self.versions)
        unpacked = {}
        for name, value in self.saved.items():
            if isinstance(value, TensorBase):
                if value._version != next(versions):
                    raise modified_in_place(self, value)
                value = value if as_tensors else value.array
            elif as_tensors and name in self.op.outputs:
                value = self._output(self.op.outputs.index(name), value)
            unpacked[name] = value
        return unpacked

    def _output(self, number: int, array: np.ndarray[Any, Any]) -> Tensor:
        """The tensor that output `number` was, with its place in the graph."""
        tensor = wrap(array)
        if array.dtype.kind == "f":
            tensor.grad_fn, tensor.output_nr, tensor._requires_grad = self, number, True
        return tensor

    def release(self) -> None:
        # Shapes and options cost nothing to keep, and PyTorch lets such nodes run again.
        if self.saved is not None and not self.op._arrays.isdisjoint(self.saved):
            self.saved = None


def broadcast_error(shapes: Sequence[Shape]) -> RuntimeError | None:
    """PyTorch's error for shapes that do not broadcast together; None if they do."""
    for first, second in itertools.combinations(shapes, 2):
        for back, (a, b) in enumerate(zip(reversed(first), reversed(second), strict=False)):
            if a != b and 1 not in (a, b):
                dim = max(len(first), len(second)) - 1 - back
                return RuntimeError(
                    f"The size of tensor a ({a}) must match the size of tensor b ({b}) at "
                    f"non-singleton dimension {dim}; the shapes are {list(first)} and "
                    f"{list(second)}"
                )
    return None


def undo_broadcast(grad: Array, shape: Shape) -> tuple[Array, tuple[int, ...]]:
    """Sum `grad` over the axes along which an argument of `shape` was repeated.

    A value that was used in many places gets the sum of the gradients from all of them.

    Returns
    -------
    grad : Array of `shape`
    axes : tuple of int
        The axes of the given `grad` that were summed.

    Raises
    ------
    ValueError
        If `shape` does not broadcast to that of `grad`.
    """
    if grad.shape == shape:
        return grad, ()
    added = len(grad.shape) - len(shape)
    padded = (1,) * added + tuple(shape)
    if added < 0 or any(s not in (1, g) for s, g in zip(padded, grad.shape, strict=True)):
        raise ValueError(f"a gradient of shape {tuple(grad.shape)} for an input of shape {shape}")
    axes = tuple(i for i, s in enumerate(padded) if i < added or s != grad.shape[i])
    return grad.sum(axes).reshape(shape), axes
