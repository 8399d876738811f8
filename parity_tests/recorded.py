"""Scripts recorded on both sides and compared, as ``tinygrad-edu compare`` does it, at little cost:
in copies of the processes of `servers`, which the tests have as a fixture::

    result = Recorders(servers).compare("script.py")
    assert result.passed, result.faults
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from tinygrad_edu.app.compare.both_sides import SIDES, Start
from tinygrad_edu.app.compare.comparison import LIMIT, Comparison, judged, source_of

from .servers import Servers

START = Start()


class Recorders:
    """Both sides of a comparison.

    Parameters
    ----------
    servers : Servers
    as_printed : callable
        The text that the PyTorch which is installed prints in place of one of 2.13.
    """

    def __init__(self, servers: Servers, as_printed: Callable[[str], str] = str) -> None:
        self.servers, self.as_printed = servers, as_printed

    def compare(
        self,
        script: str | os.PathLike[str],
        arguments: Sequence[str] = (),
        *,
        start: Start = START,
        stdin: str = "",
        folder: str | os.PathLike[str] | None = None,
        limit: int = LIMIT,
        control: bool = True,
    ) -> Comparison:
        """Run a script on both sides, and compare them; see
        `tinygrad_edu.app.compare.comparison.compare`.

        Parameters
        ----------
        script : path
        arguments : sequence of str
        start : Start
        stdin : str
            What the script can read.
        folder : path, optional
            In which both run; by default each has an empty one of its own.
        limit : int
            Of each record, in bytes.
        control : bool
        """
        path = os.path.abspath(script)
        source = source_of(path)
        rest = [path, list(arguments)]
        with tempfile.TemporaryDirectory() as name:
            places = {side: Path(name, side) for side in (*SIDES, "moved")}

            def begin(side: str, place: Path, start: Start) -> None:
                self.servers.begin(side, SIDES[side], place, [limit, *start, *rest], stdin, folder)

            for side in SIDES:
                begin(side, places[side], start)
            ours, theirs = (self.servers.end(side, places[side]) for side in SIDES)
            ours = ours._replace(stdout=self.as_printed(ours.stdout))
            result = judged(path, source, start, ours, theirs)
            if control and result.undecided:
                begin("PyTorch", places["moved"], start._replace(moved=True))
                moved = self.servers.end("PyTorch", places["moved"])
                result = judged(path, source, start, ours, theirs, moved)
            return result
