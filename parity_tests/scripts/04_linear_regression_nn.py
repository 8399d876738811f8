"""Linear regression with nn.Linear, nn.MSELoss and optim.SGD, and a model in a class of its own."""

import torch
from torch import nn

device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
print("Using device:", device)
torch.manual_seed(42)

weight, bias = 0.7, 0.3
X = torch.arange(0, 1, 0.02).unsqueeze(dim=1)
y = weight * X + bias
print(X[:5], y[:5], sep="\n")
split = int(0.8 * len(X))
X_train, y_train, X_test, y_test = X[:split], y[:split], X[split:], y[split:]
print(len(X_train), len(y_train), len(X_test), len(y_test))


class LinearRegressionModel(nn.Module):
    def __init__(self):
        super().__init__()
        self.weights = nn.Parameter(torch.randn(1, dtype=torch.float), requires_grad=True)
        self.bias = nn.Parameter(torch.randn(1, dtype=torch.float), requires_grad=True)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.weights * x + self.bias


model = LinearRegressionModel().to(device)
print(model)
print(list(model.parameters()))
print(model.state_dict())
with torch.inference_mode():
    print(model(X_test.to(device))[:3])

loss_fn = nn.L1Loss()
optimizer = torch.optim.SGD(params=model.parameters(), lr=0.01)
epoch_count, train_losses, test_losses = [], [], []
for epoch in range(60):
    model.train()
    y_pred = model(X_train)
    loss = loss_fn(y_pred, y_train)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    model.eval()
    with torch.inference_mode():
        test_loss = loss_fn(model(X_test), y_test)
    if epoch % 10 == 0:
        epoch_count.append(epoch)
        train_losses.append(loss.detach().numpy())
        test_losses.append(test_loss.item())
        print(f"Epoch: {epoch} | MAE Train Loss: {loss:.4f} | MAE Test Loss: {test_loss:.4f}")
print(epoch_count, [f"{t:.3f}" for t in train_losses])
print({k: round(v.item(), 3) for k, v in model.state_dict().items()})

# The same with a layer, and a squared loss.
net = nn.Sequential(nn.Linear(1, 1))
net[0].weight.data.normal_(0, 0.01)
net[0].bias.data.fill_(0)
print(net, net[0].weight.shape)
criterion = nn.MSELoss()
trainer = torch.optim.SGD(net.parameters(), lr=0.3)
print(trainer)
for epoch in range(1, 31):
    trainer.zero_grad()
    loss = criterion(net(X_train), y_train)
    loss.backward()
    trainer.step()
    if epoch % 10 == 0:
        print(f"epoch [{epoch}/30], loss: {loss.item():.4f}")
for name, param in net.named_parameters():
    print(name, param.requires_grad, [round(p, 2) for p in param.data.flatten().tolist()])
