"""Recording what the engine does, number by number, and looking at it.

``record`` writes down each op, each derivative, each sum of gradients and each line of an
optimizer's algorithm, as a `Trace` of `Event` and `Value`. The rest of this package shows one.
In this order: `events`, the form of a trace; `recorder`, `known` and `seams`, how it comes about;
`updates`, the same for optimizers; `acts` and `notes`, what is noted so that the run can be made
again; `traces` and `files`. Then the rooms: `again` makes the run again; `explain`, `drawing`,
`stepping`, `terminal` and `page` show it.

It stands at ``tinygrad_edu.trace.record``, beside PyTorch's function ``trace``, the sum of a
diagonal, which has had that name for longer.
"""

from ..ops.diagonal import trace as trace
from .events import Event as Event
from .events import Value as Value
from .files import load as load
from .record import record as record
from .traces import Trace as Trace

for _part in (record, load, Trace):
    setattr(trace, _part.__name__, _part)
