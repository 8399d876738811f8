"""Wrong arguments of layers raise as PyTorch's do, and nothing else does."""

import warnings

import pytest
import torch

from .modules import SIDES
from .programs import ERRORS
from .versions import as_raised
from .wrong_layers import CALLS, OTHER_ERRORS


def raised(library, call):
    """The exception of a call, or None."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what is odd, but no mistake
            eval(call, {"lib": library, "nn": library.nn})
    except ERRORS as error:
        return as_raised(error) if library is torch else error
    return None


@pytest.mark.parametrize("call", CALLS.strip().splitlines())
def test_errors_are_pytorchs(call):
    theirs, mine = (raised(library, call) for library in SIDES)
    if theirs is None:
        assert mine is None, f"raised where PyTorch does not: {mine!r}"
    elif call in OTHER_ERRORS:
        assert mine is not None and not isinstance(mine, type(theirs)), "no longer an exception"
    else:
        assert isinstance(mine, type(theirs)), f"PyTorch raises {theirs!r}, ours {mine!r}"


def test_every_exception_is_in_the_list():
    assert set(OTHER_ERRORS) <= set(CALLS.strip().splitlines())
