"""The engine's own threads, and those of NumPy's matrix products, which are put aside meanwhile."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from threadpoolctl import threadpool_info, threadpool_limits

import tinygrad_edu
from tinygrad_edu import threads

WORK = 3 * threads.WORTH_A_THREAD  # for three slices


def threads_of_products() -> int:
    """How many NumPy's library takes for a product, as threadpoolctl has it."""
    (numpys,) = (
        library
        for library in threadpool_info()
        if library["user_api"] == "blas" and "numpy" in library["filepath"]
    )
    return int(numpys["num_threads"])


@pytest.fixture(autouse=True)
def three_threads_and_two_for_products():
    before = tinygrad_edu.get_num_threads()
    tinygrad_edu.set_num_threads(3)
    with threadpool_limits(2, user_api="blas"):
        yield
        assert threads_of_products() == 2  # whatever a test has done
    tinygrad_edu.set_num_threads(before)


def test_slices_make_up_the_whole_in_order():
    assert threads.in_slices(lambda part: (part.start, part.stop), 10, WORK) == [
        (0, 3),
        (3, 6),
        (6, 10),
    ]


def test_little_work_is_one_slice_and_products_are_left_as_they_are():
    found = threads.in_slices(lambda part: (part, threads_of_products()), 10, WORK // 2 - 1)
    assert found == [(slice(0, 10), 2)]


def test_inside_slices_a_product_has_one_thread():
    assert threads.in_slices(lambda part: threads_of_products(), 10, WORK) == [1, 1, 1]
    assert threads_of_products() == 2


@pytest.mark.parametrize("where", [0, 6])
def test_an_error_in_a_slice_is_raised_and_products_have_their_threads_again(where):
    def work(part):
        if part.start == where:
            raise ValueError("of this slice")

    with pytest.raises(ValueError, match="of this slice"):
        threads.in_slices(work, 10, WORK)
    assert threads_of_products() == 2


def test_a_program_may_have_threads_of_its_own():
    def run(_):
        return threads.in_slices(lambda part: threads_of_products(), 10, WORK)

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(run, range(200))) == [[1, 1, 1]] * 200
    assert threads_of_products() == 2


def test_of_another_library_nothing_is_asked(monkeypatch):
    monkeypatch.setattr(threads, "OPENBLAS", ())
    with threads._OneThreadEach():
        assert threads_of_products() == 2


FORK = """
import os
import tinygrad_edu as tg

def convolve():
    x, weight = tg.ones(8, 16, 32, 32), tg.ones(16, 16, 3, 3)
    return tg.nn.functional.conv2d(x, weight).sum().item()

tg.set_num_threads(2)
before = convolve()
child = os.fork()
if child == 0:
    print(convolve() == before, flush=True)
    os._exit(0)
os.waitpid(child, 0)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_forked_process_has_threads_of_its_own():
    command = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", FORK]
    done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=True)
    assert done.stdout == "True\n"
