"""Where the engine does not make of a wrong call what PyTorch does, and why.

Each entry is a kind of call, told by what was changed and by what both sides raised. An entry must
be needed: a test makes its example, and sees that the two differ there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from .versions import UNLIKE_ADDMV


class Outcome(NamedTuple):
    """What was changed in a call, and what came of it.

    Attributes
    ----------
    op : str
        The row of the table, without what follows its dash.
    expression : str
        What was put in the place of an argument.
    place : str or int
        Which: the name of an option, or the number of a tensor.
    theirs, ours : Exception or None
        What either side raised.
    """

    op: str
    expression: str
    place: str | int
    theirs: Exception | None
    ours: Exception | None


class Deviation(NamedTuple):
    """A kind of call of which the engine makes something else, on purpose.

    Attributes
    ----------
    reason : str
    example : str
        A call, with `lib` and `np`.
    meant : callable
        Whether an outcome is of this kind.
    """

    reason: str
    example: str
    meant: Callable[[Outcome], bool]


def raised(outcome: Outcome, theirs: type[Exception], ours: type[Exception]) -> bool:
    """Whether both raised, these two."""
    return isinstance(outcome.theirs, theirs) and isinstance(outcome.ours, ours)


def says(error: Exception | None, *words: str) -> bool:
    """Whether an error has one of these words."""
    return any(word in str(error) for word in words)


BOOLS = ("True", "False")

#: Ops that take a number in the place of a tensor, and in the engine an array too.
ARRAYS = (
    "an array among the operands is a constant: derivatives are written so, for arrays and tensors "
    "alike; PyTorch hands such operators to NumPy, refuses, or asks for .detach()"
)


DEVIATIONS = (
    Deviation(
        "what PyTorch wrote in Python fails where it first uses an argument, with AttributeError; "
        "here it is a TypeError that names the argument",
        "lib.nn.functional.softmin(True, 0)",
        lambda o: raised(o, AttributeError, TypeError),
    ),
    Deviation(
        "an assertion inside PyTorch, which asks for a report; here a TypeError",
        "lib.ones(2, 2).tril(lib.tensor(True))",
        lambda o: (
            says(o.theirs, "INTERNAL ASSERT", "please report", "Could this error message be")
            and isinstance(o.ours, TypeError | IndexError | RuntimeError | None)
        ),
    ),
    Deviation(
        "PyTorch compares bounds, or tests options for truth, before it looks whether they are "
        "numbers or bools",
        "lib.nn.functional.hardtanh(lib.ones(2), lib.ones(2))",
        lambda o: (
            o.op in ("affine_grid", "hardtanh", "unique", "unique_consecutive")
            and says(o.theirs, "Boolean value of Tensor")
            and isinstance(o.ours, TypeError)
        ),
    ),
    Deviation(
        "PyTorch asks a tensor for the size of a dimension before it looks how many there are",
        "lib.mv(lib.tensor(1.0), lib.ones(1))",
        lambda o: (
            o.op
            in (
                "mv",
                "addbmm",
                "addbmm_",
                "baddbmm",
                "baddbmm_",
                "grid_sample",
                "repeat_interleave",
                "scatter",
                "scatter_",
                "scatter_add",
                "scatter_add_",
                "index_add",
                "index_add_",
                "index_reduce",
                "index_reduce_",
                "ormqr",
                "scatter_reduce",
                "scatter_reduce_",
            )
            and raised(o, IndexError, RuntimeError)
        ),
    ),
    Deviation(
        ARRAYS,
        "lib.eq(lib.ones(2), np.ones(2))",
        lambda o: "np.array" in o.expression or ".numpy()" in o.expression,
    ),
    Deviation(
        "one integer, or several, for dim: where PyTorch has a function for each, it takes no "
        "tensor in place of several",
        "lib.ones(2, 2).all(lib.tensor([0]))",
        lambda o: o.op in ("all", "any", "gradient", "movedim") and "tensor(" in o.expression,
    ),
    Deviation(
        "the options of convolutions and pools are read by ops.window_checks, which tells fewer "
        "kinds of numbers apart",
        "lib.nn.functional.conv1d(lib.ones(1, 1, 4), lib.ones(1, 1, 2), groups=lib.tensor(2))",
        lambda o: o.op.startswith("conv") or "pool" in o.op,
    ),
    Deviation(
        "keepdim=False without a dim, or beside a bool in its place, asks for nothing; PyTorch's "
        "function for all elements has no keepdim at all",
        "lib.ones(2).sum(keepdim=False)",
        lambda o: (
            o.ours is None
            and o.place == "dim"
            and (
                not o.expression
                or (o.op in ("std", "std_mean", "var", "var_mean") and o.expression in BOOLS)
            )
        ),
    ),
    Deviation(
        "PyTorch does not look at what it makes of memory: not at a size below 0 beside a size of "
        "0, nor at elements that were not there before, which here are 0",
        "lib.ones(2).resize_(0, -1)",
        lambda o: (
            (o.op in ("as_strided", "as_strided_", "resize_") and says(o.ours, "negative"))
            or (
                o.op in ("expand", "broadcast_to")
                and o.theirs is None
                and says(o.ours, "The expanded size of the tensor (-")
            )
            or (o.op in ("resize_", "resize_as_") and o.ours is None is o.theirs)
        ),
    ),
    Deviation(
        "a tensor smaller than the result, which PyTorch enlarges in place, by this op alone",
        "lib.ones(()).addbmm_(lib.ones(1, 2, 3), lib.ones(1, 3, 2))",
        lambda o: o.op == "addbmm_" and says(o.ours, "doesn't match the broadcast shape"),
    ),
    Deviation(
        "of an empty batch PyTorch does not look at the dtype",
        "lib.nn.functional.grid_sample(lib.ones(0, 1, 2, 2).double(), lib.ones(0, 2, 2, 2))",
        lambda o: (
            o.op == "grid_sample" and says(o.ours, "dtype", "not implemented") and o.theirs is None
        ),
    ),
    Deviation(
        "of stacks of matrices without elements, or with none to add up, PyTorch does not look at "
        "the dtype",
        "lib.matmul(lib.ones(2, 0, 3).double(), lib.ones(2, 3, 1))",
        lambda o: (
            o.op in ("bmm", "matmul")
            and o.theirs is None
            and says(o.ours, "expected scalar type", "not implemented")
        ),
    ),
    Deviation(
        "PyTorch counts how many sizes there are before it looks what they are",
        "lib.nn.functional.affine_grid(lib.ones(2, 2, 3), (1.5,))",
        lambda o: o.op == "affine_grid" and raised(o, NotImplementedError, TypeError),
    ),
    Deviation(
        "a bias has one dimension or none; for others, and for other dtypes, it depends on how the "
        "input lies in memory whether PyTorch takes them",
        "lib.nn.functional.linear(lib.ones(4, 1, 1), lib.ones(4, 1), lib.ones(4, 1))",
        lambda o: (
            o.op == "linear"
            and (o.place in (1, 2) or o.expression == "lib.ones(2)")  # or there was no bias
            and o.theirs is None
            and isinstance(o.ours, RuntimeError)
        ),
    ),
    Deviation(
        "of matrices without elements PyTorch does not look at the dtype, in some factorizations",
        "lib.linalg.lu_factor_ex(lib.ones(0, 0).long()).LU",
        lambda o: (
            o.op in ("lu_factor", "lu_factor_ex", "lu", "eigh")
            and o.theirs is None
            and says(o.ours, "expected float32 or float64")
        ),
    ),
    Deviation(
        "of two vectors PyTorch's vecdot does not read which dimension is meant",
        "lib.linalg.vecdot(lib.ones(2), lib.ones(2), dim=1)",
        lambda o: o.op == "vecdot" and o.theirs is None and isinstance(o.ours, IndexError),
    ),
    Deviation(
        "alpha by position, which PyTorch has for a number alone",
        "lib.rsub(lib.ones(2), lib.ones(2), 1)",
        lambda o: o.op == "rsub" and isinstance(o.theirs, TypeError) and o.ours is None,
    ),
    Deviation(
        "PyTorch refuses to record a call whose result is not floating point, before it knows",
        "lib.ones(2).long().masked_fill(lib.ones(2).bool(), lib.ones((), requires_grad=True))",
        lambda o: says(o.theirs, "Autograd not support dtype"),
    ),
    Deviation(
        "with lists of subscripts for an equation, PyTorch tests tensors for truth on the way",
        "lib.einsum(lib.tensor(0), lib.ones(2, 1, 3))",
        lambda o: o.op == "einsum" and o.place == "equation" and "tensor(" in o.expression,
    ),
    Deviation(
        "a correction that is no number: PyTorch divides by the larger of 0 and nan, which is 0",
        "lib.arange(3.0).var(correction=float('nan'))",
        lambda o: o.place == "correction" and "nan" in o.expression and o.ours is None,
    ),
    Deviation(
        "an infinite alpha: by the shapes and the processor BLAS multiplies a factor by it, whose "
        "zeros become nan, or, as here, the product",
        "lib.addmm(lib.zeros(1, 3), lib.eye(1, 3), lib.eye(3), alpha=float('inf'))",
        lambda o: (
            o.op.startswith("add")
            and o.place == "alpha"
            and "inf" in o.expression
            and o.ours is None is o.theirs
        ),
    ),
)

if UNLIKE_ADDMV.missing:
    DEVIATIONS += (
        Deviation(
            str(UNLIKE_ADDMV),
            "lib.addmv(lib.ones(1).double(), lib.ones(1, 1), lib.ones(1))",
            lambda o: (
                o.op == "addmv"
                and o.theirs is None
                and (says(o.ours, "same dtype") or says(o.ours, "expected scalar type"))
            ),
        ),
    )


def reason_for(outcome: Outcome) -> str | None:
    """Why the engine may differ in a call; None if it may not."""
    for deviation in DEVIATIONS:
        if deviation.meant(outcome):
            return deviation.reason
    return None
