"""What `torch.nn` and `torch.nn.functional` have besides, and why it is left out here."""

from __future__ import annotations

from ..missing import GIVEN_UP, NOT_YET, ON_CPU, QUANTIZED, by_name

MODULES = by_name(
    {
        QUANTIZED: "intrinsic qat quantizable quantized",
        ON_CPU: "DataParallel SyncBatchNorm parallel",
        GIVEN_UP: "Container",
        NOT_YET: """
            CrossMapLRN2d FractionalMaxPool2d FractionalMaxPool3d LinearCrossEntropyOptions
            factory_kwargs""",
    }
)

FUNCTIONS = by_name(
    {
        ON_CPU: "grouped_mm scaled_grouped_mm scaled_mm",
        NOT_YET: """
            conv_tbc fractional_max_pool2d fractional_max_pool2d_with_indices
            fractional_max_pool3d fractional_max_pool3d_with_indices""",
    }
)
