"""The course's training step (zero_grad, forward, backward, Adam), three times over.

One batch of 32 rows through the 10-16-8-1 classifier with BCELoss and Adam: on tinygrad_edu, in
PyTorch, and written by hand in NumPy. All three start from the same weights and do the same
arithmetic, so after as many steps they have the same loss; a test checks that.
"""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np

Step = Callable[[], float]
LR, BETA1, BETA2, EPS = 0.01, 0.9, 0.999, 1e-8


def batch() -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Features (32, 10) and targets (32, 1), float32."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((32, 10), dtype=np.float32)
    y = (x[:, :3].sum(1, keepdims=True) > 0).astype(np.float32)
    return x, y


def framework_step(framework: ModuleType, models: ModuleType, **options: bool) -> Step:
    """The step in tinygrad_edu or PyTorch, written as a user of either writes it.

    The options are for the optimizer.
    """
    framework.manual_seed(0)
    model = models.SimpleClassifier()
    loss_function = framework.nn.BCELoss()
    optimizer = framework.optim.Adam(model.parameters(), lr=LR, **options)
    x, y = (framework.from_numpy(array) for array in batch())

    def step() -> float:
        optimizer.zero_grad()
        loss = loss_function(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    return step


def numpy_step(parameters: list[np.ndarray[Any, Any]]) -> Step:
    """The step by hand: what is left when there is no framework, and so the floor.

    It does PyTorch's arithmetic, the sigmoid and the loss each on its own, with the logarithm
    ended at -100 and the quotient at 1e-12, but builds no graph, checks nothing, and works in
    place where it can.
    """
    x, y = batch()
    w1, b1, w2, b2, w3, b3 = parameters = [p.copy() for p in parameters]
    first = [np.zeros_like(p) for p in parameters]
    second = [np.zeros_like(p) for p in parameters]
    count = 0

    def step() -> float:
        nonlocal count
        # Forward.
        z1 = x @ w1.T + b1
        h1 = np.maximum(z1, 0)
        z2 = h1 @ w2.T + b2
        h2 = np.maximum(z2, 0)
        p = 1 / (1 + np.exp(-(h2 @ w3.T + b3)))
        log_p, log_q = np.maximum(np.log(p), -100), np.maximum(np.log1p(-p), -100)
        loss = ((y - 1) * log_q - y * log_p).mean()
        # Backward.
        q = 1 - p
        dp = (p - y) / np.maximum(q * p, 1e-12) / p.size
        dz3 = dp * q * p
        dw3, db3 = dz3.T @ h2, dz3.sum(0)
        dz2 = (dz3 @ w3) * (h2 > 0)
        dw2, db2 = dz2.T @ h1, dz2.sum(0)
        dz1 = (dz2 @ w2) * (h1 > 0)
        dw1, db1 = dz1.T @ x, dz1.sum(0)
        # Adam.
        count += 1
        rate = LR / (1 - BETA1**count)
        scale = (1 - BETA2**count) ** 0.5
        gradients = (dw1, db1, dw2, db2, dw3, db3)
        for w, g, m, v in zip(parameters, gradients, first, second, strict=True):
            m += (1 - BETA1) * (g - m)
            v *= BETA2
            v += (1 - BETA2) * g * g
            w -= rate * m / (np.sqrt(v) / scale + EPS)
        return loss

    return step
