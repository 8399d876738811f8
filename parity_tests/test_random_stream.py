"""The random stream is PyTorch's, bit for bit: every draw, every state, every interplay."""

import operator
import time
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tinygrad_edu import distributions, random

Array = NDArray[Any]
Draw = Callable[[random.Generator, torch.Generator], tuple[Array, torch.Tensor]]

TORCH_DTYPE = {
    np.dtype(name): getattr(torch, name)
    for name in ["bool", "uint8", "int8", "int16", "int32", "int64"]
    + ["float16", "float32", "float64"]
}
RELEASE = tuple(int(part) for part in torch.__version__.split("+")[0].split(".")[:2])
# PyTorch draws float16 through float32 since 2.13.
FLOATS = ["float32", "float64"] + (["float16"] if RELEASE >= (2, 13) else [])

seeds = st.integers(-(2**63), 2**64 - 1)
sizes = st.sampled_from([0, 1, 2, 3, 15, 16, 17, 31, 32, 33, 100, 1000])
floats = st.sampled_from(FLOATS).map(np.dtype)
numbers = st.floats(-(2**10), 2**10, width=32)
positive = st.floats(2**-10, 2**10, width=32)
probabilities = st.floats(0, 1)
int64s = st.integers(-(2**63), 2**63 - 1)


def empty(shape: tuple[int, ...], dtype: np.dtype[Any]) -> torch.Tensor:
    return torch.empty(shape, dtype=TORCH_DTYPE[dtype])


def torch_uniform(
    t: torch.Generator, shape: tuple[int, ...], low: float, high: float, dtype: np.dtype[Any]
) -> torch.Tensor:
    values = empty(shape, dtype).uniform_(low, high, generator=t)
    if RELEASE < (2, 13):  # where rounding may reach the open end, which is now mapped to `low`
        values[values == high] = low
    return values


def assert_same_bits(ours: Array, theirs: torch.Tensor) -> None:
    expected = theirs.numpy()
    assert ours.dtype == expected.dtype
    assert ours.shape == expected.shape
    assert ours.tobytes() == expected.tobytes()


def assert_same_state(ours: random.Generator, theirs: torch.Generator) -> None:
    assert ours.get_state().tobytes() == theirs.get_state().numpy().tobytes()
    assert ours.initial_seed() == theirs.initial_seed()


def twins(seed: int) -> tuple[random.Generator, torch.Generator]:
    return random.Generator().manual_seed(seed), torch.Generator().manual_seed(seed)


def check(seed: int, *draws: Draw) -> None:
    ours, theirs = twins(seed)
    for draw in draws:
        assert_same_bits(*draw(ours, theirs))
        assert_same_state(ours, theirs)


# ---------------------------------------------------------------------- one draw of each kind


@st.composite
def uniforms(draw: st.DrawFn) -> Draw:
    n, dtype = draw(sizes), draw(floats)
    low = draw(st.one_of(st.just(0.0), numbers))
    high = low + draw(st.one_of(st.just(1.0), positive))
    return lambda g, t: (
        g.uniform((n,), low, high, dtype),
        torch_uniform(t, (n,), low, high, dtype),
    )


@st.composite
def normals(draw: st.DrawFn) -> Draw:
    n, dtype = draw(sizes), draw(floats)
    mean, std = draw(st.one_of(st.just((0.0, 1.0)), st.tuples(numbers, positive)))
    return lambda g, t: (
        g.normal((n,), mean, std, dtype),
        empty((n,), dtype).normal_(mean, std, generator=t),
    )


@st.composite
def exponentials(draw: st.DrawFn) -> Draw:
    n, dtype, rate = draw(sizes), draw(floats), draw(positive)
    return lambda g, t: (
        g.exponential((n,), rate, dtype),
        empty((n,), dtype).exponential_(rate, generator=t),
    )


@st.composite
def coins(draw: st.DrawFn) -> Draw:
    n, p = draw(sizes), draw(probabilities)
    return lambda g, t: (
        g.bernoulli(p, (n,)),
        torch.empty(n, dtype=torch.bool).bernoulli_(p, generator=t),
    )


@st.composite
def biased_coins(draw: st.DrawFn) -> Draw:
    dtype = draw(st.sampled_from(["float16", "float32", "float64"]))
    p = np.array(draw(st.lists(probabilities, max_size=40)), dtype)
    return lambda g, t: (
        g.bernoulli(p).astype(dtype),
        torch.bernoulli(torch.from_numpy(p), generator=t),
    )


@st.composite
def integers(draw: st.DrawFn) -> Draw:
    n = draw(sizes)
    low, high = draw(
        st.one_of(
            st.tuples(int64s, int64s).map(sorted).filter(lambda bounds: bounds[0] < bounds[1]),
            st.tuples(st.integers(-10, 0), st.integers(1, 100)),
            st.tuples(st.just(0), st.sampled_from([2**28 - 1, 2**28, 2**32 - 1, 2**32, 2**32 + 1])),
        )
    )
    return lambda g, t: (
        g.randint(low, high, (n,)),
        torch.randint(low, high, (n,), generator=t),
    )


@st.composite
def typed_integers(draw: st.DrawFn) -> Draw:
    n, dtype = draw(sizes), draw(st.sampled_from(list(TORCH_DTYPE)))
    high = draw(st.integers(1, 2 if dtype == np.bool_ else 127))
    return lambda g, t: (
        g.randint(0, high, (n,), dtype),
        torch.randint(0, high, (n,), generator=t, dtype=TORCH_DTYPE[dtype]),
    )


@st.composite
def full_range_integers(draw: st.DrawFn) -> Draw:
    n, dtype = draw(sizes), draw(st.sampled_from(list(TORCH_DTYPE)))
    return lambda g, t: (g.random((n,), dtype), empty((n,), dtype).random_(generator=t))


@st.composite
def permutations(draw: st.DrawFn) -> Draw:
    n = draw(sizes)
    return lambda g, t: (g.permutation(n), torch.randperm(n, generator=t))


@st.composite
def samples(draw: st.DrawFn) -> Draw:
    dtype = draw(st.sampled_from(["float32", "float64"]))
    rows, n = draw(st.integers(0, 3)), draw(st.integers(1, 50))
    weights = np.random.RandomState(draw(st.integers(0, 10**6))).rand(rows, n).astype(dtype)
    replacement = draw(st.booleans())
    count = draw(st.integers(1, 60 if replacement else n))
    if rows == 1:
        weights = weights[0]
    return lambda g, t: (
        g.multinomial(weights, count, replacement),
        torch.multinomial(torch.from_numpy(weights), count, replacement, generator=t),
    )


KINDS = [uniforms, normals, exponentials, coins, biased_coins, integers, typed_integers]
KINDS += [full_range_integers, permutations, samples]


@pytest.mark.parametrize("kind", KINDS, ids=operator.attrgetter("__name__"))
def test_each_draw_and_the_state_after_it(kind: Callable[[], st.SearchStrategy[Draw]]) -> None:
    @settings(max_examples=150, deadline=None)
    @given(seeds, kind())
    def property_(seed: int, draw: Draw) -> None:
        check(seed, draw)

    property_()


@settings(max_examples=200, deadline=None)
@given(seeds, st.lists(st.one_of([kind() for kind in KINDS]), max_size=12))
def test_mixed_draws_share_one_stream(seed: int, draws: list[Draw]) -> None:
    check(seed, *draws)


@settings(max_examples=100, deadline=None)
@given(seeds, st.lists(normals(), min_size=2, max_size=12))
def test_the_waiting_half_of_a_pair_of_normals(seed: int, draws: list[Draw]) -> None:
    check(seed, *draws)


@settings(max_examples=100, deadline=None)
@given(seeds, st.lists(st.one_of([kind() for kind in KINDS]), max_size=4), normals())
def test_states_travel_both_ways(seed: int, draws: list[Draw], then: Draw) -> None:
    ours, theirs = twins(seed)
    for draw in draws:
        draw(ours, theirs)
    back = random.Generator().set_state(theirs.get_state().numpy())
    forth = torch.Generator()
    forth.set_state(torch.from_numpy(ours.get_state()))
    assert_same_state(back, forth)
    assert_same_bits(*then(back, forth))
    assert_same_state(back, forth)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("shape", [(), (1,), (3, 0), (4, 5), (10_000,), (7, 11, 13)])
def test_shapes_and_large_sizes(shape: tuple[int, ...], dtype: str) -> None:
    kind = np.dtype(dtype)
    check(
        3,
        lambda g, t: (
            g.uniform(shape, -0.3, 0.3, kind),
            empty(shape, kind).uniform_(-0.3, 0.3, generator=t),
        ),
        lambda g, t: (g.normal(shape, dtype=kind), empty(shape, kind).normal_(generator=t)),
        lambda g, t: (
            g.normal(shape, 2.0, 3.0, kind),
            empty(shape, kind).normal_(2, 3, generator=t),
        ),
        lambda g, t: (
            g.exponential(shape, dtype=kind),
            empty(shape, kind).exponential_(generator=t),
        ),
        lambda g, t: (g.permutation(10_000), torch.randperm(10_000, generator=t)),
    )


@settings(max_examples=100, deadline=None)
@given(seeds, floats, st.sampled_from([0.0, 1.0, -3.0]), st.integers(0, 4))
def test_a_uniform_rounded_to_its_open_end_becomes_the_other_end(
    seed: int, dtype: np.dtype[Any], low: float, steps: int
) -> None:
    high = np.array(low, dtype)
    for _ in range(steps):
        high = np.nextafter(high, np.array(np.inf, dtype))
    check(
        seed,
        lambda g, t: (
            g.uniform((50,), low, float(high), dtype),
            torch_uniform(t, (50,), low, float(high), dtype),
        ),
    )


# ------------------------------------------------------------------- every float32 normal there is


def states_that_draw(words: Array) -> Array:
    """Generator states whose next 608 draws are the rows of `words`, shape (states, 608)."""
    y = words.astype(np.uint32)
    # Undo the twister's output function, step by step.
    y ^= y >> np.uint32(18)
    y ^= (y << np.uint32(15)) & np.uint32(0xEFC60000)
    x = y.copy()
    for _ in range(4):
        x = y ^ ((x << np.uint32(7)) & np.uint32(0x9D2C5680))
    y = x.copy()
    for _ in range(2):
        y = x ^ (y >> np.uint32(11))
    records = np.zeros(len(words), random._STATE)
    legacy = records["legacy"]
    legacy["left"], legacy["next"], legacy["seeded"] = 609, 16, 1
    legacy["words"][:, 16:] = y
    return records.view(np.uint8).reshape(len(words), -1)


def test_all_float32_normals() -> None:
    """Of the 2^24 values of either uniform in Box and Muller's transform, each gives torch's bits.

    A normal is radius(u1) * cos(angle(u2)), or sin. With u2 = 0 it is the radius itself; and there
    is one u1 whose radius is 1. So two passes over 2^24 numbers see all of the three functions.
    """
    unit_radius = 6601320
    every = np.resize(np.arange(2**24), (55189, 38, 8))  # the first few come twice
    generator = torch.Generator()
    theirs = torch.empty(608)
    for u1, u2 in [(every, 0 * every), (np.full_like(every, unit_radius), every)]:
        words = np.stack([u1, u2], axis=2).reshape(-1, 608)
        ours = distributions.box_muller_blocks(
            distributions.unit_float32(words.astype(np.uint64)).ravel()
        )
        ours = ours.reshape(-1, 608) + np.float32(0)  # mean 0 makes -0 a 0
        if u1 is not every:
            assert ours[0, 0] == 1
        for state, row in zip(states_that_draw(words), ours, strict=True):
            generator.set_state(torch.from_numpy(state))
            assert row.tobytes() == theirs.normal_(generator=generator).numpy().tobytes()


# ------------------------------------------------------------------------ one rounding, not two


def correctly_rounded(exact: Fraction, digits: int) -> float:
    """The nearest binary number of so many digits, ties to even."""
    if exact == 0:
        return 0.0
    exponent = digits - abs(exact.numerator).bit_length() + exact.denominator.bit_length()
    while abs(exact) * Fraction(2) ** exponent >= 2**digits:
        exponent -= 1
    return float(round(exact * Fraction(2) ** exponent) / Fraction(2) ** exponent)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from([(np.float32, 24), (np.float64, 53)]), st.data())
def test_fused_is_the_exact_value_rounded_once(
    format_: tuple[type, int], data: st.DataObject
) -> None:
    dtype, digits = format_
    number = st.floats(-1e6, 1e6, width=32 if digits == 24 else 64).filter(
        lambda v: v == 0 or abs(v) > 1e-6
    )
    x, scale, shift = data.draw(number), data.draw(number), data.draw(number)
    exact = Fraction(x) * Fraction(scale) + Fraction(shift)
    assert distributions.fused(np.array([x], dtype), scale, shift)[0] == correctly_rounded(
        exact, digits
    )


def test_fused_sees_past_a_tie() -> None:
    x = np.array([1 + 2.0**-23], np.float32)
    scale, shift = 0.5 * (1 - 2.0**-23), 2.0**23 + 1
    # x * scale is 2^-47 short of one half, so the sum is nearer to shift than to shift + 1;
    # float64 has no room for that and makes it a tie.
    assert np.float32(float(x[0]) * scale + shift) == shift + 1
    assert distributions.fused(x, scale, shift)[0] == shift
    assert distributions.fused(-x, scale, -shift)[0] == -shift


def test_extreme_parameters_warn_as_little_as_in_pytorch() -> None:
    for mean, std in [
        (np.inf, 1.0),
        (0.0, np.inf),
        (1.0, np.inf),
        (1e39, 1e39),
        (np.nan, 1.0),
        (1.0, 0.0),
    ]:
        for n in (5, 20):
            ours, theirs = twins(1)
            expected = torch.empty(n).normal_(mean, std, generator=theirs).numpy()
            np.testing.assert_array_equal(ours.normal((n,), mean, std), expected)
    assert random.Generator().exponential((3,), 1e-300).tolist() == [np.inf] * 3


# --------------------------------------------------------------------------- seeds and the module


@pytest.mark.parametrize("seed", [0, 1, -1, 42, 2**32, 2**32 + 42, 2**64 - 1, -(2**63)])
def test_seeds_are_remapped_as_in_pytorch(seed: int) -> None:
    ours, theirs = twins(seed)
    assert_same_state(ours, theirs)
    check(seed, lambda g, t: (g.uniform((5,)), torch.rand(5, generator=t)))


def test_a_new_generator_has_pytorchs_default_seed() -> None:
    assert_same_state(random.Generator(), torch.Generator())


def test_unforeseeable_seeds() -> None:
    generator = random.Generator()
    found = {generator.seed() for _ in range(5)}
    assert len(found) == 5
    assert generator.initial_seed() in found


def test_the_module_speaks_for_the_default_generator() -> None:
    before = random.get_rng_state()
    try:
        assert random.manual_seed(7) is random.default_generator
        torch.manual_seed(7)
        assert random.initial_seed() == torch.initial_seed() == 7
        assert_same_bits(random.default_generator.normal((3,)), torch.randn(3))
        assert random.get_rng_state().tobytes() == torch.get_rng_state().numpy().tobytes()
        kept = random.get_rng_state()
        first = random.default_generator.normal((20,))
        random.set_rng_state(kept)
        assert_same_bits(first, torch.from_numpy(random.default_generator.normal((20,))))
        assert random.seed() == random.initial_seed()
    finally:
        random.set_rng_state(before)


# ---------------------------------------------------------------------------------- bad arguments


g, t = random.Generator(), torch.Generator()
w, one = np.array([1.0, 2.0, 3.0], np.float32), np.array([1])
tw, tone = torch.from_numpy(w), torch.from_numpy(one)
x, k = torch.empty(2), torch.empty(2, dtype=torch.int64)
u1, tu1 = np.uint8, torch.uint8
inf, nan = np.inf, np.nan
not_a_seed: Any = "a"
floating_state: Any = np.zeros(5056)

# What we refuse, what PyTorch refuses, and what the message must mention.
REFUSED: list[tuple[Callable[[], object], Callable[[], object], str]] = [
    (lambda: g.manual_seed(2**64), lambda: t.manual_seed(2**64), "18446744073709551616"),
    (lambda: g.manual_seed(-(2**63) - 1), lambda: t.manual_seed(-(2**63) - 1), "-922337203685477"),
    (lambda: g.manual_seed(not_a_seed), lambda: t.manual_seed(not_a_seed), "str"),
    (lambda: g.manual_seed(True), lambda: t.manual_seed(True), "bool"),
    (lambda: g.set_state(np.zeros(10, u1)), lambda: t.set_state(torch.zeros(10, dtype=tu1)), "10"),
    (
        lambda: g.set_state(np.zeros(5056, u1)),
        lambda: t.set_state(torch.zeros(5056, dtype=tu1)),
        "Mersenne",
    ),
    (lambda: g.set_state(floating_state), lambda: t.set_state(torch.zeros(5056)), "uint8"),
    (lambda: g.uniform((2, -1)), lambda: torch.rand(2, -1), "-1"),
    (lambda: g.uniform((2,), 3, 1), lambda: x.uniform_(3, 1), "low=3"),
    (lambda: g.uniform((2,), 0, 1e39), lambda: x.uniform_(0, 1e39), "1e\\+39"),
    (lambda: g.uniform((2,), -3e38, 3e38), lambda: x.uniform_(-3e38, 3e38), "float32"),
    (lambda: g.uniform((2,), nan, 1), lambda: x.uniform_(nan, 1), "nan"),
    (lambda: g.uniform((2,), dtype=np.int64), lambda: k.uniform_(), "int64"),
    (lambda: g.normal((2,), dtype=np.int64), lambda: k.normal_(), "int64"),
    (lambda: g.normal((0,), 0, -1), lambda: torch.empty(0).normal_(0, -1), "std=-1"),
    (lambda: g.exponential((2,), 0), lambda: x.exponential_(0), "rate"),
    (lambda: g.bernoulli(1.5, (2,)), lambda: x.bernoulli_(1.5), "1.5"),
    (lambda: g.bernoulli(nan, (2,)), lambda: x.bernoulli_(nan), "nan"),
    (lambda: g.bernoulli(w), lambda: torch.bernoulli(tw), "3"),
    (lambda: g.bernoulli(one), lambda: torch.bernoulli(tone), "int64"),
    (lambda: g.randint(5, 5, (2,)), lambda: torch.randint(5, 5, (2,)), "low=5"),
    (lambda: g.randint(0, 300, (2,), u1), lambda: torch.randint(0, 300, (2,), dtype=tu1), "299"),
    (lambda: g.randint(-1, 3, (2,), u1), lambda: torch.randint(-1, 3, (2,), dtype=tu1), "-1"),
    (
        lambda: g.randint(0, 2**63, (2,)),
        lambda: torch.randint(0, 2**63, (2,)),
        "9223372036854775808",
    ),
    (lambda: g.permutation(-1), lambda: torch.randperm(-1), "-1"),
    (lambda: g.multinomial(w, 4), lambda: torch.multinomial(tw, 4), "4"),
    (lambda: g.multinomial(w, 0), lambda: torch.multinomial(tw, 0), "0"),
    (lambda: g.multinomial(-w, 1), lambda: torch.multinomial(-tw, 1), "below 0"),
    (lambda: g.multinomial(w / 0, 2, True), lambda: torch.multinomial(tw / 0, 2, True), "inf"),
    (lambda: g.multinomial(0 * w, 2), lambda: torch.multinomial(0 * tw, 2), "sum"),
    (lambda: g.multinomial(w[0], 1), lambda: torch.multinomial(tw[0], 1), "dimension"),
    (lambda: g.multinomial(one, 1), lambda: torch.multinomial(tone, 1), "int64"),
]


@np.errstate(divide="ignore")
@pytest.mark.parametrize(("ours", "theirs", "mention"), REFUSED)
def test_bad_arguments_raise_what_pytorch_raises_and_draw_nothing(
    ours: Callable[[], object], theirs: Callable[[], object], mention: str
) -> None:
    before = g.get_state().tobytes()
    with pytest.raises(Exception) as in_pytorch:
        theirs()
    with pytest.raises(in_pytorch.type, match=mention):
        ours()
    assert g.get_state().tobytes() == before


def test_integers_that_a_float_cannot_hold_are_refused_not_rounded() -> None:
    with pytest.raises(NotImplementedError, match="float32"):
        random.Generator().randint(0, 2**25, (2,), np.float32)


def test_huge_permutations_take_64_bits_a_place(monkeypatch: pytest.MonkeyPatch) -> None:
    # PyTorch does so from n = 214748364 on, which is too large for a test; here, from 10 on.
    monkeypatch.setattr(random, "WIDE_PERMUTATION", 10)
    ours, twin = random.Generator(), random.Generator()
    expected: list[int] = []
    for i in range(10):
        high, low = twin._bits32(2).tolist()
        place = (high * 2**32 + low) % (i + 1)
        expected.append(i)
        expected[i], expected[place] = expected[place], i
    assert ours.permutation(10).tolist() == expected
    assert ours.get_state().tobytes() == twin.get_state().tobytes()


def test_a_shuffle_of_the_courses_data_takes_well_under_a_millisecond() -> None:
    generator = random.Generator()
    generator.permutation(400)
    times = []
    for _ in range(20):
        start = time.perf_counter()
        generator.permutation(400)
        times.append(time.perf_counter() - start)
    assert min(times) < 1e-3
