"""Derivatives checked against finite differences, of the first order and of the second.

The derivative of f in the direction u is ``(f(x + eps u) - f(x - eps u)) / 2 eps`` up to an error
of the order of eps^2 (the central difference). With u along each input element in turn, these are
the rows of the Jacobian, which are compared with the ones that backward passes give. The fast mode
takes one random u, and one random v for the output, and compares only ``v . J u``: one number, by
one backward pass and two calls.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..advice import advised
from ..random import default_generator
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
    fast_mode: bool = False,
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
    fast_mode : bool
        Whether to compare one product ``v . J u`` with random vectors u and v of length 1, in place
        of every element of the Jacobian J. An error in J escapes it only if it is orthogonal to
        both. `atol` is then multiplied by what u and v add up to, as an error of `atol` in each
        element would be.

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
    rng = np.random.default_rng(0)
    for o, output in enumerate(_outputs(func, given)):
        v = _direction(rng, output.array.shape)
        for i, x in enumerate(checked):
            u = _direction(rng, x.array.shape)
            if fast_mode:
                analytical = np.vdot(_vector_jacobian(func, given, x, o, v), u)
                numerical = np.vdot(_difference(func, given, x, o, u, eps), v)
                allowed = atol * u.sum() * v.sum()
            else:
                analytical = _analytical(func, given, x, o)
                numerical = _numerical(func, given, x, o, eps)
                allowed = atol
            if np.allclose(analytical, numerical, rtol, allowed, equal_nan=True):
                continue
            if not raise_exception:
                return False
            kind = "v . J u" if fast_mode else "row: input element, column: output element"
            raise advised(
                GradcheckError(
                    f"Jacobian mismatch for output {o} with respect to input {i},\n"
                    f"numerical:{numerical}\nanalytical:{analytical}\n"
                ),
                f"({kind})",
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
    fast_mode: bool = False,
) -> bool:
    """Check the gradients of the gradients of `func` against finite differences.

    Parameters
    ----------
    func, inputs, eps, atol, rtol, raise_exception, fast_mode
        As in `gradcheck`.
    grad_outputs : Tensor or sequence of Tensor, optional
        The gradients with respect to the outputs; by default drawn, by the default generator,
        between -1 and 1. The check is with respect to them too.

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
        outputs = [output.array for output in _outputs(func, given)]
        drawn = [default_generator.uniform(o.shape, -1.0, 1.0, o.dtype) for o in outputs]
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
        fast_mode=fast_mode,
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


def _direction(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Random numbers from 0 to 1, scaled to a vector of length 1."""
    drawn = np.asarray(rng.random(shape))
    return drawn / np.linalg.norm(drawn) if drawn.size else drawn


def _vector_jacobian(
    func: Callable[..., Any], inputs: Sequence[Any], x: Any, number: int, v: Array
) -> Array:
    """By a backward pass, the gradient of ``v . output`` with respect to `x`."""
    output = _outputs(func, inputs)[number]
    if not output._requires_grad:  # so says the graph; the differences may say otherwise
        return np.zeros(x.array.shape)
    upstream = wrap(v.astype(output.array.dtype))
    (gradient,) = grad(output, x, upstream, materialize_grads=True)
    return gradient.array


def _difference(
    func: Callable[..., Any], inputs: Sequence[Any], x: Any, number: int, u: Array, eps: float
) -> Array:
    """The central difference of an output in the direction `u` of `x`, which is put back."""
    before = x.array.copy()

    def moved(by: float) -> Array:
        x.array[...] = before + by * u
        try:
            return _outputs(func, inputs)[number].array.copy()
        finally:
            x.array[...] = before

    return (moved(eps) - moved(-eps)) / (2 * eps)


def _analytical(func: Callable[..., Any], inputs: Sequence[Any], x: Any, number: int) -> Array:
    """The Jacobian by one backward pass for each element of the output: (x.numel, out.numel)."""
    units = _unit_arrays(_outputs(func, inputs)[number].array.shape)
    columns = [_vector_jacobian(func, inputs, x, number, unit).reshape(-1) for unit in units]
    return np.stack(columns, 1) if columns else np.zeros((x.array.size, 0))


def _numerical(
    func: Callable[..., Any], inputs: Sequence[Any], x: Any, number: int, eps: float
) -> Array:
    """The Jacobian by central differences, each element of `x` moved in turn."""
    units = _unit_arrays(x.array.shape)
    rows = [_difference(func, inputs, x, number, unit, eps).reshape(-1) for unit in units]
    return np.stack(rows) if rows else np.zeros((0, _outputs(func, inputs)[number].array.size))
