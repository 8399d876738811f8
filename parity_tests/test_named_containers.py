"""`ModuleDict`, `ParameterList` and `ParameterDict`, against PyTorch."""

from collections import OrderedDict

import pytest

from .both import both, both_raise


def modules(lib):
    return lib.nn.ModuleDict({"b": lib.nn.Linear(2, 3), "a": lib.nn.ReLU()})


def tensors(lib):
    return [lib.ones(2, 3), lib.nn.Parameter(lib.zeros(4)), lib.ones(()).double(), "a text"]


def parameters(lib):
    return lib.nn.ParameterList(tensors(lib))


def named(lib):
    return lib.nn.ParameterDict(dict(zip("badc", tensors(lib), strict=True)))


def summary(module):
    kinds = [type(m).__name__ for m in module]
    shapes = [(name, tuple(p.shape)) for name, p in module.named_parameters()]
    return len(module), kinds, shapes, list(module.state_dict()), repr(module)


MODULE_CHANGES = {
    "none": lambda lib, m: None, "set": lambda lib, m: m.__setitem__("c", lib.nn.Tanh()),
    "replace": lambda lib, m: m.__setitem__("b", lib.nn.Tanh()),
    "delete": lambda lib, m: m.__delitem__("b"), "pop": lambda lib, m: type(m.pop("a")).__name__,
    "clear": lambda lib, m: m.clear(),
    "update": lambda lib, m: m.update([("z", lib.nn.Tanh()), ("a", lib.nn.Sigmoid())]),
    "merge": lambda lib, m: m.update(lib.nn.ModuleDict(OrderedDict(x=lib.nn.Tanh()))),
}  # fmt: skip


@pytest.mark.parametrize("change", list(MODULE_CHANGES))
def test_module_dict(change):
    def run(lib):
        module = modules(lib)
        returned = MODULE_CHANGES[change](lib, module)
        values = [type(m).__name__ for m in module.values()]
        return returned, list(module), list(module.keys()), values, *summary(module)[2:]

    both(run)
    both(lambda lib: ("a" in modules(lib), "q" in modules(lib), len(lib.nn.ModuleDict())))


LIST_CHANGES = {
    "none": lambda lib, m: None, "append": lambda lib, m: m.append(lib.ones(5)) is m,
    "extend": lambda lib, m: m.extend([lib.ones(5), 3]) is m,
    "add": lambda lib, m: m.__iadd__([lib.nn.Parameter(lib.ones(1))]) is m,
    "set": lambda lib, m: m.__setitem__(0, lib.zeros(7)),
    "set last": lambda lib, m: m.__setitem__(-1, "other"),
    "slice": lambda lib, m: summary(m[::2]), "part": lambda lib, m: summary(m[1:2]),
}  # fmt: skip


@pytest.mark.parametrize("change", list(LIST_CHANGES))
def test_parameter_list(change):
    def run(lib):
        module = parameters(lib)
        return LIST_CHANGES[change](lib, module), *summary(module)

    both(run)


DICT_CHANGES = {
    "none": lambda lib, m: None, "set": lambda lib, m: m.__setitem__("z", lib.ones(5)),
    "delete": lambda lib, m: m.__delitem__("b"), "pop": lambda lib, m: tuple(m.pop("b").shape),
    "popitem": lambda lib, m: m.popitem()[0], "get": lambda lib, m: (m.get("q", 3), m.get("c")),
    "setdefault": lambda lib, m: m.setdefault("q", 5), "clear": lambda lib, m: m.clear(),
    "update": lambda lib, m: m.update([("y", lib.ones(2)), ("b", lib.ones(1))]),
    "ordered": lambda lib, m: m.update(OrderedDict(y=lib.ones(2), x=lib.ones(1))),
    "merge": lambda lib, m: summary(m | lib.nn.ParameterDict({"r": lib.ones(2)})),
    "merge in place": lambda lib, m: m.__ior__(lib.nn.ParameterDict({"r": lib.ones(2)})) is m,
    "copy": lambda lib, m: summary(m.copy()), "reversed": lambda lib, m: list(reversed(m)),
    "from keys": lambda lib, m: list(m.fromkeys(["s", "t"], 3).items()),
}  # fmt: skip


@pytest.mark.parametrize("change", list(DICT_CHANGES))
def test_parameter_dict(change):
    def run(lib):
        module = named(lib)
        returned = DICT_CHANGES[change](lib, module)
        return returned, list(module.keys()), len(list(module.values())), *summary(module)

    both(run)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda lib: lib.nn.ModuleDict({"a": 3}), lambda lib: lib.nn.ModuleDict(3),
        lambda lib: lib.nn.ModuleDict({"keys": lib.nn.ReLU()}),
        lambda lib: lib.nn.ModuleDict([3]), lambda lib: lib.nn.ModuleDict([("a",)]),
        lambda lib: lib.nn.ModuleDict({"a.b": lib.nn.ReLU()}), lambda lib: modules(lib)["q"],
        lambda lib: modules(lib).pop("q"), lambda lib: modules(lib).__delitem__("q"),
        lambda lib: modules(lib)(3), lambda lib: lib.nn.ParameterList(lib.ones(3)),
        lambda lib: lib.nn.ParameterList(3), lambda lib: parameters(lib)[4],
        lambda lib: parameters(lib)["0"], lambda lib: parameters(lib)(),
        lambda lib: lib.nn.ParameterDict(3), lambda lib: lib.nn.ParameterDict([3]),
        lambda lib: lib.nn.ParameterDict([("a",)]), lambda lib: named(lib)[3],
        lambda lib: named(lib).__setitem__(3, 4), lambda lib: named(lib).__delitem__("q"),
        lambda lib: named(lib)(lib.ones(2)), lambda lib: lib.nn.ParameterDict().popitem(),
    ],
)  # fmt: skip
def test_errors(wrong):
    both_raise(wrong)
