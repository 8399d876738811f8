"""Einstein sums of every kind, wrong ones, singular matrices, and what named tuples print."""

import itertools
import warnings

import numpy as np
import pytest
import torch

import tinygrad_edu
from tinygrad_edu.ops.determinants import SMALL

from .both import BOTH, both
from .cases import Case
from .compare import compare
from .judge import check, count_case
from .rows.linear_algebra import EQUATIONS
from .runner import attempt, compare_errors, judge_case

SIZES = {"a": 2, "b": 3, "c": 4, "d": 2, "e": 5, "1": 1}
ALL = [(row, e, letters) for row, table in EQUATIONS.items() for e, letters in table.items()]


@pytest.mark.parametrize(("row", "equation", "letters"), ALL)
def test_every_equation(row, equation, letters):
    shapes = tuple(tuple(SIZES[x] for x in part) for part in letters.split(","))
    layouts = ("contiguous",) * (len(shapes) + 1)
    wanted = (True,) * len(shapes)
    judge_case(Case(row, ("f64",), shapes, layouts, wanted, "normal", 0, {"equation": equation}))


@pytest.mark.parametrize(
    "call",
    [
        "lib.einsum('ij,jk', x)", "lib.einsum('ii', x)", "lib.einsum('ij->ik', x)",
        "lib.einsum('ij->ii', x)", "lib.einsum('i$', x)", "lib.einsum('ijk', x)",
        "lib.einsum('...ijk', x)", "lib.einsum('i..j', x)", "lib.einsum('i', x)",
        "lib.einsum('ij,jk', x, x)", "lib.einsum('ij', 3)", "lib.einsum('ij')",
        "lib.einsum(x, [0, 60])", "lib.tensordot(x, x, 3)", "lib.tensordot(x, x, ([0], [1]))",
        "lib.tensordot(x, x, ([0, 1], [0]))", "lib.tensordot(x, x.double(), 0)",
        "lib.tensordot(x, x.double(), ([], []))", "lib.inner(x, x.T)", "lib.vdot(x, x)",
        "lib.linalg.cross(x, x[0])", "lib.linalg.cross(x.T, x.T)", "lib.cross(x, x, dim=0)",
        "lib.linalg.multi_dot([x])", "lib.linalg.multi_dot([x, x])", "lib.addr(x, x, x)",
        "lib.addmv(x, x, x)", "lib.baddbmm(x, x[None], x[None])", "lib.addbmm(x, x[None], x[None])",
        "lib.tril(x[0])", "lib.diag(x[None])", "lib.diagonal(x, 0, 1, 1)", "lib.trace(x[0])",
        "lib.diagonal(x, 0, 0, 5)", "lib.linalg.inv(x)", "lib.linalg.inv(x.int())",
        "lib.linalg.solve(x, x)", "lib.linalg.solve(s, x.T)", "lib.linalg.cholesky(x)",
        "lib.linalg.det(x[0])", "lib.linalg.solve(s, s.double())", "lib.linalg.norm(x, 'oops')",
        "lib.linalg.matrix_norm(x[0])", "lib.linalg.matrix_norm(x, 3)", "lib.norm(x, 'oops')",
        "lib.linalg.norm(x[None], 1)", "lib.linalg.vector_norm(x, dim=3)",
        "lib.linalg.vector_norm(x, dtype=lib.int64)", "lib.quantile(x, 2.0)",
        "lib.quantile(x, lib.ones(1, 1))", "lib.quantile(x, 0.5, interpolation='odd')",
        "lib.quantile(x, lib.tensor([0.5]).double())", "lib.quantile(x[:0], 0.5)",
        "lib.topk(x, 4)", "lib.topk(x, -1)", "lib.kthvalue(x, 0)", "lib.kthvalue(x, 4)",
        "lib.median(x, 2)", "lib.mode(x[:, :0])", "lib.median(x[:, :0], 1)", "lib.cumprod(x, 2)",
        "lib.cummax(x, -3)", "lib.diff(x.sum())", "lib.diff(x, -1)", "lib.histc(x, 0)",
        "lib.histc(x, 4, 2, 1)", "lib.histc(x, 4, 0, float('inf'))", "lib.histc(x.int())",
        "lib.bincount(x)", "lib.bincount(x.long())", "lib.bincount(lib.tensor([-1]))",
        "lib.bincount(lib.tensor([1]), lib.ones(2))", "lib.bincount(lib.tensor([1]), None, -1)",
        "lib.searchsorted(x, x.T)",
        "lib.searchsorted(x[0], x, side='top')",
        "lib.searchsorted(x[0], x, side='left', right=True)",
        "lib.searchsorted(3, x)", "lib.bucketize(x, x)", "lib.aminmax(x[:0])",
        "lib.aminmax(x[:0], dim=0)", "lib.sort(x, 2)", "lib.unique(x, dim=2)",
        "lib.sort(x.numpy())", "lib.nanmean(x.int())", "lib.nansum('x')",
    ],
)  # fmt: skip
def test_errors(call):
    """The same type of exception, where PyTorch raises."""
    count_case()
    errors = []
    for library in BOTH:
        x = library.arange(6.0).reshape(2, 3)
        names = {"lib": library, "x": x, "s": library.eye(2)}
        errors.append(attempt(lambda n=names: eval(call, n))[1])
    assert errors[0] is not None, "PyTorch does not raise"
    compare_errors(errors[1], errors[0])


SINGULAR = [[1.0, 2.0], [2.0, 4.0]]


@pytest.mark.parametrize(
    "call",
    ["lib.linalg.inv(x)", "lib.linalg.solve(x, x)", "lib.linalg.cholesky(-x)",
     "lib.linalg.inv(lib.stack([lib.eye(2), x]))", "lib.inverse(x)"],
)  # fmt: skip
def test_a_matrix_without_the_result(call):
    for library in BOTH:
        with pytest.raises(library.linalg.LinAlgError):
            eval(call, {"lib": library, "x": library.tensor(SINGULAR)})
    assert issubclass(tinygrad_edu.linalg.LinAlgError, RuntimeError)


@pytest.mark.parametrize("call", ["det(x)", "slogdet(x).sign", "slogdet(x).logabsdet"])
def test_determinants_of_a_singular_matrix(call):
    values = [eval(f"lib.{call}.item()", {"lib": b, "x": b.tensor(SINGULAR)}) for b in BOTH]
    assert values[0] == values[1]


def test_the_gradient_of_a_determinant_that_is_0_has_a_gradient():
    """The determinant is a polynomial; at 0, too, it has all derivatives."""
    x = tinygrad_edu.tensor(SINGULAR, dtype=tinygrad_edu.float64, requires_grad=True)
    assert tinygrad_edu.autograd.gradcheck(tinygrad_edu.det, (x,))
    assert tinygrad_edu.autograd.gradgradcheck(tinygrad_edu.det, (x,))


OF_SQUARES = (
    "linalg.det(x)", "linalg.slogdet(x)", "logdet(x[0])", "linalg.inv(x)", "linalg.solve(x, x.mT)",
    "linalg.cholesky(x @ x.mT)", "linalg.lu_factor(x)[0]", "linalg.matrix_exp(x / 8)",
    "linalg.pinv(x)", "linalg.qr(x)[1].abs()", "linalg.eigvalsh(x + x.mT)", "linalg.svdvals(x)",
)  # fmt: skip


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("rows", [SMALL, SMALL + 1, SMALL + 4])
@pytest.mark.parametrize("call", OF_SQUARES)
def test_squares_of_more_rows(call, rows, dtype):
    """Where determinants are LAPACK's, and before; of both signs, for two rows are exchanged."""
    generator = torch.Generator().manual_seed(rows)
    one = torch.randn(rows, rows, generator=generator, dtype=dtype) / 4
    one += torch.diag(torch.linspace(1, 2, rows, dtype=dtype))
    x = torch.stack([one, one[[1, 0, *range(2, rows)]]])
    assert torch.linalg.det(x).sign().tolist() == [1, -1]
    x.requires_grad_()
    compare(lambda lib, x: eval(f"lib.{call}", {"lib": lib, "x": x}), x)


@pytest.mark.parametrize("upper", [False, True])
def test_cholesky_reads_one_triangle(upper):
    count_case()
    a = [[4.0, 1.0, 0.5], [2.0, 5.0, 0.3], [1.0, 2.0, 6.0]]
    mine, theirs = (b.linalg.cholesky(b.tensor(a), upper=upper) for b in BOTH[::-1])
    check(mine, theirs)


PRINTED = (
    "median(1)", "nanmedian(0)", "mode()", "kthvalue(2)", "sort()", "topk(2)", "cummax(0)",
    "cummin(1)", "aminmax()", "aminmax(dim=1)",
)  # fmt: skip


@pytest.mark.parametrize("call", PRINTED)
def test_named_tuples_print_as_those_of_pytorch(call):
    def printed(library):
        x = library.tensor([[3.0, 1.0, 2.0], [4.0, 5.0, 6.5]])
        return str(eval(f"x.{call}", {"x": x}))

    both(printed)


@pytest.mark.parametrize("name", ["slogdet", "linalg.slogdet"])
def test_slogdet_prints_as_that_of_pytorch(name):
    both(lambda library: str(eval(f"lib.{name}(lib.eye(2) * 2)", {"lib": library})))


def test_sublists_and_lists_of_operands():
    def results(library):
        x = library.arange(6.0).reshape(2, 3)
        return [
            library.einsum(x, [0, 1], x, [2, 1], [2, 0]).tolist(),
            library.einsum(x, [0, 1]).tolist(),
            library.einsum(x, [..., 51], [51, ...]).tolist(),
            library.einsum(x, [1, 0]).tolist(),
            library.einsum("ij,kj->ik", [x, x]).tolist(),
        ]

    both(results)


def test_integers_are_summed_when_pytorch_sums_them():
    """Where another operand has size 1, at once: in int64, which does not overflow."""

    def results(library):
        x = library.full((3, 4), 250, dtype=library.uint8)
        one = library.full((1, 1), 250, dtype=library.uint8)
        kinds = [
            library.einsum("ad,,dc->ac", x, one[0, 0], one),
            library.einsum("b,b,b->", x[0], x[0], one[0]),
            library.einsum("ad,d->a", x, one[0]),
        ]
        return [(k.tolist(), str(k.dtype)) for k in kinds]

    both(results)


def test_the_diagonal_is_a_view():
    def changed(library):
        x = library.zeros(3, 3)
        x.diagonal(1).fill_(2.0)
        return x.tolist(), x.diagonal().T.stride()

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch's, about .T of vectors
        both(changed)


def test_multi_dot_takes_the_cheap_order():
    sizes = (30, 2, 40, 3, 20)
    rng = np.random.default_rng(0)
    matrices = [rng.normal(size=pair) for pair in itertools.pairwise(sizes)]
    theirs, ours = ([b.tensor(m, requires_grad=True) for m in matrices] for b in BOTH)
    product = tinygrad_edu.linalg.multi_dot(ours)
    check(product, torch.linalg.multi_dot(theirs))
    ((last, _),) = product.grad_fn.next_functions
    (_, _), (right, _) = last.next_functions  # the two factors that come last
    shapes = right.metadata[0][0]
    assert shapes == (2, 20)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_determinants_of_integers_print_as_integers(dtype):
    """They are products of pivots, and no exponentials of logarithms.

    PyTorch leaves the elimination to LAPACK, which on some processors rounds a product and its
    subtraction once: then 1 - 3 * (1 / 3) is not 0, and what is printed is not to be compared.
    """
    kinds = [getattr(library, dtype) for library in BOTH]
    corner = torch.linalg.lu_factor_ex(torch.tensor([[3, 3], [1, 1]], dtype=kinds[0])).LU[1, 1]

    def alike(call):
        theirs, mine = (call(library, kind) for library, kind in zip(BOTH, kinds, strict=True))
        if corner == 0:
            assert str(mine) == str(theirs)
        eps = torch.finfo(kinds[0]).eps
        torch.testing.assert_close(torch.from_numpy(mine.numpy()), theirs, rtol=0, atol=9 * eps)

    for rows in itertools.product(range(-2, 4), repeat=4):
        alike(lambda lib, kind, m=(rows[:2], rows[2:]): lib.det(lib.tensor(m, dtype=kind)))
    square = [[1, 2], [3, 4]]
    alike(lambda lib, kind: lib.det(lib.tensor(square, dtype=kind).expand(3, 2, 2)))
    alike(lambda lib, kind: lib.tensor([[2, 1, 0], [1, 3, 1], [0, 1, 4]], dtype=kind).det())
    alike(lambda lib, kind: lib.linalg.det(lib.ones(2, 0, 0, dtype=kind)))
