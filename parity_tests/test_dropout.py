"""Dropout: PyTorch's masks to the bit, and their statistics."""

import numpy as np
import pytest
import torch

import tinygrad_edu

from .bridge import LAYOUTS, Bridge, lay_out
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

#: Each module, and shapes of inputs that it takes.
SHAPES = {
    "Dropout": [(), (5,), (4, 3), (2, 3, 4), (0, 3), (40, 50)],
    "AlphaDropout": [(), (5,), (4, 3), (2, 3, 4), (0, 3)],
    "Dropout1d": [(4, 3), (2, 3, 4), (2, 0, 3), (20, 30, 2)],
    "Dropout3d": [(3, 2, 1, 2), (2, 3, 4, 5, 2), (2, 0, 3, 1, 1)],
    "FeatureAlphaDropout": [(4, 3), (2, 3, 4), (0, 3), (20, 30, 2, 1)],
    "Dropout2d": [(2, 3, 4, 5), (1, 3, 2, 2), (2, 0, 3, 1), (20, 30, 2, 1)],
}
FUNCTIONS = {"AlphaDropout": "alpha_dropout", "FeatureAlphaDropout": "feature_alpha_dropout"}
CASES = [(name, shape) for name, shapes in SHAPES.items() for shape in shapes]


def run(name, p):
    def call(library, x):
        library.manual_seed(5)
        return getattr(library.nn, name)(p)(x)

    return call


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("name", "shape"), CASES)
def test_values_and_gradients(name, shape, dtype):
    for p in (0.3, 0.0, 1.0):
        compare(run(name, p), draw(shape, dtype))


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("p", [0.2, 0.5, 0.9])
@pytest.mark.parametrize(("name", "shape"), CASES)
def test_the_same_seed_drops_the_same_elements(name, shape, p, layout):
    for dtype in DTYPES:
        x = lay_out(draw(shape, dtype).detach(), layout)
        theirs = run(name, p)(torch, x)
        mine = run(name, p)(tinygrad_edu, Bridge().to_ours(x))
        np.testing.assert_array_equal(mine.numpy() == 0, theirs.numpy() == 0)
        same_bits(tinygrad_edu.rand(3), torch.rand(3))  # and the streams go on alike


def test_statistics():
    """Kept as often as they should be, with the same mean as before."""
    tinygrad_edu.manual_seed(1)
    x = tinygrad_edu.ones(200_000)
    for p in (0.1, 0.5, 0.8):
        y = tinygrad_edu.nn.functional.dropout(x, p).numpy()
        deviation = np.sqrt(p * (1 - p) / y.size)
        assert abs((y == 0).mean() - p) < 5 * deviation
        np.testing.assert_allclose(y[y != 0], 1 / (1 - p), rtol=1e-6)
    z = tinygrad_edu.randn(200_000)
    kept = tinygrad_edu.nn.functional.alpha_dropout(z, 0.3, training=True).numpy()
    assert abs(kept.mean()) < 0.02 and abs(kept.std() - 1) < 0.02


@pytest.mark.parametrize("name", SHAPES)
def test_evaluation_returns_the_input_itself(name):
    for library in SIDES:
        x = library.ones(SHAPES[name][1])
        module = getattr(library.nn, name)(0.9)
        assert module.eval()(x) is x
        assert module.train()(x) is not x


def test_whole_channels_are_dropped():
    tinygrad_edu.manual_seed(0)
    for name, shape in (("Dropout1d", (30, 20, 5)), ("Dropout2d", (30, 20, 5, 2))):
        y = getattr(tinygrad_edu.nn, name)()(tinygrad_edu.ones(shape)).numpy()
        channels = y.reshape(30, 20, -1)
        assert set(np.unique(channels)) == {0.0, 2.0}
        assert (channels == channels[:, :, :1]).all()


def test_dropout2d_warns_of_other_dimensions():
    for shape, text in (((2, 3, 4), "3D input to dropout2d"), ((2, 3), "2-D input to dropout2d")):
        results = []
        for library in SIDES:
            with pytest.warns(UserWarning, match=text):
                results.append(run("Dropout2d", 0.5)(library, library.ones(shape)).tolist())
        assert results[0] == results[1]


@pytest.mark.parametrize("name", SHAPES)
def test_made_alike_and_errors(name):
    check_made_alike(lambda lib: getattr(lib.nn, name)(0.25))
    function = FUNCTIONS.get(name, name.lower())
    for p in (-0.1, 1.5):
        check_raises_alike(lambda lib, p=p: getattr(lib.nn, name)(p))
        check_raises_alike(lambda lib, p=p: getattr(lib.nn.functional, function)(lib.ones(2, 3), p))


@pytest.mark.parametrize(("name", "shape"), CASES)
def test_in_place(name, shape):
    for p, training in ((0.4, True), (0.4, False), (0.0, True), (1.0, True)):

        def call(library, x, p=p, training=training):
            library.manual_seed(5)
            y = x * 1
            dropped = getattr(library.nn.functional, FUNCTIONS.get(name, name.lower()))(
                y, p, training, inplace=True
            )
            assert dropped is y
            return dropped

        compare(call, draw(shape, torch.float64))
    check_made_alike(lambda lib: getattr(lib.nn, name)(0.25, inplace=True))
    if 0 not in shape:
        check_raises_alike(
            lambda lib: lib.nn.functional.dropout(lib.ones(shape, requires_grad=True), inplace=True)
        )


def test_modules_in_place():
    for name in ("Dropout", "Dropout2d"):
        for library in SIDES:
            x = library.ones(4, 30, 2, 1)
            assert getattr(library.nn, name)(0.5, inplace=True)(x) is x
            assert 0 < (x == 0).sum() < 240


def test_dropout3d_warns_of_other_dimensions():
    for library in SIDES:
        with pytest.warns(UserWarning, match="3-D input to dropout3d"):
            library.nn.Dropout3d()(library.ones(2, 3, 4))


def test_wrong_shapes():
    check_raises_alike(lambda lib: lib.nn.FeatureAlphaDropout()(lib.ones(3)))
    for shape in ((), (3,), (2, 3, 4, 5)):
        check_raises_alike(lambda lib, shape=shape: lib.nn.Dropout1d()(lib.ones(shape)))
    check_raises_alike(lambda lib: lib.nn.Dropout()(lib.ones(3).long()))


@pytest.mark.on_device
def test_in_a_model():
    def make(library):
        nn = library.nn
        return nn.Sequential(nn.Linear(3, 8), nn.Dropout(0.4), nn.Linear(8, 2), nn.Dropout(0.2))

    for train in (True, False):
        compare_module(make, draw((5, 3), torch.float32), train=train)
