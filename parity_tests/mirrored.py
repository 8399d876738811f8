"""Models of a user's for `test_mirror`: written for tinygrad_edu, each with something of its own.

Their `forward` is called with a batch of 4 features. `MODELS` has a function that makes each.
"""

from __future__ import annotations

import abc
import contextlib
import dataclasses
import enum
import functools
import math
from collections import Counter, OrderedDict
from typing import ClassVar, Generic, NamedTuple, TypeVar

import tinygrad_edu
import tinygrad_edu.nn.functional as F
from tinygrad_edu import Tensor, nn
from tinygrad_edu.autograd import Function
from tinygrad_edu.autograd.function import once_differentiable

from . import mirrored_helpers
from .mirrored_helpers import widened

Kind = TypeVar("Kind")


class Square(Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * x

    @staticmethod
    def backward(ctx, grad_output):
        (x,) = ctx.saved_tensors
        return 2 * x * grad_output


class Cube(Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x**3

    @staticmethod
    @once_differentiable
    def backward(ctx, grad_output):
        return 3 * ctx.saved_tensors[0] ** 2 * grad_output


class Functions(nn.Module):
    """Ops of the user's own."""

    def forward(self, x):
        return Square.apply(x) + Cube.apply(x)


def smooth(x, by=2.0, *, then=F.softplus):
    return then(tinygrad_edu.tanh(x) * by)


def even(x, depth):
    return x if depth == 0 else odd(tinygrad_edu.sin(x), depth - 1)


def odd(x, depth):
    return x if depth == 0 else even(F.relu(x), depth - 1)


@functools.lru_cache
def ones(count):
    return tinygrad_edu.ones(count)


class Helped(nn.Module):
    """Calls functions of this file and of another."""

    def forward(self, x):
        y = smooth(x) + even(x, 3) + widened(x) + mirrored_helpers.halved(x)
        return F.elu(y) + ones(4) + math.pi


class Widening(nn.Module):
    def forward(self, x):
        return mirrored_helpers.halved(widened(x))


class Importing(nn.Module):
    """Imports where it computes, as learners do."""

    def forward(self, x):
        import tinygrad_edu.nn.functional as functional
        from tinygrad_edu import exp

        from .mirrored_helpers import widened as also_widened

        return exp(functional.elu(x)) + also_widened(x)


class Base(nn.Module):
    """To be derived from."""

    kinds = {"relu": nn.ReLU, "tanh": nn.Tanh}  # noqa: RUF012, as learners write it

    def __init__(self, width):
        super().__init__()
        self.linear = nn.Linear(width, width)
        self.register_buffer("calls", tinygrad_edu.zeros(()))
        self.register_buffer("scratch", tinygrad_edu.ones(2), persistent=False)
        self.register_buffer("absent", None)
        self.register_parameter("nothing", None)
        self.count = 0

    def forward(self, x):
        self.calls += 1
        self.count += 1
        return self.linear(x) * self.scratch.sum()

    @property
    def scale(self):
        return self.linear.weight.abs().mean()

    @staticmethod
    def softened(x):
        return F.softplus(x)

    @classmethod
    def named(cls, kind):
        return cls.kinds[kind]()


class Derived(Base):
    """Calls what its base has, in each way."""

    def forward(self, x):
        x = super().forward(x) / self.scale
        return self.softened(x) + self.named("tanh")(x)

    @tinygrad_edu.no_grad()
    def frozen(self, x):
        return self(x)


class Noisy(nn.Linear):
    """Derived from a layer."""

    def __init__(self, width):
        super().__init__(width, width)
        self.shift = nn.Parameter(tinygrad_edu.ones(width))

    def forward(self, input):
        return super().forward(input) + self.shift


class Shared(nn.Module):
    """One part twice, and one weight in two parts."""

    def __init__(self):
        super().__init__()
        self.first = nn.Linear(4, 4)
        self.again = self.first
        self.tied = nn.Linear(4, 4)
        self.tied.weight = self.first.weight
        self.aliased = nn.Parameter(self.first.bias.data)
        self.untold = [self.first]

    def forward(self, x):
        return self.tied(self.again(self.first(x)).tanh()) * self.aliased + self.untold[0](x)


@dataclasses.dataclass
class Options:
    width: int = 4
    activation: object = F.gelu
    kind: type = nn.Sigmoid
    dtype: object = tinygrad_edu.float64


class Split(NamedTuple):
    left: Tensor
    right: Tensor


class Configured(nn.Module):
    """Keeps functions, classes, dtypes, and tensors that are no parameters, in many places."""

    def __init__(self, options):
        super().__init__()
        self.options = options
        self.activation = functools.partial(F.leaky_relu, negative_slope=0.2)
        self.inner = lambda x: smooth(x, 3.0) + options.activation(x)
        self.table = {"a": [F.elu, (nn.Softsign(), tinygrad_edu.arange(4))], "b": {F.selu}}
        self.method = self.split
        self.size = tinygrad_edu.zeros(2, 2).shape

    def split(self, x):
        return Split(*x.chunk(2, 1))

    def forward(self, x):
        left, right = self.method(x)
        both = tinygrad_edu.cat([right, left], 1)
        function, (module, numbers) = self.table["a"]
        x = self.activation(both) + self.inner(x) + function(x) + module(x) * numbers
        for other in self.table["b"]:
            x = other(x)
        widths = tinygrad_edu.full((1,), float(self.size[0]), dtype=self.options.dtype)
        return self.options.kind()(x).to(self.options.dtype) + widths


class Nested(nn.Module):
    """Containers in containers."""

    def __init__(self):
        super().__init__()
        block = nn.Sequential(OrderedDict(up=nn.Linear(4, 6), act=nn.ReLU(), down=nn.Linear(6, 4)))
        self.blocks = nn.ModuleList([nn.ModuleDict({"a": block, "b": Noisy(4)}), nn.Identity()])
        self.weights = nn.ParameterList([tinygrad_edu.ones(4), tinygrad_edu.full((4,), 0.5)])
        self.named = nn.ParameterDict({"x": nn.Parameter(tinygrad_edu.ones(4)), "text": "kept"})
        self.shift = nn.Buffer(tinygrad_edu.full((4,), 0.25))

    def forward(self, x):
        for name in self.blocks[0]:
            x = x + self.blocks[0][name](x)
        for weight in self.weights:
            x = x * weight
        return self.blocks[1](x) * self.named["x"] + self.shift


class Regular(nn.Module):
    """Normalization and dropout, which know training and evaluation."""

    def __init__(self):
        super().__init__()
        self.norm = nn.BatchNorm1d(4)
        self.dropout = nn.Dropout(0.5)

    def forward(self, x):
        return self.dropout(self.norm(x)).exp()


def local():
    """A class that is made in a function, and uses what is around it."""
    factor = tinygrad_edu.full((4,), 1.5)
    last = []

    def act(x):
        last.append(float(x.sum()))
        return F.silu(x) * factor

    class Local(nn.Module):
        def __init__(self, inner):
            super().__init__()
            self.inner = inner

        def forward(self, x):
            if self.inner is None:
                return act(x)
            return self.inner(x) + Local.name(self)

        def name(self):
            return len(type(self).__name__)

    return Local(Local(None))


def replaced():
    """Layers in which the user has put others."""
    model = nn.Sequential(
        nn.TransformerEncoder(nn.TransformerEncoderLayer(4, 2, 6, 0.0, batch_first=True), 2),
        nn.Linear(4, 4),
    )
    model[0].layers[1].linear1 = nn.Sequential(nn.Linear(4, 6), nn.Tanh())
    model[0].layers[0].norm2 = nn.Identity()
    model[0].layers[0].activation = F.gelu
    return model


def frozen():
    model = Derived(4)
    model.linear.weight.requires_grad_(False)
    return model


def in_evaluation():
    model = nn.Sequential(Regular(), Regular())
    model[0].norm(tinygrad_edu.rand(8, 4))
    model[1].eval()
    return model


def changed():
    """Options that were changed after a layer was made."""
    model = nn.Sequential(nn.Dropout(0.5), nn.LayerNorm(4), nn.ELU(), nn.LeakyReLU())
    model[0].p = 0.0
    model[1].eps = 0.1
    model[2].alpha = 2.0
    model[3].inplace = True
    model[3].note = "the user's own"
    return model


def double_gradient(parameter):
    with tinygrad_edu.no_grad():
        parameter.grad.mul_(2)


def hooked():
    """With hooks that change what flows."""
    model = nn.Sequential(nn.Linear(4, 4), nn.Tanh())
    model[0].register_forward_pre_hook(lambda module, args: (args[0] * 2,))
    model[0].register_forward_hook(
        lambda module, args, kwargs, output: F.relu(output), with_kwargs=True
    )
    model[0].weight.register_hook(lambda grad: tinygrad_edu.clamp(grad, -0.3, 0.3))
    model[0].bias.register_post_accumulate_grad_hook(double_gradient)
    model[0].bias.requires_grad_(False)
    model[0].bias.requires_grad_()
    model[1].register_full_backward_hook(lambda module, given, got: (given[0] * 3,))
    return model


def without_source():
    """A class of which there is no file."""
    names = {"nn": nn, "__name__": "typed_in"}
    exec(
        "class Typed(nn.Module):\n"
        "    def forward(self, x):\n"
        "        return nn.functional.relu(x) + x",
        names,
    )
    return names["Typed"]()


class Symmetric(nn.Module):
    """A parametrization of the user's."""

    def forward(self, x):
        return (x + x.T) / 2


class Averages(nn.Module):
    """Made of weights that are computed from others."""

    def __init__(self):
        super().__init__()
        of = nn.utils.parametrizations
        self.lengths = of.weight_norm(nn.Linear(4, 4))
        self.spectral = of.spectral_norm(Noisy(4))
        self.orthogonal = of.orthogonal(nn.Linear(4, 4))
        self.symmetric = nn.Linear(4, 4)
        nn.utils.parametrize.register_parametrization(self.symmetric, "weight", Symmetric())
        nn.utils.parametrize.register_parametrization(self.symmetric, "bias", nn.Tanh())
        self.averaged = tinygrad_edu.optim.swa_utils.AveragedModel(nn.Linear(4, 4))

    def forward(self, x):
        x = self.averaged(self.symmetric(self.orthogonal(x)))
        return self.lengths(x) + self.spectral(x)


class Abstract(abc.ABC, nn.Module, Generic[Kind]):
    """To be derived from, which is written down by the class itself."""

    names: ClassVar[list[str]] = []

    def __init_subclass__(cls, **options):
        super().__init_subclass__(**options)
        Abstract.names.append(cls.__name__)

    def __setattr__(self, name, value):
        super().__setattr__(name, value)

    def __call__(self, x):
        return super().__call__(x) * len(self.names)

    @abc.abstractmethod
    def act(self, x): ...

    def forward(self, x):
        return self.act(x)


@dataclasses.dataclass(frozen=True, slots=True)
class Frozen:
    activation: object = F.relu


class Way(enum.Enum):
    UP = "up"
    DOWN = "down"


class Concrete(Abstract[int]):
    def __init__(self):
        super().__init__()
        self.hidden = Frozen()
        self.way = Way.UP
        self.part = self.Part()
        self.part.whole = [self]  # which is a circle
        self.seen = Counter([1, 1, 2])

    class Part(nn.Module):
        def forward(self, x):
            whole = self.whole[0]
            return whole.hidden.activation(x) if whole.way is Way.UP else x

    def act(self, x):
        with self.recorded("act"):
            return self.part(x) + self.seen[1]

    @contextlib.contextmanager
    def recorded(self, name):
        global CALLS
        CALLS += 1
        with tinygrad_edu.enable_grad():
            yield


CALLS = 0


def recurrent():
    model = nn.ModuleList([nn.LSTM(4, 4, 2, batch_first=True), nn.MultiheadAttention(4, 2)])

    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.parts = model

        def forward(self, x):
            y, _ = self.parts[0](x)
            return self.parts[1](y, y, y)[0]

    return Model()


MODELS = {
    "Functions": Functions, "Helped": Helped, "Importing": Importing,
    "Widening": Widening, "Derived": lambda: Derived(4),
    "Noisy": lambda: Noisy(4), "Shared": Shared, "Configured": lambda: Configured(Options()),
    "Nested": Nested, "Regular": Regular, "local": local, "replaced": replaced, "frozen": frozen,
    "in_evaluation": in_evaluation, "changed": changed, "hooked": hooked,
    "without_source": without_source, "Averages": Averages, "Concrete": Concrete,
    "recurrent": recurrent,
}  # fmt: skip
