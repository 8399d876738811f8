"""How PyTorch's functions can be called, by PyTorch's own account, and where ours differ.

For what is written in C++ its type stubs list every overload (`_VariableFunctions.pyi` for
functions, the class `TensorBase` in `__init__.pyi` for methods, `_nn.pyi` for some of
`nn.functional`), or else the schemas with which its operators are registered; for what is written
in Python there is `inspect.signature`.

One function of ours answers for all overloads of PyTorch's. It must take each argument of each
overload at the same position and under the same name, have its default, ask for no more, and offer
nothing that no overload has.
"""

from __future__ import annotations

import ast
import functools
import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F

from .versions import ASARRAY, COMPILE_OPTIONS, FORKED_DEVICES, NO_NAMES, NORM_BIAS

#: What Python 3.13 says of what is written in C++ and takes one argument, or none.
MADE_UP = ("($self, object, /)", "($self, /)", "(object, /)")

POSITIONAL, KEYWORD, VARIADIC = "positional", "keyword", "variadic"
REQUIRED = "required"

#: What is compared in no function, and why.
LEFT_OUT = {
    "out": "what takes it is wrapped: see test_out",
    "names": "dimensions with names, a prototype that PyTorch has given up",
}


class Argument(NamedTuple):
    """One argument of one overload; `default` is its source text, or `REQUIRED`."""

    name: str
    kind: str
    default: str
    annotation: str = ""


Overload = tuple[Argument, ...]


def stub(name: str) -> ast.Module:
    """A type stub that PyTorch ships."""
    return ast.parse((Path(torch.__file__).parent / name).read_text())


def overloads_in(body: list[ast.stmt]) -> dict[str, list[Overload]]:
    """The overloads of every function defined in `body`."""
    found: dict[str, list[Overload]] = {}
    for node in body:
        if isinstance(node, ast.FunctionDef):
            found.setdefault(node.name, []).append(tuple(_arguments(node.args)))
    return found


def _arguments(args: ast.arguments) -> Iterator[Argument]:
    def text(node: ast.expr | None) -> str:
        return REQUIRED if node is None else ast.unparse(node)

    def annotation(node: ast.arg) -> str:
        return "" if node.annotation is None else ast.unparse(node.annotation)

    plain = [*args.posonlyargs, *args.args]
    defaults: list[ast.expr | None] = [None] * (len(plain) - len(args.defaults))
    for arg, default in zip(plain, [*defaults, *args.defaults], strict=True):
        yield Argument(arg.arg, POSITIONAL, text(default), annotation(arg))
    if args.vararg:
        yield Argument(args.vararg.arg, VARIADIC, REQUIRED, annotation(args.vararg))
    for arg, default in zip(args.kwonlyargs, args.kw_defaults, strict=True):
        yield Argument(arg.arg, KEYWORD, text(default), annotation(arg))


def of_callable(function: Callable[..., Any]) -> Overload:
    """The one overload of what is written in Python.

    Raises
    ------
    ValueError
        If it is not, and says nothing of what it takes. (Python 3.13 makes up a name for what takes
        one argument.)
    """
    if getattr(function, "__text_signature__", None) in MADE_UP:
        raise ValueError(f"no signature found for {function!r}")
    kinds = {
        inspect.Parameter.KEYWORD_ONLY: KEYWORD,
        inspect.Parameter.VAR_POSITIONAL: VARIADIC,
    }
    return tuple(
        Argument(
            p.name,
            kinds.get(p.kind, POSITIONAL),
            REQUIRED if p.default is p.empty else repr(p.default),
            str(p.annotation),
        )
        for p in inspect.signature(function).parameters.values()
        if p.kind is not p.VAR_KEYWORD
    )


def of_schemas(operator: str) -> list[Overload]:
    """The overloads of what is registered as ``aten::<operator>``, less those that take results."""
    found = []
    for schema in torch._C._jit_get_schemas_for_operator(f"aten::{operator}"):
        if any(a.kwarg_only and a.alias_info and a.alias_info.is_write for a in schema.arguments):
            continue
        found.append(
            tuple(
                Argument(
                    a.name,
                    KEYWORD if a.kwarg_only else POSITIONAL,
                    repr(a.default_value) if a.has_default_value() else REQUIRED,
                    str(a.type),
                )
                for a in schema.arguments
            )
        )
    return found


@functools.cache
def functions_in_c() -> dict[str, list[Overload]]:
    """torch.*"""
    return overloads_in(stub("_C/_VariableFunctions.pyi").body)


@functools.cache
def methods_in_c() -> dict[str, list[Overload]]:
    """torch.Tensor.*"""
    classes = [n for n in stub("_C/__init__.pyi").body if isinstance(n, ast.ClassDef)]
    return overloads_in(next(c for c in classes if c.name == "TensorBase").body)


def differences(
    ours: Callable[..., Any], overloads: list[Overload], *, method: bool = False
) -> list[str]:
    """What of `overloads` cannot be called on our side, and what can be there and not in PyTorch.

    Parameters
    ----------
    ours : callable
    overloads : list of Overload
    method : bool
        Whether the first argument is the tensor itself, under whatever name.
    """
    if not overloads:
        return ["PyTorch nowhere says what it takes"]
    mine = list(of_callable(ours))
    theirs = [list(o) for o in overloads if not deprecated(o)] or [list(o) for o in overloads]
    if method:
        mine, theirs = mine[1:], [o[1:] for o in theirs]
    theirs = [[a for a in o if a.name not in LEFT_OUT] for o in theirs]
    for overload in theirs:  # the stubs' name for a number where another overload has a tensor
        if overload and overload[0].name == "self":
            overload[0] = overload[0]._replace(name="input")
    found: list[str] = []
    for overload in theirs:
        for position, argument in enumerate(overload):
            found += _missing(mine, position, argument)
    for position, argument in enumerate(mine):
        found += _surplus(theirs, position, argument)
    return list(dict.fromkeys(found))


def deprecated(overload: Overload) -> bool:
    """Whether PyTorch warns of it: numbers between tensors, as in ``add(x, alpha, y)``."""
    return (
        bool(overload)
        and any(
            a.name in ("alpha", "beta", "value") and a.kind == POSITIONAL
            and any(b.annotation == "Tensor" and b.kind == POSITIONAL for b in overload[i + 1 :])
            for i, a in enumerate(overload)
        )
    )  # fmt: skip


def _missing(mine: list[Argument], position: int, argument: Argument) -> Iterator[str]:
    """What one argument of PyTorch's has no counterpart for."""
    known = {a.name: a for a in mine}
    spread = next((i for i, a in enumerate(mine) if a.kind == VARIADIC), None)
    if argument.kind == VARIADIC:
        if spread != position:
            yield f"does not take *{argument.name}"
        return
    if argument.name not in known:
        yield f"has no {argument.name}"
        return
    same = known[argument.name]
    if argument.kind == POSITIONAL and mine.index(same) != position:
        yield f"{argument.name} is not at position {position}"
    elif argument.kind == POSITIONAL and same.kind == KEYWORD:
        yield f"{argument.name} is only a keyword"
    if argument.default != REQUIRED and same.kind != VARIADIC and same.default == REQUIRED:
        yield f"{argument.name} has no default"


def _surplus(theirs: list[list[Argument]], position: int, argument: Argument) -> Iterator[str]:
    """What one argument of ours takes that none of PyTorch's overloads does."""
    same = [a for o in theirs for a in o if a.name == argument.name]
    if not same:
        if argument.name not in LEFT_OUT:
            yield f"takes {argument.name} beyond PyTorch"
        return
    kinds = {a.kind for a in same}
    if argument.kind == POSITIONAL and kinds == {KEYWORD}:
        yield f"{argument.name} need not be a keyword"
    optional = [a for a in same if a.default != REQUIRED]
    everywhere = len(same) == len(theirs) and not optional
    if everywhere and argument.kind != VARIADIC and argument.default != REQUIRED:
        yield f"{argument.name} need not be given"
    if optional and argument.kind != VARIADIC:
        wanted = {a.default for a in optional}
        if not any(_same_default(argument.default, w) for w in wanted):
            yield f"{argument.name} is {argument.default} by default, not {' or '.join(wanted)}"


def _same_default(ours: str, theirs: str) -> bool:
    """Whether two texts mean the same value; an ellipsis in a stub says nothing."""
    return theirs == "..." or _plain(ours) == _plain(theirs)


def _plain(text: str) -> Any:
    """A default's value, or for what has no literal its kind and name, without its place."""
    try:
        value = ast.literal_eval(text)
        return tuple(value) if isinstance(value, list) else value
    except (SyntaxError, ValueError):
        words = text.strip("<>").removeprefix("torch.").split(" at 0x")[0].split()
        return [word.rsplit(".", 1)[-1] for word in words]


@functools.cache
def functional_in_c() -> dict[str, list[Overload]]:
    """torch.nn.functional.*, as far as it is not written in Python."""
    return overloads_in(stub("_C/_nn.pyi").body) | overloads_in(stub("nn/functional.pyi").body)


#: What PyTorch defines as ``(*args, **kwargs)``, and what it hands these to.
HANDED_TO: dict[Any, Callable[..., Any]] = {
    torch.unique: torch.functional._unique_impl,
    torch.unique_consecutive: torch.functional._unique_consecutive_impl,
    torch.lu: torch.functional._lu_impl,
    torch.nn.NLLLoss2d: torch.nn.NLLLoss,  # wrapped in what warns
    F.max_pool1d: F.max_pool1d_with_indices,
    F.max_pool2d: F.max_pool2d_with_indices,
    F.max_pool3d: F.max_pool3d_with_indices,
    F.adaptive_max_pool1d: F.adaptive_max_pool1d_with_indices,
    F.adaptive_max_pool2d: F.adaptive_max_pool2d_with_indices,
    F.adaptive_max_pool3d: F.adaptive_max_pool3d_with_indices,
    F.fractional_max_pool2d: F.fractional_max_pool2d_with_indices,
    F.fractional_max_pool3d: F.fractional_max_pool3d_with_indices,
}


def pytorchs(namespace: str, name: str, theirs: Any) -> list[Overload]:
    """The overloads of ``torch.<namespace>.<name>``; none if PyTorch nowhere says them."""
    if isinstance(theirs, type) and issubclass(theirs, torch.nn.RNNBase):
        overload = of_callable(torch.nn.RNNBase)
        return [overload if theirs is torch.nn.RNNBase else _of_layer(overload, theirs)]
    theirs = HANDED_TO.get(theirs, theirs)
    try:
        overload = of_callable(theirs)
    except ValueError:  # written in C++
        tables = {"": functions_in_c, "Tensor": methods_in_c, "nn.functional": functional_in_c}
        if namespace == "nn.functional" and theirs is getattr(torch, name, None):
            namespace = ""
        listed = tables.get(namespace, dict)().get(name)
        return listed or of_schemas(getattr(theirs, "__name__", name))
    # A layer without arguments hands any to nn.Module, which takes none.
    if isinstance(theirs, type) and theirs.__init__ is torch.nn.Module.__init__:
        return [()]
    return [overload]


def _of_layer(overload: Overload, layer: type) -> Overload:
    """What RNNBase takes, less the mode; but for an RNN also its nonlinearity. Those that are no
    LSTM know the size of a projection only by name, to refuse it."""
    rest = overload[1:]
    if layer is not torch.nn.LSTM:
        rest = tuple(a for a in rest if a.name != "proj_size")
        rest = (*rest, Argument("proj_size", KEYWORD, "None"))
    if layer is not torch.nn.RNN:
        return rest
    place = [a.name for a in rest].index("num_layers") + 1
    return (*rest[:place], Argument("nonlinearity", POSITIONAL, "'tanh'"), *rest[place:])


#: What differs, by the reason why.
REASONS: dict[str, tuple[str, ...]] = {
    "a product in another dtype than its factors': PyTorch itself has it on GPUs only": (
        "addmm", "baddbmm", "bmm", "mm",
    ),
    "two functions of PyTorch's, told apart by the type or number of arguments, are one here; by "
    "position both can be called, and by name each argument": (
        "arange", "is_autocast_enabled", "max", "min", "randint", "randint_like",
        "repeat_interleave", "scatter", "var",
        "std", "var_mean", "std_mean", "tensor_split", "hsplit", "vsplit", "dsplit", "Tensor.max",
        "Tensor.min", "Tensor.repeat_interleave", "Tensor.scatter", "Tensor.scatter_", "Tensor.var",
        "Tensor.std", "Tensor.tensor_split", "Tensor.hsplit", "Tensor.vsplit", "Tensor.dsplit",
        "Tensor.view", "view_copy", "cumulative_trapezoid", "trapezoid", "trapz",
    ),
    "its three orders of arguments are read in ops.target, and compared in test_calls": (
        "Tensor.to",
    ),
    "numbers by names that say so (scalar, self) beside those for tensors": (
        "isin", "result_type", "searchsorted", "where",
    ),
    "PyTorch's stub says otherwise than its function does, as test_calls shows": (
        "as_tensor", "linspace", "logspace", "range", "tensor", "Tensor.bool", "Tensor.byte",
        "Tensor.char", "Tensor.contiguous", "Tensor.cpu", "Tensor.double", "Tensor.float",
        "Tensor.half", "Tensor.int", "Tensor.is_contiguous", "Tensor.long", "Tensor.new_ones",
        "Tensor.new_tensor", "Tensor.requires_grad_", "Tensor.short", "nn.functional.gelu",
    ),
    "an alias of sub here; PyTorch's takes alpha by position too": (
        "subtract", "Tensor.subtract", "Tensor.subtract_",
    ),
    "old constructors, which read what they are given by its type; test_attributes calls them": (
        "BoolTensor", "ByteTensor", "CharTensor", "DoubleTensor", "FloatTensor", "HalfTensor",
        "IntTensor", "LongTensor", "ShortTensor", "Tensor.new",
    ),
    "an empty tuple for a stride is None": (
        "avg_pool1d", "max_pool1d", "max_pool2d", "max_pool3d", "nn.functional.avg_pool1d",
    ),
    "there is one pickler here, and one order of bytes": (
        "save",
    ),
    "from is a word of Python's, so that such a call needs ** in PyTorch": (
        "Tensor.random_",
    ),
    "checks of what is not here: forward mode, sparse tensors, vectorized derivatives": (
        "autograd.gradcheck", "autograd.gradgradcheck",
    ),
    "arguments for PyTorch's own calls, whose names say so": (
        "random.fork_rng",
    ),
    "made by PyTorch's __new__, of which nothing says what it takes; test_random_module calls it": (
        "random.Generator",
    ),
    "an old name of grad_tensors, which warns": (
        "autograd.backward",
    ),
    "a decorator's own argument, which nobody names": (
        "autograd.enable_grad", "autograd.no_grad",
    ),
    "forward of a module without one takes anything, to say that it is missing": (
        "nn.Module.forward",
    ),
    "it takes nothing, which PyTorch nowhere says": (
        "is_anomaly_check_nan_enabled", "is_anomaly_enabled",
    ),
}  # fmt: skip
#: Of what stands there, the arguments whose default is written otherwise, and means the same.
OTHER_DEFAULTS = {
    *((name, "stride") for name in (
        "avg_pool1d", "max_pool1d", "max_pool2d", "max_pool3d", "nn.functional.avg_pool1d",
    )),
    *((name, "dx") for name in ("cumulative_trapezoid", "trapezoid", "trapz")),
    *((name, "steps") for name in ("linspace", "logspace")),
    *((name, "unbiased") for name in (
        "std", "std_mean", "var", "var_mean", "Tensor.std", "Tensor.var",
    )),
    ("save", "pickle_module"), ("Tensor.cpu", "memory_format"),
}  # fmt: skip
if NORM_BIAS.missing:
    REASONS[str(NORM_BIAS)] = (
        "nn.BatchNorm1d", "nn.BatchNorm2d", "nn.BatchNorm3d", "nn.GroupNorm", "nn.InstanceNorm1d",
        "nn.InstanceNorm2d", "nn.InstanceNorm3d", "nn.LazyBatchNorm1d", "nn.LazyBatchNorm2d",
        "nn.LazyBatchNorm3d", "nn.LazyInstanceNorm1d", "nn.LazyInstanceNorm2d",
        "nn.LazyInstanceNorm3d", "nn.SyncBatchNorm",
    )  # fmt: skip
if COMPILE_OPTIONS.missing:
    REASONS[str(COMPILE_OPTIONS)] = ("compile",)
    OTHER_DEFAULTS.add(("compile", "backend"))
if ASARRAY.missing:
    REASONS[str(ASARRAY)] = ("asarray",)
    OTHER_DEFAULTS.add(("asarray", "requires_grad"))
if FORKED_DEVICES.missing:
    OTHER_DEFAULTS.add(("random.fork_rng", "device_type"))
if NO_NAMES.missing:
    REASONS[str(NO_NAMES)] = ("diagonal", "flatten", "Tensor.diagonal", "Tensor.flatten")
