"""What PyTorch has since 2.13, which the engine follows, and older versions have not, or otherwise.

With 2.13, built for CPUs only, every test runs as it stands: nothing in this file applies. With an
older version, such as 2.11, each difference is tried out; what that version cannot do is left out
of the tests that name it, or compared with what it has to offer, and the end of the run says so.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from inspect import signature
from typing import Any, NamedTuple

import pytest
import torch
from torch.nn import functional as F

BEFORE_2_13 = torch.__version__ < (2, 13)


class Since(NamedTuple):
    """Something that PyTorch has, or does so, since 2.13.

    Attributes
    ----------
    what : str
    works : callable, optional
        Tries it out: what lacks it raises or returns what is false. None: only the version tells.
    missing : bool
        Whether the PyTorch that is installed is older and lacks it.
    """

    what: str
    works: Callable[[], object] | None
    missing: bool

    @property
    def skip(self) -> pytest.MarkDecorator:
        """The mark of a test, or of one of its parameters, that needs it."""
        return pytest.mark.skipif(self.missing, reason=str(self))

    def only(self, *values: Any) -> tuple[Any, ...]:
        """`values` that need it, or none."""
        return () if self.missing else values

    def __str__(self) -> str:
        return f"since PyTorch 2.13: {self.what}"


#: All of them, for the end of a run.
DIFFERENCES: list[Since] = []


def since_2_13(what: str, works: Callable[[], object] | None) -> Since:
    """A difference; see `Since`. With 2.13 nothing is missing, even if it should not work: then the
    tests are to fail."""
    difference = Since(what, works, BEFORE_2_13 and not (works and succeeds(works)))
    DIFFERENCES.append(difference)
    return difference


def succeeds(works: Callable[[], object]) -> bool:
    """Whether something works in the PyTorch that is installed."""
    try:
        with warnings.catch_warnings(action="ignore"):
            return bool(works())
    except (AttributeError, RuntimeError, TypeError):  # no such name, derivative or argument
        return False


# What there is ------------------------------------------------------------------------------------

LINEAR_CROSS_ENTROPY = since_2_13(
    "linear_cross_entropy and its layer", lambda: F.linear_cross_entropy
)
NORM_BIAS = since_2_13(
    "norms with a weight and no bias, and bias= in their text",
    lambda: torch.nn.BatchNorm1d(1, bias=False),
)
LANCZOS = since_2_13(
    "interpolation by Lanczos's filter",
    lambda: torch._C._nn._upsample_lanczos2d_aa,  # type: ignore[attr-defined]
)
DATA_POINTERS = since_2_13("const_data_ptr", lambda: torch.Tensor.const_data_ptr)
REARRANGE = since_2_13("func.rearrange", lambda: torch.func.rearrange)
COMPILE_OPTIONS = since_2_13(
    "compile takes name, recompile_limit, isolate_recompiles and shapes_spec",
    lambda: {"name", "shapes_spec"} <= signature(torch.compile).parameters.keys(),
)
ASARRAY = since_2_13(
    "asarray of a tensor that requires a gradient requires one, if nothing is said",
    lambda: torch.asarray(torch.ones(1, requires_grad=True)).requires_grad,
)
FORKED_DEVICES = since_2_13(
    "fork_rng looks for the accelerator that there is",
    lambda: signature(torch.random.fork_rng).parameters["device_type"].default is None,
)
AUTOCAST_CALLS = since_2_13("autocast decorates only what can be called", None)

NAMING = ("align_as", "align_to", "has_names", "names", "refine_names", "rename", "rename_")
NO_NAMES = since_2_13(
    "dimensions have no names, so that a text or None for one is a TypeError",
    lambda: not any(hasattr(torch.Tensor, name) for name in NAMING),
)
#: Methods of tensors that an older PyTorch has.
NAMES_OF_DIMENSIONS = NAMING if NO_NAMES.missing else ()


#: Whether PyTorch is built for GPUs: it then raises something else where there is none (see
#: `as_raised`), and can make a generator of a GPU.
BUILT_FOR_GPUS = torch.backends.cuda.is_built()


# What is computed ---------------------------------------------------------------------------------


def _numbers(*values: float) -> torch.Tensor:
    return torch.tensor(values, requires_grad=True)


def _has_gradient(call: Callable[[torch.Tensor], torch.Tensor]) -> bool:
    x = _numbers(1.0, 2.0)
    call(x).sum().backward()
    return x.grad is not None


def _gradients_of_grids_have_gradients() -> bool:
    image, grid = torch.ones(1, 1, 2, 2), _numbers(0.0, 0.5).reshape(1, 1, 1, 2)
    result = F.grid_sample(image, grid, align_corners=True)
    (first,) = torch.autograd.grad(result.sum(), grid, create_graph=True)
    torch.autograd.grad(first.sum(), grid)
    return True


def _gradient_of_no_rows() -> bool:
    x = torch.ones(0, 0, requires_grad=True)
    torch.linalg.det(x).backward()
    return x.grad is not None


def _refuses(error: type[Exception], call: Callable[[], object]) -> bool:
    try:
        call()
    except error:
        return True
    return False


AMINMAX = since_2_13(
    "a derivative of aminmax", lambda: _has_gradient(lambda x: torch.aminmax(x).min)
)
NARROW_COPY = since_2_13(
    "a derivative of narrow_copy", lambda: _has_gradient(lambda x: x.narrow_copy(0, 0, 1))
)
NEXTAFTER = since_2_13(
    "a derivative of nextafter", lambda: _has_gradient(lambda x: x.nextafter(torch.ones(2)))
)
MIXED_MSE = since_2_13(
    "a gradient of mse_loss for mixed dtypes",
    lambda: _has_gradient(lambda x: F.mse_loss(x, torch.ones(2).double())),
)
GRIDS_TWICE = since_2_13(
    "second-order gradients of grid_sample", _gradients_of_grids_have_gradients
)
DETERMINANTS = since_2_13(
    "gradients of determinants for 0 rows, and second-order ones for 1", _gradient_of_no_rows
)
INFINITE_NORMS = since_2_13(
    "lp_pool with an infinite norm takes an extreme value",
    lambda: F.lp_pool1d(torch.tensor([[[1.0, 3.0]]]), float("inf"), 2).item() == 3,
)
UNPOOLED_SIZES = since_2_13(
    "max_unpool2d raises ValueError for a size below 0",
    lambda: _refuses(
        ValueError,
        lambda: F.max_unpool2d(torch.ones(1, 2, 3), torch.ones(1, 2, 3).long(), 2, padding=9),
    ),
)
UNLIKE_ADDMV = since_2_13(
    "addmv refuses a first tensor of another dtype",
    lambda: _refuses(
        RuntimeError,
        lambda: torch.addmv(torch.ones(1).double(), torch.ones(1, 1), torch.ones(1)),
    ),
)
NO_HEADS = since_2_13("attention over heads of no width by any implementation", None)
EQUAL_NANS = since_2_13(
    "allclose(equal_nan=True) broadcasts its first tensor",
    lambda: torch.allclose(torch.ones(1), torch.ones(2), equal_nan=True),
)
NAN_BOUNDS = since_2_13(
    "clamp to a number that is nan gives nan",
    lambda: torch.ones(3).clamp(min=float("nan")).isnan().all(),
)
CHECKED_DELTA = since_2_13(
    "HuberLoss looks at its delta",
    lambda: _refuses(TypeError, lambda: torch.nn.HuberLoss(delta="1")),
)


# Random numbers -----------------------------------------------------------------------------------


def _uniforms(low: float, high: float, dtype: torch.dtype) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.empty(99, dtype=dtype).uniform_(low, high, generator=generator)


HALF_DRAWS = since_2_13(
    "float16 numbers are drawn by way of float32",
    lambda: _uniforms(0, 1, torch.float16).equal(_uniforms(0, 1, torch.float32).half()),
)
OPEN_END = since_2_13(
    "uniform_ never rounds to its upper bound",
    lambda: not (_uniforms(1, 1 + 2**-23, torch.float32) > 1).any(),
)
TRUNCATED_NORMALS = since_2_13(
    "trunc_normal_ rejects draws (it inverted the distribution function)", None
)


# Errors -------------------------------------------------------------------------------------------


def _says(words: str, call: Callable[[], object]) -> bool:
    try:
        call()
    except RuntimeError as error:
        return words in str(error)
    return False


TARGETS = since_2_13(
    "nll_loss says that a target is Long or Byte (it said Long)",
    lambda: _says("Long or Byte", lambda: F.nll_loss(torch.ones(1, 2), torch.ones(1))),
)

NEWER_WORDS = since_2_13("the words of some messages that say more, or of what is wrong", None)

NAMED = r"look up dimensions by name|Name '.*' not found in Tensor|You passed a dimname"

#: What an older PyTorch raises, words of its message, and what 2.13 raises instead.
OTHER_ERRORS: tuple[tuple[type[Exception], str, type[Exception] | None], ...] = (
    (RuntimeError, NAMED, TypeError),
    (ValueError, "grad requires non-empty inputs", RuntimeError),
    # Two dimensions that are different; one of them is out of range.
    (RuntimeError, r"rotation dims to be different, but got dim0 = (\d+) and dim1 = (?!\1)\d",
     IndexError),
    (TypeError, "unflattened_size must be tuple of tuples", None),  # of a dimension with a name
)  # fmt: skip


#: Words of an older PyTorch, in errors and warnings, and those of 2.13.
OTHER_WORDS = (
    # Until 2.12 nodes had their whole name here: output 0 of ExpBackward0.
    (r"(output \d of [A-Z]\w+?)Backward\d", r"\1"),
    (r"^expected scalar type Long but found",
     "expected target dtype to be Long or Byte, but got"),
    (r"^grad requires non-empty inputs\.$", "`inputs` argument to `grad()` cannot be empty."),
    (r"distribution need to be an instance", "distribution needs to be an instance"),
    (r"is deprecated and rename to", "is deprecated and renamed to"),
)  # fmt: skip


#: What a PyTorch that is built for GPUs says where there is none, or no driver.
NO_GPU = r"No CUDA GPUs are available|Found no NVIDIA driver"


def as_raised(error: Exception | None) -> Exception | None:
    """What 2.13, built for CPUs only, raises where this PyTorch raises `error`."""
    if BUILT_FOR_GPUS and type(error) is RuntimeError and re.search(NO_GPU, str(error)):
        return AssertionError("Torch not compiled with CUDA enabled")
    if BEFORE_2_13:
        for older, words, newer in OTHER_ERRORS:
            if type(error) is older and re.search(words, str(error)):
                return newer and newer(str(error))
    return error


def as_said(text: str) -> str:
    """The words of 2.13 for those of this PyTorch."""
    if BEFORE_2_13:
        for older, newer in OTHER_WORDS:
            text = re.sub(older, newer, text)
    return text


def as_printed(text: str) -> str:
    """The text of a module as this PyTorch prints it: before 2.13 no norm says if it has a bias."""
    return re.sub(r"(affine=\w+), bias=\w+", r"\1", text) if NORM_BIAS.missing else text
