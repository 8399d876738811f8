"""``nn.utils.prune``: masks, hooks, states, gradients, texts and errors, as PyTorch has them."""

from __future__ import annotations

import copy
import importlib
from typing import Any

import pytest

from .both import BOTH
from .programs import ERRORS, Raised, compare, raised


def pruning(lib: Any) -> Any:
    """The module, which PyTorch too has to be asked for by an import."""
    return importlib.import_module(f"{lib.__name__}.nn.utils.prune")


def model(lib: Any) -> Any:
    lib.manual_seed(0)
    return lib.nn.Sequential(
        lib.nn.Conv2d(2, 3, 2), lib.nn.Flatten(), lib.nn.Linear(3, 5), lib.nn.Linear(5, 4)
    )


def seen(lib: Any, made: Any) -> list[Any]:
    """All that pruning changes: states, names, hooks, outputs and gradients, after a step."""
    results: list[Any] = [list(made.state_dict()), [n for n, _ in made.named_parameters()]]
    results += [[n for n, _ in made.named_buffers()], repr(made), *made.state_dict().values()]
    for module in made.modules():
        hooks = list(module._forward_pre_hooks.values())
        results.append([type(hook).__name__ for hook in hooks])
        results += [getattr(hook, "_tensor_name", None) for hook in hooks]
        results += [len(hook) for hook in hooks if hasattr(hook, "add_pruning_method")]
    x = lib.arange(16.0).reshape(2, 2, 2, 2) / 8
    optimizer = lib.optim.SGD(made.parameters(), lr=0.1)
    for _ in range(2):
        optimizer.zero_grad()
        loss = made(x).square().sum()
        loss.backward()
        optimizer.step()
        results += [loss, *(p.grad for p in made.parameters())]
    return [*results, made(x), made[2].weight.detach(), made[2].weight.requires_grad]


CALLS = [
    ["prune.identity(m[2], 'weight')"],
    ["prune.l1_unstructured(m[2], 'weight', 0.3)"],
    ["prune.l1_unstructured(m[2], 'weight', 4)", "prune.l1_unstructured(m[2], 'bias', amount=2)"],
    ["prune.l1_unstructured(m[2], 'weight', 0.3, lib.arange(15.).reshape(5, 3).cos())"],
    ["prune.random_unstructured(m[2], 'weight', 0.5)"],
    ["prune.random_unstructured(m[2], 'weight', 0)", "prune.l1_unstructured(m[3], 'weight', 1.0)"],
    ["prune.random_structured(m[2], 'weight', 2, 0)"],
    ["prune.random_structured(m[2], 'weight', 0.4, dim=-1)"],
    ["prune.ln_structured(m[2], 'weight', 0.4, n=2, dim=0)"],
    ["prune.ln_structured(m[0], 'weight', 1, n=float('inf'), dim=1)"],
    ["prune.ln_structured(m[0], 'weight', 0., n=1, dim=-1)"],
    ["prune.ln_structured(m[2], 'weight', 1, 1, 0, lib.arange(15.).reshape(5, 3).cos())"],
    ["prune.custom_from_mask(m[2], 'bias', lib.tensor([1, 0, 1, 0, 1]))"],
    ["prune.custom_from_mask(m[2], 'bias', lib.tensor([True, False, True, True, False]))"],
    ["prune.global_unstructured([(m[2], 'weight'), (m[3], 'weight')], prune.L1Unstructured, "
     "amount=0.5)"],
    ["prune.global_unstructured([(m[2], 'weight'), (m[3], 'weight')], prune.RandomUnstructured, "
     "amount=9)"],
    ["prune.global_unstructured([(m[2], 'weight'), (m[3], 'bias')], prune.L1Unstructured, "
     "importance_scores={(m[2], 'weight'): lib.arange(15.).reshape(5, 3).cos()}, amount=0.5)"],
    # One after the other: the second sees what the first left.
    ["prune.l1_unstructured(m[2], 'weight', 0.3)", "prune.random_unstructured(m[2], 'weight', .5)"],
    ["prune.ln_structured(m[2], 'weight', 1, 2, 0)", "prune.ln_structured(m[2], 'weight', 1, 2, 1)",
     "prune.l1_unstructured(m[2], 'weight', 2)", "prune.identity(m[2], 'weight')"],
    ["prune.l1_unstructured(m[2], 'weight', 3)", "prune.custom_from_mask(m[2], 'weight', "
     "lib.arange(15).reshape(5, 3) % 2)", "prune.random_structured(m[2], 'weight', 1, -2)"],
    ["prune.l1_unstructured(m[2], 'weight', 3)", "prune.global_unstructured([(m[2], 'weight'), "
     "(m[3], 'weight')], prune.L1Unstructured, amount=0.5)"],
    # And made permanent.
    ["prune.l1_unstructured(m[2], 'weight', 0.3)", "prune.remove(m[2], 'weight')"],
    ["prune.l1_unstructured(m[2], 'weight', 3)", "prune.random_unstructured(m[2], 'weight', 3)",
     "prune.l1_unstructured(m[2], 'bias', 1)", "prune.remove(m[2], 'weight')"],
]  # fmt: skip


@pytest.mark.parametrize("lines", CALLS, ids=[" ".join(lines)[:70] for lines in CALLS])
def test_what_is_pruned(lines: list[str]) -> None:
    def program(lib: Any) -> Any:
        prune, made = pruning(lib), model(lib)
        results = [prune.is_pruned(made)]
        for line in lines:
            results.append(type(eval(line, {"prune": prune, "m": made, "lib": lib})).__name__)
        return [*results, prune.is_pruned(made), *seen(lib, made)]

    compare(program)


def test_states_and_copies() -> None:
    """The state of a pruned model goes into another that is pruned, and a copy is its own."""

    def program(lib: Any) -> Any:
        prune, first, second = pruning(lib), model(lib), model(lib)
        prune.l1_unstructured(first[2], "weight", 0.5)
        prune.identity(second[2], "weight")
        results = [str(second.load_state_dict(first.state_dict()))]
        prune.remove(first[2], "weight")
        results.append(raised(lambda: second.load_state_dict(first.state_dict())))
        third = model(lib)
        other = copy.deepcopy(third)
        prune.l1_unstructured(other[3], "weight", 3)
        return [*results, *seen(lib, second), prune.is_pruned(third), prune.is_pruned(other)]

    compare(program)


def test_a_method_of_ones_own() -> None:
    def program(lib: Any) -> Any:
        prune = pruning(lib)

        class EveryOther(prune.BasePruningMethod):
            PRUNING_TYPE = "unstructured"

            def compute_mask(self, t: Any, default_mask: Any) -> Any:
                mask = default_mask.clone()
                mask.view(-1)[::2] = 0
                return mask

        class Failing(EveryOther):
            def compute_mask(self, t: Any, default_mask: Any) -> Any:
                raise ZeroDivisionError("of its own")

        class Odd(EveryOther):
            PRUNING_TYPE = "odd"

        class Shapeless(EveryOther):
            PRUNING_TYPE = "structured"

        made = model(lib)
        EveryOther.apply(made[2], "weight")
        EveryOther.apply(made[2], "weight")
        method = EveryOther()
        results = [method.prune(lib.ones(5)), method.prune(lib.ones(3), lib.tensor([1, 1, 0]))]
        results += [raised(lambda: method.prune(lib.ones(3), importance_scores=lib.ones(2)))]
        for kind in (Failing, Odd, Shapeless):
            results.append(raised(lambda kind=kind: repr(kind.apply(made[2], "weight"))[:0]))
            fresh = model(lib)
            applied = raised(lambda kind=kind, fresh=fresh: kind.apply(fresh[2], "bias"))
            results.append(applied if isinstance(applied, Raised) else "applied")
            results.append(list(fresh.state_dict()))
        return [*results, *(seen(lib, model(lib)))]

    compare(program)


def test_containers() -> None:
    def program(lib: Any) -> Any:
        prune = pruning(lib)
        method = prune.L1Unstructured(1)
        method._tensor_name = "weight"
        container = prune.PruningContainer(method)
        other = prune.Identity()
        other._tensor_name = "bias"
        results = [len(container), container[0] is method, list(container) == [method]]
        results += [raised(lambda: container.add_pruning_method(3))]
        results += [raised(lambda: prune.PruningContainer(method, other))]
        container.add_pruning_method(None)
        return [*results, len(container), container._tensor_name]

    compare(program)


WRONG = [
    "l1_unstructured(m[2], 'weight', 'a')", "l1_unstructured(m[2], 'weight', -1)",
    "l1_unstructured(m[2], 'weight', 1.5)", "l1_unstructured(m[2], 'weight', -0.5)",
    "l1_unstructured(m[2], 'weight', 100)", "l1_unstructured(m[2], 'nothing', 1)",
    "l1_unstructured(m[2], 'weight', 1, lib.ones(2))", "ln_structured(m[2], 'bias', 1, 2, 0)",
    "ln_structured(m[2], 'weight', 1, 2, 2)", "ln_structured(m[2], 'weight', 9, 2, 0)",
    "random_structured(m[2], 'bias', 1, 0)", "random_structured(m[2], 'weight', 9, 0)",
    "custom_from_mask(m[2], 'weight', lib.ones(2))", "remove(m[2], 'weight')",
    "global_unstructured(3, L1Unstructured, amount=1)", "BasePruningMethod()",
    "global_unstructured([(m[2], 'weight')], LnStructured, amount=1, n=2)",
    "global_unstructured([(m[2], 'weight')], L1Unstructured, 3, amount=1)",
]  # fmt: skip


@pytest.mark.parametrize("line", WRONG)
def test_errors(line: str) -> None:
    """The same errors, word for word, and a module that is as it was."""
    told = []
    for lib in BOTH:
        made = model(lib)
        with pytest.raises(ERRORS) as e:
            eval(line, {**vars(pruning(lib)), "m": made, "lib": lib})
        text = str(e.value).replace("tinygrad_edu.nn.utils.prune_methods", "torch.nn.utils.prune")
        told.append((e.type.__name__, text, list(made.state_dict())))
    assert told[0] == told[1]


def test_public_names() -> None:
    theirs, ours = (vars(pruning(lib)) for lib in BOTH)
    place = "torch.nn.utils.prune"
    public = {n for n, v in theirs.items() if getattr(v, "__module__", "") == place}
    assert len(public) > 15
    assert {n for n in public if not n.startswith("_")} <= ours.keys()
