"""Sums of products over labelled dimensions: ``einsum``, and what else is one.

Each dimension of each operand has a label. Dimensions with one label run together, and labels that
the result does not have are summed over. Operands are multiplied two at a time, from left to right,
as a stack of matrix products ``bmk,bkn->bmn``: b are the labels that both have and that are still
needed, k those that both have and that are summed, m and n those that only one has. So all of it is
composed of moving dimensions and of `bmm`, which see to the derivatives.
"""

from __future__ import annotations

import operator
import string
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from ..autograd.graph import TensorBase
from .arguments import need_tensors, torch_arguments
from .diagonal import diagonal
from .dims import normalize_dims
from .kinds import Refused, integers
from .linalg import bmm
from .reduce import sum as sum_
from .shape import View, permute, reshape, squeeze

if TYPE_CHECKING:
    from ..tensor import Tensor

#: In the order in which PyTorch sorts them.
LETTERS = string.ascii_uppercase + string.ascii_lowercase
#: Labels are numbers, those of letters their places in `LETTERS`; the dimensions behind an ellipsis
#: have negative ones, so that the last is -1.
Labels = tuple[int, ...]


class Labelled(NamedTuple):
    """A tensor, and a label for each of its dimensions, none of them twice."""

    tensor: Tensor
    labels: Labels

    def size(self, label: int) -> int:
        size: int = self.tensor.array.shape[self.labels.index(label)]
        return size

    def without_repeats(self) -> Labelled:
        """The diagonals where a label stands twice."""
        tensor, labels = self
        for label in dict.fromkeys(labels):
            while labels.count(label) > 1:
                first = labels.index(label)
                second = labels.index(label, first + 1)
                shape = tensor.array.shape
                if shape[first] != shape[second]:
                    raise RuntimeError(
                        f"einsum(): subscript {name_of(label)} is repeated for one operand, but "
                        f"the sizes don't match: {shape[second]} != {shape[first]}"
                    )
                tensor = diagonal(tensor, 0, first, second)
                rest = [x for place, x in enumerate(labels) if place not in (first, second)]
                labels = (*rest, label)
        return Labelled(tensor, labels)

    def without_ones(self, needed: set[int]) -> Labelled:
        """Without the dimensions of size 1 that are not `needed`: there is nothing to sum."""
        rest = self
        for label in self.labels:
            if label not in needed and self.size(label) == 1:
                rest = rest.squeezed(label)
        return rest

    def summed(self, over: Iterable[int]) -> Labelled:
        """Without some labels, which are summed over; integers as int64, as PyTorch has it."""
        over = set(over)
        dims = [d for d, label in enumerate(self.labels) if label in over]
        if not dims:
            return self
        rest = tuple(label for label in self.labels if label not in over)
        return Labelled(sum_(self.tensor, dims), rest)

    def squeezed(self, label: int) -> Labelled:
        """Without a label of size 1."""
        rest = tuple(x for x in self.labels if x != label)
        return Labelled(squeeze(self.tensor, self.labels.index(label)), rest)

    def ordered(self, labels: Sequence[int]) -> Tensor:
        """The tensor with its dimensions in the order of `labels`."""
        return permute(self.tensor, [self.labels.index(label) for label in labels])

    def in_order(self, labels: Labels) -> Tensor:
        """The same, or the tensor itself if that is their order."""
        return self.tensor if self.labels == labels else self.ordered(labels)


def contract(a: Labelled, b: Labelled, needed: Iterable[int]) -> Labelled:
    """The product of two, summed over all labels that are not `needed`.

    Raises
    ------
    RuntimeError
        If a label has two sizes, of which none is 1.
    """
    needed = set(needed)
    a, b = a.without_ones(needed), b.without_ones(needed)
    for label in set(a.labels) & set(b.labels):
        sizes = a.size(label), b.size(label)
        if sizes[0] != sizes[1]:
            if 1 not in sizes:
                raise RuntimeError(
                    f"einsum(): the dimensions {name_of(label)} have sizes {sizes[0]} and "
                    f"{sizes[1]}, which do not broadcast"
                )
            a = a.squeezed(label) if sizes[0] == 1 else a
            b = b.squeezed(label) if sizes[1] == 1 else b
    a = a.summed(set(a.labels) - set(b.labels) - needed)
    b = b.summed(set(b.labels) - set(a.labels) - needed)
    shared = [label for label in a.labels if label in b.labels]
    batch = [label for label in shared if label in needed]
    summed = [label for label in shared if label not in needed]
    rows = [label for label in a.labels if label not in shared]
    columns = [label for label in b.labels if label not in shared]
    shape = [a.size(x) for x in batch + rows] + [b.size(x) for x in columns]
    sizes_of = {x: a.size(x) for x in a.labels} | {x: b.size(x) for x in b.labels}
    m, n, k, stack = (_product(sizes_of, group) for group in (rows, columns, summed, batch))
    labels = tuple(batch + rows + columns)
    if not summed:  # each with ones where only the other has dimensions
        ones = [1] * len(rows), [1] * len(columns)
        left = reshape(a.ordered(batch + rows), [a.size(x) for x in batch + rows] + ones[1])
        sizes_b = [b.size(x) for x in batch], [b.size(x) for x in columns]
        right = reshape(b.ordered(batch + columns), sizes_b[0] + ones[0] + sizes_b[1])
        return Labelled(left * right, labels)
    left = reshape(a.ordered(batch + rows + summed), stack, m, k)
    right = reshape(b.ordered(batch + summed + columns), stack, k, n)
    return Labelled(View.apply(bmm(left, right), tuple(shape)), labels)


def _product(sizes: dict[int, int], labels: list[int]) -> int:
    total = 1
    for label in labels:
        total *= sizes[label]
    return total


def name_of(label: int) -> str:
    """How the user wrote a label."""
    return "..." if label < 0 else LETTERS[label] if label < len(LETTERS) else str(label)


def einsum(*args: Any) -> Tensor:
    """The sum of products that an equation says, as ``"ij,jk->ik"`` is a product of matrices.

    Parameters
    ----------
    equation : str
        For each operand a letter for each dimension, and behind ``->`` the letters of the result.
        Without ``->``, the result has the letters that stand only once, in alphabetical order. A
        letter that one operand has twice stands for its diagonal. ``...`` stands for any number of
        dimensions, which broadcast, as do dimensions of size 1.
    *operands : Tensor
        Or one list of them. Instead of an equation there may be a list of integers from 0 to 51
        behind each operand, and one for the result at the end: ``einsum(a, [0, 1], b, [1, 2])``.

    Raises
    ------
    RuntimeError
        If the equation does not fit the operands, or says what has no meaning.
    ValueError
        If there are no operands, or an integer is out of range.
    TypeError
        If something else stands in the place of a tensor.

    Examples
    --------
    >>> einsum("bij,bjk->bik", a, b)  # a product of matrices for each b
    >>> einsum("ii", a)  # the trace
    """
    terms, result, operands = _understood(args)
    need_tensors(operands)
    if len(terms) != len(operands):
        raise RuntimeError(
            f"einsum(): {'fewer' if len(operands) < len(terms) else 'more'} operands were provided "
            "than specified in the equation"
        )
    labelled = [
        Labelled(x, _spelled(term, x.array.ndim)).without_repeats()
        for term, x in zip(terms, operands, strict=True)
    ]
    ellipsis = tuple(sorted({x for operand in labelled for x in operand.labels if x < 0}))
    output = _output(terms, result, ellipsis)
    known = {label for operand in labelled for label in operand.labels}
    for label in output:
        if label not in known or output.count(label) > 1:
            raise RuntimeError(
                f"einsum(): the output must have each subscript once, and none that the operands "
                f"have not: {name_of(label)}"
            )
    total = labelled[0]
    for place, operand in enumerate(labelled[1:], start=1):
        # What others have with size 1 only need not wait for them.
        rest = labelled[place + 1 :]
        later = {label for other in rest for label in other.labels if other.size(label) != 1}
        total = contract(total, operand, later | set(output))
    if len(labelled) == 1:
        summed = sorted(known - set(output))
        ordered = Labelled(total.ordered([*output, *summed]), (*output, *summed))
        return ordered.summed(summed).tensor
    return total.summed(known - set(output)).in_order(output)


#: What stands for one operand: numbers, and Ellipsis.
Term = list[Any]


def _understood(args: tuple[Any, ...]) -> tuple[list[Term], Term | None, Sequence[Any]]:
    """The terms of the operands, that of the result if there is one, and the operands."""
    if len(args) < 2:
        raise ValueError("einsum(): must specify the equation string and at least one operand")
    if isinstance(args[0], bytes):
        args = (args[0].decode(), *args[1:])
    if not isinstance(args[0], str | TensorBase):
        raise TypeError(f"einsum(): argument 'equation' (position 1) must be str, not {args[0]!r}")
    if not isinstance(args[0], str):
        terms = [list(term) for term in args[1::2]]
        result = list(args[-1]) if len(args) % 2 else None
        _check_numbers([*terms, result or []])
        return terms, result, args[: len(args) - len(args) % 2 : 2]
    operands = args[1:]
    if len(operands) == 1 and not isinstance(operands[0], TensorBase):
        operands = tuple(operands[0])
    before, arrow, after = args[0].partition("->")
    terms = [_term(text, args[0]) for text in before.split(",")]
    return terms, _term(after, args[0]) if arrow else None, operands


def _check_numbers(terms: list[Term]) -> None:
    for label in (label for term in terms for label in term):
        if label is not Ellipsis and not 0 <= operator.index(label) < 52:
            raise ValueError(f"einsum(): a subscript must be from 0 to 51, but is {label!r}")


def _term(text: str, equation: str) -> Term:
    letters = text.replace(" ", "")
    before, dots, after = letters.partition("...")
    for letter in before + after:
        if letter not in LETTERS:
            raise RuntimeError(f"einsum(): {letter!r} is no letter, in the equation {equation!r}")
    dimensions = [Ellipsis] if dots else []
    return [*map(LETTERS.index, before), *dimensions, *map(LETTERS.index, after)]


def _spelled(term: Term, ndim: int) -> Labels:
    """`term` with a label for each of `ndim` dimensions."""
    if Ellipsis not in term:
        if len(term) != ndim:
            raise RuntimeError(
                f"einsum(): the number of subscripts ({len(term)}) must be that of the operand's "
                f"dimensions ({ndim})"
            )
        return tuple(term)
    hidden = ndim - len(term) + 1
    if hidden < 0 or term.count(Ellipsis) > 1:
        raise RuntimeError(
            f"einsum(): more subscripts ({len(term) - 1}) than the operand has dimensions ({ndim})"
        )
    place = term.index(Ellipsis)
    return (*term[:place], *range(-hidden, 0), *term[place + 1 :])


def _output(terms: list[Term], result: Term | None, ellipsis: Labels) -> Labels:
    """The labels of the result."""
    if result is None:
        named = [label for term in terms for label in term if label is not Ellipsis]
        return (*ellipsis, *sorted(label for label in named if named.count(label) == 1))
    if Ellipsis not in result:
        return tuple(result)
    place = result.index(Ellipsis)
    return (*result[:place], *ellipsis, *result[place + 1 :])


@torch_arguments
def tensordot(a: Tensor, b: Tensor, dims: Any = 2) -> Tensor:
    """The products of all elements of `a` and `b`, summed along pairs of dimensions.

    Parameters
    ----------
    a, b : Tensor
    dims : int or pair of sequences of int
        How many: the last of `a` with the first of `b`; or which of `a`, with which of `b`.

    Returns
    -------
    Tensor
        With the other dimensions of `a`, then those of `b`.

    Raises
    ------
    RuntimeError
        If the sizes or dtypes do not fit.
    IndexError
        If there are no such dimensions.
    TypeError
        If what says which dimensions is no pair of tuples or lists of integers.
    """
    x, y = a.array.ndim, b.array.ndim
    first, second = _pairs(dims, min(x, y))
    if len(first) != len(second):
        raise RuntimeError(f"both dimension lists should have same length: {first} and {second}")
    if a.array.dtype != b.array.dtype:
        raise RuntimeError(f"tensordot: both must have one dtype, but are {a.dtype} and {b.dtype}")
    if first and not (x and y):
        raise IndexError(
            f"Dimension specified as {(second if x else first)[0]} but tensor has no dimensions"
        )
    first = normalize_dims(first, x) if first else ()
    second = normalize_dims(second, y) if second else ()
    if a.array.dtype == bool:
        raise NotImplementedError('"tensordot" not implemented for torch.bool')
    labels = list(range(x, x + y))
    for mine, other in zip(first, second, strict=True):
        labels[other] = mine
        if a.array.shape[mine] == 1:  # it is the same for all, and those can be summed at once
            b = sum_(b, other, True, dtype=b.dtype)
        elif b.array.shape[other] == 1:
            a = sum_(a, mine, True, dtype=a.dtype)
    free = [d for d in range(x) if d not in first] + [d for d in labels if d >= x]
    result = contract(Labelled(a, tuple(range(x))), Labelled(b, tuple(labels)), free)
    return result.in_order(tuple(free))


def _pairs(dims: Any, most: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The dimensions of both tensors over which `tensordot` sums; a number is at most `most`."""
    if isinstance(dims, TensorBase) and dims.array.size > 1:
        if len(dims.array) != 2:
            raise AssertionError(f"dims must have size 2 at first, but has {len(dims.array)}")
        dims = dims.array.tolist()
    if isinstance(dims, TensorBase | int):
        number = dims if isinstance(dims, int) else int(dims.item())  # type: ignore[attr-defined]
        if number < 0 or (isinstance(dims, int) and number > most):
            raise RuntimeError(f"tensordot expects dims from 0 to {most}, but got {number}")
        return tuple(range(-number, 0)), tuple(range(number))
    if not isinstance(dims, tuple | list):
        raise RuntimeError(f"tensordot expects an int, or a pair of lists of ints, not {dims!r}")
    first, second = dims
    try:
        return integers(first), integers(second)
    except Refused:
        raise TypeError(f"tensordot(): expected two tuples of ints, but got {dims!r:.80}") from None
