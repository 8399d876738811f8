"""`python -m benchmarks [train|ops|conv|...]`: measure here and now; what is named, or all.

All contestants take turns, each library in a process of its own, with as many threads as is said;
what is printed are medians, with quartiles, and whether the project's own targets are met.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from tinygrad_edu.app.cli import Parser
from tinygrad_edu.app.errors import InputError
from tinygrad_edu.app.extras import need
from tinygrad_edu.app.kinds import file_name
from tinygrad_edu.app.output import run, say

from .kept import earlier_record, kept_in, make_folder
from .record import FILE, Record

NAME = "python -m benchmarks"


def look_for_torch() -> int:
    """PyTorch is what all are measured beside; without it there is nothing to do."""
    need("torch", NAME)
    return 0


if __name__ == "__main__" and (code := run(NAME, look_for_torch)):
    sys.exit(code)  # now, for what is imported next imports it

from . import against, conv, gpu, memory, ops, peers, processes, scale, startup, train  # noqa: E402
from .report import about, line_of, machine  # noqa: E402


class Benchmark(NamedTuple):
    """One of the sub-commands.

    Attributes
    ----------
    main : callable
        Measures by a plan, prints, and adds its rows and targets to a record.
    full, quick : object
        The plan, and the one of `--quick`.
    seconds : tuple of int
        How long each may take on two cores.
    """

    main: Callable[[Record, Any], None]
    full: Any
    quick: Any
    seconds: tuple[int, int]


BENCHMARKS = {
    "train": Benchmark(train.main, train.FULL, train.QUICK, (150, 11)),
    "ops": Benchmark(ops.main, ops.FULL, ops.QUICK, (225, 6)),
    "conv": Benchmark(conv.main, conv.FULL, conv.QUICK, (122, 5)),
    "scale": Benchmark(scale.main, scale.FULL, scale.QUICK, (165, 5)),
    "memory": Benchmark(memory.main, memory.FULL, memory.QUICK, (80, 10)),
    "startup": Benchmark(startup.main, startup.FULL, startup.QUICK, (25, 3)),
    "peers": Benchmark(peers.main, peers.FULL, peers.QUICK, (20, 10)),
    "gpu": Benchmark(gpu.main, gpu.FULL, gpu.QUICK, (100, 6)),
    "processes": Benchmark(processes.main, processes.FULL, processes.QUICK, (600, 60)),
}
#: What is measured only where it is named: the others together take fifteen minutes, or one.
BY_NAME = ("processes",)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmarks that the command line names, and return the exit code."""
    return run(NAME, lambda: measure(arguments))


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = Parser(prog=NAME, description=__doc__)
    parser.add_argument(
        "names",
        nargs="*",
        metavar="name",
        help="any of "
        + ", ".join(f"{name} ({full} s)" for name, (*_, (full, _)) in BENCHMARKS.items())
        + f", which take at most about so long; by themselves all but {', '.join(BY_NAME)}",
    )
    parser.add_argument(
        "--quick",
        action="store_true",
        help="measure less, for a minute in all, to see that it runs",
    )
    parser.add_argument(
        "--out",
        type=file_name,
        metavar="FOLDER",
        help=f"write {FILE}, plots (PNG and SVG), and what is printed, into this folder, whenever "
        "a benchmark has ended; results of another command in it are not overwritten",
    )
    parser.add_argument(
        "--against",
        type=file_name,
        metavar=FILE,
        help="compare with what an earlier run wrote",
    )
    options = parser.parse_args(arguments)
    for name in options.names:
        if name not in BENCHMARKS:
            parser.error(f"there is no benchmark {name!r}; there are {', '.join(BENCHMARKS)}")
    named = list(dict.fromkeys(options.names))  # each once
    options.names = named or [name for name in BENCHMARKS if name not in BY_NAME]
    return options


def measure(arguments: Sequence[str] | None) -> int:
    """Do the work of `main`.

    Raises
    ------
    InputError
        If what is named cannot be measured on this machine, the file to compare with not be read,
        or nothing be written into the folder, or what is in it would be lost.
    """
    options = parse(arguments)
    if options.names == ["gpu"] and (reason := gpu.why_not()):
        raise InputError(reason)
    earlier = earlier_record("--against", options.against) if options.against else None
    command = " ".join([NAME, *options.names, *(["--quick"] if options.quick else [])])
    if options.out:
        need("matplotlib.figure", "--out")  # or it is missed when all is measured
        if options.against and options.against.resolve() == (options.out / FILE).resolve():
            raise InputError(
                "--out would replace the file that --against names; name another folder"
            )
        make_folder(options.out, command)
    record = Record(about(command))
    with kept_in(options.out, record) as keep:
        say(machine())
        for name in options.names:
            benchmark = BENCHMARKS[name]
            say(f"\n{name}: at most about {benchmark.seconds[options.quick]} s\n", flush=True)
            start = time.perf_counter()
            benchmark.main(record, benchmark.quick if options.quick else benchmark.full)
            seconds = time.perf_counter() - start
            keep(name)
            say(f"\n{name} took {seconds:.0f} s", flush=True)
        say_all_targets(record)
        if earlier:
            say()
            against.main(record, earlier)
    return 0


def say_all_targets(record: Record) -> None:
    """Say what was met and what not, once more and together."""
    met = sum(target.met for target in record.targets)
    if record.targets:
        say(f"\n{met} of {len(record.targets)} targets met\n")
    for target in record.targets:
        say(line_of(target))


if __name__ == "__main__":
    sys.exit(main())
