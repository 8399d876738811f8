"""Constants, windows, questions about GPUs, and other short names that programs use."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch

import tinygrad_edu
from tinygrad_edu.checkpoint import CheckpointError
from tinygrad_edu.missing import MissingNameError

from .both import BOTH, both, both_raise


def test_constants():
    assert both(lambda lib: [lib.pi, lib.e, lib.inf, lib.newaxis, repr(lib.nan)])
    assert tinygrad_edu.ones(2)[:, tinygrad_edu.newaxis].shape == (2, 1)


# Windows ----------------------------------------------------------------------------------------

WINDOWS = ("bartlett", "blackman", "hamming", "hann", "kaiser")


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("periodic", [True, False])
@pytest.mark.parametrize("name", WINDOWS)
def test_windows(name, periodic, dtype):
    tolerance = 1e-13 if dtype == "float64" else 2e-6  # PyTorch computes in that precision
    for length in (0, 1, 2, 3, 8, 33):
        theirs, mine = (
            getattr(lib, f"{name}_window")(length, periodic, dtype=getattr(lib, dtype))
            for lib in (torch, tinygrad_edu)
        )
        assert str(mine.dtype) == str(theirs.dtype)
        assert mine.shape == tuple(theirs.shape)
        np.testing.assert_allclose(mine.numpy(), theirs.numpy(), rtol=0, atol=tolerance)


@pytest.mark.parametrize("name", ["hamming", "kaiser"])
def test_windows_of_other_shapes(name):
    arguments = (0.6, 0.3) if name == "hamming" else (5.0,)
    theirs, mine = (
        getattr(lib, f"{name}_window")(7, False, *arguments, dtype=lib.float64)
        for lib in (torch, tinygrad_edu)
    )
    np.testing.assert_allclose(mine.numpy(), theirs.numpy(), rtol=0, atol=1e-13)


@pytest.mark.parametrize("name", WINDOWS)
def test_windows_refuse(name):
    both_raise(lambda lib: getattr(lib, f"{name}_window")(-1))
    both_raise(lambda lib: getattr(lib, f"{name}_window")(3, dtype=lib.int64))
    both_raise(lambda lib: getattr(lib, f"{name}_window")(3.0))


# Devices ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "is_available", "is_initialized", "is_bf16_supported", "device_count", "empty_cache",
        "memory_allocated", "max_memory_allocated", "memory_reserved", "max_memory_reserved",
        "seed", "seed_all",
    ],
)  # fmt: skip
@pytest.mark.skipif(torch.cuda.is_available(), reason="PyTorch has a GPU here")
def test_questions_about_gpus(name):
    both(lambda lib: getattr(lib.cuda, name)())


def test_seeds_for_gpus():
    def run(lib):
        lib.manual_seed(3)
        return lib.cuda.manual_seed(1), lib.cuda.manual_seed_all(2), lib.rand(1).item()

    both(run)


@pytest.mark.skipif(torch.cuda.is_available(), reason="PyTorch has a GPU here")
@pytest.mark.parametrize(
    "name",
    ["synchronize", "current_device", "get_device_name", "get_device_properties",
     "get_device_capability"],
)  # fmt: skip
def test_what_needs_a_gpu(name):
    """As a PyTorch that is built for CPUs only; one that is built for GPUs looks for one first."""
    both_raise(lambda lib: getattr(lib.cuda, name)())


def test_backends():
    both(
        lambda lib: [
            lib.backends.cudnn.enabled, lib.backends.cudnn.deterministic,
            lib.backends.cudnn.benchmark, lib.backends.cuda.matmul.allow_tf32,
            lib.backends.mps.is_available(), lib.backends.cudnn.allow_tf32,
        ]
    )  # fmt: skip

    def kept(lib):
        before = lib.backends.cudnn.deterministic
        lib.backends.cudnn.deterministic = True
        found = lib.backends.cudnn.deterministic
        lib.backends.cudnn.deterministic = before
        return found

    with torch.backends.__allow_nonbracketed_mutation():  # its own tests forbid that on import
        assert both(kept) is True
    with pytest.raises(AssertionError, match="CUDA"):
        tinygrad_edu.nn.Linear(1, 1).cuda()


# Modes ------------------------------------------------------------------------------------------


def test_inference_mode():
    def run(lib):
        w = lib.ones(2, requires_grad=True)

        @lib.inference_mode()
        def with_parentheses():
            return w * 2

        @lib.inference_mode
        def without():
            return w * 2

        with lib.inference_mode():
            inside = [(w * 2).requires_grad, lib.is_grad_enabled()]
            with lib.inference_mode(False):
                inside += [(w * 2).requires_grad, lib.is_grad_enabled()]
        with lib.no_grad(), lib.inference_mode(False):
            inside.append((w * 2).requires_grad)
        made = [with_parentheses().requires_grad, without().requires_grad]
        return [*inside, *made, (w * 2).requires_grad]

    assert both(run)[0] is False


def test_modes_and_functions_print_as_pytorchs():
    def run(lib):
        class E(lib.autograd.Function):
            @staticmethod
            def forward(ctx, x):
                return x * 2

            @staticmethod
            def backward(ctx, grad):
                return grad * 2

        modes = [lib.no_grad(), lib.enable_grad(), lib.inference_mode()]
        node = E.apply(lib.ones(1, requires_grad=True)).grad_fn
        texts = [re.sub("0x[0-9a-f]+", "0x", repr(thing)) for thing in (*modes, node)]
        with lib.enable_grad():  # and back again
            return [*texts, repr(lib.set_grad_enabled(False)), repr(lib.set_grad_enabled(True))]

    assert "<torch.autograd.function.EBackward object at 0x>" in both(run)


def test_a_function_without_forward():
    for argument in (1, "x"):
        both_raise(lambda lib, a=argument: lib.autograd.Function.apply(a), text=True)


def test_an_instance_of_a_function_is_of_no_use():
    for lib in BOTH:

        class Double(lib.autograd.Function):
            @staticmethod
            def forward(ctx, x):
                return x * 2

        with pytest.warns(DeprecationWarning, match="should not be instantiated"):
            double = Double()
        with pytest.raises(RuntimeError, match="Legacy autograd function"):
            double(lib.ones(2))


# Other names ------------------------------------------------------------------------------------


def test_import_paths():
    from tinygrad_edu.nn.modules import Linear
    from tinygrad_edu.nn.modules.module import Module

    assert Linear is tinygrad_edu.nn.Linear
    assert Module is tinygrad_edu.nn.Module is tinygrad_edu.nn.modules.module.Module
    with pytest.raises(MissingNameError, match="CrossMapLRN2d"):
        tinygrad_edu.nn.modules.CrossMapLRN2d  # noqa: B018


ELLIPSES = {
    "two": lambda x: x[..., ...],
    "three": lambda x: x[..., ..., ...],
    "number between": lambda x: x[..., 0, ...],
    "number before": lambda x: x[0, ..., ...],
    "none between": lambda x: x[..., None, ...],
    "slices behind": lambda x: x[..., ..., :],
    "no dimension left": lambda x: x[..., 0, ..., 1],
    "mask": lambda x: x[..., x > 2, ...],
}


@pytest.mark.parametrize("case", ELLIPSES)
def test_several_ellipses(case):
    both(lambda lib: ELLIPSES[case](lib.arange(6.0).reshape(2, 3)).tolist())


@pytest.mark.parametrize("key", [(..., ..., 0), (..., 0, ..., ..., 0, 0)])
def test_nothing_is_left_behind_two_ellipses(key):
    both_raise(lambda lib: lib.ones(2, 3)[key])


COMPLEX = [[1j], 1j, [[1, 2j]], np.array([1j]), np.complex64(1)]


@pytest.mark.parametrize("data", COMPLEX, ids=repr)
def test_complex_numbers_are_refused_by_name(data):
    for make in (tinygrad_edu.tensor, tinygrad_edu.as_tensor):
        with pytest.raises(NotImplementedError, match="no complex numbers"):
            make(data)


@pytest.mark.parametrize(
    ("dtype", "said"), [("complex64", "no complex numbers"), ("bfloat16", "NumPy has no bfloat16")]
)
def test_files_with_other_numbers_say_so(dtype, said, tmp_path):
    for number, saved in enumerate((torch.ones(2, dtype=getattr(torch, dtype)), dtype)):
        saved = getattr(torch, saved) if isinstance(saved, str) else saved
        torch.save(saved, tmp_path / f"{number}.pt")
        with pytest.raises(CheckpointError, match=said):
            tinygrad_edu.load(tmp_path / f"{number}.pt")


OUT = {
    "add": 2, "sub": 2, "subtract": 2, "mul": 2, "multiply": 2, "div": 2, "divide": 2, "pow": 2,
    "matmul": 2, "floor_divide": 2, "true_divide": 2, "remainder": 2, "float_power": 2,
    "bitwise_and": 2, "bitwise_or": 2, "bitwise_xor": 2, "bitwise_left_shift": 2,
    "bitwise_right_shift": 2, "sigmoid": 1, "tanh": 1, "xlogy": 2, "chain_matmul": 2, "range": 2,
}  # fmt: skip


@pytest.mark.parametrize("name", OUT)
def test_out_is_refused_by_name(name):
    x = tinygrad_edu.ones(1, 1)
    with pytest.raises(NotImplementedError, match=r"\(out=\.\.\.\): assign the result"):
        getattr(tinygrad_edu, name)(*[x] * OUT[name], out=x)
