"""Parameters that are computed from others: ``module.weight`` is what a module makes of them.

Where a weight is to be symmetric, or of length 1, one trains other numbers and computes the weight
from these whenever it is read. `register_parametrization` moves the parameter to
``module.parametrizations.weight.original``, and puts a property in its place. A property belongs to
a class, so the module gets a class of its own, "ParametrizedLinear", with "Linear" for its base.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NoReturn, TypeVar

from ...autograd.grad_mode import no_grad
from ...tensor import Tensor
from ..containers import ModuleList
from ..module import Module
from ..named import ModuleDict
from ..parameter import Parameter

__all__ = [
    "ParametrizationList",
    "cached",
    "is_parametrized",
    "register_parametrization",
    "remove_parametrizations",
    "transfer_parametrizations_and_params",
    "type_before_parametrizations",
]

M = TypeVar("M", bound=Module)


class _Cache:
    """What was computed within `cached`: by module and name; and how many of these are open."""

    def __init__(self) -> None:
        self.opened = 0
        self.values: dict[tuple[int, str], Tensor] = {}


_cache = _Cache()


@contextmanager
def cached() -> Iterator[None]:
    """Within this context, compute each parametrized tensor once, and not whenever it is read."""
    _cache.opened += 1
    try:
        yield
    finally:
        _cache.opened -= 1
        if not _cache.opened:
            _cache.values = {}


class ParametrizationList(ModuleList):
    """The parametrizations of one tensor, and what they begin with: ``original``.

    If the first has a `right_inverse` that returns several tensors, they are ``original0``,
    ``original1``, ...

    Parameters
    ----------
    modules : sequence of Module
        Each is given what the one before returned.
    original : Parameter or Tensor
        What is parametrized.
    unsafe : bool
        Whether dtype and shape may change.

    Raises
    ------
    ValueError
        If there are no modules, or they or their inverses return anything that does not fit.
    """

    original: Any

    def __init__(self, modules: Sequence[Module], original: Any, unsafe: bool = False) -> None:
        if not modules:
            raise ValueError("ParametrizationList requires one or more modules.")
        super().__init__(modules)
        self.unsafe = unsafe
        shape, dtype = original.shape, original.dtype
        with no_grad():
            new = original
            for module in reversed(list(self)):
                new = _inverted(module, new)
        if not isinstance(new, Tensor | Sequence):
            raise ValueError(
                "'right_inverse' must return a Tensor or a Sequence of tensors (list, tuple...). "
                f"Got {type(new).__name__}"
            )
        self.is_tensor = isinstance(new, Tensor)
        self.ntensors = 1 if isinstance(new, Tensor) else len(new)
        if isinstance(new, Tensor):
            if new.dtype is not dtype:
                raise ValueError(
                    "When `right_inverse` outputs one tensor, it may not change the dtype: it made "
                    f"{new.dtype} of {dtype}"
                )
            original.data = new.detach()  # the same object, which an optimizer may know
            _register(self, "original", original)
        else:
            for number, tensor in enumerate(new):
                _check_tensor(tensor, f"element {number} of what 'right_inverse' returns")
                if isinstance(original, Parameter):
                    tensor = Parameter(tensor, original.requires_grad)
                tensor.requires_grad_(original.requires_grad)
                _register(self, f"original{number}", tensor)
        if not unsafe:
            _check_kept("a parametrization", self(), shape, dtype)

    def right_inverse(self, value: Tensor) -> None:
        """Change the originals so that they give `value`.

        Raises
        ------
        RuntimeError
            If a parametrization has no `right_inverse`.
        ValueError
            If one returns anything that does not fit.
        """
        new: Any = value
        with no_grad():
            for module in reversed(list(self)):
                if not hasattr(module, "right_inverse"):
                    raise RuntimeError(
                        f"parametrization {type(module).__name__} does not implement right_inverse."
                    )
                new = module.right_inverse(new)
            originals = list(self._originals())
            if self.is_tensor:
                new = (new,)
            if not isinstance(new, Sequence) or len(new) != len(originals):
                raise ValueError(
                    "'right_inverse' must return a sequence of tensors of length "
                    f"{len(originals)}. Got {new!r}"
                )
            for tensor, original in zip(new, originals, strict=True):
                _check_tensor(tensor, "what `right_inverse` returns")
                if tensor.dtype is not original.dtype:
                    raise ValueError(
                        f"The tensor returned by `right_inverse` has dtype {tensor.dtype} while "
                        f"`original` has dtype {original.dtype}"
                    )
                original.data = tensor.detach()

    def _originals(self) -> Iterator[Tensor]:
        if self.is_tensor:
            yield self.original
        else:
            for number in range(self.ntensors):
                yield getattr(self, f"original{number}")

    def forward(self) -> Tensor:
        """What the parametrizations make of the originals."""
        first, *others = self
        x: Tensor = first(*self._originals())
        for module in others:
            x = module(x)
        return x


def _inverted(module: Module, value: Any) -> Any:
    """What `module` would make `value` of; itself, if it does not say."""
    if not hasattr(module, "right_inverse"):
        return value
    try:
        return module.right_inverse(value)
    except NotImplementedError:
        return value


def _register(module: Module, name: str, tensor: Tensor) -> None:
    if isinstance(tensor, Parameter):
        module.register_parameter(name, tensor)
    else:
        module.register_buffer(name, tensor)


def _check_tensor(value: Any, what: str) -> None:
    if not isinstance(value, Tensor):
        raise ValueError(f"{what} must be a tensor. Got {type(value).__name__}.")


def _check_kept(what: str, value: Any, shape: Any, dtype: Any) -> None:
    """Raise unless it is a tensor of this shape and dtype."""
    _check_tensor(value, f"What {what} returns")
    if value.dtype is not dtype or value.shape != shape:
        raise ValueError(
            f"Registering a parametrization may not change dtype and shape of the tensor, unless "
            f"`unsafe` flag is enabled: {what} made {value.dtype} of shape {tuple(value.shape)} of "
            f"{dtype} of shape {tuple(shape)}"
        )


def register_parametrization(
    module: M, tensor_name: str, parametrization: Module, *, unsafe: bool = False
) -> M:
    """Let a tensor of a module be computed, whenever it is read, by another module.

    Parameters
    ----------
    module : Module
    tensor_name : str
        Of a parameter or buffer; one may be parametrized several times.
    parametrization : Module
        It is called with the tensor and returns what is to be read; its method `right_inverse`, if
        it has one, returns what a value was computed from, and makes assignments possible.
    unsafe : bool
        Whether dtype and shape may change.

    Returns
    -------
    Module
        `module` itself, with a class of its own.

    Raises
    ------
    ValueError
        If there is no such tensor, or, unless `unsafe`, dtype or shape would change.
    """
    parametrization.train(module.training)
    if is_parametrized(module, tensor_name):
        kept = _lists(module)[tensor_name]
        if not unsafe:
            now = getattr(module, tensor_name)
            made = parametrization(now)
            _check_kept("the parametrization", made, now.shape, now.dtype)
            back = _inverted(parametrization, made)
            _check_kept("its right_inverse", back, now.shape, now.dtype)
        kept.append(parametrization)
        kept.unsafe |= unsafe
    elif tensor_name in module._buffers or tensor_name in module._parameters:
        original = getattr(module, tensor_name)
        parametrizations = ParametrizationList([parametrization], original, unsafe=unsafe)
        delattr(module, tensor_name)
        if not is_parametrized(module):
            module.__class__ = _class_for(type(module))
            module.add_module("parametrizations", ModuleDict())
        setattr(type(module), tensor_name, _property(tensor_name))
        _lists(module)[tensor_name] = parametrizations
    else:
        raise ValueError(
            f"Module '{module}' does not have a parameter, a buffer, or a parametrized element "
            f"with name '{tensor_name}'"
        )
    return module


def _lists(module: Any) -> ModuleDict:
    """The `ParametrizationList` of each parametrized tensor, by its name."""
    lists: ModuleDict = module.parametrizations
    return lists


def _class_for(base: type[M]) -> type[M]:
    """A class for one parametrized module, in which its properties can stand."""

    def copied(self: Any, memo: dict[int, Any]) -> Any:
        replica = memo[id(self)] = base.__new__(type(self))
        replica.__dict__.update(copy.deepcopy(self.__dict__, memo))
        return replica

    def refuse(self: Any) -> NoReturn:
        raise RuntimeError(
            "Serialization of parametrized modules is only supported through state_dict()."
        )

    return type(f"Parametrized{base.__name__}", (base,), {
        "__deepcopy__": copied, "__getstate__": refuse,
    })  # fmt: skip


def _property(name: str) -> property:
    """What stands in the place of the tensor."""

    def read(module: Any) -> Tensor:
        compute = module.parametrizations[name]
        if not _cache.opened:
            value: Tensor = compute()
            return value
        key = (id(module), name)
        if key not in _cache.values:
            _cache.values[key] = compute()
        return _cache.values[key]

    def write(module: Any, value: Tensor) -> None:
        module.parametrizations[name].right_inverse(value)

    return property(read, write)


def is_parametrized(module: Any, tensor_name: str | None = None) -> bool:
    """Whether this tensor of a module is parametrized; without a name, whether any is."""
    parametrizations = getattr(module, "parametrizations", None)
    if not isinstance(parametrizations, ModuleDict):
        return False
    return len(parametrizations) > 0 if tensor_name is None else tensor_name in parametrizations


def remove_parametrizations(module: M, tensor_name: str, leave_parametrized: bool = True) -> M:
    """Make a tensor an ordinary parameter or buffer again.

    Parameters
    ----------
    module : Module
    tensor_name : str
    leave_parametrized : bool
        Whether it keeps the value that it has now, and not that of the original.

    Returns
    -------
    Module
        `module` itself.

    Raises
    ------
    ValueError
        If it is not parametrized, or is to be the original and that is several.
    """
    if not is_parametrized(module, tensor_name):
        raise ValueError(f"Module {module} does not have a parametrization on {tensor_name}")
    parametrizations = _lists(module)[tensor_name]
    if parametrizations.is_tensor:
        original = parametrizations.original
        if leave_parametrized:
            with no_grad():
                original.data = getattr(module, tensor_name).detach()
    elif leave_parametrized:
        value = getattr(module, tensor_name)
        original = Parameter(value.detach()) if value.requires_grad else value
    else:
        raise ValueError(
            "Cannot leave unparametrized (`leave_parametrized=False`) a tensor that is "
            "parametrized in terms of a sequence of tensors."
        )
    delattr(type(module), tensor_name)
    del _lists(module)[tensor_name]
    _register(module, tensor_name, original)
    if not is_parametrized(module):
        delattr(module, "parametrizations")
        module.__class__ = type(module).__bases__[0]
    return module


def type_before_parametrizations(module: Module) -> type:
    """The class that a module had, or has, without parametrizations."""
    return type(module).__bases__[0] if is_parametrized(module) else type(module)


def transfer_parametrizations_and_params(
    from_module: Module, to_module: M, tensor_name: str | None = None
) -> M:
    """Parametrize `to_module` as `from_module` is, with the same originals.

    Parameters
    ----------
    from_module, to_module : Module
    tensor_name : str, optional
        Which tensor; by default all that are parametrized.

    Returns
    -------
    Module
        `to_module` itself.
    """
    if not is_parametrized(from_module):
        return to_module
    names = list(_lists(from_module)) if tensor_name is None else [tensor_name]
    for name in names:
        kept = _lists(from_module)[name]
        if not hasattr(to_module, name):
            setattr(to_module, name, Parameter(getattr(from_module, name).detach()))
        for parametrization in kept:
            register_parametrization(to_module, name, parametrization)
        taken = _lists(to_module)[name]
        for own in [*kept._parameters, *kept._buffers]:
            setattr(taken, own, getattr(kept, own))
    return to_module
