"""``torch.distributions``: random variables, what they draw, and how probable it was."""

from typing import TYPE_CHECKING

from ..made_modules import made_module
from ..missing import NOT_YET, by_name, refuse
from . import constraints as constraints
from . import distribution as distribution
from . import kl as kl
from . import transforms as transforms
from .affine import AbsTransform, AffineTransform, IndependentTransform
from .categories import Categorical, OneHotCategorical, OneHotCategoricalStraightThrough
from .composed import Independent, MixtureSameFamily
from .counts import Bernoulli, Geometric, Poisson
from .distribution import Distribution
from .kl import kl_divergence, register_kl
from .location_scale import Cauchy, Exponential, Laplace, Normal, Uniform
from .multivariate_normal import MultivariateNormal
from .transformed import HalfNormal, LogNormal, TransformedDistribution
from .transforms import (
    ComposeTransform,
    ExpTransform,
    SigmoidTransform,
    SoftplusTransform,
    TanhTransform,
    Transform,
)

identity_transform = ComposeTransform([])

#: Where PyTorch keeps them, with what is in `distribution` besides.
PLACES = {
    "bernoulli": "Bernoulli",
    "categorical": "Categorical",
    "cauchy": "Cauchy",
    "exponential": "Exponential",
    "geometric": "Geometric",
    "half_normal": "HalfNormal",
    "independent": "Independent",
    "laplace": "Laplace",
    "log_normal": "LogNormal",
    "mixture_same_family": "MixtureSameFamily",
    "normal": "Normal",
    "one_hot_categorical": "OneHotCategorical OneHotCategoricalStraightThrough",
    "poisson": "Poisson",
    "transformed_distribution": "TransformedDistribution",
    "uniform": "Uniform",
    "utils": "broadcast_all logits_to_probs probs_to_logits",
}
for _place, _names in PLACES.items():
    _source = vars(distribution) if _place == "utils" else globals()
    _found = {_name: _source[_name] for _name in _names.split()}
    globals()[_place] = made_module(f"{__name__}.{_place}", _found, {})

__all__ = [
    "AbsTransform",
    "AffineTransform",
    "Bernoulli",
    "Categorical",
    "Cauchy",
    "ComposeTransform",
    "Distribution",
    "ExpTransform",
    "Exponential",
    "Geometric",
    "HalfNormal",
    "Independent",
    "IndependentTransform",
    "Laplace",
    "LogNormal",
    "MixtureSameFamily",
    "MultivariateNormal",
    "Normal",
    "OneHotCategorical",
    "OneHotCategoricalStraightThrough",
    "Poisson",
    "SigmoidTransform",
    "SoftplusTransform",
    "TanhTransform",
    "Transform",
    "TransformedDistribution",
    "Uniform",
    "identity_transform",
    "kl_divergence",
    "register_kl",
]

#: What PyTorch has besides.
MISSING = by_name(
    {
        NOT_YET: """
            Beta Binomial Chi2 ContinuousBernoulli Dirichlet ExponentialFamily FisherSnedecor Gamma
            GeneralizedPareto Gumbel HalfCauchy InverseGamma Kumaraswamy LKJCholesky LogisticNormal
            LowRankMultivariateNormal Multinomial NegativeBinomial Pareto RelaxedBernoulli
            RelaxedOneHotCategorical StudentT VonMises Weibull Wishart CatTransform
            CorrCholeskyTransform CumulativeDistributionTransform LowerCholeskyTransform
            PositiveDefiniteTransform PowerTransform ReshapeTransform SoftmaxTransform
            StackTransform StickBreakingTransform biject_to transform_to constraint_registry""",
    }
)

if not TYPE_CHECKING:  # or every misspelt name would pass for one

    def __getattr__(name):
        """Say by name what is missing on purpose."""
        refuse(f"module {__name__!r}", name, MISSING)
