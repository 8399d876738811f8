"""Whole training runs that change sides in the middle: ours, PyTorch, ours, PyTorch, by turns.

What one side has come to (weights, the optimizer's state and the random stream's) goes through a
file of PyTorch's format to the other, which goes on. If all of it is there and means the same, the
run is the one that PyTorch makes alone: the same batches, losses and weights.
"""

import io

import numpy as np
import pytest
import torch

from tinygrad_edu.app.side import SIDE as OURS
from tinygrad_edu.app.training.choices import MODELS
from tinygrad_edu.app.training.data import load, prepare
from tinygrad_edu.app.training.train import Job, Training
from torch_ref.side import SIDE as THEIRS

TURNS = 4  # of an epoch each
#: float64's rounding, grown over the steps of a run; float32's is 5e8 times larger.
CLOSE = {"rtol": 1e-9, "atol": 1e-12}


def training(side, model):
    choice = MODELS[model]
    split = prepare(load(choice.data, None), choice.answer)
    return Training(side, Job(model=model, lr=choice.lr, dtype="float64"), split)


def epoch(run):
    """Train for an epoch, and return the loss of each of its steps."""
    return [run.step(rows) for rows in run.batches()]


def hand_over(giver, taker):
    state = {
        "model": giver.model.state_dict(),
        "optimizer": giver.optimizer.state_dict(),
        "random": giver.framework.get_rng_state(),
    }
    file = io.BytesIO()
    giver.framework.save(state, file)
    file.seek(0)
    state = taker.framework.load(file)
    taker.model.load_state_dict(state["model"])
    taker.optimizer.load_state_dict(state["optimizer"])
    taker.framework.set_rng_state(state["random"])


@pytest.mark.parametrize("first", [OURS, THEIRS], ids=["ours first", "theirs first"])
@pytest.mark.parametrize("model", ["classifier", "regressor", "cnn"])
def test_a_run_by_turns_is_the_run_of_one(model, first):
    alone = training(THEIRS, model)
    expected = [loss for _ in range(TURNS) for loss in epoch(alone)]
    drawn = torch.rand(5).tolist()  # from where its random stream has come to

    second = THEIRS if first is OURS else OURS
    runs = [training(side, model) for side in (first, second)]
    with_other_numbers(runs[1])
    losses = []
    for turn in range(TURNS):
        if turn:
            hand_over(runs[1 - turn % 2], runs[turn % 2])
        losses += epoch(runs[turn % 2])
    np.testing.assert_allclose(losses, expected, **CLOSE)
    last = runs[(TURNS - 1) % 2]
    for ours, theirs in zip(last.model.parameters(), alone.model.parameters(), strict=True):
        np.testing.assert_allclose(ours.detach().numpy(), theirs.detach().numpy(), **CLOSE)
    assert last.framework.rand(5).tolist() == drawn


def with_other_numbers(run):
    """So that nothing is right that was not handed over."""
    with run.framework.no_grad():
        for parameter in run.model.parameters():
            parameter.add_(1)
    run.framework.manual_seed(0)
    epoch(run)
