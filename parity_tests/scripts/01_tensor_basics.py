"""Tensors: how to make them, look at them, cut them and compute with them."""

import numpy as np
import torch

# Making tensors.
x = torch.tensor([[1, 2, 3], [4, 5, 6]])
print(x)
print(x.dtype, x.shape, x.size(0), x.ndim, x.numel(), x.device)
print(torch.zeros(2, 3), torch.ones(3, dtype=torch.float64), torch.full((2, 2), 7.5))
print(torch.arange(0, 10, 2), torch.linspace(0, 1, 5), torch.eye(3))
print(torch.empty(2, 0), torch.zeros_like(x), torch.tensor(3.5), torch.tensor([True, False]))

torch.manual_seed(42)
print(torch.rand(2, 3))
print(torch.randn(3, 4))
print(torch.randint(0, 10, (2, 5)), torch.randperm(6))

# NumPy and back; both share their memory.
a = np.arange(4, dtype=np.float32)
t = torch.from_numpy(a)
t[0] = 100
a[1] = -1
print(t, a, t.numpy().dtype)
print(torch.as_tensor([1.5, 2.5]).tolist(), torch.tensor(7).item())

# Cutting.
m = torch.arange(24).reshape(4, 6)
print(m[0], m[:, 1], m[1:3, ::2], m[-1, -1])
print(m[[0, 2], [1, 3]], m[m > 17], m[..., None].shape)
print(m[:, torch.tensor([5, 0])], m[torch.tensor([True, False, False, True])])
m[0] = 0
m[m % 2 == 1] *= -1
print(m)

# Shapes.
v = torch.arange(12.0)
print(v.view(3, 4), v.view(2, -1).t().shape, v.reshape(2, 2, 3).permute(2, 0, 1).shape)
print(v.unsqueeze(0).shape, v[None, :, None].squeeze().shape, v.view(3, 4).flatten().equal(v))
print(torch.cat([x, x], dim=0).shape, torch.stack([x, x], dim=1).shape)
for piece in torch.split(v, 5):
    print("piece", piece)
print([c.tolist() for c in v.chunk(4)])
print(v.view(3, 4).is_contiguous(), v.view(3, 4).t().is_contiguous(), v.view(3, 4).stride())

# Arithmetic and broadcasting.
row, column = torch.tensor([1.0, 2.0, 3.0]), torch.tensor([[10.0], [20.0]])
print(row + column, row * column, row - 1, 2 / row, row**2, 7 // row, -row % 2)
print(torch.matmul(column, row[None]), row @ row, torch.dot(row, row), torch.outer(row, row))
print(row.add_(1), row.mul_(2))  # in place
print(x.sum(), x.float().mean(dim=0), x.max(), x.max(dim=1), x.argmin(dim=1), x.cumsum(1))
print(x.float().std(), x.prod(), torch.clamp(row, 5, 7), row.sqrt(), torch.exp(row))
print((x > 2).any(), (x > 0).all(), torch.where(x > 3, x, torch.zeros_like(x)))

# Types.
print(x.float().dtype, x.to(torch.int8), (x / 2).dtype, x.double().type(), x.bool())
print(torch.tensor([1, 2]) + torch.tensor([0.5, 1.5]), torch.result_type(x, 1.0))

# Large and uneven numbers.
print(
    torch.tensor([1e-5, 1.0, 1e5]),
    torch.tensor([0.001, 1000.5]),
    torch.tensor([1e10, float("nan")]),
)
print(torch.arange(2000), torch.zeros(100, 100))
