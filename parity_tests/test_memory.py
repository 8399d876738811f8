"""Programs about memory, run in both libraries: what shares it, what changes it, what is copied.

Each returns plain values, or raises; both sides must return the same, or raise the same type.
"""

from __future__ import annotations

import copy
import warnings

import pytest
import torch

import tinygrad_edu

PROGRAMS = []


def program(function):
    PROGRAMS.append(function)
    return function


def outcome(function, lib):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return function(lib)
        except (RuntimeError, TypeError, ValueError, NotImplementedError) as error:
            return type(error)


@pytest.mark.parametrize("function", PROGRAMS, ids=lambda f: f.__name__)
def test_program_ends_the_same_on_both_sides(function):
    ours, theirs = outcome(function, tinygrad_edu), outcome(function, torch)
    assert ours == theirs


def test_changes_are_noticed():
    """The programs that change a saved value do raise, on this side and by that error."""
    for function in (saved_argument_through_detach, saved_argument_through_view, saved_output):
        with pytest.raises(
            RuntimeError, match=r"modified by an inplace operation.*expected version 0"
        ):
            function(tinygrad_edu)


@program
def saved_argument_through_detach(lib):
    w = lib.ones(2, requires_grad=True)
    loss = (w * w).sum()
    w.detach().zero_()
    loss.backward()
    return w.grad.tolist()


@program
def saved_argument_through_squeeze_of_nothing(lib):
    x, w = lib.ones(3), lib.ones(3, requires_grad=True)
    loss = (x.squeeze() * w).sum()
    x.zero_()
    loss.backward()
    return w.grad.tolist()


@program
def saved_argument_through_view(lib):
    x, w = lib.ones(3), lib.ones(3, requires_grad=True)
    loss = (x * w).sum()
    x[0].zero_()
    loss.backward()
    return w.grad.tolist()


@program
def saved_output(lib):
    w = lib.ones(2, requires_grad=True)
    y = w.tanh()
    with lib.no_grad():
        y += 1
    y.sum().backward()
    return w.grad.tolist()


@program
def saved_output_of_a_users_function(lib):
    class Exp(lib.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            out = x.exp()
            ctx.save_for_backward(out)
            return out

        @staticmethod
        def backward(ctx, grad):
            (out,) = ctx.saved_tensors
            return grad * out

    w = lib.ones(2, requires_grad=True)
    y = Exp.apply(w)
    with lib.no_grad():
        y.zero_()
    y.sum().backward()
    return w.grad.tolist()


@program
def what_no_derivative_reads_may_change(lib):
    w = lib.ones(2, requires_grad=True)
    y = w + 1
    with lib.no_grad():
        y.zero_()
    y.sum().backward()
    return w.grad.tolist()


@program
def an_index_is_kept_as_it_was(lib):
    index, w = lib.tensor([0, 1]), lib.ones(3, requires_grad=True)
    picked = w[index.clone()].sum() + w.gather(0, index.clone()).sum()
    index += 1
    picked.backward()
    return w.grad.tolist()


@program
def backward_to_one_input_named_twice(lib):
    x = lib.ones(2, requires_grad=True)
    (x * 3).sum().backward(inputs=[x, x])
    return x.grad.tolist()


@program
def backward_to_inputs_calls_the_leaf_hooks(lib):
    seen, x = [], lib.ones(2, requires_grad=True)
    x.register_post_accumulate_grad_hook(lambda leaf: seen.append(leaf.grad.tolist()))
    (x * 3).sum().backward(inputs=[x])
    return seen


@program
def gradients_of_two_inputs_are_not_one_array(lib):
    x, y = lib.ones(2, requires_grad=True), lib.ones(2, requires_grad=True)
    upstream = lib.ones(2)
    (x + y).backward(upstream, inputs=[x, y])
    x.grad.add_(1)
    return y.grad.tolist(), upstream.tolist()


@program
def a_hook_that_keeps_a_gradient(lib):
    kept, x, y = [], lib.ones(2, requires_grad=True), lib.ones(2, requires_grad=True)
    z = x + y
    z.grad_fn.register_prehook(lambda grads: (grads[0] * 2,))
    z.register_hook(kept.append)
    for _ in range(2):
        z.sum().backward(retain_graph=True)
    return x.grad.tolist(), y.grad.tolist(), kept[0].tolist()


@program
def a_hook_that_changes_the_shape(lib):
    w = lib.ones(2, requires_grad=True)
    w.register_hook(lambda grad: lib.ones(1))
    (w * 2).sum().backward()


@program
def a_hook_that_changes_the_dtype(lib):
    w = lib.ones(2, requires_grad=True)
    w.register_hook(lambda grad: grad.double())
    (w * 2).sum().backward()


@program
def a_copied_module_begins_without_gradients(lib):
    layer, x = lib.nn.Linear(2, 1), lib.ones(1, 2)
    layer(x).sum().backward()
    twin = copy.deepcopy(layer)
    twin(x).sum().backward()
    return twin.weight.grad.tolist(), layer.weight.grad.tolist()


@program
def a_shallow_copy_is_a_leaf_of_the_same_memory(lib):
    x = lib.ones(2, requires_grad=True)
    y = copy.copy(x * 2)
    z = copy.copy(x)
    with lib.no_grad():
        z.zero_()
    return y.is_leaf, y.requires_grad, z.grad is None, x.tolist()


@program
def new_data_on_an_old_graph(lib):
    w = lib.ones(2, requires_grad=True)
    loss = (w * 2).sum()
    w.data = lib.zeros(2)
    return lib.autograd.grad(loss, w)[0].tolist()


@program
def a_generator_without_gradients(lib):
    @lib.no_grad()
    def numbers(w):
        received = yield (w * 2).requires_grad
        yield received, (w * 2).requires_grad

    w = lib.ones(1, requires_grad=True)
    generator = numbers(w)
    first = next(generator)
    between = (w * 2).requires_grad
    return first, between, generator.send("x"), lib.is_grad_enabled()


@program
def a_generator_that_is_thrown_into_and_closed(lib):
    ended = []

    @lib.no_grad()
    def numbers():
        try:
            yield lib.is_grad_enabled()
        except ValueError:
            yield "caught", lib.is_grad_enabled()
        finally:
            ended.append(lib.is_grad_enabled())

    generator = numbers()
    steps = [next(generator), generator.throw(ValueError("for the generator"))]
    generator.close()
    return steps, ended, lib.is_grad_enabled(), list(numbers())


@program
def writing_to_repeated_memory(lib):
    x = lib.zeros(1).expand(3)
    x += 1


@program
def a_number_that_does_not_fit(lib):
    x = lib.arange(3)
    x[0] = float("nan")


@program
def what_shares_memory_is_copied_together(lib):
    x = lib.arange(6.0).reshape(2, 3)
    x, first, turned, gone = copy.deepcopy([x, x[0, 1:], x.T, x + 0])
    x.fill_(7)
    return first.tolist(), turned.tolist(), gone.tolist(), turned.stride(), first.is_contiguous()


@program
def a_copied_view_alone(lib):
    x = lib.arange(6.0).reshape(2, 3)
    y = copy.deepcopy(x[:, ::2])
    x.zero_()
    return y.tolist(), y.stride(), copy.deepcopy(lib.ones(1).expand(3)).stride()


@program
def shared_parameters_are_copied_once(lib):
    weight = lib.nn.Parameter(lib.ones(3))
    twin, view = copy.deepcopy([weight, weight.detach()[1:]])
    with lib.no_grad():
        twin.zero_()
    return view.tolist(), weight.tolist(), twin.requires_grad, view.requires_grad
