"""The forms that layers' functions have in ``torch`` itself, beside those in ``nn.functional``."""

import pytest
import torch

import tinygrad_edu

from .compare import compare
from .modules import DTYPES, SIDES, check_raises_alike, draw, same_bits


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    "name", ["dropout", "alpha_dropout", "feature_dropout", "feature_alpha_dropout"]
)
def test_dropout(name, dtype):
    for p, train in ((0.4, True), (0.0, True), (1.0, True), (0.4, False)):

        def call(library, x, p=p, train=train):
            library.manual_seed(5)
            return getattr(library, name)(x, p, train)

        compare(call, draw((3, 4, 2), dtype))
        same_bits(tinygrad_edu.rand(3), torch.rand(3))
    for library in SIDES:
        x = library.ones(2, 3)
        assert getattr(library, name)(x, p=0.5, train=False) is x
    for arguments in ((2.0, True), (-0.1, True), (0.5,), (0.5, 1)):
        check_raises_alike(lambda lib, a=arguments: getattr(lib, name)(lib.ones(2, 3), *a))
    check_raises_alike(lambda lib: getattr(lib, name)([1], 0.5, True))


@pytest.mark.parametrize("dtype", DTYPES)
def test_normalization(dtype):
    x, w, b = draw((2, 4, 3), dtype), draw((4,), dtype, 1), draw((4,), dtype, 2)
    mean, var = draw((4,), dtype, 3).detach(), draw((4,), dtype, 4).detach().abs()
    whole = draw((4, 3), dtype, 5)

    def running(library, x, w, b, mean, var, name, own):
        mean, var = mean.clone(), var.clone()
        out = getattr(library, name)(x, w, b, mean, var, own, 0.2, 1e-4, True)
        return [out, mean, var]

    for name in ("batch_norm", "instance_norm"):
        for own in (True, False):
            compare(lambda lib, *args, n=name, o=own: running(lib, *args, n, o), x, w, b, mean, var)
    compare(lambda lib, x: lib.batch_norm(x, None, None, None, None, True, 0.1, 1e-5, False), x)
    compare(lambda lib, x, w: lib.layer_norm(x, (4, 3), w, None, 1e-3, False), x, whole)
    compare(lambda lib, x: lib.layer_norm(x, [3]), x)
    compare(lambda lib, x, w, b: lib.group_norm(x, 2, w, b, 1e-3, False), x, w, b)
    compare(lambda lib, x, w: lib.rms_norm(x, (4, 3), w, 1e-3), x, whole)
    for name in ("layer_norm", "rms_norm"):
        check_raises_alike(lambda lib, n=name: getattr(lib, n)(lib.ones(2, 3), 3))
    check_raises_alike(
        lambda lib: lib.batch_norm(lib.ones(2, 3), None, None, None, None, False, 0.1, 1e-5, True)
    )


@pytest.mark.parametrize("dtype", DTYPES)
def test_embedding(dtype):
    rows = torch.tensor([[0, 2, 2], [1, 3, 0]])
    compare(lambda lib, w, i: lib.embedding(w, i), draw((4, 3), dtype), rows)
    compare(lambda lib, w, i: lib.embedding(w, i, 2), draw((4, 3), dtype), rows)
    compare(lambda lib, w, i: lib.embedding(w, i, -1, True), draw((4, 3), dtype), rows, twice=False)
    check_raises_alike(lambda lib: lib.embedding(lib.ones(2, 3), lib.tensor([2])))
    check_raises_alike(lambda lib: lib.embedding(lib.ones(2, 3), [1]))


@pytest.mark.parametrize("dtype", DTYPES)
def test_others(dtype):
    x = draw((2, 4, 6), dtype)
    compare(lambda lib, x: lib.adaptive_max_pool1d(x, 4), x)
    compare(lambda lib, x: lib.channel_shuffle(x, 2), x)
    compare(lambda lib, x, w: lib.bilinear(x, x, w), x, draw((2, 6, 6), dtype))
