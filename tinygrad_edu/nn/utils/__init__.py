"""Helpers for training: gradients kept in bounds, parameters as one vector, sequences packed."""

from . import rnn as rnn
from .clip_grad import clip_grad_norm as clip_grad_norm
from .clip_grad import clip_grad_norm_ as clip_grad_norm_
from .clip_grad import clip_grad_value_ as clip_grad_value_
from .clip_grad import clip_grads_with_norm_ as clip_grads_with_norm_
from .clip_grad import get_total_norm as get_total_norm
from .convert_parameters import parameters_to_vector as parameters_to_vector
from .convert_parameters import vector_to_parameters as vector_to_parameters

__all__ = [
    "clip_grad_norm",
    "clip_grad_norm_",
    "clip_grad_value_",
    "clip_grads_with_norm_",
    "get_total_norm",
    "parameters_to_vector",
    "rnn",
    "vector_to_parameters",
]

#: What PyTorch has besides, and this does not.
MISSING = frozenset(
    {
        "convert_conv2d_weight_memory_format",
        "convert_conv3d_weight_memory_format",
        "fuse_conv_bn_eval",
        "fuse_conv_bn_weights",
        "fuse_linear_bn_eval",
        "fuse_linear_bn_weights",
        "parametrizations",
        "parametrize",
        "remove_spectral_norm",
        "remove_weight_norm",
        "skip_init",
        "spectral_norm",
        "stateless",
        "weight_norm",
    }
)


def __getattr__(name: str) -> object:
    if name in MISSING:
        raise NotImplementedError(f"nn.utils.{name} is not part of tinygrad_edu")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
