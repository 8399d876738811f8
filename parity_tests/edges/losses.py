"""Losses, where they are saturated, weighted with nothing, or at their kinks."""

from __future__ import annotations

from ..versions import LINEAR_CROSS_ENTROPY
from .edge import I, N, T, edge, fixed, inf, layer, make, nan, needs, once, wrong

F = "nn.functional."
HALF, SURE = fixed(T([0.5, 0.5])), fixed(T([1.0, 0.0]))
ENDS = T([0.0, 1.0])
CERTAIN = T([[1000.0, -1000.0, 0.0], [-1000.0, 0.0, 1000.0]])
SCORES = N(2, 3)
LABELS = I([0, 2])
IGNORED = I([-100, -100])
EACH = {"reduction": "none"}

BINARY = (
    edge(F + "binary_cross_entropy", "saturated", ENDS, SURE),
    edge(F + "binary_cross_entropy", "saturated", ENDS, fixed(T([0.0, 1.0]))),
    edge(F + "binary_cross_entropy", "saturated", ENDS, HALF, **EACH),
    edge(F + "binary_cross_entropy", "saturated", T([0.0, 1.0]), T([1.0, 0.5])),
    edge(F + "binary_cross_entropy", "tiny", T([1e-40, 1e-30]), SURE),
    edge(F + "binary_cross_entropy", "weight", T([0.0, 0.5]), SURE, fixed(T([0.0, 1.0]))),
    wrong(F + "binary_cross_entropy", "nan", T([nan, 0.5]), SURE),
    edge(F + "binary_cross_entropy", "empty", N(0), fixed(N(0))),
    edge(F + "binary_cross_entropy", "empty", N(0), fixed(N(0)), reduction="sum"),
    edge(F + "binary_cross_entropy", "0-d", T(0.25), fixed(T(1.0))),
    wrong(F + "binary_cross_entropy", "bound", T([1.5]), fixed(T([1.0]))),
    wrong(F + "binary_cross_entropy", "bound", T([-0.1]), fixed(T([1.0]))),
    wrong(F + "binary_cross_entropy", "broadcast", T([[0.5]]), fixed(T([1.0]))),
    edge(F + "binary_cross_entropy_with_logits", "saturated", T([1000.0, -1000.0]), SURE),
    edge(F + "binary_cross_entropy_with_logits", "saturated", T([-1000.0, 1000.0]), SURE),
    edge(F + "binary_cross_entropy_with_logits", "saturated", T([1000.0, -1000.0]), HALF, **EACH),
    edge(F + "binary_cross_entropy_with_logits", "infinite", T([inf, -inf]), SURE, **EACH),
    edge(F + "binary_cross_entropy_with_logits", "kink", T([0.0, -0.0]), SURE),
    edge(F + "binary_cross_entropy_with_logits", "kink", T([0.0, -0.0]), T([0.0, 0.5])),
    edge(
        F + "binary_cross_entropy_with_logits",
        "weight",
        N(2),
        SURE,
        pos_weight=fixed(T([0.0, 3.0])),
    ),
    edge(F + "binary_cross_entropy_with_logits", "weight", N(2), SURE, fixed(T([0.0, 0.0]))),
    edge(
        F + "binary_cross_entropy_with_logits",
        "broadcast",
        N(2, 2),
        fixed(N(2, 2)),
        pos_weight=fixed(T([1.0, 2.0])),
    ),
    edge(F + "binary_cross_entropy_with_logits", "empty", N(0, 2), fixed(N(0, 2))),
    edge(
        F + "soft_margin_loss", "saturated", T([1000.0, -1000.0, 0.0]), fixed(T([1.0, 1.0, -1.0]))
    ),
    layer("nn.BCELoss", "saturated", make(reduction="sum"), ENDS, SURE),
    layer("nn.BCEWithLogitsLoss", "saturated", make(), T([1000.0, -1000.0]), SURE),
)

CLASSES = (
    edge(F + "cross_entropy", "saturated", CERTAIN, LABELS),
    edge(F + "cross_entropy", "saturated", CERTAIN, I([1, 0]), **EACH),
    edge(F + "cross_entropy", "saturated", CERTAIN, I([1, 0]), label_smoothing=0.1),
    edge(F + "cross_entropy", "infinite", T([[-inf, 0.0, 1.0]]), I([1])),
    edge(F + "cross_entropy", "infinite", T([[-inf, 0.0, 1.0]]), I([0])),
    edge(F + "cross_entropy", "infinite", T([[-inf, 0.0]]), I([1]), label_smoothing=0.5),
    edge(F + "cross_entropy", "all-neg-inf", T([[-inf, -inf], [0.0, 1.0]]), I([0, 1])),
    edge(F + "cross_entropy", "nan", T([[nan, 1.0], [0.0, 1.0]]), I([0, 1]), **EACH),
    edge(F + "cross_entropy", "tie", T([[1e30, 1e30, 1e30]]), I([1])),
    edge(F + "cross_entropy", "weight", SCORES, IGNORED),
    edge(F + "cross_entropy", "weight", SCORES, IGNORED, reduction="sum"),
    edge(F + "cross_entropy", "weight", SCORES, IGNORED, **EACH),
    edge(F + "cross_entropy", "weight", SCORES, I([0, 1]), ignore_index=1),
    edge(F + "cross_entropy", "weight", SCORES, I([0, 1]), ignore_index=1, label_smoothing=0.2),
    edge(F + "cross_entropy", "weight", SCORES, LABELS, fixed(T([0.0, 1.0, 0.0]))),
    edge(
        F + "cross_entropy",
        "weight",
        SCORES,
        LABELS,
        fixed(T([0.0, 1.0, 2.0])),
        label_smoothing=0.3,
    ),
    edge(F + "cross_entropy", "weight", SCORES, fixed(T([[0.0, 0.0, 0.0], [1.0, 0.0, 0.0]]))),
    edge(F + "cross_entropy", "bound", SCORES, LABELS, label_smoothing=0.0),
    edge(F + "cross_entropy", "bound", SCORES, LABELS, label_smoothing=1.0),
    wrong(F + "cross_entropy", "bound", SCORES, LABELS, label_smoothing=1.1),
    wrong(F + "cross_entropy", "bound", SCORES, I([0, 3])),
    wrong(F + "cross_entropy", "bound", SCORES, I([0, -1])),
    edge(F + "cross_entropy", "one", N(2, 1), I([0, 0])),
    edge(F + "cross_entropy", "one", N(3), I(1)),
    edge(F + "cross_entropy", "empty", N(0, 3), I([])),
    edge(F + "cross_entropy", "empty", N(0, 3), I([]), reduction="sum"),
    edge(F + "cross_entropy", "square", N(2, 2, 2), I([[0, 1], [1, 1]])),
    edge(F + "cross_entropy", "square", N(2, 2), T([[0.5, 0.5], [0.0, 1.0]])),
    edge(F + "cross_entropy", "half", T([[1.0, 2.0], [0.0, -1.0]], "f16"), I([0, 1])),
    edge(F + "nll_loss", "weight", SCORES, IGNORED),
    edge(F + "nll_loss", "weight", SCORES, LABELS, fixed(T([0.0, 1.0, 0.0]))),
    edge(F + "nll_loss", "infinite", T([[-inf, 0.0], [0.0, -inf]]), I([0, 0])),
    edge(F + "nll_loss", "infinite", T([[-inf, 0.0]]), I([0]), fixed(T([0.0, 1.0]))),
    edge(F + "nll_loss", "empty", N(0, 3), I([])),
    edge(F + "nll_loss", "one", N(3), I(2)),
    edge(F + "nll_loss", "square", N(2, 2, 2), I([[0, 1], [1, -100]])),
    wrong(F + "nll_loss", "bound", SCORES, I([0, 3])),
    once(edge(F + "multi_margin_loss", "tie", T([[1.0, 2.0, 1.0]]), I([1]))),
    once(edge(F + "multi_margin_loss", "tie", T([[1.0, 2.0, 1.0]]), I([1]), p=2)),
    once(edge(F + "multi_margin_loss", "one", N(2, 1), I([0, 0]))),
    once(
        edge(F + "multi_margin_loss", "infinite", T([[1.0, 2.0, inf], [-inf, inf, nan]]), I([0, 1]))
    ),
    once(edge(F + "multilabel_margin_loss", "tie", T([[1.0, 0.0, 2.0]]), I([[0, -1, 1]]))),
    once(edge(F + "multilabel_margin_loss", "weight", N(2, 3), I([[-1, 0, 1], [-1, -1, -1]]))),
    once(edge(F + "multi_margin_loss", "empty", N(0, 3), I([]), **EACH)),
    once(edge(F + "multilabel_margin_loss", "infinite", T([[1.0, 2.0, inf]]), I([[0, -1, 2]]))),
    once(edge(F + "multilabel_margin_loss", "empty", N(0, 3), N(0, 3, code="i64"), **EACH)),
    once(edge(F + "multilabel_margin_loss", "duplicate", N(1, 3), I([[1, 1, 1]]))),
    edge(
        F + "multilabel_soft_margin_loss",
        "saturated",
        T([[1000.0, -1000.0]]),
        fixed(T([[0.0, 1.0]])),
    ),
    layer("nn.CrossEntropyLoss", "weight", make(ignore_index=2), SCORES, LABELS),
    layer("nn.NLLLoss", "weight", make(ignore_index=0, reduction="sum"), SCORES, LABELS),
)

DISTANCES = (
    edge(F + "l1_loss", "kink", T([1.0, 2.0, -0.0]), T([1.0, 3.0, 0.0])),
    edge(F + "l1_loss", "nan", T([nan, inf]), T([1.0, inf]), **EACH),
    edge(F + "mse_loss", "zero", T([1.0, 2.0]), T([1.0, 2.0])),
    edge(F + "mse_loss", "huge", T([1e30], "f32"), T([-1e30], "f32")),
    edge(F + "mse_loss", "infinite", T([inf, 1.0]), T([inf, -inf]), **EACH),
    edge(F + "mse_loss", "empty", N(0), N(0)),
    edge(F + "mse_loss", "empty", N(0), N(0), reduction="sum"),
    edge(F + "mse_loss", "0-d", T(1.0), T(3.0)),
    edge(F + "mse_loss", "half", T([1.0, 300.0], "f16"), T([0.0, 0.0], "f16")),
    edge(F + "smooth_l1_loss", "bound", T([1.0, -1.0, 0.0, 1.5]), T([0.0, 0.0, 0.0, 0.0])),
    edge(F + "smooth_l1_loss", "bound", T([0.5, -0.5, 0.6]), T([0.0, 0.0, 0.0]), beta=0.5),
    edge(F + "smooth_l1_loss", "zero", T([0.0, 1.0, -1.0]), T([0.0, 0.0, 0.0]), beta=0.0),
    wrong(F + "smooth_l1_loss", "bound", T([1.0]), T([0.0]), beta=-1.0),
    edge(F + "huber_loss", "bound", T([1.0, -1.0, 0.0, 1.5]), T([0.0, 0.0, 0.0, 0.0])),
    edge(F + "huber_loss", "bound", T([0.5, -0.5, 0.6]), T([0.0, 0.0, 0.0]), delta=0.5, **EACH),
    edge(F + "huber_loss", "infinite", T([inf, nan]), T([0.0, 0.0]), **EACH),
    wrong(F + "huber_loss", "zero", T([1.0]), T([0.0]), delta=0.0),
    edge(F + "kl_div", "zero", N(3), T([0.0, 0.5, 0.5]), reduction="sum"),
    edge(F + "kl_div", "zero", T([-inf, 0.0]), fixed(T([0.0, 1.0])), reduction="sum"),
    edge(F + "kl_div", "zero", T([-inf, -1.0]), fixed(T([0.5, 0.5])), **EACH),
    edge(F + "kl_div", "infinite", N(2), T([-inf, 0.0]), reduction="sum", log_target=True),
    edge(F + "kl_div", "one", N(1, 2), fixed(T([[0.5, 0.5]])), reduction="batchmean"),
    edge(F + "kl_div", "empty", N(0, 2), fixed(N(0, 2)), reduction="sum"),
    edge(F + "gaussian_nll_loss", "bound", T([1.0, 2.0]), T([1.0, 0.0]), T([0.0, 1e-6])),
    edge(F + "gaussian_nll_loss", "bound", T([1.0, 2.0]), T([1.0, 0.0]), T([0.0, 0.5]), eps=0.5),
    edge(F + "gaussian_nll_loss", "broadcast", N(2, 3), N(2, 3), T([[1.0], [2.0]]), full=True),
    wrong(F + "gaussian_nll_loss", "bound", T([1.0]), T([1.0]), T([-1.0])),
    edge(F + "poisson_nll_loss", "zero", T([0.0, 1.0]), T([0.0, 2.0]), log_input=False),
    edge(F + "poisson_nll_loss", "saturated", T([1000.0, -1000.0]), T([1.0, 1.0]), **EACH),
    edge(F + "poisson_nll_loss", "bound", T([1.0, 1.0]), fixed(T([1.0, 2.0])), full=True),
    edge(F + "cosine_similarity", "zero", T([[0.0, 0.0], [1.0, 0.0]]), T([[1.0, 2.0], [0.0, 1.0]])),
    edge(F + "cosine_similarity", "tiny", T([[1e-20, 0.0]]), T([[1.0, 0.0]])),
    edge(F + "cosine_similarity", "broadcast", N(2, 1, 3), N(1, 2, 3), -1),
    edge(F + "pairwise_distance", "zero", T([[1.0, 2.0]]), T([[1.0, 2.0]])),
    edge(F + "pairwise_distance", "zero", T([[1.0, 2.0]]), T([[1.0, 2.0]]), eps=0.0),
    edge(F + "pairwise_distance", "zero", T([[1.0, 2.0]]), T([[1.0, 2.0]]), p=1.0, eps=0.0),
    edge(F + "pairwise_distance", "zero", T([[1.0, 2.0]]), T([[1.0, 3.0]]), p=3.0, eps=0.0),
    edge(F + "pairwise_distance", "zero", T([[1.0, 2.0]]), T([[1.0, 2.0]]), p=3.0, eps=0.0),
    edge(F + "pairwise_distance", "zero", T([[1.0, 2.0]]), T([[1.0, 3.0]]), p=0.0, eps=0.0),
    edge(F + "pairwise_distance", "tie", T([[1.0, 2.0]]), T([[2.0, 1.0]]), p=inf, eps=0.0),
    edge(
        F + "hinge_embedding_loss", "tie", T([1.0, 0.0, 2.0, 1.0]), fixed(T([-1.0, 1.0, -1.0, 1.0]))
    ),
    edge(F + "margin_ranking_loss", "tie", T([1.0, 2.0]), T([1.0, 1.0]), fixed(T([1.0, -1.0]))),
    edge(
        F + "margin_ranking_loss",
        "tie",
        T([2.0, 1.0]),
        T([1.0, 1.0]),
        fixed(T([1.0, 1.0])),
        margin=1.0,
    ),
    edge(F + "cosine_embedding_loss", "zero", T([[0.0, 0.0]]), T([[1.0, 0.0]]), fixed(T([1.0]))),
    edge(F + "cosine_embedding_loss", "bound", T([[1.0, 0.0]]), T([[0.0, 1.0]]), fixed(T([-1.0]))),
    edge(F + "triplet_margin_loss", "zero", T([[1.0, 2.0]]), T([[1.0, 2.0]]), T([[1.0, 2.0]])),
    edge(F + "triplet_margin_loss", "bound", T([[0.0]]), T([[0.0]]), T([[1.0]]), eps=0.0),
    edge(
        F + "triplet_margin_loss",
        "bound",
        T([[0.0, 0.0]]),
        T([[3.0, 4.0]]),
        T([[0.0, 1.0]]),
        swap=True,
    ),
    layer("nn.SmoothL1Loss", "bound", make(beta=2.0), T([2.0, -2.0]), T([0.0, 0.0])),
    layer("nn.HuberLoss", "bound", make(delta=2.0), T([2.0, -2.0]), T([0.0, 0.0])),
    layer("nn.KLDivLoss", "zero", make(reduction="sum"), N(2), fixed(T([0.0, 1.0]))),
    layer("nn.GaussianNLLLoss", "bound", make(eps=1.0), N(2), N(2), T([0.5, 1.0])),
)

LOGS = N(4, 1, 3)
SEQUENCES = (
    once(edge(F + "ctc_loss", "infinite", LOGS, I([[1, 1, 1, 1]]), I([4]), I([4]))),
    once(edge(F + "ctc_loss", "infinite", LOGS, I([[1, 1, 1, 1]]), I([4]), I([4]),
              zero_infinity=True)),
    once(edge(F + "ctc_loss", "empty", LOGS, I([[1, 2]]), I([4]), I([0]))),
    once(edge(F + "ctc_loss", "bound", LOGS, I([[1, 2, 1, 2]]), I([4]), I([4]), reduction="sum")),
    once(edge(F + "ctc_loss", "duplicate", LOGS, I([[1, 1]]), I([3]), I([2]), reduction="none")),
    once(edge(F + "ctc_loss", "one", N(1, 1, 2), I([[1]]), I([1]), I([1]))),
    needs(
        LINEAR_CROSS_ENTROPY,
        edge(F + "linear_cross_entropy", "weight", N(2, 3), N(4, 3), IGNORED),
    ),
    edge("nn.functional.gumbel_softmax", "one", N(2, 1)),
)  # fmt: skip

ROWS = BINARY + CLASSES + DISTANCES + SEQUENCES
