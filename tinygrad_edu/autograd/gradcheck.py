"""Derivatives checked against finite differences, of the first order and of the second.

The derivative of f in the direction of one input element is ``(f(x + eps) - f(x - eps)) / 2 eps``
up to an error of the order of eps^2 (the central difference). A column of the Jacobian found so is
compared with the one that backward passes give.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .api import grad
from .graph import Array, TensorBase, wrap

if TYPE_CHECKING:
    from ..tensor import Tensor


class GradcheckError(RuntimeError):
    """An analytical derivative differs from the numerical one."""


def gradcheck(
    func: Callable[..., Any],
    inputs: Tensor | Sequence[Any],
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
) -> bool:
    """Check the gradients of `func` at `inputs` against finite differences.

    Parameters
    ----------
    func : callable
        Takes the inputs, and returns a tensor or a tuple of tensors.
    inputs : Tensor or sequence
        Those tensors among them that require a gradient are checked; they should be float64, for
        which the tolerances are made.
    eps : float
        The step of the differences.
    atol, rtol : float
        An element passes if ``|analytical - numerical| <= atol + rtol * |numerical|``.
    raise_exception : bool
        Whether a failure raises, or only returns False.

    Returns
    -------
    bool

    Raises
    ------
    GradcheckError
        Where a derivative is wrong, saying which.
    ValueError
        If no input requires a gradient.
    """
    given = (inputs,) if isinstance(inputs, TensorBase) else tuple(inputs)
    checked = [x for x in given if isinstance(x, TensorBase) and x._requires_grad]
    if not checked:
        raise ValueError(
            "gradcheck expects at least one input tensor to require gradient, but none of them "
            "have requires_grad=True."
        )
    for o, _ in enumerate(_outputs(func, given)):
        for i, x in enumerate(checked):
            analytical = _analytical(func, given, x, o)
            numerical = _numerical(func, given, x, o, eps)
            if np.allclose(analytical, numerical, rtol, atol, equal_nan=True):
                continue
            if not raise_exception:
                return False
            raise GradcheckError(
                f"Jacobian mismatch for output {o} with respect to input {i} (row: input element, "
                f"column: output element),\nnumerical:\n{numerical}\nanalytical:\n{analytical}"
            )
    return True


def gradgradcheck(
    func: Callable[..., Any],
    inputs: Tensor | Sequence[Any],
    grad_outputs: Tensor | Sequence[Tensor] | None = None,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
) -> bool:
    """Check the gradients of the gradients of `func` against finite differences.

    Parameters
    ----------
    func, inputs, eps, atol, rtol, raise_exception
        As in `gradcheck`.
    grad_outputs : Tensor or sequence of Tensor, optional
        The gradients with respect to the outputs; by default drawn from a normal distribution.
        The check is with respect to them too.

    Returns
    -------
    bool

    Raises
    ------
    GradcheckError, ValueError
        As in `gradcheck`.
    """
    given = (inputs,) if isinstance(inputs, TensorBase) else tuple(inputs)
    if grad_outputs is None:
        rng = np.random.default_rng(0)
        drawn = [rng.standard_normal(o.array.shape) for o in _outputs(func, given)]
        grads = tuple(wrap(g).requires_grad_() for g in drawn)
    else:
        grads = (grad_outputs,) if isinstance(grad_outputs, TensorBase) else tuple(grad_outputs)

    def gradients(*arguments: Any) -> tuple[Any, ...]:
        values, upstream = arguments[: len(given)], arguments[len(given) :]
        wanted: list[Any] = [v for v in values if isinstance(v, TensorBase) and v._requires_grad]
        pairs = zip(_outputs(func, values), upstream, strict=True)
        outputs, given_grads = zip(*[p for p in pairs if p[0].requires_grad], strict=True)
        return grad(outputs, wanted, given_grads, create_graph=True, materialize_grads=True)

    return gradcheck(
        gradients,
        (*given, *grads),
        eps=eps,
        atol=atol,
        rtol=rtol,
        raise_exception=raise_exception,
    )


def _outputs(func: Callable[..., Any], inputs: Sequence[Any]) -> tuple[Any, ...]:
    """What `func` returns of a dtype that can have a gradient, whether or not it has a graph."""
    result = func(*inputs)
    several = result if isinstance(result, tuple | list) else (result,)
    return tuple(o for o in several if isinstance(o, TensorBase) and o.array.dtype.kind == "f")


def _unit_arrays(shape: tuple[int, ...]) -> Iterator[Array]:
    """Arrays of zeros with a one, at each place in turn."""
    for place in np.ndindex(shape):
        unit = np.zeros(shape)
        unit[place] = 1
        yield unit


def _analytical(func: Callable[..., Any], inputs: Sequence[Any], x: Any, number: int) -> Array:
    """The Jacobian by one backward pass for each element of the output: (x.numel, out.numel)."""
    output = _outputs(func, inputs)[number]
    if not output._requires_grad:  # so says the graph; the differences may say otherwise
        return np.zeros((x.array.size, output.array.size))
    columns = [
        grad(output, x, wrap(unit.astype(output.array.dtype)), True, materialize_grads=True)[0]
        for unit in _unit_arrays(output.array.shape)
    ]
    flat = [column.array.reshape(-1) for column in columns]
    return np.stack(flat, 1) if flat else np.zeros((x.array.size, 0))


def _numerical(
    func: Callable[..., Any], inputs: Sequence[Any], x: Any, number: int, eps: float
) -> Array:
    """The Jacobian by central differences, each element of `x` moved in turn and put back."""

    def moved(place: tuple[int, ...], by: float) -> Array:
        before = x.array[place].copy()
        x.array[place] = before + by
        try:
            return _outputs(func, inputs)[number].array.reshape(-1).copy()
        finally:
            x.array[place] = before

    rows = [
        (moved(place, eps) - moved(place, -eps)) / (2 * eps) for place in np.ndindex(x.array.shape)
    ]
    return np.stack(rows) if rows else np.zeros((0, _outputs(func, inputs)[number].array.size))
