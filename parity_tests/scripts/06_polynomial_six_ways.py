"""A cubic fitted to sin(x): tensors, autograd, a custom Function, nn, optim, a dynamic graph."""

import math
import random

import torch

torch.manual_seed(0)
dtype = torch.float64
x = torch.linspace(-math.pi, math.pi, 500, dtype=dtype)
y = torch.sin(x)

# 1. Tensors, and a backward pass by hand.
a, b, c, d = torch.randn(4, dtype=dtype).unbind()
learning_rate = 1e-6 * 4
for t in range(200):
    y_pred = a + b * x + c * x**2 + d * x**3
    loss = (y_pred - y).pow(2).sum().item()
    if t % 50 == 49:
        print(t, round(loss, 3))
    grad_y_pred = 2.0 * (y_pred - y)
    a = a - learning_rate * grad_y_pred.sum()
    b = b - learning_rate * (grad_y_pred * x).sum()
    c = c - learning_rate * (grad_y_pred * x**2).sum()
    d = d - learning_rate * (grad_y_pred * x**3).sum()
print(f"Result: y = {a.item():.4f} + {b.item():.4f} x + {c.item():.4f} x^2 + {d.item():.4f} x^3")

# 2. Autograd.
params = [torch.randn((), dtype=dtype, requires_grad=True) for _ in range(4)]
for _ in range(100):
    loss = (sum(p * x**k for k, p in enumerate(params)) - y).pow(2).sum()
    loss.backward()
    with torch.no_grad():
        for p in params:
            p -= learning_rate * p.grad
            p.grad = None
print(loss.item(), params, sep="\n")


# 3. A custom Function: the third Legendre polynomial.
class LegendrePolynomial3(torch.autograd.Function):
    @staticmethod
    def forward(ctx, input):
        ctx.save_for_backward(input)
        return 0.5 * (5 * input**3 - 3 * input)

    @staticmethod
    def backward(ctx, grad_output):
        (input,) = ctx.saved_tensors
        return grad_output * 1.5 * (5 * input**2 - 1)


P3 = LegendrePolynomial3.apply
coefs = [torch.full((), v, dtype=dtype, requires_grad=True) for v in (0.0, -1.0, 0.0, 0.3)]
for _ in range(100):
    loss = (coefs[0] + coefs[1] * P3(coefs[2] + coefs[3] * x) - y).pow(2).sum()
    loss.backward()
    with torch.no_grad():
        for p in coefs:
            p -= 5e-6 * p.grad
            p.grad.zero_()
print(f"Legendre: {loss.item():.3f}", [f"{p.item():.3f}" for p in coefs[1::2]])

# 4 and 5. nn and optim.
xx = x.unsqueeze(-1).pow(torch.tensor([1, 2, 3]))
model = torch.nn.Sequential(torch.nn.Linear(3, 1), torch.nn.Flatten(0, 1)).double()
loss_fn = torch.nn.MSELoss(reduction="sum")
optimizer = torch.optim.RMSprop(model.parameters(), lr=1e-2)
for t in range(150):
    loss = loss_fn(model(xx), y)
    if t % 50 == 49:
        print(t, f"{loss.item():.3f}")
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print(model[0].bias.shape, model[0].weight[:, 1].shape)


# 6. Control flow and weight sharing.
class DynamicNet(torch.nn.Module):
    def __init__(self):
        super().__init__()
        for name in "abcde":
            setattr(self, name, torch.nn.Parameter(torch.randn(())))

    def forward(self, x):
        y = self.a + self.b * x + self.c * x**2 + self.d * x**3
        for exp in range(4, random.randint(4, 6)):
            y = y + self.e * x**exp
        return y

    def string(self):
        return f"y = {self.a.item():.3f} + {self.b.item():.3f} x + ... + {self.e.item():.3f} x^4 ?"


random.seed(1)
net = DynamicNet().to(dtype)
optimizer = torch.optim.SGD(net.parameters(), lr=1e-8, momentum=0.9)
for t in range(100):
    loss = loss_fn(net(x), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print(f"{loss.item():.2f}", net.string(), len(list(net.parameters())))
