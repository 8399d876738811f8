"""``torch.utils.benchmark``: how long a statement takes."""

from typing import TYPE_CHECKING

from ...missing import NOT_YET, by_name, refuse
from .utils.common import (
    Measurement,
    TaskSpec,
    ordered_unique,
    select_unit,
    set_torch_threads,
    trim_sigfig,
    unit_to_english,
)
from .utils.timer import Language, Timer, timer

__all__ = [
    "Language",
    "Measurement",
    "TaskSpec",
    "Timer",
    "ordered_unique",
    "select_unit",
    "set_torch_threads",
    "timer",
    "trim_sigfig",
    "unit_to_english",
]

#: What PyTorch has besides.
MISSING = by_name(
    {
        NOT_YET: """
            Compare FuzzedParameter FuzzedSparseTensor FuzzedTensor Fuzzer ParameterAlias""",
        "only Python is measured": "CallgrindStats CopyIfCallgrind FunctionCounts",
    }
)

if not TYPE_CHECKING:  # or every misspelt name would pass for one

    def __getattr__(name):
        """Say by name what is missing on purpose."""
        refuse("module 'tinygrad_edu.utils.benchmark'", name, MISSING)
