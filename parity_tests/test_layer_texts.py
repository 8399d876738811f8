"""Every layer: its text, the names in its state, its first weights, and its mode."""

import warnings

import pytest
import torch

import tinygrad_edu

from .layers_made import MADE
from .modules import SIDES, check_made_alike, layers
from .versions import as_printed


@pytest.mark.filterwarnings("ignore:`NLLLoss2d`", "ignore:enable_nested_tensor is True")
@pytest.mark.parametrize(
    ("name", "arguments"), [(name, text) for name, texts in MADE.items() for text in texts]
)
def test_layers_are_made_alike(name, arguments):
    def make(library):
        names = {"lib": library, "nn": library.nn}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what is deprecated, or odd
            return eval(f"nn.{name}({arguments})", names)

    if name.startswith("Lazy"):  # its state has no values yet
        theirs, mine = map(make, SIDES)
        assert as_printed(repr(mine)) == repr(theirs)
        assert str(mine.state_dict()) == str(theirs.state_dict())
    else:
        check_made_alike(make)
    kinds = []
    for library in SIDES:
        module = make(library)
        kinds.append([sorted(k for k, _ in module.named_buffers()), module.training])
        assert module.eval() is module and not any(m.training for m in module.modules())
        assert module.train() is module and all(m.training for m in module.modules())
        assert all(p.requires_grad for p in module.parameters())
    assert kinds[0] == kinds[1]


def test_the_table_is_complete():
    assert MADE.keys() == {parameter.id for parameter in layers()}
    assert all(hasattr(torch.nn, name) and hasattr(tinygrad_edu.nn, name) for name in MADE)
