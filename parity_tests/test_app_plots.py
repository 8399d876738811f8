"""--plot draws a picture that shows what it claims, and never leaves half a file."""

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.image import imread

from tinygrad_edu.app.training.data import load, prepare
from tinygrad_edu.app.training.plots import CLASS_COLOURS, draw_boundary, draw_losses, plot_training


@pytest.fixture
def moons():
    return prepare(load("moons", None), "probability")


@pytest.fixture
def axes():
    return Figure().subplots()


def right_half(features):
    """A classifier that says 1 for the points right of 0."""
    return 1 / (1 + np.exp(-5 * features[:, :1]))


def test_picture_has_one_panel_or_two(tmp_path, moons):
    path = tmp_path / "run.png"
    plot_training(path, [0.5, 0.3], "BCELoss")
    height, width, channels = imread(path).shape
    plot_training(path, [0.5, 0.3], "BCELoss", lambda axes: draw_boundary(axes, moons, right_half))
    assert imread(path).shape == (height, 2 * width, channels)
    assert list(tmp_path.iterdir()) == [path]


def test_loss_curve_shows_every_epoch(axes):
    draw_losses(axes, [0.9, 0.5, 0.25], "MSELoss")
    (line,) = axes.get_lines()
    np.testing.assert_array_equal(line.get_xydata(), [[1, 0.9], [2, 0.5], [3, 0.25]])
    assert "0.2500" in axes.get_title()
    assert axes.get_ylabel().startswith("MSELoss")


def test_boundary_map_is_the_models_probability(axes, moons):
    draw_boundary(axes, moons, right_half)
    (image,) = axes.get_images()
    left, right, _, _ = image.get_extent()
    shown = np.asarray(image.get_array())
    expected = right_half(np.linspace(left, right, shown.shape[1])[:, None])[:, 0]
    np.testing.assert_allclose(shown, np.broadcast_to(expected, shown.shape))
    assert image.origin == "lower"


def test_every_row_is_drawn_in_its_class_colour(axes, moons):
    draw_boundary(axes, moons, right_half)
    drawn = {}
    for points in axes.collections:
        if len(points.get_offsets()) and points.get_label().startswith("class"):
            drawn[points.get_label()] = np.asarray(points.get_offsets())
    assert list(drawn) == ["class 0", "class 1", "class 0, test", "class 1, test"]
    np.testing.assert_array_equal(drawn["class 1"], moons.train_x[moons.train_y[:, 0] == 1])
    assert sum(len(points) for points in drawn.values()) == 500
    assert len(set(CLASS_COLOURS)) == 2


def test_a_model_that_always_says_the_same_has_no_boundary(axes, moons):
    draw_boundary(axes, moons, lambda features: np.full((len(features), 1), 0.2))
    assert isinstance(axes, Axes)
    assert len(axes.collections) == 4  # the rows of two classes, to train and to test on


def test_a_failure_while_drawing_leaves_the_old_picture(tmp_path, monkeypatch):
    path = tmp_path / "run.png"
    path.write_bytes(b"old")

    def fails(canvas, name, **options):
        with open(name, "wb") as file:
            file.write(b"half")
        raise OSError("no space left on device")

    monkeypatch.setattr(FigureCanvasAgg, "print_figure", fails)
    with pytest.raises(OSError, match="no space"):
        plot_training(path, [0.5], "BCELoss")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]
