"""Read a user's images and their labels: MNIST's .idx files, or an .npz of arrays.

MNIST comes as two files: images, ``train-images-idx3-ubyte``, and their labels beside it,
``train-labels-idx1-ubyte``; either may be compressed to a .gz. An .idx file begins with two zero
bytes, the type of its numbers, the number of its dimensions, and the sizes of these; all numbers
are big-endian [1]_. MNIST's test images, ``t10k-images-idx3-ubyte``, are what is tested on if they
lie beside those to train on. The names of an .npz's arrays do not matter much, see `images_in`.

Whatever is wrong is found here, before any training. Files are raw numbers only: reading one never
runs code.

References
----------
.. [1] Y. LeCun, C. Cortes and C. Burges, "The MNIST database of handwritten digits".
"""

import gzip
import math
import struct
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError, first_line
from .parts import Part, check_parts, pair_in, parts_in
from .tables import DAMAGE, listed

UBYTE = 0x08  # the type of .idx files that hold images and labels: unsigned bytes
MOST_NUMBERS = 2**31 - 1  # MNIST has 47 million
GZIP = b"\x1f\x8b"  # how a .gz begins
CHANNELS = (1, 3, 4)  # grey; red, green and blue; and with transparency
TESTS = ("t10k", "test")  # what MNIST and its kin call the test files that go with "train"
BRIGHTEST = 255  # the largest value of a pixel that is a byte


class Images(NamedTuple):
    """Labelled images.

    Attributes
    ----------
    name : str
        The file's.
    images : float32 array, shape (n, channels, height, width)
        In [0, 1].
    target_name : str
        What the labels are called in the file.
    target : int64 array, shape (n,)
        The labels: any whole numbers.
    train_rows : int, optional
        How many images, the first, are to be trained on; the others are the test images that the
        user gave. By default no such choice has been made.
    """

    name: str
    images: NDArray[np.float32]
    target_name: str
    target: NDArray[np.int64]
    train_rows: int | None = None


def is_idx(path: Path) -> bool:
    """Whether a file's name is that of an .idx file, as in numbers.idx or images-idx3-ubyte.gz."""
    name = path.name.lower().removesuffix(".gz")
    parts = name.replace("-", ".").split(".")
    return any(part.rstrip("0123456789") == "idx" for part in parts)


def read_idx_images(path: Path, labels: Path | None = None) -> Images:
    """Read images and their labels from two .idx files, and the test images from two more.

    There are test images if the name of `path` says "train", and a file whose name has "t10k" (or
    "test") in its place is beside it. Their labels must be beside them.

    Parameters
    ----------
    path : Path
        The file of the images.
    labels : Path, optional
        The file of the labels; by default the one beside `path` whose name says "labels" where
        that of `path` says "images".

    Raises
    ------
    InputError
        If a file is missing, damaged, or holds anything else, or if images and labels do not fit.
    """
    images = read_idx(path)
    if images.ndim not in (3, 4):
        raise InputError(
            f"{path.name!r} holds numbers of shape {images.shape}, which are no images: "
            "(n, height, width) is needed; give the file of the images, not of the labels"
        )
    if labels is None:
        labels = labels_beside(path, "or name their file with --target")
    elif not labels.is_file():
        raise InputError(
            f"the labels of {path.name!r} cannot be read: there is no file {str(labels)!r} "
            "(for an .idx file, --target is the path of its labels)"
        )
    train = Part((path.name, labels.name), images, read_idx(labels))
    if (test := test_beside(path)) is None:
        return checked(path.name, train.features, labels.name, train.target)
    test_labels = labels_beside(test, "or move it away, and there are no test images")
    given = Part((test.name, test_labels.name), read_idx(test), read_idx(test_labels))
    check_parts(path.name, train, given)
    return joined(path.name, train, given)


def labels_beside(path: Path, otherwise: str) -> Path:
    """The file of the labels for a file of images; or InputError, saying what to do otherwise."""
    name = path.name.replace("images", "labels").replace("idx3", "idx1")
    found = beside(path, name)
    if found is None:
        where = f": there is no file {str(path.with_name(name))!r}" if name != path.name else ""
        raise InputError(f"{path.name!r} needs its labels beside it{where}; {otherwise}")
    return found


def test_beside(path: Path) -> Path | None:
    """The file of the test images for a file of images to train on, if there is one."""
    names = [path.name.replace("train", test) for test in TESTS]
    return next((found for name in names if (found := beside(path, name)) is not None), None)


def beside(path: Path, name: str) -> Path | None:
    """The other file of that name in the folder of ``path``, compressed or not."""
    bare = name.removesuffix(".gz")
    candidates = [path.with_name(n) for n in (name, bare, f"{bare}.gz")]
    apart = path.name.removesuffix(".gz") != bare
    return next((c for c in candidates if apart and c.is_file()), None)


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


def has_images(arrays: dict[str, Any]) -> bool:
    """Whether an .npz's arrays include one of three or more dimensions."""
    return any(np.ndim(array) > 2 for array in arrays.values())


def images_in(name: str, arrays: dict[str, Any], target: str | None = None) -> Images:
    """Return the images and labels among the arrays of the .npz ``name``.

    With ``target``, that array is the labels, and the one of three or more dimensions the images.
    Without, they are found by their names: ``images`` and ``labels``, ``x`` and ``y``, or ``data``
    and ``target``; or such a pair for the training part (``x_train`` and ``y_train``, or
    ``train_images`` and ``train_labels``, and so on) and one for the test part (see `parts_in`).

    Raises
    ------
    InputError
        If the arrays have other names, or cannot be images and their labels.
    """
    names = listed(list(arrays))
    if (parts := parts_in(name, arrays, target)) is not None:
        return joined(name, *parts)
    if target is not None:
        if target not in arrays:
            raise InputError(f"{name!r} has no array {target!r}; its arrays are {names}")
        images = [n for n, array in arrays.items() if np.ndim(array) > 2 and n != target]
        if len(images) != 1:
            raise InputError(
                f"{name!r} needs one array of images beside its labels {target!r}, but has "
                f"{len(images)} of three or more dimensions; its arrays are {names}"
            )
        return checked(name, arrays[images[0]], target, np.asarray(arrays[target]))
    pair = pair_in(arrays)
    if pair is not None:
        return checked(name, arrays[pair[0]], pair[1], arrays[pair[1]])
    raise InputError(
        f"{name!r} needs arrays 'images' and 'labels' (or 'x' and 'y'), or --target with the name "
        f"of its labels; it has {names}"
    )


def joined(name: str, train: Part, test: Part) -> Images:
    """Return the images of both parts, those to train on first."""
    images = np.concatenate([train.features, test.features])
    labels = np.concatenate([train.target, test.target])
    found = checked(name, images, train.names[1], labels)
    return found._replace(train_rows=len(train.features))


def checked(name: str, images: NDArray[Any], target_name: str, labels: NDArray[Any]) -> Images:
    """Return the images as float32 in [0, 1], (n, channels, height, width), the labels as int64."""
    labels = labels.reshape(-1) if labels.ndim == 2 and labels.shape[1] == 1 else labels
    if labels.ndim != 1 or labels.dtype.kind not in "biuf" or not are_whole(labels):
        raise InputError(
            f"{name!r}: its labels {target_name!r} must be whole numbers of shape (n,), but are "
            f"{labels.dtype} of shape {labels.shape}"
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
    pixels = in_unit_range(name, channels_first(name, images))
    return Images(name, pixels, target_name, labels.astype(np.int64))


def are_whole(labels: NDArray[Any]) -> bool:
    """Whether all numbers are whole ones that int64 can hold."""
    with np.errstate(invalid="ignore"):  # a nan, or a float beyond int64
        return bool(np.array_equal(labels.astype(np.int64), labels))


def channels_first(name: str, images: NDArray[Any]) -> NDArray[Any]:
    """Return the images with shape (n, channels, height, width)."""
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
    """Return the images as float32 between 0 and 1.

    Whole numbers from 0 to 255 are divided by 255, and what lies between 0 and 1 stays; any other
    range is stretched, so that the smallest number becomes 0 and the largest 1.
    """
    low, high = float(images.min()), float(images.max())
    span = high - low
    if not math.isfinite(span):
        raise InputError(
            f"{name!r}: its pixels must be finite numbers, but go from {low} to {high}"
        )
    if images.dtype.kind in "iu" and low >= 0 and high <= BRIGHTEST:
        return np.ascontiguousarray(images, np.float32) / np.float32(BRIGHTEST)
    if low >= 0 and high <= 1:
        return np.ascontiguousarray(images, np.float32)
    return np.ascontiguousarray((images.astype(np.float64) - low) / (span or 1.0), np.float32)
