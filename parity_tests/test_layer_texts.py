"""Every layer: its text, the names in its state, its first weights, and its mode."""

import warnings

import pytest
import torch

import tinygrad_edu

from .modules import SIDES, check_made_alike, layers
from .versions import LINEAR_CROSS_ENTROPY, NORM_BIAS, as_printed

#: How each layer is made, with arguments that show in its text; `nn` is the library's.
MADE = {
    "AdaptiveAvgPool1d": ["3"], "AdaptiveAvgPool2d": ["(3, None)", "2"],
    "AdaptiveAvgPool3d": ["(3, None, 2)"], "AdaptiveMaxPool3d": ["2", "(3, 2, 1), True"],
    "AvgPool3d": ["2", "(3, 2, 1), 2, 1, True, False, 5"], "BatchNorm3d": ["3", "3, affine=False"],
    "Conv3d": ["2, 4, 3", "2, 4, (3, 2, 1), 2, 1, 2, 2, False, 'circular'"],
    "ConvTranspose3d": ["2, 4, (3, 2, 1), output_padding=(1, 0, 1), stride=2"],
    "InstanceNorm3d": ["3", "3, affine=True, track_running_stats=True"], "LPPool3d": ["2, 3"],
    "LazyBatchNorm3d": [""], "LazyConv3d": ["4, 3"], "LazyConvTranspose3d": ["4, 3"],
    "LazyInstanceNorm3d": [""], "MaxPool3d": ["3", "(3, 2, 1), 1, 1, 2, True, True"],
    "MaxUnpool3d": ["3, (2, 1, 1)"],
    "FractionalMaxPool2d": ["2, 3", "(2, 1), output_ratio=(0.5, 0.6), return_indices=True"],
    "FractionalMaxPool3d": ["2, (1, 2, 3)", "2, 3, _random_samples=lib.ones(1, 2, 3) * 0.5"],
    "SyncBatchNorm": ["3", "3, 0.1, None, False", "3, track_running_stats=False",
                      *NORM_BIAS.only("3, bias=False")],
    "AdaptiveLogSoftmaxWithLoss": ["8, 12, [3, 7], head_bias=True"],
    "AdaptiveMaxPool1d": ["3, True"], "AdaptiveMaxPool2d": ["(3, 2)"], "AlphaDropout": ["0.2"],
    "AvgPool1d": ["3", "3, 2, 1, True, False"], "AvgPool2d": ["3", "(3, 2), 2, 1, True, False, 5"],
    "BCELoss": ["", "reduction='sum'"], "BCEWithLogitsLoss": ["", "pos_weight=lib.ones(3)"],
    "BatchNorm1d": ["3", "3, 0.1, None, False", "3, track_running_stats=False",
                    *NORM_BIAS.only("3, bias=False")],
    "BatchNorm2d": ["3"], "Bilinear": ["2, 3, 4", "2, 3, 4, False"], "CELU": ["", "0.5, True"],
    "CTCLoss": ["1"], "ChannelShuffle": ["2"], "CircularPad1d": ["2"],
    "CircularPad2d": ["(1, 2, 0, 1)"],
    "CircularPad3d": ["1"], "ConstantPad1d": ["2, 1.5"], "ConstantPad2d": ["1, 0"],
    "ConstantPad3d": ["1, 2"], "Conv1d": ["2, 4, 3", "2, 4, 3, 2, 1, 2, 2, False, 'circular'"],
    "Conv2d": ["2, 4, 3", "2, 4, (3, 2), padding='same'", "2, 4, 3, bias=False, groups=2"],
    "ConvTranspose1d": ["2, 4, 3", "2, 4, 3, 2, 1, 1, 2, False, 2"],
    "ConvTranspose2d": ["2, 4, (3, 2), output_padding=(1, 0), stride=2"],
    "CosineEmbeddingLoss": ["0.1"], "CosineSimilarity": ["0, 1e-6"],
    "CrossEntropyLoss": ["", "lib.ones(3), label_smoothing=0.1"], "Dropout": ["", "0.2, True"],
    "Dropout1d": ["0.2"], "Dropout2d": ["0.2"], "Dropout3d": ["0.2"], "ELU": ["", "0.5, True"],
    "Embedding": ["5, 3", "5, 3, 1, 2.0, 1.0, True"],
    "EmbeddingBag": ["5, 3", "5, 3, 2.0, 1.0, True, 'sum', padding_idx=-1"],
    "FeatureAlphaDropout": ["0.2"], "Flatten": ["", "0, 2"], "Fold": ["(4, 5), 2, 1, 0, (1, 2)"],
    "GELU": ["", "'tanh'"], "GLU": ["", "1"], "GRU": ["3, 4", "3, 4, 2, False, True, 0.1, True"],
    "GRUCell": ["3, 4", "3, 4, False"], "GaussianNLLLoss": ["full=True"],
    "GroupNorm": ["2, 4", "2, 4, 0.1, False"], "Hardshrink": ["", "0.2"], "Hardsigmoid": [""],
    "Hardswish": [""], "Hardtanh": ["", "-2, 3, True"], "HingeEmbeddingLoss": ["2.0"],
    "HuberLoss": ["delta=0.5"], "Identity": ["3, a=1"],
    "InstanceNorm1d": ["3", "3, affine=True, track_running_stats=True"], "InstanceNorm2d": ["3"],
    "KLDivLoss": ["log_target=True"], "L1Loss": [""], "LPPool1d": ["2, 3"],
    "LPPool2d": ["2, 3, 1, True"],
    "LSTM": ["3, 4", "3, 4, num_layers=2, bidirectional=True"], "LSTMCell": ["3, 4"],
    "LayerNorm": ["3", "(2, 3), 0.1, False", "3, bias=False"],
    "LazyBatchNorm1d": ["", "affine=False"],
    "LazyBatchNorm2d": [""], "LazyConv1d": ["4, 3"], "LazyConv2d": ["4, (3, 2), 2, bias=False"],
    "LazyConvTranspose1d": ["4, 3"], "LazyConvTranspose2d": ["4, 3"], "LazyInstanceNorm1d": [""],
    "LazyInstanceNorm2d": [""], "LazyLinear": ["4", "4, False"], "LeakyReLU": ["", "0.2, True"],
    "Linear": ["3, 4", "3, 4, False"], "LinearCrossEntropyLoss": ["3, 5, bias=True"],
    "LocalResponseNorm": ["2, 0.1, 0.5, 2.0"], "LogSigmoid": [""], "LogSoftmax": ["", "1"],
    "MSELoss": ["", "reduction='none'"], "MarginRankingLoss": ["0.1"], "MaxPool1d": ["3, 2, 1"],
    "MaxPool2d": ["3", "(3, 2), 1, 1, 2, True, True"], "MaxUnpool1d": ["3, 2, 1"],
    "MaxUnpool2d": ["3, (2, 1)"], "Mish": ["", "True"], "Module": [""],
    "ModuleDict": ["", "{'a': nn.ReLU(), 'b': nn.Linear(2, 1)}"],
    "ModuleList": ["", "[nn.ReLU(), nn.ReLU(), nn.Linear(2, 1)]"], "MultiLabelMarginLoss": [""],
    "MultiLabelSoftMarginLoss": ["lib.ones(3)"], "MultiMarginLoss": ["2, 0.5"],
    "MultiheadAttention": ["4, 2", "4, 2, 0.1, False, True, True, 3, 5, True"],
    "NLLLoss": ["lib.ones(3)"], "NLLLoss2d": [""], "PReLU": ["", "3, 0.1"],
    "PairwiseDistance": ["1.0"], "ParameterDict": ["{'a': nn.Parameter(lib.ones(2))}"],
    "ParameterList": ["[nn.Parameter(lib.ones(2)), nn.Parameter(lib.ones(1, 2))]"],
    "PixelShuffle": ["2"], "PixelUnshuffle": ["2"], "PoissonNLLLoss": ["full=True"],
    "RMSNorm": ["3", "(2, 3), 0.1, False"], "RNN": ["3, 4", "3, 4, 1, 'relu', False, True"],
    "RNNBase": ["'GRU', 3, 4, 2"], "RNNCell": ["3, 4", "3, 4, False, 'relu'"],
    "RNNCellBase": ["3, 4, True, 3"], "RReLU": ["", "0.1, 0.2, True"], "ReLU": ["", "True"],
    "ReLU6": ["", "True"], "ReflectionPad1d": ["2"], "ReflectionPad2d": ["(1, 2, 0, 1)"],
    "ReflectionPad3d": ["1"], "ReplicationPad1d": ["2"], "ReplicationPad2d": ["1"],
    "ReplicationPad3d": ["1"], "SELU": ["", "True"],
    "Sequential": ["", "nn.Linear(2, 1), nn.ReLU()"],
    "SiLU": ["", "True"], "Sigmoid": [""], "SmoothL1Loss": ["beta=0.5"], "SoftMarginLoss": [""],
    "Softmax": ["", "1"], "Softmax2d": [""], "Softmin": ["", "0"], "Softplus": ["", "2, 10"],
    "Softshrink": ["", "0.2"], "Softsign": [""], "Tanh": [""], "Tanhshrink": [""],
    "Threshold": ["0.1, 2", "0.1, 2, True"], "Transformer": ["4, 2, 1, 1, 6"],
    "TransformerDecoder": ["nn.TransformerDecoderLayer(4, 2, 6), 2"],
    "TransformerDecoderLayer": ["4, 2, 6, norm_first=True"],
    "TransformerEncoder": ["nn.TransformerEncoderLayer(4, 2, 6, batch_first=True), 2"],
    "TransformerEncoderLayer": ["4, 2, 6, 0.2, 'gelu', bias=False"],
    "TripletMarginLoss": ["2.0, 1.0"],
    "TripletMarginWithDistanceLoss": ["margin=2.0, swap=True"], "Unflatten": ["1, (2, 3)"],
    "Unfold": ["(2, 3), 1, 0, 2"], "Upsample": ["3", "scale_factor=(2, 3), mode='bilinear'"],
    "UpsamplingBilinear2d": ["3"], "UpsamplingNearest2d": ["scale_factor=2"], "ZeroPad1d": ["2"],
    "ZeroPad2d": ["(1, 2, 0, 1)"], "ZeroPad3d": ["1"],
}  # fmt: skip
if LINEAR_CROSS_ENTROPY.missing:
    del MADE["LinearCrossEntropyLoss"]


@pytest.mark.filterwarnings("ignore:`NLLLoss2d`", "ignore:enable_nested_tensor is True")
@pytest.mark.parametrize(
    ("name", "arguments"), [(name, text) for name, texts in MADE.items() for text in texts]
)
def test_layers_are_made_alike(name, arguments):
    def make(library):
        names = {"lib": library, "nn": library.nn}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what is deprecated, or odd
            return eval(f"nn.{name}({arguments})", names)

    if name.startswith("Lazy"):  # its state has no values yet
        theirs, mine = map(make, SIDES)
        assert as_printed(repr(mine)) == repr(theirs)
        assert str(mine.state_dict()) == str(theirs.state_dict())
    else:
        check_made_alike(make)
    kinds = []
    for library in SIDES:
        module = make(library)
        kinds.append([sorted(k for k, _ in module.named_buffers()), module.training])
        assert module.eval() is module and not any(m.training for m in module.modules())
        assert module.train() is module and all(m.training for m in module.modules())
        assert all(p.requires_grad for p in module.parameters())
    assert kinds[0] == kinds[1]


def test_the_table_is_complete():
    assert MADE.keys() == {parameter.id for parameter in layers()}
    assert all(hasattr(torch.nn, name) and hasattr(tinygrad_edu.nn, name) for name in MADE)
