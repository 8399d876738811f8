"""Which value a tensor has: what tells tensors apart while a recording runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import FrameType, ModuleType
from typing import Any

import numpy as np

from ..autograd.graph import Array, Node, TensorBase
from ..nn.parameter import Parameter
from .acts import in_layout
from .described import text_of
from .events import ValueKind
from .modules import Modules
from .notes import Notes
from .places import calling_frame, user_frame
from .values import Values


class Known:
    """The values of a recording, by the tensors, arrays and gradients that have them.

    Tensors and arrays are told apart by their identity, so all that were met are kept alive as long
    as the `Trace` of the recording, which asks by them, too.

    ================================  =============================================================
    `value_of`                        of a tensor as it is now; makes a value where there is none
    `find`                            the same, but only looks: None, or what it was seen last with
    `known`, `array_known`            only look: by the place in the graph alone; by the array alone
    `know`, `know_array`, `adopted`   make none, but note that one which is there is this tensor's
    ================================  =============================================================

    Parameters
    ----------
    largest : int
        How many elements a value may have to be kept whole.

    Attributes
    ----------
    values : Values
    modules : Modules
        Which know the names of parameters.
    leaves : dict of int to numpy.ndarray
        By value, whole, what no op has made.
    results : dict of int to Tensor
        By value, what ops have made.
    notes : Notes
        What is noted beside, so that the run can be made again.
    """

    def __init__(self, largest: int) -> None:
        self.values = Values(largest)
        self.modules = Modules()
        self.leaves: dict[int, np.ndarray[Any, Any]] = {}
        self.results: dict[int, TensorBase] = {}
        self.notes = Notes(self)
        self._known: dict[Any, int] = {}  # the values by what tells tensors apart
        self._arrays: dict[int, int] = {}  # and by the identity of their arrays
        self._edges: dict[tuple[int, int], int] = {}  # and by the edges of their gradients
        self._gradients: dict[tuple[int, int | None], int] = {}  # by array, and what it is of
        self._tensors: dict[int, TensorBase] = {}  # leaves by their values
        self._kept: list[Any] = []  # so that no identity is given twice
        self._sought: set[int] = set()  # values for which no variable had a name

    def value_of(self, tensor: TensorBase) -> int:
        """The value that a tensor has now; a new one if it was not met before, or has changed."""
        key = key_of(tensor)
        known = self._known.get(key)
        if known is None or self.notes.has_changed(key, tensor, known):
            name = self.modules.name_of(tensor)
            origin = self.notes.origin_of(tensor, known)
            new = self._note(tensor, kind_of(tensor, name), name=name)
            self.notes.origins[new] = origin
            self.leaves[new] = in_layout(tensor.array, tensor.array.strides)
            self._tensors[new] = tensor
            known = new
        self._has(tensor, known)
        return known

    def _has(self, tensor: TensorBase, value: int) -> None:
        """A tensor, and its array, have this value now."""
        self.notes.seen(key_of(tensor), tensor, value)
        self._arrays[id(tensor.array)] = value

    def known(self, tensor: TensorBase) -> int | None:
        """The value of a tensor's place in the graph."""
        return self._known.get(key_of(tensor))

    def adopted(self, tensor: TensorBase) -> None:
        """`tensor` has become the output of another node."""
        known = self.known(tensor)
        if known is not None:
            self._has(tensor, known)

    def know(self, tensor: TensorBase, value: int) -> None:
        """Let `tensor` have a value that is there already."""
        self._known[key_of(tensor)] = value
        self._kept += [tensor, tensor.array]

    def know_array(self, array: Array, value: int) -> None:
        """Let an array hold a value that is there already."""
        self._arrays[id(array)] = value
        self._kept.append(array)

    def forget(self, tensor: TensorBase) -> None:
        """Let `tensor` have a new value when it is met next."""
        self._known.pop(key_of(tensor), None)

    def array_known(self, array: Any) -> int | None:
        """The value whose array this is."""
        return self._arrays.get(id(array))

    def value_behind(self, node: Node, number: int) -> int:
        """The value that is output `number` of a node; -1 if it is not known."""
        return self._edges.get((id(node), number), -1)

    def edge_numbers(self) -> dict[int, int]:
        """By value, the place of a leaf's node in the order of leaves."""
        edges = {value: tensor._edge for value, tensor in self._tensors.items()}
        return {value: edge[0].sequence_nr for value, edge in edges.items() if edge is not None}

    def leaf_of(self, value: int) -> TensorBase | None:
        """The tensor of a value, if no op has made it."""
        return self._tensors.get(value)

    def holder_of(self, grad: TensorBase) -> TensorBase | None:
        """The tensor that was met and has `grad` for its gradient."""
        met = (each for each in self._kept if isinstance(each, TensorBase))
        return next((tensor for tensor in met if tensor._grad is grad), None)

    def leaf_tensors(self) -> list[TensorBase]:
        """The leaves that were met and require a gradient."""
        return [t for t in self._tensors.values() if t._requires_grad and t.grad_fn is None]

    def find(self, tensor: TensorBase) -> int | None:
        """The value that a tensor has now, or had when it was last seen; None if it never was."""
        known = self._known.get(key_of(tensor))
        return self._arrays.get(id(tensor.array)) if known is None else known

    def _note(self, tensor: TensorBase, kind: ValueKind, name: str = "", born: int = -1) -> int:
        value = self.values.add(tensor.array, kind, name=name, born=born)
        self._known[key_of(tensor)] = value.id
        self._has(tensor, value.id)
        self._kept += [tensor, tensor.array, tensor.grad_fn]
        if tensor.grad_fn is not None:
            self._edges[id(tensor.grad_fn), tensor.output_nr] = value.id
        elif tensor._edge is not None:
            self._edges[id(tensor._edge[0]), 0] = value.id
        return value.id

    def _array(self, array: Any, kind: ValueKind, *, born: int = -1, of: int | None = None) -> int:
        """The value of an array that belongs to no tensor one has seen; 0-d of a number."""
        if isinstance(array, TensorBase):
            array = array.array
        array = np.asarray(array)
        value = self.values.add(array, kind, born=born, of=of)
        self._kept.append(array)
        return value.id

    def _saved(self, saved: dict[str, Any]) -> tuple[dict[str, int], dict[str, str]]:
        """What a derivative reads: values, and what is none, as text."""
        values, options = {}, {}
        for name, item in saved.items():
            item = item.array if isinstance(item, TensorBase) else item
            if isinstance(item, np.ndarray | np.generic):
                known = self._arrays.get(id(item))
                values[name] = self._array(item, "input") if known is None else known
            else:
                options[name] = text_of(item)
        return values, options

    def _gradient(self, array: Array, of: int | None, born: int) -> int:
        """The value of a gradient on its way; the same as long as it is the same array."""
        array = array.array if isinstance(array, TensorBase) else array
        known = self._gradients.get((id(array), of))
        if known is None:
            known = self._array(array, "gradient", born=born, of=of)
            self._gradients[id(array), of] = known
            self._kept.append(array)  # a NumPy number, too, of which the value has a copy
        return known

    def gradient_at(self, node: Node, number: int, grad: Array) -> int | None:
        """The value of the gradient of output `number` of a node; None if there is none."""
        about = self._edges.get((id(node), number))
        return None if grad is None else self._gradient(grad, about, -1)

    def same_gradient(self, node: Node, number: int, grad: Array, value: int | None) -> None:
        """This array has the value that another one had for this gradient."""
        if grad is not None and value is not None:
            self._gradients[id(constant(grad)), self._edges.get((id(node), number))] = value
            self._kept.append(constant(grad))

    def name_variables(self, frame: FrameType | None) -> None:
        """Give values the names that the variables of a frame have for them."""
        if frame is None:
            return
        for name, item in frame.f_locals.items():
            if isinstance(item, TensorBase) and not name.startswith("_"):
                known = self._known.get(key_of(item))
                if known is not None and not self.values.all[known].name:
                    self.values.all[known].name = name

    def name_attributes(self, inputs: Iterable[int]) -> None:
        """Give values that no op has made, and that have no name, those of the attributes that the
        user's function asks for: ``self.x``, if `x` is what the object holds, and not what a
        property makes."""
        values = [self.values.all[number] for number in inputs]
        nameless = {value.id for value in values if value.born < 0 and not value.name}
        if not nameless - self._sought:
            return
        self._sought |= nameless
        frame, _ = user_frame(calling_frame())
        if frame is None:
            return
        names = frozenset(frame.f_code.co_names)
        for variable, item in frame.f_locals.items():
            owned = owned_by(item)
            for name in names.intersection(owned):
                held = owned[name]
                if isinstance(held, TensorBase) and self.known(held) in nameless:
                    self.values.all[self._known[key_of(held)]].name = f"{variable}.{name}"

    def finish(self) -> None:
        """Name what got its name only later: the parameters of a model that had not been called."""
        self.name_variables(user_frame(calling_frame())[0])
        for number, tensor in self._tensors.items():
            name = self.modules.name_of(tensor)
            if name:
                value = self.values.all[number]
                value.name, value.kind = name, kind_of(tensor, name)


def kind_of(tensor: TensorBase, name: str) -> ValueKind:
    """What a tensor is that no op has made, and that has `name` in a module: a buffer has one, too,
    and is no parameter."""
    if name and isinstance(tensor, Parameter):
        return "parameter"
    return "leaf" if tensor._requires_grad else "input"


def owned_by(item: object) -> Mapping[str, Any]:
    """The attributes that an object holds, without asking it for any; those of slots are not."""
    if isinstance(item, TensorBase | ModuleType | type):
        return {}
    try:
        found: Mapping[str, Any] = object.__getattribute__(item, "__dict__")
    except AttributeError:
        return {}
    return found


def key_of(tensor: TensorBase) -> Any:
    """What tells what a tensor holds now from what others hold: its place in the graph; and where
    it has none, its memory and how often that was changed."""
    if tensor.grad_fn is not None:
        return id(tensor.grad_fn), tensor.output_nr
    if tensor._requires_grad:  # another leaf may have the same memory
        return id(tensor), id(tensor.array), tensor._version
    return id(tensor.array), tensor._version


def constant(grad: Array) -> Any:
    """The array of a gradient."""
    return grad.array if isinstance(grad, TensorBase) else grad
