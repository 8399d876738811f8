"""Where the recorder looks on at the hooks of tensors: see `seams`.

A hook sees the complete gradient of its tensor, and what it returns takes the place of that. What
it computes is no part of the run, unless derivatives are recorded; so it is not noted op by op.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from ..autograd.graph import Node, NodeHooks
from .acts import same_numbers
from .known import constant
from .recorder import Recorder
from .seams_in_place import Wrapped
from .ways import Watch


@contextmanager
def aside(recorder: Recorder) -> Iterator[None]:
    """What is computed inside is noted nowhere."""
    recorder.depth += 1
    try:
        yield
    finally:
        recorder.depth -= 1


def watch_hooks(recorder: Recorder, run_output_hooks: Wrapped) -> Wrapped:
    """The hooks of the tensors that a node has made, or of a leaf."""

    def watched_hooks(node: Node, hooks: NodeHooks, grads: list[Any], create_graph: bool) -> None:
        functions = {number: (*each.values(),) for number, each in hooks.outputs.items() if each}
        if not functions or not recorder.watches():
            run_output_hooks(node, hooks, grads, create_graph)
            return
        before = {number: recorder.gradient_at(node, number, grads[number]) for number in functions}
        copies = {n: None if grads[n] is None else np.array(constant(grads[n])) for n in functions}
        with Watch(function for each in functions.values() for function in each) as watch:
            if create_graph:
                run_output_hooks(node, hooks, grads, create_graph)
            else:
                with aside(recorder):
                    run_output_hooks(node, hooks, grads, create_graph)
        for number, each in functions.items():
            copy, after = copies[number], grads[number]
            kept = after is None or (copy is not None and same_numbers(copy, constant(after)))
            if kept:
                recorder.same_gradient(node, number, after, before[number])
            else:
                recorder.hook(node, number, before[number], after, each, watch)

    return watched_hooks
