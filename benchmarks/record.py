"""What a run of the benchmarks found, as its tables print it and as a file keeps it."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any, NamedTuple

from tinygrad_edu.app.files import replacing

from .timing import Spread, ratios, spread

FILE = "benchmarks.json"

#: How a row's values are printed, by the row's unit: by what they are multiplied, and as what.
UNITS = {"s": (1e3, "ms"), "B": (1e-6, "MB"), "x": (1.0, "x")}


class Place(NamedTuple):
    """Where a row lies in a plot of times against sizes.

    Attributes
    ----------
    figure, panel, line : str
        The plot, one of the fields in it, and a line there.
    size : int
        How far to the right.
    """

    figure: str
    panel: str
    line: str
    size: int


class Row(NamedTuple):
    """One thing that was measured, for all who did it.

    Attributes
    ----------
    benchmark, name : str
    threads : int
        How many each of them had.
    unit : str
        Of the values, from `UNITS`: "s" for seconds, "B" for bytes, "x" for multiples.
    values : dict of str to Spread
        By contestant, ours first.
    ratios : dict of str to Spread
        Ours as a multiple of each of the others.
    place : Place, optional
        Where it lies in a plot of its own.
    """

    benchmark: str
    name: str
    threads: int
    unit: str
    values: dict[str, Spread]
    ratios: dict[str, Spread]
    place: Place | None = None

    @property
    def key(self) -> tuple[str, str, int]:
        """What tells this row from all others of its record."""
        return self.benchmark, self.name, self.threads


class Target(NamedTuple):
    """A ratio that the project wants to reach."""

    text: str
    measured: float
    limit: float

    @property
    def met(self) -> bool:
        """Whether this run reached it; nan reaches nothing."""
        return self.measured <= self.limit


class Record:
    """All rows and targets of a run, and on what it ran.

    Parameters
    ----------
    about : dict
        The command, the machine, the versions.
    """

    def __init__(self, about: dict[str, Any]) -> None:
        self.about = about
        self.rows: list[Row] = []
        self.targets: list[Target] = []

    def add(
        self,
        benchmark: str,
        name: str,
        threads: int,
        values: dict[str, list[float]],
        unit: str = "s",
        place: Place | None = None,
    ) -> Row:
        """Keep what was measured, round by round, and return its row."""
        ours, *others = values
        compared = {other: ratios(values, ours, other) for other in others}
        spreads = {who: spread(numbers) for who, numbers in values.items()}
        self.rows.append(Row(benchmark, name, threads, unit, spreads, compared, place))
        return self.rows[-1]

    def of(self, benchmark: str) -> list[Row]:
        """The rows of one benchmark."""
        return [row for row in self.rows if row.benchmark == benchmark]

    def write(self, path: Path) -> None:
        """Write all of it as JSON; what was in the file stays until that is done."""
        rows = [row._asdict() | {"place": row.place and row.place._asdict()} for row in self.rows]
        targets = [target._asdict() | {"met": target.met} for target in self.targets]
        content = {"about": self.about, "targets": targets, "rows": rows}
        with replacing(path) as temporary:
            temporary.write_text(json.dumps(content, indent=1) + "\n")


def read(path: Path) -> Record:
    """Read what `Record.write` wrote.

    Raises
    ------
    OSError
        If there is no such file.
    ValueError
        If it holds something else.
    """
    try:
        content = json.loads(path.read_text())
    except ValueError as error:
        raise ValueError(f"it is not JSON: {error}") from error
    try:
        record = Record(of_kind(dict, content["about"]))
        record.rows = [row_from(fields) for fields in content["rows"]]
        record.targets = [
            Target(fields["text"], fields["measured"], fields["limit"])
            for fields in content["targets"]
        ]
    except (KeyError, TypeError) as error:
        raise ValueError("it is not one that `--out` wrote") from error
    return record


def of_kind(kind: Any, value: Any) -> Any:
    """A value of the file, if it is of that kind; otherwise a TypeError."""
    if not isinstance(value, kind):
        raise TypeError(f"{value!r} is no {kind}")
    return value


def row_from(fields: dict[str, Any]) -> Row:
    """A row of the file."""
    place = fields["place"] and Place(**fields["place"])
    for name in ("benchmark", "name", "unit"):
        of_kind(str, fields[name])
    of_kind(int, fields["threads"])
    values, compared = (
        {name: spread_from(numbers) for name, numbers in of_kind(dict, fields[key]).items()}
        for key in ("values", "ratios")
    )
    row = Row(**fields | {"values": values, "ratios": compared, "place": place})
    if row.unit not in UNITS:
        raise ValueError(f"the unit of its row {row.name!r} is {row.unit!r}")
    if not values:
        raise ValueError(f"its row {row.name!r} is empty")
    return row


def spread_from(numbers: list[float]) -> Spread:
    """A median with its quartiles, from the file; runs are compared by what they are a multiple of.

    Raises
    ------
    ValueError
        If nothing can be a multiple of the median.
    """
    found = Spread(*(of_kind(float | int, number) for number in numbers))
    if not 0 < found.median < math.inf:
        raise ValueError(f"a median in it is {found.median}")
    return found
