"""Work on several cores: a batch cut in slices, each worked on in a thread of its own.

NumPy lets other threads run while it computes, so the slices really do run at the same time. Only
its matrix products are made by another library, most often OpenBLAS, which has threads of its own:
these are put aside while slices are at work.
"""

from __future__ import annotations

import ctypes
import importlib
import itertools
import operator
import os
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from .autograd.quiet import quietly

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

_T = TypeVar("_T")

#: Below this many multiplications a slice is done before a thread has woken up.
WORTH_A_THREAD = 4_000_000


class _Threads:
    """How many threads may work, and the pool they come from."""

    def __init__(self) -> None:
        self.count = int(os.environ.get("OMP_NUM_THREADS") or _cores())
        self.pool: ThreadPoolExecutor | None = None

    def get_pool(self) -> ThreadPoolExecutor:
        from concurrent.futures import ThreadPoolExecutor  # slow to import, and often not needed

        if self.pool is None:
            self.pool = ThreadPoolExecutor(self.count, thread_name_prefix="tinygrad_edu")
        return self.pool


def _cores() -> int:
    """How many cores this process may run on."""
    if hasattr(os, "sched_getaffinity"):  # Linux
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


#: By what names NumPy's OpenBLAS says, or is told, how many threads it has.
OPENBLAS = (
    "scipy_openblas_{}_num_threads64_",
    "scipy_openblas_{}_num_threads",
    "openblas_{}_num_threads64_",
    "openblas_{}_num_threads",
)


class _OneThreadEach:
    """A context in which OpenBLAS makes a matrix product in the thread that asks for it, alone.

    Otherwise one slice would wait for threads that work for another; and between two products these
    threads wait in a loop, on a core that a slice could have. If NumPy has another library, or a
    system does not tell where it is, nothing happens.
    """

    def __init__(self) -> None:
        numpy = ctypes.CDLL(importlib.import_module("numpy._core._multiarray_umath").__file__)
        self.get: Callable[[], int]
        self.set: Callable[[int], object]
        self.get, self.set = next(
            (
                (getattr(numpy, name.format("get")), getattr(numpy, name.format("set")))
                for name in OPENBLAS
                if hasattr(numpy, name.format("set"))
            ),
            (lambda: 1, lambda count: None),
        )
        self.before = 1
        self.empty()

    def empty(self) -> None:
        """No thread is inside."""
        self.lock, self.inside = threading.Lock(), 0

    def __enter__(self) -> None:
        with self.lock:  # a program may be here in several threads of its own
            if self.inside == 0:
                self.before = self.get()
                self.set(1)
            self.inside += 1

    def __exit__(self, *error: object) -> None:
        with self.lock:
            self.inside -= 1
            if self.inside == 0:
                self.set(self.before)


_threads, _one_thread_each = _Threads(), _OneThreadEach()


def _forget() -> None:
    """The process is a copy of another, whose threads were not copied."""
    _threads.pool = None
    _one_thread_each.empty()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)


def get_num_threads() -> int:
    """How many threads an op may use."""
    return _threads.count


def set_num_threads(num: int) -> None:
    """Let an op use `num` threads.

    That is for the engine's own threads, in convolutions. NumPy's other matrix products have
    theirs; for these set ``OPENBLAS_NUM_THREADS`` before the program starts.

    Raises
    ------
    RuntimeError
        If it is no integer, or less than 1.
    """
    try:
        count = operator.index(num)
    except TypeError:
        raise RuntimeError(f"set_num_threads: expected an int, but got {num!r}") from None
    if count < 1:
        raise RuntimeError(f"set_num_threads: expected a positive number, but got {count}")
    _threads.count, _threads.pool = count, None


def in_slices(work: Callable[[slice], _T], size: int, multiplications: int) -> list[_T]:
    """``work(slice)`` for slices that together make up ``range(size)``, and what they returned.

    Parameters
    ----------
    work : callable
        Runs in several threads at once; what it writes to must not be shared between slices.
    size : int
    multiplications : int
        How much work all of it is; little work stays in one slice and this thread.
    """
    count = min(_threads.count, size, multiplications // WORTH_A_THREAD)
    if count < 2:
        return [work(slice(0, size))]
    bounds = [size * i // count for i in range(count + 1)]
    slices = [slice(*pair) for pair in itertools.pairwise(bounds)]
    pool = _threads.get_pool()
    with _one_thread_each:
        others = [pool.submit(quietly, work, part) for part in slices[1:]]
        return [work(slices[0]), *(other.result() for other in others)]
