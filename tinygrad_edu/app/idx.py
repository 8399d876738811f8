"""Read a user's images and their labels: MNIST's .idx files, or an .npz of arrays.

MNIST comes as two files: images, ``train-images-idx3-ubyte``, and their labels beside it,
``train-labels-idx1-ubyte``; either may be compressed to a .gz. An .idx file begins with two zero
bytes, the type of its numbers, the number of its dimensions, and the sizes of these; all numbers
are big-endian [1]_. The name of an .npz's arrays does not matter much, see `read_npz_images`.

Whatever is wrong is found here, before any training. Files are raw numbers only: reading one never
runs code.

References
----------
.. [1] Y. LeCun, C. Cortes and C. Burges, "The MNIST database of handwritten digits".
"""

import gzip
import math
import struct
import zipfile
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .errors import InputError
from .tables import DAMAGE, first_line

UBYTE = 0x08  # the type of .idx files that hold images and labels: unsigned bytes
MOST_NUMBERS = 2**31 - 1  # MNIST has 47 million
GZIP = b"\x1f\x8b"  # how a .gz begins
CHANNELS = (1, 3, 4)  # grey; red, green and blue; and with transparency
PAIRS = (("images", "labels"), ("x", "y"), ("data", "target"))
PARTS = ("train", "test", "val")


class Images(NamedTuple):
    """Labelled images.

    Attributes
    ----------
    name : str
        The file's.
    images : float32 array, shape (n, channels, height, width)
        In [0, 1].
    labels : int64 array, shape (n,)
        From 0 on.
    """

    name: str
    images: NDArray[np.float32]
    labels: NDArray[np.int64]


def is_image_file(path: Path) -> bool:
    """Whether the file's name is that of an .idx file, or it is an .npz that has images in it.

    An .npz has images if one of its arrays has three dimensions or more; else it is a table.
    """
    name = path.name.lower().removesuffix(".gz")
    if any(part.startswith("idx") for part in name.replace("-", ".").split(".")):
        return True
    if not name.endswith(".npz") or not zipfile.is_zipfile(path):
        return False
    return any(array.ndim > 2 for array in arrays_of(path).values())


def read_images(path: Path, labels: Path | None = None) -> Images:
    """Read images and their labels.

    Parameters
    ----------
    path : Path
        An .npz, or the .idx file of the images.
    labels : Path, optional
        The .idx file of the labels; by default the one beside `path` whose name says "labels"
        where that of `path` says "images".

    Raises
    ------
    InputError
        If a file is missing, damaged, or holds anything else, or if images and labels do not fit.
    """
    if not path.is_file():
        problem = "is not a file" if path.exists() else "does not exist"
        raise InputError(f"data file {str(path)!r} {problem}")
    if path.suffix.lower() == ".npz":
        images, answers = read_npz_images(path)
    else:
        images = read_idx(path)
        if images.ndim not in (3, 4):
            raise InputError(
                f"{path.name!r} holds numbers of shape {images.shape}, which are no images: "
                "(n, height, width) is needed; give the file of the images, not of the labels"
            )
        answers = read_idx(labels or beside(path))
    return checked(path.name, images, answers)


def beside(path: Path) -> Path:
    """The file of the labels for a file of images."""
    name = path.name.replace("images", "labels").replace("idx3", "idx1")
    bare = name.removesuffix(".gz")
    candidates = [path.with_name(n) for n in (name, bare, f"{bare}.gz")]
    found = next((c for c in candidates if c.is_file() and c != path), None)
    if found is None:
        raise InputError(
            f"{path.name!r} needs its labels beside it: there is no file {str(candidates[0])!r}"
        )
    return found


def read_idx(path: Path) -> NDArray[np.uint8]:
    """The numbers in an .idx file of unsigned bytes, compressed or not.

    Raises
    ------
    InputError
        If it is missing, damaged, or of another type.
    """
    try:
        with open(path, "rb") as file:
            compressed = file.read(2) == GZIP
        with gzip.open(path) if compressed else open(path, "rb") as file:
            return numbers_in(path.name, file)
    except DAMAGE as error:
        raise InputError(f"{path.name!r} cannot be read: {first_line(error)}") from error


def numbers_in(name: str, file: Any) -> NDArray[np.uint8]:
    """The numbers in an open .idx file."""
    start = file.read(4)
    if len(start) < 4 or start[:2] != b"\0\0" or start[2] not in range(UBYTE, 0x0F):
        raise InputError(f"{name!r} is no .idx file: it does not begin as one")
    if start[2] != UBYTE:
        raise InputError(
            f"{name!r} holds numbers of type 0x{start[2]:02x}; bytes (0x08) are needed"
        )
    sizes = file.read(4 * start[3])
    if len(sizes) < 4 * start[3]:
        raise InputError(f"{name!r} is cut off in its header")
    shape = struct.unpack(f">{start[3]}I", sizes)
    count = math.prod(shape)
    if count > MOST_NUMBERS:
        raise InputError(f"{name!r} says that it has {count} numbers of shape {shape}: too many")
    content = file.read(count + 1)  # never more, whatever a small file unpacks to
    if len(content) != count:
        more = "more" if len(content) > count else len(content)
        raise InputError(
            f"{name!r} says that it has {count} numbers of shape {shape}, but has {more}"
        )
    return np.frombuffer(content, np.uint8).reshape(shape)


def read_npz_images(path: Path) -> tuple[NDArray[Any], NDArray[Any]]:
    """The images and labels in an .npz, as they are.

    It has one array of each, named ``images`` and ``labels``, ``x`` and ``y``, or ``data`` and
    ``target``; or one for each part (``x_train``, ``y_train``, ``x_test``, ``y_test``, or
    ``train_images`` and so on). Parts are put together, one after the other.

    Raises
    ------
    InputError
        If it is damaged, or its arrays have other names.
    """
    arrays = {name.lower(): array for name, array in arrays_of(path).items()}
    for images, labels in PAIRS:
        if {images, labels} <= arrays.keys():
            return arrays[images], arrays[labels]
        for form in ("{what}_{part}", "{part}_{what}"):
            names = [
                (form.format(what=images, part=part), form.format(what=labels, part=part))
                for part in PARTS
            ]
            there = [pair for pair in names if set(pair) <= arrays.keys()]
            if there:
                first = [arrays[pair[0]] for pair in there]
                if len({array.shape[1:] for array in first}) > 1:
                    raise InputError(f"{path.name!r}: its parts have images of different sizes")
                return np.concatenate(first), joined([arrays[pair[1]] for pair in there])
    listed = ", ".join(repr(name) for name in arrays) or "none"
    raise InputError(
        f"{path.name!r} needs arrays 'images' and 'labels' (or 'x' and 'y'); it has {listed}"
    )


def joined(labels: list[NDArray[Any]]) -> NDArray[Any]:
    """Labels of several parts, one after the other; (n, 1) is as good as (n,)."""
    return np.concatenate([part.reshape(-1) for part in labels])


def arrays_of(path: Path) -> dict[str, NDArray[Any]]:
    """The arrays in an .npz by their names."""
    try:
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as archive:
            return {name: np.asarray(archive[name]) for name in archive.files}
    except DAMAGE as error:
        raise InputError(f"{path.name!r} is damaged: {first_line(error)}") from error


def checked(name: str, images: NDArray[Any], labels: NDArray[Any]) -> Images:
    """The images as float32 in [0, 1] and (n, channels, height, width), labels as int64."""
    labels = labels.reshape(-1) if labels.ndim == 2 and labels.shape[1] == 1 else labels
    if labels.ndim != 1 or labels.dtype.kind not in "iu":
        raise InputError(
            f"{name!r}: its labels must be integers of shape (n,), but are {labels.dtype} of shape "
            f"{labels.shape}"
        )
    if images.ndim not in (3, 4) or images.dtype.kind not in "biuf":
        raise InputError(
            f"{name!r}: its images must be numbers of shape (n, height, width) or (n, channels, "
            f"height, width), but are {images.dtype} of shape {images.shape}"
        )
    if len(images) != len(labels):
        raise InputError(f"{name!r} has {len(images)} images, but {len(labels)} labels")
    if images.size == 0:
        raise InputError(f"{name!r} has no images: their shape is {images.shape}")
    if labels.min() < 0 or labels.max() >= len(labels):
        raise InputError(
            f"{name!r}: labels must count classes from 0 on, but go from {labels.min()} to "
            f"{labels.max()} for {len(labels)} images"
        )
    return Images(name, in_unit_range(name, channels_first(name, images)), labels.astype(np.int64))


def channels_first(name: str, images: NDArray[Any]) -> NDArray[Any]:
    """The images with shape (n, channels, height, width)."""
    if images.ndim == 3:
        return images[:, None]  # nhw -> n1hw
    if images.shape[1] in CHANNELS:
        return images
    if images.shape[3] in CHANNELS:
        return images.transpose(0, 3, 1, 2)  # nhwc -> nchw
    raise InputError(
        f"{name!r}: images of shape {images.shape} have neither 1, 3 nor 4 channels, at either end"
    )


def in_unit_range(name: str, images: NDArray[Any]) -> NDArray[np.float32]:
    """The images as float32: integers from 0 to 255 divided by 255, floats as they are."""
    low, high = images.min(), images.max()
    most = 1 if images.dtype.kind in "bf" else 255
    if not (low >= 0 and high <= most):  # nor is nan
        raise InputError(
            f"{name!r}: images of {images.dtype} must lie between 0 and {most}, but these go from "
            f"{low} to {high}"
        )
    scaled = np.ascontiguousarray(images, np.float32)
    return scaled if most == 1 else scaled / np.float32(255)
