"""The command line: ``tinygrad-edu train``, ``tinygrad-edu run script.py`` and others; or ``python
-m tinygrad_edu`` in the place of ``tinygrad-edu``."""

import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    words = [*(sys.argv[1:] if arguments is None else arguments)]
    if script := script_in(words):
        # It pays for nothing that it does not use, as are the parser and all other commands.
        from .app.scripts import aliases, run

        aliases.install()
        return run.run_script(script[0], script[1:], remark)
    from .app import cli, side
    from .app.training.command import Program

    return cli.main(Program("tinygrad-edu", lambda options: side.SIDE, is_reference=False), words)


def remark(error: BaseException) -> None:
    """Add to what a script raised what is missing here, if that is why."""
    from .app.scripts import absent  # for a script that fails

    absent.remark(error)


def script_in(words: list[str]) -> list[str]:
    """The script that the command line is to run, with its arguments, or nothing."""
    if words[:1] != ["run"]:
        return []
    if words[1:2] == ["--"]:
        return words[2:]
    return [] if words[1:2] and words[1].startswith("-") else words[1:]


if __name__ == "__main__":
    sys.exit(main())
