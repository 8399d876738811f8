"""Constraints, transforms, the ways from one to the other, and gradients of what is drawn."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
import torch

import tinygrad_edu

from .both import BOTH, both
from .judge import Evidence, check
from .programs import compare, raised

# Gradients of gamma and Dirichlet numbers ---------------------------------------------------------

#: Concentrations and values, of each of the formulas: small and large numbers, near and far from
#: the mean, and where two formulas meet.
CONCENTRATIONS = [0.02, 0.3, 0.99, 1.0, 2.5, 7.9, 8.0, 8.1, 30.0, 400.0]
RATIOS = [1e-6, 0.05, 0.3, 0.75, 0.89, 0.9, 0.95, 1.0, 1.05, 1.1, 1.2, 2.0, 6.0]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_how_gamma_numbers_move(dtype: str) -> None:
    a = np.repeat(CONCENTRATIONS, len(RATIOS)).astype(dtype)
    x = (a * np.tile(RATIOS, len(CONCENTRATIONS))).astype(dtype)
    theirs, truth = (
        torch._standard_gamma_grad(torch.tensor(a).to(kind), torch.tensor(x).to(kind))
        for kind in (getattr(torch, dtype), torch.float64)
    )
    from tinygrad_edu.ops.gamma_chance import StandardGammaGrad  # which has no public name

    ours = StandardGammaGrad.apply(tinygrad_edu.tensor(a), tinygrad_edu.tensor(x))
    check(ours, Evidence(theirs, truth), each=dtype == "float32")


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_how_dirichlet_numbers_move(dtype: str) -> None:
    shares = [1e-6, 0.01, 0.1, 0.3, 0.49, 0.5, 0.51, 0.7, 0.9, 0.999]
    sizes = [(a, b) for a in (0.1, 1.0, 3.0, 5.0, 7.0, 60.0) for b in (0.2, 1.0, 6.5, 7.0, 200.0)]
    rows = [(x, a, a + b) for a, b in sizes for x in [*shares, a / (a + b)]]
    given = np.array(rows, np.float32).T.astype(dtype)
    kinds = (getattr(torch, dtype), torch.float64)
    theirs, truth = (torch._dirichlet_grad(*torch.tensor(given).to(kind)) for kind in kinds)
    moved = torch._dirichlet_grad(*torch.tensor(given * (1 + 2**-52)).to(kinds[0]))
    evidence = Evidence(theirs, truth, lambda: [(moved, theirs)])
    check(tinygrad_edu._dirichlet_grad(*tinygrad_edu.tensor(given)), evidence)


@pytest.mark.parametrize(
    "line",
    ["Gamma(a, b)", "Chi2(a)", "Beta(a, b)", "Dirichlet(a)", "StudentT(a, b, a)",
     "FisherSnedecor(a, b)", "InverseGamma(a, b)", "Gumbel(a, b)", "Weibull(a, b)",
     "Kumaraswamy(a, b)", "Pareto(a, b)", "HalfCauchy(a)", "LogisticNormal(a, b)",
     "GeneralizedPareto(a, b, a)", "Independent(Gamma(a, b), 1)",
     "LowRankMultivariateNormal(a, a.unsqueeze(-1), b)"],
)  # fmt: skip
def test_gradients_of_what_is_drawn(line: str) -> None:
    def program(lib: Any) -> Any:
        lib.manual_seed(4)
        a, b = (
            lib.tensor(numbers, dtype=lib.float64, requires_grad=True)
            for numbers in ([0.5, 2.0, 0.75], [1.0, 0.25, 3.0])
        )
        drawn = eval(line, {**vars(lib.distributions), "a": a, "b": b}).rsample((4,))
        gradients = lib.autograd.grad(
            (drawn * drawn.detach().cos()).sum(), (a, b), allow_unused=True
        )
        return [*gradients, drawn.requires_grad, type(drawn.grad_fn).__name__]

    compare(program)


def test_gradients_that_have_no_gradient() -> None:
    def program(lib: Any) -> Any:
        a = lib.tensor([0.5, 2.0], requires_grad=True)
        drawn = lib._standard_gamma(a)
        (slope,) = lib.autograd.grad(drawn.sum(), a, create_graph=True)
        names = [drawn.grad_fn.name(), slope.requires_grad]
        try:
            lib.autograd.grad(slope.sum(), a)
        except NotImplementedError as error:
            names.append(str(error))
        counts = lib.binomial(lib.ones(2, requires_grad=True), lib.ones(2))
        shares = lib._sample_dirichlet(a)
        for drawn in (counts, shares):
            names += [drawn.requires_grad, drawn.grad_fn.name()]
            try:
                drawn.sum().backward()
            except RuntimeError as error:
                names.append(str(error))
        return names

    both(program)


@pytest.mark.parametrize(
    "line",
    ["binomial(lib.tensor([5]), lib.tensor([.5]))", "binomial(lib.ones(2), lib.ones(3))",
     "binomial(lib.ones(2), lib.ones(2, dtype=lib.float64))", "binomial(3, lib.ones(2))",
     "binomial(lib.ones(2).half(), lib.ones(2).half())", "_standard_gamma(lib.tensor([1, 2]))",
     "_standard_gamma(lib.ones(2).half())", "_sample_dirichlet(lib.tensor([1]))"],
)  # fmt: skip
def test_what_cannot_be_drawn(line: str) -> None:
    errors = []
    for lib in BOTH:
        with pytest.raises(Exception) as caught:
            eval(f"lib.{line}", {"lib": lib})
        errors.append((caught.type, str(caught.value).splitlines()[0]))
    assert errors[0] == errors[1]


def test_ends_of_binomial() -> None:
    def program(lib: Any) -> Any:
        nan = float("nan")
        counts = lib.tensor([3.0, -1.0, 0.0, 4.0, 4.0, 1.0, 1e7])
        chances = lib.tensor([0.0, 0.5, 0.5, 1.0, 1.5, nan, 1e-9])
        lib.manual_seed(0)
        drawn = lib.binomial(counts, chances), lib.binomial(lib.ones(2, 1) * 3, lib.tensor([0.5]))
        return [*drawn, lib.binomial(lib.ones(0), lib.ones(0)), lib.rand(1)]

    compare(program)


def test_what_would_never_end_is_refused() -> None:
    nan = tinygrad_edu.tensor([float("nan")])
    with pytest.raises(RuntimeError, match="must not be negative"):
        tinygrad_edu._standard_gamma(nan)
    with pytest.raises(RuntimeError, match="must be finite"):
        tinygrad_edu.binomial(nan, nan)


# Constraints, and transforms to them --------------------------------------------------------------

CONSTRAINTS = [
    "real",
    "positive",
    "nonnegative",
    "unit_interval",
    "simplex",
    "real_vector",
    "lower_cholesky",
    "positive_definite",
    "positive_semidefinite",
    "corr_cholesky",
    "boolean",
    "nonnegative_integer",
    "greater_than(lib.tensor([1.,2.]))",
    "greater_than_eq(2)",
    "less_than(3.)",
    "interval(-1,2)",
    "half_open_interval(0.,1.)",
    "square",
    "symmetric",
    "one_hot",
    "lower_triangular",
    "dependent",
    "integer_interval(0,3)",
    "multinomial(3)",
    "independent(constraints.positive,2)",
    "cat([constraints.positive,constraints.real],-1,[1,2])",
    "stack([constraints.positive,constraints.real])",
    "cat([constraints.simplex,constraints.simplex],0,[2,1])",
]

VALUES = [
    [[1.0, 0.0], [0.5, 0.8660254]], [[0.25, 0.5, 0.25], [1.0, 2.0, 3.0]], [[1.0, 2.0], [2.0, -3.0]],
    [[2.0, 0.5], [0.5, 1.0]], [0.0, 1.0, 0.0], [[-1.0, 2.5, 2.0], [0.0, 0.0, 1.0], [1.0, 1.0, 1.0]],
]  # fmt: skip


@pytest.mark.parametrize("line", CONSTRAINTS)
def test_constraints(line: str) -> None:
    def program(lib: Any) -> Any:
        constraints = lib.distributions.constraints
        made = eval(f"constraints.{line}", {"constraints": constraints, "lib": lib})
        seen = [repr(made), constraints.is_dependent(made)]
        for ask in (lambda: made.is_discrete, lambda: made.event_dim):
            try:
                seen.append(ask())
            except NotImplementedError as error:
                seen.append(str(error))
        for value in VALUES:
            seen.append(raised(lambda value=value: made.check(lib.tensor(value))))
        return seen

    compare(program)


@pytest.mark.parametrize("way", ["biject_to", "transform_to"])
@pytest.mark.parametrize("line", CONSTRAINTS)
def test_the_way_to_a_constraint(line: str, way: str) -> None:
    """The transform, its values, inverses and determinants; each value fulfils the constraint."""

    def program(lib: Any) -> Any:
        d = lib.distributions
        constraint = eval(f"constraints.{line}", {"constraints": d.constraints, "lib": lib})
        try:
            f = getattr(d, way)(constraint)
        except NotImplementedError as error:
            return [str(error)]
        seen = [repr(f), f.bijective, repr(f.domain), repr(f.codomain)]
        shape = {"positive_definite": (3, 3), "positive_semidefinite": (2, 2)}.get(line, (2, 3))
        shape = {"lower_cholesky": (2, 3, 3)}.get(line, shape)
        count = int(np.prod(shape))
        x = lib.linspace(-1.5, 2, count, dtype=lib.float64).reshape(shape).requires_grad_()
        if "2.]" in line:
            x = x[:, :2]
        if ",0,[" in line:
            x = x.mT
        y = f(x)
        back = f.inv(y)
        seen += [y, back, constraint.check(y).all().item()]
        shapes = [lambda: f.forward_shape(x.shape), lambda: f.inverse_shape(y.shape)]
        seen += [raised(ask) for ask in shapes]
        if f.bijective:
            seen += [f.log_abs_det_jacobian(x, y), f.inv.log_abs_det_jacobian(y, x)]
        seen += lib.autograd.grad(y.sin().sum(), x)
        return seen

    compare(program)


def test_a_way_of_ones_own() -> None:
    def program(lib: Any) -> Any:
        d = lib.distributions
        registry = d.constraint_registry.ConstraintRegistry()

        class Even(d.constraints.Constraint):
            pass

        @registry.register(Even)
        def to_even(constraint: Any) -> Any:
            return d.ExpTransform()

        registry.register(d.constraints.real, to_even)
        return [
            repr(registry(Even())), repr(registry(d.constraints.real)), repr(Even()),
            raised(lambda: registry.register(3, to_even)),
        ]  # fmt: skip

    compare(program)


TRANSFORMS = [
    "ExpTransform()",
    "PowerTransform(2.)",
    "PowerTransform(lib.tensor(-1.5))",
    "SigmoidTransform()",
    "SoftplusTransform()",
    "TanhTransform()",
    "AbsTransform()",
    "AffineTransform(1.,-2.)",
    "SoftmaxTransform()",
    "StickBreakingTransform()",
    "LowerCholeskyTransform()",
    "PositiveDefiniteTransform()",
    "CorrCholeskyTransform()",
    "ReshapeTransform((3,),(3,1))",
    "CumulativeDistributionTransform(Normal(0.,2.))",
    "IndependentTransform(ExpTransform(),1)",
    "ComposeTransform([ExpTransform(),AffineTransform(1.,2.)])",
    "CatTransform([ExpTransform(),TanhTransform()],-1,[1,2])",
    "StackTransform([ExpTransform()]*3,-1)",
    "ExpTransform().inv",
    "AffineTransform(1.,2.,event_dim=1)",
    "CatTransform([SoftmaxTransform()]*3)",
]


@pytest.mark.parametrize("line", TRANSFORMS)
def test_transforms(line: str) -> None:
    def program(lib: Any) -> Any:
        d = lib.distributions
        make = lambda: eval(line, {**vars(d), "lib": lib})  # noqa: E731
        f, x = make(), lib.tensor([[0.3, 1.2, 0.5]] * 3, dtype=lib.float64)
        if line == "SigmoidTransform()" or ".inv" in line:
            x = x / 2
        y = f(x)
        seen = [repr(f), repr(f.inv), f.bijective, repr(f.domain), repr(f.codomain), y, f.inv(y)]
        asked = [
            lambda: f.sign, lambda: f.event_dim, lambda: f.inv.sign,
            lambda: f.log_abs_det_jacobian(x, y), lambda: f.forward_shape(x.shape),
            lambda: f.inverse_shape(y.shape), lambda: f.forward_shape(lib.Size([])),
        ]  # fmt: skip
        for ask in asked:
            try:
                seen.append(raised(ask))
            except NotImplementedError:
                seen.append("none")
        seen += [f == f, f == make(), f == d.ExpTransform(), f.inv.inv == f, f != make()]
        kept = f.with_cache()
        z = kept(x)
        seen += [z, kept.inv(z) is x, kept(x) is z, f.with_cache(0) is f, kept.with_cache() is kept]
        return [*seen, f.inv(f(x)) is x]

    compare(program)


@pytest.mark.parametrize(
    "line",
    ["CatTransform([3])", "CatTransform([ExpTransform()], lengths=[1, 2])", "StackTransform([3])",
     "StackTransform([ExpTransform()])(lib.ones(2))", "CatTransform([ExpTransform()])(lib.ones(2))",
     "CatTransform([ExpTransform()], 2)(lib.ones(1))", "ReshapeTransform((2,), (3,))",
     "ReshapeTransform((2,), (2, 1)).forward_shape(lib.Size([3]))",
     "StickBreakingTransform().inverse_shape(lib.Size([]))",
     "CorrCholeskyTransform().forward_shape(lib.Size([4]))",
     "CorrCholeskyTransform().inverse_shape(lib.Size([2, 3]))",
     "CorrCholeskyTransform()(lib.ones(4))", "ExpTransform(2)", "AbsTransform().sign",
     "constraints.independent(3, 1)", "constraints.independent(constraints.real, -1)",
     "constraints.independent(constraints.real, 1.5)", "constraints.cat([3])",
     "constraints.cat([constraints.real], lengths=[1, 2])", "constraints.stack([3])",
     "constraints.dependent.check(lib.ones(2))", "constraints.Constraint().check(3)",
     "constraints.stack([constraints.real], 2).check(lib.ones(1))", "Gamma(1., -1.)", "Chi2(-1.)",
     "Beta(1., -1.)", "Dirichlet(lib.tensor(1.))", "Dirichlet(lib.tensor([1., -1.]))",
     "StudentT(-1.)", "FisherSnedecor(1., -1.)", "Binomial(-1, .5)", "Binomial(3, 1.5)",
     "Binomial(3)", "Binomial(lib.tensor([1., 2.]), .5).entropy()",
     "Binomial(lib.tensor([1., 2.]), .5).enumerate_support()", "NegativeBinomial(1, 1.)",
     "NegativeBinomial(1, .5, .5)", "Multinomial(1.5, lib.ones(2))", "Multinomial(2)",
     "Multinomial(2, lib.ones(2)).log_prob(lib.tensor([2., 3.]))", "HalfNormal(-1.)",
     "HalfCauchy(-1.)", "Weibull(-1., 1.)", "Pareto(1., -1.)", "Gumbel(0., -1.)",
     "Kumaraswamy(-1., 1.)", "LogNormal(0., -1.)", "InverseGamma(-1., 1.)",
     "RelaxedBernoulli(lib.tensor(1.), 1.5)", "RelaxedBernoulli(lib.tensor(1.))",
     "ContinuousBernoulli(1.5, validate_args=True)", "ContinuousBernoulli()", "VonMises(0., -1.)",
     "LKJCholesky(1)", "LKJCholesky(3, -1.)", "Wishart(3.)",
     "Wishart(1., lib.eye(3))", "Wishart(4., lib.ones(3))", "Wishart(4., -lib.eye(3))",
     "LowRankMultivariateNormal(lib.tensor(1.), lib.ones(1, 1), lib.ones(1))",
     "LowRankMultivariateNormal(lib.ones(2), lib.ones(2), lib.ones(2))",
     "LowRankMultivariateNormal(lib.ones(2), lib.ones(3, 1), lib.ones(2))",
     "LowRankMultivariateNormal(lib.ones(2), lib.ones(2, 1), lib.ones(3))",
     "LowRankMultivariateNormal(lib.ones(2, 2), lib.ones(3, 2, 1), lib.ones(2))",
     "GeneralizedPareto(0., -1., 1.)", "Gamma(1., 1.).log_prob(lib.tensor(-1.))",
     "Gamma(1., 1.).icdf(lib.tensor(.5))", "Distribution()", "Poisson(1.).entropy()",
     "kl_divergence(Binomial(2, .5), Binomial(3, .5))",
     "kl_divergence(Normal(0., 1.), Poisson(1.))",
     "TransformedDistribution(Normal(0., 1.), AbsTransform()).cdf(lib.ones(1))"],
)  # fmt: skip
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_what_is_refused(line: str) -> None:
    errors = []
    for lib in BOTH:
        try:
            made: Any = eval(line, {**vars(lib.distributions), "lib": lib})
            errors.append(("made", repr(made)))
        except Exception as error:
            errors.append((type(error).__name__, str(error)))
    spaced = [" ".join(text.split()) for _, text in errors]
    assert (errors[0][0].lstrip("_"), spaced[0]) == (errors[1][0], spaced[1])


# What warns, what is one's own, and pickles -------------------------------------------------------


def test_wishart_warns() -> None:
    for lib in BOTH:
        with pytest.warns(UserWarning, match="Low df values detected"):
            few = lib.distributions.Wishart(1.5, lib.eye(2))
        lib.manual_seed(0)
        with pytest.warns(UserWarning, match="Singular sample detected"):
            few.sample()


def test_a_distribution_that_says_nothing_of_itself() -> None:
    def program(lib: Any) -> Any:
        class Mine(lib.distributions.Distribution):
            def log_prob(self, value: Any) -> Any:
                self._validate_sample(value)
                return value

        with pytest.warns(UserWarning, match="does not define `arg_constraints`"):
            mine = Mine()
        with pytest.warns(UserWarning, match="does not define `support`"):
            return mine.log_prob(lib.ones(())).item()

    assert both(program) == 1.0


def test_properties_that_are_constraints() -> None:
    def program(lib: Any) -> Any:
        constraints = lib.distributions.constraints

        class Mine(lib.distributions.Distribution):
            arg_constraints = {"top": constraints.dependent}  # noqa: RUF012

            def __init__(self, top: float) -> None:
                self.top = lib.tensor(top)
                super().__init__()

            @constraints.dependent_property(is_discrete=False, event_dim=0)
            def support(self) -> Any:
                return constraints.interval(0, self.top)

        held = constraints.dependent(event_dim=2)
        known = Mine.support
        return [
            repr(Mine(-2.0).support), known.event_dim, known.is_discrete, held.event_dim,
            constraints.is_dependent(known), raised(lambda: known.check(3)),
        ]  # fmt: skip

    compare(program)


def test_two_formulas_for_one_pair() -> None:
    def program(lib: Any) -> Any:
        d = lib.distributions

        class A(d.Normal):
            pass

        class B(A):
            pass

        @d.register_kl(A, d.Normal)
        def first(p: Any, q: Any) -> Any:
            return 1

        @d.register_kl(d.Normal, B)
        def second(p: Any, q: Any) -> Any:
            return 2

        with pytest.warns(RuntimeWarning, match=r"Ambiguous kl_divergence\(B, B\)") as heard:
            found = d.kl_divergence(B(0.0, 1.0), B(0.0, 1.0))
        return found, str(heard[0].message)

    both(program)


@pytest.mark.parametrize(
    "line", ["Gamma(1., 2.)", "Beta(1., 2.)", "Gumbel(0., 1.)", "Weibull(1., 2.)"]
)
def test_pickles(line: str) -> None:
    made = eval(line, vars(tinygrad_edu.distributions))
    again = pickle.loads(pickle.dumps(made))
    tinygrad_edu.manual_seed(1)
    drawn = made.sample((3,))
    tinygrad_edu.manual_seed(1)
    assert repr(again) == repr(made)
    assert again.sample((3,)).tolist() == drawn.tolist()
