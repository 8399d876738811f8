"""`Embedding` and `LayerNorm` against PyTorch's."""

import numpy as np
import pytest
import torch

import tinygrad_edu

from .bridge import LAYOUTS
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

NUMBERS = [
    torch.tensor([[1, 3, 0], [3, 3, 5]]), torch.tensor(2), torch.tensor([4, 4], dtype=torch.int32),
    torch.zeros(0, dtype=torch.int64), torch.zeros(2, 0, dtype=torch.int64),
    torch.arange(6).reshape(2, 3).T,
]  # fmt: skip
OPTIONS = [
    {}, {"padding_idx": 3}, {"padding_idx": -1}, {"scale_grad_by_freq": True},
    {"scale_grad_by_freq": True, "padding_idx": 3},
]  # fmt: skip


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("number", range(len(NUMBERS)))
def test_embedding(number, options, dtype):
    # PyTorch has no second derivative where it scales by frequency, or of nothing.
    twice = "scale_grad_by_freq" not in options and NUMBERS[number].numel() > 0

    def call(library, input, weight):
        return library.nn.functional.embedding(input, weight, **options)

    for layout in LAYOUTS:
        compare(call, NUMBERS[number], draw((6, 4), dtype), twice=twice, layout=layout)


@pytest.mark.on_device
@pytest.mark.parametrize("dtype", DTYPES)
def test_embedding_in_a_model(dtype):
    def make(library):
        return library.nn.Sequential(library.nn.Embedding(6, 4, 0), library.nn.Linear(4, 2))

    compare_module(
        make,
        NUMBERS[0],
        draw((2, 3, 2), dtype),
        use=lambda model, numbers, target: (model(numbers) * target).sum(1),
    )


@pytest.mark.parametrize("norm_type", [2.0, 1.0, float("inf")])
@pytest.mark.parametrize("dtype", DTYPES)
def test_max_norm(dtype, norm_type):
    """Rows that were looked up, and no others, are shortened in the table itself."""
    start = draw((6, 4), dtype).detach()
    start[1] *= 3 / start[1].norm()
    tables, outputs = [], []
    for library in SIDES:
        module = library.nn.Embedding(6, 4, max_norm=1.0, norm_type=norm_type)
        module.weight = library.nn.Parameter(library.tensor(start.numpy()))
        version = module.weight._version
        outputs.append(module(library.tensor([[1, 1], [4, 2]])).tolist())
        assert module.weight._version > version
        tables.append(module.weight.detach().numpy())
    tolerance = 4 * torch.finfo(dtype).eps
    np.testing.assert_allclose(tables[1], tables[0], rtol=tolerance)
    np.testing.assert_allclose(outputs[1], outputs[0], rtol=tolerance)
    assert (tables[1][[0, 3, 5]] == start.numpy()[[0, 3, 5]]).all()
    assert (tables[1][1] != start.numpy()[1]).any()


def test_embeddings_are_made_alike():
    for arguments, options in [
        ((10, 3), {}), ((4, 7, 2), {}), ((4, 7, -1), {}), ((50, 20), {"max_norm": 2.0}),
        ((5, 3), {"norm_type": 1.0, "scale_grad_by_freq": True}),
    ]:  # fmt: skip
        check_made_alike(lambda lib, a=arguments, o=options: lib.nn.Embedding(*a, **o))
    check_made_alike(lambda lib: lib.nn.Embedding(5, 3, dtype=lib.float64))


def test_from_pretrained():
    for library in SIDES:
        table = library.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
        module = library.nn.Embedding.from_pretrained(table, padding_idx=0)
        assert module(library.tensor([2, 0])).tolist() == [[5.0, 6.0], [1.0, 2.0]]
        assert not module.weight.requires_grad and module.padding_idx == 0
        table[1, 1] = 7.0
        assert module.weight[1, 1].item() == 7.0
        assert library.nn.Embedding.from_pretrained(table, freeze=False).weight.requires_grad
    check_raises_alike(lambda lib: lib.nn.Embedding.from_pretrained(lib.ones(3)))


@pytest.mark.parametrize("number", range(9))
def test_embedding_errors(number):
    calls = [
        lambda lib: lib.nn.Embedding(4, 2)(lib.tensor([4])),
        lambda lib: lib.nn.Embedding(4, 2)(lib.tensor([-1])),
        lambda lib: lib.nn.Embedding(4, 2)(lib.tensor([1.0])),
        lambda lib: lib.nn.Embedding(4, 2)(lib.tensor([True])),
        lambda lib: lib.nn.Embedding(4, 2, padding_idx=4),
        lambda lib: lib.nn.Embedding(4, 2, padding_idx=-5),
        lambda lib: lib.nn.Embedding(4, 2, _weight=lib.ones(4, 3)),
        lambda lib: lib.nn.functional.embedding(lib.tensor([1]), lib.ones(4)),
        lambda lib: lib.nn.functional.embedding(lib.tensor([1]), lib.ones(4, 2), padding_idx=9),
    ]
    check_raises_alike(calls[number])


def test_sparse_gradients_are_refused_by_name():
    with pytest.raises(NotImplementedError, match="sparse"):
        tinygrad_edu.nn.Embedding(4, 2, sparse=True)


# Layer normalization ------------------------------------------------------------------------------

NORMALIZED = [
    ((4, 5), 5, {}), ((2, 3, 4), [3, 4], {}), ((2, 3, 4), (2, 3, 4), {}), ((5,), 5, {}),
    ((2, 3, 4), 4, {"eps": 0.1}), ((4, 5), 5, {"bias": False}), ((0, 3), 3, {}),
    ((4, 5), 5, {"elementwise_affine": False}), ((3, 1), 1, {}),
]  # fmt: skip


@pytest.mark.on_device
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("shape", "normalized", "options"), NORMALIZED)
def test_layer_norm(shape, normalized, options, dtype):
    x = draw(shape, dtype)
    compare_module(lambda lib: lib.nn.LayerNorm(normalized, **options), x * 3 + 1)
    for layout in ("transposed", "sliced"):
        compare(
            lambda lib, x: lib.nn.LayerNorm(normalized, elementwise_affine=False)(x),
            x,
            layout=layout,
        )


def test_layer_norm_with_a_bias_alone():
    """Of which PyTorch has no second derivative: it raises under create_graph."""
    values = [draw(shape, torch.float64, i).tolist() for i, shape in enumerate(((4, 3), (3,)))]
    upstream = draw((4, 3), torch.float64, 2).tolist()
    results = []
    for library in SIDES:
        x, bias = (library.tensor(v, requires_grad=True) for v in values)
        out = library.nn.functional.layer_norm(x, (3,), None, bias)
        gradients = library.autograd.grad(out, (x, bias), library.tensor(upstream))
        results.append([t.detach().numpy() for t in (out, *gradients)])
    for mine, theirs in zip(results[1], results[0], strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("dtype", DTYPES)
def test_layer_norm_of_special_values(dtype):
    inf, nan = float("inf"), float("nan")
    rows = [(1.0, 1.0, 1.0), (0.0, 0.0, 0.0), (1e4, 1e4 + 1, 1e4 - 1), (inf, 1.0, 2.0), (nan, 1, 2)]
    for row in rows:
        x = torch.tensor([row], dtype=dtype, requires_grad=True)
        compare(lambda lib, x: lib.nn.functional.layer_norm(x, (3,)), x, twice=False)


def test_layer_norms_are_made_alike():
    for _, normalized, options in NORMALIZED:
        check_made_alike(lambda lib, n=normalized, o=options: lib.nn.LayerNorm(n, **o))
    for library in SIDES:
        module = library.nn.LayerNorm(3)
        assert module.weight.tolist() == [1.0] * 3 and module.bias.tolist() == [0.0] * 3
        same_bits(tinygrad_edu.nn.LayerNorm(2).weight, torch.nn.LayerNorm(2).weight)


@pytest.mark.parametrize("number", range(6))
def test_layer_norm_errors(number):
    calls = [
        lambda lib: lib.nn.LayerNorm(3)(lib.ones(2, 4)),
        lambda lib: lib.nn.LayerNorm((2, 3))(lib.ones(3)),
        lambda lib: lib.nn.LayerNorm(3)(lib.ones(2, 3).double()),
        lambda lib: lib.nn.LayerNorm(3)(lib.ones(2, 3).long()),
        lambda lib: lib.nn.functional.layer_norm(lib.ones(2, 3), ()),
        lambda lib: lib.nn.functional.layer_norm(lib.ones(2, 3), (3,), lib.ones(2)),
    ]
    check_raises_alike(calls[number])
