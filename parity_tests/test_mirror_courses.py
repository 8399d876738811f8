"""`torch_ref.mirror` for the models of courses: they compute and learn in PyTorch what they do
here, and what they have learnt comes back."""

from __future__ import annotations

import ast
import copy

import pytest
import torch

import tinygrad_edu
from tinygrad_edu import models
from torch_ref import mirror, pull

from .course_models import COURSES, SCRIPTS, made
from .judge import check
from .layer_inputs import fed
from .mirror_checks import called, check_alike, check_found, check_same_state, leaves, outcome, seed

#: Which draw other numbers in float32 than in float64, so that there is no truth for float32.
DRAWING = ("VAE()",)

IN_DTYPES = [
    pytest.param(course, dtype, id=f"{course.model}-{dtype}")
    for course in COURSES
    for dtype in ("float64", "float32")
    if dtype == "float64" or course.model not in DRAWING
]


def in_dtype(course, dtype):
    """A model and what it is called with."""
    return made(course).to(getattr(tinygrad_edu, dtype)), fed(course.text)


@pytest.mark.parametrize(("course", "dtype"), IN_DTYPES)
def test_a_model_computes_alike(course, dtype):
    model, given = in_dtype(course, dtype)
    theirs = mirror(model)
    assert isinstance(theirs, torch.nn.Module)
    check_same_state(model, theirs)
    check_alike(model, theirs, given, dtype)
    check_same_state(model, theirs, exact="")
    model.eval(), theirs.eval()
    check_alike(model, theirs, given, dtype)


def take_a_step(library, model, given, dtype):
    """Train a model on one batch, as courses do, and return its loss."""
    optimizer = library.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    seed(library)
    outputs = called(model, leaves(library, given, dtype))
    loss = sum((y**2).mean() for y in outputs if y.requires_grad)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.detach()


def after_a_step(library, model, given, dtype):
    """The loss of a step, and what a copy of the model has become by it."""
    model = copy.deepcopy(model)
    loss = take_a_step(library, model, given, dtype)
    return {"loss": loss, **{name: x.detach() for name, x in model.state_dict().items()}}


@pytest.mark.parametrize(("course", "dtype"), IN_DTYPES)
def test_a_step_is_the_same_and_comes_back(course, dtype):
    model, given = in_dtype(course, dtype)
    theirs = mirror(model)
    check_found(after_a_step, model, theirs, given, dtype)
    before = copy.deepcopy(model.state_dict())
    take_a_step(torch, theirs, given, dtype)
    assert all(tinygrad_edu.equal(before[n], x) for n, x in model.state_dict().items())
    pull(theirs, model)
    check_same_state(model, theirs)
    for mine, other in zip(model.parameters(), theirs.parameters(), strict=True):
        check(mine.grad, other.grad, "gradient", exact="bits")
    check_found(outcome, model, theirs, given, dtype)


def test_each_class_of_the_scripts_is_among_them():
    there = set()
    for path in SCRIPTS.glob("*.py"):
        for statement in ast.parse(path.read_text()).body:
            bases = [ast.unparse(base) for base in getattr(statement, "bases", [])]
            if any(base.endswith("nn.Module") for base in bases):
                there.add((path.name[:2], statement.name))
    used = {
        (course.script, type(module).__name__)
        for course in COURSES
        for module in made(course).modules()
    }
    assert len(there) > 20 and there <= used
    ours = {
        name
        for name, value in vars(models).items()
        if isinstance(value, type) and issubclass(value, tinygrad_edu.nn.Module)
    }
    assert ours == {name for script, name in used if not script and name in vars(models)}
