"""What modules consist of, against PyTorch: names and their order, attributes, print."""

import pytest
import torch

import tinygrad_edu

from .both import both, both_raise, make
from .modules import check_raises_alike

# The tree -----------------------------------------------------------------------------------------


def test_names_and_their_order():
    names = both(
        lambda lib: {
            "parameters": [n for n, _ in make(lib).named_parameters()],
            "all parameters": [n for n, _ in make(lib).named_parameters(remove_duplicate=False)],
            "own": [n for n, _ in make(lib).named_parameters(recurse=False)],
            "prefixed": [n for n, _ in make(lib).named_parameters("net")],
            "buffers": [n for n, _ in make(lib).named_buffers()],
            "all buffers": [n for n, _ in make(lib).named_buffers(remove_duplicate=False)],
            "modules": [n for n, _ in make(lib).named_modules()],
            "all modules": [n for n, _ in make(lib).named_modules(remove_duplicate=False)],
            "modules with prefix": [n for n, _ in make(lib).named_modules(prefix="net")],
            "children": [n for n, _ in make(lib).named_children()],
            "counts": [
                len(list(make(lib).parameters())), len(list(make(lib).buffers())),
                len(list(make(lib).modules())), len(list(make(lib).children())),
                len(list(make(lib).parameters(recurse=False))),
            ],
            "state": list(make(lib).state_dict()),
            "state with prefix": list(make(lib).state_dict(prefix="net.")),
        }
    )  # fmt: skip
    assert names["parameters"][0] == "tied" and "blocks.0.scale" in names["parameters"]


def test_members_are_found_by_path():
    def look(lib):
        model = make(lib)
        assert model.get_submodule("") is model
        assert model.get_submodule("blocks.1.first") is model.blocks[1].first
        assert model.get_parameter("tied") is model.head.up.weight
        assert model.get_buffer("blocks.0.mean") is model.blocks[0].mean
        return type(model.get_submodule("head.act")).__name__

    assert both(look) == "ReLU"
    for path in ("nowhere", "blocks.7", "head.up.weight", "count", "blocks.0.forward"):
        both_raise(lambda lib, path=path: make(lib).get_submodule(path), text=True)
    for path in ("count", "head", "head.up.nowhere", "nowhere.weight", "blocks.0.nothing"):
        both_raise(lambda lib, path=path: make(lib).get_parameter(path), text=True)
    for path in ("tied", "head", "head.up.nowhere"):
        both_raise(lambda lib, path=path: make(lib).get_buffer(path), text=True)


def test_repr():
    text = both(lambda lib: repr(make(lib)))
    assert "(0-1): 2 x Block(\n      a line\n      and another\n" in text
    for build in (
        lambda nn: nn.Sequential(), lambda nn: nn.ModuleList(), lambda nn: nn.Module(),
        lambda nn: nn.Sequential(nn.Linear(2, 3, bias=False), nn.Sigmoid(), nn.Tanh()),
        lambda nn: nn.ModuleList([nn.ReLU(), nn.ReLU(), nn.Tanh(), nn.ReLU()]),
        lambda nn: nn.ModuleList([nn.ModuleList([nn.ReLU()] * 2)] * 3),
        lambda nn: nn.Sequential(nn.Softmax(1), nn.LogSoftmax(dim=-1), nn.Softmax()),
        lambda nn: nn.Sequential(nn.Flatten(), nn.Flatten(0, 2), nn.Identity(), nn.MSELoss()),
    ):  # fmt: skip
        both(lambda lib, build=build: repr(build(lib.nn)))


def test_dir():
    def names(lib):
        model = make(lib)
        found = dir(model)
        assert found == sorted(found)
        return [n for n in ("tied", "blocks", "count", "training", "0", "forward") if n in found]

    assert both(names) == ["tied", "blocks", "count", "training", "forward"]
    both(lambda lib: "0" in dir(lib.nn.Sequential(lib.nn.ReLU())))


# Attributes ---------------------------------------------------------------------------------------


def test_assigning_moves_a_name_between_kinds():
    def moves(lib):
        nn = lib.nn
        module, seen = nn.Module(), []

        def look():
            seen.append((
                [n for n, _ in module.named_parameters()], [n for n, _ in module.named_buffers()],
                [n for n, _ in module.named_children()], list(module.state_dict()),
                hasattr(module, "x"),
            ))  # fmt: skip

        module.x = 3
        look()
        module.x = nn.Parameter(lib.ones(1))
        look()
        module.y = nn.Parameter(lib.ones(1))
        module.x = nn.Parameter(lib.zeros(2))  # keeps its place
        look()
        module.x = None
        look()
        module.x = nn.Parameter(lib.zeros(2))
        look()
        for value in (nn.Linear(1, 1), lib.ones(1), 3):
            with pytest.raises(TypeError):
                module.x = value  # only None and parameters, once it is one
        del module.x
        module.x = nn.Linear(1, 1)
        look()
        module.x = None
        look()
        module.x = nn.ReLU()
        look()
        module.x = nn.Parameter(lib.ones(1))
        look()
        del module.x
        look()
        module.register_buffer("x", lib.ones(1), persistent=False)
        look()
        module.x = lib.zeros(3)
        look()
        module.register_buffer("x", lib.ones(1))
        look()
        module.x = None
        look()
        module.x = nn.ReLU()
        look()
        del module.x
        module.register_buffer("x", lib.ones(1))
        module.x = nn.Parameter(lib.ones(1))
        look()
        return seen

    both(moves)


def test_a_plain_tensor_is_no_member():
    def plain(lib):
        module = lib.nn.Module()
        module.x = lib.ones(2)
        return list(module.state_dict()), list(module.parameters()), module.x.tolist()

    assert both(plain) == ([], [], [1.0, 1.0])


def attribute_errors():
    def unready(assign):
        def function(lib):
            class Unready(lib.nn.Module):
                def __init__(self):
                    assign(self, lib)

            Unready()

        return function

    def result(lib):
        module = lib.nn.Module()
        weight = lib.nn.Parameter(lib.ones(1))
        computed = weight * 2
        computed.__class__ = lib.nn.Parameter
        module.w = computed

    def changed(name, value):
        return lambda lib: setattr(make(lib), name, value(lib))

    def model(method, *args):
        return lambda lib: getattr(make(lib), method)(*args)

    return {
        "parameter first": unready(lambda m, lib: setattr(m, "w", lib.nn.Parameter(lib.ones(1)))),
        "module first": unready(lambda m, lib: setattr(m, "w", lib.nn.ReLU())),
        "buffer first": unready(lambda m, lib: m.register_buffer("w", lib.ones(1))),
        "register first": unready(lambda m, lib: m.register_parameter("w", None)),
        "result of an op": result,
        "tensor for a parameter": changed("tied", lambda lib: lib.ones(3)),
        "number for a parameter": changed("tied", lambda lib: 3),
        "tensor for a module": changed("head", lambda lib: lib.ones(3)),
        "number for a buffer": changed("count", lambda lib: 3),
        "unknown": lambda lib: make(lib).nowhere,
        "delete unknown": lambda lib: delattr(make(lib), "nowhere"),
        "parameter of a wrong type": model("register_parameter", "p", 3),
        "buffer of a wrong type": model("register_buffer", "p", 3),
        "module of a wrong type": model("add_module", "p", 3),
        **{
            f"{method} {name!r}": model(method, name, None)
            for method in ("register_parameter", "register_buffer", "add_module", "register_module")
            for name in ("", "a.b", "forward", 3, "head", "tied", "count", "training")
            if (method, name) not in {
                ("register_parameter", "tied"), ("register_buffer", "count"),
                ("add_module", "head"), ("register_module", "head"),
            }
        },
    }  # fmt: skip


@pytest.mark.parametrize("name", list(attribute_errors()))
def test_attribute_errors(name):
    both_raise(attribute_errors()[name])


def test_unknown_attribute_is_told_as_pytorch_does():
    both_raise(lambda lib: lib.nn.Linear(1, 1).wieght, text=True)
    both_raise(lambda lib: delattr(lib.nn.Linear(1, 1), "wieght"))


def test_forward_is_required():
    text = both_raise(lambda lib: lib.nn.Module()(1), text=True)
    assert text == 'Module [Module] is missing the required "forward" function'


# Arguments that are seldom given ------------------------------------------------------------------


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
