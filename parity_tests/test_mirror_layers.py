"""`torch_ref.mirror` for each layer: it is PyTorch's own, and computes what the original does."""

from __future__ import annotations

import pytest
import torch

import tinygrad_edu
from torch_ref import mirror

from .judge import count_case
from .layer_inputs import FED, NOT_CALLED, fed, ways
from .layers_made import MADE
from .mirror_checks import called, check_alike, check_same_state, leaves

#: Which draw other numbers in float32 than in float64, so that there is no truth for float32.
DRAWING = ("FractionalMaxPool2d", "FractionalMaxPool3d", "RReLU")

CALLED = [*ways()]
IN_DTYPES = [
    (*way, dtype)
    for way in CALLED
    for dtype in ("float64", "float32")
    if dtype == "float64" or way[0] not in DRAWING
]

pytestmark = pytest.mark.filterwarnings(
    "ignore:`NLLLoss2d`", "ignore:enable_nested_tensor is True", "ignore:Implicit dimension",
    "ignore:Initializing zero-element", "ignore:Using padding='same' with even kernel lengths",
    "ignore:reduction. 'mean' divides the total loss",
)  # fmt: skip


def made(library, name, arguments):
    return eval(f"nn.{name}({arguments})", {"nn": library.nn, "lib": library})


@pytest.mark.parametrize("name", MADE)
def test_each_layer_is_pytorchs_own(name):
    """It is what PyTorch makes of the same arguments: the class and all attributes are the same."""
    for made_of in MADE[name]:
        count_case()
        model, theirs = (made(library, name, made_of) for library in (tinygrad_edu, torch))
        for training in (True, False):
            model.train(training)
            theirs.train(training)
            mirrored = mirror(model)
            assert type(mirrored) is type(theirs)
            assert repr(mirrored) == repr(theirs)
            assert attributes(mirrored) == attributes(theirs)
        assert [n for n, _ in mirrored.named_parameters()] == [
            n for n, _ in theirs.named_parameters()
        ]
        if not name.startswith("Lazy"):
            check_same_state(model, mirrored)
        if isinstance(mirrored, torch.nn.RNNBase):
            assert mirrored._flat_weights[0] is mirrored.weight_ih_l0


#: What holds tensors, modules or hooks, or is numbered by how many there were before.
HELD = {
    "_parameters", "_buffers", "_modules", "_flat_weights", "_flat_weight_refs", "_load_hook",
    "_forward_pre_hooks", "_forward_pre_hooks_with_kwargs", "_initialize_hook",
    "_load_state_dict_pre_hooks", "bias_k", "bias_v",
}  # fmt: skip


def attributes(module):
    return {name: x for name, x in vars(module).items() if name not in HELD and not callable(x)}


def test_there_are_inputs_for_each_layer():
    assert FED.keys() | NOT_CALLED == MADE.keys() and not FED.keys() & NOT_CALLED
    assert len(CALLED) > 200 and {name for name, *_ in CALLED} == FED.keys()


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize(("name", "made_of", "text", "dtype"), IN_DTYPES)
def test_each_layer_computes_alike(name, made_of, text, dtype, training):
    given = fed(text)
    tinygrad_edu.manual_seed(2)
    model = made(tinygrad_edu, name, made_of).to(getattr(tinygrad_edu, dtype)).train(training)
    theirs = mirror(model)
    if name.startswith("Lazy"):
        for library, layer in ((tinygrad_edu, model), (torch, theirs)):
            library.manual_seed(5)  # for the first weights
            called(layer, leaves(library, given, dtype))
        assert type(theirs).__name__ == name.removeprefix("Lazy") == type(model).__name__
    check_alike(model, theirs, given, dtype)
    check_same_state(model, theirs, exact="")


def three():
    nn = tinygrad_edu.nn
    tinygrad_edu.manual_seed(2)
    return nn.Sequential(nn.Linear(4, 4), nn.Sequential(nn.Tanh(), nn.LayerNorm(4)), nn.ReLU())


@pytest.mark.parametrize("by", [5e-5, 1])
def test_the_layer_in_which_two_models_part_is_named(by):
    model = three()
    theirs = mirror(model)
    with torch.no_grad():
        theirs[1][1].bias += by
    with pytest.raises(AssertionError, match=r"^output 0 of 1\.1, call 1: not that of"):
        check_alike(model, theirs, fed("x(3, 4)"))


def test_so_is_the_parameter_of_which_the_gradient_differs():
    model = three()
    theirs = mirror(model)
    theirs[1][1].weight.register_hook(lambda grad: grad * (1 + 5e-5))
    with pytest.raises(AssertionError, match=r"^gradient of 1\.1\.weight: not that of"):
        check_alike(model, theirs, fed("x(3, 4)"))
