"""`torch.func.functional_call`: a module with other tensors in place of its own."""

import pytest

import tinygrad_edu

from .both import both, both_raise, make


def tied(lib):
    """A module that adds its weight, which it has under two names, and a buffer that it changes."""

    class Tied(lib.nn.Module):
        def __init__(self):
            super().__init__()
            self.foo = lib.nn.Parameter(lib.ones(2))
            self.again = self.foo
            self.register_buffer("count", lib.zeros(2))

        def forward(self, x, scale=1):
            self.count = self.count + 1
            return (x + self.foo + self.again) * scale + self.count

    return Tied()


def deep(lib):
    """A model whose layers are on several levels."""
    lib.manual_seed(0)
    inner = lib.nn.Sequential(lib.nn.Linear(3, 4), lib.nn.BatchNorm1d(4), lib.nn.Tanh())
    return lib.nn.Sequential(inner, lib.nn.Linear(4, 2)).double()


def test_a_model_with_given_tensors():
    def run(lib):
        model, doubled = deep(lib), deep(lib)
        before = {k: v.tolist() for k, v in model.state_dict().items()}
        x = lib.linspace(-1, 1, 6).double().reshape(2, 3)
        given = {name: (p.detach() * 2).requires_grad_() for name, p in model.named_parameters()}
        buffers = {name: b.clone() for name, b in model.named_buffers()}
        y = lib.func.functional_call(model, (given, buffers), x)
        y.sum().backward()
        with lib.no_grad():
            for p in doubled.parameters():
                p *= 2
        return (
            y.tolist() == doubled(x).tolist(),
            [t.grad.shape for t in given.values()],
            [p.grad for p in model.parameters()],
            before == {k: v.tolist() for k, v in model.state_dict().items()},
            int(buffers["0.1.num_batches_tracked"]),
            [type(p).__name__ for p in model.parameters()],
            list(dict(model.named_parameters())),
        )

    results = both(run)
    assert results[0] and results[3] and results[4] == 1


def test_a_module_that_is_shared_has_its_own_again():
    """PyTorch leaves it with the given ones: it puts back first what was taken first."""
    model = make(tinygrad_edu)
    own = dict(model.named_parameters())
    given = {name: parameter.detach() * 2 for name, parameter in own.items()}
    tinygrad_edu.func.functional_call(model, given, tinygrad_edu.ones(2, 3))
    assert all(parameter is own[name] for name, parameter in model.named_parameters())
    assert model.again is model.blocks[0]


def test_a_gradient_through_a_step_of_training():
    """As in learning to learn: the weights after a step, as a function of those before."""

    def run(lib):
        layer = lib.nn.Linear(2, 1)
        params = {
            "weight": lib.tensor([[0.5, -1.0]], dtype=lib.float64, requires_grad=True),
            "bias": lib.tensor([0.1], dtype=lib.float64, requires_grad=True),
        }
        x = lib.tensor([[1.0, 2.0], [3.0, -1.0]], dtype=lib.float64)
        loss = (lib.func.functional_call(layer, params, (x,)) ** 2).mean()
        grads = lib.autograd.grad(loss, tuple(params.values()), create_graph=True)
        stepped = {k: p - 0.1 * g for (k, p), g in zip(params.items(), grads, strict=True)}
        after = (lib.func.functional_call(layer, stepped, (x,)) ** 2).mean()
        after.backward()
        return [round(v, 12) for p in params.values() for v in p.grad.flatten().tolist()]

    both(run)


@pytest.mark.parametrize("tie_weights", [True, False])
@pytest.mark.parametrize("names", [("foo",), ("again",), ("foo", "again"), ("count", "foo")])
def test_tied_weights_and_what_is_assigned(names, tie_weights):
    def run(lib):
        module, value = tied(lib), lib.full((2,), 5.0)
        given = dict.fromkeys(names, value)
        result = lib.func.functional_call(
            module, given, lib.zeros(2), {"scale": 2}, tie_weights=tie_weights
        )
        left = {name: tensor.tolist() for name, tensor in given.items()}
        return result.tolist(), left, module.foo.tolist(), module.count.tolist()

    both(run)


def test_several_dicts_and_a_single_argument():
    def run(lib):
        module = tied(lib)
        given = ({"foo": lib.zeros(2)}, {"count": lib.ones(2)})
        result = lib.func.functional_call(module, given, lib.zeros(2))
        empty = lib.func.functional_call(lib.nn.Identity(), {}, lib.ones(1)).tolist()
        return result.tolist(), [one.popitem()[1].tolist() for one in given], empty

    both(run)


def test_a_failing_call_leaves_the_module_as_it_was():
    def run(lib):
        module = tied(lib)
        with pytest.raises((RuntimeError, TypeError)):
            lib.func.functional_call(module, {"foo": lib.zeros(2)}, ("no tensor",))
        with pytest.raises(TypeError):
            lib.func.functional_call(module, {"foo": lib.zeros(2), "count": 3}, lib.ones(2))
        return module.foo.tolist(), module.count.tolist(), sorted(module._parameters)

    both(run)


WRONG = {
    "different values for what is tied": lambda lib, call, m: call(
        m, {"foo": lib.zeros(2), "again": lib.ones(2)}, lib.ones(2)
    ),
    "a path twice": lambda lib, call, m: call(m, [{"foo": lib.ones(2)}, {"foo": 1}], lib.ones(2)),
    "no dict": lambda lib, call, m: call(m, 3, lib.ones(2)),
    "no dicts": lambda lib, call, m: call(m, [3], lib.ones(2)),
    "strictly missing": lambda lib, call, m: call(
        m, {"foo": lib.ones(2)}, lib.ones(2), strict=True
    ),
    "strictly unexpected": lambda lib, call, m: call(
        m, {"foo": lib.ones(2), "count": lib.ones(2), "b": 1, "a": 2}, lib.ones(2), strict=True
    ),
    "both": lambda lib, call, m: call(m, {"a": lib.ones(2)}, lib.ones(2), strict=True),
    "no tensor": lambda lib, call, m: call(m, {"foo": 3}, lib.ones(2)),
    "in place of something else": lambda lib, call, m: call(
        m, {"training": lib.ones(2)}, lib.ones(2)
    ),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_refused(what):
    both_raise(lambda lib: WRONG[what](lib, lib.func.functional_call, tied(lib)), text=True)


def test_a_path_that_leads_nowhere():
    both_raise(lambda lib: lib.func.functional_call(tied(lib), {"a.b": lib.ones(2)}, lib.ones(2)))


def test_a_name_that_is_not_there_is_an_attribute_for_the_time_of_the_call():
    def run(lib):
        class Seeing(lib.nn.Module):
            def forward(self):
                return self.new.tolist()

        module = Seeing()
        return lib.func.functional_call(module, {"new": lib.ones(2)}), hasattr(module, "new")

    assert both(run) == ([1.0, 1.0], False)


def test_a_weight_that_is_computed():
    def run(lib):
        layer = lib.nn.utils.parametrizations.weight_norm(lib.nn.Linear(2, 1, bias=False))
        given = {f"parametrizations.weight.original{i}": lib.ones(1, 1 + i) for i in (0, 1)}
        return lib.func.functional_call(layer, given, lib.ones(2)).tolist()

    both(run)
    layer = tinygrad_edu.nn.utils.parametrizations.weight_norm(tinygrad_edu.nn.Linear(2, 1))
    with pytest.raises(NotImplementedError, match=r"parametrizations\.weight"):
        tinygrad_edu.func.functional_call(
            layer, {"weight": tinygrad_edu.ones(1, 2)}, tinygrad_edu.ones(2)
        )
