"""Recurrent layers over whole sequences: `RNN`, `LSTM` and `GRU`.

The formulas of a step, and their derivatives, stand in `ops.recurrent` and `ops.gated`; what goes
around them in `recurrent_base`.
"""

from __future__ import annotations

from typing import Any

from ..dtypes import dtype as DType
from ..ops import gated, recurrent
from ..size import device as Device
from ..tensor import Tensor
from .recurrent_base import RNNBase
from .utils.rnn import PackedSequence


class RNN(RNNBase):
    """The plain recurrent layer: ``h' = tanh(W_ih x + b_ih + W_hh h + b_hh)``.

    Parameters are those of `RNNBase`, and `nonlinearity`, "tanh" or "relu". Called with an input
    (time, batch, input_size), or (time, input_size) for one sequence, and maybe initial states
    (num_layers * directions, batch, hidden_size), it returns the last layer's states at all times,
    and all layers' last states. A `PackedSequence` in place of the input gives one of outputs.
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: str = "tanh",
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        device: str | Device | None = None,
        dtype: DType | None = None,
        *,
        proj_size: int | None = None,
    ) -> None:
        _refuse_projection(proj_size)
        if nonlinearity not in ("tanh", "relu"):
            raise ValueError(
                f"Unknown nonlinearity {nonlinearity!r}. Select from 'tanh' or 'relu'."
            )
        mode = f"RNN_{nonlinearity.upper()}"
        super().__init__(
            mode, input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional,
            device=device, dtype=dtype,
        )  # fmt: skip
        self.nonlinearity = nonlinearity

    def _step(self, *args: Tensor | None) -> tuple[Tensor, ...]:
        return recurrent.rnn(self.nonlinearity, *args)

    def forward(
        self, input: Tensor | PackedSequence, hx: Tensor | None = None
    ) -> tuple[Any, Tensor]:
        """Return the outputs and the last states."""
        output, (h,) = self._run(input, None if hx is None else (hx,))
        return output, h


class LSTM(RNNBase):
    """Long short-term memory, with a cell state that gates write, keep and read.

    The formulas are those of `ops.gated.LSTM`. Parameters are those of `RNNBase`. Called as
    `RNN`, but with a pair of initial states (h, c), and it returns a pair of last ones; with
    `proj_size`, outputs and h have so many features.
    """

    states = ("hx[0]", "hx[1]")
    packed_dtype_error = RuntimeError  # PyTorch looks at it later than in the others

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        device: str | Device | None = None,
        dtype: DType | None = None,
    ) -> None:
        super().__init__(
            "LSTM", input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional,
            proj_size, device, dtype,
        )  # fmt: skip

    def _batch_first(self, x: Tensor) -> Tensor:
        return x.transpose(0, 1)

    def _step(self, *args: Tensor | None) -> tuple[Tensor, ...]:
        return gated.lstm(*args)

    def forward(
        self, input: Tensor | PackedSequence, hx: tuple[Tensor, Tensor] | None = None
    ) -> tuple[Any, tuple[Tensor, Tensor]]:
        """Return the outputs and the pair of last states."""
        if isinstance(hx, Tensor):
            raise TypeError("LSTM: hx must be a tuple of two Tensors, (h, c), not a Tensor")
        if hx is not None and len(hx) != 2:
            kind = RuntimeError if len(hx) > 2 else IndexError
            raise kind(f"lstm expects two hidden states, (h, c), but got {len(hx)}")
        output, (h, c) = self._run(input, hx)
        return output, (h, c)


class GRU(RNNBase):
    """Gated recurrent unit, whose state is kept or renewed by a gate.

    The formulas are those of `ops.gated.GRU`. Parameters are those of `RNNBase`; called as
    `RNN`.
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        device: str | Device | None = None,
        dtype: DType | None = None,
        *,
        proj_size: int | None = None,
    ) -> None:
        _refuse_projection(proj_size)
        super().__init__(
            "GRU", input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional,
            device=device, dtype=dtype,
        )  # fmt: skip

    def _step(self, *args: Tensor | None) -> tuple[Tensor, ...]:
        return gated.gru(*args)

    def forward(
        self, input: Tensor | PackedSequence, hx: Tensor | None = None
    ) -> tuple[Any, Tensor]:
        """Return the outputs and the last states."""
        output, (h,) = self._run(input, None if hx is None else (hx,))
        return output, h


def _refuse_projection(proj_size: int | None) -> None:
    """Raise PyTorch's error where an argument of `LSTM` alone is given, even as 0."""
    if proj_size is not None:
        raise ValueError("proj_size argument is only supported for LSTM, not RNN or GRU")
