"""Where PyTorch computes what is compared: on the CPU or, with ``--device cuda``, on a GPU.

Its arguments and upstream gradients are then exact copies on the GPU, and its results are brought
back to be judged by the same rules: the truth, and how far rounding leads from it, are computed on
the CPU as ever. What a call raises, and whether it draws random numbers, is found out on the CPU,
too, before it is made on the GPU: there a wrong index ends the process, and the random stream is
another one.

What PyTorch itself computes otherwise there stands in `gpu_differences`.

A test honours the device if it has the mark `on_device`; every other is left out with
``--device cuda``, for the reason that `reason_of` gives.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch

from torch_ref.precision import full_precision

from .mutants.layers import layer_of

RANDOM = "random numbers, of which a GPU has another stream"
RAISES = "a call that raises: the error is compared on the CPU"
NO_KERNEL = "a dtype, or a derivative, for which PyTorch has no kernel on a GPU"
UNSET = "a result that PyTorch leaves unset on a GPU"

TABLE = "about the table, or with tensors that the test makes on the CPU"
GRAPHS = "about the memory of arrays, versions, hooks and graphs, which no device changes"

#: By layer, why tests without the mark are about the CPU alone.
REASONS = {
    "drawn rows": TABLE,
    "opinfo": TABLE,
    "edges": TABLE,
    "random programs": GRAPHS,
    "state machine": GRAPHS,
    "numerical truth": "about derivatives of the engine, without PyTorch",
    "aliasing": GRAPHS,
    "errors": "about arguments, texts and the types of errors on the CPU",
    "nn and optim": "about texts, names, errors and initial weights, or with tensors made on the "
    "CPU; or about steps, which are compared bit by bit there",
    "training": "about the command line and whole runs on the CPU",
    "state": "about the random stream, files and pinned memory of the CPU",
    "programs": GRAPHS,
    "views": "about what is shown of the engine's own work, on the CPU",
}


#: By op, the number of an argument that PyTorch wants on the CPU, wherever the others are.
STAYS = {"tensor_split": 1}


class Device:
    """The device that is not the CPU."""

    current: torch.device | None = None  # None: PyTorch computes where its arguments are made


def use_cuda() -> None:
    """From now on PyTorch computes on the GPU, in full precision.

    Matrix products and convolutions come out each time the same. What adds into places that an
    index names does so in any order, which is rounding, and what puts several numbers into one
    place leaves any of them. PyTorch has other forms of these, in which it does not
    (`use_deterministic_algorithms`), but they are not what a user runs: they refuse tensors without
    dimensions, and of the padding by reflection the gradient is another.

    Raises
    ------
    pytest.UsageError
        If there is none.
    """
    if not torch.cuda.is_available():
        raise pytest.UsageError("--device cuda: PyTorch finds no GPU on this machine")
    full_precision()
    os.environ["CUBLAS_WORKSPACE_CONFIG"] = ":4096:8"  # else cuBLAS adds in any order
    torch.backends.cudnn.benchmark, torch.backends.cudnn.deterministic = False, True
    Device.current = torch.device("cuda")


def device_name() -> str:
    """Of the device, for a reader."""
    return "cpu" if Device.current is None else f"cuda, {torch.cuda.get_device_name()}"


def reason_of(path: Path) -> str:
    """Why the tests of a file that do not have the mark are left out on a GPU."""
    return REASONS[layer_of(path.stem.removeprefix("test_"))]


def seed_here() -> None:
    """Begin PyTorch's random stream anew, so that `drew_random_numbers` can tell."""
    torch.manual_seed(0)


def drew_random_numbers() -> bool:
    """Whether PyTorch's random stream has moved on since it was last seeded."""
    fresh = torch.Generator().manual_seed(torch.initial_seed())
    return not torch.equal(torch.get_rng_state(), fresh.get_state())


#: What PyTorch says, besides raising NotImplementedError, where it has no kernel.
NOT_THERE = (
    "not implemented for",
    "GET was unable to find an engine",  # cuDNN, of convolutions of integers
    "getCudnnDataTypeFromScalarType() not supported for",
    "_scaled_dot_product_efficient_attention_backward is not implemented",
)


def lacks_kernel(error: Exception) -> bool:
    """Whether an error on the device says that something is not computed there: a dtype, or the
    second-order derivative of a kernel that does all of an attention."""
    return isinstance(error, NotImplementedError) or any(w in str(error) for w in NOT_THERE)
