"""Whether operations are being recorded: `no_grad`, `enable_grad`, `set_grad_enabled`.

One flag for each thread. Every operation reads it; the three classes below only set it and put it
back. Each works as a context manager and as a decorator.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
import threading
from collections.abc import Callable, Generator, Iterator
from types import TracebackType
from typing import Any, TypeVar

_F = TypeVar("_F", bound=Callable[..., Any])


class _GradMode(threading.local):
    enabled: bool = True
    in_derivative: bool = False  # whether a derivative runs on tensors: see `numpy_protocol`


grad_mode = _GradMode()


class _AnomalyMode:
    enabled: bool = False
    check_nan: bool = True


anomaly_mode = _AnomalyMode()  # see `anomaly`; as in PyTorch, one for all threads


@contextlib.contextmanager
def derivative_on_tensors(mode: bool = True) -> Iterator[None]:
    """Inside, NumPy's functions on tensors are recorded, or not, as `mode` says."""
    before, grad_mode.in_derivative = grad_mode.in_derivative, mode
    try:
        yield
    finally:
        grad_mode.in_derivative = before


def is_grad_enabled() -> bool:
    """Whether operations in this thread are being recorded."""
    return grad_mode.enabled


class _Switch:
    """Set the flag to `mode` from `__enter__` to `__exit__`; may be entered again while open."""

    def __init__(self, mode: bool) -> None:
        self.mode = mode
        self._before: list[bool] = []

    def __enter__(self) -> None:
        self._before.append(grad_mode.enabled)
        grad_mode.enabled = self.mode

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        grad_mode.enabled = self._before.pop()

    def __repr__(self) -> str:
        return f"<torch.autograd.grad_mode.{type(self).__name__} object at {id(self):#x}>"

    def __call__(self, function: _F) -> _F:
        generates = inspect.isgeneratorfunction(function)

        @functools.wraps(function)
        def switched(*args: Any, **kwargs: Any) -> Any:
            if generates:
                return _SwitchedGenerator(function(*args, **kwargs), self.mode)
            with _Switch(self.mode):
                return function(*args, **kwargs)

        return switched  # type: ignore[return-value]


class _SwitchedGenerator(Generator[Any, Any, Any]):
    """A generator that runs with the flag set; between its steps its caller has its own setting."""

    def __init__(self, generator: Generator[Any, Any, Any], mode: bool) -> None:
        self._generator = generator
        self._mode = mode

    def send(self, value: Any) -> Any:
        with _Switch(self._mode):
            return self._generator.send(value)

    def throw(self, error: Any, value: Any = None, traceback: Any = None) -> Any:
        with _Switch(self._mode):
            return self._generator.throw(error if value is None else value)


class no_grad(_Switch):
    """Record nothing: results have ``requires_grad=False``, whatever their inputs have.

    Examples
    --------
    >>> with no_grad():
    ...     weight -= 0.1 * weight.grad
    """

    def __init__(self, function: Callable[..., Any] | None = None) -> None:
        super().__init__(False)

    def __new__(cls, function: Callable[..., Any] | None = None) -> Any:
        # PyTorch allows the decorator with and without parentheses.
        return super().__new__(cls) if function is None else cls()(function)


class enable_grad(_Switch):
    """Record again, inside a `no_grad` block."""

    def __init__(self, function: Callable[..., Any] | None = None) -> None:
        super().__init__(True)

    def __new__(cls, function: Callable[..., Any] | None = None) -> Any:
        return super().__new__(cls) if function is None else cls()(function)


class set_grad_enabled(_Switch):
    """Record or not, as `mode` says, from this call on; as a context manager, until its end.

    Parameters
    ----------
    mode : bool
        True to record.
    """

    def __init__(self, mode: bool) -> None:
        super().__init__(mode)
        self._found = grad_mode.enabled
        grad_mode.enabled = mode

    def __enter__(self) -> None:
        self._before.append(self._found)
        grad_mode.enabled = self.mode

    def __call__(self, function: _F) -> _F:
        grad_mode.enabled = self._found  # a decorator switches inside the function only
        return super().__call__(function)

    def __repr__(self) -> str:
        return f"torch.autograd.grad_mode.set_grad_enabled(mode={self.mode})"


class inference_mode(_Switch):
    """`no_grad` under its stricter name: PyTorch's results could never be recorded later; here
    they are ordinary tensors.

    Parameters
    ----------
    mode : bool
        False to record.
    """

    def __init__(self, mode: bool | Callable[..., Any] = True) -> None:
        super().__init__(not mode)

    def __new__(cls, mode: bool | Callable[..., Any] = True) -> Any:
        return cls()(mode) if callable(mode) else super().__new__(cls)
