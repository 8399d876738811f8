"""Rows of which the engine makes something else than PyTorch, and why.

They count as compared and not passed. An entry must be needed: a row that passes, although an entry
says that it does not, fails.
"""

from __future__ import annotations

from typing import NamedTuple


class Deviation(NamedTuple):
    """Rows that are known to differ.

    Attributes
    ----------
    ids : str
        The rows, with ``*`` for both of their dtypes.
    words : str
        These are in the message of the judge.
    reason : str
    """

    ids: str
    words: str
    reason: str

    def covers(self, case_id: str) -> bool:
        """Whether a row is one of these."""
        return any(
            case_id in {listed.replace("*", code) for code in ("f64", "f32")} | {listed}
            for listed in self.ids.split()
        )


DEVIATIONS = (
    Deviation(
        "nn.functional.prelu/edges/*/kink/0",
        "second-order gradient of argument 0: off by",
        "at 0 PyTorch's second-order derivative takes another slope than its first-order one",
    ),
    Deviation(
        "clamp/edges/*/broadcast/0",
        "PyTorch raises RuntimeError(\"output with shape [3, 1] doesn't match",
        "PyTorch's gradient fails where a bound has more elements than the input has",
    ),
    Deviation(
        "nn.functional.gelu/edges/f32/saturated/0",
        "result 0: nan in other places",
        "PyTorch's float32 kernel makes nan of infinity; the formula, and its float64, do not",
    ),
    Deviation(
        "ldexp/edges/*/mixed/0",
        "gradient of argument 0: off by",
        "for integer exponents PyTorch takes 2^other in integers, of which 2^-1 is 0",
    ),
    Deviation(
        "prod/edges/*/zero/6 prod/edges/*/nan/0",
        "second-order gradient of argument 0: nan in other places",
        "with inf or nan beside 0, PyTorch's second-order gradient is nan where it is finite",
    ),
    Deviation(
        "cumprod/edges/*/nan/0",
        "gradient of argument 0: nan in other places",
        "with a 0 somewhere, PyTorch multiplies what comes before a nan by 0, which makes it nan",
    ),
    Deviation(
        "linalg.det/edges/*/singular/0",
        "gradient of argument 0: off by",
        "of a singular matrix PyTorch's gradient is 0, and the cofactors only with create_graph",
    ),
    Deviation(
        "nn.functional.embedding/edges/*/weight/0",
        "second-order gradient of upstream gradient 0: off by",
        "PyTorch's second-order gradient forgets scale_grad_by_freq",
    ),
    Deviation(
        "mul/edges/own/half/7",
        "gradient of argument 1: -inf in other places",
        "PyTorch rounds a factor without dimensions to float16 if it comes first, but not for the "
        "gradient of the other",
    ),
    Deviation(
        "full/edges/own/huge/2",
        "cannot be converted to float16 without overflow",
        "into one element, but not into two, PyTorch writes infinity for what is out of range",
    ),
    Deviation(
        "nn.functional.huber_loss/edges/own/mixed/0",
        "PyTorch raises RuntimeError('Found dtype Double but expected Float')",
        "PyTorch's result for mixed dtypes has a gradient that fails, unlike those of other losses",
    ),
)


def deviation_of(case_id: str) -> Deviation | None:
    """The entry that tells why a row differs, if there is one."""
    return next((d for d in DEVIATIONS if d.covers(case_id)), None)
