"""What recurrent layers share: all that goes around one layer's op.

That is layers on top of each other, a second direction, dropout in between, and PyTorch's shapes.
"""

from __future__ import annotations

import math
import warnings
from typing import Any, ClassVar

from ..creation import empty, zeros
from ..dtypes import dtype as DType
from ..ops.inplace_shape import TransposeInPlace
from ..ops.join import cat, stack
from ..size import device as Device
from ..tensor import Tensor
from . import init
from .module import Module
from .parameter import Parameter
from .recurrent_steps import PackedSteps, Steps, reordered
from .utils.rnn import PackedSequence

#: The kinds of layers, and how many gates each has.
MODES = {"RNN_TANH": 1, "RNN_RELU": 1, "GRU": 3, "LSTM": 4}


class RNNBase(Module):
    """What the recurrent layers share.

    Parameters
    ----------
    input_size, hidden_size : int
        How many features an element of a sequence has, and how many the state.
    num_layers : int
        Each further layer reads the outputs of the one below.
    bias : bool
        Whether there are biases; of which there are two, though their sum is all that matters
        (in a GRU it is not).
    batch_first : bool
        Whether input and output are (batch, time, features), and not (time, batch, features).
    dropout : float
        The probability with which outputs of all layers but the last are dropped in training.
    bidirectional : bool
        Whether each layer also reads the sequence from its end, and puts out both states.
    proj_size : int
        Of an LSTM: if not 0, the number of features that the state h is projected to.
    device, dtype : optional
        As in `zeros`.

    Attributes
    ----------
    weight_ih_l0, weight_hh_l0, bias_ih_l0, bias_hh_l0 : Parameter
        Of layer 0, with the gates one after the other in the rows; with ``_reverse`` behind, those
        of the second direction; and ``weight_hr_l0`` with `proj_size`. All are at first drawn
        uniformly from [-1/sqrt(hidden_size), 1/sqrt(hidden_size)).

    Raises
    ------
    ValueError, TypeError
        If an argument is out of range, or of another type.
    NotImplementedError
        With `proj_size` for another mode than "LSTM".
    """

    states: ClassVar[tuple[str, ...]] = ("hx",)
    packed_dtype_error: ClassVar[type[Exception]] = ValueError

    def __init__(
        self,
        mode: str,
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
        super().__init__()
        if mode not in MODES:
            raise ValueError(f"Unrecognized RNN mode: {mode}")
        _check_arguments(input_size, hidden_size, num_layers, bias, batch_first, dropout)
        _check_projection(mode, proj_size, hidden_size)
        self.mode = mode
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.bias = bias
        self.batch_first = batch_first
        self.dropout = float(dropout)
        self.bidirectional = bidirectional
        self.proj_size = proj_size
        rows = MODES[mode] * hidden_size
        for layer in range(num_layers):
            features = input_size if layer == 0 else self._put_out * len(self._directions)
            shapes = {
                "weight_ih": (rows, features), "weight_hh": (rows, self._put_out),
                "bias_ih": (rows,), "bias_hh": (rows,), "weight_hr": (proj_size, hidden_size),
            }  # fmt: skip
            for direction in self._directions:
                for kind, name in self._names(layer, direction).items():
                    made = Parameter(empty(shapes[kind], device=device, dtype=dtype))
                    setattr(self, name, made)
        self.reset_parameters()

    @property
    def _directions(self) -> tuple[str, ...]:
        return ("", "_reverse") if self.bidirectional else ("",)

    @property
    def _put_out(self) -> int:
        """How many features the state has that a layer puts out."""
        return self.proj_size or self.hidden_size

    def _names(self, layer: int, direction: str) -> dict[str, str]:
        """Of the parameters of one layer and direction, by kind."""
        kinds = ["weight_ih", "weight_hh"]
        kinds += ["bias_ih", "bias_hh"] if self.bias else []
        kinds += ["weight_hr"] if self.proj_size else []
        return {kind: f"{kind}_l{layer}{direction}" for kind in kinds}

    @property
    def all_weights(self) -> list[list[Parameter]]:
        """The parameters of each layer and direction."""
        return [
            [getattr(self, name) for name in self._names(layer, direction).values()]
            for layer in range(self.num_layers)
            for direction in self._directions
        ]

    def reset_parameters(self) -> None:
        """Draw new weights and biases."""
        bound = 1 / math.sqrt(self.hidden_size)
        for parameter in self.parameters():
            init.uniform_(parameter, -bound, bound)

    def flatten_parameters(self) -> None:
        """Nothing: in PyTorch it moves the weights together in a GPU's memory."""

    def _step(self, *args: Tensor | None) -> tuple[Tensor, ...]:
        """One layer in one direction: from the input (T, B, features), the parameters, and the
        initial states (B, H), to the states after each step, (T, B, H)."""
        raise NotImplementedError

    def _run(
        self, input: Tensor | PackedSequence, hx: tuple[Tensor, ...] | None
    ) -> tuple[Any, tuple[Tensor, ...]]:
        """The outputs, and the last states, in PyTorch's shapes."""
        if isinstance(input, PackedSequence):
            return self._run_packed(input, hx)
        if input.ndim not in (2, 3):
            raise ValueError(
                f"{self._get_name()}: Expected input to be 2D or 3D, got {input.ndim}D instead"
            )
        if input.dtype is not self.all_weights[0][0].dtype:
            raise ValueError(self._dtype_message(input))
        batched = input.ndim == 3
        x = input if batched else input.unsqueeze(1)
        if batched and self.batch_first:
            x = x.transpose(0, 1)
        self._check_steps(x)
        x, last = self._run_layers(x, self._initial_states(x, hx, batched), Steps())
        if not batched:
            return x.squeeze(1), tuple(state.squeeze(1) for state in last)
        return self._batch_first(x) if self.batch_first else x, last

    def _batch_first(self, x: Tensor) -> Tensor:
        """(time, batch, features) as (batch, time, features)."""
        return TransposeInPlace.apply(x, 0, 1)  # PyTorch has a tensor of its own here

    def _run_packed(
        self, input: PackedSequence, hx: tuple[Tensor, ...] | None
    ) -> tuple[PackedSequence, tuple[Tensor, ...]]:
        data, batch_sizes, order, order_back = input
        if data.ndim != 2:
            raise RuntimeError(f"{self._get_name()}: packed steps must be 2D, not {data.ndim}D")
        if data.dtype is not self.all_weights[0][0].dtype:
            raise self.packed_dtype_error(self._dtype_message(data))
        steps = PackedSteps(batch_sizes.array)
        x = steps.padded(data)
        self._check_steps(x)
        first = None if hx is None else reordered(hx, order)
        x, last = self._run_layers(x, self._initial_states(x, first, True), steps)
        output = PackedSequence(steps.packed(x), batch_sizes, order, order_back)
        return output, reordered(last, order_back)

    def _run_layers(
        self, x: Tensor, first: tuple[Tensor, ...], steps: Steps
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        """The outputs (T, B, directions * H), and the last states (layers * directions, B, H)."""
        last: list[list[Tensor]] = [[] for _ in first]
        for number, weights in enumerate(self.all_weights):
            layer, backwards = divmod(number, len(self._directions))
            biases = weights[2:4] if self.bias else (None, None)
            projection = weights[4 if self.bias else 2 :]
            start = [state[number] for state in first]
            read = steps.turned(x) if backwards else x
            states = self._step(read, *weights[:2], *biases, *start, *projection)
            for kept, state in zip(last, states, strict=True):
                kept.append(steps.last(state))
            if not backwards:
                output = states[0]
            else:
                output = cat([output, steps.turned(states[0])], 2)
            if backwards or not self.bidirectional:
                x = output
                if self.training and self.dropout and layer < self.num_layers - 1:
                    x = steps.dropped(x, self.dropout)
        return x, tuple(stack(kept) for kept in last)

    def _dtype_message(self, input: Tensor) -> str:
        dtype = self.all_weights[0][0].dtype
        return (
            f"RNN input dtype ({input.dtype}) does not match weight dtype ({dtype}). "
            f"Convert input: input.to({dtype}), or convert model: model.to({input.dtype})"
        )

    def _check_steps(self, x: Tensor) -> None:
        if x.shape[2] != self.input_size:
            raise RuntimeError(
                f"input.size(-1) must be equal to input_size. Expected {self.input_size}, got "
                f"{x.shape[2]}"
            )
        if x.shape[0] == 0:
            raise RuntimeError("Expected sequence length to be larger than 0 in RNN")

    def _initial_states(
        self, x: Tensor, hx: tuple[Tensor, ...] | None, batched: bool
    ) -> tuple[Tensor, ...]:
        """The states given, of shape (layers * directions, B, H); zeros if none are."""
        batch = (self.num_layers * len(self._directions), x.shape[1])
        shapes = ((*batch, self._put_out), (*batch, self.hidden_size))[: len(self.states)]
        if hx is None:
            return tuple(zeros(shape, dtype=x.dtype) for shape in shapes)
        for name, state in zip(self.states, hx, strict=True):
            if state.ndim != (3 if batched else 2):
                raise RuntimeError(
                    f"For {'batched 3-D' if batched else 'unbatched 2-D'} input, {name} should "
                    f"also be {3 if batched else 2}-D but got a {state.ndim}-D tensor"
                )
        states = hx if batched else tuple(state.unsqueeze(1) for state in hx)
        for name, shape, state in zip(self.states, shapes, states, strict=True):
            if state.shape != shape:
                raise RuntimeError(
                    f"Expected {name} of size {shape}, got {list(state.shape)}: (layers * "
                    "directions, batch, hidden_size)"
                )
            if state.dtype is not x.dtype:
                raise RuntimeError(f"{name} has dtype {state.dtype}, but the input {x.dtype}")
        return states

    def extra_repr(self) -> str:
        text = f"{self.input_size}, {self.hidden_size}"
        shown: dict[str, Any] = {
            "proj_size": 0, "num_layers": 1, "bias": True, "batch_first": False, "dropout": 0.0,
            "bidirectional": False,
        }  # fmt: skip
        for name, default in shown.items():
            value = getattr(self, name)
            text += f", {name}={value}" if value != default else ""
        return text


def _check_projection(mode: str, proj_size: int, hidden_size: int) -> None:
    if proj_size < 0:
        raise ValueError("proj_size should be a positive integer or zero to disable projections")
    if proj_size >= hidden_size:
        raise ValueError(f"proj_size has to be smaller than hidden_size, but is {proj_size}")
    if proj_size and mode != "LSTM":
        raise NotImplementedError(f"RNNBase({mode!r}, proj_size={proj_size}): only an LSTM has it")


def _check_arguments(
    input_size: int,
    hidden_size: int,
    num_layers: int,
    bias: bool,
    batch_first: bool,
    dropout: float,
) -> None:
    if isinstance(dropout, bool) or not isinstance(dropout, int | float) or not 0 <= dropout <= 1:
        raise ValueError(
            "dropout should be a number in range [0, 1] representing the probability of an element "
            "being zeroed"
        )
    if dropout > 0 and num_layers == 1:
        warnings.warn(
            "dropout option adds dropout after all but last recurrent layer, so non-zero dropout "
            f"expects num_layers greater than 1, but got dropout={dropout} and num_layers=1",
            stacklevel=4,
        )
    for name, flag in (("bias", bias), ("batch_first", batch_first)):
        if not isinstance(flag, bool):
            raise TypeError(f"{name} should be of type bool, got: {type(flag).__name__}")
    sizes = {"input_size": input_size, "hidden_size": hidden_size, "num_layers": num_layers}
    for name, size in sizes.items():
        if not isinstance(size, int):
            raise TypeError(f"{name} should be of type int, got: {type(size).__name__}")
        if size <= 0:
            raise ValueError(f"{name} must be greater than zero")
