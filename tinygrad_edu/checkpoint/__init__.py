"""PyTorch's own files, written and read: ``save(model.state_dict(), "model.pt")``.

Such a file is a zip archive (`archive`). In it is a pickle, a little program that puts the saved
object together (`pickling` writes one, `unpickling` runs one), and beside it one record of raw
numbers for each memory that tensors share (`storage`). As a pickle from a stranger could call any
function of Python, the machine that runs it here knows a few names, and refuses all others; unless
it is told ``weights_only=False``: then Python's own runs it, whatever it does (`whole`).

References
----------
.. [1] PyTorch, torch/serialization.py and torch/_weights_only_unpickler.py: the same in PyTorch.
.. [2] Python, Lib/pickletools.py: what each instruction of a pickle does.
.. [3] PKWARE, APPNOTE.TXT, "ZIP File Format Specification".
"""

from .error import CheckpointError
from .files import load, save

__all__ = ["CheckpointError", "load", "save"]
