"""Scripts: lines of source, run with PyTorch and with tinygrad_edu, and compared line by line.

A script is data, a list of lines such as ``t3 = t1 * t2`` or ``t3[0].mul_(2)``. In a line ``torch``
is one library or the other, ``F`` its functions, ``seen`` a list in which hooks keep what they see,
and ``values(seed, *shape)`` a float64 tensor of random numbers. After each line both sides must
have raised errors of the same type, or none, and the tensors that it made, or all if it made none,
must be alike: their values, grads, versions, nodes, and what they are views of. `steps` draws
lines.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from types import ModuleType
from typing import Any

import numpy as np
import torch

import tinygrad_edu

from .judge import Evidence, Tally, check, count_case
from .programs import ERRORS, Raised, raised
from .replay import Replay, replay_command
from .runner import largest

Tensors = dict[str, Any]

TERMS = 8  # numbers to sum up, the rounding errors of which add up too
NEARBY = 6  # sets of numbers on which the size of rounding errors is measured

#: What stands before the lines where a script is to run by itself.
PREAMBLE = """\
import numpy as np
import {module} as torch
F, seen = torch.nn.functional, []
def values(seed, *shape):
    return torch.tensor(np.asarray(np.random.default_rng(seed).normal(size=shape)))
"""

#: Leads an id for ``--case``; then comes the number of a script, or all of its lines.
ID = "script/"


def numbers(seed: int, shape: tuple[int, ...]) -> np.ndarray[Any, Any]:
    """What `values` has in it."""
    return np.asarray(np.random.default_rng(seed).normal(size=shape))


class Side:
    """One library, and what the lines have made with it so far.

    Parameters
    ----------
    library : module
    values : callable, optional
        What `values` is in the lines, if it is not a float64 tensor of `numbers`.
    """

    def __init__(self, library: ModuleType, values: Callable[..., Any] | None = None) -> None:
        self.names: dict[str, Any] = {
            "torch": library,
            "F": library.nn.functional,
            "seen": [],
            "values": values or (lambda seed, *shape: library.tensor(numbers(seed, shape))),
        }

    def run(self, line: str) -> Exception | None:
        """Run a line, and return what it raised."""
        try:
            exec(compiled(line), self.names)
        except (*ERRORS, NameError) as error:
            return error.with_traceback(None)  # whose frames would keep tensors alive
        return None

    @property
    def tensors(self) -> Tensors:
        """The tensors that have names, which all begin with t, in the order they were made; among
        them the None that stand for gradients."""
        return {name: t for name, t in self.names.items() if name[0] == "t" and name != "torch"}


@functools.lru_cache(maxsize=10_000)
def compiled(line: str) -> Any:
    """Also kept for the runs on nearby numbers."""
    return compile(line, "<script>", "exec")


class Script:
    """Lines, and both sides on which they have run."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.theirs = Side(torch)
        self.ours = Side(tinygrad_edu)
        self.largest = 0.0  # of all absolute values so far

    def run(self, line: str) -> None:
        """Run one more line on both sides.

        Raises
        ------
        AssertionError
            If it does not do the same, saying what differs.
        """
        self.lines.append(line)
        before = self.theirs.tensors
        error, our_error = self.theirs.run(line), self.ours.run(line)
        text = f"after {line!r}: got {our_error!r}, PyTorch {error!r}"
        if error is None:
            assert our_error is None, text
        else:
            assert isinstance(our_error, type(error)), text
            Tally.others += not isinstance(error, NameError)  # which says nothing of a library
        new = [name for name in self.theirs.tensors if name not in before]
        self.compare(new or self.theirs.tensors)

    def compare(self, names: Iterable[str]) -> None:
        """Raise unless these tensors, and what hooks have seen, are alike."""
        ours_all, theirs_all = self.ours.tensors, self.theirs.tensors
        assert ours_all.keys() == theirs_all.keys()
        for name in names:
            theirs, ours = self.theirs.names[name], self.ours.names[name]
            if theirs is None or ours is None:
                assert ours is theirs, f"{name} is {ours!r}, PyTorch's {theirs!r}"
                continue
            kind, expected = kind_of(ours, ours_all), kind_of(theirs, theirs_all)
            for key in expected:
                if key == "node" and self.tolerates(theirs, expected[key]):
                    continue
                text = f"{key} of {name} is {kind.get(key)}, PyTorch's {expected[key]}"
                assert kind.get(key) == expected[key], text
            self.check(ours.detach(), theirs.detach(), f"{name}.detach()")
            if expected.get("is_leaf") or expected.get("retains_grad"):  # else it warns
                self.check(ours.grad, theirs.grad, f"{name}.grad")
        seen, their_seen = self.ours.names["seen"], self.theirs.names["seen"]
        assert len(seen) == len(their_seen), f"seen: {seen!r}, PyTorch: {their_seen!r}"
        for i, pair in enumerate(zip(seen, their_seen, strict=True)):
            self.check(*pair, f"seen[{i}]")

    def tolerates(self, theirs: torch.Tensor, node: str | None) -> bool:
        """Whether a node may have another name.

        Of a view that is one of several from one call, and whose base has changed, PyTorch refuses
        to name it.
        """
        return theirs._base is not None and node == "RuntimeError"

    def check(self, ours: Any, theirs: Any, what: str) -> None:
        """Judge a tensor that the expression `what` gives: it may be a difference of sums of
        tensors as large as any in the script."""
        self.largest = max(self.largest, largest(theirs))
        lines = list(self.lines)
        check(
            ours,
            Evidence(
                theirs, None, lambda: nearby(lines, what, theirs.shape), None, TERMS * self.largest
            ),
            what,
        )


def kind_of(tensor: Any, tensors: Tensors) -> dict[str, Any]:
    """All about a tensor that must be equal on both sides."""
    base = tensor._base
    kind = {
        "is": names_of(tensor, tensors),
        "version": tensor._version,
        "a view": base is not None,
        "base": names_of(base, tensors),
    }
    node = raised(lambda: tensor.grad_fn)
    if isinstance(node, Raised):  # one of several views from one call, whose base has changed
        return kind | {"node": type(node.error).__name__}
    return kind | {
        "node": None if node is None else node.name(),
        "requires_grad": tensor.requires_grad,
        "is_leaf": tensor.is_leaf,
        "retains_grad": tensor.retains_grad,
    }


def names_of(tensor: Any, tensors: Tensors) -> list[str]:
    return [name for name, other in tensors.items() if other is tensor is not None]


def nearby(
    lines: list[str], what: str, shape: torch.Size
) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """What PyTorch computes from numbers close by, in float32 and in float64.

    Not where they make the script take another way, in which the tensor has another shape.
    """
    pairs = []
    for move in range(NEARBY):
        answers = []
        for dtype in (torch.float32, torch.float64):

            def values(seed: int, *shape: int, dtype: Any = dtype, move: int = move) -> Any:
                drawn = numbers(seed, shape)
                moved = drawn * (1 + 0.01 * np.sin(drawn * (1e4 * move)))
                return torch.from_numpy(moved.astype(np.float32)).to(dtype)

            side = Side(torch, values)
            for line in lines:
                side.run(line)
            side.run(f"answer = {what}")
            answers.append(side.names.get("answer"))
        if all(answer is not None and answer.shape == shape for answer in answers):
            pairs.append((answers[0], answers[1]))
    return pairs


def fault_in_lines(lines: list[str]) -> str | None:
    """Why these are not the lines of a script, or None."""
    for line in lines:
        try:
            compiled(line)
        except SyntaxError:
            return f"{line!r} is not a line of Python"
    return None if any("torch." in s or "values(" in s for s in lines) else "no line makes a tensor"


# Failures -----------------------------------------------------------------------------------------


def fault_of(lines: list[str]) -> AssertionError | None:
    """What is wrong with a script, if anything is."""
    script = Script()
    try:
        for line in lines:
            script.run(line)
        script.compare(script.theirs.tensors)
    except AssertionError as error:
        return error
    return None


def shortest(lines: list[str]) -> list[str]:
    """What is left of a failing script without the lines that its failing does not need.

    Without a name that they need, later lines raise a NameError on both sides, which is no failure.
    """
    again = True
    while again:
        again = False
        for i in reversed(range(len(lines))):
            fewer = lines[:i] + lines[i + 1 :]
            if fault_of(fewer) is not None:
                lines, again = fewer, True
    return lines


def report(lines: list[str], case_id: str | None = None) -> str:
    """A failing script in the form in which it runs by itself."""
    case_id = case_id or ID + "\n".join(lines)
    return (
        f"{fault_of(lines)}\n\n{PREAMBLE.format(module='tinygrad_edu')}"
        + "\n".join(lines)
        + f"\n\n  replay   {replay_command(case_id)}"
    )


def judge_lines(lines: list[str], case_id: str | None = None, shorten: bool = True) -> None:
    """Run a script on both sides.

    Raises
    ------
    AssertionError
        If it fails, with what runs by itself: the shortest script that fails, or else this one.
    """
    count_case()
    Replay.case_id = case_id
    try:
        if fault_of(lines) is not None:
            raise AssertionError(report(shortest(lines) if shorten else lines, case_id))
    finally:
        Replay.case_id = None
