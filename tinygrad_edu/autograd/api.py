"""`backward` and `grad`: the two ways to ask for gradients."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from ..advice import advised
from ..once import warn_once
from .anomaly import looked_after
from .engine import Step, accumulate, backward_pass
from .grad_mode import anomaly_mode
from .gradients import copied
from .graph import AccumulateGrad, Array, Edge, TensorBase, gradient_edge, leaf_edge, wrap

if TYPE_CHECKING:
    from ..tensor import Tensor

Tensors: TypeAlias = "Tensor | Iterable[Tensor]"


def backward(
    tensors: Tensors,
    grad_tensors: Tensor | Sequence[Tensor | None] | None = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    inputs: Tensors | None = None,
) -> None:
    """Add to the ``grad`` of every leaf the gradient of `tensors` with respect to it.

    Parameters
    ----------
    tensors : Tensor or iterable of Tensor
        What to differentiate.
    grad_tensors : Tensor or iterable of Tensor, optional
        The gradient with respect to each of `tensors`, of the same shape. May be left out for a
        tensor of one element, whose gradient is then 1.
    retain_graph : bool, optional
        Whether another backward pass may follow through the same graph; by default `create_graph`.
    create_graph : bool
        Whether the gradients get a graph of their own, and so can be differentiated again.
    inputs : Tensor or iterable of Tensor, optional
        Only these receive a gradient.

    Raises
    ------
    RuntimeError
        If a tensor has no graph, if it has several elements and no gradient is given, if shapes
        differ, or if what the graph had saved was already freed.
    """
    steps = backward_steps(tensors, grad_tensors, retain_graph, create_graph, inputs)
    with np.errstate(all="ignore"):
        for _step in steps:
            pass


def backward_steps(
    tensors: Tensors,
    grad_tensors: Tensor | Sequence[Tensor | None] | None,
    retain_graph: bool | None,
    create_graph: bool,
    inputs: Tensors | None,
) -> Iterator[Step]:
    """The steps of a `backward`, of which nothing has run yet.

    Whoever takes them turns NumPy's floating point warnings off meanwhile. (Not by `quietly`: hooks
    and users' functions run inside, and must see their own context variables, which the quiet
    context has not.)
    """
    roots, grads = _seeds(_sequence(tensors), grad_tensors, create_graph)
    if create_graph:
        warn_once(
            "Using backward() with create_graph=True will create a reference cycle between the "
            "parameter and its gradient which can cause a memory leak. We recommend using "
            "autograd.grad when creating the graph to avoid this. If you have to use this "
            "function, make sure to reset the .grad fields of your parameters to None after use "
            "to break the cycle and avoid the leak.",
            stacklevel=3,
        )
    targets = None if inputs is None else _sequence(inputs)
    if targets is None:
        return _steps(roots, grads, retain_graph, create_graph, None)
    if not targets:
        raise RuntimeError("'inputs' argument to backward() cannot be empty.")
    _check_wanted(targets)
    for target in targets:
        target.retain_grad()  # of which leaves take no notice
    captured: dict[Edge, Array] = dict.fromkeys(map(_edge_of, targets))
    steps = _steps(roots, grads, retain_graph, create_graph, captured)
    return _accumulated(steps, targets, captured)


def _accumulated(
    steps: Iterator[Step], targets: Sequence[Any], captured: dict[Edge, Array]
) -> Iterator[Step]:
    """A pass after which `targets` have got what was `captured` for them."""
    yield from steps
    for target in dict.fromkeys(targets):
        edge = _edge_of(target)
        if isinstance(edge[0], AccumulateGrad) and captured[edge] is not None:
            accumulate(edge[0], [copied(captured[edge])])


def grad(
    outputs: Tensors,
    inputs: Tensors,
    grad_outputs: Tensor | Sequence[Tensor | None] | None = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    only_inputs: bool = True,
    allow_unused: bool | None = None,
    is_grads_batched: bool = False,
    materialize_grads: bool = False,
) -> tuple[Any, ...]:
    """The gradients of `outputs` with respect to `inputs`, returned; no ``grad`` changes.

    Parameters
    ----------
    outputs : Tensor or iterable of Tensor
        What to differentiate; several count as their sum.
    inputs : Tensor or iterable of Tensor
        With respect to what.
    grad_outputs : Tensor or iterable of Tensor, optional
        As in `backward`.
    retain_graph, create_graph : bool
        As in `backward`.
    only_inputs, is_grads_batched : bool
        For PyTorch's signature; no other values than these.
    allow_unused : bool, optional
        Whether an input on which the outputs do not depend is no error but gives None; by default
        what `materialize_grads` is.
    materialize_grads : bool
        Whether such an input gives zeros.

    Returns
    -------
    tuple of Tensor

    Raises
    ------
    RuntimeError
        As in `backward`; or if an input requires no gradient, or is unused without
        `allow_unused`.
    ValueError
        If `materialize_grads` is set and `allow_unused` is False.
    """
    if is_grads_batched or not only_inputs:
        raise NotImplementedError("grad: is_grads_batched=True, or only_inputs=False")
    if materialize_grads and allow_unused is False:
        raise ValueError(
            "Expected allow_unused to be True or not passed when materialize_grads=True"
        )
    targets = _sequence(inputs)
    if not targets:
        raise RuntimeError("`inputs` argument to `grad()` cannot be empty.")
    _check_wanted(targets)
    roots, grads = _seeds(_sequence(outputs), grad_outputs, create_graph)
    captured: dict[Edge, Array] = dict.fromkeys(map(_edge_of, targets))
    steps = _steps(roots, grads, retain_graph, create_graph, captured)
    with np.errstate(all="ignore"):
        for _step in steps:
            pass
    results: list[Tensor | None] = []
    for position, target in enumerate(targets):
        gradient = captured[_edge_of(target)]
        if gradient is None and materialize_grads:
            gradient = np.zeros_like(target.array)
        if gradient is None and not allow_unused:
            raise RuntimeError(
                f"The differentiated Tensor at index {position} appears to not have been used in "
                "the graph. Set allow_unused=True if this is the desired behavior."
            )
        wrapped = gradient is None or isinstance(gradient, TensorBase)
        results.append(gradient if wrapped else wrap(gradient))
    return tuple(results)


def _steps(
    roots: Sequence[Edge],
    grads: Sequence[Array],
    retain_graph: bool | None,
    create_graph: bool,
    captured: dict[Edge, Array] | None,
) -> Iterator[Step]:
    """The engine's pass; in anomaly mode with a look at each step."""
    retain = create_graph if retain_graph is None else retain_graph
    steps = backward_pass(
        roots, grads, retain_graph=retain, create_graph=create_graph, captured=captured
    )
    return looked_after(steps) if anomaly_mode.enabled else steps


def _check_wanted(targets: Sequence[Any]) -> None:
    for target in targets:
        if not target._requires_grad:
            raise RuntimeError("One of the differentiated Tensors does not require grad")


def _sequence(tensors: Any) -> Sequence[Any]:
    return (tensors,) if isinstance(tensors, TensorBase) else tuple(tensors)


def _seeds(
    tensors: Sequence[Any], given: Any, create_graph: bool
) -> tuple[list[Edge], list[Array]]:
    """Where the pass starts, and with which gradients."""
    gradients = [None] * len(tensors) if given is None else _sequence(given)
    if len(gradients) < len(tensors):  # PyTorch does not look at more
        raise RuntimeError(f"got {len(tensors)} tensors and {len(gradients)} gradients")
    seeds = []
    for number, tensor in enumerate(tensors):
        if not tensor._requires_grad:
            raise RuntimeError(
                f"element {number} of tensors does not require grad and does not have a grad_fn"
            )
        gradient = gradients[number]
        if gradient is None:
            if tensor.array.size != 1:
                raise advised(
                    RuntimeError("grad can be implicitly created only for scalar outputs"),
                    f"This one has the shape {list(tensor.array.shape)}: pass a gradient, or "
                    "reduce it with .sum() or .mean().",
                )
            gradient = wrap(np.array(1, tensor.array.dtype).reshape(tensor.array.shape))
        elif not isinstance(gradient, TensorBase):
            raise TypeError(
                f"gradients can be either Tensors or None, but got {type(gradient).__name__}"
            )
        elif gradient.array.shape != tensor.array.shape:
            raise RuntimeError(
                f"Mismatch in shape: grad_output[{number}] has a shape of "
                f"torch.Size({list(gradient.array.shape)}) and output[{number}] has a shape of "
                f"torch.Size({list(tensor.array.shape)})."
            )
        seeds.append(gradient if create_graph else gradient.array)
    return [_root(number, tensor) for number, tensor in enumerate(tensors)], seeds


def _root(number: int, tensor: TensorBase) -> Edge:
    node, output = gradient_edge(tensor)
    if node is None:
        raise RuntimeError(
            f"element {number} of tensors is a view made under no_grad: it does not require grad "
            "by itself and does not have a grad_fn"
        )
    return node, output


def _edge_of(tensor: TensorBase) -> Edge:
    """Where a gradient of `tensor` would arrive, even if none does."""
    node, number = gradient_edge(tensor)
    return leaf_edge(tensor) if node is None else (node, number)
