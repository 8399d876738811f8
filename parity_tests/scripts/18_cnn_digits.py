"""A convolutional network on scikit-learn's digits, with a picture of the loss."""

import os
import tempfile

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset

device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
torch.manual_seed(7)
num_epochs, batch_size, learning_rate = 3, 64, 0.01
digits = load_digits()
images = torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 16.0
labels = torch.tensor(digits.target)
mean, std = images.mean(), images.std()
images = (images - mean) / std
train_dataset = TensorDataset(images[:800], labels[:800])
test_dataset = TensorDataset(images[800:1100], labels[800:1100])
train_loader = DataLoader(train_dataset, batch_size=batch_size, shuffle=True)
test_loader = DataLoader(test_dataset, batch_size=100, shuffle=False)
example_data, example_targets = next(iter(test_loader))
print(example_data.shape, example_targets[:10], f"{mean:.3f} {std:.3f}")


class ConvNet(nn.Module):
    def __init__(self):
        super(ConvNet, self).__init__()
        self.conv1 = nn.Conv2d(1, 6, 3, padding=1)
        self.pool = nn.MaxPool2d(2, 2)
        self.conv2 = nn.Conv2d(6, 12, kernel_size=(3, 3), padding="same", bias=False)
        self.bn = nn.BatchNorm2d(12)
        self.fc1 = nn.Linear(12 * 2 * 2, 32)
        self.fc2 = nn.Linear(32, 10)

    def forward(self, x):
        x = self.pool(F.relu(self.conv1(x)))  # -> n, 6, 4, 4
        x = F.max_pool2d(F.relu(self.bn(self.conv2(x))), 2)  # -> n, 12, 2, 2
        x = x.view(-1, 12 * 2 * 2)
        x = F.relu(self.fc1(x))
        return self.fc2(x)


model = ConvNet().to(device)
print(model)
criterion = nn.CrossEntropyLoss()
optimizer = optim.SGD(model.parameters(), lr=learning_rate, momentum=0.9, nesterov=True)
history = []
n_total_steps = len(train_loader)
for epoch in range(num_epochs):
    model.train()
    running_loss, correct = 0.0, 0
    for i, (images, labels) in enumerate(train_loader):
        images, labels = images.to(device), labels.to(device)
        outputs = model(images)
        loss = criterion(outputs, labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        running_loss += loss.item()
        correct += (outputs.argmax(1) == labels).type(torch.float).sum().item()
        history.append(loss.item())
        if (i + 1) % 6 == 0:
            print(
                f"Epoch [{epoch + 1}/{num_epochs}], Step [{i + 1}/{n_total_steps}], "
                f"Loss: {loss.item():.4f}"
            )
    print(
        f"train loss {running_loss / n_total_steps:.4f}, "
        f"accuracy {100 * correct / len(train_dataset):.1f}%"
    )

model.eval()
with torch.no_grad():
    n_class_correct, n_class_samples = [0] * 10, [0] * 10
    for images, labels in test_loader:
        _, predicted = torch.max(model(images).data, 1)
        for label, pred in zip(labels, predicted):
            n_class_correct[label] += (label == pred).item()
            n_class_samples[label] += 1
    print(f"Accuracy of the network: {100.0 * sum(n_class_correct) / sum(n_class_samples):.1f} %")
    for i in range(10):
        print(f"Accuracy of {i}: {100.0 * n_class_correct[i] / n_class_samples[i]:.0f} %")

with tempfile.TemporaryDirectory() as folder:
    figure, (left, right) = plt.subplots(1, 2)
    left.plot(history)
    right.imshow(example_data[0].squeeze(), cmap="gray")
    path = os.path.join(folder, "loss.png")
    plt.savefig(path)
    print("picture written:", os.path.getsize(path) > 1000)
