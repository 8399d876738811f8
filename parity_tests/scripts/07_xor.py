"""XOR: a line cannot do it, two layers can."""

import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim

torch.manual_seed(3)
X = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
Y = torch.tensor([[0.0], [1.0], [1.0], [0.0]])


class XOR(nn.Module):
    def __init__(self, input_dim=2, output_dim=1, hidden=4):
        super().__init__()
        self.lin1 = nn.Linear(input_dim, hidden)
        self.lin2 = nn.Linear(hidden, output_dim)

    def forward(self, x):
        x = torch.tanh(self.lin1(x))
        return self.lin2(x)


def weights_init(model):
    for m in model.modules():
        if isinstance(m, nn.Linear):
            m.weight.data.normal_(0, 1)


def train(model, epochs, lr):
    optimizer = optim.SGD(model.parameters(), lr=lr, momentum=0.9)
    for i in range(epochs):
        optimizer.zero_grad()
        out = model(X)
        loss = F.binary_cross_entropy_with_logits(out, Y)
        loss.backward()
        optimizer.step()
        if i % 50 == 49:
            print("Epoch: {0}, Loss: {1:.4f}".format(i + 1, loss.item()))


print("A line:")
line = nn.Linear(2, 1)
train(line, 100, 0.5)
print(torch.sigmoid(line(X)).detach().squeeze().round(decimals=2))

print("Two layers:")
model = XOR()
weights_init(model)
print(model)
train(model, 200, 0.3)
with torch.no_grad():
    probability = torch.sigmoid(model(X))
    for x, p, y in zip(X, probability, Y):
        print(x.tolist(), f"-> {p.item():.2f}", int(p > 0.5), bool((p > 0.5) == y))
print("correct:", ((probability > 0.5).float() == Y).all().item())
print([tuple(p.size()) for p in model.parameters()], sum(p.numel() for p in model.parameters()))
hidden = torch.tanh(model.lin1(X))
print("hidden signs:\n", hidden.sign().int())
