"""``torch.func``: functions made into other functions, which compute derivatives of them.

``grad(f)`` is a function that returns the gradient of `f`; being a function, it has a gradient
itself: ``grad(grad(f))``. Arguments and results may be tensors or trees of them, such as the dict
of a model's parameters.

Each of them takes its arguments off whatever they were computed from, runs the function, and asks
`autograd` for derivatives. Only where these will be differentiated again, because another
transform is around this one or something in play requires a gradient, do they get a graph.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from typing import Any

from ..autograd import grad as gradients
from ..autograd.grad_mode import enable_grad
from ..creation import zeros_like
from ..ops.join import stack
from ..tensor import Tensor
from .trees import leaves, replaced, same_shape

Function = Callable[..., Any]


_around: ContextVar[Level | None] = ContextVar("_around", default=None)


class Level:
    """A transform at work, in this thread.

    Attributes
    ----------
    nested : bool
        Whether another is at work around it.
    points : set of Tensor
        What it and those around it differentiate by, and those before it inside the same.
    """

    def __enter__(self) -> Level:
        outer = _around.get()
        self.nested = outer is not None
        self.points: set[Tensor] = set() if outer is None else outer.points
        self._token = _around.set(self)
        return self

    def __exit__(self, *_: object) -> None:
        _around.reset(self._token)


def grad(func: Function, argnums: int | tuple[int, ...] = 0, has_aux: bool = False) -> Function:
    """A function that returns the gradient of `func`, which returns one number.

    Parameters
    ----------
    func : callable
    argnums : int or tuple of int
        With respect to which arguments.
    has_aux : bool
        Whether `func` returns a pair, of which the second is only passed on.

    Returns
    -------
    callable
        It takes the arguments of `func`, and returns a gradient of the shape of the argument, or a
        tuple of them; with `has_aux`, a pair of that and what `func` gave besides.
    """

    @functools.wraps(func)
    def gradient(*args: Any, **kwargs: Any) -> Any:
        found, value = grad_and_value(func, argnums, has_aux)(*args, **kwargs)
        return (found, value[1]) if has_aux else found

    return gradient


def grad_and_value(
    func: Function, argnums: int | tuple[int, ...] = 0, has_aux: bool = False
) -> Function:
    """As `grad`, but what is returned is a pair: the gradient, and what `func` returned."""

    @functools.wraps(func)
    def both(*args: Any, **kwargs: Any) -> Any:
        with Level() as level, enable_grad():
            chosen = _chosen(args, argnums)
            points = _points(chosen, level)
            output = func(*_with(args, argnums, replaced(chosen, points)), **kwargs)
            output, aux = _pair("grad_and_value(f)(*args)", output, has_aux)
            _check_number(output)
            found = _derivatives([output], points, [None], _differentiable([output], points, level))
            value, aux = _cut(output, points, level), _cut(aux, points, level)
        return replaced(chosen, found), ((value, aux) if has_aux else value)

    return both


def vjp(func: Function, *primals: Any, has_aux: bool = False) -> Any:
    """What `func` returns at `primals`, and a function that multiplies a vector with the Jacobian.

    Returns
    -------
    output
    vjp_fn : callable
        Takes what has the shape of the output, and returns a tuple of products, one for each of
        `primals`.
    aux
        With `has_aux`: the second of what `func` returned.
    """
    with Level() as level, enable_grad():
        points = _points(primals, level)
        output = func(*replaced(primals, points))
        output, aux = _pair("vjp(f, *primals)", output, has_aux)
        again = _differentiable(leaves(output), points, level)
        value, aux = _cut(output, points, level), _cut(aux, points, level)

    def vjp_fn(cotangents: Any, retain_graph: bool = True, create_graph: bool = False) -> Any:
        if not same_shape(cotangents, output):
            raise RuntimeError(
                "Expected pytree structure of cotangents to be the same as pytree structure of "
                f"outputs to the function. cotangents: {_stars(cotangents)}, "
                f"primal output: {_stars(output)}"
            )
        vectors = leaves(cotangents)
        graph = create_graph or again or any(v.requires_grad for v in vectors)
        return replaced(primals, _derivatives(leaves(output), points, vectors, graph))

    return (value, vjp_fn, aux) if has_aux else (value, vjp_fn)


def jvp(
    func: Function, primals: Any, tangents: Any, *, strict: bool = False, has_aux: bool = False
) -> Any:
    """What `func` returns at `primals`, and its derivative in the direction `tangents`.

    That is the product of the Jacobian with a vector, from two passes: see `autograd.functional`.

    Raises
    ------
    RuntimeError
        If `primals` is no tuple, or `tangents` is not of its shape.
    """
    name = "jvp(f, primals, tangents)"
    if strict:
        raise NotImplementedError("jvp: strict=True")
    if not isinstance(primals, tuple):
        raise RuntimeError(
            f"{name}: Expected primals to be a tuple. E.g. it should be valid to call f(*primals)."
        )
    if not same_shape(primals, tangents):
        raise RuntimeError(
            f"{name}: Expected primals and tangents to have the same python structure. For "
            "example, if primals is a tuple of 3 tensors, tangents also must be."
        )
    with Level() as level, enable_grad():
        points = _points(primals, level)
        output = func(*replaced(primals, points))
        output, aux = _pair(name, output, has_aux)
        outputs, directions = leaves(output), leaves(tangents)
        # u J is linear in u, and its derivative with respect to u, towards v, is J v.
        u = [zeros_like(o).requires_grad_() for o in outputs]
        products = _derivatives(outputs, points, u, True)
        graph = _differentiable(outputs, points, level) or any(v.requires_grad for v in directions)
        derivative = replaced(output, _derivatives(products, u, directions, graph))
        value, aux = _cut(output, points, level), _cut(aux, points, level)
    return (value, derivative, aux) if has_aux else (value, derivative)


def jacrev(
    func: Function, argnums: int | tuple[int, ...] = 0, *, has_aux: bool = False,
    chunk_size: int | None = None, _preallocate_and_copy: bool = False,
) -> Function:  # fmt: skip
    """A function that returns all derivatives of `func`, row by row.

    Parameters
    ----------
    func, argnums, has_aux
        As for `grad`, but what `func` returns may have any shape.
    chunk_size : int, optional
        For PyTorch's signature: rows are computed one at a time.

    Returns
    -------
    callable
        It returns a tensor of shape (*output shape, *argument shape); of several outputs or
        arguments, the tree of the outputs with the tree of the arguments at each leaf.
    """

    @functools.wraps(func)
    def jacobian(*args: Any, **kwargs: Any) -> Any:
        with Level() as level, enable_grad():
            chosen = _chosen(args, argnums)
            points = _points(chosen, level)
            output = func(*_with(args, argnums, replaced(chosen, points)), **kwargs)
            output, aux = _pair("jacrev(f)(*args)", output, has_aux)
            graph = _differentiable(leaves(output), points, level)
            blocks = [_matrices(leaf, points, graph) for leaf in leaves(output)]
            aux = _cut(aux, points, level)
        matrices = replaced(output, [replaced(chosen, row) for row in blocks])
        return (matrices, aux) if has_aux else matrices

    return jacobian


def jacfwd(
    func: Function, argnums: int | tuple[int, ...] = 0, has_aux: bool = False, *,
    randomness: str = "error",
) -> Function:  # fmt: skip
    """The same as `jacrev`. PyTorch computes it column by column, which is quicker where there are
    fewer arguments than results; here it is the same rows."""
    return jacrev(func, argnums, has_aux=has_aux)


def hessian(func: Function, argnums: int | tuple[int, ...] = 0) -> Function:
    """A function that returns all second derivatives of `func`: ``jacfwd(jacrev(func))``."""
    return jacfwd(jacrev(func, argnums), argnums)


# What they have in common -----------------------------------------------------------------------


def _chosen(args: tuple[Any, ...], argnums: Any) -> Any:
    """The arguments of these numbers: one, or a tuple."""
    if isinstance(argnums, tuple):
        if not argnums:
            raise RuntimeError("argnums must be non-empty")
        if len({*argnums}) < len(argnums):
            raise RuntimeError(f"argnums elements must be unique, got {argnums}")
        return tuple(_chosen(args, number) for number in argnums)
    if not isinstance(argnums, int):
        raise RuntimeError(f"argnums must be int or Tuple[int, ...], got: {type(argnums)}")
    if not -len(args) <= argnums < len(args):
        raise RuntimeError(f"Got argnum={argnums}, but only {len(args)} positional inputs")
    return args[argnums]


def _with(args: tuple[Any, ...], argnums: Any, new: Any) -> list[Any]:
    """The arguments with others in the places of these numbers."""
    result = list(args)
    if not isinstance(argnums, tuple):
        argnums, new = (argnums,), (new,)
    for number, argument in zip(argnums, new, strict=True):
        result[number] = argument
    return result


def _points(tree: Any, level: Level) -> list[Tensor]:
    """Tensors with the values of the leaves, to differentiate with respect to."""
    points = []
    for x in leaves(tree):
        if not isinstance(x, Tensor):
            raise ValueError(f"Thing passed to transform API must be Tensor, got {type(x)}")
        points.append(x.view_as(x) if x.requires_grad else x.detach().requires_grad_())
    level.points.update(points)
    return points


def _pair(name: str, output: Any, has_aux: bool) -> tuple[Any, Any]:
    if not has_aux:
        return output, None
    if not (isinstance(output, tuple) and len(output) == 2):
        raise RuntimeError(
            f"{name}: output of function f should be a tuple: (output, aux) if has_aux is True"
        )
    return output


def _check_number(output: Any) -> None:
    name = "grad_and_value(f)(*args)"
    if not isinstance(output, Tensor):
        raise RuntimeError(f"{name}: Expected f(*args) to return a Tensor, got {type(output)}")
    if output.dim() != 0:
        raise RuntimeError(
            f"{name}: Expected f(*args) to return a scalar Tensor, got tensor with "
            f"{output.dim()} dims. Maybe you wanted to use the vjp or jacrev APIs instead?"
        )


def _differentiable(outputs: Sequence[Any], points: Sequence[Tensor], level: Level) -> bool:
    """Whether derivatives will be differentiated again: in another transform, or because they
    depend on something else than the points that requires a gradient."""
    if level.nested or any(point.grad_fn is not None for point in points):
        return True
    todo = [o.grad_fn for o in outputs if isinstance(o, Tensor) and o.grad_fn is not None]
    seen = set(todo)
    while todo:
        node = todo.pop()
        variable = getattr(node, "variable", None)
        if variable is not None and variable not in level.points:
            return True
        new = {following for following, _ in node.next_functions if following is not None} - seen
        seen |= new
        todo += new
    return False


def _derivatives(
    outputs: Sequence[Tensor], points: Sequence[Tensor], vectors: Sequence[Any], graph: bool
) -> list[Tensor]:
    """``vectors`` times the derivatives of the outputs; zeros where nothing depends on a point."""
    pairs = [(o, v) for o, v in zip(outputs, vectors, strict=True) if o.requires_grad]
    if not pairs:
        return [zeros_like(point) for point in points]
    those, weights = zip(*pairs, strict=True)
    return list(
        gradients(
            those, points, weights, retain_graph=True, create_graph=graph, materialize_grads=True
        )
    )


def _matrices(output: Tensor, points: Sequence[Tensor], graph: bool) -> list[Tensor]:
    """The derivatives of one output with respect to each point."""
    rows = [_derivatives([number], points, [None], graph) for number in output.reshape(-1).unbind()]
    return [
        stack([row[i] for row in rows]).reshape(output.shape + point.shape)
        for i, point in enumerate(points)
    ]


def _cut(tree: Any, points: Sequence[Tensor], level: Level) -> Any:
    """A result, as the caller gets it: without the points, unless it is needed with a graph."""
    if _differentiable(leaves(tree), points, level):
        return tree
    return replaced(tree, [x.detach() if isinstance(x, Tensor) else x for x in leaves(tree)])


def _stars(tree: Any) -> str:
    """A tree as PyTorch shows it: a star for each leaf."""
    if isinstance(tree, dict):
        return "{" + ", ".join(f"{k!r}: {_stars(v)}" for k, v in tree.items()) + "}"
    if isinstance(tree, list | tuple):
        inside = ", ".join(map(_stars, tree)) + ("," if len(tree) == 1 else "")
        return f"({inside})" if isinstance(tree, tuple) else f"[{inside.rstrip(',')}]"
    return "*"
