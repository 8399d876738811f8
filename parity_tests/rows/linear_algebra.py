"""Einstein sums and further products; inverses, determinants and equations of matrices."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

from hypothesis import strategies as st

from ..bridge import LAYOUTS
from ..draws import FLOATS, Options, Shapes, choices, pattern
from ..versions import DETERMINANTS, UNLIKE_ADDMV
from .row import MIXED, Row, function

COMPOSED = "composed of other ops than PyTorch's"
SCALES = choices(beta=(..., 0.5), alpha=(..., -2))

#: Equations of one, two and three operands, with shapes that fit.
SINGLE = {
    "ii": "aa", "ii->i": "aa", "ij->ji": "ab", "ij->": "ab", "...ij->...ji": "cab", "ba": "ab",
    "iji->j": "aba", "...->": "ab", "i...->...": "abc", " i j -> j": "ab", "ij->ij": "ab",
}  # fmt: skip
PAIRS = {
    "ij,jk": "ab,bc", "ij,kj->ik": "ab,cb", "bij,bjk->bik": "dab,dbc", "i,j->ij": "a,b",
    "ij,ij->": "ab,ab", "ij,ij->ij": "ab,ab", "...ij,...jk->...ik": "dab,1bc", "i,i": "a,a",
    "...,...": "ab,b", "ii,ij->j": "aa,ab", "ij,j": "1b,b", "ij,jk->ik": "a1,bc",
    "i...,i...->...": "ab,a", ",ij->ij": ",ab", "bhqd,bhkd->bhqk": "dabc,daec", "Ba,aB": "ab,ba",
    "ij,kl->": "ab,cd", "ij,jk->kij": "ab,bc",
}  # fmt: skip
TRIPLES = {
    "ij,jk,kl->il": "ab,bc,cd", "i,ij,j->": "a,ab,b", "ij,jk,ki": "ab,bc,ca", "i,i,i->i": "a,1,a",
}  # fmt: skip
EQUATIONS = {"einsum-1": SINGLE, "einsum-2": PAIRS, "einsum-3": TRIPLES}


def fits(letters: str, shapes: Shapes) -> bool:
    """Whether the shapes are as a pattern of letters says."""
    parts = letters.split(",")
    if [len(p) for p in parts] != [len(s or ()) for s in shapes]:
        return False
    sizes: dict[str, int] = {"1": 1}
    pairs = zip("".join(parts), (n for s in shapes for n in s or ()), strict=True)
    return all(sizes.setdefault(letter, n) == n for letter, n in pairs)


def fitting(equations: Mapping[str, str]) -> Callable[[Shapes], st.SearchStrategy[Options]]:
    """Any of the equations that the shapes fit."""
    return lambda shapes: st.sampled_from(
        [{"equation": e} for e, letters in equations.items() if fits(letters, shapes)]
    )


def einsum(library: ModuleType, *tensors: Any, equation: str) -> Any:
    return library.einsum(equation, *tensors)


def from_linalg(name: str) -> Callable[..., Any]:
    """The function of this name in ``linalg``, of matrices far from singular ones."""

    def call(library: ModuleType, x: Any, *rest: Any, **options: Any) -> Any:
        if x.shape[-1] == x.shape[-2]:
            x = x + 3 * library.eye(x.shape[-1], dtype=x.dtype)
        return getattr(library.linalg, name)(x, *rest, **options)

    return call


def slogdet(library: ModuleType, x: Any) -> Any:
    sign, logabsdet = from_linalg("slogdet")(library, x)
    return sign.detach(), logabsdet


def without_a_column(library: ModuleType, x: Any) -> Any:
    """The determinant of a matrix with zeros in the last column."""
    return library.det(x * (library.arange(x.shape[-1]) < x.shape[-1] - 1).to(x.dtype))


def cholesky(library: ModuleType, x: Any, **options: Any) -> Any:
    positive = x @ x.transpose(-1, -2) + library.eye(x.shape[-2], dtype=x.dtype)
    return library.linalg.cholesky(positive, **options)


def tensordot(library: ModuleType, x: Any, y: Any, dims: Any) -> Any:
    """Of bools over one dimension: PyTorch refuses them, but not for all if the strides differ."""
    return library.tensordot(x, y, 1 if x.dtype == library.bool else dims)


def inner(library: ModuleType, x: Any, y: Any) -> Any:
    """Of bools in the order of memory, for the same reason."""
    if x.dtype == library.bool:
        x, y = x.contiguous(), y.contiguous()
    return library.inner(x, y)


#: PyTorch's second-order gradients, too, lose digits with equal numbers.
MATRIX: dict[str, Any] = {
    "data": ("normal",), "layouts": LAYOUTS[:3], "mixed": (),
    "skipped": {"nonfinite": "LAPACK says nothing of infinities and nan"},
}  # fmt: skip
SQUARE = pattern("aa", "daa", "edaa", "ab")

LINEAR_ALGEBRA = (
    *(Row(name, einsum, pattern(*equations.values()), (FLOATS,) * int(name[-1]),
          fitting(equations), mixed=(), graph=COMPOSED) for name, equations in EQUATIONS.items()),
    Row("tensordot", tensordot, pattern("ab,bc", "abc,bca", "ab,ab"),
        (FLOATS, FLOATS), choices(dims=(0, 1, 2, ((-1,), (0,)), ((0, 1), (1, 0)), 3)), mixed=(),
        graph=COMPOSED),
    Row("inner", inner, pattern("a,a", "ab,cb", "abc,dc", ",ab", "ab,b"),
        (FLOATS, FLOATS), mixed=(), graph=COMPOSED),
    Row("vdot", function("vdot"), pattern("a,a", "a,="), (FLOATS, FLOATS), mixed=()),
    # PyTorch cannot view transposed tensors as it wants to here.
    Row("kron", function("kron"), pattern("a,b", "ab,cd", "a,bc", "abc,d", ",a"),
        (FLOATS, FLOATS), layouts=("contiguous", "sliced"), graph=COMPOSED),
    Row("cross", function("cross"), st.sampled_from([((3,), (3,)), ((2, 3), (2, 3)), ((3, 3), None),
        ((1, 3), (2, 3)), ((2,), (2,)), ((0, 3), (0, 3)), ((3,), (1, 3))]), (FLOATS, FLOATS),
        choices(dim=(-1, 0)), mixed=(),
        skipped={"nonfinite": "inf - inf of another order of the terms"}),
    Row("linalg_cross", lambda lib, x, y: lib.linalg.cross(x, y), pattern("abc,abc", empty=False)
        .map(lambda s: ((*s[0][:2], 3), (*s[0][:2], 3))), (FLOATS, FLOATS), mixed=()),
    Row("addmv", function("addmv"), pattern("a,ab,b", "1,ab,b", empty=False), (FLOATS,) * 3,
        SCALES, mixed=UNLIKE_ADDMV.only(*MIXED)),
    Row("baddbmm", function("baddbmm"), pattern("dac,dab,dbc", "ac,dab,dbc", "c,dab,dbc"),
        (FLOATS,) * 3, SCALES),
    Row("addbmm", function("addbmm"), pattern("ac,dab,dbc", "c,dab,dbc"), (FLOATS,) * 3, SCALES,
        graph=COMPOSED),
    Row("addr", function("addr"), pattern("ab,a,b", "b,a,b"), (FLOATS,) * 3, SCALES, mixed=()),
    Row("multi_dot", lambda lib, *xs: lib.linalg.multi_dot(xs),
        pattern("ab,bc", "ab,bc,cd", "b,bc,c", "ab,b", "ab,bc,c"), (FLOATS,) * 3, mixed=(),
        graph=COMPOSED),
    Row("inv", from_linalg("inv"), SQUARE, (FLOATS,), **MATRIX),
    Row("det", from_linalg("det"), SQUARE, (FLOATS,), since=DETERMINANTS, **MATRIX),
    Row("det-singular", without_a_column,
        pattern("aa", "daa"), (FLOATS,), twice=False, graph=COMPOSED,
        since=DETERMINANTS, **MATRIX),
    Row("slogdet", slogdet, SQUARE, (FLOATS,), **MATRIX),
    Row("logdet", lambda lib, x: lib.logdet(x @ x.transpose(-1, -2) + lib.eye(x.shape[-2]).to(
        x.dtype)), SQUARE, (FLOATS,), graph=COMPOSED, **MATRIX),
    Row("inverse", function("inverse"), pattern("aa"), (FLOATS,), **MATRIX),
    Row("solve", from_linalg("solve"), pattern("aa,a", "aa,ab", "daa,dab", "daa,da", "aa,dab",
        "daa,ab", "aa,b"), (FLOATS, FLOATS), **MATRIX),
    Row("solve-right", from_linalg("solve"), pattern("aa,ba", "daa,dba"), (FLOATS, FLOATS),
        choices(left=(False,)), graph=COMPOSED, **MATRIX),
    Row("cholesky", cholesky, pattern("aa", "daa", "ab"), (FLOATS,),
        choices(upper=(False, True)), graph=COMPOSED, **MATRIX),
)  # fmt: skip

ROWS = LINEAR_ALGEBRA
