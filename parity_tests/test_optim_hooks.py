"""Hooks of optimizers run when PyTorch's do, and can do the same."""

from __future__ import annotations

import copy
import importlib
import pickle
from collections.abc import Callable
from typing import Any

import pytest

import tinygrad_edu
from parity_tests.optim_race import BOTH


def optimizer_of(f: Any, **options: Any) -> tuple[Any, Any]:
    p = f.ones(2, requires_grad=True)
    p.grad = f.ones(2)
    return p, f.optim.SGD([p], **{"lr": 0.5, "momentum": 0.5, **options})


def test_steps() -> None:
    logs = []
    for f in BOTH:
        log: list[Any] = []
        p, optimizer = optimizer_of(f)

        def before(which: Any, args: Any, kwargs: Any, log: Any = log, p: Any = p) -> None:
            log.append(("before", type(which).__name__, len(args), sorted(kwargs), p.tolist()))

        def after(which: Any, args: Any, kwargs: Any, log: Any = log, p: Any = p) -> None:
            log.append(("after", type(which).__name__, len(args), sorted(kwargs), p.tolist()))

        optimizer.register_step_pre_hook(before)
        handle = optimizer.register_step_post_hook(after)
        optimizer.register_step_post_hook(lambda *_, log=log: log.append("second"))
        log.append(optimizer.step())
        log.append(optimizer.step(lambda: 3.0))
        log.append(optimizer.step(closure=lambda: 4.0))
        handle.remove()
        optimizer.step()
        logs.append(log)
    assert logs[0] == logs[1]
    assert len(logs[0]) == 3 * 4 + 2


def test_hooks_of_all_optimizers() -> None:
    logs = []
    for f in BOTH:
        log: list[Any] = []

        def note(name: str, log: list[Any] = log) -> Callable[..., None]:
            return lambda which, args, kwargs: log.append(
                (name, type(which).__name__, len(args), sorted(kwargs),
                 which.param_groups[0]["params"][0].tolist())
            )  # fmt: skip

        _, optimizer = optimizer_of(f)
        other = f.optim.Adam([f.ones(1, requires_grad=True)])
        optimizer.register_step_pre_hook(note("own before"))
        optimizer.register_step_post_hook(note("own after"))
        whole = importlib.import_module(f"{f.__name__}.optim.optimizer")  # it is no attribute
        handles = [
            whole.register_optimizer_step_pre_hook(note("before")),
            whole.register_optimizer_step_post_hook(note("after")),
            whole.register_optimizer_step_post_hook(note("second")),
        ]
        try:
            optimizer.step()
            other.step(lambda: 1.0)
            handles.pop().remove()
            optimizer.step(closure=lambda: 2.0)
        finally:
            for handle in handles:
                handle.remove()
        other.step()
        logs.append(log)
    assert logs[0] == logs[1]
    assert [entry[0] for entry in logs[0]] == [
        "before", "own before", "own after", "after", "second",
        "before", "after", "second",
        "before", "own before", "own after", "after",
    ]  # fmt: skip


def test_a_hook_of_all_optimizers_may_replace_the_arguments() -> None:
    values = []
    for f in BOTH:
        _, optimizer = optimizer_of(f)
        replaced: list[Any] = [((optimizer,), {"closure": lambda: 7})]
        whole = importlib.import_module(f"{f.__name__}.optim.optimizer")
        handle = whole.register_optimizer_step_pre_hook(lambda *_, r=replaced: r[0])
        try:
            values.append(optimizer.step(lambda: 1))
            replaced[0] = 5
            with pytest.raises(RuntimeError, match="must return None or a tuple"):
                optimizer.step()
        finally:
            handle.remove()
    assert values == [7, 7]


def test_a_hook_may_replace_the_arguments() -> None:
    values = []
    for f in BOTH:
        _, optimizer = optimizer_of(f)
        optimizer.register_step_pre_hook(lambda o, args, kwargs: (args[:1], {"closure": lambda: 7}))
        values.append(optimizer.step(lambda: 1))
        optimizer.register_step_pre_hook(lambda o, args, kwargs: 5)
        with pytest.raises(RuntimeError, match="must return None or a tuple"):
            optimizer.step()
    assert values == [7, 7]


def test_steps_of_users_and_of_lbfgs_have_hooks() -> None:
    for f in BOTH:
        log: list[str] = []

        class Counted(f.optim.Optimizer):  # type: ignore[misc, name-defined]
            def step(self, closure: Any = None, log: list[str] = log) -> Any:
                log.append("step")

        optimizer = Counted([f.ones(1)], {})
        optimizer.register_step_post_hook(lambda *_, log=log: log.append("hook"))
        optimizer.step()
        assert log == ["step", "hook"]

        p = f.ones(1, requires_grad=True)
        search = f.optim.LBFGS([p])
        search.register_step_post_hook(lambda *_, log=log: log.append("LBFGS"))
        search.step(lambda p=p: (p * 0).sum())
        assert log[-1] == "LBFGS"


def test_a_step_that_calls_the_one_it_replaces_has_its_hooks_once() -> None:
    log: list[str] = []

    class Logged(tinygrad_edu.optim.SGD):
        def step(self, closure: Any = None) -> Any:
            log.append("step")
            return super().step(closure)

    p = tinygrad_edu.ones(1, requires_grad=True)
    p.grad = tinygrad_edu.ones(1)
    optimizer = Logged([p], lr=0.25)
    optimizer.register_step_pre_hook(lambda *_: log.append("hook"))
    optimizer.step()
    assert log == ["hook", "step"]
    assert p.tolist() == [0.75]


def test_an_error_in_a_step_leaves_the_hooks_as_they_were() -> None:
    for f in BOTH:
        log: list[int] = []
        _, optimizer = optimizer_of(f)
        optimizer.register_step_pre_hook(lambda *_, log=log: log.append(1))
        for _ in range(2):
            with pytest.raises(ZeroDivisionError):
                optimizer.step(lambda: 1 / 0)
        assert log == [1, 1]


def test_saving_and_loading() -> None:
    logs = []
    for f in BOTH:
        log: list[Any] = []
        _, optimizer = optimizer_of(f)
        optimizer.step()

        def note(
            what: str, result: Callable[[Any], Any] = lambda s: None, log: list[Any] = log
        ) -> Any:
            def hook(which: Any, *state: Any) -> Any:
                log.append((what, [sorted(s) for s in state], which.param_groups[0]["lr"]))
                return result(*state) if state else None

            return hook

        optimizer.register_state_dict_pre_hook(note("2"))
        optimizer.register_state_dict_pre_hook(note("1"), prepend=True)
        optimizer.register_state_dict_post_hook(note("4", lambda s: {**s, "epoch": 3}))
        optimizer.register_state_dict_post_hook(note("3"), prepend=True)
        saved = optimizer.state_dict()
        log.append(sorted(saved))

        _, other = optimizer_of(f, lr=0.1)
        other.register_load_state_dict_pre_hook(note("6", lambda s: s.pop("epoch") and None))
        other.register_load_state_dict_pre_hook(note("5"), prepend=True)
        other.register_load_state_dict_post_hook(note("8"))
        other.register_load_state_dict_post_hook(note("9"))
        other.register_load_state_dict_post_hook(note("7"), prepend=True)
        other.load_state_dict(saved)
        log.append(sorted(saved))
        logs.append(log)
    assert logs[0] == logs[1]
    assert [entry[0] for entry in logs[0]] == ["1", "2", "3", "4", "epoch", "5", "6", "7", "8",
                                               "9", "epoch"]  # fmt: skip


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda o: pickle.loads(pickle.dumps(o))])
def test_copies_have_the_state_and_no_hooks(copied: Callable[[Any], Any]) -> None:
    for f in BOTH:
        _, optimizer = optimizer_of(f)
        optimizer.step()
        optimizer.own = "not part of an optimizer's state"
        optimizer.register_step_pre_hook(print)
        twin = copied(optimizer)
        assert not hasattr(twin, "own")
        assert repr(twin) == repr(optimizer)
        assert twin.defaults == optimizer.defaults
        (state,) = twin.state_dict()["state"].values()
        assert state["momentum_buffer"].tolist() == [1.0, 1.0]
        twin.param_groups[0]["params"][0].grad = f.ones(2)
        twin.step()
        assert twin.param_groups[0]["params"][0].tolist() == [-0.25, -0.25]


def test_loading_goes_through_setstate() -> None:
    for f in BOTH:

        class Newer(f.optim.Optimizer):  # type: ignore[misc, name-defined]
            def __setstate__(self, state: Any) -> None:
                super().__setstate__(state)
                for group in self.param_groups:
                    group.setdefault("warmup", 5)

        old = f.optim.Optimizer([f.ones(1)], {"lr": 0.5})
        new = Newer([f.ones(1)], {"lr": 0.1})
        new.load_state_dict(old.state_dict())
        assert new.param_groups[0]["warmup"] == 5
        assert new.param_groups[0]["lr"] == 0.5
        assert new.defaults == {"lr": 0.1, "differentiable": False}


def test_lists_and_dicts_in_a_state_are_loaded_in_the_dtype_of_the_parameter() -> None:
    for f in BOTH:
        source = f.optim.Optimizer([f.ones(1)], {})
        parameter = source.param_groups[0]["params"][0]
        state = {"pairs": [f.ones(1), (f.ones(2), 3)], "by": {"a": f.ones(1), "step": f.ones(1)}}
        source.state[parameter] = state
        wide = f.optim.Optimizer([f.ones(1, dtype=f.float64)], {})
        wide.load_state_dict(source.state_dict())
        (loaded,) = wide.state.values()
        assert loaded["pairs"][0].dtype is f.float64
        assert loaded["pairs"][1][0].dtype is f.float64
        assert loaded["pairs"][1][1] == 3
        assert loaded["by"]["a"].dtype is f.float64
        assert loaded["by"]["step"].dtype is f.float32


@pytest.mark.parametrize("name", ["Adam", "NAdam", "ASGD", "RMSprop"])
def test_plain_numbers_of_old_state_dicts_become_tensors(name: str) -> None:
    values = []
    for f in BOTH:
        p, _ = optimizer_of(f)
        optimizer = getattr(f.optim, name)([p])
        optimizer.step()
        old = optimizer.state_dict()
        state = old["state"][0]
        for key in {"step", "mu_product", "eta", "mu"} & state.keys():
            state[key] = state[key].item()
        loaded = getattr(f.optim, name)([p])
        loaded.load_state_dict(old)
        loaded.step()
        kinds = {key: str(value.dtype) for key, value in loaded.state[p].items()}
        values.append((kinds, loaded.state[p]["step"].item(), p.tolist()))
    assert values[0][:2] == values[1][:2]
    assert values[0][2] == pytest.approx(values[1][2], rel=1e-6)


def test_without_hooks_nothing_is_in_between() -> None:
    assert tinygrad_edu.optim.Optimizer.step.__name__ == "step"
    assert "closure" in (tinygrad_edu.optim.Optimizer.step.__doc__ or "")
