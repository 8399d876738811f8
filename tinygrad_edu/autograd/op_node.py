"""What a recorded call of an op leaves behind: a node that has kept what its derivatives read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from .graph import (
    AccumulateGrad,
    Array,
    Edge,
    Node,
    NoEdge,
    TensorBase,
    freed_error,
    modified_in_place,
    output_of,
)
from .half import HALF, widened

if TYPE_CHECKING:
    from ..tensor import Tensor
    from .op import Op


class Derivative(NamedTuple):
    """The derivative of an op for one argument.

    Attributes
    ----------
    function : callable
        The method ``d_...`` of the op.
    reads : tuple of str
        The names of its parameters after the first.
    position : int
        Which argument of `forward` it is for.
    """

    function: Callable[..., Array]
    reads: tuple[str, ...]
    position: int


#: The nodes that PyTorch names with their namespace.
WITH_NAMESPACE = ("CopySlices", "CopyBackwards", "NotImplemented")


class OpNode(Node):
    """A recorded call of an `Op`.

    Attributes
    ----------
    op : type of Op
        Which.
    frees : bool
        Whether it has saved arrays, and not only shapes and options.
    rules : tuple of Derivative
        One for each of `next_functions`.
    saved : dict or None
        What the derivatives read, by name; None once a backward pass has freed it.
    tensors : dict
        By name, the tensors whose arrays were saved.
    versions : tuple of (list of int, int)
        For each array that was saved the counter of its changes in place, and what it showed.
    compute_again : callable, optional
        Puts back `saved`, `tensors` and `versions`, which were dropped: see ``utils.checkpoint``.
    """

    op: ClassVar[type[Op]]
    frees: ClassVar[bool]
    rules: tuple[Derivative, ...]
    saved: dict[str, Any] | None
    tensors: dict[str, TensorBase]
    versions: tuple[tuple[list[int], int], ...]
    compute_again: Callable[[], None] | None = None  # of one whose `saved` a checkpoint dropped

    def backward(
        self, grads: Sequence[Array], edges: Sequence[Edge | NoEdge], create_graph: bool
    ) -> list[Array]:
        saved = self.saved
        if saved is None:
            saved = self._saved_again()
        for counter, count in self.versions:
            if counter[0] != count:
                raise self._modified(counter, count)
        if create_graph:
            saved = self._as_tensors(saved)
        op = self.op
        grad = tuple(grads) if op.takes_all_grads else grads[0]
        if op.widens and self.metadata[0][1] == HALF:
            grad = tuple(map(widened, grad)) if op.takes_all_grads else widened(grad)
            saved = {name: widened(x) for name, x in saved.items()}
        variadic = op.variadic
        if variadic is not None:
            saved = saved.copy()  # into which `position` goes
        read = saved.__getitem__
        results: list[Array] = []
        for index, (function, reads, position) in enumerate(self.rules):
            if edges[index][0] is None:
                results.append(None)
                continue
            if variadic is not None:
                saved["position"] = position - op.parameters[variadic]
            results.append(function(grad, *map(read, reads)))
        return results

    def _saved_again(self) -> dict[str, Any]:
        if self.compute_again is not None:
            self.compute_again()
        if self.saved is None:
            raise freed_error()
        return self.saved

    def _as_tensors(self, saved: dict[str, Any]) -> dict[str, Any]:
        """What was saved, with tensors in their place in the graph instead of arrays."""
        names = list(self.op.parameters)
        for rule, (argument, _) in zip(self.rules, self.next_functions, strict=True):
            tensor = self.tensors.get(names[min(rule.position, len(names) - 1)])
            computed = argument is not None and not isinstance(argument, AccumulateGrad)
            if computed and tensor is not None and tensor.grad_fn is None:
                raise RuntimeError(
                    "Trying to use a saved tensor that has been detached in-place, i.e. with "
                    ".detach_(): use out-of-place .detach() instead"
                )
        outputs = {
            name: output_of(self, number, saved[name])
            for number, name in enumerate(self.op.outputs)
            if name in saved
        }
        return {**saved, **self.tensors, **outputs}

    def _modified(self, counter: list[int], count: int) -> RuntimeError:
        """The error for what `counter` counts the changes of."""
        for tensor in self.tensors.values():
            if tensor._versions is counter:
                kind = tensor.array.shape, tensor.array.dtype
                return modified_in_place(kind, tensor.grad_fn, tensor.output_nr, counter[0], count)
        return modified_in_place(self.metadata[0], self, 0, counter[0], count)

    def name(self) -> str:
        own = type(self).__name__
        return f"torch::autograd::{own}" if own in WITH_NAMESPACE else own

    def release(self) -> None:
        # Shapes and options cost nothing to keep, and PyTorch lets such nodes run again.
        if self.frees or self.versions:
            self.saved = None
            self.tensors = {}
            self.versions = ()


def watched(result: Tensor, *tensors: Any, reads: str = "") -> Tensor:
    """`result`, just computed by an op, whose backward pass is now refused if one of `tensors` is
    changed in place before it.

    That is so anyway for the tensors whose arrays an op has saved. This is for others, which
    PyTorch saves, where here a copy is, or nothing; and for the result itself.

    Parameters
    ----------
    result : Tensor
    *tensors : object
        What is no tensor is passed over.
    reads : str, optional
        Only if the derivatives that were recorded read what has this name.
    """
    node = result.grad_fn
    if isinstance(node, OpNode) and node.saved is not None and (not reads or reads in node.saved):
        found = [t for t in tensors if isinstance(t, TensorBase)]
        node.versions += tuple([(t._versions, t._versions[0]) for t in found])
    return result
