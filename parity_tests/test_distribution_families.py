"""All distributions at given values: what each says of itself, its probabilities and divergences,
and their gradients of first and second order, held against PyTorch's in both precisions.

What they draw is in `random_table`. Here the values are PyTorch's draws, given to both libraries,
so that rounding is all that may differ. How much of it there is, is seen from PyTorch in float32
and in float64, for these parameters and for six sets of parameters close by, as `judge` tells.
"""

from __future__ import annotations

import contextlib
import functools
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch

import tinygrad_edu

from .judge import Evidence, check, count_case
from .programs import Raised, raised

#: How each is made; ``t`` gives a leaf of these numbers, and other names are the module's.
MADE = """
Normal(t(0, 1, -2), t(1, .5, 3))
Laplace(t(0, 1), t(1, .5))
Cauchy(t(0, 1), t(1, .5))
Uniform(t(0, 1), t(1, 2.5))
Exponential(t(.5, 2))
Bernoulli(t(.2, .5, .9))
Geometric(t(.2, .9))
Poisson(t(.2, 4.9))
Categorical(t([.1, .2, .7], [1, 1, 2]))
OneHotCategorical(t([.1, .2, .7], [1, 1, 2]))
MultivariateNormal(t(0, 1), t([2, .5], [.5, 1]))
LogNormal(t(0, 1), t(.5, 1))
HalfNormal(t(.5, 1))
Gamma(t(.5, 2, 20), t(1, .5, 3))
Gamma(2.5, t(1, 2))
Chi2(t(1, 4.5))
InverseGamma(t(.5, 3), t(1, .5))
Beta(t(.5, 2, 9), t(1, 3, 12))
Beta(2., t(3.))
Dirichlet(t([.5, 2, .75], [3, 4, 5]))
Dirichlet(t(.25, .5))
StudentT(t(.5, 1.5, 4), t(0, 1, 2), t(1, .5, 2))
StudentT(t(3.))
FisherSnedecor(t(1, 3, 8), t(2, 5, 4.5))
Binomial(5, t(.2, .5, .9))
Binomial(3, logits=t(.2, -.5))
NegativeBinomial(t(2, 3.5), t(.2, .9))
NegativeBinomial(3, logits=t(.2, -.5))
Multinomial(4, t([.1, .2, .7], [1, 1, 2]))
Multinomial(1, logits=t(.1, .2))
LowRankMultivariateNormal(t(0, 1, 2), t([1], [.5], [2]), t(1, .5, 2))
LowRankMultivariateNormal(t([0, 1], [1, 1]), t([1, 2], [.5, 1]), t(1, .5))
HalfCauchy(t(.5, 1))
Weibull(t(1, 2), t(.5, 3))
Weibull(1., t(2.))
Pareto(t(1, 2), t(.5, 3))
GeneralizedPareto(t(0, 1, 2, 0), t(1, .5, 2, 1), t(.2, 0, -.5, 1.5))
Gumbel(t(0, 1), t(1, .5))
Kumaraswamy(t(.5, 2, 3), t(1, 3, .5))
LogisticNormal(t(0, 1), t(1, .5))
LogisticNormal(t([0, 1, 1], [2, 0, 3]), 1.)
RelaxedBernoulli(t(.75), t(.2, .5, .9))
RelaxedBernoulli(t(2.), logits=t(.2, -.5))
RelaxedOneHotCategorical(t(.75), t([.1, .2, .7], [1, 1, 2]))
RelaxedOneHotCategorical(t(.75), logits=t(.1, .2, .7))
VonMises(t(0, 1, -3), t(1, .5, 30))
ContinuousBernoulli(t(.2, .5, .4995, .9))
ContinuousBernoulli(logits=t(.2, 0, -.9))
ContinuousBernoulli(t(.2, .9), lims=(.1, .3))
LKJCholesky(3, t(.5, 2))
LKJCholesky(2, t(1.5))
Wishart(t(4, 5.5), t([2, .5], [.5, 1]))
Wishart(4., precision_matrix=t([2, .5], [.5, 1]))
Wishart(t(3.5), scale_tril=t([1, 0, 0], [.5, 1, 0], [.25, .5, 2]))
Independent(Gamma(t([.5, 2], [3, 4]), t(1, 2)), 1)
MixtureSameFamily(Categorical(t(.3, .7)), Beta(t(.5, 1), t(.5, 3)))
TransformedDistribution(Uniform(t(1), t(2)), [PowerTransform(t(2, -1.5))])
TransformedDistribution(Normal(t([0, 1]), 1.), [SoftmaxTransform()])
TransformedDistribution(Normal(t(0, 1, 2), 1.), [CorrCholeskyTransform()])
TransformedDistribution(Normal(t(0, 1, 2, 3), 1.), [ReshapeTransform((4,), (2, 2))])
TransformedDistribution(Normal(t(0, 1), 1.), [CumulativeDistributionTransform(Normal(0., 2.))])
TransformedDistribution(Gumbel(t(0, 1), 1.), [StickBreakingTransform(), AffineTransform(1., 2.)])
""".strip().splitlines()

Numbers = tuple[Any, Any]  # the library, and one of its dtypes


@contextlib.contextmanager
def quietly() -> Iterator[None]:
    """Without the warnings of Wishart's distribution, which `test_wishart_warns` is about."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Singular sample detected")
        yield


class Case:
    """One that is made: in PyTorch and here, in two precisions, of numbers that may be moved."""

    def __init__(self, *lines: str) -> None:
        self.lines = lines

    @functools.cached_property
    def drawn(self) -> torch.Tensor:
        """Three values of the first distribution, as PyTorch draws them in float64."""
        torch.manual_seed(7)
        with quietly():
            return self.make(torch, torch.float64)[0][0].sample((3,))

    def make(self, lib: Any, dtype: Any, move: float = 0.0) -> tuple[list[Any], list[Any]]:
        """The distributions, and the leaves they are made of, of which each number differs from
        the one that is written by up to `move` of it."""
        leaves: list[Any] = []

        def t(*values: Any) -> Any:
            numbers = torch.tensor(values, dtype=torch.float32).squeeze(0)
            moved = move * torch.linspace(1, 2, numbers.numel()).reshape(numbers.shape)
            if numbers.dim() > 1:
                moved = moved + moved.mT if numbers.shape[-1] == numbers.shape[-2] else moved
            numbers = (numbers * (1 + moved)).tolist()
            leaves.append(lib.tensor(numbers, dtype=dtype).requires_grad_())
            return leaves[-1]

        public = tinygrad_edu.distributions.__all__
        scope = {name: getattr(lib.distributions, name) for name in public}
        return [eval(line, {**scope, "t": t, "lib": lib}) for line in self.lines], leaves

    def run(self, ask: Callable[..., Any], lib: Any, dtype: Any, move: float = 0.0) -> list[Any]:
        """What is asked, then the gradients of its mean square, and those of the gradients'."""
        (distributions, leaves), value = self.make(lib, dtype, move), self.drawn
        value = lib.tensor(value.tolist(), dtype=dtype if value.is_floating_point() else lib.int64)
        result = raised_or_missing(lambda: ask(value, *distributions))
        if not isinstance(result, lib.Tensor) or not result.requires_grad:
            return [result]
        loss = result.where(result.isfinite(), result.detach() * 0).square().mean()
        first = raised_or_missing(
            lambda: lib.autograd.grad(loss, leaves, create_graph=True, allow_unused=True)
        )
        if isinstance(first, Raised):
            return [result.detach(), first]
        total = sum(g.square().sum() for g in first if g is not None)
        second = [None]
        if getattr(total, "requires_grad", False):
            second = lib.autograd.grad(total, leaves, allow_unused=True)
        return [result.detach(), *(g if g is None else g.detach() for g in first), *second]

    def judge(self, ask: Callable[..., Any], what: str) -> None:
        """Raise unless both libraries answer alike, in both precisions."""
        count_case()
        wide = self.run(ask, torch, torch.float64)
        narrow = self.run(ask, torch, torch.float32)

        def nearby(place: int) -> Iterator[tuple[Any, Any]]:
            for move in (0.0, 1e-4, -3e-4, 5e-4, -7e-4, 9e-4, -1.1e-3):
                run = functools.partial(self.run, ask, torch, move=move)
                yield run(torch.float32)[place], run(torch.float64)[place]

        for theirs, name in ((narrow, "float32"), (wide, "float64")):
            ours = self.run(ask, tinygrad_edu, getattr(tinygrad_edu, name))
            assert len(ours) == len(theirs), f"{what}, {name}: {ours} and not {theirs}"
            truths = wide if len(wide) == len(theirs) else [None] * len(theirs)
            for place, (mine, other, truth) in enumerate(zip(ours, theirs, truths, strict=True)):
                where = f"{what}, {name}, {place}"
                if isinstance(other, torch.Tensor) and isinstance(truth, torch.Tensor):
                    near = functools.partial(lambda place: list(nearby(place)), place)
                    check(mine, Evidence(other, truth, near), where, zero_for_none=place > 1)
                elif isinstance(other, Raised):
                    assert isinstance(mine, Raised), f"{where}: {other.error!r}"
                    assert isinstance(mine.error, type(other.error)), f"{where}: {other.error!r}"
                else:
                    check(mine, other, where, zero_for_none=True)


def raised_or_missing(function: Callable[[], Any]) -> Any:
    """What the call returned; what it raised, if it did not."""
    try:
        return raised(function)
    except NotImplementedError as error:
        return Raised(error)


ASKED: dict[str, Callable[..., Any]] = {
    "mean": lambda value, d: d.mean,
    "mode": lambda value, d: d.mode,
    "variance": lambda value, d: d.variance,
    "stddev": lambda value, d: d.stddev,
    "entropy": lambda value, d: d.entropy(),
    "perplexity": lambda value, d: d.perplexity(),
    "log_prob": lambda value, d: d.log_prob(value),
    "cdf": lambda value, d: d.cdf(value),
    "icdf": lambda value, d: d.icdf(value.sigmoid() if value.is_floating_point() else value / 9),
    "enumerate_support": lambda value, d: d.enumerate_support(),
    "scale_tril": lambda value, d: d.scale_tril,
    "covariance_matrix": lambda value, d: d.covariance_matrix,
    "precision_matrix": lambda value, d: d.precision_matrix,
    "log_survival_function": lambda value, d: d.log_survival_function(value),
    "log_cdf": lambda value, d: d.log_cdf(value).detach(),
    "probs": lambda value, d: d.probs,
    "logits": lambda value, d: d.logits,
    "log_normalizer": lambda value, d: d._log_normalizer(*d._natural_params),
}


@pytest.mark.parametrize("what", ASKED)
@pytest.mark.parametrize("made", MADE)
def test_what_it_says(made: str, what: str) -> None:
    Case(made).judge(ASKED[what], what)


@pytest.mark.parametrize("made", MADE)
def test_texts_and_shapes(made: str) -> None:
    case, seen = Case(made), []
    for lib in (torch, tinygrad_edu):
        (d,), leaves = case.make(lib, lib.float32)
        big = d.expand((5, *d.batch_shape))
        again = big.expand((2, 5, *d.batch_shape))
        value = lib.tensor(case.drawn.tolist())  # float32, or integers
        constraints = [(name, repr(c)) for name, c in d.arg_constraints.items()]
        with quietly():
            drawn = [x.sample((2,)) for x in (d, big, again)]
        seen.append(
            [
                repr(d), repr(big), d.batch_shape, d.event_shape, big.batch_shape,
                again.batch_shape, big.event_shape, d.has_rsample, d.has_enumerate_support,
                repr(d.support), d.support.event_dim, d.support.is_discrete,
                d.support.check(value).tolist(), constraints, [x.shape for x in drawn],
                [str(x.dtype) for x in drawn], [x.requires_grad for x in drawn], len(leaves),
            ]
        )  # fmt: skip
    assert seen[0] == seen[1]
    plain = raised_or_missing(lambda: d.log_prob(value))
    repeated = raised_or_missing(lambda: big.log_prob(value.unsqueeze(1)))
    if isinstance(plain, Raised):  # of a transform that has no determinant
        assert isinstance(repeated, Raised)
    else:
        assert tinygrad_edu.allclose(repeated, plain.unsqueeze(1), rtol=1e-5)


#: In pairs with themselves and each other, all that have a divergence, and some that have none.
KINDS = """
Bernoulli(t(.2, .5)); Beta(t(.5, 2), t(1, 3)); Binomial(3, t(.2, .9)); Categorical(t([.1, .2, .7]))
Cauchy(t(0, 1), t(1, .5)); ContinuousBernoulli(t(.2, .9)); Dirichlet(t([.5, 2, .75]))
Exponential(t(.5, 2)); Gamma(t(.5, 2), t(1, .5)); Geometric(t(.2, .9)); Gumbel(t(0, 1), t(1, .5))
HalfNormal(t(.5, 1)); Independent(Gamma(t(.5, 2), t(1, .5)), 1); Laplace(t(0, 1), t(1, .5))
LowRankMultivariateNormal(t(0, 1), t([1], [.5]), t(1, .5)); LogNormal(t(0, 1), t(.5, 1))
MultivariateNormal(t(0, 1), t([2, .5], [.5, 1])); Normal(t(0, 1), t(1, .5))
OneHotCategorical(t([.1, .2, .7])); Pareto(t(1, 2), t(1.5, 3)); Poisson(t(.2, 4.9))
Uniform(t(.25, .5), t(.75, 1.5)); Uniform(t(-1, 0), t(2, 1)); Chi2(t(1, 4.5)); Weibull(t(1, 2), 2.)
Wishart(t(4.), t([2, .5], [.5, 1])); InverseGamma(t(.5, 3), t(1, .5)); StudentT(t(3.))
""".strip().replace("\n", ";").split(";")  # fmt: skip


@pytest.mark.parametrize("q", KINDS)
@pytest.mark.parametrize("p", KINDS)
def test_divergences(p: str, q: str) -> None:
    def ask(value: Any, p: Any, q: Any) -> Any:
        lib = torch if isinstance(p, torch.distributions.Distribution) else tinygrad_edu
        return lib.distributions.kl_divergence(p, q)

    other = q.strip().replace(".5", ".625").replace("4.9", "3.5")
    Case(p.strip(), other if p == q else q.strip()).judge(ask, "kl_divergence")
