"""Sequences of different lengths: packed, padded, and run through recurrent layers."""

import numpy as np
import pytest
import torch

import tinygrad_edu

from .compare import compare
from .modules import DTYPES, SIDES, check_raises_alike, compare_module, draw

SHAPE = (4, 3, 2)  # steps, sequences, features
SORTED, UNSORTED = [4, 2, 1], [2, 4, 1]


def rnn(library):
    return library.nn.utils.rnn


def everything(packed):
    """All of a PackedSequence that are numbers."""
    return [tensor for tensor in packed if tensor is not None]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("batch_first", [False, True])
@pytest.mark.parametrize("layout", ["contiguous", "transposed", "sliced"])
def test_pack_and_pad(layout, batch_first, dtype):
    x = draw((3, 4, 2) if batch_first else SHAPE, dtype)

    def packed(library, x, lengths, enforce_sorted):
        return rnn(library).pack_padded_sequence(x, lengths, batch_first, enforce_sorted)

    def padded(library, x, lengths, **options):
        sequence = packed(library, x, lengths, False)
        return rnn(library).pad_packed_sequence(sequence, batch_first, **options)

    compare(lambda lib, x: everything(packed(lib, x, SORTED, True)), x, layout=layout)
    compare(lambda lib, x: everything(packed(lib, x, UNSORTED, False)), x, layout=layout)
    compare(lambda lib, x: everything(packed(lib, x, [2, 2, 1], True)), x, layout=layout)
    compare(lambda lib, x: padded(lib, x, UNSORTED), x, layout=layout)
    compare(lambda lib, x: padded(lib, x, [1, 1, 3], padding_value=-1.5, total_length=6), x)


@pytest.mark.parametrize("dtype", DTYPES)
def test_pad_sequence(dtype):
    parts = [draw((n, 2), dtype, n) for n in (3, 1, 2)]
    for options in (
        {}, {"batch_first": True}, {"padding_value": 9}, {"padding_side": "left"},
        {"batch_first": True, "padding_side": "left", "padding_value": -1.0},
    ):  # fmt: skip
        compare(lambda lib, *x, o=options: rnn(lib).pad_sequence(x, **o), *parts)
    compare(lambda lib, *x: rnn(lib).pad_sequence(list(x)), *[draw((n,), dtype) for n in (2, 0)])
    compare(lambda lib, x: rnn(lib).pad_sequence(x), draw(SHAPE, dtype))
    compare(lambda lib, x: rnn(lib).pad_sequence([x.detach().long(), x]), draw((3,), dtype))


@pytest.mark.parametrize("dtype", DTYPES)
def test_back_and_forth(dtype):
    parts = [draw((n, 2), dtype, n) for n in (3, 1, 2)]

    def round_trip(library, *parts):
        packed = rnn(library).pack_sequence(list(parts), enforce_sorted=False)
        return [*everything(packed), *rnn(library).unpack_sequence(packed)]

    def unpadded(library, *parts):
        padded = rnn(library).pad_sequence(parts, batch_first=True)
        return rnn(library).unpad_sequence(padded, library.tensor([3, 1, 2]), batch_first=True)

    compare(round_trip, *parts)
    compare(unpadded, *parts)


def test_text_and_conversions():
    texts = []
    for library in SIDES:
        numbers = library.arange(24).reshape(SHAPE)
        packed = rnn(library).pack_padded_sequence(numbers, UNSORTED, enforce_sorted=False)
        texts.append(
            [
                repr(packed), repr(packed.double()), repr(packed.to(library.int32)),
                repr(packed.float().half()), repr(packed.long()),
            ]
        )  # fmt: skip
        assert packed.to(library.int64) is packed and packed.cpu() is packed
        assert rnn(library).invert_permutation(None) is None
        assert isinstance(packed, tuple) and len(packed) == 4
        pair = rnn(library).PackedSequence((packed.data, packed.batch_sizes))
        assert pair.unsorted_indices is None and pair.data is packed.data
    assert texts[0] == texts[1]


WRONG = [
    lambda r, x: r.pack_padded_sequence(x, [1, 2, 1]),
    lambda r, x: r.pack_padded_sequence(x, [4, 2]),
    lambda r, x: r.pack_padded_sequence(x, [4, 2, 0]),
    lambda r, x: r.pack_padded_sequence(x, [4, 2, -1]),
    lambda r, x: r.pack_padded_sequence(x, [[4, 2, 1]]),
    lambda r, x: r.pack_padded_sequence(x[:, :0], []),
    lambda r, x: r.pad_packed_sequence(r.pack_padded_sequence(x, SORTED), total_length=3),
    lambda r, x: r.pad_sequence([]),
    lambda r, x: r.pad_sequence(5),
    lambda r, x: r.pad_sequence([x[0], 1]),
    lambda r, x: r.pad_sequence([x.sum()]),
    lambda r, x: r.pad_sequence([x], padding_side="top"),
    lambda r, x: r.PackedSequence(x),
]


@pytest.mark.parametrize("number", range(len(WRONG)))
def test_errors(number):
    check_raises_alike(lambda lib: WRONG[number](rnn(lib), lib.ones(SHAPE)))


def test_lengths_beyond_the_input():
    """PyTorch returns batch sizes for steps that are not there."""
    with pytest.raises(RuntimeError, match="beyond"):
        rnn(tinygrad_edu).pack_padded_sequence(tinygrad_edu.ones(SHAPE), [5, 2, 1])


OPTIONS = [
    {}, {"num_layers": 2, "bidirectional": True, "bias": False},
    {"num_layers": 2, "dropout": 0.4, "bidirectional": True},
    {"num_layers": 2, "dropout": 0.4, "batch_first": True},
]  # fmt: skip


def run_packed(enforce_sorted, lengths):
    def use(module, x, *states):
        library = torch if isinstance(x, torch.Tensor) else tinygrad_edu
        packed = rnn(library).pack_padded_sequence(x, lengths, enforce_sorted=enforce_sorted)
        hx = (states if len(states) == 2 else states[0]) if states else None
        output, last = module(packed, hx)
        return (*everything(output), *(last if isinstance(last, tuple) else (last,)))

    return use


@pytest.mark.on_device
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("name", ["RNN", "LSTM", "GRU"])
def test_packed_through_layers(name, options, dtype):
    def make(library):
        return getattr(library.nn, name)(2, 3, **options)

    twice = dtype is torch.float64 and not options.get("dropout")
    compare_module(make, draw(SHAPE, dtype), use=run_packed(True, SORTED), twice=twice)
    layers = options.get("num_layers", 1) * (2 if options.get("bidirectional") else 1)
    states = [draw((layers, 3, 3), dtype, seed) for seed in (1, 2)][: 2 if name == "LSTM" else 1]
    compare_module(make, draw(SHAPE, dtype), *states, use=run_packed(False, UNSORTED), twice=False)


def test_padding_is_not_looked_at():
    x = tinygrad_edu.rand(SHAPE)
    layer = tinygrad_edu.nn.GRU(2, 3, bidirectional=True)
    results = []
    for padding in (0.0, float("nan")):
        y = x.clone()
        y[2:, 1] = padding
        y[1:, 2] = padding
        packed = rnn(tinygrad_edu).pack_padded_sequence(y, SORTED)
        output, last = layer(packed)
        results.append((output.data.numpy(force=True), last.numpy(force=True)))
    for with_zeros, with_nans in zip(*results, strict=True):
        np.testing.assert_array_equal(with_zeros, with_nans)


@pytest.mark.parametrize("name", ["RNN", "LSTM", "GRU"])
def test_wrong_packed_inputs(name):
    def call(library, shape=SHAPE, states=None, dtype="float32"):
        x = library.ones(shape, dtype=getattr(library, dtype))
        hx = None if states is None else library.ones(states)
        hx = (hx, hx) if hx is not None and name == "LSTM" else hx
        return getattr(library.nn, name)(2, 3)(rnn(library).pack_padded_sequence(x, SORTED), hx)

    check_raises_alike(lambda lib: call(lib, shape=(4, 3, 5)))
    check_raises_alike(lambda lib: call(lib, shape=(4, 3)))
    check_raises_alike(lambda lib: call(lib, dtype="float64"))
    check_raises_alike(lambda lib: call(lib, states=(1, 2, 3)))
    check_raises_alike(lambda lib: getattr(lib.nn, name)(2, 3)([lib.ones(SHAPE)]))
