"""How the ops of `op_db` are called on either library.

By its name, as a function or else as a method of tensors. Only what `op_db` itself wraps in another
call has a line here, and what it is about a result that can be compared.
"""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import torch

import tinygrad_edu

Call = Callable[..., Any]


def found(library: ModuleType, name: str) -> Call | None:
    """The function of this name, or the method of tensors, if there is one."""
    for owner in (library, library.Tensor):
        value: Any = owner
        for part in name.split("."):
            value = getattr(value, part, None)
        if callable(value):
            return value
    return None


def wrapped(name: str) -> Call:
    """The call of a function or method by its name."""

    def call(library: ModuleType, *arguments: Any, **options: Any) -> Any:
        function = found(library, name)
        assert function is not None, name
        return function(*arguments, **options)

    return call


def on_copy(name: str) -> Call:
    """A method that changes its tensor, of a copy."""

    def call(library: ModuleType, x: Any, *arguments: Any, **options: Any) -> Any:
        return getattr(x.clone(), name)(*arguments, **options)

    return call


def attribute(name: str) -> Call:
    """An attribute of a tensor."""
    return lambda library, x: getattr(x, name)


def unset(name: str) -> Call:
    """What allocates memory: its result with zeros, for what it holds is no one's choice."""
    call = wrapped(name)
    return lambda library, *arguments, **options: call(library, *arguments, **options).fill_(0)


def tracking(name: str) -> Call:
    """A normalization and the running statistics, which it changes: here in copies."""

    def call(library: ModuleType, x: Any, mean: Any = None, var: Any = None, *rest: Any,
             **options: Any) -> Any:  # fmt: skip
        given = options.pop("running_mean", mean), options.pop("running_var", var)
        copies = [s if s is None else s.clone() for s in given]
        function = getattr(library.nn.functional, name)
        return function(x, *copies, *rest, **options), [c for c in copies if c is not None]

    return call


def places(name: str) -> Call:
    """What finds values and their places; of equal integers, and only of these, any may be found,
    so that what stands at the places is compared."""

    position = {"kthvalue": 1, "topk": 1}.get(name, 0)  # of the argument `dim`

    def call(library: ModuleType, x: Any, *arguments: Any, **options: Any) -> Any:
        result = getattr(library, name)(x, *arguments, **options)
        *values, found = (result,) if name == "argsort" else result
        if x.is_floating_point() or not x.ndim:
            return *values, found
        dim = options.get("dim", arguments[position] if len(arguments) > position else -1)
        if found.ndim < x.ndim:
            return *values, x.gather(dim, found.unsqueeze(dim)).squeeze(dim)
        return *values, x.gather(dim, found)

    return call


def tamed(name: str) -> Call:
    """What has a softmax, of numbers a sixteenth as large: of the samples' the largest share is
    nearly 1, and the gradients are what rounding leaves."""
    call = wrapped(name)
    return lambda library, x, *arguments, **options: call(library, x / 16, *arguments, **options)


def off_zero(name: str) -> Call:
    """What has a mean, of numbers that do not cancel in it."""
    call = wrapped(name)
    return lambda library, x, *arguments, **options: call(library, x + 10, *arguments, **options)


def least_squares(library: ModuleType, a: Any, b: Any, **options: Any) -> Any:
    """Without the gradient of a result that has no elements, and so none."""
    results = library.linalg.lstsq(a, b, **options)
    return tuple(r if r.numel() else r.detach() for r in results)


def scattered(
    library: ModuleType, x: Any, source: Any, *places: Any, storage_offset: int | None = None
) -> Any:
    """What PyTorch makes of it, with the gradients of the same in place: those that it has here
    for `x` do not pass its own gradcheck, as they are of what was overwritten, and of that alone.
    """
    result = library.as_strided_scatter(x, source, *places, storage_offset)
    if library is not torch or x.untyped_storage().nbytes() != x.nbytes:  # it is part of another
        return result
    changed = x.clone()
    changed.as_strided(*places, storage_offset).copy_(source)
    assert changed.equal(result)
    return changed


#: By name and variant in `op_db`, or by name alone.
CALLS: dict[str, Call] = {
    **{name: attribute(name) for name in ("T", "H", "mT", "mH")},
    **{name: on_copy(name) for name in ("resize_", "resize_as_", "zero_")},
    **{name: unset(name) for name in ("empty", "empty_like", "new_empty")},
    "normal-in_place": on_copy("normal_"),
    "normal-number_mean": lambda lib, std, mean, *rest, **o: lib.normal(mean, std, *rest, **o),
    "einsum": lambda lib, tensors, equation: lib.einsum(equation, tensors),
    "polygamma": lambda lib, x, n: lib.polygamma(n, x),
    "special.polygamma": lambda lib, x, n: lib.special.polygamma(n, x),
    "where": lambda lib, x, condition, other: lib.where(condition, x, other),
    "nn.functional.embedding": lambda lib, weight, index, **o: lib.nn.functional.embedding(
        index, weight, **o
    ),
    "nn.functional.embedding_bag": lambda lib, weight, index, **o: lib.nn.functional.embedding_bag(
        index, weight, **o
    ),
    "as_strided_scatter": scattered,
    "linalg.lstsq": least_squares,
    "linalg.lstsq-grad_oriented": lambda lib, a, b, driver: least_squares(lib, a, b, driver=driver)[
        :2
    ],
    **{name: places(name) for name in ("argsort", "kthvalue", "mode", "sort", "topk")},
    "linalg.pinv-singular": lambda lib, a, b: lib.linalg.pinv(a @ b.mT),
    **{name: off_zero(name) for name in ("std_mean", "var_mean")},
    "softmax-with_dtype": tamed("softmax"),
    "nn.functional.scaled_dot_product_attention": tamed(
        "nn.functional.scaled_dot_product_attention"
    ),
    "nn.functional.multi_head_attention_forward": tamed(
        "nn.functional.multi_head_attention_forward"
    ),
    "nn.functional.batch_norm": tracking("batch_norm"),
    "nn.functional.instance_norm": tracking("instance_norm"),
}

#: What draws random numbers (both libraries are seeded alike), or reads memory by itself.
ONE_PRECISION = (
    "as_strided", "bernoulli", "multinomial", "normal", "rand_like", "randint", "randint_like",
    "randn", "randn_like", "nn.functional.alpha_dropout", "nn.functional.dropout",
    "nn.functional.dropout2d", "nn.functional.dropout3d", "nn.functional.feature_alpha_dropout",
    "nn.functional.multi_head_attention_forward", "nn.functional.rrelu",
    "nn.functional.scaled_dot_product_attention",
)  # fmt: skip


def call_of(name: str, variant: str) -> Call:
    """How the op of this name and variant is called."""
    return CALLS.get(f"{name}-{variant}") or CALLS.get(name) or wrapped(name)


def is_here(name: str) -> bool:
    """Whether the engine has what `op_db` calls by this name."""
    attributes = name in CALLS and hasattr(tinygrad_edu.Tensor, name)
    return attributes or None not in (found(tinygrad_edu, name), found(torch, name))
