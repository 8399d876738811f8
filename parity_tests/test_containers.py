"""`Sequential` and `ModuleList`, against PyTorch."""

from collections import OrderedDict

import pytest

from .both import both, both_raise


def kinds(modules):
    return [type(m).__name__ for m in modules]


def lists(lib, name):
    nn = lib.nn
    layers = [nn.ReLU(), nn.Tanh(), nn.Linear(2, 2), nn.Sigmoid()]
    return nn.Sequential(*layers) if name == "Sequential" else nn.ModuleList(layers)


OPERATIONS = {
    "append": lambda lib, m: m.append(lib.nn.Flatten()),
    "extend": lambda lib, m: m.extend([lib.nn.Flatten(), lib.nn.Identity()]),
    "insert": lambda lib, m: m.insert(1, lib.nn.Flatten()),
    "insert last": lambda lib, m: m.insert(4, lib.nn.Flatten()),
    "set": lambda lib, m: m.__setitem__(-1, lib.nn.Flatten()),
    "delete": lambda lib, m: m.__delitem__(1),
    "delete last": lambda lib, m: m.__delitem__(-1),
    "delete slice": lambda lib, m: m.__delitem__(slice(0, 3, 2)),
    "pop": lambda lib, m: m.pop(1),
    "pop last": lambda lib, m: m.pop(-1),
    "add in place": lambda lib, m: m.__iadd__(m[:2]),
}


@pytest.mark.parametrize("operation", list(OPERATIONS))
@pytest.mark.parametrize("name", ["Sequential", "ModuleList"])
def test_lists_change_like_pytorchs(name, operation):
    def change(lib):
        module = lists(lib, name)
        result = OPERATIONS[operation](lib, module)
        returned = "itself" if result is module else type(result).__name__
        state = list(module.state_dict())
        return returned, kinds(module), [n for n, _ in module.named_children()], state, repr(module)

    both(change)


@pytest.mark.parametrize("name", ["Sequential", "ModuleList"])
def test_lists_are_read_like_pytorchs(name):
    def read(lib):
        module = lists(lib, name)
        parts = [module[:2], module[1:], module[::2], module[-2:], module[4:]]
        return (
            len(module), kinds([module[0], module[-1], module[3], module[-4]]),
            [(type(p).__name__, kinds(p), [n for n, _ in p.named_children()]) for p in parts],
            kinds(module + module), [n for n, _ in (module + module).named_modules()],
            module[2] in list(module),
        )  # fmt: skip

    both(read)
    for index in (4, -5):
        both_raise(lambda lib, i=index: lists(lib, name)[i], text=True)
        both_raise(lambda lib, i=index: lists(lib, name).__delitem__(i), text=True)
        both_raise(lambda lib, i=index: lists(lib, name).__setitem__(i, lib.nn.ReLU()), text=True)
    both_raise(lambda lib: lists(lib, name)["0"])
    both_raise(lambda lib: lists(lib, name).append(3))
    both_raise(lambda lib: lists(lib, name).extend(3))


def test_sequential():
    def compute(lib):
        layers = OrderedDict(same=lib.nn.Identity(), act=lib.nn.ReLU())
        named = lib.nn.Sequential(layers)
        x = lib.tensor([-1.0, 2.0])
        repeated = lib.nn.Sequential(lib.nn.ReLU(), lib.nn.Tanh())
        return (
            named(x).tolist(), [n for n, _ in named[1:].named_children()], kinds(repeated * 2),
            kinds(2 * repeated), kinds(repeated.__imul__(3)), lib.nn.Sequential()(x).tolist(),
            named.act is named[1],
        )  # fmt: skip

    both(compute)
    for wrong in (
        lambda lib: lists(lib, "Sequential") + [lib.nn.ReLU()],
        lambda lib: lists(lib, "Sequential").__iadd__([lib.nn.ReLU()]),
        lambda lib: lists(lib, "Sequential") * 0, lambda lib: lists(lib, "Sequential") * 1.5,
        lambda lib: lists(lib, "Sequential").__imul__(-1),
        lambda lib: lists(lib, "Sequential").insert(6, lib.nn.ReLU()),
        lambda lib: lists(lib, "Sequential").insert(0, 3),
        lambda lib: lib.nn.Sequential(3), lambda lib: lib.nn.ModuleList([3]),
        lambda lib: lib.nn.ModuleList()(1),
    ):  # fmt: skip
        both_raise(wrong)
