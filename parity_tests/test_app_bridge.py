"""Weights and optimizer state cross both ways, and training goes on alike."""

import numpy as np
import pytest
import torch

import tinygrad_edu
from tinygrad_edu import models
from torch_ref import bridge
from torch_ref import models as torch_models

SIDES = {"tinygrad_edu": (tinygrad_edu, models), "torch": (torch, torch_models)}


def train_a_little(framework, model, optimizer, steps):
    draw = np.random.default_rng(0)
    for _ in range(steps):
        x, y = draw.normal(size=(16, 5)), draw.normal(size=(16, 1))
        optimizer.zero_grad()
        framework.nn.functional.mse_loss(model(framework.tensor(x)), framework.tensor(y)).backward()
        optimizer.step()


@pytest.mark.parametrize("optimizer", ["Adam", "AdamW", "SGD"])
@pytest.mark.parametrize(
    ("source", "target"), [("tinygrad_edu", "torch"), ("torch", "tinygrad_edu")]
)
def test_training_continues_alike_on_the_other_side(source, target, optimizer):
    options = {"lr": 0.02, "weight_decay": 0.01} | ({"momentum": 0.9} if optimizer == "SGD" else {})
    (from_, from_models), (to, to_models) = SIDES[source], SIDES[target]
    first, second = from_models.Regressor().double(), to_models.Regressor().double()
    stepper = getattr(from_.optim, optimizer)(first.parameters(), **options)
    follower = getattr(to.optim, optimizer)(second.parameters(), lr=0.5)
    train_a_little(from_, first, stepper, 5)
    bridge.copy_weights(first, second, to)
    bridge.copy_optimizer_state(stepper, follower, to)
    train_a_little(from_, first, stepper, 5)
    train_a_little(to, second, follower, 5)
    for mine, other in zip(first.parameters(), second.parameters(), strict=True):
        np.testing.assert_allclose(
            bridge.to_numpy(mine), bridge.to_numpy(other), rtol=1e-12, atol=1e-14
        )


def test_copies_share_no_memory():
    ours, theirs = models.Regressor(), torch_models.Regressor()
    bridge.copy_weights(ours, theirs, torch)
    kept = bridge.to_numpy(ours.layer_1.weight)
    with torch.no_grad():
        theirs.layer_1.weight.add_(1.0)
    np.testing.assert_array_equal(bridge.to_numpy(ours.layer_1.weight), kept)
    view = bridge.to_numpy(ours.layer_1.weight)
    view += 1.0
    np.testing.assert_array_equal(bridge.to_numpy(ours.layer_1.weight), kept)


def test_convert_rebuilds_containers_and_keeps_the_rest():
    tree = {"a": [torch.arange(3), (1.5, None, "text")], "b": torch.ones(2, dtype=torch.float64)}
    converted = bridge.convert(tree, tinygrad_edu)
    assert isinstance(converted["b"], tinygrad_edu.Tensor)
    assert converted["b"].dtype == tinygrad_edu.float64
    assert converted["a"][1] == (1.5, None, "text")
    np.testing.assert_array_equal(converted["a"][0].numpy(), [0, 1, 2])


def test_modules_and_optimizers_that_differ_are_refused():
    with pytest.raises(RuntimeError, match="layer_2"):
        bridge.copy_weights(models.Regressor(), torch_models.SimpleClassifier(), torch)
    with pytest.raises(RuntimeError, match="size mismatch"):
        bridge.copy_weights(models.Regressor(4), torch_models.Regressor(5), torch)
    one, two = torch_models.Regressor(), models.Regressor()
    groups = [{"params": [parameter]} for parameter in one.parameters()]
    with pytest.raises(ValueError, match="parameter groups"):
        bridge.copy_optimizer_state(
            tinygrad_edu.optim.Adam(two.parameters()), torch.optim.Adam(groups), torch
        )
