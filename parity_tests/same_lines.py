"""Count on how many seeds the course's job prints the same lines in both frameworks.

    python -m parity_tests.same_lines --seeds 100 --dtype float64

trains it on tinygrad_edu and on PyTorch for each of the seeds 0 to 99 and compares everything that
``train`` prints: the model, ten losses to four digits, the test accuracy.  Nothing is copied
between the two; a seed counts only if 1,300 steps on each side lead to the same text.  With
``--data digits`` it is the CNN's job: 900 steps, 20 losses.
"""

import argparse
import functools
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import NamedTuple

import torch

from tinygrad_edu.__main__ import SIDE as OURS
from tinygrad_edu.app.choices import MODELS, default_model
from tinygrad_edu.app.data import SHIPPED, load, prepare
from tinygrad_edu.app.train import Job, Side, Training, train
from torch_ref.side import SIDE as THEIRS


class Difference(NamedTuple):
    """The first line in which two runs differ."""

    seed: int
    ours: str
    theirs: str


def printed_lines(side: Side, job: Job, data: str) -> list[str]:
    """Train on one side and return all lines that ``train`` prints."""
    lines: list[str] = []
    split = prepare(load(data, None), MODELS[job.model].answer)
    train(Training(side, job, split), lambda text: lines.extend(text.splitlines()))
    return lines


def first_difference(seed: int, data: str, dtype: str) -> Difference | None:
    """Train on both sides from one seed; return the first differing lines, or None."""
    model = default_model(load(data, None))
    choice = MODELS[model]
    job = Job(model=model, epochs=choice.epochs, lr=choice.lr, seed=seed, dtype=dtype)
    ours, theirs = (printed_lines(side, job, data) for side in (OURS, THEIRS))
    for line, other in zip(ours, theirs, strict=True):
        if line != other:
            return Difference(seed, line, other)
    return None


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the count and print it, with the first differing line of each seed that departs."""
    parser = argparse.ArgumentParser(prog="python -m parity_tests.same_lines", description=__doc__)
    parser.add_argument("--seeds", type=int, default=100, help="how many, from 0 (default: 100)")
    parser.add_argument("--dtype", choices=("float32", "float64"), default="float64")
    parser.add_argument("--data", choices=SHIPPED, default=SHIPPED[0])
    options = parser.parse_args(arguments)
    compare = functools.partial(first_difference, data=options.data, dtype=options.dtype)
    differing = 0
    # Fresh processes of one thread each: the job's matrices are too small to share out.
    with ProcessPoolExecutor(
        mp_context=get_context("spawn"), initializer=torch.set_num_threads, initargs=(1,)
    ) as pool:
        for difference in pool.map(compare, range(options.seeds)):
            if difference is not None:
                differing += 1
                print(
                    f"seed {difference.seed} departs at {difference.ours!r}, "
                    f"PyTorch {difference.theirs!r}",
                    flush=True,
                )
    same = options.seeds - differing
    print(f"{same} of {options.seeds} runs print identical lines ({options.data}, {options.dtype})")


if __name__ == "__main__":
    main()
