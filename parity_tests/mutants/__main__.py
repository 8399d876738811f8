"""``python -m parity_tests.mutants``: try mistakes, and say which tests notice them."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from tinygrad_edu.app.output import say

from .catalogue import BY_NAME, MUTANTS
from .layers import LISTED
from .mutant import Mutant
from .trial import Verdict, try_each_layer, try_mutant, wrongly_failing


def chosen(names: Sequence[str], sample: int | None) -> list[Mutant]:
    """The mutants with these names, or all; of these, `sample` at even distances."""
    mutants = [BY_NAME[name] for name in names] or list(MUTANTS)
    if sample is None or sample >= len(mutants):
        return mutants
    return [mutants[i * len(mutants) // sample] for i in range(sample)]


def judge(mutants: Sequence[Mutant], likely_only: bool, processes: int) -> list[Verdict]:
    """Try each mutant, and print a line about it."""
    verdicts = []
    for mutant in mutants:
        verdict = try_mutant(mutant, likely_only, processes)
        found = f"{verdict.layer}: {verdict.caught_by}" if verdict.caught_by else "SURVIVED"
        say(f"{mutant.name:34} {verdict.seconds:6.1f} s  {found}", flush=True)
        verdicts.append(verdict)
    return verdicts


def judge_by_layer(mutants: Sequence[Mutant], processes: int) -> list[Verdict]:
    """Try each mutant with every layer; print who noticed, and after how many seconds."""
    say(f"{'':34}" + "".join(f"{layer:>18}" for layer in LISTED))
    caught, spent = dict.fromkeys(LISTED, 0), dict.fromkeys(LISTED, 0.0)
    verdicts = []
    for mutant in mutants:
        by_layer = try_each_layer(mutant, processes)
        cells = []
        for layer, verdict in by_layer.items():
            caught[layer] += bool(verdict.caught_by)
            spent[layer] += verdict.seconds
            cells.append(f"{'caught' if verdict.caught_by else '-':>10}{verdict.seconds:6.0f} s")
        say(f"{mutant.name:34}" + "".join(cells), flush=True)
        verdicts.append(max(by_layer.values(), key=lambda verdict: verdict.caught_by != ""))
    say(f"{'caught':34}" + "".join(f"{n:18}" for n in caught.values()))
    say(f"{'seconds':34}" + "".join(f"{s:18.0f}" for s in spent.values()))
    return verdicts


def main() -> int:
    """Try what was asked for; the exit code is 1 if a mutant survived."""
    parser = argparse.ArgumentParser(prog="python -m parity_tests.mutants", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="by default all")
    parser.add_argument("--list", action="store_true", help="print what there is, and try nothing")
    parser.add_argument("--sample", type=int, metavar="N", help="N of them, at even distances")
    parser.add_argument("--likely", action="store_true", help="run the likely tests only")
    parser.add_argument("--by-layer", action="store_true", help="run every layer on each")
    parser.add_argument("--processes", type=int, default=0, help="of pytest-xdist (default: 0)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write what came of it")
    arguments = parser.parse_args()
    unknown = [name for name in arguments.names if name not in BY_NAME]
    if unknown or (arguments.sample is not None and arguments.sample < 1):
        parser.error(f"there is no mutant {unknown[0]}" if unknown else "--sample needs 1 or more")
    mutants = chosen(arguments.names, arguments.sample)
    if arguments.list:
        for mutant in mutants:
            say(f"{mutant.name:34} {mutant.file:30} {mutant.mistake}")
        return 0
    if arguments.by_layer:
        verdicts = judge_by_layer(mutants, arguments.processes)
    else:
        verdicts = judge(mutants, arguments.likely, arguments.processes)
    if arguments.json:
        rows = [
            {"name": v.mutant.name, "caught_by": v.caught_by, "seconds": round(v.seconds, 1)}
            for v in verdicts
        ]
        arguments.json.write_text(json.dumps(rows, indent=1) + "\n")
    survivors = [v.mutant.name for v in verdicts if not v.caught_by]
    say(f"{len(verdicts) - len(survivors)} of {len(verdicts)} caught")
    if survivors:
        say(f"survived: {' '.join(survivors)}")
    wrong = wrongly_failing([v.caught_by for v in verdicts if v.caught_by])
    if wrong:
        say(f"fails without a mistake, too: {wrong}")
    return 1 if survivors or wrong else 0


if __name__ == "__main__":
    sys.exit(main())
