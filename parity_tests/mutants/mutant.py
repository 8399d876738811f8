"""What a mutant is: one mistake, as a text in one file and the text in its place."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Mutant:
    """One mistake.

    Attributes
    ----------
    name : str
        What the runner is told to try it.
    file : str
        Where it is, within the package.
    old, new : str
        A text that is there once, and what is there in its place. Best a line or two that others
        have little reason to change.
    mistake : str
        In one line, what would be wrong.
    tests : tuple of str
        The tests likely to notice, tried first: "optim" is ``test_optim.py``, and "ops:sum" what
        ``-k sum`` selects of ``test_ops.py``.
    """

    name: str
    file: str
    old: str
    new: str
    mistake: str
    tests: tuple[str, ...]

    @property
    def module(self) -> str:
        """The name of the module that is changed."""
        return "tinygrad_edu." + self.file.removesuffix(".py").replace("/", ".")

    def changed(self, source: str) -> str:
        """`source`, the text of the file, with the mistake in it.

        Raises
        ------
        ValueError
            If the old text is not there exactly once.
        """
        count = source.count(self.old)
        if count != 1:
            raise ValueError(
                f"{self.name}: in {self.file} this stands {count} times and not once; look what "
                f"has become of it, and write the mistake anew:\n{self.old}"
            )
        return source.replace(self.old, self.new)

    def source(self, package: Path) -> str:
        """The text of the file with the mistake in it, given the folder of the package.

        Raises
        ------
        ValueError
            As for `changed`; it names the files in which the old text stands now.
        """
        try:
            return self.changed((package / self.file).read_text())
        except (ValueError, FileNotFoundError) as error:
            files = (path for path in package.rglob("*.py") if self.old in path.read_text())
            places = ", ".join(str(path.relative_to(package)) for path in files) or "no file"
            raise ValueError(f"{error}\nIt stands in {places}.") from error

    def lines(self, package: Path) -> tuple[int, int]:
        """The first and the last line of the file that differ."""
        before = (package / self.file).read_text().splitlines()
        after = self.source(package).splitlines()
        same = _same(before, after)
        same_after = _same(before[same:][::-1], after[same:][::-1])
        return same + 1, max(same + 1, len(before) - same_after)


def _same(first: Sequence[str], second: Sequence[str]) -> int:
    """With how many equal lines both begin."""
    pairs = zip(first, second, strict=False)
    return sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], pairs))
