"""Logistic regression of breast cancer data: by hand, then with nn and the BCE losses."""

import torch
import torch.nn as nn
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

data = load_breast_cancer()
X_train, X_test, y_train, y_test = train_test_split(
    data.data, data.target, test_size=0.2, random_state=1234
)
scaler = StandardScaler()
X_train = torch.from_numpy(scaler.fit_transform(X_train)).float()
X_test = torch.from_numpy(scaler.transform(X_test)).float()
y_train = torch.from_numpy(y_train).float().view(-1, 1)
y_test = torch.tensor(y_test, dtype=torch.float32).view(y_test.shape[0], 1)
n_samples, n_features = X_train.shape
print(X_train.shape, y_train.shape, y_train.unique(return_counts=True))


# 1. By hand.
def sigmoid(z):
    return 1 / (1 + torch.exp(-z))


w = torch.zeros(n_features, 1)
b = torch.zeros(1)
for step in range(40):
    p = sigmoid(X_train @ w + b)
    w -= 0.1 * X_train.T @ (p - y_train) / n_samples
    b -= 0.1 * (p - y_train).mean()
    if step % 10 == 9:
        cost = -(y_train * p.log() + (1 - y_train) * (1 - p).log()).mean()
        print(f"step {step + 1:3d} cost {cost.item():.4f}")


# 2. A module with a sigmoid and BCELoss.
class LogisticRegression(nn.Module):
    def __init__(self, n_input_features):
        super(LogisticRegression, self).__init__()
        self.linear = nn.Linear(n_input_features, 1)

    def forward(self, x):
        return torch.sigmoid(self.linear(x))


torch.manual_seed(1)
model = LogisticRegression(n_features)
criterion = nn.BCELoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
for epoch in range(60):
    y_pred = model(X_train)
    loss = criterion(y_pred, y_train)
    loss.backward()
    optimizer.step()
    optimizer.zero_grad()
    if (epoch + 1) % 20 == 0:
        print(f"epoch: {epoch + 1}, loss = {loss.item():.4f}")
with torch.no_grad():
    y_pred_cls = model(X_test).round()
    acc = y_pred_cls.eq(y_test).sum() / float(y_test.shape[0])
    print(f"accuracy = {acc:.4f}")

# 3. Logits, with the rarer class weighing more.
layer = nn.Linear(n_features, 1)
nn.init.zeros_(layer.weight)
nn.init.constant_(layer.bias, 0.5)
weight = (y_train == 1).sum() / (y_train == 0).sum()
loss_fn = nn.BCEWithLogitsLoss(pos_weight=1 / weight)
print(loss_fn, weight)
opt = torch.optim.Adam(layer.parameters(), lr=0.02, weight_decay=1e-3)
for epoch in range(40):
    opt.zero_grad(set_to_none=True)
    loss = loss_fn(layer(X_train), y_train)
    loss.backward()
    opt.step()
print(f"last loss {loss.item():.4f}")
pred = (layer(X_test) > 0).float()
tp = ((pred == 1) & (y_test == 1)).sum()
fp = ((pred == 1) & (y_test == 0)).sum()
fn = torch.logical_and(pred == 0, y_test == 1).sum().item()
print(f"precision {tp / (tp + fp):.3f} recall {(tp / (tp + fn)).item():.3f}", tp, fp, fn)
_, order = layer.weight.abs().flatten().topk(3)
print("strongest features:", [str(data.feature_names[i]) for i in order])
