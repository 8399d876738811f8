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
A parameter of `forward` annotated `Array` is an array; any other is an option, such as a dimension.

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
    Edge,
    Node,
    NoEdge,
    Shape,
    TensorBase,
    freed_error,
    gradient_edge,
    modified_in_place,
    output_of,
    sequence_numbers,
    set_history,
    wrap,
)
from .quiet import quietly

if TYPE_CHECKING:
    from ..tensor import Tensor


class Derivative(NamedTuple):
    """The derivative of an op for one argument.

    Attributes
    ----------
    function : callable
        The method ``d_...`` of the op.
    reads : tuple of str
        The names of its parameters after the first.
    direct : tuple of (str, int)
        Those of them that are arguments or outputs of `forward`, with their place among these.
    others : tuple of str
        Those that have to be worked out, such as shapes.
    takes_all : bool
        Whether its first parameter is the tuple of the gradients of all outputs.
    position : int
        Which argument of `forward` it is for.
    """

    function: Callable[..., Array]
    reads: tuple[str, ...]
    direct: tuple[tuple[str, int], ...]
    others: tuple[str, ...]
    takes_all: bool
    position: int


class Op:
    """Base of all ops; see the module's text for how one is written.

    Attributes
    ----------
    promotes : None, "common" or "float"
        How arguments come to one dtype: not at all; by PyTorch's promotion; or by promotion with
        integers turned to the default floating point type.
    kinds : str
        The kinds of dtype it takes, as NumPy abbreviates them: "iuf" is all but bools. Empty: all.
    outputs : tuple of str
        The names by which derivatives read what `forward` returned. Where that is a tuple, a
        derivative's first parameter is named `grads`, and is the tuple of their gradients.
    node_name : str
        PyTorch's name for the recorded node, where it is not the class's with "Backward0" behind.
    """

    promotes: ClassVar[Literal["common", "float"] | None] = None
    kinds: ClassVar[str] = ""
    outputs: ClassVar[tuple[str, ...]] = ("out",)
    node_name: ClassVar[str] = ""

    # Found out from the methods, once for each class:
    forward: ClassVar[Callable[..., Any]]
    parameters: ClassVar[dict[str, int]]  # of forward: name -> position
    variadic: ClassVar[str | None]  # the name of its *parameter
    saves_arrays: ClassVar[bool]  # whether a derivative reads arrays, not only shapes and options
    saves_outputs: ClassVar[bool]  # whether one reads an output
    promoted: ClassVar[tuple[int, ...] | None]  # positions that are promoted; None for all
    rules: ClassVar[tuple[Derivative, ...]]
    node_type: ClassVar[type[OpNode]]

    def __init_subclass__(cls) -> None:
        if not hasattr(cls, "forward"):
            return  # what several ops have in common, and no op itself
        signature = inspect.signature(cls.forward).parameters
        cls.parameters = {name: position for position, name in enumerate(signature)}
        cls.variadic = next((n for n, p in signature.items() if p.kind is p.VAR_POSITIONAL), None)
        arrays = [name for name, p in signature.items() if p.annotation == "Array"]
        cls.rules = tuple(
            cls._derivative(name, getattr(cls, f"d_{name}"))
            for name in signature
            if hasattr(cls, f"d_{name}")
        )
        cls.saves_arrays = any(n in (*arrays, *cls.outputs) for d in cls.rules for n in d.reads)
        cls.saves_outputs = any(n in cls.outputs for d in cls.rules for n in d.reads)
        differentiable = {d.position for d in cls.rules}
        promoted = [cls.parameters[n] for n in arrays]
        promoted = [p for p in promoted if p in differentiable or not differentiable]
        cls.promoted = None if len(promoted) == len(signature) else tuple(promoted)
        name = cls.node_name or f"{cls.__name__}Backward0"
        cls.node_type = type(name, (OpNode,), {"op": cls, "__doc__": cls.__doc__})

    @classmethod
    def _derivative(cls, argument: str, function: Callable[..., Array]) -> Derivative:
        first, *reads = inspect.signature(function).parameters
        places = {name: place for place, name in enumerate((*cls.parameters, *cls.outputs))}
        if cls.variadic is not None:  # how many arguments there are is only known in a call
            places = {n: place for n, place in places.items() if place < len(cls.parameters) - 1}
        others = [f"{name}_shape" for name in cls.parameters]
        others += ["position"] if argument == cls.variadic else []
        for name in reads:
            if name not in places and name not in others:
                raise TypeError(
                    f"{cls.__name__}.d_{argument} reads {name!r}, which is none of what it can "
                    f"know: {', '.join([*places, *others])}"
                )
        return Derivative(
            function,
            reads=tuple(reads),
            direct=tuple((name, places[name]) for name in reads if name in places),
            others=tuple(name for name in reads if name not in places),
            takes_all=first == "grads",
            position=cls.parameters[argument],
        )

    @classmethod
    def apply(cls, *args: Any) -> Tensor:
        """Run the op on tensors, arrays and options, and record it if a gradient is wanted."""
        values = cls._values(args)
        result = wrap(cls._compute(values))
        if grad_mode.enabled:
            array = result.array
            node = cls._record(args, (*values, array))
            if node is not None:
                node.metadata = ((array.shape, array.dtype),)
                set_history(result, node)
                if cls.saves_outputs:
                    node.output_versions = (result.version_counter(),)
        share_versions(result, args)
        return result

    @classmethod
    def apply_all(cls, *args: Any) -> tuple[Tensor, ...]:
        """The same for an op whose `forward` returns a tuple."""
        values = cls._values(args)
        results = tuple(map(wrap, cls._compute(values)))
        arrays = [result.array for result in results]
        node = cls._record(args, (*values, *arrays)) if grad_mode.enabled else None
        if node is not None:
            node.metadata = tuple([(array.shape, array.dtype) for array in arrays])
            for number, result in enumerate(results):
                set_history(result, node, number)
            if cls.saves_outputs:
                node.output_versions = tuple([r.version_counter() for r in results])
        for result in results:
            share_versions(result, args)
        return results

    @classmethod
    def call(cls, *args: Any) -> Any:
        """The op inside a derivative: on arrays only `forward`, on tensors `apply`."""
        for argument in args:
            if isinstance(argument, TensorBase):
                return cls.apply(*args)
        return cls.forward(*args)

    @classmethod
    def explain(cls, values: list[Any], error: ValueError) -> Exception:
        """PyTorch's exception for what NumPy refused: here, shapes that do not broadcast."""
        shapes = [v.shape for v in values if isinstance(v, np.ndarray)]
        return broadcast_error(shapes) or error

    @classmethod
    def _values(cls, args: tuple[Any, ...]) -> list[Any]:
        """The arguments as `forward` takes them: arrays of one dtype in place of tensors."""
        values = [a.array if isinstance(a, TensorBase) else a for a in args]
        if cls.promotes is not None:
            values = cls._promote(values)
        if cls.kinds:
            cls._check_kinds(values)
        return values

    @classmethod
    def _compute(cls, values: list[Any]) -> Any:
        try:
            return quietly(cls.forward, *values)
        except ValueError as error:
            raise cls.explain(values, error) from None

    @classmethod
    def _check_kinds(cls, values: list[Any]) -> None:
        for value in values:
            if isinstance(value, np.ndarray) and value.dtype.kind not in cls.kinds:
                raise NotImplementedError(f'"{cls.__name__}" not implemented for {value.dtype}')

    @classmethod
    def _promote(cls, values: list[Any]) -> list[Any]:
        to_float = cls.promotes == "float"
        if cls.promoted is None:
            return promote(values, to_float)
        positions: Sequence[int] = cls.promoted
        if cls.variadic is not None:
            positions = range(cls.parameters[cls.variadic], len(values))
        together = promote([values[i] for i in positions], to_float)
        for position, value in zip(positions, together, strict=True):
            values[position] = value
        return values

    @classmethod
    def _record(cls, args: tuple[Any, ...], known: tuple[Any, ...]) -> OpNode | None:
        """The node of a call, if any argument with a derivative requires a gradient.

        Parameters
        ----------
        args : tuple
            The arguments as they were given, tensors among them.
        known : tuple
            The values of all arguments, and after them those of the outputs.
        """
        edges: list[Edge | NoEdge] = []
        saved: dict[str, Any] = {}
        tensors: dict[str, tuple[TensorBase, int]] = {}
        wanted = False
        rules = cls.rules if cls.variadic is None else cls._rules_for(len(args))
        for rule in rules:
            argument = args[rule.position]
            if not isinstance(argument, TensorBase) or not argument._requires_grad:
                edges.append(NO_EDGE)
                continue
            wanted = True
            edges.append(gradient_edge(argument))
            for name, place in rule.direct:
                saved[name] = known[place]
                if place < len(args):
                    origin = args[place]
                    if isinstance(origin, TensorBase):
                        tensors[name] = origin, origin._version
            for name in rule.others:
                saved[name] = cls._read(name, known)
        if not wanted:
            return None
        node = cls.node_type()
        node.next_functions = tuple(edges)
        node.rules = rules
        node.saved = saved
        node.tensors = tensors
        node.sequence_nr = next(sequence_numbers)
        return node

    @classmethod
    def _rules_for(cls, count: int) -> tuple[Derivative, ...]:
        """`rules`, with that for ``*arguments`` once for each of `count` arguments."""
        last = len(cls.parameters) - 1
        single = [d for d in cls.rules if d.position != last]
        repeated = [d for d in cls.rules if d.position == last]
        each = [d._replace(position=i) for d in repeated for i in range(last, count)]
        return (*single, *each)

    @classmethod
    def _read(cls, name: str, known: tuple[Any, ...]) -> Any:
        """What a derivative knows as `name`, where that has to be worked out."""
        if name == "position":
            return None  # which of several arguments: known when the derivative runs
        argument = name.removesuffix("_shape")
        place = cls.parameters[argument]
        if argument != cls.variadic:
            return np.shape(known[place])
        return tuple(map(np.shape, known[place : len(known) - len(cls.outputs)]))


class OpNode(Node):
    """A recorded call of an `Op`.

    Attributes
    ----------
    op : type of Op
        Which.
    saved : dict or None
        What its derivatives read, by name; None once a backward pass has freed it.
    tensors : dict
        By name, the tensors whose arrays were saved, each with its version at that time.
    output_versions : tuple of list of int
        The version counters of the outputs, if a derivative reads one; they began at 0.
    """

    op: ClassVar[type[Op]]
    rules: tuple[Derivative, ...]  # one for each of next_functions
    saved: dict[str, Any] | None
    tensors: dict[str, tuple[TensorBase, int]]
    output_versions: tuple[list[int], ...] = ()

    def backward(
        self, grads: Sequence[Array], edges: Sequence[Edge | NoEdge], create_graph: bool
    ) -> list[Array]:
        saved = self.saved
        if saved is None:
            raise freed_error()
        for tensor, version in self.tensors.values():
            if tensor._version != version:
                raise modified_in_place(self, tensor.array.shape, tensor._version, version)
        for (shape, _), counter in zip(self.metadata, self.output_versions, strict=False):
            if counter[0] != 0:
                raise modified_in_place(self, shape, counter[0], 0)
        if create_graph:
            saved = self._as_tensors(saved)
        results: list[Array] = []
        for rule, edge in zip(self.rules, edges, strict=True):
            if edge[0] is None:
                results.append(None)
                continue
            if self.op.variadic is not None:
                saved["position"] = rule.position - self.op.parameters[self.op.variadic]
            grad = tuple(grads) if rule.takes_all else grads[0]
            results.append(rule.function(grad, *[saved[name] for name in rule.reads]))
        return results

    def _as_tensors(self, saved: dict[str, Any]) -> dict[str, Any]:
        """What was saved, with tensors in their place in the graph instead of arrays."""
        outputs = {
            name: output_of(self, number, saved[name])
            for number, name in enumerate(self.op.outputs)
            if name in saved
        }
        return {**saved, **{name: t for name, (t, _) in self.tensors.items()}, **outputs}

    def release(self) -> None:
        # Shapes and options cost nothing to keep, and PyTorch lets such nodes run again.
        if self.op.saves_arrays:
            self.saved = None
            self.tensors = {}
            self.output_versions = ()


def share_versions(result: TensorBase, args: tuple[Any, ...]) -> None:
    """If `result` is a view of an argument, count changes of their memory together."""
    base = result.array.base
    if base is not None:
        for argument in args:
            if isinstance(argument, TensorBase):
                array = argument.array
                if base is array or base is array.base:
                    result._share_version(argument)


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
