"""Lines of Python that each run in a process of their own, where little has been imported yet.

Most of the time of such a process goes into that little. So one process does it, and for each text
makes a copy of itself, which runs it and ends::

    with Copies("import tinygrad_edu", ROOT) as copies:
        assert copies.run("print(tinygrad_edu.ones(1))") == ("tensor([1.])\\n", "")
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Self

#: What the process does behind its own lines: for each text it has a copy run it.
SERVE = """
def text_of_a_copy():
    import gc, json, os, sys
    gc.freeze()  # a copy that ends need not look through all that was imported
    for line in sys.stdin:
        text, *files = json.loads(line)
        process = os.fork()
        if process == 0:
            for number, file in enumerate(files):
                os.dup2(os.open(file, os.O_RDWR | os.O_CREAT), number)
            return text
        os.waitpid(process, 0)
        print("done", flush=True)
    return ""

exec(text_of_a_copy())
"""


class Copies:
    """A process, and the copies that it makes of itself.

    Parameters
    ----------
    begin : str
        The lines that it runs once. In it and in the copies, a warning is an error.
    folder : Path
        Where all of them run.
    """

    def __init__(self, begin: str, folder: Path) -> None:
        self.files = tempfile.TemporaryDirectory()
        self.count = 0
        self.process = subprocess.Popen(
            [sys.executable, "-W", "error", "-c", begin + SERVE],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=folder,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.process.communicate()
        self.files.cleanup()

    def run(self, text: str) -> tuple[str, str]:
        """What a copy writes to stdout and to stderr that runs these lines."""
        assert self.process.stdin is not None and self.process.stdout is not None
        self.count += 1
        files = [Path(self.files.name, f"{self.count} {name}") for name in ("in", "out", "err")]
        print(json.dumps([text, *map(str, files)]), file=self.process.stdin, flush=True)
        assert self.process.stdout.readline() == "done\n"
        out, err = (file.read_text() for file in files[1:])
        return out, err
