"""What an id for ``--case`` may be, and how the case with this id is judged again.

An id that names no case is refused before anything runs. What only PyTorch can tell, whether it
takes the arguments, is seen when the case has run: one in which nothing was judged fails.
"""

from __future__ import annotations

import importlib.util
import re
import warnings

import numpy as np
import pytest

from .bridge import LAYOUTS
from .cases import DTYPES, Case
from .draws import Floats
from .edges.deviations import deviation_of as deviation_of_edge
from .edges.judging import CASES, is_edge, judge_edge
from .judge import Tally
from .line_scripts import ID, fault_in_lines
from .opinfo.database import database, samples, wrong_samples
from .opinfo.deviations import deviation_of as deviation_of_sample
from .opinfo.samples import (
    FORMS,
    Sample,
    given_by,
    is_sample,
    judge_sample,
    reason_left_out,
    seed_of,
)
from .opinfo.table import TABLE
from .ops import OPS
from .rows.row import Row
from .runner import judge_case
from .steps import replay

HOW = (
    "an id is OP/DTYPE/..., OP/opinfo/DTYPE/FORM/NUMBER, OP/edges/DTYPE/KIND/NUMBER or script/N, "
    "as a failure has it in the line `replay`; see parity_tests/README.md"
)
NO_CASE = "there is no such case"

#: Kinds of numbers that any shape may have; the others are those of `Row.edges`.
DATA = ("normal", "ties", "nonfinite", "extreme")

#: What PyTorch's TypeErrors say of arguments that a function does not have.
NO_ARGUMENTS = ("unexpected keyword argument", "invalid combination of arguments")

#: What Python raises for a text that is no expression, or cannot be computed.
WRONG = (
    SyntaxError, NameError, AttributeError, TypeError, ValueError, ArithmeticError, LookupError,
)  # fmt: skip


def refuse_unless_a_case(text: str) -> None:
    """Raise unless this is the id of a case.

    Raises
    ------
    pytest.UsageError
        With one sentence on what is wrong, and one on what an id is.
    """
    fault = fault_of_id(text)
    if fault is not None:
        raise pytest.UsageError(f"--case {' '.join(text.split())}: {fault}; {HOW}")


def fault_of_id(text: str) -> str | None:
    """Why this is not the id of a case, or None."""
    if text.startswith(ID):
        return fault_of_script(text.removeprefix(ID))
    if is_edge(text):
        return None if text in CASES else NO_CASE
    return fault_of_sample(text) if is_sample(text) else fault_of_case(text)


def is_number(text: str) -> bool:
    """Whether this is 0 or more, in digits."""
    return re.fullmatch("[0-9]+", text) is not None


def fault_of_script(text: str) -> str | None:
    """The same for the number or the lines of a script."""
    if is_number(text):
        return None
    return fault_in_lines(text.splitlines())


def fault_of_sample(text: str) -> str | None:
    """The same for a sample of `op_db`."""
    op_id, _, rest = text.partition("/opinfo/")
    code, form, number = (*rest.split("/"), "", "", "")[:3]
    op = next((op for op in TABLE if op.id == op_id), None)
    if op is None or rest.count("/") != 2:
        return NO_CASE
    if importlib.util.find_spec("expecttest") is None:
        return "PyTorch's samples need expecttest, which is not installed; the extra `dev` has it"
    if form == "error":
        if code != "any":
            return "the dtype of a call for which PyTorch raises is `any`"
        count = len(wrong_samples(op_id)) if op_id in database() else 0
    elif form not in FORMS:
        return f"the form {form!r} is none of {', '.join((*FORMS, 'error'))}"
    elif code not in op.codes.split(","):
        return f"the dtype {code!r} is none of {op.codes}"
    elif op_id not in database() or DTYPES[code] not in database()[op_id].dtypes:
        count = 0
    else:
        count = len(samples(op_id, code, seed_of(form)))
    if count == 0:
        return "there are no samples of this kind"
    if not is_number(number) or int(number) >= count:
        return f"{number!r} is none of the numbers of its {count} samples, which begin at 0"
    left_out = reason_left_out(given_by(Sample.parse(text)))
    return left_out and f"this sample is left out by rule, for {left_out}"


def fault_of_case(text: str) -> str | None:
    """The same for a case of the table of ops."""
    parts = text.split("/", 7)
    if parts[0] not in OPS or len(parts) < 8:
        return NO_CASE
    row = OPS[parts[0]]
    dtypes, shapes, layouts = (part.split(",") for part in parts[1:4])
    wanted, data, seed, options = parts[4:]
    floats = sum(isinstance(kind, Floats) for kind in row.arguments)
    if not {*dtypes} <= DTYPES.keys() or len(dtypes) > max(floats, 1):
        return f"{parts[1]!r} is not one dtype, or one for each floating argument"
    sizes = all(re.fullmatch("same|0d|[0-9]+(x[0-9]+)*", shape) for shape in shapes)
    if not sizes or shapes[0] == "same" or len(shapes) > len(row.arguments):
        return f"{parts[2]!r} are not the shapes of its arguments"
    if not {*layouts} <= {*LAYOUTS} or len(layouts) != len(shapes) + 1:
        return f"{parts[3]!r} is not a layout for each argument and one for upstream gradients"
    if not {*wanted} <= {*"g-"} or len(wanted) != len(shapes):
        return f"{wanted!r} is not g or - for each argument"
    if not is_number(seed):
        return f"the seed {seed!r} is not a number"
    if not are_options(options):
        return f"{options!r} are not its other arguments, in a dict"
    return fault_of_data(Case.parse(text), row, data)


def fault_of_data(case: Case, row: Row, data: str) -> str | None:
    """The same for the kind of numbers."""
    if data in DATA or (data, case.shapes[0]) in row.edges():
        return None
    return f"{data!r} is no kind of numbers for these arguments"


def are_options(text: str) -> bool:
    """Whether `Case.parse` can make a dict of arguments from this."""
    try:
        options = eval(text, {"inf": np.inf, "nan": np.nan})
    except WRONG:
        return False
    return isinstance(options, dict) and all(isinstance(name, str) for name in options)


def judge_again(text: str) -> None:
    """Judge the case with this id.

    Raises
    ------
    AssertionError
        As when it was first judged.
    pytest.fail.Exception
        If it is known to differ, with the difference and the written reason; or if nothing was
        there to be judged.
    """
    before = judged()
    if text.startswith(ID):
        replay(text)
    elif is_edge(text):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # as test_edges.py
            judge_known_edge(text)
    elif is_sample(text):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # as test_opinfo.py
            judge_known_sample(Sample.parse(text))
    else:
        error = judge_case(Case.parse(text))
        if isinstance(error, TypeError) and any(words in str(error) for words in NO_ARGUMENTS):
            told = str(error).splitlines()[0]
            pytest.fail(f"--case {text}: PyTorch takes no such arguments: {told}", pytrace=False)
    if judged() == before:
        pytest.fail(f"--case {text}: no tensor and no error was there to judge", pytrace=False)


def judged() -> int:
    """How much was compared so far, or left out for a reason that is counted."""
    return Tally.tensors + Tally.others + Tally.left_out


def judge_known_edge(case_id: str) -> None:
    """`judge_edge`, with the reason if the row is known to differ."""
    known = None
    try:
        judge_edge(case_id)
    except AssertionError as error:
        deviation = deviation_of_edge(case_id)
        if deviation is None or deviation.words not in str(error):
            raise
        if deviation.instead is not None:
            judge_edge(case_id, deviation.instead)
        known = error, deviation.reason
    fail_if_known(known)


def judge_known_sample(sample: Sample) -> None:
    """`judge_sample`, with the reason if the sample is known to differ."""
    known = None
    try:
        judge_sample(sample)
    except AssertionError as error:
        deviation = deviation_of_sample(sample, str(error.__cause__))
        if deviation is None:
            raise
        known = error, deviation.reason
    fail_if_known(known)


def fail_if_known(known: tuple[AssertionError, str] | None) -> None:
    """Fail with what differs, and with the reason that is written for it."""
    if known is not None:
        difference, reason = known
        told = f"{difference}\n  known to differ, and no failure of the suite: {reason}"
        pytest.fail(told, pytrace=False)
