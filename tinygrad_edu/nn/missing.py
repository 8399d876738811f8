"""What `torch.nn` and `torch.nn.functional` have besides, and why it is left out here."""

from __future__ import annotations

from ..missing import GIVEN_UP, NO_DTYPE, NOT_YET, ON_CPU, QUANTIZED, Lacking, by_name

MODULES = by_name(
    {
        QUANTIZED: "intrinsic qat quantizable quantized",
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

METHODS = by_name(
    {
        "memory is not shared between processes": "share_memory",
        ON_CPU: "ipu mtia xpu",
        NO_DTYPE: "bfloat16",
    }
)


class NotHere:
    """Base of `Module`, with a `Lacking` for each of `METHODS`."""

    def __dir__(self) -> list[str]:
        return [n for n in super().__dir__() if n not in METHODS or hasattr(self, n)]


for _name, _reason in METHODS.items():
    setattr(NotHere, _name, Lacking(_name, _reason))
