"""Transformers and their layers against PyTorch's."""

import pytest
import torch

import tinygrad_edu

from .modules import DTYPES, SIDES, check_made_alike, check_raises_alike, compare_module, draw

# PyTorch's, of a quick path that is not taken.
pytestmark = pytest.mark.filterwarnings("ignore:enable_nested_tensor is True")

LAYERS = [
    {}, {"norm_first": True}, {"batch_first": True, "dropout": 0.0}, {"bias": False},
    {"batch_first": True, "norm_first": True, "dropout": 0.5, "layer_norm_eps": 0.1},
]  # fmt: skip


def causal(size):
    return torch.ones(size, size).triu(1).bool()


def make_layer(kind, **options):
    def make(library):
        chosen = {"dim_feedforward": 8} | options
        if chosen.get("activation") == "tanh":
            chosen["activation"] = library.tanh
        return getattr(library.nn, f"Transformer{kind}Layer")(4, 2, **chosen)

    return make


def make_transformer(**options):
    return lambda library: library.nn.Transformer(4, 2, 2, 1, 8, **options)


def shaped(options, length):
    return (3, length, 4) if options.get("batch_first") else (length, 3, 4)


@pytest.mark.on_device
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("options", [*LAYERS, {"activation": "tanh"}], ids=str)
def test_encoder_layer(options, dtype):
    x = draw(shaped(options, 5), dtype)
    twice = dtype is torch.float64
    compare_module(make_layer("Encoder", **options), x, twice=twice)
    padding = torch.tensor([[0, 0, 0, 0, 1], [0, 0, 1, 1, 1], [0, 0, 0, 0, 0]]).bool()
    compare_module(make_layer("Encoder", **options), x, causal(5), padding, twice=False)
    compare_module(make_layer("Encoder", **options), x, train=False, twice=False)


@pytest.mark.on_device
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("options", LAYERS, ids=str)
def test_decoder_layer(options, dtype):
    x, memory = draw(shaped(options, 5), dtype), draw(shaped(options, 4), dtype, 1)
    compare_module(make_layer("Decoder", **options), x, memory, twice=False)
    padding = torch.tensor([[0, 0, 0, 1], [0, 0, 1, 1], [0, 0, 0, 0]]).bool()
    compare_module(
        make_layer("Decoder", **options),
        x,
        memory,
        causal(5),
        padding,
        use=lambda m, x, memory, mask, padding: m(
            x, memory, tgt_mask=mask, memory_key_padding_mask=padding
        ),
        twice=False,
    )


@pytest.mark.on_device
@pytest.mark.parametrize("dtype", DTYPES)
def test_one_sequence_alone(dtype):
    x, memory = draw((5, 4), dtype), draw((3, 4), dtype, 1)
    compare_module(make_layer("Encoder"), x, twice=False)
    compare_module(make_layer("Decoder"), x, memory, twice=False)
    compare_module(make_transformer(dropout=0.0), memory, x, twice=False)


@pytest.mark.on_device
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("options", LAYERS, ids=str)
def test_transformer(options, dtype):
    source, target = draw(shaped(options, 4), dtype), draw(shaped(options, 5), dtype, 1)
    padding = torch.tensor([[0, 0, 0, 1], [0, 0, 1, 1], [0, 0, 0, 0]]).bool()
    compare_module(
        make_transformer(**options),
        source,
        target,
        causal(5),
        padding,
        use=lambda m, source, target, mask, padding: m(
            source,
            target,
            tgt_mask=mask,
            src_key_padding_mask=padding,
            memory_key_padding_mask=padding,
        ),
        twice=False,
    )


@pytest.mark.on_device
def test_stacks():
    x, memory = draw((5, 3, 4), torch.float64), draw((4, 3, 4), torch.float64, 1)

    def encoder(library):
        layer = make_layer("Encoder")(library)
        return library.nn.TransformerEncoder(layer, 2, library.nn.LayerNorm(4))

    def decoder(library):
        return library.nn.TransformerDecoder(make_layer("Decoder")(library), 2)

    compare_module(encoder, x, twice=False)
    compare_module(decoder, x, memory, twice=False)
    for make in (encoder, decoder):
        check_made_alike(make)


@pytest.mark.parametrize("options", LAYERS, ids=str)
def test_made_alike(options):
    for kind in ("Encoder", "Decoder"):
        check_made_alike(make_layer(kind, **options))
    check_made_alike(make_transformer(**options))


def test_layers_of_a_stack_are_copies():
    for library in SIDES:
        layer = library.nn.TransformerEncoderLayer(4, 2, 8)
        stack = library.nn.TransformerEncoder(layer, 2)
        first, second = (block.linear1.weight for block in stack.layers)
        assert first is not second and first.tolist() == second.tolist()
        assert first is not layer.linear1.weight


def test_causal_mask():
    for size in (0, 1, 4):
        for dtype in ("float32", "float64"):
            masks = [
                lib.nn.Transformer.generate_square_subsequent_mask(size, dtype=getattr(lib, dtype))
                for lib in SIDES
            ]
            assert masks[1].tolist() == masks[0].tolist()
            assert str(masks[1].dtype) == str(masks[0].dtype)


@pytest.mark.parametrize("number", range(7))
def test_errors(number):
    calls = [
        lambda lib: lib.nn.TransformerEncoderLayer(4, 2, activation="tanh"),
        lambda lib: lib.nn.TransformerEncoderLayer(4, 3),
        lambda lib: lib.nn.TransformerEncoderLayer(4, 2, dropout=2.0),
        lambda lib: make_transformer()(lib)(lib.ones(3, 2, 4), lib.ones(3, 1, 4)),
        lambda lib: make_transformer()(lib)(lib.ones(3, 2, 5), lib.ones(3, 2, 5)),
        lambda lib: make_layer("Encoder")(lib)(lib.ones(3, 2, 5)),
        lambda lib: make_layer("Encoder")(lib)(lib.ones(3, 2, 4), is_causal=True),
    ]
    check_raises_alike(calls[number])


def test_the_future_is_not_seen():
    """Under a causal mask, what comes later changes nothing before it."""
    tinygrad_edu.manual_seed(0)
    layer = make_layer("Encoder", dropout=0.0)(tinygrad_edu).eval()
    x = tinygrad_edu.randn(5, 1, 4)
    y = x.clone()
    y[3:] = 0.0
    mask = tinygrad_edu.nn.Transformer.generate_square_subsequent_mask(5)
    before, after = (layer(t, src_mask=mask)[:3].tolist() for t in (x, y))
    assert before == after
