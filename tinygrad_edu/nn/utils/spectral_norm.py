"""Weights divided by their largest singular value, so that a layer stretches nothing.

It is found by power iteration: u and v turn towards the singular vectors a little with every call
in training (T. Miyato et al., "Spectral Normalization for Generative Adversarial Networks", 2018).
"""

from __future__ import annotations

from typing import Any, TypeVar

from ...autograd.grad_mode import no_grad
from ...ops.distance import normalize
from ...tensor import Tensor
from ..conv import ConvTranspose1d, ConvTranspose2d, ConvTranspose3d
from ..hooks import add_hook
from ..module import Module
from ..parameter import Parameter, UninitializedTensorMixin

M = TypeVar("M", bound=Module)


class SpectralNorm:
    """The hook that computes the weight before every call; parameters as for `spectral_norm`."""

    def __init__(self, name: str, n_power_iterations: int, dim: int, eps: float) -> None:
        if n_power_iterations <= 0:
            raise ValueError(
                "Expected n_power_iterations to be positive, but got "
                f"n_power_iterations={n_power_iterations}"
            )
        self.name = name
        self.n_power_iterations = n_power_iterations
        self.dim = dim
        self.eps = eps

    def __call__(self, module: Module, args: Any, kwargs: Any) -> tuple[Any, Any]:
        setattr(module, self.name, self.compute_weight(module, module.training))
        return args, kwargs

    def compute_weight(self, module: Module, iterate: bool) -> Tensor:
        """The weight over its largest singular value ``u^T W v``, after some power iterations."""
        weight = getattr(module, f"{self.name}_orig")
        u, v = getattr(module, f"{self.name}_u"), getattr(module, f"{self.name}_v")
        matrix = as_matrix(weight, self.dim)
        if iterate:
            with no_grad():
                for _ in range(self.n_power_iterations):
                    v.copy_(self.unit(matrix.t() @ u))
                    u.copy_(self.unit(matrix @ v))
            # A later call changes them, while this one's graph may still be needed.
            u, v = u.clone(), v.clone()
        normalized: Tensor = weight / u.dot(matrix @ v)
        return normalized

    def unit(self, vector: Tensor) -> Tensor:
        """A vector of length 1."""
        return normalize(vector, dim=0, eps=self.eps)


def as_matrix(weight: Tensor, dim: int) -> Tensor:
    """The weight as a matrix, with `dim` for its rows."""
    if dim != 0:
        others = [d for d in range(weight.ndim) if d != dim]
        weight = weight.permute((dim, *others))
    return weight.reshape((weight.shape[0], -1))


def outputs_dim(module: Module) -> int:
    """The dimension of the weight of `module` that has its outputs."""
    transposed = isinstance(module, ConvTranspose1d | ConvTranspose2d | ConvTranspose3d)
    return 1 if transposed else 0


def spectral_norm(
    module: M,
    name: str = "weight",
    n_power_iterations: int = 1,
    eps: float = 1e-12,
    dim: int | None = None,
) -> M:
    """Divide a weight by its largest singular value before every call.

    The parameter becomes ``{name}_orig``; the buffers ``{name}_u`` and ``{name}_v``, drawn from a
    normal distribution at first, are the singular vectors as they are known so far.

    Parameters
    ----------
    module : Module
    name : str
        The parameter's.
    n_power_iterations : int
        How many with each call in training.
    eps : float
        The least length that vectors are divided by.
    dim : int, optional
        The dimension of the outputs: by default 1 for transposed convolutions, and else 0.

    Returns
    -------
    Module
        `module` itself.

    Raises
    ------
    RuntimeError
        If the parameter is normalized already.
    ValueError
        If `n_power_iterations` is not above 0, or the parameter None or uninitialized.
    """
    if dim is None:
        dim = outputs_dim(module)
    before = module._own_hooks().before
    if any(isinstance(hook, SpectralNorm) and hook.name == name for hook in before.values()):
        raise RuntimeError(f"Cannot register two spectral_norm hooks on the same parameter {name}")
    norm = SpectralNorm(name, n_power_iterations, dim, eps)
    weight = module._parameters[name]
    if weight is None:
        raise ValueError(f"`SpectralNorm` cannot be applied as parameter `{name}` is None")
    if isinstance(weight, UninitializedTensorMixin):
        raise ValueError("spectral_norm: the parameter is uninitialized; call the module before")
    height, width = as_matrix(weight, norm.dim).shape
    u, v = (norm.unit(weight.new_empty(n).normal_(0, 1)) for n in (height, width))
    delattr(module, name)
    module.register_parameter(f"{name}_orig", weight)
    setattr(module, name, weight.data)
    module.register_buffer(f"{name}_u", u)
    module.register_buffer(f"{name}_v", v)
    add_hook(before, norm, prepend=False)
    return module


def remove_spectral_norm(module: M, name: str = "weight") -> M:
    """Make the weight an ordinary parameter again, with the value that it has now.

    Raises
    ------
    ValueError
        If it is not normalized.
    """
    before = module._own_hooks().before
    for key, hook in before.items():
        if isinstance(hook, SpectralNorm) and hook.name == name:
            with no_grad():
                weight = hook.compute_weight(module, iterate=False)
            for part in (name, f"{name}_u", f"{name}_v", f"{name}_orig"):
                delattr(module, part)
            module.register_parameter(name, Parameter(weight.detach()))
            del before[key]
            return module
    raise ValueError(f"spectral_norm of '{name}' not found in {module}")
