"""Optimizers with the same start and gradients, ours and PyTorch's, compared step by step."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import torch

import tinygrad_edu
from parity_tests.judge import Evidence, check, count_case
from parity_tests.scoreboard.board import comparing
from parity_tests.seeds import begin
from parity_tests.told import telling

SHAPES = [(4, 3), (3,), (), (0, 2), (1, 5), (33,), (2, 1, 3)]
BOTH: tuple[Any, Any] = (tinygrad_edu, torch)

Options = dict[str, Any]


def combinations(**choices: list[Any]) -> list[Options]:
    """One dict for each choice of one value per name."""
    return [
        dict(zip(choices, values, strict=True)) for values in itertools.product(*choices.values())
    ]


def unlike_the_first(name: str, options: Options, cases: Sequence[tuple[str, Options]]) -> int:
    """In how many options a case is not the first of its optimizer."""
    first = next(o for n, o in cases if n == name)
    return sum(options[key] != first[key] for key in first)


CASES = [
    *(
        ("SGD", options)
        for options in combinations(
            lr=[0.1],
            momentum=[0, 0.9],
            dampening=[0, 0.3],
            weight_decay=[0, 0.05],
            nesterov=[False, True],
            maximize=[False, True],
        )
        if not options["nesterov"] or (options["momentum"] and not options["dampening"])
    ),
    *(
        ("Adam", options)
        for options in combinations(
            lr=[0.02],
            betas=[(0.9, 0.999), (0.5, 0.9), (0.0, 0.99), (0.3, 0.5)],
            eps=[1e-8, 1e-2],
            weight_decay=[0, 0.1],
            amsgrad=[False, True],
            maximize=[False, True],
            decoupled_weight_decay=[False, True],
        )
    ),
    *(
        ("AdamW", options)
        for options in combinations(
            lr=[0.02],
            betas=[(0.9, 0.999), (0.3, 0.5)],
            eps=[1e-8, 1e-2],
            weight_decay=[0.01, 0.3],
            amsgrad=[False, True],
            maximize=[False, True],
        )
    ),
]
NAMED = [pytest.param(*case, id=f"{case[0]}-{i}") for i, case in enumerate(CASES)]


def size(tensor: torch.Tensor) -> float:
    """The largest finite value in it."""
    values = tensor.detach().abs()
    largest = values.max().item() if values.numel() else 0.0
    if np.isfinite(largest):
        return largest
    finite = values[values.isfinite()]
    return finite.max().item() if finite.numel() else 0.0


class Race:
    """The same parameters, optimizer and gradients in both frameworks.

    Besides, PyTorch runs in the other precision, which tells the judge how far rounding leads;
    unless the race is `exact`: there all values must be equal.
    """

    def __init__(
        self,
        name: str,
        options: Options,
        dtype: str,
        seed: int = 0,
        shapes: Any = SHAPES,
        exact: bool = False,
    ) -> None:
        self.name, self.options, self.dtype, self.exact = name, options, dtype, exact
        self.seed, self.steps = seed, 0
        self.rng = np.random.default_rng(begin(seed))
        starts = [np.asarray(self.rng.standard_normal(shape), dtype) for shape in shapes]
        starts.append(starts[0].copy().T)  # not contiguous
        other = "float64" if dtype == "float32" else "float32"
        sides = [(tinygrad_edu, dtype), (torch, dtype), (torch, other)][: 2 if exact else 3]
        self.runs = [[f.from_numpy(a.astype(d)).requires_grad_() for a in starts] for f, d in sides]
        self.ours, self.theirs = self.runs[:2]
        #: How large parameters have been: each is the sum of its start and of all steps.
        self.sizes = [size(p) for p in self.theirs]
        self.optimizers = [self.optimizer(f, p) for (f, _), p in zip(sides, self.runs, strict=True)]

    def optimizer(self, framework: Any, parameters: list[Any]) -> Any:
        return getattr(framework.optim, self.name)(parameters, **self.options)

    def step(self) -> None:
        """Equal random gradients, of very different size, now and then none; then a step."""
        grads: list[Any] = []
        for parameter in self.ours:
            scale = 10.0 ** self.rng.integers(-6, 3)
            grad = np.asarray(self.rng.standard_normal(parameter.shape) * scale, self.dtype)
            grads.append(None if self.rng.random() < 0.1 else grad)
        self.step_along(grads)

    def step_along(self, grads: list[Any]) -> None:
        for ours, *theirs, grad in zip(*self.runs, grads, strict=True):
            ours.grad = None if grad is None else tinygrad_edu.tensor(grad)
            for other in theirs:
                other.grad = None if grad is None else torch.tensor(grad, dtype=other.dtype)
        for optimizer in self.optimizers:
            optimizer.step()
        self.steps += 1

    def told(self) -> str:
        """What runs, and how far it has come, for a message."""
        options = ", ".join(f"{name}={value!r}" for name, value in self.options.items())
        return f"{self.name}({options}) in {self.dtype}, seed {self.seed}, steps {self.steps}"

    def check(self) -> None:
        """Parameters and state are equal, or nearly."""
        count_case()
        with telling(self.told), comparing(self.name):
            for number, run in enumerate(zip(*self.runs, strict=True)):
                self.sizes[number] = max(self.sizes[number], size(run[1]))
                self.judge(run, f"parameter {number}", self.sizes[number])
            states = [optimizer.state_dict()["state"] for optimizer in self.optimizers]
            assert states[0].keys() == states[1].keys()
            for number in states[0]:
                assert list(states[0][number]) == list(states[1][number])
                for key in states[0][number]:
                    run = tuple(state[number][key] for state in states)
                    scale = self.sizes[number] if key == "ax" else 0.0  # ASGD's mean of it
                    self.judge(run, f"{key} of parameter {number}", scale)

    def judge(self, run: tuple[Any, ...], what: str, scale: float = 0.0) -> None:
        ours, theirs, *others = run
        if self.exact:
            check(ours, theirs, what, exact="values")
            return
        (other,) = others
        if self.dtype == "float32":
            evidence = Evidence(theirs, truth=other, scale=scale)
        else:
            evidence = Evidence(theirs, nearby=lambda: [(other, theirs)], scale=scale)
        check(ours, evidence, what)
