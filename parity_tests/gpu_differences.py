"""What PyTorch itself computes otherwise on a GPU than on a CPU, where the engine follows the CPU.

With ``--device cuda`` a comparison that fails just as an entry here says is no failure: its case
counts as compared and not passed, and the end of the run tells how many cases, by reason. Every
other tensor that such a case computes must still agree. On the CPU nothing of this applies.

The entries are what a first run met, with PyTorch 2.11 on an H100; none has been tried on a GPU
since it was written. A reason ends with the file of
PyTorch's source in which it is to be read: of ``aten/src/ATen/native/cuda``, unless a folder is
named.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase
from typing import NamedTuple

import numpy as np
import torch

from .cases import Case
from .devices import Device
from .replay import running

Condition = Callable[[Case, Sequence[torch.Tensor]], bool]


class GpuDifference(NamedTuple):
    """Comparisons that are known to fail on a GPU.

    Attributes
    ----------
    ids : str
        Patterns of the ids of cases, or of the names of tests, with ``*`` for anything.
    words : str
        A regular expression that is found in the judge's message.
    reason : str
    when : callable, optional
        ``when(case, arguments)``: whether the arguments are such that it may happen.
    most : float
        How many eps it may be off, where the words say that it is off.
    """

    ids: str
    words: str
    reason: str
    when: Condition = lambda case, tensors: True
    most: float = math.inf

    def names(self, id_: str) -> bool:
        """Whether the case or test with this id is one of these."""
        return any(fnmatchcase(id_, pattern) for pattern in self.ids.split())

    def explains(self, message: str) -> bool:
        """Whether what the judge says is what is known."""
        off = re.search(r"off by .* \((\S+) eps\)", message)
        near = math.isinf(self.most) or (off is not None and float(off[1]) <= self.most)
        return near and re.search(self.words, message) is not None


# What the arguments may be like -------------------------------------------------------------------


def ties(case: Case, tensors: Sequence[torch.Tensor]) -> bool:
    """Equal numbers, of which a sort that need not be stable may put any first.

    Whether it must be is seen of drawn cases alone: edges and samples have no options here.
    """
    values = tensors[0].numpy(force=True)
    return np.unique(values).size < values.size and not case.options.get("stable")


def several_modes(case: Case, tensors: Sequence[torch.Tensor]) -> bool:
    """In some line, along some dimension, two numbers are the most frequent, each there twice or
    more."""
    values = tensors[0].numpy(force=True)
    lines = (
        line
        for dim in range(values.ndim)
        for line in np.moveaxis(values, dim, -1).reshape(-1, values.shape[dim]).tolist()
    )
    counts = (Counter(line).most_common(2) for line in lines)
    return any(len(count) == 2 and count[0][1] == count[1][1] > 1 for count in counts)


def written_twice(case: Case, tensors: Sequence[torch.Tensor]) -> bool:
    """The second argument names a place more than once: in all of the first one, along `dim` or,
    when pooling is undone, in one image."""
    x, places = (t.numpy(force=True) for t in tensors[:2])
    unpooled = re.search(r"max_unpool(\d)d", case.op)
    last = int(unpooled[1]) if unpooled else places.ndim
    if places.ndim > 1 and "dim" in case.options:
        places, last = np.moveaxis(places, case.options["dim"], -1), 1
    count = math.prod(places.shape[places.ndim - last :])
    from_the_end = np.where(places < 0, x.size, 0)
    lines = (places + from_the_end).reshape(-1, count or 1)
    return any(np.unique(line).size < line.size for line in lines)


def not_finite(case: Case, tensors: Sequence[torch.Tensor]) -> bool:
    """An infinity or nan, which no integer is."""
    return not tensors[0].isfinite().all()


def one_with_itself(case: Case, tensors: Sequence[torch.Tensor]) -> bool:
    """Twice the same tensor, with a nan in it."""
    return tensors[0] is tensors[1] and bool(tensors[0].isnan().any())


def constant_rows(case: Case, tensors: Sequence[torch.Tensor]) -> bool:
    """A variable of equal numbers, of which the variance is 0, or what rounding makes of that."""
    rows = tensors[0].reshape(-1, tensors[0].shape[-1])
    return bool((rows == rows[:, :1]).all(1).any())


def inexact_reciprocal(case: Case, tensors: Sequence[torch.Tensor]) -> bool:
    """The divisor is no power of 2."""
    return math.frexp(abs(case.options["number"]))[0] != 0.5


def left_unset(case: Case, tensors: Sequence[torch.Tensor]) -> bool:
    """On a GPU nothing is written to the result, nor to the places, which may then be anywhere.

    With k = 0, of a tensor without dimensions, the CPU returns all of it (TensorTopK.cpp).
    """
    none = case.op.startswith("topk") and case.options.get("k") == 0
    return none and tensors[0].ndim == 0


# The entries --------------------------------------------------------------------------------------

FIRST_OF_EQUALS = "which of equal numbers comes first (Sort.cpp, TensorTopK.cu, Sorting.cu)"
MODE = "which of equally frequent numbers is the mode, and where it is (TensorModeKernel.cu)"
GRADIENT = r"^(second-order )?gradient of .*: off by"

GPU_DIFFERENCES = (
    GpuDifference(
        "sort/* msort/* topk/* kthvalue/* median/* nanmedian/* quantile/* nanquantile/*",
        rf"^result 0: 0 where PyTorch has -0|{GRADIENT}",
        FIRST_OF_EQUALS,
        ties,
    ),
    GpuDifference(
        "sort/* topk/* kthvalue/* median/* nanmedian/*",
        r"^result 1: different values",
        FIRST_OF_EQUALS,
        ties,
    ),
    GpuDifference("argsort/*", r"^result 0: different values", FIRST_OF_EQUALS, ties),
    GpuDifference("mode/*", r"^result 0: different values", MODE, several_modes),
    GpuDifference("mode/*", rf"^result 1: different values|{GRADIENT}", MODE, ties),
    GpuDifference(
        "put/* put_/* scatter/* scatter_/* index_copy/* index_copy_/* *max_unpool?d/*",
        r"^result \d: (off by|different values|(nan|-?inf) in other places)",
        "which number stays in a place that several are put in (IndexKernel.cu, "
        "ScatterGatherKernel.cu, MaxUnpooling.cu)",
        written_twice,
    ),
    GpuDifference(
        "hardsigmoid/f64/* nn.functional.hardsigmoid/*/f64/* *::test_modules?Hardsigmoid-* "
        "hardswish/f64/* nn.functional.hardswish/*/f64/* *::test_modules?Hardswish-*",
        r"off by .* \(1\.34e\+08 eps\)",
        "1/6 is rounded to float32 (ActivationHardsigmoidKernel.cu, ActivationHardswishKernel.cu)",
    ),
    GpuDifference(
        "*::test_weight_norm?*dtype1?*",
        r"off by",
        "the root of a sum of squares is taken in float32 (WeightNorm.cu: sqrtf)",
        most=1e10,
    ),
    GpuDifference(
        "pinverse/*/f64/* linalg.pinv/*/f64/* cond/f64/* svd/f64/* linalg_svd/f64/* "
        "nn.functional.softmin-with_dtype/*/f64/*",
        r"off by",
        "PyTorch's own rounding in float64, of up to 28.4 eps, where it is taken for the truth "
        "(linalg/BatchLinearAlgebraLib.cpp, SoftMax.cu)",
        most=40,
    ),
    GpuDifference(
        "grid_sample-2d/f64/*/expanded,*",
        r"^(second-order )?gradient of argument 1.*: off by \S+e-1[5-9] ",
        "of an image of equal numbers the gradient is 0, or what fused multiplications and "
        "additions leave of that (GridSampler.cu)",
    ),
    GpuDifference(
        "sum/f64/3/*/vector8/* mean/f64/3/*/vector8/* nansum/f64/3/*/vector8/* "
        "nanmean/f64/3/*/vector8/*",
        r"^result 0: off by",
        "1e30 + 1 - 1e30, added in another order (Reduce.cuh)",
    ),
    GpuDifference(
        "prod/edges/own/huge/0",
        r"^result 0: inf in other places",
        "1e30 * 1e30 * 1e-30, multiplied in another order (Reduce.cuh)",
    ),
    GpuDifference(
        "std/edges/own/huge/0 std/edges/own/tiny/0 std/f32/*/vector[89]/*",
        r"(nan|-?inf) in other places",
        "squares of float32 are added in float32, not in float64 (ReduceMomentKernel.cu)",
    ),
    GpuDifference(
        "cumsum/edges/own/half/0 cumprod/edges/own/half/0",
        r"^result 0: (nan|inf) in other places",
        "float16 is added up and multiplied in float16, not in float32 (CumsumKernel.cu, "
        "CumprodKernel.cu)",
    ),
    GpuDifference(
        "mul/edges/own/half/2 mul/edges/own/half/[567] mul_/edges/own/half/1",
        r"^(result 0|(second-order )?gradient of .*): (nan|-?inf) in other places",
        "a factor of one element that is a tensor on the GPU is first rounded to float16, where "
        "one on the CPU is a number (BinaryMulKernel.cu)",
    ),
    GpuDifference(
        "pow/edges/own/huge/4 arange/edges/own/huge/0 where/edges/own/huge/9 "
        "full/edges/own/huge/2 scalar_tensor/edges/own/huge/0",
        r"cannot be converted to type (float|c10::Half) without overflow",
        "a number that is too large for the dtype is an error (FillKernel.cu, PowKernel.cu, "
        "RangeFactories.cu)",
    ),
    GpuDifference(
        "short/* char/* byte/* unravel_index/*",
        r"^result \d: different values",
        "which integer is made of an infinity or nan (c10/util/TypeCast.h)",
        not_finite,
    ),
    GpuDifference(
        "floor_divide-number/* div-number-rounded/*",
        r"^result 0: different values",
        "to divide by a number and round down, it multiplies by the reciprocal "
        "(BinaryDivFloorKernel.cu)",
        inexact_reciprocal,
    ),
    GpuDifference(
        "corrcoef/*/expanded,*",
        r"(nan|-?inf) in other places",
        "of equal numbers the variance is 0, or what rounding leaves of that (Reduce.cuh)",
        constant_rows,
    ),
    GpuDifference(
        "equal/*",
        r"^result 0: False, not True",
        "a tensor is equal to itself, even with a nan in it (Equal.cpp)",
        one_with_itself,
    ),
    GpuDifference(
        "histc/*/vector10/*",
        r"max must be larger than min",
        "a range of one number that is so large that 1 more makes no difference is an error "
        "(SummaryOps.cu)",
    ),
    GpuDifference(
        "index_put/*,*/4x3x5,* index_put_/*,*/4x3x5,*",
        r"Index put requires the source and destination dtypes match",
        "one number may be put by a mask in another dtype only from the CPU "
        "(../TensorAdvancedIndexingUtils.h)",
    ),
    GpuDifference(
        "nn.functional.channel_shuffle/edges/*/one/0",
        r"a result does not share the memory of argument 0",
        "channels that are in order already are not copied (../ChanelShuffle.cpp)",
    ),
    GpuDifference(
        "nn.functional.channel_shuffle/opinfo/*/noncontig/*",
        r"view size is not compatible with input tensor's size and stride",
        "channels of a tensor with gaps are not shuffled (../ChanelShuffle.cpp)",
    ),
    GpuDifference(
        "lstsq/* linalg.lstsq/*",
        r"^result 2: shape \(.*\), not \(0,\)",
        "the driver, gels, tells no rank (linalg/BatchLinearAlgebraLib.cpp)",
    ),
    GpuDifference(
        "linalg.lstsq/opinfo/* linalg.lstsq-grad_oriented/opinfo/*",
        r"`driver` other than `gels` is not supported on CUDA",
        "there is no driver but gels (../BatchLinearAlgebra.cpp)",
    ),
    GpuDifference(
        "linalg.svdvals/edges/*/singular/1 linalg.matrix_norm/edges/*/singular/0",
        rf"{GRADIENT}|^second-order gradient of .*: (nan|-?inf) in other places",
        "at a singular value of 0 the gradient depends on which singular vectors are chosen "
        "(linalg/BatchLinearAlgebraLib.cpp)",
    ),
    GpuDifference(
        "linalg.qr/edges/*/square/0",
        r"^result [01]: 0 where PyTorch has -0",
        "the sign of a zero in Q or R (linalg/BatchLinearAlgebraLib.cpp)",
    ),
    GpuDifference(
        "unique/edges/*/signed-zero/0",
        r"^result 0: 0 where PyTorch has -0",
        "which of 0 and -0 stands for both (Unique.cu)",
    ),
    GpuDifference(
        "nn.functional.softshrink/edges/*/bound/0 nn.functional.softshrink/edges/*/zero/0",
        r"^result 0: 0 where PyTorch has -0",
        "what is shrunk to 0 has lost its sign (ActivationSoftshrinkKernel.cu)",
    ),
    GpuDifference(
        "nn.functional.elu/edges/*/kink/2",
        r"^result 0: 0 where PyTorch has -0",
        "0 belongs to the negative piece, where alpha turns its sign (ActivationEluKernel.cu)",
    ),
    GpuDifference(
        "nn.functional.embedding/edges/*/tie/0",
        r"^result [01]: off by",
        "of an infinite norm_type the norm is inf ** 0, which is 1 (Embedding.cu: renorm_kernel)",
    ),
)


def difference_on_gpu(
    case: Case, tensors: Sequence[torch.Tensor], message: str
) -> GpuDifference | None:
    """The entry that tells why what is being judged fails so, if PyTorch computes on a GPU and
    there is one."""
    if Device.current is None:
        return None
    id_ = running()
    for difference in GPU_DIFFERENCES:
        if (
            difference.names(id_)
            and difference.explains(message)
            and difference.when(case, tensors)
        ):
            return difference
    return None
