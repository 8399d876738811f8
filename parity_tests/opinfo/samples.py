"""A sample of `op_db`, run on both sides.

The tensors of a sample may stand anywhere among its arguments, in lists too. They are taken out in
the order in which they are met, and a call puts either library's tensors in their place: so a
sample becomes a row and a case of the kind that `runner` judges.

An id is ``OP/opinfo/DTYPE/FORM/NUMBER``, as in ``add/opinfo/f64/noncontig/3``. The forms:

- ``given``: as it is.
- ``noncontig``: every tensor with gaps in memory.
- ``reseeded``: as it is, with other random numbers.
- ``error``: a call for which PyTorch raises; the DTYPE is then ``any``.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
import torch
from hypothesis import strategies as st

import tinygrad_edu

from ..bridge import Bridge
from ..cases import DTYPES, Case
from ..judge import judged_case
from ..rows.row import Row
from ..runner import compare_errors, judge_arguments
from ..scoreboard.board import comparing
from ..seeds import begin
from ..wrong_calls import attempt
from . import FEW
from .calls import ONE_PRECISION, call_of
from .database import database, samples, wrong_samples

FORMS = ("given", "noncontig", "reseeded")


class Sample(NamedTuple):
    """Which sample of which op is run, and how."""

    op: str
    code: str
    form: str
    number: int

    @property
    def id(self) -> str:
        """All of it, in one line."""
        return f"{self.op}/opinfo/{self.code}/{self.form}/{self.number}"

    @classmethod
    def parse(cls, text: str) -> Sample:
        """The sample with this id."""
        op, code, form, number = text.replace("/opinfo/", "/").split("/")
        return cls(op, code, form, int(number))


def is_sample(text: str) -> bool:
    """Whether an id is that of a sample."""
    return "/opinfo/" in text


def chosen(op: str, code: str, form: str, count: int | None) -> Iterator[Sample]:
    """Some samples of an op, always the same; other ones in each form."""
    total = len(samples(op, code, seed_of(form)))
    order = np.random.default_rng(begin(FORMS.index(form))).permutation(total)
    for number in sorted(order[: count or FEW]):
        yield Sample(op, code, form, int(number))


def seed_of(form: str) -> int:
    """Of the numbers in samples of this form."""
    return begin(int(form == "reseeded"))


def given_by(sample: Sample) -> Any:
    """What `op_db` gives for it."""
    if sample.form == "error":
        return wrong_samples(sample.op)[sample.number].sample_input
    given = samples(sample.op, sample.code, seed_of(sample.form))[sample.number]
    return given.noncontiguous() if sample.form == "noncontig" else given


def judge_sample(sample: Sample) -> None:
    """Run a sample on both sides, and raise if the engine is not right.

    Raises
    ------
    AssertionError
        With the sample's id, its arguments, what was expected and what was got.
    """
    given = given_by(sample)
    judged = judge_wrong if sample.form == "error" else judge_right
    with judged_case(sample.id, lambda: f"{sample.id}\n  arguments {arguments_of(given)!r}"):
        judged(sample, given)


def judge_right(sample: Sample, given: Any) -> None:
    """Values, gradients and second-order gradients, see `runner`."""
    info = database()[sample.op]
    call, tensors = as_function(sample.op, given)
    row = Row(
        sample.op, call, st.nothing(), (), twice=info.supports_gradgrad,
        one_precision=info.name in ONE_PRECISION,
    )  # fmt: skip
    floats = {t.dtype for t in tensors if t.is_floating_point()} - {DTYPES[sample.code]}
    codes = (sample.code, *(code for code, dtype in DTYPES.items() if dtype in floats))
    layout = "sliced" if sample.form == "noncontig" else "contiguous"
    case = Case(sample.op, codes, (), (layout,), (), "normal", sample.number, {})
    judge_arguments(case, row, tensors)


def arguments_of(given: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The positional arguments that are given, and the named ones."""
    return (given.input, *given.args), given.kwargs


def as_function(op: str, given: Any) -> tuple[Callable[..., Any], list[torch.Tensor]]:
    """What is given for an op as a function of (library, *tensors), and these tensors."""
    info = database()[op]
    called = call_of(info.name, info.variant_test_name)
    arguments = arguments_of(given)

    def call(library: ModuleType, *tensors: Any) -> Any:
        library.default_generator.manual_seed(0)
        positional, named = rebuilt(arguments, library, iter(tensors))
        # Of singular vectors, for one, only what does not depend on their signs.
        return given.output_process_fn_grad(called(library, *positional, **named))

    tensors = [leaf for leaf in leaves(arguments) if isinstance(leaf, torch.Tensor)]
    fresh = {id(t): t.detach().requires_grad_(t.requires_grad) for t in tensors}
    return call, [fresh[id(t)] for t in tensors]


def judge_wrong(sample: Sample, given: Any) -> None:
    """That the engine raises what PyTorch raises."""
    arguments = arguments_of(given)
    info = database()[sample.op]
    called = call_of(info.name, info.variant_test_name)
    bridge = Bridge()
    tensors = [leaf for leaf in leaves(arguments) if isinstance(leaf, torch.Tensor)]
    errors = []
    for library, own in ((tinygrad_edu, [bridge.to_ours(t) for t in tensors]), (torch, tensors)):
        positional, named = rebuilt(arguments, library, iter(own))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            errors.append(attempt(lambda: called(library, *positional, **named))[1])  # noqa: B023
    with comparing(sample.op):
        compare_errors(*errors)


def leaves(value: Any) -> Iterator[Any]:
    """What stands in tuples, lists and dicts, in order."""
    if type(value) in (tuple, list):
        for item in value:
            yield from leaves(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from leaves(item)
    else:
        yield value


def rebuilt(value: Any, library: ModuleType, tensors: Iterator[Any]) -> Any:
    """`value` with these tensors in place of its own, and with the library's names for the rest."""
    if type(value) in (tuple, list):
        return type(value)(rebuilt(item, library, tensors) for item in value)
    if isinstance(value, dict):
        return {key: rebuilt(item, library, tensors) for key, item in value.items()}
    if isinstance(value, torch.Tensor):
        return next(tensors)
    if isinstance(value, torch.dtype | torch.layout | torch.memory_format):
        return getattr(library, str(value).removeprefix("torch."))
    if isinstance(value, torch.Size):
        return library.Size(value)
    if isinstance(value, torch.device):  # the CPU, or where PyTorch computes in its place
        return torch.get_default_device() if library is torch else str(value)
    if isinstance(value, torch.nn.PairwiseDistance):
        return library.nn.PairwiseDistance(value.norm, value.eps, value.keepdim)
    return value


#: Of a tensor, whether it is of a kind that is left out.
KINDS: dict[str, Callable[[torch.Tensor], bool]] = {
    "complex numbers": lambda t: t.is_complex(),
    "sparse tensors": lambda t: t.layout is not torch.strided,
    "quantized tensors": lambda t: t.is_quantized,
    "dtypes that NumPy lacks": lambda t: t.dtype not in DTYPES.values(),
    "more dimensions than NumPy has": lambda t: t.ndim > 64,
    "another device": lambda t: t.device.type != "cpu",
}


def reason_left_out(given: Any) -> str | None:
    """What a sample has that the engine by rule has not, if there is something."""
    for leaf in leaves((given.input, given.args, given.kwargs)):
        if isinstance(leaf, torch.Tensor):
            for kind, is_of_kind in KINDS.items():
                if is_of_kind(leaf):
                    return kind
        if isinstance(leaf, complex) or (isinstance(leaf, torch.dtype) and leaf.is_complex):
            return "complex numbers"
        if isinstance(leaf, torch.dtype) and leaf not in DTYPES.values():
            return "dtypes that NumPy lacks"
        if isinstance(leaf, torch.layout) and leaf is not torch.strided:
            return "sparse tensors"
        if isinstance(leaf, str | torch.device) and str(leaf).startswith("cuda"):
            return "another device"
    return None
