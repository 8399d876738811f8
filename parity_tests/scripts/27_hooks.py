"""Hooks: looking at activations and gradients, and changing them on their way."""

import torch
import torch.nn as nn

torch.manual_seed(0)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 4, 3)
        self.conv2 = nn.Conv2d(4, 6, 3)
        self.fc = nn.Linear(6 * 4 * 4, 3)

    def forward(self, x):
        x = torch.relu(self.conv1(x))
        x = torch.relu(self.conv2(x))
        return self.fc(x.flatten(1))


net = Net()
activation = {}


def get_activation(name):
    def hook(model, input, output):
        activation[name] = output.detach()

    return hook


handles = [m.register_forward_hook(get_activation(n)) for n, m in net.named_children()]
x = torch.randn(2, 1, 8, 8)
out = net(x)
for name, value in activation.items():
    print(f"{name:>6} {tuple(value.shape)} mean {value.mean():.4f} std {value.std():.4f}")
for handle in handles:
    handle.remove()
activation.clear()
net(x)
print("removed:", activation)


# Gradients of a module's inputs and outputs.
def print_sizes(module, grad_input, grad_output):
    print(
        module.__class__.__name__,
        [None if g is None else tuple(g.shape) for g in grad_input],
        [tuple(g.shape) for g in grad_output],
        f"{grad_output[0].norm():.4f}",
    )


with torch.no_grad():
    net.fc.bias += torch.tensor([0.1, 0.0, -0.1])
handles = [m.register_full_backward_hook(print_sizes) for m in (net.fc, net.conv2, net.conv1)]
net(x).pow(2).sum().backward()
for handle in handles:
    handle.remove()

# Gradients of tensors: seen, scaled, clipped.
w = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
w.register_hook(lambda grad: print("grad of w:", grad))
y = w**2
h = y.register_hook(lambda grad: grad * 2)
y.sum().backward()
print(w.grad)
h.remove()
w.grad.zero_()
(w**2).sum().backward()
print(w.grad)
for p in net.parameters():
    p.register_hook(lambda grad: torch.clamp(grad, -0.01, 0.01))
net.zero_grad()
net(x).pow(2).sum().backward()
print("largest:", max(p.grad.abs().max().item() for p in net.parameters()))

# Before the forward: another input. And the output replaced.
pre = net.fc.register_forward_pre_hook(lambda module, args: (args[0] * 0,))
print("only the bias:", torch.allclose(net(x), net.fc.bias.expand(2, 3)))
pre.remove()
post = net.register_forward_hook(lambda module, args, output: output.softmax(1))
print("sums:", net(x).sum(1).detach())
post.remove()


# Grad-CAM: which places spoke for the class?
class GradCam:
    def __init__(self, model, layer):
        self.model, self.gradients, self.maps = model, None, None
        layer.register_forward_hook(self.save)

    def save(self, module, args, output):
        self.maps = output
        output.register_hook(self.keep)

    def keep(self, grad):
        self.gradients = grad

    def __call__(self, x, index=None):
        logits = self.model(x)
        index = logits.argmax(dim=1) if index is None else index
        self.model.zero_grad()
        logits.gather(1, index.view(-1, 1)).sum().backward()
        weights = self.gradients.mean(dim=(2, 3), keepdim=True)
        cam = torch.relu((weights * self.maps).sum(dim=1))
        return cam / cam.amax(dim=(1, 2), keepdim=True).clamp(min=1e-8)


cam = GradCam(net, net.conv2)(x)
print(cam.shape, cam.max(), cam[0])
