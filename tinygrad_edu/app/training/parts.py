"""The names of an .npz's arrays: features and their target, in one piece or in parts.

A file may bring its own test rows, as Keras's copy of MNIST does: ``x_train`` and ``y_train`` with
``x_test`` and ``y_test``, or ``train_images`` and ``train_labels`` with ``test_images`` and
``test_labels``. Then these are the rows to test on, and no others.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError

PAIRS = (("images", "labels"), ("x", "y"), ("data", "target"))
STYLES = ("{name}_{part}", "{part}_{name}")
KINDS = {"b": "truth values", "i": "whole numbers", "u": "whole numbers", "f": "floats"}

Names = tuple[str, str]  # of an array of features, and of the array of its targets


class Part(NamedTuple):
    """The rows to train on, or those to test on: features (n, ...) and target (n, ...)."""

    names: Names
    features: NDArray[Any]
    target: NDArray[Any]


def pair_in(arrays: dict[str, Any]) -> Names | None:
    """Return the names of the features and the target of an .npz that is in one piece.

    They are called, in upper or lower case, as one of `PAIRS`, or so with "train" before or after.
    """
    known = by_lower_case(arrays)
    for pair in PAIRS:
        for features, target in (pair, *(named(pair, style, "train") for style in STYLES)):
            if features in known and target in known:
                return known[features], known[target]
    return None


def parts_in(file: str, arrays: dict[str, Any], target: str | None) -> tuple[Part, Part] | None:
    """Return the training part and the test part of the .npz ``file``, or None if it has no such.

    The test part is "test", or else "val". A "val" beside "test" is left out: it is for choosing
    among trained models, neither to train on nor to test on. A user who gives a ``target`` says
    that the file is one table.

    Raises
    ------
    InputError
        If there is a test part, but one of the four arrays is missing or does not fit the others;
        or if ``target`` names the target of a part.
    """
    found, flaw = None, None
    known = by_lower_case(arrays)
    for pair in PAIRS:
        for style in STYLES:
            train, test, val = (named(pair, style, part) for part in ("train", "test", "val"))
            test = test if known.keys() & set(test) else val
            there = [name for name in test if name in known]
            missing = [name for name in (*train, *test) if name not in known]
            if there and not missing:
                found = found or [(known[names[0]], known[names[1]]) for names in (train, test)]
            elif there:
                flaw = flaw or (
                    f"{file!r} has an array {known[there[0]]!r}, but no "
                    f"{' and no '.join(map(repr, missing))}: to bring its own test rows, it needs "
                    f"{', '.join(map(repr, (*train, *test)))}"
                )
    if target is not None:
        if found and target in (found[0][1], found[1][1]):
            raise InputError(
                f"{file!r} has {found[0][1]!r} to learn and {found[1][1]!r} to test; leave "
                "--target out"
            )
        return None
    if found:
        train_part, test_part = (Part(names, *(arrays[n] for n in names)) for names in found)
        check_parts(file, train_part, test_part)
        return train_part, test_part
    if flaw:
        raise InputError(flaw)
    return None


def by_lower_case(arrays: dict[str, Any]) -> dict[str, str]:
    """Return the names of the arrays that are no single number, by these in lower case."""
    return {name.lower(): name for name, array in arrays.items() if np.ndim(array)}


def named(pair: Names, style: str, part: str) -> Names:
    """Return a pair's names for a part, as ("x_train", "y_train")."""
    features, target = (style.format(name=name, part=part) for name in pair)
    return features, target


def check_parts(file: str, train: Part, test: Part) -> None:
    """Raise InputError unless both parts have rows, and those of one are like those of the other.

    Pixels must be of one kind: from 0 to 255 here and from 0 to 1 there would be two scales.
    """
    for (features, target), x, y in (train, test):
        for name, array in ((features, x), (target, y)):
            if array.dtype.kind not in KINDS:
                raise InputError(
                    f"{file!r}: array {name!r} must hold numbers, but its dtype is {array.dtype}"
                )
        if len(x) != len(y):
            raise InputError(f"{file!r}: {features!r} has {len(x)} rows, but {target!r} {len(y)}")
        if x.size == 0:
            raise InputError(f"{file!r}: {features!r} is empty, its shape is {x.shape}")
    for name, other, one, two in zip(train.names, test.names, train[1:], test[1:], strict=True):
        if one.shape[1:] != two.shape[1:]:
            raise InputError(
                f"{file!r}: the rows of {name!r} and {other!r} differ in shape: {one.shape[1:]} "
                f"and {two.shape[1:]}"
            )
    kinds = [KINDS[part.features.dtype.kind] for part in (train, test)]
    if train.features.ndim > 2 and kinds[0] != kinds[1]:
        raise InputError(
            f"{file!r}: the pixels of {train.names[0]!r} are {kinds[0]}, but those of "
            f"{test.names[0]!r} are {kinds[1]}; both need one scale"
        )
