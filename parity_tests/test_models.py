"""The course's models are the same in both frameworks, and stacked linear layers are one."""

import ast
from pathlib import Path

import numpy as np
import pytest
import torch

import tinygrad_edu
from tinygrad_edu import models
from torch_ref import bridge
from torch_ref import models as torch_models

# Of each model: the shape of one row, by default and with other arguments; and its outputs.
MODELS = {
    "SimpleClassifier": ({}, (10,), 1),
    "Regressor": ({}, (5,), 1),
    "LinearNetwork": ({}, (10,), 1),
    "SimpleMLP": ({}, (784,), 10),
    "SimpleCNN": ({}, (1, 28, 28), 10),
}
OTHERS = {
    "SimpleClassifier": ({"in_features": 3}, (3,), 1),
    "Regressor": ({"in_features": 3}, (3,), 1),
    "LinearNetwork": ({"in_features": 3}, (3,), 1),
    "SimpleMLP": ({"in_features": 60, "num_classes": 4}, (3, 4, 5), 4),
    "SimpleCNN": ({"in_channels": 3, "image_size": (9, 4), "num_classes": 5}, (3, 9, 4), 5),
}
NAMES = list(MODELS)
BOTH = pytest.mark.parametrize(
    ("name", "arguments", "shape", "outputs"),
    [(name, *case) for table in (MODELS, OTHERS) for name, case in table.items()],
)


def class_sources(module):
    tree = ast.parse(Path(module.__file__).read_text())
    return {node.name: ast.dump(node) for node in tree.body if isinstance(node, ast.ClassDef)}


def test_both_files_hold_the_same_classes():
    assert class_sources(models) == class_sources(torch_models)
    assert list(class_sources(models)) == NAMES


@pytest.fixture(params=["float32", "float64"])
def dtype(request):
    frameworks = (tinygrad_edu, torch)
    before = [framework.get_default_dtype() for framework in frameworks]
    for framework in frameworks:
        framework.set_default_dtype(getattr(framework, request.param))
    yield request.param
    for framework, default in zip(frameworks, before, strict=True):
        framework.set_default_dtype(default)


@BOTH
def test_one_seed_gives_one_model(name, arguments, shape, outputs, dtype):
    for seed in range(5):
        tinygrad_edu.manual_seed(seed)
        torch.manual_seed(seed)
        ours = getattr(models, name)(**arguments)
        theirs = getattr(torch_models, name)(**arguments)
        assert str(ours) == str(theirs)
        assert list(ours.state_dict()) == list(theirs.state_dict())
        for key, tensor in theirs.state_dict().items():
            values = bridge.to_numpy(ours.state_dict()[key])
            assert values.dtype == dtype
            np.testing.assert_array_equal(values, bridge.to_numpy(tensor))


@BOTH
def test_outputs_and_gradients_equal_pytorch(name, arguments, shape, outputs, dtype):
    tinygrad_edu.manual_seed(7)
    ours, theirs = (getattr(module, name)(**arguments) for module in (models, torch_models))
    bridge.copy_weights(ours, theirs, torch)
    draw = np.random.default_rng(3)
    x = draw.normal(size=(20, *shape)).astype(dtype)
    upstream = draw.normal(size=(20, outputs)).astype(dtype)
    results = []
    for framework, model in ((tinygrad_edu, ours), (torch, theirs)):
        result = model(framework.tensor(x))
        result.backward(framework.tensor(upstream))
        results.append(bridge.to_numpy(result))
    tolerance = 100 * np.finfo(dtype).eps
    np.testing.assert_allclose(*results, rtol=tolerance, atol=tolerance)
    for mine, other in zip(ours.parameters(), theirs.parameters(), strict=True):
        gradients = bridge.to_numpy(mine.grad), bridge.to_numpy(other.grad)
        scale = np.abs(gradients[1]).max()
        np.testing.assert_allclose(*gradients, rtol=0, atol=tolerance * scale)


def logits(model, x):
    """The output before the sigmoid, as float64."""
    probability = bridge.to_numpy(model(tinygrad_edu.tensor(x)))
    return np.log(probability / (1 - probability))


def collapsed(model):
    """The one linear map that three stacked layers make: weight (1, d) and bias (1,)."""
    weight, bias = np.eye(10), np.zeros(10)
    for layer in (model.layer_1, model.layer_2, model.output_layer):
        weight = bridge.to_numpy(layer.weight).astype(np.float64) @ weight
        bias = bridge.to_numpy(layer.weight) @ bias + bridge.to_numpy(layer.bias)
    return weight, bias


@pytest.mark.parametrize("seed", range(5))
def test_linear_network_is_one_linear_map_and_the_relu_network_is_not(seed):
    x = np.random.default_rng(seed).normal(size=(100, 10))
    tinygrad_edu.manual_seed(seed)
    for name, is_linear in (("LinearNetwork", True), ("SimpleClassifier", False)):
        model = getattr(models, name)().double()
        weight, bias = collapsed(model)
        close = np.allclose(logits(model, x), x @ weight.T + bias, rtol=0, atol=1e-12)
        assert close == is_linear
        # An affine map f has f(x) + f(-x) = 2 f(0) for every x; a kink breaks it.
        bend = logits(model, x) + logits(model, -x) - 2 * logits(model, np.zeros_like(x))
        assert (np.abs(bend).max() < 1e-12) == is_linear
        assert is_linear or np.abs(bend).max() > 1e-2
