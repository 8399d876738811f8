"""What each layer of `layers_made` is called with: a table of arguments that fit.

An entry is a text, for all ways in which the table there makes the layer, or a list with a text for
each of them. In it are `x` for normal numbers of a shape, of which the gradient is wanted, and `c`
for such of which it is not; `p` and `q` likewise for numbers between 0 and 1; `i` for whole numbers
below its first argument, `s` for signs, `d` for places that differ within a row, and `np`. None
stands for a way of making a layer that both libraries refuse to call.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from .layers_made import MADE
from .versions import LINEAR_CROSS_ENTROPY


class Given(NamedTuple):
    """An array, and whether the gradient with respect to it is wanted."""

    array: np.ndarray[Any, Any]
    grad: bool = False

    def near(self, by: float) -> Given:
        """Numbers close by, that float32 can hold; what has no gradient is what it was."""
        if not self.grad:
            return self
        return Given((self.array * (1 + by)).astype("float32").astype("float64"), True)


ACTIVATIONS = (
    "CELU ELU GELU Hardshrink Hardsigmoid Hardswish Hardtanh LeakyReLU LogSigmoid Mish PReLU "
    "RReLU ReLU ReLU6 SELU SiLU Sigmoid Softplus Softshrink Softsign Tanh Tanhshrink Threshold "
    "LogSoftmax Softmax Softmin Identity"
)
PAIRS = "HuberLoss KLDivLoss L1Loss MSELoss SmoothL1Loss"
SIGNED = "HingeEmbeddingLoss SoftMarginLoss"
NUMBERED = "CrossEntropyLoss NLLLoss MultiMarginLoss"
PADDED = "CircularPad ConstantPad ReflectionPad ReplicationPad ZeroPad"

#: Each row of an embedding as often as any other: else PyTorch takes the count of a wrong one.
TWICE = "np.array([[0, 4, 2], [2, 0, 4]])"

FED: dict[str, str | list[str | None]] = {
    **dict.fromkeys(ACTIVATIONS.split(), "x(2, 3, 4)"),
    **dict.fromkeys(PAIRS.split(), "x(4, 3), c(4, 3)"),
    **dict.fromkeys(SIGNED.split(), "x(4, 3), s(4, 3)"),
    **dict.fromkeys(NUMBERED.split(), "x(4, 3), i(3, 4)"),
    **{f"{name}1d": "x(2, 3, 5)" for name in PADDED.split()},
    **{f"{name}2d": "x(2, 3, 4, 5)" for name in PADDED.split()},
    **{f"{name}3d": "x(1, 2, 3, 4, 3)" for name in PADDED.split()},
    "AdaptiveAvgPool1d": "x(2, 3, 8)", "AdaptiveAvgPool2d": "x(2, 3, 6, 5)",
    "AdaptiveAvgPool3d": "x(2, 3, 5, 4, 6)", "AdaptiveMaxPool1d": "x(2, 3, 8)",
    "AdaptiveMaxPool2d": "x(2, 3, 7, 5)", "AdaptiveMaxPool3d": "x(2, 3, 5, 4, 6)",
    "AdaptiveLogSoftmaxWithLoss": "x(5, 8), i(12, 5)", "AlphaDropout": "x(4, 5)",
    "AvgPool1d": "x(2, 3, 9)", "AvgPool2d": "x(2, 3, 7, 6)",
    "AvgPool3d": ["x(2, 3, 6, 5, 7)", None],
    "BCELoss": "p(4, 3), q(4, 3)", "BCEWithLogitsLoss": "x(4, 3), q(4, 3)",
    "BatchNorm1d": "x(4, 3)", "BatchNorm2d": "x(4, 3, 2, 2)", "BatchNorm3d": "x(4, 3, 2, 3, 2)",
    "Bilinear": "x(5, 2), x(5, 3)", "ChannelShuffle": "x(2, 4, 3, 3)",
    "CTCLoss": "x(6, 2, 4), np.array([[0, 2, 3], [2, 0, 0]]), np.array([6, 5]), np.array([3, 1])",
    "Conv1d": "x(3, 2, 9)", "Conv2d": "x(2, 2, 6, 5)", "Conv3d": "x(2, 2, 5, 5, 5)",
    "ConvTranspose1d": "x(3, 2, 5)", "ConvTranspose2d": "x(2, 2, 4, 4)",
    "ConvTranspose3d": "x(2, 2, 3, 3, 3)", "CosineEmbeddingLoss": "x(4, 3), x(4, 3), s(4)",
    "CosineSimilarity": "x(4, 3), x(4, 3)", "DataParallel": "x(3, 2)", "Dropout": "x(4, 5)",
    "Dropout1d": "x(3, 4, 5)", "Dropout2d": "x(2, 3, 4, 4)", "Dropout3d": "x(2, 3, 2, 2, 2)",
    "Embedding": "i(5, 2, 4)", "EmbeddingBag": ["i(5, 3, 4)", TWICE],
    "FeatureAlphaDropout": "x(3, 4, 5)",
    "Flatten": "x(2, 3, 4)", "Fold": "x(2, 8, 6)", "FractionalMaxPool2d": "x(2, 3, 8, 8)",
    "FractionalMaxPool3d": "x(1, 2, 7, 7, 7)", "GLU": "x(2, 4, 6)", "GRU": "x(5, 2, 3)",
    "GRUCell": "x(2, 3)",
    "GaussianNLLLoss": "x(4, 3), c(4, 3), p(4, 3)", "GroupNorm": "x(3, 4, 5)",
    "InstanceNorm1d": "x(2, 3, 5)", "InstanceNorm2d": "x(2, 3, 4, 4)",
    "InstanceNorm3d": "x(2, 3, 4, 2, 3)", "LPPool1d": "x(2, 3, 9)", "LPPool2d": "x(2, 3, 6, 6)",
    "LPPool3d": "x(2, 3, 6, 6, 6)", "LSTM": "x(5, 2, 3)", "LSTMCell": "x(2, 3)",
    "LayerNorm": "x(4, 2, 3)", "LazyBatchNorm1d": "x(4, 3)", "LazyBatchNorm2d": "x(4, 3, 2, 2)",
    "LazyBatchNorm3d": "x(4, 3, 2, 3, 2)", "LazyConv1d": "x(3, 2, 9)",
    "LazyConv2d": "x(2, 2, 6, 5)",
    "LazyConv3d": "x(2, 2, 5, 5, 5)", "LazyConvTranspose1d": "x(3, 2, 5)",
    "LazyConvTranspose2d": "x(2, 2, 4, 4)", "LazyConvTranspose3d": "x(2, 2, 3, 3, 3)",
    "LazyInstanceNorm1d": "x(2, 3, 5)", "LazyInstanceNorm2d": "x(2, 3, 4, 4)",
    "LazyInstanceNorm3d": "x(2, 3, 4, 2, 3)", "LazyLinear": "x(2, 3)", "Linear": "x(2, 3)",
    "LinearCrossEntropyLoss": "x(4, 3), i(5, 4)", "LocalResponseNorm": "x(2, 5, 4)",
    "MarginRankingLoss": "x(4), x(4), s(4)", "MaxPool1d": "x(2, 3, 9)",
    "MaxPool2d": "x(2, 3, 7, 7)",
    "MaxPool3d": ["x(2, 3, 6, 6, 6)", None], "MaxUnpool1d": "x(2, 3, 4), d(7, 2, 3, 4)",
    "MaxUnpool2d": "x(2, 3, 2, 3), d(25, 2, 3, 2, 3)",
    "MaxUnpool3d": "x(1, 2, 2, 3, 3), d(125, 1, 2, 2, 3, 3)",
    "MultiLabelMarginLoss": "x(2, 4), np.array([[3, 0, -1, 1], [2, -1, 0, 0]])",
    "MultiLabelSoftMarginLoss": "x(4, 3), q(4, 3).round()",
    "MultiheadAttention": [
        "x(3, 2, 4), x(5, 2, 4), x(5, 2, 4)", "x(2, 3, 4), x(2, 6, 3), x(2, 6, 5)",
    ],
    "NLLLoss2d": "x(2, 3, 4, 4), i(3, 2, 4, 4)", "PairwiseDistance": "x(4, 3), x(4, 3)",
    "PixelShuffle": "x(1, 8, 3, 3)", "PixelUnshuffle": "x(1, 2, 4, 4)",
    "PoissonNLLLoss": "x(4, 3), q(4, 3)", "RMSNorm": "x(4, 2, 3)", "RNN": "x(5, 2, 3)",
    "RNNCell": "x(2, 3)", "Sequential": "x(3, 2)", "Softmax2d": "x(2, 3, 4, 4)",
    "SyncBatchNorm": "x(4, 3, 2)", "Transformer": "x(3, 2, 4), x(5, 2, 4)",
    "TransformerDecoder": "x(3, 2, 4), x(5, 2, 4)",
    "TransformerDecoderLayer": "x(3, 2, 4), x(5, 2, 4)", "TransformerEncoder": "x(2, 3, 4)",
    "TransformerEncoderLayer": "x(3, 2, 4)", "TripletMarginLoss": "x(4, 3), x(4, 3), x(4, 3)",
    "TripletMarginWithDistanceLoss": "x(4, 3), x(4, 3), x(4, 3)", "Unflatten": "x(4, 6, 2)",
    "Unfold": "x(2, 3, 6, 7)", "Upsample": "x(2, 3, 4, 4)", "UpsamplingBilinear2d": "x(2, 3, 4, 4)",
    "UpsamplingNearest2d": "x(2, 3, 4, 4)",
}  # fmt: skip

if LINEAR_CROSS_ENTROPY.missing:
    del FED["LinearCrossEntropyLoss"]

#: Layers that have no `forward`.
NOT_CALLED = {
    "Module", "ModuleDict", "ModuleList", "ParameterDict", "ParameterList", "RNNBase",
    "RNNCellBase",
}  # fmt: skip


def ways() -> Iterator[tuple[str, str, str]]:
    """Each way of making a layer that can be called: its name, its arguments, what it is fed."""
    for name, texts in MADE.items():
        entry = None if name in NOT_CALLED else FED[name]
        given = entry if isinstance(entry, list) else [entry] * len(texts)
        for arguments, text in zip(texts, given, strict=True):
            if text is not None:
                yield name, arguments, text


def fed(text: str, seed: int = 3) -> list[Given]:
    """The arrays of an entry; floats are float64 that float32 can hold, too."""
    rng = np.random.default_rng(seed)

    def normal(*shape: int) -> np.ndarray[Any, Any]:
        return rng.normal(size=shape).astype("float32").astype("float64")

    def places(count: int, *shape: int) -> np.ndarray[Any, Any]:
        rows = [rng.permutation(count)[: np.prod(shape[2:])] for _ in range(shape[0] * shape[1])]
        return np.array(rows).reshape(shape)

    names = {
        "np": np, "x": lambda *shape: Given(normal(*shape), True), "c": normal, "d": places,
        "p": lambda *shape: Given(rng.integers(1, 16, shape) / 16, True),
        "q": lambda *shape: rng.integers(1, 16, shape) / 16,
        "i": lambda below, *shape: rng.integers(below, size=shape),
        "s": lambda *shape: rng.choice([-1.0, 1.0], shape),
    }  # fmt: skip
    arrays = eval(f"[{text}]", names)
    return [each if isinstance(each, Given) else Given(1 * each) for each in arrays]
