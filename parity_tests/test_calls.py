"""The options that many functions share, and the overloads of some, as both libraries read them.

Each row is an expression, evaluated on both sides as in `test_spellings`, whose names it has.
"""

import numpy as np
import pytest
import torch

import tinygrad_edu

from .test_spellings import judge_expression
from .versions import BUILT_FOR_GPUS

SIZES = (
    "lib.zeros(2, 3)", "lib.zeros((2, 3))", "lib.zeros([2, 3])", "lib.zeros(lib.Size([2, 3]))",
    "lib.zeros(size=(2, 3))", "lib.zeros(())", "lib.zeros(2)", "lib.zeros(np.int64(2))",
    "lib.zeros(lib.tensor(2))", "lib.zeros((lib.tensor(2), 3))", "lib.zeros(2.0)",
    "lib.zeros((2.0,))", "lib.zeros('a')", "lib.zeros(None)", "lib.zeros(True)",
    "lib.zeros(2, True)",
    "lib.zeros((True, 2))", "lib.zeros(range(2))", "lib.zeros(np.array([2, 3]))", "lib.zeros({2})",
    "lib.zeros(2, size=(3,))", "lib.zeros(2, (3,))", "lib.ones(2, dtype=lib.int64)",
    "lib.full((2,), 1)", "lib.full(2, 1)", "lib.full([2], fill_value=1.5)", "lib.full((), True)",
    "lib.full(lib.Size([2]), lib.tensor(2))", "lib.full((2,), np.float32(2))",
    "lib.full((2,), lib.tensor([2]))", "lib.full((2,), None)", "lib.full((2,), 'a')",
    "lib.full(size=(2,), fill_value=3, dtype=lib.float64)", "lib.eye(2, 3)", "lib.eye(2, m=None)",
    "lib.eye(n=2)", "lib.eye(2.0)", "lib.eye(lib.tensor(2))", "lib.empty(2).dim()",
    "f.new_zeros(2, 3)", "f.new_zeros((2, 3))", "f.new_zeros(size=(2, 3))", "f.new_zeros()",
    "f.new_ones(2, dtype=lib.int64)", "x.new_full((2,), 7)", "x.new_full(2, 7)",
    "f.new_tensor([1, 2])", "f.new_tensor([1], lib.int64)", "f.new_zeros(2, requires_grad=True)",
    "x.view(lib.Size([12]))", "x.view([3, 4])", "x.reshape(np.int64(12))", "x.reshape(4, -1)",
    "x.reshape((4, 3), 2)", "x.view(12.0)", "x.expand(2, 3, 4)", "x.expand((2, -1, -1))",
    "x.repeat([1, 2])", "x.repeat(2, 1.5)", "x.permute([1, 0])", "x.permute(1, 0)",
    "x.permute(dims=[1, 0])", "x.permute(1.0, 0)", "x.flip([0, 1])", "x.flip(0, 1)", "x.flip(0.0)",
    "lib.broadcast_to(f, size=(2, 3))", "lib.tile(x, dims=(2, 1))", "x.tile(2, 1)",
    "lib.permute(x, 1, 0)", "lib.permute(x, [1, 0])", "lib.permute(f, 0)", "lib.flip(x, 0)",
    "lib.flip(x, dims=(0,))", "lib.flip(x, 0, 1)", "x.flip(dims=0)", "lib.tile(x, 2)",
    "lib.tile(x, (2,))", "lib.tile(x, 2, 1)", "lib.reshape(x, 12)", "lib.reshape(x, 3, 4)",
    "lib.reshape(x, shape=(4, 3))", "lib.broadcast_to(f, 2, 3)", "lib.broadcast_to(f, (2, 3))",
    "lib.reshape(x, lib.tensor([12]))", "x.reshape(shape=12)", "lib.squeeze(x, 0, 1)",
    "lib.squeeze(t[:1], 0)", "lib.squeeze(t[:1], (0, 1))", "lib.squeeze(t[:1])",
    "lib.squeeze(x, lib.tensor([0]))", "lib.count_nonzero(x, 0, 1)", "lib.count_nonzero(x, (0, 1))",
    "lib.count_nonzero(x, lib.tensor([0]))", "x.count_nonzero(lib.tensor([0]))",
    "lib.count_nonzero(x, dim=lib.tensor(True))", "lib.count_nonzero(x, dim=lib.tensor(0))",
    "lib.count_nonzero(x, dim=np.array(0))", "lib.count_nonzero(x, None)", "x.expand(size=3)",
    "lib.zeros(size=2)", "f.repeat(repeats=2)",
)  # fmt: skip

MEMORY = (
    "lib.zeros(2, device='cpu')", "lib.zeros(2, device=lib.device('cpu'))",
    "lib.zeros(2, device=None)", "lib.zeros(2, device=1.5)", "lib.zeros(2, device='nowhere')",
    "lib.zeros(2, device=True)", "lib.zeros(2, layout=lib.strided)", "lib.zeros(2, layout=None)",
    "lib.zeros(2, layout='strided')", "lib.zeros(2, layout=1)", "lib.zeros(2, pin_memory=False)",
    "lib.zeros(2, pin_memory=None)", "lib.zeros(2, pin_memory=1)",
    *(() if BUILT_FOR_GPUS else ("lib.zeros(2, pin_memory=True)",)),  # it looks for one first
    "lib.zeros(2, requires_grad=None)",
    "lib.zeros(2, requires_grad=1)", "lib.zeros(2, requires_grad='a')",
    "lib.zeros(2, dtype='float32')", "lib.zeros(2, dtype=float)", "lib.zeros(2, dtype=int)",
    "lib.zeros(2, dtype=bool)", "lib.zeros(2, dtype=None)", "lib.zeros(2, dtype=np.float32)",
    "lib.zeros(2, memory_format=lib.contiguous_format)", "lib.zeros(2, generator=None)",
    "lib.empty(2, memory_format=lib.contiguous_format).dim()",
    "lib.empty(2, memory_format=lib.channels_last)",
    "lib.empty(1, 2, 3, 4, memory_format=lib.channels_last).stride()",
    "lib.zeros_like(x, memory_format=lib.preserve_format)", "lib.zeros_like(x, layout=lib.strided)",
    "lib.zeros_like(x.t(), memory_format=lib.contiguous_format).stride()",
    "lib.ones_like(x.t()).stride()", "lib.full_like(x, 1.5)", "lib.full_like(x, 2, dtype=float)",
    "lib.full_like(x, fill_value=3, pin_memory=False)", "lib.zeros_like(x, 2)",
    "lib.ones_like(input=x, dtype=lib.float64, requires_grad=True)", "lib.zeros_like([1])",
    "lib.rand_like(x.float(), memory_format=lib.contiguous_format).dim()",
    "x.clone(memory_format=lib.contiguous_format)", "x.clone(lib.contiguous_format)",
    "x.t().clone().stride()", "x.t().clone(memory_format=lib.contiguous_format).stride()",
    "x.clone(memory_format=lib.channels_last)", "x.clone(memory_format=None)",
    "lib.ones(2, 3, 4, 5).clone(memory_format=lib.channels_last).stride()",
    "lib.ones(2, 3, 4, 5).contiguous(memory_format=lib.channels_last).stride()",
    "lib.ones(2, 3, 4, 5, 6).contiguous(memory_format=lib.channels_last_3d).stride()",
    "x.contiguous(memory_format=lib.preserve_format)", "x.contiguous(lib.contiguous_format)",
    "x.contiguous(memory_format='a')", "x.is_contiguous(memory_format=lib.contiguous_format)",
    "x.is_contiguous(memory_format=lib.channels_last)", "x.t().is_contiguous()",
    "lib.ones(2, 3, 4, 5).contiguous(memory_format=lib.channels_last)"
    ".is_contiguous(memory_format=lib.channels_last)",
    "lib.ones(2, 3, 4, 5)[:, :2].clone().stride()", "lib.ones(3).expand(2, 3).clone().stride()",
    "repr(lib.strided), repr(lib.channels_last), repr(lib.preserve_format)",
    "f.double(memory_format=lib.preserve_format)", "f.double(lib.preserve_format)",
    "x.float(memory_format=lib.contiguous_format)", "f.cpu(memory_format=lib.preserve_format)",
    "f.cpu(lib.preserve_format)", "lib.tensor([1], pin_memory=False)", "lib.tensor([1], lib.int64)",
    "lib.tensor([1], layout=lib.strided)", "lib.as_tensor([1], lib.float64)",
    "lib.as_tensor([1.5], dtype=int)", "lib.tensor(data=[1], device='cpu')", "lib.tensor()",
)  # fmt: skip

CONVERSIONS = (
    "f.to(lib.float64)", "f.to(float)", "f.to(dtype=lib.float64)", "f.to('cpu')",
    "f.to(f.double())",
    "f.to('cpu', lib.float64)", "f.to('cpu', lib.float64, False, True)", "f.to(lib.float64, True)",
    "f.to(device='cpu', dtype=lib.int64)", "f.to(other=x)", "f.to(lib.float64, copy=True)",
    "f.to(f) is f", "f.to(lib.float32) is f", "f.to(lib.float32, copy=True) is f", "f.to()",
    "f.to(None)", "f.to('cpu', None)", "f.to(dtype=None)", "f.to([1])",
    "f.to('cpu', 'cpu')", "f.to(lib.float64, lib.float32)", "f.to(lib.float64, copy=1)",
    "f.to(x, non_blocking=True)", "f.to('cpu', non_blocking=1)", "f.to(lib.int64, copy='a')",
    "f.to(lib.float64, wrong=1)", "f.to(lib.float64, dtype=lib.float32)",
    "x.t().to(lib.float64).stride()", "f.to(memory_format=lib.preserve_format) is f",
    "x.t().to(memory_format=lib.contiguous_format).stride()", "f.type_as(x)", "f.type_as(1)",
    "f.numpy(force=True).tolist()", "f.numpy(True)", "x.size(0)", "x.size(dim=-1)", "x.size('a')",
    "x.size(1.5)", "x.stride(0)", "x.stride(dim=1)", "x.stride('a')",
    "f.requires_grad_(True).requires_grad", "f.requires_grad_(requires_grad=False)",
    "f.requires_grad_(mode=True)", "f.copy_(f * 2)", "f.copy_(other=f * 2)",
    "f.copy_(f * 2, True)", "f.copy_(src=f)", "f.copy_(1)", "f.fill_(lib.tensor(2))",
    "f.fill_(value=3)", "f.fill_([1])", "f.fill_(None)", "f.add_(other=f, alpha=2)",
    "f.add_(f, 2)", "f.sub_(f, alpha='a')", "f.mul_('a')", "f.div_(f, rounding_mode=1)",
    "f.div_(f, rounding_mode=b'floor')", "f.div(2, rounding_mode=b'trunc')",
    "lib.divide(f, f, rounding_mode=b'a')",
)  # fmt: skip

#: Names by which PyTorch's functions know their arguments, some of which its pages call otherwise.
NAMED = (
    *(
        f"lib.linalg.{name}({argument}=lib.eye(2))"
        for name in ("cholesky", "cholesky_ex", "cond", "eigh", "eigvalsh", "matrix_exp",
                     "matrix_norm", "matrix_rank", "norm", "pinv", "vector_norm", "inv", "det")
        for argument in ("input", "A")
    ),
    "lib.linalg.matrix_power(input=lib.eye(2), n=2)", "lib.matrix_power(input=lib.eye(2), n=2)",
    "lib.matrix_exp(input=lib.eye(2))", "lib.matrix_exp(A=lib.eye(2))",
    "lib.linalg.lstsq(input=lib.eye(2), b=lib.eye(2)).solution",
    "lib.linalg.tensorsolve(input=lib.eye(2), other=lib.ones(2))",
    "lib.linalg.tensorinv(input=lib.eye(2), ind=1)",
    "lib.linalg.solve_triangular(input=lib.eye(2), B=lib.eye(2), upper=True)",
    "lib.cholesky_inverse(input=lib.eye(2))", "lib.cholesky_inverse(L=lib.eye(2))",
    "lib.cholesky_solve(lib.eye(2), input2=lib.eye(2))", "lib.cholesky_solve(lib.eye(2), L=x)",
    "lib.orgqr(lib.eye(2), input2=lib.ones(2))", "lib.orgqr(lib.eye(2), tau=lib.ones(2))",
    "lib.ormqr(lib.eye(2), input2=lib.ones(2), input3=lib.eye(2))",
    "lib.ormqr(lib.eye(2), tau=lib.ones(2), other=lib.eye(2))",
    "lib.range(0, 2, layout=lib.strided)", "lib.range(0, 2, pin_memory=False)",
    "lib.scalar_tensor(2, layout=lib.strided, pin_memory=False)", "lib.scalar_tensor(2.5)",
    "lib.gradient(lib.arange(4.0), spacing=None)", "lib.gradient(lib.arange(4.0), spacing=2)",
    "lib.arange(3.0).map_(other=lib.ones(3), callable=max)",
    "lib.arange(3.0).map_(tensor=lib.ones(3), callable=max)",
    "lib.ones(2).true_divide_(2, rounding_mode='floor')", "lib.ones(2).true_divide_(2)",
    "lib.ones(3).cumsum_(0, dtype=lib.float32)", "lib.ones(3).cumsum_(0, dtype=lib.float64)",
    "lib.ones(3).cumprod_(0, dtype=None)", "lib.ones(3).cumprod_(0, dtype=lib.int64)",
    "lib.ones(1, 2, 1).squeeze_(0, 2)", "lib.ones(1, 2, 1).squeeze_((0, 2))",
    "lib.ones(1, 2, 1).squeeze_(dim=0)", "lib.ones(1, 2, 1).squeeze_(())",
    "lib.ones(1, 2, 1).squeeze_()", "lib.ones(1, 2, 1).squeeze_(1)",
    "lib.ones(2).resize_(size=[1])",
)  # fmt: skip

OVERLOADS = (
    "lib.arange(5)", "lib.arange(end=5)", "lib.arange(start=1, end=5)", "lib.arange(1, 5, 2)",
    "lib.arange(step=2, start=1, end=5)", "lib.arange(5, step=2)", "lib.arange()",
    "lib.arange('a')", "lib.arange(None)", "lib.arange(1, None)",
    "lib.arange(lib.tensor(3))", "lib.arange(np.int64(3))", "lib.arange(3, dtype=float)",
    "lib.linspace(0, 1)", "lib.linspace(0, 1, 3)", "lib.linspace(start=0, end=1, steps=3)",
    "lib.linspace(0, 1, 3.0)", "lib.logspace(0, 1, 3, 2.0)", "lib.logspace(0, 1)",
    "lib.tril_indices(2, 3)", "lib.triu_indices(row=2, col=3, offset=1, dtype=lib.int32)",
    "lib.max(f, other=f * 2)", "lib.max(f, f * 2)", "f.max(other=f)", "f.max(dim=0, keepdim=True)",
    "f.max(keepdim=True)", "f.max(None)", "f.max(dim=None)", "f.min(0, 1)", "f.max(f, True)",
    "f.sum(keepdim=True)", "f.sum(None, True)", "f.sum(())", "f.sum((), True)", "f.mean(dim=None)",
    "f.sum(dtype=int)", "f.sum(0, dtype=lib.float64)", "f.sum(0, False, lib.float64)",
    "x.sum((0, 1))", "x.sum([0, 1])", "x.sum(lib.Size([0]))", "x.sum(0, 1)", "x.sum(1.0)",
    "x.sum(lib.tensor(0))", "x.sum(np.int64(0))", "x.sum(keepdim=1, dim=0)", "x.sum(True)",
    "x.prod(None)", "x.prod(0, True)", "x.prod(keepdim=True)", "x.prod((0, 1))", "x.all(None)",
    "x.all(keepdim=True)", "x.any((0, 1))", "x.any(dim=0, keepdim=True)", "f.median(None)",
    "f.median(keepdim=True)", "f.median(0)", "f.argmax(None)", "f.argmax(keepdim=True)",
    "x.argmax((0,))", "f.amax(None)", "f.amax(keepdim=True)", "x.amax((0, 1))", "f.norm(2, 0)",
    "f.std(0, True)", "f.std(unbiased=1)", "f.std('a')", "f.var(0, correction='a')",
    "f.count_nonzero(0)", "x.count_nonzero(0, 1)", "x.count_nonzero(dim=(0, 1))",
    "x.count_nonzero(None)", "x.count_nonzero()", "x[None].squeeze(0, 1)",
    "x[None].squeeze((0, 1))",
    "x[None].squeeze(dim=0)", "x.squeeze(None)", "x[None].squeeze(())", "x[None].squeeze([0])",
    "x.hsplit(2)", "x.hsplit(1, 2)", "x.hsplit((1, 2))", "x.hsplit(sections=2)",
    "x.hsplit(indices=(1, 2))", "lib.vsplit(x, 3)", "lib.vsplit(x, (1,))", "x.hsplit()",
    "x.hsplit(2.0)", "x.hsplit(2, sections=2)", "t.dsplit(2)", "t.dsplit(1, 3)",
    "x.tensor_split(2)", "x.tensor_split((1, 2), 1)", "x.tensor_split(sections=2, dim=1)",
    "x.tensor_split(indices=(1,))", "x.tensor_split(lib.tensor([1]))", "x.tensor_split()",
    "x.tensor_split(tensor_indices_or_sections=lib.tensor(2))", "x.tensor_split('a')",
    "lib.split(x, 2)", "lib.split(x, split_size_or_sections=[1, 2])", "lib.split(tensor=x, dim=1, "
    "split_size_or_sections=2)", "x.split(split_size=2)", "x.split((1, 2), dim=0)", "x.split(1.5)",
    "x.split(None)", "lib.split(x, split_size=2)", "x.chunk(chunks=2, dim=1)", "x.chunk('a')",
    "x.sort(0, True)", "x.sort(0, True, True)", "x.sort(dim=0, descending=True, stable=True)",
    "x.argsort(0, True)", "x.argsort(0, False, True)", "x.argsort(stable=True, dim=0)",
    "x.sort(descending=1)", "f.softmax(0, lib.float64)", "f.softmax(dim=0, dtype=lib.float64)",
    "lib.softmax(f, 0, lib.float64)", "f.log_softmax(0, lib.float64)", "f.softmax()",
    "lib.nn.functional.softmax(f, 0, 3, lib.float64)", "f.softmax(0, 1)", "f.softmax((0,))",
    "lib.rsub(f, 1, 2)", "lib.rsub(f, f, alpha=2)", "lib.true_divide(f, 2)",
    "lib.true_divide(f, 2, rounding_mode='floor')", "f.true_divide(2)", "f.div(2, 'floor')",
    "lib.add(f, f, alpha=2)", "lib.add(f, f, alpha='a')", "lib.add(f, f, alpha=None)",
    "lib.add(x, 1, alpha=True)", "lib.add(b, b, alpha=True)", "lib.add(x, 1, alpha=1.0)",
    "lib.sub(f, 1, alpha=np.float32(2))", "lib.add(f, f, alpha=lib.tensor(2))",
    "lib.add(f, f, alpha=lib.tensor([2]))", "lib.add(input=f, other=f)", "f.mul(other=2)",
    "f.round()", "f.round(decimals=None)", "f.round(decimals=True)", "lib.roll(x, 1, None)",
    "x.roll(1)", "x.roll((1, 2), (0, 1))", "x.roll(shifts=1, dims=0)", "x.roll(1.5)",
    "lib.gather(x, 0, x % 3, sparse_grad=False)", "x.expand(2, 3, 4, implicit=False)",
    "repr(lib.result_type(tensor=f, other=1))", "lib.result_type(tensor1=f, tensor2=1)",
    "lib.repeat_interleave(lib.tensor([1, 2]))", "x.repeat_interleave(2, 0)",
    "x.repeat_interleave(repeats=lib.tensor(2))", "x.repeat_interleave('a')",
    "lib.repeat_interleave(f)", "f.clamp(0)", "f.clamp(min=0, max=lib.tensor(1))",
    "f.clamp(lib.tensor(0.0), 1)", "f.clamp(f, 1)", "f.clamp('a')", "f.clamp(max=None, min=None)",
    "lib.numel(input=x)", "lib.nn.functional.elu(f, 2)", "lib.nn.functional.elu(f, alpha='a')",
    "lib.nn.functional.elu(x=f)", "lib.nn.functional.relu(f, inplace='')",
    "lib.nn.functional.one_hot(x)", "lib.nn.functional.one_hot(x, '3')",
    "lib.nn.Hardtanh(-2, 2)(f)", "repr(lib.nn.Hardtanh(max_val=2))", "lib.nn.Sigmoid(1)",
    "lib.nn.Hardtanh('a')", "x.unflatten(1, (2, 2))", "x.unflatten(1, [2, -1])",
    "x.unflatten(1, ())", "x.unflatten(1, None)", "x.unflatten(dim=1, sizes=(4,))",
)  # fmt: skip

NUMBERS = (
    *(f"f {op} {number}" for op in ("+", "-", "*", "/", "//", "%", "**", "<", "==", "!=")
      for number in ("np.float64(2)", "np.float32(2)", "np.int64(2)", "np.int8(2)")),
    *(f"{number} {op} x" for op in ("+", "-", "*", "/", "//", "%", "<", ">=")
      for number in ("np.float64(2)", "np.float32(2)", "np.int64(2)", "np.int8(2)")),
    "f + np.ones(3)", "f.detach() * np.ones(3, 'float32')", "f.add(np.float64(1))", "f + '1'",
    "f + None", "f + [1, 2, 3]", "f + (1,)", "f + True", "f * b", "'a' + f", "None * f", "[1] - f",
    "f + object()", "f + {}", "f == None", "f == 'a'", "f != [1, 2, 3]", "f < None", "f & 1",
    "f ** 'a'", "2 ** f", "True + f", "f - True", "b - True", "-'a' + f",
)  # fmt: skip

ALGEBRA = (
    *(f"lib.nn.functional.linear({call})" for call in (
        "lib.ones(2, 3), lib.ones(4, 3), lib.ones(4)", "lib.ones(2, 3), lib.ones(3)",
        "lib.ones(2, 3), lib.ones(3), lib.ones(2)", "lib.ones(2, 3), lib.ones(3), lib.ones(())",
        "lib.ones(3), lib.ones(3), lib.ones(())", "lib.ones(3), lib.ones(3), lib.ones(1)",
        "lib.ones(2, 3), lib.ones(2, 3, 2)", "lib.ones(2, 3), lib.ones(2, 3, 2), lib.ones(2)",
        "lib.ones(2, 3), lib.ones(1, 3), lib.ones(4)", "lib.ones(3), lib.ones(1, 3), lib.ones(4)",
        "lib.ones(5, 2, 3), lib.ones(1, 3), lib.ones(4)",
        "lib.ones(2, 3), lib.ones(4, 3), lib.ones(1)",
        "lib.ones(2, 3), lib.ones(4, 3), lib.ones(2, 4)",
        "lib.ones(2, 3), lib.ones(4, 3), lib.ones(5, 2, 4)",
        "lib.ones(1, 3), lib.ones(4, 3), lib.ones(2, 4)",
        "lib.ones(5, 2, 3), lib.ones(4, 3), lib.ones(6, 5, 2, 4)",
        "lib.ones(5, 2, 3), lib.ones(4, 3), lib.tensor(1)",
        "lib.ones(5, 2, 3).int(), lib.ones(4, 3).int(), lib.tensor(1.5)",
        "lib.ones(2, 3), lib.ones(4, 3), lib.tensor(1)",
        "lib.ones(2, 3), lib.ones(4, 3), lib.ones(4).double()",
        "lib.ones(()), lib.ones(4, 1)", "lib.ones(()), lib.ones(4, 1), lib.ones(4)",
        "lib.ones(2, 3), lib.ones(())", "lib.ones(2, 3), lib.ones(()), lib.ones(4)",
        "lib.ones(2, 3), lib.ones(4, 2), lib.ones(4)", "lib.ones(2, 3), np.ones((4, 3))",
        "lib.ones(2, 3), lib.ones(4, 3), 1", "1, lib.ones(4, 3)", "lib.ones(2, 3), [1.0]",
        "lib.ones(2, 3).bool(), lib.ones(4, 3).bool(), lib.ones(4).bool()",
    )),
    "lib.det(input=lib.eye(2))", "lib.linalg.det(A=lib.eye(2))", "lib.det(A=lib.eye(2))",
    "lib.inverse(input=lib.eye(2))", "lib.linalg.inv(A=lib.eye(2))", "lib.inverse(A=lib.eye(2))",
    "lib.linalg.eigh(lib.eye(2), UPLO=b'U')[0]", "lib.linalg.norm(lib.eye(2), b'fro')",
    "lib.linalg.pinv(lib.eye(2), None)", "lib.linalg.pinv(lib.eye(2), 0.1, atol=0.1)",
    "lib.linalg.pinv(lib.ones(0, 3), hermitian=True)", "lib.linalg.cond(lib.ones(0, 3), 1)",
    "lib.linalg.cond(lib.ones(0, 3), 'nuc')",
    "lib.linalg.pinv(lib.eye(2), atol=0.1, rtol=lib.tensor([0.1]))",
    "lib.linalg.matrix_rank(lib.ones(3, 2, 2), rtol=lib.ones(2))",
    *(
        f"lib.norm(lib.ones(2, 3), {order}, {dim})"
        for order in ("'nuc'", "'fro'", "2", "b'nuc'", "lib.tensor(2.0)", "None", "True")
        for dim in (
            "0", "(0, 1)", "None", "lib.tensor(0)", "lib.tensor([0])", "np.int32(0)", "True",
            "(lib.tensor(0), 1)", "(0, 1, 1)", "1.5", "range(2)", "()",
        )
    ),
    *(
        f"lib.ones(2, 3).{name}({given})"
        for name in ("std", "var")
        for given in ("dim=True", "axis=False", "True", "dim=None", "unbiased=False", "dim=0")
    ),
    "lib.std_mean(f, dim=True, keepdim=False)", "lib.var_mean(f, dim=True)",
    "lib.add(f, f, alpha=np.bool_(True))", "lib.add(f > 0, f > 0, alpha=np.bool_(True))",
    "lib.full((2,), np.bool_(True))", "f.clamp(np.bool_(True))", "x.clamp(max=np.bool_(True))",
    "x.addr(x[:, 0], x[0], beta=np.bool_(True))", "lib.trapezoid(f, dx=np.bool_(False))",
    "lib.unravel_index(x[:0], (0, 2))", "lib.unravel_index(x, (0, 2))",
    "lib.unravel_index(x, b'ab')",
    "lib.einsum(b'i,i', f, f)", "lib.einsum(b'ij', f)",
    *(
        f"lib.linalg.householder_product(lib.eye(2), {tau})"
        for tau in ("lib.tensor(1.0)", "lib.tensor(1)", "lib.ones(2).double()", "lib.ones(1, 2)")
    ),
    "lib.orgqr(lib.eye(2), lib.tensor(True))", "lib.orgqr(f, f[0])",
    *(
        f"lib.{name}({y})"
        for name in ("trapezoid", "trapz", "cumulative_trapezoid")
        for y in (
            "x[:, :0]", "x[:, :0].int(), f[:0]", "x[:, :0].bool()", "f[:0].half()", "x[:0], dim=0",
            "x[:, :0], dx=0.5", "x[:, :0], f", "f[:0, None].expand(0, 2), f[:0], dim=0",
            "f[:1, None].expand(1, 2), f[:1], dim=0", "x[:, :0], x[:, :0]",
        )
    ),
    "lib.trapezoid(f, None)", "lib.trapezoid(f, dx=None)", "lib.trapezoid(f, f, dx=1)",
    "lib.trapezoid(f, lib.ones(()))", "lib.trapezoid(lib.ones(2, 3), lib.ones(3) > 0)",
    "lib.gradient(f, spacing=None)[0]", "lib.gradient(f, spacing=(lib.tensor(1.0),))",
    "lib.nextafter(lib.tensor([1]), lib.tensor([2.5]))", "lib.as_strided(f, (True,), (1,))",
    "lib.linalg.vecdot(lib.ones(3), lib.ones(1))",
)  # fmt: skip

RANDOM = (
    *(f"lib.{call}" for call in (
        "rand(2, 3, generator=GENERATOR)", "rand((2, 3), generator=GENERATOR, dtype=lib.float64)",
        "rand(2, generator=3)", "rand(size=(2,), generator=GENERATOR, device='cpu')",
        "rand(2, generator=None).dim()", "randn(2, generator=GENERATOR, requires_grad=True)",
        "randn(2, layout=lib.strided, generator=GENERATOR)", "rand(2, dtype=lib.int64)",
        "randint(3, (4,), generator=GENERATOR)", "randint(1, 3, (4,), generator=GENERATOR)",
        "randint(high=3, size=(4,), generator=GENERATOR)", "randint(3, size=[4], dtype=lib.float32,"
        " generator=GENERATOR)", "randint(3)", "randint(low=1, high=5, size=(2,), "
        "generator=GENERATOR)", "randint(3, 4)", "randint(1.5, (2,))", "randint('a', (2,))",
        "randperm(4, generator=GENERATOR)", "randperm(n=4, generator=GENERATOR, dtype=lib.int32)",
        "randperm(4.0)", "randperm('a')", "randperm(4, generator='a')", "normal(0.0, 1.0, (3,), "
        "generator=GENERATOR)", "normal(mean=lib.zeros(3), std=1.0, generator=GENERATOR)",
        "normal(std=1.0, size=(2,))", "normal(0.0, lib.ones(3), generator=GENERATOR)",
        "normal(lib.zeros(2), lib.ones(2), generator=GENERATOR)", "normal(0.0, 1.0)", "normal('a')",
        "normal(0.0, 1.0, 3)", "bernoulli(lib.ones(3) / 2, generator=GENERATOR)",
        "bernoulli(lib.ones(3), 0.5, generator=GENERATOR)", "bernoulli(lib.ones(3), p='a')",
        "multinomial(lib.ones(3), 2, generator=GENERATOR)", "multinomial(lib.ones(3), 2, True, "
        "generator=GENERATOR)", "multinomial(lib.ones(3), 1.5)", "multinomial(lib.ones(3), "
        "num_samples=1, replacement=1)", "rand_like(lib.ones(2)).dim()", "randint_like(lib.ones(2),"
        " 3).dim()", "randint_like(lib.ones(2), 1, 3).dim()", "randint_like(lib.ones(2))",
        "randint_like(lib.ones(2), high=3).dim()", "randint_like(lib.ones(2), low=1, high=3).dim()",
        "randn_like(lib.ones(2, 3, 4, 5), memory_format=lib.channels_last).stride()",
    )),
    "f.normal_(generator=GENERATOR)", "f.uniform_(0, 2, generator=GENERATOR)",
    "f.normal_(mean=1, std=2, generator=GENERATOR)", "f.normal_(0, 1, GENERATOR)",
    "f.uniform_(to=3, generator=GENERATOR)",
    "f.uniform_(**{'from': -2, 'to': np.int64(3)}, generator=GENERATOR)",
    "f.uniform_(**{'from': None}, generator=GENERATOR)", "f.uniform_('a', generator=GENERATOR)",
    "f.random_(**{'from': -2, 'to': 3}, generator=GENERATOR)", "f.random_(True)",
    "f.exponential_(lambd=lib.tensor(2.0), generator=GENERATOR)", "f.exponential_((1,))",
    "f.bernoulli_(p='a')", "f.geometric_(p=None)", "f.cauchy_(sigma='a')", "f.log_normal_([1])",
    "f.normal_(generator=1)",
)  # fmt: skip


@pytest.mark.parametrize(
    "expression", (*SIZES, *MEMORY, *CONVERSIONS, *NAMED, *OVERLOADS, *NUMBERS, *ALGEBRA), ids=str
)
def test_call(expression):
    judge_expression(expression)


@pytest.mark.parametrize("expression", RANDOM, ids=str)
def test_random_call(expression):
    judge_expression(expression.replace("GENERATOR", "lib.Generator().manual_seed(3)"))


def test_missing_layouts_and_formats_are_named():
    with pytest.raises(AttributeError, match="sparse_coo"):
        _ = tinygrad_edu.sparse_coo


def test_channels_last_holds_the_same_numbers():
    values = np.arange(120.0).reshape(2, 3, 4, 5)
    for lib in (torch, tinygrad_edu):
        moved = lib.from_numpy(values).contiguous(memory_format=lib.channels_last)
        assert np.array_equal(moved.numpy(), values)
        assert moved.permute(0, 2, 3, 1).is_contiguous()
