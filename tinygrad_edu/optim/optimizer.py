"""Optimizer: what all algorithms share.

An optimizer holds *parameter groups*, dicts of parameters and the options they are trained with,
and for each parameter its *state*, such as a momentum. An algorithm adds one method, `_update`,
which changes one vector of parameters by one vector of gradients (see `bucket`). Everything else is
bookkeeping, and stands here: groups, gradients set back, and state dicts (see `state`).

Algorithms work on NumPy arrays, in place: autograd has no part in it.
"""

from __future__ import annotations

import warnings
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any, ClassVar, TypeAlias

from ..autograd.differentiable import forget_grad
from ..autograd.grad_mode import enable_grad
from ..autograd.quiet import quietly
from ..tensor import Tensor
from .bucket import Bucket, Rounds, make_buckets
from .checks import check_capturable, check_implementation, check_parameter, name_parameters
from .hooks import HookedOptimizer
from .hooks import register_optimizer_step_post_hook as register_optimizer_step_post_hook
from .hooks import register_optimizer_step_pre_hook as register_optimizer_step_pre_hook
from .state import by_number, by_parameter, numbers_as_tensors


class _RequiredParameter:
    """The default of an option that has none, and must be given for each group."""

    def __repr__(self) -> str:
        return "<required parameter>"


#: Optimizers that people write themselves give it as the default of a learning rate.
required = _RequiredParameter()

ParamGroup: TypeAlias = dict[str, Any]
Params: TypeAlias = Iterable[Tensor] | Iterable[ParamGroup] | Iterable[tuple[str, Tensor]]


class Optimizer(HookedOptimizer):
    """Base of all optimizers.

    Parameters
    ----------
    params : iterable of Tensor, of (name, Tensor), or of dict
        What to optimize. A dict is a parameter group: its key "params" holds the tensors, its
        other keys are options for these alone.
    defaults : dict
        The options of groups that do not give their own.

    Attributes
    ----------
    param_groups : list of dict
        The groups, each with all its options. They may be changed between steps, as in
        ``optimizer.param_groups[0]["lr"] = 0.1``.

    Raises
    ------
    TypeError
        If `params` is a tensor, or has anything but tensors in it.
    ValueError
        If it is empty, has a tensor that is no leaf, or one tensor in two groups.
    RuntimeError
        If both `foreach` and `fused` are True, or both `fused` and `differentiable`.
    NotImplementedError
        If `differentiable` is True.

    Notes
    -----
    PyTorch has several implementations of each algorithm, and options that choose one. Here there
    is one, which walks the same path: ``foreach=True`` and ``fused=True`` are accepted, and change
    nothing. ``capturable=True`` is for steps that a GPU records; as in PyTorch, a step of tensors
    on the CPU is then an AssertionError. ``differentiable=True``, for steps with a derivative, is
    not here.
    """

    #: The parts of a parameter's state that the algorithm keeps, under PyTorch's names.
    state_names: ClassVar[tuple[str, ...]] = ()

    def __init__(self, params: Params, defaults: dict[str, Any]) -> None:
        if isinstance(params, Tensor):
            raise TypeError(
                "params argument given to the optimizer should be an iterable of Tensors or "
                f"dicts, but got a {type(params).__name__} of shape {list(params.shape)}"
            )
        self.defaults = defaults
        self._state: defaultdict[Any, dict[str, Any]] = defaultdict(dict)
        self._state_was_seen = False
        self.param_groups: list[ParamGroup] = []
        self._rounds: dict[int, Rounds] = {}  # by the number of the group
        self._scratch: dict[Any, Any] = {}  # memory to compute in, by dtype

        given: list[Any] = list(params)
        if not given:
            raise ValueError("optimizer got an empty parameter list")
        for group in given if isinstance(given[0], dict) else [{"params": given}]:
            self.add_param_group(group)

    def __repr__(self) -> str:
        text = f"{type(self).__name__} ("
        for number, group in enumerate(self.param_groups):
            text += f"\nParameter Group {number}\n"
            for option in sorted(group.keys() - {"params"}):
                text += f"    {option}: {group[option]}\n"
        return text + ")"

    @property
    def state(self) -> defaultdict[Any, dict[str, Any]]:
        """What the algorithm remembers of each parameter; empty until the first step."""
        self._state_was_seen = True  # so from now on anybody may change it between two steps
        return self._state

    @state.setter
    def state(self, state: defaultdict[Any, dict[str, Any]]) -> None:
        self._state, self._state_was_seen = state, True

    # Training ----------------------------------------------------------------------------------

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients, so that the next backward pass starts new sums.

        Parameters
        ----------
        set_to_none : bool
            Whether a gradient becomes None, and its parameter stays as it is in a `step` without
            a backward pass. Otherwise it becomes 0 in place, and momentum moves the parameter on.
        """
        for group in self.param_groups:
            for parameter in group["params"]:
                forget_grad(parameter, set_to_none)

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Change the parameters by what their gradients say; those without one stay.

        Parameters
        ----------
        closure : callable, optional
            Called first, with recording on; it computes the loss, and its gradients, anew.

        Returns
        -------
        What `closure` returned, usually the loss; None without one.
        """
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        quietly(self._update_all)  # overflow and nan are results and not warnings
        return loss

    def _update_all(self) -> None:
        for number, group in enumerate(self.param_groups):
            parameters = [p for p in group["params"] if p._grad is not None]
            if parameters:
                check_capturable(group)
            arrays = [p.array for p in parameters]
            rounds = self._rounds.get(number)
            if rounds is None or not rounds.are_of(parameters, arrays):
                rounds = self._rounds[number] = Rounds(parameters, arrays)
            # One round, unless parameters share memory; in it, buckets of small parameters.
            if len(rounds.members) > 1:  # a parameter may be in several, so in several buckets
                self._state_was_seen = True
            for turn in range(len(rounds.members)):
                for bucket in self._buckets_of(rounds, turn):
                    bucket.gather()
                    self._update(bucket, group)
                    bucket.scatter()

    def _buckets_of(self, rounds: Rounds, turn: int) -> list[Bucket]:
        """The buckets of one round: those of the last step, if they still hold the state."""
        buckets = rounds.buckets[turn]
        if buckets is None or (
            self._state_was_seen and not all(bucket.holds(self._state) for bucket in buckets)
        ):
            members = rounds.members[turn]
            buckets = make_buckets(members, self._state, self.state_names, self._scratch)
            rounds.buckets[turn] = buckets
        return buckets

    def _update(self, bucket: Bucket, group: ParamGroup) -> None:
        """Change ``bucket.p`` and ``bucket.state``, in place, with the options of `group`."""
        raise NotImplementedError(f"{type(self).__name__} has neither _update nor its own step")

    def __getstate__(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in ("defaults", "state", "param_groups")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take over what `__getstate__` gave, or in `load_state_dict` a part of that.

        A copy makes its own buckets, and starts without hooks. A subclass may fill in here what
        state that was saved in earlier days lacks.
        """
        for name, value in state.items():
            setattr(self, name, value)
        self._rounds, self._scratch = {}, {}
        self.defaults.setdefault("differentiable", False)
        if type(self)._update is not Optimizer._update:
            for entries in self.state.values():
                numbers_as_tensors(entries)

    # Parameter groups --------------------------------------------------------------------------

    def add_param_group(self, param_group: ParamGroup) -> None:
        """Optimize more parameters, such as those of a layer that was frozen so far.

        Parameters
        ----------
        param_group : dict
            Its key "params" holds a tensor, or an iterable of tensors or of (name, tensor); its
            other keys are options. Those that it lacks are filled in from `defaults`.

        Raises
        ------
        TypeError, ValueError, NotImplementedError
            As for the optimizer's own `params`.
        """
        if not isinstance(param_group, dict):
            raise TypeError(f"param_group must be a dict, but got {type(param_group)}")
        if isinstance(param_group["params"], set):
            raise TypeError(
                "parameters must come in an order that stays, and a set has none; use a list"
            )
        name_parameters(param_group)
        for parameter in param_group["params"]:
            check_parameter(parameter)
        for option, default in self.defaults.items():
            if default is required and option not in param_group:
                raise ValueError(
                    f"parameter group didn't specify a value of required optimization parameter "
                    f"{option}"
                )
            param_group.setdefault(option, default)
        check_implementation(param_group)

        parameters = set(param_group["params"])
        if len(parameters) != len(param_group["params"]):
            warnings.warn(
                "optimizer contains a parameter group with duplicate parameters; in future, this "
                "will cause an error; see github.com/pytorch/pytorch/issues/40967 for more "
                "information",
                stacklevel=4,  # where the optimizer is made
            )
        for group in self.param_groups:
            if ("param_names" in group) != ("param_names" in param_group):
                raise ValueError(
                    "all optimizer param groups should be with/without names, but the new group "
                    f"is {'with' if 'param_names' in param_group else 'without'} names"
                )
            if not parameters.isdisjoint(group["params"]):
                raise ValueError("some parameters appear in more than one parameter group")
        self.param_groups.append(param_group)

    # Saving and loading ------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        """State and options as a dict, with a number in place of each parameter.

        Returns
        -------
        dict
            "state": for each parameter's number its state (the tensors themselves, not copies).
            "param_groups": the groups, whose "params" are numbers.
        """
        for hook in tuple(self._hooks.before_saving.values()):
            hook(self)
        result = by_number(self.state, self.param_groups)
        for hook in tuple(self._hooks.after_saving.values()):
            replaced = hook(self, result)
            result = result if replaced is None else replaced
        return result

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over state and options from a `state_dict`, of this optimizer or one like it.

        Parameters are matched by their order. State takes their dtype; where it has it already,
        it is used itself and not copied.

        Raises
        ------
        ValueError
            If the numbers of groups, or of parameters in a group, differ.
        """
        state_dict = state_dict.copy()
        for hook in tuple(self._hooks.before_loading.values()):
            replaced = hook(self, state_dict)
            state_dict = state_dict if replaced is None else replaced
        self.__setstate__(by_parameter(state_dict, self.param_groups, self.defaults))
        for hook in tuple(self._hooks.after_loading.values()):
            hook(self)
