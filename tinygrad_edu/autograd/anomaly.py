"""Anomaly detection: a backward pass that stops at the first node whose derivative is nan.

It is asked for once at the start of a pass (`api._run_backward`), so that a pass without it pays
nothing. PyTorch also shows where in the forward pass the node was made, for which each op would
have to keep a traceback; here the error names the node only.
"""

from __future__ import annotations

import warnings
from types import TracebackType

import numpy as np

from .engine import Step
from .graph import constant


class _Anomaly:
    enabled: bool = False
    check_nan: bool = True


_anomaly = _Anomaly()  # as in PyTorch, one for all threads


def is_anomaly_enabled() -> bool:
    """Whether backward passes are looked after."""
    return _anomaly.enabled


def is_anomaly_check_nan_enabled() -> bool:
    """Whether that includes looking for nan."""
    return _anomaly.check_nan


def looks_for_nan() -> bool:
    """Whether a pass that starts now is to stop at a nan."""
    return _anomaly.enabled and _anomaly.check_nan


def refuse_nan(step: Step) -> None:
    """Stop the pass if a node has handed on a gradient with a nan in it.

    Raises
    ------
    RuntimeError
        If it has; it names the node and which of its gradients that is.
    """
    for index, grad in enumerate(step.grad_inputs):
        if grad is not None and np.isnan(constant(grad)).any():
            name = step.node.name()
            warnings.warn(
                f"Error detected in {name}. No forward pass information available.",
                UserWarning,
                stacklevel=4,
            )
            raise RuntimeError(f"Function '{name}' returned nan values in its {index}th output.")


class set_detect_anomaly:
    """Detect anomalies or not, from this call on; as a context manager, until its end.

    Parameters
    ----------
    mode : bool
        True to detect them.
    check_nan : bool
        Whether a nan in a gradient is one. (There is no other here.)

    Raises
    ------
    TypeError
        If one of them is no bool.
    """

    def __init__(self, mode: bool, check_nan: bool = True) -> None:
        for name, value in (("enabled", mode), ("check_nan", check_nan)):
            if not isinstance(value, bool):
                raise TypeError(
                    f"set_anomaly_enabled(): argument '{name}' must be bool, not "
                    f"{type(value).__name__}"
                )
        self.prev, self.prev_check_nan = _anomaly.enabled, _anomaly.check_nan
        _anomaly.enabled, _anomaly.check_nan = mode, check_nan

    def __enter__(self) -> None:
        pass

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        _anomaly.enabled, _anomaly.check_nan = self.prev, self.prev_check_nan


class detect_anomaly:
    """Detect anomalies in a ``with`` block: a backward pass in it that meets a nan raises an error
    which says where.

    It warns, as PyTorch does, that this is slow.

    Parameters
    ----------
    check_nan : bool
        As for `set_detect_anomaly`.

    Examples
    --------
    >>> with detect_anomaly():
    ...     loss.backward()
    """

    def __init__(self, check_nan: bool = True) -> None:
        self.check_nan = check_nan
        self._switches: list[set_detect_anomaly] = []
        warnings.warn(
            "Anomaly Detection has been enabled. This mode will increase the runtime and should "
            "only be enabled for debugging.",
            UserWarning,
            stacklevel=2,
        )

    def __enter__(self) -> None:
        self._switches.append(set_detect_anomaly(True, self.check_nan))

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._switches.pop().__exit__(exc_type, exc, traceback)
