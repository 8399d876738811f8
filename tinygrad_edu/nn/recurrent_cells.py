"""Recurrent cells, which take one step: `RNNCell`, `LSTMCell` and `GRUCell`."""

from __future__ import annotations

import math

import numpy as np

from ..autograd.graph import Array
from ..autograd.op import Op
from ..creation import empty, zeros
from ..dtypes import dtype as DType
from ..ops.activation import relu, sigmoid, tanh
from ..ops.linear import linear
from ..size import device as Device
from ..tensor import Tensor
from . import init
from .module import Module
from .parameter import Parameter


class UnsafeSplit(Op):
    """(B, gates * H) as one (B, H) for each gate; a view, of which PyTorch keeps no account."""

    outputs = ("pieces",)

    @staticmethod
    def forward(x: Array, size: int) -> tuple[Array, ...]:
        return tuple([x[:, i : i + size] for i in range(0, x.shape[1], size)])

    @staticmethod
    def d_x(grads: tuple[Array, ...]) -> Array:
        return np.concatenate(grads, 1)


class RNNCellBase(Module):
    """What the cells share.

    Parameters
    ----------
    input_size, hidden_size : int
        How many features the input has, and how many the state.
    bias : bool
        Whether there are biases.
    num_chunks : int
        How many gates there are.
    device, dtype : optional
        As in `zeros`.

    Attributes
    ----------
    weight_ih : Parameter of shape (num_chunks * hidden_size, input_size)
    weight_hh : Parameter of shape (num_chunks * hidden_size, hidden_size)
    bias_ih, bias_hh : Parameter of shape (num_chunks * hidden_size), or None
        All are at first drawn uniformly from [-1/sqrt(hidden_size), 1/sqrt(hidden_size)).
    """

    weight_ih: Parameter
    weight_hh: Parameter
    bias_ih: Parameter | None
    bias_hh: Parameter | None

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool,
        num_chunks: int,
        device: str | Device | None = None,
        dtype: DType | None = None,
    ) -> None:
        super().__init__()
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.bias = bias
        rows = num_chunks * hidden_size
        self.weight_ih = Parameter(empty(rows, input_size, device=device, dtype=dtype))
        self.weight_hh = Parameter(empty(rows, hidden_size, device=device, dtype=dtype))
        for name in ("bias_ih", "bias_hh"):
            values = empty(rows, device=device, dtype=dtype) if bias else None
            self.register_parameter(name, None if values is None else Parameter(values))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw new weights and biases."""
        bound = 1 / math.sqrt(self.hidden_size) if self.hidden_size > 0 else 0.0
        for parameter in self.parameters():
            init.uniform_(parameter, -bound, bound)

    def _arguments(self, input: Tensor, states: dict[str, Tensor | None]) -> list[Tensor]:
        """The input and the states, with a dimension for the batch.

        Raises
        ------
        ValueError
            If the input or a state has neither one nor two dimensions.
        RuntimeError
            If the sizes or dtypes do not fit.
        """
        for name, tensor in {"input": input, **states}.items():
            if tensor is not None and tensor.ndim not in (1, 2):
                raise ValueError(
                    f"{self._get_name()}: Expected {name} to be 1D or 2D, got {tensor.ndim}D"
                )
        batched = input.ndim == 2
        x = input if batched else input.unsqueeze(0)
        if x.shape[1] != self.input_size:
            raise RuntimeError(
                f"input has inconsistent input_size: got {x.shape[1]} expected {self.input_size}"
            )
        shape = (x.shape[0], self.hidden_size)
        given: list[Tensor] = []
        for name, state in states.items():
            if state is None:
                state = zeros(shape, dtype=x.dtype)
            elif not batched:
                state = state.unsqueeze(0)
            if state.shape != shape:
                raise RuntimeError(
                    f"{name} should have shape {list(shape)}, (batch, hidden_size), but has "
                    f"{list(state.shape)}"
                )
            given.append(state)
        for tensor in (x, *given):
            if tensor.dtype is not self.weight_ih.dtype:
                raise RuntimeError(
                    f"{self._get_name()}: got a {tensor.dtype} tensor, but the weights are "
                    f"{self.weight_ih.dtype}"
                )
        return [x, *given]

    def _products(self, x: Tensor, h: Tensor) -> tuple[Tensor, Tensor]:
        """Of all gates the products with the input and with the state, with biases."""
        return linear(x, self.weight_ih, self.bias_ih), linear(h, self.weight_hh, self.bias_hh)

    def _by_gate(self, products: Tensor) -> tuple[Tensor, ...]:
        """(B, gates * H) as one (B, H) for each gate."""
        return UnsafeSplit.apply_all(products, self.hidden_size)

    def extra_repr(self) -> str:
        text = f"{self.input_size}, {self.hidden_size}"
        return text if self.bias else f"{text}, bias={self.bias}"


def _like_input(state: Tensor, input: Tensor) -> Tensor:
    """(B, H) as it is, or as (H) if the input had no batch."""
    return state if input.ndim == 2 else state.squeeze(0)


class RNNCell(RNNCellBase):
    """One step of an `RNN`: ``h' = tanh(W_ih x + b_ih + W_hh h + b_hh)``, or relu for tanh."""

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        nonlinearity: str = "tanh",
        device: str | Device | None = None,
        dtype: DType | None = None,
    ) -> None:
        super().__init__(input_size, hidden_size, bias, 1, device, dtype)
        self.nonlinearity = nonlinearity

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        """The next state, given (batch, input_size) and (batch, hidden_size), or without batch.

        Raises
        ------
        RuntimeError
            If the nonlinearity is neither "tanh" nor "relu", or shapes do not fit.
        """
        x, h = self._arguments(input, {"hidden": hx})
        if self.nonlinearity not in ("tanh", "relu"):
            raise RuntimeError(f"Unknown nonlinearity: {self.nonlinearity}")
        of_input, of_state = self._products(x, h)
        a = of_state + of_input
        return _like_input(tanh(a) if self.nonlinearity == "tanh" else relu(a), input)

    def extra_repr(self) -> str:
        text = super().extra_repr()
        return text if self.nonlinearity == "tanh" else f"{text}, nonlinearity={self.nonlinearity}"


class LSTMCell(RNNCellBase):
    """One step of an `LSTM`, whose formulas stand at `ops.gated.LSTM`."""

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        device: str | Device | None = None,
        dtype: DType | None = None,
    ) -> None:
        super().__init__(input_size, hidden_size, bias, 4, device, dtype)

    def forward(
        self, input: Tensor, hx: tuple[Tensor, Tensor] | None = None
    ) -> tuple[Tensor, Tensor]:
        """The next h and c, given those before."""
        if isinstance(hx, Tensor):
            raise TypeError("LSTMCell: hx must be a tuple of two Tensors, (h, c), not a Tensor")
        h, c = (None, None) if hx is None else hx
        x, h, c = self._arguments(input, {"hx[0]": h, "hx[1]": c})
        of_input, of_state = self._products(x, h)
        i, f, g, o = self._by_gate(of_state + of_input)
        c = sigmoid(f) * c + sigmoid(i) * tanh(g)
        h = sigmoid(o) * tanh(c)
        return _like_input(h, input), _like_input(c, input)


class GRUCell(RNNCellBase):
    """One step of a `GRU`, whose formulas stand at `ops.gated.GRU`."""

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        device: str | Device | None = None,
        dtype: DType | None = None,
    ) -> None:
        super().__init__(input_size, hidden_size, bias, 3, device, dtype)

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        """The next state, given the one before."""
        x, h = self._arguments(input, {"hidden": hx})
        a, q = map(self._by_gate, self._products(x, h))
        r, z = sigmoid(q[0] + a[0]), sigmoid(q[1] + a[1])
        n = tanh(a[2] + q[2] * r)
        return _like_input((h - n) * z + n, input)
