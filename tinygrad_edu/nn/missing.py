"""What `torch.nn` and `torch.nn.functional` have besides, and why it is left out here."""

from __future__ import annotations

from ..missing import GIVEN_UP, NOT_YET, ON_CPU, QUANTIZED, by_name

MODULES = by_name(
    {
        QUANTIZED: "intrinsic qat quantizable quantized",
        ON_CPU: "DataParallel parallel",
        GIVEN_UP: "Container",
        "LocalResponseNorm computes what PyTorch says this does": "CrossMapLRN2d",
        "the classes are not cut in parts": "LinearCrossEntropyOptions",
        NOT_YET: "factory_kwargs",
    }
)

FUNCTIONS = by_name(
    {
        ON_CPU: "grouped_mm scaled_grouped_mm scaled_mm",
    }
)
