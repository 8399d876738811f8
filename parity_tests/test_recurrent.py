"""Recurrent layers and cells against PyTorch's."""

import pytest
import torch

import tinygrad_edu

from .modules import (
    DTYPES,
    check_made_alike,
    check_raises_alike,
    compare_module,
    draw,
)

LAYERS = ("RNN", "LSTM", "GRU")
CELLS = ("RNNCell", "LSTMCell", "GRUCell")
OPTIONS = [
    {},
    {"bias": False, "batch_first": True},
    {"num_layers": 2, "bidirectional": True},
    {"num_layers": 3, "dropout": 0.4, "batch_first": True},
    {"num_layers": 2, "dropout": 0.4, "bidirectional": True},
]


def make(name, *args, **options):
    return lambda library: getattr(library.nn, name)(*args, **options)


def states(name, shape, dtype):
    return [draw(shape, dtype, seed) for seed in (1, 2)][: 2 if name.startswith("LSTM") else 1]


def with_states(module, x, *states):
    if not states:
        return module(x)
    return module(x, states if len(states) == 2 else states[0])


@pytest.mark.on_device
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("name", LAYERS)
def test_layers(name, options, dtype):
    shape = (2, 4, 3) if options.get("batch_first") else (4, 2, 3)
    # Second order once: it is the same op whatever stands around it.
    twice = dtype is torch.float64 and not options.get("dropout")
    compare_module(make(name, 3, 5, **options), draw(shape, dtype), twice=twice)


@pytest.mark.on_device
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", LAYERS)
def test_initial_states(name, dtype):
    batched = states(name, (4, 2, 5), dtype)
    layer = make(name, 3, 5, num_layers=2, bidirectional=True)
    compare_module(layer, draw((3, 2, 3), dtype), *batched, use=with_states, twice=False)
    alone = states(name, (1, 5), dtype)
    layer = make(name, 3, 5, batch_first=True)
    twice = dtype is torch.float64
    compare_module(layer, draw((3, 3), dtype), *alone, use=with_states, twice=twice)
    compare_module(layer, draw((3, 3), dtype), use=with_states, twice=False)


@pytest.mark.on_device
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_projections(options, dtype):
    shape = (2, 4, 3) if options.get("batch_first") else (4, 2, 3)
    layer = make("LSTM", 3, 5, proj_size=2, **options)
    twice = dtype is torch.float64 and not options.get("dropout")
    compare_module(layer, draw(shape, dtype), twice=twice)
    compare_module(layer, draw(shape, dtype), use=lambda m, x: m(x)[1], twice=False)
    count = options.get("num_layers", 1) * (2 if options.get("bidirectional") else 1)
    first = [draw((count, 2, features), dtype, features) for features in (2, 5)]
    compare_module(layer, draw(shape, dtype), *first, use=with_states, twice=twice)
    alone = [draw((count, features), dtype, features) for features in (2, 5)]
    compare_module(layer, draw((3, 3), dtype), *alone, use=with_states, twice=False)
    check_made_alike(layer)


@pytest.mark.on_device
def test_projections_of_packed_sequences():
    def call(module, x):
        rnn = (torch if isinstance(x, torch.Tensor) else tinygrad_edu).nn.utils.rnn
        packed = rnn.pack_padded_sequence(x, [4, 2, 1])
        output, (h, c) = module(packed)
        return output.data, h, c

    layer = make("LSTM", 3, 5, 2, bidirectional=True, proj_size=3)
    compare_module(layer, draw((4, 3, 3), torch.float64), use=call, twice=False)


@pytest.mark.on_device
@pytest.mark.parametrize("name", LAYERS)
def test_only_the_last_states(name):
    """Gradients come from h and c of the last step alone, and not from the outputs."""
    layer = make(name, 3, 5, num_layers=2)
    compare_module(layer, draw((4, 2, 3), torch.float64), use=lambda m, x: m(x)[1])


@pytest.mark.on_device
@pytest.mark.parametrize("dtype", DTYPES)
def test_relu(dtype):
    layer = make("RNN", 3, 5, nonlinearity="relu")
    compare_module(layer, draw((4, 2, 3), dtype), draw((1, 2, 5), dtype, 1), use=with_states)
    cell = make("RNNCell", 3, 5, nonlinearity="relu", bias=False)
    compare_module(cell, draw((2, 3), dtype), draw((2, 5), dtype, 1))


@pytest.mark.on_device
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("name", CELLS)
def test_cells(name, bias, dtype):
    cell = make(name, 3, 5, bias=bias)
    compare_module(cell, draw((2, 3), dtype), *states(name, (2, 5), dtype), use=with_states)
    compare_module(cell, draw((3,), dtype), *states(name, (5,), dtype), use=with_states)
    compare_module(cell, draw((2, 3), dtype))
    compare_module(cell, draw((3,), dtype))


@pytest.mark.on_device
@pytest.mark.parametrize("name", LAYERS)
def test_dropout_is_off_in_evaluation(name):
    layer = make(name, 3, 5, num_layers=2, dropout=0.9)
    with torch.backends.cudnn.flags(enabled=False):  # cuDNN has no gradients in evaluation
        compare_module(layer, draw((4, 2, 3), torch.float64), train=False, twice=False)


@pytest.mark.on_device
@pytest.mark.parametrize("name", LAYERS)
def test_large_numbers_and_no_samples(name):
    compare_module(make(name, 3, 5), draw((2, 2, 3), torch.float32) * 1e4, twice=False)
    compare_module(make(name, 3, 5), draw((2, 0, 3), torch.float64), twice=False)


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("name", LAYERS)
def test_layers_are_made_alike(name, options):
    check_made_alike(make(name, 3, 5, **options))


def test_cells_are_made_alike():
    for name in CELLS:
        check_made_alike(make(name, 3, 5))
        check_made_alike(make(name, 3, 5, bias=False))
    check_made_alike(make("RNNCell", 3, 5, nonlinearity="relu"))
    check_made_alike(make("RNN", 3, 5, 2, "relu", False, True, 0.1, True))
    check_made_alike(lambda lib: lib.nn.LSTM(3, 5, dtype=lib.float64))


WRONG_LAYERS = [
    {"dropout": 2}, {"dropout": True}, {"dropout": "a"}, {"num_layers": 0}, {"num_layers": 1.5},
    {"bias": 1}, {"batch_first": None}, {"hidden_size": 0}, {"hidden_size": "4"},
    {"input_size": -1}, {"input_size": 3.0},
]  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG_LAYERS, ids=str)
@pytest.mark.parametrize("name", LAYERS)
def test_wrong_constructor_arguments(name, wrong):
    arguments = {"input_size": 3, "hidden_size": 4} | wrong
    check_raises_alike(lambda lib: getattr(lib.nn, name)(**arguments))


WRONG_CALLS = [
    lambda lib, m, h: m(lib.ones(3)), lambda lib, m, h: m(lib.ones(1, 2, 2, 3)),
    lambda lib, m, h: m(lib.ones(2, 2, 4)), lambda lib, m, h: m(lib.ones(2, 4)),
    lambda lib, m, h: m(lib.ones(0, 2, 3)), lambda lib, m, h: m(lib.ones(2, 2, 3).double()),
    lambda lib, m, h: m(lib.ones(2, 2, 3).long()),
    lambda lib, m, h: m(lib.ones(2, 2, 3), h(1, 3, 4)),
    lambda lib, m, h: m(lib.ones(2, 2, 3), h(2, 2, 4)),
    lambda lib, m, h: m(lib.ones(2, 2, 3), h(1, 2, 5)),
    lambda lib, m, h: m(lib.ones(2, 2, 3), h(2, 4)),
    lambda lib, m, h: m(lib.ones(2, 3), h(1, 1, 4)),
    lambda lib, m, h: m(lib.ones(2, 3), h(2, 4)),
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(WRONG_CALLS)))
@pytest.mark.parametrize("name", LAYERS)
def test_wrong_inputs(name, number):
    def call(lib):
        def state(*shape):
            return (lib.ones(shape), lib.ones(shape)) if name == "LSTM" else lib.ones(shape)

        return WRONG_CALLS[number](lib, getattr(lib.nn, name)(3, 4), state)

    check_raises_alike(call)


@pytest.mark.parametrize("name", CELLS)
def test_wrong_inputs_of_cells(name):
    for shape, hidden in [
        ((2, 2, 3), None), ((2, 4), None), ((4,), None), ((2, 3), (3, 4)), ((2, 3), (2, 3)),
        ((2, 3), (4,)), ((3,), (2, 4)), ((2, 3), (1, 2, 4)),
    ]:  # fmt: skip

        def call(lib, shape=shape, hidden=hidden):
            h = None if hidden is None else lib.ones(hidden)
            h = (h, h) if name == "LSTMCell" and h is not None else h
            return getattr(lib.nn, name)(3, 4)(lib.ones(shape), h)

        check_raises_alike(call)
    check_raises_alike(lambda lib: getattr(lib.nn, name)(3, 4)(lib.ones(2, 3).double()))


def test_other_errors():
    check_raises_alike(lambda lib: lib.nn.RNN(3, 4, nonlinearity="sigmoid"))
    check_raises_alike(lambda lib: lib.nn.RNNCell(3, 4, nonlinearity="x")(lib.ones(2, 3)))
    check_raises_alike(lambda lib: lib.nn.LSTM(3, 4)(lib.ones(2, 2, 3), lib.ones(2, 1, 2, 4)))
    check_raises_alike(lambda lib: lib.nn.LSTMCell(3, 4)(lib.ones(2, 3), lib.ones(2, 2, 4)))
    for count in (1, 3):
        check_raises_alike(lambda lib, count=count: lib.nn.LSTM(3, 4)(
            lib.ones(2, 2, 3), (lib.ones(1, 2, 4),) * count))  # fmt: skip
    with pytest.raises(NotImplementedError, match="proj_size"):
        tinygrad_edu.nn.RNNBase("GRU", 3, 4, proj_size=2)
    for h, c in (((1, 2, 4), (1, 2, 4)), ((1, 2, 2), (1, 2, 2)), ((1, 2), (1, 4))):
        check_raises_alike(lambda lib, h=h, c=c: lib.nn.LSTM(3, 4, proj_size=2)(
            lib.ones(2, 2, 3), (lib.ones(h), lib.ones(c))))  # fmt: skip
    for wrong in (4, -1, "a", 2.5):
        check_raises_alike(lambda lib, wrong=wrong: lib.nn.LSTM(3, 4, proj_size=wrong))


@pytest.mark.parametrize("name", LAYERS)
def test_dropout_of_a_single_layer_warns(name):
    for library in (torch, tinygrad_edu):
        with pytest.warns(UserWarning, match="dropout option adds dropout after all but last"):
            getattr(library.nn, name)(3, 4, dropout=0.5)
