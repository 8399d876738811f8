"""The command ``tinygrad-edu compare``: see `comparison` for what it does."""

import argparse

from ..files import check_output
from ..output import say
from . import page, text
from .both_sides import Start
from .comparison import compare


def run_compare(options: argparse.Namespace) -> int:
    """Run ``compare`` with parsed options and return the exit code: 1 where the two differ."""
    file = options.html
    if file is not None:
        check_output("--html", file, ".html")
    start = Start(options.seed, options.dtype)
    result = compare(options.script, options.arguments, start, options.timeout, options.control)
    for line in text.report(result):
        say(line)
    if file is not None:
        page.write(result, file)
    return 0 if result.passed else 1
