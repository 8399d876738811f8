"""Anomaly detection: the first node whose derivative is nan is named, as PyTorch names it."""

from __future__ import annotations

import warnings

import pytest
import torch

import tinygrad_edu

from .both import both, both_raise

CASES = {
    "sqrt": lambda lib, x: (x * 0).sqrt() * 0,
    "second": lambda lib, x: (x * 0) / (x * 0),
    "function": lambda lib, x: bad(lib).apply(x),
    "broadcast": lambda lib, x: (x * 0).sqrt() * lib.zeros(3, 2),
    "several": lambda lib, x: lib.cat([x, (x * 0).pow(0.5) * 0]),
}


def bad(lib):
    class Bad(lib.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

        @staticmethod
        def backward(ctx, grad):
            return grad * lib.nan

    return Bad


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_nan_is_named(case, create_graph, dtype):
    def run(lib):
        x = lib.ones(2, dtype=getattr(lib, dtype), requires_grad=True)
        with warnings.catch_warnings(), lib.autograd.set_detect_anomaly(True):
            warnings.simplefilter("ignore")
            lib.autograd.grad(CASES[case](lib, x).sum(), x, create_graph=create_graph)

    said = both_raise(run, text=True)
    assert "returned nan values in its" in said
    assert not tinygrad_edu.is_anomaly_enabled()


def test_it_warns_where():
    x = tinygrad_edu.zeros(2, requires_grad=True)
    with (
        tinygrad_edu.autograd.set_detect_anomaly(True),
        pytest.warns(UserWarning, match="Error detected in DivBackward0") as caught,
        pytest.raises(RuntimeError, match="DivBackward0"),
    ):
        tinygrad_edu.autograd.backward((x / x).sum())
    assert caught[0].filename == __file__


@pytest.mark.parametrize("asked", [(False, True), (True, False)])
def test_a_nan_goes_through_where_it_is_not_looked_for(asked):
    def run(lib):
        x = lib.zeros(2, requires_grad=True)
        with lib.autograd.set_detect_anomaly(*asked):
            (x / x).sum().backward()
        return str(x.grad)

    assert "nan" in both(run)


def test_what_is_enabled_where():
    def run(lib):
        def state():
            return lib.is_anomaly_enabled(), lib.is_anomaly_check_nan_enabled()

        seen = [state()]
        with pytest.warns(UserWarning, match="Anomaly Detection has been enabled"):
            context = lib.autograd.detect_anomaly(check_nan=False)
        seen.append(state())
        with context:
            seen.append(state())
            with lib.autograd.set_detect_anomaly(False):
                seen.append(state())
            seen.append(state())
        seen.append(state())
        with pytest.warns(UserWarning), lib.autograd.detect_anomaly():
            seen.append(state())
        switch = lib.autograd.set_detect_anomaly(True)
        seen.append(state())
        switch.__exit__(None, None, None)
        return [*seen, state()]

    assert both(run)[-1] == (False, True)


def test_a_pass_without_nan_is_as_ever():
    def run(lib):
        x = lib.ones(2, requires_grad=True)
        with lib.autograd.set_detect_anomaly(True):
            (x.unbind()[0] * x).sum().backward()
        return x.grad.tolist()

    assert both(run) == [3.0, 1.0]


@pytest.mark.parametrize("lib", [torch, tinygrad_edu])
def test_only_bools(lib):
    with pytest.raises(TypeError, match="must be bool, not int"):
        lib.autograd.set_detect_anomaly(1)
    assert not lib.is_anomaly_enabled()
