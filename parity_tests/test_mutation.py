"""Changes in place that are recorded, and views of what has changed: programs, on both sides.

Each returns values, gradients, names of nodes, or the errors that were caught.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_edu

from .programs import Programs, compare, leaf, raised

PROGRAMS = Programs()


UNARY = """abs_ exp_ expm1_ log_ log1p_ log2_ log10_ sqrt_ rsqrt_ reciprocal_ sin_ cos_ tan_ neg_
square_ sign_ floor_ ceil_ round_ trunc_ relu_ sigmoid_ tanh_"""


def name(tensor: Any) -> str | None:
    return None if tensor.grad_fn is None else tensor.grad_fn.name()


@pytest.mark.parametrize("program", PROGRAMS)
def test_program(program):
    compare(program)


@PROGRAMS.add
def the_result_takes_the_history(lib):
    x, w = leaf(lib, 1, 2, 3), leaf(lib, 4, 5, 6)
    y = x * 2
    z = y
    z.mul_(w)
    y.add_(1)
    y.sum().backward()
    return y, z, z is y, name(y), x.grad, w.grad, y._version


@PROGRAMS.add
def operators(lib):
    x, w = leaf(lib, 1, 2), leaf(lib, 3, 4)
    y = x * 2
    first = y
    y += w
    y -= 2 * x
    y *= w
    y /= x
    y **= 2
    (y * leaf(lib, 0.3, -2)).sum().backward()
    return y, first is y, x.grad, w.grad


@PROGRAMS.add
def ops_that_save_their_result(lib):
    x = leaf(lib, 0.1, -0.2, 0.3)
    y = (x * 1).exp_().clone().sqrt_().clone().tanh_().clone().sigmoid_()
    (y * y).sum().backward()
    z = (x * 1).exp_().sqrt_()
    return y, x.grad, z, raised(lambda: z.sum().backward())


@PROGRAMS.add
def every_unary_one(lib):
    out = []
    for op in UNARY.split():
        x = leaf(lib, 0.3, 1.7, 2.5)
        y = x * 1
        z = getattr(y, op)()
        (z * leaf(lib, 1, -2, 3)).sum().backward()
        out += [z is y, z, x.grad, name(z)]
    return out


@PROGRAMS.add
def a_saved_result_that_changes_later(lib):
    x = leaf(lib, 0.1, -0.2)
    y = x.clone().exp_()
    y.add_(1)
    return raised(lambda: y.sum().backward())


@PROGRAMS.add
def a_saved_argument_that_changes_later(lib):
    x = leaf(lib, 0.1, -0.2)
    y = x * 2
    z = y * y
    y.add_(1)
    return raised(lambda: z.sum().backward())


@PROGRAMS.add
def a_saved_argument_changed_through_a_view(lib):
    x = leaf(lib, 0.1, -0.2)
    y = x * 2
    z = y * y
    y[0].zero_()
    return raised(lambda: z.sum().backward())


@PROGRAMS.add
def leaves_may_not_change(lib):
    x = leaf(lib, 1, 2)
    plain = lib.tensor([1.0, 2.0], dtype=lib.float64)
    return (
        raised(lambda: x.add_(1)), raised(lambda: x.zero_()), raised(lambda: x.fill_(0)),
        raised(lambda: x.__setitem__(0, 1.0)), raised(lambda: x[0].add_(1)),
        raised(lambda: x.view(2, 1).mul_(2)), raised(lambda: x.uniform_()), x._version,
        raised(lambda: plain.copy_(x)), plain, name(plain), plain.requires_grad,
    )  # fmt: skip


@PROGRAMS.add
def without_recording_they_may(lib):
    x = leaf(lib, 1, 2)
    with lib.no_grad():
        x.add_(1)
        x[0] = 5
        x[1:].mul_(2)
    return x, x.requires_grad, x.is_leaf, x._version


@PROGRAMS.add
def a_view_changes_its_base(lib):
    x = leaf(lib, 1, 2, 3, 4, shape=(2, 2))
    y = x * 3
    row = y[0]
    row.mul_(leaf(lib, 5, 6))
    (y * leaf(lib, 1, -1, 2, 3, shape=(2, 2))).sum().backward()
    return y, row, name(y), name(row), x.grad, row._base is y


@PROGRAMS.add
def a_base_changes_its_views(lib):
    x, w = leaf(lib, 1, 2, 3, 4, shape=(2, 2)), leaf(lib, 7, 8)
    y = x * 3
    row, turned, flat = y[1], y.t(), y.view(-1)
    y.mul_(w)
    loss = (row * row).sum() + (turned[0] * 2).sum() + flat[3] * 5
    loss.backward()
    return row, turned, flat, name(row), name(turned), name(flat), x.grad, w.grad


@PROGRAMS.add
def views_change_each_other(lib):
    x, w = leaf(lib, 1, 2, 3, 4, 5, 6, shape=(2, 3)), leaf(lib, 7, 8)
    y = x * 1
    column, rows = y[:, 1], y[0:1]
    column.mul_(w)
    rows.add_(rows.detach() * 2)
    column.sub_(1)
    (rows * rows).sum().backward(retain_graph=True)
    first = x.grad.clone(), w.grad.clone()
    (column * w).sum().backward()
    return y, column, rows, first, x.grad, w.grad


@PROGRAMS.add
def zeros_filled_piece_by_piece(lib):
    w = leaf(lib, 1, 2, 3)
    out = lib.zeros(2, 3, dtype=lib.float64)
    out[0] = w * 2
    out[1, 1:] = w[:2] ** 2
    out[:, 0] += w[0]
    (out * leaf(lib, 1, 2, 3, 4, 5, 6, shape=(2, 3))).sum().backward()
    return out, name(out), out.requires_grad, w.grad


@PROGRAMS.add
def a_view_of_zeros_gets_a_history(lib):
    w = leaf(lib, 1, 2)
    out = lib.zeros(2, 2, dtype=lib.float64)
    row, other = out[0], out[1]
    row.copy_(w)
    (other + row).sum().backward()
    return out, row.requires_grad, out.requires_grad, w.grad


@PROGRAMS.add
def setting_by_tensors(lib):
    x, v = leaf(lib, 1, 2, 3, 4, 5, 6, shape=(3, 2)), leaf(lib, 10, 20)
    y = x * 1
    y[lib.tensor([2, 0])] = v
    y[y > 15] = 0.5
    y[lib.tensor([True, False, False]), 1] = v[0] * 3
    (y * leaf(lib, 1, 2, 3, 4, 5, 6, shape=(3, 2))).sum().backward()
    return y, x.grad, v.grad


@PROGRAMS.add
def forgetting(lib):
    out = []
    for change in (
        lambda y: y.zero_(),
        lambda y: y.fill_(3),
        lambda y: y[0].fill_(lib.tensor(2.0)),
        lambda y: y.copy_(lib.ones(2, dtype=lib.float64)),
        lambda y: y.__setitem__(1, 0),
        lambda y: y.masked_fill_(lib.tensor([True, False]), 9.0),
        lambda y: y.clamp_(1.5, 8),
        lambda y: y.clamp_(max=lib.tensor([1.0, 9.0], dtype=lib.float64)),
    ):
        x = leaf(lib, 1, 2)
        y = x * 4
        change(y)
        (y * y).sum().backward()
        out += [y, x.grad]
    return out


@PROGRAMS.add
def filling_with_a_tensor_that_requires_a_gradient(lib):
    value = leaf(lib, 3).sum()
    y = lib.zeros(2, 2, dtype=lib.float64)
    y[0].fill_(value)
    y[1, 1] = value * 2
    (y * y).sum().backward()
    w = leaf(lib, 1, 2)
    z = lib.ones(3, 2)
    z.copy_(w)
    z.sum().backward()
    return y, z, w.grad, w.grad.dtype == lib.float64


@PROGRAMS.add
def several_results_may_not_change(lib):
    x = leaf(lib, 1, 2, 3, 4)
    y = x * 1
    first, _ = y.split(2)
    return raised(lambda: first.add_(1)), raised(lambda: y.unbind()[0].zero_()), y


@PROGRAMS.add
def views_made_without_recording_may_not(lib):
    x = leaf(lib, 1, 2)
    y = x * 1
    with lib.no_grad():
        part = y[:1]
    plain = lib.zeros(2)
    with lib.no_grad():
        plain_part = plain[:1]
    plain_part.add_(1)
    return raised(lambda: part.mul_(x[0])), plain


@PROGRAMS.add
def detached_tensors_share_memory_but_no_history(lib):
    x = leaf(lib, 1, 2)
    y = x * 3
    detached = y.detach()
    detached[0] = 100
    y.sum().backward()
    z = x * 3
    product = z * z
    z.detach().add_(1)
    return y, x.grad, detached.requires_grad, raised(lambda: product.sum().backward())


@PROGRAMS.add
def second_order(lib):
    x, w = leaf(lib, 0.5, 2, 3), leaf(lib, 1.5)
    y = x * x
    y[1:].mul_(w * x[1:])
    y[0] = w[0] ** 3
    (first,) = lib.autograd.grad((y * y).sum(), x, create_graph=True)
    return first, lib.autograd.grad((first * leaf(lib, 1, -2, 3)).sum(), (x, w), allow_unused=True)


@PROGRAMS.add
def retained_gradients_follow(lib):
    x = leaf(lib, 1, 2)
    y = x * 3
    y.retain_grad()
    y.mul_(5)
    y.sum().backward()
    return y.grad, x.grad, y.retains_grad


@PROGRAMS.add
def hooks_stay_with_the_old_value(lib):
    x, seen = leaf(lib, 1, 2), []
    y = x * 3
    y.register_hook(lambda g: seen.append(g.tolist()))
    y.mul_(5)
    y.register_hook(lambda g: seen.append(g.tolist()))
    y.sum().backward()
    return seen, x.grad


@PROGRAMS.add
def what_does_not_fit(lib):
    y = leaf(lib, 1, 2) * 1
    other = lib.zeros(2, dtype=lib.int64)
    return (
        raised(lambda: y.add_(lib.ones(3))), raised(lambda: y.add_(lib.ones(2, 2))),
        raised(lambda: other.add_(0.5)), raised(lambda: other.add_(y)), other,
        raised(lambda: y[:1].expand(3).add_(1)), raised(lambda: y.copy_(lib.ones(3))),
        raised(lambda: y.fill_(lib.ones(2))), raised(lambda: y.__setitem__(5, 1.0)), y,
        raised(lambda: y.__setitem__(0, lib.ones(2))), y._version,
    )  # fmt: skip


@PROGRAMS.add
def its_own_argument(lib):
    x = leaf(lib, 1, 2, 3)
    y = x * 2
    y.add_(y)
    z = x * 1
    z[1:].add_(z[:2].clone())
    (y.sum() + z.sum()).backward()
    product = x * 1
    product.mul_(product)
    return y, z, x.grad, product, raised(lambda: product.sum().backward())


@PROGRAMS.add
def a_view_of_a_view(lib):
    x = leaf(lib, *range(24), shape=(2, 3, 4))
    y = x * 1
    inner = y.transpose(0, 2)[1:, ::2].permute(1, 0, 2)
    inner[0].mul_(2)
    inner.add_(1)
    weights = lib.arange(24, dtype=lib.float64).reshape(2, 3, 4)
    (y * y * weights).sum().backward()
    return y, inner, x.grad, inner._base is y


@PROGRAMS.add
def a_running_sum(lib):
    w = leaf(lib, 0.5)
    total = lib.zeros(1, dtype=lib.float64)
    for step in range(5):
        total += w**step
        total *= w
    total.sum().backward()
    return total, w.grad


@PROGRAMS.add
def one_number_overwritten_through_a_view(lib):
    x = leaf(lib, 2)
    y = (x * x).sum()
    view = y.view(1)
    view.mul_(3)
    y.mul_(2)
    y.backward()
    return y, x.grad


@PROGRAMS.add
def masks_without_dimensions(lib):
    x = leaf(lib, 2).sum()
    y = x * 3
    picked = y[y > 0], y[y < 0], x[True], x[None][lib.tensor(False)]
    y[y > 0] = 0.5
    (y * y + picked[0].sum() + picked[2].sum()).backward()
    return [name(t) for t in picked], picked, y, name(y)


@PROGRAMS.add
def nodes_of_views_after_a_change_without_recording(lib):
    x = lib.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    y = x * 2
    row, turned, part = y[0], y.t(), x[1]
    with lib.no_grad():
        turned.mul_(3)
        x[1, 0] = 7
        x[x > 6] = 5
    (row * row).sum().backward(retain_graph=True)
    return [name(t) for t in (y, row, turned, part)], row, turned, part, x.grad


@PROGRAMS.add
def what_is_no_view_of_a_product(lib):
    x, w = leaf(lib, *range(12), shape=(2, 3, 2)), leaf(lib, 1, 2, shape=(2, 1))
    with lib.no_grad():
        quiet = x @ w
    made = [x @ w, x[0, 0] @ w, x.transpose(0, 2).reshape(-1), x.detach() @ w.detach(), quiet]
    quiet.requires_grad_()
    made[0].mul_(2)
    (made[0].sum() + (quiet * quiet).sum()).backward()
    return [t._base is None for t in made], [t._version for t in made], quiet.grad, x.grad


@given(data=st.data())
def test_random_programs_of_views_and_changes(data):
    """Random views of one tensor, random changes through them; then a gradient."""
    steps = data.draw(st.lists(st.tuples(*[st.integers(0, 99)] * 4), min_size=1, max_size=8))
    seed = data.draw(st.integers(0, 99))

    def program(lib):
        rng = np.random.default_rng(seed)
        x, w = (lib.tensor(rng.standard_normal((3, 4)), requires_grad=True) for _ in range(2))
        y = x * 1 if seed % 2 else lib.zeros(3, 4, dtype=lib.float64)
        known = [y]
        makers = (
            lambda t, i: t[i % len(t)] if t.ndim > 1 else t[:1],
            lambda t, i: t[i % 2 :],
            lambda t, i: t.t() if t.ndim == 2 else t.unsqueeze(0),
            lambda t, i: t[..., ::2],
            lambda t, i: t.squeeze(),
        )
        for which, maker, change, operand in steps:
            target = known[which % len(known)]
            view = makers[maker % len(makers)](target, maker) if target.ndim else target
            known.append(view)
            value = w.reshape(-1)[operand % 12]
            changed = known[operand % len(known)]
            match change % 4:
                case 0:
                    changed.mul_(value)
                case 1:
                    changed.add_(value)
                case 2:
                    changed[...] = value * 2
                case 3:
                    changed.sub_(changed.detach() * 0.5)
        loss = sum((k * k * (i + 1)).sum() for i, k in enumerate(known))
        grads = lib.autograd.grad(loss, (x, w), allow_unused=True)
        return known, grads

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        compare(program)


def test_the_memory_of_views_is_let_go_of():
    base = tinygrad_edu.zeros(4)
    for _ in range(1000):
        base[1:]
    assert len(base._views) == 0
    kept = base[1:]
    assert len(base._views) == 1
    assert torch.zeros(4)[1:]._base is not None and kept._base is base
