"""Softmax and cross-entropy: by hand, stably, and what nn has for them."""

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F


def softmax(x):
    return np.exp(x) / np.sum(np.exp(x), axis=0)


print("softmax numpy:", softmax(np.array([2.0, 1.0, 0.1])))
print("softmax torch:", torch.softmax(torch.tensor([2.0, 1.0, 0.1]), dim=0))

logits = torch.tensor([[2.0, 1.0, 0.1], [0.5, 2.5, 0.3], [-1.0, 0.0, 4.0]], requires_grad=True)
target = torch.tensor([0, 1, 1])

# Large numbers overflow, unless the largest is taken away first.
big = torch.tensor([1000.0, 1001.0])
print(big.exp() / big.exp().sum(), (big - big.max()).exp() / (big - big.max()).exp().sum())
print(torch.logsumexp(big, 0), F.log_softmax(big, dim=0))

# Four ways to one number.
log_p = logits - logits.exp().sum(1, keepdim=True).log()
ways = [
    -log_p[torch.arange(3), target].mean(),
    -log_p.gather(1, target.unsqueeze(1)).mean(),
    -(F.one_hot(target, num_classes=3) * log_p).sum(dim=1).mean(),
    nn.NLLLoss()(nn.LogSoftmax(dim=1)(logits), target),
]
print([f"{way.item():.4f}" for way in ways], nn.CrossEntropyLoss()(logits, target))

# The gradient is softmax minus one-hot.
loss = F.cross_entropy(logits, target)
loss.backward()
print(logits.grad)
by_hand = (logits.detach().softmax(1) - F.one_hot(target, 3)) / 3
print(by_hand, torch.allclose(by_hand, logits.grad))

# What cross_entropy can besides.
print(F.cross_entropy(logits, target, reduction="none"))
print(F.cross_entropy(logits, target, weight=torch.tensor([1.0, 2.0, 0.5])))
print(F.cross_entropy(logits, torch.tensor([0, -100, 2])))
print(F.cross_entropy(logits, target, label_smoothing=0.1))
soft = torch.tensor([[0.7, 0.2, 0.1], [0.1, 0.8, 0.1], [0.2, 0.3, 0.5]])
print(
    F.cross_entropy(logits, soft), F.kl_div(F.log_softmax(logits, 1), soft, reduction="batchmean")
)
image_logits = torch.arange(24.0).view(1, 3, 2, 4).cos()
print(F.cross_entropy(image_logits, torch.tensor([[[0, 1, 2, 0], [1, 1, 0, 2]]])))

# Two classes: sigmoid is a softmax over (z, 0).
z = torch.tensor([-1.5, 0.0, 2.0])
print(torch.sigmoid(z), F.softmax(torch.stack([z, torch.zeros_like(z)], 1), 1)[:, 0])
print(F.binary_cross_entropy(torch.sigmoid(z), torch.tensor([0.0, 1.0, 1.0])))
_, predictions = torch.max(logits, 1)
print(predictions, (predictions == target).float().mean())
for temperature in (0.5, 1.0, 5.0):
    print(temperature, F.softmax(logits[0] / temperature, dim=-1).data.numpy().round(3))
try:
    F.cross_entropy(logits, torch.tensor([0, 1, 5]))
except IndexError as error:
    print("error:", error)
