"""Recurrent layers with gates: the LSTM, and the GRU.

A plain recurrent layer overwrites its state at every step, and the gradient that comes back through
many steps is multiplied by as many slopes: it vanishes. Here gates decide what is kept, and what is
kept is passed on as it is, backwards too. How the loops are laid out is told in `recurrent`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..autograd.graph import Array
from .recurrent import (
    Recurrent,
    all_steps,
    before,
    by_gate,
    flat,
    gate_products,
    in_rows,
    of_gates,
    sigmoid_,
)

if TYPE_CHECKING:
    from ..tensor import Tensor


class LSTM(Recurrent):
    """Long short-term memory: a cell state c that gates write, keep and read.

    With sigmoid s, and the products and biases of each gate in a_i, a_f, a_g and a_o::

        i = s(a_i)    f = s(a_f)    g = tanh(a_g)    o = s(a_o)
        c' = f c + i g
        h' = o tanh(c')

    or, with a matrix W_r behind the states of the beginning, h' = W_r m, where m = o tanh(c').

    Hochreiter and Schmidhuber, "Long short-term memory", Neural Computation 9, 1997; with the
    forget gate f of Gers, Schmidhuber and Cummins, 2000; the projection W_r is that of Sak, Senior
    and Beaufays, "Long short-term memory based recurrent neural network architectures", 2014.
    """

    node_name = "MkldnnRnnLayerBackward0"

    @classmethod
    def run(
        cls, x: Array, w_x: Array, w_h: Array, b_x: Array, b_h: Array, *states: Array
    ) -> tuple[Array, ...]:
        """All h and c, (T, B, H), and the gates, (4, T, B, H)."""
        h, c, *projection = states
        gates = gate_products(x, w_x, 4, None if b_x is None else b_x + b_h)
        w_h = np.ascontiguousarray(by_gate(w_h, 4))
        hs, cs = np.empty((*x.shape[:2], h.shape[1]), x.dtype), np.empty_like(gates[0])
        for t in range(len(x)):
            step = h @ w_h
            step += gates[:, t]
            i, f, g, o = step
            sigmoid_(step[:2])
            np.tanh(g, out=g)
            sigmoid_(o)
            gates[:, t] = step
            c = np.multiply(f, c, out=cs[t])
            c += i * g
            if projection:
                h = np.matmul(o * np.tanh(c), projection[0].T, out=hs[t])
            else:
                h = np.multiply(o, np.tanh(c), out=hs[t])
        return hs, cs, gates

    @classmethod
    def walk_back(
        cls,
        grads: Sequence[Array],
        w_h: Array,
        states: Sequence[Array],
        outputs: Sequence[Array],
    ) -> tuple[Array, Array, tuple[Array, ...]]:
        """Backpropagation through time.

        With G for the gradient of what its index names::

            G_c' += G_h' o (1 - tanh(c')^2)     G_ao = G_h' tanh(c') o (1 - o)
            G_ai = G_c' g i (1 - i)             G_af = G_c' c f (1 - f)
            G_ag = G_c' i (1 - g^2)             G_c = G_c' f
            G_h = G_a W_h

        With a projection, G_m = G_h' W_r stands for G_h' here, and G_Wr = G_h'^T m.
        """
        (grad_h, grad_c, grad_gates), (h0, c0, *projection), (hs, cs, gates) = (
            grads,
            states,
            outputs,
        )
        i, f, g, o = gates
        ms = o * np.tanh(cs) if projection else hs
        c_of_m = o - ms * np.tanh(cs)
        o_of_m = ms - ms * o
        i_of_c = g * i * (1 - i)
        f_of_c = before(c0, cs) * f * (1 - f)
        g_of_c = i * (1 - g * g)
        own = None
        if grad_gates is not None:  # only if the gradient is itself differentiated
            own = grad_gates * np.stack([i * (1 - i), f * (1 - f), 1 - g * g, o * (1 - o)])
        g_h, g_c = np.zeros_like(h0), np.zeros_like(c0)
        w_h = of_gates(w_h, 4)
        g_a: list[Array] = []
        g_hs: list[Array] = []
        for t in reversed(range(len(hs))):
            g_h = g_h if grad_h is None else g_h + grad_h[t]
            g_m = g_h
            if projection:
                g_hs.append(g_h)
                g_m = g_h @ projection[0]
            g_c = g_c + g_m * c_of_m[t]
            g_c = g_c if grad_c is None else g_c + grad_c[t]
            step = np.stack([i_of_c[t] * g_c, f_of_c[t] * g_c, g_of_c[t] * g_c, o_of_m[t] * g_m])
            step = step if own is None else step + own[:, t]
            g_a.append(step)
            g_h, g_c = (step @ w_h).sum(0), g_c * f[t]
        a = in_rows(g_a[::-1])
        if not projection:
            return a, a, (g_h, g_c)
        return a, a, (g_h, g_c, all_steps(g_hs[::-1]).T @ flat(ms))


class GRU(Recurrent):
    """Gated recurrent unit: a state h that is kept where z is 1, and renewed where it is 0.

    With sigmoid s, and a for the products of the inputs, q for those of the state, with biases::

        r = s(a_r + q_r)    z = s(a_z + q_z)    n = tanh(a_n + r q_n)
        h' = (1 - z) n + z h

    Cho et al., "Learning phrase representations using RNN encoder-decoder", 2014; as in PyTorch r
    multiplies the product q_n, and not the state that goes into it.
    """

    @classmethod
    def run(
        cls, x: Array, w_x: Array, w_h: Array, b_x: Array, b_h: Array, *states: Array
    ) -> tuple[Array, ...]:
        """All h, (T, B, H); the gates r, z and n and the product q_n, (4, T, B, H)."""
        (h,) = states
        inputs = gate_products(x, w_x, 3, b_x)
        w_h = np.ascontiguousarray(by_gate(w_h, 3))
        bias = 0 if b_h is None else b_h.reshape(3, 1, -1)
        gates = np.empty((4, *inputs.shape[1:]), inputs.dtype)
        hs = np.empty_like(inputs[0])
        for t in range(len(x)):
            q = h @ w_h
            q += bias
            rz = q[:2] + inputs[:2, t]
            sigmoid_(rz)
            r, z = rz
            n = np.tanh(inputs[2, t] + r * q[2])
            gates[:2, t], gates[2, t], gates[3, t] = rz, n, q[2]
            h = np.add(n, z * (h - n), out=hs[t])
        return hs, gates

    @classmethod
    def walk_back(
        cls,
        grads: Sequence[Array],
        w_h: Array,
        states: Sequence[Array],
        outputs: Sequence[Array],
    ) -> tuple[Array, Array, tuple[Array, ...]]:
        """Backpropagation through time.

        With G for the gradient of what its index names::

            G_an = G_h' (1 - z) (1 - n^2)     G_ar = G_an q_n r (1 - r)
            G_az = G_h' (h - n) z (1 - z)     G_qn = G_an r
            G_h = G_h' z + G_q W_h
        """
        (grad_h, grad_gates), (h0,), (hs, gates) = grads, states, outputs
        r, z, n, q = gates
        slope_r, slope_z, slope_n = r * (1 - r), z * (1 - z), 1 - n * n
        n_of_h = (1 - z) * slope_n
        of_h = np.stack([n_of_h * q * slope_r, (before(h0, hs) - n) * slope_z, n_of_h])
        own = own_q = None
        if grad_gates is not None:  # only if the gradient is itself differentiated
            own_n = grad_gates[2] * slope_n
            own_r = (grad_gates[0] + own_n * q) * slope_r
            own, own_q = np.stack([own_r, grad_gates[1] * slope_z, own_n]), grad_gates[3]
        g_h = np.zeros_like(h0)
        g_a: list[Array] = []
        g_q: list[Array] = []
        for t in reversed(range(len(hs))):
            g_h = g_h if grad_h is None else g_h + grad_h[t]
            a = of_h[:, t] * g_h if own is None else of_h[:, t] * g_h + own[:, t]
            g_qn = a[2] * r[t] if own_q is None else a[2] * r[t] + own_q[t]
            g_a.append(a)
            g_q.append(np.concatenate([a[0], a[1], g_qn], 1))
            g_h = g_h * z[t] + g_q[-1] @ w_h
        return in_rows(g_a[::-1]), all_steps(g_q[::-1]), (g_h,)


def lstm(*args: Tensor | None) -> tuple[Tensor, Tensor]:
    """All h and all c of an `LSTM` layer, (T, B, H).

    Parameters
    ----------
    *args : Tensor or None
        The input (T, B, features); the weights for input and state, (4 * H, features) and
        (4 * H, H), and their biases, (4 * H) or None; the states before it, h and c, (B, H).
    """
    hs, cs, _ = LSTM.apply(*args)
    return hs, cs


def gru(*args: Tensor | None) -> tuple[Tensor]:
    """All h of a `GRU` layer; arguments as for `lstm`, without c, and with 3 gates."""
    return (GRU.apply(*args)[0],)
