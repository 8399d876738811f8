"""Batch-norm and dropout: what they do in training, what in evaluation, and both by hand."""

import torch
from torch import nn

torch.manual_seed(0)


def batch_norm(X, gamma, beta, moving_mean, moving_var, eps, momentum):
    """Batch-norm of rows or of images, from the definition."""
    if not torch.is_grad_enabled():
        X_hat = (X - moving_mean) / torch.sqrt(moving_var + eps)
    else:
        assert len(X.shape) in (2, 4)
        dims = (0,) if len(X.shape) == 2 else (0, 2, 3)
        mean = X.mean(dim=dims, keepdim=True)
        var = ((X - mean) ** 2).mean(dim=dims, keepdim=True)
        X_hat = (X - mean) / torch.sqrt(var + eps)
        moving_mean = momentum * moving_mean + (1.0 - momentum) * mean
        moving_var = momentum * moving_var + (1.0 - momentum) * var
    return gamma * X_hat + beta, moving_mean.data, moving_var.data


class BatchNorm(nn.Module):
    def __init__(self, num_features, num_dims):
        super().__init__()
        shape = (1, num_features) if num_dims == 2 else (1, num_features, 1, 1)
        self.gamma = nn.Parameter(torch.ones(shape))
        self.beta = nn.Parameter(torch.zeros(shape))
        self.register_buffer("moving_mean", torch.zeros(shape))
        self.register_buffer("moving_var", torch.ones(shape))

    def forward(self, X):
        Y, self.moving_mean, self.moving_var = batch_norm(
            X, self.gamma, self.beta, self.moving_mean, self.moving_var, 1e-5, 0.9
        )
        return Y


X = torch.randn(8, 3, 4, 4) * torch.tensor([1.0, 5.0, 0.2]).view(3, 1, 1) + 2
mine, theirs = BatchNorm(3, 4), nn.BatchNorm2d(3)
print("same:", torch.allclose(mine(X), theirs(X), atol=1e-5))
print(theirs.running_mean, theirs.running_var, theirs.num_batches_tracked)
print(mine.moving_mean.flatten(), mine.state_dict().keys())
print("normalized:", theirs(X).std(dim=(0, 2, 3), unbiased=False).detach())
theirs.eval()
print("in eval:", theirs(X).mean(dim=(0, 2, 3)).detach())


def dropout_layer(X, dropout):
    assert 0 <= dropout <= 1
    if dropout == 1:
        return torch.zeros_like(X)
    mask = (torch.rand(X.shape) > dropout).float()
    return mask * X / (1.0 - dropout)


ones = torch.arange(16.0).reshape(2, 8)
print(dropout_layer(ones, 0.0), dropout_layer(ones, 0.5), dropout_layer(ones, 1.0), sep="\n")
drop = nn.Dropout(p=0.25)
print(drop, drop(torch.ones(10)), drop.eval()(torch.ones(3)))
print(nn.Dropout2d(0.5)(torch.ones(1, 6, 2, 2)).sum(dim=(2, 3)))
print(nn.LayerNorm(4)(ones.view(-1, 4))[0], nn.GroupNorm(2, 4)(ones.view(4, 4))[1])


# A net with either, on one small problem.
class Net(nn.Module):
    def __init__(self, norm=False, p=0.0):
        super().__init__()
        self.fc1, self.fc2, self.fc3 = nn.Linear(4, 16), nn.Linear(16, 16), nn.Linear(16, 2)
        self.bn = nn.BatchNorm1d(16) if norm else nn.Identity()
        self.dropout = nn.Dropout(p)

    def forward(self, x):
        x = self.bn(self.fc1(x)).relu()
        x = self.dropout(self.fc2(x).relu())
        return self.fc3(x)


x = torch.randn(120, 4)
y = (x.prod(1) > 0).long()
for options in ({}, {"norm": True}, {"p": 0.3}, {"norm": True, "p": 0.3}):
    torch.manual_seed(1)
    net = Net(**options)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.2, momentum=0.8)
    for epoch in range(40):
        net.train()
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(net(x[:80]), y[:80])
        loss.backward()
        optimizer.step()
    net.eval()
    with torch.no_grad():
        accuracy = (net(x[80:]).argmax(1) == y[80:]).float().mean()
    print(options, f"loss {loss.item():.3f}, test accuracy {accuracy:.2f}", net.bn.training)
print(net)
