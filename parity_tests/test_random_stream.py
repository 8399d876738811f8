"""The random stream is PyTorch's, bit for bit: every draw, every state, every interplay."""

import operator
import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import tinygrad_edu
from tinygrad_edu import random, random_numbers, random_stream

from .twins import (
    FLOATS,
    TORCH_DTYPE,
    Array,
    Draw,
    assert_same_bits,
    assert_same_state,
    check,
    empty,
    torch_uniform,
    twins,
)

seeds = st.integers(-(2**63), 2**64 - 1)
sizes = st.sampled_from([0, 1, 2, 3, 15, 16, 17, 31, 32, 33, 100, 1000])
floats = st.sampled_from(FLOATS).map(np.dtype)
numbers = st.floats(-(2**10), 2**10, width=32)
positive = st.floats(2**-10, 2**10, width=32)
probabilities = st.floats(0, 1)
int64s = st.integers(-(2**63), 2**63 - 1)


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


@settings(max_examples=50, deadline=None)
@given(seeds, seeds, normals())
def test_a_new_seed_forgets_the_waiting_half(seed: int, new_seed: int, then: Draw) -> None:
    ours, theirs = twins(seed)
    assert_same_bits(ours.normal((3,)), torch.empty(3).normal_(generator=theirs))
    ours.manual_seed(new_seed)
    theirs.manual_seed(new_seed)
    assert_same_state(ours, theirs)
    assert_same_bits(*then(ours, theirs))
    assert_same_state(ours, theirs)


@settings(max_examples=100, deadline=None)
@given(seeds, st.lists(st.one_of([kind() for kind in KINDS]), max_size=4), normals())
def test_states_travel_both_ways(seed: int, draws: list[Draw], then: Draw) -> None:
    ours, theirs = twins(seed)
    for draw in draws:
        draw(ours, theirs)
    back = random.Generator().set_state(tinygrad_edu.from_numpy(theirs.get_state().numpy()))
    forth = torch.Generator()
    forth.set_state(torch.from_numpy(ours.get_state().numpy()))
    assert_same_state(back, forth)
    assert_same_bits(*then(back, forth))
    assert_same_state(back, forth)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("shape", [(), (1,), (3, 0), (4, 5), (20_000,), (7, 11, 13)])
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


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_uniform_numbers_need_little_memory_on_the_way(dtype: str) -> None:
    generator = random.Generator().manual_seed(0)
    generator.uniform((1,))  # what is loaded at the first draw does not count
    tracemalloc.start()
    values = generator.uniform((2_000_000,), -0.1, 0.1, np.dtype(dtype))
    used = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert used < 1.5 * values.nbytes


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
    records = np.zeros(len(words), random_stream._STATE)
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
    at_angle_0 = np.repeat(np.array([unit_radius, 0], np.uint64), 8)
    assert random_numbers.box_muller_blocks(random_numbers.unit_float32(at_angle_0))[0] == 1
    generator = torch.Generator()
    theirs = torch.empty(608)
    numbers = np.resize(np.arange(2**24, dtype=np.uint32), (55200, 38, 8))  # a few come twice
    for every in np.split(numbers, 55200 // 80):  # so many at once, as fit into the cache
        for u1, u2 in [(every, 0 * every), (np.full_like(every, unit_radius), every)]:
            words = np.stack([u1, u2], axis=2).reshape(-1, 608)
            ours = random_numbers.box_muller_blocks(
                random_numbers.unit_float32(words.astype(np.uint64)).ravel()
            )
            ours = ours.reshape(-1, 608) + np.float32(0)  # mean 0 makes -0 a 0
            for state, row in zip(states_that_draw(words), ours, strict=True):
                generator.set_state(torch.from_numpy(state))
                assert row.tobytes() == theirs.normal_(generator=generator).numpy().tobytes()
