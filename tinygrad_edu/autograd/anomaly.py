"""Anomaly detection: a backward pass that stops at the first node whose derivative is nan, and says
which line of the forward pass that node comes from.

While it is enabled, each node notes where it is made: `Node` has no `__init__` otherwise, and gets
`note_call` for one. Whether a pass is to be looked after is asked once, at its start
(`api._steps`). So where it is not enabled nothing is paid.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from .engine import Step, backward_pass
from .grad_mode import anomaly_mode
from .graph import Node, constant

if TYPE_CHECKING:
    import traceback

PACKAGE = Path(__file__).parents[1]
#: Where the package has what PyTorch has in Python, and so in its tracebacks: layers, not ops.
IN_PYTHON = tuple(str(PACKAGE / part) for part in ("app", "distributions", "models.py", "nn"))


def is_anomaly_enabled() -> bool:
    """Whether backward passes are looked after."""
    return anomaly_mode.enabled


def is_anomaly_check_nan_enabled() -> bool:
    """Whether that includes looking for nan."""
    return anomaly_mode.check_nan


class Made(NamedTuple):
    """Where a node was made.

    Attributes
    ----------
    stack : traceback.StackSummary
        The line that ran, after those that led to it.
    during : Node or None
        The node whose derivative was recorded there, if one was, under ``create_graph=True``.
    """

    stack: traceback.StackSummary
    during: Node | None


def note_call(node: Node) -> None:
    """What `Node` has for its ``__init__`` while anomalies are detected."""
    import traceback  # only here, and below: it takes longer than it is worth to all others

    caller = frame = sys._getframe(1)
    while frame.f_back is not None and is_engines(frame):
        frame = frame.f_back
    outer = traceback.walk_stack(frame)
    stack = traceback.StackSummary.extract(outer, lookup_lines=False)  # read when they are shown
    stack.reverse()
    node.made = Made(stack, node_that_runs(caller))


def is_engines(frame: FrameType) -> bool:
    """Whether it runs what is C++ in PyTorch, which no traceback there shows."""
    file = frame.f_code.co_filename
    return file.startswith(str(PACKAGE)) and not file.startswith(IN_PYTHON)


def node_that_runs(frame: FrameType | None) -> Node | None:
    """The node at which the innermost backward pass stands that has led to a frame."""
    while frame is not None and frame.f_code is not backward_pass.__code__:
        frame = frame.f_back
    return None if frame is None else frame.f_locals.get("node")


def looked_after(steps: Iterator[Step]) -> Iterator[Step]:
    """The steps of a pass; if one fails, or hands on a nan, a warning says where its node was made.

    Raises
    ------
    RuntimeError
        If there is a nan in a gradient.
    """
    try:
        for step in steps:
            node = step.node
            if anomaly_mode.check_nan:
                refuse_nan(step)
            yield step
    except Exception as error:
        import traceback

        inside = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
        failed = [f for f in inside if f.f_code is backward_pass.__code__]
        warn_of(failed[0].f_locals["node"] if failed else node)
        raise


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
            raise RuntimeError(f"Function '{name}' returned nan values in its {index}th output.")


def warn_of(node: Node | None) -> None:
    """Say where a node that has failed was made; and, if a derivative was recorded there, where the
    node of that was."""
    words = "Error detected in {}. Traceback of forward call that caused the error:\n"
    while node is not None:
        if node.made is None:
            warn(
                f"Error detected in {node.name()}. No forward pass information available. Enable "
                "detect anomaly during forward pass for more information."
            )
            return
        warn(words.format(node.name()) + "".join(node.made.stack.format()))
        node = node.made.during
        words = (
            "\n\nPrevious calculation was induced by {}. Traceback of forward call that induced "
            "the previous calculation:\n"
        )


def warn(text: str) -> None:
    """Warn the line that has started the pass."""
    depth, frame = 1, sys._getframe(0)
    while frame.f_back is not None and is_engines(frame):
        depth, frame = depth + 1, frame.f_back
    warnings.warn(text, UserWarning, stacklevel=depth)


def switch(enabled: bool, check_nan: bool) -> None:
    """Detect anomalies, or not."""
    anomaly_mode.enabled, anomaly_mode.check_nan = enabled, check_nan
    if enabled:
        Node.__init__ = note_call  # type: ignore[assignment, method-assign]
    elif "__init__" in vars(Node):
        del Node.__init__


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
        self.prev, self.prev_check_nan = anomaly_mode.enabled, anomaly_mode.check_nan
        switch(mode, check_nan)

    def __enter__(self) -> None:
        pass

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        switch(self.prev, self.prev_check_nan)


class detect_anomaly:
    """Detect anomalies in a ``with`` block: a backward pass in it that meets a nan raises an error,
    after a warning with the traceback of the forward call whose derivative that was.

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
