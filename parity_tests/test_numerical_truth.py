"""Derivatives against differences, without PyTorch: what is wrong in both would be found here.

Every row of the table that has a derivative, in float64, for the first and the second order, each
in one random direction. Numbers are drawn from a normal distribution, and so are not at a kink.
"""

import numpy as np
import pytest
import torch

import tinygrad_edu

from .bridge import Bridge
from .cases import arguments, cases
from .differences import assert_none_is_missed, check_derivatives, is_finite, with_history
from .examples import drawn
from .judge import count_case
from .ops import ROWS
from .rows import in_place
from .runner import attempt, flat

#: Rows draw shapes with one element, of which there is no variance.
pytestmark = pytest.mark.filterwarnings("ignore:.*degrees of freedom is <= 0:UserWarning")

EXAMPLES = 10  # of each row, some of which raise, or have no finite result
MANY = {"to": 40, "as_strided_scatter": 40}  # of rows where few are left

#: Rows whose results depend on their arguments, but not by a derivative, and why.
WITHOUT = {
    "sum-dtype": "float32 has no digits for the difference",
    "unique": "PyTorch has no derivative of it",
    "unique_consecutive": "PyTorch has no derivative of it",
    "nextafter": "PyTorch has no derivative of it",
    "igamma": "its row converts to float32",
    "igammac": "its row converts to float32",
    "max_unpool3d": "as max_unpool2d",
    "max_unpool2d": "PyTorch's is that of places named once, and here some are named twice",
    "bincount": "PyTorch has no derivative of it",
}


def triangle(x, upper=False):
    return x.triu() if upper else x.tril()


#: What is given to a row in place of an argument x, with its options, and why.
PREPARED = {
    # Of a matrix they read one triangle, and the derivative is that of a change of both.
    "eigh": lambda x, **options: x + x.mT,
    "eigvalsh": lambda x, **options: x + x.mT,
    # They read one triangle, and PyTorch has a derivative for the other one, too.
    "cholesky_inverse": triangle,
    "cholesky_solve": triangle,
    # So that it is in the domain.
    "acosh": lambda x: x.exp() + 1,
}

#: Roots, which have no derivative where they are 0: the deviation of one element.
ROOTS = {"std", "std_mean"}

#: Rows with second derivatives here, but not in an older PyTorch; see `GRIDS_TWICE`.
TWICE = {"grid_sample-2d"}

#: Options of rows with which the second derivative, as PyTorch's, is nan: of 0^x, by 0 log 0.
ONCE = {"float_power-of-number": {"number": 0}}

#: The arguments that a row detaches.
DETACHED = {"cov-weighted": 1, "as_strided_scatter": 0}

#: Rows whose results are of integers or bools, or of a detached argument, so that there is none.
CONSTANT = """
floor_divide bitwise_left_shift bitwise_right_shift floor_divide-number rfloor_divide-number
rremainder-number shift-number rshift-number eq ne lt le gt ge eq-number ne-number lt-number
le-number gt-number ge-number isnan isinf isfinite logical_not logical_and logical_or bitwise_and
bitwise_or bitwise_xor bitwise_not equal allclose argmax argmin all any gcd lcm signbit heaviside
isposinf isneginf logical_xor isclose short char byte scatter-reduced nonzero argwhere put_
scatter_reduce_ index_reduce_ scatter_ scatter_add_ index_add_ index_copy_ index_fill_ index_put_
masked_fill_ masked_scatter_ count_nonzero argsort topk-values kthvalue-values median-values
nanmedian-values histc searchsorted bucketize linalg_svd-full matrix_rank matrix_rank-hermitian
cond-inverse geqrf vander isreal isin isin-number unravel_index
detach_copy
"""
IN_PLACE = {row.name for row in in_place.ROWS}  # they change copies without a history
OTHERS = {*CONSTANT.split(), *IN_PLACE}
CHECKED = [p for p in ROWS if p.values[0].name not in {*WITHOUT, *OTHERS}]


def drawn_call(data, row):
    """A random case of a row, its function, and the tensors that it is to be a function of."""
    case = data.draw(cases(row, ("f64",), data=("normal",)))
    wanted = tuple(w and i != DETACHED.get(row.name) for i, w in enumerate(case.wanted))
    case = case._replace(layouts=("contiguous",) * len(case.layouts), wanted=wanted)
    bridge = Bridge()
    tensors = [bridge.to_ours(t) for t in arguments(case, row)]
    prepared = PREPARED.get(row.name, lambda x, **options: x)

    def call(*tensors):
        outputs = flat(
            row.call(tinygrad_edu, *[prepared(t, **case.options) for t in tensors], **case.options)
        )
        return with_history(outputs)

    return case, call, tensors


@pytest.mark.parametrize("row", CHECKED)
def test_derivatives_are_the_limits_of_differences(row):
    checked = 0

    @drawn(MANY.get(row.name, EXAMPLES))
    def check(data):
        nonlocal checked
        case, call, tensors = drawn_call(data, row)
        outputs, _ = attempt(lambda: call(*tensors))
        if not outputs or not is_finite((*outputs, *(t for t in tensors if t.requires_grad))):
            return  # an error, which `test_ops` compares, or nothing that has a limit
        if any(o.dtype is not tinygrad_edu.float64 for o in outputs):
            return  # without digits for the difference
        if row.name in ROOTS and not all(o.detach().numpy().all() for o in outputs):
            return
        twice = (row.twice or row.name in TWICE) and case.options != ONCE.get(row.name)
        check_derivatives(f"row/{row.name}", call, tensors, twice, case)
        checked += 1

    check()
    assert checked
    assert_none_is_missed(f"row/{row.name}")


@pytest.mark.parametrize("row", [p for p in ROWS if p.values[0].name in OTHERS])
@drawn(3)
def test_other_results_require_no_gradient(row, data):
    _, call, tensors = drawn_call(data, row)
    assert not attempt(lambda: call(*tensors))[0]


# The fast mode itself -----------------------------------------------------------------------------

LIBRARIES = (torch, tinygrad_edu)


def cube(lib, factor):
    """``x^3``, with so much of the right derivative."""

    class Cube(lib.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x**3

        @staticmethod
        def backward(ctx, grad):
            (x,) = ctx.saved_tensors
            return grad * 3 * x * x * factor

    return Cube.apply


@pytest.mark.parametrize("lib", LIBRARIES)
@pytest.mark.parametrize("shape", [(), (5,), (2, 3), (0,), (40,)])
def test_fast_mode(lib, shape):
    count_case()
    x = lib.tensor(np.asarray(np.random.default_rng(0).normal(size=shape)), requires_grad=True)
    w = lib.tensor(np.asarray(np.random.default_rng(1).normal(size=shape)), requires_grad=True)
    before = x.detach().clone()
    check, check_twice = lib.autograd.gradcheck, lib.autograd.gradgradcheck
    assert check(cube(lib, 1), x, fast_mode=True)
    assert check(lambda x, w: (x * w, w.exp().sum()), (x, w), fast_mode=True)
    assert check_twice(lambda x, w: x.sin() * w, (x, w), fast_mode=True)
    assert check(cube(lib, 1.01), x, fast_mode=True, raise_exception=False) == (x.numel() == 0)
    assert lib.equal(x, before)
    if x.numel():
        with pytest.raises(lib.autograd.gradcheck.__globals__["GradcheckError"]):
            check(cube(lib, 1.01), x, fast_mode=True)


@pytest.mark.parametrize("lib", LIBRARIES)
def test_fast_mode_looks_at_the_second_order_too(lib):
    x = lib.tensor([0.5, 2.0], dtype=lib.float64, requires_grad=True)

    class Cube(lib.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x**3

        @staticmethod
        def backward(ctx, grad):
            (x,) = ctx.saved_tensors
            return grad * 3 * (x * x).detach()  # right, but a constant

    assert lib.autograd.gradcheck(Cube.apply, x, fast_mode=True)
    with pytest.raises(RuntimeError):
        lib.autograd.gradgradcheck(Cube.apply, x, fast_mode=True)


@pytest.mark.parametrize("lib", LIBRARIES)
@pytest.mark.parametrize("name", ["gradcheck", "gradgradcheck"])
def test_fast_mode_computes_the_function_less_often(lib, name):
    x = lib.linspace(-1, 1, 30, dtype=lib.float64).requires_grad_()
    calls = {True: 0, False: 0}
    for fast in calls:

        def square(x, fast=fast):
            calls[fast] += 1
            return x * x

        assert getattr(lib.autograd, name)(square, x, fast_mode=fast)
    assert 3 * calls[True] < calls[False]


def test_the_tolerance_grows_with_the_vectors_as_in_pytorch():
    """An error of nearly `atol` in each element passes, and one of more does not."""
    for error, passes in ((0.9, True), (1.1, False)):
        for lib in LIBRARIES:
            x = lib.zeros(50, dtype=lib.float64, requires_grad=True)

            class Wrong(lib.autograd.Function):
                @staticmethod
                def forward(ctx, x):
                    return x * 0

                @staticmethod
                def backward(ctx, grad, error=error):
                    return grad.sum().expand(50) * error * 1e-2

            options = {"atol": 1e-2, "raise_exception": False, "fast_mode": True}
            assert lib.autograd.gradcheck(Wrong.apply, x, **options) == passes


@pytest.mark.parametrize(
    "function",
    [lambda t: t**3, lambda t: (t**3).sum(), lambda t: (t**3, t.sum()), lambda t: t.exp() * 2],
)
@pytest.mark.parametrize("shape", [(3,), (2, 3, 5)])
def test_gradients_for_a_second_check_are_drawn_as_pytorchs(function, shape):
    drawn = []
    for lib in (torch, tinygrad_edu):
        x = lib.ones(shape, dtype=lib.float64, requires_grad=True)
        lib.manual_seed(3)
        assert lib.autograd.gradcheck(function, x)
        before = lib.rand(1).item()
        assert lib.autograd.gradgradcheck(function, x)
        drawn.append((before, lib.rand(2).tolist()))
    assert drawn[0] == drawn[1]
