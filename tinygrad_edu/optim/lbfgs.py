"""L-BFGS: Newton's method, with a curvature that is guessed from the last few steps.

Newton's direction is ``-H g``, with ``H`` the inverse of the matrix of second derivatives. L-BFGS
never has that matrix. It remembers the last steps ``s`` and how they changed the gradient, ``y``;
each pair says what ``H`` does to one vector, ``s = H y``. From these the *two-loop recursion* makes
``H g``, starting from a multiple of the identity, in time and memory proportional to their number.

References
----------
.. [1] J. Nocedal and S. J. Wright, Numerical Optimization, 2nd edition (2006): algorithms 7.4 (the
   two loops) and 7.5; the start of the recursion is equation 7.20. When to stop is PyTorch's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..autograd.grad_mode import enable_grad, no_grad
from ..autograd.graph import wrap
from ..tensor import Tensor
from .bucket import Array
from .checks import check_learning_rate
from .line_search import Point, strong_wolfe
from .optimizer import Optimizer, Params

#: What is kept from one `step` to the next, by PyTorch's names, besides the two counts.
STATE = ("d", "t", "old_dirs", "old_stps", "ro", "H_diag", "prev_flat_grad", "prev_loss")


class LBFGS(Optimizer):
    """Limited-memory BFGS. A `step` makes up to `max_iter` iterations::

        y = g - g',  s = t d                (if y . s > 1e-10, the pair is remembered)
        d = -H g                            (two loops over the pairs; at first d = -g)
        t = lr, or by line search           (at first min(1, 1 / |g|_1) lr)
        p <- p + t d

    in which ``g'`` is the gradient before, of all parameters end to end. Since the loss is needed
    more than once, `step` gets a closure that computes it.

    Parameters
    ----------
    params
        As in `Optimizer`, in one group.
    lr : float or Tensor of one element
        Step size, or with a line search the first that is tried; not negative.
    max_iter : int
        Iterations in a step.
    max_eval : int, optional
        How often a step may call the closure; by default 5/4 of `max_iter`.
    tolerance_grad, tolerance_change : float
        Stop once no gradient is larger, or neither parameters nor loss change by more.
    history_size : int
        How many pairs are remembered.
    line_search_fn : {None, "strong_wolfe"}
        See `line_search`.

    Raises
    ------
    ValueError
        If `lr` is negative, or there is more than one group.
    RuntimeError
        From `step`, if `line_search_fn` is another one.
    """

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 1,
        max_iter: int = 20,
        max_eval: int | None = None,
        tolerance_grad: float = 1e-7,
        tolerance_change: float = 1e-9,
        history_size: int = 100,
        line_search_fn: str | None = None,
    ) -> None:
        check_learning_rate(lr)
        if not lr >= 0.0:
            raise ValueError(f"Invalid learning rate: {lr}")
        defaults = {
            "lr": lr,
            "max_iter": max_iter,
            "max_eval": max_iter * 5 // 4 if max_eval is None else max_eval,
            "tolerance_grad": tolerance_grad,
            "tolerance_change": tolerance_change,
            "history_size": history_size,
            "line_search_fn": line_search_fn,
        }
        super().__init__(params, defaults)
        if len(self.param_groups) != 1:
            raise ValueError(
                "LBFGS doesn't support per-parameter options (parameter groups), but got "
                f"{len(self.param_groups)} groups"
            )

    @no_grad()
    def step(self, closure: Callable[[], Any]) -> Any:  # type: ignore[override]
        """Make up to `max_iter` iterations.

        Parameters
        ----------
        closure : callable
            Sets the gradients back, computes the loss and its gradients, and returns the loss.
            Recording is on while it runs.

        Returns
        -------
        The loss before the step, as `closure` returned it.

        Raises
        ------
        TypeError
            Without a closure.
        """
        if closure is None:
            raise TypeError("LBFGS.step() needs a closure that computes the loss and returns it")
        (group,) = self.param_groups
        settings = np.geterr()  # the closure's, while our own arithmetic is quiet

        def evaluate() -> tuple[Any, Array]:
            with np.errstate(**settings), enable_grad():
                return closure(), flat_gradient(group["params"])

        with np.errstate(all="ignore"):
            return self._iterate(group, evaluate)

    def _iterate(self, group: dict[str, Any], evaluate: Callable[[], tuple[Any, Array]]) -> Any:
        parameters, lr = group["params"], group["lr"]
        lr = lr.array.reshape(())[()] if isinstance(lr, Tensor) else lr
        state = self.state[parameters[0]]  # of all parameters; so it has a dtype when loaded
        state.setdefault("func_evals", 0)
        state.setdefault("n_iter", 0)
        first_loss, g = evaluate()
        loss, evaluations = float(first_loss), 1
        state["func_evals"] += 1
        if largest(g) <= group["tolerance_grad"]:
            return first_loss

        memory = Memory(state, group["history_size"])
        for iteration in range(1, group["max_iter"] + 1):
            state["n_iter"] += 1
            if state["n_iter"] == 1:
                memory.d, memory.t = -g, min(1.0, 1.0 / np.abs(g).sum()) * lr
            else:
                memory.learn(g)
                memory.d, memory.t = memory.direction(g), lr
            memory.prev_flat_grad, memory.prev_loss = g, loss
            start = Point(0, loss, g, g.dot(memory.d))
            if start.slope > -group["tolerance_change"]:
                break

            used = 0
            if group["line_search_fn"] is not None:
                limit = group["max_eval"] - evaluations
                found, used = self._search(group, evaluate, memory, start, limit)
                memory.t, loss, g, _ = found
            move(parameters, memory.t, memory.d)
            if group["line_search_fn"] is None and iteration < group["max_iter"]:
                new_loss, g = evaluate()
                loss, used = float(new_loss), 1
            evaluations += used
            state["func_evals"] += used
            if (
                evaluations >= group["max_eval"]
                or largest(g) <= group["tolerance_grad"]
                or largest(memory.d * memory.t) <= group["tolerance_change"]
                or abs(loss - memory.prev_loss) < group["tolerance_change"]
            ):
                break
        memory.save(state)
        return first_loss

    def _search(
        self,
        group: dict[str, Any],
        evaluate: Callable[[], tuple[Any, Array]],
        memory: Memory,
        start: Point,
        limit: int,
    ) -> tuple[Point, int]:
        """The point that a line search finds, and how often it called the closure."""
        if group["line_search_fn"] != "strong_wolfe":
            raise RuntimeError(
                f"only 'strong_wolfe' is supported, not line_search_fn={group['line_search_fn']!r}"
            )
        saved = [parameter.clone() for parameter in group["params"]]

        def at(t: Any) -> Point:
            move(group["params"], t, memory.d)
            loss, g = evaluate()
            for parameter, values in zip(group["params"], saved, strict=True):
                parameter.copy_(values)
            return Point(t, float(loss), g, g.dot(memory.d))

        return strong_wolfe(at, start, memory.t, largest(memory.d), limit)


class Memory:
    """What LBFGS knows of the past: the pairs, and where the last iteration went.

    Attributes
    ----------
    old_dirs, old_stps : list of Array
        The changes ``y`` of the gradient, and the steps ``s``.
    ro : list of float
        ``1 / (y . s)`` of each pair.
    H_diag : float
        ``(y . s) / (y . y)`` of the last: how much ``H`` scales where no pair says more.
    d, t, prev_flat_grad, prev_loss
        Direction, step size, gradient and loss of the last iteration.
    al : list
        Room for the first loop's results; its length is `history_size`.
    """

    def __init__(self, state: dict[str, Any], history_size: int) -> None:
        self.history_size = history_size
        self.d: Any = None
        self.t: Any = None
        self.old_dirs: list[Array] = []
        self.old_stps: list[Array] = []
        self.ro: list[Any] = []
        self.H_diag: Any = 1
        self.prev_flat_grad: Any = None
        self.prev_loss: Any = None
        self.al: list[Any] | None = None
        for name in (*STATE, "al"):
            if name in state:
                setattr(self, name, taken_out(state[name]))

    def learn(self, g: Array) -> None:
        """Remember what the last step ``s`` did to the gradient, if the loss curved upwards."""
        y, s = g - self.prev_flat_grad, self.d * self.t
        curvature = y.dot(s)
        if not curvature > 1e-10:
            return
        if len(self.old_dirs) == self.history_size:
            for history in (self.old_dirs, self.old_stps, self.ro):
                history.pop(0)
        self.old_dirs.append(y)
        self.old_stps.append(s)
        self.ro.append(1.0 / curvature)
        self.H_diag = curvature / y.dot(y)

    def direction(self, g: Array) -> Array:
        """``-H g``, in two loops: over the pairs from the last to the first, and back."""
        if self.al is None:
            self.al = [None] * self.history_size
        pairs = list(zip(self.old_dirs, self.old_stps, self.ro, strict=True))
        q = -g
        for i, (y, s, ro) in reversed(list(enumerate(pairs))):
            self.al[i] = s.dot(q) * ro
            q -= self.al[i] * y
        r: Array = q * self.H_diag
        for i, (y, s, ro) in enumerate(pairs):
            r += (self.al[i] - y.dot(r) * ro) * s
        return r

    def save(self, state: dict[str, Any]) -> None:
        """Put everything into a parameter's state, arrays and their numbers as tensors."""
        for name in STATE if self.al is None else ("al", *STATE):
            state[name] = put_in(getattr(self, name))


def flat_gradient(parameters: list[Tensor]) -> Array:
    """All gradients end to end, with zeros where there is none."""
    return np.concatenate(
        [
            np.zeros(p.numel(), p.array.dtype) if p.grad is None else p.grad.array.ravel()
            for p in parameters
        ]
    )


def move(parameters: list[Tensor], t: Any, d: Array) -> None:
    """``p <- p + t d``, each parameter by its part of `d`."""
    ends = np.cumsum([p.numel() for p in parameters])
    for parameter, part in zip(parameters, np.split(d, ends[:-1]), strict=True):
        parameter.add_(wrap(part.reshape(parameter.array.shape)), alpha=float(t))


def largest(vector: Array) -> Any:
    """The largest absolute value; of no numbers, 0."""
    return np.abs(vector).max(initial=0)


def put_in(value: Any) -> Any:
    """Arrays and NumPy's numbers as tensors, also in lists."""
    if isinstance(value, list):
        return [put_in(v) for v in value]
    return wrap(np.array(value)) if isinstance(value, (np.ndarray, np.generic)) else value


def taken_out(value: Any) -> Any:
    """`put_in`, undone: tensors as arrays, those of no dimensions as numbers."""
    if isinstance(value, list):
        return [taken_out(v) for v in value]
    return value.array[()] if isinstance(value, Tensor) else value
