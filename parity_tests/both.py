"""The same lines run on both libraries, and a model that has some of everything."""

from collections import OrderedDict

import pytest
import torch

import tinygrad_edu

from .versions import as_raised

BOTH = (torch, tinygrad_edu)


def both(function):
    """What `function` returns on our side, after checking that PyTorch's says the same."""
    theirs, mine = (function(library) for library in BOTH)
    assert mine == theirs
    return mine


def both_raise(function, *, text=False):
    """Check that both raise the same type of exception (and message)."""
    errors = []
    for library in BOTH:
        with pytest.raises(Exception) as error:
            function(library)
        errors.append(error.value)
    theirs = as_raised(errors[0])
    assert type(errors[1]) is type(theirs)
    if text:
        assert str(errors[1]) == str(theirs)
    return str(errors[1])


def make(library):
    """A model with everything: nesting, a shared layer, buffers, None in places, odd names."""
    nn = library.nn

    class Block(nn.Module):
        def __init__(self, width):
            super().__init__()
            self.first = nn.Linear(width, width)
            self.scale = nn.Parameter(library.full((1,), 2.0))
            self.register_buffer("mean", library.zeros(width))
            self.register_buffer("scratch", library.zeros(2), persistent=False)
            self.register_buffer("absent", None)
            self.register_parameter("nothing", None)
            self.unused = None

        def forward(self, x):
            return self.first(x) * self.scale + self.mean

        def extra_repr(self):
            return "a line\nand another"

    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.blocks = nn.ModuleList([Block(3), Block(3)])
            self.head = nn.Sequential(OrderedDict(up=nn.Linear(3, 4), act=nn.ReLU()))
            self.again = self.blocks[0]
            self.add_module("missing", None)
            self.register_buffer("count", library.tensor(3))
            self.tied = self.head.up.weight

        def forward(self, x):
            for block in self.blocks:
                x = block(x)
            return self.head(x)

    library.manual_seed(0)
    return Model()
