"""`summary`: what a model consists of, as a table: its layers, what they return, their parameters.

It is in the manner of the package torchinfo. The model runs once (see `model_run`), and is then as
it was: without gradients, in the mode and with the buffers that it had, and the random stream goes
on where it was. Only a lazy layer is then a real one, as after any first call.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from .. import dtypes
from ..nn.module import Module
from ..nn.parameter import is_lazy
from .model_run import Calls, unknown, watched_run
from .notebook import as_text

Size = Sequence[int]
MEGA = 1e6


def summary(
    model: Module,
    input_size: Size | Sequence[Size] | None = None,
    input_data: Any = None,
    depth: int = 3,
    *,
    dtypes: Sequence[dtypes.dtype] | None = None,
    mode: Literal["train", "eval", "same"] = "eval",
    **kwargs: Any,
) -> ModelSummary:
    """A table of a model's layers, with the shapes of what they return and their parameters.

    Parameters
    ----------
    model : Module
    input_size : sequence of int, or of such sequences, optional
        The shape of what the model is called with, the batch included; of several arguments their
        shapes. They are drawn uniformly from [0, 1).
    input_data : Tensor, or sequence or mapping of arguments, optional
        In place of that: what to call it with. Without either, the table has no shapes.
    depth : int
        How many levels of modules within each other have lines of their own. What lies deeper is
        counted with its owner.
    dtypes : sequence of dtype, optional
        Of the arguments that are drawn; the default dtype if left out.
    mode : {"train", "eval", "same"}
        The mode in which it runs; with "same" each module has the one that it is in.
    **kwargs
        More for the call.

    Returns
    -------
    ModelSummary
        It prints as the table.

    Raises
    ------
    TypeError
        If `model` is no module.
    ValueError
        If both `input_size` and `input_data` are given, `mode` or `depth` is none of those, or
        there are more or fewer `dtypes` than arguments to draw.
    """
    if not isinstance(model, Module):
        raise TypeError(f"summary() takes a Module, not {type(model).__name__}")
    if input_size is not None and input_data is not None:
        raise ValueError("summary() takes either input_size or input_data, not both")
    if mode not in ("train", "eval", "same"):
        raise ValueError(f'mode is "train", "eval" or "same", not {mode!r}')
    if depth < 0:
        raise ValueError(f"depth counts levels, from 0 on: it cannot be {depth}")
    if input_size is None and input_data is None and not kwargs:
        return ModelSummary(model, Calls(), depth)
    calls = watched_run(model, mode, input_size, input_data, dtypes, kwargs)
    return ModelSummary(model, calls, depth)


@dataclass
class Row:
    """A line of the table.

    Attributes
    ----------
    label : str
        With the lines of the tree before it.
    shape : str
    parameters : str
    """

    label: str
    shape: str
    parameters: str


@dataclass
class ModelSummary:
    """What `summary` found out; it prints as a table.

    Attributes
    ----------
    model : Module
    calls : Calls
    depth : int
    rows : list of Row
    total_params, trainable_params : int
        Elements; what several modules share counts once.
    total_param_bytes : int
        Of parameters.
    total_buffers : int
        Elements.
    total_mult_adds : int
        Of linear layers and convolutions, in all their calls.
    not_counted : list of str
        The kinds of modules whose weights are multiplied in other ways.
    total_output_bytes : int
        Of what layers with parameters returned, and as much again for the gradients.
    """

    model: Module
    calls: Calls = field(repr=False)
    depth: int
    rows: list[Row] = field(default_factory=list)

    def __post_init__(self) -> None:
        parameters = [p for p in self.model.parameters() if not is_lazy(p)]
        self.total_params = sum(p.array.size for p in parameters)
        self.trainable_params = sum(p.array.size for p in parameters if p._requires_grad)
        self.total_param_bytes = sum(p.array.nbytes for p in parameters)
        buffers = [buffer for buffer in self.model.buffers() if not is_lazy(buffer)]
        self.total_buffers = sum(buffer.array.size for buffer in buffers)
        self.total_mult_adds = self.calls.mult_adds.total()
        leaves = [m for m in self.calls.counts if not [*m.children()] and [*m.parameters()]]
        self.total_output_bytes = 2 * sum(self.calls.returned[module] for module in leaves)
        self.not_counted = sorted({type(m).__name__ for m in self.model.modules() if unknown(m)})
        self._levels: Counter[int] = Counter()
        self._seen: set[Module] = set()
        self._counted: set[int] = set()  # parameters, by their identity
        self._add(self.model, "", "", "")

    def _add(self, module: Module, name: str, before: str, branch: str) -> None:
        """The line of a module, and those of its own modules below it.

        `before` is what stands before the lines below, `branch` what joins this one to its owner's.
        """
        level = len(before) // 2
        children = [(n, m) for n, m in module._members("module").items() if m is not None]
        again = module in self._seen
        self._seen.add(module)
        ends = again or level >= self.depth
        owned = module.parameters() if ends else module.parameters(recurse=False)
        new = [p for p in owned if id(p) not in self._counted]
        self._counted.update(id(p) for p in new)
        count = sum(p.array.size for p in new if not is_lazy(p))
        label = branch + type(module).__name__ + (f" ({name})" if name else "")
        if level:
            self._levels[level] += 1
            label += f": {level}-{self._levels[level]}"
        shape = self.calls.shapes.get(module, "--")
        if self.calls.counts[module] > 1:
            shape += f" x {self.calls.counts[module]}"
        said = f"{count:,}" if count else "--"
        self.rows.append(Row(label, shape, "(recursive)" if again else said))
        for number, (name, child) in enumerate([] if ends else children, 1):
            last = number == len(children)
            self._add(
                child, name, before + ("  " if last else "│ "), before + ("└─" if last else "├─")
            )

    def __str__(self) -> str:
        heads = Row("Layer (type (name): depth-idx)", "Output shape", "Param #")
        lines = [heads, *self.rows]
        first = max(40, *(len(row.label) + 2 for row in lines))
        second = max(24, *(len(row.shape) + 2 for row in lines))
        table = [
            f"{r.label.ljust(first)}{r.shape.ljust(second)}{r.parameters.rjust(12)}" for r in lines
        ]
        rule = "=" * (first + second + 12)
        totals = [
            f"Total params: {self.total_params:,}",
            f"Trainable params: {self.trainable_params:,}",
            f"Non-trainable params: {self.total_params - self.trainable_params:,}",
        ]
        if self.total_buffers:
            totals.append(f"Numbers in buffers: {self.total_buffers:,}")
        sizes = [("Params", self.total_param_bytes)]
        if self.calls.counts:
            without = ", ".join(self.not_counted)
            beside = f", without those of {without}" if without else ""
            totals.append(f"Mult-adds{beside}: {self.total_mult_adds:,}")
            sizes = [
                ("Input", self.calls.given), ("Forward/backward pass", self.total_output_bytes),
                *sizes,
            ]  # fmt: skip
            sizes.append(("Estimated total", sum(size for _, size in sizes)))
        texts = [f"{name} size (MB): {size / MEGA:.2f}" for name, size in sizes]
        parts = [rule, table[0], rule, *table[1:], rule, *totals, rule, *texts, rule]
        return "\n".join(parts)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        """The same in a notebook."""
        return as_text(str(self))
