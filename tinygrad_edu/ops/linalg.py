"""Products of matrices and vectors; a layer of neurons, `linear`, has a file of its own.

For ``C = A B`` and the gradient G with respect to C, a small change of the loss is
``dL = sum(G * dC)`` with ``dC = dA B + A dB``, so ``dL = sum((G B^T) * dA) + sum((A^T G) * dB)``:
the gradients are ``G B^T`` for A and ``A^T G`` for B [1]_.

.. [1] M. B. Giles, "An extended collection of matrix derivative results for forward and reverse
   mode algorithmic differentiation", Oxford University (2008), section 2.2.2.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from ..advice import advised
from ..autograd.broadcasting import broadcast_error
from ..autograd.graph import Array, Shape, TensorBase, wrap
from ..autograd.op import Op
from ..autograd.views import alone
from ..dtypes import name_in_c, old_name
from .arguments import in_derivative, not_a_tensor, torch_arguments
from .convert import numbers, scalar
from .into import into
from .older_forms import older_form
from .shape import SqueezeDim, UnsafeView, reshape

if TYPE_CHECKING:
    from ..tensor import Number, Operand, Tensor


class Product(Op):
    """What the products share: PyTorch's error where the shapes do not fit."""

    @classmethod
    def explain(cls, values: list[Any], error: ValueError) -> Exception:
        a, b = [v.shape for v in values if isinstance(v, np.ndarray)][-2:]
        return RuntimeError(cls.misfit(a, b))

    @staticmethod
    def misfit(a: Shape, b: Shape) -> str:
        """What to say of factors of these shapes."""
        return f"mat1 and mat2 shapes cannot be multiplied ({a[0]}x{a[1]} and {b[0]}x{b[1]})"


class Mm(Product):
    """``a @ b``, matrix times matrix."""

    @staticmethod
    def forward(a: Array, b: Array) -> Array:
        return np.matmul(a, b)

    @staticmethod
    def d_a(grad: Array, b: Array) -> Array:
        return grad @ b.T

    @staticmethod
    def d_b(grad: Array, a: Array) -> Array:
        return a.T @ grad


def scaled(x: Array, factor: Number) -> Array:
    """`x` times a factor; 0 leaves nothing of it, not even nan, for BLAS reads no such x."""
    if factor == 1:
        return x
    return x * factor if factor else np.zeros_like(x)


def times(grad: Array, factor: Number) -> Array:
    """The derivative of `scaled`: an ordinary product."""
    return grad if factor == 1 else grad * factor


class Addmm(Product):
    """``beta bias + alpha a @ b``; the engine sums the gradient of `bias` over the rows it was
    added to."""

    @staticmethod
    def forward(bias: Array, a: Array, b: Array, beta: Number, alpha: Number) -> Array:
        return scaled(np.matmul(a, b), alpha) + scaled(bias, beta)

    @staticmethod
    def d_bias(grad: Array, beta: Number) -> Array:
        return times(grad, beta)

    @staticmethod
    def d_a(grad: Array, b: Array, alpha: Number) -> Array:
        return times(grad @ b.T, alpha)

    @staticmethod
    def d_b(grad: Array, a: Array, alpha: Number) -> Array:
        return times(a.T @ grad, alpha)


class Mv(Product):
    """``a @ b``, matrix times vector."""

    @staticmethod
    def forward(a: Array, b: Array) -> Array:
        return np.matmul(a, b)

    @staticmethod
    def d_a(grad: Array, b: Array) -> Array:
        return np.expand_dims(grad, 1) * b

    @staticmethod
    def d_b(grad: Array, a: Array) -> Array:
        return a.T @ grad

    @staticmethod
    def misfit(a: Shape, b: Shape) -> str:
        return f"size mismatch, got input ({a[0]}), mat ({a[0]}x{a[1]}), vec ({b[0]})"


class Dot(Product):
    """``a @ b``, vector times vector: one number."""

    @staticmethod
    def forward(a: Array, b: Array) -> Array:
        return np.matmul(a, b)

    @staticmethod
    def d_a(grad: Array, b: Array) -> Array:
        return grad * b

    @staticmethod
    def d_b(grad: Array, a: Array) -> Array:
        return grad * a

    @staticmethod
    def misfit(a: Shape, b: Shape) -> str:
        return (
            f"inconsistent tensor size, expected tensor {list(a)} and src {list(b)} to have the "
            f"same number of elements, but got {a[0]} and {b[0]} elements respectively"
        )


class Bmm(Product):
    """``a @ b`` for stacks of matrices; the dimensions before the last two broadcast."""

    @staticmethod
    def forward(a: Array, b: Array) -> Array:
        return np.matmul(a, b)

    @staticmethod
    def d_a(grad: Array, b: Array) -> Array:
        return grad @ b.swapaxes(-1, -2)

    @staticmethod
    def d_b(grad: Array, a: Array) -> Array:
        return a.swapaxes(-1, -2) @ grad

    @staticmethod
    def misfit(a: Shape, b: Shape) -> str:
        return (
            f"Expected size for first two dimensions of batch2 tensor to be: [{a[0]}, {a[2]}] but "
            f"got: [{b[0]}, {b[1]}]."
        )


class BatchedMatmul(Bmm):
    """`Bmm` as ``a @ b``: PyTorch makes one stack of the dimensions before the last two, multiplies
    and views the result, and shows the last of these nodes."""

    node_name = "UnsafeViewBackward0"

    @classmethod
    def explain(cls, values: list[Any], error: ValueError) -> Exception:
        a, b = (v.shape for v in values)
        if (misfit := broadcast_error([a[:-2], b[:-2]])) is not None:
            return misfit
        stack = math.prod(np.broadcast_shapes(a[:-2], b[:-2]))
        return RuntimeError(cls.misfit((stack, *a[-2:]), (stack, *b[-2:])))


class SqueezeRow(SqueezeDim):
    """The product of a vector and a matrix without the dimension that made the vector a row."""

    node_name = "SqueezeBackward4"


def _check(
    name: str, a: Tensor, b: Tensor, a_dims: int | None = None, b_dims: int | None = None
) -> None:
    """PyTorch multiplies tensors of one dtype only, no bools, and of the dimensions that the name
    says; of each kind of product it has its own words."""
    for which, x, dims in (("first", a, a_dims), ("second", b, b_dims)):
        if dims is not None and x.array.ndim != dims:
            raise advised(
                RuntimeError(_other_dims(name, which, dims, a.array.ndim, b.array.ndim)),
                f"The shapes are {list(a.array.shape)} and {list(b.array.shape)}.",
            )
    first, second = a.array.dtype, b.array.dtype
    if first.kind == "b":
        kernel = {"mm": "addmm_impl_cpu_", "mv": "addmv_impl_cpu"}.get(name, name)
        raise NotImplementedError(f"\"{kernel}\" not implemented for 'Bool'")
    if first != second:
        raise advised(
            RuntimeError(_other_dtypes(name, first, second)),
            f"The dtypes are {a.dtype} and {b.dtype}; convert one with .to(dtype).",
        )


def _other_dims(name: str, which: str, dims: int, a: int, b: int) -> str:
    if name == "mm":
        return f"{'self' if which == 'first' else 'mat2'} must be a matrix"
    if name == "bmm":
        return f"batch{1 if which == 'first' else 2} must be a 3D tensor"
    if name == "mv":
        return f"vector + matrix @ vector expected, got 1, {a}, {b}"
    if name == "dot":
        return f"1D tensors expected, but got {a}D and {b}D tensors"
    return f"{name}: expected the {which} argument to have {dims} dimensions, but got {(a, b)}"


def _other_dtypes(name: str, a: np.dtype[Any], b: np.dtype[Any]) -> str:
    if name == "mm":
        return (
            f"expected m1 and m2 to have the same dtype, but got: {name_in_c(a)} != {name_in_c(b)}"
        )
    first, second = old_name(a), old_name(b)
    if name == "mv":
        return (
            f"addmv input tensors must have the same dtype, but got {second}, {first}, and {second}"
        )
    if name == "dot":
        return f"dot : expected both vectors to have same dtype, but found {first} and {second}"
    if name == "addmm":
        return f"self and mat2 must have the same dtype, but got {first} and {second}"
    return f"expected scalar type {first} but found {second}"


@torch_arguments
def mm(input: Tensor, mat2: Tensor) -> Tensor:
    """The product of two matrices, of shapes (n, m) and (m, p).

    Raises
    ------
    RuntimeError
        If they are not matrices, or their shapes or dtypes do not fit.
    """
    _check("mm", input, mat2, 2, 2)
    return Mm.apply(input, mat2)


@torch_arguments
def mv(input: Tensor, vec: Tensor) -> Tensor:
    """The product of a matrix (n, m) and a vector (m); errors as `mm`."""
    _check("mv", input, vec, 2, 1)
    return Mv.apply(input, vec)


@torch_arguments
def dot(input: Tensor, tensor: Tensor) -> Tensor:
    """The sum of the products of matching elements of two vectors; errors as `mm`."""
    _check("dot", input, tensor, 1, 1)
    return Dot.apply(input, tensor)


@torch_arguments
def bmm(input: Tensor, mat2: Tensor) -> Tensor:
    """The products of matrices pair by pair: (b, n, m) and (b, m, p); errors as `mm`."""
    _check("bmm", input, mat2, 3, 3)
    if input.array.shape[0] != mat2.array.shape[0]:
        raise RuntimeError(Bmm.misfit(input.array.shape, mat2.array.shape))
    return Bmm.apply(input, mat2)


@torch_arguments
def outer(input: Tensor, vec2: Tensor) -> Tensor:
    """The products of each element of one vector with each of another: (n) and (m) to (n, m)."""
    if input.array.ndim != 1 or vec2.array.ndim != 1:
        name, wrong = ("self", input) if input.array.ndim != 1 else ("vec2", vec2)
        raise advised(
            RuntimeError(f"outer: Expected 1-D argument {name}, but got {wrong.array.ndim}-D"),
            f"The shapes are {list(input.array.shape)} and {list(vec2.array.shape)}.",
        )
    return reshape(input, input.array.size, 1) * vec2


@older_form
@torch_arguments
def addmm(
    input: Tensor, mat1: Tensor, mat2: Tensor, *, beta: Number = 1, alpha: Number = 1
) -> Tensor:
    """``beta * input + alpha * (mat1 @ mat2)``; `input` broadcasts. Errors as `mm`."""
    _check("addmm", mat1, mat2, 2, 2)
    _check("addmm", input, mat1)
    if mat1.array.shape[1] == mat2.array.shape[0]:
        check_fits("addmm", input, (mat1.array.shape[0], mat2.array.shape[1]))
    dtype = input.array.dtype
    return Addmm.apply(input, mat1, mat2, as_factor(beta, dtype), as_factor(alpha, dtype))


def as_factor(number: Number, dtype: np.dtype[Any]) -> Number:
    """`number` as one of `dtype`: of integers, cut off, and with -1 as the largest unsigned one."""
    if dtype.kind != "f":
        factor: Number = numbers(number, dtype).item()
        return factor
    scalar(number, dtype)  # an error if it is out of range
    return float(number)


def check_fits(name: str, input: Tensor, shape: Shape) -> None:
    """Raise PyTorch's error if `input` does not broadcast to `shape`, that of the product."""
    there = input.array.shape
    padded = (1,) * (len(shape) - len(there)) + there
    if len(there) > len(shape) or any(a not in (1, b) for a, b in zip(padded, shape, strict=True)):
        raise misfit_of_input(there, shape)


def misfit_of_input(there: Shape, shape: Shape) -> RuntimeError:
    """PyTorch's error for what is to be added to a product, and does not broadcast to its shape."""
    if len(there) > len(shape):
        return RuntimeError(
            f"expand(torch.FloatTensor{{{list(there)}}}, size={list(shape)}): the number of sizes "
            f"provided ({len(shape)}) must be greater or equal to the number of dimensions in the "
            f"tensor ({len(there)})"
        )
    wrong = max(d for d in range(-len(there), 0) if there[d] not in (1, shape[d]))
    return RuntimeError(
        f"The expanded size of the tensor ({shape[wrong]}) must match the existing size "
        f"({there[wrong]}) at non-singleton dimension {len(shape) + wrong}.  Target sizes: "
        f"{list(shape)}.  Tensor sizes: {list(there)}"
    )


def matmul(input: Operand, other: Operand, *, out: Tensor | None = None) -> Tensor:
    """``input @ other``: vectors, matrices, or stacks of matrices.

    Parameters
    ----------
    input, other : Tensor
        Of any dimensions but 0. A vector on the left is a row, on the right a column; dimensions
        before the last two broadcast.

    Raises
    ------
    RuntimeError
        If their shapes or dtypes do not fit.
    TypeError
        If one is a number.
    """
    if out is not None:
        return into(out, matmul, input, other)
    input, other = _matrix(input, 0), _matrix(other, 1)
    a, b = input.array.ndim, other.array.ndim
    if not (a and b):
        raise RuntimeError(
            f"both arguments to matmul need to be at least 1D, but they are {a}D and {b}D"
        )
    kind = "dot" if a == b == 1 else "mv" if b == 1 else "mm" if min(a, b) <= 2 else "bmm"
    _check(kind, input, other)
    if a == 1 and b == 1:
        return Dot.apply(input, other)
    if a == 2 and b == 1:
        return Mv.apply(input, other)
    if a == 2 and b == 2:
        return Mm.apply(input, other)
    if a == 1 and b > 2:
        return matmul(other.transpose(-1, -2), input)
    if a == 1:
        product = matmul(input.unsqueeze(0), other)
        row = alone(SqueezeRow.apply(product, (product.array.ndim - 2,)))
        row._version += 1  # PyTorch squeezes in place
        return row
    if b == 1 and not input.array.size:
        return matmul(input, other.unsqueeze(1)).squeeze(-1)
    if b <= 2 and input.array.size:  # one large product instead of many small ones
        rows = reshape(input, -1, input.array.shape[-1])
        product = Mm.apply(rows, other) if b == 2 else Mv.apply(rows, other)
        shape = (*input.array.shape[:-1], *other.array.shape[1:])
        return alone(UnsafeView.apply(product, shape))
    return BatchedMatmul.apply(input, other)


def _matrix(operand: Any, position: int) -> Tensor:
    """A tensor as it is, and, in a derivative, an array as a tensor."""
    if isinstance(operand, TensorBase):
        return cast("Tensor", operand)
    if in_derivative(operand):
        return wrap(operand)
    raise not_a_tensor("matmul", "other" if position else "input", position, operand)
