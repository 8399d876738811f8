"""``train --model cnn --plot``: what a convolutional network has learnt, and what it sees.

Below the loss curve and one test image stand the two layers. On the left their filters, red where
a weight is positive and blue where it is negative: a filter answers where the image looks like it.
On the right their feature maps for that image, after ReLU: one map for each filter, bright where it
answered. A filter of the second layer looks at all maps of the first, so it has a square for each.
"""

import math
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colors import Colormap
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from .data import rows_of
from .idx import Images
from .plots import draw_losses, write_picture
from .tables import Array
from .train import Training

COLUMNS = 8  # square tiles in a row
GAP = 0.12  # between two tiles, as a part of their width
MAGNIFIED = 5  # the side of a weight in a mosaic; the lines between its parts have width 1
SIGNS = colormaps["RdBu_r"].with_extremes(bad="#707070")  # what is no weight is grey
BRIGHTNESS = colormaps["magma"]
ACTIVATIONS = ("activation_1", "activation_2")


def plot_cnn(path: Path, losses: list[float], training: Training, data: Images) -> None:
    """Write the picture of a finished run of the CNN to ``path``.

    Parameters
    ----------
    path : Path
        The file to write.
    losses : list of float
        Mean loss of every epoch.
    training : Training
        The run.
    data : Images
        What it was trained on; its first test image is shown.
    """
    engine = ConstrainedLayoutEngine(h_pad=0.12, w_pad=0.12)
    figure = Figure(figsize=(12.8, 9.6), dpi=120, layout=engine)
    axes = figure.subplots(3, 2, height_ratios=(3.4, 1.5, 2.6))
    draw_losses(axes[0, 0], losses, type(training.loss_function).__name__)
    draw_image(axes[0, 1], training, data)
    layers = training.model.conv_1, training.model.conv_2
    filters = [layer.weight.detach().cpu().numpy() for layer in layers]
    maps = feature_maps(training, training.split.test_x[:1])
    for row, name in enumerate(("First", "Second")):
        count, channels, height, width = filters[row].shape
        left, right = axes[row + 1]
        of_channels = f" for each of {channels} maps" if row else ""
        draw_filters(left, filters[row])
        left.set_title(f"{name} layer: {count} filters, {height} x {width} weights{of_channels}")
        draw_tiles(right, list(maps[row]), BRIGHTNESS, 0.0, float(maps[row].max()), "activation")
        height, width = maps[row].shape[1:]
        right.set_title(f"{name} layer: {count} feature maps of this image, {height} x {width}")
    write_picture(figure, path)


def feature_maps(training: Training, image: NDArray[Any]) -> list[Array]:
    """Return both layers' maps (m, h, w), after ReLU, for standardised images (1, c, h, w)."""
    maps: list[Array] = []
    hooks = [
        getattr(training.model, name).register_forward_hook(
            lambda module, inputs, output: maps.append(output.cpu().numpy()[0])
        )
        for name in ACTIVATIONS
    ]
    training.predict(image)
    for hook in hooks:
        hook.remove()
    return maps


def draw_image(axes: Axes, training: Training, data: Images) -> None:
    """Draw the first test image, with its label, the predicted one and its probability."""
    _, tests = rows_of(data)
    image = data.images[tests[0]]
    if len(image) == 1:
        axes.imshow(image[0], cmap="gray")
    else:
        axes.imshow(np.moveaxis(image, 0, 2))  # chw -> hwc
    (logits,) = training.predict(training.split.test_x[:1])
    shares = np.exp(logits - logits.max())
    best = int(np.argmax(logits))
    label, predicted = data.target[tests[0]], training.split.classes[best]
    axes.set_title(
        f"A test image: label {label}, predicted {predicted} "
        f"(probability {shares[best] / shares.sum():.1%})",
        color="black" if label == predicted else "#c0392b",
    )
    axes.set_axis_off()


def draw_filters(axes: Axes, filters: NDArray[Any]) -> None:
    """Draw filters (m, channels, k, k): those of an image's colours in colour, others by sign."""
    largest = float(np.abs(filters).max())
    channels = filters.shape[1]
    if channels in (3, 4):
        colours = 0.5 + 0.5 * filters[:, :3] / (largest or 1.0)
        draw_tiles(axes, list(np.moveaxis(colours, 1, 3)), SIGNS, 0.0, 1.0, "")
        return
    block = np.ones((MAGNIFIED, MAGNIFIED), filters.dtype)
    squares = [mosaic(np.kron(one, block)) for one in filters]
    draw_tiles(axes, squares, SIGNS, -largest, largest, "weight")


def mosaic(parts: NDArray[Any]) -> NDArray[Any]:
    """Return arrays (n, h, w) side by side in a square, nan between them and where none is."""
    count, height, width = parts.shape
    side = math.ceil(math.sqrt(count))
    whole = np.full((side * (height + 1) - 1, side * (width + 1) - 1), np.nan, parts.dtype)
    for number, part in enumerate(parts):
        top, left = number // side * (height + 1), number % side * (width + 1)
        whole[top : top + height, left : left + width] = part
    return whole


def draw_tiles(
    axes: Axes, tiles: list[NDArray[Any]], cmap: Colormap, low: float, high: float, unit: str
) -> None:
    """Draw pictures of one size in rows, with one scale of colours for all.

    A row takes more of tall tiles and fewer of wide ones, so that the whole keeps its shape.
    """
    height = tiles[0].shape[0] / tiles[0].shape[1]  # of a tile whose width is 1
    columns = min(max(1, round(COLUMNS * math.sqrt(height))), len(tiles))
    step = height + GAP
    for number, tile in enumerate(tiles):
        left, top = number % columns * (1 + GAP), number // columns * step
        shown = axes.imshow(
            tile,
            extent=(left, left + 1, top + height, top),
            cmap=cmap,
            vmin=low,
            vmax=high if high > low else low + 1,
            interpolation="nearest",
        )
        axes.add_patch(
            Rectangle((left, top), 1, height, fill=False, color="#888888", linewidth=0.8)
        )
    rows = math.ceil(len(tiles) / columns)
    axes.set(xlim=(-GAP, columns * (1 + GAP)), ylim=(rows * step, -GAP), aspect="equal")
    axes.set_axis_off()
    if unit:
        figure = axes.get_figure()
        assert figure is not None
        figure.colorbar(shown, ax=axes, label=unit, aspect=12)
