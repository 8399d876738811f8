"""How a mirror is judged: as anything else, by what PyTorch makes of the same numbers.

Model and mirror are fed the same, and compared are the output of every layer, in the order in which
they are called, so that a failure names the layer that it begins with; then the model's own outputs
and the gradients of inputs and parameters.
"""

from __future__ import annotations

import functools
import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import torch
from torch.testing import assert_close

import tinygrad_edu
from torch_ref import mirror

from .judge import Evidence, check, count_case
from .layer_inputs import Given

#: What is compared, by its name.
Found = dict[str, Any]


def tensors_in(output: Any) -> Iterator[Any]:
    """The tensors that a model or layer returns, in lists and the like, too."""
    if isinstance(output, dict):
        output = list(output.values())
    if isinstance(output, list | tuple):
        for part in output:
            yield from tensors_in(part)
    elif output is not None:
        yield output


def seed(library: Any) -> None:
    """Begin the random streams anew, Python's own, too.

    (PyTorch's `manual_seed` notes besides where it was called, for each kind of device that may be
    used later, which takes a fifth of a test's time.)
    """
    library.default_generator.manual_seed(11)
    random.seed(11)


def leaves(library: Any, given: Sequence[Given], dtype: str) -> list[Any]:
    """Tensors of the library: floats in this dtype, all else as it is."""
    tensors = []
    for array, grad in given:
        values = array.astype(dtype) if array.dtype.kind == "f" else array.copy()
        tensors.append(library.from_numpy(values).requires_grad_(grad))
    return tensors


def called(model: Any, inputs: Sequence[Any]) -> list[Any]:
    """The tensors that a model returns for copies, which it may change, of these."""
    return [*tensors_in(model(*(x.clone() for x in inputs)))]


def outcome(library: Any, model: Any, given: Sequence[Given], dtype: str) -> Found:
    """The outputs for a batch, and the gradients of inputs and parameters."""
    seed(library)
    inputs = leaves(library, given, dtype)
    model.zero_grad()
    outputs = called(model, inputs)
    rng = np.random.default_rng(4)
    roots = [y for y in outputs if y.requires_grad]
    upstream = [library.from_numpy(rng.normal(size=tuple(y.shape))).to(y.dtype) for y in roots]
    if roots:
        library.autograd.backward(roots, upstream)
    found = {f"output {i}": y.detach() for i, y in enumerate(outputs)}
    found |= {f"gradient of input {i}": x.grad for i, x in enumerate(inputs) if given[i].grad}
    found |= {f"gradient of {name}": p.grad for name, p in model.named_parameters()}
    return found


def layers(library: Any, model: Any, given: Sequence[Given], dtype: str) -> Found:
    """What each part of a model returns, in the order in which they have done so."""
    found: Found = {}
    calls: Counter[str] = Counter()

    def watch(name: str) -> Callable[..., None]:
        def hook(module: Any, args: Any, output: Any) -> None:
            calls[name] += 1
            for i, y in enumerate(tensors_in(output)):
                found[f"output {i} of {name}, call {calls[name]}"] = y.detach().clone()

        return hook

    seed(library)
    hooks = [
        module.register_forward_hook(watch(name or "the whole"))
        for name, module in model.named_modules()
    ]
    try:
        called(model, leaves(library, given, dtype))
    finally:
        for hook in hooks:
            hook.remove()
    return found


def check_alike(model: Any, theirs: Any, given: Sequence[Given], dtype: str = "float32") -> None:
    """Raise unless the outputs of all layers are right, and then the gradients."""
    for compute in (layers, outcome):
        check_found(compute, model, theirs, given, dtype)


def check_found(
    compute: Callable[..., Found], model: Any, theirs: Any, given: Sequence[Given], dtype: str
) -> None:
    """Raise unless model and mirror come to the same; what is true PyTorch says in float64, and how
    far rounding takes it, for numbers close by, in float32. What it computes with comes from the
    model anew, so the mirror that is given has to agree with another one."""
    count_case()
    exact, single, another = mirror(model).double(), mirror(model).float(), mirror(model)

    @functools.cache
    def nearby() -> list[tuple[Found, Found]]:
        moved = [[each.near(i / 1000) for each in given] for i in range(3)]
        return [
            (compute(torch, single, batch, "float32"), compute(torch, exact, batch, "float64"))
            for batch in moved
        ]

    found, truth = compute(torch, theirs, given, dtype), compute(torch, exact, given, "float64")
    fresh, got = compute(torch, another, given, dtype), compute(tinygrad_edu, model, given, dtype)
    assert list(got) == list(found)
    for name, tensor in got.items():
        expected = found[name]
        assert_close(
            expected, fresh[name], equal_nan=True, msg=f"{name}: not that of another mirror"
        )

        def of_this(name: str = name) -> list[tuple[torch.Tensor, torch.Tensor]]:
            return [(answer[name], its_truth[name]) for answer, its_truth in nearby()]

        check(tensor, Evidence(expected, truth[name], of_this), name)


def check_same_state(model: Any, theirs: Any, *, exact: str = "bits") -> None:
    """Raise unless all that belongs to both is equal; after they computed, but for rounding."""
    state, their_state = model.state_dict(), theirs.state_dict()
    assert list(state) == list(their_state)
    for name, tensor in state.items():
        check(tensor, their_state[name], name, exact=exact)
    assert [n for n, _ in theirs.named_parameters(remove_duplicate=False)] == [
        n for n, _ in model.named_parameters(remove_duplicate=False)
    ]
    assert [(n, m.training) for n, m in theirs.named_modules()] == [
        (n, m.training) for n, m in model.named_modules()
    ]
    assert [p.requires_grad for p in theirs.parameters()] == [
        p.requires_grad for p in model.parameters()
    ]
