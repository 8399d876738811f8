"""Sums of products with a factor of 0, in front of what is not finite; and reductions over nothing.

What BLAS multiplies by 0 it does not read. A gradient is an ordinary product and is nan.
"""

import itertools
import math

import pytest

from .programs import Programs, compare

PROGRAMS = Programs()
program = PROGRAMS.add

ADDED = {
    "addmm": ((2, 2), (2, 3), (3, 2)),
    "addmv": ((2,), (2, 3), (3,)),
    "baddbmm": ((2, 2, 2), (2, 2, 3), (2, 3, 2)),
    "addbmm": ((2, 2), (2, 2, 3), (2, 3, 2)),
    "addr": ((2, 3), (2,), (3,)),
}
FACTORS = ({"beta": 0}, {"alpha": 0}, {"alpha": 0, "beta": 0}, {"alpha": 2.5, "beta": 0.5})


def results(lib, name, factors, bad, value):
    shapes = ADDED[name]
    given = [
        lib.full(s, value if i == bad else i + 2.0, dtype=lib.float64, requires_grad=True)
        for i, s in enumerate(shapes)
    ]
    out = getattr(lib, name)(*given, **factors)
    grads = lib.autograd.grad(out.sum(), given, create_graph=True)
    in_place = given[0].detach().clone()
    getattr(in_place, name + "_")(*given[1:], **factors)
    return out, grads, in_place


@program
def sums_of_products(lib):
    return [
        results(lib, name, factors, bad, value)
        for name, factors, bad, value in itertools.product(
            ADDED, FACTORS, range(3), (math.nan, math.inf, 1.0)
        )
    ]


@program
def inputs_that_broadcast(lib):
    row, ones = lib.full((3,), math.nan, requires_grad=True), lib.ones(2, 2)
    out = lib.addmm(row, ones, lib.ones(2, 3), beta=0)
    return out, lib.autograd.grad(out.sum(), row)


@program
def integers_and_bools(lib):
    whole, yes = lib.tensor([[1, 2], [3, 4]]), lib.tensor([True, False])
    return (
        lib.addmm(whole, whole, whole, beta=0),
        lib.addmm(whole, whole, whole, alpha=2, beta=3),
        lib.addr(whole, whole[0], whole[1], beta=0),
        lib.addr(whole.float(), whole[0], whole[1], alpha=0.5),
        lib.addr(yes, yes, yes, beta=0),
        lib.addr(yes, yes, yes),
    )


@program
def truth_over_no_dimension(lib):
    given = lib.tensor([[0, 3], [1, 0]])
    return [
        getattr(x, name)(dim, keepdim)
        for x in (given, given.bool(), given.to(lib.uint8), given.double(), given[:0], given[0, 1])
        for name in ("any", "all")
        for dim in ((), [], 0, None)
        for keepdim in (False, True)
    ]


@program
def logsumexp_over_no_dimension(lib):
    x = lib.tensor([[0.0, 3.0]])
    return x.logsumexp((), True), x[:0].logsumexp(()), x[0, 1].logsumexp(())


@pytest.mark.parametrize("run", PROGRAMS)
def test_program_does_the_same_on_both_sides(run):
    compare(run)
