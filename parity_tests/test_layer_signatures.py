"""Layers take PyTorch's arguments, and each of its names is there or refused by name."""

import inspect

import pytest
import torch

import tinygrad_edu

from .modules import check_raises_alike

#: What PyTorch leaves open as ``*args`` and documents in words, or its `Module` accepts only to
#: refuse it.
OPEN = "PyTorch writes (*args, **kwargs), and documents these arguments in words"
REFUSED = "PyTorch writes (*args, **kwargs), and refuses any"
DIFFERENT = {
    "GRU": OPEN,
    "LSTM": OPEN,
    "RNN": OPEN,
    "NLLLoss2d": "PyTorch wraps it to warn, which hides its arguments",
    "LogSigmoid": REFUSED,
    "Module": REFUSED,
    "Sigmoid": REFUSED,
    "Softmax2d": REFUSED,
    "Softsign": REFUSED,
    "Tanh": REFUSED,
    "Tanhshrink": REFUSED,
}
#: In a class without a `forward` of its own PyTorch's takes ``*input``, and raises, as ours does.
NO_FORWARD = ("Module", "ModuleDict", "ModuleList", "ParameterDict", "ParameterList", "RNNBase",
              "RNNCellBase")  # fmt: skip


def layers():
    for name, theirs in vars(torch.nn).items():
        if isinstance(theirs, type) and issubclass(theirs, torch.nn.Module):
            try:
                mine = getattr(tinygrad_edu.nn, name)
            except NotImplementedError:
                continue
            yield pytest.param(name, theirs, mine, id=name)


def arguments(function):
    """The names, kinds and defaults; functions as defaults by their names."""
    return [
        (p.name, p.kind, getattr(p.default, "__name__", p.default))
        for p in inspect.signature(function).parameters.values()
    ]


@pytest.mark.parametrize(("name", "theirs", "mine"), [*layers()])
def test_arguments(name, theirs, mine):
    same = arguments(mine) == arguments(theirs)
    assert same != (name in DIFFERENT), f"{inspect.signature(mine)}, {inspect.signature(theirs)}"
    if name not in NO_FORWARD:
        assert arguments(mine.forward) == arguments(theirs.forward)


def test_every_exception_is_a_layer():
    assert DIFFERENT.keys() <= {parameter.id for parameter in layers()}


METHODS = (
    "apply", "children", "named_children", "named_modules", "named_parameters", "named_buffers",
    "buffers", "parameters", "modules", "load_state_dict", "register_buffer", "register_parameter",
    "register_module", "add_module", "register_forward_hook", "register_forward_pre_hook",
    "register_full_backward_hook", "register_full_backward_pre_hook", "requires_grad_", "train",
    "eval", "zero_grad", "get_submodule", "get_parameter", "get_buffer", "half", "float", "double",
    "cpu", "extra_repr", "set_submodule",
)  # fmt: skip


@pytest.mark.parametrize("name", METHODS)
def test_arguments_of_methods(name):
    assert arguments(getattr(tinygrad_edu.nn.Module, name)) == (
        arguments(getattr(torch.nn.Module, name))
    )


def test_state_dict_goes_where_it_is_told():
    for library in (torch, tinygrad_edu):
        kept = {"before": 1}
        module = library.nn.Linear(2, 1)
        assert module.state_dict(destination=kept, prefix="x.") is kept
        assert list(kept) == ["before", "x.weight", "x.bias"]


def test_modules_that_are_there_twice():
    for library in (torch, tinygrad_edu):
        layer = library.nn.ReLU()
        model = library.nn.Sequential(layer, layer)
        assert len(list(model.modules())) == 2
        assert len(list(model.modules(remove_duplicate=False))) == 3


def test_set_submodule():
    texts = []
    for library in (torch, tinygrad_edu):
        nn = library.nn
        model = nn.Sequential(nn.Sequential(nn.ReLU()), nn.Tanh())
        model.set_submodule("0.0", nn.Sigmoid())
        model.set_submodule("0.new", nn.Tanh())
        model.set_submodule("1", nn.ELU(), strict=True)
        texts.append(repr(model))
    assert texts[0] == texts[1]
    for path, strict in (("", False), ("0.9", True), ("7.1", False), ("training", False)):
        check_raises_alike(
            lambda lib, p=path, s=strict: lib.nn.Sequential(lib.nn.ReLU()).set_submodule(
                p, lib.nn.Tanh(), s
            )
        )
    check_raises_alike(lambda lib: lib.nn.Sequential().set_submodule("a", 1))


def test_old_names_of_the_bounds_of_hardtanh():
    for library in (torch, tinygrad_edu):
        with pytest.warns(FutureWarning, match="`min_value` is deprecated"):
            layer = library.nn.Hardtanh(min_value=-3.0)
        with pytest.warns(FutureWarning, match="`max_value` is deprecated"):
            assert library.nn.Hardtanh(max_value=2.0).max_val == 2.0
        assert repr(layer) == "Hardtanh(min_val=-3.0, max_val=1.0)"


# What is left out ---------------------------------------------------------------------------------


def test_every_public_name_is_there_or_says_that_it_is_not():
    for theirs, mine in (
        (torch.nn, tinygrad_edu.nn), (torch.nn.utils, tinygrad_edu.nn.utils),
        (torch.nn.utils.rnn, tinygrad_edu.nn.utils.rnn), (torch.nn.init, tinygrad_edu.nn.init),
    ):  # fmt: skip
        for name in getattr(theirs, "__all__", None) or public(theirs):
            check_name(mine, name)
    for name, value in vars(torch.nn.functional).items():
        if not name.startswith("_") and callable(value) and is_function(name, value):
            check_name(tinygrad_edu.nn.functional, name)


def public(module):
    return [n for n, v in vars(module).items() if callable(v) and v.__module__ == module.__name__]


def is_function(name, value):
    internal = ("boolean_dispatch", "assert_int_or_pair", "has_torch_function",
                "has_torch_function_unary", "has_torch_function_variadic",
                "handle_torch_function")  # fmt: skip
    return not isinstance(value, type) and name.islower() and name not in internal


def check_name(mine, name):
    try:
        getattr(mine, name)
    except NotImplementedError as error:
        assert name in str(error)
    with pytest.raises(AttributeError, match="no attribute 'nothing_like_it'"):
        mine.nothing_like_it  # noqa: B018
