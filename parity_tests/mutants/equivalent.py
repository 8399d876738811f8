"""Changes that no test can notice, because nothing that the engine does is otherwise.

Each is named by its file and function, and by the statement before and after, so that it is found
again when lines have moved. The reason says what is the same.
"""

from __future__ import annotations

from typing import NamedTuple


class Equivalent(NamedTuple):
    """A change, as `generic.Change.key` names it, and why it changes nothing."""

    file: str
    function: str
    before: str
    after: str
    reason: str


SAME = "the two arguments can be swapped"
BOUND = "on the bound both ways give the same number, up to rounding"
SPEED = "only how it is computed is another way, and how fast"

EQUIVALENT: tuple[Equivalent, ...] = (
    Equivalent(
        "autograd/function.py",
        "once_differentiable.without_graph",
        "recording = grad_mode.enabled and any( isinstance(g, TensorBase) and g._requires_grad "
        "for g in grads )",
        "recording = (grad_mode.enabled or any((isinstance(g, TensorBase) and g._requires_grad "
        "for g in grads)))",
        "of what needs no gradient, or is not recorded, the extra op gives a plain tensor, too",
    ),
    Equivalent(
        "autograd/op_node.py",
        "OpNode.backward",
        "saved = saved.copy() # into which `position` goes",
        "saved = saved # into which `position` goes",
        "`position` is written before each read of it",
    ),
    Equivalent(
        "optim/adamax.py",
        "Adamax._update",
        'scratch = (b1, b2), scratch = group["betas"], bucket.scratch[0]',
        'scratch = (b1, b2), scratch = group["betas"], bucket.scratch[1]',
        "either array is as good",
    ),
)

KEYS = {entry[:4] for entry in EQUIVALENT}
