"""Derivatives against differences, without PyTorch's answers: what has no row in the table of ops.

Of these ops `op_db` has samples (see `opinfo`), of which the smallest are taken, and the rest is
called by hand. Together with `test_numerical_truth` that is every derivative of the engine, but for
those which are named here with a reason.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch

import tinygrad_edu
from tinygrad_edu.autograd.gradcheck import GradcheckError
from tinygrad_edu.missing import by_name

from .bridge import Bridge
from .differences import (
    all_derivatives,
    assert_none_is_missed,
    check_derivatives,
    is_finite,
    with_history,
)
from .differentiated import DIFFERENTIATED
from .opinfo.database import Op, database, differentiable, samples
from .opinfo.samples import arguments_of, as_function, leaves, reason_left_out, seed_of
from .opinfo.table import TABLE
from .runner import attempt, flat
from .seeds import Seed
from .test_numerical_truth import CHECKED as ROWS
from .test_opinfo import IS_2_13, NEEDS_EXPECTTEST, OTHER_VERSION
from .versions import NEXTAFTER

# Samples provoke warnings on purpose, and so do second derivatives of what has none.
pytestmark = pytest.mark.filterwarnings("ignore")

FEW = 4  # samples of an op

#: Compositions of ops that are checked by themselves, whose second derivatives take seconds.
LONG = ("nn.functional.multi_head_attention_forward",)

#: Ops without a row that have samples of float64 and, in PyTorch, no derivative of these.
CONSTANT = """
item arange normal-in_place allclose equal eq floor_divide ge geqrf gt isin le linspace
linspace-tensor_overload logspace logspace-tensor_overload logical_not lt logical_and logical_or
logical_xor heaviside isclose igamma igammac ne signbit isfinite isinf isposinf isneginf isreal
isnan unique unique_consecutive bool byte char int long short empty_like zeros_like ones_like randn
randn_like rand_like randint randint_like full_like new_zeros new_ones ones zeros full new_empty
empty eye scalar_tensor new_full multinomial histogram histogramdd histc bucketize searchsorted
resize_ resize_as_ nonzero nonzero_static argwhere all any argmax argmin count_nonzero argsort
linalg.matrix_rank linalg.matrix_rank-hermitian signal.windows.hamming signal.windows.hann
signal.windows.bartlett signal.windows.blackman signal.windows.cosine signal.windows.exponential
signal.windows.gaussian signal.windows.kaiser signal.windows.general_cosine
signal.windows.general_hamming signal.windows.nuttall special.zeta
special.chebyshev_polynomial_t special.chebyshev_polynomial_u special.chebyshev_polynomial_v
special.chebyshev_polynomial_w special.hermite_polynomial_h special.hermite_polynomial_he
special.laguerre_polynomial_l special.legendre_polynomial_p special.shifted_chebyshev_polynomial_t
special.shifted_chebyshev_polynomial_u special.shifted_chebyshev_polynomial_v
special.shifted_chebyshev_polynomial_w
"""

#: Ops without a row whose samples do not pass, by the reason.
REASONS = {
    "the result has no digits for the difference; see test_derivatives_in_fewer_digits": """
        float half""",
    "once drawn, the numbers are said to depend on nothing": "normal normal-number_mean",
    "some numbers are at a step": "bernoulli",
    "the options are not supported, see opinfo/deviations.py": """
        nn.functional.linear_cross_entropy-chunked
        nn.functional.linear_cross_entropy-chunked_none""",
    "by PyTorch's definition it is the derivative before log_softmax; see BY_HAND": """
        nn.functional.ctc_loss""",
    "they are called with one matrix, and the samples are two factors of it; see BY_HAND": """
        svd_lowrank pca_lowrank""",
    "it reads one triangle, and the derivative is that of a change of both; see the rows": """
        linalg.cholesky linalg.cholesky_ex linalg.eigh linalg.eigvalsh linalg.pinv-hermitian""",
}
NOT_PASSING = by_name(REASONS)

#: Of these some samples name a place twice, of which a derivative knows nothing. Those of their
#: variant ``-grad`` do not.
NAMING_TWICE = tuple(f"nn.functional.max_unpool{n}d" for n in (1, 2, 3))


def has_row(op: Op) -> bool:
    """Whether a row is checked, by an op's name or that of the same function elsewhere."""
    names = {parameter.values[0].name.partition("-")[0] for parameter in ROWS}
    short = op.name.removeprefix("nn.functional.").removeprefix("special.")
    return bool(names & {op.name, short, op.name.replace(".", "_")})


WITHOUT_ROW = [op for op in TABLE if "f64" in op.codes.split(",") and not has_row(op)]
OTHERS = {*CONSTANT.split(), *NOT_PASSING, *NAMING_TWICE}
CHECKED = [op for op in WITHOUT_ROW if op.id not in OTHERS]


def size(given: Any) -> int:
    """How many numbers are given."""
    return sum(t.numel() for t in leaves(arguments_of(given)) if isinstance(t, torch.Tensor))


def kind(given: Any) -> Any:
    """The numbers of dims and the options: samples that differ in these take other ways."""
    positional, named = arguments_of(given)
    options = (x.ndim if isinstance(x, torch.Tensor) else repr(x) for x in leaves(positional))
    return *options, *((k, repr(v)) for k, v in named.items() if not isinstance(v, torch.Tensor))


def smallest(op: Op) -> Iterator[tuple[Callable[..., Any], list[Any]]]:
    """As functions of tensors, the smallest samples of each kind that have a derivative."""
    given = samples(op.id, "f64", seed_of("given"))
    kinds: set[Any] = set()
    for sample in sorted(given, key=size):
        if reason_left_out(sample) or kind(sample) in kinds or len(kinds) == FEW:
            continue
        function, theirs = as_function(op.id, sample)
        bridge = Bridge()
        tensors = [bridge.to_ours(t) for t in theirs]

        def call(*tensors: Any, function: Callable[..., Any] = function) -> tuple[Any, ...]:
            return with_history(flat(function(tinygrad_edu, *tensors)))

        moved = [t for t in tensors if t.requires_grad and t.dtype is tinygrad_edu.float64]
        outputs = attempt(lambda: call(*tensors))[0] if moved else ()  # noqa: B023
        if outputs and is_finite((*outputs, *moved)):
            kinds.add(kind(sample))
            yield call, tensors


def check_samples(op: Op) -> None:
    """Check an op's smallest samples."""
    checked = 0
    twice = database()[op.id].supports_gradgrad and op.id not in LONG
    for call, tensors in smallest(op):
        check_derivatives(f"opinfo/{op.id}", call, tensors, twice)
        checked += 1
    assert checked


#: What has no derivative, and so no such samples, in an older PyTorch.
LATER = {"nextafter": NEXTAFTER}
MARKED = [pytest.param(o, marks=LATER[o.id].skip) if o.id in LATER else o for o in CHECKED]


@NEEDS_EXPECTTEST
@pytest.mark.parametrize("op", MARKED, ids=lambda op: op.id)
def test_derivatives_of_samples(op):
    if op.id not in database():
        assert not IS_2_13
        pytest.skip(f"no samples of {op.id}: {OTHER_VERSION}")
    check_samples(op)
    if IS_2_13:  # of whose samples that is written down
        assert_none_is_missed(f"opinfo/{op.id}")


@NEEDS_EXPECTTEST
@pytest.mark.skipif(not IS_2_13, reason=OTHER_VERSION)
@pytest.mark.parametrize("op", [op for op in TABLE if op.id in NOT_PASSING], ids=lambda op: op.id)
def test_what_is_said_not_to_pass_does_not(op):
    try:
        check_samples(op)
    except (GradcheckError, AssertionError):
        return
    assert Seed.number is not None  # with which numbers may be away from a step


def test_what_names_a_place_twice_is_checked_where_it_does_not():
    assert {f"{name}-grad" for name in NAMING_TWICE} <= {op.id for op in CHECKED}


@NEEDS_EXPECTTEST
@pytest.mark.skipif(not IS_2_13, reason=OTHER_VERSION)
def test_what_is_said_to_be_constant_is():
    constant = [op.id for op in WITHOUT_ROW if not differentiable(database()[op.id], "f64")]
    assert constant == CONSTANT.split()


# By hand ------------------------------------------------------------------------------------------


def changed_in_part(x, y):
    """A copy of x, of which a part changes, first by itself and then as a view that was there."""
    changed = x.clone()
    part = changed[0]
    changed[0] = y * y
    part.mul_(x[1])
    return changed * part


def random(draw: Callable[..., Any]) -> Callable[..., Any]:
    """With the same random numbers in each call."""

    def call(*tensors: Any) -> Any:
        tinygrad_edu.manual_seed(0)
        return draw(*tensors)

    return call


def one_step(x):
    return tinygrad_edu.nn.LSTMCell(3, 2, dtype=tinygrad_edu.float64)(x)


def pooled_twice(x, upstream):
    """The derivative of a pooled cube, whose second derivative is the third of pooling."""
    y = tinygrad_edu.nn.functional.max_pool2d(x**3, 2)
    return tinygrad_edu.autograd.grad(y, x, upstream, create_graph=True)[0]


def smoothed(scores):
    labels = tinygrad_edu.tensor([0, 2, 1])
    return tinygrad_edu.nn.functional.cross_entropy(scores, labels, label_smoothing=0.1)


def of_shares(scores, others):
    return tinygrad_edu.nn.functional.cross_entropy(scores, others.softmax(1))


def bag(weight):
    rows, starts = tinygrad_edu.tensor([0, 2, 1, 3]), tinygrad_edu.tensor([0, 1])
    return tinygrad_edu.nn.functional.embedding_bag(rows, weight, starts, mode="max")


def weighted_bag(weight, factors):
    rows = tinygrad_edu.tensor([[0, 2], [1, 2]])
    return tinygrad_edu.nn.functional.embedding_bag(
        rows, weight, mode="sum", per_sample_weights=factors
    )


def padded(steps):
    rnn = tinygrad_edu.nn.utils.rnn
    packed = rnn.PackedSequence(steps, tinygrad_edu.tensor([2, 2, 1]))
    return rnn.pad_packed_sequence(packed)[0]


def in_low_rank(name):
    """The product of what is found, for its parts have signs of their own."""

    def call(x, y):
        u, s, v = getattr(tinygrad_edu, name)(x @ y, 2, **options)
        return u * s @ v.mT

    options = {"center": False} if name == "pca_lowrank" else {}
    return random(call)


def ctc(scores):
    labels, lengths = tinygrad_edu.tensor([[1, 2], [3, 3]]), tinygrad_edu.tensor([2, 1])
    times = tinygrad_edu.tensor([5, 4])
    return tinygrad_edu.nn.functional.ctc_loss(scores.log_softmax(-1), labels, times, lengths)


FIXED = tinygrad_edu.tensor([0.5, 1.5, 4.0], dtype=tinygrad_edu.float64)

#: What is neither in a row nor a sample, the shapes of its arguments, and whether there is a second
#: derivative.
BY_HAND = {
    "changed_in_part": (changed_in_part, ((2, 3), (3,)), True),
    "fill_": (lambda x, value: x.clone().fill_(value), ((2, 3), ()), True),
    "copy_": (lambda x, y: x.clone().copy_(y), ((2, 3), (3,)), True),
    "gt_": (lambda x, y: x.clone().gt_(y), ((2, 3), (3,)), True),
    "bernoulli_": (random(lambda x, p: x.clone().bernoulli_(p.sigmoid())), ((4,), (4,)), True),
    "bernoulli": (random(lambda p: tinygrad_edu.bernoulli(p.sigmoid())), ((4,),), True),
    "poisson": (random(lambda x: tinygrad_edu.poisson(x.exp())), ((4,),), True),
    "igamma": (lambda x: tinygrad_edu.igamma(FIXED, x.exp()), ((2, 3),), True),
    "igammac": (lambda x: tinygrad_edu.igammac(FIXED, x.exp()), ((2, 3),), True),
    "zeta": (lambda x: tinygrad_edu.special.zeta(FIXED + 1, x.exp()), ((2, 3),), True),
    "LSTMCell": (random(one_step), ((4, 3),), True),
    "max_pool2d": (pooled_twice, ((1, 4, 4), (1, 2, 2)), True),
    "cross_entropy-smoothed": (smoothed, ((3, 4),), True),
    "cross_entropy-shares": (of_shares, ((3, 4), (3, 4)), True),
    "embedding_bag-max": (bag, ((4, 3),), True),
    "embedding_bag-weighted": (weighted_bag, ((4, 3), (2, 2)), True),
    "pad_packed_sequence": (padded, ((5, 3),), True),
    "svd_lowrank": (in_low_rank("svd_lowrank"), ((4, 2), (2, 5)), True),
    "pca_lowrank": (in_low_rank("pca_lowrank"), ((4, 2), (2, 5)), True),
    "ctc_loss": (ctc, ((5, 2, 4),), False),
}


@pytest.mark.parametrize("name", BY_HAND)
def test_derivatives_by_hand(name):
    function, shapes, twice = BY_HAND[name]
    rng = np.random.default_rng(0)
    tensors = [tinygrad_edu.tensor(rng.normal(size=shape), requires_grad=True) for shape in shapes]
    check_derivatives(
        f"hand/{name}", lambda *tensors: with_history(flat(function(*tensors))), tensors, twice
    )
    assert_none_is_missed(f"hand/{name}")


def test_derivatives_in_fewer_digits():
    """A change of dtype is linear: its differences are right for long steps, which have digits."""
    x = tinygrad_edu.tensor(np.random.default_rng(0).normal(size=(2, 3)), requires_grad=True)
    check_derivatives("hand/float", lambda x: (x.float(),), [x], eps=0.25)
    assert_none_is_missed("hand/float")


# All of them --------------------------------------------------------------------------------------

#: Derivatives that raise, as PyTorch has none.
RAISING = """
bins.Bincount.d_weights chance.Binomial.d_count chance.Binomial.d_prob ctc.CtcLossBackward.d_g
ctc.CtcLossBackward.d_log_probs division.FloorDivide.d_a division.RemainderOfNumber.d_b
gamma_chance.SampleDirichlet.d_x gamma_chance.StandardGammaGrad.d_drawn
gamma_chance.StandardGammaGrad.d_x incomplete_gamma.Igamma.d_a incomplete_gamma.Igammac.d_a
loss_classes.MultiMarginLossBackward.d_g orthogonal.Geqrf.d_x signs.Heaviside.d_x sort.Distinct.d_x
zeta.Zeta.d_s
"""

DRAWN = "once drawn, the numbers are said to depend on nothing: `normal` in NOT_PASSING"

#: Derivatives that are not those of what is computed, and why.
UNCHECKED = {
    "chance.NormalOfMean.d_mean": DRAWN,
    "chance.NormalOfMean.d_std": DRAWN,
    "gamma_chance.StandardGamma.d_x": "that for a fixed place in the distribution; see below",
}


def test_every_derivative_is_checked_or_has_a_reason():
    listed = [name for names in DIFFERENTIATED.values() for name in names]
    assert sorted([*listed, *RAISING.split(), *UNCHECKED]) == sorted(all_derivatives())


@pytest.mark.parametrize("name", RAISING.split())
def test_what_is_said_to_raise_does(name):
    derivative = all_derivatives()[name]
    with pytest.raises((NotImplementedError, RuntimeError)):
        derivative(tinygrad_edu.ones(2).array)


def test_every_check_that_is_written_down_is_there():
    rows = [f"row/{parameter.values[0].name}" for parameter in ROWS]
    checks = {*rows, *(f"opinfo/{op.id}" for op in CHECKED), *(f"hand/{name}" for name in BY_HAND)}
    checks.add("hand/float")
    assert {*DIFFERENTIATED} <= checks


@pytest.mark.parametrize("concentration", [0.1, 0.7, 2.0, 7.0, 9.0, 50.0])
def test_gamma_numbers_move_so_that_their_place_in_the_distribution_stays(concentration):
    """The place is ``P(a, x)``, so that ``dx/da = -(dP/da) / (dP/dx)``; PyTorch has four digits."""
    igamma, step = tinygrad_edu.igamma, 1e-5
    tinygrad_edu.manual_seed(0)
    a = tinygrad_edu.full((20,), concentration, dtype=tinygrad_edu.float64, requires_grad=True)
    x = tinygrad_edu._standard_gamma(a)
    x.sum().backward()
    derivative, a, x = a.grad, a.detach(), x.detach()
    by_a = igamma(a + step, x) - igamma(a - step, x)
    by_x = igamma(a, x + step * x) - igamma(a, x - step * x)
    np.testing.assert_allclose(derivative.numpy(), (-by_a / by_x * x).numpy(), rtol=2e-3)
