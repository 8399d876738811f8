"""What of PyTorch is here, what is not, and what comes nearest to a name that is not.

Names are PyTorch's, from ``torch`` on, as ``torch.nn.functional.relu``.
"""

from __future__ import annotations

import difflib
import os
import re
from types import ModuleType, TracebackType
from typing import Any

from ...dtypes import NamedType
from ...missing import NO_DTYPE, MissingNameError
from ...nn import Module
from ...tensor import Tensor
from .aliases import module_here
from .torch_names import ELSEWHERE, MODULES, PACKAGE, ROOTS

#: Where a name is looked for that is not in the module that was asked.
PLACES = (
    "torch", "torch.nn", "torch.nn.functional", "torch.optim", "torch.optim.lr_scheduler",
    "torch.utils.data", "torch.nn.utils", "torch.nn.utils.rnn", "torch.nn.init", "torch.linalg",
    "torch.autograd", "torch.func", "torch.distributions", "torch.Tensor",
)  # fmt: skip

MOST = 3  # names that are like another, of which some may not be here themselves
LIKE = 0.65  # of the letters of two names, how many must be in the same order

FOLDER = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(__file__))), "")

#: The functions here that Python calls where it finds no name.
LOOK_UPS = {"__getattr__", "__get__", "find_spec", "refuse"}


def value_of(name: str) -> Any:
    """What this library has under one of PyTorch's names.

    Raises
    ------
    AttributeError
        If it has nothing; a `MissingNameError` where it says why.
    """
    if name in MODULES and (module := module_here(name)) is not None:
        return module
    owner, _, last = name.rpartition(".")
    if not owner:
        raise AttributeError(f"{name} is not PyTorch's")
    value = getattr(value_of(owner), last)
    if isinstance(value, ModuleType) and name not in MODULES:  # a file of this library
        raise AttributeError(f"module {owner!r} has no attribute {last!r}")
    if isinstance(value, NamedType):  # a script that names it may run, one that uses it does not
        raise MissingNameError(f"PyTorch has {name}, but in {PACKAGE} {NO_DTYPE}")
    return value


def is_here(name: str) -> bool:
    """Whether this library has something under this name."""
    try:
        value_of(name)
    except AttributeError:
        return False
    return True


def reason(name: str) -> str:
    """Why a name is missing, where that is known; or an empty text."""
    try:
        value_of(name)
    except MissingNameError as error:
        return str(error).partition(f"but in {PACKAGE} ")[2]
    except AttributeError:
        pass
    package = name.partition(".")[0]
    return f"{package} is a package of its own, built on PyTorch" if package in ELSEWHERE else ""


def is_theirs(name: str) -> bool:
    """Whether a name is PyTorch's, and not that of a package of its own."""
    return name.partition(".")[0] == "torch"


def public_names(owner: str) -> list[str]:
    """The names in a module or a class that are meant for its users; of a module, its modules."""
    value = value_of(owner)
    names = getattr(value, "__all__", None) or [name for name in dir(value) if name[0] != "_"]
    return [*names, *(m.rpartition(".")[2] for m in MODULES if m.rpartition(".")[0] == owner)]


def nearest(name: str) -> str | None:
    """What this library has that comes nearest to a name it lacks; nothing if that has a reason,
    for what is like it in name only is of no use then.

    It is the same name elsewhere, if there is one; else the name beside it that is most alike.
    """
    if reason(name):
        return None
    owner, _, last = name.rpartition(".")
    while owner and not is_here(owner):
        owner, _, last = owner.rpartition(".")
    if not owner:
        return None
    names = public_names(owner)
    by_lower = {n.lower(): n for n in reversed(names)}  # capital letters are easily mistaken
    like = difflib.get_close_matches(last, names, MOST, LIKE)
    like += [by_lower[n] for n in difflib.get_close_matches(last.lower(), by_lower, MOST, LIKE)]
    found = [f"{place}.{last}" for place in PLACES if place != owner]
    found += [f"{owner}.{n}" for n in like]
    return next(filter(is_here, found), None)


# What a script raised -----------------------------------------------------------------------------


def remark(error: BaseException) -> None:
    """Add to an error for a missing name what is missing, where, and what comes nearest to it.

    Its type stays what it is, and so do all other errors.
    """
    name, line = missing_name(error), asking(error.__traceback__)
    if name is None or line is None:
        return
    line.tb_next = None
    in_pytorchs_words(error, name)
    file = os.path.basename(line.tb_frame.f_code.co_filename)
    error.add_note(f"{file}, line {line.tb_lineno}: {absence(name, told=str(error))}")


def absence(name: str, told: str = "") -> str:
    """Say that a name is missing, why, unless that is `told`, and what comes nearest to it."""
    why, near = reason(name), nearest(name)
    text = f"{PACKAGE} has no {name}"
    if why:
        return text if why in told else f"{text}, as {why}"
    if near is None:
        return f"{text}, nor anything of a name like that" if is_theirs(name) else text
    return f"{text}; the nearest is {near}"


def missing_name(error: BaseException) -> str | None:
    """The name of PyTorch's whose absence an error tells, or None."""
    if isinstance(error, ModuleNotFoundError):
        name = error.name or ""
        package = name.partition(".")[0]
        if package in ELSEWHERE:  # all of it; where it is installed, Python asks for a part
            return package
        return name if package in ROOTS else None
    if isinstance(error, ImportError):
        told = re.match(r"cannot import name '(\w+)' from '([\w.]+)'", str(error))
        return None if told is None else in_torch(told[2], told[1])
    if not isinstance(error, AttributeError) or error.name is None:
        return None
    owner = error.obj
    if isinstance(owner, ModuleType):
        return in_torch(owner.__name__, error.name)
    kind = owner if isinstance(owner, type) else type(owner)
    if issubclass(kind, Tensor):
        return f"torch.Tensor.{error.name}"
    if issubclass(kind, Module) and isinstance(error, MissingNameError):
        return f"torch.nn.Module.{error.name}"
    return None


def in_pytorchs_words(error: BaseException, name: str) -> None:
    """Let an error's text name PyTorch's modules, as the script does."""
    if isinstance(error, ModuleNotFoundError):
        error.msg = f"No module named {name!r}"
    elif isinstance(error, ImportError):
        error.msg = (
            f"cannot import name {name.rpartition('.')[2]!r} from {name.rpartition('.')[0]!r}"
        )


def in_torch(module: str, name: str) -> str | None:
    """The full name in PyTorch of what is in a module of this library."""
    package, dot, rest = module.partition(".")
    return f"torch{dot}{rest}.{name}" if package in ("torch", PACKAGE) else None


def asking(traceback: TracebackType | None) -> TracebackType | None:
    """The step of a traceback that asked for a name, if all that follows is how it was looked up
    here, without success."""
    asked = None
    while traceback is not None:
        code = traceback.tb_frame.f_code
        if not code.co_filename.startswith(FOLDER):
            asked = traceback
        elif code.co_name not in LOOK_UPS:
            asked = None
        traceback = traceback.tb_next
    return asked
