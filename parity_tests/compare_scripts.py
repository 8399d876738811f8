"""The scripts with which the tests of ``tinygrad-edu compare`` begin."""

from __future__ import annotations

#: In a script: whether it runs on PyTorch.
ON_TORCH = 'hasattr(torch, "_C")'

#: A script that trains, with places for a line more.
TRAINING = """
import sys
import torch
from torch import nn

model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
x, y = torch.randn(8, 3), torch.randn(8, 1)
for step in range(5):
    loss = nn.functional.mse_loss(model(x), y)
    optimizer.zero_grad()
    loss.backward()
    # after backward
    optimizer.step()
    # after step
    print(step, f"{loss.item():.3f}")
"""


def with_line(place: str, line: str) -> str:
    """The script above with a line in the place of a comment, or at its end."""
    if place == "at the end":
        return f"{TRAINING}\n{line}\n"
    return TRAINING.replace(f"# {place}", line)
