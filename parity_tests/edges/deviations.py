"""Rows of which the engine makes something else than PyTorch, and why.

They count as compared and not passed. An entry must be needed: a row that passes, although an entry
says that it does not, fails. And it excuses one answer only, that which PyTorch gives where the row
is written in other words: the engine must give that one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor


class Deviation(NamedTuple):
    """Rows that are known to differ.

    Attributes
    ----------
    ids : str
        The rows, with ``*`` for both of their dtypes.
    words : str
        These are in the message of the judge.
    reason : str
    instead : callable, optional
        The call in other words, for PyTorch, of whose results and gradients the engine must make
        the same; none where the engine raises what `words` says.
    """

    ids: str
    words: str
    reason: str
    instead: Callable[..., Any] | None = None

    def covers(self, case_id: str) -> bool:
        """Whether a row is one of these."""
        return any(
            case_id in {listed.replace("*", code) for code in ("f64", "f32")} | {listed}
            for listed in self.ids.split()
        )


# Calls in other words -----------------------------------------------------------------------------


def clamp_of_all(x: Tensor, min: Tensor, max: Tensor) -> Tensor:
    """The input is broadcast beforehand."""
    return torch.clamp(torch.broadcast_tensors(x, min, max)[0], min=min, max=max)


def gelu_in_float64(x: Tensor) -> Tensor:
    """In float64, where the formula is PyTorch's own, and rounded."""
    return torch.nn.functional.gelu(x.double()).to(x.dtype)


def running_product(x: Tensor, dim: int) -> Tensor:
    """Factor by factor, so that each gradient multiplies only what belongs to it."""
    products = [x[0]]
    for factor in x[1:]:
        products.append(products[-1] * factor)
    return torch.stack(products)


def det_of_two_rows(x: Tensor) -> Tensor:
    """As one learns it, but of the rows swapped, as in elimination: so 0 comes out as -0."""
    return -(x[1, 0] * x[0, 1] - x[1, 1] * x[0, 0])


def embedding_by_frequency(index: Tensor, table: Tensor, scale_grad_by_freq: bool) -> Tensor:
    """Each row is the sum of its share, which has a gradient, and of a rest that has none."""
    share = table / index.bincount(minlength=len(table)).clamp(min=1)[:, None]
    return (share + (table - share).detach())[index]


def product_with_infinity(x: Tensor, y: Tensor) -> Tensor:
    """The number is rounded to infinity for the gradient, too, unless that is to have a graph."""
    y = y.view_as(y)
    y.register_hook(lambda grad: grad if torch.is_grad_enabled() else grad * torch.inf)
    return x * y


def huber_in_float64(input: Tensor, target: Tensor) -> Tensor:
    """The input is converted beforehand."""
    return torch.nn.functional.huber_loss(input.double(), target)


DEVIATIONS = (
    Deviation(
        "nn.functional.prelu/edges/*/kink/0",
        "second-order gradient of argument 0: off by",
        "at 0 PyTorch's second-order derivative takes another slope than its first-order one",
        lambda x, slope: torch.where(x > 0, x, slope * x),
    ),
    Deviation(
        "clamp/edges/*/broadcast/0",
        "PyTorch raises RuntimeError(\"output with shape [3, 1] doesn't match",
        "PyTorch's gradient fails where a bound has more elements than the input has",
        clamp_of_all,
    ),
    Deviation(
        "nn.functional.gelu/edges/f32/saturated/0",
        "result 0: nan in other places",
        "PyTorch's float32 kernel makes nan of infinity; the formula, and its float64, do not",
        gelu_in_float64,
    ),
    Deviation(
        "ldexp/edges/*/mixed/0",
        "gradient of argument 0: off by",
        "for integer exponents PyTorch takes 2^other in integers, of which 2^-1 is 0",
        lambda x, other: torch.ldexp(x, other.to(x.dtype)),
    ),
    Deviation(
        "block_diag/edges/*/empty/1",
        "gradient of argument 1: off by",
        "beside an empty vector PyTorch's gradients are those of the elements one row above",
        lambda vector, *others: torch.block_diag(vector.reshape(1, 0), *others),
    ),
    Deviation(
        "prod/edges/*/zero/6 prod/edges/*/nan/0",
        "second-order gradient of argument 0: nan in other places",
        "with inf or nan beside 0, PyTorch's second-order gradient is nan where it is finite",
        lambda x: running_product(x, 0)[-1],
    ),
    Deviation(
        "cumprod/edges/*/nan/0",
        "gradient of argument 0: nan in other places",
        "with a 0 somewhere, PyTorch multiplies what comes before a nan by 0, which makes it nan",
        running_product,
    ),
    Deviation(
        "linalg.det/edges/*/singular/0",
        "gradient of argument 0: off by",
        "of a singular matrix PyTorch's gradient is 0, and the cofactors only with create_graph",
        det_of_two_rows,
    ),
    Deviation(
        "nn.functional.embedding/edges/*/weight/0",
        "second-order gradient of upstream gradient 0: off by",
        "PyTorch's second-order gradient forgets scale_grad_by_freq",
        embedding_by_frequency,
    ),
    Deviation(
        "mul/edges/own/half/7",
        "gradient of argument 1: -inf in other places",
        "PyTorch rounds a factor without dimensions to float16 if it comes first, but not for the "
        "gradient of the other",
        product_with_infinity,
    ),
    Deviation(
        "full/edges/own/huge/2",
        "cannot be converted to float16 without overflow",
        "into one element, but not into two, PyTorch writes infinity for what is out of range",
    ),
    Deviation(
        "nn.functional.huber_loss/edges/own/mixed/0",
        "PyTorch raises RuntimeError('Found dtype Double but expected Float')",
        "PyTorch's result for mixed dtypes has a gradient that fails, unlike those of other losses",
        huber_in_float64,
    ),
)


def deviation_of(case_id: str) -> Deviation | None:
    """The entry that tells why a row differs, if there is one."""
    return next((d for d in DEVIATIONS if d.covers(case_id)), None)
