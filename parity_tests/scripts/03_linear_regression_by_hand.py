"""Linear regression, its gradient worked out on paper, then by autograd; both must agree."""

import torch

torch.manual_seed(0)
torch.set_printoptions(precision=3, sci_mode=False)

true_w, true_b = torch.tensor([2.0, -3.4]), 4.2


def synthetic_data(w, b, num_examples):
    """y = Xw + b + noise."""
    X = torch.normal(0, 1, (num_examples, len(w)))
    y = torch.matmul(X, w) + b
    y += torch.normal(0, 0.01, y.shape)
    return X, y.reshape((-1, 1))


features, labels = synthetic_data(true_w, true_b, 200)
print("features:", features[0], "\nlabel:", labels[0])
print(features.mean(0), features.std(0), labels.mean())


def data_iter(batch_size, features, labels):
    indices = torch.randperm(len(features))
    for i in range(0, len(features), batch_size):
        batch = indices[i : min(i + batch_size, len(features))]
        yield features[batch], labels[batch]


def linreg(X, w, b):
    return X @ w + b


def squared_loss(y_hat, y):
    return (y_hat - y.reshape(y_hat.shape)) ** 2 / 2


def sgd(params, lr, batch_size):
    with torch.no_grad():
        for param in params:
            param -= lr * param.grad / batch_size
            param.grad.zero_()


# By hand, on the whole set.
w, b = torch.zeros(2, 1), torch.zeros(1)
for epoch in range(5):
    error = linreg(features, w, b) - labels
    grad_w = features.T @ error / len(features)
    grad_b = error.mean()
    w, b = w - 0.5 * grad_w, b - 0.5 * grad_b
    print(f"epoch {epoch + 1}, loss {error.pow(2).mean() / 2:.5f}")
print("by hand:", w.flatten(), b)

# By autograd, in batches.
w = torch.normal(0, 0.01, size=(2, 1), requires_grad=True)
b = torch.zeros(1, requires_grad=True)
print(w, b)
lr, batch_size = 0.05, 10
for epoch in range(3):
    for X, y in data_iter(batch_size, features, labels):
        loss = squared_loss(linreg(X, w, b), y)
        loss.sum().backward()
        sgd([w, b], lr, batch_size)
    with torch.no_grad():
        train_loss = squared_loss(linreg(features, w, b), labels)
        print(f"epoch {epoch + 1}, loss {float(train_loss.mean()):f}")
print("error in w:", true_w - w.detach().reshape(true_w.shape))
print("error in b:", true_b - b.detach())

# The answer without steps: least squares.
ones = torch.ones(len(features), 1)
solution = torch.linalg.lstsq(torch.cat([features, ones], 1), labels).solution
print("least squares:", solution.squeeze())
