"""Writing a file whole or not at all.

It is written under another name and moved into place when it is complete. So whatever happens
meanwhile, even if the process is killed, under its name stands what stood there before.
"""

from __future__ import annotations

import os
import uuid
from pathlib import Path


def write_whole(path: Path, content: bytes | bytearray) -> None:
    """Put a file of this content at `path`: all of it, or on any error nothing."""
    target = Path(os.path.realpath(path))  # what a link points to is replaced, not the link
    temporary = target.with_name(f".{target.name}.{uuid.uuid4().hex}.tmp")
    try:
        with open(temporary, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())  # or a power cut could leave a name without its content
        os.replace(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)
