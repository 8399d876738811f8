"""The command ``tinygrad-edu compare``: see `comparison` for what it does."""

import argparse

from . import compare_page, compare_text
from .both_sides import Start
from .comparison import compare
from .files import check_output
from .output import say


def run_compare(options: argparse.Namespace) -> int:
    """Run ``compare`` with parsed options and return the exit code: 1 where the two differ."""
    page = options.html
    if page is not None:
        check_output("--html", page, ".html")
    start = Start(options.seed, options.dtype)
    result = compare(options.script, options.arguments, start, options.timeout, options.control)
    for line in compare_text.report(result):
        say(line)
    if page is not None:
        compare_page.write(result, page)
    return 0 if result.passed else 1
