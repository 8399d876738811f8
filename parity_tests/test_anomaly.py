"""Anomaly detection: the first node whose derivative is nan is named, as PyTorch names it."""

from __future__ import annotations

import warnings
from operator import attrgetter
from pathlib import Path

import pytest
import torch

import tinygrad_edu
from tinygrad_edu.autograd.graph import Node

from .both import both, both_raise
from .versions import as_said

PYTORCH = Path(torch.__file__).parent

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


def told(lib, run, inner=False):
    """What is said of an error, from this file on, and without PyTorch's own source."""
    with warnings.catch_warnings(record=True) as caught, pytest.raises(RuntimeError) as error:
        warnings.simplefilter("always")
        run(lib)
    texts = []
    for text in (str(warning.message).partition(" (Triggered")[0] for warning in caught):
        first, begins, rest = text.partition(f'  File "{__file__}"')
        if not inner:
            rest = rest.partition(f'  File "{PYTORCH}')[0]
        texts.append(f"{first.partition(':')[0]}{begins}{rest}")
    return [*texts, as_said(str(error.value))]


def root(x):
    return (x * 0).sqrt()  # whose derivative is infinite


FAILING = {
    "nan": lambda lib, x: (root(x) * 0).sum().backward(),
    "function": lambda lib, x: bad(lib).apply(x).sum().backward(),
    "in place": lambda lib, x: changed(x * 2).sum().backward(),
    "hook": lambda lib, x: hooked(x * 2).sum().backward(),
    "leaf": lambda lib, x: (x.exp() + hooked(x)).sum().backward(),
}


def changed(x):
    y = x * x
    x.add_(1)
    return y


def hooked(x):
    def refuse(grad):
        raise RuntimeError("no")

    x.register_hook(refuse)
    return x.exp()


@pytest.mark.parametrize("case", FAILING)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_forward_line_is_named(case, dtype):
    def run(lib):
        with lib.autograd.set_detect_anomaly(True):
            FAILING[case](lib, lib.ones(2, dtype=getattr(lib, dtype), requires_grad=True))

    said = both(lambda lib: told(lib, run))
    assert said[0].startswith("Error detected in ")
    assert f'  File "{__file__}", line ' in said[0]


def test_the_last_line_of_the_traceback_is_the_users():
    def run(lib):
        with lib.autograd.set_detect_anomaly(True):
            (root(lib.ones(2, requires_grad=True)) * 0).sum().backward()

    (said, _) = both(lambda lib: told(lib, run))
    assert said.endswith("in root\n    return (x * 0).sqrt()  # whose derivative is infinite\n")


def test_a_layer_is_named():
    """Where the layer stands: what is C++ in PyTorch is left out, what is Python is not."""

    def run(lib):
        with lib.autograd.set_detect_anomaly(True):
            layer = lib.nn.Linear(2, 1)
            lib.nn.init.constant_(layer.weight, lib.inf)
            layer(lib.zeros(1, 2, requires_grad=True) * 0).mul(0).sum().backward()

    places = {}
    for lib in (torch, tinygrad_edu):
        said, _ = told(lib, run, inner=True)
        assert said.startswith("Error detected in AddmmBackward0")
        places[lib] = [line.split(", in ")[-1] for line in said.splitlines() if "  File " in line]
    assert places[torch][:3] == places[tinygrad_edu][:3]
    assert places[torch][-1] == places[tinygrad_edu][-1] == "forward"


def test_a_node_made_before_has_no_traceback():
    def run(lib):
        y = (root(lib.ones(2, requires_grad=True)) * 0).sum()
        with lib.autograd.set_detect_anomaly(True):
            y.backward()

    assert "No forward pass information available. Enable detect" in both(lambda L: told(L, run))[0]


def twice(lib):
    x = lib.zeros(2, requires_grad=True)
    with lib.autograd.set_detect_anomaly(True):
        (first,) = lib.autograd.grad(((x * 2).abs() ** 1.5).sum(), x, create_graph=True)
        first.sum().backward()


def twice_half_watched(lib):
    x = lib.zeros(2, requires_grad=True)
    y = (x * 2).abs() ** 1.5
    with lib.autograd.set_detect_anomaly(True):
        (first,) = lib.autograd.grad(y.sum(), x, create_graph=True)
        first.sum().backward()


@pytest.mark.parametrize("run", [twice, twice_half_watched])
def test_what_a_derivative_was_recorded_for_is_named_too(run):
    said = both(lambda lib: told(lib, run))
    words = "\n\nPrevious calculation was induced by" if run is twice else "Error detected in"
    assert said[1].startswith(f"{words} PowBackward0. ")


def test_nothing_is_kept_where_it_is_not_enabled():
    made = attrgetter("grad_fn.made")
    assert "__init__" not in vars(Node)
    x = tinygrad_edu.ones(2, requires_grad=True)
    with tinygrad_edu.autograd.set_detect_anomaly(True):
        with tinygrad_edu.autograd.set_detect_anomaly(True):
            assert made(x * 2) is not None
        assert made(bad(tinygrad_edu).apply(x)) is not None
        with tinygrad_edu.autograd.set_detect_anomaly(False):
            assert made(x * 2) is None
        assert made(x * 2) is not None
    assert made(x * 2) is None and made(bad(tinygrad_edu).apply(x)) is None
    assert "__init__" not in vars(Node)


def test_the_text_follows_a_recording():
    """The recorder stands in the same places, and may begin and end at other times."""

    def run(lib):
        with tinygrad_edu.trace.record(), lib.autograd.set_detect_anomaly(True):
            y = (root(lib.ones(2, requires_grad=True)) * 0).sum()
            y.backward()

    said, _ = told(tinygrad_edu, run)
    assert said.endswith("in root\n    return (x * 0).sqrt()  # whose derivative is infinite\n")
