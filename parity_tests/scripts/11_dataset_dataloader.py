"""Datasets and loaders: of one's own, of tensors, split, weighted, sampled, padded, endless."""

import csv
import math
import os
import tempfile

import numpy as np
import torch
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import (
    ConcatDataset,
    DataLoader,
    Dataset,
    IterableDataset,
    Subset,
    TensorDataset,
    WeightedRandomSampler,
    random_split,
)


class WineDataset(Dataset):
    """A csv file, its first column the class."""

    def __init__(self, path, transform=None):
        xy = np.loadtxt(path, delimiter=",", dtype=np.float32, skiprows=1)
        self.n_samples = xy.shape[0]
        self.x_data, self.y_data = xy[:, 1:], xy[:, [0]]
        self.transform = transform

    def __getitem__(self, index):
        sample = self.x_data[index], self.y_data[index]
        return self.transform(sample) if self.transform else sample

    def __len__(self):
        return self.n_samples


class ToTensor:
    def __call__(self, sample):
        inputs, targets = sample
        return torch.from_numpy(inputs), torch.from_numpy(targets)


class MulTransform:
    def __init__(self, factor):
        self.factor = factor

    def __call__(self, sample):
        inputs, targets = sample
        return inputs * self.factor, targets


class Compose:
    def __init__(self, transforms):
        self.transforms = transforms

    def __call__(self, sample):
        for transform in self.transforms:
            sample = transform(sample)
        return sample


class Numbers(IterableDataset):
    def __init__(self, n):
        self.n = n

    def __iter__(self):
        return iter(range(self.n))


def collate(batch):
    sequences, labels = zip(*batch)
    lengths = torch.tensor([len(s) for s in sequences])
    return pad_sequence(sequences, batch_first=True), lengths, torch.stack(labels)


if __name__ == "__main__":
    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "wine.csv")
        with open(path, "w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["class", "alcohol", "acid", "ash"])
            for _ in range(22):
                writer.writerow([rng.integers(1, 4), *rng.normal(size=3).round(2)])
        dataset = WineDataset(path, transform=Compose([ToTensor(), MulTransform(4)]))
    features, label = dataset[0]
    print(type(features).__name__, features, label)

    torch.manual_seed(5)
    loader = DataLoader(dataset=dataset, batch_size=4, shuffle=True, num_workers=0)
    total, n_iterations = len(dataset), math.ceil(len(dataset) / 4)
    print(total, n_iterations, len(loader))
    for epoch in range(2):
        for i, (inputs, labels) in enumerate(loader):
            if (i + 1) % 3 == 0:
                print(f"Epoch: {epoch + 1}, Step {i + 1}/{n_iterations}|", inputs.shape, labels.T)
    inputs, labels = next(iter(DataLoader(dataset, 3, drop_last=True)))
    print(inputs)

    data = TensorDataset(torch.arange(20).float().view(10, 2), torch.tensor([0] * 8 + [1] * 2))
    train, val, test = random_split(data, [6, 2, 2], generator=torch.Generator().manual_seed(42))
    print(len(train), val.indices, [y.item() for _, y in test])
    print([x.shape[0] for x, _ in DataLoader(ConcatDataset([train, Subset(data, [0, 9])]), 3)])
    weights = [1.0 / 8 if y == 0 else 1.0 / 2 for _, y in data]
    sampler = WeightedRandomSampler(weights, num_samples=12, replacement=True)
    for x, y in DataLoader(data, batch_size=6, sampler=sampler):
        print(y, x[:, 0])
    g = torch.Generator()
    g.manual_seed(0)
    sequences = [(torch.arange(n), torch.tensor(n % 2)) for n in (3, 1, 4, 2, 5)]
    for padded, lengths, labels in DataLoader(
        sequences, 2, shuffle=True, collate_fn=collate, generator=g
    ):
        print(padded, lengths, labels)
    print(list(DataLoader(Numbers(7), batch_size=3)))
    records = [{"id": i, "x": np.full(2, i), "name": f"n{i}"} for i in range(3)]
    print(next(iter(DataLoader(records, batch_size=3))))
