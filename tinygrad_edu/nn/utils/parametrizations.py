"""Weights that are orthogonal, of chosen lengths, or of a largest singular value of 1.

They are `parametrize.register_parametrization` with the modules that compute them.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import TypeVar

from ...autograd.grad_mode import no_grad
from ...creation import eye, zeros_like
from ...limits import finfo
from ...ops.choice import where
from ...ops.closeness import allclose
from ...ops.diagonal import diagonal, tril
from ...ops.distance import normalize
from ...ops.join import cat
from ...ops.matrix import solve
from ...ops.matrix_functions import matrix_exp
from ...ops.orthogonal import geqrf, householder_product
from ...sampling import randn
from ...tensor import Tensor
from ..module import Module
from .parametrize import register_parametrization
from .spectral_norm import as_matrix, outputs_dim
from .weight_norm import lengths, of_length

__all__ = ["orthogonal", "spectral_norm", "weight_norm"]

M = TypeVar("M", bound=Module)


class _OrthMaps(Enum):
    matrix_exp = auto()
    cayley = auto()
    householder = auto()


class _Orthogonal(Module):
    """An orthogonal matrix from the numbers of any; see `orthogonal`."""

    base: Tensor | None

    def __init__(
        self, weight: Tensor, orthogonal_map: _OrthMaps, *, use_trivialization: bool = True
    ) -> None:
        super().__init__()
        self.shape = weight.shape
        self.orthogonal_map = orthogonal_map
        if use_trivialization:
            self.register_buffer("base", None)

    def forward(self, X: Tensor) -> Tensor:
        """Orthonormal columns (of a wide matrix, rows), from a matrix of the same shape."""
        wide = X.shape[-2] < X.shape[-1]
        X = X.mT if wide else X
        if self.orthogonal_map is _OrthMaps.householder:
            Q = self._reflections(X)
        else:
            Q = self._rotation(X)[..., : X.shape[-1]]
        base: Tensor | None = getattr(self, "base", None)
        if base is not None:
            Q = base @ Q
        return Q.mT if wide else Q

    def _reflections(self, X: Tensor) -> Tensor:
        """A product of Householder reflections, whose vectors are below the diagonal of X."""
        vectors = tril(X, -1)
        scales = 2.0 / (1.0 + (vectors * vectors).sum(-2))
        product = householder_product(vectors, scales)
        signs = diagonal(X, dim1=-2, dim2=-1).int()  # no gradient goes to them
        return product * signs.unsqueeze(-2)

    def _rotation(self, X: Tensor) -> Tensor:
        """A square matrix, computed from a skew-symmetric one."""
        lower = tril(X)
        n, k = X.shape[-2:]
        if n != k:
            lower = cat([lower, X.new_zeros((*X.shape[:-2], n, n - k))], -1)
        skew = lower - lower.mT
        if self.orthogonal_map is _OrthMaps.matrix_exp:
            return matrix_exp(skew)
        unit = eye(n, dtype=X.dtype)
        return solve(unit - skew * 0.5, unit + skew * 0.5)

    def right_inverse(self, Q: Tensor) -> Tensor:
        """The matrix from which `forward` computes Q, if that is orthogonal, and else something
        near it: the factor Q of its QR decomposition.

        Raises
        ------
        ValueError
            If it has another shape.
        NotImplementedError
            Without a base, if the map is another than "householder".
        """
        if Q.shape != self.shape:
            raise ValueError(
                f"Expected a matrix or batch of matrices of shape {self.shape}. Got a tensor of "
                f"shape {Q.shape}."
            )
        wide = Q.shape[-2] < Q.shape[-1]
        tall = Q.mT if wide else Q
        with no_grad():
            if hasattr(self, "base"):
                self.base = self._completed(tall)
                start = zeros_like(Q)
                diagonal(start, dim1=-2, dim2=-1).fill_(-1.0)  # reflections that change nothing
                return start
            if self.orthogonal_map is not _OrthMaps.householder:
                raise NotImplementedError(
                    "It is not possible to assign to the matrix exponential or the Cayley "
                    "parametrizations when use_trivialization=False."
                )
            factors, scales = geqrf(tall)
            on_diagonal = diagonal(factors, dim1=-2, dim2=-1)
            signs = on_diagonal.sign()
            on_diagonal.copy_(where(scales == 0.0, -signs, signs))  # 0: there is no reflection
            return factors.mT if wide else factors

    def _completed(self, Q: Tensor) -> Tensor:
        """A square orthogonal matrix that begins with the columns of Q, or what is near them."""
        n, k = Q.shape[-2:]
        if n == k:
            unit, eps = eye(k, dtype=Q.dtype), 10.0 * n * finfo(Q.dtype).eps
            return Q.clone() if allclose(Q.mT @ Q, unit, atol=eps) else _make_orthogonal(Q)
        more = randn(*Q.shape[:-2], n, n - k, dtype=Q.dtype)
        return _make_orthogonal(cat([Q, more], -1))


def _make_orthogonal(matrix: Tensor) -> Tensor:
    """Its factor Q, where the factor R has no negative numbers on its diagonal."""
    factors, scales = geqrf(matrix)
    signs = diagonal(factors, dim1=-2, dim2=-1).sgn()
    return householder_product(factors, scales) * signs.unsqueeze(-2)


def orthogonal(
    module: M,
    name: str = "weight",
    orthogonal_map: str | None = None,
    *,
    use_trivialization: bool = True,
) -> M:
    """Keep a weight orthogonal: its columns, or the rows if there are fewer, orthonormal.

    Parameters
    ----------
    module : Module
    name : str
        Of a matrix, or of one of more dimensions: a batch of matrices.
    orthogonal_map : {"matrix_exp", "cayley", "householder"}, optional
        How it is computed: as the exponential of a skew-symmetric matrix A, as
        ``(I + A/2) (I - A/2)^-1``, or as a product of Householder reflections. By default the
        first, if the matrix is square, and else the last.
    use_trivialization : bool
        Whether to multiply it by a fixed orthogonal matrix, ``base``, so that the trained numbers
        begin where they are easy to train (M. Lezcano-Casado, "Trivializations for gradient-based
        optimization on manifolds", 2019).

    Returns
    -------
    Module
        `module` itself.

    Raises
    ------
    ValueError
        If there is no such tensor, it has fewer than two dimensions, or the map is another word.
    """
    weight = _weight(module, name)
    if weight.ndim < 2:
        raise ValueError(
            f"Expected a matrix or batch of matrices. Got a tensor of {weight.ndim} dimensions."
        )
    if orthogonal_map is None:
        orthogonal_map = "matrix_exp" if weight.shape[-2] == weight.shape[-1] else "householder"
    if orthogonal_map not in _OrthMaps.__members__:
        raise ValueError(
            'orthogonal_map has to be one of "matrix_exp", "cayley", "householder". Got: '
            f"{orthogonal_map}"
        )
    made = _OrthMaps[orthogonal_map]
    parametrization = _Orthogonal(weight, made, use_trivialization=use_trivialization)
    return register_parametrization(module, name, parametrization, unsafe=True)


class _WeightNorm(Module):
    """A weight from lengths and directions."""

    def __init__(self, dim: int | None = 0) -> None:
        super().__init__()
        self.dim = -1 if dim is None else dim

    def forward(self, weight_g: Tensor, weight_v: Tensor) -> Tensor:
        """``g v / |v|``."""
        return of_length(weight_g, weight_v, self.dim)

    def right_inverse(self, weight: Tensor) -> tuple[Tensor, Tensor]:
        """The lengths of a weight, and itself for the directions."""
        return lengths(weight, self.dim), weight


def weight_norm(module: M, name: str = "weight", dim: int | None = 0) -> M:
    """Keep a weight as a length, ``original0``, and a direction, ``original1``.

    See T. Salimans, D. Kingma, "Weight Normalization", 2016.

    Parameters
    ----------
    module : Module
    name : str
    dim : int, optional
        The dimension along which each slice has a length of its own; None: there is one length.

    Returns
    -------
    Module
        `module` itself.

    Raises
    ------
    ValueError
        If there is no such tensor.
    """
    return register_parametrization(module, name, _WeightNorm(dim), unsafe=True)


class _SpectralNorm(Module):
    """A weight over its largest singular value; see `spectral_norm`."""

    def __init__(
        self, weight: Tensor, n_power_iterations: int = 1, dim: int = 0, eps: float = 1e-12
    ) -> None:
        super().__init__()
        if not -weight.ndim <= dim < weight.ndim:
            raise IndexError(
                f"Dimension out of range (expected to be in range of [-{weight.ndim}, "
                f"{weight.ndim - 1}] but got {dim})"
            )
        if n_power_iterations <= 0:
            raise ValueError(
                "Expected n_power_iterations to be positive, but got "
                f"n_power_iterations={n_power_iterations}"
            )
        self.dim = dim % weight.ndim
        self.eps = eps
        if weight.ndim > 1:
            self.n_power_iterations = n_power_iterations
            matrix = as_matrix(weight, self.dim)
            for name, size in zip(("_u", "_v"), matrix.shape, strict=True):
                self.register_buffer(name, matrix.detach().new_empty(size).normal_(0, 1))
            self._u, self._v = self._unit(self._u), self._unit(self._v)
            self._iterate(matrix, 15)

    _u: Tensor
    _v: Tensor

    def _unit(self, vector: Tensor) -> Tensor:
        return normalize(vector, dim=0, eps=self.eps)

    def _iterate(self, matrix: Tensor, times: int) -> None:
        """Turn u and v towards the singular vectors (power iteration)."""
        with no_grad():
            for _ in range(times):
                self._u.copy_(self._unit(matrix @ self._v))
                self._v.copy_(self._unit(matrix.t() @ self._u))

    def forward(self, weight: Tensor) -> Tensor:
        """``W / (u^T W v)``; of a vector, that of length 1."""
        if weight.ndim == 1:
            return self._unit(weight)
        matrix = as_matrix(weight, self.dim)
        if self.training:
            self._iterate(matrix, self.n_power_iterations)
        # A later call changes them, while this one's graph may still be needed.
        u, v = self._u.clone(), self._v.clone()
        normalized: Tensor = weight / u.dot(matrix @ v)
        return normalized

    def right_inverse(self, value: Tensor) -> Tensor:
        """The value itself."""
        return value


def spectral_norm(
    module: M,
    name: str = "weight",
    n_power_iterations: int = 1,
    eps: float = 1e-12,
    dim: int | None = None,
) -> M:
    """Divide a weight by its largest singular value, so that a layer stretches nothing.

    It is found by power iteration, a little whenever the weight is read in training (T. Miyato et
    al., "Spectral Normalization for Generative Adversarial Networks", 2018).

    Parameters
    ----------
    module : Module
    name : str
    n_power_iterations : int
        How many there are each time.
    eps : float
        The least length that vectors are divided by.
    dim : int, optional
        The dimension of the outputs: by default 1 for transposed convolutions, and else 0.

    Returns
    -------
    Module
        `module` itself.

    Raises
    ------
    ValueError
        If there is no such tensor, or `n_power_iterations` is not above 0.
    IndexError
        If `dim` is out of range.
    """
    weight = _weight(module, name)
    dim = outputs_dim(module) if dim is None else dim
    parametrization = _SpectralNorm(weight, n_power_iterations, dim, eps)
    return register_parametrization(module, name, parametrization)


def _weight(module: Module, name: str) -> Tensor:
    weight = getattr(module, name, None)
    if not isinstance(weight, Tensor):
        raise ValueError(f"Module '{module}' has no parameter or buffer with name '{name}'")
    return weight
