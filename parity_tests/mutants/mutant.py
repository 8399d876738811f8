"""What a mutant is: one mistake, as a text in one file and the text in its place."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ENGINE, REFERENCE = PACKAGES = ("tinygrad_edu", "torch_ref")


def path_of(root: Path, file: str) -> Path:
    """Where a file that is named as in `Mutant` is in a tree."""
    return root / file if file.startswith(f"{REFERENCE}/") else root / ENGINE / file


@dataclass(frozen=True)
class Mutant:
    """One mistake.

    Attributes
    ----------
    name : str
        What the runner is told to try it.
    file : str
        Where it is, within the engine; or in `torch_ref`, beginning with that, see `path_of`.
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
        return ".".join(path_of(Path(), self.file).with_suffix("").parts)

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

    def source(self, root: Path) -> str:
        """The text of the file with the mistake in it, given the root of the tree.

        Raises
        ------
        ValueError
            As for `changed`; it names the files in which the old text stands now.
        """
        try:
            return self.changed(path_of(root, self.file).read_text())
        except (ValueError, FileNotFoundError) as error:
            paths = (path for name in PACKAGES for path in sorted((root / name).rglob("*.py")))
            files = (path for path in paths if self.old in path.read_text())
            places = ", ".join(str(path.relative_to(root)) for path in files) or "no file"
            raise ValueError(f"{error}\nIt stands in {places}.") from error

    def lines(self, root: Path) -> tuple[int, int]:
        """The first and the last line of the file that differ."""
        before = path_of(root, self.file).read_text().splitlines()
        after = self.source(root).splitlines()
        same = _same(before, after)
        same_after = _same(before[same:][::-1], after[same:][::-1])
        return same + 1, max(same + 1, len(before) - same_after)


def _same(first: Sequence[str], second: Sequence[str]) -> int:
    """With how many equal lines both begin."""
    pairs = zip(first, second, strict=False)
    return sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], pairs))
