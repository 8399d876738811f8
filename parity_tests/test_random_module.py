"""The random module around the draws: rounding, seeds, the default generator, bad arguments."""

import math
import time
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import tinygrad_edu
from tinygrad_edu import random, random_numbers

from .both import both, both_raise
from .twins import assert_same_bits, assert_same_state, check, twins
from .versions import BUILT_FOR_GPUS

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
    assert random_numbers.fused(np.array([x], dtype), scale, shift)[0] == correctly_rounded(
        exact, digits
    )


def test_fused_sees_past_a_tie() -> None:
    x = np.array([1 + 2.0**-23], np.float32)
    scale, shift = 0.5 * (1 - 2.0**-23), 2.0**23 + 1
    # x * scale is 2^-47 short of one half, so the sum is nearer to shift than to shift + 1;
    # float64 has no room for that and makes it a tie.
    assert np.float32(float(x[0]) * scale + shift) == shift + 1
    assert random_numbers.fused(x, scale, shift)[0] == shift
    assert random_numbers.fused(-x, scale, -shift)[0] == -shift


@settings(max_examples=300, deadline=None)
@given(st.integers(2**52, 2**53 - 1), st.integers(3, 9), st.integers(-60, 60), st.data())
def test_fused_sees_past_a_tie_of_float64(
    n: int, scale: int, power: int, data: st.DataObject
) -> None:
    """A product half way between two numbers, or nearly, and a shift too small for its last digit
    but for that."""
    x = np.array([math.ldexp(n, power)])
    shift = data.draw(st.sampled_from([-1.0, 1.0])) * 10.0 ** -data.draw(st.integers(1, 300))
    exact = Fraction(x[0]) * scale + Fraction(shift)
    assert random_numbers.fused(x, scale, shift)[0] == correctly_rounded(exact, 53)
    assert random_numbers.fused(-x, scale, -shift)[0] == -correctly_rounded(exact, 53)


def test_a_normal_half_way_between_two_numbers() -> None:
    check(
        4,
        lambda g, t: (
            g.normal((1,), 6.325774534623845e-34, 3.0, np.dtype("float64")),
            torch.empty(1, dtype=torch.float64).normal_(6.325774534623845e-34, 3.0, generator=t),
        ),
    )


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
    double = np.dtype("float64")
    for mean, std in [(1e300, 1e308), (1.7e308, 1.0), (-1.0, 1.7e308)]:
        check(
            0,
            lambda g, t, m=mean, s=std: (
                g.normal((40,), m, s, double),
                torch.empty(40, dtype=torch.float64).normal_(m, s, generator=t),
            ),
        )
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
        assert random.get_rng_state().numpy().tobytes() == torch.get_rng_state().numpy().tobytes()
        kept = random.get_rng_state()
        first = random.default_generator.normal((20,))
        assert type(kept) is tinygrad_edu.Tensor and kept.dtype is tinygrad_edu.uint8
        assert kept.shape == torch.get_rng_state().shape and not kept.requires_grad
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


def zeros(size: int) -> tinygrad_edu.Tensor:
    return tinygrad_edu.zeros(size, dtype=tinygrad_edu.uint8)


# What we refuse, what PyTorch refuses, and what the message must mention.
REFUSED: list[tuple[Callable[[], object], Callable[[], object], str]] = [
    (lambda: g.manual_seed(2**64), lambda: t.manual_seed(2**64), "18446744073709551616"),
    (lambda: g.manual_seed(-(2**63) - 1), lambda: t.manual_seed(-(2**63) - 1), "-922337203685477"),
    (lambda: g.manual_seed(not_a_seed), lambda: t.manual_seed(not_a_seed), "str"),
    (lambda: g.manual_seed(True), lambda: t.manual_seed(True), "bool"),
    (lambda: g.set_state(zeros(10)), lambda: t.set_state(torch.zeros(10, dtype=tu1)), "10"),
    (
        lambda: g.set_state(zeros(5056)),
        lambda: t.set_state(torch.zeros(5056, dtype=tu1)),
        "Mersenne",
    ),
    (
        lambda: g.set_state(zeros(5056).float()),
        lambda: t.set_state(torch.zeros(5056)),
        "ByteTensor",
    ),
    (
        lambda: g.set_state(np.zeros(5056, u1)),
        lambda: t.set_state(np.zeros(5056, u1)),
        "ByteTensor",
    ),  # type: ignore[arg-type]
    (lambda: g.set_state(5), lambda: t.set_state(5), "Byte"),  # type: ignore[arg-type]
    (lambda: g.uniform((2, -1)), lambda: torch.rand(2, -1), "-1"),
    (lambda: g.uniform((2,), 3, 1), lambda: x.uniform_(3, 1), "from=3"),
    (lambda: g.uniform((2,), 0, 1e39), lambda: x.uniform_(0, 1e39), "1e\\+39"),
    (lambda: g.uniform((2,), -3e38, 3e38), lambda: x.uniform_(-3e38, 3e38), "float32"),
    (lambda: g.uniform((2,), nan, 1), lambda: x.uniform_(nan, 1), "nan"),
    (lambda: g.uniform((2,), dtype=np.int64), lambda: k.uniform_(), "int64"),
    (lambda: g.normal((2,), dtype=np.int64), lambda: k.normal_(), "int64"),
    (lambda: g.normal((0,), 0, -1), lambda: torch.empty(0).normal_(0, -1), "std -1"),
    (lambda: g.exponential((2,), 0), lambda: x.exponential_(0), "lambda=0"),
    (lambda: g.bernoulli(1.5, (2,)), lambda: x.bernoulli_(1.5), "1.5"),
    (lambda: g.bernoulli(nan, (2,)), lambda: x.bernoulli_(nan), "nan"),
    (lambda: g.bernoulli(w), lambda: torch.bernoulli(tw), "3"),
    (lambda: g.bernoulli(one), lambda: torch.bernoulli(tone), "int64"),
    (lambda: g.randint(5, 5, (2,)), lambda: torch.randint(5, 5, (2,)), "from=5"),
    (lambda: g.randint(0, 300, (2,), u1), lambda: torch.randint(0, 300, (2,), dtype=tu1), "299"),
    (lambda: g.randint(-1, 3, (2,), u1), lambda: torch.randint(-1, 3, (2,), dtype=tu1), "-1"),
    (
        lambda: g.randint(0, 2**63, (2,)),
        lambda: torch.randint(0, 2**63, (2,)),
        "9223372036854775808",
    ),
    (lambda: g.permutation(-1), lambda: torch.randperm(-1), "-1"),
    (lambda: g.multinomial(w, 4), lambda: torch.multinomial(tw, 4), "without replacement"),
    (lambda: g.multinomial(w, 0), lambda: torch.multinomial(tw, 0), "<= 0"),
    (lambda: g.multinomial(-w, 1), lambda: torch.multinomial(-tw, 1), "element < 0"),
    (lambda: g.multinomial(w / 0, 2, True), lambda: torch.multinomial(tw / 0, 2, True), "inf"),
    (lambda: g.multinomial(0 * w, 2), lambda: torch.multinomial(0 * tw, 2), "sum"),
    (lambda: g.multinomial(w[0], 1), lambda: torch.multinomial(tw[0], 1), "1 or 2 dim"),
    (lambda: g.multinomial(one, 1), lambda: torch.multinomial(tone, 1), "Long"),
]


@np.errstate(divide="ignore")
@pytest.mark.parametrize(("ours", "theirs", "mention"), REFUSED)
def test_bad_arguments_raise_what_pytorch_raises_and_draw_nothing(
    ours: Callable[[], object], theirs: Callable[[], object], mention: str
) -> None:
    before = g.get_state().numpy().tobytes()
    with pytest.raises(Exception) as in_pytorch:
        theirs()
    with pytest.raises(in_pytorch.type, match=mention):
        ours()
    assert g.get_state().numpy().tobytes() == before


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
    assert ours.get_state().numpy().tobytes() == twin.get_state().numpy().tobytes()


def test_a_shuffle_of_the_courses_data_takes_well_under_a_millisecond() -> None:
    generator = random.Generator()
    generator.permutation(400)
    times = []
    for _ in range(20):
        start = time.perf_counter()
        generator.permutation(400)
        times.append(time.perf_counter() - start)
    assert min(times) < 1e-3


def test_generators_are_on_the_cpu_and_can_be_copied():
    def run(lib):
        generator = lib.Generator(device="cpu").manual_seed(3)
        lib.randn(3, generator=generator)
        copy = generator.clone_state()
        draws = [lib.randn(5, generator=g).tolist() for g in (copy, generator)]
        return str(generator.device), draws[0] == draws[1], draws

    both(run)
    if not BUILT_FOR_GPUS:
        both_raise(lambda lib: lib.Generator("cuda"))
    both_raise(lambda lib: lib.Generator(device="nowhere"))
