"""Activation functions: values, slopes, and what they do to the gradients of a deep net."""

import torch
import torch.nn as nn
import torch.nn.functional as F

x = torch.linspace(-3, 3, 7, dtype=torch.float64, requires_grad=True)
functions = {
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": F.relu,
    "leaky_relu": lambda z: F.leaky_relu(z, 0.1),
    "elu": F.elu,
    "selu": F.selu,
    "gelu": F.gelu,
    "silu": F.silu,
    "softplus": F.softplus,
    "hardtanh": F.hardtanh,
    "softsign": F.softsign,
    "relu6": F.relu6,
    "mish": F.mish,
    "hardswish": F.hardswish,
    "logsigmoid": F.logsigmoid,
}
for name, function in functions.items():
    x.grad = None
    value = function(x)
    value.sum().backward()
    print(f"{name:>10}", value.detach(), x.grad)

modules = [
    nn.ReLU(),
    nn.LeakyReLU(0.2),
    nn.PReLU(),
    nn.ELU(alpha=0.5),
    nn.GELU("tanh"),
    nn.Softmax(dim=-1),
]
for module in modules:
    print(module, module(torch.tensor([-1.0, 0.0, 1.5])))


class Swish(nn.Module):
    """x * sigmoid(beta x), with a beta that is learnt."""

    def __init__(self, beta=1.0):
        super().__init__()
        self.beta = nn.Parameter(torch.tensor(beta))

    def forward(self, x):
        return x * torch.sigmoid(self.beta * x)

    def extra_repr(self):
        return f"beta={self.beta.item():.1f}"


def deep(activation, depth=8, width=16):
    layers = []
    for _ in range(depth):
        layers += [nn.Linear(width, width), activation()]
    return nn.Sequential(*layers, nn.Linear(width, 1))


print(deep(Swish, depth=2))
batch = torch.randn(32, 16, generator=torch.Generator().manual_seed(7))
for activation in (nn.Sigmoid, nn.Tanh, nn.ReLU, Swish):
    torch.manual_seed(0)
    net = deep(activation)
    net(batch).pow(2).mean().backward()
    norms = [layer.weight.grad.norm().item() for layer in net if isinstance(layer, nn.Linear)]
    print(f"{activation.__name__:>8}: first/last gradient {norms[0] / norms[-1]:.2e}")

# How many ReLUs are dead?
torch.manual_seed(0)
net = nn.Sequential(nn.Linear(16, 50), nn.ReLU())
with torch.no_grad():
    net[0].bias -= 1.5
    out = net(batch)
dead = (out <= 0).all(dim=0)
print("dead:", dead.sum().item(), "of", dead.numel(), dead.nonzero().flatten()[:5])
