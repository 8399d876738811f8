"""What strict JSON can hold of a trace."""

from __future__ import annotations

import math
from typing import Any

import numpy as np


def finite(item: Any) -> Any:
    """`item` as JSON has it: with "nan", "inf" or "-inf" in place of a number that it lacks, and a
    text of what is neither a number, nor a list or dict of such."""
    if isinstance(item, dict):
        return {str(key): finite(each) for key, each in item.items()}
    if isinstance(item, list | tuple):
        if hasattr(item, "_asdict"):
            return finite(item._asdict())
        return [finite(each) for each in item]
    if isinstance(item, np.generic):
        item = item.item()
    if isinstance(item, bool | int | str | None):
        return item
    return item if isinstance(item, float) and math.isfinite(item) else str(item)
