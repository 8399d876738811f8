"""What a module consists of: parameters, buffers, and other modules, each with a name.

They are ordinary attributes. `Members` only writes down, when one is assigned, which kind of member
it is, in the order of assignment; that list is what `parameters()`, `state_dict()` and `print` go
by. So reading ``model.layer_1`` is as quick as reading any attribute.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping
from typing import Any, Literal, Self, TypeAlias

from ..tensor import Tensor
from .parameter import Buffer, Parameter
from .torch_form import to_own_form

Kind: TypeAlias = Literal["parameter", "buffer", "module"]

#: By kind, functions of (module, name, value) to call for every new member; see `global_hooks`.
registration_hooks: dict[Kind, dict[int, Callable[..., Any]]] = {
    "parameter": {},
    "buffer": {},
    "module": {},
}


def _type_said(value: Any) -> str:
    """The name of its type with the module; of tensors the old name, as ``torch.FloatTensor``."""
    if isinstance(value, Tensor):
        return str(value.type())
    kind = value if isinstance(value, type) else type(value)
    return f"{kind.__module__}.".removeprefix("builtins.") + kind.__qualname__


class Members:
    """The part of `Module` that minds its attributes.

    A parameter is trained; a buffer is a tensor that is not, but belongs to the module's state. In
    place of any of them may be None, which keeps the place.
    """

    _kinds: dict[str, Kind]  # of the members, by name
    _not_in_state: set[str]  # names of buffers

    def __init__(self) -> None:
        self._kinds = {}
        self._not_in_state = set()

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take over the attributes of a module that was copied or pickled, also by PyTorch."""
        self.__dict__.update(to_own_form(state) if "_parameters" in state else state)

    def __setattr__(self, name: str, value: Any) -> None:
        kind = self.__dict__.get("_kinds", {}).get(name)
        if isinstance(value, Parameter):
            self._require_init("parameters")
            if kind != "parameter":
                self._forget(name)
            self.register_parameter(name, value)
        elif isinstance(value, Members) and kind != "parameter":
            self._require_init("module")
            if kind != "module":
                self._forget(name)
            self._set(name, value, "module")
        elif isinstance(value, Buffer) and kind in (None, "buffer"):
            self._require_init("buffers")
            self.register_buffer(name, value, value.persistent)
        elif kind is None:
            super().__setattr__(name, value)
        elif value is None or (kind == "buffer" and isinstance(value, Tensor)):
            self._set(name, value, kind)
        else:
            raise TypeError(
                f"cannot assign '{_type_said(value)}' as {_DESCRIBED[kind]} {name!r} "
                f"({_EXPECTED[kind]} or None expected)"
            )

    def __delattr__(self, name: str) -> None:
        super().__delattr__(name)
        self._kinds.pop(name, None)
        self._not_in_state.discard(name)

    def __dir__(self) -> list[str]:
        return [name for name in super().__dir__() if not name[0].isdigit()]

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Add a parameter, as assigning it to an attribute does; None is a place for one.

        Raises
        ------
        AttributeError
            Before ``super().__init__()``.
        TypeError, KeyError
            If `param` is no Parameter, or `name` no fit name or taken.
        ValueError
            If `param` is the result of an op.
        """
        self._require_init("parameter")
        self._require_free(name, "parameter")
        if param is not None and not isinstance(param, Parameter):
            raise TypeError(
                f"cannot assign '{_type_said(param)}' object to parameter {name!r} "
                "(torch.nn.Parameter or None required)"
            )
        if param is not None and param.grad_fn is not None:
            raise ValueError(
                f"Cannot assign non-leaf Tensor to parameter '{name}': compute such a value in "
                "forward()."
            )
        self._set(name, param, "parameter")

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Add a tensor that is not trained; if `persistent`, it is in the state_dict.

        Raises
        ------
        AttributeError
            Before ``super().__init__()``.
        TypeError, KeyError
            If `tensor` is no tensor, or `name` no fit name or taken.
        """
        self._require_init("buffer")
        self._require_free(name, "buffer")
        if tensor is not None and not isinstance(tensor, Tensor):
            raise TypeError(
                f"cannot assign '{_type_said(tensor)}' object to buffer {name!r} "
                "(torch Tensor or None required)"
            )
        self._set(name, tensor, "buffer")
        if persistent:
            self._not_in_state.discard(name)
        else:
            self._not_in_state.add(name)

    def add_module(self, name: str, module: Any) -> None:
        """Add a module, as assigning it to an attribute does; None is a place for one.

        Raises
        ------
        AttributeError
            Before ``super().__init__()``.
        TypeError, KeyError
            If `module` is no Module, or `name` no fit name or taken.
        """
        if module is not None and not isinstance(module, Members):
            raise TypeError(f"{_type_said(module)} is not a Module subclass")
        self._require_init("module")
        self._require_free(name, "module")
        self._set(name, module, "module")

    register_module = add_module

    @property
    def _parameters(self) -> OwnMembers:
        """The parameters of this module itself, by name; what is changed in it is changed here."""
        return OwnMembers(self, "parameter")

    @_parameters.setter
    def _parameters(self, members: Mapping[str, Any]) -> None:
        self._parameters.replace(members)

    @property
    def _buffers(self) -> OwnMembers:
        """The buffers of this module itself, by name."""
        return OwnMembers(self, "buffer")

    @_buffers.setter
    def _buffers(self, members: Mapping[str, Any]) -> None:
        self._buffers.replace(members)

    @property
    def _modules(self) -> OwnMembers:
        """The modules that this one is made of, by name."""
        return OwnMembers(self, "module")

    @_modules.setter
    def _modules(self, members: Mapping[str, Any]) -> None:
        self._modules.replace(members)

    def _members(self, wanted: Kind) -> dict[str, Any]:
        values = self.__dict__
        return {name: values[name] for name, kind in self._kinds.items() if kind == wanted}

    def _set(self, name: str, value: Any, kind: Kind) -> None:
        if registration_hooks[kind] and not (kind == "parameter" and value is None):
            for hook in tuple(registration_hooks[kind].values()):
                result = hook(self, name, value)
                value = value if result is None else result
        self._kinds[name] = kind
        self.__dict__[name] = value

    def _forget(self, name: str) -> None:
        """Remove whatever has this name."""
        self.__dict__.pop(name, None)
        self._kinds.pop(name, None)
        self._not_in_state.discard(name)

    def _require_init(self, what: str) -> None:
        if "_kinds" not in self.__dict__:
            raise AttributeError(
                f"cannot assign {what} before Module.__init__() call: call super().__init__() first"
            )

    def _require_free(self, name: str, kind: Kind) -> None:
        if not isinstance(name, str):
            raise TypeError(f"{kind} name should be a string. Got {type(name).__name__}")
        if "." in name:
            raise KeyError(f'{kind} name can\'t contain ".", got: {name}')
        if name == "":
            raise KeyError(f'{kind} name can\'t be empty string ""')
        if hasattr(self, name) and self._kinds.get(name) != kind:
            raise KeyError(f"attribute '{name}' already exists")


class OwnMembers(dict[str, Any]):
    """A module's members of one kind, which in PyTorch are a dict of the module's.

    Here it is made when it is asked for; what is changed in it is changed in the module, too. As in
    PyTorch nothing is checked then, and no hook for new members is called.
    """

    def __init__(self, module: Members, kind: Kind) -> None:
        super().__init__(module._members(kind))
        self._module, self._kind = module, kind

    def __setitem__(self, name: str, value: Any) -> None:
        super().__setitem__(name, value)
        self._module._kinds[name] = self._kind
        self._module.__dict__[name] = value

    def __delitem__(self, name: str) -> None:
        super().__delitem__(name)
        self._module._forget(name)

    # Those of dict do not call these two.
    update, setdefault = MutableMapping.update, MutableMapping.setdefault

    def pop(self, name: str, *default: Any) -> Any:
        """Remove a member, and return it; or return `default`."""
        value = super().pop(name, *default)
        if self._module._kinds.get(name) == self._kind:
            self._module._forget(name)
        return value

    def popitem(self) -> tuple[str, Any]:
        """Remove the last member, and return its name and it."""
        name = next(reversed(self), "")
        return name, self.pop(name)

    def clear(self) -> None:
        """Remove all members."""
        for name in list(self):
            del self[name]

    def __ior__(self, members: Any) -> Self:  # type: ignore[misc, override]
        self.update(members)
        return self

    def replace(self, members: Mapping[str, Any]) -> None:
        """Have these members in the place of all."""
        members = dict(members)
        self.clear()
        self.update(members)

    def __reduce__(self) -> Any:
        return dict, (dict(self),)  # a copy is one of the dict alone


_DESCRIBED = {"parameter": "parameter", "buffer": "buffer", "module": "child module"}
_EXPECTED = {
    "parameter": "torch.nn.Parameter",
    "buffer": "torch.Tensor",
    "module": "torch.nn.Module",
}
