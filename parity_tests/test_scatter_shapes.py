"""Putting elements where the index is empty, or something has no dimensions, or is complex."""

import pytest

from .both import BOTH, both, both_raise
from .programs import compare, raised

CALLS = {
    "scatter": lambda lib, x, i, s: lib.scatter(x, 0, i, s),
    "scatter_add": lambda lib, x, i, s: lib.scatter_add(x, 0, i, s),
    **{
        f"{name} {own}": lambda lib, x, i, s, name=name, own=own: lib.scatter_reduce(
            x, 0, i, s, name, include_self=own
        )
        for name in ("sum", "prod", "mean", "amax", "amin")
        for own in (True, False)
    },
}

#: The values of x, index and source.
SHAPES = {
    "no dimensions": (2.0, 0, 5.0),
    "an index in a list": (2.0, [0], [5.0]),
    "several indices for one number": (2.0, [0, 0], [5.0, 7.0]),
    "an index without dimensions": ([1.0, 3.0], 1, 5.0),
    "an empty index": ([1.0, 3.0, 2.0], [], []),
    "an empty index in one dimension": ([[1.0, 3.0]], [], [4.0]),
    "an empty index for one number": (2.0, [], []),
    "nothing": ([], [], []),
}


#: PyTorch leaves open which of several elements for one place `scatter` keeps.
CASES = [
    (call, shapes)
    for call in CALLS
    for shapes in SHAPES
    if (call, shapes) != ("scatter", "several indices for one number")
]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("call", "shapes"), CASES)
def test_values_and_gradients(call, shapes, dtype):
    def run(lib):
        x, index, source = SHAPES[shapes]
        kind = getattr(lib, dtype)
        x, source = (lib.tensor(v, dtype=kind, requires_grad=True) for v in (x, source))
        index = lib.tensor(index, dtype=lib.int64)
        out = CALLS[call](lib, x, index, source)
        (out * (out.detach() + 2)).sum().backward()
        return [(t.tolist(), tuple(t.shape)) for t in (out, x.grad, source.grad)]

    both(run)


@pytest.mark.parametrize("index", [0, [0], []])
@pytest.mark.parametrize("x", [2.0, [2.0, 3.0]])
def test_a_number_is_put(x, index):
    def run(lib):
        places = lib.tensor(index, dtype=lib.int64)
        tensor = lib.tensor(x, requires_grad=True)
        out = lib.scatter(tensor, 0, places, 5.0)
        out.sum().backward()
        changed = lib.tensor(x).scatter_(0, places, 5.0)
        return out.tolist(), tensor.grad.tolist(), changed.tolist()

    both(run)


@pytest.mark.parametrize("index", [0, [0], []])
@pytest.mark.parametrize("x", [2.0, [2.0, 3.0]])
@pytest.mark.parametrize("reduce", ["add", "multiply", "divide"])
@pytest.mark.filterwarnings("ignore:The reduce argument of torch.scatter:UserWarning")
def test_a_number_is_added_or_multiplied(reduce, x, index):
    def run(lib):
        places = lib.tensor(index, dtype=lib.int64)
        source = lib.full(places.shape, 5.0)
        return [
            raised(lambda put=put, given=given: put(0, places, given, reduce=reduce))
            for given in (5.0, source)
            for put in (lib.tensor(x).scatter, lib.tensor(x).scatter_)
        ]

    compare(run)


@pytest.mark.parametrize("call", CALLS)
def test_an_empty_index_has_any_dtype_and_a_source_has_not(call):
    def empty(lib):
        return CALLS[call](lib, lib.ones(3), lib.tensor([]), lib.tensor([])).tolist()

    def from_a_larger_source(lib):
        index = lib.tensor([], dtype=lib.int64)
        return CALLS[call](lib, lib.ones(3), index, lib.tensor([4.0, 5.0])).tolist()

    both(empty)
    both(from_a_larger_source)
    both_raise(
        lambda lib: CALLS[call](
            lib, lib.ones(3), lib.tensor([], dtype=lib.int64), lib.tensor([]).double()
        )
    )
    both_raise(lambda lib: CALLS[call](lib, lib.tensor(1.0), lib.tensor(1), lib.tensor(5.0)))
    both_raise(lambda lib: CALLS[call](lib, lib.ones(2), lib.tensor(2), lib.tensor(5.0)))
    both_raise(lambda lib: CALLS[call](lib, lib.ones(2, 2), lib.tensor([0]), lib.ones(1)))


def test_the_result_is_no_view():
    for lib in BOTH:
        for x in (lib.ones(3), lib.tensor(1.0)):
            out = lib.scatter_add(x, 0, lib.tensor([], dtype=lib.int64), lib.tensor([]))
            out.zero_()
            assert (x == 1).all()


@pytest.mark.parametrize("value", [1j, 2 - 1j])
@pytest.mark.parametrize("dtype", ["float32", "int64"])
def test_a_complex_number_cannot_be_assigned(value, dtype):
    both_raise(lambda lib: lib.zeros(3, dtype=getattr(lib, dtype)).__setitem__(0, value))


def test_a_complex_number_without_an_imaginary_part_can():
    def run(lib):
        x = lib.zeros(2)
        x[0] = 3 + 0j
        return x.tolist()

    assert both(run) == [3.0, 0.0]
