"""The divergence of Kullback and Leibler, ``KL(p || q)``: the mean of ``log p - log q`` over p.

How many nats it costs to take q for p; 0 if they are alike, and not symmetric. The formulas are in
`kl_alike`, of two distributions of one kind, and in `kl_unlike`.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, TypeVar

from ..tensor import Tensor
from .distribution import Distribution

Rule = TypeVar("Rule", bound=Callable[[Any, Any], Tensor])

#: The formula for each pair of classes; a class stands for its subclasses, too.
RULES: dict[tuple[type, type], Callable[[Any, Any], Tensor]] = {}


def register_kl(type_p: type, type_q: type) -> Callable[[Rule], Rule]:
    """Decorator: this function computes the divergence for these classes.

    Raises
    ------
    TypeError
        If they are not classes of distributions.
    """
    for name, given in (("type_p", type_p), ("type_q", type_q)):
        if not (isinstance(given, type) and issubclass(given, Distribution)):
            raise TypeError(f"Expected {name} to be a Distribution subclass but got {given}")

    def register(rule: Rule) -> Rule:
        RULES[type_p, type_q] = rule
        return rule

    return register


def kl_divergence(p: Distribution, q: Distribution) -> Tensor:
    """``KL(p || q)`` of each two distributions in the batches.

    Raises
    ------
    NotImplementedError
        If there is no formula for their classes.
    """
    above_p, above_q = type(p).__mro__, type(q).__mro__  # the nearest classes first
    found = [(a, b) for a in above_p for b in above_q if (a, b) in RULES]
    if not found:
        raise NotImplementedError(
            f"No KL(p || q) is implemented for p type {type(p).__name__} and q type "
            f"{type(q).__name__}"
        )
    nearest_p = found[0]
    nearest_q = min(found, key=lambda pair: (above_q.index(pair[1]), above_p.index(pair[0])))
    if RULES[nearest_p] is not RULES[nearest_q]:
        warnings.warn(
            f"Ambiguous kl_divergence({type(p).__name__}, {type(q).__name__}). Please "
            f"register_kl({nearest_p[0].__name__}, {nearest_q[1].__name__})",
            RuntimeWarning,
            stacklevel=2,
        )
    return RULES[nearest_p](p, q)
