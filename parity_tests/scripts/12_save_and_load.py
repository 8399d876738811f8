"""Saving and loading: the weights, a checkpoint with the optimizer, and going on from it."""

import copy
import os
import tempfile

import torch
import torch.nn as nn
import torch.optim as optim


class Model(nn.Module):
    def __init__(self, n_input_features=6):
        super().__init__()
        self.linear = nn.Linear(n_input_features, 4, bias=False)  # the norm takes a mean away
        self.norm = nn.BatchNorm1d(4)
        self.out = nn.Linear(4, 1)
        self.register_buffer("steps", torch.tensor(0))

    def forward(self, x):
        if self.training:
            self.steps += 1
        return self.out(torch.relu(self.norm(self.linear(x))))


def train(model, optimizer, data, epochs):
    x, y = data
    losses = []
    for _ in range(epochs):
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(model(x), y)
        loss.backward()
        optimizer.step()
        losses.append(f"{loss.item():.4f}")
    return losses


torch.manual_seed(0)
x = torch.randn(20, 6)
data = x, x.sum(1, keepdim=True).sin()
model = Model()
optimizer = optim.Adam(model.parameters(), lr=0.01)
print("Model's state_dict:")
for param_tensor in model.state_dict():
    print(param_tensor, "\t", model.state_dict()[param_tensor].size())
print("Optimizer's state_dict:")
for var_name in optimizer.state_dict():
    print(var_name, "\t", optimizer.state_dict()[var_name])
print(train(model, optimizer, data, 5))

folder = tempfile.mkdtemp()
FILE = os.path.join(folder, "model.pth")
torch.save(model.state_dict(), FILE)
loaded_model = Model(n_input_features=6)
print(loaded_model.load_state_dict(torch.load(FILE, weights_only=True)))
loaded_model.eval()
model.eval()
print(torch.equal(loaded_model(x), model(x)), loaded_model.steps, loaded_model.norm.running_mean)

checkpoint = {
    "epoch": 5,
    "model_state": model.state_dict(),
    "optim_state": optimizer.state_dict(),
    "best": float("inf"),
}
torch.save(checkpoint, os.path.join(folder, "checkpoint.pth"))
best = copy.deepcopy(model.state_dict())
model.train()
print("goes on:  ", train(model, optimizer, data, 3))

checkpoint = torch.load(os.path.join(folder, "checkpoint.pth"), map_location=torch.device("cpu"))
print(sorted(checkpoint), checkpoint["epoch"], checkpoint["best"])
again = Model()
other = optim.Adam(again.parameters(), lr=1)
again.load_state_dict(checkpoint["model_state"])
other.load_state_dict(checkpoint["optim_state"])
print("as before:", train(again.train(), other, data, 3), other.param_groups[0]["lr"])
print(other.state_dict()["state"][0]["step"], list(other.state_dict()["state"][0]))

# What does not fit.
try:
    Model(7).load_state_dict(best)
except RuntimeError as error:
    print(error)
partial = {k: v for k, v in best.items() if "norm" not in k}
print(Model().load_state_dict(partial, strict=False))
torch.save([torch.arange(3), {"a": 1.5}], os.path.join(folder, "list.pt"))
print(torch.load(os.path.join(folder, "list.pt")))
for name in sorted(os.listdir(folder)):
    os.remove(os.path.join(folder, name))
    print("removed", name)
os.rmdir(folder)
