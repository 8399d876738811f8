"""``torch.distributions``: what each draws, says of itself, and how its gradients reach it."""

from __future__ import annotations

from typing import Any

import pytest
import torch

import tinygrad_edu

from .programs import compare, raised
from .versions import as_said

#: Each with ``t``, a leaf of these numbers, in one of two precisions.
MADE = """
Normal(t(0, 1, -2), t(1, .5, 3))
Normal(0.5, t(1, 2))
Normal(t([[0.], [1.]]), t(1, .5, 3))
Laplace(t(0, 1), t(1, .5))
Cauchy(t(0, 1), t(1, .5))
Uniform(t(0, 1), t(1, 2.5))
Exponential(t(.5, 2))
Bernoulli(t(.2, .5, .9))
Bernoulli(logits=t(.2, -.5, .9))
Geometric(t(.2, .9))
Geometric(logits=t(.2, -.9))
Poisson(t(.2, 4.9))
Categorical(t([.1, .2, .7], [1, 1, 2]))
Categorical(logits=t(.1, .2, .7))
OneHotCategorical(t([.1, .2, .7], [1, 1, 2]))
OneHotCategoricalStraightThrough(logits=t(.1, .2, .7))
MultivariateNormal(t(0, 1), t([2, .5], [.5, 1]))
MultivariateNormal(t([0, 1], [3, 2], [0, 0]), scale_tril=t([2, 0], [.5, 1]))
MultivariateNormal(t(0, 0), precision_matrix=t([2, .3], [.3, 1]))
Independent(Normal(t([0, 1], [2, 3]), t(1, 2)), 1)
Independent(Bernoulli(t([.2, .5], [.5, .9])), 2)
Independent(Categorical(t([.1, .2, .7], [1, 1, 2])), 0)
MixtureSameFamily(Categorical(t(.3, .7)), Normal(t(-1, 1), t(.5, 1)))
MixtureSameFamily(Categorical(t(.3, .7)), Independent(Normal(t([0, 1], [2, 3]), t(1, 2)), 1))
LogNormal(t(0, 1), t(.5, 1))
HalfNormal(t(.5, 1))
TransformedDistribution(Normal(t(0, 1), t(.5, 1)), [TanhTransform(cache_size=1)])
TransformedDistribution(Normal(t(0, 1), t(.5, 1)), [])
TransformedDistribution(Normal(t(0), t(1)), [AffineTransform(t(1, 2), t(2, 3)), ExpTransform()])
TransformedDistribution(Independent(Normal(t(0, 1), t(.5, 1)), 1), [AffineTransform(1., -2.)])
TransformedDistribution(Normal(t(0, 1), t(.5, 1)), [AffineTransform(t(1, 2), -2., event_dim=1)])
TransformedDistribution(Normal(t(0, 1), t(.5, 1)), IndependentTransform(SigmoidTransform(), 1))
TransformedDistribution(Uniform(t(-1), t(1)), [SoftplusTransform()])
TransformedDistribution(Uniform(t(0), t(1)), [SigmoidTransform().inv, AffineTransform(0., 2.)])
""".strip().splitlines()


def names(lib: Any, dtype: str = "float64") -> dict[str, Any]:
    """What is in scope of an expression of a distribution."""

    def t(*values: Any) -> Any:
        return lib.tensor(values, dtype=getattr(lib, dtype)).squeeze(0).requires_grad_()

    return {**{n: getattr(lib.distributions, n) for n in PUBLIC}, "t": t, "lib": lib}


PUBLIC = tinygrad_edu.distributions.__all__


def asked(d: Any, what: str, *args: Any) -> Any:
    """What a method returns, or a property is; an error if the distribution has none."""
    try:
        found = getattr(d, what)
        return found(*args) if callable(found) else found
    except NotImplementedError:
        return "NotImplementedError"


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("made", MADE)
def test_all_that_it_is_asked(made: str, dtype: str) -> None:
    def program(lib: Any) -> Any:
        lib.manual_seed(3)
        d = eval(made, names(lib, dtype))
        text = [str(d), d.batch_shape, d.event_shape, d.has_rsample, d.has_enumerate_support]
        text.append(repr(d.support))
        results = [asked(d, name) for name in ("mean", "variance", "stddev", "mode")]
        drawn = d.sample((4,))
        results += [drawn, d.sample(), d.sample((2, 3)), lib.rand(1), d.log_prob(drawn)]
        results += [asked(d, name) for name in ("entropy", "perplexity", "enumerate_support")]
        results += [asked(d, "enumerate_support", False), asked(d, "cdf", drawn)]
        results += [asked(d, "icdf", lib.tensor([0.3], dtype=drawn.dtype).squeeze())]
        big = d.expand((5, *d.batch_shape))
        text += [str(big), big.batch_shape, big.event_shape]
        results += [big.sample(), big.log_prob(drawn[:1])]
        return text, results, [r.requires_grad for r in results if isinstance(r, lib.Tensor)]

    compare(program)


@pytest.mark.parametrize("made", MADE)
def test_gradients(made: str) -> None:
    """Of `log_prob` and of what `rsample` draws, with respect to the parameters, twice."""

    def program(lib: Any) -> Any:
        lib.manual_seed(3)
        leaves: list[Any] = []
        scope = names(lib)
        make = scope["t"]
        scope["t"] = lambda *values: leaves.append(make(*values)) or leaves[-1]
        d = eval(made, scope)
        outputs = [d.log_prob(d.sample((4,)))]
        if d.has_rsample:
            outputs.append(d.rsample((3,)))
            outputs.append(d.log_prob(outputs[-1]))
        results: list[Any] = []
        for output in outputs:
            if not output.requires_grad:
                results.append("constant")
                continue
            first = lib.autograd.grad(
                output.square().mean(), leaves, create_graph=True, allow_unused=True
            )
            total = sum(g.square().sum() for g in first if g is not None)
            results += [first, output]
            if total.requires_grad:
                results.append(
                    lib.autograd.grad(total, leaves, retain_graph=True, allow_unused=True)
                )
        return results

    compare(program)


PAIRS = [f"{made}, {made.replace('.5', '.6')}" for made in MADE] + [
    "Normal(0., 1.), Normal(t(1, 2), 2.)",
    "Bernoulli(t(0, .3, 1, 1)), Bernoulli(t(.4, 0, .5, 1))",
    "Categorical(t(0, .3, .7)), Categorical(t(.5, 0, .5))",
    "Uniform(0., 1.), Uniform(t(-1, .5), 2.)",
    "Normal(0., 1.), Categorical(t(1, 1))",
    "Independent(Normal(t(0, 1), 1.), 1), Independent(Normal(t(0, 1), 1.), 0)",
    "LogNormal(0., 1.), HalfNormal(1.)",
    "MultivariateNormal(t(0, 1), t([2, .5], [.5, 1])), MultivariateNormal(t([0], ), t([[2.]]))",
]


@pytest.mark.parametrize("pair", PAIRS)
def test_divergences(pair: str) -> None:
    def program(lib: Any) -> Any:
        lib.manual_seed(3)
        p, q = eval(pair, names(lib))
        result = raised(lambda: lib.distributions.kl_divergence(p, q))
        return result

    compare(program)


#: What is not allowed, and what PyTorch says to it, word for word.
WRONG = """
Normal(0., -1.)
Normal(lib.zeros(3), lib.tensor([1., 0., 2.]))
Normal("a", 1.)
Normal(0., 1.).log_prob(lib.tensor(float("nan")))
Normal(0., 1.).log_prob(1.)
Categorical(lib.tensor([[-1., 2.]]))
Categorical(logits=lib.tensor([0., float("nan")]))
Categorical(lib.tensor(1.))
Categorical(logits=lib.tensor(1.))
Categorical()
Categorical(lib.ones(2), lib.ones(2))
Categorical(lib.ones(3)).log_prob(lib.tensor(5))
Bernoulli(1.5)
Bernoulli(.5, .5)
Bernoulli(.5).log_prob(lib.tensor(.5))
OneHotCategorical(lib.ones(3)).log_prob(lib.ones(3))
OneHotCategorical(lib.ones(2)).log_prob(lib.ones(3))
Uniform(2., 1.)
Uniform(0., 1.).log_prob(lib.tensor(2.))
Exponential(-1.)
Exponential(1.).log_prob(lib.tensor(-1.))
Poisson(-1.)
Poisson(1.).log_prob(lib.tensor(.5))
Geometric(0.)
MultivariateNormal(lib.zeros(2), -lib.eye(2))
MultivariateNormal(lib.zeros(2), lib.tensor([[1., .5], [.2, 1.]]))
MultivariateNormal(lib.zeros(2), scale_tril=-lib.eye(2))
MultivariateNormal(lib.zeros(2))
MultivariateNormal(lib.tensor(0.), lib.eye(2))
MultivariateNormal(lib.zeros(2), lib.ones(2))
MultivariateNormal(lib.zeros(2), scale_tril=lib.ones(2))
Independent(Normal(0., 1.), 1)
Independent(Normal(lib.zeros(3), lib.ones(3)), 1).log_prob(lib.ones(2))
Independent(Bernoulli(lib.ones(2)), 1).enumerate_support()
TransformedDistribution(Normal(0., 1.), 3)
TransformedDistribution(Normal(0., 1.), [3])
TransformedDistribution(Normal(0., 1.), AffineTransform(0., 1., event_dim=1))
MixtureSameFamily(Normal(0., 1.), Normal(0., 1.))
MixtureSameFamily(Categorical(lib.ones(2)), 3)
ExpTransform(cache_size=2)
Normal(0., 1.).mode_of
kl_divergence(Normal(0., 1.), Categorical(lib.ones(2)))
""".strip().splitlines()


@pytest.mark.parametrize("wrong", WRONG)
def test_errors(wrong: str) -> None:
    texts = []
    for lib in (torch, tinygrad_edu):
        with pytest.raises((ValueError, TypeError, AttributeError, NotImplementedError)) as caught:
            eval(wrong, names(lib))
        texts.append((caught.type.__name__, str(caught.value)))
    theirs, mine = texts
    assert mine == (theirs[0], as_said(theirs[1]))


def test_unchecked() -> None:
    """Nothing is checked where that is asked for, once or for all."""

    def program(lib: Any) -> Any:
        d = lib.distributions
        results = [str(d.Normal(0.0, -1.0, validate_args=False))]
        results.append(d.Bernoulli(0.5, validate_args=False).log_prob(lib.tensor(0.25)))
        results.append(d.Normal(0.0, 1.0, validate_args=False).expand((2,)).log_prob(lib.ones(2)))
        d.Distribution.set_default_validate_args(False)
        try:
            results.append(str(d.Exponential(-1.0)))
        finally:
            d.Distribution.set_default_validate_args(True)
        results.append(raised(lambda: d.Exponential(-1.0)))
        results.append(raised(lambda: d.Distribution.set_default_validate_args(3)))
        return results

    compare(program)


def test_transforms() -> None:
    """Values, inverses, determinants, texts, equality, and what a cache keeps."""

    def program(lib: Any) -> Any:
        d = lib.distributions
        x = lib.tensor([[0.3, -1.2], [2.0, 0.1]], dtype=lib.float64)
        results: list[Any] = []
        transforms = [
            d.ExpTransform(), d.SigmoidTransform(), d.TanhTransform(), d.SoftplusTransform(),
            d.AffineTransform(1.0, -2.0), d.AffineTransform(x, x.exp()), d.AbsTransform(),
            d.AffineTransform(0.5, lib.tensor([2.0, 3.0]), event_dim=1),
            d.IndependentTransform(d.ExpTransform(), 1), d.identity_transform,
            d.ComposeTransform([d.AffineTransform(1.0, 0.5), d.ExpTransform()]),
            d.ComposeTransform([d.IndependentTransform(d.TanhTransform(), 1), d.ExpTransform()]),
            d.ComposeTransform([d.TanhTransform(), d.AffineTransform(0.0, 2.0)]).inv.inv,
        ]  # fmt: skip
        for f in transforms:
            y = f(x)
            results += [y, f.inv(y), repr(f), f.bijective, repr(f.domain), repr(f.codomain)]
            results += [f.forward_shape(x.shape), f.inv.forward_shape(x.shape), f == f.inv.inv]
            if not isinstance(f, d.AbsTransform):
                results += [f.log_abs_det_jacobian(x, y), f.inv.log_abs_det_jacobian(y, x)]
        results += [repr(transforms[0].inv), repr(transforms[3].inv.inv)]
        results += [d.ExpTransform() == d.ExpTransform(), d.ExpTransform() == d.TanhTransform()]
        results += [d.AffineTransform(0, 1) == d.AffineTransform(0, 2)]
        results += [d.AffineTransform(0, 1) == d.AffineTransform(0, 1), d.ExpTransform() == 3]
        cached = d.SigmoidTransform(cache_size=1)
        y = cached(x)
        results += [cached.inv(y) is x, cached(x) is y, cached.inv(y + 0) is x]
        return results

    compare(program)


def test_own_distribution() -> None:
    """A class of one's own: its parameters are checked and shown, `expand` and `sample` work."""

    def program(lib: Any) -> Any:
        d = lib.distributions

        class Doubled(d.Distribution):
            arg_constraints = {"scale": d.constraints.positive}  # noqa: RUF012
            support = d.constraints.real
            has_rsample = True

            def __init__(self, scale: Any) -> None:
                self.scale = lib.as_tensor(scale)
                super().__init__(self.scale.shape)

            def rsample(self, sample_shape: Any = ()) -> Any:
                return 2 * self.scale.expand(self._extended_shape(sample_shape))

        @d.register_kl(Doubled, Doubled)
        def divergence(p: Any, q: Any) -> Any:
            return p.scale - q.scale

        mine = Doubled(lib.tensor([1.0, 2.0], requires_grad=True))
        drawn = [mine.sample((3,)), mine.rsample()]
        results = [repr(mine), *drawn, [x.requires_grad for x in drawn]]
        results += [d.kl_divergence(mine, Doubled(1.0)), raised(lambda: Doubled(-1.0))]
        results += [raised(lambda: mine.log_prob(lib.ones(2))), raised(lambda: mine.mean)]
        return [*results, raised(lambda: mine.mode), raised(mine.entropy)]

    compare(program)
