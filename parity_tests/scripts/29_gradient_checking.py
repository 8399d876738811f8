"""Checking gradients: finite differences against autograd, for custom Functions and a network."""

import torch
import torch.nn as nn
from torch.autograd import Function, gradcheck, gradgradcheck

torch.manual_seed(0)
torch.set_default_dtype(torch.float64)


class Swish(Function):
    @staticmethod
    def forward(ctx, x, beta):
        s = torch.sigmoid(beta * x)
        ctx.save_for_backward(x, beta)
        return x * s

    @staticmethod
    def backward(ctx, grad_output):
        x, beta = ctx.saved_tensors
        s = torch.sigmoid(beta * x)
        inner = s * (1 - s)
        grad_x = grad_output * (s + beta * x * inner)
        grad_beta = (grad_output * x * x * inner).sum() if ctx.needs_input_grad[1] else None
        return grad_x, grad_beta


class LinearFunction(Function):
    @staticmethod
    def forward(ctx, input, weight, bias=None):
        ctx.save_for_backward(input, weight, bias)
        output = input.mm(weight.t())
        if bias is not None:
            output += bias.unsqueeze(0).expand_as(output)
        return output

    @staticmethod
    def backward(ctx, grad_output):
        input, weight, bias = ctx.saved_tensors
        grad_input = grad_weight = grad_bias = None
        if ctx.needs_input_grad[0]:
            grad_input = grad_output.mm(weight)
        if ctx.needs_input_grad[1]:
            grad_weight = grad_output.t().mm(input)
        if bias is not None and ctx.needs_input_grad[2]:
            grad_bias = grad_output.sum(0)
        return grad_input, grad_weight, grad_bias


class WrongCube(Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x**3

    @staticmethod
    def backward(ctx, grad_output):
        (x,) = ctx.saved_tensors
        return grad_output * 2 * x**2  # should be 3


class Clip(Function):
    """The straight-through estimator: rounds, and lets the gradient pass inside of [-1, 1]."""

    @staticmethod
    def forward(ctx, x):
        ctx.mark_non_differentiable()
        ctx.inside = x.abs() <= 1
        return x.round()

    @staticmethod
    def backward(ctx, grad_output):
        return torch.where(ctx.inside, grad_output, 0.0)


class Linear(nn.Module):
    def __init__(self, input_features, output_features):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(output_features, input_features).uniform_(-0.1, 0.1))
        self.bias = nn.Parameter(torch.zeros(output_features))

    def forward(self, input):
        return LinearFunction.apply(input, self.weight, self.bias)

    def extra_repr(self):
        return "input_features={}, output_features={}".format(*self.weight.shape[::-1])


x = torch.randn(5, 3, requires_grad=True)
beta = torch.tensor(1.5, requires_grad=True)
print("swish:", gradcheck(Swish.apply, (x, beta), eps=1e-6, atol=1e-4))
print("swish twice:", gradgradcheck(Swish.apply, (x, beta)))
layer = Linear(3, 2)
print(layer, gradcheck(layer, x), layer(x).grad_fn is not None)
print("wrong:", gradcheck(WrongCube.apply, (x,), raise_exception=False))
try:
    gradcheck(WrongCube.apply, (torch.tensor([2.0], requires_grad=True),))
except RuntimeError as error:
    print(str(error).splitlines()[0])
z = torch.tensor([-1.4, -0.6, 0.2, 0.9, 3.0], requires_grad=True)
Clip.apply(z).sum().backward()
print(Clip.apply(z), z.grad)


def numerical_gradient(f, parameter, eps=1e-5):
    gradient = torch.zeros_like(parameter)
    flat, out = parameter.data.view(-1), gradient.view(-1)
    for i in range(flat.numel()):
        old = flat[i].item()
        flat[i] = old + eps
        plus = f().item()
        flat[i] = old - eps
        minus = f().item()
        flat[i] = old
        out[i] = (plus - minus) / (2 * eps)
    return gradient


net = nn.Sequential(Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))
target = torch.tensor([0, 1, 1, 0, 1])
f = lambda: nn.functional.cross_entropy(net(x), target)
f().backward()
for name, p in net.named_parameters():
    numeric = numerical_gradient(f, p)
    difference = (numeric - p.grad).norm() / (numeric + p.grad).norm()
    print(
        f"{name:>10} {p.grad.norm():.6f} relative difference below 1e-7: {bool(difference < 1e-7)}"
    )
