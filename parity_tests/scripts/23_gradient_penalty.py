"""Derivatives of derivatives: a Wasserstein GAN's gradient penalty, and an ODE by its residual."""

import torch
import torch.nn as nn
from torch import autograd

torch.manual_seed(0)


class Critic(nn.Module):
    def __init__(self, d=2, h=32):
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(d, h), nn.Tanh(), nn.Linear(h, h), nn.Tanh(), nn.Linear(h, 1)
        )

    def forward(self, x):
        return self.net(x).view(-1)


def calc_gradient_penalty(netD, real_data, fake_data, LAMBDA=10.0):
    alpha = torch.rand(real_data.size(0), 1, dtype=real_data.dtype).expand_as(real_data)
    interpolates = alpha * real_data + ((1 - alpha) * fake_data)
    interpolates.requires_grad_(True)
    disc_interpolates = netD(interpolates)
    gradients = autograd.grad(
        outputs=disc_interpolates,
        inputs=interpolates,
        grad_outputs=torch.ones_like(disc_interpolates),
        create_graph=True,
        retain_graph=True,
        only_inputs=True,
    )[0]
    return ((gradients.norm(2, dim=1) - 1) ** 2).mean() * LAMBDA


netD = Critic().double()
netG = nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 2)).double()
optimizerD = torch.optim.Adam(netD.parameters(), lr=5e-3, betas=(0.5, 0.9))
optimizerG = torch.optim.Adam(netG.parameters(), lr=5e-3, betas=(0.5, 0.9))
for iteration in range(20):
    for p in netD.parameters():
        p.requires_grad = True
    for _ in range(3):
        angle = torch.randint(0, 8, (64,)) * (torch.pi / 4)
        real = (
            torch.stack([angle.cos(), angle.sin()], dim=1).double()
            + 0.02 * torch.randn(64, 2).double()
        )
        netD.zero_grad()
        with torch.no_grad():
            fake = netG(torch.randn(64, 2, dtype=torch.float64))
        D_real, D_fake = netD(real).mean(), netD(fake).mean()
        gradient_penalty = calc_gradient_penalty(netD, real, fake)
        (D_fake - D_real + gradient_penalty).backward()
        optimizerD.step()
    for p in netD.parameters():
        p.requires_grad = False  # to save computation
    netG.zero_grad()
    G_cost = -netD(netG(torch.randn(64, 2, dtype=torch.float64))).mean()
    G_cost.backward()
    optimizerG.step()
    if iteration % 5 == 4:
        print(f"{iteration + 1}: W {(D_real - D_fake).item():.4f} GP {gradient_penalty.item():.4f}")

# u'' = -u with u(0) = 0, u'(0) = 1: a net, and how badly it solves it.
u = nn.Sequential(nn.Linear(1, 16), nn.Tanh(), nn.Linear(16, 1)).double()
optimizer = torch.optim.Adam(u.parameters(), lr=2e-2)
t = torch.linspace(0, 3, 40, dtype=torch.float64).view(-1, 1).requires_grad_()


def derivative(y, x):
    return autograd.grad(y, x, torch.ones_like(y), create_graph=True)[0]


for epoch in range(150):
    value = u(t)
    du = derivative(value, t)
    ddu = derivative(du, t)
    residual = (ddu + value).pow(2).mean()
    start = value[0, 0] ** 2 + (du[0, 0] - 1) ** 2
    loss = residual + start
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if epoch % 50 == 49:
        print(f"epoch {epoch + 1}: residual {residual.item():.4f} start {start.item():.4f}")
print("u:", u(t)[::10].flatten().detach(), "\nsin:", t[::10].flatten().sin().detach())

# The whole Hessian of a small function, and its trace by random vectors.
f = lambda x: (x[0] ** 2 * x[1]).sin() + x[1] ** 3
point = torch.tensor([0.5, 2.0], dtype=torch.float64)
H = torch.autograd.functional.hessian(f, point)
print(H, torch.linalg.eigvalsh(H), torch.allclose(H, H.T))
_, Hv = autograd.functional.hvp(f, point, torch.tensor([1.0, -1.0], dtype=torch.float64))
print(Hv, torch.autograd.functional.jacobian(lambda x: x.outer(x).sum(0), point))
