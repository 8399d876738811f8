"""What `torch.nn` and `torch.nn.functional` have besides, and this library leaves out on purpose.

Using such a name raises a NotImplementedError that names it: a program that needs it is told so at
once, and does not take it for a spelling mistake.
"""

from __future__ import annotations

from typing import NoReturn

MODULES = frozenset(
    {
        "AdaptiveAvgPool3d",
        "AdaptiveMaxPool3d",
        "AvgPool3d",
        "BatchNorm3d",
        "Container",
        "Conv3d",
        "ConvTranspose3d",
        "CrossMapLRN2d",
        "DataParallel",
        "FractionalMaxPool2d",
        "FractionalMaxPool3d",
        "InstanceNorm3d",
        "LPPool3d",
        "LazyBatchNorm3d",
        "LazyConv3d",
        "LazyConvTranspose3d",
        "LazyInstanceNorm3d",
        "LinearCrossEntropyOptions",
        "MaxPool3d",
        "MaxUnpool3d",
        "SyncBatchNorm",
        "attention",
        "factory_kwargs",
        "intrinsic",
        "parallel",
        "qat",
        "quantizable",
        "quantized",
    }
)

FUNCTIONS = frozenset(
    {
        "adaptive_avg_pool3d",
        "adaptive_max_pool3d",
        "adaptive_max_pool3d_with_indices",
        "avg_pool3d",
        "conv3d",
        "conv_tbc",
        "conv_transpose3d",
        "fractional_max_pool2d",
        "fractional_max_pool2d_with_indices",
        "fractional_max_pool3d",
        "fractional_max_pool3d_with_indices",
        "grouped_mm",
        "lp_pool3d",
        "max_pool3d",
        "max_pool3d_with_indices",
        "max_unpool3d",
        "scaled_grouped_mm",
        "scaled_mm",
    }
)


def refuse(module: str, name: str, missing: frozenset[str]) -> NoReturn:
    """Raise the error for a name that a module has not: one of `missing`, or any other."""
    if name in missing:
        raise NotImplementedError(f"{module}.{name} is not part of tinygrad_edu")
    raise AttributeError(f"module 'tinygrad_edu.{module}' has no attribute {name!r}")
