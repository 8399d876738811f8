"""How work and memory grow: with the length of a chain linearly, with training not at all."""

import os
import platform
import subprocess
import sys
import tracemalloc
from pathlib import Path

import pytest

import tinygrad_edu as tg

ROOT = Path(__file__).parents[1]


class AddOne(tg.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x + 1

    @staticmethod
    def backward(ctx, grad):
        return grad


LINKS = {
    "constant": lambda y: y + 1,
    "twice the same": lambda y: y * y,  # 2^n paths from the end to the start
    "reduction": lambda y: y.sum(),
    "user's function": AddOne.apply,
}


def chain(length, link):
    x = tg.tensor(1.0, requires_grad=True)
    y = x
    for _ in range(length):
        y = link(y)
    return x, y


# Length -------------------------------------------------------------------------------------------


def test_a_million_nodes_are_built_run_and_freed(no_garbage_collector):
    """Too many for any recursion, of Python's or, on a stack of 8 MiB, of C's."""
    length = 1_000_000
    assert sys.getrecursionlimit() < length
    before = sys.getallocatedblocks()
    x, y = chain(length, LINKS["constant"])
    assert sys.getallocatedblocks() - before > length
    y.backward()
    assert x.grad.item() == 1.0
    del x, y
    # Of what it frees Python keeps some to use again, a few thousand tuples for one.
    assert sys.getallocatedblocks() - before < 10_000


def joined(length, join):
    """Many leaves, and what they are joined to."""
    leaves = [tg.ones(1, requires_grad=True) for _ in range(length)]
    return leaves, join(leaves).sum()


def calls(length, link, build=chain):
    """How many functions are called, of Python and of C, to build, run and free a graph."""
    count = 0

    def notice(frame, event, argument):
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(notice)
    try:
        x, y = build(length, link)
        y.backward()
        del x, y
    finally:
        sys.setprofile(before)
    return count


def is_linear(work):
    """Whether what 1,000 more links cost does not depend on how many there are already."""
    first, second, third = (work(length) for length in (1_000, 2_000, 4_000))
    return second > first and third - second == 2 * (second - first)


@pytest.mark.parametrize(
    ("link", "build"),
    [*((link, chain) for link in LINKS.values()), (tg.cat, joined), (tg.stack, joined)],
    ids=[*LINKS, "cat", "stack"],
)
def test_work_is_exactly_linear_in_the_length(link, build, no_garbage_collector):
    calls(10, link, build)
    assert is_linear(lambda length: calls(length, link, build))


def test_work_that_is_not_linear_is_noticed():
    def build_and_walk_each_prefix(length):
        return calls(length, LINKS["constant"]) + sum(range(0, length, 100))

    assert not is_linear(build_and_walk_each_prefix)


@pytest.mark.parametrize("key", [lambda i: i, lambda i: tg.tensor([i])], ids=["number", "tensor"])
def test_to_record_what_fills_a_row_copies_no_other(key):
    """The memory that a step takes does not grow with the tensor that it fills a part of."""
    taken = []
    for rows in (100, 10_000):
        out, w = tg.zeros(rows, 10), tg.ones(10, requires_grad=True)
        out[key(0)] = w * 2
        tracemalloc.start()
        out[key(1)] = out[key(0)] + w
        taken.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        out.sum().backward()
        assert w.grad.tolist() == [5.0] * 10
    assert taken[1] < taken[0] + 1_000


# Training -----------------------------------------------------------------------------------------


def steady_memory(*arguments):
    """Growth in blocks over the last four of five steps, and unreachable objects after all."""
    done = subprocess.run(
        [sys.executable, "-m", "parity_tests.steady_memory", *arguments],
        cwd=ROOT, capture_output=True, text=True, timeout=300, check=True,
    )  # fmt: skip
    grown, unreachable, learned = done.stdout.split()
    assert learned == "True"
    return int(grown), int(unreachable)


def test_ten_thousand_steps_leave_nothing_behind():
    grown, unreachable = steady_memory("10000")
    assert grown < 100  # one object in 80 steps
    assert unreachable == 0


def test_a_cycle_in_each_step_is_noticed():
    grown, unreachable = steady_memory("1000", "--plant")
    assert grown > 800 and unreachable > 1_000


# Large arrays -------------------------------------------------------------------------------------


FAULTS = """
import resource
import numpy as np

def use_and_free():
    arrays = [np.ones(1 << 18) for _ in range(8)]  # 2 MiB each

def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt

for _ in range(3):
    use_and_free()
before = faults()
for _ in range(10):
    use_and_free()
print(faults() - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries do otherwise")
def test_memory_of_large_arrays_is_used_again():
    """Each of 10 rounds has 4,096 pages, which without the engine are new in every round."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("MALLOC_", "GLIBC_"))}

    def count(code):
        command = [sys.executable, "-c", code]
        done = subprocess.run(
            command, capture_output=True, text=True, cwd=ROOT, env=environment, check=True
        )
        return int(done.stdout)

    assert count("import tinygrad_edu\n" + FAULTS) < 4_096
    assert count(FAULTS) > 20_000
