"""Transfer: a body learnt on one task, frozen, with a new head; then finely tuned."""

import copy

import torch
import torch.nn as nn
import torch.optim as optim
from sklearn.datasets import load_digits

torch.manual_seed(4)
digits = load_digits()
X = torch.as_tensor(digits.images / 16.0, dtype=torch.float32)[:, None]
y = torch.as_tensor(digits.target)


class SmallNet(nn.Module):
    def __init__(self, num_classes):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 8, 3, padding=1),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(2),
            nn.Conv2d(8, 16, 3, padding=1),
            nn.ReLU(inplace=True),
            nn.AdaptiveAvgPool2d((2, 2)),
        )
        self.classifier = nn.Sequential(nn.Dropout(0.1), nn.Linear(16 * 2 * 2, num_classes))

    def forward(self, x):
        return self.classifier(torch.flatten(self.features(x), 1))


def train_model(model, data, criterion, optimizer, scheduler=None, num_epochs=3):
    best_model_wts, best_acc = copy.deepcopy(model.state_dict()), 0.0
    (x, t), (x_val, t_val) = data
    for epoch in range(num_epochs):
        for phase in ["train", "val"]:
            model.train() if phase == "train" else model.eval()
            inputs, labels = (x, t) if phase == "train" else (x_val, t_val)
            running_loss, running_corrects = 0.0, 0
            for xb, tb in zip(inputs.split(50), labels.split(50)):
                optimizer.zero_grad()
                with torch.set_grad_enabled(phase == "train"):
                    outputs = model(xb)
                    _, preds = torch.max(outputs, 1)
                    loss = criterion(outputs, tb)
                    if phase == "train":
                        loss.backward()
                        optimizer.step()
                running_loss += loss.item() * xb.size(0)
                running_corrects += torch.sum(preds == tb.data)
            if phase == "train" and scheduler is not None:
                scheduler.step()
            epoch_acc = running_corrects.double() / len(labels)
            print(f"{epoch} {phase} Loss: {running_loss / len(labels):.4f} Acc: {epoch_acc:.3f}")
            if phase == "val" and epoch_acc > best_acc:
                best_acc, best_model_wts = epoch_acc, copy.deepcopy(model.state_dict())
    model.load_state_dict(best_model_wts)
    return model


few, many = y < 5, y >= 5
source = (X[many][:400], y[many][:400] - 5), (X[many][400:500], y[many][400:500] - 5)
target = (X[few][:100], y[few][:100]), (X[few][400:500], y[few][400:500])
criterion = nn.CrossEntropyLoss()

print("The source:")
model = SmallNet(5)
train_model(
    model, source, criterion, optim.SGD(model.parameters(), lr=0.2, momentum=0.9), num_epochs=4
)

print("Only a new head:")
frozen = copy.deepcopy(model)
for param in frozen.features.parameters():
    param.requires_grad = False
num_ftrs = frozen.classifier[-1].in_features
frozen.classifier[-1] = nn.Linear(num_ftrs, 5)
print([name for name, p in frozen.named_parameters() if p.requires_grad])
optimizer = optim.SGD(filter(lambda p: p.requires_grad, frozen.parameters()), lr=0.1, momentum=0.9)
train_model(
    frozen, target, criterion, optimizer, optim.lr_scheduler.StepLR(optimizer, 2, gamma=0.5)
)
same = [
    torch.equal(a, b) for a, b in zip(frozen.features.parameters(), model.features.parameters())
]
print("body as it was:", all(same), frozen.features[0].weight.grad)

print("Weights that fit, into another model:")
other = SmallNet(7)
pretrained = {k: v for k, v in model.state_dict().items() if v.shape == other.state_dict()[k].shape}
state = other.state_dict()
state.update(pretrained)
print(other.load_state_dict(state), sorted(set(state) - set(pretrained)))
other.requires_grad_(True)
groups = [
    {"params": other.features.parameters(), "lr": 1e-2},
    {"params": other.classifier.parameters()},
]
optimizer = optim.SGD(groups, lr=0.1, momentum=0.9)
train_model(other, target, criterion, optimizer, num_epochs=2)
print([(g["lr"], len(g["params"])) for g in optimizer.param_groups])
