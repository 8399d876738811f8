"""All that draws random numbers, and how exactly it draws PyTorch's: a table.

    python -m parity_tests.random_table

prints it; `test_random_table.py` goes through it. *Bit for bit* means the same bytes, and the same
state of the generators afterwards. Where a row says *last digit*, the draws and the states are the
same too, but what is computed of them may differ by so many units in the last place of the largest
number, since a sum or a function of a library is rounded otherwise; `why` says which.

In a row's line ``lib`` is the library and ``n`` a size; ``dtype`` is one of its kinds; ``g`` is a
generator, or None for the default one; ``x`` is a tensor of ``n`` zeros; ``p`` has probabilities,
``w`` weights, and ``v`` numbers, ``n`` of each, which may lie in memory in any order. ``own`` is
the generator itself, also if it is the default one. ``anew`` runs a function with `dtype` as the
default dtype, and ``forked`` runs one twice, at first in ``fork_rng``.
"""

from __future__ import annotations

from typing import NamedTuple

from .layers_made import MADE as LAYERS_MADE

FLOATS = ("float32", "float64")
WITH_HALF = ("float16", *FLOATS)
INTEGERS = ("uint8", "int8", "int16", "int32", "int64")
ALL = (*WITH_HALF, *INTEGERS, "bool")


class Row(NamedTuple):
    """Something that draws.

    Attributes
    ----------
    name : str
        As PyTorch has it; behind a comma, how it is called.
    line : str
        What is run; see above.
    dtypes : tuple of str
    ulps : int
        By how many units in the last place it may differ; 0: bit for bit.
    why : str
        Why it may.
    largest : int
        The largest size that is tried: less where Python goes from number to number, or where
        there is much to compute.
    """

    name: str
    line: str
    dtypes: tuple[str, ...] = FLOATS
    ulps: int = 0
    why: str = ""
    largest: int = 40_000

    @property
    def exactness(self) -> str:
        """The same in words."""
        return f"last digit ({self.ulps} ulp): {self.why}" if self.ulps else "bit for bit"


MADE = [
    Row("rand", "lib.rand(n, dtype=dtype, generator=g)", WITH_HALF),
    Row("rand_like", "lib.rand_like(x, generator=g)", WITH_HALF),
    Row("randn", "lib.randn(n, dtype=dtype, generator=g)", WITH_HALF),
    Row("randn_like", "lib.randn_like(x, generator=g)", WITH_HALF),
    Row("randint", "lib.randint(-3, 100, (n,), dtype=dtype, generator=g)", (*WITH_HALF, "int64")),
    Row("randint, wide", "lib.randint(-(2**60), 2**60, (n,), generator=g)", ("int64",)),
    Row("randint, to", "lib.randint(2, (n,), dtype=dtype, generator=g)", ALL),
    Row("randint_like", "lib.randint_like(x, 0, 2, generator=g)", ALL),
    Row("randperm", "lib.randperm(n, dtype=dtype, generator=g)", ("int64", "float32")),
    Row("normal, numbers", "lib.normal(1.0, 2.0, (n,), dtype=dtype, generator=g)", WITH_HALF),
    Row("normal, means", "lib.normal(v, 2.0, generator=g)", WITH_HALF),
    Row("normal, deviations", "lib.normal(1.0, w, generator=g)", WITH_HALF),
    Row("normal, both", "lib.normal(v, w, generator=g)", WITH_HALF),
    Row("bernoulli", "lib.bernoulli(p, generator=g)", WITH_HALF),
    Row("bernoulli, a number", "lib.bernoulli(x, 0.3, generator=g)", ALL),
    Row("Tensor.bernoulli", "x.bernoulli(0.7, generator=g)", ALL),
    Row("poisson", "lib.poisson(w * 20, generator=g)", WITH_HALF, largest=1000),
    Row("poisson, rare", "lib.poisson(w, generator=g)", WITH_HALF, largest=1000),
    Row("binomial", "lib.binomial((w * 30).floor(), p, generator=g)", largest=1000),
    Row("binomial, many", "lib.binomial((w * 3000).floor(), p, generator=g)", largest=1000),
    Row("_standard_gamma", "lib._standard_gamma(w * 3, generator=g)", largest=1000),
    Row(
        "_sample_dirichlet",
        "lib._sample_dirichlet(w * 3, generator=g)",
        ulps=2,
        why="a sum",
        largest=1000,
    ),
    # Of equal ratios, see `Generator.multinomial`, PyTorch leaves the order open; some thousand
    # weights have them.
    Row("multinomial", "lib.multinomial(w, max(n // 2, 1), generator=g)", largest=1000),
    Row("multinomial, one", "w.multinomial(1, generator=g)"),
    Row("multinomial, again", "lib.multinomial(w, n + 1, replacement=True, generator=g)"),
    Row("multinomial, rows", "lib.multinomial(w.expand(3, n), 2, True, generator=g)"),
]

IN_PLACE = [
    Row("Tensor.uniform_", "x.uniform_(generator=g)", WITH_HALF),
    Row("Tensor.uniform_, bounds", "x.uniform_(-0.3, 1.7, generator=g)", WITH_HALF),
    Row("Tensor.normal_", "x.normal_(generator=g)", WITH_HALF),
    Row("Tensor.normal_, numbers", "x.normal_(0.3, 1.7, generator=g)", WITH_HALF),
    Row("Tensor.log_normal_", "x.log_normal_(0.5, 1.5, generator=g)", WITH_HALF),
    Row("Tensor.exponential_", "x.exponential_(0.3, generator=g)", WITH_HALF),
    Row("Tensor.geometric_", "x.geometric_(0.2, generator=g)", (*WITH_HALF, *INTEGERS)),
    Row("Tensor.cauchy_", "x.cauchy_(1, 2, generator=g)", WITH_HALF),
    Row("Tensor.bernoulli_", "x.bernoulli_(0.3, generator=g)", ALL),
    Row("Tensor.bernoulli_, a tensor", "x.bernoulli_(p.double(), generator=g)", ALL),
    Row("Tensor.random_", "x.random_(generator=g)", ALL),
    Row("Tensor.random_, to", "x.random_(2, generator=g)", ALL),
    Row("Tensor.random_, from and to", "x.random_(0, 2, generator=g)", ALL),
]

#: By how many units the draws of distributions may differ, and why.
ROUNDED = {
    **dict.fromkeys(["Laplace", "LogNormal", "Gumbel", "GeneralizedPareto"], (2, "log and exp")),
    **dict.fromkeys(["InverseGamma", "Weibull", "Pareto", "Kumaraswamy"], (3, "pow and exp")),
    **dict.fromkeys(["LogisticNormal", "RelaxedBernoulli"], (3, "log, exp and sums")),
    **dict.fromkeys(["LowRankMultivariateNormal", "Wishart"], (4, "sums")),
    "LKJCholesky": (32, "roots of small differences"),
    "Dirichlet": (2, "sums"),
    "VonMises": (4, "cos, acos and log"),
    "RelaxedOneHotCategorical": (8, "log, exp and sums"),
    "ContinuousBernoulli": (32, "differences of logarithms"),
}


def sample(line: str) -> Row:
    """What a distribution draws."""
    name = line.partition("(")[0]
    return Row(
        f"distributions.{name}", f"d.{line}.sample()", FLOATS, *ROUNDED.get(name, (0, "")), 1000
    )


SAMPLES = [
    sample(line)
    for line in (
        "Normal(v, w)",
        "Laplace(v, w)",
        "Cauchy(v, w)",
        "Uniform(v, v + w)",
        "Exponential(w)",
        "Bernoulli(p)",
        "Geometric(w / 2)",
        "Poisson(w * 20)",
        "LogNormal(v, w)",
        "HalfNormal(w)",
        "HalfCauchy(w)",
        "Gamma(w * 3, w)",
        "Chi2(w * 5)",
        "InverseGamma(w * 3, w)",
        "Beta(w * 3, p + 0.1)",
        "Dirichlet(w.reshape(-1, 1).expand(-1, 3))",
        "StudentT(w * 5, v, w)",
        "FisherSnedecor(w * 5, p + 0.1)",
        "Binomial((w * 9).floor(), p)",
        "NegativeBinomial(w * 5, p * 0.9)",
        "Multinomial(5, w.reshape(-1, 1).expand(-1, 3))",
        "Weibull(w, p + 0.1)",
        "Pareto(w, p + 0.1)",
        "GeneralizedPareto(v, w, p)",
        "Gumbel(v, w)",
        "Kumaraswamy(w * 3, p + 0.1)",
        "LogisticNormal(v.reshape(-1, 1).expand(-1, 3), 1.0)",
        "RelaxedBernoulli(lib.tensor(0.7, dtype=dtype), p)",
        "RelaxedOneHotCategorical(lib.tensor(0.7, dtype=dtype), w.reshape(-1, 1).expand(-1, 3))",
        "VonMises(v, w * 3)",
        "ContinuousBernoulli(p)",
        "LKJCholesky(3, w + 1)",
        "LowRankMultivariateNormal(v.reshape(-1, 1).expand(-1, 2), "
        "w.reshape(-1, 1, 1).expand(-1, 2, 1), w.reshape(-1, 1).expand(-1, 2))",
        "Wishart(w + 2, lib.eye(2, dtype=dtype))",
        "Categorical(w.reshape(-1, 1).expand(-1, 3))",
        "OneHotCategorical(w.reshape(-1, 1).expand(-1, 3))",
        "MultivariateNormal(v.reshape(-1, 1).expand(-1, 2), lib.eye(2, dtype=dtype))",
    )
]

INIT = [
    Row(
        f"nn.init.{name}",
        f"init.{name}(lib.empty(n, 7, dtype=dtype){arguments}, generator=g)",
        WITH_HALF,
        largest=1000,
    )
    for name, arguments in (
        ("uniform_", ", -1, 2"), ("normal_", ", 1, 2"), ("trunc_normal_", ", 0.5, 2, -1, 1"),
        ("xavier_uniform_", ", 1.5"), ("xavier_normal_", ""),
        ("kaiming_uniform_", ", 5**0.5"), ("kaiming_normal_", ", mode='fan_out'"),
    )
]  # fmt: skip
INIT += [
    Row(
        "nn.init.orthogonal_", "init.orthogonal_(lib.empty(n, 7, dtype=dtype), generator=g)",
        ulps=32, why="QR by another LAPACK", largest=1000,
    ),
    Row("nn.init.sparse_", "init.sparse_(lib.empty(n, 7, dtype=dtype), 0.3, generator=g)",
        largest=1000),
]  # fmt: skip

FUNCTIONS = [
    Row("nn.functional.dropout", "F.dropout(x + 1, 0.3)", WITH_HALF),
    Row("nn.functional.dropout, in place", "F.dropout(x.add_(1), 0.3, inplace=True)", WITH_HALF),
    Row("dropout", "lib.dropout(x + 1, 0.3, True)", WITH_HALF),
    Row("nn.Dropout", "nn.Dropout(0.2)(v)", WITH_HALF),
    Row("nn.functional.dropout1d", "F.dropout1d(v.reshape(1, -1, 1), 0.3)", WITH_HALF),
    Row("nn.functional.dropout2d", "F.dropout2d(v.reshape(1, -1, 1, 1), 0.3)", WITH_HALF),
    Row("nn.functional.dropout3d", "F.dropout3d(v.reshape(1, -1, 1, 1, 1), 0.3)", WITH_HALF),
    Row("feature_dropout", "lib.feature_dropout(v.reshape(1, -1, 1), 0.3, True)", WITH_HALF),
    Row("nn.functional.alpha_dropout", "F.alpha_dropout(v, 0.3, True)", WITH_HALF),
    Row("nn.functional.feature_alpha_dropout",
        "F.feature_alpha_dropout(v.reshape(1, -1, 1), 0.3, True)", WITH_HALF),
    Row("nn.functional.rrelu", "F.rrelu(v, 0.1, 0.4, True)"),
    Row("nn.functional.gumbel_softmax", "F.gumbel_softmax(v, dim=-1)",
        ulps=6, why="log, exp and a sum", largest=1000),
    Row("nn.functional.gumbel_softmax, hard", "F.gumbel_softmax(v.reshape(-1), hard=True, dim=-1)",
        largest=1000),
    Row("nn.functional.fractional_max_pool2d",
        "F.fractional_max_pool2d(v.reshape(-1, 1, 1, 1).expand(n, 2, 5, 5), 2, 3)", largest=1000),
    Row("nn.functional.fractional_max_pool2d, without a batch",
        "F.fractional_max_pool2d(v.new_ones(n + 1, 5, 5), 2, 3)", largest=1000),
    Row("nn.functional.fractional_max_pool3d, without a batch",
        "F.fractional_max_pool3d(v.new_ones(n + 1, 3, 3, 3), 2, 2)", largest=1000),
    Row("nn.functional.fractional_max_pool3d",
        "F.fractional_max_pool3d(v.reshape(-1, 1, 1, 1, 1).expand(n, 2, 3, 3, 3), 2, 2)",
        largest=1000),
    Row("nn.functional.scaled_dot_product_attention",
        "F.scaled_dot_product_attention(*[w.reshape(1, -1, 1)] * 3, dropout_p=0.3)",
        ulps=8, why="exp and sums", largest=17),
    Row("nn.MultiheadAttention, dropout",
        "nn.MultiheadAttention(4, 2, 0.3, dtype=dtype)(*[v.reshape(-1, 1).expand(-1, 4)] * 3)",
        ulps=12, why="exp and sums", largest=17),
    Row("nn.LSTM, dropout",
        "nn.LSTM(1, 2, 2, dropout=0.5, dtype=dtype)(v.reshape(-1, 1, 1))",
        ulps=8, why="exp and sums", largest=17),
    Row("nn.TransformerEncoderLayer, dropout",
        "nn.TransformerEncoderLayer(4, 2, 6, 0.3, dtype=dtype)(v.reshape(-1, 1).expand(-1, 4) + "
        "lib.arange(4))", ulps=24, why="exp and sums", largest=17),
    Row("nn.utils.parametrizations.spectral_norm",
        "anew(lambda: nn.utils.parametrizations.spectral_norm(nn.Linear(5, 3)).weight)",
        ulps=4, why="sums", largest=0),
    Row("nn.utils.parametrizations.orthogonal",
        "anew(lambda: nn.utils.parametrizations.orthogonal(nn.Linear(5, 3)).weight)",
        ulps=6, why="QR by another LAPACK", largest=0),
    Row("svd_lowrank", "lib.svd_lowrank(v.reshape(-1, 1) * v.reshape(-1), 2)[1]",
        ulps=6, why="QR and SVD by another LAPACK", largest=17),
    Row("pca_lowrank", "lib.pca_lowrank(v.reshape(-1, 1) * v.reshape(-1), 2)[1]",
        ulps=6, why="QR and SVD by another LAPACK", largest=17),
]  # fmt: skip

DATA = [
    Row("data.DataLoader", "list(data.DataLoader(v.reshape(-1), 3, True))", largest=100),
    Row("data.DataLoader, generator",
        "list(data.DataLoader(v.reshape(-1), 3, True, generator=g))", largest=100),
    Row("data.DataLoader, in order", "list(data.DataLoader(v.reshape(-1), 3))", largest=100),
    Row("data.DataLoader, epochs",
        "[list(loader) for loader in [data.DataLoader(v.reshape(-1), 3, True, generator=g)] * 2]",
        largest=100),
    Row("data.DataLoader, sampler",
        "list(data.DataLoader(range(n), 3, sampler=data.RandomSampler(range(n), generator=g)))",
        largest=100),
    Row("data.RandomSampler", "list(data.RandomSampler(range(n), generator=g))"),
    Row("data.RandomSampler, again", "list(data.RandomSampler(range(n), True, n + 5, g))"),
    Row("data.RandomSampler, more", "list(data.RandomSampler(range(n), False, 2 * n + 1, g))"),
    Row("data.SubsetRandomSampler", "list(data.SubsetRandomSampler(range(3, 3 + n), g))"),
    Row("data.WeightedRandomSampler",
        "list(data.WeightedRandomSampler(w.reshape(-1), 20, True, g))"),
    Row("data.WeightedRandomSampler, once",
        "list(data.WeightedRandomSampler(w.reshape(-1), max(n // 2, 1), False, g))", largest=1000),
    Row("data.random_split",
        "[s.indices for s in data.random_split(range(n), [n // 2, n - n // 2], own)]"),
    Row("data.random_split, fractions",
        "[s.indices for s in data.random_split(range(n), [0.5, 0.3, 0.2], own)]"),
]  # fmt: skip

STATES = [
    Row("random.fork_rng", "forked(lambda: lib.rand(n))"),
    Row("get_rng_state", "[lib.rand(n), lib.get_rng_state()]"),
    Row("set_rng_state",
        "[lib.set_rng_state(s) or lib.randn(n) for s in [lib.get_rng_state()] * 2]"),
    Row("Generator.get_state", "[lib.rand(n, generator=own), own.get_state()]"),
    Row("Generator.set_state",
        "[own.set_state(s) and lib.randn(n, generator=own) for s in [own.get_state()] * 2]"),
    Row("Generator.clone_state", "[lib.randn(n, generator=h) for h in (own, own.clone_state())]"),
    Row("manual_seed", "[lib.manual_seed(-n) and lib.rand(3), lib.initial_seed()]"),
    Row("Generator.manual_seed",
        "[own.manual_seed(n + 2**40) and lib.randn(3, generator=own), lib.rand(2)]"),
    Row("initial_seed", "[lib.initial_seed(), own.initial_seed()]"),
]  # fmt: skip

#: The weights that each layer begins with.
LAYERS = [
    Row(f"nn.{name}, as made", f"anew(lambda: nn.{name}({arguments}).state_dict())", largest=0)
    for name, calls in LAYERS_MADE.items()
    if not name.startswith("Lazy")  # which have none yet
    for arguments in calls
]

TABLE = [*MADE, *IN_PLACE, *SAMPLES, *INIT, *FUNCTIONS, *DATA, *STATES, *LAYERS]


def main() -> None:
    """Print the table."""
    width = max(len(row.name) for row in TABLE)
    for row in dict.fromkeys(row._replace(line="") for row in TABLE):
        print(f"{row.name:{width}}  {row.exactness:11}  {' '.join(row.dtypes)}")


if __name__ == "__main__":
    main()
