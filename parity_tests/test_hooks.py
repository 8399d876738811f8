"""Hooks on tensors and nodes, and retained gradients, against PyTorch."""

import pytest

from .programs import Programs, compare, leaf, raised

PROGRAMS = Programs()
program = PROGRAMS.add


@program
def tensor_hooks(lib):
    x = leaf(lib, 1.0, 2.0)
    y = x * 3
    seen = []
    y.register_hook(lambda g: seen.append(("first", g.clone())))
    y.register_hook(lambda g: g * 2)
    removed = y.register_hook(lambda g: g * 100)
    y.register_hook(lambda g: seen.append(("last", g.clone())))
    x.register_hook(lambda g: seen.append(("leaf", g.clone())))
    x.register_hook(lambda g: g + 1)
    removed.remove()
    removed.remove()
    (y * y).sum().backward()
    return seen, x.grad


@program
def tensor_hook_sees_the_whole_gradient_once(lib):
    x = leaf(lib, 1.0, 2.0)
    seen = []
    x.register_hook(lambda g: seen.append(g.clone()))
    (x * x + x.exp() + x).sum().backward()
    return seen


@program
def order_of_hooks_and_retained_gradients(lib):
    x = leaf(lib, 1.0, 2.0)
    y = x * 3
    y.register_hook(lambda g: g * 2)
    y.retain_grad()
    y.register_hook(lambda g: g * 5)
    (y * y).sum().backward()
    return x.grad, y.grad


@program
def hook_errors(lib):
    x = lib.ones(2)
    y = leaf(lib, 1.0) * 2
    return (
        raised(lambda: x.register_hook(print)),
        raised(lambda: x.register_post_accumulate_grad_hook(print)),
        raised(lambda: y.register_post_accumulate_grad_hook(print)),
        raised(x.retain_grad),
    )


@program
def hooks_as_context_managers(lib):
    x = leaf(lib, 1.0)
    with x.register_hook(lambda g: g * 10):
        (x * 2).sum().backward()
    (x * 2).sum().backward()
    return x.grad


@program
def hook_kept_gradient_is_not_changed_later(lib):
    x = leaf(lib, 1.0, 2.0)
    kept = []
    x.register_hook(kept.append)
    for _ in range(3):
        (x * x).sum().backward()
    return kept, x.grad


@program
def post_accumulate_hooks(lib):
    x = leaf(lib, 1.0, 2.0)
    seen = []

    def step(tensor):
        seen.append((tensor is x, tensor.grad.clone()))
        tensor.grad = None

    handle = x.register_post_accumulate_grad_hook(step)
    (x * x).sum().backward()
    (x * 3).sum().backward()
    handle.remove()
    (x * 7).sum().backward()
    return seen, x.grad


@program
def post_accumulate_hooks_are_not_called_by_grad(lib):
    x = leaf(lib, 1.0)
    seen = []
    x.register_post_accumulate_grad_hook(lambda t: seen.append(1))
    x.register_hook(lambda g: g * 3)
    grads = lib.autograd.grad((x * x).sum(), x)
    return seen, grads, x.grad


@program
def node_hooks(lib):
    x = leaf(lib, 1.0, 2.0)
    y = x * 3
    z = y.exp()
    seen = []
    z.grad_fn.register_hook(lambda gi, go: seen.append(("exp", gi, go)))
    z.grad_fn.register_prehook(lambda go: (go[0] * 2,))
    y.grad_fn.register_prehook(lambda go: seen.append(("mul", go)))
    y.grad_fn.register_hook(lambda gi, go: (gi[0] + 1, *gi[1:]))
    gone = y.grad_fn.register_hook(lambda gi, go: seen.append("gone"))
    gone.remove()
    z.sum().backward()
    return seen, x.grad


@program
def hook_of_a_leafs_node_keeps_the_gradient(lib):
    """What it has kept does not change with ``grad``, nor ``grad`` with it."""
    out = []
    for change in (lambda x, g: x.grad.mul_(10), lambda x, g: g.mul_(10)):
        x = leaf(lib, 1.0, 2.0)
        y = x * 2
        kept = []
        y.grad_fn.next_functions[0][0].register_prehook(lambda g, kept=kept: kept.append(g[0]))
        y.backward(lib.ones(2).double(), retain_graph=True)
        change(x, kept[0])
        first = x.grad.clone()
        y.backward(lib.ones(2).double())
        out.append((kept, first, x.grad))
    return out


@program
def hooks_of_a_leafs_node_run_where_the_leaf_is_asked_for(lib):
    x = leaf(lib, 1.0, 2.0)
    y = x * 2
    seen = []
    node = y.grad_fn.next_functions[0][0]
    node.register_prehook(lambda g: (seen.append(("before", g[0])), (g[0] * 3,))[1])
    node.register_hook(lambda gi, g: seen.append(("after", len(gi), g[0].clone())))
    x.register_post_accumulate_grad_hook(lambda t: seen.append(("accumulated", t.grad.clone())))
    y.backward(lib.ones(2).double(), inputs=[x], retain_graph=True)
    lib.autograd.grad(y, x, lib.ones(2).double())
    return seen, x.grad


@program
def order_of_all_hooks(lib):
    x = leaf(lib, 1.0)
    y = x * 2
    seen = []
    y.grad_fn.register_hook(lambda gi, go: seen.append("node"))
    y.grad_fn.register_prehook(lambda go: seen.append("node before"))
    y.register_hook(lambda g: seen.append("tensor"))
    x.register_post_accumulate_grad_hook(lambda t: seen.append("accumulated"))
    x.register_hook(lambda g: seen.append("leaf"))
    (y * y).sum().backward()
    return seen


@program
def order_in_which_leaves_get_their_gradients(lib):
    seen = []
    leaves = [leaf(lib, float(i)) for i in range(5)]
    for i, x in enumerate(leaves):
        x.register_hook(lambda g, i=i: seen.append(i))
    total = leaves[3] * 2
    for x in (leaves[1], leaves[4], leaves[0], leaves[1], leaves[2]):
        total = total * x + x
    total.sum().backward()
    return seen


@program
def order_in_which_nodes_run(lib):
    seen = []

    def watch(name, tensor):
        tensor.register_hook(lambda g: seen.append(name))
        return tensor

    x = leaf(lib, 0.5)
    a = watch("a", x * 2)
    b = watch("b", x * 3)
    c = watch("c", a.exp())
    d = watch("d", b * c)
    e = watch("e", a + b)
    f = watch("f", e * d)
    (f + watch("g", c * e)).sum().backward()
    return seen


@program
def retained_gradients(lib):
    x = leaf(lib, 1.0, 2.0)
    y = x * 3
    before = y.retains_grad
    y.retain_grad()
    y.retain_grad()
    x.retain_grad()
    z = y * y
    z.sum().backward(retain_graph=True)
    first = y.grad.clone()
    z.sum().backward()
    return before, y.retains_grad, x.retains_grad, first, y.grad, z.retains_grad


@program
def retained_gradient_is_a_copy(lib):
    x = leaf(lib, 1.0, 2.0)
    y = x + 1
    y.retain_grad()
    (y * 2).sum().backward()
    y.grad.add_(100.0)
    return x.grad, y.grad


@program
def retained_gradients_of_two_terms_are_two(lib):
    x = leaf(lib, 1.0, 2.0)
    a, b = x * 2, x * 3
    out = a + b
    for tensor in (a, b, out):
        tensor.retain_grad()
    upstream = lib.tensor([0.5, 0.25]).double()
    out.backward(upstream)
    a.grad.add_(100.0)
    out.grad.add_(1000.0)
    return a.grad, b.grad, out.grad, upstream


@program
def grad_of_a_tensor_that_keeps_none(lib):
    x = leaf(lib, 1.0)
    y = x * 2
    y.sum().backward()
    with pytest.warns(UserWarning, match="not a leaf"):
        return y.grad


@program
def hooks_under_create_graph(lib):
    x = leaf(lib, 1.0, 2.0)
    y = x * x
    y.register_hook(lambda g: g * x)
    (first,) = lib.autograd.grad((y * y).sum(), x, create_graph=True)
    (second,) = lib.autograd.grad(first.sum(), x)
    return first, second


@program
def hook_runs_without_recording(lib):
    x = leaf(lib, 1.0)
    seen = []
    x.register_hook(lambda g: seen.append((lib.is_grad_enabled(), g.requires_grad)))
    (x * x).sum().backward()
    (x * x).sum().backward(create_graph=True)
    return seen


@program
def post_accumulate_hooks_return_nothing(lib):
    x = leaf(lib, 1.0)
    x.register_post_accumulate_grad_hook(lambda t: t.grad)
    return raised(lambda: (x * 2).backward()), x.grad


@program
def hooks_of_an_output_that_was_not_used(lib):
    x = leaf(lib, 1.0, 2.0)
    first, second = (x * 3).split(1)
    seen = []
    first.register_hook(lambda g: seen.append(("first", g)))
    second.grad_fn.register_prehook(lambda go: seen.append(("before", go)))
    second.grad_fn.register_hook(lambda gi, go: seen.append(("after", gi, go)))
    second.sum().backward()
    return seen, x.grad


@program
def hook_of_a_root_that_leads_nowhere(lib):
    x, w = leaf(lib, 1.0, 2.0), leaf(lib, 3.0)
    y = x * 3
    seen = []
    y.register_hook(lambda g: seen.append(g.clone()))
    y.retain_grad()
    unused = lib.autograd.grad(y, w, lib.ones_like(y), allow_unused=True)
    return seen, unused, y.grad


@program
def gradients_asked_for_on_the_way_are_those_before_hooks(lib):
    results = []
    for wanted in ((1,), (0, 1), (0,), (1, 2)):
        x = leaf(lib, 1.0, 2.0)
        y = x * 3
        y.register_hook(lambda g: g + 1)
        z = y * y
        inputs = [(x, y, z)[i] for i in wanted]
        results.append(lib.autograd.grad(z, inputs, lib.ones_like(z)))
    return results


@program
def gradients_of_other_tensors_by_inputs(lib):
    x = leaf(lib, 1.0, 2.0)
    y = x * 3
    (y * y).sum().backward(inputs=[y], retain_graph=True)
    first = y.grad, y.retains_grad, x.grad
    (y * y).sum().backward()
    return first, y.grad, x.grad


@program
def retained_gradients_have_no_graph_of_their_own(lib):
    x = leaf(lib, 1.0, 2.0)
    y = x * 3
    y.retain_grad()
    z = (y * y * y).sum()
    lib.autograd.grad(z, x, create_graph=True)
    first = y.grad.requires_grad
    z.backward()
    return first, y.grad.requires_grad, y.grad.detach()


@program
def hooks_of_nodes_return_another_number_of_gradients(lib):
    out = []
    for result in ((), (lib.ones(2).double(),) * 2, [lib.ones(2).double()], lib.ones(2).double()):
        for register in ("register_hook", "register_prehook"):
            x = leaf(lib, 1.0, 2.0)
            y = x.exp()
            getattr(y.grad_fn, register)(lambda *given, result=result: result)
            out.append(raised(lambda y=y: (y * y).sum().backward()))
    return out


@pytest.mark.parametrize("run", PROGRAMS)
def test_program_does_the_same_on_both_sides(run):
    compare(run)
