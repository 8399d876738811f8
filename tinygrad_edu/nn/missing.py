"""What `torch.nn` and `torch.nn.functional` have besides, and why it is left out here."""

from __future__ import annotations

from ..missing import GIVEN_UP, NOT_YET, ON_CPU, QUANTIZED, VOLUMES, by_name

MODULES = by_name(
    {
        VOLUMES: """
            AdaptiveAvgPool3d AdaptiveMaxPool3d AvgPool3d BatchNorm3d Conv3d ConvTranspose3d
            FractionalMaxPool3d InstanceNorm3d LPPool3d LazyBatchNorm3d LazyConv3d
            LazyConvTranspose3d LazyInstanceNorm3d MaxPool3d MaxUnpool3d""",
        QUANTIZED: "intrinsic qat quantizable quantized",
        ON_CPU: "DataParallel SyncBatchNorm parallel",
        GIVEN_UP: "Container",
        NOT_YET: """
            CrossMapLRN2d FractionalMaxPool2d LinearCrossEntropyOptions factory_kwargs""",
    }
)

FUNCTIONS = by_name(
    {
        VOLUMES: """
            adaptive_avg_pool3d adaptive_max_pool3d adaptive_max_pool3d_with_indices avg_pool3d
            conv3d conv_transpose3d fractional_max_pool3d fractional_max_pool3d_with_indices
            lp_pool3d max_pool3d max_pool3d_with_indices max_unpool3d""",
        ON_CPU: "grouped_mm scaled_grouped_mm scaled_mm",
        NOT_YET: "conv_tbc fractional_max_pool2d fractional_max_pool2d_with_indices",
    }
)
