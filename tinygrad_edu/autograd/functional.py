"""Derivatives of functions, where `grad` has those of tensors: matrices of all of them, `jacobian`
and `hessian`, and products of these with a vector, which need no matrix.

A backward pass gives the product of a vector and the Jacobian, ``v J`` (`vjp`); a row of J is the
product with a unit vector. The other product, ``J v`` (`jvp`), comes from two passes: the first
result is linear in its vector u, ``u J``, and the derivative of that with respect to u, in the
direction v, is ``J v``. The Hessian is the Jacobian of the gradient.

In all of them a function takes tensors and returns one or a tuple. `strict`, which asks for an
error where a result is independent of an input and so 0, is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..ops.join import stack
from .api import grad
from .grad_mode import enable_grad
from .graph import TensorBase, wrap


def vjp(
    func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False,
    strict: bool = False,
) -> tuple[Any, Any]:  # fmt: skip
    """What `func` returns, and the product ``v J`` with its Jacobian at `inputs`.

    Parameters
    ----------
    func : callable
    inputs : Tensor or tuple of Tensor
    v : Tensor or tuple of Tensor, optional
        Of the shapes of the outputs; may be left out if there is one, of one element.
    create_graph : bool
        Whether the results can be differentiated with respect to `inputs`.
    strict : bool
        False.

    Raises
    ------
    TypeError
        If `inputs`, or what `func` returns, is anything else.
    RuntimeError
        If `v` does not have the right shapes.
    """
    _not_strict("vjp", strict)
    with enable_grad():
        points = _points(_tuple("inputs", "vjp", inputs), create_graph)
        returned = func(*points)
        outputs = _tuple("outputs of the user-provided function", "vjp", returned)
        vector = _vector("vjp", v, outputs, "user-provided function returns a single Tensor")
        product = _filled(_grad(outputs, points, vector, create_graph), points)
    return _like(outputs, returned, create_graph), _like(product, inputs, create_graph)


def jvp(
    func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False,
    strict: bool = False,
) -> tuple[Any, Any]:  # fmt: skip
    """What `func` returns, and the product ``J v`` with its Jacobian at `inputs`: the derivative
    in direction `v`, of the shapes of the inputs. Otherwise as `vjp`."""
    _not_strict("jvp", strict)
    with enable_grad():
        points = _points(_tuple("inputs", "jvp", inputs), create_graph)
        vector = _vector("jvp", v, points, "input to the user-provided function is a single Tensor")
        returned = func(*points)
        outputs = _tuple("outputs of the user-provided function", "jvp", returned)
        product = _times(outputs, points, vector, create_graph)
    return _like(outputs, returned, create_graph), _like(product, returned, create_graph)


def vhp(
    func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False,
    strict: bool = False,
) -> tuple[Any, Any]:  # fmt: skip
    """What `func` returns, which must be one number, and the product ``v H`` with its Hessian.

    Parameters, and errors besides, are those of `jvp`.
    """
    return _hessian_product("vhp", func, inputs, v, create_graph, strict)


def hvp(
    func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False,
    strict: bool = False,
) -> tuple[Any, Any]:  # fmt: skip
    """As `vhp`, but ``H v``, which is the same where the second derivatives are continuous, and
    takes one pass more."""
    return _hessian_product("hvp", func, inputs, v, create_graph, strict)


def _hessian_product(
    name: str, func: Callable[..., Any], inputs: Any, v: Any, create_graph: bool, strict: bool
) -> tuple[Any, Any]:
    _not_strict(name, strict)
    with enable_grad():
        points = _points(_tuple("inputs", name, inputs), create_graph)
        vector = _vector(name, v, points, "input to the user-provided function is a single Tensor")
        returned = func(*points)
        outputs = _tuple("outputs of the user-provided function", name, returned)
        _one_number(name, returned)
        gradient = _filled(_grad(outputs, points, (None,), True), points)
        if name == "hvp":
            product = _times(gradient, points, vector, create_graph)
        else:
            product = _filled(_grad(gradient, points, vector, create_graph), points)
    return _like(outputs, returned, create_graph), _like(product, inputs, create_graph)


def jacobian(
    func: Callable[..., Any], inputs: Any, create_graph: bool = False, strict: bool = False,
    vectorize: bool = False, strategy: str = "reverse-mode",
) -> Any:  # fmt: skip
    """All derivatives of what `func` returns with respect to `inputs`.

    Parameters
    ----------
    func : callable
    inputs : Tensor or tuple of Tensor
    create_graph : bool
        Whether the results can be differentiated with respect to `inputs`.
    strict : bool
        False.
    vectorize : bool
        Nothing: PyTorch's way to take all rows in one pass is not here.
    strategy : str
        "reverse-mode".

    Returns
    -------
    Tensor of shape (*output shape, *input shape)
        If there are several inputs, a tuple of these; if several outputs, a tuple with one of them,
        or such a tuple, for each.
    """
    _not_strict("jacobian", strict)
    if strategy == "forward-mode":
        raise NotImplementedError("jacobian: strategy='forward-mode'")
    if strategy != "reverse-mode":
        raise AssertionError(
            f'Expected strategy to be either "forward-mode" or "reverse-mode", but got {strategy!r}'
        )
    with enable_grad():
        points = _points(_tuple("inputs", "jacobian", inputs), create_graph)
        returned = func(*points)
        outputs = _tuple("outputs of the user-provided function", "jacobian", returned)
        matrices = [_matrices(output, points, create_graph) for output in outputs]
    rows = tuple(_like(row, inputs, create_graph) for row in matrices)
    return rows if isinstance(returned, tuple) else rows[0]


def _matrices(output: Any, points: Sequence[Any], create_graph: bool) -> list[Any]:
    """The derivatives of one output with respect to each input."""
    rows = [
        _filled(_grad((number,), points, (None,), create_graph, retain=True), points)
        for number in output.reshape(-1).unbind()
    ]
    return [
        stack([row[i] for row in rows]).reshape(*output.shape, *point.shape)
        for i, point in enumerate(points)
    ]


def hessian(
    func: Callable[..., Any], inputs: Any, create_graph: bool = False, strict: bool = False,
    vectorize: bool = False, outer_jacobian_strategy: str = "reverse-mode",
) -> Any:  # fmt: skip
    """All second derivatives of `func`, which must return one number.

    Parameters
    ----------
    func, inputs, create_graph, strict, vectorize, outer_jacobian_strategy
        As for `jacobian`.

    Returns
    -------
    Tensor of shape (*input shape, *input shape)
        If there are several inputs, a tuple with a tuple of these for each.

    Raises
    ------
    RuntimeError
        If it returns anything else.
    """
    _not_strict("hessian", strict)

    def number(*points: Any) -> Any:
        returned = func(*points)
        _one_number("hessian", returned)
        return returned.squeeze()

    def gradient(*points: Any) -> Any:
        return jacobian(number, points, create_graph=True)

    several = _tuple("inputs", "hessian", inputs)
    blocks = jacobian(
        gradient, several, create_graph, vectorize=vectorize, strategy=outer_jacobian_strategy
    )
    return blocks if isinstance(inputs, tuple) else blocks[0][0]


# What they have in common -----------------------------------------------------------------------


def _not_strict(name: str, strict: bool) -> None:
    if strict:
        raise NotImplementedError(f"{name}: strict=True")


def _tuple(what: str, name: str, given: Any) -> tuple[Any, ...]:
    """`given`, one tensor or several, as a tuple."""
    several = given if isinstance(given, tuple) else (given,)
    for index, tensor in enumerate(several):
        if not isinstance(tensor, TensorBase):
            where = f"value at index {index}" if isinstance(given, tuple) else f"given {what}"
            raise TypeError(
                f"The {what} given to {name} must be either a Tensor or a tuple of Tensors but the "
                f"{where} has type {type(tensor)}."
            )
    return several


def _points(inputs: Sequence[Any], create_graph: bool) -> tuple[Any, ...]:
    """Tensors with the values of `inputs` to differentiate with respect to; under `create_graph`
    they depend on those that require a gradient."""
    return tuple(
        x.view_as(x) if create_graph and x.requires_grad else x.detach().requires_grad_()
        for x in inputs
    )


def _vector(name: str, v: Any, tensors: Sequence[Any], whose: str) -> tuple[Any, ...]:
    """`v`, or 1, after a check that it has the shapes of `tensors`."""
    if v is None:
        if len(tensors) != 1 or tensors[0].array.size != 1:
            raise RuntimeError(
                f"The vector v can only be None if the {whose} with a single element."
            )
        return (wrap(np.ones_like(tensors[0].array)),)
    vector = _tuple("v", name, v)
    if len(vector) != len(tensors):
        raise RuntimeError(
            f"v is a tuple of invalid length: should be {len(tensors)} but got {len(vector)}."
        )
    for index, (part, tensor) in enumerate(zip(vector, tensors, strict=True)):
        if part.shape != tensor.shape:
            entry = f"Entry {index} in " if len(tensors) > 1 else ""
            raise RuntimeError(
                f"{entry}v has invalid size: should be {tensor.shape} but got {part.shape}."
            )
    return vector


def _one_number(name: str, returned: Any) -> None:
    if not isinstance(returned, TensorBase):
        raise RuntimeError(f"The function given to {name} should return a single Tensor")
    if returned.array.size != 1:
        raise RuntimeError(
            f"The Tensor returned by the function given to {name} should contain a single element"
        )


def _grad(
    outputs: Sequence[Any], points: Sequence[Any], vector: Sequence[Any], create_graph: bool,
    retain: bool | None = None,
) -> tuple[Any, ...]:  # fmt: skip
    """`grad` of those outputs that have one; None where nothing depends on a point."""
    pairs = [
        (o, u) for o, u in zip(outputs, vector, strict=True) if o is not None and o.requires_grad
    ]
    if not pairs:
        return (None,) * len(points)
    those, weights = zip(*pairs, strict=True)
    return grad(
        those, points, weights, retain_graph=retain, create_graph=create_graph, allow_unused=True
    )


def _times(
    outputs: Sequence[Any], points: Sequence[Any], vector: Sequence[Any], create_graph: bool
) -> tuple[Any, ...]:
    """The product ``J v``: the derivative of ``u J`` with respect to u, whose own value is of no
    consequence."""
    u = tuple(wrap(np.zeros_like(output.array)).requires_grad_() for output in outputs)
    return _filled(_grad(_grad(outputs, points, u, True), u, vector, create_graph), u)


def _filled(grads: Sequence[Any], like: Sequence[Any]) -> tuple[Any, ...]:
    """`grads` with zeros in place of None."""
    return tuple(
        wrap(np.zeros_like(x.array)) if g is None else g for g, x in zip(grads, like, strict=True)
    )


def _like(results: Sequence[Any], given: Any, create_graph: bool) -> Any:
    """`results`, one tensor or a tuple as `given` is; without history unless one is wanted."""
    several = tuple(results) if create_graph else tuple(r.detach() for r in results)
    return several if isinstance(given, tuple) else several[0]
