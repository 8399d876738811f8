"""`torch.func`: derivatives of functions, their derivatives, and functions of batches."""

from __future__ import annotations

import threading
from collections import OrderedDict, namedtuple
from typing import Any

import pytest
import torch

import tinygrad_edu

from .programs import compare, raised

Pair = namedtuple("Pair", "u v")

#: Calls of ``torch.func``, of vectors `x`, `y` and a matrix `m` of float64; and what they return.
ALIKE = """
grad(lambda x: x.sin().sum())(x)
grad(lambda x, k=1: (x * k).sum())(x, k=3)
grad(lambda x, y: (x * y * y).sum(), argnums=1)(x, y)
grad(lambda x, y: (x * y * y).sum(), argnums=-1)(x, y)
grad(lambda x, y: (x * y * y).sum(), argnums=(1, 0))(x, y)
grad(lambda x, y: (x * y).sum(), argnums=(0,))(x, y)
grad(lambda x, y: x.sum(), argnums=(0, 1))(x, y)
grad(lambda x: lib.tensor(1.0))(x)
grad(lambda x: (x.sin().sum(), x * 2), has_aux=True)(x)
grad(lambda xs: xs[0].sum() * xs[1].exp().sum())([x, y])
grad(lambda d: (d["a"] * d["b"]["c"]).sum())({"a": x, "b": {"c": y}})
grad(lambda p: (p.u * p.v).sum())(Pair(x, y))
grad_and_value(lambda x: x.exp().sum())(x)
grad_and_value(lambda x: (x.exp().sum(), {"y": x, "n": [x]}), has_aux=True)(x)
grad(grad(lambda z: z.sin()))(x[1])
grad(grad(grad(lambda z: z.sin() * z)))(x[1])
grad(lambda x: grad(lambda y: (x * x * y * y).sum())(y).sum())(x)
grad(lambda x: (grad(lambda z: (z**3).sum())(x) * x).sum())(x)
grad(lambda x: (x.detach() * x).sum())(x)
grad(lambda x: (lib.no_grad()(lambda: x * 2)() * x).sum())(x)
lib.no_grad()(lambda: grad(lambda x: (x**3).sum())(x))()
grad(lambda x: (x * w).sin().sum())(x)
grad(lambda w: (x * w).sin().sum())(w)
grad_and_value(lambda x: (x * w).sin().sum())(x)
vjp(lambda x: x * x, x)[1](y)
vjp(lambda x: x * x, x)[0]
vjp(lambda x, y: (x * y, x.sum()), x, y)[1]((y, lib.tensor(2.0).double()))
vjp(lambda x, y: {"a": x * y}, x, y)[1]({"a": y})
vjp(lambda x: (x * x, x + 1), x, has_aux=True)[2]
vjp(lambda d: d["a"] * d["b"], {"a": x, "b": y})[1](y)
grad(lambda v: vjp(lambda x: x**3, x)[1](v)[0].sin().sum())(y)
jvp(lambda x: x * x, (x,), (y,))
jvp(lambda x, y: (x * y, {"s": x.sin()}), (x, y), (y, x))
jvp(lambda x: (x * x, x + 1), (x,), (y,), has_aux=True)
jvp(lambda x: lib.ones(2), (x,), (y,))
grad(lambda z: jvp(lambda x: x**3, (z,), (y,))[1].sum())(x)
jvp(lambda x: jvp(lambda z: z.sin(), (x,), (y,))[1], (x,), (y,))
jacrev(lambda x: x.outer(x))(x)
jacrev(lambda x, y: x * y, argnums=(0, 1))(x, y)
jacrev(lambda d: d["a"] * d["b"])({"a": x, "b": y})
jacrev(lambda x: (x * 2, x.sum()))(x)
jacrev(lambda x: {"u": x.sin()})(x)
jacrev(lambda x: (x * 2, x.sum()), has_aux=True)(x)
jacrev(jacrev(lambda x: x.prod()))(x)
jacfwd(lambda x: x.outer(x))(x)
jacfwd(lambda x, y: (x * y).sum(), argnums=1)(x, y)
jacfwd(jacfwd(lambda x: x.prod()))(x)
hessian(lambda x: x.prod() + x.sin().sum())(x)
hessian(lambda x, y: (x * y * y).sum(), argnums=(0, 1))(x, y)
grad(lambda x: hessian(lambda z: (z**4).sum())(x).sum())(x)
vmap(lib.dot)(m, m + 1)
vmap(lib.mul, in_dims=(None, 1))(x[:2], m)
vmap(lambda a, b: a + b, in_dims=(1, 0), out_dims=1)(m, m.T)
vmap(lambda a: (a.sum(), a * 2), out_dims=(0, 1))(m)
vmap(lambda d: {"s": d["a"].sum(), "t": [d["b"]]}, in_dims=({"a": 0, "b": None},))({"a": m, "b": x})
vmap(lambda a: lib.ones(2))(m)
vmap(lambda a, k=None: a * k)(m, k=x)
vmap(vmap(lambda z: z.sin()))(m)
vmap(grad(lambda z: (z**3).sum()))(m)
vmap(grad(lambda z, k: (z * k).sin().sum()), in_dims=(None, 0))(x, m)
vmap(jacrev(lambda z: z.outer(z)))(m)
vmap(lambda e: vjp(lambda x: x**3, x)[1](e)[0])(lib.eye(3).double())
grad(lambda z: vmap(lambda row: (row * z).sum())(m).sin().sum())(x)
vmap(lambda a: a * a, chunk_size=1)(m)
lib.vmap(lambda a: a.flip(0), -1, -1)(m)
""".strip().splitlines()


def names(lib: Any) -> dict[str, Any]:
    """What is in scope of these calls."""
    x = lib.tensor([0.5, -1.0, 2.0], dtype=lib.float64)
    own = {n: getattr(lib.func, n) for n in tinygrad_edu.func.__all__}
    w = lib.tensor([1.0, 2.0, 3.0], dtype=lib.float64, requires_grad=True)
    m = lib.arange(6.0).double().reshape(2, 3).cos()
    return {**own, "lib": lib, "x": x, "y": x.exp(), "m": m, "w": w, "Pair": Pair}


def flat(lib: Any, tree: Any) -> list[Any]:
    """The leaves of a tree, whether each has a graph, and where each is."""
    if isinstance(tree, dict):
        return [part for key, branch in tree.items() for part in [key, *flat(lib, branch)]]
    if isinstance(tree, list | tuple):
        return [type(tree).__name__, *(p for branch in tree for p in flat(lib, branch))]
    return [tree, tree.requires_grad] if isinstance(tree, lib.Tensor) else [tree]


@pytest.mark.parametrize("call", ALIKE)
def test_calls(call: str) -> None:
    compare(lambda lib: flat(lib, eval(call, names(lib))))


WRONG = """
grad(lambda x: x)(x)
grad(lambda x: 3.0)(x)
grad(lambda x: x.sum())("a")
grad(lambda x: x.sum(), has_aux=True)(x)
grad(lambda x: x.sum(), argnums=1)(x)
grad(lambda x: x.sum(), argnums=())(x)
grad(lambda x: x.sum(), argnums=(0, 0))(x)
grad(lambda x: x.sum(), argnums="a")(x)
vjp(lambda x: x * x, x)[1]((x, x))
vjp(lambda x: (x, [x]), x)[1](x)
vjp(lambda x: x * x, x, has_aux=True)
vjp(lambda x: x * x, x)[1](x[:2])
jvp(lambda x: x * x, x, (x,))
vmap(lambda x: x, randomness="no")
vmap(lambda: 1)()
vmap(lib.mul)(x, m)
vmap(lambda x: x + lib.rand(1))(x)
vmap(lambda x: 3)(x)
vmap(lambda x: x, in_dims=2)(x)
vmap(lambda x: x, in_dims=None)(x)
vmap(lambda x: x, in_dims=(None,))(x)
vmap(lambda x: x, in_dims=("a",))(x)
vmap(lambda x, k: x, in_dims=(0, 0))(x, 3)
vmap(lambda x: x)(x[0])
stack_module_state([])
stack_module_state([lib.nn.Linear(1, 1), lib.nn.Linear(1, 1).eval()])
stack_module_state([lib.nn.Linear(1, 1), lib.nn.ReLU()])
""".strip().splitlines()


@pytest.mark.parametrize("wrong", WRONG)
def test_errors(wrong: str) -> None:
    said = []
    for lib in (torch, tinygrad_edu):
        with pytest.raises((RuntimeError, ValueError, TypeError)) as caught:
            eval(wrong, names(lib))
        text = str(caught.value).replace("tinygrad_edu.tensor.Tensor", "torch.Tensor")
        said.append((caught.type.__name__, text))
    assert said[0] == said[1]


#: Errors of which PyTorch's text goes on with its own notation for trees.
BRANCHES = """
jvp(lambda x: x * x, (x,), (x, x))
vmap(lambda x: (x, x), out_dims=(0,))(x)
vmap(lambda x, y: x, in_dims=(0,))(x, y)
""".strip().splitlines()


@pytest.mark.parametrize("wrong", BRANCHES)
def test_trees_that_do_not_match(wrong: str) -> None:
    said = []
    for lib in (torch, tinygrad_edu):
        with pytest.raises((RuntimeError, ValueError)) as caught:
            eval(wrong, names(lib))
        said.append((caught.type.__name__, str(caught.value)))
    assert said[0][0] == said[1][0] and said[0][1].startswith(said[1][1])


def test_a_model_with_its_parameters_as_an_argument() -> None:
    """Gradients of the dict of parameters, of each example, and of several models at once."""

    def program(lib: Any) -> Any:
        lib.manual_seed(0)
        f = lib.func
        model = lib.nn.Sequential(OrderedDict(a=lib.nn.Linear(3, 2), b=lib.nn.Tanh())).double()
        params = {k: p.detach() for k, p in model.named_parameters()}
        x, y = lib.randn(5, 3).double(), lib.randn(5, 2).double()

        def loss(params: Any, x: Any, y: Any) -> Any:
            return lib.nn.functional.mse_loss(f.functional_call(model, params, (x,)), y)

        whole = f.grad(loss)(params, x, y)
        each = f.vmap(f.grad(loss), in_dims=(None, 0, 0))(params, x, y)
        live = dict(model.named_parameters())
        found = f.grad(loss)(live, x, y)
        found["a.weight"].square().sum().backward()
        second = model.a.bias.grad
        models = [lib.nn.Linear(3, 2).double() for _ in range(3)]
        stacked, buffers = f.stack_module_state(models)
        run = f.vmap(lambda p, b, x: f.functional_call(models[0], (p, b), (x,)), (0, 0, None))
        out = run(stacked, buffers, x)
        out.sum().backward()
        kinds = [(k, p.requires_grad, p.is_leaf) for k, p in stacked.items()]
        return [flat(lib, t) for t in (whole, each, found, second, out)] + [
            kinds, buffers, stacked["weight"].grad, models[0].weight.grad
        ]  # fmt: skip

    compare(program)


def test_random_numbers_in_a_batch() -> None:
    """Each example draws its own, or all draw the same."""

    def program(lib: Any) -> Any:
        def noisy(x: Any) -> Any:
            return x * 0 + lib.rand(2)

        same = lib.vmap(noisy, randomness="same")(lib.ones(3))
        different = lib.vmap(noisy, randomness="different")(lib.ones(3))
        return same.unique(dim=0).shape, different.unique().numel()

    compare(program)


def test_what_a_function_raises_leaves_no_trace() -> None:
    """After an error inside, a transform outside is none inside another."""

    def program(lib: Any) -> Any:
        def fails(x: Any) -> Any:
            raise ValueError(x.shape)

        x = lib.ones(2)
        first = raised(lambda: lib.func.grad(fails)(x))
        return first, lib.func.grad(lambda x: (x**2).sum())(x).requires_grad

    compare(program)


# No examples, and several threads -----------------------------------------------------------------

NONE = [
    "vmap(lib.sin)(e)", "vmap(lambda x: x.sum())(e)", "vmap(lambda x: x @ lib.ones(3, 5))(e)",
    "vmap(lambda x, y: (x + y, x.sum()))(e, lib.zeros(0, 3))", "vmap(lambda x: x, out_dims=1)(e)",
    "vmap(lambda x: lib.ones(2))(e)", "vmap(grad(lambda x: (x ** 2).sum()))(e)",
    "vmap(lib.sin, in_dims=1)(lib.zeros(3, 0))", "vmap(lambda x: x.long())(e)",
    "vmap(lambda x: x + lib.rand(3), randomness='different')(e)",
    "vmap(lambda x: x + lib.rand(3), randomness='same')(e)",
    "list(vmap(lambda x: {'a': x, 'b': x * 2})(e).values())", "vmap(lambda x: 1 / 0)(e)",
    "vmap(lambda x: None)(e)", "vmap(jacrev(lib.sin))(e)",
    "vmap(vmap(lib.sin))(lib.zeros(0, 3, 2))",
    "vmap(vmap(lib.sin))(lib.zeros(3, 0))", "vmap(lambda x, y: x * y, (0, None))(e, lib.ones(3))",
    "vmap(lambda x, y: x)(e, lib.zeros(1, 3))", "vmap(lib.sin, chunk_size=2)(e)",
    "vmap(lambda x: x * 2)(e.requires_grad_()).requires_grad",
    "lib.autograd.grad(vmap(lambda x: x * 2)(e.requires_grad_()).sum(), e)",
]  # fmt: skip


@pytest.mark.parametrize("line", NONE)
def test_no_examples(line: str) -> None:
    def program(lib: Any) -> Any:
        lib.manual_seed(0)
        scope = {**vars(lib.func), "lib": lib, "e": lib.zeros(0, 3), "vmap": lib.vmap}
        return [raised(lambda: eval(line, scope)), lib.rand(1)]

    compare(program)


def test_transforms_in_several_threads() -> None:
    """Each thread's transforms know of each other alone: outside of one, results have no graph."""
    func = tinygrad_edu.func
    inside, go_on = threading.Event(), threading.Event()

    def waits(x: Any) -> Any:
        inside.set()
        assert go_on.wait(20)
        return (x**3).sum()

    found: list[Any] = []
    x = tinygrad_edu.tensor([1.0, 2.0])
    thread = threading.Thread(target=lambda: found.append(func.grad(waits)(x)))
    thread.start()
    assert inside.wait(20)
    beside = func.grad(lambda x: (x**2).sum())(x)
    go_on.set()
    thread.join()
    assert not beside.requires_grad
    assert not found[0].requires_grad
    assert [beside.tolist(), found[0].tolist()] == [[2.0, 4.0], [3.0, 12.0]]


def test_a_transform_that_fails_leaves_nothing_behind() -> None:
    func = tinygrad_edu.func
    x = tinygrad_edu.tensor([1.0, 2.0])
    with pytest.raises(ZeroDivisionError):
        func.grad(lambda x: func.grad(lambda y: 1 / 0)(x))(x)
    assert not func.grad(lambda x: (x**2).sum())(x).requires_grad
