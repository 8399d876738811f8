"""What one does with an optimizer besides stepping: options, groups, states, copies, mistakes."""

from __future__ import annotations

import collections
import copy
import importlib
import math
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

import tinygrad_edu
from parity_tests.optim_race import BOTH, NAMED, Options, Race


@pytest.mark.parametrize(("name", "options"), NAMED[::5])
def test_repr_and_defaults_are_pytorchs(name: str, options: Options) -> None:
    ours, theirs = (getattr(f.optim, name)([f.zeros(2), f.zeros(3)], **options) for f in BOTH)
    assert repr(ours) == repr(theirs)
    assert ours.defaults == theirs.defaults
    assert ours.state_dict() == theirs.state_dict()
    ours, theirs = (getattr(f.optim, name)([f.zeros(2)], lr=f.tensor(0.125)) for f in BOTH)
    assert repr(ours) == repr(theirs)


def test_named_parameters() -> None:
    texts = []
    for f in BOTH:
        optimizer = f.optim.SGD([("weight", f.zeros(2)), ("bias", f.zeros(1))], lr=0.1)
        optimizer.add_param_group({"params": [("more", f.zeros(1))]})
        texts.append((repr(optimizer), optimizer.state_dict()))
        plain = f.optim.SGD([{"params": [f.zeros(2), f.zeros(1)]}, {"params": f.zeros(1)}])
        plain.load_state_dict(optimizer.state_dict())
        texts[-1] += (plain.state_dict(),)
    assert texts[0] == texts[1]


def test_named_parameters_keep_their_names_when_a_state_without_names_is_loaded() -> None:
    texts = []
    for f in BOTH:
        plain = f.optim.SGD([{"params": [f.zeros(2), f.zeros(1)]}, {"params": f.zeros(1)}])
        optimizer = f.optim.SGD([("weight", f.zeros(2)), ("bias", f.zeros(1))], lr=0.1)
        optimizer.add_param_group({"params": [("more", f.zeros(1))]})
        optimizer.load_state_dict(plain.state_dict())
        texts.append([group["param_names"] for group in optimizer.param_groups])
    assert texts[0] == texts[1] == [["weight", "bias"], ["more"]]


HYPERPARAMETERS: list[tuple[str, Options]] = [
    ("SGD", {"lr": -1}),
    ("SGD", {"lr": -0.5}),
    ("SGD", {"momentum": -0.1}),
    ("SGD", {"weight_decay": -1e-3}),
    ("SGD", {"nesterov": True}),
    ("SGD", {"nesterov": True, "momentum": 0.9, "dampening": 0.1}),
    *(
        (name, options)
        for name in ("Adam", "AdamW")
        for options in (
            {"lr": -1},
            {"lr": float("nan")},
            {"eps": -1e-8},
            {"betas": (1.0, 0.9)},
            {"betas": (-0.1, 0.9)},
            {"betas": (0.9, 1.5)},
            {"weight_decay": -0.1},
        )
    ),
]


@pytest.mark.parametrize(("name", "options"), HYPERPARAMETERS)
def test_hyperparameters_out_of_range(name: str, options: Options) -> None:
    texts = []
    for f in BOTH:
        with pytest.raises(ValueError) as caught:
            getattr(f.optim, name)([f.zeros(2)], **options)
        texts.append(str(caught.value))
    assert texts[0] == texts[1]


#: At the ends of the ranges that options have, and just beyond.
ENDS = (0, 0.0, -1e-3, -1, 1, 1.0, 1.001, 2.5, math.nan, math.inf)
ALL = [
    name
    for name, found in vars(torch.optim).items()
    if isinstance(found, type) and hasattr(tinygrad_edu.optim, name) and name != "Optimizer"
]


@pytest.mark.parametrize("name", ALL)
def test_every_number_at_the_ends_of_its_range(name: str) -> None:
    """What an optimizer is made with, or the type and words of the error."""

    def made(f: Any, options: Options) -> str:
        try:
            optimizer = getattr(f.optim, name)([f.ones(2, 2)], **options)
            return repr(optimizer.defaults)
        except (TypeError, ValueError) as error:
            return repr(error)

    tried = []
    for option, default in getattr(torch.optim, name)([torch.ones(2, 2)]).defaults.items():
        if type(default) in (int, float):
            tried += [{option: end} for end in ENDS]
        elif isinstance(default, tuple):
            tried += [
                {option: (*default[:i], float(end), *default[i + 1 :])}
                for i in range(len(default))
                for end in ENDS
            ]
    for options in tried:
        assert made(tinygrad_edu, options) == made(torch, options), options
    assert len(tried) >= 3 * len(ENDS)


def result_of_an_op(f: Any) -> Any:
    return f.zeros(2, requires_grad=True) * 2


def twice(f: Any) -> None:
    p = f.zeros(2)
    f.optim.SGD([{"params": [p]}, {"params": [p]}])


def other_groups(f: Any, *sizes: int) -> None:
    optimizer = f.optim.SGD([f.zeros(2), f.zeros(3)])
    other = f.optim.SGD([{"params": [f.zeros(1) for _ in range(n)]} for n in sizes])
    optimizer.load_state_dict(other.state_dict())


WRONG: dict[str, tuple[type[Exception], Callable[[Any], Any]]] = {
    "a tensor": (TypeError, lambda f: f.optim.SGD(f.zeros(2))),
    "nothing": (ValueError, lambda f: f.optim.SGD([])),
    "a number": (TypeError, lambda f: f.optim.SGD([1.0])),
    "a set": (TypeError, lambda f: f.optim.SGD([{"params": {f.zeros(2)}}])),
    "a group without params": (KeyError, lambda f: f.optim.SGD([{"lr": 0.1}])),
    "not a leaf": (ValueError, lambda f: f.optim.SGD([result_of_an_op(f)])),
    "in two groups": (ValueError, twice),
    "a group of no dict": (TypeError, lambda f: f.optim.SGD([f.zeros(1)]).add_param_group([1])),
    "half with names": (ValueError, lambda f: f.optim.SGD([("a", f.zeros(1)), f.zeros(2)])),
    "groups with and without names": (
        ValueError,
        lambda f: f.optim.SGD([f.zeros(1)]).add_param_group({"params": [("a", f.zeros(2))]}),
    ),
    "betas of ints": (ValueError, lambda f: f.optim.Adam([f.zeros(1)], betas=(0, 0))),
    "a state of more groups": (ValueError, lambda f: other_groups(f, 1, 1)),
    "a state of fewer parameters": (ValueError, lambda f: other_groups(f, 1)),
    "no algorithm": (
        NotImplementedError,
        lambda f: stepped(f, f.optim.Optimizer([f.ones(1, requires_grad=True)], {"lr": 1.0})),
    ),
}


def stepped(f: Any, optimizer: Any) -> None:
    optimizer.param_groups[0]["params"][0].grad = f.ones(1)
    optimizer.step()


@pytest.mark.parametrize("what", WRONG)
def test_what_raises(what: str) -> None:
    exception, act = WRONG[what]
    for f in BOTH:
        with pytest.raises(exception):
            act(f)


def test_duplicates_in_a_group_warn_and_step_twice() -> None:
    values = []
    for f in BOTH:
        p = f.ones(2, requires_grad=True)
        with pytest.warns(UserWarning, match="duplicate parameters"):
            optimizer = f.optim.SGD([p, p], lr=0.25)
        p.grad = f.ones(2)
        optimizer.step()
        values.append(p.tolist())
    assert values[0] == values[1] == [0.5, 0.5]


KERNELS: list[tuple[str, str]] = [
    (name, options)
    for name, choices in (
        ("SGD", ("foreach", "fused", "foreach, fused", "fused, differentiable")),
        ("Adam", ("foreach", "fused", "foreach, fused", "capturable", "fused, differentiable")),
        ("AdamW", ("foreach", "fused", "foreach, fused", "capturable", "foreach, capturable")),
        ("Adagrad", ("foreach", "fused", "foreach, fused")),
        *((n, ("foreach", "capturable")) for n in ("Adadelta", "Adamax", "ASGD", "NAdam", "RAdam")),
        *((n, ("foreach", "capturable")) for n in ("RMSprop", "Rprop")),
    )
    for options in choices
]


@pytest.mark.parametrize("lr", ["0.1", "f.tensor(0.1)"])
@pytest.mark.parametrize(("name", "options"), KERNELS)
def test_a_choice_of_kernel(name: str, options: str, lr: str) -> None:
    """The same steps, or the same type of exception from the constructor or the step."""
    ends: list[Any] = []
    for f in BOTH:
        p = f.tensor([1.0, -2.0, 3.0], requires_grad=True)
        try:
            chosen = dict.fromkeys(options.split(", "), True)
            optimizer = getattr(f.optim, name)([p], lr=eval(lr, {"f": f}), **chosen)
            for _ in range(3):
                optimizer.zero_grad()
                (p * p).sum().backward()
                optimizer.step()
        except (AssertionError, RuntimeError, ValueError) as error:
            ends.append(type(error))
        else:
            ends.append(p.detach().numpy())
    if isinstance(ends[1], type):
        assert ends[0] is ends[1]
    else:
        np.testing.assert_allclose(ends[0], ends[1], rtol=1e-6)


@pytest.mark.parametrize("name", dict.fromkeys(name for name, _ in KERNELS))
def test_recorded_steps_are_named_as_missing(name: str) -> None:
    p = tinygrad_edu.zeros(2)
    make = getattr(tinygrad_edu.optim, name)
    with pytest.raises(NotImplementedError, match="differentiable=True"):
        make([p], differentiable=True)
    with pytest.raises(NotImplementedError, match="differentiable=True"):
        make([{"params": [p], "differentiable": True}])
    loaded = make([p])
    state = loaded.state_dict()
    state["param_groups"][0]["differentiable"] = True
    with pytest.raises(NotImplementedError, match="differentiable=True"):
        loaded.load_state_dict(state)


def test_closure_runs_with_recording_on() -> None:
    losses = []
    for f in BOTH:
        p = f.tensor([1.0, -2.0], requires_grad=True)
        optimizer = f.optim.SGD([p], lr=0.1)

        def closure(f: Any = f, p: Any = p, optimizer: Any = optimizer) -> Any:
            assert f.is_grad_enabled()
            optimizer.zero_grad()
            loss = (p * p).sum()
            loss.backward()
            return loss

        with f.no_grad():
            losses.append([optimizer.step(closure).item() for _ in range(3)])
            assert not f.is_grad_enabled()
        assert optimizer.step() is None
    assert losses[0] == losses[1]


@pytest.mark.parametrize("set_to_none", [True, False])
def test_zero_grad(set_to_none: bool) -> None:
    for f in BOTH:
        p, without = f.ones(2, requires_grad=True), f.ones(2, requires_grad=True)
        (kept,) = f.autograd.grad((p * p * p).sum(), p, create_graph=True)
        p.grad = kept
        f.optim.SGD([p, without]).zero_grad(set_to_none=set_to_none)
        assert without.grad is None
        if set_to_none:
            assert p.grad is None
            assert kept.tolist() == [3, 3]
        else:
            assert p.grad is kept
            assert p.grad.tolist() == [0, 0]
            assert not p.grad.requires_grad
            assert p.grad.grad_fn is None


@pytest.mark.parametrize("name", ["SGD", "Adam"])
def test_backward_notices_that_a_step_came_between(name: str) -> None:
    for f in BOTH:
        p = f.ones(2, requires_grad=True)
        y = (p * p).sum()
        p.grad = f.ones(2)
        getattr(f.optim, name)([p]).step()
        with pytest.raises(RuntimeError, match="modified by an inplace operation"):
            y.backward()


@pytest.mark.parametrize(("name", "options"), NAMED[::4])
def test_parameters_and_gradients_stay_where_they_are(name: str, options: Options) -> None:
    race = Race(name, options, "float32")
    arrays = [p.array for p in race.ours]
    race.step()
    grads = [None if p.grad is None else p.grad.array.copy() for p in race.ours]
    for optimizer in race.optimizers:
        optimizer.step()
    assert all(p.array is array for p, array in zip(race.ours, arrays, strict=True))
    for p, grad in zip(race.ours, grads, strict=True):
        assert (p.grad is None) == (grad is None)
        if grad is not None:
            np.testing.assert_array_equal(p.grad.array, grad)
    race.check()


def test_parameters_of_several_dtypes() -> None:
    values = []
    for f in BOTH:
        parameters = [f.ones(3, dtype=getattr(f, d)) for d in ("float32", "float64", "float32")]
        optimizer = f.optim.Adam([p.requires_grad_() for p in parameters], lr=0.1)
        for step in range(1, 4):
            for p in parameters[:step]:
                p.grad = f.full((3,), 0.5, dtype=p.dtype)
            optimizer.step()
        values.append([p.detach().numpy() for p in parameters])
    for ours, theirs in zip(*values, strict=True):
        assert ours.dtype == theirs.dtype
        np.testing.assert_allclose(ours, theirs, rtol=4 * np.finfo(ours.dtype).eps)


@pytest.mark.parametrize("name", ["SGD", "Adam"])
def test_a_parameter_may_change_its_dtype_before_the_first_step(name: str) -> None:
    values = []
    for f in BOTH:
        p = f.ones(3, requires_grad=True)
        optimizer = getattr(f.optim, name)([p], lr=0.1)
        p.data = p.data.double()
        p.grad = f.full((3,), 0.5, dtype=f.float64)
        optimizer.step()
        values.append(p.detach().numpy())
    assert values[0].dtype == np.float64
    np.testing.assert_allclose(values[0], values[1], rtol=1e-15)


@pytest.mark.parametrize("default", ["float32", "float64"])
def test_the_count_of_steps_has_pytorchs_dtype(default: str) -> None:
    for f in BOTH:
        f.set_default_dtype(getattr(f, default))
        try:
            p = f.ones(2, requires_grad=True)
            p.grad = f.ones(2)
            optimizer = f.optim.Adam([p])
            optimizer.step()
            step = optimizer.state[p]["step"]
            assert (str(step.dtype), step.item(), tuple(step.shape)) == (f"torch.{default}", 1, ())
        finally:
            f.set_default_dtype(f.float32)


def test_loading_takes_the_dtype_of_the_parameters() -> None:
    for f in BOTH:
        narrow, wide = f.ones(2, requires_grad=True), f.ones(2, dtype=f.float64)
        narrow.grad = f.ones(2)
        source = f.optim.Adam([narrow])
        source.step()
        target = f.optim.Adam([wide])
        target.load_state_dict(source.state_dict())
        assert target.state[wide]["exp_avg"].dtype is f.float64
        assert target.state[wide]["step"].dtype is f.float32
        again = f.optim.Adam([narrow])
        again.load_state_dict(source.state_dict())
        assert again.state[narrow]["exp_avg"] is source.state[narrow]["exp_avg"]


def test_loading_leaves_the_given_dict_as_it_is() -> None:
    for f in BOTH:
        p = f.ones(2, requires_grad=True)
        p.grad = f.ones(2)
        source = f.optim.SGD([p], lr=0.5, momentum=0.9)
        source.step()
        state = source.state_dict()
        groups = copy.deepcopy(state["param_groups"])
        for _ in range(2):  # the same dict serves two
            target = f.optim.SGD([f.ones(2, requires_grad=True)], lr=0.1)
            target.load_state_dict(state)
            assert len(target.state) == 1
            target.param_groups[0]["lr"] = 0.25
        assert state["param_groups"] == groups and groups[0]["params"] == [0]


def test_adamw_stays_decoupled() -> None:
    for f in BOTH:
        state = f.optim.Adam([f.ones(1)], weight_decay=0.5).state_dict()
        optimizer = f.optim.AdamW([f.ones(1)])
        optimizer.load_state_dict(state)
        assert optimizer.param_groups[0]["decoupled_weight_decay"] is True
        assert optimizer.param_groups[0]["weight_decay"] == 0.5


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda o: pickle.loads(pickle.dumps(o))])
def test_a_copy_goes_its_own_way(copied: Callable[[Any], Any]) -> None:
    race = Race("Adam", {"lr": 0.1}, "float64")
    race.step()
    twin = copied(race.optimizers[0])
    parameters = twin.param_groups[0]["params"]
    assert twin.state.keys() <= set(parameters)
    before = [p.tolist() for p in race.ours]
    for p in parameters:
        p.grad = tinygrad_edu.ones_like(p)
    twin.step()
    assert [p.tolist() for p in race.ours] == before
    assert parameters[0].tolist() != before[0]


def test_users_write_optimizers_as_for_pytorch() -> None:
    values = []
    for f in BOTH:

        class SignDescent(f.optim.Optimizer):  # type: ignore[misc, name-defined]
            def __init__(self, params: Any, lr: float) -> None:
                super().__init__(params, {"lr": lr})

            @f.no_grad()
            def step(self, closure: Any = None) -> None:
                for group in self.param_groups:
                    for p in group["params"]:
                        self.state[p]["count"] = self.state[p].get("count", 0) + 1
                        self.state["all"]["count"] = self.state["all"].get("count", 0) + 1
                        p.sub_(p.grad.sign(), alpha=group["lr"])

        p = f.tensor([1.0, -3.0], requires_grad=True)
        optimizer = SignDescent([p], lr=0.5)
        for _ in range(2):
            optimizer.zero_grad()
            (p * p).sum().backward()
            optimizer.step()
        values.append((p.tolist(), optimizer.state_dict(), repr(optimizer)))
        loaded = SignDescent([p], lr=0.1)
        loaded.load_state_dict(optimizer.state_dict())
        assert loaded.state_dict() == optimizer.state_dict()
    assert values[0] == values[1]


def test_wrappers_may_do_without_the_initializer() -> None:
    """As Lookahead is written: it holds an optimizer, and has its groups."""
    ends = []
    for f in BOTH:

        class Lookahead(f.optim.Optimizer):  # type: ignore[misc, name-defined]
            def __init__(self, optimizer: Any, k: int, alpha: float) -> None:
                self.optimizer, self.k, self.alpha = optimizer, k, alpha
                self.param_groups = optimizer.param_groups
                self.state = collections.defaultdict(dict)
                self.defaults = {"k": k, **optimizer.defaults}
                for group in self.param_groups:
                    group["counter"] = 0

            def step(self, closure: Any = None) -> None:
                self.optimizer.step(closure)
                for group in self.param_groups:
                    group["counter"] = (group["counter"] + 1) % self.k
                    for fast in group["params"] if group["counter"] == 0 else []:
                        slow = self.state[fast].setdefault("slow", fast.data * 0)
                        slow.add_(fast.data - slow, alpha=self.alpha)
                        fast.data.copy_(slow)

        p = f.tensor([1.0, -3.0], requires_grad=True)
        wrapper = Lookahead(f.optim.SGD([p], lr=0.1), 2, 0.5)
        schedule = f.optim.lr_scheduler.StepLR(wrapper, 2)
        for _ in range(5):
            wrapper.optimizer.zero_grad()
            (p * p).sum().backward()
            wrapper.step()
            schedule.step()
        ends.append((p.tolist(), schedule.get_last_lr(), repr(wrapper)))
    assert ends[0] == ends[1]


def test_an_option_may_be_required() -> None:
    told = []
    for f in BOTH:
        required = importlib.import_module(f"{f.__name__}.optim.optimizer").required
        p = f.tensor([1.0, -3.0], requires_grad=True)
        with pytest.raises(ValueError) as raised:
            f.optim.Optimizer([p], {"lr": required, "momentum": 0})
        made = f.optim.Optimizer([{"params": [p], "lr": 0.5}], {"lr": required, "momentum": 0})
        with pytest.raises(ValueError):
            made.add_param_group({"params": [f.zeros(1)], "momentum": 1})
        texts = [repr(made), repr(required), type(required).__name__, str(raised.value)]
        told.append((texts, made.param_groups[0]["lr"], len(made.param_groups)))
    assert told[0] == told[1]


def test_what_is_loaded_is_nobody_elses() -> None:
    kept = []
    for f in BOTH:
        p = f.ones(2)
        optimizer = f.optim.SGD([p])
        state = optimizer.state_dict()
        extra = {"list": [1, [2]], "dict": {"a": [3]}}
        state["state"] = {0: {"extra": extra}}
        optimizer.load_state_dict(state)
        extra["list"][1].append(4)
        extra["dict"]["a"].append(5)
        kept.append(optimizer.state[p]["extra"])
    assert kept[0] == kept[1]
