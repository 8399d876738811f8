"""What is taken from `op_db`: the ops that the engine has, and the samples of each.

`op_db` is private to PyTorch, and takes seconds to import. So it is imported when the first sample
is asked for, once in each process; what tests there are is known from `table`.
"""

from __future__ import annotations

import functools
import random
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
import torch
from hypothesis import settings

from ..cases import DTYPES
from ..seeds import begin
from .calls import is_here

CODES = ("f64", "f32", "i64", "b")  # the dtypes in which samples are asked for


class Op(NamedTuple):
    """One op of `op_db`, as listed in `table`.

    Attributes
    ----------
    name : str
        Of the function, as in ``nn.functional.pad``.
    variant : str
        What tells it from others of the same name.
    codes : str
        Of the dtypes in which there are samples, with commas.
    """

    name: str
    variant: str
    codes: str

    @property
    def id(self) -> str:
        """Both in one word."""
        return f"{self.name}-{self.variant}" if self.variant else self.name


@functools.cache
def database() -> dict[str, Any]:
    """The entries of the installed `op_db`, by what `Op.id` is.

    The module on the way there makes a Hypothesis profile of its own the current one; ours is then
    loaded again.
    """
    profile = settings.get_current_profile_name()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from torch.testing._internal.common_methods_invocations import op_db
    settings.load_profile(profile)
    return {Op(info.name, info.variant_test_name, "").id: info for info in op_db}


def listed() -> tuple[Op, ...]:
    """The ops of the installed `op_db` that the engine has: what `table` should say."""
    return tuple(
        Op(info.name, info.variant_test_name, ",".join(codes))
        for info in database().values()
        if is_here(info.name)
        for codes in [[c for c in CODES if DTYPES[c] in info.dtypes]]
        if codes
    )


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """The three sources of random numbers from which samples are made, and as they were after."""
    states = random.getstate(), np.random.get_state()
    with torch.random.fork_rng(devices=[]):
        random.seed(seed)
        np.random.seed(seed)
        torch.manual_seed(seed)
        yield
    random.setstate(states[0])
    np.random.set_state(states[1])


def differentiable(info: Any, code: str) -> bool:
    """Whether PyTorch has gradients for this op in this dtype."""
    dtype = DTYPES[code]
    return info.supports_autograd and dtype.is_floating_point and dtype in info.backward_dtypes


@functools.lru_cache(maxsize=4)
def samples(op_id: str, code: str, seed: int) -> tuple[Any, ...]:
    """All samples of an op in a dtype, with the numbers of this seed."""
    info = database()[op_id]
    with seeded(seed), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # Not by `info.sample_inputs`, which searches the stack for the running test, for tenths of
        # a second.
        wanted = differentiable(info, code)
        return tuple(info.sample_inputs_func(info, "cpu", DTYPES[code], wanted))


@functools.lru_cache(maxsize=4)
def wrong_samples(op_id: str) -> tuple[Any, ...]:
    """The calls for which PyTorch raises, and what."""
    info = database()[op_id]
    if info.error_inputs_func is None:
        return ()
    with seeded(begin(0)), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return tuple(info.error_inputs_func(info, "cpu"))
