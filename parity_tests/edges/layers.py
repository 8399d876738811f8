"""Normalizations, embeddings, dropout and attention."""

from __future__ import annotations

from .edge import B, I, N, T, edge, fixed, inf, layer, make, nan, once, unsigned, wrong, wrong_layer

BATCH = "nn.functional.batch_norm"
CHANNELS = fixed(T([0.5, -1.0]))
VARIANCES = fixed(T([1.0, 0.0]))
CONSTANT = T([[1.0, 2.0], [1.0, 2.0], [1.0, 2.0]])

NORMALIZED = (
    edge(BATCH, "constant", CONSTANT, None, None, N(2), N(2), True),
    edge(BATCH, "constant", CONSTANT, CHANNELS, VARIANCES, None, None, True),
    edge(BATCH, "constant", CONSTANT, None, None, None, None, True, eps=1e-12),
    edge(BATCH, "one", N(1, 2, 3), None, None, N(2), N(2), True),
    wrong(BATCH, "one", N(1, 2), None, None, None, None, True),
    wrong(BATCH, "one", N(1, 2, 1), CHANNELS, VARIANCES, None, None, True),
    edge(BATCH, "one", N(1, 2), CHANNELS, VARIANCES),
    edge(BATCH, "zero", N(3, 2), CHANNELS, VARIANCES, N(2), N(2), eps=1e-12),
    edge(BATCH, "zero", N(3, 2), None, None, fixed(T([0.0, 0.0])), N(2), True),
    edge(BATCH, "bound", N(3, 2), CHANNELS, VARIANCES, None, None, True, momentum=0.0),
    edge(BATCH, "bound", N(3, 2), CHANNELS, VARIANCES, None, None, True, momentum=1.0),
    edge(BATCH, "square", N(2, 2, 2, 2), None, None, N(2), N(2), True),
    edge(BATCH, "nan", T([[1.0, nan], [2.0, 3.0], [4.0, 5.0]]), None, None, None, None, True),
    edge(BATCH, "infinite", T([[1.0, inf], [2.0, 3.0]]), None, None, None, None, True),
    edge(BATCH, "tiny", T([[1e-20], [2e-20], [4e-20]]), None, None, None, None, True),
    edge(BATCH, "layout", N(3, 2, 2, layout="transposed"), None, None, N(2), N(2), True),
    edge("nn.functional.layer_norm", "constant", CONSTANT, (2,), N(2), N(2)),
    edge("nn.functional.layer_norm", "constant", T([[3.0, 3.0], [1.0, 2.0]]), (2,)),
    edge("nn.functional.layer_norm", "constant", T([[3.0, 3.0]]), (2,), eps=1e-12),
    edge("nn.functional.layer_norm", "one", N(3, 1), (1,), N(1), N(1)),
    edge("nn.functional.layer_norm", "empty", N(0, 2), (2,), N(2), N(2)),
    edge("nn.functional.layer_norm", "square", N(2, 2, 2), (2, 2), N(2, 2), N(2, 2)),
    edge("nn.functional.layer_norm", "nan", T([[1.0, nan], [1.0, 2.0]]), (2,)),
    unsigned(edge("nn.functional.layer_norm", "huge", T([[1e30, -1e30]], "f32"), (2,))),
    edge("nn.functional.layer_norm", "tiny", T([[1e-20, -1e-20]]), (2,)),
    wrong("nn.functional.layer_norm", "one", N(2, 2), (3,)),
    edge("nn.functional.group_norm", "one", N(2, 2), 2, N(2), N(2)),
    edge("nn.functional.group_norm", "constant", T([[[1.0, 1.0], [2.0, 2.0]]]), 2),
    edge("nn.functional.group_norm", "constant", T([[[1.0, 1.0], [1.0, 1.0]]]), 1),
    edge("nn.functional.group_norm", "square", N(2, 4, 2, 2), 2, N(4), N(4)),
    edge("nn.functional.group_norm", "bound", N(2, 4), 4),
    edge("nn.functional.group_norm", "bound", N(2, 4), 1),
    wrong("nn.functional.group_norm", "stride", N(2, 3), 2),
    edge("nn.functional.instance_norm", "constant", T([[[1.0, 1.0], [2.0, 3.0]]])),
    wrong("nn.functional.instance_norm", "one", N(2, 2, 1)),
    edge("nn.functional.instance_norm", "square", N(2, 2, 2, 2)),
    edge("nn.functional.rms_norm", "zero", T([[0.0, 0.0], [1.0, 2.0]]), (2,), N(2)),
    edge("nn.functional.rms_norm", "zero", T([[0.0, 0.0]]), (2,), eps=1e-6),
    edge("nn.functional.rms_norm", "one", N(3, 1), (1,)),
    edge("nn.functional.rms_norm", "empty", N(0, 2), (2,), N(2)),
    layer("nn.BatchNorm1d", "constant", make(2), CONSTANT),
    layer("nn.BatchNorm1d", "bound", make(2, momentum=None), CONSTANT),
    layer("nn.BatchNorm2d", "one", make(2, track_running_stats=False), N(1, 2, 1, 2)),
    layer("nn.LayerNorm", "one", make(1, elementwise_affine=False), N(2, 1)),
    layer("nn.GroupNorm", "one", make(1, 2), N(1, 2, 1)),
)

EMBEDDING = "nn.functional.embedding"
BAG = "nn.functional.embedding_bag"
TABLE = N(4, 2)
EMBEDDED = (
    edge(EMBEDDING, "duplicate", I([1, 1, 3, 1]), TABLE),
    edge(EMBEDDING, "duplicate", I([[0, 0], [0, 0]]), TABLE, padding_idx=0),
    edge(EMBEDDING, "padding", I([0, 3, 3]), TABLE, padding_idx=3),
    edge(EMBEDDING, "padding", I([0, 3, 3]), TABLE, padding_idx=-1),
    edge(EMBEDDING, "weight", I([1, 1, 2, 2, 2]), TABLE, scale_grad_by_freq=True),
    once(edge(EMBEDDING, "weight", I([3, 3]), TABLE, padding_idx=3, scale_grad_by_freq=True)),
    once(edge(EMBEDDING, "empty", I([]), TABLE)),
    edge(EMBEDDING, "0-d", I(2), TABLE),
    edge(EMBEDDING, "one", I([0, 0]), N(1, 1)),
    edge(EMBEDDING, "mixed", I([0, 1], "i32"), TABLE),
    edge(EMBEDDING, "square", I([0, 1, 2]), N(3, 3)),
    wrong(EMBEDDING, "bound", I([4]), TABLE),
    wrong(EMBEDDING, "bound", I([-1]), TABLE),
    wrong(EMBEDDING, "mixed", T([0.0]), TABLE),
    edge(EMBEDDING, "bound", I([0, 1]), T([[3.0, 4.0], [0.3, 0.4]]), max_norm=5.0),
    edge(EMBEDDING, "duplicate", I([0, 0, 1]), T([[3.0, 4.0], [0.3, 0.4]]), max_norm=1.0),
    edge(EMBEDDING, "zero", I([0, 1]), T([[0.0, 0.0], [3.0, 4.0]]), max_norm=1.0),
    edge(EMBEDDING, "zero", I([1, 0]), T([[0.0, 0.0], [3.0, 4.0]]), max_norm=0.0),
    edge(EMBEDDING, "tie", I([1, 0]), T([[2.0, -2.0], [3.0, 4.0]]), max_norm=1.0, norm_type=inf),
    edge(EMBEDDING, "tie", I([1]), T([[2.0, -2.0], [0.5, 0.5]]), max_norm=1.0, norm_type=1.0),
    edge(EMBEDDING, "padding", I([0, 1]), T([[3.0, 4.0], [6.0, 8.0]]), 0, max_norm=1.0),
    once(edge(BAG, "duplicate", I([0, 0]), T([[3.0, 4.0]]), I([0]), max_norm=1.0)),
    once(edge(BAG, "empty", I([1, 2]), TABLE, I([0, 2]))),
    once(edge(BAG, "empty", I([1, 2]), TABLE, I([0, 0, 2]), mode="sum")),
    once(edge(BAG, "empty", I([1, 2]), TABLE, I([0, 0, 2]), mode="max")),
    once(edge(BAG, "duplicate", I([1, 1, 1, 3]), TABLE, I([0, 3]), mode="sum")),
    once(edge(BAG, "duplicate", I([1, 1, 1, 3]), TABLE, I([0, 3]), mode="mean")),
    once(edge(BAG, "tie", I([0, 1]), T([[1.0, 2.0], [1.0, 3.0]]), I([0]), mode="max")),
    once(edge(BAG, "padding", I([[1, 1], [0, 1]]), TABLE, padding_idx=1, mode="mean")),
    once(edge(BAG, "weight", I([[1, 2]]), TABLE, per_sample_weights=T([[0.0, 2.0]]), mode="sum")),
    wrong(BAG, "bound", I([1, 2]), TABLE, I([1])),
    edge("nn.functional.dropout", "bound", N(2, 3), 0.0),
    edge("nn.functional.dropout", "bound", N(2, 3), 1.0),
    edge("nn.functional.dropout", "bound", T([inf, nan, 1.0]), 1.0),
    edge("nn.functional.dropout", "empty", N(0, 3), 0.5),
    edge("nn.functional.alpha_dropout", "bound", N(2, 3), 0.0, True),
    edge("nn.functional.alpha_dropout", "bound", N(2, 3), 1.0, True),
    wrong("nn.functional.dropout", "bound", N(2), 1.5),
)

ATTENTION = "nn.functional.scaled_dot_product_attention"
QUERY, KEY = N(1, 2, 3), N(1, 3, 3)
ATTENDED = (
    edge(ATTENTION, "square", N(1, 3, 3), N(1, 3, 3), N(1, 3, 3)),
    edge(ATTENTION, "square", N(1, 3, 3), N(1, 3, 3), N(1, 3, 3), is_causal=True),
    edge(ATTENTION, "one", N(1, 1, 2), N(1, 1, 2), N(1, 1, 2)),
    edge(ATTENTION, "weight", QUERY, KEY, KEY, B([[True, False, True], [True, True, True]])),
    edge(ATTENTION, "all-neg-inf", QUERY, KEY, KEY, B([[False] * 3, [True] * 3])),
    edge(ATTENTION, "all-neg-inf", QUERY, KEY, KEY, fixed(T([[-inf] * 3, [0.0, -inf, 0.0]]))),
    edge(ATTENTION, "saturated", T([[[1000.0]]]), T([[[1.0], [-1.0]]]), T([[[1.0], [2.0]]])),
    edge(ATTENTION, "broadcast", N(2, 2, 3), N(1, 3, 3), N(1, 3, 2)),
    edge(ATTENTION, "zero", QUERY, KEY, KEY, scale=0.0),
)

SEQUENCES = (
    layer("nn.RNN", "one", make(1, 1), N(1, 1, 1)),
    layer("nn.RNN", "empty", make(2, 3, batch_first=True), N(0, 2, 2)),
    wrong_layer("nn.RNN", "empty", make(2, 3), N(0, 1, 2)),
    layer("nn.RNN", "kink", make(1, 2, nonlinearity="relu", bias=False), T([[0.0], [0.0]])),
    layer("nn.LSTM", "one", make(1, 1, 2, bidirectional=True), N(1, 1, 1)),
    layer("nn.LSTM", "square", make(2, 2), N(2, 2, 2)),
    layer("nn.LSTM", "saturated", make(1, 2), T([[1000.0], [-1000.0]])),
    layer("nn.GRU", "square", make(3, 3), N(3, 3)),
    layer("nn.GRU", "saturated", make(1, 2), T([[1000.0], [-1000.0]])),
    layer("nn.GRUCell", "zero", make(2, 2), T([0.0, 0.0])),
    layer("nn.Linear", "empty", make(0, 2), N(3, 0)),
    layer("nn.Linear", "empty", make(2, 0), N(3, 2)),
    layer("nn.Bilinear", "one", make(1, 1, 1), N(1), N(1)),
    layer("nn.Flatten", "empty", make(), N(0, 2, 3)),
    layer("nn.Unflatten", "negative-axis", make(-1, (2, -1)), N(2, 4)),
    layer("nn.Softmax", "all-neg-inf", make(-1), T([[-inf, -inf], [0.0, -inf]])),
    layer("nn.PReLU", "kink", make(2), T([[0.5, -1.0], [2.0, 3.0]])),
    layer("nn.CosineSimilarity", "zero", make(), T([[0.0, 0.0]]), T([[1.0, 2.0]])),
    layer("nn.Threshold", "bound", make(1.0, 0.0), T([1.0, 2.0])),
    layer("nn.Dropout", "bound", make(1.0), T([nan, 1.0])),
)

ROWS = NORMALIZED + EMBEDDED + ATTENDED + SEQUENCES
