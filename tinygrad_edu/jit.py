"""``torch.jit``: what is scripted computes what it computed before, and so it is left as it is.

PyTorch's scripted function is another object, which has a graph and can be saved; here each op runs
when it is called. What would need such a graph says so: `trace`, which would have to freeze which
way the program went, and `save`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, TypeVar

from .missing import by_name, refuse

__all__ = [
    "Final",
    "annotate",
    "export",
    "ignore",
    "is_scripting",
    "is_tracing",
    "script",
    "script_if_tracing",
    "unused",
]

T = TypeVar("T")


def script(
    obj: T, optimize: Any = None, _frames_up: int = 0, _rcb: Any = None, example_inputs: Any = None
) -> T:
    """`obj`, a function, module or class, itself: it computes the same.

    Raises
    ------
    TypeError
        If it is none of these.
    """
    if not callable(obj):
        raise TypeError(f"torch.jit.script takes a function, module or class, not {obj!r:.80}")
    return obj


def is_scripting() -> bool:
    """Whether this is being compiled: no."""
    return False


def is_tracing() -> bool:
    """Whether this is being traced: no."""
    return False


def annotate(the_type: Any, the_value: T) -> T:
    """`the_value`; `the_type` is for a compiler."""
    return the_value


def export(fn: T) -> T:
    """`fn`; the mark is for a compiler."""
    return fn


def unused(fn: T) -> T:
    """`fn`; the mark is for a compiler."""
    return fn


def script_if_tracing(fn: T) -> T:
    """`fn`, since nothing is traced."""
    return fn


def ignore(drop: Any = False, **kwargs: Any) -> Any:
    """The function; the mark, with or without arguments, is for a compiler."""
    return drop if isinstance(drop, Callable) else lambda fn: fn  # type: ignore[arg-type]


#: What PyTorch has besides.
MISSING = by_name(
    {
        "each op runs when it is called": """
            CompilationUnit Future RecursiveScriptClass RecursiveScriptModule
            ScriptFunction ScriptModule ScriptWarning TopLevelTracedModule TracedModule
            TracerWarning enable_onednn_fusion fork freeze fuser load onednn_fusion_enabled
            optimize_for_inference optimized_execution run_frozen_optimizations save
            script_method set_fusion_strategy strict_fusion trace trace_module wait""",
    }
)

if not TYPE_CHECKING:  # or every misspelt name would pass for one

    def __getattr__(name):
        """Say by name what is missing on purpose."""
        refuse(f"module {__name__!r}", name, MISSING)
