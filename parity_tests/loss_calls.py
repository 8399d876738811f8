"""What the tests of losses share: drawn arguments, and calls that either library can run."""

import torch

import tinygrad_edu

from .seeds import begin

DTYPES = [torch.float32, torch.float64]
REDUCTIONS = ["none", "mean", "sum"]
SEVERAL = 4


def several(function):
    """Call a loss on the slices of its arguments: a sum whose terms happen to cancel is judged
    beside others that do not."""

    def call(library, *tensors):
        return library.stack([function(library, *(t[i] for t in tensors)) for i in range(SEVERAL)])

    return call


def draw(kind, shape, dtype, seed=0, grad=True):
    generator = torch.Generator().manual_seed(begin(seed))
    shape = (SEVERAL, *shape)
    if kind == "probability":
        values = torch.rand(shape, generator=generator, dtype=dtype) * 0.98 + 0.01
    elif kind == "bit":
        values = torch.randint(2, shape, generator=generator).to(dtype)
    elif kind == "weight":
        values = torch.rand(shape, generator=generator, dtype=dtype) + 0.5
    else:
        values = 3 * torch.randn(shape, generator=generator, dtype=dtype)
    return values.requires_grad_(grad)


def single(name, **options):
    """The call of a loss by the library it is given."""
    return lambda library, *tensors: getattr(library.nn.functional, name)(*tensors, **options)


def call(name, **options):
    """`several` calls."""
    return several(single(name, **options))


def ours(value):
    if not isinstance(value, torch.Tensor):
        return value
    copied = tinygrad_edu.from_numpy(value.detach().numpy().copy())
    return copied.requires_grad_(value.requires_grad)
