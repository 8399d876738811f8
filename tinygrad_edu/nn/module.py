"""`Module`: a part of a network, which may have parts of its own.

What it consists of, and how to reach that, is in `members` and `tree`; here is what one does with a
module: call it, save and load its state, convert it, watch it, print it.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Self

from .. import dtypes, later
from ..autograd.differentiable import forget_grad
from ..autograd.grad_mode import no_grad
from ..autograd.graph import RemovableHandle
from ..creation import empty_like
from ..tensor import Tensor
from ..tensor_types import TensorType
from .hooks import ModuleHooks, add_hook, forward_hook, pre_hook
from .missing import NotHere
from .parameter import UninitializedTensorMixin, is_lazy
from .state import EXTRA_STATE, METADATA, _IncompatibleKeys, by_position, load, load_own
from .state_hooks import HookedState
from .tree import Tree


class Module(HookedState, Tree, NotHere):
    """Base of all networks and layers: a subclass makes its parts in `__init__`, after calling
    ``super().__init__()``, and computes with them in `forward`.

    Attributes
    ----------
    training : bool
        Whether the module is to behave as in training; set by `train` and `eval`.
    """

    training: bool
    _hooks: ModuleHooks | None = None
    _version: int = 1  # of the form of its state, which is saved with it

    def __init__(self) -> None:
        super().__init__()
        self.training = True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self._hooks is None:
            return self.forward(*args, **kwargs)
        return self._hooks.run(self, args, kwargs)

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Compute the output; every subclass defines it, and users call the module itself."""
        raise NotImplementedError(
            f'Module [{self._get_name()}] is missing the required "forward" function'
        )

    # State ------------------------------------------------------------------------------------

    def _own_state(self) -> Iterator[tuple[str, Tensor]]:
        """The parameters and buffers of this module alone that are part of its state."""
        for name, tensor in (*self._members("parameter").items(), *self._members("buffer").items()):
            if tensor is not None and name not in self._not_in_state:
                yield name, tensor

    def get_extra_state(self) -> Any:
        """What else belongs to the state of this module; a class that has any overrides this and
        `set_extra_state`."""
        raise RuntimeError(f"{self._get_name()} does not define get_extra_state")

    def set_extra_state(self, state: Any) -> None:
        """Take back what `get_extra_state` returned."""
        raise RuntimeError(f"{self._get_name()} does not define set_extra_state")

    def _defines(self, method: str) -> bool:
        """Whether the class has a method of its own in place of Module's."""
        return getattr(type(self), method) is not getattr(Module, method)

    def state_dict(
        self,
        *args: Any,
        destination: dict[str, Any] | None = None,
        prefix: str = "",
        keep_vars: bool = False,
    ) -> dict[str, Any]:
        """All parameters and persistent buffers by their paths, and any extra state.

        The three may also be given by position, in this order, of which a FutureWarning warns.

        Parameters
        ----------
        destination : dict, optional
            Where to put them; by default in a new OrderedDict.
        prefix : str
            Put before each path.
        keep_vars : bool
            Whether to give the tensors themselves, instead of detached ones that share their
            memory.
        """
        if args:
            destination, prefix, keep_vars = by_position(args, destination, prefix, keep_vars)
        state = destination
        if state is None:
            state = OrderedDict()
            vars(state)[METADATA] = OrderedDict()
        local_metadata = {"version": self._version}
        if hasattr(state, METADATA):
            getattr(state, METADATA)[prefix[:-1]] = local_metadata
        for hook in tuple(self._state_hooks.before_save.values()):
            hook(self, prefix, keep_vars)
        self._save_to_state_dict(state, prefix, keep_vars)
        for name, module in self._members("module").items():
            if module is not None:
                module.state_dict(destination=state, prefix=f"{prefix}{name}.", keep_vars=keep_vars)
        for hook in tuple(self._state_hooks.after_save.values()):
            state = hook(self, state, prefix, local_metadata)
        return state

    def _save_to_state_dict(
        self, destination: dict[str, Any], prefix: str, keep_vars: bool
    ) -> None:
        """What `state_dict` does for this module alone; for subclasses to add to, or to replace."""
        for name, tensor in self._own_state():
            destination[prefix + name] = tensor if keep_vars or is_lazy(tensor) else tensor.detach()
        if self._defines("get_extra_state"):
            destination[prefix + EXTRA_STATE] = self.get_extra_state()

    def load_state_dict(
        self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False
    ) -> _IncompatibleKeys:
        """Copy the tensors of a `state_dict` into the parameters and buffers of the same paths.

        Extra state goes to `set_extra_state`.

        Parameters
        ----------
        state_dict : mapping of str to Tensor, or to extra state
        strict : bool
            Whether the paths must match exactly.
        assign : bool
            Whether to take the given tensors themselves, and their dtypes, instead of copying.

        Returns
        -------
        named tuple of missing_keys, unexpected_keys : list of str

        Raises
        ------
        RuntimeError
            If shapes differ or, with `strict`, paths; the message lists all that do.
        TypeError
            If `state_dict` is no mapping.
        """
        return load(self, state_dict, strict, assign)

    def _load_from_state_dict(
        self,
        state_dict: dict[str, Any],
        prefix: str,
        local_metadata: dict[str, Any],
        strict: bool,
        missing_keys: list[str],
        unexpected_keys: list[str],
        error_msgs: list[str],
    ) -> None:
        """What `load_state_dict` does for this module alone; for subclasses to add to, or to
        replace.

        It adds to the three lists, and to `unexpected_keys` only if `strict`, which always is True.
        A module may change in `state_dict` what is under `prefix`, and in `local_metadata` finds
        the ``version`` that was saved.
        """
        hooks = tuple(self._state_hooks.before_load.values())
        lists = missing_keys, unexpected_keys, error_msgs
        for hook in hooks:
            hook(self, state_dict, prefix, local_metadata, strict, *lists)
        load_own(self, state_dict, prefix, local_metadata, strict, *lists)

    def train(self, mode: bool = True) -> Self:
        """Set `training` here and below.

        Raises
        ------
        ValueError
            If `mode` is not a bool.
        """
        if not isinstance(mode, bool):
            raise ValueError("training mode is expected to be boolean")
        self.training = mode
        for module in self.children():
            module.train(mode)
        return self

    def eval(self) -> Self:
        """``train(False)``."""
        return self.train(False)

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Set whether the parameters require gradients; False freezes the module."""
        for parameter in self.parameters():
            parameter.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of the parameters, or set them to zero."""
        for parameter in self.parameters():
            forget_grad(parameter, set_to_none)

    def apply(self, fn: Callable[[Module], Any]) -> Self:
        """Call `fn` on every module below this one, and then on this one."""
        for module in self.children():
            module.apply(fn)
        fn(self)
        return self

    def to(self, *args: Any, **kwargs: Any) -> Self:
        """Convert floating point parameters and buffers to a dtype, in place.

        Parameters
        ----------
        *args, **kwargs
            A dtype, a tensor whose dtype to take, or the device, which can only be the CPU; and
            ``memory_format``, in which those of 4 and 5 dimensions are to lie.

        Raises
        ------
        TypeError
            If the dtype is not floating point.
        RuntimeError
            If a parameter or buffer has not the number of dimensions of the memory format.
        """
        format = kwargs.pop("memory_format", None)
        if args or kwargs or format is None:
            self._retype(args, kwargs)
        if format is not None:
            self._apply(lambda x: x.to(memory_format=format) if x.dim() in (4, 5) else x)
        return self

    def _retype(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Self:
        """Convert to the dtype among the arguments of `to`, if there is one."""
        probe = Tensor(()).to(*args, **kwargs).dtype
        given = [a for a in (*args, kwargs.get("dtype")) if isinstance(a, (dtypes.dtype, Tensor))]
        if given and not probe.is_floating_point:
            raise TypeError(
                "nn.Module.to only accepts floating point or complex dtypes, but got desired "
                f"dtype={probe}"
            )
        return self._convert(probe) if given else self

    def _convert(self, dtype: dtypes.dtype) -> Self:
        def converted(tensor: Tensor) -> Tensor:
            if isinstance(tensor, UninitializedTensorMixin):
                tensor.retype(dtype)
                return tensor
            return tensor.to(dtype) if tensor.is_floating_point() else tensor

        return self._apply(converted)

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Self:
        """With each parameter, its gradient, and each buffer, as `fn` makes it, in place."""
        with no_grad():
            for module in self.modules() if recurse else (self,):
                for parameter in module._parameters.values():
                    if parameter is not None:
                        made = fn(parameter)
                        if made is not parameter:
                            parameter.data = made
                        if parameter.grad is not None:
                            parameter.grad.data = fn(parameter.grad)
                for name, buffer in module._buffers.items():
                    if buffer is not None:
                        setattr(module, name, fn(buffer))
        return self

    def cpu(self) -> Self:
        """The module itself."""
        return self

    def cuda(self, device: Any = None) -> Self:
        """There is no GPU here; raises the AssertionError of `Tensor.cuda`."""
        Tensor(()).cuda(device)
        return self

    def compile(self, *args: Any, **kwargs: Any) -> None:
        """Nothing: each op runs when it is called."""

    def half(self) -> Self:
        """With floating point parameters and buffers as float16."""
        return self._convert(dtypes.float16)

    def float(self) -> Self:
        """With floating point parameters and buffers as float32."""
        return self._convert(dtypes.float32)

    def double(self) -> Self:
        """With floating point parameters and buffers as float64."""
        return self._convert(dtypes.float64)

    def type(self, dst_type: str | dtypes.dtype | TensorType) -> Self:
        """With all parameters and buffers in a dtype, those of integers too; see `Tensor.type`."""
        return self._apply(lambda tensor: tensor.type(dst_type))

    def to_empty(self, *, device: Any, recurse: bool = True) -> Self:
        """With new parameters and buffers of any values, in place; below this module if `recurse`.

        Raises
        ------
        AssertionError, RuntimeError
            For a device other than the CPU.
        """
        return self._apply(lambda tensor: empty_like(tensor, device=device), recurse)

    # Hooks ------------------------------------------------------------------------------------

    def _own_hooks(self) -> ModuleHooks:
        if "_hooks" not in self.__dict__:  # the class may have some, for all modules
            self._hooks = ModuleHooks()
        assert self._hooks is not None
        return self._hooks

    @property
    def _forward_pre_hooks(self) -> Mapping[int, Callable[..., Any]]:
        """What runs before `forward`; PyTorch's tutorial on pruning reads it by this name."""
        return self._own_hooks().before if "_hooks" in self.__dict__ else {}

    def register_forward_pre_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False
    ) -> RemovableHandle:
        """Call ``hook(module, args)`` before `forward`; what it returns, if not None, becomes args.

        With `with_kwargs` it is ``hook(module, args, kwargs)``, which returns both or None; with
        `prepend` it runs before the hooks there are.
        """
        return add_hook(self._own_hooks().before, pre_hook(hook, with_kwargs), prepend)

    def register_forward_hook(
        self,
        hook: Callable[..., Any],
        *,
        prepend: bool = False,
        with_kwargs: bool = False,
        always_call: bool = False,
    ) -> RemovableHandle:
        """Call ``hook(module, args, output)`` after `forward`, and return what it returns, if not
        None, instead of the output.

        With `with_kwargs` it is ``hook(module, args, kwargs, output)``.

        Raises
        ------
        NotImplementedError
            For `always_call`.
        """
        if always_call:
            raise NotImplementedError("register_forward_hook: always_call=True")
        return add_hook(self._own_hooks().after, forward_hook(hook, with_kwargs), prepend)

    def register_full_backward_pre_hook(
        self, hook: Callable[..., Any], prepend: bool = False
    ) -> RemovableHandle:
        """Call ``hook(module, grad_output)`` when the gradients of the outputs are complete; what
        it returns, if not None, takes their place."""
        return add_hook(self._own_hooks().before_backward, hook, prepend)

    def register_full_backward_hook(
        self, hook: Callable[..., Any], prepend: bool = False
    ) -> RemovableHandle:
        """Call ``hook(module, grad_input, grad_output)`` when the gradients of the inputs are; what
        it returns, if not None, takes the place of `grad_input`.

        Raises
        ------
        RuntimeError
            If the module has had a hook of `register_backward_hook`.
        """
        whose = "on a single Module"
        return self._own_hooks().add_after_backward(hook, True, whose, prepend)

    def register_backward_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call ``hook(module, grad_input, grad_output)`` with the gradients of the last node of
        `forward`; deprecated, for it is seldom the whole (see `last_node`).

        Raises
        ------
        RuntimeError
            If the module has had a full backward hook.
        """
        return self._own_hooks().add_after_backward(hook, False, "on a single Module")

    # Text -------------------------------------------------------------------------------------

    def _get_name(self) -> str:
        return type(self).__name__

    def extra_repr(self) -> str:
        """What `print` shows between the parentheses; layers give their sizes here."""
        return ""

    def __repr__(self) -> str:
        extra = self.extra_repr().split("\n") if self.extra_repr() else []
        children = [f"({name}): {indented(repr(m))}" for name, m in self._modules.items()]
        if len(extra) == 1 and not children:
            return f"{self._get_name()}({extra[0]})"
        return block(self._get_name(), extra + children)

    _repr_html_ = later.notebook.module_html  # in Jupyter


def indented(text: str) -> str:
    """`text` with all lines but the first moved to the right."""
    return text.replace("\n", "\n  ")


def block(name: str, lines: list[str]) -> str:
    """``name(...)``, with each of `lines` on a line of its own."""
    return f"{name}(\n  " + "\n  ".join(lines) + "\n)" if lines else f"{name}()"
