"""What optimizers check of what they are given."""

from __future__ import annotations

from typing import Any

from ..advice import advised
from ..tensor import Tensor


def name_parameters(group: dict[str, Any]) -> None:
    """Make ``group["params"]`` a list of tensors, and "param_names" one of names, if there are."""
    given = group["params"]
    entries = [given] if isinstance(given, Tensor) else list(given)
    names = [entry[0] for entry in entries if isinstance(entry, tuple)]
    group["params"] = [entry[1] if isinstance(entry, tuple) else entry for entry in entries]
    if names and len(names) != len(entries):
        raise ValueError(
            "all optimizer params should be with/without names, but "
            f"{len(entries) - len(names)} of {len(entries)} have none"
        )
    if names:
        group["param_names"] = names


def check_parameter(parameter: Any) -> None:
    """Raise unless `parameter` is a tensor that keeps its gradient."""
    if not isinstance(parameter, Tensor):
        raise TypeError(
            "optimizer can only optimize Tensors, but one of the params is "
            f"{type(parameter).__name__}"
        )
    if not (parameter.is_leaf or parameter.retains_grad):
        raise advised(
            ValueError("can't optimize a non-leaf Tensor"),
            f"One of shape {list(parameter.shape)} is the result of an op.",
        )


def check_implementation(group: dict[str, Any]) -> None:
    """Raise if the options by which PyTorch chooses among its implementations exclude each other.

    There is one implementation here, which gives the results of all, so `foreach` and `fused` have
    no effect. What `differentiable` asks for, steps that are recorded, there is not.
    """
    if group.get("fused") and group.get("differentiable"):
        raise RuntimeError("`fused` does not support `differentiable`")
    if group.get("fused") and group.get("foreach"):
        raise RuntimeError("`fused` and `foreach` cannot be `True` together.")
    if group.get("differentiable"):
        raise NotImplementedError(
            f"differentiable={group['differentiable']!r}: steps are not recorded here; leave it out"
        )


def check_capturable(group: dict[str, Any]) -> None:
    """Raise PyTorch's error for a step that a GPU is to capture."""
    if group.get("capturable"):
        raise AssertionError(
            "If capturable=True, params and state_steps must be on a GPU, of which there is none"
        )


def check_learning_rate(lr: float | Tensor) -> None:
    """Raise if `lr` is a tensor of more than one element, or none."""
    if isinstance(lr, Tensor) and lr.numel() != 1:
        raise ValueError(f"Tensor lr must be 1-element, but got shape {list(lr.shape)}")
