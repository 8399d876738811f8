"""The ops that are measured: each once for both libraries, and in bare NumPy where it has one.

Neither library is imported here: a process that measures one has not loaded the other. All numbers
lie between 0.1 and 0.9, where each op is defined.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

Arrays = tuple[np.ndarray[Any, Any], ...]


class Operation(NamedTuple):
    """An op, and what it is given.

    Attributes
    ----------
    family : str
    inputs : callable
        Draws arrays with so many elements in the first of them. Those of floats get gradients.
    run : callable
        The op, of a library and tensors.
    bare : callable or None
        The same in NumPy, of arrays.
    """

    family: str
    inputs: Callable[[np.random.Generator, int], Arrays]
    run: Callable[..., Any]
    bare: Callable[..., Any] | None = None


# What they are given ------------------------------------------------------------------------------


def draw(rng: np.random.Generator, *shape: int) -> np.ndarray[Any, Any]:
    """Numbers between 0.1 and 0.9."""
    return 0.1 + 0.8 * rng.random(shape, np.float32)


def rows_and_columns(size: int) -> tuple[int, int]:
    """The shape of a matrix with so many elements, a power of ten, nearly square and not high."""
    rows = 10 ** (int(math.log10(size)) // 2)
    return rows, size // rows


def one(rng: np.random.Generator, size: int) -> Arrays:
    return (draw(rng, size),)


def two(rng: np.random.Generator, size: int) -> Arrays:
    return draw(rng, size), draw(rng, size)


def three(rng: np.random.Generator, size: int) -> Arrays:
    return draw(rng, size), draw(rng, size), draw(rng, size)


def chosen(rng: np.random.Generator, size: int) -> Arrays:
    return draw(rng, size), draw(rng, size), rng.random(size) < 0.5


def marked(rng: np.random.Generator, size: int) -> Arrays:
    return draw(rng, size), rng.random(size) < 0.5


def matrix(rng: np.random.Generator, size: int) -> Arrays:
    return (draw(rng, *rows_and_columns(size)),)


def with_row(rng: np.random.Generator, size: int) -> Arrays:
    shape = rows_and_columns(size)
    return draw(rng, *shape), draw(rng, shape[1])


def with_column(rng: np.random.Generator, size: int) -> Arrays:
    shape = rows_and_columns(size)
    return draw(rng, *shape), draw(rng, shape[0], 1)


def normed(rng: np.random.Generator, size: int) -> Arrays:
    shape = rows_and_columns(size)
    return draw(rng, *shape), draw(rng, shape[1]), draw(rng, shape[1])


def with_places(rng: np.random.Generator, size: int) -> Arrays:
    shape = rows_and_columns(size)
    return draw(rng, *shape), rng.integers(0, shape[1], shape)


def with_row_numbers(rng: np.random.Generator, size: int) -> Arrays:
    shape = rows_and_columns(size)
    return draw(rng, *shape), rng.integers(0, shape[0], shape[0])


def with_classes(rng: np.random.Generator, size: int) -> Arrays:
    shape = rows_and_columns(size)
    return draw(rng, *shape), rng.integers(0, shape[1], shape[0])


def with_factor(rng: np.random.Generator, size: int) -> Arrays:
    shape = rows_and_columns(size)
    return draw(rng, *shape), draw(rng, shape[1], 32)


def with_weights(rng: np.random.Generator, size: int) -> Arrays:
    shape = rows_and_columns(size)
    return draw(rng, *shape), draw(rng, 32, shape[1]), draw(rng, 32)


def stacks(rng: np.random.Generator, size: int) -> Arrays:
    return draw(rng, size // 10, 2, 5), draw(rng, size // 10, 5, 2)


# In NumPy -----------------------------------------------------------------------------------------


def bare_softmax(x: Any) -> Any:
    powers = np.exp(x - x.max(1, keepdims=True))
    return powers / powers.sum(1, keepdims=True)


def bare_log_softmax(x: Any) -> Any:
    shifted = x - x.max(1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(1, keepdims=True))


def bare_logsumexp(x: Any) -> Any:
    highest = x.max(1, keepdims=True)
    return np.log(np.exp(x - highest).sum(1)) + highest[:, 0]


def bare_cross_entropy(x: Any, y: Any) -> Any:
    return -bare_log_softmax(x)[np.arange(len(y)), y].mean()


def bare_layer_norm(x: Any, weight: Any, bias: Any) -> Any:
    centred = x - x.mean(1, keepdims=True)
    variance = (centred * centred).mean(1, keepdims=True)
    return centred / np.sqrt(variance + 1e-5) * weight + bias


def bare_scatter_add(x: Any, places: Any) -> Any:
    out = np.zeros_like(x)
    np.add.at(out, (np.arange(len(x))[:, None], places), x)
    return out


def bare_cross_entropy_of_two(x: Any, y: Any) -> Any:
    return -(y * np.log(x) + (1 - y) * np.log(1 - x)).mean()


def bare_sort(x: Any) -> Any:
    order = np.argsort(x, 1)  # which both libraries return, too
    return np.take_along_axis(x, order, 1)


def bare_max(x: Any) -> Any:
    places = np.argmax(x, 1, keepdims=True)  # which both libraries return, too
    return np.take_along_axis(x, places, 1)[:, 0]


# The table ----------------------------------------------------------------------------------------

ONE, TWO = "elementwise, one tensor", "elementwise, several"
SUMS, SHAPES, CHOICE = "reductions", "shapes", "indices"
PRODUCTS, LAYERS = "products", "layers and losses"

OPERATIONS = {
    # Elementwise, one tensor
    "neg": Operation(ONE, one, lambda lib, x: -x, lambda x: -x),
    "abs": Operation(ONE, one, lambda lib, x: lib.abs(x), np.abs),
    "exp": Operation(ONE, one, lambda lib, x: lib.exp(x), np.exp),
    "log": Operation(ONE, one, lambda lib, x: lib.log(x), np.log),
    "log1p": Operation(ONE, one, lambda lib, x: lib.log1p(x), np.log1p),
    "sqrt": Operation(ONE, one, lambda lib, x: lib.sqrt(x), np.sqrt),
    "rsqrt": Operation(ONE, one, lambda lib, x: lib.rsqrt(x), lambda x: 1 / np.sqrt(x)),
    "reciprocal": Operation(ONE, one, lambda lib, x: lib.reciprocal(x), np.reciprocal),
    "x ** 2": Operation(ONE, one, lambda lib, x: x**2, lambda x: x**2),
    "x ** 3": Operation(ONE, one, lambda lib, x: x**3, lambda x: x * x * x),
    "sin": Operation(ONE, one, lambda lib, x: lib.sin(x), np.sin),
    "cos": Operation(ONE, one, lambda lib, x: lib.cos(x), np.cos),
    "tanh": Operation(ONE, one, lambda lib, x: lib.tanh(x), np.tanh),
    "sigmoid": Operation(ONE, one, lambda lib, x: lib.sigmoid(x), lambda x: 1 / (1 + np.exp(-x))),
    "relu": Operation(ONE, one, lambda lib, x: lib.relu(x), lambda x: np.maximum(x, 0)),
    "leaky_relu": Operation(
        ONE,
        one,
        lambda lib, x: lib.nn.functional.leaky_relu(x),
        lambda x: np.maximum(x, np.float32(0.01) * x),
    ),
    "elu": Operation(
        ONE,
        one,
        lambda lib, x: lib.nn.functional.elu(x),
        lambda x: np.where(x > 0, x, np.expm1(x)),
    ),
    "gelu": Operation(ONE, one, lambda lib, x: lib.nn.functional.gelu(x)),
    "silu": Operation(
        ONE, one, lambda lib, x: lib.nn.functional.silu(x), lambda x: x / (1 + np.exp(-x))
    ),
    "softplus": Operation(
        ONE,
        one,
        lambda lib, x: lib.nn.functional.softplus(x),
        lambda x: np.log1p(np.exp(x)),
    ),
    "clamp": Operation(
        ONE, one, lambda lib, x: lib.clamp(x, 0.2, 0.8), lambda x: np.clip(x, 0.2, 0.8)
    ),
    "erf": Operation(ONE, one, lambda lib, x: lib.erf(x)),
    "x + 1": Operation(ONE, one, lambda lib, x: x + 1, lambda x: x + 1),
    "x * 2": Operation(ONE, one, lambda lib, x: x * 2, lambda x: x * 2),
    # Elementwise, several tensors
    "x + y": Operation(TWO, two, lambda lib, x, y: x + y, lambda x, y: x + y),
    "x - y": Operation(TWO, two, lambda lib, x, y: x - y, lambda x, y: x - y),
    "x * y": Operation(TWO, two, lambda lib, x, y: x * y, lambda x, y: x * y),
    "x / y": Operation(TWO, two, lambda lib, x, y: x / y, lambda x, y: x / y),
    "x ** y": Operation(TWO, two, lambda lib, x, y: x**y, lambda x, y: x**y),
    "maximum": Operation(TWO, two, lambda lib, x, y: lib.maximum(x, y), np.maximum),
    "atan2": Operation(TWO, two, lambda lib, x, y: lib.atan2(x, y), np.arctan2),
    "where": Operation(
        TWO, chosen, lambda lib, x, y, c: lib.where(c, x, y), lambda x, y, c: np.where(c, x, y)
    ),
    "addcmul": Operation(
        TWO, three, lambda lib, x, y, z: lib.addcmul(x, y, z), lambda x, y, z: x + y * z
    ),
    "x + row": Operation(TWO, with_row, lambda lib, x, y: x + y, lambda x, y: x + y),
    "x * column": Operation(TWO, with_column, lambda lib, x, y: x * y, lambda x, y: x * y),
    # Reductions
    "sum": Operation(SUMS, one, lambda lib, x: x.sum(), lambda x: x.sum()),
    "mean": Operation(SUMS, one, lambda lib, x: x.mean(), lambda x: x.mean()),
    "sum(0)": Operation(SUMS, matrix, lambda lib, x: x.sum(0), lambda x: x.sum(0)),
    "sum(1)": Operation(SUMS, matrix, lambda lib, x: x.sum(1), lambda x: x.sum(1)),
    "amax(1)": Operation(SUMS, matrix, lambda lib, x: x.amax(1), lambda x: x.max(1)),
    "max(1)": Operation(SUMS, matrix, lambda lib, x: x.max(1)[0], bare_max),
    "var(1)": Operation(SUMS, matrix, lambda lib, x: x.var(1), lambda x: x.var(1, ddof=1)),
    "logsumexp(1)": Operation(SUMS, matrix, lambda lib, x: x.logsumexp(1), bare_logsumexp),
    "norm": Operation(SUMS, one, lambda lib, x: x.norm(), np.linalg.norm),
    "cumsum(1)": Operation(SUMS, matrix, lambda lib, x: x.cumsum(1), lambda x: x.cumsum(1)),
    # Shapes
    "transposed": Operation(
        SHAPES,
        matrix,
        lambda lib, x: x.transpose(0, 1).contiguous(),
        lambda x: np.ascontiguousarray(x.T),
    ),
    "cat": Operation(
        SHAPES, two, lambda lib, x, y: lib.cat([x, y]), lambda x, y: np.concatenate([x, y])
    ),
    "stack": Operation(
        SHAPES, two, lambda lib, x, y: lib.stack([x, y], 1), lambda x, y: np.stack([x, y], 1)
    ),
    "flip": Operation(SHAPES, one, lambda lib, x: lib.flip(x, [0]), lambda x: np.flip(x, 0).copy()),
    "roll": Operation(SHAPES, one, lambda lib, x: lib.roll(x, 3), lambda x: np.roll(x, 3)),
    "pad": Operation(
        SHAPES,
        matrix,
        lambda lib, x: lib.nn.functional.pad(x, (1, 1)),
        lambda x: np.pad(x, ((0, 0), (1, 1))),
    ),
    "tril": Operation(SHAPES, matrix, lambda lib, x: lib.tril(x), np.tril),
    # Indices
    "x[::2] * 1": Operation(CHOICE, one, lambda lib, x: x[::2] * 1, lambda x: x[::2] * 1),
    "x[mask]": Operation(CHOICE, marked, lambda lib, x, m: x[m], lambda x, m: x[m]),
    "masked_fill": Operation(
        CHOICE,
        marked,
        lambda lib, x, m: x.masked_fill(m, 0.0),
        lambda x, m: np.where(m, np.float32(0), x),
    ),
    "index_select": Operation(
        CHOICE,
        with_row_numbers,
        lambda lib, x, i: lib.index_select(x, 0, i),
        lambda x, i: np.take(x, i, 0),
    ),
    "embedding": Operation(
        CHOICE,
        with_row_numbers,
        lambda lib, x, i: lib.nn.functional.embedding(i, x),
        lambda x, i: np.take(x, i, 0),
    ),
    "gather": Operation(
        CHOICE,
        with_places,
        lambda lib, x, i: lib.gather(x, 1, i),
        lambda x, i: np.take_along_axis(x, i, 1),
    ),
    "scatter_add": Operation(
        CHOICE,
        with_places,
        lambda lib, x, i: lib.zeros_like(x).scatter_add(1, i, x),
        bare_scatter_add,
    ),
    "sort": Operation(CHOICE, matrix, lambda lib, x: lib.sort(x, 1)[0], bare_sort),
    # Products
    "mm": Operation(PRODUCTS, with_factor, lambda lib, x, y: x @ y, lambda x, y: x @ y),
    "mv": Operation(PRODUCTS, with_row, lambda lib, x, y: x @ y, lambda x, y: x @ y),
    "bmm": Operation(PRODUCTS, stacks, lambda lib, x, y: lib.bmm(x, y), lambda x, y: x @ y),
    "linear": Operation(
        PRODUCTS,
        with_weights,
        lambda lib, x, w, b: lib.nn.functional.linear(x, w, b),
        lambda x, w, b: x @ w.T + b,
    ),
    # Layers and losses
    "softmax": Operation(LAYERS, matrix, lambda lib, x: lib.softmax(x, 1), bare_softmax),
    "log_softmax": Operation(
        LAYERS, matrix, lambda lib, x: lib.log_softmax(x, 1), bare_log_softmax
    ),
    "layer_norm": Operation(
        LAYERS,
        normed,
        lambda lib, x, w, b: lib.nn.functional.layer_norm(x, w.shape, w, b),
        bare_layer_norm,
    ),
    "cross_entropy": Operation(
        LAYERS,
        with_classes,
        lambda lib, x, y: lib.nn.functional.cross_entropy(x, y),
        bare_cross_entropy,
    ),
    "mse_loss": Operation(
        LAYERS,
        two,
        lambda lib, x, y: lib.nn.functional.mse_loss(x, y),
        lambda x, y: ((x - y) ** 2).mean(),
    ),
    "binary_cross_entropy": Operation(
        LAYERS,
        two,
        lambda lib, x, y: lib.nn.functional.binary_cross_entropy(x, y),
        bare_cross_entropy_of_two,
    ),
}


# What a process is asked to prepare ---------------------------------------------------------------


def arrays(name: str, size: int) -> Arrays:
    """What the op of that name is given, the same in each process."""
    return OPERATIONS[name].inputs(np.random.default_rng(0), size)


def operation(library: Any, name: str, size: int, backward: bool) -> Callable[[], Any]:
    """The op of that name, and, if wanted, the gradients of all its inputs of floats."""
    run = OPERATIONS[name].run
    tensors = [library.from_numpy(array) for array in arrays(name, size)]
    if not backward:
        return lambda: run(library, *tensors)
    upstream = library.ones_like(run(library, *tensors))
    leaves = [tensor.requires_grad_() for tensor in tensors if tensor.is_floating_point()]
    return lambda: library.autograd.grad(run(library, *tensors), leaves, upstream)


def bare(library: Any, name: str, size: int) -> Callable[[], Any]:
    """The op of that name in NumPy; the library is only there."""
    run = OPERATIONS[name].bare
    if run is None:
        raise ValueError(f"{name} is not measured in bare NumPy")
    inputs = arrays(name, size)
    return lambda: run(*inputs)
