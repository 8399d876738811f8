"""The recorded graphs are PyTorch's: names of nodes, edges, sharing."""

import warnings

import pytest
import torch

import tinygrad_edu

from .bridge import Bridge
from .cases import arguments, cases
from .examples import drawn
from .judge import count_case
from .ops import ROWS
from .programs import graph_difference, leaf
from .runner import attempt, flat

#: Rows draw shapes with one element, of which there is no variance; test_warnings.py has what is
#: said then.
pytestmark = pytest.mark.filterwarnings("ignore:.*degrees of freedom is <= 0:UserWarning")


@pytest.mark.parametrize("row", ROWS)
@drawn(5)
def test_graphs_are_those_of_pytorch(row, data):
    case = data.draw(cases(row, ("f32",)))
    count_case()
    theirs = arguments(case, row)
    bridge = Bridge()
    ours = [bridge.to_ours(t) for t in theirs]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch's
        expected, error = attempt(lambda: flat(row.call(torch, *theirs, **case.options)))
    if error is not None:
        return  # test_ops.py compares what is raised
    got = flat(row.call(tinygrad_edu, *ours, **case.options))
    for mine, other in zip(got, expected, strict=True):
        difference = graph_difference(
            getattr(mine, "grad_fn", None), getattr(other, "grad_fn", None)
        )
        assert difference is None or row.graph, f"{case.id}: {difference}"
        if not row.graph:  # of another node it may be another output
            assert getattr(mine, "output_nr", 0) == getattr(other, "output_nr", 0)
        assert getattr(mine, "is_leaf", None) == getattr(other, "is_leaf", None)


def graph_of(expression):
    def run(library):
        names = {"lib": library, "x": leaf(library, *range(1, 7), shape=(2, 3)),
                 "y": leaf(library, 1.0, 2.0, 3.0), "z": library.ones(2, 3).double()}  # fmt: skip
        return eval(expression, names).grad_fn

    return run


@pytest.mark.parametrize(
    "expression",
    [
        "x + x", "x * x + y", "(x + 1) * (x - 1)", "x * z", "z * y / x", "-x ** 2", "2 ** x",
        "1 / x", "1 - x", "x @ y", "x @ x.T", "(x @ y).relu().sum()", "x[0] + x[1]",
        "x.sum(0).mean()", "x.softmax(1).log().sum()", "lib.cat([x, x * 2]).max(1).values.sum()",
        "lib.stack([y, y]).t().reshape(-1)", "x.split(1)[1] * x.split(1)[0]",
        "x.unbind(1)[2] + y[0]", "x[:, 1:].exp()",
        "(x * 2).detach() + y", "x.double() + y", "x.float().double()", "x.flatten().unsqueeze(0)",
        "lib.where(x > 2, x, y)", "x.clamp(2, 4).var()", "x.view(3, 2).permute(1, 0).contiguous()",
    ],
)  # fmt: skip
def test_graphs_of_expressions(expression):
    count_case()
    run = graph_of(expression)
    assert graph_difference(run(tinygrad_edu), run(torch)) is None
