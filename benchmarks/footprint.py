"""How much memory training takes: what a process is asked, in which nothing else happens.

Memory is taken from the system by NumPy, by PyTorch's own allocator, by the libraries under both,
and by Python; only the system sees all of it. So it is asked, for both libraries alike: VmRSS in
Linux's /proc is what a process has now, VmHWM the most it has had, since "5" was written to
clear_refs. (tracemalloc would see Python and NumPy, and nothing of PyTorch.)
"""

from __future__ import annotations

import ctypes
import gc
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from .training import COURSE, step, trainer

PROC = Path("/proc/self")
STEPS = 3  # the first makes gradients and the optimizer's moments


def is_told() -> bool:
    """Whether this system tells a process's memory, as Linux does with glibc."""
    return sys.platform == "linux" and hasattr(ctypes.CDLL(None), "malloc_trim")


def memory(what: str) -> int:
    """VmRSS or VmHWM, in bytes."""
    for line in (PROC / "status").read_text().splitlines():
        name, _, value = line.partition(":")
        if name == what:
            return 1024 * int(value.split()[0])
    raise RuntimeError(f"this system does not tell {what}")


def let_go() -> None:
    """Free what nothing refers to, and give to the system what is free."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)


def peak(library: Any, name: str) -> Callable[[], np.float64]:
    """The job of that name, from its model on: by how much it makes the process grow, at most.

    It is done once before: what a library loads for its first step is not the step's.
    """

    def run() -> np.float64:
        train(library, name, STEPS)
        let_go()
        (PROC / "clear_refs").write_text("5")
        before = memory("VmRSS")
        train(library, name, STEPS)
        return np.float64(memory("VmHWM") - before)

    return run


def train(library: Any, name: str, steps: int) -> None:
    """Make the model and its batch, take so many steps, and let all of it go."""
    take_step = step(library, name)
    for _ in range(steps):
        take_step()


def resident(library: Any, first: int, last: int) -> Callable[[], np.float64]:
    """The course's training: the process's memory after `last` steps by that after `first`."""

    def run() -> np.float64:
        take_step = step(library, COURSE)
        sizes = []
        for count in (first, last - first):
            for _ in range(count):
                take_step()
            let_go()
            sizes.append(memory("VmRSS"))
        return np.float64(sizes[1] / sizes[0])

    return run


def kept(torch: Any, name: str) -> Callable[[], np.float64]:
    """What must be kept, in bytes, as PyTorch tells it.

    Weights, their gradients and Adam's two moments; the batch; and what the ops of the forward
    pass save for their derivatives, each memory once.
    """

    def run() -> np.float64:
        memories: dict[int, Any] = {}  # held, or an address would come again for something else

        def save(tensor: Any) -> Any:
            storage = tensor.untyped_storage()
            memories[storage.data_ptr()] = storage
            return tensor

        optimizer, take_step = trainer(torch, name)
        with torch.autograd.graph.saved_tensors_hooks(save, lambda tensor: tensor):
            take_step()
        for weight, state in optimizer.state.items():
            moments = [moment for moment in state.values() if moment.ndim]
            for tensor in (weight, weight.grad, *moments):
                save(tensor)
        return np.float64(sum(storage.nbytes() for storage in memories.values()))

    return run
