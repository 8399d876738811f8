"""Drawing lines of a script (see `scripts`): a table of steps, and what chooses among them.

A step is a function of a `Drawer` that returns a line. All choices go through one function,
``below(n)``, which gives a number from 0 to n - 1: a seeded generator's, or Hypothesis's. Steps
look at the tensors on PyTorch's side, so that lines are valid: mostly, since errors are compared
too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np
import torch

from .programs import Raised, raised
from .runner import address
from .scripts import ID, Side, judge_lines

T = TypeVar("T")
Below = Callable[[int], int]

LARGEST = 50.0  # what is larger is not computed with any more
MOST = 64  # elements of a tensor that more is made of

# Nothing that jumps where the two sides may differ by rounding, as `floor` and `sign` do.
UNARY = """
-{x} | {x} * 2 | 3 - {x} | {x} / 4 | {x} ** 2 | {x}.square() | {x}.tanh() | {x}.sigmoid()
{x}.sin() | {x}.cos() | {x}.atan() | {x}.relu() | {x}.abs() | {x}.erf() | {x}.clamp(-1, 1)
{x}.clamp(min=0) | F.softplus({x}) | F.gelu({x}) | F.silu({x}) | F.elu({x}) | F.leaky_relu({x}, 0.1)
F.hardtanh({x}) | F.logsigmoid({x}) | {x}.clone()
{x}.contiguous() | {x}.asinh() | torch.nan_to_num({x})
F.dropout({x}, 0.5, False) | torch.zeros_like({x}) | {x} + 1 | F.relu6({x}) | F.selu({x})
"""
SMALL = "{x}.exp() | {x}.expm1() | {x}.sinh() | {x}.cosh() | {x} ** 3 | {x}.exp2() | 2 ** {x}"
POSITIVE = "{x}.log() | {x}.sqrt() | {x}.rsqrt() | {x}.reciprocal() | {x} ** -1.5 | 1 / {x}"
BINARY = """
{x} + {y} | {x} - {y} | {x} * {y} | {x} / ({y} * {y} + 1) | torch.maximum({x}, {y}) | {y} * {x}
torch.minimum({x}, {y}) | torch.where({x} > 0, {x}, {y}) | torch.where({x} > {y}, {y}, {x})
torch.lerp({x}, {y}, 0.3) | torch.addcmul({x}, {y}, {x}) | torch.logaddexp({x}, {y})
torch.add({x}, {y}, alpha=3) | {y} - {x} | torch.addcdiv({x}, {y}, {y} * {y} + 1)
{x}.masked_fill({y} > 0, 0.5)
"""
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
REDUCED = ["sum", "mean", "amax", "amin", "logsumexp", "prod"]


def templates(text: str) -> list[str]:
    return [part.strip() for line in text.strip().splitlines() for part in line.split("|")]


class Drawer:
    """Draws lines that fit what is there.

    Parameters
    ----------
    below : callable
        Makes all choices.
    side : Side
        PyTorch's, on which the lines drawn so far have run.
    """

    def __init__(self, below: Below, side: Side) -> None:
        self.below = below
        self.side = side
        self.seeds = 0  # of the calls of `values` so far

    def choose(self, options: Sequence[T]) -> T:
        return options[self.below(len(options))]

    def often(self, percent: int) -> bool:
        return self.below(100) < percent

    def shape(self) -> tuple[int, ...]:
        return tuple(self.choose((2, 3, 1, 4)) for _ in range(self.choose((2, 1, 2, 3, 0))))

    def values(self, shape: Sequence[int]) -> str:
        """New random numbers."""
        self.seeds += 1
        return f"values({', '.join(map(str, (self.seeds, *shape)))})"

    def name(self) -> str:
        """Of a new tensor."""
        return f"t{len(self.side.names)}"

    def fitting(self, fits: Callable[[torch.Tensor], bool]) -> list[str]:
        return [n for n, t in self.side.tensors.items() if t is not None and known(t) and fits(t)]

    def living(self) -> list[torch.Tensor]:
        """The tensors that have not been let go of."""
        return [t for t in self.side.tensors.values() if t is not None]

    def tensor(
        self, fits: Callable[[torch.Tensor], bool] = lambda t: True, largest: float = LARGEST
    ) -> str | None:
        """One of the tensors, more often a late one; None if none fits."""
        names = self.fitting(lambda t: fits(t) and t.is_floating_point() and usable(t, largest))
        if not names:
            return None
        return names[max(self.below(len(names)), self.below(len(names)))]

    def of(self, name: str) -> torch.Tensor:
        return self.side.names[name]

    def operand(self, x: torch.Tensor) -> str:
        """What broadcasts with `x`."""
        return self._operand(x.shape, lambda t, both: both.numel() <= MOST)

    def source(self, x: torch.Tensor, shape: Sequence[int]) -> str:
        """What broadcasts to a part of `x`, or all of it, that it is to change.

        It may be `x`, but not share memory otherwise: see test_overlap.py.
        """

        def fits(t: torch.Tensor, both: torch.Size) -> bool:
            return both == tuple(shape) and (t is x or address(t) != address(x))

        return self._operand(shape, fits)

    def _operand(
        self, shape: Sequence[int], fits: Callable[[torch.Tensor, torch.Size], bool]
    ) -> str:
        def fits_together(t: torch.Tensor) -> bool:
            together = raised(lambda: torch.broadcast_shapes(t.shape, shape))
            return not isinstance(together, Raised) and fits(t, together)

        return self.tensor(fits_together) or self.values(
            [n if self.often(70) else 1 for n in shape]
        )

    def stands_alone(self, x: torch.Tensor) -> bool:
        """Whether no other tensor shares its memory."""
        return all(t is x or address(t) != address(x) for t in self.living())

    def behind(self, x: torch.Tensor) -> bool:
        """Whether a change of `x` would change views with a history of which it knows nothing.

        PyTorch makes the nodes of these anew when they are next asked for, and they are not here.
        """
        return any(
            address(t) == address(x)
            and t._base is not None
            and t.grad_fn
            and root(t) is not root(x)
            for t in self.living()
            if known(t)
        )

    def dim(self, x: torch.Tensor) -> int:
        return self.below(2 * x.ndim) - x.ndim


def known(t: torch.Tensor) -> bool:
    """Whether its node is: of one of several views from one call, whose base has changed, it is
    not."""
    return not isinstance(raised(lambda: t.grad_fn), Raised)


def root(t: torch.Tensor) -> torch.Tensor:
    """The tensor whose memory it looks at."""
    return t if t._base is None else t._base


def usable(t: torch.Tensor, largest: float = LARGEST) -> bool:
    """Whether it has some numbers, and none that are huge or not finite."""
    return 0 < t.numel() <= MOST and bool(t.detach().abs().max() <= largest)


# Steps that make tensors --------------------------------------------------------------------------


def leaf(d: Drawer) -> str:
    """A new one, or one that no gradient goes to."""
    return d.values(d.shape()) + d.choose((".requires_grad_()", ".requires_grad_()", "", " * 0"))


def unary(d: Drawer) -> str | None:
    x = d.tensor()
    return x and d.choose(templates(UNARY)).format(x=x)


def unary_small(d: Drawer) -> str | None:
    x = d.tensor(largest=3.0)
    return x and d.choose(templates(SMALL)).format(x=x)


def unary_positive(d: Drawer) -> str | None:
    x = d.tensor(lambda t: t.numel() > 0 and bool(t.min() > 0.1))
    return x and d.choose(templates(POSITIVE)).format(x=x)


def binary(d: Drawer) -> str | None:
    x = d.tensor()
    if x is None:
        return None
    y = d.operand(d.of(x))
    return d.choose(templates(BINARY)).format(x=x, y=y)


def reduction(d: Drawer) -> str | None:
    x = d.tensor(largest=8.0)
    if x is None:
        return None
    if d.often(30) or not d.of(x).ndim:
        return f"{x}.{d.choose(('sum', 'mean', 'amax', 'max', 'prod', 'norm'))}()"
    options = f"{d.dim(d.of(x))}, keepdim={d.choose((False, True))}"
    return f"{x}.{d.choose(REDUCED)}({options})"


def along(d: Drawer) -> str | None:
    """What goes along a dimension and leaves the shape."""
    x = d.tensor(lambda t: t.ndim > 0, largest=8.0)
    if x is None:
        return None
    dim, size = d.dim(d.of(x)), d.of(x).shape[-1]
    # Of numbers that are far apart: of equal ones only rounding errors would be left.
    apart = f"{x}.sin() + 4.0 * torch.arange({size + 1})[1:]"
    return d.choose((
        f"F.softmax({x}, {dim})", f"F.log_softmax({x}, {dim})", f"{x}.cumsum({dim})",
        f"{x}.flip({dim})", f"{x}.roll(1, {dim})", f"{x}.cumprod({dim})",
        f"F.layer_norm({apart}, ({size},))" if size > 1 else apart,
        f"{x}.logcumsumexp({dim})",
        f"{x}.sort(dim={dim}, stable=True)[0]", f"{x}.max({dim})[0]", f"{x}.cummax({dim})[0]",
    ))  # fmt: skip


def product(d: Drawer) -> str | None:
    x = d.tensor(lambda t: t.ndim > 0, largest=8.0)
    if x is None:
        return None
    shape = d.of(x).shape
    inner, n = shape[-1], d.choose((1, 2, 3))
    kinds = ["{x} @ {column}", "F.linear({x}, {row})", "{x} @ {matrix}", "{x} * {matrix}[0]"]
    if len(shape) == 1:
        kinds += ["torch.outer({x}, {x})", "torch.dot({x}, {x})", "torch.dot({x}, {column})"]
    if len(shape) == 2:
        kinds += ["{x} @ {x}.t()", "torch.einsum('ij,kj->ik', {x}, {row}) + 0",
                  "torch.mm({x}, {matrix})",
                  "torch.addmm({bias}, {x}, {matrix})", "{x}.mv({column})"]  # fmt: skip
    if len(shape) == 3:
        kinds += ["{x}.bmm({x}.transpose(1, 2))", "F.conv1d({x}, {kernel}, padding=1)"]
        kinds += ["F.avg_pool1d({x}, 1)"]

    def operand(*wanted: int) -> str:
        return d.tensor(lambda t: t.shape == wanted, largest=8.0) or d.values(wanted)

    return d.choose(kinds).format(
        x=x, column=operand(inner), row=operand(n, inner), bias=operand(n),
        matrix=operand(inner, n), kernel=operand(n, shape[1], 2) if len(shape) == 3 else "",
    )  # fmt: skip


def loss(d: Drawer) -> str | None:
    x = d.tensor(lambda t: t.ndim == 2, largest=8.0)
    if x is None:
        return None
    shape = d.of(x).shape
    y = d.tensor(lambda t: t.shape == shape, largest=8.0) or d.values(shape)
    classes = [d.below(shape[1]) for _ in range(shape[0])]
    kind = d.choose((", reduction='none'", "", ", reduction='sum'"))
    return d.choose((
        f"F.mse_loss({x}, {y}{kind})", f"F.smooth_l1_loss({x}, {y}{kind})",
        f"F.cross_entropy({x}, torch.tensor({classes}){kind})",
        f"F.binary_cross_entropy_with_logits({x}, {y}{kind})",
        f"F.nll_loss({x}, torch.tensor({classes}){kind})",
        f"F.pad({x}, (1, 0, 0, 1))", f"F.normalize({x})",
    ))  # fmt: skip


def view(d: Drawer) -> str | None:
    x = d.tensor()
    if x is None:
        return None
    t = d.of(x)
    kinds = [f"{x}.unsqueeze({d.below(t.ndim + 1)})", f"{x}.expand(2, {shaped(t)})",
             f"{x}.detach()", f"{x}[None]", f"{x}[...]", f"{x}.squeeze()",
             f"{x}.view_as({x})"]  # fmt: skip
    if t.ndim:
        a, b = d.dim(t), d.dim(t)
        size = t.shape[a]
        start = d.below(size)
        kinds += [
            f"{x}[{d.below(t.shape[0])}]", f"{x}[{d.below(t.shape[0])}:]", f"{x}[..., ::2]",
            f"{x}.transpose({a}, {b})", f"{x}.select({a}, {start})", f"{x}[..., 0]",
            f"{x}.narrow({a}, {start}, {size - start})", f"{x}.movedim({a}, {b})",
            f"{x}.unbind({a})[{start}]", f"{x}.chunk(2, {a})[0]", f"{x}.unfold({a}, 1, 1)",
        ]  # fmt: skip
    if all(t.is_contiguous() for t in d.living()):
        # Else not all results lie in memory as PyTorch's do, and a view may become a copy.
        kinds += [f"{x}.view(-1)", f"{x}.reshape(-1, 1)", f"{x}.flatten()"]
    if t.ndim > 1:
        order = [d.below(n + 1) for n in range(t.ndim)]
        dims: list[int] = []
        for n, place in enumerate(order):
            dims.insert(place, n)
        kinds += [f"{x}.permute({dims})", f"{x}.diagonal()", f"{x}.mT", f"{x}[:, 0]", f"{x}[0, 0]"]
    return d.choose(kinds)


def shaped(t: torch.Tensor) -> str:
    return ", ".join(map(str, t.shape)) or "1"


def indexed(d: Drawer) -> str | None:
    x = d.tensor(lambda t: t.ndim > 0)
    if x is None:
        return None
    t = d.of(x)
    dim = d.dim(t)
    size = t.shape[dim]
    some = [d.below(size) for _ in range(d.choose((2, 1, 3)))]
    first = [d.below(t.shape[0]) for _ in some]
    column = [-1 if i == dim % t.ndim else 1 for i in range(t.ndim)]
    places = f"torch.tensor({some}).reshape({column})"
    new_shape = [len(some) if i == dim % t.ndim else n for i, n in enumerate(t.shape)]
    filled = f"{places}.expand({', '.join(map(str, new_shape))})"
    y = d.tensor(lambda t: list(t.shape) == new_shape) or d.values(new_shape)
    distinct = len(set(some)) == len(some)
    kinds = [
        f"{x}[{first}]", f"{x}[torch.tensor({first})]", f"{x}[{x} > 0]",
        f"{x}.repeat({(2, *[1] * (t.ndim - 1))})",
        f"{x}.index_select({dim}, torch.tensor({some}))", f"{x}.gather({dim}, {filled})",
        f"{x}.take_along_dim({filled}, {dim})", f"{x}.scatter_add({dim}, {filled}, {y})",
        f"{x}.index_add({dim}, torch.tensor({some}), {y})", f"{x}.masked_select({x} > 0.5)",
        f"{x}.index_fill({dim}, torch.tensor({some}), 0.5)", f"{x}.scatter({dim}, {filled}, 0.5)",
        f"{x}.take(torch.tensor({first}))", f"{x}.repeat_interleave(2, {dim})",
    ]  # fmt: skip
    if distinct:
        kinds += [
            f"{x}.scatter({dim}, {filled}, {y})",
            f"{x}.index_copy({dim}, torch.tensor({some}), {y})",
        ]
    if t.ndim > 1:
        kinds += [f"{x}.tril()", f"{x}[:, [0]]", f"{x}[[0], 0]"]
    return d.choose(kinds)


def combined(d: Drawer) -> str | None:
    x = d.tensor(lambda t: t.ndim > 0)
    if x is None:
        return None
    shape = d.of(x).shape
    y = d.tensor(lambda t: t.shape == shape) or d.values(shape)
    dim = d.dim(d.of(x))
    return d.choose((
        f"torch.cat([{x}, {y}], {dim})", f"torch.cat([{x}, {y}, {x}], {dim})",
        f"torch.stack([{x}, {y}], {dim})", f"torch.stack([{y}, {x}, {x}])",
    ))  # fmt: skip


#: Steps whose line is an expression, and how often each is drawn.
EXPRESSIONS = {
    leaf: 2, unary: 6, unary_small: 2, unary_positive: 2, binary: 8, reduction: 4, along: 3,
    product: 4, loss: 2, view: 8, indexed: 5, combined: 3,
}  # fmt: skip


def weighted(table: dict[Any, int]) -> list[Any]:
    return [step for step, weight in table.items() for _ in range(weight)]


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
    rng = np.random.default_rng(number)
    return program(lambda n: int(rng.integers(n)))


def replay(case_id: str) -> None:
    """Judge the script with this id again."""
    text = case_id.removeprefix(ID)
    judge_lines(seeded(int(text)) if text.isdigit() else text.splitlines(), case_id)
