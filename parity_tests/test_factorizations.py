"""Factors of matrices where they are not unique, or do not exist; empty ones; wrong arguments."""

import warnings

import numpy as np
import pytest
import torch

import tinygrad_edu

from .both import BOTH, both
from .judge import check, count_case
from .runner import attempt, compare_errors, flat

CALLS = (
    "svd(a, driver='gesvd')", "svd(i)", "svd(h)", "svd(v)", "svd(nan)", "svd(np)", "svdvals(v)",
    "eigh(a[:2])", "eigh(nan)", "eigh(a, 'X')", "eigh(a, UPLO=3)", "eigvalsh(a, 'X')", "eigh(i)",
    "qr(a, 'x')", "qr(v)", "qr(i)", "lu(a, pivot=False)", "lu_factor(a, pivot=False)",
    "lu_factor(s)", "lu_factor_ex(s, check_errors=True)", "lu_factor(i)", "lu_factor(v)",
    "lu_solve(*lu, v)", "lu_solve(*lu, a[:2])", "lu_solve(a, a, a)", "lu_solve(a, lu[1][:2], a)",
    "inv_ex(s, check_errors=True)", "inv_ex(a[:2])", "inv_ex(i)",
    "solve_ex(s, s, check_errors=True)",
    "solve_ex(a, s)", "cholesky_ex(-s, check_errors=True)", "cholesky_ex(a[:2])", "pinv(v)",
    "pinv(i)", "pinv(a[:2], hermitian=True)", "pinv(nan)", "matrix_rank(i)", "matrix_rank(v)",
    "matrix_rank(a[:2], hermitian=True)", "matrix_power(a, 2.5)", "matrix_power(s, -1)",
    "matrix_power(v, 1)", "matrix_power(a[:2], 1)", "matrix_power(a, True)", "matrix_power(i, -1)",
    "matrix_exp(i)", "matrix_exp(a[:2])", "cond(a[:2], 1)", "cond(a, 3)", "cond(a, 'x')", "cond(i)",
    "solve_triangular(a, v, upper=True)", "solve_triangular(a, a)",
    "solve_triangular(a, s, upper=True)",
    "solve_triangular(i, a, upper=True)", "solve_triangular(a[:2], a, upper=True)",
    "vecdot(a, a[:2])", "vecdot(a, i)", "vecdot(i, i)", "vecdot(a > 0, a > 0)", "vander(a, N=0)",
    "vander(a, N=1)", "vander(a > 0)", "vander(a[0, 0])", "vander(h)", "tensorinv(a)",
    "tensorinv(a, 0)", "tensorinv(z.reshape(4, 2, 2), ind=1)", "tensorinv(a, ind=5)",
    "tensorsolve(e6, lib.ones(3, 2), dims=(0,))", "tensorsolve(e6, lib.ones(2, 2))",
    "tensorsolve(a, v.double())", "householder_product(a[:2], v)", "householder_product(a, a)",
    "householder_product(a, v.double())", "householder_product(a, lib.ones(4))",
    "householder_product(i, i[0])", "lstsq(a, a[:2])", "lstsq(a, a, driver='x')", "lstsq(i, i)",
    "lstsq(lib.ones(2, 3, 2), lib.ones(3, 2))", "lstsq(a, a.double())", "lstsq(v, v)",
    "multi_dot([a, a, i])", "diagonal(a, dim1=0, dim2=0)", "matrix_norm(a, 'x')",
    "matrix_norm(a, dim=0)", "matrix_norm(a, 2, dim=(0, 0))", "matrix_norm(a, None)",
    "matrix_norm(h, 2)", "norm(a[None], 'nuc')", "norm(a, 2, (0, 1, 2))", "norm(a, None, ())",
    "norm(a, 'fro', 0)", "vector_norm(i, 'x')", "vector_norm(a, None)",
    "matrix_norm(a, -0.5, (-4, 0))", "matrix_norm(h, 2, dtype=lib.float32)",
    "matrix_norm(i, None)", "matrix_norm(a, True, (0, 7))", "matrix_norm(i, 2, dim=1)",
    "matrix_norm(z.reshape(4, 4)[:0], -2)", "norm(v, 'nuc')",
)  # fmt: skip
OLDER = (
    "cholesky(-s)", "cholesky(i)", "cholesky_inverse(a[:2])", "cholesky_inverse(s * 0)",
    "cholesky_inverse(i)", "cholesky_solve(v, a)", "cholesky_solve(a, s)", "cholesky_solve(i, i)",
    "triangular_solve(v, a)", "triangular_solve(i, i)", "triangular_solve(a, s)", "chain_matmul()",
    "chain_matmul(a, v)", "chain_matmul(a, s)", "chain_matmul(a, 3)", "lu_unpack(a, a)",
    "lu_unpack(i, i.int())", "lu(a, pivot=False)", "lu_solve(v, *lu)", "geqrf(v)", "geqrf(i)",
    "ormqr(a, v, v)", "ormqr(a, v, s)", "ormqr(i, i[0], i)", "orgqr(a[:2], v)", "svd(v)", "qr(v)",
    "vander(a)", "vander(v, N=-1)", "pinverse(i)", "norm(a, 'nuc', 0)", "norm(a[None], 'nuc')",
    "matrix_exp(v)", "matrix_power(a, 'x')", "cdist(a, a.double())", "cdist(a, a, -1)",
    "cdist(a, a, compute_mode='x')", "cdist(a, a, compute_mode=None)", "cdist(v, a)", "cdist(i, i)",
    "cdist(a, a[:, :2])", "cdist(h, h)", "cdist(a, a, p='a')", "cdist(a, 3)", "pdist(i)",
    "pdist(v)", "pdist(a, -1)", "nn.functional.pdist(a[None])",
)  # fmt: skip


def names(library):
    rows = [[2.0, -1.0, 0.5], [1.0, 3.0, -2.0], [0.0, 1.5, 4.0]]
    a = library.tensor(rows)
    return {
        "lib": library, "a": a, "v": a[0], "i": a.long(), "h": a.half(), "np": np.eye(2),
        "s": library.tensor([[1.0, 2.0], [2.0, 4.0]]), "nan": a * float("nan"),
        "z": library.zeros(16), "lu": library.linalg.lu_factor(a), "inf": float("inf"),
        "e6": library.eye(6).reshape(2, 3, 6),
    }  # fmt: skip


@pytest.mark.parametrize("call", [f"lib.linalg.{c}" for c in CALLS] + [f"lib.{c}" for c in OLDER])
def test_errors(call):
    """The same type of exception, where PyTorch raises."""
    count_case()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch's, about older names
        errors = [attempt(lambda b=b: eval(call, names(b)))[1] for b in BOTH]
    assert errors[0] is not None, "PyTorch does not raise"
    compare_errors(errors[1], errors[0])


def same(call):
    """What both sides return, compared."""
    count_case()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs, ours = (flat(eval(call, names(b))) for b in BOTH)
    assert len(ours) == len(theirs)
    for mine, expected in zip(ours, theirs, strict=True):
        check(mine, expected)


EMPTY = ("svd", "eigh", "qr", "lu", "lu_factor", "cholesky_ex", "inv_ex", "pinv", "svdvals",
         "matrix_exp", "cond", "eigvalsh", "matrix_rank", "det", "slogdet", "inv")  # fmt: skip


@pytest.mark.parametrize("shape", [(0, 0), (2, 0, 0), (0, 2, 2), (0, 3), (3, 0), (1, 1)])
@pytest.mark.parametrize("name", EMPTY)
def test_matrices_without_numbers_and_of_one(name, shape):
    count_case()
    results, errors = zip(
        *[attempt(lambda b=b: getattr(b.linalg, name)(b.ones(shape))) for b in BOTH], strict=True
    )
    compare_errors(errors[1], errors[0])
    if errors[0] is None:
        for theirs, mine in zip(flat(results[0]), flat(results[1]), strict=True):
            if theirs.dtype == torch.float32 and name in ("svd", "qr", "eigh"):
                theirs, mine = theirs.abs(), mine.abs()  # the signs are LAPACK's
            check(mine, theirs)


@pytest.mark.parametrize(
    "call",
    ["linalg.lu_factor_ex(s)", "linalg.lu(s)", "linalg.lu_factor_ex(lib.zeros(2, 3))",
     "linalg.cond(s, 1)", "linalg.cond(lib.zeros(2, 2), 'nuc')", "linalg.cond(lib.zeros(2, 2))",
     "linalg.cond(lib.stack([lib.eye(2), s, s * 0]), inf)", "linalg.matrix_rank(s)",
     "linalg.pinv(s)",
     "linalg.matrix_norm(a[:0], 1)", "linalg.matrix_norm(a[:0], 2)",
     "linalg.matrix_norm(a[:, :0], inf, (0, 1), True)", "linalg.matrix_norm(a[None, :0], 'nuc')",
     "linalg.matrix_norm(a, True)", "linalg.norm(a[:, :0].requires_grad_(), inf)",
     "linalg.inv_ex(s).info", "linalg.solve_ex(s, s).info", "linalg.cholesky_ex(-s).info",
     "linalg.cholesky_ex(lib.stack([lib.eye(2), s - 1, s * 1.1 - lib.eye(2) * 0.5])).info",
     "linalg.inv_ex(lib.stack([lib.eye(2), s])).inverse[0]", "linalg.svdvals(s * 0)",
     "linalg.lstsq(s, s).solution", "linalg.lstsq(lib.ones(3, 2), a, driver='gelsd')[:3]",
     "linalg.lstsq(lib.zeros(0, 2), lib.zeros(0, 1))", "lu(s, get_infos=True)",
     "linalg.lstsq(lib.zeros(2, 0), lib.zeros(2, 1), driver='gels')",
     "linalg.lstsq(lib.zeros(2, 0), lib.zeros(2, 1))", "lu_unpack(*lu, False)",
     "lu_unpack(*lu, True, False)", "linalg.qr(a, 'r')", "cdist(lib.zeros(2, 0), lib.ones(3, 0))",
     "cdist(a[:0], a)", "pdist(a[:0])",
     "renorm(lib.zeros(3, 0), inf, 1, 1.0)", "renorm(lib.zeros(2, 0, 3), inf, 1, 1.0)",
     "renorm(lib.zeros(0, 3), inf, 0, 1.0)",
     *(f"{of}, {p})" for of in ("cdist(lib.zeros(2, 0), lib.ones(3, 0)", "pdist(lib.zeros(3, 0)")
       for p in ("0", "1", "2", "3", "inf")), "pdist(a[:1], inf)", "pdist(lib.zeros(3, 0))",
     "linalg.matrix_exp(lib.stack([a * 0, a, a * 10]))", "linalg.matrix_exp(nan)",
     "linalg.matrix_power(i, 3)", "linalg.matrix_power(i, 0)", "vander(a[0] > 0)", "vander(i[0])",
     "linalg.vander(i)", "vander(i[0].to(lib.uint8), 2)", "svd(a, compute_uv=False).U",
     "svd(a[:2], some=False, compute_uv=False).V", "linalg.pinv(s, 1e-3)", "linalg.pinv(a, rtol=1)",
     "linalg.pinv(a, atol=lib.tensor(3.5))", "linalg.matrix_rank(a, 3.0)",
     "linalg.pinv(s, 0.5, True)",
     "linalg.matrix_rank(lib.stack([a, a]), atol=lib.tensor([1.0, 9.0]))",
     "linalg.eigvalsh(a, 'U')",
     "linalg.solve_triangular(a, i, upper=True)", "linalg.matrix_rank(s, hermitian=True)"],
)  # fmt: skip
def test_the_same_numbers(call):
    same(f"lib.{call}")


@pytest.mark.parametrize(
    "call",
    ["linalg.svd(a)", "linalg.eigh(a)", "linalg.qr(a)", "linalg.lu(a)", "linalg.lu_factor(a)",
     "linalg.lu_factor_ex(a)", "linalg.cholesky_ex(a * a.T)", "linalg.inv_ex(a)", "svd(a)",
     "linalg.solve_ex(a, a)", "linalg.lstsq(a, a[0], driver='gelsd')", "qr(a)", "geqrf(a)",
     "triangular_solve(a, a)", "lu_unpack(*lu)", "lu(a, get_infos=True)"],
)  # fmt: skip
def test_named_tuples(call):
    """Names, fields and the text of what is printed, but for the numbers."""

    def described(library):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            result = eval(f"lib.{call}", names(library))
        text = "".join(c for c in str(result) if not (c.isdigit() or c in "-.e,"))
        return type(result).__name__, [r.dtype.itemsize for r in result], text.split()[0]

    both(described)
    fields = []
    for library in BOTH:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            result = eval(f"lib.{call}", names(library))
        fields.append([part.split("=")[0] for part in str(result).split("\n") if "=t" in part])
    assert fields[0] == fields[1] == [*result._fields]


@pytest.mark.parametrize("name", ["svd", "linalg.svd", "qr", "linalg.qr", "pca_lowrank"])
@pytest.mark.parametrize("shape", [(3, 2), (2, 3), (2, 2), (2, 4, 3)])
def test_how_large_the_factors_are(name, shape):
    """By default, and for each option that says whether they are thin."""

    def sizes(library, *options, **named):
        function = eval(f"lib.{name}", names(library))
        return [tuple(part.shape) for part in function(library.ones(shape), *options, **named)]

    options = {
        "svd": [{}, {"some": True}, {"some": False}, {"some": False, "compute_uv": False}],
        "linalg.svd": [{}, {"full_matrices": True}, {"full_matrices": False}],
        "qr": [{}, {"some": True}, {"some": False}],
        "linalg.qr": [{}, *({"mode": mode} for mode in ("reduced", "complete", "r"))],
        "pca_lowrank": [{}, {"q": 1}, {"center": False}],
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch's, about older names
        found = both(lambda library: [sizes(library, **named) for named in options[name]])
    assert len(found) >= 3


@pytest.mark.parametrize("call", ["qr(x, 'complete').R", "qr(x, 'r').R"])
def test_qr_without_a_derivative(call):
    for library in BOTH:
        x = library.ones(3, 2).requires_grad_()
        result = eval(f"lib.linalg.{call}", {"lib": library, "x": x})
        with pytest.raises(RuntimeError, match=r"(?i)qr"):
            result.sum().backward()


@pytest.mark.parametrize("call", ["svdvals(x).sum()", "eigvalsh(x).sum()", "norm(x, 'nuc')"])
def test_equal_values_have_a_gradient(call):
    """The vectors of equal values are any, and their gradient would divide by 0."""
    count_case()
    gradients = []
    for library in BOTH:
        x = library.eye(3, dtype=library.float64).requires_grad_()
        eval(f"lib.linalg.{call}", {"lib": library, "x": x}).backward()
        gradients.append(x.grad)
    check(gradients[1], gradients[0])


def test_the_gradient_of_vectors_of_equal_values_is_not_finite():
    for library in BOTH:
        x = library.eye(2, dtype=library.float64).requires_grad_()
        u, _, _ = library.linalg.svd(x)
        (u * library.tensor([[1.0, 2.0], [3.0, 5.0]])).sum().backward()
        assert not library.isfinite(x.grad).all()


@pytest.mark.parametrize("sizes", [(60, 60), (40, 90), (90, 40), (1, 33), (2, 17, 17)])
def test_larger_lu(sizes):
    """By halves, the pivots are still those of elimination column by column."""
    count_case()
    x = np.random.default_rng(0).normal(size=sizes)
    theirs, ours = (b.linalg.lu_factor(b.tensor(x)) for b in BOTH)
    assert ours.pivots.tolist() == theirs.pivots.tolist()
    assert np.allclose(ours.LU.numpy(), theirs.LU.numpy(), rtol=0, atol=1e-13)
    p, low, up = tinygrad_edu.linalg.lu(tinygrad_edu.tensor(x))
    assert np.allclose((p @ low @ up).numpy(), x, rtol=0, atol=1e-13)


@pytest.mark.parametrize("full", [False, True])
def test_svd_puts_the_matrix_together_again(full):
    x = np.random.default_rng(1).normal(size=(5, 30, 20))
    u, s, vh = tinygrad_edu.linalg.svd(tinygrad_edu.tensor(x), full)
    assert np.allclose((u[..., :20] * s.unsqueeze(-2) @ vh).numpy(), x, rtol=0, atol=1e-13)


@pytest.mark.parametrize("p", [0, 0.5, 1, 1.5, 2, 3, float("inf")])
@pytest.mark.parametrize("name", ["cdist", "pdist"])
def test_distances_have_second_derivatives(name, p):
    """Which PyTorch has not."""
    rng = np.random.default_rng(2)
    pair = [tinygrad_edu.tensor(rng.normal(size=(n, 4)), requires_grad=True) for n in (3, 2)]
    arguments = tuple(pair) if name == "cdist" else tuple(pair[:1])

    def distances(*tensors):
        return getattr(tinygrad_edu, name)(*tensors, p)

    assert tinygrad_edu.autograd.gradcheck(distances, arguments)
    assert tinygrad_edu.autograd.gradgradcheck(distances, arguments)


@pytest.mark.parametrize(
    "function",
    [lambda x: tinygrad_edu.vander(x[0]), lambda x: tinygrad_edu.linalg.cond(x, "fro"),
     lambda x: tinygrad_edu.linalg.cond(x, 1), lambda x: tinygrad_edu.linalg.cond(x, "nuc")],
)  # fmt: skip
def test_derivatives_that_pytorch_has_not(function):
    x = np.random.default_rng(3).normal(size=(3, 3))
    assert tinygrad_edu.autograd.gradcheck(function, (tinygrad_edu.tensor(x, requires_grad=True),))


@pytest.mark.parametrize("p", [0, 0.5, 1, 1.5, 2, 3, float("inf")])
def test_distances_at_their_kinks(p):
    """Equal vectors, equal elements, and several largest differences."""
    count_case()
    gradients = []
    for library in BOTH:
        x = library.tensor([[1.0, 1.0, 0.0], [2.0, 0.0, 2.0]], requires_grad=True)
        y = library.tensor([[0.0, 0.0, 0.0], [1.0, 1.0, 0.0]], requires_grad=True)
        (library.cdist(x, y, p) * 2).sum().backward()
        library.pdist(library.cat([x, y]), p).sum().backward()
        gradients.append((x.grad, y.grad))
    for mine, theirs in zip(gradients[1], gradients[0], strict=True):
        check(mine, theirs)


METHODS = (
    "cholesky", "cholesky_inverse", "cholesky_solve", "geqrf", "lu", "lu_solve", "matrix_exp",
    "matrix_power", "orgqr", "ormqr", "pinverse", "qr", "svd", "triangular_solve",
)  # fmt: skip


@pytest.mark.parametrize("name", METHODS)
def test_methods(name):
    """The methods of tensors are the functions."""
    assert hasattr(torch.Tensor, name)
    assert getattr(tinygrad_edu.Tensor, name) is getattr(tinygrad_edu, name)
