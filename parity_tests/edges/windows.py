"""Padding, convolutions, pools, patches and resampling: windows that end where they should not."""

from __future__ import annotations

from ..versions import GRIDS_TWICE, INFINITE_NORMS
from .edge import B, I, N, T, edge, exactly, inf, layer, make, nan, needs, wrong

LINE = N(1, 1, 7)
IMAGE = N(1, 2, 5, 4)
SQUARE = N(2, 2, 4, 4)
VOLUME = N(1, 1, 3, 4, 3)
TIED = T([[[1.0, 1.0, 0.0, 1.0, 1.0, 1.0]]])
NANS = T([[[1.0, nan, 0.0, 2.0, nan, nan]]])
LOWEST = T([[[-inf, -inf, 0.0, -inf, -inf, -inf]]])
TIED_IMAGE = T([[[[1.0, 1.0, 2.0], [1.0, 2.0, 2.0], [0.0, 0.0, 0.0]]]])
PAD = "nn.functional.pad"

PADDED = exactly(
    edge(PAD, "padding", LINE, (0, 0)),
    edge(PAD, "padding", LINE, (6, 6), "reflect"),
    wrong(PAD, "padding", LINE, (7, 0), "reflect"),
    edge(PAD, "padding", LINE, (7, 7), "circular"),
    wrong(PAD, "padding", LINE, (8, 0), "circular"),
    edge(PAD, "padding", LINE, (9, 20), "replicate"),
    edge(PAD, "padding", LINE, (-2, 3)),
    edge(PAD, "padding", LINE, (-3, -3)),
    edge(PAD, "empty", LINE, (-3, -4)),
    wrong(PAD, "padding", LINE, (-4, -4)),
    edge(PAD, "padding", LINE, (-2, 1), "reflect"),
    edge(PAD, "padding", LINE, (-2, -1), "replicate"),
    edge(PAD, "padding", LINE, (-2, 1), "circular"),
    edge(PAD, "padding", SQUARE, (1, 2, 3, 0), "reflect"),
    edge(PAD, "padding", SQUARE, (3, 3, 3, 3), "reflect"),
    edge(PAD, "padding", SQUARE, (4, 0, 0, 4), "circular"),
    edge(PAD, "padding", SQUARE, (1, 1, 5, 1), "replicate"),
    edge(PAD, "padding", VOLUME, (2, 2, 3, 3, 2, 2), "reflect"),
    edge(PAD, "padding", VOLUME, (3, 0, 0, 4, 3, 3), "circular"),
    edge(PAD, "one", N(1, 1, 1), (2, 1), "replicate"),
    wrong(PAD, "one", N(1, 1, 1), (1, 0), "reflect"),
    edge(PAD, "one", N(1, 1, 1), (1, 1), "circular"),
    edge(PAD, "empty", N(0, 3), (1, 1)),
    edge(PAD, "empty", N(1, 0), (2, 1), "constant", 3.0),
    wrong(PAD, "empty", N(1, 1, 0), (1, 1), "replicate"),
    edge(PAD, "nan", T([[[1.0, nan]]]), (1, 1), "constant", inf),
    edge(PAD, "square", N(1, 3, 3), (1, 0, 0, 1)),
    edge(PAD, "integer", I([[1, 2]]), (1, 1), "constant", 7),
    edge(PAD, "bool", B([[True, False]]), (1, 0), "constant", True),
    wrong(PAD, "0-d", T(1.0), (1, 1)),
)

CONV1 = "nn.functional.conv1d"
CONV2 = "nn.functional.conv2d"
CONV3 = "nn.functional.conv3d"
BACK1 = "nn.functional.conv_transpose1d"
BACK2 = "nn.functional.conv_transpose2d"
BACK3 = "nn.functional.conv_transpose3d"

CONVOLVED = (
    edge(CONV1, "stride", LINE, N(2, 1, 3), stride=3),
    edge(CONV1, "stride", LINE, N(2, 1, 2), stride=4),
    edge(CONV1, "window", LINE, N(1, 1, 7)),
    edge(CONV1, "window", LINE, N(1, 1, 1), stride=2),
    edge(CONV1, "window", LINE, N(1, 1, 3), dilation=3),
    wrong(CONV1, "window", LINE, N(1, 1, 8)),
    wrong(CONV1, "window", LINE, N(1, 1, 3), dilation=4),
    edge(CONV1, "padding", LINE, N(2, 1, 3), N(2), padding=5),
    edge(CONV1, "padding", LINE, N(2, 1, 4), padding="same"),
    edge(CONV1, "padding", LINE, N(2, 1, 3), padding="same", dilation=2),
    edge(CONV1, "padding", LINE, N(1, 1, 9), padding=1),
    edge(CONV1, "empty", N(0, 1, 7), N(2, 1, 3), N(2)),
    edge(CONV1, "one", N(1, 1, 1), N(1, 1, 1), N(1)),
    edge(CONV1, "one", N(2, 5), N(3, 2, 2)),
    edge(CONV1, "infinite", T([[[1.0, inf, 0.0, 1.0]]]), T([[[1.0, 2.0]]])),
    edge(CONV1, "nan", T([[[1.0, nan, 0.0, 1.0]]]), T([[[1.0, 0.0]]])),
    edge(CONV1, "layout", N(2, 2, 5, layout="transposed"), N(3, 2, 2, layout="sliced")),
    edge(CONV2, "square", SQUARE, N(3, 2, 3, 3)),
    edge(CONV2, "square", SQUARE, N(2, 2, 3, 3, layout="transposed"), padding=1),
    edge(CONV2, "square", SQUARE, N(2, 2, 4, 4)),
    edge(CONV2, "stride", IMAGE, N(3, 2, 2, 3), stride=(3, 2)),
    edge(CONV2, "stride", IMAGE, N(3, 2, 2, 2), stride=2, padding=(1, 0)),
    edge(CONV2, "window", IMAGE, N(1, 2, 5, 4)),
    edge(CONV2, "window", IMAGE, N(1, 2, 2, 2), dilation=(4, 3)),
    edge(CONV2, "window", IMAGE, N(4, 1, 2, 2), groups=2),
    edge(CONV2, "window", IMAGE, N(2, 1, 3, 3), padding=1, groups=2),
    edge(CONV2, "padding", IMAGE, N(1, 2, 2, 4), padding="same"),
    edge(CONV2, "padding", IMAGE, N(2, 2, 3, 3), padding=(3, 4)),
    wrong(CONV2, "padding", IMAGE, N(2, 2, 3, 3), stride=2, padding="same"),
    edge(CONV2, "one", N(1, 1, 1, 1), N(1, 1, 1, 1)),
    edge(CONV2, "one", N(1, 2, 1, 5), N(2, 2, 1, 2)),
    edge(CONV2, "empty", N(0, 2, 5, 4), N(3, 2, 2, 2)),
    wrong(CONV2, "empty", N(1, 2, 5, 4), N(3, 2, 0, 2)),
    edge(CONV3, "stride", VOLUME, N(2, 1, 2, 3, 2), stride=2),
    edge(CONV3, "window", VOLUME, N(1, 1, 3, 4, 3)),
    edge(CONV3, "padding", VOLUME, N(1, 1, 2, 2, 3), padding=(2, 1, 0), dilation=(1, 2, 1)),
    edge(CONV3, "window", N(1, 2, 2, 3, 2), N(2, 1, 2, 2, 2), groups=2),
    edge(BACK1, "stride", N(1, 1, 3), N(1, 2, 2), stride=3),
    edge(BACK1, "stride", N(1, 1, 3), N(1, 2, 2), stride=3, output_padding=2),
    wrong(BACK1, "stride", N(1, 1, 3), N(1, 2, 2), stride=2, output_padding=2),
    edge(BACK1, "window", N(1, 1, 3), N(1, 1, 5), stride=2, padding=2),
    edge(BACK1, "padding", N(1, 1, 3), N(1, 1, 3), padding=2),
    edge(BACK1, "one", N(1, 1, 1), N(1, 1, 1)),
    edge(BACK1, "empty", N(0, 1, 3), N(1, 2, 2)),
    edge(BACK1, "window", N(1, 2, 3), N(2, 1, 2), groups=2),
    edge(BACK2, "square", SQUARE, N(2, 2, 3, 3)),
    edge(BACK2, "stride", N(1, 2, 2, 3), N(2, 1, 3, 2), stride=(2, 3), output_padding=(1, 2)),
    edge(BACK2, "window", N(1, 2, 2, 3), N(2, 1, 2, 2), dilation=(2, 3)),
    edge(BACK2, "padding", N(1, 2, 3, 3), N(2, 1, 3, 3), N(1), padding=2),
    edge(BACK2, "window", N(1, 2, 2, 2), N(2, 2, 2, 2), groups=2),
    edge(BACK3, "stride", N(1, 1, 2, 2, 1), N(1, 2, 2, 1, 2), stride=2, output_padding=1),
    edge("conv_tbc", "window", N(4, 1, 2), N(4, 2, 3), N(3)),
    edge("nn.functional.unfold", "stride", IMAGE, (2, 3), stride=(3, 2)),
    edge("nn.functional.unfold", "window", IMAGE, (5, 4)),
    edge("nn.functional.unfold", "window", IMAGE, 2, dilation=3, padding=1),
    edge("nn.functional.fold", "window", N(1, 8, 6), (3, 4), (2, 2)),
    edge("nn.functional.fold", "stride", N(1, 4, 4), (5, 5), (2, 2), stride=3),
    wrong("nn.functional.fold", "window", N(1, 8, 5), (3, 4), (2, 2)),
)

MAX1 = "nn.functional.max_pool1d"
MAX2 = "nn.functional.max_pool2d"
MAX3 = "nn.functional.max_pool3d"
AVG1 = "nn.functional.avg_pool1d"
AVG2 = "nn.functional.avg_pool2d"
AVG3 = "nn.functional.avg_pool3d"

POOLED = (
    *exactly(
        edge(MAX1, "tie", TIED, 2),
        edge(MAX1, "tie", TIED, 3, 1),
        edge(MAX1, "tie", TIED, 3, 1, return_indices=True),
        edge(MAX1, "nan", NANS, 3, 1),
        edge(MAX1, "nan", NANS, 2, return_indices=True),
        edge(MAX1, "all-neg-inf", LOWEST, 2),
        edge(MAX1, "all-neg-inf", LOWEST, 2, return_indices=True),
        edge(MAX1, "all-neg-inf", LOWEST, 3, 1, 1),
        edge(MAX1, "stride", LINE, 2, 3),
        edge(MAX1, "stride", LINE, 2, 3, ceil_mode=True),
        edge(MAX1, "stride", LINE, 3, 5, 1, ceil_mode=True),
        edge(MAX1, "window", LINE, 7),
        edge(MAX1, "window", LINE, 3, 1, 1, 3),
        edge(MAX1, "padding", LINE, 4, 2, 2),
        wrong(MAX1, "padding", LINE, 3, 1, 2),
        wrong(MAX1, "window", LINE, 8),
        edge(MAX1, "one", N(1, 1, 1), 1),
        edge(MAX1, "empty", N(0, 1, 4), 2),
        wrong(MAX1, "integer", I([[[3, 3, 1, 4]]]), 2),
        edge(MAX2, "integer", I([[[[3, 3], [1, 3]]]]), 2, return_indices=True),
        edge(MAX2, "tie", TIED_IMAGE, 2, 1),
        edge(MAX2, "tie", TIED_IMAGE, 2, 1, return_indices=True),
        edge(MAX2, "tie", T([[[[0.0, 0.0], [0.0, 0.0]]]]), 2, return_indices=True),
        edge(MAX2, "signed-zero", T([[[[-0.0, 0.0], [0.0, -0.0]]]]), 2),
        edge(MAX2, "nan", T([[[[1.0, nan], [nan, 2.0]]]]), 2, return_indices=True),
        edge(MAX2, "nan", T([[[[1.0, nan, 3.0], [2.0, 0.0, 1.0]]]]), 2, 1),
        edge(MAX2, "all-neg-inf", T([[[[-inf, -inf], [-inf, -inf]]]]), 2, return_indices=True),
        edge(MAX2, "all-neg-inf", T([[[[-inf, 1.0], [-inf, -inf]]]]), 2, 1, 1),
        edge(MAX2, "stride", IMAGE, 2, (3, 2), ceil_mode=True),
        edge(MAX2, "stride", IMAGE, (3, 2), 2, (1, 1), ceil_mode=True),
        edge(MAX2, "stride", IMAGE, 2, 3),
        edge(MAX2, "window", IMAGE, 3, 1),
        edge(MAX2, "window", IMAGE, (5, 4)),
        edge(MAX2, "window", IMAGE, 2, 1, 1, (3, 2), return_indices=True),
        edge(MAX2, "square", SQUARE, 2, 1),
        edge(MAX2, "empty", N(0, 2, 4, 4), 2),
        edge(MAX2, "layout", N(1, 2, 4, 4, layout="transposed"), 2),
        edge(MAX3, "stride", VOLUME, 2, ceil_mode=True),
        edge(MAX3, "tie", T([[[[[1.0, 1.0], [1.0, 0.0]], [[1.0, 1.0], [1.0, 1.0]]]]]), 2),
        edge(MAX3, "nan", T([[[[[1.0, nan], [1.0, 0.0]], [[1.0, 1.0], [nan, 1.0]]]]]), 2),
        edge(MAX3, "window", VOLUME, (3, 2, 2), 1, (1, 0, 1), return_indices=True),
        edge("nn.functional.adaptive_max_pool1d", "stride", LINE, 3),
        edge("nn.functional.adaptive_max_pool1d", "tie", TIED, 2, True),
        edge("nn.functional.adaptive_max_pool1d", "nan", NANS, 2, True),
        edge("nn.functional.adaptive_max_pool1d", "all-neg-inf", LOWEST, 3, True),
        edge("nn.functional.adaptive_max_pool1d", "bound", LINE, 9),
        edge("nn.functional.adaptive_max_pool2d", "window", IMAGE, (3, 3)),
        edge("nn.functional.adaptive_max_pool2d", "one", IMAGE, 1, True),
        edge("nn.functional.adaptive_max_pool2d", "bound", IMAGE, (None, 7)),
        edge("nn.functional.adaptive_max_pool3d", "stride", VOLUME, 2),
        edge("nn.functional.max_unpool1d", "zero", N(1, 1, 2), I([[[0, 3]]]), 2),
        edge("nn.functional.max_unpool2d", "square", N(1, 1, 2, 2), I([[[[0, 3], [8, 15]]]]), 2),
    ),
    edge(AVG1, "stride", LINE, 2, 3),
    edge(AVG1, "stride", LINE, 3, 2, 1, ceil_mode=True),
    edge(AVG1, "stride", LINE, 2, 3, ceil_mode=True, count_include_pad=False),
    edge(AVG1, "padding", LINE, 4, 1, 2, count_include_pad=False),
    edge(AVG1, "window", LINE, 7),
    wrong(AVG1, "window", LINE, 8),
    edge(AVG1, "infinite", T([[[1.0, inf, -inf, 1.0]]]), 2, 1),
    edge(AVG1, "nan", NANS, 2, 1),
    edge(AVG1, "empty", N(0, 1, 4), 2),
    edge(AVG2, "stride", IMAGE, 2, (3, 2), ceil_mode=True),
    edge(AVG2, "stride", IMAGE, (3, 2), 2, (1, 1), ceil_mode=True, count_include_pad=False),
    edge(AVG2, "window", IMAGE, 2, 1, divisor_override=3),
    wrong(AVG2, "zero", IMAGE, 2, divisor_override=0),
    edge(AVG2, "window", IMAGE, (5, 4)),
    edge(AVG2, "square", SQUARE, 3, 1, 1),
    edge(AVG3, "stride", VOLUME, 2, ceil_mode=True),
    edge(AVG3, "padding", VOLUME, (3, 2, 2), 1, (1, 1, 0), count_include_pad=False),
    edge("nn.functional.adaptive_avg_pool1d", "stride", LINE, 3),
    edge("nn.functional.adaptive_avg_pool1d", "bound", LINE, 10),
    edge("nn.functional.adaptive_avg_pool2d", "window", IMAGE, (3, 3)),
    edge("nn.functional.adaptive_avg_pool2d", "one", IMAGE, 1),
    edge("nn.functional.adaptive_avg_pool2d", "bound", IMAGE, (None, 6)),
    edge("nn.functional.adaptive_avg_pool3d", "stride", VOLUME, 2),
    edge("nn.functional.lp_pool1d", "zero", T([[[0.0, 0.0, 1.0, -2.0]]]), 2.0, 2),
    edge("nn.functional.lp_pool1d", "stride", LINE, 2.0, 3, 2, ceil_mode=True),
    needs(
        INFINITE_NORMS,
        edge("nn.functional.lp_pool1d", "tie", T([[[2.0, 2.0, 1.0, 0.0]]]), inf, 2),
    ),
    edge("nn.functional.lp_pool2d", "zero", T([[[[0.0, 0.0], [0.0, 0.0]]]]), 2.0, 2),
    edge("nn.functional.local_response_norm", "window", N(1, 2, 3), 5),
    layer("nn.MaxPool1d", "tie", make(2, 1, return_indices=True), TIED),
    layer("nn.AvgPool2d", "stride", make(2, 3, ceil_mode=True), IMAGE),
    layer("nn.Conv1d", "padding", make(1, 2, 3, padding=2, padding_mode="circular"), LINE),
    layer("nn.Conv2d", "padding", make(2, 1, 2, padding="same", padding_mode="reflect"), IMAGE),
    layer("nn.ConvTranspose2d", "stride", make(2, 1, 3, stride=2), IMAGE),
    layer("nn.ReflectionPad2d", "padding", make(3), SQUARE),
    layer("nn.CircularPad1d", "padding", make(7), LINE),
)

RESIZE = "nn.functional.interpolate"
SAMPLE = "nn.functional.grid_sample"
CORNERS = T([[[[-1.0, -1.0], [1.0, 1.0], [0.0, 0.0], [-1.5, 2.0]]]])
RESAMPLED = (
    edge(RESIZE, "one", N(1, 1, 1), 3, mode="linear"),
    edge(RESIZE, "one", N(1, 1, 3), 1, mode="linear", align_corners=True),
    edge(RESIZE, "stride", LINE, 3, mode="nearest"),
    edge(RESIZE, "stride", LINE, 4, mode="nearest-exact"),
    edge(RESIZE, "stride", LINE, scale_factor=0.4, mode="linear"),
    edge(RESIZE, "square", SQUARE, (2, 6), mode="bilinear", align_corners=True),
    edge(RESIZE, "stride", IMAGE, (3, 7), mode="bicubic"),
    edge(RESIZE, "bound", IMAGE, (5, 4), mode="bilinear"),
    edge(RESIZE, "stride", VOLUME, (2, 5, 3), mode="trilinear"),
    edge(RESIZE, "stride", LINE, 3, mode="area"),
    edge(RESIZE, "nan", NANS, 4, mode="linear"),
    edge("nn.functional.pixel_shuffle", "one", N(1, 4, 1, 1), 2),
    edge("nn.functional.pixel_unshuffle", "square", N(1, 1, 4, 4), 2),
    edge("nn.functional.pixel_unshuffle", "one", N(1, 1, 2, 2), 2),
    wrong("nn.functional.pixel_shuffle", "stride", N(1, 3, 1, 1), 2),
    edge("nn.functional.channel_shuffle", "one", N(1, 2, 1, 1), 2),
    *(
        needs(GRIDS_TWICE, edge(SAMPLE, "bound", N(1, 1, 3, 3), CORNERS, align_corners=corners))
        for corners in (True, False)
    ),
    *(
        needs(GRIDS_TWICE, edge(SAMPLE, "bound", N(1, 1, 3, 3), CORNERS, mode, padding, False))
        for mode, padding in (("bilinear", "border"), ("nearest", "reflection"))
    ),
)

ROWS = PADDED + CONVOLVED + POOLED + RESAMPLED
