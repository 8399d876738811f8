"""NumPy's integers, as they come out of shapes and ranges, where Python's are expected."""

import numpy as np
import pytest

from .both import both
from .versions import as_printed

N = np.int64
CALLS = {
    "MaxPool1d": lambda lib, x: lib.nn.MaxPool1d(N(2))(x[0]),
    "MaxPool2d": lambda lib, x: lib.nn.MaxPool2d(N(2), padding=N(1))(x),
    "AvgPool2d": lambda lib, x: lib.nn.AvgPool2d(N(2), stride=N(1))(x),
    "AvgPool3d": lambda lib, x: lib.nn.AvgPool3d(N(1), stride=N(2))(x),
    "stride that is empty": lambda lib, x: lib.nn.functional.max_pool2d(x, 2, ()),
    "Conv2d": lambda lib, x: lib.nn.functional.conv2d(
        x.reshape(1, 4, 4, 4), lib.ones(2, 2, 3, 3), groups=N(2)
    ),
    "CrossEntropyLoss": lambda lib, x: lib.nn.CrossEntropyLoss(ignore_index=N(0))(
        x[0, 0], lib.arange(8)
    ),
    "LayerNorm": lambda lib, x: lib.nn.LayerNorm(N(8))(x),
    "RMSNorm": lambda lib, x: lib.nn.RMSNorm(N(8))(x),
    "ZeroPad2d": lambda lib, x: lib.nn.ZeroPad2d(N(1))(x),
}


@pytest.mark.parametrize("name", CALLS)
def test_they_are_taken_for_numbers(name):
    def run(lib):
        result = CALLS[name](lib, lib.arange(64.0).reshape(1, 1, 8, 8) / 8)
        return tuple(result.shape), [round(n, 4) for n in result.flatten().tolist()]

    both(run)


def test_what_they_print():
    both(lambda lib: [repr(lib.nn.ZeroPad2d(N(1))), as_printed(repr(lib.nn.LayerNorm(N(8))))])
