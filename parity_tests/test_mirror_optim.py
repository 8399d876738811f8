"""`torch_ref.mirror` and `pull` for optimizers and learning-rate schedulers."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import tinygrad_edu
from torch_ref import MirrorError, mirror, pull

from .judge import check, count_case

#: How each optimizer is made, and options that the second group has for itself.
OPTIMIZERS = {
    "ASGD": (dict(lr=0.05, t0=2), dict(alpha=0.5)),
    "Adadelta": (dict(lr=0.5), dict(rho=0.5)),
    "Adafactor": (dict(lr=0.05), dict(weight_decay=0.1)),
    "Adagrad": (dict(lr=0.1, lr_decay=0.1), dict(eps=1e-3)),
    "Adam": (dict(lr=0.05, amsgrad=True), dict(betas=(0.5, 0.9))),
    "AdamW": (dict(lr=0.05), dict(weight_decay=0.2)),
    "Adamax": (dict(lr=0.05), dict(betas=(0.5, 0.9))),
    "Muon": (dict(lr=0.05), dict(momentum=0.5)),
    "NAdam": (dict(lr=0.05), dict(momentum_decay=0.1)),
    "RAdam": (dict(lr=0.05), dict(weight_decay=0.1)),
    "RMSprop": (dict(lr=0.05, momentum=0.9, centered=True), dict(alpha=0.5)),
    "Rprop": (dict(lr=0.05), dict(etas=(0.4, 1.1))),
    "SGD": (dict(lr=0.05, momentum=0.9), dict(nesterov=True, maximize=True)),
}


def make(name="SGD", **options):
    """Two parameters, each in a group of its own, and an optimizer of theirs."""
    tinygrad_edu.manual_seed(1)
    model = tinygrad_edu.nn.ParameterList([tinygrad_edu.randn(3, 2), tinygrad_edu.randn(2, 4)])
    given, own = OPTIMIZERS[name]
    groups = [{"params": [model[0]]}, {"params": [model[1]], **own}]
    return model, getattr(tinygrad_edu.optim, name)(groups, **{**given, **options})


def loss_of(model):
    return ((model[0] @ model[1]).sin() ** 2).sum()


def train(model, optimizer, *schedulers, steps=3):
    """The losses of some steps."""
    result = []
    for _ in range(steps):

        def closure():
            optimizer.zero_grad()
            loss = loss_of(model)
            loss.backward()
            return loss

        result.append(float(optimizer.step(closure).detach()))
        for scheduler in schedulers:
            scheduler.step()
    return result


def options_of(optimizer):
    return [
        {name: value for name, value in group.items() if name != "params"}
        for group in optimizer.param_groups
    ]


def check_same(model, optimizer, theirs, their_optimizer):
    """Raise unless parameters, options and state are equal."""
    count_case()
    for mine, other in zip(model, theirs, strict=True):
        check(mine.detach(), other.detach(), exact="bits")
    assert options_of(optimizer) == options_of(their_optimizer)
    state, their_state = (o.state_dict()["state"] for o in (optimizer, their_optimizer))
    assert list(state) == list(their_state)
    for number, entries in state.items():
        assert list(entries) == list(their_state[number])
        for name, value in entries.items():
            check_same_entry(value, their_state[number][name], name)


def check_same_entry(value, other, name):
    if isinstance(other, list):
        assert len(value) == len(other)
        for mine, theirs in zip(value, other, strict=True):
            check_same_entry(mine, theirs, name)
    elif isinstance(other, torch.Tensor):
        check(value, other, name, exact="bits")
    else:
        assert value == other


def close(got, given):
    """Losses after some steps of rounding."""
    np.testing.assert_allclose(got, given, rtol=1e3 * np.finfo("float32").eps)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_optimizer_goes_on_where_it_was_on_either_side(name):
    model, optimizer = make(name)
    train(model, optimizer)
    theirs, their_optimizer = mirror(model, optimizer)
    assert type(their_optimizer) is getattr(torch.optim, name)
    assert their_optimizer.param_groups[1]["params"][0] is theirs[1]
    assert repr(their_optimizer) == repr(optimizer)
    check_same(model, optimizer, theirs, their_optimizer)
    close(train(model, optimizer), train(theirs, their_optimizer))
    train(theirs, their_optimizer)
    pull(theirs, model)
    pull(their_optimizer, optimizer)
    check_same(model, optimizer, theirs, their_optimizer)
    close(train(model, optimizer), train(theirs, their_optimizer))


def test_so_does_lbfgs():
    model, _ = make()
    optimizer = tinygrad_edu.optim.LBFGS(
        model.parameters(), max_iter=3, line_search_fn="strong_wolfe"
    )
    train(model, optimizer)
    theirs, their_optimizer = mirror(model, optimizer)
    check_same(model, optimizer, theirs, their_optimizer)
    close(train(model, optimizer, steps=1), train(theirs, their_optimizer, steps=1))
    pull(theirs, model)
    pull(their_optimizer, optimizer)
    check_same(model, optimizer, theirs, their_optimizer)
    close(train(model, optimizer, steps=1), train(theirs, their_optimizer, steps=1))


def test_options_of_the_users_and_names_go_along():
    model, _ = make()
    optimizer = tinygrad_edu.optim.Adam(model.named_parameters(), lr=tinygrad_edu.tensor(0.1))
    optimizer.param_groups[0]["note"] = "kept"
    theirs, their_optimizer = mirror(model, optimizer)
    (group,) = their_optimizer.param_groups
    assert group["param_names"] == ["0", "1"] and group["note"] == "kept"
    assert torch.is_tensor(group["lr"]) and group["lr"] == 0.1
    their_optimizer.add_param_group(
        {"params": [torch.ones(2, requires_grad=True)], "param_names": ["2"]}
    )
    assert their_optimizer.param_groups[1]["lr"] == 0.1
    train(theirs, their_optimizer)


def test_hooks_of_an_optimizer_run_on_its_mirror():
    model, optimizer = make()
    seen = []
    optimizer.register_step_post_hook(lambda which, args, kwargs: seen.append(type(which)))
    optimizer.seen = seen
    theirs, their_optimizer = mirror(model, optimizer)
    train(theirs, their_optimizer, steps=2)
    assert their_optimizer.seen == [torch.optim.SGD] * 2
    assert seen == []


class Signs(tinygrad_edu.optim.Optimizer):
    """A user's own optimizer."""

    def __init__(self, params, lr):
        super().__init__(params, {"lr": lr})
        self.steps = 0

    @tinygrad_edu.no_grad()
    def step(self, closure=None):
        with tinygrad_edu.enable_grad():
            loss = closure()
        self.steps += 1
        for group in self.param_groups:
            for parameter in group["params"]:
                state = self.state[parameter]
                state["mean"] = 0.5 * state.get("mean", 0) + parameter.grad
                parameter.add_(state["mean"].sign(), alpha=-group["lr"])
        return loss


class Halving(tinygrad_edu.optim.lr_scheduler.LRScheduler):
    """A user's own schedule."""

    def get_lr(self):
        factor = 1.0 if self.last_epoch == 0 else 0.5
        return [group["lr"] * factor for group in self.optimizer.param_groups]


def test_a_users_own_optimizer_and_schedule():
    model, _ = make()
    optimizer = Signs(model.parameters(), 0.01)
    scheduler = Halving(optimizer)
    train(model, optimizer, scheduler)
    theirs, their_optimizer, their_scheduler = mirror(model, optimizer, scheduler)
    assert isinstance(their_optimizer, torch.optim.Optimizer) and their_optimizer.steps == 3
    check_same(model, optimizer, theirs, their_optimizer)
    close(train(model, optimizer, scheduler), train(theirs, their_optimizer, their_scheduler))
    assert their_optimizer.param_groups[0]["lr"] == optimizer.param_groups[0]["lr"] == 0.01 / 2**6
    seen = []
    their_optimizer.register_step_post_hook(lambda *args: seen.append(args))
    train(theirs, their_optimizer, steps=2)
    assert len(seen) == 2


# Schedules ---------------------------------------------------------------------------------------

SCHEDULERS = {
    "LambdaLR": lambda lib, o: [lib.LambdaLR(o, [lambda e: 0.9**e, lambda e: 1 / (e + 1)])],
    "MultiplicativeLR": lambda lib, o: [lib.MultiplicativeLR(o, lambda e: 0.9)],
    "StepLR": lambda lib, o: [lib.StepLR(o, 2)],
    "MultiStepLR": lambda lib, o: [lib.MultiStepLR(o, [2, 4, 4])],
    "ConstantLR": lambda lib, o: [lib.ConstantLR(o)],
    "LinearLR": lambda lib, o: [lib.LinearLR(o)],
    "ExponentialLR": lambda lib, o: [lib.ExponentialLR(o, 0.8)],
    "PolynomialLR": lambda lib, o: [lib.PolynomialLR(o, 6, 2.0)],
    "CosineAnnealingLR": lambda lib, o: [lib.CosineAnnealingLR(o, 5)],
    "CosineAnnealingWarmRestarts": lambda lib, o: [lib.CosineAnnealingWarmRestarts(o, 4)],
    "CyclicLR": lambda lib, o: [lib.CyclicLR(o, 0.01, 0.1, 2, mode="exp_range", gamma=0.9)],
    "CyclicLR, own": lambda lib, o: [lib.CyclicLR(o, 0.01, 0.1, 2, scale_fn=lambda x: 0.5)],
    "OneCycleLR": lambda lib, o: [lib.OneCycleLR(o, 0.1, 40)],
    "SequentialLR": lambda lib, o: [
        lib.SequentialLR(o, [lib.ConstantLR(o), lib.ExponentialLR(o, 0.9)], [4])
    ],
    "ChainedScheduler": lambda lib, o: [
        lib.ChainedScheduler([lib.ConstantLR(o), lib.ExponentialLR(o, 0.9)])
    ],
    "two": lambda lib, o: [lib.StepLR(o, 2), lib.ExponentialLR(o, 0.9)],
}


def rates(optimizer, schedulers, steps=3):
    """The learning rates and momenta of some epochs, and what the schedules say of them."""
    result = []
    for _ in range(steps):
        optimizer.step()
        for scheduler in schedulers:
            scheduler.step()
        groups = [(g["lr"], g["momentum"]) for g in optimizer.param_groups]
        result.append((groups, [s.get_last_lr() for s in schedulers]))
    return result


def go_on_alike(optimizer, schedulers):
    """Mirror, run on both sides, pull, and run on both sides again."""
    rates(optimizer, schedulers)
    model = tinygrad_edu.nn.ParameterList(p for g in optimizer.param_groups for p in g["params"])
    _, their_optimizer, *theirs = mirror(model, optimizer, *schedulers)
    count_case()
    assert all(scheduler.optimizer is their_optimizer for scheduler in theirs)
    assert rates(optimizer, schedulers) == rates(their_optimizer, theirs)
    rates(their_optimizer, theirs)
    pull(their_optimizer, optimizer)
    for scheduler, other in zip(schedulers, theirs, strict=True):
        before = set(vars(scheduler))
        pull(other, scheduler)
        assert set(vars(scheduler)) == before
    assert rates(optimizer, schedulers, 6) == rates(their_optimizer, theirs, 6)


@pytest.mark.parametrize("name", SCHEDULERS)
def test_a_schedule_goes_on_where_it_was_on_either_side(name):
    _, optimizer = make()
    schedulers = SCHEDULERS[name](tinygrad_edu.optim.lr_scheduler, optimizer)
    go_on_alike(optimizer, schedulers)


def test_so_does_one_of_a_rate_that_is_a_tensor():
    model, _ = make()
    optimizer = tinygrad_edu.optim.SGD(model.parameters(), tinygrad_edu.tensor(0.5), momentum=0.9)
    scheduler = tinygrad_edu.optim.lr_scheduler.StepLR(optimizer, 1, 0.5)
    rates(optimizer, [scheduler])
    _, theirs, other = mirror(model, optimizer, scheduler)
    for each, schedule in ((optimizer, scheduler), (theirs, other)):
        assert float(each.param_groups[0]["lr"]) == 0.5**4
        rates(each, [schedule])
        assert float(each.param_groups[0]["lr"]) == 0.5**7
    pull(theirs, optimizer)
    pull(other, scheduler)
    rates(optimizer, [scheduler])
    assert float(optimizer.param_groups[0]["lr"]) == 0.5**10


def test_so_does_the_averaging_one():
    _, optimizer = make()
    go_on_alike(optimizer, [tinygrad_edu.optim.swa_utils.SWALR(optimizer, 0.5, 8, "linear")])


def test_so_does_the_one_that_looks_at_losses():
    model, optimizer = make()
    scheduler = tinygrad_edu.optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=1)
    _, their_optimizer, other = mirror(model, optimizer, scheduler)
    for loss in (1.0, 1.0, 1.0, 2.0, 1.0, 0.5):
        for each in (scheduler, other):
            each.step(loss)
        assert options_of(optimizer) == options_of(their_optimizer)
    other.step(0.5)
    pull(other, scheduler)
    assert scheduler.state_dict() == other.state_dict()


def test_a_schedule_whose_optimizer_did_not_step_warns():
    _, optimizer = make()
    scheduler = tinygrad_edu.optim.lr_scheduler.StepLR(optimizer, 2)
    _, other = mirror(optimizer, scheduler)
    optimizer.step()
    _, third = mirror(optimizer, scheduler)
    third.step()  # no warning, as it did step
    with pytest.warns(UserWarning, match="before `optimizer.step"):
        other.step()


# What does not fit -------------------------------------------------------------------------------


def test_groups_that_differ_are_named():
    model, optimizer = make()
    _, theirs = mirror(model, optimizer)
    more = torch.ones(2, requires_grad=True)
    theirs.param_groups[1]["params"].append(more)
    with pytest.raises(MirrorError, match=r"^param_groups\[1\]: the numbers of parameters differ$"):
        pull(theirs, optimizer)
    theirs.param_groups.pop()
    with pytest.raises(MirrorError, match=r"^param_groups: the numbers of groups differ$"):
        pull(theirs, optimizer)


def test_options_that_pytorch_does_not_take_are_told():
    model, _ = make()
    optimizer = tinygrad_edu.optim.LBFGS(model.parameters())
    optimizer.param_groups.append(dict(optimizer.param_groups[0], params=[tinygrad_edu.ones(1)]))
    with pytest.raises(MirrorError, match="PyTorch makes no LBFGS of it: LBFGS doesn't support"):
        mirror(optimizer)


def test_another_schedule_is_refused():
    _, optimizer = make()
    scheduler = tinygrad_edu.optim.lr_scheduler.StepLR(optimizer, 2)
    _, theirs = mirror(optimizer, scheduler)
    other = torch.optim.lr_scheduler.ExponentialLR(theirs.optimizer, 0.9)
    with pytest.raises(MirrorError, match=r"^torch's ExponentialLR is no StepLR$"):
        pull(other, scheduler)
