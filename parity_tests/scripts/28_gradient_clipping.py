"""Clipping: a recurrent net whose gradients explode, clipped by norm, by value, and by hand."""

import math

import torch
import torch.nn as nn
from torch.nn.utils import (
    clip_grad_norm_,
    clip_grad_value_,
    parameters_to_vector,
    vector_to_parameters,
)
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence

torch.manual_seed(11)
torch.set_default_dtype(torch.float64)


class AddingProblem(nn.Module):
    """Sums the two numbers that are marked, from sequences of several lengths."""

    def __init__(self, hidden=16):
        super().__init__()
        self.rnn = nn.RNN(2, hidden, nonlinearity="relu", batch_first=True)
        self.head = nn.Linear(hidden, 1)
        nn.init.eye_(self.rnn.weight_hh_l0)
        self.rnn.weight_hh_l0.data.mul_(1.3)  # this explodes

    def forward(self, sequences, lengths):
        packed = pack_padded_sequence(sequences, lengths, batch_first=True, enforce_sorted=False)
        output, h_n = self.rnn(packed)
        unpacked, sizes = pad_packed_sequence(output, batch_first=True)
        last = unpacked[torch.arange(len(sizes)), sizes - 1]
        assert torch.equal(last, h_n[-1])
        return self.head(last).squeeze(-1)


def batch(n):
    sequences, targets, lengths = [], [], torch.randint(8, 13, (n,))
    for length in lengths:
        numbers, marks = torch.rand(int(length)), torch.zeros(int(length))
        marks[torch.randperm(int(length))[:2]] = 1
        sequences.append(torch.stack([numbers, marks], dim=-1))
        targets.append((numbers * marks).sum())
    return pad_sequence(sequences, batch_first=True), lengths, torch.stack(targets)


def total_norm(parameters, norm_type=2.0):
    if norm_type == math.inf:
        return max(p.grad.abs().max() for p in parameters)
    return torch.stack([p.grad.norm(norm_type) for p in parameters]).norm(norm_type)


x, lengths, y = batch(6)
print(x.shape, lengths, y)
for how in ("not", "norm", "value", "by hand"):
    torch.manual_seed(2)
    model = AddingProblem()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    for step in range(12):
        sequences, lengths, targets = batch(16)
        loss = nn.functional.mse_loss(model(sequences, lengths), targets)
        optimizer.zero_grad()
        loss.backward()
        before = total_norm(list(model.parameters()))
        if how == "norm":
            assert torch.allclose(clip_grad_norm_(model.parameters(), max_norm=0.5), before)
        elif how == "value":
            clip_grad_value_(model.parameters(), clip_value=0.1)
        elif how == "by hand":
            scale = 0.5 / (before + 1e-6)
            if scale < 1:
                for p in model.parameters():
                    p.grad *= scale
        after = total_norm(list(model.parameters()))
        if step % 4 == 3:
            print(
                f"{how:>8} step {step + 1:2d}: loss {loss.item():.3e} "
                f"norm {before:.3e} -> {after:.3e}"
            )
        if how == "not" and not torch.isfinite(loss):
            break
        if how != "not":
            optimizer.step()

vector = parameters_to_vector(model.parameters())
print(vector.shape, f"{vector.norm():.4f}", torch.isnan(vector).any())
with torch.no_grad():
    vector_to_parameters(vector * 0.5, model.parameters())
print(f"{parameters_to_vector(model.parameters()).norm():.4f}")
print("largest entry:", f"{total_norm(list(model.parameters()), math.inf):.4f}")
norms = {name: f"{p.grad.norm():.4f}" for name, p in model.named_parameters()}
print(norms)
try:
    clip_grad_norm_([nn.Parameter(torch.tensor(float("nan")))], 1.0, error_if_nonfinite=True)
    p = nn.Parameter(torch.ones(2))
    p.grad = torch.tensor([float("inf"), 1.0])
    clip_grad_norm_([p], 1.0, error_if_nonfinite=True)
except RuntimeError as error:
    print("error:", error)
