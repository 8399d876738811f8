"""Unpickling: running the program in a file, on a machine that cannot do harm.

Python's own machine imports whatever the program names and calls it. This one has a table of the
names it knows, and the functions behind them make nothing but numbers, containers and tensors; any
other name is refused, before anything is done. Each instruction checks what it is given, so that a
damaged or hostile program ends in a `CheckpointError`, whatever it does.
"""

from __future__ import annotations

import struct
from collections import OrderedDict
from collections.abc import Callable, Mapping
from pickle import decode_long
from types import MappingProxyType
from typing import Any

from . import pickling as code
from .error import CheckpointError, NotPlainError
from .known import KNOWN, Known, Maker, unknown
from .numpy_values import EmptyArray, NumpyType
from .storage import Storages
from .values import DEEPEST, METADATA, is_key, problem

MOST_MARKS = 2 * DEEPEST + 10  # a tensor in the deepest container has a few of its own


class Unpickler:
    """The machine: a stack, the marks on it, and what the program remembers.

    Parameters
    ----------
    program : bytes
    storages : Storages
        Where the numbers of tensors are.
    also : mapping of str to Known, optional
        Names that the program may use besides.
    """

    def __init__(
        self, program: bytes, storages: Storages, also: Mapping[str, Known] = MappingProxyType({})
    ) -> None:
        self.program = program
        self.known = {**KNOWN, **also}
        self.storages = storages
        self.position = 0
        self.stack: list[Any] = []
        self.marks: list[int] = []  # heights of the stack
        self.memory: dict[int, Any] = {}
        # Entries that may be copied; no more were ever written. An array's bytes are copied twice:
        # from text, which is how protocol 2 writes them, and into the array.
        self.to_copy = 2 * len(program)

    def load(self) -> Any:
        """Run the program; return what it leaves on the stack.

        Raises
        ------
        CheckpointError
            If it is damaged, names what is not known, or does what is refused.
        """
        while True:
            instruction = self._bytes(1)
            if instruction == code.STOP:
                break
            act = INSTRUCTIONS.get(instruction)
            if act is None:
                raise NotPlainError(f"the pickle has the instruction {instruction!r}, refused")
            act(self)
        result = self._pop()
        if found := problem(result):
            raise NotPlainError(found)
        return result

    # Reading the program, and the stack ---------------------------------------------------------

    def _bytes(self, count: int) -> bytes:
        start = self.position
        self.position += count
        if self.position > len(self.program):
            raise CheckpointError("the pickle is cut off")
        return self.program[start : self.position]

    def _number(self, form: str) -> Any:
        return struct.unpack(form, self._bytes(struct.calcsize(form)))[0]

    def _line(self) -> str:
        end = self.program.find(b"\n", self.position)
        if end < 0:
            raise CheckpointError("the pickle is cut off")
        line = self._bytes(end + 1 - self.position)
        return line[:-1].decode("utf-8", "backslashreplace")

    def _pop(self, kind: type | tuple[type, ...] = object) -> Any:
        """Take what is on top of the stack, above the last mark; it must be of this kind."""
        if len(self.stack) <= (self.marks[-1] if self.marks else 0):
            raise CheckpointError("the pickle takes more from its stack than there is")
        value = self.stack.pop()
        if not isinstance(value, kind):
            raise CheckpointError(f"the pickle treats a {type(value).__name__} as something else")
        return value

    def _pop_to_mark(self) -> list[Any]:
        if not self.marks:
            raise CheckpointError("the pickle goes back to a mark that it has not set")
        height = self.marks.pop()
        taken = self.stack[height:]
        del self.stack[height:]
        return taken

    def _top(self, kind: type) -> Any:
        value = self._pop(kind)
        self.stack.append(value)
        return value

    # Instructions -------------------------------------------------------------------------------

    def _protocol(self) -> None:
        self._bytes(1)  # newer protocols have more instructions, of which each is refused

    def _mark(self) -> None:
        if len(self.marks) == MOST_MARKS:
            raise CheckpointError(f"what is in it is nested more than {DEEPEST} deep")
        self.marks.append(len(self.stack))

    def _float(self) -> None:
        self.stack.append(self._number(">d"))

    def _long(self) -> None:
        self.stack.append(decode_long(self._bytes(self._number("<B"))))

    def _text(self) -> None:
        try:
            self.stack.append(str(self._bytes(self._number("<I")), "utf-8", "surrogatepass"))
        except UnicodeDecodeError as error:
            raise CheckpointError("a text in the pickle is damaged") from error

    def _tuple(self) -> None:
        self.stack.append(tuple(self._pop_to_mark()))

    def _append(self) -> None:
        value = self._pop()
        self._top(list).append(value)

    def _appends(self) -> None:
        values = self._pop_to_mark()
        self._top(list).extend(values)

    def _set_item(self) -> None:
        value, key = self._pop(), self._pop()
        self._set_items([key, value])

    def _set_items_to_mark(self) -> None:
        self._set_items(self._pop_to_mark())

    def _set_items(self, values: list[Any]) -> None:
        target = self._top(dict)
        if len(values) % 2:
            raise CheckpointError("the pickle sets a key without a value")
        for key, value in zip(values[::2], values[1::2], strict=True):
            if not is_key(key):
                raise NotPlainError(f"a {type(key).__name__} in the pickle cannot be a key")
            target[key] = value

    def _remember(self, form: str) -> None:
        number, value = self._number(form), self._top(object)
        self.memory[number] = value
        if isinstance(value, EmptyArray):
            value.number = number

    def _recall(self, form: str) -> None:
        number = self._number(form)
        if number not in self.memory:
            raise CheckpointError(
                f"the pickle recalls number {number}, which it has not remembered"
            )
        self.stack.append(self.memory[number])

    def _global(self) -> None:
        module, name = self._line(), self._line()
        if f"{module} {name}" not in self.known:
            raise unknown(module, name)
        self.stack.append(self.known[f"{module} {name}"])

    def _reduce(self) -> None:
        args = self._pop(tuple)
        maker = self._pop(Maker)
        self.to_copy -= sum(
            len(a) for a in args if isinstance(a, str | bytes | list | dict | tuple)
        )
        if self.to_copy < 0:
            raise CheckpointError("the pickle makes more of its data than there is")
        self.stack.append(maker.make(args))

    def _build(self) -> None:
        if len(self.stack) > 1 and isinstance(self.stack[-2], NumpyType | EmptyArray):
            self._build_of_numpy()
            return
        state = self._pop(dict)
        target = self._top(OrderedDict)
        if set(state) != {METADATA} or not isinstance(state[METADATA], dict):
            raise NotPlainError(f"the pickle gives an OrderedDict other attributes than {METADATA}")
        target.__dict__.update(state)

    def _build_of_numpy(self) -> None:
        state, target = self._pop(), self._pop((NumpyType, EmptyArray))
        if type(state) is tuple and state and isinstance(state[-1], bytes):
            self.to_copy -= len(state[-1])
            if self.to_copy < 0:
                raise CheckpointError("the pickle makes more of its data than there is")
        built = target.built(state)
        if isinstance(target, EmptyArray) and target.number is not None:
            self.memory[target.number] = built
        self.stack.append(built)

    def _persistent(self) -> None:
        reference = self._pop(tuple)
        if len(reference) != 5 or reference[0] != "storage":
            raise CheckpointError("the pickle refers to what is no storage")
        _, kind, key, location, count = reference
        self.stack.append(self.storages.get(kind, key, location, count))


def push(value: Any) -> Callable[[Unpickler], None]:
    """An instruction that pushes a constant."""
    return lambda machine: machine.stack.append(value)


def push_number(form: str) -> Callable[[Unpickler], None]:
    """An instruction that pushes the integer behind it."""
    return lambda machine: machine.stack.append(machine._number(form))


def tuple_of(count: int) -> Callable[[Unpickler], None]:
    """An instruction that makes a tuple of what is on top."""

    def act(machine: Unpickler) -> None:
        values = [machine._pop() for _ in range(count)]
        machine.stack.append(tuple(reversed(values)))

    return act


INSTRUCTIONS: dict[bytes, Callable[[Unpickler], None]] = {
    code.PROTO: Unpickler._protocol,
    code.MARK: Unpickler._mark,
    code.NONE: push(None),
    code.TRUE: push(True),
    code.FALSE: push(False),
    code.INT1: push_number("<B"),
    code.INT2: push_number("<H"),
    code.INT4: push_number("<i"),
    code.LONG: Unpickler._long,
    code.FLOAT: Unpickler._float,
    code.TEXT: Unpickler._text,
    code.EMPTY_TUPLE: push(()),
    b"\x85": tuple_of(1),
    b"\x86": tuple_of(2),
    b"\x87": tuple_of(3),
    code.TUPLE: Unpickler._tuple,
    code.EMPTY_LIST: lambda machine: machine.stack.append([]),
    b"a": Unpickler._append,
    code.APPENDS: Unpickler._appends,
    code.EMPTY_DICT: lambda machine: machine.stack.append({}),
    b"s": Unpickler._set_item,
    code.SETITEMS: Unpickler._set_items_to_mark,
    b"q": lambda machine: machine._remember("<B"),
    code.REMEMBER: lambda machine: machine._remember("<I"),
    b"h": lambda machine: machine._recall("<B"),
    code.RECALL: lambda machine: machine._recall("<I"),
    code.GLOBAL: Unpickler._global,
    code.REDUCE: Unpickler._reduce,
    code.BUILD: Unpickler._build,
    code.PERSISTENT: Unpickler._persistent,
}
