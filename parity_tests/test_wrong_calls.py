"""Calls that are wrong in one place end as PyTorch's do: with one exception, or one result.

Why some do not is told in `wrong_calls_table`.
"""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import torch

import tinygrad_edu

from .examples import drawn
from .ops import ROWS
from .versions import NO_NAMES
from .wrong_calls import attempt, judge_wrong_call, same_value, wrong_calls
from .wrong_calls_table import DEVIATIONS

#: Rows draw shapes with one element, of which there is no variance; test_warnings.py has what is
#: said then.
pytestmark = pytest.mark.filterwarnings("ignore:.*degrees of freedom is <= 0:UserWarning")


@pytest.mark.parametrize("row", ROWS)
@drawn()
def test_a_change_in_one_place(row, data):
    if row.name == "flatten" and NO_NAMES.missing:
        pytest.skip(f"{NO_NAMES}; given one, flatten ends the process")
    judge_wrong_call(*data.draw(wrong_calls(row)))


def listed(result):
    """The numbers of a tensor, or what else was returned."""
    return result.tolist() if hasattr(result, "tolist") else result


@pytest.mark.parametrize("deviation", DEVIATIONS, ids=lambda d: d.example)
def test_the_table_is_needed(deviation):
    """An entry whose example ends alike on both sides is to be taken out."""
    ends = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for library in (tinygrad_edu, torch):
            names = {"lib": library, "np": np}
            ends.append(attempt(lambda names=names: eval(deviation.example, names)))
    (ours, our_error), (theirs, their_error) = ends
    if our_error is None is their_error:
        assert not same_value(listed(ours), listed(theirs))
    else:
        assert type(our_error) is not type(their_error)
