"""A model of tinygrad_edu as a real one of PyTorch, and what that has learned back again.

`mirror` walks through a model, an optimizer, a scheduler, and makes PyTorch's counterpart of each;
`pull` brings back what was trained there::

    torch_model, torch_optimizer = mirror(model, optimizer)
    ...  # train these with PyTorch, on a GPU, say
    pull(torch_model, model)
    pull(torch_optimizer, optimizer)

`mirror` is where the walk is, `modules`, `tensors` and `optimizers` have the counterparts of these,
and `code` makes a user's functions and classes again. `counterparts` knows which of PyTorch's names
is which of tinygrad_edu's, and `references` what a piece of code refers to.
"""

from typing import Any

from .errors import MirrorError
from .mirror import Mirror
from .pulled import pull

__all__ = ["MirrorError", "mirror", "pull"]


def mirror(*values: Any) -> Any:
    """Return PyTorch's counterpart of a model, an optimizer, a scheduler, or of several.

    Parameters
    ----------
    *values : Module, Optimizer, scheduler; function or class of the user's
        What belongs together is to be given together: the optimizer's counterpart then trains the
        parameters of the model's. Nothing of it is changed, or shared with the counterpart.

    Returns
    -------
    The counterpart; of several values, a tuple of theirs. A module is a ``torch.nn.Module`` with
    the same state_dict, options, hooks, attributes, frozen parameters, gradients and train/eval
    state, on the CPU.

    Raises
    ------
    MirrorError
        If something has no counterpart; the message names the module by its path, and says why.

    Notes
    -----
    A user's class is not made by its `__init__`: its methods are run as they are, with PyTorch's
    names for tinygrad_edu's. Global variables of the user's module that are not tinygrad_edu's are
    read once, now.

    ``torch.save`` takes the state_dict of a mirror, but not a module of a copied class: `pickle`
    looks for a class where it was written, and there is the user's own. ``torch.compile`` runs
    imports that stand in functions by itself, and gets tinygrad_edu; let them stand at the head of
    the file.
    """
    walk = Mirror()
    made = tuple(walk.of(value) for value in values)
    return made[0] if len(made) == 1 else made
