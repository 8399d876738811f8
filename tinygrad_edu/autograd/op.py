"""What an op is, and how a call of one is run and recorded.

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

A derivative is written as PyTorch's own table of derivatives, ``derivatives.yaml``, writes it:
`d_x` takes the gradient of the loss with respect to the op's output and multiplies it by the op's
derivative with respect to the argument `x`. **The names of its other parameters say what it
reads**: arguments of `forward`, its output (`out`), or only an argument's shape (`x_shape`). What
is read is kept for the backward pass; nothing else is, and nothing at all for arguments that need
no gradient.
A parameter of `forward` annotated `Array` is an array, or None, where the op lets it be left out;
any other is an option, such as a dimension. Of the arrays, those that have a derivative take part
in promotion, or all, if the op has no derivative. Of ``forward(*xs)``, `d_xs` runs once for each,
and may read `position`, which it is.

`Op.apply` does what all ops share: it takes the arrays out of the tensors, brings them to one
dtype, runs `forward`, wraps the result, and, where an argument requires a gradient, records a
`Node`. Nodes point back to the nodes of their arguments; that is the graph which `engine` walks.

A derivative receives arrays while training. Under ``create_graph=True`` the same lines receive
tensors, which record what is done with them; so every derivative has a derivative. It therefore
uses only what both understand: operators, methods, NumPy functions, and `Op.call`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple

import numpy as np

from ..dtypes import old_name, promote
from ..signatures import parameters_of
from .broadcasting import broadcast_error
from .grad_mode import grad_mode
from .graph import (
    NO_EDGE,
    Array,
    TensorBase,
    gradient_edge,
    sequence_numbers,
    set_history,
    wrap,
)
from .half import HALF, rounded_once
from .op_node import Derivative, OpNode
from .quiet import quietly
from .views import note_view

if TYPE_CHECKING:
    from ..tensor import Tensor


class Plan(NamedTuple):
    """What is recorded of a call in which certain arguments require a gradient.

    Attributes
    ----------
    node_type : type of OpNode
        What kind of node.
    rules : tuple of Derivative
        The derivatives for all arguments that could have a gradient.
    sources : tuple of (int or None)
        The position of each of these arguments; None if it requires no gradient.
    inputs, outputs : tuple of (str, int)
        The arguments and outputs that the derivatives will read, with their places among these.
    shapes : tuple of (str, int or slice)
        The arguments of which they will read the shape.
    """

    node_type: type[OpNode]
    rules: tuple[Derivative, ...]
    sources: tuple[int | None, ...]
    inputs: tuple[tuple[str, int], ...]
    outputs: tuple[tuple[str, int], ...]
    shapes: tuple[tuple[str, int | slice], ...]


class Op:
    """Base of all ops; see the module's text for how one is written.

    Attributes
    ----------
    promotes : None, "common" or "float"
        How arguments come to one dtype: not at all; by PyTorch's promotion; or by promotion with
        integers turned to the default floating point type.
    kinds : str
        The kinds of dtype it takes, as NumPy abbreviates them: "iuf" is all but bools. Empty: all.
    kernel : str
        PyTorch's name for it in the error for another dtype.
    outputs : tuple of str
        The names by which derivatives read what `forward` returned. Where that is a tuple, a
        derivative's first parameter is named `grads`, and is the tuple of their gradients.
    node_name : str
        PyTorch's name for the recorded node, where it is not the class's with "Backward0" behind.
    materialize_grads : bool
        Whether a derivative gets zeros for an output that nobody used, and not None.
    widens : bool
        Whether float16 is computed in float32, and rounded once, at the end: for ops of
        several steps.
    keeps_number : bool
        Whether, beside float16, a second operand of one element is not rounded to float16, but
        to the float32 in which the op computes.
    """

    promotes: ClassVar[Literal["common", "float"] | None] = None
    kinds: ClassVar[str] = ""
    kernel: ClassVar[str] = ""
    outputs: ClassVar[tuple[str, ...]] = ("out",)
    node_name: ClassVar[str] = ""
    materialize_grads: ClassVar[bool] = True
    widens: ClassVar[bool] = False
    keeps_number: ClassVar[bool] = False

    # Found out from the methods, once for each class:
    forward: ClassVar[Callable[..., Any]]
    parameters: ClassVar[dict[str, int]]  # of forward: name -> position
    variadic: ClassVar[str | None]  # the name of its *parameter
    rules: ClassVar[tuple[Derivative, ...]]
    takes_all_grads: ClassVar[bool]  # whether derivatives take the gradients of all outputs
    arrays: ClassVar[frozenset[str]]  # what is an array, and no shape or option, by its name
    promoted: ClassVar[tuple[int, ...] | None]  # positions that are promoted; None for all

    def __init_subclass__(cls) -> None:
        if not hasattr(cls, "forward"):
            return  # what several ops have in common, and no op itself
        names, cls.variadic, annotations = parameters_of(cls.forward)
        if not all(isinstance(annotation, str) for annotation in annotations.values()):
            raise TypeError(
                f"the module of {cls.__name__} must begin with `from __future__ import "
                "annotations`: the annotation `Array` is read as it is written"
            )
        cls.parameters = {name: position for position, name in enumerate(names)}
        arrays = [name for name in names if annotations.get(name) == "Array"]
        methods = {name: getattr(cls, f"d_{name}", None) for name in names}
        firsts = [parameters_of(d).names[0] for d in methods.values() if d]
        cls.takes_all_grads = "grads" in firsts
        cls.rules = tuple(cls._derivative(name, d) for name, d in methods.items() if d)
        cls.arrays = frozenset((*arrays, *cls.outputs))
        differentiable = {d.position for d in cls.rules}
        promoted = [cls.parameters[n] for n in arrays]
        promoted = [p for p in promoted if p in differentiable or not differentiable]
        cls.promoted = None if len(promoted) == len(names) else tuple(promoted)

    @classmethod
    def _derivative(cls, argument: str, function: Callable[..., Array]) -> Derivative:
        reads = parameters_of(function).names[1:]
        known = [*cls.parameters, *cls.outputs, *(f"{name}_shape" for name in cls.parameters)]
        known += ["position"] if argument == cls.variadic else []
        for name in reads:
            if name not in known:
                raise TypeError(
                    f"{cls.__name__}.d_{argument} reads {name!r}, which is none of what it can "
                    f"know: {', '.join(known)}"
                )
        return Derivative(function, reads, cls.parameters[argument])

    @classmethod
    def apply(cls, *args: Any) -> Tensor:
        """Run the op on tensors, arrays and options, and record it if a gradient is wanted."""
        values = cls._values(args)
        result = wrap(cls._compute(values))
        array = result.array
        if array.base is not None:  # it may be the memory of an argument
            note_view(result, args)
        if grad_mode.enabled:
            node = cls._record(args, values, (result,))
            if node is not None:
                node.metadata = ((array.shape, array.dtype),)
                set_history(result, node)
        return result

    @classmethod
    def apply_all(cls, *args: Any) -> tuple[Tensor, ...]:
        """The same for an op whose `forward` returns a tuple."""
        values = cls._values(args)
        results = tuple(map(wrap, cls._compute(values)))
        for result in results:
            note_view(result, args, several=True)
        if grad_mode.enabled:
            node = cls._record(args, values, results)
            if node is not None:
                node.metadata = tuple([(r.array.shape, r.array.dtype) for r in results])
                for number, result in enumerate(results):
                    set_history(result, node, number)
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
            if cls.widens and getattr(values[0], "dtype", None) == HALF:
                return quietly(rounded_once, cls.forward, values)
            return quietly(cls.forward, *values)
        except ValueError as error:
            raise cls.explain(values, error) from None

    @classmethod
    def _check_kinds(cls, values: list[Any]) -> None:
        for value in values:
            if isinstance(value, np.ndarray) and value.dtype.kind not in cls.kinds:
                words = f'"{cls.kernel or cls.__name__}" not implemented for'
                raise NotImplementedError(f"{words} '{old_name(value.dtype)}'")

    @classmethod
    def _promote(cls, values: list[Any]) -> list[Any]:
        to_float = cls.promotes == "float"
        if cls.promoted is None:
            return promote(values, to_float, cls.keeps_number)
        positions: Sequence[int] = cls.promoted
        if cls.variadic is not None:
            positions = range(cls.parameters[cls.variadic], len(values))
        together = promote([values[i] for i in positions], to_float, cls.keeps_number)
        for position, value in zip(positions, together, strict=True):
            values[position] = value
        return values

    @classmethod
    def _record(
        cls, args: tuple[Any, ...], values: list[Any], results: tuple[TensorBase, ...]
    ) -> OpNode | None:
        """The node of a call, if any argument with a derivative requires a gradient.

        Parameters
        ----------
        args : tuple
            The arguments as they were given, tensors among them.
        values : list
            The arguments as `forward` got them.
        results : tuple of Tensor
            The outputs.
        """
        wanted = tuple([isinstance(a, TensorBase) and a._requires_grad for a in args])
        plan = cls._plan(wanted) if True in wanted else None
        if plan is None:
            return None
        node = plan.node_type()
        node.saved, node.tensors = saved, tensors = {}, {}
        versions = []
        for name, place in plan.inputs:
            saved[name] = values[place]
            tensor = args[place]
            if isinstance(tensor, TensorBase):
                tensors[name] = tensor
                versions.append((tensor._versions, tensor._versions[0]))
        for name, place in plan.outputs:
            result = results[place]
            saved[name] = result.array  # only that: a node that held its output would be a cycle
            versions.append((result._versions, result._versions[0]))
        for name, places in plan.shapes:
            value = values[places]
            saved[name] = tuple(map(np.shape, value)) if isinstance(value, list) else value.shape
        node.versions = tuple(versions)
        node.rules = plan.rules
        node.next_functions = tuple(
            [NO_EDGE if place is None else gradient_edge(args[place]) for place in plan.sources]
        )
        node.sequence_nr = next(sequence_numbers)
        return node

    @classmethod
    @functools.cache
    def _node_type(cls, frees: bool) -> type[OpNode]:
        """The class of its nodes, under PyTorch's name; made when a call is first recorded.

        `frees` says whether they have saved arrays, which a backward pass frees.
        """
        name = cls.node_name or f"{cls.__name__}Backward0"
        own = {"op": cls, "__doc__": cls.__doc__, "materialize_grads": cls.materialize_grads}
        own["__module__"] = "builtins"  # so that its type prints as <class 'AddBackward0'>
        return type(name, (OpNode,), own | {"frees": frees})

    @classmethod
    @functools.lru_cache(maxsize=4096)
    def _plan(cls, wanted: tuple[bool, ...]) -> Plan | None:
        """What to record, by which of the arguments require a gradient; worked out once."""
        count = len(wanted)
        last = len(cls.parameters) - 1
        rules: list[Derivative] = []
        for rule in cls.rules:  # that for *arguments stands once for each of them
            repeated = cls.variadic is not None and rule.position == last
            positions = range(last, count) if repeated else [rule.position]
            rules += [rule._replace(position=position) for position in positions]
        if not any(wanted[rule.position] for rule in rules):
            return None
        names = {name for rule in rules if wanted[rule.position] for name in rule.reads}
        places: dict[str, int | slice] = dict(cls.parameters)
        if cls.variadic is not None:
            places[cls.variadic] = slice(last, count)
        return Plan(
            node_type=cls._node_type(not names.isdisjoint(cls.arrays)),
            rules=tuple(rules),
            sources=tuple(r.position if wanted[r.position] else None for r in rules),
            inputs=tuple((n, p) for n, p in cls.parameters.items() if n in names),
            outputs=tuple((n, i) for i, n in enumerate(cls.outputs) if n in names),
            shapes=tuple((f"{n}_shape", p) for n, p in places.items() if f"{n}_shape" in names),
        )
