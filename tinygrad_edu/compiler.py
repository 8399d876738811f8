"""``torch.compiler``: nothing is compiled, so what would steer a compiler does nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .compiled import compile
from .missing import by_name, refuse

__all__ = [
    "allow_in_graph",
    "assume_constant_result",
    "compile",
    "cudagraph_mark_step_begin",
    "disable",
    "is_compiling",
    "is_dynamo_compiling",
    "is_exporting",
    "list_backends",
    "reset",
]


def is_compiling() -> bool:
    """Whether this is being compiled: no."""
    return False


def is_dynamo_compiling() -> bool:
    """Whether this is being compiled: no."""
    return False


def is_exporting() -> bool:
    """Whether this is being exported: no."""
    return False


def reset() -> None:
    """Forget what was compiled: nothing."""


def cudagraph_mark_step_begin() -> None:
    """Say that a step begins: nothing happens."""


def list_backends(exclude_tags: Any = ("debug", "experimental")) -> list[str]:
    """The compilers there are: none."""
    return []


def allow_in_graph(fn: Any) -> Any:
    """`fn`; the mark is for a compiler."""
    return fn


def assume_constant_result(fn: Any) -> Any:
    """`fn`; the mark is for a compiler."""
    return fn


def disable(fn: Any = None, recursive: bool = True, *, reason: str | None = None) -> Any:
    """`fn`; without it, a decorator. The mark is for a compiler."""
    return (lambda function: function) if fn is None else fn


#: What PyTorch has besides.
MISSING = by_name(
    {
        "each op runs when it is called": """
            keep_portable_guards_unsafe keep_tensor_guards_unsafe load_cache_artifacts
            load_compiled_function nested_compile_region save_cache_artifacts
            set_enable_guard_collectives set_stance skip_all_guards_unsafe
            skip_guard_on_all_nn_modules_unsafe skip_guard_on_inbuilt_nn_modules_unsafe
            skip_guard_on_globals_unsafe substitute_in_graph wrap_numpy""",
    }
)

if not TYPE_CHECKING:  # or every misspelt name would pass for one

    def __getattr__(name):
        """Say by name what is missing on purpose."""
        refuse(f"module {__name__!r}", name, MISSING)
