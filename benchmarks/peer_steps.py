"""The course's training step in other libraries, each as its users write it.

All start from the same weights and do the same arithmetic, the loss and Adam as `course_step` has
them, so that after as many steps they have the same loss; that is looked at before any is timed.
Each function returns the step, which returns the loss, as something that has ``item()``. A library
that has no Adam is given one: the lines that its users write.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from .course_step import BETA1, BETA2, EPS, LR, batch

Array = np.ndarray[Any, Any]
Step = Callable[[], Any]
SMALLEST = 1e-37  # no smaller number has its logarithm taken, so that gradients stay numbers


class Adam:
    """Adam for a list of arrays, which it changes."""

    def __init__(self, weights: list[Array]) -> None:
        self.weights = weights
        self.first = [np.zeros_like(w) for w in weights]
        self.second = [np.zeros_like(w) for w in weights]
        self.count = 0

    def step(self, gradients: list[Array]) -> None:
        """Change each weight by its gradient."""
        self.count += 1
        rate = LR / (1 - BETA1**self.count)
        scale = (1 - BETA2**self.count) ** 0.5
        for w, g, m, v in zip(self.weights, gradients, self.first, self.second, strict=True):
            m += (1 - BETA1) * (g - m)
            v *= BETA2
            v += (1 - BETA2) * g * g
            w -= rate * m / (np.sqrt(v) / scale + EPS)


def mygrad(library: Any, weights: list[Array]) -> Step:
    """MyGrad: tensors around NumPy's arrays."""
    from mygrad.nnet import relu, sigmoid

    x, y = batch()
    parameters = [library.tensor(w) for w in weights]
    optimizer = Adam([p.data for p in parameters])

    def step() -> Any:
        w1, b1, w2, b2, w3, b3 = parameters
        h1 = relu(x @ w1.T + b1)
        h2 = relu(h1 @ w2.T + b2)
        p = sigmoid(h2 @ w3.T + b3)
        log_p = library.log(library.maximum(p, SMALLEST))
        log_q = library.log(library.maximum(1 - p, SMALLEST))
        loss = ((y - 1) * log_q - y * log_p).mean()
        loss.backward()
        optimizer.step([p.grad for p in parameters])
        return loss

    return step


def autograd(library: Any, weights: list[Array]) -> Step:
    """HIPS autograd: a function of NumPy's functions, and its gradient."""
    import autograd.numpy as anp

    x, y = batch()
    optimizer = Adam([w.copy() for w in weights])

    def loss_of(parameters: list[Array]) -> Any:
        w1, b1, w2, b2, w3, b3 = parameters
        h1 = anp.maximum(anp.dot(x, w1.T) + b1, 0)
        h2 = anp.maximum(anp.dot(h1, w2.T) + b2, 0)
        p = 1 / (1 + anp.exp(-(anp.dot(h2, w3.T) + b3)))
        log_p, log_q = anp.log(anp.maximum(p, SMALLEST)), anp.log(anp.maximum(1 - p, SMALLEST))
        return anp.mean((y - 1) * log_q - y * log_p)

    both = library.value_and_grad(loss_of)

    def step() -> Any:
        loss, gradients = both(optimizer.weights)
        optimizer.step(gradients)
        return loss

    return step


def micrograd(library: Any, weights: list[Array]) -> Step:
    """micrograd: a node for each number; what it lacks is added as its users do."""
    from micrograd.engine import Value

    def function(value: Any, result: float, slope: float) -> Any:
        out = Value(result, (value,))

        def backward() -> None:
            value.grad += slope * out.grad

        out._backward = backward
        return out

    def sigmoid(value: Any) -> Any:
        p = 1 / (1 + math.exp(-value.data))
        return function(value, p, p * (1 - p))

    def log(value: Any) -> Any:
        size = max(value.data, SMALLEST)
        return function(value, math.log(size), 1 / size)

    def layer(inputs: Any, weight: Any, bias: Any) -> list[Any]:
        return [
            sum((w * i for w, i in zip(row, inputs, strict=True)), b)
            for row, b in zip(weight, bias, strict=True)
        ]

    x, y = (array.tolist() for array in batch())
    optimizer = Adam([w.astype(np.float64) for w in weights])

    def step() -> Any:
        values = [np.vectorize(Value, otypes=[object])(w) for w in optimizer.weights]
        w1, b1, w2, b2, w3, b3 = values
        losses = []
        for inputs, (target,) in zip(x, y, strict=True):
            h1 = [h.relu() for h in layer(inputs, w1, b1)]
            h2 = [h.relu() for h in layer(h1, w2, b2)]
            p = sigmoid(layer(h2, w3, b3)[0])
            losses.append(log(p if target else 1 - p))
        loss = sum(losses, Value(0.0)) * (-1 / len(losses))
        loss.backward()
        optimizer.step([np.vectorize(lambda v: v.grad, otypes=[float])(v) for v in values])
        return np.float64(loss.data)

    return step


def sklearn(library: Any, weights: list[Array]) -> Step:
    """scikit-learn: its MLPClassifier, whose `partial_fit` is a step with one batch."""
    from sklearn.neural_network import MLPClassifier

    x, y = batch()
    y = y.ravel()
    model = MLPClassifier(
        (16, 8), alpha=0.0, batch_size=len(x), learning_rate_init=LR, shuffle=False
    )
    model.partial_fit(x, y, classes=[0.0, 1.0])
    for kept, w in zip(model.coefs_, weights[::2], strict=True):
        kept[...] = w.T
    for kept, b in zip(model.intercepts_, weights[1::2], strict=True):
        kept[...] = b
    del model._optimizer  # it has seen a step, and is made anew for the next

    def step() -> Any:
        return np.float64(model.partial_fit(x, y).loss_)

    return step


def jax(library: Any, weights: list[Array]) -> Step:
    """JAX: the whole step, Adam included, compiled once by `jit`; its buffers are used again."""
    import jax.numpy as jnp

    x, y = (jnp.asarray(array) for array in batch())

    def loss_of(parameters: list[Any]) -> Any:
        w1, b1, w2, b2, w3, b3 = parameters
        h1 = library.nn.relu(x @ w1.T + b1)
        h2 = library.nn.relu(h1 @ w2.T + b2)
        p = library.nn.sigmoid(h2 @ w3.T + b3)
        log_p, log_q = jnp.log(jnp.maximum(p, SMALLEST)), jnp.log(jnp.maximum(1 - p, SMALLEST))
        return ((y - 1) * log_q - y * log_p).mean()

    def update(count: Any, parameters: Any, first: Any, second: Any) -> Any:
        loss, gradients = library.value_and_grad(loss_of)(parameters)
        count = count + 1
        first = [m + (1 - BETA1) * (g - m) for m, g in zip(first, gradients, strict=True)]
        second = [BETA2 * v + (1 - BETA2) * g * g for v, g in zip(second, gradients, strict=True)]
        rate, scale = LR / (1 - BETA1**count), (1 - BETA2**count) ** 0.5
        parameters = [
            w - rate * m / (jnp.sqrt(v) / scale + EPS)
            for w, m, v in zip(parameters, first, second, strict=True)
        ]
        return loss, (count, parameters, first, second)

    compiled = library.jit(update, donate_argnums=(0, 1, 2, 3))
    zeros = [[jnp.zeros_like(w) for w in weights] for _ in range(2)]
    state = (jnp.zeros(()), [jnp.array(w) for w in weights], *zeros)

    def step() -> Any:
        nonlocal state
        loss, state = compiled(*state)
        return loss.block_until_ready()

    return step


def tinygrad(library: Any, weights: list[Array]) -> Step:
    """tinygrad: its tensors and its Adam, the whole step captured once by `TinyJit`."""
    from tinygrad.nn.optim import Adam as TinyAdam

    x, y = (library.Tensor(array).is_param_(False) for array in batch())
    parameters = [library.Tensor(w).contiguous().realize() for w in weights]
    optimizer = TinyAdam(parameters, lr=LR, b1=BETA1, b2=BETA2, eps=EPS)

    @library.TinyJit
    @library.Context(TRAINING=1)
    def step() -> Any:
        optimizer.zero_grad()
        w1, b1, w2, b2, w3, b3 = parameters
        h1 = (x @ w1.T + b1).relu()
        h2 = (h1 @ w2.T + b2).relu()
        p = (h2 @ w3.T + b3).sigmoid()
        log_p, log_q = p.maximum(SMALLEST).log(), (1 - p).maximum(SMALLEST).log()
        loss = ((y - 1) * log_q - y * log_p).mean()
        loss.backward()
        return loss.realize(*optimizer.schedule_step())

    return step


STEPS = {step.__name__: step for step in (mygrad, autograd, micrograd, sklearn, jax, tinygrad)}


def step(library: Any, weights: list[Any]) -> Step:
    """The step in that library, from these weights, which came as lists."""
    return STEPS[library.__name__](library, [np.array(w, np.float32) for w in weights])
