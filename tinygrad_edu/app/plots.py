"""``train --plot``: the loss curve and, for a classifier of 2-D data, its decision boundary.

Matplotlib's figure is drawn straight onto an Agg canvas, so no display is needed and no global
state is touched.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from .data import Split
from .files import replacing
from .tables import Array

CLASS_COLOURS = ("#2166ac", "#c0392b")  # blue and red that stay apart for colour-blind readers
GRID = 200  # points along each side of the decision map


def plot_training(
    path: Path,
    losses: list[float],
    loss_name: str,
    split: Split,
    predict: Callable[[Array], Array] | None,
) -> None:
    """Write the picture of a finished run to ``path`` (a .png, replaced in one move).

    Parameters
    ----------
    path : Path
        The file to write.
    losses : list of float
        Mean loss of every epoch.
    loss_name : str
        Label of the loss axis.
    split : Split
        The data trained on.
    predict : callable or None
        Maps features (n, 2) to probabilities (n, 1); None if there is no boundary to draw.
    """
    panels = 1 if predict is None else 2
    figure = Figure(figsize=(6.4 * panels, 4.8), dpi=120, layout="constrained")
    canvas = FigureCanvasAgg(figure)
    axes = figure.subplots(1, panels, squeeze=False)[0]
    draw_losses(axes[0], losses, loss_name)
    if predict is not None:
        draw_boundary(axes[1], split, predict)
    with replacing(path) as temporary:
        canvas.print_figure(str(temporary), format="png")


def draw_losses(axes: Axes, losses: list[float], loss_name: str) -> None:
    """Draw the loss of every epoch."""
    epochs = range(1, len(losses) + 1)
    axes.plot(epochs, losses, color="#333333", linewidth=1.8, marker="." if len(losses) < 9 else "")
    axes.set(
        title=f"Training loss (last epoch: {losses[-1]:.4f})",
        xlabel="epoch",
        ylabel=f"{loss_name}, mean over the rows",
    )
    axes.set_ylim(bottom=0.0)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)


def draw_boundary(axes: Axes, split: Split, predict: Callable[[Array], Array]) -> None:
    """Draw the probability of class 1 over the plane, its 0.5 line, and all rows."""
    rows = np.concatenate([split.train_x, split.test_x])
    margin = 0.08 * (rows.max(axis=0) - rows.min(axis=0)) + 1e-3
    (left, bottom), (right, top) = rows.min(axis=0) - margin, rows.max(axis=0) + margin
    across, up = np.meshgrid(np.linspace(left, right, GRID), np.linspace(bottom, top, GRID))
    probability = predict(np.stack([across.ravel(), up.ravel()], axis=1)).reshape(across.shape)
    shades = axes.imshow(
        probability,
        extent=(left, right, bottom, top),
        origin="lower",
        aspect="auto",
        cmap="RdBu_r",
        vmin=0.0,
        vmax=1.0,
        alpha=0.4,
    )
    if probability.min() < 0.5 < probability.max():
        axes.contour(across, up, probability, levels=[0.5], colors="black", linewidths=1.5)
    draw_rows(axes, split.train_x, split.train_y, "", marker="o", s=18, edgecolors="white")
    draw_rows(axes, split.test_x, split.test_y, ", test", marker="^", s=44, edgecolors="black")
    axes.set(
        title="Decision boundary (line: probability 0.5)",
        xlabel=f"{split.columns[0]} (standardised)",
        ylabel=f"{split.columns[1]} (standardised)",
    )
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.12), ncols=4, frameon=False)
    figure = axes.get_figure()
    assert figure is not None
    figure.colorbar(shades, ax=axes, label="probability of class 1")


def draw_rows(axes: Axes, features: Array, target: Array, suffix: str, **style: Any) -> None:
    """Draw the rows of each class in its colour."""
    for label, colour in enumerate(CLASS_COLOURS):
        chosen = features[target[:, 0] == label]
        axes.scatter(
            chosen[:, 0],
            chosen[:, 1],
            color=colour,
            linewidths=0.6,
            label=f"class {label}{suffix}",
            **style,
        )
