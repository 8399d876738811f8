"""Make the data sets that ship with the package: ``python -m
tinygrad_edu.app.training.make_datasets``.

Three are what scikit-learn generates from a fixed random state, stored raw (not yet scaled or
split) as float64 features ``X`` of shape (500, d) and targets ``y`` of shape (500,).  ``digits`` is
the real handwriting that scikit-learn ships [1]_: 1,797 grey images ``X`` of 8 x 8 pixels from 0 to
16, and the digits ``y`` they show, all as bytes.  They are shipped so that training needs neither
scikit-learn nor a network connection.

References
----------
.. [1] E. Alpaydin and C. Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine Learning
   Repository, 1998, the test part.
"""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import (
    load_digits,
    make_classification,
    make_moons,
    make_regression,
)

from .data import SHIPPED_FOLDER

Arrays = tuple[NDArray[Any], NDArray[Any]]


def generate() -> dict[str, Arrays]:
    """Return ``(X, y)`` of every shipped set, by name, as scikit-learn has them now."""
    digits = load_digits()
    return {
        "classification": make_classification(
            n_samples=500,
            n_features=10,
            n_informative=5,
            n_redundant=2,
            n_classes=2,
            random_state=42,
        ),
        "moons": make_moons(500, noise=0.2, random_state=42),
        "regression": make_regression(n_samples=500, n_features=5, noise=10, random_state=42),
        "digits": (digits.images.astype(np.uint8), digits.target.astype(np.uint8)),
    }


def write(folder: Path) -> None:
    """Write every set to ``folder`` as ``NAME.npz``; the same arrays give the same bytes."""
    for name, (features, target) in generate().items():
        path = folder / f"{name}.npz"
        np.savez_compressed(path, X=features, y=target)
        print(f"{path.name}: X {features.shape}, y {target.shape}, {path.stat().st_size} bytes")


if __name__ == "__main__":
    write(SHIPPED_FOLDER)
