"""`python -m benchmarks peers`: the course's training step in other libraries.

MyGrad, HIPS autograd, micrograd, scikit-learn's MLPClassifier, JAX with jit, and tinygrad, beside
PyTorch and NumPy by hand: the same weights, the same batch, the same arithmetic, which is looked at
first: after some steps all have the same loss. Each has a process of its own, and one thread.

`pip install "tinygrad_edu[peers]"` installs them. What is not there is left out, and said; so is
what cannot be imported or fails in a step, whose process says on stderr how.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import importlib.util
import math
import shutil
from typing import NamedTuple

import tinygrad_edu
from tinygrad_edu.app.errors import first_line
from tinygrad_edu.app.output import say

from .record import Record, Target
from .report import quartiles, say_targets, table
from .timing import Contestant, Effort, interleave
from .training import COURSE, initial_weights
from .workers import MODULES, OURS, TORCH, Worker

NAME = "peers"
NUMPY = "NumPy by hand"


class Peer(NamedTuple):
    """Another library.

    Attributes
    ----------
    module, package : str
        What is imported, and what pip calls it.
    program : str
        What it needs on the PATH besides, or nothing.
    environment : dict of str to str, optional
        How its process is told to work on the CPU, and on one thread.
    """

    module: str
    package: str
    program: str = ""
    environment: dict[str, str] | None = None


ONE_THREAD = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
PEERS = {
    "MyGrad": Peer("mygrad", "mygrad"),
    "HIPS autograd": Peer("autograd", "autograd"),
    "micrograd": Peer("micrograd", "micrograd"),
    "scikit-learn": Peer("sklearn", "scikit-learn"),
    "JAX jit": Peer("jax", "jax", "", {"XLA_FLAGS": ONE_THREAD, "JAX_PLATFORMS": "cpu"}),
    "tinygrad": Peer("tinygrad", "tinygrad", "clang", {"DEV": "CPU", "THREADS": "0"}),
}
AGREE = 1e-4  # relative; scikit-learn adds Adam's epsilon elsewhere


class Plan(NamedTuple):
    """Steps that are compared, and how long the rest is measured."""

    steps: int
    effort: Effort


FULL, QUICK = Plan(10, Effort(9, 0.05)), Plan(2, Effort(1, 0.01))


def why_not(peer: Peer) -> str:
    """Why a peer is left out; empty where it is there."""
    if importlib.util.find_spec(peer.module) is None:
        return f"{peer.package} is not installed"
    if peer.program and shutil.which(peer.program) is None:
        return f"it needs {peer.program}, which is not installed"
    return ""


def version(package: str) -> str:
    """The version of a package, as pip knows it."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:  # as of a checkout that is on the path
        return "of unknown version"


def workers(stack: contextlib.ExitStack, peers: list[str]) -> dict[str, Worker]:
    """A process for each, with its step made ready; of a peer that fails it is said."""
    room = "benchmarks.training"
    ours, theirs, by_hand = (
        stack.enter_context(Worker(MODULES[name], 1)) for name in (OURS, TORCH, OURS)
    )
    others = {  # all import at once
        name: stack.enter_context(Worker(PEERS[name].module, 1, PEERS[name].environment))
        for name in peers
    }
    ours.prepare(room, "step", COURSE)
    theirs.prepare(room, "step", COURSE)
    by_hand.prepare(room, "step_by_hand")
    found = {OURS: ours, NUMPY: by_hand, TORCH: theirs}
    weights = [w.tolist() for w in initial_weights(tinygrad_edu)]
    for name, worker in others.items():
        try:
            worker.prepare("benchmarks.peer_steps", "step", weights)
        except RuntimeError as error:
            say(f"{name} is left out: {first_line(error)}")
        else:
            found[name] = worker
    return found


def agreeing(found: dict[str, Worker], steps: int) -> dict[str, Worker]:
    """Those that have our loss after so many steps; of others it is said."""
    ours = found[OURS].value(steps)
    agree = {OURS: found[OURS]}
    for name in [name for name in found if name != OURS]:
        try:
            loss = found[name].value(steps)
        except RuntimeError as error:
            say(f"{name} is left out: {first_line(error)}")
            continue
        if math.isclose(loss, ours, rel_tol=AGREE):
            agree[name] = found[name]
        else:
            say(f"{name} is left out: after {steps} steps its loss is {loss}, not {ours}")
    return agree


def main(record: Record, plan: Plan = FULL) -> None:
    """Measure and print."""
    say(f"{COURSE}: a step with Adam in each library, on 1 thread each; medians, in ms")
    reasons = {name: why_not(peer) for name, peer in PEERS.items()}
    there = [name for name, reason in reasons.items() if not reason]
    for name, reason in reasons.items():
        if reason:
            say(f"{name} is left out: {reason}")
    versions = {name: version(PEERS[name].package) for name in there}
    with contextlib.ExitStack() as stack:
        found = agreeing(workers(stack, there), plan.steps)
        record.about["peers"] = {name: versions[name] for name in found if name in versions}
        say(f"After {plan.steps} steps the losses agree within {AGREE:g} of each other\n")
        contestants = [Contestant(name, worker.seconds) for name, worker in found.items()]
        row = record.add(NAME, COURSE, 1, interleave(contestants, *plan.effort, warm_up=1))
    lines = [
        [
            f"{name} {versions.get(name, '')}".strip(),
            f"{1e3 * numbers.median:.3f}",
            quartiles(row.ratios[name]) if name in row.ratios else "",
        ]
        for name, numbers in row.values.items()
    ]
    say(table(["", "ms", f"{OURS} / it"], lines))
    targets = [
        Target(f"{COURSE}: ahead of {peer}", row.ratios[peer].median, 1.0)
        for peer in PEERS
        if peer in row.ratios
    ]
    say_targets(record, targets)
