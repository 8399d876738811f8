"""What tensors say of themselves, and what of PyTorch's tensors these lack."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import torch

import tinygrad_edu
from tinygrad_edu.missing import REASONS, by_name

from .both import both, both_raise
from .programs import Programs, compare, leaf, raised
from .versions import NAMES_OF_DIMENSIONS

PROGRAMS = Programs()


@pytest.mark.parametrize("program", PROGRAMS)
def test_program(program):
    compare(program)


@PROGRAMS.add
def sizes(lib):
    out = []
    for x in (lib.zeros(2, 3), lib.tensor(1), lib.ones(0, 4, dtype=lib.float64), lib.ones(3) > 0):
        out += [x.itemsize, x.nbytes, x.nelement(), x.ndimension(), x.element_size()]
        out += [x.is_signed(), x.is_complex(), x.is_conj(), x.is_neg(), x.get_device(), x.type()]
        out += [lib.is_signed(x), lib.is_complex(x), lib.get_device(x), str(x.layout)]
        out += [x.is_same_size(lib.zeros(2, 3)), lib.is_same_size(x, x), x.is_inference()]
    out += [lib.tensor(0.5).is_nonzero(), lib.tensor([0]).is_nonzero()]
    return out, raised(lambda: lib.ones(2).is_nonzero()), raised(lambda: lib.is_signed(1))


@PROGRAMS.add
def kinds(lib):
    x = lib.zeros(2)
    flags = """is_cpu is_cuda is_mps is_xpu is_xla is_ipu is_mtia is_maia is_meta is_vulkan
    is_sparse is_sparse_csr is_quantized is_nested is_mkldnn is_leaf"""
    answers = [getattr(x, name) for name in flags.split()]
    return answers, x.layout == lib.strided, x.is_shared(), x.is_pinned(), x.is_distributed()


@PROGRAMS.add
def memory(lib):
    x = lib.arange(12.0).reshape(3, 4)
    row, column = x[1], x[:, 2]
    return (
        row.storage_offset(), column.storage_offset(), x[1:, 1:].storage_offset(),
        x.t().storage_offset(), row.data_ptr() - x.data_ptr(),
        x.view(-1).data_ptr() == x.data_ptr(),
        x.clone().data_ptr() == x.data_ptr(), lib.empty(0).data_ptr(),
        row.untyped_storage().data_ptr() == column.untyped_storage().data_ptr(),
        row.untyped_storage().nbytes(), len(row.untyped_storage()), x.is_set_to(x.view(3, 4)),
        x.is_set_to(x.t()), row.is_set_to(x[1]), row.is_set_to(x.clone()[1]),
    )  # fmt: skip


@PROGRAMS.add
def storage(lib):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        x = lib.arange(6.0).reshape(2, 3).t()
        memory = x[1].storage()
        before = repr(memory), len(memory), memory[4], memory.tolist(), memory.size()
        memory[4] = 10.0
        numbers = lib.tensor([1, 2], dtype=lib.int16).storage()
        return (
            before, x, memory.data_ptr() == x.data_ptr(), memory.element_size(), list(numbers),
            repr(numbers), str(memory.dtype), repr(numbers.untyped()), numbers.untyped().tolist(),
            raised(lambda: memory[1:3]), memory.untyped()[1:3].tolist(),
            raised(lambda: memory[99]), memory.nbytes(),
        )  # fmt: skip


@PROGRAMS.add
def old_types(lib):
    x = lib.tensor([1.5, -2.5])
    out = []
    for name in ("Half", "Float", "Double", "Byte", "Char", "Short", "Int", "Long", "Bool"):
        kind = getattr(lib, f"{name}Tensor")
        y = (x.abs() if name == "Byte" else x).type(kind)
        out += [y, y.type(), x.abs().type(f"torch.{name}Tensor"), isinstance(y, kind), repr(kind)]
        out += [isinstance(x, kind), kind([1, 0]), kind(2, 3).shape, kind().shape, str(kind.dtype)]
        out += [kind(lib.Size([2, 1])).shape, kind(np.array([1.0, 0.0])), isinstance(3, kind)]
    out += [x.type(lib.float32) is x, x.type(dtype=lib.float64), lib.FloatTensor(x)]
    return out, [
        raised(lambda: x.type("FloatTensor")), raised(lambda: x.type(3)),
        raised(lambda: lib.FloatTensor(x.double())), raised(lambda: lib.FloatTensor(2.5)),
        raised(lambda: lib.FloatTensor("a")), raised(lambda: lib.LongTensor([1.5])),
    ]  # fmt: skip


@PROGRAMS.add
def new(lib):
    x = lib.zeros(2, dtype=lib.float64)
    return (
        x.new([1, 2]), x.new(2, 3).shape, x.new(2, 3).dtype == lib.float64, x.new(), x.new(x),
        x.new(lib.Size([1, 2])).shape, x.long().new([3]), raised(lambda: x.new(x.long())),
    )  # fmt: skip


@PROGRAMS.add
def real_numbers(lib):
    x = leaf(lib, 1, 2, 3, 4, 5, 6, shape=(2, 3))
    (x.H * x.mH * x.adjoint()).sum().backward()
    cube, plain = lib.arange(8.0).reshape(2, 2, 2), x.detach()
    return (
        x.real is x, x.conj() is x, x.resolve_conj() is x, x.resolve_neg() is x, x.grad, x.H,
        lib.real(x) is x, lib.conj(x) is x, lib.conj_physical(x) is x, lib.resolve_conj(x) is x,
        lib.resolve_neg(x) is x, lib.conj_physical_(plain) is plain,
        plain.conj_physical_() is plain,
        lib.is_conj(x), lib.is_neg(x), lib.is_inference(x), lib.adjoint(x),
        raised(lambda: lib.imag(x)), raised(lambda: lib.real(1)),
        cube.mH, cube.adjoint(), raised(lambda: cube.H), raised(lambda: x[0].adjoint()),
        raised(lambda: x.imag), lib.tensor(1.0).H, x.H.grad_fn.name(), x.H._base is x,
    )  # fmt: skip


@PROGRAMS.add
def python_functions(lib):
    x, w = lib.arange(6.0).reshape(2, 3), leaf(lib, 1, 2)
    y = x.t()
    z = y.apply_(lambda v: v * v + 0.5)
    whole = lib.tensor([1, 2, 3]).apply_(lambda v: v * 2)
    mapped = lib.ones(2, 3).map_(lib.tensor([1.0, 2.0, 3.0]), lambda a, b: a - b)
    return (
        z is y, x, whole, mapped, raised(lambda: w.apply_(abs)), raised(lambda: w.map_(w, max)),
        raised(lambda: lib.ones(2).map_(w, max)),
        raised(lambda: lib.ones(2).map_(lib.ones(3), max)),
    )  # fmt: skip


@PROGRAMS.add
def other_classes(lib):
    x = leaf(lib, 1, 2)
    y = (x * 2).as_subclass(lib.nn.Parameter)
    y.sum().backward()
    return type(y) is lib.nn.Parameter, x.grad, raised(lambda: x.as_subclass(int))


@PROGRAMS.add
def devices(lib):
    x = lib.ones(2)
    return x.cpu() is x, raised(lambda: x.pin_memory()), x.to("cpu") is x


@PROGRAMS.add
def reversing(lib):
    return reversed(lib.arange(6).reshape(2, 3)), reversed(lib.tensor(1))


@PROGRAMS.add
def where_as_a_method(lib):
    x, w = leaf(lib, 1, -2, 3), leaf(lib, 5, 6, 7)
    y = x.where(x.detach() > 0, w * 2)
    y.sum().backward()
    return y, y.grad_fn.name(), x.grad, w.grad, x.detach().where(x > 1, 0.5)


@PROGRAMS.add
def operators(lib):
    x = lib.tensor([6, 5, 12])
    same = x
    x &= 7
    x |= lib.tensor([1, 2, 0])
    x ^= 2
    x <<= 3
    x >>= 1
    return x, same is x, x._version, lib.eye(3).__rmatmul__(lib.ones(2, 3))


@PROGRAMS.add
def functions(lib):
    x = leaf(lib, 1, 2, 3)
    detached = lib.detach(x)
    return (
        detached, detached.requires_grad, detached.data_ptr() == x.data_ptr(),
        lib.scalar_tensor(3), lib.scalar_tensor(2.5, dtype=lib.float64), lib.scalar_tensor(True),
        lib.scalar_tensor(2, dtype=lib.int64), lib.broadcast_shapes((2, 1), (3,)),
        lib.broadcast_shapes(3, (2, 1)), lib.broadcast_shapes((1,), ()), lib.broadcast_shapes(),
        raised(lambda: lib.broadcast_shapes((2,), (3,))), lib.typename(lib.ones(2)),
        lib.typename(3), lib.typename(int),
        lib.typename(lib.ones(2).bool()), lib.concat([x, x]), lib.concatenate([x, x], 0),
        lib.concatenate([x[None], x[None]], axis=1), lib.ger(x, x), lib.isreal(x),
        raised(lambda: lib.unravel_index(x, (3,))), raised(lambda: lib.isin(1, 2)),
        raised(lambda: lib.unravel_index(lib.tensor([1]), (-1, 2))),
        raised(lambda: lib.unravel_index(lib.tensor([1]), (2.0, 3))),
        raised(lambda: lib.unravel_index(lib.tensor([1]), {2})),
        raised(lambda: lib.histogramdd(lib.ones(3, 2).long(), [2, 2])),
        raised(lambda: lib.histogramdd(lib.ones(3, 2).half(), [2, 2])),
        lib.linalg.norm(lib.ones(2), dtype=lib.float64),
        raised(lambda: lib.linalg.matrix_norm(lib.ones(2, 2), [1])),
        raised(lambda: lib.linalg.matrix_norm(lib.ones(2, 2), None)),
        raised(lambda: lib.linalg.cond(lib.ones(2, 2), 3)),
        raised(lambda: lib.linalg.cond(lib.ones(2, 2), "x")),
        lib.allclose(lib.tensor(lib.nan), lib.tensor(lib.nan)),
        lib.allclose(lib.tensor(lib.nan), lib.tensor(lib.nan), equal_nan=True),
        lib.linalg.norm(lib.ones(2), 1, dtype=lib.float64),
        lib.linalg.norm(lib.ones(2, 2), 1, dtype=lib.float64),
        lib.linalg.tensorinv(lib.eye(6).reshape(2, 3, 6, 1)),
        lib.cat(lib.eye(2).max(0)), lib.block_diag(*lib.eye(2).max(0)), raised(lambda: lib.cat(x)),
        lib.view_copy(lib.ones(2), lib.int32), lib.view_copy(lib.ones(2), dtype=lib.int32),
        raised(lambda: lib.broadcast_shapes((-1,))), raised(lambda: lib.frexp(lib.tensor([1]))),
        raised(lambda: lib.gradient(x, edge_order=3)),
        raised(lambda: lib.gradient(lib.ones(9), edge_order=3)),
        raised(lambda: lib.gradient(lib.ones(9), edge_order=0)),
        raised(lambda: lib.gradient(x[:1])),
        raised(lambda: lib.gradient(x, spacing=[1.0, 2.0])), raised(lambda: lib.vander(x, -1)),
        raised(lambda: lib.polygamma(-1, x)), raised(lambda: lib.dist(x, 1)),
        raised(lambda: lib.renorm(x[None], -1, 0, 1)),
        raised(lambda: lib.renorm(x[None], 1, 0, -1)),
        raised(lambda: lib.trapezoid(x, x, dx=1)), raised(lambda: lib.trapezoid(x, x[:2])),
        raised(lambda: lib.trapezoid(x, lib.tensor(1.0))), repr(lib.frexp(x.detach())),
        raised(lambda: x.put(lib.tensor([9]), x[:1])), raised(lambda: x.put(lib.tensor([0]), x)),
        lib.tensor(1.0).put(lib.tensor([0]), lib.tensor([5.0])),
        raised(lambda: x.put(lib.tensor([0.0]), x[:1])), raised(lambda: x.sum_to_size(2)),
        raised(lambda: x.scatter_reduce(0, lib.tensor([0]), x, "add")),
        x.detach().scatter_reduce(0, lib.tensor([0]), x.detach() * 5, "max"),
        raised(lambda: x.index_reduce(0, lib.tensor([0]), x[:1], "sum")),
        raised(lambda: x.index_reduce(0, lib.tensor([7]), x[:1], "mean")),
        raised(lambda: x.select_scatter(x[0], 0, 3)), raised(lambda: x.select_scatter(x, 0, 0)),
        raised(lambda: x.slice_scatter(x, 0, 0, 3, 0)), raised(lambda: x.slice_scatter(x, 0, 1)),
        raised(lambda: lib.diagonal_scatter(x[None], x, 0, 1, 1)), raised(lambda: lib.fill(x, x)),
        lib.fill(x, x[0]).grad_fn.name(), raised(lambda: lib.cov(x[None, None])),
        raised(lambda: lib.cov(x, fweights=x)), raised(lambda: lib.cov(x, aweights=-x)),
        raised(lambda: lib.cov(x, fweights=lib.tensor([1]))), lib.cov(lib.tensor([[1, 2], [2, 5]])),
        raised(lambda: lib.corrcoef(x[None, None])), lib.corrcoef(x), lib.corrcoef(x.reshape(1, 3)),
    )  # fmt: skip


@PROGRAMS.add
def ranges_with_their_end(lib):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return (
            lib.range(0, 2), lib.range(1, 3, 0.5), lib.range(5, 1, -2),
            raised(lambda: lib.range(4)), raised(lambda: lib.range(0, float("inf"))),
            raised(lambda: lib.range(0, 3, dtype=lib.bool)),
            lib.range(0, 3, dtype=lib.int64), lib.range(0, 1, 0.1), lib.range(0, 1, 0.3),
            raised(lambda: lib.range(1, 0)), raised(lambda: lib.range(1, 2, 0)),
            lib.range(0, 2, requires_grad=True).requires_grad,
        )  # fmt: skip


def test_what_torch_range_warns_of():
    for lib in (torch, tinygrad_edu):
        with pytest.warns(UserWarning, match=r"torch\.range is deprecated"):
            lib.range(0, 2)


def test_there_is_no_gpu():
    with pytest.raises(AssertionError, match="CUDA"):
        tinygrad_edu.ones(2).cuda()


def test_every_name_of_pytorchs_tensors_is_here_or_named():
    """An AttributeError says whether a name is misspelt, or known and not here."""
    tensor = tinygrad_edu.ones(2)
    for name in dir(torch.Tensor):
        if hasattr(tinygrad_edu.Tensor, name) or name.startswith("_"):
            continue
        if name in NAMES_OF_DIMENSIONS:
            continue
        with pytest.raises(AttributeError, match=f"{name}'.*PyTorch has it.*tinygrad_edu"):
            getattr(tensor, name)
    for name in ("revers", "__array_struct__", "Add"):
        with pytest.raises(AttributeError, match=f"no attribute '{name}'$"):
            getattr(tensor, name)


def test_what_is_missing_is_not_listed():
    assert not set(by_name(REASONS)) & set(dir(tinygrad_edu.ones(1)))


@pytest.mark.parametrize("value", [0, 1, None, "a", np.bool_(True)])
def test_requires_grad_is_a_bool(value):
    def assign(lib):
        lib.ones(2).requires_grad = value

    both_raise(assign, text=True)
    both_raise(lambda lib: lib.ones(2).requires_grad_(value))


@pytest.mark.parametrize("value", [False, True])
def test_requires_grad_of_a_result_is_not_assigned(value):
    def assign(lib):
        (lib.ones(2, requires_grad=True) * 2).requires_grad = value

    both_raise(assign, text=True)


def test_requires_grad_of_a_result_may_be_asked_for_again():
    both(lambda lib: (lib.ones(2, requires_grad=True) * 2).requires_grad_().is_leaf)
