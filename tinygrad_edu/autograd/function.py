"""`Function`: a user's own op, written as in PyTorch.

It works one level above `Op`: `forward` and `backward` are given tensors, and `ctx` is the node
itself, so what a user puts on it is there again in `backward`::

    class Square(Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        def backward(ctx, grad_output):
            (x,) = ctx.saved_tensors
            return 2 * x * grad_output

    y = Square.apply(x)

A Function may also change an argument in place and return it. It says so by ``ctx.mark_dirty(x)``,
and from then on `x` itself is its output, with the history that goes with that.
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from .grad_mode import grad_mode, no_grad, set_grad_enabled
from .graph import (
    NO_EDGE,
    Array,
    Edge,
    Node,
    NoEdge,
    TensorBase,
    freed_error,
    gradient_edge,
    modified_in_place,
    output_of,
    sequence_numbers,
    set_history,
    wrap,
)


class FunctionCtx(Node):
    """The node of a user's `Function`, which its `forward` and `backward` know as ``ctx``.

    Attributes
    ----------
    needs_input_grad : tuple of bool
        For each argument of `apply`, whether its gradient is wanted.
    """

    function: ClassVar[type[Function]]
    needs_input_grad: tuple[bool, ...]

    def __init__(self) -> None:
        super().__init__()
        self._to_save: tuple[Any, ...] = ()
        self._saved: list[tuple[Any, Any]] | None = []
        self._without_gradient: set[int] = set()
        self._dirty: tuple[TensorBase, ...] = ()
        self._views: list[tuple[int, list[int], int]] = []  # outputs that are views of arguments
        self._tensor_positions: list[int] = []

    def save_for_backward(self, *tensors: TensorBase | None) -> None:
        """Keep tensors for `backward`, which finds them in ``ctx.saved_tensors``."""
        for tensor in tensors:
            if not (tensor is None or isinstance(tensor, TensorBase)):
                raise TypeError(
                    f"save_for_backward can only save variables, but argument is of type "
                    f"{type(tensor).__name__}"
                )
        self._to_save = tensors

    @property
    def saved_tensors(self) -> tuple[Any, ...]:
        """What `save_for_backward` was given.

        Raises
        ------
        RuntimeError
            If a backward pass has freed it, or a tensor was changed in place since.
        """
        if self._saved is None:
            raise freed_error()
        tensors = []
        for tensor, version in self._saved:
            if isinstance(tensor, int):  # the number of an output; its array, counter and version
                array, counter, count = version
                if counter[0] != count:
                    kind = array.shape, array.dtype
                    raise modified_in_place(kind, self, tensor, counter[0], count)
                tensors.append(output_of(self, tensor, array))
                continue
            if tensor is not None and tensor._version != version:
                kind, node = (tensor.array.shape, tensor.array.dtype), tensor.grad_fn
                raise modified_in_place(kind, node, tensor.output_nr, tensor._version, version)
            tensors.append(tensor)
        return tuple(tensors)

    def mark_non_differentiable(self, *tensors: TensorBase) -> None:
        """Say that these outputs have no gradient."""
        self._without_gradient = {id(t) for t in tensors}

    def mark_dirty(self, *tensors: TensorBase) -> None:
        """Say that `forward` changes these arguments in place; it must return all of them.

        Each is then an output itself, and no copy of one. It may be no leaf that requires a
        gradient and, if it is a view, it must be the only output.
        """
        for position, tensor in enumerate(tensors):
            if not isinstance(tensor, TensorBase):
                raise RuntimeError(
                    f"mark_dirty can only accept variables, but argument {position} is of type "
                    f"{type(tensor).__name__}"
                )
        self._dirty = tensors

    def set_materialize_grads(self, value: bool) -> None:
        """Whether `backward` gets zeros (True, the default) or None for outputs nobody used."""
        self.materialize_grads = value

    def _as_output(self, argument: Any, recording: bool) -> Any:
        """An argument that `forward` returned, as the output: if it was changed in place, it
        itself; if not, a tensor of its own, as in PyTorch."""
        if not isinstance(argument, TensorBase):
            return argument
        has_gradient = recording and id(argument) not in self._without_gradient
        if has_gradient or not argument._requires_grad:
            return argument if among(argument, self._dirty) else alias(argument)
        output = wrap(argument.array)  # it keeps its history, and this has none
        output._versions = argument._versions
        self._without_gradient.add(id(output))
        return output

    def _record(self, args: Sequence[Any], outputs: Sequence[Any]) -> None:
        """Become the node behind `outputs`."""
        self._tensor_positions = [i for i, a in enumerate(args) if isinstance(a, TensorBase)]
        self.next_functions = tuple(
            gradient_edge(args[i]) if args[i]._requires_grad else NO_EDGE
            for i in self._tensor_positions
        )
        self.sequence_nr = next(sequence_numbers)
        self.metadata = tuple(
            (o.array.shape, o.array.dtype) if isinstance(o, TensorBase) else None for o in outputs
        )
        counters = [args[i]._versions for i in self._tensor_positions]
        changed = [tensor for tensor in self._dirty if among(tensor, args)]
        for number, output in enumerate(outputs):
            if self.metadata[number] is None or id(output) in self._without_gradient:
                continue
            if output.array.dtype.kind == "f" and among(output, changed):
                output._become_output(self, number, len(outputs))
            else:
                set_history(output, self, number)
                if any(output._versions is counter for counter in counters):
                    self._views.append((number, output._versions, output._version))

    def _keep(self, outputs: Sequence[Any]) -> None:
        """Keep what was saved; of an output only the array, for the tensor would be a cycle."""
        numbers = {id(output): number for number, output in enumerate(outputs)}
        self._saved = [
            (numbers[id(t)], (t.array, t._versions, t._versions[0]))
            if id(t) in numbers
            else (t, None if t is None else t._version)
            for t in self._to_save
        ]
        self._to_save = ()

    def backward(
        self, grads: Sequence[Array], edges: Sequence[Edge | NoEdge], create_graph: bool
    ) -> list[Array]:
        for number, counter, count in self._views:
            if counter[0] != count:
                raise modified_in_place(self.metadata[number], self, number, counter[0], count)
        tensors = [g if g is None or isinstance(g, TensorBase) else wrap(g) for g in grads]
        with set_grad_enabled(create_graph):
            results = self.function.backward(self, *tensors)
        results = results if isinstance(results, tuple) else (results,)
        if any(r is not None for r in results[len(self.needs_input_grad) :]) or len(results) < len(
            self.needs_input_grad
        ):
            raise RuntimeError(
                f"function {self.name()} returned an incorrect number of gradients (expected "
                f"{len(self.needs_input_grad)}, got {len(results)})"
            )
        for result in results:
            if not (result is None or isinstance(result, TensorBase)):
                raise RuntimeError(
                    f"function {self.name()} must return a Tensor or None for each argument, but "
                    f"got {type(result).__name__}"
                )
        for i, result in enumerate(results):
            if result is not None and i not in self._tensor_positions:
                raise RuntimeError(
                    f"function {self.name()} returned a gradient different than None at position "
                    f"{i + 1}, but the corresponding forward input was not a tensor"
                )
        wanted = [results[i] for i in self._tensor_positions]
        return [r if r is None or create_graph else r.array for r in wanted]

    def release(self) -> None:
        if self._saved:
            self._saved = None

    def __repr__(self) -> str:
        return f"<torch.autograd.function.{type(self).__name__} object at {id(self):#x}>"


class Function:
    """Base of a user's own differentiable ops.

    A subclass defines the static methods ``forward(ctx, *args)`` and
    ``backward(ctx, *grad_outputs)``, and is called by ``apply(*args)``. `backward` returns one
    gradient for each argument of `forward`; None where there is none. As in PyTorch, `forward` may
    also be written without `ctx`, with a separate ``setup_context(ctx, inputs, output)``.
    """

    setup_context: ClassVar[Callable[..., Any] | None] = None
    _node_type: ClassVar[type[FunctionCtx]] = FunctionCtx

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Warn: nothing is to be done with an instance."""
        warnings.warn(
            f"{type(self)} should not be instantiated. Methods on autograd functions are all "
            "static, so you should invoke them on the class itself. Instantiating an autograd "
            "function will raise an error in a future version of PyTorch.",
            DeprecationWarning,
            stacklevel=2,
        )

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Refuse what was the way once.

        Raises
        ------
        RuntimeError
            Always.
        """
        raise RuntimeError(
            "Legacy autograd function with non-static forward method is deprecated. Please use "
            f"new-style autograd function with static forward method: {type(self).__name__}.apply"
        )

    @staticmethod
    def forward(*args: Any) -> Any:
        """The outputs, given `ctx` and the arguments."""
        raise NotImplementedError(
            "You must implement the forward function for custom autograd.Function."
        )

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Any) -> Any:
        """The gradients of the arguments of `forward`, given those of its outputs."""
        raise NotImplementedError(
            "You must implement either the backward or vjp method for your custom "
            "autograd.Function to use it with backward mode AD."
        )

    def __init_subclass__(cls) -> None:
        cls._node_type = type(f"{cls.__name__}Backward", (FunctionCtx,), {"function": cls})

    @classmethod
    def apply(cls, *args: Any) -> Any:
        """Run `forward`, and record it if an argument requires a gradient.

        Returns
        -------
        Whatever `forward` returned: a tensor, or a tuple.
        """
        ctx = cls._node_type()
        ctx.needs_input_grad = tuple(isinstance(a, TensorBase) and a._requires_grad for a in args)
        with no_grad():
            if cls.setup_context is None:
                returned = cls.forward(ctx, *args)
            else:
                returned = cls.forward(*args)
                cls.setup_context(ctx, args, returned)
        several = isinstance(returned, tuple)
        raw = returned if several else (returned,)
        for tensor in ctx._dirty:
            tensor._version += 1
            if not among(tensor, raw):
                raise RuntimeError(
                    "Some elements marked as dirty during the forward method were not returned as "
                    "output. The inputs that are modified inplace must all be outputs of the "
                    "Function."
                )
        recording = grad_mode.enabled and any(ctx.needs_input_grad)
        outputs = [ctx._as_output(o, recording) if among(o, args) else o for o in raw]
        if recording:
            ctx._record(args, outputs)
            ctx._keep(outputs)
        ctx._dirty = ()
        return tuple(outputs) if several else outputs[0]


def among(value: Any, others: Sequence[Any]) -> bool:
    """Whether this very object is one of `others`; to compare tensors by ``==`` would compute."""
    return any(value is other for other in others)


def alias(tensor: TensorBase) -> Any:
    """A view of the whole of an argument, to be the output; it may not be changed in place."""
    result = wrap(tensor.array)
    result._versions = tensor._versions
    result._base = tensor if tensor._base is None else tensor._base
    result._made_by, result._made_at = "function", tensor._versions[0]
    return result


def once_differentiable(backward: Callable[..., Any]) -> Callable[..., Any]:
    """Declare that a `backward` has no derivative of its own: asking for one is an error."""

    @functools.wraps(backward)
    def without_graph(ctx: FunctionCtx, *grads: Any) -> Any:
        recording = grad_mode.enabled and any(
            isinstance(g, TensorBase) and g._requires_grad for g in grads
        )
        with no_grad():
            results = backward(ctx, *grads)
        if not recording:
            return results
        results = results if isinstance(results, tuple) else (results,)
        return tuple(r if r is None else _NoSecondDerivative.apply(r, *grads) for r in results)

    return without_graph


class _NoSecondDerivative(Function):
    @staticmethod
    def forward(ctx: FunctionCtx, result: Any, *grads: Any) -> Any:
        return wrap(result.array)

    @staticmethod
    def backward(ctx: FunctionCtx, *grads: Any) -> Any:
        raise RuntimeError(
            "trying to differentiate twice a function that was marked with @once_differentiable"
        )
