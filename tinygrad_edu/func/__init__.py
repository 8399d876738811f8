"""``torch.func``: derivatives of functions as functions, and models as functions."""

from typing import TYPE_CHECKING

from ..missing import NOT_YET, by_name, refuse
from .batches import vmap
from .functional_call import functional_call, stack_module_state
from .transforms import grad, grad_and_value, hessian, jacfwd, jacrev, jvp, vjp

__all__ = [
    "functional_call",
    "grad",
    "grad_and_value",
    "hessian",
    "jacfwd",
    "jacrev",
    "jvp",
    "stack_module_state",
    "vjp",
    "vmap",
]

#: What PyTorch has besides.
MISSING = by_name(
    {
        NOT_YET: """
            replace_all_batch_norm_modules_ functionalize linearize rearrange debug_unwrap""",
    }
)

if not TYPE_CHECKING:  # or every misspelt name would pass for one

    def __getattr__(name):
        """Say by name what is missing on purpose."""
        refuse(f"module {__name__!r}", name, MISSING)
