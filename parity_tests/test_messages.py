"""The messages that a learner meets most often are PyTorch's, word for word.

A person who reads one looks it up, and finds what others have written about it; and a script may
print it. What PyTorch leaves out, such as the shapes, stands in a note below.
"""

import copy

import numpy as np
import pytest
import torch

import tinygrad_edu

from .messages import CALLS
from .versions import NO_NAMES, as_raised, as_said

ALIKE = """
lib.ones(2, 3) + lib.ones(2, 4)
lib.arange(3).float().add_(lib.ones(2))
lib.ones(2, 3) @ lib.ones(4, 5)
lib.ones(2, 3, 4) @ lib.ones(3, 2)
lib.ones(2, 3, 4) @ lib.ones(5, 4, 2)
lib.ones(5, 2, 3, 4) @ lib.ones(2, 3, 2)
lib.ones(2, 3, 4).bmm(lib.ones(3, 4, 5))
lib.ones(2, 3, 4).bmm(lib.ones(2, 3, 5))
lib.baddbmm(lib.ones(2, 2, 2), lib.ones(2, 2, 3), lib.ones(2, 4, 2))
lib.addmm(lib.ones(2), lib.ones(2, 3), lib.ones(4, 2))
lib.addmv(lib.ones(2), lib.ones(2, 3), lib.ones(4))
lib.ones(2, 3).mv(lib.ones(4))
lib.ones(2).dot(lib.ones(3))
lib.nn.Linear(3, 2)(lib.ones(5, 4))
lib.nn.Linear(3, 2)(lib.ones(2, 4, 4))
lib.nn.Linear(3, 2)(lib.ones(4))
lib.nn.Linear(3, 2)(lib.ones(5, 3).double())
lib.nn.Linear(3, 2)(lib.ones(5, 3).long())
F.linear(lib.ones(5, 3), lib.ones(2, 3), lib.ones(2).double())
lib.ones(2, 3).sum().backward()
lib.ones(2, 3).backward()
(w * 2).backward()
w.sum().backward(lib.ones(2))
backward_twice()
change_a_result()
change_an_argument()
change_a_constant()
without_backward()
w.add_(1)
w.numpy()
(w + 1).numpy()
lib.ones(2).long().requires_grad_()
lib.tensor([1, 2], requires_grad=True)
lib.ones(2, 3).reshape(4, 2)
lib.ones(2, 3).view(-1, 4)
lib.ones(2, 3).t().view(6)
lib.ones(3).expand(2, 4)
lib.ones(2, 2).expand(3, 3)
lib.autograd.grad(w.sum(), [])
lib.ones(2, 3).permute(0, 0)
lib.ones(2, 3).transpose(0, 2)
lib.ones(2, 3).sum(2)
lib.ones(2, 3).softmax(-3)
lib.ones(2, 3).squeeze(3)
lib.ones(2, 3)[5]
lib.ones(2, 3)[0, 3]
lib.ones(2, 3)[0, 0, 0]
lib.tensor(3)[0]
lib.tensor(3)[-1]
lib.tensor(3)[0, 0]
lib.tensor(3)[:]
lib.tensor(3).__setitem__(0, 1)
lib.ones(3)[lib.tensor([True, False])]
lib.ones(3, 3)[lib.ones(3, 2).bool()]
lib.ones(3, 4, 5)[:, lib.ones(4, 2).bool()]
lib.ones(2, 2).__setitem__(lib.ones(3).bool(), 1)
lib.nn.MultiheadAttention(5, 2)
lib.ones(2, 3)[lib.tensor([0, 2])]
lib.ones(2, 3).gather(1, lib.tensor([[3], [0]]))
lib.cat([lib.ones(2, 3), lib.ones(2, 4)])
lib.cat([lib.ones(2, 3, 4), lib.ones(2, 3, 4), lib.ones(1, 3, 2)])
lib.cat([lib.ones(2, 3), lib.ones(2, 3, 1)])
lib.stack([lib.ones(2), lib.ones(2), lib.ones(3)])
lib.ones(2, 3).item()
bool(lib.ones(2))
lib.tensor([[1, 2], [3]])
lib.tensor([[[1], [2]], [[3], [4, 5]]])
lib.ones(2).bool() - lib.ones(2).bool()
lib.ones(2).bool() - 1
1 - lib.ones(2).bool()
lib.ones(2) - lib.ones(2).bool()
-lib.ones(2).bool()
lib.ones(2).topk(3)
lib.save(1, "/nonexistent/folder/a.pt")
lib.relu([1])
lib.relu(lib)
F.relu(lib.nn.Linear(1, 1))
lib.nn.Linear(2, 2)([1.0, 2.0])
lib.nn.Linear(2, 2)(np.ones(2))
lib.cat(lib.ones(2))
lib.cat([lib.ones(1), 1])
lib.sum(np.float64(1))
F.binary_cross_entropy(lib.tensor([0.5]), lib.tensor([1]))
F.binary_cross_entropy(lib.tensor([0.5]).double(), lib.tensor([1.0]))
lib.arange(3).mean()
lib.arange(3).std()
lib.ones(3).long().add_(1.5)
F.cross_entropy(lib.ones(2, 3), lib.tensor([0, 3]))
F.cross_entropy(lib.ones(2, 3), lib.tensor([0]))
F.cross_entropy(lib.ones(2, 3), lib.tensor([[0], [1]]))
F.cross_entropy(lib.ones(2, 3), lib.tensor([0.0, 1.0]))
F.nll_loss(lib.ones(2, 3), lib.tensor([0, 1]).int())
F.binary_cross_entropy(lib.full((2,), 1.5), lib.ones(2))
F.binary_cross_entropy(lib.ones(2, 1), lib.ones(2))
F.binary_cross_entropy_with_logits(lib.ones(2, 1), lib.ones(2))
F.conv2d(lib.ones(1, 3, 8, 8), lib.ones(4, 1, 3, 3))
F.conv2d(lib.ones(1, 1, 2, 2), lib.ones(1, 1, 3, 3))
F.conv2d(lib.ones(1, 1, 4, 4), lib.ones(1, 1, 3, 3), dilation=2)
F.conv1d(lib.ones(1, 1, 2), lib.ones(1, 1, 5), padding=1)
F.conv2d(lib.ones(2, 2), lib.ones(1, 1, 3, 3))
F.dropout(lib.ones(2), 1.5)
lib.nn.Conv2d(3, 4, 3, groups=2)
lib.nn.BatchNorm1d(3)(lib.ones(1, 3))
lib.nn.BatchNorm2d(3)(lib.ones(2, 3))
lib.nn.Embedding(3, 2)(lib.tensor([3]))
lib.nn.Embedding(3, 2)(lib.tensor([1.0]))
lib.nn.Linear(3, 2).load_state_dict({})
lib.nn.Linear(3, 2).load_state_dict({"weight": w, "bias": w[0], "x": w})
lib.nn.Linear(3, 2).nothing
lib.nn.Module()(1)
lib.nn.Sequential(lib.nn.Linear(3, 2))[1]
lib.optim.SGD([], lr=0.1)
lib.optim.SGD([w], lr=-1.0)
lib.optim.Adam([1.0])
lib.optim.Adam([w * 2])
lib.utils.data.random_split([1, 2, 3], [1, 1])
lib.utils.data.TensorDataset(lib.ones(2), lib.ones(3))
lib.utils.data.DataLoader([1, 2], batch_size=0)
lib.Tensor.nothing
w.nothing
lib.tensor(None)
lib.rand(2, -1)
lib.where(lib.ones(2), w[0, 0], w[0, 1])
F.one_hot(lib.tensor([1, 2]), 2)
F.one_hot(lib.tensor([1.0, 2.0]))
F.one_hot(lib.tensor([-1]))
lib.multinomial(lib.ones(2), 3)
lib.multinomial(-lib.ones(2), 1)
lib.multinomial(lib.zeros(2), 1)
lib.multinomial(lib.ones(2), 0)
lib.multinomial(lib.ones(2, 2, 2), 1)
lib.multinomial(lib.ones(2).long(), 1)
lib.randint(5, 3, (2,))
lib.randperm(-1)
lib.normal(0.0, -1.0, (2,))
lib.ones(2).bernoulli_(1.5)
lib.ones(2).uniform_(3, 1)
lib.ones(2).normal_(0, -1)
lib.ones(2).exponential_(-1)
lib.ones(2).random_(3, 1)
lib.Generator().set_state(1)
lib.set_rng_state(lib.ones(2).byte())
t + None
None * t
t - "a"
"a" + t
t / None
None / t
t // None
t % None
t ** None
t @ None
None @ t
t @ 2
t + [1, 2]
[1, 2] + t
t * [1, 2]
(1, 2) + t
t @ [1, 2]
t + lib.nn.Linear(3, 2)
lib.nn.Linear(3, 2) @ t
t < None
t > "a"
None <= t
t < [1, 2]
t < a
i & None
"a" | i
i & 1.5
t & t
~t
i << None
t.__iadd__(1) + None
a + t
a * t
t * w
w * a
w @ np.ones((3, 2))
a - w
np.ones((2, 3)) / w
t @ np.float64(2)
np.median(w)
np.concatenate([w, w])
np.array([w, w])
np.allclose(w, np.ones((2, 3)))
np.where(w > 0, w, 0)
np.sqrt(w)
np.linalg.norm(w)
np.testing.assert_allclose(w, 1)
int(t)
float(w)
bool(lib.ones(0))
"%d" % t
range(t)
t["a"]
t[1.5]
t[0, "a"]
t[{}]
t[t]
t.__setitem__("a", 1)
t.__setitem__(0, "a")
t.__setitem__(0, [1, 2])
t.__setitem__(slice(2), a)
i.__setitem__(0, None)
lib.add(t, None)
lib.mul(t, a)
lib.sub("a", t)
lib.div(t, None)
""".strip().splitlines()

#: Where dimensions have names, PyTorch lists the overloads with a name, too.
ALIKE += NO_NAMES.only(
    "np.mean(t)", "np.mean(w)", "np.mean(w, axis=0)", "np.sum(t)", "np.sum(w, axis=1)",
    "np.max(t)", "np.max(w, axis=0)", "np.min(t)", "np.prod(t)",
)  # fmt: skip


def names(lib):
    """What the lines may call."""
    w = lib.ones(2, 3, requires_grad=True)

    def backward_twice():
        loss = w.exp().sum()
        loss.backward()
        loss.backward()

    def change_a_result():
        y = w.exp()
        y.add_(1)
        y.sum().backward()

    def change_an_argument():
        y = (w * 2).double()
        loss = (y * w).sum()
        y[0] = 3
        loss.backward()

    def change_a_constant():
        x = lib.ones(3)
        loss = (w * x).sum()
        x.zero_()
        loss.backward()

    class Twice(lib.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

    def without_backward():
        Twice.apply(w).sum().backward()

    own = (
        backward_twice,
        change_a_result,
        change_an_argument,
        change_a_constant,
        without_backward,
    )
    t, i, a = (
        lib.tensor([1.0, 3.0, 2.0, 4.0]),
        lib.tensor([0, 1, 3]),
        np.array([1.0, 2.0, 3.0, 4.0]),
    )
    modules = {"copy": copy, "nn": lib.nn, "D": lib.utils.data, "lin": lib.nn.Linear(3, 2)}
    tensors = {
        "x": lib.ones(4, requires_grad=True),
        "m": lib.tensor([[1.0, 2.0], [3.0, 5.0]]),
        "c": lib.tensor([True, False, True, False]),
    }
    values = {"lib": lib, "np": np, "F": lib.nn.functional, "w": w, "t": t, "i": i, "a": a}
    return values | modules | tensors | {f.__name__: f for f in own}


def printed_name(error):
    """The type of an error, as a traceback names it."""
    return f"{type(error).__module__}.{type(error).__qualname__}"


def error_of(call, lib):
    with pytest.raises(Exception) as caught:
        eval(call, names(lib))
    return caught.value


@pytest.mark.parametrize("call", [*ALIKE, *CALLS])
def test_it_is_pytorchs(call):
    theirs, ours = as_raised(error_of(call, torch)), error_of(call, tinygrad_edu)
    assert printed_name(ours) == printed_name(theirs)
    assert str(ours).rstrip() == as_said(str(theirs).rstrip())
