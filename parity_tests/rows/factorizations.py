"""Factors of matrices, what they solve, functions of matrices, and distances of all pairs."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
from hypothesis import strategies as st

from ..draws import FLOATS, Options, Shapes, choices, pattern
from .linear_algebra import COMPOSED, MATRIX
from .row import Row, function

INF = float("inf")
#: The vectors of LAPACK may point either way, so what is compared does not change if they turn.
SIGNS = "of the vectors, what does not depend on their signs"
ANY = pattern("aa", "ab", "ba", "dab", "edab")
SQUARE = pattern("aa", "daa", "edaa")


def linalg(name: str) -> Callable[..., Any]:
    """The function of this name in ``linalg``."""

    def call(library: ModuleType, *tensors: Any, **options: Any) -> Any:
        return getattr(library.linalg, name)(*tensors, **options)

    return call


def reflections(x: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """What geqrf makes of `x`, by Householder's reflections one after the other."""
    result = x.copy()
    for matrix in result.reshape(-1, *x.shape[-2:]):
        for k in range(min(matrix.shape)):
            top, v = matrix[k, k], matrix[k:, k].copy()
            size = np.sqrt((v * v).sum())
            if size == abs(top):  # there is nothing below to be turned up
                continue
            end = -np.copysign(size, top)
            v /= top - end
            v[0] = 1
            matrix[k:, k:] -= (end - top) / end * np.outer(v, v @ matrix[k:, k:])
            matrix[k, k], matrix[k + 1 :, k] = end, v[1:]
    return result


def weights(library: ModuleType, x: Any) -> Any:
    """As many different numbers as `x` has columns."""
    return library.arange(1.0, x.shape[-1] + 1).to(x.dtype)


def spread(library: ModuleType, x: Any) -> Any:
    """`x` with singular values that lie apart, for where two are equal vectors have no gradient."""
    m, n = x.shape[-2:]
    diagonal = library.eye(max(m, n), dtype=x.dtype)[:m, :n] * weights(library, x) * 4
    return diagonal + x.tanh()


def without_signs(library: ModuleType, u: Any, s: Any, vh: Any) -> Any:
    """The squares of the vectors, and products in which signs cancel."""
    k = s.shape[-1]
    u, vh = u[..., :k], vh[..., :k, :]
    return u * u, s, vh * vh, (u * weights(library, s)) @ vh


def svd(library: ModuleType, x: Any, **options: Any) -> Any:
    return without_signs(library, *library.linalg.svd(spread(library, x), **options))


def old_svd(library: ModuleType, x: Any, **options: Any) -> Any:
    u, s, v = library.svd(spread(library, x), **options)
    return without_signs(library, u, s, v.transpose(-1, -2))


def full_svd(library: ModuleType, x: Any) -> Any:
    """That the vectors which have no gradient, too, are at right angles."""
    u, _, vh = library.linalg.svd(x.detach())
    return (u.mT @ u).round(decimals=3), (vh @ vh.mT).round(decimals=3)


def eigh(library: ModuleType, x: Any, **options: Any) -> Any:
    if x.shape[-1] == x.shape[-2]:
        x = spread(library, x)
    values, vectors = library.linalg.eigh(x, **options)
    return values, vectors * vectors, (vectors * weights(library, values)) @ vectors.mT


def eigvalsh(library: ModuleType, x: Any, **options: Any) -> Any:
    if x.shape[-1] == x.shape[-2]:
        x = spread(library, x)
    return library.linalg.eigvalsh(x, **options)


def spread_first(name: str, where: str = "linalg") -> Callable[..., Any]:
    """The function of a matrix that is far from having a lower rank."""

    def call(library: ModuleType, x: Any, *rest: Any, **options: Any) -> Any:
        module = library.linalg if where == "linalg" else library
        return getattr(module, name)(spread(library, x), *rest, **options)

    return call


def lu_solve(library: ModuleType, x: Any, b: Any, **options: Any) -> Any:
    return library.linalg.lu_solve(*library.linalg.lu_factor(spread(library, x)), b, **options)


def old_lu_solve(library: ModuleType, x: Any, b: Any) -> Any:
    return library.lu_solve(b, *library.lu(spread(library, x)))


def lu_unpack(library: ModuleType, x: Any, **options: Any) -> Any:
    return library.lu_unpack(*library.linalg.lu_factor(spread(library, x)), **options)


def low_rank(library: ModuleType, x: Any, y: Any) -> Any:
    """A product of narrow matrices, far from losing one rank more, where second derivatives have no
    digits left to compare."""
    return library.linalg.pinv(spread(library, x) @ spread(library, y), rtol=1e-3)


def hermitian(name: str) -> Callable[..., Any]:
    def call(library: ModuleType, x: Any, **options: Any) -> Any:
        if x.shape[-1] == x.shape[-2]:
            x = spread(library, x)
            x = x + x.mT
        return getattr(library.linalg, name)(x, hermitian=True, **options)

    return call


def triangular(library: ModuleType, a: Any, b: Any, **options: Any) -> Any:
    if a.shape[-1] == a.shape[-2]:
        a = spread(library, a)
    return library.linalg.solve_triangular(a, b, **options)


def triangular_solve(library: ModuleType, b: Any, a: Any, **options: Any) -> Any:
    return library.triangular_solve(b, spread(library, a), **options)


def exponential(x: np.ndarray[Any, Any]) -> Any:
    """In long double: the series of x / 64, and what it comes to squared six times."""
    term = result = np.broadcast_to(np.eye(x.shape[-1], dtype=x.dtype), x.shape)
    for number in range(1, 30):
        term = term @ x / (64 * number)
        result = result + term
    for _ in range(6):
        result = result @ result
    return result


def cholesky(library: ModuleType, x: Any, **options: Any) -> Any:
    return library.cholesky(x @ x.mT + library.eye(x.shape[-2], dtype=x.dtype), **options)


def cholesky_ex(library: ModuleType, x: Any, **options: Any) -> Any:
    positive = x @ x.mT + library.eye(x.shape[-2], dtype=x.dtype)
    return library.linalg.cholesky_ex(positive, **options)


def cholesky_solve(library: ModuleType, b: Any, x: Any, **options: Any) -> Any:
    return library.cholesky_solve(b, spread(library, x), **options)


def cholesky_inverse(library: ModuleType, x: Any, **options: Any) -> Any:
    return library.cholesky_inverse(spread(library, x), **options)


def lstsq(library: ModuleType, x: Any, b: Any, **options: Any) -> Any:
    results = library.linalg.lstsq(spread(library, x), b, **options)
    return tuple(r if r.numel() else r.detach() for r in results)


def householder(library: ModuleType, x: Any, tau: Any) -> Any:
    return library.linalg.householder_product(x.tanh(), tau.tanh())


def powers(shapes: Shapes) -> st.SearchStrategy[Options]:
    return st.sampled_from((-3, -1, 0, 1, 2, 3, 5, 8)).map(lambda n: {"n": n})


def tensorinv(library: ModuleType, x: Any) -> Any:
    """Of a map from (n, 1) to (n)."""
    x = spread(library, x)
    return library.linalg.tensorinv(x.reshape(x.shape[0], 1, *x.shape[1:]).movedim(1, 2), ind=1)


def tensorsolve(library: ModuleType, x: Any, b: Any) -> Any:
    x = spread(library, x)
    return library.linalg.tensorsolve(x.reshape(x.shape[0], 1, *x.shape[1:]), b.reshape(-1, 1))


#: Distances have kinks where elements are equal, and there PyTorch's rules are compared.
PAIRS: dict[str, Any] = {
    "twice": False, "mixed": (),
    "skipped": {"nonfinite": "inf - inf is in PyTorch's vector code a nan in other places"},
}  # fmt: skip

ROWS = (
    Row("svd", old_svd, ANY, (FLOATS,), choices(some=(..., False)), graph=SIGNS, **MATRIX),
    Row("linalg_svd", svd, ANY, (FLOATS,), choices(full_matrices=(..., False)), graph=SIGNS,
        **MATRIX),
    Row("linalg_svd-full", full_svd, ANY, (FLOATS,), graph=SIGNS, **MATRIX),
    Row("svdvals", linalg("svdvals"), ANY, (FLOATS,), **MATRIX),
    Row("eigh", eigh, pattern("aa", "daa", "ab"), (FLOATS,), choices(UPLO=(..., "U", "u")),
        graph=SIGNS, **MATRIX),
    Row("eigvalsh", eigvalsh, SQUARE, (FLOATS,), choices(UPLO=(..., "U")), **MATRIX),
    Row("qr", spread_first("qr", ""), ANY, (FLOATS,), choices(some=(..., True)), **MATRIX),
    Row("linalg_qr", spread_first("qr"), ANY, (FLOATS,), choices(mode=(..., "reduced")), **MATRIX),
    Row("linalg_qr-complete", spread_first("qr"), pattern("ab", "dab").map(
        lambda s: tuple((*x[:-2], *sorted(x[-2:])) for x in s)), (FLOATS,),
        choices(mode=("complete",)), **MATRIX),
    Row("lu", spread_first("lu", ""), ANY, (FLOATS,), **MATRIX),
    Row("linalg_lu", linalg("lu"), ANY, (FLOATS,), **MATRIX),
    Row("lu_factor", spread_first("lu_factor"), ANY, (FLOATS,), **MATRIX),
    Row("lu_factor_ex", linalg("lu_factor_ex"), ANY, (FLOATS,), **MATRIX),
    Row("lu_unpack", lu_unpack, ANY, (FLOATS,),
        choices(unpack_pivots=(..., False)), graph=COMPOSED, **MATRIX),
    Row("linalg_lu_solve", lu_solve, pattern("aa,ab", "daa,dab", "daa,ab", "aa,dab"),
        (FLOATS, FLOATS), choices(adjoint=(..., True)), graph=COMPOSED, **MATRIX),
    Row("linalg_lu_solve-right", lu_solve, pattern("aa,ba", "daa,dba"),
        (FLOATS, FLOATS), choices(adjoint=(..., True), left=(False,)), graph=COMPOSED, **MATRIX),
    Row("lu_solve", old_lu_solve, pattern("aa,ab", "daa,dab", "aa,a"), (FLOATS, FLOATS),
        graph=COMPOSED, **MATRIX),
    Row("pinv", spread_first("pinv"), ANY, (FLOATS,), choices(rtol=(..., 1e-3), atol=(..., 0.1)),
        **MATRIX),
    Row("pinv-low", low_rank, pattern("ab,bc", "dab,dbc", empty=False), (FLOATS, FLOATS),
        graph=COMPOSED, **MATRIX),
    Row("pinv-hermitian", hermitian("pinv"), pattern("aa", "daa", "ab"), (FLOATS,), graph=COMPOSED,
        **MATRIX),
    Row("pinverse", spread_first("pinverse", ""), ANY, (FLOATS,), **MATRIX),
    Row("matrix_rank", lambda lib, x, y, **o: lib.linalg.matrix_rank(x @ y, **o),
        pattern("ab,bc", "dab,dbc"), (FLOATS, FLOATS), choices(rtol=(1e-4, 0.1)), **MATRIX),
    Row("matrix_rank-hermitian", hermitian("matrix_rank"), SQUARE, (FLOATS,),
        choices(atol=(..., 3.0)), **MATRIX),
    # Of one row or column it is 1, and its gradients are what rounding leaves.
    Row("cond", spread_first("cond"), ANY.map(lambda s: (tuple(n + (n == 1) for n in s[0]),)),
        (FLOATS,), choices(p=(..., 2, -2)), graph=COMPOSED, **MATRIX),
    Row("cond-nuc", spread_first("cond"), pattern("aa", "daa", "ab").map(
        lambda s: (tuple(n + (n == 1) for n in s[0]),)), (FLOATS,), choices(p=("nuc",)),
        graph=COMPOSED, **MATRIX),
    # PyTorch changes the inverse in place, and so has no gradient here.
    Row("cond-inverse", lambda lib, x, **o: spread_first("cond")(lib, x.detach(), **o),
        pattern("aa", "daa", "ab"), (FLOATS,), choices(p=("fro", 1, -1, INF, -INF)),
        graph=COMPOSED, **MATRIX),
    # PyTorch with "gelss" and an empty right side ends the process.
    Row("lstsq", lstsq, pattern("ab,ac", "dab,dac", "ab,a", "dab,da", "1ab,dac", empty=False),
        (FLOATS, FLOATS), choices(driver=(..., "gelsy", "gelsd", "gelss", "gels")),
        graph=COMPOSED, **MATRIX),
    Row("solve_triangular", triangular, pattern("aa,ab", "daa,dab", "aa,dab", "daa,ab", "ab,ab"),
        (FLOATS, FLOATS), choices(upper=(True, False), unitriangular=(..., True)), graph=COMPOSED,
        **MATRIX),
    Row("solve_triangular-right", triangular, pattern("aa,ba", "daa,dba", "daa,ba"),
        (FLOATS, FLOATS), choices(upper=(True, False), unitriangular=(..., True), left=(False,)),
        graph=COMPOSED, **MATRIX),
    Row("triangular_solve", triangular_solve, pattern("ab,aa", "dab,daa", "ab,daa"),
        (FLOATS, FLOATS), choices(upper=(..., False), transpose=(..., True),
        unitriangular=(..., True)), graph=COMPOSED, **MATRIX),
    Row("cholesky", cholesky, pattern("aa", "daa", "ab"), (FLOATS,), choices(upper=(..., True)),
        graph=COMPOSED, **MATRIX),
    Row("cholesky_ex", cholesky_ex, pattern("aa", "daa", "ab"), (FLOATS,),
        choices(upper=(..., True)), graph=COMPOSED, **MATRIX),
    Row("cholesky_solve", cholesky_solve, pattern("ab,aa", "dab,daa", "ab,daa"), (FLOATS, FLOATS),
        choices(upper=(..., True)), graph=COMPOSED, **MATRIX),
    Row("cholesky_inverse", cholesky_inverse, pattern("aa", "daa"), (FLOATS,),
        choices(upper=(..., True)), graph=COMPOSED, **MATRIX),
    Row("inv_ex", spread_first("inv_ex"), SQUARE, (FLOATS,), **MATRIX),
    Row("solve_ex", spread_first("solve_ex"), pattern("aa,a", "aa,ab", "daa,dab", "daa,da"),
        (FLOATS, FLOATS), graph=COMPOSED, **MATRIX),
    Row("matrix_exp", function("matrix_exp"), pattern("aa", "daa", "ab"), (FLOATS,),
        truth=exponential, **MATRIX),
    Row("matrix_power", lambda lib, x, **o: lib.matrix_power(spread(lib, x), **o), SQUARE,
        (FLOATS,), powers, graph=COMPOSED, **MATRIX),
    # Of no numbers PyTorch gives no gradient, and not one without numbers.
    Row("householder_product", householder, pattern("aa,a", "daa,da", empty=False), (FLOATS,) * 2,
        graph=COMPOSED, **MATRIX),
    Row("orgqr", lambda lib, x, tau: lib.orgqr(x.tanh(), tau.tanh()),
        pattern("aa,a", empty=False), (FLOATS, FLOATS), graph=COMPOSED, **MATRIX),
    Row("ormqr", lambda lib, x, tau, y, **o: lib.ormqr(x.tanh(), tau.tanh(), y, **o),
        pattern("aa,a,aa", "daa,da,daa", empty=False), (FLOATS,) * 3,
        choices(left=(..., False), transpose=(..., True)), graph=COMPOSED, **MATRIX),
    Row("geqrf", lambda lib, x: lib.geqrf(x.detach()), ANY, (FLOATS,), truth=reflections, **MATRIX),
    # PyTorch writes this one in place, and has no gradient of it from the third power on.
    Row("vander", lambda lib, x, **o: lib.vander(x.detach(), **o), pattern("a", "ab"), (FLOATS,),
        choices(N=(..., 0, 1, 3), increasing=(..., True)), graph=COMPOSED),
    Row("linalg_vander", linalg("vander"), pattern("a", "da"), (FLOATS,), choices(N=(2, 3, 1)),
        graph=COMPOSED, skipped={"nonfinite": "0 times inf in another order of the products"}),
    Row("vecdot", linalg("vecdot"), pattern("a,a", "ab,ab", "ab,b", "ab,1b", "ab,cb"),
        (FLOATS, FLOATS), choices(dim=(..., 0, -1)), graph=COMPOSED, mixed=()),
    Row("tensorinv", tensorinv, pattern("aa", empty=False), (FLOATS,), graph=COMPOSED, **MATRIX),
    Row("tensorsolve", tensorsolve, pattern("aa,a", empty=False), (FLOATS, FLOATS), **MATRIX),
    Row("linalg_diagonal", linalg("diagonal"), pattern("ab", "dab"), (FLOATS,),
        choices(offset=(..., 1, -1)), exact="bits"),
    Row("chain_matmul", function("chain_matmul"), pattern("ab", "ab,bc", "ab,bc,cd"), (FLOATS,) * 3,
        mixed=(), graph=COMPOSED),
    Row("cdist", function("cdist"), pattern("ab,cb", "dab,dcb", "ab,dcb", "dab,1cb"),
        (FLOATS, FLOATS), choices(p=(..., 0, 0.5, 1, 1.5, 2, 3, INF)), graph=COMPOSED, **PAIRS),
    # PyTorch's backward pass of no vectors ends the process.
    Row("pdist", function("pdist"), pattern("ab", empty=False), (FLOATS,),
        choices(p=(..., 0, 0.5, 1, 1.5, 2, 3, INF)), graph=COMPOSED, **PAIRS),
)  # fmt: skip
