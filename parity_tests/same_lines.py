"""Count on how many seeds the course's job prints the same lines in both frameworks.

    python -m parity_tests.same_lines --seeds 100 --dtype float64

trains it on tinygrad_edu and on PyTorch for each of the seeds 0 to 99 and compares everything that
``train`` prints: the model, ten losses to four digits, the test accuracy.  Nothing is copied
between the two; a seed counts only if 1,300 steps on each side lead to the same text.  With
``--data digits`` it is the CNN's job: 900 steps, 20 losses.

In float32 the last digits depend on the order in which a processor adds, and grow until they are
printed. How much of that is due to the processor alone, ``--control`` tells: it compares PyTorch
with PyTorch, once with all of the processor's instructions and once with those of AVX2 only.
"""

import argparse
import functools
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from types import MappingProxyType

import torch

from tinygrad_edu.app.side import SIDE as OURS
from tinygrad_edu.app.training.choices import MODELS, default_model
from tinygrad_edu.app.training.data import SHIPPED, load, prepare
from tinygrad_edu.app.training.train import Job, Side, Training, train
from torch_ref.side import SIDE as THEIRS

NOTHING: Mapping[str, str] = MappingProxyType({})

#: What keeps PyTorch's own kernels, MKL and oneDNN from using more than AVX2.
AVX2 = {
    "ATEN_CPU_CAPABILITY": "avx2",
    "MKL_ENABLE_INSTRUCTIONS": "AVX2",
    "ONEDNN_MAX_CPU_ISA": "AVX2",
}


def printed_lines(side: Side, job: Job, data: str) -> list[str]:
    """Train on one side and return all lines that ``train`` prints."""
    lines: list[str] = []
    split = prepare(load(data, None), MODELS[job.model].answer)
    train(Training(side, job, split), lambda text: lines.extend(text.splitlines()))
    return lines


def lines_of_seed(seed: int, ours: bool, data: str, dtype: str) -> list[str]:
    """Train on tinygrad_edu or on PyTorch from one seed."""
    model = default_model(load(data, None))
    choice = MODELS[model]
    job = Job(model=model, epochs=choice.epochs, lr=choice.lr, seed=seed, dtype=dtype)
    return printed_lines(OURS if ours else THEIRS, job, data)


def first_difference(mine: list[str], theirs: list[str]) -> tuple[str, str] | None:
    """The first lines in which two runs differ, or None."""
    pairs = zip(mine, theirs, strict=True)
    return next((pair for pair in pairs if pair[0] != pair[1]), None)


def lines_of_seeds(
    seeds: int, ours: bool, data: str, dtype: str, environment: Mapping[str, str] = NOTHING
) -> list[list[str]]:
    """What is printed for each seed, in processes that `environment` is added to.

    They are started anew only if there is anything in it: else a copy of one will do. They have one
    thread each: the job's matrices are too small to share out.
    """
    context = get_context("spawn" if environment else "forkserver")
    before = dict(os.environ)
    os.environ.update(environment)
    run = functools.partial(lines_of_seed, ours=ours, data=data, dtype=dtype)
    try:
        with ProcessPoolExecutor(
            mp_context=context, initializer=torch.set_num_threads, initargs=(1,)
        ) as pool:
            return list(pool.map(run, range(seeds)))
    finally:
        os.environ.clear()
        os.environ.update(before)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the count and print it, with the first differing line of each seed that departs."""
    parser = argparse.ArgumentParser(prog="python -m parity_tests.same_lines", description=__doc__)
    parser.add_argument("--seeds", type=int, default=100, help="how many, from 0 (default: 100)")
    parser.add_argument("--dtype", choices=("float32", "float64"), default="float64")
    parser.add_argument("--data", choices=SHIPPED, default=SHIPPED[0])
    parser.add_argument("--control", action="store_true", help="PyTorch with AVX2 against PyTorch")
    options = parser.parse_args(arguments)
    seeds, data, dtype = options.seeds, options.data, options.dtype
    theirs = lines_of_seeds(seeds, False, data, dtype)
    environment = AVX2 if options.control else NOTHING
    others = lines_of_seeds(seeds, not options.control, data, dtype, environment)
    same = 0
    for seed, (mine, other) in enumerate(zip(others, theirs, strict=True)):
        difference = first_difference(mine, other)
        if difference is None:
            same += 1
        else:
            print("seed {} departs at {!r}, PyTorch {!r}".format(seed, *difference))
    who = "of PyTorch with AVX2 only " if options.control else ""
    print(f"{same} of {seeds} runs {who}print identical lines ({data}, {dtype})")


if __name__ == "__main__":
    main()
