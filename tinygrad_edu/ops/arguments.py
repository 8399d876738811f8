"""What PyTorch accepts as arguments, and how it refuses the rest.

PyTorch's functions read their arguments by one set of rules, which stand here in one place:

- NumPy's names go for PyTorch's: ``axis`` for ``dim``, ``keepdims`` for ``keepdim``, ``x`` and
  ``a`` for ``input``, ``x2`` for ``other``.
- Sizes and dimensions that may be given one by one may be given by name, as one sequence;
  `Sizes` may not be left out.
- What is said to be a Tensor must be one, and not a number, a list or an array; and what is said to
  be an int, a bool or a dtype must be that, by the rules in `kinds`.

A function asks for these rules by the decorator `torch_arguments`; what its arguments must be it
says in its annotations. Operators have rules of their own in Python, and do without.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from typing import Any, ParamSpec, TypeVar

import numpy as np

from ..advice import advised
from ..autograd.grad_mode import grad_mode
from ..autograd.graph import TensorBase
from ..signatures import parameters_of
from .into import into
from .kinds import BY_NAME, KINDS, Kind, Refused

_P = ParamSpec("_P")
_R = TypeVar("_R")

#: In the flags of a class. The others, which are written in C, PyTorch names with their module.
WRITTEN_IN_PYTHON = 1 << 9

#: What the operators and functions of two operands compute with.
OPERANDS = (TensorBase, int, float, np.generic, complex)

NUMPY_NAMES = {
    "axis": "dim", "keepdims": "keepdim", "x": "input", "a": "input", "x1": "input", "x2": "other",
    "from": "from_",  # PyTorch's own name, but a word of Python's
}  # fmt: skip


def torch_arguments(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """Let `function` be called as PyTorch's functions in C++ are.

    Raises
    ------
    TypeError
        In a call, if an argument is not what its annotation says.
    NotImplementedError
        In a call with ``out=None``.
    """
    return _reading(function, NUMPY_NAMES)


def python_arguments(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """Let `function` be called as those are that PyTorch wrote in Python.

    They hand their arguments on to C++, but know them by one name only, and anything can stand for
    a bool.

    Raises
    ------
    TypeError
        In a call, if an argument is not what its annotation says.
    """
    return _reading(function, {}, unread=("bool",))


def _reading(
    function: Callable[_P, _R], other_names: dict[str, str], unread: tuple[str, ...] = ()
) -> Callable[_P, _R]:
    names, several, annotations = parameters_of(function)
    tensors = [(i, n) for i, n in enumerate(names) if annotations.get(n) == "Tensor"]
    read = [
        (position, argument, KINDS[annotation], BY_NAME.get(annotation, KINDS[annotation]))
        for position, argument in enumerate(names)
        if argument != several
        and (annotation := annotations.get(argument)) in KINDS
        and annotation not in unread
    ]
    first_read = read[0][0] if read else len(names)
    several_at = names.index(several) if several else 0
    needed = several is not None and annotations.get(several) == "Sizes"
    name = function.__name__

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        if kwargs:
            if other_names:
                if "out" in kwargs and "out" not in names:
                    if kwargs["out"] is None:
                        raise no_out(name, kwargs)
                    return into(kwargs.pop("out"), call, *args, **kwargs)
                kwargs = _renamed(name, names, kwargs)
            if several in kwargs:
                if len(args) > several_at:
                    raise TypeError(f"{name}(): argument '{several}' was given twice")
                if needed and not isinstance(kwargs[several], tuple | list):
                    raise wrong_kind(name, several, several_at, "tuple of ints", kwargs[several])
                before = [n for n in names[len(args) : several_at] if n in kwargs]
                args = (*args, *map(kwargs.pop, before), kwargs.pop(several))
        given = len(args)
        if needed and given <= several_at:
            raise TypeError(f"{name}() missing 1 required positional argument: '{several}'")
        for position, argument in tensors:
            if position < given:
                value = args[position]
            elif argument in kwargs:
                value = kwargs[argument]
            else:
                continue  # Python will say that it is missing
            if not isinstance(value, TensorBase):
                raise not_a_tensor(name, argument, position, value)
        if kwargs or given > first_read:
            for position, argument, kind, by_name in read:
                if argument in kwargs:
                    value = kwargs[argument]
                    if value.__class__ not in by_name.plain:
                        kwargs[argument] = _read(name, argument, position, by_name, value)
                elif position < given and several is None:
                    value = args[position]
                    if value.__class__ not in kind.plain:
                        value = _read(name, argument, position, kind, value)
                        args = (*args[:position], value, *args[position + 1 :])
        return function(*args, **kwargs)

    return call


def _read(name: str, argument: str, position: int, kind: Kind, value: Any) -> Any:
    """What is used in place of `value`."""
    try:
        return kind.read(value)
    except Refused:
        raise wrong_kind(name, argument, position, kind.said, value) from None


def _renamed(name: str, parameters: Sequence[str], kwargs: dict[str, Any]) -> dict[str, Any]:
    """`kwargs` with PyTorch's names in place of NumPy's."""
    renamed = {}
    for given, value in kwargs.items():
        other = NUMPY_NAMES.get(given, given)
        known = given not in parameters and other in parameters and other not in kwargs
        renamed[other if known else given] = value
    return renamed


class NoOut(NotImplementedError, TypeError):
    """A call with ``out=None``.

    Of methods PyTorch refuses it, too, with a TypeError. NumPy's functions rely on that: they try
    the method of their name with an ``out``, and, if that is refused, work on the values.
    """


def no_out(name: str, kwargs: dict[str, Any]) -> TypeError:
    """The error for a call of `name` with ``out=None``, which is NumPy's if it has an axis, too."""
    if "axis" not in kwargs:
        return NoOut(f"{name}(out=None): leave it out")
    words = "() got an unexpected keyword argument 'axis'"
    if kwargs["axis"] is None and name in ("max", "min", "prod"):
        words = "(): argument 'dim' must be int, not NoneType"
    return advised(
        TypeError(name + words),
        f"NumPy's {name} calls the tensor's method of that name; give it tensor.numpy().",
    )


def as_number(name: str, argument: str, position: int, value: Any) -> Any:
    """A number, for functions that do without `torch_arguments`."""
    kind = KINDS["Number"]
    return value if value.__class__ in kind.plain else _read(name, argument, position, kind, value)


def type_said(value: Any) -> str:
    """How PyTorch names the type of a value: with its module only if it is written in C."""
    kind = type(value).__name__
    if type(value).__flags__ & WRITTEN_IN_PYTHON:
        return kind
    return f"{type(value).__module__}.".removeprefix("builtins.") + kind


def wrong_kind(name: str, argument: str, position: int, said: str, value: Any) -> TypeError:
    """PyTorch's error for something else in the place of an argument."""
    return advised(
        TypeError(
            f"{name}(): argument '{argument}' (position {position + 1}) must be {said}, not "
            f"{type_said(value)}"
        ),
        f"It is {value!r:.80}",
    )


def not_a_tensor(name: str, argument: str, position: int, value: Any) -> TypeError:
    """PyTorch's error for something else in the place of a tensor."""
    return wrong_kind(name, argument, position, "Tensor", value)


def in_derivative(operand: Any) -> bool:
    """Whether an array counts as a tensor, since a derivative runs on tensors."""
    return isinstance(operand, np.ndarray) and grad_mode.in_derivative


def need_operands(name: str, input: Any, other: Any) -> None:
    """Raise PyTorch's error for what is neither a tensor nor a number."""
    if isinstance(input, OPERANDS) and isinstance(other, OPERANDS):
        return
    for position, (argument, value) in enumerate((("input", input), ("other", other))):
        if not isinstance(value, OPERANDS) and not in_derivative(value):
            raise not_a_tensor(name, argument, position, value)


def need_one_tensor(name: str, *operands: Any) -> None:
    """Raise PyTorch's error for an op on numbers alone."""
    if not any(isinstance(x, TensorBase | np.ndarray) for x in operands):
        listed = ", ".join(f"{x!r:.80}" for x in operands)
        raise TypeError(f"{name}(): one argument must be a Tensor, but got {listed}")


def need_named_tensors(name: str, **arguments: Any) -> None:
    """Raise PyTorch's error for the first of the arguments of `name` that is no tensor."""
    for position, (argument, value) in enumerate(arguments.items()):
        if not isinstance(value, TensorBase):
            raise not_a_tensor(name, argument, position, value)


def need_tensors(tensors: Iterable[Any]) -> None:
    """Raise PyTorch's error for anything else among `tensors`."""
    for position, tensor in enumerate(tensors):
        if not isinstance(tensor, TensorBase):
            raise TypeError(
                f"expected Tensor as element {position} in argument 0, but got {type_said(tensor)}"
            )
