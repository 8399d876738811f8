"""Recurrent layers: one op for a whole sequence, which the backward pass walks from its end.

A step depends on the one before, so there is a loop over time, and little else in it: what does not
depend on the state, as the product of the inputs with their weights, is done for all steps at once.
On the way back the same holds. With the activations known, a step's derivative is linear: the
gradient of each gate is a number known beforehand times the gradient that comes from the step
after. So the numbers are computed for all steps, the loop multiplies and passes on, and the
gradients of the weights are one product at the end (backpropagation through time: Werbos 1990).

Each is a `Function`, as a user would write one, because one loop gives the gradients of all
arguments. `backward` is given tensors. It works on their arrays, and on the tensors themselves if
its own derivative is wanted; what it reads of the forward pass is therefore also an output.

Sequences have the shape (T, B, features): T steps of B samples. The weights of n gates lie one
after the other in the rows of one matrix, (n * hidden, features).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from ..autograd.function import Function, FunctionCtx
from ..autograd.grad_mode import derivative_on_tensors, grad_mode
from ..autograd.graph import Array, constant, wrap
from ..autograd.quiet import quietly
from .activation import Threshold

if TYPE_CHECKING:
    from ..tensor import Tensor


class Recurrent(Function):
    """What the layers share.

    A subclass computes on arrays in `run`, and on arrays or tensors in `walk_back`, which finds the
    gradients of the products; those of inputs, weights and biases then follow for all alike.

    Attributes
    ----------
    node_name : str
        What PyTorch calls the node that its outputs show. Where it computes a node for each step,
        as it does but for an LSTM, that is the last one, which stacks the steps.
    """

    node_name: ClassVar[str] = "StackBackward0"

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls._node_type.__name__ = cls.node_name

    @classmethod
    def forward(cls, ctx: FunctionCtx, *args: Tensor | None) -> tuple[Tensor, ...]:
        """The states after each step, (T, B, H), and behind them what else `walk_back` reads.

        Parameters
        ----------
        ctx : FunctionCtx
        *args : Tensor or None
            The input (T, B, features); the weights for input and state, (n * H, features) and
            (n * H, H), and their biases, (n * H) or None; the states before it, (B, H).
        """
        ctx.set_materialize_grads(False)
        outputs = tuple(map(wrap, quietly(cls.run, *map(_array, args))))
        ctx.save_for_backward(*args, *outputs)
        return outputs

    @classmethod
    def backward(cls, ctx: FunctionCtx, *grads: Tensor | None) -> tuple[Tensor | None, ...]:
        """The gradients of all arguments, given those of the outputs; None: not used."""
        if grad_mode.enabled:
            with derivative_on_tensors():
                return cls.gradients(ctx.needs_input_grad, grads, ctx.saved_tensors)
        arrays = tuple(map(_array, grads)), tuple(map(_array, ctx.saved_tensors))
        results = quietly(cls.gradients, ctx.needs_input_grad, *arrays)
        return tuple(None if r is None else wrap(r) for r in results)

    @classmethod
    def gradients(
        cls, wanted: Sequence[bool], grads: Sequence[Array], saved: Sequence[Array]
    ) -> tuple[Array, ...]:
        """`backward`, of arrays or tensors."""
        (x, w_x, w_h, b_x, _), rest = saved[:5], saved[5:]
        states, outputs = rest[: len(wanted) - 5], rest[len(wanted) - 5 :]
        g_a, g_q, g_states = cls.walk_back(grads, w_h, states, outputs)
        return (
            (g_a @ w_x).reshape(x.shape) if wanted[0] else None,
            g_a.T @ flat(x),
            g_q.T @ flat(before(states[0], outputs[0])),
            None if b_x is None else g_a.sum(0),
            None if b_x is None else g_q.sum(0),
            *g_states,
        )

    @classmethod
    def run(
        cls, x: Array, w_x: Array, w_h: Array, b_x: Array, b_h: Array, *states: Array
    ) -> tuple[Array, ...]:
        """The outputs, given the arguments."""
        raise NotImplementedError

    @classmethod
    def walk_back(
        cls,
        grads: Sequence[Array],
        w_h: Array,
        states: Sequence[Array],
        outputs: Sequence[Array],
    ) -> tuple[Array, Array, tuple[Array, ...]]:
        """The gradients of the products with the inputs and of those with the states, with their
        biases, (T * B, n * H), and of the states before the sequence.

        Parameters
        ----------
        grads : sequence of (Array or None)
            With respect to the outputs.
        w_h, states, outputs : Array
            The weights for the state, the states before the sequence, and what `run` returned.
        """
        raise NotImplementedError


class TanhRNN(Recurrent):
    """The plain recurrent layer: ``h' = tanh(W_x x + b_x + W_h h + b_h)`` (Elman 1990)."""

    @staticmethod
    def activation(a: Array) -> Array:
        """A step's state, given its products."""
        return np.tanh(a)

    @staticmethod
    def slope(h: Array) -> Array:
        """The activation's derivative, given its value."""
        return 1 - h * h

    @classmethod
    def run(
        cls, x: Array, w_x: Array, w_h: Array, b_x: Array, b_h: Array, *states: Array
    ) -> tuple[Array, ...]:
        """All h, (T, B, H)."""
        (h,) = states
        (hs,) = gate_products(x, w_x, 1, None if b_x is None else b_x + b_h)
        for t in range(len(x)):
            h = hs[t] = cls.activation(hs[t] + h @ w_h.T)
        return (hs,)

    @classmethod
    def walk_back(
        cls,
        grads: Sequence[Array],
        w_h: Array,
        states: Sequence[Array],
        outputs: Sequence[Array],
    ) -> tuple[Array, Array, tuple[Array, ...]]:
        """With G for the gradient of what its index names: G_a = G_h' slope, G_h = G_a W_h."""
        (grad_h,), (h0,), (hs,) = grads, states, outputs
        slope = cls.slope(hs)
        g_h = np.zeros_like(h0)
        g_a: list[Array] = []
        for t in reversed(range(len(slope))):
            g_a.append((g_h + grad_h[t]) * slope[t])
            g_h = g_a[-1] @ w_h
        a = all_steps(g_a[::-1])
        return a, a, (g_h,)


class ReluRNN(TanhRNN):
    """The same with ``max(a, 0)`` in place of tanh."""

    @staticmethod
    def activation(a: Array) -> Array:
        return np.maximum(a, 0)

    @staticmethod
    def slope(h: Array) -> Array:
        return Threshold.call(np.ones_like(constant(h)), h)  # 1 for nan, as `Relu`


def sigmoid_(a: Array) -> None:
    """``1 / (1 + exp(-a))``, in the memory of the array `a`."""
    np.negative(a, out=a)
    np.exp(a, out=a)
    a += 1
    np.reciprocal(a, out=a)


def of_gates(weight: Array, gates: int) -> Array:
    """(gates * H, features) as (gates, H, features), which gates' gradients are multiplied by."""
    return weight.reshape(gates, weight.shape[0] // gates, weight.shape[1])


def by_gate(weight: Array, gates: int) -> Array:
    """(gates * H, features) as (gates, features, H), which features are multiplied by."""
    return of_gates(weight, gates).swapaxes(1, 2)


def gate_products(x: Array, weight: Array, gates: int, bias: Array | None) -> Array:
    """Of all steps the products with `weight` plus `bias`, by gate: (gates, T, B, H)."""
    products = flat(x) @ by_gate(weight, gates)
    if bias is not None:
        products += bias.reshape(gates, 1, -1)
    return products.reshape(gates, *x.shape[:2], products.shape[2])


def flat(x: Array) -> Array:
    """(T, B, features) as (T * B, features)."""
    return x.reshape(x.shape[0] * x.shape[1], x.shape[2])


def all_steps(steps: list[Array]) -> Array:
    """T times (B, features) as (T * B, features)."""
    return flat(np.stack(steps))


def in_rows(steps: list[Array]) -> Array:
    """T times (gates, B, H) as (T * B, gates * H)."""
    stacked = np.stack([step.swapaxes(0, 1) for step in steps])  # T, B, gates, H
    times, batch, gates, hidden = stacked.shape
    return stacked.reshape(times * batch, gates * hidden)


def before(first: Array, states: Array) -> Array:
    """The state before each step: `first`, and all but the last of `states`."""
    return np.concatenate([np.expand_dims(first, 0), states[:-1]])


def _array(value: Any) -> Any:
    return None if value is None else value.array


def rnn(nonlinearity: str, *args: Tensor | None) -> tuple[Tensor]:
    """All h of a plain layer with "tanh" or "relu"; arguments as for `gru`, with one gate."""
    hs: tuple[Tensor] = (TanhRNN if nonlinearity == "tanh" else ReluRNN).apply(*args)
    return hs
