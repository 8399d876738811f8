"""The table of everything under test.

Its rows stand in `rows`, by family; what a row says is told in `rows.row`.
"""

from __future__ import annotations

import pytest

from .rows import (
    activations,
    combinations,
    conv,
    copies,
    diagonals,
    elementwise,
    factorizations,
    in_place,
    indexing,
    linear_algebra,
    matrices,
    moving,
    norms,
    patches,
    placing,
    pooling,
    reductions,
    reshaping,
    scans,
    sorting,
    special,
    trigonometry,
)

OPS = {
    row.name: row
    for family in (
        activations,
        elementwise,
        reductions,
        moving,
        indexing,
        matrices,
        in_place,
        conv,
        pooling,
        patches,
        trigonometry,
        combinations,
        reshaping,
        placing,
        scans,
        norms,
        sorting,
        diagonals,
        linear_algebra,
        factorizations,
        special,
        copies,
    )
    for row in family.ROWS
}

#: The same as parameters of a test.
ROWS = [
    pytest.param(row, id=name, marks=row.since.skip if row.since else ())
    for name, row in OPS.items()
]

#: What is public and takes tensors, but has no row above, and where it is tested.
ELSEWHERE = {
    "histogram": "test_functions_more.py",
    "histogramdd": "test_functions_more.py",
    "poisson": "test_functions_more.py",
    "binomial": "test_random_table.py",
    "svd_lowrank": "test_functions_more.py",
    "pca_lowrank": "test_functions_more.py",
    "igamma_": "test_functions_more.py",
    "igammac_": "test_functions_more.py",
    "mvlgamma_": "test_functions_more.py",
    "nonzero_static": "test_functions_more.py",
    "pixel_shuffle": "test_resample.py",
    "pixel_unshuffle": "test_resample.py",
    "equals": "test_leaves.py, as ==",
    "true_divide": "test_calls.py",
    "differs": "test_leaves.py, as !=",
    "multinomial": "test_random_stream.py",
    "bernoulli": "test_random_stream.py",
    "normal": "test_random_stream.py",
    "normal_": "test_random_stream.py",
    "uniform_": "test_random_stream.py",
    "exponential_": "test_random_in_place.py",
    "geometric_": "test_random_in_place.py",
    "cauchy_": "test_random_in_place.py",
    "log_normal_": "test_random_in_place.py",
    "random_": "test_random_in_place.py",
    "bernoulli_": "test_random_in_place.py",
    "new_tensor": "test_ops.py, by rows.creations",
    "new_full": "test_ops.py, by rows.creations",
    "new_zeros": "test_ops.py, by rows.creations",
    "new_ones": "test_ops.py, by rows.creations",
    "new_empty": "test_ops.py, by rows.creations",
    "batch_norm": "test_normalization.py, test_native.py",
    "instance_norm": "test_normalization.py, test_native.py",
    "group_norm": "test_normalization.py, test_native.py",
    "rms_norm": "test_normalization.py, test_native.py",
    "layer_norm": "test_embedding.py, test_native.py",
    "embedding": "test_embedding.py, test_native.py",
    "bilinear": "test_resample.py, test_native.py",
    "channel_shuffle": "test_resample.py, test_native.py",
    "cosine_similarity": "test_dense_losses.py",
    "pairwise_distance": "test_dense_losses.py",
    # Other functions than those of the same name in the library itself:
    "nn.functional.softmax": "test_random_programs.py, by expressions.py",
    "nn.functional.log_softmax": "test_random_programs.py, by expressions.py",
    "nn.functional.relu_": "test_functional_more.py",
    # Those that are nowhere else:
    **{
        f"nn.functional.{name}": "test_functional_more.py"
        for name in (
            "celu_", "elu_", "hardtanh_", "leaky_relu_", "rrelu_", "selu_", "threshold_",
            "adaptive_max_pool1d_with_indices", "adaptive_max_pool2d_with_indices",
            "adaptive_max_pool3d_with_indices", "fractional_max_pool2d_with_indices",
            "fractional_max_pool3d_with_indices", "max_pool1d_with_indices",
            "max_pool2d_with_indices", "max_pool3d_with_indices", "gumbel_softmax",
            "native_channel_shuffle", "upsample",
        )
    },
    "nn.functional.dropout1d": "test_random_table.py",
}  # fmt: skip
