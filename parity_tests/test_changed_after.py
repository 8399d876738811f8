"""What a recorded op has kept, or given out as a view, is changed before the backward pass."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from .programs import Program, Programs, compare, leaf, raised

PROGRAMS = Programs()


@pytest.mark.parametrize("program", PROGRAMS)
def test_program(program: Program) -> None:
    compare(program)


def gradient_after(change: Callable[[], Any], result: Any, x: Any) -> Any:
    """The gradient of the sum of `result`, computed after `change`; or what was raised."""
    change()
    return raised(lambda: (result.sum().backward(), x.grad)[1])


@PROGRAMS.add
def the_condition_of_where_changes(lib: ModuleType) -> Any:
    found = []
    for choose in (
        lambda m, a: lib.where(m, a, 0.0),
        lambda m, a: lib.where(m, 0.0, a),
        lambda m, a: lib.where(m, a, lib.ones(3, dtype=lib.float64)),
        lambda m, a: a.where(m, lib.zeros(3, dtype=lib.float64)),
        lambda m, a: lib.where(m[:], a, 0.0),
    ):
        a, mask = leaf(lib, 1, 2, 3), lib.tensor([True, False, True])
        y = choose(mask, a)
        found.append(gradient_after(lambda m=mask: m.fill_(False), y, a))
    return found


@PROGRAMS.add
def the_condition_of_where_stays(lib: ModuleType) -> Any:
    a, mask = leaf(lib, 1, 2, 3), lib.tensor([True, False, True])
    y = lib.where(mask, a, 0.0) * a
    (first,) = lib.autograd.grad(y.sum(), a, create_graph=True)
    return y, first, lib.autograd.grad(first.sum(), a)


@PROGRAMS.add
def the_weights_of_a_binary_cross_entropy_change(lib: ModuleType) -> Any:
    loss, with_logits = (
        lib.nn.functional.binary_cross_entropy,
        lib.nn.functional.binary_cross_entropy_with_logits,
    )
    found = []
    for compute in (
        lambda x, t, w: loss(x, t, weight=w),
        lambda x, t, w: with_logits(x, t, weight=w),
        lambda x, t, w: with_logits(x, t, pos_weight=w),
    ):
        x, target = leaf(lib, 0.25, 0.5), lib.tensor([0.0, 1.0], dtype=lib.float64)
        weight = lib.tensor([2.0, 3.0], dtype=lib.float64)
        y = compute(x, target, weight)
        found.append(gradient_after(lambda w=weight: w.mul_(2), y, x))
    return found


@PROGRAMS.add
def a_normalized_layer_changes(lib: ModuleType) -> Any:
    normalize = lib.nn.functional.layer_norm
    weight = lib.tensor([1.0, 2.0, 3.0], dtype=lib.float64)
    factors = lib.tensor([1.0, 3.0, -2.0], dtype=lib.float64)
    found = []
    for affine in ((), (weight,), (weight, weight), (None, weight)):
        x = leaf(lib, 1, 2, 4)
        y = normalize(x * 2, (3,), *affine)
        found.append(gradient_after(lambda y=y: y.mul_(factors), y, x))
        x = leaf(lib, 1, 2, 4)
        h = x * 2
        y = normalize(h, (3,), *affine)
        found.append(gradient_after(lambda h=h: h.mul_(2), y, x))
    return found


@PROGRAMS.add
def what_erfinv_read_and_returned_changes(lib: ModuleType) -> Any:
    found = []
    for which in (0, 1):
        x = leaf(lib, 0.25, -0.5, 0)
        b = x * 1
        y = b.erfinv()
        found.append(gradient_after(lambda t=(b, y)[which]: t.mul_(2), y, x))
    return found
