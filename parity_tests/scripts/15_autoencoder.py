"""Autoencoders of digits: a plain one, and a convolutional one that removes noise."""

import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
digits = torch.tensor(load_digits().images[:400], dtype=torch.float32) / 16
loader = DataLoader(TensorDataset(digits), batch_size=50, shuffle=True)
print(digits.shape, torch.min(digits), torch.max(digits))


class Autoencoder(nn.Module):
    def __init__(self, code=8):
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Linear(64, 32),
            nn.ReLU(True),
            nn.Linear(32, code),
        )
        self.decoder = nn.Sequential(
            nn.Linear(code, 32),
            nn.ReLU(True),
            nn.Linear(32, 64),
            nn.Sigmoid(),
        )

    def forward(self, x):
        encoded = self.encoder(x)
        decoded = self.decoder(encoded)
        return decoded


class ConvAutoencoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Conv2d(1, 4, 3, stride=2, padding=1),  # 8x8 -> 4x4
            nn.LeakyReLU(0.1),
            nn.Conv2d(4, 8, 3, stride=2, padding=1),  # -> 2x2
        )
        self.decoder = nn.Sequential(
            nn.ConvTranspose2d(8, 4, 3, stride=2, padding=1, output_padding=1),
            nn.LeakyReLU(0.1),
            nn.Upsample(scale_factor=2, mode="nearest"),
            nn.Conv2d(4, 1, 3, padding=1),
            nn.Sigmoid(),
        )

    def forward(self, x):
        return self.decoder(self.encoder(x))


def picture(image):
    """An image of characters."""
    return "\n".join("".join(" .:-=+*#"[min(int(p * 8), 7)] for p in row) for row in image.tolist())


model = Autoencoder()
criterion = nn.MSELoss()
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3, weight_decay=1e-5)
for epoch in range(5):
    for (img,) in loader:
        img = img.reshape(-1, 8 * 8)
        recon = model(img)
        loss = criterion(recon, img)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(f"Epoch:{epoch + 1}, Loss:{loss.item():.4f}")
print(model.encoder)
with torch.no_grad():
    print("codes:", model.encoder(digits[:3].flatten(1)).shape)
    errors = criterion(model(digits.flatten(1)), digits.flatten(1)).item()
    print(f"error {errors:.4f}, of the mean image {(digits - digits.mean(0)).pow(2).mean():.4f}")

conv = ConvAutoencoder()
print(conv, sum(p.numel() for p in conv.parameters() if p.requires_grad))
optimizer = torch.optim.AdamW(conv.parameters(), lr=1e-2)
for epoch in range(4):
    running = 0.0
    for (img,) in loader:
        clean = img.unsqueeze(1)
        noisy = torch.clamp(clean + 0.3 * torch.randn_like(clean), 0.0, 1.0)
        loss = nn.functional.binary_cross_entropy(conv(noisy), clean)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        running += loss.item() * img.size(0)
    print("epoch", epoch + 1, "loss %.4f" % (running / len(loader.dataset)))
print(picture(digits[0]))
print(
    "shapes:",
    *(
        tuple(layer(torch.zeros(1, c, 4, 4)).shape)
        for layer, c in ((conv.encoder[0], 1), (conv.decoder[0], 8))
    ),
)
