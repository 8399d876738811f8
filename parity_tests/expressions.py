"""Steps of a random program that make a tensor: each a function that draws an expression.

Steps look at the tensors on PyTorch's side, so that what they draw is valid: mostly, since errors
are compared too.
"""

from __future__ import annotations

import torch

from .drawer import Drawer, templates

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
REDUCED = ["sum", "mean", "amax", "amin", "logsumexp", "prod"]


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
