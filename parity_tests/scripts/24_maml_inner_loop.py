"""Learning to learn: MAML on sine waves; the outer gradient goes through the inner steps."""

import math
from collections import OrderedDict

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.func import functional_call, grad, vmap

torch.manual_seed(10)
torch.set_default_dtype(torch.float64)


class SineTask:
    def __init__(self):
        self.amplitude = torch.empty(1).uniform_(0.5, 3.0).item()
        self.phase = torch.rand(1).item() * math.pi

    def sample(self, k):
        x = torch.rand(k, 1) * 10 - 5
        return x, self.amplitude * torch.sin(x + self.phase)


model = nn.Sequential(
    OrderedDict(
        [
            ("l1", nn.Linear(1, 24)),
            ("relu1", nn.ReLU()),
            ("l2", nn.Linear(24, 24)),
            ("relu2", nn.ReLU()),
            ("l3", nn.Linear(24, 1)),
        ]
    )
)
print(model)


def forward(x, weights):
    """The model with other weights, written out."""
    x = F.relu(F.linear(x, weights["l1.weight"], weights["l1.bias"]))
    x = F.relu(F.linear(x, weights["l2.weight"], weights["l2.bias"]))
    return F.linear(x, weights["l3.weight"], weights["l3.bias"])


def inner_loop(task, weights, steps=2, lr=0.02, K=10):
    temp = OrderedDict(weights)
    for _ in range(steps):
        x, y = task.sample(K)
        loss = F.mse_loss(forward(x, temp), y) / K
        grads = torch.autograd.grad(loss, temp.values(), create_graph=True)
        temp = OrderedDict((name, w - lr * g) for (name, w), g in zip(temp.items(), grads))
    x, y = task.sample(K)
    return F.mse_loss(functional_call(model, temp, (x,)), y)


meta_optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
weights = OrderedDict(model.named_parameters())
for iteration in range(25):
    tasks = [SineTask() for _ in range(4)]
    meta_loss = torch.stack([inner_loop(task, weights) for task in tasks]).mean()
    meta_grads = torch.autograd.grad(meta_loss, list(weights.values()))
    for w, g in zip(weights.values(), meta_grads):
        w.grad = g
    meta_optimizer.step()
    if iteration % 5 == 4:
        print(f"iteration {iteration + 1}: meta loss {meta_loss.item():.4f}")

# First order: the gradient at the adapted weights, taken for that at the first.
task = SineTask()
x, y = task.sample(10)
params = {name: p.detach() for name, p in model.named_parameters()}


def compute_loss(params, x, y):
    return F.mse_loss(functional_call(model, params, (x,)), y)


grads = grad(compute_loss)(params, x, y)
adapted = {name: params[name] - 0.01 * grads[name] for name in params}
print(f"before {compute_loss(params, x, y):.4f}, after one step {compute_loss(adapted, x, y):.4f}")
print({name: tuple(g.shape) for name, g in grads.items()})

# A gradient for each example, at once and one by one.
per_example = vmap(grad(compute_loss), in_dims=(None, 0, 0))(params, x, y)
print({name: tuple(g.shape) for name, g in per_example.items()})
one_by_one = torch.stack([grad(compute_loss)(params, x[i], y[i])["l2.weight"] for i in range(10)])
print(torch.allclose(per_example["l2.weight"], one_by_one))
print(torch.allclose(per_example["l1.bias"].mean(0), grads["l1.bias"]))
