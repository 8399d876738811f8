"""With PyTorch 2.13 nothing is left out; what is tried out to tell an older one works there."""

import pytest
import torch

from .versions import (
    BEFORE_2_13,
    BUILT_FOR_GPUS,
    DIFFERENCES,
    OTHER_ERRORS,
    as_printed,
    as_raised,
    as_said,
    succeeds,
)

TRIED = [difference for difference in DIFFERENCES if difference.works]


@pytest.mark.parametrize("difference", TRIED, ids=str)
def test_what_is_tried_out_tells_what_is_missing(difference):
    assert difference.missing is not succeeds(difference.works)


def test_only_an_older_pytorch_is_compared_otherwise():
    missing = [difference for difference in DIFFERENCES if difference.missing]
    assert bool(missing) == BEFORE_2_13 == (torch.__version__ < (2, 13))
    text = "LayerNorm((3,), eps=1e-05, elementwise_affine=True, bias=True)"
    assert (as_printed(text) == text) != BEFORE_2_13
    named = RuntimeError("Name 'a' not found in Tensor[None].")
    assert type(as_raised(named)) is (TypeError if BEFORE_2_13 else RuntimeError)
    assert as_raised(None) is None
    renamed = "keyword argument `min_value` is deprecated and rename to `min_val`"
    assert (as_said(renamed) == renamed) != BEFORE_2_13
    assert as_said("some other words") == "some other words"


def test_a_pytorch_built_for_gpus_is_taken_for_one_that_is_not():
    error = RuntimeError("No CUDA GPUs are available")
    assert (type(as_raised(error)) is AssertionError) == BUILT_FOR_GPUS


def test_no_other_error_is_changed():
    for older, _, _ in OTHER_ERRORS:
        error = older("some other words")
        assert as_raised(error) is error
