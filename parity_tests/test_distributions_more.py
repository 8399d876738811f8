"""The most used distributions, made in each way: samples, probabilities, gradients, and errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from .both import BOTH, both, both_raise
from .judge import check
from .test_signatures import inside

#: How each is made, of tensors that require gradients; `d` is the module, `t` makes a tensor.
MADE: dict[str, Callable[..., Any]] = {
    "Normal": lambda d, t: d.Normal(t([0.5, -1.0, 3.0]), t([1.0, 0.3, 2.0])),
    "Normal of numbers": lambda d, t: d.Normal(t(0.5), 2.0),
    "Normal of shapes that broadcast": lambda d, t: d.Normal(t([[0.5], [-1.0]]), t([1.0, 0.3])),
    "Laplace": lambda d, t: d.Laplace(t([0.5, -1.0, 3.0]), t([1.0, 0.3, 2.0])),
    "Uniform": lambda d, t: d.Uniform(t([0.5, -1.0]), t([1.0, 3.0])),
    "Exponential": lambda d, t: d.Exponential(t([0.5, 1.0, 3.0])),
    "Poisson": lambda d, t: d.Poisson(t([0.5, 1.0, 30.0])),
    "Bernoulli": lambda d, t: d.Bernoulli(t([0.3, 0.5, 0.9])),
    "Bernoulli at the ends": lambda d, t: d.Bernoulli(t([0.0, 1.0, 0.25])),
    "Bernoulli of logits": lambda d, t: d.Bernoulli(logits=t([0.3, -2.5, 20.0])),
    "Categorical": lambda d, t: d.Categorical(t([[0.2, 0.3, 0.5], [3.0, 0.0, 1.0]])),
    "Categorical of one": lambda d, t: d.Categorical(t([0.2, 0.8])),
    "Categorical of logits": lambda d, t: d.Categorical(logits=t([[0.2, 1.0, -3.0]])),
    "Independent": lambda d, t: d.Independent(
        d.Normal(t([[0.5, -1.0], [3.0, 2.0]]), t([[1.0, 0.3], [2.0, 1.5]])), 1
    ),
    "Independent of none": lambda d, t: d.Independent(d.Bernoulli(t([0.3, 0.5])), 0),
    "MultivariateNormal": lambda d, t: d.MultivariateNormal(
        t([0.5, -1.0]), t([[2.0, 0.5], [0.5, 1.0]])
    ),
    "MultivariateNormal, a batch": lambda d, t: d.MultivariateNormal(
        t([[0.5, -1.0], [0.0, 0.0]]), t([[2.0, 0.5], [0.5, 1.0]])
    ),
    "MultivariateNormal of L": lambda d, t: d.MultivariateNormal(
        t([[0.5, -1.0]]), scale_tril=t([[1.5, 0.0], [0.5, 0.7]])
    ),
    "MultivariateNormal of the precision": lambda d, t: d.MultivariateNormal(
        t([0.5, -1.0]), precision_matrix=t([[2.0, 0.5], [0.5, 1.0]])
    ),
}


def made(lib: Any, case: str, dtype: str = "float64") -> tuple[Any, list[Any]]:
    """The distribution, and the tensors that it was made of."""
    leaves: list[Any] = []

    def t(data: Any) -> Any:
        leaves.append(lib.tensor(data, dtype=getattr(lib, dtype), requires_grad=True))
        return leaves[-1]

    return MADE[case](lib.distributions, t), leaves


def agree(case: str, compute: Callable[[Any, Any], Any], dtype: str = "float64") -> None:
    """`compute`, of the library and of the distribution: values and gradients."""
    results = []
    for lib in BOTH:
        lib.manual_seed(5)
        distribution, leaves = made(lib, case, dtype)
        try:
            result = compute(lib, distribution)
        except NotImplementedError as error:
            results.append(type(error))
            continue
        grads = [None] * len(leaves)
        if result.requires_grad:
            weights = lib.arange(1.0, result.numel() + 1, dtype=result.dtype)
            total = (result * weights.reshape(result.shape)).sum()
            grads = lib.autograd.grad(total, leaves, allow_unused=True)
        results.append([result.detach(), *grads])
    theirs, mine = results
    if not isinstance(theirs, list):
        assert mine is theirs
        return
    for expected, got in zip(theirs, mine, strict=True):
        check(got, expected)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("sample_shape", [(), (4,), (2, 3)])
@pytest.mark.parametrize("case", MADE)
def test_samples(case: str, sample_shape: tuple[int, ...], dtype: str) -> None:
    agree(case, lambda lib, d: d.sample(sample_shape), dtype)
    agree(case, lambda lib, d: d.rsample(lib.Size(sample_shape)), dtype)


@pytest.mark.parametrize("name", ["log_prob", "cdf"])
@pytest.mark.parametrize("case", MADE)
def test_probabilities_of_samples(case: str, name: str) -> None:
    agree(case, lambda lib, d: getattr(d, name)(fixed(lib, d)))


def fixed(lib: Any, d: Any) -> Any:
    """Values of the distribution's support that do not depend on any library's random numbers."""
    shape = (3, *d.batch_shape, *d.event_shape)
    count = int(np.prod(shape))
    values = lib.arange(count, dtype=lib.float64).reshape(shape)
    base = getattr(d, "base_dist", d)
    kind = type(base).__name__
    if kind == "Uniform":
        return base.low.detach() + (base.high - base.low).detach() * ((values % 5) / 6)
    if kind == "Bernoulli":
        return (base.probs.detach().round() + 0 * values).round()
    if kind == "Categorical":
        return (values % base._num_events).long()
    return values % 4 if kind in ("Exponential", "Poisson") else values - 4


@pytest.mark.parametrize(
    "name", ["mean", "mode", "variance", "stddev", "entropy", "perplexity", "logits", "probs",
             "loc", "scale_tril", "covariance_matrix", "precision_matrix"],
)  # fmt: skip
@pytest.mark.parametrize("case", MADE)
def test_what_they_say_of_themselves(case: str, name: str) -> None:
    distributions = [made(lib, case)[0] for lib in BOTH]
    assert hasattr(distributions[1], name) == hasattr(distributions[0], name)
    if hasattr(distributions[0], name) or name in ("entropy", "mode"):
        agree(case, lambda lib, d: said(getattr(d, name)))


def said(value: Any) -> Any:
    return value() if callable(value) else value


@pytest.mark.parametrize("case", [c for c in MADE if c.split()[0] not in ("Poisson",)])
def test_the_inverse_of_the_cumulative_probability(case: str) -> None:
    agree(case, lambda lib, d: d.icdf(lib.full(d.batch_shape, 0.3, dtype=lib.float64)))


@pytest.mark.parametrize("expand", [True, False])
@pytest.mark.parametrize("case", MADE)
def test_all_values(case: str, expand: bool) -> None:
    agree(case, lambda lib, d: d.enumerate_support(expand))


@pytest.mark.parametrize("case", MADE)
def test_shapes_texts_and_kinds(case: str) -> None:
    def run(lib: Any) -> Any:
        d, _ = made(lib, case, "float32")
        bigger = d.expand((2, *d.batch_shape))
        return (
            repr(d), tuple(d.batch_shape), tuple(d.event_shape), d.has_rsample,
            d.has_enumerate_support, repr(d.support), repr(d.arg_constraints), repr(bigger),
            tuple(bigger.batch_shape), tuple(bigger.event_shape), tuple(bigger.sample((3,)).shape),
            tuple(bigger.log_prob(bigger.sample()).shape), bigger._validate_args,
        )  # fmt: skip

    both(run)


@pytest.mark.parametrize("case", MADE)
def test_the_divergence_from_another(case: str) -> None:
    """Of each from one of its kind, and from each whose formula PyTorch has not."""

    def other(lib: Any, d: Any) -> Any:
        distributions = lib.distributions
        t = lambda x: lib.tensor(x, dtype=lib.float64)  # noqa: E731
        return {
            "Normal": lambda: distributions.Normal(t(1.0), t(0.7)),
            "Laplace": lambda: distributions.Laplace(t(1.0), t(0.7)),
            "Uniform": lambda: distributions.Uniform(t(-1.5), t(2.0)),
            "Exponential": lambda: distributions.Exponential(t(1.0)),
            "Poisson": lambda: distributions.Poisson(t(1.5)),
            "Bernoulli": lambda: distributions.Bernoulli(t([0.5] * max(1, d.batch_shape.numel()))),
            "Categorical": lambda: distributions.Categorical(t([0.4, 0.3, 0.3][: d._num_events])),
            "Independent": lambda: (
                distributions.Independent(
                    distributions.Normal(d.mean.detach() * 0, d.mean.detach() * 0 + 1), 1
                )
                if d.reinterpreted_batch_ndims
                else d
            ),
            "MultivariateNormal": lambda: distributions.MultivariateNormal(
                t([0.0, 1.0]), t([[1.0, 0.2], [0.2, 3.0]])
            ),
        }[type(d).__name__]()

    agree(case, lambda lib, d: lib.distributions.kl_divergence(d, other(lib, d)))


WRONG = {
    "a scale below 0": lambda d, lib: d.Normal(0.0, -1.0),
    "a scale of 0": lambda d, lib: d.Normal(lib.zeros(2), lib.tensor([1.0, 0.0])),
    "nan": lambda d, lib: d.Normal(lib.tensor([float("nan")]), 1.0),
    "no number": lambda d, lib: d.Normal("a", 1.0),
    "shapes that do not broadcast": lambda d, lib: d.Normal(lib.zeros(2), lib.ones(3)),
    "a rate below 0": lambda d, lib: d.Exponential(-1.0),
    "bounds in the other order": lambda d, lib: d.Uniform(1.0, 0.0),
    "a probability above 1": lambda d, lib: d.Bernoulli(1.5),
    "both": lambda d, lib: d.Bernoulli(0.5, 0.5),
    "none": lambda d, lib: d.Categorical(),
    "a number of categories": lambda d, lib: d.Categorical(lib.tensor(0.5)),
    "logits without a dimension": lambda d, lib: d.Categorical(logits=lib.tensor(0.5)),
    "probabilities below 0": lambda d, lib: d.Categorical(lib.tensor([-0.5, 1.5])),
    "logits of nan": lambda d, lib: d.Categorical(logits=lib.tensor([float("nan"), 1.0])),
    "half a Bernoulli": lambda d, lib: d.Bernoulli(0.5).log_prob(lib.tensor(0.5)),
    "half a category": lambda d, lib: d.Categorical(lib.ones(3)).log_prob(lib.tensor(0.5)),
    "category 3 of 3": lambda d, lib: d.Categorical(lib.ones(3)).log_prob(lib.tensor(3)),
    "outside": lambda d, lib: d.Uniform(0.0, 1.0).log_prob(lib.tensor(1.5)),
    "a negative count": lambda d, lib: d.Poisson(1.0).log_prob(lib.tensor(-1.0)),
    "no tensor": lambda d, lib: d.Normal(0.0, 1.0).log_prob(0.5),
    "another shape": lambda d, lib: d.Normal(lib.zeros(2), 1.0).log_prob(lib.zeros(3)),
    "another event": lambda d, lib: d.MultivariateNormal(lib.zeros(2), lib.eye(2)).log_prob(
        lib.zeros(3)
    ),
    "more dimensions than the batch": lambda d, lib: d.Independent(d.Normal(0.0, 1.0), 1),
    "all values of an event": lambda d, lib: d.Independent(
        d.Bernoulli(lib.ones(2)), 1
    ).enumerate_support(),
    "no matrix": lambda d, lib: d.MultivariateNormal(lib.zeros(2)),
    "two matrices": lambda d, lib: d.MultivariateNormal(lib.zeros(2), lib.eye(2), lib.eye(2)),
    "a vector for a matrix": lambda d, lib: d.MultivariateNormal(lib.zeros(2), lib.ones(2)),
    "no vector": lambda d, lib: d.MultivariateNormal(lib.tensor(1.0), lib.eye(2)),
    "not symmetric": lambda d, lib: d.MultivariateNormal(
        lib.zeros(2), lib.tensor([[1.0, 0.5], [0.0, 1.0]])
    ),
    "not positive": lambda d, lib: d.MultivariateNormal(lib.zeros(2), -lib.eye(2)),
    "not triangular": lambda d, lib: d.MultivariateNormal(lib.zeros(2), scale_tril=lib.ones(2, 2)),
    "other events": lambda d, lib: d.kl_divergence(
        d.MultivariateNormal(lib.zeros(2), lib.eye(2)),
        d.MultivariateNormal(lib.zeros(3), lib.eye(3)),
    ),
    "no formula": lambda d, lib: d.kl_divergence(d.Poisson(1.0), d.Normal(0.0, 1.0)),
    "events of other sizes": lambda d, lib: d.kl_divergence(
        d.Independent(d.Normal(lib.zeros(2), 1.0), 1), d.Independent(d.Normal(lib.zeros(2), 1.0), 0)
    ),
    "a formula for no distribution": lambda d, lib: d.register_kl(3, d.Normal),
    "checks or none": lambda d, lib: d.Distribution.set_default_validate_args(3),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_what_is_refused(case: str) -> None:
    both_raise(lambda lib: WRONG[case](lib.distributions, lib))


@pytest.mark.parametrize("case", ["a scale below 0", "nan", "a probability above 1", "none", "both",
                                  "probabilities below 0", "half a category", "outside",
                                  "no tensor", "another shape"])  # fmt: skip
def test_what_is_said(case: str) -> None:
    both_raise(lambda lib: WRONG[case](lib.distributions, lib), text=True)


def test_without_checks() -> None:
    def run(lib: Any) -> Any:
        d = lib.distributions
        unchecked = d.Normal(0.0, -1.0, validate_args=False)
        d.Distribution.set_default_validate_args(False)
        try:
            made = d.Uniform(1.0, 0.0), d.Bernoulli(0.5).log_prob(lib.tensor(0.25)).item()
        finally:
            d.Distribution.set_default_validate_args(True)
        return repr(unchecked), repr(made[0]), round(made[1], 6)

    both(run)


def test_a_policy_learns() -> None:
    """REINFORCE on a bandit with three arms: the same actions, and the same weights."""

    def run(lib: Any) -> Any:
        lib.manual_seed(0)
        logits = lib.zeros(3, dtype=lib.float64, requires_grad=True)
        optimizer = lib.optim.SGD([logits], lr=0.5)
        rewards = lib.tensor([0.1, 0.9, 0.3], dtype=lib.float64)
        actions = []
        for _ in range(20):
            policy = lib.distributions.Categorical(logits=logits)
            action = policy.sample()
            loss = -policy.log_prob(action) * (rewards[action] - 0.4) - 0.01 * policy.entropy()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            actions.append(action.item())
        return actions, logits

    (their_actions, theirs), (actions, mine) = (run(lib) for lib in BOTH)
    assert actions == their_actions
    np.testing.assert_allclose(mine.detach().numpy(), theirs.detach().numpy(), rtol=1e-12)


def test_a_formula_of_ones_own() -> None:
    def run(lib: Any) -> Any:
        d = lib.distributions

        class Mine(d.Normal):
            pass

        class Yours(d.Exponential):
            pass

        @d.register_kl(Mine, Yours)
        def formula(p: Any, q: Any) -> Any:
            return p.loc + q.rate

        inherited = d.kl_divergence(Mine(1.0, 1.0), d.Normal(0.0, 1.0)).item()
        return d.kl_divergence(Mine(1.0, 1.0), Yours(2.0)).item(), inherited, callable(formula)

    assert both(run) == (3.0, 0.5, True)


CONSTRAINTS = (
    "real", "positive", "nonnegative", "unit_interval", "boolean", "simplex", "real_vector",
    "nonnegative_integer", "positive_integer", "lower_cholesky", "positive_definite",
    "greater_than(1.0)", "greater_than_eq(1.0)", "less_than(2)", "interval(0, 2.5)",
    "integer_interval(0, 2)", "independent(constraints.positive, 1)",
)  # fmt: skip


@pytest.mark.parametrize("constraint", CONSTRAINTS)
def test_constraints(constraint: str) -> None:
    def run(lib: Any) -> Any:
        constraints = lib.distributions.constraints
        made = eval(f"constraints.{constraint}", {"constraints": constraints})
        values = [
            lib.tensor([[1.0, 0.0], [0.5, 1.0]]), lib.tensor([[0.5, 0.5], [2.0, -1.0]]),
            lib.tensor([[float("nan"), 1.0], [2.5, 3.0]]), lib.eye(2),
            lib.tensor([[0.75, 0.25], [0.25, 0.75]]),
        ]  # fmt: skip
        checked = [made.check(value).tolist() for value in values]
        return repr(made), made.is_discrete, made.event_dim, checked

    both(run)


def test_parameters_that_are_computed_later_have_gradients() -> None:
    """Also where they are first asked for under no_grad, as `sample` does."""
    for lib in BOTH:
        logits = lib.zeros(2, requires_grad=True)
        policy = lib.distributions.Categorical(logits=logits)
        policy.sample()
        assert policy.probs.requires_grad
        assert inside(lib, "distributions").Bernoulli(logits=logits).probs.requires_grad


def test_the_old_name_of_several_samples() -> None:
    def run(lib: Any) -> Any:
        lib.manual_seed(0)
        with pytest.warns(FutureWarning, match="sample_n.*will be deprecated"):
            return lib.distributions.Bernoulli(0.5).sample_n(5).tolist()

    both(run)
