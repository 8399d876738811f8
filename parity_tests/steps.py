"""Random programs, line by line: a table of steps, and what chooses among them.

What runs the lines is in `line_scripts`.

A step is a function of a `Drawer` that returns a line, or None where the program has no tensor that
it could be of. Those that make a tensor are in `expressions`.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import torch

from .drawer import Below, Drawer, root, templates, weighted
from .expressions import EXPRESSIONS, leaf, view
from .line_scripts import ID, Side, judge_lines
from .seeds import begin

CHANGES = """
{x}.neg_() | {x}.tanh_() | {x}.sigmoid_() | {x}.relu_() | {x}.abs_() | {x}.clamp_(-1, 1)
{x}.zero_() | {x}.fill_(0.5) | {x}.mul_(2) | {x}.add_(1) | {x}.sin_() | {x}.square_() | {x}.div_(4)
F.relu({x}, inplace=True) | F.silu({x}, inplace=True) | {x}.masked_fill_({x} > 0, 0.5) | {x}.atan_()
{x}[{x} > 0] = 0.25 | {x}.pow_(2)
"""
CHANGES_BY = """
{x}.add_({y}) | {x}.sub_({y}) | {x}.mul_({y}) | {x}.copy_({y}) | {x}.lerp_({y}, 0.3) | {x} += {y}
{x}.div_({y} * {y} + 1) | {x}.addcmul_({y}, {x}) | {x} *= {y} | {x}[...] = {y} | {x}.copy_({y} * 2)
{x}.add_({y}, alpha=-2) | {x}.addcdiv_({y}, {y} * {y} + 1) | {x}.masked_fill_({y} > 0, 0.5)
"""


# Steps that make tensors --------------------------------------------------------------------------


def made(d: Drawer) -> str | None:
    """A line that makes a tensor."""
    step = d.choose(weighted(EXPRESSIONS))
    expression = step(d)
    if expression is None:
        return None
    # A view made under no_grad is a leaf of a kind of its own, see test_overlap.py.
    mode = "with torch.no_grad(): " if step is not view and d.often(8) else ""
    return f"{mode}{d.name()} = {expression}"


def parts(d: Drawer) -> str | None:
    """A line that makes two tensors of one."""
    x = d.tensor(lambda t: t.ndim > 0 and t.shape[0] > 1)
    if x is None:
        return None
    size = d.of(x).shape[0]
    first = d.name()
    second = f"t{int(first[1:]) + 1}"
    cut = d.choose((f"split([1, {size - 1}])", "tensor_split(2)", "chunk(2)"))
    return f"{first}, {second} = {x}.{cut}[:2]"


# Steps that change tensors, and gradients ---------------------------------------------------------


def changed(d: Drawer) -> str | None:
    """A line that changes a tensor in place."""
    line = change(d)
    return f"with torch.no_grad(): {line}" if line and d.often(12) else line


def change(d: Drawer) -> str | None:
    """The same, recorded if it can be; now and then of a tensor that may not be changed."""
    x = d.tensor(lambda t: (not (t.is_leaf and t.requires_grad) or d.often(5)) and not d.behind(t))
    if x is None:
        return None
    t = d.of(x)
    y = d.source(t, t.shape)
    if any(step == 0 and n > 1 for step, n in zip(t.stride(), t.shape, strict=True)):
        return f"{x}.add_({y})"  # an error; PyTorch's graphs do not bear what fills such tensors
    if d.often(40):
        return d.choose(templates(CHANGES)).format(x=x)
    if t.ndim and d.often(30):
        part = f"{x}[{d.choose((d.below(t.shape[0]), f'{d.below(t.shape[0])}:', '..., 0'))}]"
        inner = eval(part, dict(d.side.names)).shape
        y = d.choose((d.source(t, inner), "0.5"))
        # A view that requires no gradient PyTorch takes for a leaf after the first half of `*=`.
        if (t.grad_fn is not None and root(t).requires_grad) or (t is root(t) and t.is_leaf):
            return part + d.choose((f" = {y}", f" *= {y}", f" += {y}"))
        return f"{part} = {y}"
    if t.ndim and d.often(20):
        dim = d.dim(t)
        place = d.below(t.shape[dim])
        row = d.values([1 if i == dim % t.ndim else n for i, n in enumerate(t.shape)])
        return d.choose((
            f"{x}.index_add_({dim}, torch.tensor([{place}]), {row})",
            f"{x}.index_copy_({dim}, torch.tensor([{place}]), {row})",
            f"{x}.index_fill_({dim}, torch.tensor([{place}]), 0.5)",
        ))  # fmt: skip
    return d.choose(templates(CHANGES_BY)).format(x=x, y=y)


def result(d: Drawer) -> str | None:
    """What a backward pass may start from."""
    return d.tensor(lambda t: t.requires_grad and (not t.is_leaf or d.often(5)), largest=1e6)


def reshaped(d: Drawer) -> str | None:
    """A line that gives a tensor another shape, in place.

    Not a view, or with views: of these PyTorch's graphs do not always fit. And a tensor that keeps
    its gradient stops to do so here, but not there.
    """
    x = d.tensor(lambda t: t.ndim > 0 and not t.retains_grad and d.stands_alone(t))
    if x is None:
        return None
    dim = d.dim(d.of(x))
    return d.choose((f"{x}.unsqueeze_({dim})", f"{x}.squeeze_({dim})", f"{x}.transpose_({dim}, 0)"))


def wanted(d: Drawer) -> str | None:
    """A line after which gradients go to what was a constant.

    Not to one with views, which then require a gradient that they cannot hand on.
    """
    x = d.tensor(d.stands_alone)
    return x and f"{x}.requires_grad_()"


def backward(d: Drawer) -> str | None:
    x, y = result(d), result(d)
    if x is None or y is None:
        return None
    kept = d.choose((", retain_graph=True", ""))
    v, w = d.values(d.of(x).shape), d.values(d.of(y).shape)
    if d.often(60):
        return f"{x}.backward({v}{kept})"
    return f"torch.autograd.backward([{x}, {y}], [{v}, {w}]{kept})"


def inputs(d: Drawer) -> list[str]:
    """Of which gradients are asked for: leaves, and other tensors."""
    return d.fitting(
        lambda t: (
            t.requires_grad and (t._base is None or not t.is_leaf) and (t.is_leaf or d.often(20))
        )
    )


def gradients(d: Drawer) -> str | None:
    x = result(d)
    if x is None:
        return None
    wanted = ", ".join(inputs(d))
    options = d.choose((", retain_graph=True", "")) + d.choose((", allow_unused=True",) * 3 + ("",))
    v = d.values(d.of(x).shape)
    return f"seen.extend(torch.autograd.grad({x}, [{wanted}], {v}{options}))"


def kept(d: Drawer) -> str | None:
    x = d.tensor(lambda t: t.requires_grad)
    return x and f"{x}.retain_grad()"


def forgotten(d: Drawer) -> str | None:
    x = d.tensor(lambda t: t.is_leaf and t.grad is not None)
    return x and d.choose((f"{x}.grad = None", f"{x}.grad.zero_()", f"{x}.grad = {x}.grad * 2"))


#: All steps of a random program, and how often each is drawn.
STEPS = {
    made: 20, parts: 1, changed: 6, reshaped: 1, wanted: 1, backward: 3, gradients: 1, kept: 1,
    forgotten: 1,
}  # fmt: skip


def next_line(d: Drawer, table: dict[Any, int]) -> str:
    """The next line: a step of the table, or a new leaf, where none fits."""
    step = d.choose(weighted(table))
    return step(d) or f"{d.name()} = {leaf(d)}"


def program(below: Below) -> list[str]:
    """A random program: two leaves, steps, and a backward pass from whatever there is."""
    side = Side(torch)
    d = Drawer(below, side)
    lines: list[str] = []

    def add(line: str) -> None:
        lines.append(line)
        side.run(line)

    for _ in range(2):
        add(f"{d.name()} = {d.values(d.shape())}.requires_grad_()")
    for _ in range(5 + below(20)):
        add(next_line(d, STEPS))
    add(backward(d) or "t4.sum().backward()")
    return lines


def seeded(number: int) -> list[str]:
    """The random program of this number."""
    return list(drawn(begin(number)))


@functools.cache
def drawn(seed: int) -> tuple[str, ...]:
    """The random program of this seed; several tests run the same ones."""
    rng = np.random.default_rng(seed)
    return tuple(program(lambda n: int(rng.integers(n))))


def replay(case_id: str) -> None:
    """Judge the script with this id again."""
    text = case_id.removeprefix(ID)
    judge_lines(seeded(int(text)) if text.isdecimal() else text.splitlines(), case_id)
