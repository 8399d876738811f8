"""``python -m parity_tests.mutants``: try mistakes, and say which tests notice them."""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from . import generic, jobs
from .catalogue import BY_NAME, MUTANTS
from .equivalent import KEYS
from .generic import Change
from .layers import LISTED, layer_of
from .mutant import ENGINE, Mutant
from .reach import Reach, measure
from .trial import ROOT, Job, Verdict, copy_of_the_tree, try_all, wrongly_failing
from .warm import import_what_is_slow

say = partial(print, flush=True)


def chosen(names: Sequence[str], sample: int | None, seed: int) -> list[Mutant]:
    """The mutants with these names, or all; of these, `sample` by chance."""
    mutants = [BY_NAME[name] for name in names] or list(MUTANTS)
    if sample is None or sample >= len(mutants):
        return mutants
    return [mutants[i] for i in sorted(random.Random(seed).sample(range(len(mutants)), sample))]


def found(caught_by: str) -> str:
    """Which test noticed, and of what layer it is."""
    if "::" not in caught_by:
        return caught_by or "SURVIVED"
    return f"{layer_of(caught_by)}: {caught_by.removeprefix('parity_tests/')}"


def judge(mutants: Sequence[Mutant], likely_only: bool, processes: int) -> list[Verdict]:
    """Try each mutant, and print a line about it."""

    def make_jobs(ids: Sequence[str]) -> list[Job]:
        return [jobs.likely(mutant, ROOT, ids, not likely_only) for mutant in mutants]

    files = [*dict.fromkeys(jobs.file_of(test) for mutant in mutants for test in mutant.tests)]
    verdicts = []
    for verdict in try_all(make_jobs, processes, files if likely_only else None):
        say(f"{verdict.name:34} {verdict.seconds:6.1f} s  {found(verdict.first)}")
        verdicts.append(verdict)
    return verdicts


def by_layer(job: Job, verdict: Verdict) -> dict[str, str]:
    """Of each layer, what it made of a mistake: "caught"; "-", nobody noticed; "cut", nobody did,
    but not all that come by were run; or "", nobody comes by."""
    row = {}
    for layer, run, failed in zip(LISTED, job.runs, verdict.caught_by, strict=True):
        row[layer] = "caught" if failed else "cut" if run.cut else "-" if run.tests else ""
    return row


def summary(rows: Sequence[Mapping[str, str]], budget: float) -> str:
    """How many mistakes each layer has noticed, and how many it alone has."""
    noticing = [[layer for layer, cell in row.items() if cell == "caught"] for row in rows]
    caught = Counter(layer for layers in noticing for layer in layers)
    alone = Counter(layers[0] for layers in noticing if len(layers) == 1)
    cells = Counter(cell for row in rows for cell in row.values())
    return "\n".join(
        (
            f"{f'caught, of {len(rows)}':34}" + "".join(f"{caught[layer]:16}" for layer in LISTED),
            f"{'caught by this layer only':34}" + "".join(f"{alone[layer]:16}" for layer in LISTED),
            "Of each layer those tests were run that come by the lines that differ, to the first "
            "that noticed.",
            f"In {cells['']} cells there are none; in {cells['-']} (-) all were run, and none "
            f"noticed; in {cells['cut']} (cut)",
            f"none noticed of those for which {budget:g} s suffice, and the rest was not run.",
        )
    )


def judge_by_layer(mutants: Sequence[Mutant], budget: float, processes: int) -> list[Verdict]:
    """Try each mutant with every layer; print who noticed."""
    reach = Reach(ROOT)
    made = {m.name: jobs.each_layer(m, ROOT, reach, budget) for m in mutants}
    say(f"{'':34}" + "".join(f"{layer:>16}" for layer in LISTED))
    verdicts, rows = [], []
    for verdict in try_all(lambda ids: [*made.values()], processes):
        row = by_layer(made[verdict.name], verdict)
        say(f"{verdict.name:34}" + "".join(f"{cell:>16}" for cell in row.values()))
        verdicts.append(verdict)
        rows.append(row)
    say(summary(rows, budget))
    return verdicts


def judge_generic(
    sample: int | None, seed: int, budget: float, processes: int
) -> tuple[list[Verdict], dict[str, Change]]:
    """Try changes by rules, and print which survived, and the score."""
    changes = generic.all_changes(ROOT / ENGINE)
    count = len(changes) if sample is None else sample
    reach = Reach(ROOT)
    drawn = {str(i): c for i, c in enumerate(generic.sample(changes, count, seed))}
    tried = {name: change for name, change in drawn.items() if change.key not in KEYS}
    made = [jobs.of_change(name, c, ROOT, reach, budget) for name, c in tried.items()]
    verdicts = []
    for verdict in try_all(lambda ids: made, processes):
        change = tried[verdict.name]
        place = f"{change.file}:{change.line} {change.function}"
        say(f"{verdict.name:>5} {verdict.seconds:6.1f} s  {change.rule:10} {place}")
        say(f"{'':17}{found(verdict.first)}")
        verdicts.append(verdict)
    survivors = [drawn[v.name] for v in verdicts if not v.first]
    for change in survivors:
        say(f"\nsurvived: {change.file}:{change.line}, in {change.function}, {change.rule}")
        say(f"  - {change.before}\n  + {change.after}")
    killed = len(verdicts) - len(survivors)
    say(
        f"\n{len(drawn)} of {len(changes)} changes, seed {seed}: {killed} killed, "
        f"{len(survivors)} survived, {len(drawn) - len(tried)} equivalent; "
        f"score {killed / max(len(tried), 1):.1%} of those that are not equivalent"
    )
    return verdicts, drawn


def written(verdicts: Sequence[Verdict], changes: Mapping[str, Change]) -> str:
    """The verdicts as JSON."""
    rows = []
    for v in verdicts:
        change = changes[v.name]._asdict() if v.name in changes else {}
        rows.append({**v._asdict(), **change})
    return json.dumps(rows, indent=1) + "\n"


def parse() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(prog="python -m parity_tests.mutants", description=__doc__)
    for name, what in (
        ("--list", "print what there is, and try nothing"),
        ("--likely", "run the likely tests only"),
        ("--by-layer", "run every layer on each"),
        ("--generic", "changes by rules in place of the catalogue"),
        ("--measure", "find out which tests come by which lines, as the two above need it"),
    ):
        parser.add_argument(name, action="store_true", help=what)
    parser.add_argument("names", nargs="*", metavar="NAME", help="by default all")
    parser.add_argument("--sample", type=int, metavar="N", help="N of them, by chance")
    parser.add_argument("--seed", type=int, help="of the chance (default: another each time)")
    parser.add_argument("--budget", type=float, default=20, help="seconds for a measured run")
    parser.add_argument("--processes", type=int, default=1, help="as many at a time (default: 1)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write what came of it")
    arguments = parser.parse_args()
    unknown = [name for name in arguments.names if name not in BY_NAME]
    if unknown or (arguments.sample is not None and arguments.sample < 1):
        parser.error(f"there is no mutant {unknown[0]}" if unknown else "--sample needs 1 or more")
    if arguments.seed is None:
        arguments.seed = time.time_ns() % 10000
    return arguments


def main() -> int:
    """Try what was asked for; the exit code is 1 if a mutant survived."""
    asked = parse()
    if asked.measure:
        import_what_is_slow()
        with copy_of_the_tree() as tree:
            measure(tree, say)
        return 0
    mutants = chosen(asked.names, asked.sample, asked.seed)
    if asked.list:
        for mutant in mutants:
            say(f"{mutant.name:34} {mutant.file:30} {mutant.mistake}")
        return 0
    changes: Mapping[str, Change] = {}
    start = time.perf_counter()
    if asked.generic:
        verdicts, changes = judge_generic(asked.sample, asked.seed, asked.budget, asked.processes)
    elif asked.by_layer:
        verdicts = judge_by_layer(mutants, asked.budget, asked.processes)
    else:
        verdicts = judge(mutants, asked.likely, asked.processes)
    if asked.json:
        asked.json.write_text(written(verdicts, changes))
    survivors = [v.name for v in verdicts if not v.first]
    seconds = time.perf_counter() - start
    sampled = f", drawn with --seed {asked.seed}" if asked.sample else ""
    say(f"{len(verdicts) - len(survivors)} of {len(verdicts)} caught in {seconds:.0f} s{sampled}")
    if survivors and not asked.generic:
        say(f"survived: {' '.join(survivors)}")
    wrong = wrongly_failing(test for v in verdicts for test in v.caught_by)
    if wrong:
        say(f"fails without a mistake, too: {wrong}")
    return 1 if survivors or wrong else 0


if __name__ == "__main__":
    sys.exit(main())
