"""Autograd: who made a tensor, what flows back, and what is kept."""

import torch

x = torch.ones(2, 2, requires_grad=True)
y = x + 2
z = y * y * 3
out = z.mean()
print(x)
print(y)
print(z, out)
print(y.grad_fn is not None, x.grad_fn, x.is_leaf, y.is_leaf)
out.backward()
print(x.grad)

# Gradients add up until they are set to zero.
w = torch.tensor([2.0, 6.0], requires_grad=True)
for step in range(3):
    loss = (w**3).sum()
    loss.backward()
    print(step, w.grad)
w.grad.zero_()
print(w.grad)
w.grad = None
print(w.grad)

# A vector: the product with the Jacobian.
v = torch.tensor([0.1, 1.0, 0.0001], dtype=torch.float64)
a = torch.tensor([1.0, 2.0, 3.0], dtype=torch.float64, requires_grad=True)
b = a * 2
while b.detach().norm() < 1000:
    b = b * 2
print(b)
b.backward(v)
print(a.grad)
try:
    (a * 2).backward()
except RuntimeError as error:
    print("error:", error)

# Not followed: no_grad, detach, requires_grad_.
print((a**2).requires_grad)
with torch.no_grad():
    print((a**2).requires_grad)
d = a.detach()
print(d.requires_grad, d.data_ptr() == a.data_ptr())
print(torch.randn(2, 2).requires_grad_().requires_grad)

# Intermediate gradients.
p = torch.tensor(3.0, requires_grad=True)
q = p**2
q.retain_grad()
r = q.sin() + q.exp().log() * p
r.backward()
print(f"dr/dp = {p.grad.item():.4f}, dr/dq = {q.grad.item():.4f}")

# Walking back through the graph by hand.
node = out.grad_fn
while node is not None:
    print(type(node).__name__, [type(f).__name__ for f, _ in node.next_functions])
    node = node.next_functions[0][0] if node.next_functions else None

# Second derivatives.
t = torch.tensor([0.5, 1.0, 1.5], dtype=torch.float64, requires_grad=True)
(first,) = torch.autograd.grad(t.sin().sum(), t, create_graph=True)
(second,) = torch.autograd.grad(first.sum(), t)
print(first, second)
print(torch.allclose(second, -torch.sin(t)))

# The graph is gone after backward, unless it is kept.
loss = (w * w).sum()
loss.backward(retain_graph=True)
loss.backward()
print(w.grad)
try:
    loss.backward()
except RuntimeError as error:
    print(str(error)[:58])

try:
    w += 1
except RuntimeError as error:
    print("error:", error)
with torch.no_grad():
    w += 1
    w.sub_(0.5)
print(w)
