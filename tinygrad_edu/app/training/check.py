"""``train --check``: the run on tinygrad_edu, with PyTorch beside it at every step.

A whole run could only be compared loosely, because rounding grows from step to step.  So each step
is compared by itself, in three parts, and each part starts from identical numbers on both sides:

1. Forward.  Weights and optimizer state are copied from tinygrad_edu to PyTorch, and both run the
   same batch.  The output of each layer is compared and then copied, so each layer starts from
   identical inputs; "output" in the table is the worst of all layers.
2. Loss and backward.  The losses and all gradients are compared.
3. Update.  The gradients are copied; both optimizers step and all parameters are compared.

The copies at the seams are what makes tight tolerances possible, for some spots magnify rounding
without bound.  ReLU and max-pooling choose who gets a gradient: where a last digit decides whether
a value is above 0, or the largest of its window, two right sides send it to different places.
BCELoss divides by the probability p of the right class: a last-digit difference in
1 - p = 1e-6 changes the loss in its second digit.  And Adam's update ``lr m / (sqrt(v) + eps)`` is
``lr g / (|g| + eps)`` at the first step: where a gradient is 0 but for rounding, say 1e-9 here and
-1e-9 there, the gradients agree and the updates are ``+lr`` and ``-lr``.

Tolerances
----------
Let u = eps/2 be the unit roundoff (6.0e-8 in float32, 1.1e-16 in float64).  As a fraction of the
sum of the terms' magnitudes, a sum of n products is off by at most about ``n u``, and that only if
all roundings go the same way.  They do not: beyond ``c sqrt(n) u`` it is with a probability below
``2 exp(-c**2 / 2)`` (Higham and Mary, *A new approach to probabilistic rounding error analysis*,
SIAM J. Sci. Comput. 41, 2019, theorem 2.4); here c = 4.

- Outputs, loss and gradients pass through one such sum per contraction: over the inputs and the
  outputs of each layer and over the batch.  With n the total of those lengths (for 10-16-8-1 in
  batches of 32: 26 + 24 + 9 + 32 = 91) the tolerance is ``4 sqrt(n) u``, 2.3e-6 and 4.2e-15.  A
  convolution multiplies with each of its k x k pixels, and its weights' gradients are summed over
  an image's h x w pixels as well: (in + out) k k for each, and h w (8 x 8 digits: 153 + 432 + 138 +
  32 + 64 = 819).
- An update is about eight roundings on the same inputs: the tolerance is ``8 u``.

A difference passes if it is within the tolerance absolutely or relative to the tensor's largest
magnitude.  The absolute way is needed where terms of size 1 cancel to something small: the error
is a fraction of the terms, not of what is left.  Size 1 it is, because data and targets are
standardised; a huge --lr that drives the weights into the hundreds makes larger terms, and the
table will then say so.
"""

import math
from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from torch_ref import bridge

from .data import Split
from .train import Job, Side, Training

UPDATE_ROUNDINGS = 8
SPREAD = 4  # the c above


class Worst(NamedTuple):
    """A difference and the step, from 1, at which it was met (0: not yet)."""

    difference: float = -1.0
    step: int = 0


class Comparison:
    """One row of the table: a quantity compared at every step, and its worst differences."""

    def __init__(self, name: str, tolerance: float) -> None:
        self.name = name
        self.tolerance = tolerance
        self.absolute = Worst()
        self.relative = Worst()
        self.passed = True

    def add(self, ours: NDArray[Any], theirs: NDArray[Any], step: int) -> None:
        """Compare two arrays of one shape; a nan on one side only is an infinite difference."""
        same = (ours == theirs) | (np.isnan(ours) & np.isnan(theirs))
        with np.errstate(invalid="ignore"):
            gaps = np.where(same, 0.0, np.abs(ours - theirs))
        absolute = float(np.max(np.where(np.isnan(gaps), np.inf, gaps)))
        magnitude = float(np.max(np.abs(theirs)))
        if absolute == 0.0:
            relative = 0.0
        else:
            relative = absolute / magnitude if 0.0 < magnitude < math.inf else math.inf
        self.absolute = max(self.absolute, Worst(absolute, step), key=lambda w: w.difference)
        self.relative = max(self.relative, Worst(relative, step), key=lambda w: w.difference)
        self.passed &= min(absolute, relative) <= self.tolerance


class CheckedTraining(Training):
    """A run on tinygrad_edu whose every step is compared with PyTorch's.

    Attributes
    ----------
    reference : Training
        PyTorch's side.  Its shuffles are not used: it gets this side's batches.
    comparisons : list of Comparison
        Output (of every layer), loss, each parameter's gradient, each updated parameter.
    """

    def __init__(self, side: Side, reference: Side, job: Job, split: Split) -> None:
        super().__init__(side, job, split)
        self.reference = Training(reference, job, split)
        self.steps = 0
        self.layer_outputs: list[Any] = []  # those that the reference has not reached yet
        parameters = dict(self.model.named_parameters())
        unit = float(np.finfo(job.dtype).eps) / 2
        tolerance = SPREAD * math.sqrt(self.terms_summed(parameters.values())) * unit
        self.output = Comparison("output", tolerance)
        self.loss = Comparison("loss", tolerance)
        self.gradients = {n: Comparison(f"{n} gradient", tolerance) for n in parameters}
        self.updates = {n: Comparison(f"{n} updated", UPDATE_ROUNDINGS * unit) for n in parameters}
        self.comparisons = [
            self.output,
            self.loss,
            *self.gradients.values(),
            *self.updates.values(),
        ]
        for module in self.model.modules():
            module.register_forward_hook(self.keep_output)
        for module in self.reference.model.modules():
            module.register_forward_hook(self.compare_output)

    def terms_summed(self, parameters: Iterable[Any]) -> int:
        """Return the n of the module's docstring: how many terms meet on the way, all in all."""
        total = min(self.job.batch_size, len(self.split.train_x))
        weights = [p.shape for p in parameters if p.ndim >= 2]
        for out, into, *kernel in weights:
            total += (out + into) * math.prod(kernel)
        if any(len(shape) == 4 for shape in weights):
            total += math.prod(self.split.train_x.shape[2:])
        return total

    def keep_output(self, module: Any, inputs: Any, output: Any) -> None:
        """After a module of this side: keep what it returned, for the comparison."""
        if module.training:
            self.layer_outputs.append(output)

    def compare_output(self, module: Any, inputs: Any, output: Any) -> None:
        """After a module of the reference: compare what it returned, then go on with ours."""
        ours = self.layer_outputs.pop(0)
        self.output.add(bridge.to_numpy(ours), bridge.to_numpy(output), self.steps)
        # In place and behind autograd's back: what the graph has kept of the output for its
        # derivatives (the sigmoid's s in s (1 - s)) must be the copied values as well.
        output.data.copy_(bridge.convert(ours, self.reference.framework))

    def step(self, rows: Any) -> float:
        """Train on one batch on both sides, compare, and return this side's loss."""
        self.steps += 1
        theirs = self.reference
        framework = theirs.framework
        their_rows = bridge.convert(rows, framework)
        bridge.copy_weights(self.model, theirs.model, framework)
        bridge.copy_optimizer_state(self.optimizer, theirs.optimizer, framework)
        outputs, their_outputs = self.forward(rows), theirs.forward(their_rows)
        loss, their_loss = self.backward(outputs, rows), theirs.backward(their_outputs, their_rows)
        self.loss.add(np.array(loss), np.array(their_loss), self.steps)
        parameters = dict(self.model.named_parameters())
        their_parameters = dict(theirs.model.named_parameters())
        for name, parameter in parameters.items():
            other = their_parameters[name]
            gradient = bridge.to_numpy(parameter.grad)
            self.gradients[name].add(gradient, bridge.to_numpy(other.grad), self.steps)
            other.grad = framework.tensor(gradient)
        self.optimizer.step()
        theirs.optimizer.step()
        for name, parameter in parameters.items():
            updated = bridge.to_numpy(their_parameters[name])
            self.updates[name].add(bridge.to_numpy(parameter), updated, self.steps)
        return loss

    @property
    def passed(self) -> bool:
        """Whether every comparison stayed within its tolerance at every step."""
        return all(row.passed for row in self.comparisons)

    def table(self) -> str:
        """Return the comparisons as a text table with a closing line that counts them."""
        width = max(len(row.name) for row in self.comparisons)
        header = f"{'':{width}}  worst absolute (step)  worst relative (step)  tolerance  verdict"
        lines = [
            f"{row.name:{width}}  {shown(row.absolute)}  {shown(row.relative)}  "
            f"{row.tolerance:9.1e}  {'ok' if row.passed else 'OUT OF TOLERANCE'}"
            for row in self.comparisons
        ]
        passed = sum(row.passed for row in self.comparisons)
        version = self.reference.framework.__version__
        summary = (
            f"{passed} of {len(lines)} within tolerance of PyTorch {version} "
            f"at each of {self.steps} steps ({self.job.dtype})"
        )
        return "\n".join([header, *lines, summary])


def shown(worst: Worst) -> str:
    """Return a worst difference and its step as a table cell, 21 characters wide."""
    return f"{worst.difference:12.2e} {f'({worst.step})':>8}"
