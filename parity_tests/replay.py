"""How what is being judged can be run again."""

from __future__ import annotations

import os
import shlex


class Replay:
    """The id of the case that is being judged, if it has one."""

    case_id: str | None = None


def replay_command() -> str:
    """One command that runs just this again."""
    if Replay.case_id is not None:
        return f"python -m pytest -n 0 parity_tests --case {shlex.quote(Replay.case_id)}"
    node = os.environ.get("PYTEST_CURRENT_TEST", "parity_tests").removesuffix(" (call)")
    return f"python -m pytest -n 0 {shlex.quote(node)}"
