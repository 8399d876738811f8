"""Less memory for a graph: part of a model forgets what it computed, and computes it again.

A graph keeps what the derivatives will read, until the backward pass. What is run by `checkpoint`
keeps only its arguments: the nodes that it recorded drop what they have saved. The first of them
that the backward pass comes to has the function run once more, with the same random numbers, and
each gets what the second run's node in its place has saved. So the graph is the one that there
would be anyway, and its gradients are the same, to any order.

The method is described in [1]_.

.. [1] T. Chen, B. Xu, C. Zhang and C. Guestrin, "Training Deep Nets with Sublinear Memory Cost",
   2016, https://arxiv.org/abs/1604.06174.
"""

from __future__ import annotations

import warnings
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

from ..autograd.grad_mode import derivative_on_tensors, enable_grad, grad_mode, no_grad
from ..autograd.graph import Node, TensorBase, modified_in_place, sequence_numbers
from ..autograd.op_node import OpNode
from ..missing import NOT_YET, by_name, refuse
from ..nn import Sequential
from ..random import fork_rng, get_rng_state, set_rng_state

Contexts = tuple[AbstractContextManager[Any], AbstractContextManager[Any]]
Counted = tuple[TensorBase, list[int], int]  # an argument, the counter of its changes, its count


class CheckpointError(RuntimeError):
    """The function did something else the second time."""


def noop_context_fn() -> Contexts:
    """Two contexts, for the first run and for the second, that do nothing."""
    return nullcontext(), nullcontext()


def checkpoint(
    function: Callable[..., Any],
    *args: Any,
    use_reentrant: bool | None = None,
    context_fn: Callable[[], Contexts] = noop_context_fn,
    determinism_check: str = "default",
    debug: bool = False,
    early_stop: bool = True,
    preserve_rng_state: bool = True,
    **kwargs: Any,
) -> Any:
    """``function(*args, **kwargs)``, of which the graph keeps only the arguments.

    Parameters
    ----------
    function : callable
        Such as a module. It must do the same when it is called a second time: batch norm, say,
        learns its running statistics twice.
    *args : object
    use_reentrant : bool, optional
        If True, by PyTorch's older rules: no `kwargs`, and without an argument that requires a
        gradient there is no graph at all. (PyTorch then also refuses `autograd.grad`, which works
        here.) To be said; None is warned of, and means True.
    context_fn : callable, optional
        Returns the contexts in which the function runs the first and the second time.
    determinism_check : str
        "default": the second run must record the same ops, with results of the same shapes;
        "none": as many.
    debug, early_stop : bool
        Without effect: the second run goes to its end.
    preserve_rng_state : bool
        Whether the second run draws the same random numbers.
    **kwargs : object

    Raises
    ------
    ValueError
        If by the older rules something is not allowed, or `determinism_check` is another word.
    CheckpointError
        In the backward pass, if the second run was not as the first.
    RuntimeError
        In the backward pass, if one of `args` was changed in place, by the function or after it.
        By the older rules the function may change one that requires no gradient.
    """
    if use_reentrant is None:
        warn_of_default("checkpoint")
        use_reentrant = True
    if determinism_check not in ("default", "none"):
        raise ValueError(
            f"determinism_check should be one of ['default', 'none'], but got {determinism_check}"
        )
    if use_reentrant:
        if kwargs:
            raise ValueError(f"Unexpected keyword arguments: {','.join(kwargs)}")
        if context_fn is not noop_context_fn or debug:
            raise ValueError(
                "Passing `context_fn` or `debug` is only supported when use_reentrant=False."
            )
        if not any(isinstance(a, TensorBase) and a._requires_grad for a in args):
            warnings.warn(
                "None of the inputs have requires_grad=True. Gradients will be None",
                UserWarning,
                stacklevel=2,
            )
            with no_grad():
                return function(*args)
    state = get_rng_state() if preserve_rng_state else None
    first, second = context_fn()
    counted = [changes(a) for a in args if isinstance(a, TensorBase)]
    begin = next(sequence_numbers)
    with first:
        result = function(*args, **kwargs)
    if grad_mode.enabled:
        if use_reentrant:
            # PyTorch has these saved after the run, which sees copies of those with a gradient.
            counted = [c if c[0]._requires_grad else changes(c[0]) for c in counted]
        same_shapes = determinism_check == "default"
        run = SecondRun(lambda: function(*args, **kwargs), counted, second, state, same_shapes)
        run.forget(recorded_since(begin, result), all_of_them=use_reentrant)
    return result


def changes(tensor: TensorBase) -> Counted:
    """How often `tensor` was changed in place until now."""
    return tensor, tensor._versions, tensor._versions[0]


def checkpoint_sequential(
    functions: Sequential | Sequence[Callable[[Any], Any]],
    segments: int,
    input: Any,
    use_reentrant: bool | None = None,
    *,
    preserve_rng_state: bool = True,
) -> Any:
    """What `functions`, one after the other, make of `input`; all but the last of `segments` equal
    parts of them are run by `checkpoint`.

    Parameters
    ----------
    functions : Sequential, or sequence of callable
    segments : int
        At least 1, and at most as many as there are functions.
    input : object
        What the first takes.
    use_reentrant, preserve_rng_state
        As for `checkpoint`.
    """
    if use_reentrant is None:
        warn_of_default("checkpoint_sequential")
        use_reentrant = True
    chain: list[Callable[[Any], Any]] = (
        [*functions.children()] if isinstance(functions, Sequential) else [*functions]
    )
    size = len(chain) // segments
    for start in range(0, size * (segments - 1), size):
        part = in_a_row(chain[start : start + size])
        input = checkpoint(
            part, input, use_reentrant=use_reentrant, preserve_rng_state=preserve_rng_state
        )
    return in_a_row(chain[size * (segments - 1) :])(input)


def in_a_row(functions: Sequence[Callable[[Any], Any]]) -> Callable[[Any], Any]:
    """One function that calls these, each with what the one before returned."""

    def run(value: Any) -> Any:
        for function in functions:
            value = function(value)
        return value

    return run


#: By function, what PyTorch says of it where `use_reentrant` was left out.
WARNED = {
    "checkpoint": (
        "",
        "Starting in PyTorch 2.9, calling checkpoint without use_reentrant will raise an "
        "exception.",
    ),
    "checkpoint_sequential": (
        ".checkpoint_sequential",
        "In version 2.9 we will raise an exception if use_reentrant is not passed.",
    ),
}


def warn_of_default(name: str) -> None:
    """Warn that `use_reentrant` was left out."""
    place, plan = WARNED[name]
    warnings.warn(
        f"torch.utils.checkpoint{place}: the use_reentrant parameter should be passed explicitly. "
        f"{plan} use_reentrant=False is recommended, but if you need to preserve the current "
        "default behavior, you can pass use_reentrant=True. Refer to docs for more details on the "
        "differences between the two variants.",
        UserWarning,
        stacklevel=3,
    )


class SecondRun:
    """A run of a function that is to happen when a backward pass needs what it saves.

    Parameters
    ----------
    function : callable
        Without arguments.
    counted : list of tuple
        The tensors that it reads as arguments, and how often these were changed before.
    context : context manager
        In which it runs.
    state : Tensor, optional
        That of the default generator before the first run.
    same_shapes : bool
        Whether the results of its ops must be of the same shapes and dtypes.
    """

    def __init__(
        self,
        function: Callable[[], Any],
        counted: list[Counted],
        context: AbstractContextManager[Any],
        state: Any,
        same_shapes: bool,
    ) -> None:
        self.function, self.context, self.state = function, context, state
        self.counted, self.same_shapes = counted, same_shapes
        self.nodes: list[weakref.ref[OpNode]] = []  # they hold this, so this does not hold them

    def forget(self, nodes: list[OpNode], all_of_them: bool) -> None:
        """Let the nodes of the first run drop what they have saved.

        Those that have saved nothing need no second run; with `all_of_them` they have it, too.
        """
        self.nodes = [weakref.ref(node) for node in nodes]
        self.kinds = [self.kind(node) for node in nodes]
        for node in nodes:
            if node.frees or all_of_them:
                node.saved, node.tensors, node.versions = None, {}, ()
                node.compute_again = self.run

    def run(self) -> None:
        """Run the function again, and give the nodes what those of this run have saved."""
        for tensor, counter, count in self.counted:
            if counter[0] != count:
                kind = tensor.array.shape, tensor.array.dtype
                raise modified_in_place(kind, tensor.grad_fn, tensor.output_nr, counter[0], count)
        forked = fork_rng(enabled=self.state is not None)
        with forked, enable_grad(), derivative_on_tensors(False), self.context:
            if self.state is not None:
                set_rng_state(self.state)
            begin = next(sequence_numbers)
            again = recorded_since(begin, self.function())
        if [self.kind(node) for node in again] != self.kinds:
            raise CheckpointError(
                "torch.utils.checkpoint: the function that was computed again for the backward "
                f"pass recorded {len(again)} ops, which are not the {len(self.kinds)} that it "
                "recorded before, or their results have other shapes"
            )
        now = [(counter, counter[0]) for _, counter, _ in self.counted]
        for reference, new in zip(self.nodes, again, strict=True):
            old = reference()
            if old is not None and old.compute_again is not None:
                if new.compute_again is not None:  # of a checkpoint inside this one
                    new.compute_again()
                old.saved, old.tensors = new.saved, new.tensors
                old.versions = (*new.versions, *now)
                old.compute_again = None

    def kind(self, node: OpNode) -> Any:
        """What must be the same of a node of the second run."""
        return (type(node), node.metadata) if self.same_shapes else None


def recorded_since(begin: int, result: Any) -> list[OpNode]:
    """The ops behind all tensors in `result` that were recorded after number `begin`, in order."""
    found: set[Node] = set()
    stack = [tensor.grad_fn for tensor in tensors_in(result)]
    while stack:
        node = stack.pop()
        if node is not None and node.sequence_nr > begin and node not in found:
            found.add(node)
            stack += [argument for argument, _ in node.next_functions]
    ops = [node for node in found if isinstance(node, OpNode)]
    return sorted(ops, key=lambda node: node.sequence_nr)


def tensors_in(result: Any) -> Iterator[TensorBase]:
    """The tensors in nested tuples, lists and dicts."""
    if isinstance(result, TensorBase):
        yield result
    elif isinstance(result, list | tuple):
        for part in result:
            yield from tensors_in(part)
    elif isinstance(result, Mapping):
        for part in result.values():
            yield from tensors_in(part)


#: What PyTorch has besides.
MISSING = by_name(
    {
        NOT_YET: """
            CheckpointFunction CheckpointPolicy DefaultDeviceType SelectiveCheckpointContext
            check_backward_validity create_selective_checkpoint_contexts detach_variable
            get_device_states set_checkpoint_debug_enabled set_checkpoint_early_stop
            set_device_states""",
    }
)

if not TYPE_CHECKING:  # or every misspelt name would pass for one

    def __getattr__(name):
        """Say by name what is missing on purpose."""
        refuse(f"module {__name__!r}", name, MISSING)
