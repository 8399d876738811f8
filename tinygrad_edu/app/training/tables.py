"""Read a user's table: a CSV with a header row, or an .npz of plain arrays.

A table ends as float64 features of shape (n, d) and one float64 target of shape (n,).  Files are
text or raw numbers only: pickled objects are refused, so reading a file never runs code.  Whatever
is wrong is found here, before any training, and said with the column and the row it is in.

In a CSV every column but the target is a feature.  In an .npz the arrays play the part of columns:
``--target y`` names one array, and all the others are features.  An array of shape (n,) is one
column under its own name; one of shape (n, d) gives d columns ``X[0]`` to ``X[d-1]``.  An .npz with
``x_train``, ``y_train``, ``x_test`` and ``y_test`` needs no ``--target``, see `parts`.
"""

import csv
import math
import zipfile
import zlib
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError, first_line
from .parts import Part, parts_in

Array = NDArray[np.float64]

NAMED_AT_ENDS = 6  # columns that a message lists of a wide table, from either end

# What NumPy and zipfile raise on a file that was cut, overwritten, encrypted or made by an enemy.
DAMAGE = (
    OSError,
    ValueError,
    EOFError,
    KeyError,
    RuntimeError,
    MemoryError,
    OverflowError,
    zipfile.BadZipFile,
    zlib.error,
)


class Table(NamedTuple):
    """A table of numbers: ``features`` (n, d) named by ``columns``, and ``target`` (n,).

    Its first ``train_rows`` rows are to be trained on and the others to be tested on, as the user
    gave them; by default no such choice has been made.
    """

    name: str
    columns: list[str]
    features: Array
    target_name: str
    target: Array
    train_rows: int | None = None


def check_target(name: str, columns: list[str], target: str | None) -> str:
    """Return ``target`` if it is one of two or more columns."""
    if target is None:
        raise InputError(f"{name!r} needs --target COLUMN; its columns are {listed(columns)}")
    if target not in columns:
        raise InputError(f"{name!r} has no column {target!r}; its columns are {listed(columns)}")
    if len(columns) == 1:
        raise InputError(f"{name!r} has no column besides the target {target!r} to learn from")
    return target


def listed(names: list[str]) -> str:
    """Return names for a message; of very many, the first and the last."""
    quoted = [repr(name) for name in names]
    if len(names) > 2 * NAMED_AT_ENDS + 1:
        quoted = [*quoted[:NAMED_AT_ENDS], "...", *quoted[-NAMED_AT_ENDS:]]
    return ", ".join(quoted) or "none"


def separate(name: str, columns: dict[str, Array], target: str) -> Table:
    """Turn named columns of equal length into a Table, the target apart from the features."""
    if not len(columns[target]):
        raise InputError(f"{name!r} is empty: it has columns but no rows")
    features = {column: values for column, values in columns.items() if column != target}
    stacked = np.stack(list(features.values()), axis=1)
    return Table(name, list(features), stacked, target, columns[target])


def read_csv(path: Path, target: str | None) -> Table:
    """Read a comma-separated file with a header row and set its ``target`` column apart.

    Raises
    ------
    InputError
        If it is damaged, empty, not rectangular, or holds anything but finite numbers, or if it
        has no such column; where ``target`` is None, the error lists the columns there are.
    """
    try:
        with open(path, newline="", encoding="utf-8-sig") as file:
            rows = [row for row in csv.reader(file, strict=True, skipinitialspace=True) if row]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"cannot read {path.name!r} as CSV text: {first_line(error)}") from error
    if not rows:
        raise InputError(f"{path.name!r} is empty: it needs a header row and rows of numbers")
    header = [cell.strip() for cell in rows[0]]
    check_header(path.name, header)
    target = check_target(path.name, header, target)
    values = np.empty((len(rows) - 1, len(header)))
    for number, row in enumerate(rows[1:], start=1):
        if len(row) != len(header):
            raise InputError(
                f"{path.name!r}, row {number}: {len(row)} cells, but the header has {len(header)}"
            )
        for column, cell in enumerate(row):
            value = to_number(cell)
            if not math.isfinite(value):
                hint = "; number the classes: 0, 1, 2 ..." if header[column] == target else ""
                raise bad_cell(path.name, header[column], number, cell, hint)
            values[number - 1, column] = value
    return separate(path.name, dict(zip(header, values.T, strict=True)), target)


def check_header(name: str, header: list[str]) -> None:
    """Refuse a header with equal or empty names, and a table that has numbers in its place."""
    if all(math.isfinite(to_number(cell)) for cell in header):
        raise InputError(f"{name!r} has no header: its first row must hold the columns' names")
    for column, cell in enumerate(header, start=1):
        if not cell:
            raise InputError(f"{name!r}: column {column} has no name in the header row")
        if header.count(cell) > 1:
            raise InputError(f"{name!r}: two columns are named {cell!r}; rename one")


def to_number(cell: str) -> float:
    """Return the number a cell holds, or nan where it holds none."""
    try:
        # Python reads 1_000 as a number; in a data file it is a slip.
        return math.nan if "_" in cell else float(cell)
    except ValueError:
        return math.nan


def read_arrays(path: Path) -> dict[str, Any]:
    """Read what an .npz holds: arrays by their names (and bytes, where a file in it is no array).

    Raises
    ------
    InputError
        If it is damaged, or has objects in it.
    """
    if not zipfile.is_zipfile(path):
        raise InputError(f"{path.name!r} is damaged or not an .npz file (NumPy's savez makes one)")
    try:
        with np.load(path, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except DAMAGE as error:
        raise InputError(f"{path.name!r} is damaged: {first_line(error)}") from error


def table_in(name: str, arrays: dict[str, Any], target: str | None) -> Table:
    """Return the table that the 1-D and 2-D arrays of the .npz ``name`` make."""
    if (parts := parts_in(name, arrays, target)) is not None:
        return joined(name, *parts)
    columns: dict[str, Array] = {}
    for array_name, array in arrays.items():
        columns.update(array_columns(name, array_name, array))
    target = check_target(name, list(columns), target)
    lengths = {column: len(values) for column, values in columns.items()}
    if len(set(lengths.values())) > 1:
        raise InputError(f"{name!r}: its arrays differ in length: {lengths}")
    return separate(name, columns, target)


def joined(name: str, train: Part, test: Part) -> Table:
    """Return the rows of both parts, those to train on first, under the names of these."""
    both = []
    for names, features, target in (train, test):
        targets = array_columns(name, names[1], target)
        if len(targets) != 1:
            raise InputError(
                f"{name!r}: the target {names[1]!r} has shape {target.shape}; (n,) is needed"
            )
        columns = array_columns(name, names[0], features)
        both.append(separate(name, {**columns, names[1]: targets[names[1]]}, names[1]))
    whole, tested = both
    return whole._replace(
        features=np.concatenate([whole.features, tested.features]),
        target=np.concatenate([whole.target, tested.target]),
        train_rows=len(whole.target),
    )


def array_columns(file: str, name: str, array: Any) -> dict[str, Array]:
    """Return an array's columns by name: one for shape (n,) or (n, 1), d for shape (n, d)."""
    if not isinstance(array, np.ndarray) or array.dtype.kind not in "biuf":
        kind = array.dtype if isinstance(array, np.ndarray) else "no array"
        raise InputError(f"{file!r}: array {name!r} must hold numbers, but its dtype is {kind}")
    if array.ndim not in (1, 2):
        raise InputError(
            f"{file!r}: array {name!r} has shape {array.shape}; (n,) or (n, d) is needed"
        )
    table = array[:, None] if array.ndim == 1 else array
    with np.errstate(over="ignore"):  # a long double may exceed float64: then it is not finite
        table = table.astype(np.float64)
    single = table.shape[1] == 1
    columns = {
        name if single else f"{name}[{column}]": table[:, column]
        for column in range(table.shape[1])
    }
    for column, values in columns.items():
        if not np.isfinite(values).all():
            row = int(np.argmin(np.isfinite(values)))
            raise bad_cell(file, column, row + 1, str(values[row]))
    return columns


def bad_cell(file: str, column: str, row: int, cell: str, hint: str = "") -> InputError:
    """Return the error for a cell that holds no finite number; rows count from 1."""
    shown = "an empty cell" if not cell.strip() else repr(cell)
    return InputError(
        f"{file!r}, column {column!r}, row {row}: {shown} is not a finite number{hint}"
    )


def different(values: NDArray[Any]) -> NDArray[Any]:
    """The different values, sorted: `np.unique`, which would import masked arrays, too."""
    return np.array(sorted(set(values.tolist())), values.dtype)
