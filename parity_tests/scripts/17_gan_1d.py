"""A GAN whose generator learns a normal distribution of one dimension."""

import torch
import torch.nn as nn
import torch.optim as optim

torch.manual_seed(1)
torch.set_default_dtype(torch.float64)

data_mean, data_stddev = 4.0, 1.25
g_input_size, hidden, minibatch_size = 1, 8, 100


def get_distribution_sampler(mu, sigma):
    return lambda n: torch.normal(mu, sigma, (1, n))


def get_moments(d):
    """Mean, deviation, skewness and excess kurtosis."""
    mean = torch.mean(d)
    diffs = d - mean
    std = torch.pow(torch.mean(torch.pow(diffs, 2.0)), 0.5)
    zscores = diffs / std
    skews = torch.mean(torch.pow(zscores, 3.0))
    kurtoses = torch.mean(torch.pow(zscores, 4.0)) - 3.0
    return torch.cat((mean.reshape(1), std.reshape(1), skews.reshape(1), kurtoses.reshape(1)))


class Generator(nn.Module):
    def __init__(self, input_size, hidden_size, output_size, f):
        super().__init__()
        self.map1 = nn.Linear(input_size, hidden_size)
        self.map2 = nn.Linear(hidden_size, hidden_size)
        self.map3 = nn.Linear(hidden_size, output_size)
        self.f = f

    def forward(self, x):
        return self.map3(self.f(self.map2(self.f(self.map1(x)))))


class Discriminator(Generator):
    def forward(self, x):
        return torch.sigmoid(super().forward(x))


def weights_init(m):
    classname = m.__class__.__name__
    if classname.find("Linear") != -1:
        nn.init.xavier_uniform_(m.weight, gain=nn.init.calculate_gain("tanh"))
        nn.init.zeros_(m.bias)


d_sampler = get_distribution_sampler(data_mean, data_stddev)
G = Generator(g_input_size, hidden, 1, torch.tanh).apply(weights_init)
D = Discriminator(minibatch_size, hidden, 1, torch.sigmoid).apply(weights_init)
print(G, D)
criterion = nn.BCELoss()
d_optimizer = optim.SGD(D.parameters(), lr=1e-2, momentum=0.6)
g_optimizer = optim.SGD(G.parameters(), lr=1e-2, momentum=0.6)
real_label, fake_label = torch.ones(1, 1), torch.zeros(1, 1)

for epoch in range(60):
    for _ in range(3):  # the discriminator: real, then fake
        D.zero_grad()
        d_real_error = criterion(D(d_sampler(minibatch_size)), real_label)
        d_real_error.backward()
        d_fake = G(torch.rand(minibatch_size, g_input_size)).detach()
        d_fake_error = criterion(D(d_fake.t()), fake_label)
        d_fake_error.backward()
        d_optimizer.step()
    for _ in range(3):  # the generator: fool it
        G.zero_grad()
        g_fake = G(torch.rand(minibatch_size, g_input_size))
        g_error = criterion(D(g_fake.t()), real_label)
        g_error.backward()
        g_optimizer.step()
    if epoch % 15 == 14:
        print(
            f"Epoch {epoch + 1}: D ({d_real_error.item():.4f} real_err, {d_fake_error.item():.4f} "
            f"fake_err) G ({g_error.item():.4f} err); fake mean {g_fake.mean().item():.3f}"
        )
with torch.no_grad():
    print("real:", get_moments(d_sampler(1000)))
    fake = G(torch.rand(1000, 1))
    print("fake:", get_moments(fake), fake.quantile(torch.tensor([0.1, 0.5, 0.9])))
    print(torch.histc(fake, bins=5, min=fake.min().item(), max=fake.max().item()).sum())
