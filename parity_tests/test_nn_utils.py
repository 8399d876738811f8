"""nn.utils: gradients are clipped, and parameters become one vector, as in PyTorch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

import tinygrad_edu
from parity_tests.judge import Evidence, check, count_case
from parity_tests.optim_race import BOTH

SHAPES = [(4, 3), (), (1, 7), (2, 1, 2), (40,)]
ORDERS = [2.0, 1, 0, "inf", float("inf"), -float("inf"), 3, 0.5, -1.5]


def parameters_of(f: Any, dtype: str, seed: int = 0, scale: float = 1.0) -> list[Any]:
    """Parameters with random gradients, the last without one."""
    rng = np.random.default_rng(seed)
    parameters = []
    for shape in [*SHAPES, (3,)]:
        values = [np.asarray(rng.standard_normal(shape)) for _ in range(2)]
        p = f.tensor(values[0], dtype=getattr(f, dtype)).requires_grad_()
        p.grad = f.tensor(values[1] * scale, dtype=getattr(f, dtype))
        parameters.append(p)
    parameters[0].grad = f.tensor(parameters[0].grad.numpy().T.copy()).T  # not contiguous
    parameters[-1].grad = None
    return parameters


def in_all(dtype: str, act: Callable[[Any, list[Any]], Any], scale: float = 1.0) -> list[Any]:
    """What `act` returns, and the gradients after it; ours, PyTorch's, and in its float64."""
    results = []
    for f, d in ((tinygrad_edu, dtype), (torch, dtype), (torch, "float64")):
        parameters = parameters_of(f, dtype, scale=scale)
        if d != dtype:
            parameters = [widened(p) for p in parameters]
        results.append((act(f, parameters), [p.grad for p in parameters]))
    return results


def widened(parameter: torch.Tensor) -> torch.Tensor:
    wide = parameter.detach().double()
    wide.grad = None if parameter.grad is None else parameter.grad.double()
    return wide


def judge(results: list[Any], exact: str = "") -> None:
    count_case()
    (value, grads), (their_value, their_grads), (true_value, true_grads) = results
    if their_value is not None:
        check(value, Evidence(their_value, true_value), "norm", exact=exact)
    for number, run in enumerate(zip(grads, their_grads, true_grads, strict=True)):
        check(run[0], Evidence(*run[1:]), f"gradient {number}", exact=exact)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("norm_type", ORDERS)
@pytest.mark.parametrize("max_norm", [0.5, 1000])
def test_clip_grad_norm(max_norm: float, norm_type: Any, dtype: str) -> None:
    judge(in_all(dtype, lambda f, p: f.nn.utils.clip_grad_norm_(p, max_norm, norm_type)))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("norm_type", ORDERS)
def test_total_norm(norm_type: Any, dtype: str) -> None:
    def act(f: Any, parameters: list[Any]) -> Any:
        return f.nn.utils.get_total_norm([p.grad for p in parameters[:-1]], norm_type)

    judge(in_all(dtype, act))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_clip_in_two_steps(dtype: str) -> None:
    def act(f: Any, parameters: list[Any]) -> Any:
        norm = f.nn.utils.get_total_norm([p.grad for p in parameters[:-1]])
        f.nn.utils.clip_grads_with_norm_(parameters, 2, norm)
        return norm

    judge(in_all(dtype, act))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("value", [0, 0.3, 100, -0.2, float("nan")])
def test_clip_grad_value(value: float, dtype: str) -> None:
    results = in_all(dtype, lambda f, p: f.nn.utils.clip_grad_value_(p, value))
    judge(results)


def test_clipping_is_in_place_and_may_have_one_tensor_or_a_generator() -> None:
    for f in BOTH:
        one, *others = parameters_of(f, "float64")
        grad, before = one.grad, one.grad.numpy().copy()
        norm = f.nn.utils.clip_grad_norm_(one, 1.0)
        assert one.grad is grad
        np.testing.assert_allclose(grad.numpy(), before / (norm.item() + 1e-6), rtol=1e-14)
        f.nn.utils.clip_grad_value_(one, 0.01)
        assert one.grad is grad
        assert np.abs(grad.numpy()).max() == 0.01
        f.nn.utils.clip_grad_norm_((p for p in others), 0.5)
        after = f.nn.utils.get_total_norm(p.grad for p in others[:-1])
        assert after.item() == pytest.approx(0.5, rel=1e-5)
        assert not after.requires_grad


def test_nothing_to_clip() -> None:
    for f in BOTH:
        p = f.ones(2, requires_grad=True)
        for given in ([], [p], p):
            norm = f.nn.utils.clip_grad_norm_(given, 1.0)
            assert (norm.item(), norm.dtype, tuple(norm.shape)) == (0.0, f.float32, ())
            if f is tinygrad_edu:  # PyTorch fails an assertion of its own here
                f.nn.utils.clip_grad_value_(given, 1.0)
        with pytest.warns(UserWarning, match="empty generator"):
            f.nn.utils.clip_grad_norm_((x for x in ()), 1.0)


def test_two_dtypes_have_a_norm_in_the_wider() -> None:
    for f in BOTH:
        norm = f.nn.utils.get_total_norm([f.ones(2), f.ones(2, dtype=f.float64)])
        assert norm.item() == pytest.approx(2.0, rel=1e-7)
        assert norm.dtype is f.float64
        assert f.nn.utils.get_total_norm(f.full((4,), 2.0)).item() == 4.0
        assert f.nn.utils.get_total_norm([f.ones(0), f.ones(4)]).item() == 2.0


@pytest.mark.parametrize("bad", [float("inf"), float("nan"), -float("inf"), 1e30])
def test_norms_that_are_not_finite(bad: float) -> None:
    values = []
    for f in BOTH:
        p = f.ones(3, requires_grad=True)
        p.grad = f.tensor([1.0, bad, 2.0])
        with pytest.raises(RuntimeError, match="non-finite"):
            f.nn.utils.clip_grad_norm_([p], 1.0, error_if_nonfinite=True)
        assert p.grad.tolist()[::2] == [1.0, 2.0]
        norm = f.nn.utils.clip_grad_norm_([p], 1.0)
        values.append(repr((norm.item(), p.grad.tolist())))
    assert values[0] == values[1]


def test_parameters_become_a_vector_and_gradients_flow_through() -> None:
    results = []
    for f in BOTH:
        a, b = f.tensor([[1.0, 2.0], [3.0, 4.0]]), f.tensor(5.0)
        a.requires_grad_(), b.requires_grad_()
        vector = f.nn.utils.parameters_to_vector(iter([a, b]))
        (vector * f.tensor([1.0, 2.0, 3.0, 4.0, 5.0])).sum().backward()
        results.append((vector.tolist(), a.grad.tolist(), b.grad.tolist()))
    assert results[0] == results[1]


def test_a_vector_becomes_parameters() -> None:
    for f in BOTH:
        model = f.nn.Sequential(f.nn.Linear(2, 3), f.nn.Linear(3, 1))
        before = list(model.parameters())
        vector = f.arange(13.0)
        f.nn.utils.vector_to_parameters(vector, model.parameters())
        assert all(p is q for p, q in zip(model.parameters(), before, strict=True))
        assert all(p.requires_grad and p.is_leaf for p in before)
        assert f.nn.utils.parameters_to_vector(before).tolist() == vector.tolist()
        f.nn.utils.vector_to_parameters(f.arange(100.0), before)
        assert before[-1].tolist() == [12.0]


def not_contiguous(f: Any) -> Any:
    return f.nn.utils.parameters_to_vector([f.arange(6.0).reshape(2, 3).T])


WRONG: dict[str, tuple[type[Exception], Callable[[Any, Any], Any]]] = {
    "integers": (RuntimeError, lambda f, u: u.get_total_norm([f.ones(2, dtype=f.int64)])),
    "largest of none": (RuntimeError, lambda f, u: u.get_total_norm([f.ones(0)], "inf")),
    "smallest of none": (RuntimeError, lambda f, u: u.get_total_norm([f.ones(0)], -2)),
    "no parameters": (ValueError, lambda f, u: u.parameters_to_vector([])),
    "a list": (TypeError, lambda f, u: u.vector_to_parameters([1.0], [f.ones(1)])),
    "too short": (RuntimeError, lambda f, u: u.vector_to_parameters(f.ones(1), [f.ones(2)])),
    "not contiguous": (RuntimeError, lambda f, u: not_contiguous(f)),
    "a text": (ValueError, lambda f, u: u.clip_grad_norm_([f.ones(1)], 1.0, "two")),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_raises(what: str) -> None:
    exception, act = WRONG[what]
    for f in BOTH:
        with pytest.raises(exception):
            act(f, f.nn.utils)


def test_the_old_name_warns() -> None:
    for f in BOTH:
        p = f.ones(4, requires_grad=True)
        p.grad = f.ones(4)
        with pytest.warns(FutureWarning, match="clip_grad_norm_"):
            assert f.nn.utils.clip_grad_norm([p], 1.0).item() == 2.0


def test_what_is_missing_is_named() -> None:
    utils = tinygrad_edu.nn.utils
    assert set(torch.nn.utils.__all__) == set(utils.__all__) | set(utils.MISSING)


@pytest.mark.parametrize("foreach", [True, False])
def test_a_choice_of_kernel(foreach: bool) -> None:
    ends = []
    for f in BOTH:
        p, q = f.ones(3, requires_grad=True), f.ones(2, 2, requires_grad=True)
        p.grad, q.grad = f.tensor([3.0, 0.5, -4.0]), f.ones(2, 2)
        utils = f.nn.utils
        norms = [
            utils.clip_grad_norm_([p, q], 2.0, foreach=foreach).item(),
            utils.get_total_norm([p.grad, q.grad], foreach=foreach).item(),
        ]
        utils.clip_grad_value_([p, q], 0.5, foreach=foreach)
        utils.clip_grads_with_norm_([p, q], 0.5, f.tensor(1.0), foreach=foreach)
        ends.append([*norms, *p.grad.tolist(), *q.grad.ravel().tolist()])
    np.testing.assert_allclose(ends[0], ends[1], rtol=1e-6)
