"""Changes in place of memory whose elements are shared: with each other, or with what is read.

Every change is made of tensors that lie in memory in several ways to each other. Either both
libraries raise, with one type of exception, or neither does and the values are the same.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch

import tinygrad_edu

from .programs import compare, raised

#: Of one tensor.
ALONE = """abs_ neg_ exp_ sqrt_ sin_ relu_ sigmoid_ tanh_ floor_ round_ frac_ sign_ reciprocal_ erf_
nan_to_num_ logit_ logical_not_ zero_ square_ digamma_ tril_ triu_ uniform_ normal_ bernoulli_
exponential_ random_ acos_ sinh_ exp2_ trunc_ rsqrt_ sinc_ lgamma_ absolute_ acosh_ arccos_ arccosh_
arcsin_ arcsinh_ arctan_ arctanh_ asin_ asinh_ atan_ atanh_ cauchy_ ceil_ conj_physical_ cos_ cosh_
deg2rad_ erfc_ erfinv_ expm1_ fix_ i0_ log10_ log1p_ log2_ log_ log_normal_ negative_ rad2deg_ sgn_
tan_"""

#: Of two.
PAIRS = """add_ sub_ mul_ div_ copy_ fmod_ remainder_ floor_divide_ pow_ atan2_ hypot_ copysign_ eq_
ne_ lt_ le_ gt_ ge_ logical_and_ logical_or_ logical_xor_ xlogy_ float_power_ clamp_min_
clamp_max_
ldexp_ heaviside_ nextafter_ true_divide_ __iadd__ __imul__ arctan2_ divide_ greater_ greater_equal_
igamma_ igammac_ less_ less_equal_ multiply_ not_equal_ subtract_"""

#: Of integers.
WHOLE = """bitwise_and_ bitwise_left_shift_ bitwise_or_ bitwise_right_shift_ bitwise_xor_ gcd_ lcm_
__iand__ __ior__ __ixor__ __ilshift__ __irshift__"""

#: What only lets a tensor be seen differently, or writes to no memory that is there.
SEEN = """as_strided_ detach_ requires_grad_ resize_ resize_as_ squeeze_ swapaxes_ swapdims_ t_
transpose_ unsqueeze_"""

Change = Callable[[ModuleType, Any, Any], Any]
MORE: dict[str, Change] = {
    "clamp_": lambda lib, x, y: x.clamp_(0.25, 0.5),
    "clamp_ by a tensor": lambda lib, x, y: x.clamp_(y),
    "sub_ with a factor": lambda lib, x, y: x.sub_(y, alpha=2),
    "fill_": lambda lib, x, y: x.fill_(2.0),
    "fill_ with a tensor": lambda lib, x, y: x.fill_(lib.tensor(2.0)),
    "lerp_": lambda lib, x, y: x.lerp_(y, 0.5),
    "lerp_ by a tensor": lambda lib, x, y: x.lerp_(lib.ones(3), y),
    "addcmul_": lambda lib, x, y: x.addcmul_(y, lib.ones(3)),
    "addcdiv_": lambda lib, x, y: x.addcdiv_(lib.ones(3), y),
    "cumsum_": lambda lib, x, y: x.cumsum_(0),
    "cumprod_": lambda lib, x, y: x.cumprod_(0),
    "renorm_": lambda lib, x, y: x[None].renorm_(2, 0, 1.0),
    "masked_fill_": lambda lib, x, y: x.masked_fill_(lib.tensor([True, False, True]), 1.0),
    "masked_scatter_": lambda lib, x, y: x.masked_scatter_(lib.tensor([True, False, True]), y),
    "index_fill_": lambda lib, x, y: x.index_fill_(0, lib.tensor([0]), 1.0),
    "index_add_": lambda lib, x, y: x.index_add_(0, lib.tensor([0, 1, 2]), y),
    "index_copy_": lambda lib, x, y: x.index_copy_(0, lib.tensor([0, 1, 2]), y),
    "index_put_": lambda lib, x, y: x.index_put_((lib.tensor([0, 1, 2]),), y),
    "scatter_": lambda lib, x, y: x.scatter_(0, lib.tensor([0, 1, 2]), y),
    "scatter_ of a number": lambda lib, x, y: x.scatter_(0, lib.tensor([0, 1, 2]), 1.0),
    "scatter_add_": lambda lib, x, y: x.scatter_add_(0, lib.tensor([0, 1, 2]), y),
    "scatter_reduce_": lambda lib, x, y: x.scatter_reduce_(0, lib.tensor([0, 1, 2]), y, "amax"),
    "index_reduce_": lambda lib, x, y: x.index_reduce_(0, lib.tensor([0, 1, 2]), y, "prod"),
    "put_": lambda lib, x, y: x.put_(lib.tensor([0, 1, 2]), y),
    "x[0] = number": lambda lib, x, y: x.__setitem__(0, 1.0),
    "x[:] = y": lambda lib, x, y: x.__setitem__(slice(None), y),
    "x[:] = number": lambda lib, x, y: x.__setitem__(slice(None), 2.0),
    "x[:2] = y[:2]": lambda lib, x, y: x.__setitem__(slice(0, 2), y[:2]),
    "x[indices] = y": lambda lib, x, y: x.__setitem__(lib.tensor([0, 1, 2]), y),
    "x[mask] = y": lambda lib, x, y: x.__setitem__(lib.tensor([True, True, True]), y),
    "addmv_": lambda lib, x, y: x.addmv_(lib.eye(3), y),
    "addr_": lambda lib, x, y: x[None].addr_(lib.ones(1), y),
    "addmm_": lambda lib, x, y: x[None].addmm_(y[None], lib.eye(3)),
    "addbmm_": lambda lib, x, y: x[None].addbmm_(y[None, None], lib.eye(3)[None]),
    "baddbmm_": lambda lib, x, y: x[None, None].baddbmm_(y[None, None], lib.eye(3)[None]),
    "clip_": lambda lib, x, y: x.clip_(0.25, 0.5),
    "fill_diagonal_": lambda lib, x, y: x[None].fill_diagonal_(2.0),
    "geometric_": lambda lib, x, y: x.geometric_(0.5),
    "mvlgamma_": lambda lib, x, y: x.mvlgamma_(1),
    "polygamma_": lambda lib, x, y: x.polygamma_(1),
    "relu": lambda lib, x, y: lib.nn.functional.relu(x, inplace=True),
    "elu": lambda lib, x, y: lib.nn.functional.elu(x, inplace=True),
    "silu": lambda lib, x, y: lib.nn.functional.silu(x, inplace=True),
    "hardtanh": lambda lib, x, y: lib.nn.functional.hardtanh(x, inplace=True),
    "leaky_relu": lambda lib, x, y: lib.nn.functional.leaky_relu(x, inplace=True),
    "dropout": lambda lib, x, y: lib.nn.functional.dropout(x, 0.5, inplace=True),
}

CHANGES: dict[str, Change] = {
    **{name: lambda lib, x, y, n=name: getattr(x, n)() for name in ALONE.split()},  # type: ignore[misc]
    **{name: lambda lib, x, y, n=name: getattr(x, n)(y) for name in PAIRS.split()},  # type: ignore[misc]
    **{name: lambda lib, x, y, n=name: getattr(x, n)(y) for name in WHOLE.split()},  # type: ignore[misc]
    "bitwise_not_": lambda lib, x, y: x.bitwise_not_(),
    **MORE,
}
OF_INTEGERS = {*WHOLE.split(), "bitwise_not_"}


Make = Callable[[int], Any]


def numbers(lib: ModuleType, change: str) -> Make:
    """What makes as many numbers as it is asked for, of the kind that a change is for."""
    if change in OF_INTEGERS:
        return lambda count: lib.arange(1, count + 1)
    return lambda count: lib.arange(1.0, count + 1) / 16


#: How what is written to and what is read lie in memory.
LAYOUTS: dict[str, Callable[[Make], tuple[Any, Any]]] = {
    "apart": lambda make: (make(3), make(3)),
    "one step apart": lambda make: (lambda x: (x[1:], x[:-1]))(make(4)),
    "the same view": lambda make: (lambda x: (x[1:], x[1:]))(make(4)),
    "the same tensor": lambda make: (lambda x: (x, x))(make(3)),
    "detached": lambda make: (lambda x: (x[1:], x.detach()[:-1]))(make(4)),
    "without a common element": lambda make: (lambda x: (x[:3], x[3:]))(make(6)),
    "expanded": lambda make: (make(1).expand(3), make(3)),
    "an expanded operand": lambda make: (make(3), make(1).expand(3)),
    "every other element": lambda make: (lambda x: (x[1:7:2], x[0:6:2]))(make(8)),
    "a row and a column": lambda make: (lambda x: (x[0], x[:, 0]))(make(9).view(3, 3)),
}

#: Here a product is computed as a whole, and then written.
READS_FIRST = ("addmv_", "addmm_", "addbmm_", "baddbmm_")

#: What PyTorch lets through, where what then stands in memory depends on how its kernels go through
#: it; some warn that this will end. Here it raises, or what is read is read before it is written.
UNDEFINED = {
    ("masked_fill_", "expanded"), ("index_fill_", "expanded"), ("index_put_", "expanded"),
    ("x[indices] = y", "expanded"), ("x[mask] = y", "expanded"),
    ("fill_diagonal_", "expanded"), ("addmv_", "expanded"), ("baddbmm_", "expanded"),
    *itertools.product(("masked_scatter_", *READS_FIRST), ("one step apart", "detached")),
}  # fmt: skip


@pytest.mark.filterwarnings("ignore:.*expanded tensors is deprecated:UserWarning")
@pytest.mark.filterwarnings("ignore:index_reduce.*:UserWarning")
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("change", CHANGES)
def test_what_is_written_and_what_is_read(change: str, layout: str) -> None:
    def program(lib: ModuleType) -> Any:
        lib.manual_seed(0)
        x, y = LAYOUTS[layout](numbers(lib, change))
        outcome = raised(lambda: CHANGES[change](lib, x, y))
        return outcome, x, y

    if (change, layout) in UNDEFINED:
        assert_apart(change, layout)
    else:
        compare(program)


def assert_apart(change: str, layout: str) -> None:
    """Raise unless we refuse, or do what is done for an operand elsewhere in memory."""
    x, y = LAYOUTS[layout](numbers(tinygrad_edu, change))
    wanted, other = x.clone(), y.clone()
    try:
        CHANGES[change](tinygrad_edu, x, y)
    except RuntimeError as error:
        assert "single memory location" in str(error)
        assert layout == "expanded" or change not in READS_FIRST
        return
    CHANGES[change](tinygrad_edu, wanted, other)
    assert x.tolist() == wanted.tolist()


def test_no_change_in_place_is_forgotten() -> None:
    found = {
        name
        for name in dir(tinygrad_edu.Tensor)
        if name.endswith("_") and not name.startswith("_") and hasattr(torch.Tensor, name)
        and hasattr(tinygrad_edu.Tensor, name)
    }  # fmt: skip
    known = {name.split()[0] for name in CHANGES} | {*SEEN.split()} | {"apply_", "map_"}
    assert found - known == set()
    assert len(found) > 150


def test_with_gradients() -> None:
    def program(lib: ModuleType) -> Any:
        w = lib.tensor([1.0, 2.0, 3.0, 4.0]).requires_grad_()
        x, found = w * 1, []
        found.append(raised(lambda: x[1:].mul_(x[:-1])))
        found.append(raised(lambda: x[:2].add_(x[2:])))
        found.append(raised(lambda: (w * 1)[:1].expand(3).mul_(2)))
        found.append(raised(lambda: (w * 1)[:0, None].expand(-1, 3).mul_(2)))  # no element
        x.sum().backward()
        return found, x, w.grad

    compare(program)


def test_an_expanded_tensor_is_filled_with_gradients() -> None:
    """PyTorch records it, and then finds no way back."""
    gradients = []
    for expanded in (False, True):
        w = tinygrad_edu.tensor([1.0, 2.0]).requires_grad_()
        x = w * 3
        (x[:1].expand(3) if expanded else x[:1]).fill_(5.0)
        (x * x).sum().backward()
        gradients.append((x.tolist(), w.grad.tolist(), type(x.grad_fn).__name__))
    assert gradients[0] == gradients[1] == ([5.0, 6.0], [0.0, 36.0], "CopySlices")


def test_one_number_for_all_of_an_expanded_tensor() -> None:
    """However its memory is ordered, it is that memory which is written to."""

    def program(lib: ModuleType) -> Any:
        found = []
        for order in ("C", "F"):
            memory = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], order=order)
            x = lib.from_numpy(memory)
            for part, size in ((x[:, :1], (2, 3)), (x[1:, 1:2], (4, 5)), (x[:1].T[1:], (2, 2))):
                part.expand(size).fill_(part.sum().item())
                found.append(memory.tolist())
            x[:, 2:].expand(2, 3).zero_()
            found.append(memory.tolist())
        return found

    compare(program)


def test_other_orders_of_dimensions() -> None:
    """What has no gaps is told by the strides, in whatever order."""

    def program(lib: ModuleType) -> Any:
        found = []
        for order in itertools.permutations(range(3)):
            x = lib.arange(25.0)
            a, b = (x[i : i + 24].view(2, 3, 4).permute(*order) for i in (0, 1))
            found.append(raised(lambda a=a, b=b: a.add_(b)))
            found.append(raised(lambda a=a: a.add_(a)))
            found.append(raised(lambda a=a: a[:1].add_(a[:1].flip(0))))
        return found

    compare(program)
