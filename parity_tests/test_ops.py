"""Every op of the table against PyTorch: results, gradients, gradients of gradients, dtypes."""

import copy
import functools
import importlib
import inspect
import pickle
import pkgutil
import warnings
from operator import attrgetter

import numpy as np
import pytest
import torch
from hypothesis import strategies as st

import tinygrad_edu
from tinygrad_edu import ops as engine_ops

from .cases import cases, edge_cases
from .draws import Floats
from .examples import drawn
from .judge import check, count_case
from .opinfo.calls import found
from .opinfo.table import TABLE
from .ops import ELSEWHERE, OPS, ROWS
from .rows.creations import CREATIONS
from .runner import attempt, compare_errors, judge_case

#: Rows draw shapes with one element, of which there is no variance; test_warnings.py has what is
#: said then.
pytestmark = pytest.mark.filterwarnings("ignore:.*degrees of freedom is <= 0:UserWarning")

EDGY = [p for p in ROWS if p.values[0].edge_data]
SIDES = (tinygrad_edu, torch)
FEW = 3  # examples
NO_FLOATS = ("b", "u8", "i8", "i16", "i32", "i64")


def float_count(row):
    return sum(isinstance(kind, Floats) for kind in row.arguments)


@pytest.mark.on_device
@pytest.mark.parametrize("dtype", ["f64", "f32"])
@pytest.mark.parametrize("row", ROWS)
@drawn()
def test_random_cases(row, dtype, data):
    judge_case(data.draw(cases(row, (dtype,))))


@pytest.mark.on_device
@pytest.mark.parametrize("dtype", ["f64", "f32"])
@pytest.mark.parametrize("row", EDGY)
def test_special_values(row, dtype):
    for case in edge_cases(row, dtype):
        judge_case(case)


@pytest.mark.on_device
@pytest.mark.parametrize("dtype", ["f64", "f32"])
@pytest.mark.parametrize("row", [p for p in ROWS if "nonfinite" not in p.values[0].skipped])
@drawn(FEW)
def test_infinities_and_nans_among_other_numbers(row, dtype, data):
    judge_case(data.draw(cases(row, (dtype,), data=("nonfinite",))))


@functools.cache
def nonempty(drawn):
    """Without empty tensors, on which PyTorch's kernels never get to see that a dtype is wrong."""
    return drawn.filter(lambda case: all(0 not in (shape or ()) for shape in case.shapes))


@pytest.mark.on_device
@pytest.mark.parametrize("dtype", NO_FLOATS)
@pytest.mark.parametrize("row", ROWS)
@drawn(FEW)
def test_other_dtypes(row, dtype, data):
    """PyTorch's result, or its error, for integers and bools, up to the ends of their range."""
    judge_case(data.draw(nonempty(cases(row, (dtype,), data=("ties", "extreme")))))


@pytest.mark.on_device
@pytest.mark.parametrize(
    "row", [p for p in ROWS if float_count(p.values[0]) > 1 and p.values[0].mixed]
)
@drawn()
def test_mixed_dtypes(row, data):
    """Promotion, and a gradient in each argument's own dtype."""
    dtypes = data.draw(st.tuples(*[st.sampled_from(row.mixed)] * float_count(row)))
    judge_case(data.draw(nonempty(cases(row, dtypes))))


@pytest.mark.parametrize("call", CREATIONS)
def test_creation(call):
    count_case()
    x = np.arange(6.0).reshape(2, 3)
    names = [{"lib": lib, "numpy": np, "x": lib.tensor(x, requires_grad=True)} for lib in SIDES]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch's, as for copying from a tensor
        (got, error), (expected, their_error) = (attempt(lambda n=n: eval(call, n)) for n in names)
    compare_errors(error, their_error)
    if isinstance(expected, torch.Tensor):
        assert got.requires_grad == expected.requires_grad
        check(got, expected)
    else:
        assert got == expected


@pytest.mark.parametrize("copied", [lambda t: pickle.loads(pickle.dumps(t)), copy.deepcopy])
def test_copied_tensors_compute(copied):
    """Unpickled arrays have dtypes that are equal to NumPy's own, but other objects."""
    gradients = []
    for copy_of in (copied, lambda t: t.detach().clone().requires_grad_()):
        x = tinygrad_edu.tensor([[1.0, 2.0]], requires_grad=True)
        y = copy_of(x)
        out = (y @ x.T + x * y).sum() + tinygrad_edu.nn.functional.linear(x, y, y[0, :1]).sum()
        out.backward()
        gradients.append((x.grad.tolist(), y.grad.tolist(), y.grad.dtype is x.grad.dtype))
    assert gradients[0] == gradients[1]


def test_every_op_is_in_the_table():
    """Whoever adds an op, adds a row."""
    rooms = [
        importlib.import_module(f"{engine_ops.__name__}.{room.name}")
        for room in pkgutil.iter_modules(engine_ops.__path__)
    ]
    public = {
        name
        for module in rooms
        for name, value in vars(module).items()
        if inspect.isfunction(value)
        and value.__module__.startswith(engine_ops.__name__)  # the forms in place are of `inplace`
        and not name.startswith("_")
        and (callable(getattr(tinygrad_edu, name, None)) or hasattr(tinygrad_edu.Tensor, name))
    }
    tested = {name.split("-")[0] for name in OPS} | ELSEWHERE.keys()
    assert public <= tested, f"no row for {sorted(public - tested)}"


#: Where functions are that need not be functions or methods of the library itself.
NAMESPACES = ("linalg", "nn.functional", "signal.windows", "special")


def called(name):
    """The function that a row of this name calls: the library's own comes first."""
    places = ("", *(f"{namespace}." for namespace in NAMESPACES))
    return next(filter(None, (found(tinygrad_edu, f"{place}{name}") for place in places)), None)


def without_a_row():
    """The functions in namespaces that neither a row, PyTorch's samples nor `ELSEWHERE` has."""
    rows = {called(name.split("-")[0]) for name in OPS} | {called(name) for name in ELSEWHERE}
    tested = rows | {found(tinygrad_edu, op.name) for op in TABLE}
    both = ((space, *(attrgetter(space)(side) for side in SIDES)) for space in NAMESPACES)
    public = {
        f"{space}.{name}": getattr(ours, name)
        for space, ours, theirs in both
        for name in {*dir(ours)} & {*dir(theirs)}  # what is imported there has other names
        if not name.startswith("_") and inspect.isfunction(getattr(ours, name))
    }
    assert len(public) > 200
    return {name for name, function in public.items() if function not in tested}


def test_every_function_of_a_namespace_is_tested():
    """Whoever adds one to ``special``, say, adds a row."""
    assert not without_a_row()


@pytest.mark.parametrize("name", ["special.airy_ai", "linalg.ldl_solve", "linalg.norm"])
def test_a_function_without_a_row_is_noticed(monkeypatch, name):
    """It is new, or another than the one of the same name that has a row."""
    namespace, _, last = name.partition(".")
    new = lambda input: input  # noqa: E731
    monkeypatch.setattr(getattr(tinygrad_edu, namespace), last, new, raising=False)
    monkeypatch.setattr("parity_tests.test_ops.TABLE", [op for op in TABLE if op.name != name])
    assert without_a_row() == {name}
