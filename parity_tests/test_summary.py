"""`summary`: its numbers are the model's, and PyTorch's of the same model; it leaves nothing."""

import math
import warnings

import numpy as np
import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

import tinygrad_edu
from tinygrad_edu import nn, summary
from tinygrad_edu.models import SimpleClassifier, SimpleCNN

from .both import make


def rows(table):
    return [(row.label.lstrip(" │├└─"), row.shape, row.parameters) for row in table.rows]


def test_the_classifier():
    text = str(summary(SimpleClassifier(), (32, 10)))
    assert text.splitlines()[3:10] == [
        "SimpleClassifier                        [32, 1]                           --",
        "├─Linear (layer_1): 1-1                 [32, 16]                         176",
        "├─ReLU (activation_1): 1-2              [32, 16]                          --",
        "├─Linear (layer_2): 1-3                 [32, 8]                          136",
        "├─ReLU (activation_2): 1-4              [32, 8]                           --",
        "├─Linear (output_layer): 1-5            [32, 1]                            9",
        "└─Sigmoid (output_activation): 1-6      [32, 1]                           --",
    ]
    assert "Total params: 321\nTrainable params: 321\nNon-trainable params: 0\n" in text
    assert f"Mult-adds: {32 * (10 * 16 + 16 * 8 + 8):,}\n" in text


def test_sizes_are_bytes():
    table = summary(SimpleCNN(), (2, 1, 28, 28))
    assert table.total_param_bytes == 4 * table.total_params == 4 * 20_490
    assert table.calls.given == 4 * 2 * 28 * 28
    assert table.total_output_bytes == 2 * 4 * (2 * 16 * 28 * 28 + 2 * 32 * 14 * 14 + 2 * 10)
    assert "Forward/backward pass size (MB): 0.30\n" in str(table)


def layers(lib):
    """Layers, with what they are called with: each kind whose products are counted."""
    for bias in (True, False):
        yield lib.nn.Linear(3, 4, bias=bias), (2, 5, 3)
        yield lib.nn.Conv1d(4, 6, 3, stride=2, padding=1, groups=2, bias=bias), (2, 4, 9)
        yield lib.nn.Conv2d(3, 5, (2, 3), dilation=2, bias=bias), (1, 3, 8, 9)
        yield lib.nn.Conv3d(2, 2, 3, padding="same", bias=bias), (1, 2, 3, 4, 5)
        yield lib.nn.ConvTranspose2d(4, 6, 3, stride=2, groups=2, bias=bias), (2, 4, 3, 3)


@pytest.mark.parametrize("number", range(10))
def test_products_are_counted_exactly(number):
    """PyTorch counts a product and a sum as two."""
    layer, shape = [*layers(torch)][number]
    counter = FlopCounterMode(display=False)
    with counter:
        layer(torch.ones(shape))
    table = summary([*layers(tinygrad_edu)][number][0], shape)
    assert table.total_mult_adds == counter.get_total_flops() / 2 > 0
    assert table.total_params == sum(p.numel() for p in layer.parameters())


def test_all_kinds_of_modules_have_pytorchs_numbers():
    theirs, mine = make(torch), make(tinygrad_edu)
    for parameter in (*theirs.parameters(), *mine.parameters()):
        parameter.requires_grad_(parameter.ndim > 1)
    table = summary(mine)
    counted = [p.numel() for p in theirs.parameters()]
    assert table.total_params == sum(counted)
    assert table.trainable_params == sum(p.numel() for p in theirs.parameters() if p.requires_grad)
    assert 0 < table.trainable_params < table.total_params
    own = [int(n.replace(",", "")) for *_, n in rows(table) if n not in ("--", "(recursive)")]
    assert sum(own) == table.total_params


class Odd(nn.Module):
    """Several arguments, a layer that is called twice and has two names, one that never is, a list
    of layers, a parameter of its own, and a buffer."""

    def __init__(self):
        super().__init__()
        self.first = nn.Linear(2, 2)
        self.same = self.first
        self.several = nn.ModuleList([nn.Linear(2, 3), nn.Tanh()])
        self.never = nn.Linear(7, 7)
        self.norm = nn.BatchNorm1d(3)
        self.drop = nn.Dropout(0.5)
        self.shift = nn.Parameter(tinygrad_edu.zeros(3))
        self.never.weight.requires_grad_(False)

    def forward(self, x, y=None, *, scale=1):
        x = self.first(self.same(x)) + y
        for layer in self.several:
            x = layer(x)
        return {"out": self.drop(self.norm(x)) * scale + self.shift}


def state(model):
    return (
        [module.training for module in model.modules()],
        {name: (t.tolist(), t._version, id(t.array)) for name, t in model.state_dict().items()},
        tinygrad_edu.get_rng_state().tolist(),
        [parameter.grad for parameter in model.parameters()],
        [module._hooks for module in model.modules()],
    )


@pytest.mark.parametrize("mode", ["train", "eval", "same"])
def test_the_model_is_as_it_was(mode):
    model = Odd()
    model.norm.eval()
    before, call = state(model), nn.Module.__call__
    table = summary(model, [(4, 2), (4, 2)], mode=mode)
    assert state(model) == before and nn.Module.__call__ is call
    assert rows(table) == [
        ("Odd", "[4, 3]", "3"),
        ("Linear (first): 1-1", "[4, 2] x 2", "6"),
        ("Linear (same): 1-2", "[4, 2] x 2", "(recursive)"),
        ("ModuleList (several): 1-3", "--", "--"),
        ("Linear (0): 2-1", "[4, 3]", "9"),
        ("Tanh (1): 2-2", "[4, 3]", "--"),
        ("Linear (never): 1-4", "--", "56"),
        ("BatchNorm1d (norm): 1-5", "[4, 3]", "6"),
        ("Dropout (drop): 1-6", "[4, 3]", "--"),
    ]
    assert table.total_params - table.trainable_params == 49
    assert table.total_mult_adds == 4 * (2 * 2 * 2 + 2 * 3)
    assert table.total_buffers == 7 and "Numbers in buffers: 7\n" in str(table)


def test_an_error_leaves_the_model_as_it_was():
    model = Odd()
    before = state(model)
    with pytest.raises(TypeError):
        summary(model, (4, 2))
    assert state(model) == before


class Counting(nn.Module):
    """Its forward assigns buffers anew, where there were others, none, and none of the name."""

    def __init__(self):
        super().__init__()
        self.register_buffer("n", tinygrad_edu.zeros(1))
        self.register_buffer("last", None)
        self.register_buffer("hidden", tinygrad_edu.zeros(2), persistent=False)

    def forward(self, x):
        self.n, self.last, self.hidden = self.n + 1, x, self.hidden * 2
        if "seen" not in self._buffers:
            self.register_buffer("seen", x)
        return x + self.n


@pytest.mark.parametrize("mode", ["train", "eval", "same"])
def test_buffers_that_are_assigned_anew_are_those_of_before(mode):
    model = Counting()
    before = dict(model.named_buffers())
    summary(model, (1,), mode=mode)
    assert {name: id(b) for name, b in model.named_buffers()} == {
        name: id(b) for name, b in before.items()
    }
    assert list(model.state_dict()) == ["n"] and model.n.item() == 0
    assert model.last is None and not hasattr(model, "seen")


def test_data_in_place_of_sizes():
    model, x = Odd(), tinygrad_edu.ones(5, 2)
    for data in ([x, x], (x, x), {"x": x, "y": x}):
        assert summary(model, input_data=data, scale=2).rows[0].shape == "[5, 3]"
    assert summary(nn.Linear(2, 1), input_data=x).rows[0].shape == "[5, 1]"
    embedding = summary(nn.Embedding(3, 2), (4, 7), dtypes=[tinygrad_edu.int64])
    assert embedding.rows[0].shape == "[4, 7, 2]" and embedding.calls.given == 8 * 28
    assert not embedding.not_counted


def test_depth():
    model = nn.Sequential(nn.Sequential(nn.Linear(2, 2), nn.Sequential(nn.Linear(2, 3))), nn.ReLU())
    shown = [len(summary(model, (1, 2), depth=depth).rows) for depth in range(5)]
    assert shown == [1, 3, 5, 6, 6]
    assert [row.parameters for row in summary(model, depth=0).rows] == ["15"]
    assert [row.parameters for row in summary(model, depth=1).rows] == ["--", "15", "--"]
    assert [row.parameters for row in summary(model, depth=2).rows] == ["--", "--", "6", "9", "--"]


def test_without_an_input_there_are_no_shapes():
    text = str(summary(SimpleClassifier()))
    assert "buffers" not in text
    assert "Mult-adds" not in text and "Input" not in text and "Params size (MB): 0.00" in text


def test_what_is_not_counted_is_named():
    layer = nn.Sequential(nn.LSTM(3, 4))
    assert "Mult-adds, without those of LSTM: 0\n" in str(summary(layer, (5, 2, 3)))
    assert summary(layer, (5, 2, 3)).rows[1].shape == "[5, 2, 4], [1, 2, 4], [1, 2, 4]"


def test_lazy_layers_become_real():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        layer = nn.Sequential(nn.LazyLinear(3), nn.LazyBatchNorm1d())
    assert summary(layer).total_params == 0
    assert summary(layer, (4, 5)).total_params == 18 + 6
    assert type(layer[0]) is nn.Linear and layer[0].weight.shape == (3, 5)  # and so it stays


def test_numbers_are_grouped_and_html_is_escaped():
    class Wide(nn.Linear):
        def _get_name(self):
            return "<b>"

    Wide.__name__ = "<b>"
    table = summary(Wide(1000, 1000))
    assert "1,001,000" in str(table) and repr(table) == str(table)
    shown = table._repr_html_()
    assert shown.startswith("<pre ") and "&lt;b&gt;" in shown and "<b>" not in shown


def test_wrong_calls():
    model = nn.Linear(2, 1)
    for call, said in (
        (lambda: summary(3), "takes a Module, not int"),
        (lambda: summary(model, (1, 2), np.ones(2)), "not both"),
        (lambda: summary(model, (1, 2), mode="off"), "not 'off'"),
        (lambda: summary(model, depth=-1), "cannot be -1"),
        (lambda: summary(model, [(1, 2)], dtypes=[]), "got 0 dtypes for 1 input$"),
    ):
        with pytest.raises((TypeError, ValueError), match=said):
            call()
    assert math.isfinite(model(tinygrad_edu.ones(1, 2)).item())
