"""The layers once more, in the modules where PyTorch keeps them: some programs import them from
here, as in ``from torch.nn.modules.batchnorm import _BatchNorm``.

`PLACES` lists what each of these modules has, of which most are no files, see `made_modules`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ... import nn
from ...made_modules import made_module
from .. import conv as _conv
from .. import dropout as _dropout
from .. import loss as _loss
from .. import multihead as _multihead
from .. import normalization as _normalization
from . import lazy as lazy
from . import module as module
from . import utils as utils

PLACES = {
    "activation": """
        CELU ELU GELU GLU Hardshrink Hardsigmoid Hardswish Hardtanh LeakyReLU LogSigmoid LogSoftmax
        Mish MultiheadAttention PReLU RReLU ReLU ReLU6 SELU SiLU Sigmoid Softmax Softmax2d Softmin
        Softplus Softshrink Softsign Tanh Tanhshrink Threshold""",
    "adaptive": "AdaptiveLogSoftmaxWithLoss",
    "batchnorm": """
        BatchNorm1d BatchNorm2d BatchNorm3d LazyBatchNorm1d LazyBatchNorm2d LazyBatchNorm3d
        SyncBatchNorm""",
    "channelshuffle": "ChannelShuffle",
    "container": "ModuleDict ModuleList ParameterDict ParameterList Sequential",
    "conv": """
        Conv1d Conv2d Conv3d ConvTranspose1d ConvTranspose2d ConvTranspose3d LazyConv1d LazyConv2d
        LazyConv3d LazyConvTranspose1d LazyConvTranspose2d LazyConvTranspose3d""",
    "distance": "CosineSimilarity PairwiseDistance",
    "dropout": "AlphaDropout Dropout Dropout1d Dropout2d Dropout3d FeatureAlphaDropout",
    "flatten": "Flatten Unflatten",
    "fold": "Fold Unfold",
    "instancenorm": """
        InstanceNorm1d InstanceNorm2d InstanceNorm3d LazyInstanceNorm1d LazyInstanceNorm2d
        LazyInstanceNorm3d""",
    "linear": "Bilinear Identity LazyLinear Linear",
    "loss": """
        BCELoss BCEWithLogitsLoss CTCLoss CosineEmbeddingLoss CrossEntropyLoss GaussianNLLLoss
        HingeEmbeddingLoss HuberLoss KLDivLoss L1Loss LinearCrossEntropyLoss MSELoss
        MarginRankingLoss MultiLabelMarginLoss MultiLabelSoftMarginLoss MultiMarginLoss NLLLoss
        NLLLoss2d PoissonNLLLoss SmoothL1Loss SoftMarginLoss TripletMarginLoss
        TripletMarginWithDistanceLoss""",
    "normalization": "GroupNorm LayerNorm LocalResponseNorm RMSNorm",
    "padding": """
        CircularPad1d CircularPad2d CircularPad3d ConstantPad1d ConstantPad2d ConstantPad3d
        ReflectionPad1d ReflectionPad2d ReflectionPad3d ReplicationPad1d ReplicationPad2d
        ReplicationPad3d ZeroPad1d ZeroPad2d ZeroPad3d""",
    "pixelshuffle": "PixelShuffle PixelUnshuffle",
    "pooling": """
        AdaptiveAvgPool1d AdaptiveAvgPool2d AdaptiveAvgPool3d AdaptiveMaxPool1d AdaptiveMaxPool2d
        AdaptiveMaxPool3d AvgPool1d AvgPool2d AvgPool3d FractionalMaxPool2d FractionalMaxPool3d
        LPPool1d LPPool2d LPPool3d MaxPool1d MaxPool2d MaxPool3d MaxUnpool1d MaxUnpool2d
        MaxUnpool3d""",
    "rnn": "GRU GRUCell LSTM LSTMCell RNN RNNBase RNNCell RNNCellBase",
    "sparse": "Embedding EmbeddingBag",
    "transformer": """
        Transformer TransformerDecoder TransformerDecoderLayer TransformerEncoder
        TransformerEncoderLayer""",
    "upsampling": "Upsample UpsamplingBilinear2d UpsamplingNearest2d",
}

#: What they have besides that is not in `nn`: the common bases, by which programs tell layers.
BASES: dict[str, dict[str, Any]] = {
    "batchnorm": {
        "_BatchNorm": _normalization._BatchNorm,
        "_NormBase": _normalization._NormBase,
    },
    "conv": {"_ConvNd": _conv._ConvNd},
    "dropout": {"_DropoutNd": _dropout._DropoutNd},
    "instancenorm": {"_InstanceNorm": _normalization._InstanceNorm},
    "linear": {"NonDynamicallyQuantizableLinear": _multihead.NonDynamicallyQuantizableLinear},
    "loss": {"_Loss": _loss._Loss, "_WeightedLoss": _loss._WeightedLoss},
}


for _place, _names in PLACES.items():
    _layers = {_name: getattr(nn, _name) for _name in _names.split()}
    globals()[_place] = made_module(f"{__name__}.{_place}", _layers, BASES.get(_place, {}))

if not TYPE_CHECKING:  # to type checkers the layers are in `nn`

    def __getattr__(name):
        """The layer of this name in `nn`."""
        if name.startswith("__"):
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(nn, name)
