"""Constants, windows, questions about GPUs, and other short names that programs use."""

from __future__ import annotations

import copy
import pickle
import re

import numpy as np
import pytest
import torch

import tinygrad_edu
from tinygrad_edu.checkpoint import CheckpointError
from tinygrad_edu.missing import MissingNameError

from .both import BOTH, both, both_raise
from .versions import ASARRAY


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


@pytest.mark.parametrize("lib", [torch, tinygrad_edu], ids=lambda lib: lib.__name__)
def test_bfloat16_can_be_named_and_asked_for(lib):
    name = lib.bfloat16
    assert repr(name) == "torch.bfloat16" and repr(type(name)) == "<class 'torch.dtype'>"
    assert isinstance(name, lib.dtype) and name.itemsize == 2
    assert name.is_floating_point and name.is_signed and not name.is_complex
    assert {"float16": lib.float16, "bfloat16": name}["bfloat16"] is name
    assert lib.ones(1).dtype != name and name not in (lib.float16, lib.float32)
    assert copy.deepcopy(name) is name and pickle.loads(pickle.dumps(name)) is name
    with lib.autocast("cpu", dtype=name, enabled=False):
        assert (lib.ones(2, 2) @ lib.ones(2)).dtype is lib.float32


BFLOAT16 = """
lib.ones(2, dtype=lib.bfloat16)
lib.tensor([1.0], dtype=lib.bfloat16)
lib.randn(2, dtype=lib.bfloat16)
lib.ones(2).to(lib.bfloat16)
lib.ones(2).type(lib.bfloat16)
lib.ones(2).view(lib.bfloat16)
lib.ones(2).sum(dtype=lib.bfloat16)
lib.ones(2).softmax(0, dtype=lib.bfloat16)
lib.nn.Linear(2, 2).to(lib.bfloat16)
lib.nn.Linear(2, 2).to("cpu", dtype=lib.bfloat16)
lib.nn.Linear(2, 2, dtype=lib.bfloat16)
lib.nn.LazyLinear(2, dtype=lib.bfloat16)
lib.finfo(lib.bfloat16)
lib.promote_types(lib.bfloat16, lib.float32)
lib.can_cast(lib.float32, lib.bfloat16)
"""


@pytest.mark.parametrize("call", BFLOAT16.strip().splitlines())
def test_nothing_is_made_of_bfloat16(call):
    eval(call, {"lib": torch})
    with pytest.raises(NotImplementedError, match=r"torch\.bfloat16: NumPy has no such dtype"):
        eval(call, {"lib": tinygrad_edu})


def test_bfloat16_is_no_default():
    with pytest.raises(NotImplementedError, match="NumPy has no such dtype"):
        tinygrad_edu.set_default_dtype(tinygrad_edu.bfloat16)
    assert tinygrad_edu.get_default_dtype() is tinygrad_edu.float32


# What is made of other data ---------------------------------------------------------------------

MADE = """
asarray([1, 2.5])
asarray(3)
asarray(np.ones(2))
asarray(np.ones(2), dtype=lib.float32)
asarray(np.ones(2), dtype=lib.float32, copy=False)
asarray([1], copy=False)
asarray(x) is x
asarray(x, copy=True) is x
asarray(x, copy=False) is x
asarray(x, dtype=lib.float64)
asarray(x, dtype=lib.float64, copy=False)
asarray(w, requires_grad=False)
asarray(w * 2, requires_grad=False)
asarray(w, requires_grad=True) is w
asarray(w * 2, requires_grad=True)
asarray([1.0], requires_grad=True)
asarray([1], requires_grad=True)
asarray(bytearray(8))
asarray(memoryview(bytearray(8)), dtype=lib.int16)
asarray(np.float32(2))
asarray(np.array(3))
asarray(np.arange(3)[::-1])
asarray(range(3))
asarray([x, x])
asarray("a")
asarray(None)
asarray(x, device="cpu")
frombuffer(bytearray(b"abcd"), dtype=lib.uint8)
frombuffer(bytearray(b"abcd"), dtype=lib.int16, count=1, offset=1)
frombuffer(bytearray(b"abcd"), dtype=lib.int16, count=-3)
frombuffer(bytearray(b"abcd"), dtype=lib.int16, offset=1)
frombuffer(bytearray(b"abcd"), dtype=lib.int16, count=0)
frombuffer(bytearray(b"abcd"), dtype=lib.int16, count=5)
frombuffer(bytearray(b"abcd"), dtype=lib.int16, offset=4)
frombuffer(bytearray(b"abcd"), dtype=lib.int16, offset=-1)
frombuffer(bytearray(), dtype=lib.int16)
frombuffer(bytearray(4), dtype=lib.float32, requires_grad=True)
frombuffer(bytearray(4), dtype=lib.int32, requires_grad=True)
frombuffer(np.ones(2), dtype=lib.float64)
frombuffer(3, dtype=lib.int32)
frombuffer([1], dtype=lib.int32)
frombuffer(bytearray(4))
frombuffer(bytearray(8), dtype=int)
Tensor(), Tensor(()), Tensor([]), Tensor([1, 2]), Tensor((1, 2)), Tensor(range(3))
Tensor([True]), Tensor([1e50]), Tensor([2**40]), Tensor([x[0], 2])
Tensor([np.array([1, 2]), np.array([3, 4])]), Tensor(np.array([1, 2])), Tensor(np.ones(2))
Tensor(x), Tensor(x.double()), Tensor(lib.tensor(3)), Tensor([1, 2], device="cpu")
Tensor(2, 3).shape, Tensor(3).shape, Tensor(np.int64(3)).shape, Tensor(np.array(3)).shape
Tensor(lib.Size([2, 2])).shape, Tensor(lib.tensor(2), 3).shape, Tensor(np.int64(2), 3).shape
Tensor(2, device="cpu").shape, LongTensor(np.int64(3)).shape, x.new(np.int64(3)).shape
FloatTensor(x), LongTensor([1, 2]), LongTensor(lib.tensor(3))
Tensor(3.0)
Tensor(True)
Tensor(np.float64(3))
Tensor(np.bool_(True))
Tensor(np.array(3.0)).shape
Tensor(None)
Tensor({1, 2})
Tensor({})
Tensor("a")
Tensor(b"ab")
Tensor(iter([1]))
Tensor(1j)
Tensor([1j])
Tensor([None])
Tensor(["a"])
Tensor([[1, 2], [3]])
Tensor([1, 2], [3, 4])
Tensor(2, [3])
Tensor(2, 3.0)
Tensor(-1)
Tensor(1, -1)
FloatTensor(x.double())
LongTensor(x)
LongTensor(None)
"""


@pytest.mark.parametrize("line", MADE.strip().splitlines())
@pytest.mark.filterwarnings("ignore:torch.asarray. unspecified requires_grad:UserWarning")
@pytest.mark.filterwarnings("ignore:Creating a tensor from a list of numpy.ndarrays:UserWarning")
def test_what_is_made_of_other_data(line):
    def run(lib):
        names = {**vars(np), "lib": lib, "np": np, "x": lib.ones(2),
                 "w": lib.ones(2, requires_grad=True)}  # fmt: skip
        names |= {n: getattr(lib, n) for n in ("asarray", "frombuffer", "Tensor", "FloatTensor",
                                               "LongTensor")}  # fmt: skip
        try:
            return repr(eval(line, names)).replace("tinygrad_edu", "torch")
        except Exception as error:
            return type(error)

    both(run)


@ASARRAY.skip
@pytest.mark.filterwarnings("ignore:torch.asarray. unspecified requires_grad:UserWarning")
def test_what_is_made_of_a_tensor_is_part_of_its_graph():
    def run(lib):
        w = lib.ones(2, requires_grad=True)
        return lib.asarray(w) is w, repr(lib.asarray(w * 2))

    assert both(run)[0]


def test_what_is_made_shares_memory():
    def run(lib):
        array, raw, x = np.zeros(2), bytearray(8), lib.zeros(2)
        made = [lib.asarray(array), lib.frombuffer(raw, dtype=lib.float32), lib.Tensor(x)]
        for tensor in made:
            tensor[0] = 5
        lib.asarray(array, copy=True)[1] = 7
        lib.asarray(raw, dtype=lib.float32)[1] = 1
        return array.tolist(), bytes(raw), x.tolist()

    assert both(run) == ([5.0, 0.0], np.array([5, 1], np.float32).tobytes(), [5.0, 0.0])


OPERATORS = ["+", "-", "*", "/", "//", "%"]


@pytest.mark.parametrize("operator", OPERATORS)
@pytest.mark.filterwarnings("ignore:__array_wrap__ must accept context:DeprecationWarning")
def test_an_array_is_not_added_in_place(operator):
    """PyTorch's tensor refuses it, and then Python makes a new one, of the wider dtype."""

    def run(lib):
        kept = lib.tensor([4.0, 6.0])
        names = {"x": kept, "array": np.array([2.0, 4.0]), "y": kept, "number": np.float64(2)}
        exec(f"x {operator}= array\ny {operator}= number", names)
        return repr(names["x"]), names["x"] is kept, names["y"] is kept, kept.tolist()

    assert both(run)[1:3] == (False, True)


@pytest.mark.parametrize("element", [2, 2.0, True, 5, "a", None, [2.0], np.float64(2)], ids=repr)
def test_what_can_be_looked_for_in_a_tensor(element):
    def run(lib):
        try:
            return element in lib.tensor([1.0, 2.0])
        except RuntimeError as error:
            return str(error)

    both(run)


def test_limits_print_as_pytorchs():
    both(lambda lib: [str(lib.iinfo(getattr(lib, n))) for n in ("int64", "int32", "uint8", "int8")])


POOLS = (
    "avg_pool2d(x, 2, divisor_override='a')", "avg_pool2d(x, 2, divisor_override=1.5)",
    "avg_pool2d(x, 2, divisor_override=True)", "avg_pool2d(x, 2, divisor_override=0)",
    "avg_pool2d(x, 2, divisor_override=lib.tensor(3))", "avg_pool2d(x, 2, ceil_mode=1)",
    "avg_pool2d(x, 2, count_include_pad=1)", "avg_pool1d(x[0], 2, ceil_mode='a')",
    "avg_pool1d(x[0], 2, count_include_pad=None)", "max_pool2d(x, 2, ceil_mode=1)",
    "max_pool2d(x, 2, ceil_mode='a')", "avg_pool3d(x[None], 2, divisor_override=2.0)",
    "avg_pool3d(x[None], (1, 2, 2), divisor_override=np.int64(2))",
    "nll_loss(x[0], lib.ones(3))", "nll_loss(x[0], lib.ones(2))",
)  # fmt: skip


@pytest.mark.parametrize("call", POOLS)
def test_options_of_other_kinds(call):
    def run(lib):
        names = {"x": lib.arange(8.0).reshape(2, 2, 2), "lib": lib, "np": np}
        try:
            return eval(f"lib.nn.functional.{call}", names).tolist()
        except Exception as error:
            return type(error)

    both(run)
