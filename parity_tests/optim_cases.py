"""Options of the adaptive and averaging optimizers: every branch of each, with both kinds of it."""

from __future__ import annotations

import pytest

from parity_tests.optim_race import Options, combinations, unlike_the_first

CHOICES: dict[str, dict[str, list[object]]] = {
    "RMSprop": {
        "lr": [0.01],
        "alpha": [0.99, 0.4],
        "eps": [1e-8, 1e-2],
        "weight_decay": [0, 0.1],
        "momentum": [0, 0.9],
        "centered": [False, True],
        "maximize": [False, True],
    },
    "Adagrad": {
        "lr": [0.1],
        "lr_decay": [0, 0.3],
        "weight_decay": [0, 0.1],
        "initial_accumulator_value": [0, 0.5],
        "eps": [1e-10, 1e-2],
        "maximize": [False, True],
    },
    "Adadelta": {
        "lr": [1.0, 0.3],
        "rho": [0.9, 0.5],
        "eps": [1e-6, 1e-2],
        "weight_decay": [0, 0.1],
        "maximize": [False, True],
    },
    "Adamax": {
        "lr": [0.02],
        "betas": [(0.9, 0.999), (0.3, 0.5)],
        "eps": [1e-8, 1e-2],
        "weight_decay": [0, 0.1],
        "maximize": [False, True],
    },
    "NAdam": {
        "lr": [0.02],
        "betas": [(0.9, 0.999), (0.3, 0.5)],
        "eps": [1e-8, 1e-2],
        "weight_decay": [0, 0.1],
        "momentum_decay": [4e-3, 0.5],
        "decoupled_weight_decay": [False, True],
        "maximize": [False, True],
    },
    "RAdam": {
        "lr": [0.02],
        "betas": [(0.9, 0.999), (0.3, 0.5)],
        "eps": [1e-8, 1e-2],
        "weight_decay": [0, 0.1],
        "decoupled_weight_decay": [False, True],
        "maximize": [False, True],
    },
    "ASGD": {
        "lr": [0.1],
        "lambd": [1e-4, 0.3],
        "alpha": [0.75, 0.5],
        "t0": [1e6, 3],
        "weight_decay": [0, 0.1],
        "maximize": [False, True],
    },
    "Rprop": {
        "lr": [0.01],
        "etas": [(0.5, 1.2), (0.3, 2.5)],
        "step_sizes": [(1e-6, 50), (5e-3, 0.02)],
        "maximize": [False, True],
    },
}
NAMES = list(CHOICES)
CASES: list[tuple[str, Options]] = [
    (name, options) for name, choices in CHOICES.items() for options in combinations(**choices)
]
# Each option by itself; and by a stride that has no factor in common with the numbers of choices,
# each with others.
NAMED = [
    pytest.param(*case, id=f"{case[0]}-{i}")
    for i, case in enumerate(CASES)
    if i % 5 == 0 or unlike_the_first(*case, CASES) <= 1
]
