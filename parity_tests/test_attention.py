"""Attention, `MultiheadAttention` and transformers against PyTorch's."""

import pytest
import torch

import tinygrad_edu

from .both import both
from .compare import compare
from .modules import (
    DTYPES,
    SIDES,
    check_made_alike,
    check_raises_alike,
    compare_module,
    draw,
    same_bits,
)
from .versions import NO_HEADS

# Scaled dot product -------------------------------------------------------------------------------


def attention(**options):
    def call(library, *tensors):
        library.manual_seed(7)
        return library.nn.functional.scaled_dot_product_attention(*tensors, **options)

    return call


def qkv(dtype, query=(2, 3, 4, 6), key=(2, 3, 5, 6), value=(2, 3, 5, 7)):
    return [draw(shape, dtype, seed) for seed, shape in enumerate((query, key, value))]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("options", [{}, {"is_causal": True}, {"scale": 0.3}, {"dropout_p": 0.4}])
def test_attention(options, dtype):
    compare(attention(**options), *qkv(dtype))
    compare(attention(**options), *qkv(dtype, (3, 6), (5, 6), (5, 2)))
    compare(attention(**options), *qkv(dtype, (6, 3), (4, 3), (4, 3)), layout="transposed")


@pytest.mark.parametrize("dtype", DTYPES)
def test_attention_masks(dtype):
    allowed = torch.rand(4, 5, generator=torch.Generator().manual_seed(1)) < 0.6
    allowed[2] = False  # a query that may look nowhere
    compare(attention(), *qkv(dtype), allowed)
    compare(attention(dropout_p=0.3), *qkv(dtype), allowed.expand(2, 1, 4, 5))
    compare(attention(), *qkv(dtype), draw((3, 4, 5), dtype, 9))
    masked = torch.zeros(4, 5, dtype=dtype).masked_fill(~allowed, -torch.inf)
    compare(attention(), *qkv(dtype), masked)


@pytest.mark.parametrize("dtype", DTYPES)
def test_attention_broadcasts_and_shares_heads(dtype):
    compare(attention(), *qkv(dtype, (2, 3, 4, 6), (1, 3, 5, 6), (2, 1, 5, 7)))
    compare(attention(enable_gqa=True), *qkv(dtype, (2, 6, 4, 6)))
    compare(attention(enable_gqa=True), *qkv(dtype, (6, 4, 6), (3, 5, 6), (3, 5, 7)))


@pytest.mark.parametrize("number", range(13))
def test_attention_errors(number):
    def call(lib, q=(2, 3, 4, 6), k=(2, 3, 5, 6), v=(2, 3, 5, 7), **options):
        f = lib.nn.functional.scaled_dot_product_attention
        return f(lib.ones(q), lib.ones(k), lib.ones(v), **options)

    calls = [
        lambda lib: call(lib, attn_mask=lib.ones(4, 5).bool(), is_causal=True),
        lambda lib: call(lib, attn_mask=lib.ones(4, 5).long()),
        lambda lib: call(lib, attn_mask=lib.ones(4, 5).double()),
        lambda lib: call(lib, attn_mask=lib.ones(3, 5)),
        lambda lib: call(lib, k=(2, 3, 5, 5)),
        lambda lib: call(lib, v=(2, 3, 4, 7)),
        lambda lib: call(lib, q=(6,), k=(6,), v=(6,)),
        lambda lib: call(lib, q=(2, 6, 4, 6)),
        lambda lib: call(lib, q=(2, 5, 4, 6), enable_gqa=True),
        lambda lib: call(lib, dropout_p=1.5),
        lambda lib: lib.nn.functional.scaled_dot_product_attention(
            lib.ones(2, 3), lib.ones(2, 3).double(), lib.ones(2, 3)
        ),
        lambda lib: lib.nn.functional.scaled_dot_product_attention(
            lib.ones(2, 3), lib.ones(2, 3), lib.ones(2, 3).double()
        ),
        lambda lib: lib.nn.functional.scaled_dot_product_attention(
            lib.ones(2, 3).double(), lib.ones(2, 3), lib.ones(2, 3)
        ),
    ]
    check_raises_alike(calls[number])


# Which implementation may be chosen ---------------------------------------------------------------


def allowed(lib):
    cuda = lib.backends.cuda
    return [
        cuda.cudnn_sdp_enabled(), cuda.flash_sdp_enabled(), cuda.mem_efficient_sdp_enabled(),
        cuda.math_sdp_enabled(),
    ]  # fmt: skip


def test_implementations_are_allowed_for_a_block():
    def run(lib):
        backend, cuda = lib.nn.attention.SDPBackend, lib.backends.cuda
        found = [allowed(lib)]
        for each in (backend.MATH, [backend.FLASH_ATTENTION, backend.MATH], [], [1]):
            with lib.nn.attention.sdpa_kernel(each, set_priority=True) as given:
                found += [given, allowed(lib)]
        with (
            pytest.raises(KeyError),
            lib.nn.attention.sdpa_kernel(backends=backend.CUDNN_ATTENTION),
        ):
            found.append(allowed(lib))
            raise KeyError
        with (
            pytest.warns(FutureWarning, match="sdp_kernel..` is deprecated"),
            cuda.sdp_kernel(enable_flash=False, enable_cudnn=False) as given,
        ):
            found += [given, allowed(lib)]
        found.append(allowed(lib))
        for name in ("cudnn", "flash", "mem_efficient", "math"):
            getattr(cuda, f"enable_{name}_sdp")(False)
            found.append(allowed(lib))
        for name in ("cudnn", "flash", "mem_efficient", "math"):
            getattr(cuda, f"enable_{name}_sdp")(enabled=True)
        math = backend.MATH
        texts = [str(math), repr(math), math.name, math.value, int(math), list("ab")[math]]
        return [*found, *texts, backend(1) == backend.FLASH_ATTENTION, math == 0]

    both(run)
    assert allowed(tinygrad_edu) == [True] * 4
    for wrong in (1, "MATH", (1,), None):
        check_raises_alike(lambda lib, wrong=wrong: lib.nn.attention.sdpa_kernel(wrong).__enter__())
    for name in ("flash", "math"):
        check_raises_alike(
            lambda lib, name=name: getattr(lib.backends.cuda, f"enable_{name}_sdp")(1)
        )


@pytest.mark.parametrize("chosen", ["MATH", "FLASH_ATTENTION", "EFFICIENT_ATTENTION"])
@pytest.mark.filterwarnings("ignore")  # PyTorch says in warnings what "flash" cannot do
def test_what_no_allowed_implementation_can_do_is_refused(chosen):
    def run(lib):
        def tried(*sizes, change=lambda x: x, **options):
            q, k, v = (change(lib.ones(size)) for size in sizes)
            try:
                out = lib.nn.functional.scaled_dot_product_attention(q, k, v, **options)
            except RuntimeError as error:
                return str(error)
            return out.tolist()

        same = [(1, 2, 3, 4)] * 3
        mask = lib.zeros(3, 3, requires_grad=True)
        with lib.nn.attention.sdpa_kernel(getattr(lib.nn.attention.SDPBackend, chosen)):
            found = [
                tried(*same),
                tried(*same, is_causal=True),
                tried(*same, attn_mask=lib.eye(3).bool()),
                tried(*same, attn_mask=mask),
                tried(*same, dropout_p=1.0),
                tried((2, 3, 4), (2, 3, 4), (2, 3, 4)),
                tried((1, 2, 3, 4), (1, 2, 3, 4), (1, 2, 3, 5)),
                tried((2, 2, 3, 4), (1, 2, 3, 4), (1, 2, 3, 4)),
                tried((1, 2, 3, 4), (1, 1, 3, 4), (1, 1, 3, 4)),
                tried((1, 2, 3, 4), (1, 1, 3, 4), (1, 1, 3, 4), enable_gqa=True),
                tried((1, 2, 3, 4), (1, 2, 5, 4), (1, 2, 5, 4)),
                tried(*[(1, 2, 4, 3)] * 3, change=lambda x: x.mT),
                tried(*[(1, 2, 3, 1)] * 3),
            ]
            if not (chosen == "EFFICIENT_ATTENTION" and NO_HEADS.missing):
                found.append(tried(*[(1, 2, 3, 0)] * 3))
            with lib.no_grad():
                found.append(tried(*same, attn_mask=mask))
        return found

    both(run)


# Multi-head attention -----------------------------------------------------------------------------

HEADS = [
    {}, {"bias": False}, {"batch_first": True}, {"kdim": 5, "vdim": 7}, {"kdim": 5, "bias": False},
    {"add_bias_kv": True}, {"add_zero_attn": True}, {"dropout": 0.3},
    {"add_bias_kv": True, "add_zero_attn": True, "batch_first": True, "kdim": 5},
]  # fmt: skip


def make_heads(**options):
    return lambda library: library.nn.MultiheadAttention(6, 2, **options)


def heads_inputs(options, dtype, keys=5, queries=4):
    shapes = [(queries, 3, 6), (keys, 3, options.get("kdim", 6)), (keys, 3, options.get("vdim", 6))]
    tensors = [draw(shape, dtype, seed) for seed, shape in enumerate(shapes)]
    if options.get("batch_first"):
        tensors = [t.detach().transpose(0, 1).contiguous().requires_grad_() for t in tensors]
    return tensors


def mask_of(*shape):
    mask = torch.rand(shape, generator=torch.Generator().manual_seed(3)) < 0.4
    mask[..., 0] = False  # everything may look somewhere
    return mask


@pytest.mark.on_device
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("options", HEADS, ids=str)
def test_heads(options, dtype):
    inputs = heads_inputs(options, dtype)
    twice = dtype is torch.float64
    compare_module(make_heads(**options), *inputs, twice=twice)
    compare_module(
        make_heads(**options),
        *inputs,
        mask_of(3, 5),
        mask_of(4, 5),
        use=lambda m, q, k, v, padding, mask: m(q, k, v, padding, False, mask),
        twice=False,
    )
    compare_module(make_heads(**options), *inputs, train=False, twice=False)


@pytest.mark.on_device
@pytest.mark.parametrize("dtype", DTYPES)
def test_self_attention(dtype):
    x = draw((4, 3, 6), dtype)
    for weights in (True, False):
        compare_module(make_heads(), x, use=lambda m, x, w=weights: m(x, x, x, need_weights=w))
    compare_module(make_heads(), x, use=lambda m, x: m(x, x, x, average_attn_weights=False))
    one = draw((4, 6), dtype)
    compare_module(make_heads(), one, use=lambda m, x: m(x, x, x))
    compare_module(make_heads(batch_first=True), one, use=lambda m, x: m(x, x, x, None, False))


@pytest.mark.on_device
@pytest.mark.parametrize("dtype", DTYPES)
def test_masks_of_heads(dtype):
    inputs = heads_inputs({}, dtype)
    padding, mask, masks = mask_of(3, 5), mask_of(4, 5), mask_of(6, 4, 5)
    numbers = draw((6, 4, 5), dtype, 8)
    for weights in (True, False):
        for given in ({"key_padding_mask": padding}, {"attn_mask": mask}, {"attn_mask": masks}):
            (name,) = given

            def use(m, q, k, v, mask, name=name, weights=weights):
                return m(q, k, v, need_weights=weights, **{name: mask})

            compare_module(make_heads(), *inputs, given[name], use=use, twice=False)
        compare_module(
            make_heads(),
            *inputs,
            numbers,
            use=lambda m, q, k, v, mask, w=weights: m(q, k, v, None, w, mask),
            twice=False,
        )


@pytest.mark.on_device
def test_heads_see_nothing():
    """Where all is masked, weights are nan if they are asked for, and else the result is 0."""
    inputs = heads_inputs({}, torch.float64)
    mask = torch.ones(4, 5, dtype=torch.bool)
    for weights in (True, False):
        compare_module(
            make_heads(),
            *inputs,
            mask,
            use=lambda m, q, k, v, mask, w=weights: m(q, k, v, None, w, mask),
            twice=False,
        )


@pytest.mark.on_device
def test_the_causal_hint():
    """It stands for the mask where PyTorch believes it, whatever the mask is."""
    x = draw((4, 3, 6), torch.float64)
    for mask in (torch.ones(4, 4).triu(1).bool(), torch.zeros(4, 4).bool()):
        for weights in (True, False):

            def use(m, x, mask, weights=weights):
                return m(x, x, x, None, weights, mask, is_causal=True)

            compare_module(make_heads(), x, mask, use=use, twice=False)


def test_mismatched_masks_warn():
    for library in SIDES:
        x = library.ones(4, 3, 6)
        padding, mask = library.zeros(3, 4).bool(), library.zeros(4, 4)
        with pytest.warns(UserWarning, match="mismatched key_padding_mask and attn_mask"):
            library.nn.MultiheadAttention(6, 2)(x, x, x, padding, attn_mask=mask)


@pytest.mark.parametrize("options", HEADS, ids=str)
def test_heads_are_made_alike(options):
    check_made_alike(make_heads(**options))


@pytest.mark.parametrize("number", range(18))
def test_errors_of_heads(number):
    def call(lib, q=(4, 3, 6), k=(5, 3, 6), v=(5, 3, 6), **options):
        return lib.nn.MultiheadAttention(6, 2)(lib.ones(q), lib.ones(k), lib.ones(v), **options)

    calls = [
        lambda lib: lib.nn.MultiheadAttention(6, 4),
        lambda lib: lib.nn.MultiheadAttention(0, 1),
        lambda lib: lib.nn.MultiheadAttention(6, 0),
        lambda lib: call(lib, is_causal=True),
        lambda lib: call(lib, attn_mask=lib.zeros(4, 4)),
        lambda lib: call(lib, attn_mask=lib.zeros(2, 4, 5)),
        lambda lib: call(lib, attn_mask=lib.zeros(5)),
        lambda lib: call(lib, attn_mask=lib.zeros(4, 5).long()),
        lambda lib: call(lib, key_padding_mask=lib.zeros(3, 4)),
        lambda lib: call(lib, key_padding_mask=lib.zeros(5)),
        lambda lib: call(lib, v=(4, 3, 6)),
        lambda lib: lib.nn.MultiheadAttention(6, 2, kdim=5)(
            lib.ones(4, 3, 6), lib.ones(5, 3, 5), lib.ones(4, 3, 6)
        ),
        lambda lib: call(lib, q=(6,)),
        lambda lib: call(lib, q=(4, 6)),
        lambda lib: call(lib, q=(4, 3, 8)),
        lambda lib: call(lib, k=(5, 3, 7), v=(5, 3, 7)),
        lambda lib: call(lib, q=(4, 6), k=(5, 6), v=(5, 6), attn_mask=lib.zeros(3, 4, 5)),
        lambda lib: lib.nn.MultiheadAttention(6, 2)(*[lib.ones(4, 3, 6).double()] * 3),
    ]
    check_raises_alike(calls[number])


def test_static_keys_are_refused_by_name():
    x, w = tinygrad_edu.ones(4, 3, 6), tinygrad_edu.ones(18, 6)
    with pytest.raises(NotImplementedError, match="static_k"):
        tinygrad_edu.nn.functional.multi_head_attention_forward(
            x, x, x, 6, 2, w, None, None, None, False, 0.0, w[:6], None, static_k=x
        )


def test_weights_dropped_alike():
    """The same seed drops the same weights, in the sequence and in the batch first."""
    for options in ({"dropout": 0.5}, {"dropout": 0.5, "batch_first": True}):
        shares = []
        for library in SIDES:
            library.manual_seed(0)
            x = library.ones(4, 3, 6)
            shares.append(make_heads(**options)(library)(x, x, x)[1])
        assert ((shares[1].detach().numpy() == 0) == (shares[0].detach().numpy() == 0)).all()
        same_bits(tinygrad_edu.rand(2), torch.rand(2))
