"""``torch.jit``: what is scripted computes what it computed before, and so it is left as it is.

PyTorch's scripted function is another object, which has a graph and can be saved; here each op runs
when it is called. A traced one, too, stays what it was, and goes on deciding by its arguments,
where PyTorch's would be frozen to the way that the program went for the example. What would need
such a graph is not there: its ``.code`` and ``.graph``, and `save`, which says so.
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
    "trace",
    "trace_module",
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


def trace(func: T, example_inputs: Any = None, *args: Any, **kwargs: Any) -> T:
    """`func`, a function or module, itself, after it has run once on the example.

    Parameters
    ----------
    func : callable
    example_inputs : tuple of Tensor, or Tensor
        What it is called with once, as PyTorch does; None for none.
    *args, **kwargs
        How PyTorch's tracer checks itself; `example_kwarg_inputs`, a dict, is passed by name.

    Raises
    ------
    TypeError
        If `func` cannot be called.
    """
    if not callable(func):
        raise TypeError(f"torch.jit.trace takes a function or module, not {func!r:.80}")
    by_name = kwargs.get("example_kwarg_inputs")
    if isinstance(by_name, dict):
        func(**by_name)
    elif example_inputs is not None:
        several = isinstance(example_inputs, tuple)
        func(*(example_inputs if several else (example_inputs,)))
    return func


def trace_module(mod: T, inputs: dict[str, Any], *args: Any, **kwargs: Any) -> T:
    """`mod` itself, after each method that `inputs` names has run once on its example.

    Raises
    ------
    AttributeError
        If `inputs` is no dict, or names no method.
    """
    if not isinstance(inputs, dict):
        raise AttributeError("expected a dictionary of (method_name, input) pairs")
    for name, example in inputs.items():
        getattr(mod, name)(*(example if isinstance(example, tuple) else (example,)))
    return mod


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
            script_method set_fusion_strategy strict_fusion wait""",
    }
)

if not TYPE_CHECKING:  # or every misspelt name would pass for one

    def __getattr__(name):
        """Say by name what is missing on purpose."""
        refuse(f"module {__name__!r}", name, MISSING)
