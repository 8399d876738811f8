"""NumPy's functions on tensors: which return arrays, which tensors, and which refuse."""

import warnings

import numpy as np
import pytest
import torch

import tinygrad_edu

from .both import BOTH, both, both_raise

ARRAYS = (
    "np.concatenate([t, t])", "np.stack([t, t])", "np.vstack([t, t])", "np.hstack([t, a])",
    "np.column_stack([t, t])", "np.where(c, t, t)", "np.where(c, t, 0)", "np.where(t > 2)",
    "np.unique(t)", "np.sort(t)", "np.ravel(t)", "np.isclose(t, t)", "np.zeros_like(t)",
    "np.full_like(t, 2)", "np.copy(t)", "np.diff(t)", "np.outer(t, t)", "np.tile(t, 2)",
    "np.expand_dims(t, 0)", "np.broadcast_to(t, (2, 4))", "np.bincount(i)", "np.diag(t)",
    "np.append(t, 1)", "np.cov(t)", "np.fft.fft(t)", "np.pad(t, 1)", "np.roll(t, 1)", "np.tril(m)",
    "np.cross(t[:3], t[:3])", "np.gradient(t)", "np.array([t, t])", "np.linalg.norm(t)",
    "np.median(t)", "np.dot(t, t)", "np.einsum('i,i->', t, t)", "np.histogram(t)", "np.trace(m)",
    "np.add(t, t, out=np.zeros(4))", "np.multiply.outer(t, t)", "np.count_nonzero(t)",
    "np.atleast_2d(t)", "np.kron(t, t)", "np.isin(t, t)", "np.select([t > 1], [t])",
)  # fmt: skip

TENSORS = (
    "np.exp(t)", "np.sqrt(t)", "np.add(t, t)", "np.add(t, 1)", "np.add(t, a)", "np.add(a, t)",
    "np.power(t, 2)", "np.maximum(t, 0)", "np.isnan(t)", "np.equal(t, t)",
    "np.logical_not(t)", "np.invert(c)", "np.divmod(t, 2)", "np.frexp(t)", "np.add.reduce(t)",
    "np.add.accumulate(t)", "np.exp(s)", "np.exp(t, dtype='float64')", "np.matmul(t, t)",
    "np.argmax(t)", "np.argsort(t)", "np.searchsorted(t, 2.0)", "np.cumsum(t)", "np.cumsum(m, 0)",
    "np.round(t, 1)", "np.clip(t, 0, 2)", "np.take(t, [0, 1])", "np.repeat(t, 2)", "np.ptp(t)",
    "np.transpose(t)", "np.reshape(t, (2, 2))", "np.squeeze(t)", "np.swapaxes(m, 0, 1)",
    "np.nonzero(t)", "np.split(t, 2)", "np.linalg.inv(m)", "np.linalg.svd(m)",
    "t.__array_wrap__(a)", "t.__array_wrap__(c.numpy())", "np.squeeze(x)", "np.nonzero(x)",
)  # fmt: skip

OPERATORS = (
    "np.float64(2) * t", "np.float32(2) + t", "np.int64(2) - t", "np.float64(2) / t",
    "np.float64(2) ** t", "np.float64(2) > t", "np.float64(2) == t", "np.float64(2) * x",
    "t * np.float64(2)", "a == t", "t == a", "t * a", "t + a", "t - a", "t / a", "t ** a", "t % a",
    "t // a", "t @ a", "m @ np.eye(2)", "a / t", "t * np.array(2.0)", "t != a", "x == a",
    "t.sum() * a", "t + j", "np.bool_(True) * t",
)  # fmt: skip

REFUSED = (
    "np.sum(t)", "np.sum(m, axis=1)", "np.mean(t)", "np.max(t)", "np.amin(m, axis=0)", "np.prod(t)",
    "np.std(t)", "np.var(t)", "np.any(c)", "np.all(c)", "np.sum(x)", "np.exp(x)",
    "np.concatenate([x, x])", "np.where(c, x, x)", "np.sort(x)", "np.cumsum(x)", "np.argmax(x)",
    "np.transpose(x)", "np.zeros_like(x)", "np.clip(x, 0, 1)", "np.round(x)", "np.array([x, x])",
    "a * t", "a + t", "a @ t", "a < t", "t >= a", "x + a", "x @ a", "a / x", "np.array(2.0) * t",
    "np.eye(2) @ m", "t @ np.array(2.0)", "t + a[:2]", "t + np.array(['a'])",
    "np.multiply(a, x)", "np.add(a, a, out=t)", "np.moveaxis(m, 0, 1)",
    "np.fill_diagonal(m, 0)", "np.flip(t)",
)  # fmt: skip


def evaluate(expression, lib):
    """Its value, given a few tensors and arrays; PyTorch's way to be asked by NumPy is old."""
    names = {
        "np": np,
        "t": lib.tensor([1.0, 3.0, 2.0, 4.0]),
        "x": lib.tensor([1.0, 3.0, 2.0, 4.0], requires_grad=True),
        "m": lib.tensor([[1.0, 2.0], [3.0, 5.0]]),
        "s": lib.tensor(3.0),
        "i": lib.tensor([0, 1, 1, 3]),
        "c": lib.tensor([True, False, True, False]),
        "a": np.array([1.0, 2.0, 3.0, 4.0]),
        "j": np.array([1, 2, 3, 4]),
    }
    with warnings.catch_warnings():
        if lib is torch:
            warnings.filterwarnings("ignore", "__array", DeprecationWarning)
        return eval(expression, names)


def described(result, lib):
    """Of what kind it is, and its values."""
    if isinstance(result, tuple | list):
        return [described(part, lib) for part in result]
    if isinstance(result, lib.Tensor):
        return "tensor", str(result.dtype), result.tolist(), result.requires_grad
    return type(result), np.asarray(result).dtype, np.asarray(result).tolist()


@pytest.mark.parametrize("expression", ARRAYS)
def test_most_functions_return_arrays(expression):
    theirs, mine = (described(evaluate(expression, lib), lib) for lib in BOTH)
    assert mine == theirs
    assert "tensor" not in str(mine)


@pytest.mark.parametrize("expression", TENSORS)
def test_functions_that_ask_for_the_form_of_their_result_return_tensors(expression):
    theirs, mine = (described(evaluate(expression, lib), lib) for lib in BOTH)
    assert str(mine).startswith(("('tensor'", "[('tensor'"))
    assert mine == theirs


@pytest.mark.parametrize("expression", OPERATORS)
def test_operators_between_numpy_and_a_tensor(expression):
    theirs, mine = (described(evaluate(expression, lib), lib) for lib in BOTH)
    assert mine == theirs


@pytest.mark.parametrize("expression", REFUSED)
def test_what_is_refused(expression):
    errors = []
    for lib in BOTH:
        with pytest.raises((AttributeError, RuntimeError, TypeError, ValueError)) as error:
            evaluate(expression, lib)
        errors.append(error.type)
    assert issubclass(errors[1], errors[0])


@pytest.mark.parametrize("operator", ["+", "-", "*", "/", "//", "%", "**", "@"])
def test_an_array_on_the_right_of_an_operator_in_place_makes_a_new_tensor(operator):
    def run(lib):
        names = {"t": (t := lib.tensor([1.0, 3.0])), "a": np.array([2.0, 3.0])}
        with warnings.catch_warnings(action="ignore"):
            exec(f"t {operator}= a", names)
        return described(names["t"], lib), names["t"] is t

    both(run)


def test_tensors_answer_numpy_in_derivatives_alone():
    for lib in BOTH:
        assert not hasattr(lib.Tensor, "__array_ufunc__") and not hasattr(
            lib.ones(1), "__array_ufunc__"
        )
        assert not hasattr(lib.Tensor, "__array_function__")


def test_a_call_that_changes_an_array():
    for lib in BOTH:
        array = np.zeros(2)
        assert np.add.at(array, lib.tensor([0, 0]), lib.tensor([1.0, 2.0])) is None
        assert array.tolist() == [3.0, 0.0]


@pytest.mark.parametrize(
    "expression", ["x.numpy()", "np.asarray(x)", "np.concatenate([x, x])", "np.exp(x)"]
)
def test_nothing_is_refused_under_no_grad(expression):
    def run(lib):
        with lib.no_grad():
            return described(evaluate(expression, lib), lib)

    both(run)


def test_a_custom_function_is_no_derivative_of_the_engine():
    def run(lib, create_graph):
        class Square(lib.autograd.Function):
            @staticmethod
            def forward(ctx, x):
                ctx.save_for_backward(x)
                return x**2

            @staticmethod
            def backward(ctx, grad):
                return grad * lib.from_numpy(2 * np.sqrt(np.square(ctx.saved_tensors[0].numpy())))

        x = lib.tensor([3.0], requires_grad=True)
        (grad,) = lib.autograd.grad(Square.apply(x).sum(), x, create_graph=create_graph)
        return grad.tolist()

    assert both(lambda lib: run(lib, False)) == [6.0]
    assert "requires grad" in both_raise(lambda lib: run(lib, True))


def test_an_error_in_a_derivative_leaves_numpy_as_it_was():
    x = tinygrad_edu.ones(2, requires_grad=True)
    y = x.exp()
    (grad,) = tinygrad_edu.autograd.grad(y.sum(), x, retain_graph=True, create_graph=True)
    y.detach().zero_()
    with pytest.raises(RuntimeError, match="inplace"):
        tinygrad_edu.autograd.grad(y.sum(), x, create_graph=True)
    assert isinstance(np.concatenate([x.detach(), grad.detach()]), np.ndarray)
