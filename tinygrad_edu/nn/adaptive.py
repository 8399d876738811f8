"""`AdaptiveLogSoftmaxWithLoss`: a softmax over very many classes, of which few are frequent.

The classes are sorted by frequency. The first ones, the shortlist, have outputs of their own in the
*head*; the others stand in clusters, each with one output in the head, and a small network of its
own, the *tail*, that tells its classes apart. Most samples so need the head only (E. Grave et al.,
"Efficient softmax approximation for GPUs", 2017).
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import NamedTuple

from ..dtypes import dtype as DType
from ..ops.join import cat
from ..size import device as Device
from ..tensor import Tensor
from . import functional as F
from .containers import ModuleList, Sequential
from .linear import Linear
from .module import Module


class _ASMoutput(NamedTuple):
    """What a call returns: each sample's log-probability of its class, and the loss."""

    output: Tensor
    loss: Tensor


class AdaptiveLogSoftmaxWithLoss(Module):
    """Log-probabilities of classes sorted by frequency, and the loss of the wanted ones.

    Parameters
    ----------
    in_features, n_classes : int
    cutoffs : sequence of int
        Where clusters begin; before the first is the shortlist.
    div_value : float
        How many times fewer features each further cluster works with.
    head_bias : bool
        Whether the head has a bias.
    device, dtype : optional
        As in `zeros`.

    Raises
    ------
    ValueError
        If `cutoffs` are not increasing integers between 1 and ``n_classes - 1``.
    """

    def __init__(
        self,
        in_features: int,
        n_classes: int,
        cutoffs: Sequence[int],
        div_value: float = 4.0,
        head_bias: bool = False,
        device: str | Device | None = None,
        dtype: DType | None = None,
    ) -> None:
        super().__init__()
        cutoffs = list(cutoffs)
        if not cutoffs:
            raise ValueError("cutoffs should be a sequence of length larger than 0")
        if (
            cutoffs != sorted(set(cutoffs))
            or not 0 < cutoffs[0] <= cutoffs[-1] < n_classes
            or any(int(c) != c for c in cutoffs)
        ):
            raise ValueError(
                "cutoffs should be a sequence of unique, positive integers sorted in an increasing "
                f"order, where each value is between 1 and n_classes-1, not {cutoffs}"
            )
        self.in_features = in_features
        self.n_classes = n_classes
        self.cutoffs = [*cutoffs, n_classes]
        self.div_value = div_value
        self.head_bias = head_bias
        self.shortlist_size = self.cutoffs[0]
        self.n_clusters = len(self.cutoffs) - 1
        self.head_size = self.shortlist_size + self.n_clusters
        self.head = Linear(in_features, self.head_size, head_bias, device, dtype)
        self.tail = ModuleList()
        for i, (start, stop) in enumerate(itertools.pairwise(self.cutoffs)):
            width = int(in_features // div_value ** (i + 1))
            self.tail.append(
                Sequential(
                    Linear(in_features, width, False, device, dtype),
                    Linear(width, stop - start, False, device, dtype),
                )
            )

    def reset_parameters(self) -> None:
        """Draw new weights and biases."""
        self.head.reset_parameters()
        for projection in self.tail:
            for layer in projection.children():
                if isinstance(layer, Linear):
                    layer.reset_parameters()

    def forward(self, input_: Tensor, target_: Tensor) -> _ASMoutput:
        """The log-probability of each target, and minus their mean.

        Parameters
        ----------
        input_ : Tensor of shape (n, in_features) or (in_features)
        target_ : Tensor of int64, of shape (n) or ()

        Raises
        ------
        RuntimeError
            If shapes do not fit, or a target is out of range.
        """
        if target_.ndim > 1:
            raise RuntimeError("0D or 1D target tensor expected, multi-target not supported")
        if target_.ndim == 1 and input_.shape[0] != target_.shape[0]:
            raise RuntimeError("Input and target should have the same size in the batch dimension.")
        if input_.ndim != target_.ndim + 1:
            raise RuntimeError(
                f"{target_.ndim}D target tensor expects {target_.ndim + 1}D input tensors, but "
                f"found inputs with size {input_.shape}"
            )
        batched = target_.ndim > 0
        input = input_ if batched else input_.unsqueeze(0)
        target = target_ if batched else target_.unsqueeze(0)
        if ((target < 0) | (target >= self.n_classes)).any():
            raise RuntimeError(
                f"Target values should be in [0, {self.n_classes - 1}], but values in range "
                f"[{target.min().item()}, {target.max().item()}] were found."
            )
        in_head = target.clone()  # for each sample its output in the head
        output = input.new_zeros(len(target))
        for i, (start, stop) in enumerate(itertools.pairwise(self.cutoffs)):
            rows = ((target >= start) & (target < stop)).nonzero().squeeze(1)
            if rows.numel() == 0:
                continue
            in_head[rows] = self.shortlist_size + i
            inside = F.log_softmax(self.tail[i](input.index_select(0, rows)), dim=1)
            chosen = inside.gather(1, (target[rows] - start).unsqueeze(1))
            output = output.index_add(0, rows, chosen.squeeze(1))
        head = F.log_softmax(self.head(input), dim=1)
        output = output + head.gather(1, in_head.unsqueeze(1)).squeeze(1)
        loss = (-output).mean()
        return _ASMoutput(output if batched else output.squeeze(0), loss)

    def log_prob(self, input: Tensor) -> Tensor:
        """The log-probabilities of all classes, (n, n_classes), for an input (n, in_features)."""
        head = F.log_softmax(self.head(input), dim=1)
        parts = [head[:, : self.shortlist_size]]
        for i, projection in enumerate(self.tail):
            inside = F.log_softmax(projection(input), dim=1)
            parts.append(inside + head[:, self.shortlist_size + i].unsqueeze(1))
        return cat(parts, 1)

    def predict(self, input: Tensor) -> Tensor:
        """The likeliest class of each sample, (n), for an input (n, in_features).

        As in PyTorch, a cluster is only looked into if it is likelier than each class of the
        shortlist.
        """
        output: Tensor = self.head(input).argmax(dim=1)
        rows = (output >= self.shortlist_size).nonzero().squeeze(1)
        if rows.numel():
            output[rows] = self.log_prob(input[rows]).argmax(dim=1)
        return output
