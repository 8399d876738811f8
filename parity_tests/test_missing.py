"""Each of PyTorch's names is here, or says that it is not; and none says so that is here."""

from __future__ import annotations

import re
from types import ModuleType
from typing import Any

import pytest
import torch

import tinygrad_edu
from tinygrad_edu.missing import OF_TORCH, REASONS, MissingNameError, by_name
from tinygrad_edu.nn.missing import FUNCTIONS, METHODS, MODULES

from .coverage import families
from .test_signatures import inside
from .versions import DATA_POINTERS, LINEAR_CROSS_ENTROPY, NAMES_OF_DIMENSIONS, REARRANGE

#: Names that an older PyTorch has not either.
NOT_YET_THERE = [
    name
    for name, since in (
        ("LinearCrossEntropyOptions", LINEAR_CROSS_ENTROPY), ("const_data_ptr", DATA_POINTERS),
        ("rearrange", REARRANGE),
    )
    if since.missing
]  # fmt: skip
TABLES = {
    "": OF_TORCH,
    "Tensor": by_name(REASONS),
    "nn": MODULES,
    "nn.functional": FUNCTIONS,
    "nn.utils": tinygrad_edu.nn.utils.MISSING,
    "linalg": tinygrad_edu.linalg.MISSING,
    "nn.Module": METHODS,
    "optim": tinygrad_edu.optim.MISSING,
    "autograd": tinygrad_edu.autograd.MISSING,
    "autograd.graph": tinygrad_edu.autograd.graph.MISSING,
    "backends": tinygrad_edu.backends.MISSING,
    "cuda": tinygrad_edu.cuda.MISSING,
    "func": tinygrad_edu.func.MISSING,
    "testing": tinygrad_edu.testing.MISSING,
    "utils": tinygrad_edu.utils.MISSING,
    "utils.checkpoint": tinygrad_edu.utils.checkpoint.MISSING,
    "utils.data": tinygrad_edu.utils.data.MISSING,
    "nn.parallel": tinygrad_edu.nn.parallel.MISSING,
    "autograd.profiler": tinygrad_edu.autograd.profiler.MISSING,
    "compiler": tinygrad_edu.compiler.MISSING,
    "distributed": tinygrad_edu.distributed.MISSING,
    "hub": tinygrad_edu.hub.MISSING,
    "jit": tinygrad_edu.jit.MISSING,
    "multiprocessing": tinygrad_edu.multiprocessing.MISSING,
    "onnx": tinygrad_edu.onnx.MISSING,
    "profiler": tinygrad_edu.profiler.MISSING,
    "special": tinygrad_edu.special.MISSING,
}


@pytest.mark.parametrize("path", TABLES)
@pytest.mark.filterwarnings("ignore")
def test_what_is_called_missing_is(path: str) -> None:
    ours, theirs = inside(tinygrad_edu, path), inside(torch, path)
    for name, reason in TABLES[path].items():
        assert hasattr(theirs, name) or name in NOT_YET_THERE, name
        assert not hasattr(ours, name), name
        assert getattr(ours, name, 3) == 3
        said = rf"no attribute '{name}': .*{re.escape(reason)}$"
        with pytest.raises(MissingNameError, match=said) as caught:
            getattr(ours, name)
        assert isinstance(caught.value, AttributeError)
        assert isinstance(caught.value, NotImplementedError)


@pytest.mark.parametrize("path", TABLES)
def test_what_pytorch_has_not_either_is_no_more_than_that(path: str) -> None:
    ours = inside(tinygrad_edu, path)
    assert not hasattr(ours, "nothing_like_it")
    with pytest.raises(AttributeError, match=r"no attribute 'nothing_like_it'$") as caught:
        ours.nothing_like_it  # noqa: B018
    assert type(caught.value) is AttributeError


@pytest.mark.parametrize("name", ["view_as_real", "smm", "mtia"])
def test_what_is_missing_cannot_be_imported(name: str) -> None:
    with pytest.raises(ImportError, match=name):
        exec(f"from tinygrad_edu import {name}")


def test_all_that_coverage_counts_as_missing_is_named() -> None:
    paths = ("", "Tensor", "linalg", "nn", "nn.functional", "nn.init", "optim",
             "optim.lr_scheduler")  # fmt: skip
    for path, family in zip(paths, families(), strict=True):
        unnamed = set(family.missing) - set(TABLES.get(path, {})) - set(NAMES_OF_DIMENSIONS)
        assert not unnamed, f"{path}: {sorted(unnamed)}"


def test_every_public_name_is_there_or_says_that_it_is_not() -> None:
    for theirs, mine in (
        (torch.nn, tinygrad_edu.nn), (torch.nn.utils, tinygrad_edu.nn.utils),
        (torch.nn.utils.rnn, tinygrad_edu.nn.utils.rnn), (torch.nn.init, tinygrad_edu.nn.init),
    ):  # fmt: skip
        for name in getattr(theirs, "__all__", None) or public(theirs):
            assert is_named(mine, name), name
    for name, value in vars(torch.nn.functional).items():
        if not name.startswith("_") and callable(value) and is_function(name, value):
            assert is_named(tinygrad_edu.nn.functional, name), name


def public(module: ModuleType) -> list[str]:
    return [n for n, v in vars(module).items() if callable(v) and v.__module__ == module.__name__]


def is_function(name: str, value: Any) -> bool:
    internal = ("boolean_dispatch", "assert_int_or_pair", "has_torch_function",
                "has_torch_function_unary", "has_torch_function_variadic",
                "handle_torch_function")  # fmt: skip
    return not isinstance(value, type) and name.islower() and name not in internal


def is_named(mine: ModuleType, name: str) -> bool:
    """Whether the name is there, or missing on purpose."""
    try:
        getattr(mine, name)
    except MissingNameError:
        return True
    except AttributeError:
        return False
    return True


def test_a_missing_optimizer_is_named():
    with pytest.raises(MissingNameError, match=r"SparseAdam.*sparse tensors"):
        getattr(tinygrad_edu.optim, "SparseAdam")  # noqa: B009
