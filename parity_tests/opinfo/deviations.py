"""Samples of `op_db` of which the engine makes something else than PyTorch, and why.

They count as compared and not passed. An entry must be needed: where none of its op's samples ends
so any more, the test of that op fails until the entry is taken out.
"""

from __future__ import annotations

import math
import re
from typing import NamedTuple

import torch

from ..versions import DETERMINANTS
from .samples import Sample


class Deviation(NamedTuple):
    """Samples that are known to differ.

    Attributes
    ----------
    ops : str
        Which ops, as `Op.id` names them.
    codes : str
        In which dtypes; "any" for the calls for which PyTorch raises.
    words : tuple of str
        One of these is in the message of the judge.
    reason : str
    only : tuple of str
        Form and number of the samples; none for all.
    most : float
        How many eps the result may be off, if that is why the samples differ.
    """

    ops: str
    codes: str
    words: tuple[str, ...]
    reason: str
    only: tuple[str, ...] = ()
    most: float = 0.0

    def covers(self, sample: Sample) -> bool:
        """Whether a sample is one of these."""
        named = sample.op in self.ops.split() and sample.code in self.codes.split()
        return named and (not self.only or f"{sample.form}/{sample.number}" in self.only)

    def explains(self, message: str) -> bool:
        """Whether what the judge says of one of these samples is what is known of them."""
        off = re.search(r"off by .* \((\S+) eps\)", message)
        near = not self.most or (off is not None and float(off[1]) <= self.most)
        return near and any(words in message for words in self.words)


FLOATS = "f64 f32"

#: PyTorch's square roots are those of MKL. Which of them are the second nearest number, and not the
#: nearest as the engine's are, depends on the processor.
ROOT_IS_NEAREST = torch.tensor([128.0] * 3, dtype=torch.float64).sqrt()[0].item() == math.sqrt(128)

OF_THE_ROOT = (
    Deviation(
        "signal.windows.kaiser",
        "f64",
        ("result 0: off by",),
        "rounding, of 10.6 eps where 8 are allowed: PyTorch's root of 128 is not the nearest "
        "number on this processor, and the slope of i0 magnifies what is missing elevenfold",
        most=12,
    ),
)

OLDER = (
    Deviation(
        "linalg.det",
        FLOATS,
        ("a tensor where PyTorch has None", "None where PyTorch has a tensor"),
        str(DETERMINANTS),
    ),
)

DEVIATIONS = (
    *(OLDER if DETERMINANTS.missing else ()),
    *(() if ROOT_IS_NEAREST else OF_THE_ROOT),
    Deviation(
        "nn.functional.linear_cross_entropy-chunked "
        "nn.functional.linear_cross_entropy-chunked_none",
        FLOATS,
        ("NotImplementedError('linear_cross_entropy(options=...): leave it out')",),
        "the options choose how PyTorch cuts the work in parts, and not what comes out",
    ),
    Deviation(
        "as_strided_scatter",
        "f64 f32 i64 b",
        ("elements that are not of the input",),
        "memory between the elements of a tensor with gaps, which is not copied",
    ),
    Deviation(
        "igamma igammac",
        "f64",
        ("result 0: off by",),
        "rounding, of up to 31.5 eps where 28 are allowed, or fewer, as PyTorch's is less",
        most=40,
    ),
    Deviation(
        "linalg.slogdet linalg.householder_product ormqr",
        FLOATS,
        ("a tensor where PyTorch has None",),
        "of no matrices PyTorch gives no gradient, and the engine one without elements",
    ),
    Deviation(
        "linalg.householder_product",
        FLOATS,
        ("'second-order gradient of upstream gradient 0'], not [",),
        "of no reflections the gradients are 0, which PyTorch sees, and the engine computes",
    ),
    Deviation(
        "nn.functional.scaled_dot_product_attention",
        FLOATS,
        ("_scaled_dot_product_flash_attention_for_cpu_backward is not implemented",),
        "a kernel of PyTorch's that has no second derivative; here it is made of ops that have",
    ),
    Deviation(
        "nn.functional.batch_norm",
        FLOATS,
        ("IndexError('tuple index out of range')",),
        "of an input of one dimension, which has no channels, PyTorch reads their number beyond it",
    ),
    Deviation(
        "cov",
        "f32",
        ("second-order gradient of upstream gradient 0: nan in other places",),
        "the divisor is 0, and infinities of both signs are added in another order",
        only=("given/37", "noncontig/37"),
    ),
    Deviation(
        "linalg.pinv-singular",
        "f64",
        ("result 0: off by",),
        "rounding, of 39 eps where 28 are allowed, in the inverse of 50 rows of rank 2",
        only=("reseeded/35",),
        most=40,
    ),
    Deviation(
        "__radd__ __rand__ __rmul__ __ror__ __rxor__",
        "any",
        ("doesn't apply to a 'int' object\"), but the engine None",),
        "an operator's method called unbound, on a number: Python itself checks that for PyTorch's",
    ),
    Deviation(
        "__rmod__ __rpow__ __rsub__",
        "any",
        ("raised where PyTorch does not: ",),
        "an operator's method called unbound, on two numbers, of which PyTorch makes a tensor",
    ),
    Deviation(
        "arange",
        "any",
        ("result type Float can't be cast to the desired output type Long",),
        "in the dtype of `out`, in which PyTorch computes, the step 0.5 is 0",
    ),
    Deviation(
        "narrow_copy",
        "any",
        ("Could this error message be improved?",),
        "an assertion inside PyTorch, which asks for a report; here an IndexError names the dim",
    ),
)


def deviation_of(sample: Sample, message: str) -> Deviation | None:
    """The entry that tells why a sample ends with this message, if there is one."""
    for deviation in DEVIATIONS:
        if deviation.covers(sample) and deviation.explains(message):
            return deviation
    return None
