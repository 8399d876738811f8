"""What a call warns of.

It stands in a file of its own, so that a warning that blames not its caller, but the caller's
caller, blames another file.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from types import ModuleType
from typing import Any


def warned(function: Callable[[ModuleType], Any], lib: ModuleType) -> list[tuple[Any, str, str]]:
    """The categories of the warnings in a call, their texts, and the files they blame.

    Of PyTorch's C++ the text ends with the line that wrote it, which is left out.
    """
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        function(lib)
    return [(w.category, str(w.message).partition(" (Triggered")[0], w.filename) for w in caught]
