"""The picture of a CNN shows its own weights and what its own layers answer."""

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.image import imread

from tinygrad_edu.app.side import SIDE as OURS
from tinygrad_edu.app.training import cnn_plot
from tinygrad_edu.app.training.data import load, prepare, split_rows
from tinygrad_edu.app.training.idx import Images
from tinygrad_edu.app.training.train import Job, Training, train
from torch_ref.side import SIDE as THEIRS

BOTH = pytest.mark.parametrize("side", [OURS, THEIRS], ids=["tinygrad_edu", "torch"])


def run(side, data, epochs=1):
    training = Training(side, Job(model="cnn", epochs=epochs, lr=0.003), prepare(data, "class"))
    train(training, lambda line: None)
    return training


@pytest.fixture
def digits():
    data = load("digits", None)
    return data._replace(images=data.images[:200], target=data.target[:200] + 40)


@pytest.fixture
def axes():
    return Figure().subplots()


def shown(axes):
    return [np.asarray(image.get_array()) for image in axes.get_images()]


@BOTH
def test_feature_maps_are_those_of_the_layers(side, digits):
    training = run(side, digits)
    image = training.split.test_x[:1]
    first, second = cnn_plot.feature_maps(training, image)
    model = training.model
    with side.framework.no_grad():
        answer = model.activation_1(model.conv_1(training.tensor(image)))
        np.testing.assert_array_equal(first, answer.numpy()[0])
        answer = model.activation_2(model.conv_2(model.pool_1(answer)))
        np.testing.assert_array_equal(second, answer.numpy()[0])
    assert (first.shape, second.shape) == ((16, 8, 8), (32, 4, 4))
    outputs = training.predict(image)  # the hooks are gone, and the run as it was
    np.testing.assert_array_equal(outputs, training.predict(image))
    assert (first.min(), second.min()) == (0, 0)


@BOTH
def test_picture_has_six_panels_that_fit(side, digits, tmp_path, monkeypatch):
    training = run(side, digits)
    figures = []
    monkeypatch.setattr(cnn_plot, "write_picture", lambda figure, path: figures.append(figure))
    cnn_plot.plot_cnn(tmp_path / "p.png", [1.0, 0.5], training, digits)
    (figure,) = figures
    titles = [axes.get_title() for axes in figure.axes if axes.get_title()]
    assert titles[0] == "Training loss (last epoch: 0.5000)"
    assert titles[1].startswith("A test image: label 4")
    assert titles[2:] == [
        "First layer: 16 filters, 3 x 3 weights",
        "First layer: 16 feature maps of this image, 8 x 8",
        "Second layer: 32 filters, 3 x 3 weights for each of 16 maps",
        "Second layer: 32 feature maps of this image, 4 x 4",
    ]
    assert [len(axes.get_images()) for axes in figure.axes[:6]] == [0, 1, 16, 16, 32, 32]
    filters = training.model.conv_1.weight.detach().numpy()
    for tile, one in zip(shown(figure.axes[2]), filters, strict=True):
        np.testing.assert_array_equal(tile[2::5, 2::5], one[0])
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    renderer = canvas.get_renderer()
    boxes = [axes.get_tightbbox(renderer) for axes in figure.axes]
    for number, box in enumerate(boxes):
        assert box.x0 >= 0 and box.y0 >= 0
        assert box.x1 <= figure.bbox.x1 and box.y1 <= figure.bbox.y1
        assert not any(box.overlaps(other) for other in boxes[:number])


def test_picture_is_written(digits, tmp_path):
    cnn_plot.plot_cnn(tmp_path / "p.png", [1.0], run(OURS, digits), digits)
    assert imread(tmp_path / "p.png").shape == (1152, 1536, 4)
    assert [path.name for path in tmp_path.iterdir()] == ["p.png"]


@pytest.mark.parametrize("epochs", [1, 15])
def test_the_first_test_image_has_its_label_and_the_prediction(digits, axes, epochs):
    training = run(OURS, digits, epochs)
    cnn_plot.draw_image(axes, training, digits)
    chosen = split_rows(200)[1][0]
    (image,) = shown(axes)
    np.testing.assert_array_equal(image, digits.images[chosen, 0])
    (logits,) = training.predict(training.split.test_x[:1])
    probability = np.exp(logits) / np.exp(logits).sum()
    predicted = 40 + int(logits.argmax())
    label = digits.target[chosen]
    assert axes.get_title() == (
        f"A test image: label {label}, predicted {predicted} (probability {probability.max():.1%})"
    )
    assert (axes.title.get_color() == "black") == (label == predicted)


@pytest.mark.parametrize("channels", [3, 4])
def test_colours_are_shown_in_colour(channels, axes):
    draw = np.random.default_rng(0)
    images = draw.random((40, channels, 6, 5), dtype=np.float32)
    data = Images("p.npz", images, "labels", np.arange(40) % 2)
    training = run(OURS, data)
    cnn_plot.draw_image(axes, training, data)
    (image,) = shown(axes)
    np.testing.assert_array_equal(image, images[split_rows(40)[1][0]].transpose(1, 2, 0))
    weights = training.model.conv_1.weight.detach().numpy()
    filters = Figure().subplots()
    cnn_plot.draw_filters(filters, weights)
    tiles = shown(filters)
    assert len(tiles) == 16
    grey = 0.5 + 0.5 * weights / np.abs(weights).max()
    for tile, one in zip(tiles, grey, strict=True):
        np.testing.assert_allclose(tile, one[:3].transpose(1, 2, 0), rtol=1e-6)


def test_the_test_image_is_the_first_of_the_given_ones(axes):
    images = np.random.default_rng(0).random((40, 1, 6, 5), dtype=np.float32)
    data = Images("p.npz", images, "labels", np.arange(40) // 3 % 2, 31)
    cnn_plot.draw_image(axes, run(OURS, data), data)
    (image,) = shown(axes)
    np.testing.assert_array_equal(image, images[31, 0])
    assert f"label {31 // 3 % 2}," in axes.get_title()


def test_a_mosaic_has_every_part_and_lines_between():
    parts = np.arange(1.0, 31.0).reshape(5, 2, 3)
    whole = cnn_plot.mosaic(parts)
    assert whole.shape == (3 * 3 - 1, 3 * 4 - 1)
    np.testing.assert_array_equal(whole[:2, 4:7], parts[1])
    np.testing.assert_array_equal(whole[3:5, 4:7], parts[4])
    assert np.isnan(whole[2]).all() and np.isnan(whole[:, 3]).all() and np.isnan(whole[6:]).all()
    assert np.count_nonzero(~np.isnan(whole)) == 30


@pytest.mark.parametrize(
    ("shape", "columns"), [((5, 5), 8), ((40, 10), 16), ((80, 4), 16), ((4, 40), 3), ((1, 200), 1)]
)
def test_rows_take_more_tall_tiles_and_fewer_wide_ones(axes, shape, columns):
    tiles = [np.full(shape, float(number)) for number in range(16)]
    cnn_plot.draw_tiles(axes, tiles, cnn_plot.BRIGHTNESS, 0.0, 15.0, "activation")
    lefts = {round(image.get_extent()[0], 6) for image in axes.get_images()}
    assert len(lefts) == columns
    for image in axes.get_images():
        left, right, bottom, top = image.get_extent()
        assert (right - left) * shape[0] == pytest.approx((bottom - top) * shape[1])
        (low, high), (floor, ceiling) = axes.get_xlim(), axes.get_ylim()
        assert low <= left and right <= high and ceiling <= top and bottom <= floor
