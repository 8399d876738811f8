"""Three spirals: softmax regression against a network with one hidden layer."""

import numpy as np
import torch
from torch import nn, optim

seed = 12345
np.random.seed(seed)
torch.manual_seed(seed)
N, D, C, H = 60, 2, 3, 40  # points of a class, dimensions, classes, hidden units
device = torch.device("cuda:0" if torch.cuda.is_available() else "cpu")

X = torch.zeros(N * C, D).to(device)
y = torch.zeros(N * C, dtype=torch.long).to(device)
for c in range(C):
    index = 0
    t = torch.linspace(0, 1, N)
    inner_var = (
        torch.linspace((2 * np.pi / C) * c, (2 * np.pi / C) * (2 + c), N) + torch.randn(N) * 0.1
    )
    for ix in range(N * c, N * (c + 1)):
        X[ix] = t[index] * torch.FloatTensor(
            (torch.sin(inner_var[index]), torch.cos(inner_var[index]))
        )
        y[ix] = c
        index += 1
print("Shapes:", X.size(), tuple(y.size()))
print(X[::40], y[::40], torch.bincount(y))


def accuracy(model):
    score, predicted = torch.max(model(X), 1)
    return (y == predicted).sum().float() / len(y)


def confusion(model):
    matrix = torch.zeros(C, C, dtype=torch.int64)
    for target, guess in zip(y, model(X).argmax(dim=-1)):
        matrix[target, guess] += 1
    return matrix


criterion = nn.CrossEntropyLoss()
models = {
    "linear": nn.Sequential(nn.Linear(D, C)),
    "mlp": nn.Sequential(nn.Linear(D, H), nn.ReLU(), nn.Linear(H, C)),
}
for name, model in models.items():
    model.to(device)
    optimizer = optim.Adam(model.parameters(), lr=3e-2, weight_decay=1e-5)
    for epoch in range(150):
        loss = criterion(model(X), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if epoch % 50 == 49:
            print(f"[{name}] epoch {epoch + 1} loss {loss.item():.3f} acc {accuracy(model):.2f}")
    print(model)
    print(confusion(model))

# The plane, point by point.
axis = torch.linspace(-1, 1, 7)
grid_x, grid_y = torch.meshgrid(axis, axis, indexing="xy")
points = torch.stack([grid_x.ravel(), grid_y.ravel()], dim=1)
with torch.no_grad():
    print(models["mlp"](points).argmax(1).view(7, 7))
    p = models["mlp"](points).softmax(dim=1)
    print(p.sum(1).allclose(torch.ones(49)), p.max().item() <= 1)
