"""``train --plot``: the loss curve and, for a classifier of 2-D data, where it sees which class.

Of two classes that is the probability of one, with the line where it is 0.5; of more, the class
of every point of the plane.  What a network of images has learnt is drawn in `cnn_plot`.

Matplotlib's figure is drawn straight onto an Agg canvas, so no display is needed and no global
state is touched.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from ..files import replacing
from .data import Split
from .tables import Array
from .train import Training

CLASS_COLOURS = ("#2166ac", "#c0392b")  # blue and red that stay apart for colour-blind readers
GRID = 200  # points along each side of the decision map
MOST_NAMED = 12  # classes in a legend


def plot_training(
    path: Path,
    losses: list[float],
    loss_name: str,
    draw_more: Callable[[Axes], None] | None = None,
) -> None:
    """Write the picture of a finished run to ``path``.

    Parameters
    ----------
    path : Path
        The file to write.
    losses : list of float
        Mean loss of every epoch.
    loss_name : str
        Label of the loss axis.
    draw_more : callable, optional
        Draws a second panel.
    """
    panels = 1 if draw_more is None else 2
    figure = Figure(figsize=(6.4 * panels, 4.8), dpi=120, layout="constrained")
    axes = figure.subplots(1, panels, squeeze=False)[0]
    draw_losses(axes[0], losses, loss_name)
    if draw_more is not None:
        draw_more(axes[1])
    write_picture(figure, path)


def write_picture(figure: Figure, path: Path) -> None:
    """Write a figure to ``path`` (a .png, replaced in one move).

    It is laid out here, and then drawn once: Matplotlib would draw it twice, to lay it out first.
    """
    canvas = FigureCanvasAgg(figure)
    engine = figure.get_layout_engine()
    if engine is not None:
        engine.execute(figure)
        figure.set_layout_engine("none")
    with replacing(path) as temporary:
        canvas.print_figure(str(temporary), format="png")


def second_panel(training: Training) -> Callable[[Axes], None] | None:
    """Return what draws the classes over the plane, or None where there is none to draw."""
    split = training.split
    if len(split.columns) != 2 or training.answer == "quantity":
        return None
    if training.answer == "probability":
        return lambda axes: draw_boundary(axes, split, training.predict)
    return lambda axes: draw_regions(axes, split, training.predict_classes)


def draw_losses(axes: Axes, losses: list[float], loss_name: str) -> None:
    """Draw the loss of every epoch."""
    epochs = range(1, len(losses) + 1)
    axes.plot(epochs, losses, color="#333333", linewidth=1.8, marker="." if len(losses) < 9 else "")
    axes.set(
        title=f"Training loss (last epoch: {losses[-1]:.4f})",
        xlabel="epoch",
        ylabel=f"{loss_name}, mean over the rows",
    )
    axes.set_ylim(0.0, 1.05 * max(losses) or 1.0)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)


def plane(split: Split) -> tuple[Array, Array]:
    """Return the coordinates of a grid (GRID, GRID) that has all rows of 2-D data within it."""
    rows = np.concatenate([split.train_x, split.test_x])
    margin = 0.08 * (rows.max(axis=0) - rows.min(axis=0)) + 1e-3
    (left, bottom), (right, top) = rows.min(axis=0) - margin, rows.max(axis=0) + margin
    across, up = np.meshgrid(np.linspace(left, right, GRID), np.linspace(bottom, top, GRID))
    return across, up


def draw_boundary(axes: Axes, split: Split, predict: Callable[[Array], Array]) -> None:
    """Draw the probability of class 1 over the plane, its 0.5 line, and all rows."""
    across, up = plane(split)
    probability = predict(np.stack([across.ravel(), up.ravel()], axis=1)).reshape(across.shape)
    shades = axes.imshow(
        probability,
        extent=(across[0, 0], across[0, -1], up[0, 0], up[-1, 0]),
        origin="lower",
        aspect="auto",
        cmap="RdBu_r",
        vmin=0.0,
        vmax=1.0,
        alpha=0.4,
    )
    if probability.min() < 0.5 < probability.max():
        axes.contour(across, up, probability, levels=[0.5], colors="black", linewidths=1.5)
    draw_rows(axes, split, CLASS_COLOURS, ["class 0", "class 1"])
    axes.set_title("Decision boundary (line: probability 0.5)")
    draw_legend(axes, 4)
    figure = axes.get_figure()
    assert figure is not None
    figure.colorbar(shades, ax=axes, label="probability of class 1")


def draw_regions(
    axes: Axes, split: Split, predict_classes: Callable[[Array], NDArray[np.int64]]
) -> None:
    """Draw the class of every point of the plane, and all rows."""
    across, up = plane(split)
    classes = predict_classes(np.stack([across.ravel(), up.ravel()], axis=1)).reshape(across.shape)
    count = len(split.classes)
    # tab20 is ten strong colours, each followed by a pale one: first the strong ones.
    colours = [colormaps["tab20"](2 * number % 20 + number // 10 % 2) for number in range(count)]
    axes.imshow(
        classes,
        extent=(across[0, 0], across[0, -1], up[0, 0], up[-1, 0]),
        origin="lower",
        aspect="auto",
        cmap=ListedColormap(colours),
        vmin=-0.5,
        vmax=count - 0.5,
        alpha=0.4,
        interpolation="nearest",
    )
    draw_rows(axes, split, colours, [f"{value:g}" for value in split.classes])
    axes.set_title("Predicted class (triangles: test rows)")
    draw_legend(axes, min(count, MOST_NAMED))


def draw_rows(axes: Axes, split: Split, colours: Sequence[Any], names: Sequence[str]) -> None:
    """Draw the rows of each class in its colour: round to train on, triangles to test on."""
    parts: list[tuple[str, Any, Any, dict[str, Any]]] = [
        ("", split.train_x, split.train_y, {"marker": "o", "s": 18, "edgecolors": "white"}),
        (", test", split.test_x, split.test_y, {"marker": "^", "s": 44, "edgecolors": "black"}),
    ]
    for suffix, features, target, style in parts:
        for label, (colour, name) in enumerate(zip(colours, names, strict=True)):
            chosen = features[target.reshape(-1) == label]
            axes.scatter(
                chosen[:, 0],
                chosen[:, 1],
                color=colour,
                linewidths=0.6,
                label=f"{name}{suffix}",
                **style,
            )
    axes.set(
        xlabel=f"{split.columns[0]} (standardised)", ylabel=f"{split.columns[1]} (standardised)"
    )


def draw_legend(axes: Axes, entries: int) -> None:
    """Name the first ``entries`` things drawn, below the axes."""
    handles = axes.get_legend_handles_labels()[0][:entries]
    axes.legend(
        handles=handles, loc="upper center", bbox_to_anchor=(0.5, -0.12), ncols=4, frameon=False
    )
