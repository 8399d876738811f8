"""`autograd.functional`: Jacobians, Hessians and their products with vectors are PyTorch's."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import tinygrad_edu

from .both import both_raise

VALUES = np.random.default_rng(5).normal(size=(3, 2)) + 0.1

FUNCTIONS = {
    "elementwise": (lambda lib, x: (x * x).sin(), 1),
    "matrix": (lambda lib, x: x.t() @ x.exp(), 1),
    "several outputs": (lambda lib, x: (x.sum(0), x.prod()), 1),
    "several inputs": (lambda lib, x, y: x @ (y * y).t(), 2),
    "both": (lambda lib, x, y: (x * y, y.sum(), x.exp()), 2),
    "independent": (lambda lib, x, y: (x * 3, lib.ones(2, dtype=x.dtype)), 2),
    "number": (lambda lib, x: x.pow(3).sum(), 1),
    "numbers": (lambda lib, x, y: (x.exp() * y * y).sum().reshape(1, 1), 2),
    "linear": (lambda lib, x: (2 * x).sum(), 1),
    "constant": (lambda lib, x: lib.ones((), dtype=x.dtype), 1),
}
NUMBERS = ("number", "numbers", "linear", "constant")


def inputs_of(lib, count, dtype="float64"):
    tensors = tuple(
        lib.tensor(VALUES * (i + 1), dtype=getattr(lib, dtype), requires_grad=True)
        for i in range(count)
    )
    return tensors if count > 1 else tensors[0]


def flat(result):
    """The tensors in nested tuples, and how they are nested."""
    if isinstance(result, tuple):
        parts = [flat(part) for part in result]
        return [t for tensors, _ in parts for t in tensors], [form for _, form in parts]
    return [result], None


def same(run, dtype="float64"):
    (theirs, their_form), (mine, my_form) = (flat(run(lib)) for lib in (torch, tinygrad_edu))
    assert my_form == their_form
    for ours, expected in zip(mine, theirs, strict=True):
        assert ours.requires_grad == expected.requires_grad
        assert str(ours.dtype) == str(expected.dtype)
        assert tuple(ours.shape) == tuple(expected.shape)
        rtol = 1e-12 if dtype == "float64" else 1e-5
        np.testing.assert_allclose(
            ours.detach().numpy(), expected.detach().numpy(), rtol=rtol, atol=rtol
        )
    return mine


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize("case", FUNCTIONS)
def test_jacobian(case, create_graph, dtype):
    function, count = FUNCTIONS[case]
    same(
        lambda lib: lib.autograd.functional.jacobian(
            lambda *x: function(lib, *x), inputs_of(lib, count, dtype), create_graph
        ),
        dtype,
    )


@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize("case", NUMBERS)
def test_hessian(case, create_graph):
    function, count = FUNCTIONS[case]
    same(
        lambda lib: lib.autograd.functional.hessian(
            lambda *x: function(lib, *x), inputs_of(lib, count), create_graph
        )
    )


@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize("name", ["vjp", "jvp", "hvp", "vhp"])
@pytest.mark.parametrize("case", FUNCTIONS)
def test_products(case, name, create_graph):
    function, count = FUNCTIONS[case]
    if name in ("hvp", "vhp") and case not in NUMBERS:
        both_raise(
            lambda lib: getattr(lib.autograd.functional, name)(
                lambda *x: function(lib, *x), inputs_of(lib, count), inputs_of(lib, count)
            )
        )
        return

    def run(lib):
        x = inputs_of(lib, count)
        like = function(lib, *(x if count > 1 else (x,))) if name == "vjp" else x
        parts = like if isinstance(like, tuple) else (like,)
        v = tuple(part.detach() * 0.5 + 1 for part in parts)
        v = v if isinstance(like, tuple) else v[0]
        product = getattr(lib.autograd.functional, name)
        return product(lambda *x: function(lib, *x), x, v, create_graph)

    same(run)


@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize("name", ["jacobian", "hessian", "vjp", "jvp", "hvp", "vhp"])
@pytest.mark.parametrize("weighted", [False, True])
def test_inputs_that_require_no_gradient(name, create_graph, weighted):
    """As data do; what the function has of its own may."""

    def run(lib):
        f64 = {"dtype": lib.float64}
        weight = lib.tensor([[0.5, -1.0], [2.0, 0.25]], requires_grad=weighted, **f64)
        x = lib.tensor([0.3, -0.7], **f64)
        results = getattr(lib.autograd.functional, name)(
            (lambda x: (weight @ x).tanh().sum())
            if name in ("hessian", "vjp", "hvp", "vhp")
            else (lambda x: lib.cat([weight @ x, x * 3])),
            x,
            *([] if name in ("jacobian", "hessian", "vjp") else [lib.tensor([1.0, 2.0], **f64)]),
            create_graph=create_graph,
        )
        parts = results if isinstance(results, tuple) else (results,)
        if not (create_graph and weighted):
            return parts
        return (*parts, *lib.autograd.grad(parts[-1].sum(), weight))

    same(run)


def test_a_jacobian_has_a_derivative():
    def run(lib):
        x = inputs_of(lib, 1)
        lib.autograd.functional.jacobian(lambda x: x.pow(3), x, True).sum().backward()
        return x.grad

    same(run)


def test_recorded_also_under_no_grad():
    def run(lib):
        with lib.no_grad():
            return lib.autograd.functional.jacobian(lambda x: x.exp().sum(0), inputs_of(lib, 1))

    same(run)


WRONG = {
    "no tensor": lambda f, lib: f.jacobian(lambda x: x, 3.0),
    "a list": lambda f, lib: f.jacobian(lambda x: x, [lib.ones(1)]),
    "returns a number": lambda f, lib: f.jacobian(lambda x: 1.0, lib.ones(1)),
    "no vector": lambda f, lib: f.vjp(lambda x: x, lib.ones(2)),
    "no vector for inputs": lambda f, lib: f.jvp(lambda x: x, lib.ones(2)),
    "shape of v": lambda f, lib: f.vjp(lambda x: x, lib.ones(2), lib.ones(3)),
    "count of v": lambda f, lib: f.jvp(lambda x: x, lib.ones(2), (lib.ones(2), lib.ones(2))),
    "no number": lambda f, lib: f.hessian(lambda x: x, lib.ones(2)),
    "two outputs": lambda f, lib: f.hessian(lambda x: (x.sum(), x.sum()), lib.ones(2)),
    "integers": lambda f, lib: f.jacobian(lambda x: x, lib.ones(2, dtype=lib.int64)),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_calls(case):
    both_raise(lambda lib: WRONG[case](lib.autograd.functional, lib))


@pytest.mark.parametrize("name", ["jacobian", "hessian", "vjp", "jvp", "hvp", "vhp"])
def test_strict_is_refused_by_name(name):
    function = getattr(tinygrad_edu.autograd.functional, name)
    with pytest.raises(NotImplementedError, match=rf"{name}: strict=True"):
        function(lambda x: x.sum(), tinygrad_edu.ones(1), strict=True)
