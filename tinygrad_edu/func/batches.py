"""``vmap``: a function of one example made into one of a batch.

PyTorch runs the function once, on all examples together. Here it runs once for each, and what it
returns is stacked: the loop that `vmap` stands for. The results are the same, but not as quick; and
what PyTorch must refuse inside, ``x.item()`` or ``if x > 0``, goes through.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from ..creation import zeros
from ..ops.join import cat, stack
from ..random import get_rng_state, set_rng_state
from ..tensor import Tensor
from .trees import leaves, replaced, spread

Function = Callable[..., Any]


def vmap(
    func: Function, in_dims: Any = 0, out_dims: Any = 0, randomness: str = "error", *,
    chunk_size: int | None = None,
) -> Function:  # fmt: skip
    """A function that does to each example of a batch what `func` does to one.

    Parameters
    ----------
    func : callable
        Takes and returns tensors, or trees of them.
    in_dims : int, None or tree of these
        Along which dim of each argument the examples are; None for what they share.
    out_dims : int or tree of int
        Along which dim they are in the results.
    randomness : {"error", "different", "same"}
        Whether `func` may draw random numbers, and whether each example gets its own.
    chunk_size : int, optional
        For PyTorch's signature: it is one example at a time.

    Notes
    -----
    Without an example, too, `func` runs once, to see what it returns: on one of zeros.

    Raises
    ------
    ValueError
        If the dims do not suit the arguments or results, or batches are of several sizes.
    RuntimeError
        If `randomness` is anything else, or random numbers are drawn without leave.
    """
    if randomness not in ("error", "different", "same"):
        raise RuntimeError(
            "Only allowed values for randomness are 'error', 'different', or 'same'. "
            f"Got {randomness}"
        )
    name = getattr(func, "__name__", repr(func))

    @functools.wraps(func)
    def batched(*args: Any, **kwargs: Any) -> Any:
        start, outputs = get_rng_state(), []
        examples, size = _examples(name, in_dims, args)
        if size == 0 and chunk_size is not None:
            raise AssertionError("arg_spec must not be None")  # PyTorch has no chunk to look at
        for example in examples:
            if randomness == "same":
                set_rng_state(start)
            outputs.append(func(*example, **kwargs))
        if randomness == "error" and not get_rng_state().equal(start):
            set_rng_state(start)
            raise RuntimeError(
                "vmap: called random operation while in randomness error mode. Please either use "
                "the 'same' or 'different' randomness flags on vmap or perform the randomness "
                "operation out of vmap"
            )
        if size == 0 and randomness == "different":
            set_rng_state(start)  # nobody has drawn
        return _joined(name, out_dims, outputs, size)

    return batched


def _examples(name: str, in_dims: Any, args: tuple[Any, ...]) -> tuple[list[Any], int]:
    """The arguments of each example, and how many there are; what is given by name they share.

    Where there is none, the arguments are those of an example of zeros.
    """
    call = f"vmap({name}, in_dims={in_dims}, ...)(<inputs>)"
    if not isinstance(in_dims, int | tuple | list):
        raise ValueError(
            f"{call}: expected `in_dims` to be int or a (potentially nested) tuple matching the "
            f"structure of inputs, got: {type(in_dims)}."
        )
    if not args:
        raise ValueError(
            f"vmap({name})(<inputs>): got no inputs. Maybe you forgot to add inputs, or you are "
            "trying to vmap over a function with no inputs. The latter is unsupported."
        )
    try:
        dims = spread(in_dims, args)
    except ValueError:
        raise ValueError(
            f"{call}: in_dims is not compatible with the structure of `inputs`."
        ) from None
    tensors = leaves(args)
    for tensor, dim in zip(tensors, dims, strict=True):
        _check_dim(call, tensor, dim)
    sizes = [x.shape[d] for x, d in zip(tensors, dims, strict=True) if d is not None]
    if not sizes:
        raise ValueError("vmap: Expected at least one Tensor to vmap over")
    if len({*sizes}) > 1:
        raise ValueError(
            "vmap: Expected all tensors to have the same size in the mapped dimension, got sizes "
            f"{sizes} for the mapped dimension"
        )
    if sizes[0] == 0:
        tensors = [
            x if d is None else _with_one(x, d) for x, d in zip(tensors, dims, strict=True)
        ]  # fmt: skip
    examples = []
    for i in range(max(sizes[0], 1)):
        these = [
            x if d is None else x.select(d, i) for x, d in zip(tensors, dims, strict=True)
        ]  # fmt: skip
        examples.append(replaced(args, these))
    return examples, sizes[0]


def _with_one(empty: Tensor, dim: int) -> Tensor:
    """An example of zeros, behind none; it depends on these, if they require a gradient."""
    shape = list(empty.shape)
    shape[dim] = 1
    return cat([empty, zeros(shape, dtype=empty.dtype)], dim)


def _check_dim(call: str, tensor: Any, dim: Any) -> None:
    if dim is None:
        return
    if not isinstance(dim, int):
        raise ValueError(
            f"{call}: Got in_dim={dim} for an input but in_dim must be either an integer "
            "dimension or None."
        )
    if not isinstance(tensor, Tensor):
        raise ValueError(
            f"{call}: Got in_dim={dim} for an input but the input is of type {type(tensor)}. We "
            "cannot vmap over non-Tensor arguments, please use None as the respective in_dim"
        )
    if not -tensor.dim() <= dim < tensor.dim():
        raise ValueError(
            f"{call}: Got in_dim={dim} for some input, but that input is a Tensor of "
            f"dimensionality {tensor.dim()} so expected in_dim to satisfy -{tensor.dim()} <= "
            f"in_dim < {tensor.dim()}."
        )


def _joined(name: str, out_dims: Any, outputs: list[Any], size: int) -> Any:
    """The results of all examples, so many, as one."""
    rows = [leaves(output) for output in outputs]
    for leaf in rows[0]:
        if not isinstance(leaf, Tensor):
            raise ValueError(
                f"vmap({name}, ...): `{name}` must only return Tensors, got type {type(leaf)}. "
                "Did you mean to set out_dims= to None for output?"
            )
    try:
        dims = spread(out_dims, outputs[0])
    except ValueError:
        raise ValueError(
            f"vmap({name}, ..., out_dims={out_dims})(<inputs>): out_dims is not compatible with "
            "the structure of `outputs`."
        ) from None
    columns = [stack(c, d) for c, d in zip(zip(*rows, strict=True), dims, strict=True)]
    # Of no examples there is one result too many.
    return replaced(outputs[0], [c.narrow(d, 0, size) for c, d in zip(columns, dims, strict=True)]
                    if not size else columns)  # fmt: skip
