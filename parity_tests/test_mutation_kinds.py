"""Each kind of change in place, recorded: of a tensor, through a view, and refused."""

from __future__ import annotations

import numpy as np
import pytest

import tinygrad_edu

from .programs import Programs, compare, leaf, raised

PROGRAMS = Programs()

#: PyTorch has no derivative of acosh_, asinh_ and atanh_, and fails at that of sgn_.
UNARY = """absolute_ acos_ arccos_ asin_ arcsin_ atan_ arctan_ sinh_ cosh_ deg2rad_ rad2deg_ sinc_
negative_ erf_ erfc_ erfinv_ exp2_ fix_ frac_ logit_ i0_ lgamma_ digamma_ nan_to_num_ tril_ triu_
t_ squeeze_"""

BINARY = """atan2_ arctan2_ copysign_ divide_ multiply_ subtract_ true_divide_ hypot_ xlogy_
float_power_ clamp_min_ clamp_max_ clip_ ldexp_ fmod_
eq_ ne_ lt_ le_ gt_ ge_ not_equal_ less_ less_equal_ greater_ greater_equal_"""

LOGIC = "logical_and_ logical_or_ logical_xor_"

#: The same with a number.
WITH_NUMBER = """copysign_ divide_ multiply_ subtract_ true_divide_ xlogy_ float_power_ clamp_min_
clamp_max_ clip_ eq_ ne_ lt_ le_ gt_ ge_ not_equal_ less_ less_equal_ greater_ greater_equal_"""

OTHERS = {
    "lerp_": lambda y, w: y.lerp_(w, 0.3),
    "lerp_ by a tensor": lambda y, w: y.lerp_(w, w * 0.5),
    "addcmul_": lambda y, w: y.addcmul_(w, w, value=2),
    "addcdiv_": lambda y, w: y.addcdiv_(w, w + 1, value=2),
    "addmm_": lambda y, w: y.addmm_(w, w, beta=0.5),
    "cumsum_": lambda y, w: y.cumsum_(0),
    "cumprod_": lambda y, w: y.cumprod_(1),
    "renorm_": lambda y, w: y.renorm_(2, 0, 0.5),
    "polygamma_": lambda y, w: y.polygamma_(1),
    "fill_diagonal_": lambda y, w: y.fill_diagonal_(3),
    "transpose_": lambda y, w: y.transpose_(0, 1),
    "swapaxes_": lambda y, w: y.swapaxes_(0, 1),
    "swapdims_": lambda y, w: y.swapdims_(-1, 0),
    "unsqueeze_": lambda y, w: y.unsqueeze_(1),
    "squeeze_ of one": lambda y, w: y.squeeze_(0),
    "squeeze_ of several": lambda y, w: y.squeeze_((0, 1)),
    "as_strided_": lambda y, w: y.as_strided_((2, 1), (1, 1)),
    "put_": lambda y, w: y.put_(y.detach().new_tensor([0, 0, 1]).long(), w[0][[0, 1, 1]], True),
    "scatter_reduce_": lambda y, w: y.scatter_reduce_(0, (w > 9).long(), w, "mean"),
    "index_reduce_": lambda y, w: y.index_reduce_(0, (w[0] > 9).long(), w, "prod"),
}  # fmt: skip


def names(text):
    return text.split()


@pytest.mark.parametrize("program", PROGRAMS)
def test_program(program):
    compare(program)


def changed(lib, change, named=True):
    """What a change of a tensor, and of a part of one, leaves behind."""
    out = []
    for part in (False, True):
        x = leaf(lib, 0.3, 0.7, 0.2, 0.6, 0.9, 0.4, shape=(3, 2))
        w = leaf(lib, 0.4, 0.5, 1, 2, shape=(2, 2))
        y = x * 1
        other = y[1]
        z = y[1:] if part else y[:2].clone()
        result = change(z, w * 1)
        loss = (z * z).sum() + (y * lib.arange(6.0).reshape(3, 2)).sum() + (other * other).sum()
        loss.backward()
        out += [result is z, z, y, other, z._version, x.grad, w.grad]
        out += [z.grad_fn.name()] * named
    return out


@PROGRAMS.add
def on_each_element(lib):
    return [changed(lib, lambda z, w, n=n: getattr(z, n)()) for n in names(UNARY)]


@PROGRAMS.add
def with_another_tensor(lib):
    return [changed(lib, lambda z, w, n=n: getattr(z, n)(w)) for n in names(BINARY)]


@PROGRAMS.add
def with_a_number(lib):
    return [changed(lib, lambda z, w, n=n: getattr(z, n)(0.5)) for n in names(WITH_NUMBER)]


@PROGRAMS.add
def others(lib):
    return [changed(lib, change) for change in OTHERS.values()]


@PROGRAMS.add
def under_other_names(lib):
    """Of what is not recorded PyTorch renames the view."""
    return (
        [changed(lib, lambda z, w, n=n: getattr(z, n)(w), False) for n in names(LOGIC)],
        changed(lib, lambda z, w: z.logical_not_(), False),
        changed(lib, lambda z, w: z.addr_(w[0], w[1])),
    )


@PROGRAMS.add
def stacks_of_matrices(lib):
    out = []
    for change in (
        lambda y, w: y.baddbmm_(w, w, alpha=2),
        lambda y, w: y[0].addbmm_(w, w),
        lambda y, w: y[1, 0].addmv_(w[0], w[1, 1]),
    ):
        x, w = (leaf(lib, *range(8), shape=(2, 2, 2)) for _ in range(2))
        y = x * 1
        change(y, w)
        (y * y).sum().backward()
        out += [y, y.grad_fn.name(), x.grad, w.grad]
    return out


@PROGRAMS.add
def second_order(lib):
    out = []
    for change in (
        lambda y, w: y.lerp_(w, 0.3), lambda y, w: y.hypot_(w), lambda y, w: y.atan_(),
        lambda y, w: y.cumprod_(0), lambda y, w: y.renorm_(2, 0, 0.5), lambda y, w: y.t_(),
        lambda y, w: y.addcdiv_(w, w + 1), lambda y, w: y[0].erf_(), lambda y, w: y.gt_(0.5),
        lambda y, w: y[:, 1].put_(lib.tensor([1]), w[0, :1]), lambda y, w: y.unsqueeze_(0),
    ):  # fmt: skip
        x, w = leaf(lib, 0.3, 0.7, 0.2, 0.6, shape=(2, 2)), leaf(lib, 1, 2, 3, 4, shape=(2, 2))
        y = x * x
        change(y, w)
        (first,) = lib.autograd.grad((y * y * y).sum(), x, create_graph=True)
        out += [first, lib.autograd.grad((first * first).sum(), (x, w), allow_unused=True)]
    return out


@PROGRAMS.add
def leaves_may_not_change(lib):
    x, plain = leaf(lib, 1, 2, 3, 4, shape=(2, 2)), lib.ones(2, 2, dtype=lib.float64)
    changes = [lambda z, n=n: getattr(z, n)() for n in names(UNARY)]
    changes += [lambda z, n=n: getattr(z, n)(plain) for n in names(BINARY)]
    changes += [lambda z, f=f: f(z, plain) for f in OTHERS.values()]
    caught = [raised(lambda c=c: c(x)) for c in changes] + [x, x._version]
    return caught, x.logical_or_(plain), x._version  # logic is not recorded, and so may


@PROGRAMS.add
def dtypes_that_do_not_fit(lib):
    whole, truth = lib.tensor([[1, 2], [3, 4]]), lib.tensor([[True, False], [True, True]])
    half = lib.full((2, 2), 0.5)
    out = []
    for x in (whole, truth):
        for name in names(UNARY):
            out.append(raised(lambda x=x, name=name: getattr(x.clone(), name)()))
        for name in names(BINARY) + names(LOGIC):
            out.append(raised(lambda x=x, name=name: getattr(x.clone(), name)(half)))
    return out


@PROGRAMS.add
def without_recording(lib):
    x = leaf(lib, 1, 2, 3, 4, 5, 6, shape=(2, 3))
    with lib.no_grad():
        x.t_()
        x.atan_()
        x.unsqueeze_(0)
    (x * x).sum().backward()
    return x, x.is_leaf, x._version, x.grad


@PROGRAMS.add
def a_shape_changes_and_the_views_stay(lib):
    x = leaf(lib, 1, 2, 3, 4, 5, 6, shape=(2, 3))
    y = x * 1
    row = y[0]
    y.t_()
    y.unsqueeze_(1)
    y.mul_(2)
    row.add_(1)
    (row * row).sum().backward(retain_graph=True)
    first = x.grad.clone()
    (y * y).sum().backward()
    return y, row, y.stride(), row._base is y, first, x.grad, y._version


@PROGRAMS.add
def a_view_takes_another_shape(lib):
    x = leaf(lib, 1, 2, 3, 4, 5, 6, shape=(2, 3))
    y = x * 1
    part = y[0:1]
    part.t_()
    part.mul_(lib.tensor([[1.0], [2.0], [3.0]], dtype=lib.float64))
    (y * y).sum().backward()
    return part, part.grad_fn.name(), y, x.grad


@PROGRAMS.add
def a_saved_tensor_that_takes_another_shape(lib):
    x = leaf(lib, 1, 2, 3, 4, shape=(2, 2))
    y = x * 1
    z = y * y
    y.t_()
    return raised(lambda: z.sum().backward())


@PROGRAMS.add
def hooks_and_retained_gradients(lib):
    x = leaf(lib, 1, 2)
    y = x * 3
    y.retain_grad()
    y.unsqueeze_(0)
    y.sum().backward()
    return y.grad, x.grad


@PROGRAMS.add
def resized(lib):
    x = lib.arange(6.0).reshape(2, 3)
    part = x[1:]
    version = x._version
    x.resize_(4)
    y = lib.arange(6.0)[2:]
    y.resize_(2, 2)
    big = lib.arange(3.0)
    big.resize_(2, 3)
    same = lib.arange(4.0).reshape(2, 2).t()
    strides = same.resize_(2, 2).stride()
    grown = lib.zeros(2).resize_(4)  # it has memory for these, and for no more
    return (
        grown.shape, raised(lambda: grown.as_strided((5,), (1,))),
        raised(lambda: y.as_strided((5,), (1,), 2)), grown.as_strided((2, 2), (2, 1)).shape,
        x, part, x._version - version, y, y.storage_offset(), big[0], big.shape, strides,
        lib.zeros(2).resize_as_(lib.zeros(1, 2)), raised(lambda: leaf(lib, 1, 2).resize_(1)),
        raised(lambda: (leaf(lib, 1, 2) * 1).resize_(1)),
    )  # fmt: skip


@PROGRAMS.add
def resized_in_a_format(lib):
    x = lib.arange(16.0).reshape(1, 2, 2, 4)
    images = lib.arange(24.0).reshape(1, 3, 4, 2).permute(0, 3, 1, 2)
    same = lib.arange(4.0).reshape(2, 2).t()
    return (
        x.resize_(1, 2, 4, 2, memory_format=lib.channels_last), x.stride(),
        x.resize_(x.shape, memory_format=lib.contiguous_format), x.stride(),
        x.resize_as_(images, memory_format=lib.preserve_format), x.stride(),
        x.resize_as_(lib.ones(2, 2), memory_format=lib.preserve_format), x.stride(),
        same.resize_(2, 2, memory_format=lib.contiguous_format), same.stride(),
        raised(lambda: lib.ones(2).resize_(2, memory_format=lib.preserve_format)),
        raised(lambda: lib.ones(2).resize_(2, memory_format=lib.channels_last)),
        raised(lambda: lib.ones(2).resize_as_(same, memory_format=lib.channels_last_3d)),
    )  # fmt: skip


@PROGRAMS.add
def numbers_at_the_ends_of_a_dtype(lib):
    ends = {
        "int8": (-128, 127, 128, -129, -128.0, -128.5), "uint8": (-1, -255, -256, 255, 256, -1.0),
        "int32": (-(2**31), 2**31, -(2**31) - 1), "int64": (-(2**63), 2**63 - 1), "bool": (2, -1),
    }  # fmt: skip
    out = []
    for name, values in ends.items():
        for value in values:
            x, everywhere = lib.zeros(1, dtype=getattr(lib, name)), lib.ones(1).bool()
            out.append(raised(lambda x=x, v=value: x.fill_(v)))
            out.append(raised(lambda x=x, v=value: lib.full((1,), v, dtype=x.dtype)))
            out.append(raised(lambda x=x, v=value, e=everywhere: x.masked_fill(e, v)))
            out.append((raised(lambda x=x, v=value: x.__setitem__(0, v)), x))
    return *out, lib.ones(1).expand(3).fill_(2)


@PROGRAMS.add
def windows_count_the_changes_of_their_base(lib):
    x = leaf(lib, 1.0, 2.0, 3.0, 4.0)
    y = x * 1
    squares = y * y
    windows = y.unfold(0, 2, 2)
    windows.mul_(2.0)
    alone = lib.ones(4)
    alone.unfold(0, 2, 2).mul_(2.0)
    return (
        y._version, windows._version, y, raised(lambda: squares.sum().backward()),
        alone._version, alone, alone.unfold(0, 2, 2).numpy().flags.writeable,
    )  # fmt: skip


@PROGRAMS.add
def what_cannot_be_put_into_a_tensor(lib):
    values = [1.0, 2.0], (1.0, 2.0), [3.0], np.ones(2), None, "a", {}, lib
    return [raised(lambda v=v: lib.ones(2, 2).__setitem__(0, v)) for v in values]


@PROGRAMS.add
def copied_by_an_index_from_itself(lib):
    out = []
    for name in ("index_copy_", "index_add_"):
        for source in (lambda x: x, lambda x: x.view(3), lambda x: x[:2], lambda x: x.clone()):
            x = lib.arange(3.0)
            values = source(x)
            change = getattr(x, name)
            out.append(raised(lambda c=change, v=values: c(0, lib.arange(len(v)), v)))
    return out


@PROGRAMS.add
def memory_column_by_column(lib):
    x = lib.from_numpy(np.asfortranarray(np.arange(6.0).reshape(2, 3)))
    seen = x.as_strided((6,), (1,))
    before = seen.clone()
    seen.mul_(2)
    return before, x


@PROGRAMS.add
def products_of_what_they_change(lib):
    out = []
    for change in (
        lambda x: x[0].addmv_(x, x[1]), lambda x: x[0].addmv_(x, lib.ones(3).double()),
    ):  # fmt: skip
        x = lib.arange(9).double().reshape(3, 3)
        out += [raised(lambda change=change, x=x: change(x)), x]
    return out


@PROGRAMS.add
def large_integers_compared(lib):
    """They are no neighbours in floating point."""
    out = []
    for name in ("eq_", "ne_", "lt_", "le_", "gt_", "ge_"):
        for other in (lib.tensor([2**53, 2**53 + 1]), 2**53):
            out.append(getattr(lib.tensor([2**53 + 1, 2**53]), name)(other))
    return out


@PROGRAMS.add
def views_from_before_an_unsafe_split(lib):
    x = leaf(lib, 1.0, 2.0, 3.0, 4.0)
    y = x * 1
    view = y[1:3]
    pieces = y.unsafe_split(2)
    y.mul_(3.0)
    loss = (view * view).sum() + y.sum()
    names = view.grad_fn.name(), [piece.grad_fn.name() for piece in pieces]
    loss.backward()
    return names, view, x.grad, [piece._version for piece in pieces], view._version


@PROGRAMS.add
def as_strided(lib):
    x = leaf(lib, *range(12), shape=(3, 4))
    y = x * 1
    windows = y.as_strided((3, 3), (2, 1), 1)
    later = y[1].as_strided((2, 2), (4, 1))
    column = y[:, 1].as_strided((4,), (3,), 0)
    loss = (windows * windows).sum() + (later * later * later).sum() + column.sum()
    loss.backward()
    return (
        windows, later, column, x.grad, later._base is y, windows.grad_fn.name(),
        raised(lambda: y.as_strided((2,), (1, 2))), raised(lambda: y.as_strided((2,), (-1,))),
        raised(lambda: y.as_strided((13,), (1,))), raised(lambda: y.as_strided((-1,), (1,))),
        raised(lambda: lib.zeros(2).as_strided((2, 2), (0, 1)).add_(1)), y.as_strided((0,), (1,)),
    )  # fmt: skip


@PROGRAMS.add
def as_strided_changes_its_base(lib):
    x = leaf(lib, *range(6), shape=(2, 3))
    y = x * 1
    y.as_strided((2,), (4,), 1).mul_(5)
    (y * y).sum().backward()
    return y, y.grad_fn.name(), x.grad


@PROGRAMS.add
def functions(lib):
    names = """abs_ acos_ acosh_ arccos_ arccosh_ arcsin_ arcsinh_ arctan_ arctanh_ asin_ asinh_
    atan_ atanh_ ceil_ cos_ cosh_ deg2rad_ erf_ erfc_ exp_ exp2_ expm1_ fix_ floor_ frac_ i0_
    log_ log10_ log1p_ log2_ logit_ nan_to_num_ neg_ negative_ rad2deg_ reciprocal_ relu_ round_
    rsqrt_ selu_ celu_ sigmoid_ sin_ sinc_ sinh_ sqrt_ square_ tan_ tanh_ trunc_ zero_ detach_"""
    out = []
    for name in names.split():
        x = lib.tensor([0.3, 0.7, -0.5])
        out += [getattr(lib, name)(x) is x, x, raised(lambda name=name: getattr(lib, name)(0.5))]
    x, w = lib.tensor([3.0, 0.7]), lib.tensor([0.25, 2.0])
    out += [
        lib.clamp_(x, 0, 2), lib.clip_(x, max=1.5), lib.clamp_min_(x, 1), lib.clamp_max_(x, 1.2),
        lib.fill_(x, 4), lib.xlogy_(x, w), lib.ldexp_(x, w), lib.threshold_(x, 0.5, 7.0),
        lib.gcd_(lib.tensor([4, 6]), lib.tensor(10)), lib.lcm_(lib.tensor([4, 6]), lib.tensor(10)),
        lib.addmv_(x, lib.ones(2, 2), w), lib.as_strided_(x, (1,), (1,)),
        lib.resize_as_(lib.ones(2, 2), x), lib.index_put_(w, (lib.tensor([0]),), lib.tensor(9.0)),
    ]  # fmt: skip
    return out


@PROGRAMS.add
def activations(lib):
    F = lib.nn.functional
    out = []
    for change in (
        F.relu_, F.celu_, F.elu_, F.selu_, F.hardtanh_, F.leaky_relu_, F.rrelu_,
        lambda y: F.elu_(y, 2.0), lambda y: F.leaky_relu_(y, 0.3), lambda y: F.celu_(y, alpha=2.0),
        lambda y: F.threshold_(y, 0.1, -5.0), lambda y: F.hardtanh_(y, -0.5, 0.5),
        lambda y: lib.dropout_(y, 0.5, True), lambda y: lib.dropout_(y, 0.5, False),
        lambda y: lib.dropout_(y, 0, True), lambda y: lib.dropout_(y, 1, True),
        lambda y: lib.alpha_dropout_(y, 0.5, True), lambda y: lib.alpha_dropout_(y, 0.5, False),
        lambda y: lib.alpha_dropout_(y, 0, True), lambda y: lib.alpha_dropout_(y, 1, True),
        lambda y: lib.rrelu_(y, 0.1, 0.3, True),
    ):  # fmt: skip
        lib.manual_seed(4)
        x = leaf(lib, -1.5, -0.25, 0.25, 1.5)
        y = x * 1
        z = change(y)
        (z * z).sum().backward()
        out += [z is y, z, x.grad, raised(lambda change=change, x=x: change(x))]
    return out


def test_gradients_that_pytorch_has_not():
    """Of these PyTorch has the values in place, but no derivative; it is that of the op."""
    for name in ("acosh_", "asinh_", "atanh_", "sgn_"):
        grads = []
        for in_place in (True, False):
            x = tinygrad_edu.tensor([0.3, -0.7, 1.5], requires_grad=True)
            y = getattr(x * 1, name if in_place else name[:-1])()
            (y * tinygrad_edu.tensor([1.0, -2.0, 3.0])).sum().backward()
            grads.append(x.grad.numpy().tobytes())
        assert grads[0] == grads[1]
