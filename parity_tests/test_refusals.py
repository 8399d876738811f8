"""Wrong calls that only one check of one function refuses: here is what provokes each of them.

Each row is an expression, evaluated on both sides as in `test_spellings`, whose names it has.
"""

import inspect

import numpy as np
import pytest

import tinygrad_edu
from tinygrad_edu.autograd.broadcasting import undo_broadcast

from .both import BOTH, both, both_raise
from .test_spellings import judge_expression

AUTOGRAD = (
    "lib.autograd.grad(g.sum(), g, lib.ones(2))", "lib.autograd.grad([g * 2, g], g, lib.ones(3))",
    "lib.autograd.grad(g * 2, g, [lib.ones(3), None])",
    "lib.autograd.functional.jvp(lambda y: y * 2, f)",
    "g.register_hook(lambda grad: 3) and (g * 1).sum().backward()",
    "lib.autograd.gradcheck(lambda y: y * 2, (f.double(),))",
)  # fmt: skip

MAKING = (
    "f.type(dict)", "lib.zeros(2, dtype=3)", "lib.zeros(2, dtype='float')",
    "f.to(1, 2, 3, 4, 5, 6)",
    "lib.arange(0, 5, 0)", "lib.arange(0.0, 5.0, 0.0)", "lib.tril_indices(-1, 2)",
    "lib.triu_indices(2, -1)", "lib.meshgrid()", "lib.meshgrid([])",
    "lib.meshgrid(f, f, indexing='ji')", "lib.meshgrid([[]])", "lib.combinations(x)",
    "lib.combinations(f, -1)",
    "lib.combinations(f, r=0)", "lib.normal(f, lib.tensor([1.0, -1.0, 1.0]))",
    "lib.normal(0.0, lib.tensor([-1.0]))", "lib.normal(f, lib.ones(2))",
    "lib.randint(3, (2,), dtype=lib.bool)", "lib.randint(0, 3, (2,), dtype=lib.float16).shape",
    "lib.nn.UninitializedParameter() + 1", "lib.nn.UninitializedParameter().shape",
    "f.contiguous(memory_format=lib.preserve_format)", "lib.utils.data.Sampler().__iter__()",
    "next(iter(lib.utils.data.IterableDataset()))",
)  # fmt: skip

SHAPES = (
    "lib.nn.functional.bilinear(t[0, :2], t[0, :2], lib.ones(5, 4, 4), lib.ones(3))",
    "lib.tensordot(x, x, 'a')", "lib.tensordot(x, x, ([0], [0, 1]))", "lib.tensordot(x, x, -1)",
    *(
        f"lib.tensordot(lib.eye(3), lib.ones(3, 3), {dims})"
        for dims in (
            "(0, 1)", "([0], 1)", "(0,)", "()", "([0], [1], [1])", "([True], [0])", "([1.5], [0])",
            "(None, None)", "((lib.tensor(0),), [1])", "(lib.tensor([0]), [1])", "([0], range(1))",
            "lib.tensor([0, 1])", "lib.tensor([[0], [1]])",
            "lib.tensor([[0.0], [1.0]])", "lib.tensor([[True], [False]])", "lib.tensor([])",
            "lib.tensor(1.7)", "lib.tensor(-1)", "lib.tensor(3)", "3", "np.int64(1)", "True",
            "([5], [0])", "([0, 0], [0, 1])",
        )
    ),
    "lib.tensordot(f[0], f, ([0], [0]))", "lib.tensordot(f, f[0], ([-1], [-1]))",
    "lib.tensordot(f[0], f[0], ([0], [0]))", "lib.tensordot(f[0], f, ([], []))",
    "lib.tensordot(f > 0, f > 0, (0, 1))", "lib.tensordot(f, f.double(), ([0], [0, 1]))",
    "lib.split(f, np.int64(1))", "f.split(lib.tensor([1, 2]))", "f[0].split(np.int64(1))",
    "lib.linalg.solve(lib.eye(2), f[0])", "lib.linalg.solve(lib.eye(2), f[0], left=False)",
    "(f > 0).topk(1, dim=3)", "(f > 0).topk(4)", "f[0].unflatten(0, (1, 1))",
    "lib.linalg.cross(f > 0, f)", "lib.linalg.cross(f, f > 0)", "lib.linalg.cross(f[0], f[0])",
    "lib.linalg.cross(f, f.double(), dim=4)",
    "lib.as_strided_scatter(f, lib.ones(2, 2), (2, 2), (0, 1))",
    "lib.linalg.lstsq(lib.ones(3, 2), lib.ones(1, 1, 1, 3, 2))",
    "lib.linalg.lstsq(lib.ones(1, 1, 3, 2), lib.ones(3, 2))",
    "lib.linalg.lstsq(lib.ones(2, 3, 2), lib.ones(1, 3))",
    "lib.split(f[0], 1)", "f[0].chunk(2)", "lib.linalg.solve(lib.eye(2), lib.ones(2), left=False)",
    "lib.linalg.lu_solve(lib.eye(2), lib.tensor([1, 2], dtype=lib.int32), lib.ones(2))",
    "lib.lu_unpack(f, lib.tensor([1], dtype=lib.int32))",
    "lib.lu_unpack(lib.tensor(2.0), lib.tensor([1], dtype=lib.int32))",
    "lib.lu_unpack(lib.eye(2), lib.tensor([1, 2]))",
    "lib.addr(f, x.float(), f[0])", "lib.addr(f, f[0], x.float())", "lib.tensor(1).roll(1, 0)",
    "lib.pca_lowrank(t[0], 1, niter=0)[1].shape", "lib.pca_lowrank(t[0], 1, niter=-1)",
    "lib.conv_tbc(lib.ones(3, 1, 2), lib.ones(0, 2, 1), lib.ones(1), 1)",
    "lib.conv_tbc(lib.ones(3, 1, 2), lib.ones(0, 2, 1), lib.ones(1))",
    "lib.norm(t[0], 'nuc', dim=(0, 1), dtype=lib.float64)",
    "lib.norm(t[0], 'nuc', dtype=lib.float64)",
    "lib.cross(t, t)", "lib.cross(lib.ones(2), lib.ones(2))",
    "lib.linalg.cross(f, f[:2])", "f[0].index_reduce(0, lib.tensor([[0]]), f[:1], 'prod')",
    "f.index_reduce(0, lib.tensor([[0]]), f[:1], 'prod')",
    "f.index_reduce(0, lib.tensor([0, 1]), f[:1], 'prod')",
    "f.index_reduce(0, lib.tensor([0]), f[:1], 'sum')",
    "f.scatter(0, lib.tensor([0]), f, reduce='max')", "lib.tensor(1).diff(n=-1)",
    "lib.unravel_index(lib.tensor([1]), (2, 0))", "lib.unravel_index(lib.tensor([0]), (2, -1))",
    "lib.unravel_index(lib.tensor([1]), (0,))", "lib.unravel_index(f, (2,))",
    "lib.vander(x)", "lib.trapezoid(f, dx='a')", "lib.trapezoid(f, dx=None)",
    "lib.kthvalue(f[0], 1, 1)", "lib.mode(f[0], 1)", "lib.median(f[0], 1)",
    "lib.nn.functional.rms_norm(x.float(), (4,), lib.ones(3))",
    "lib.nn.functional.rms_norm(x.float(), (4,), lib.ones(1, 4))",
    "lib.nn.functional.rms_norm(x.float(), ())", "lib.nn.functional.rms_norm(f, (4,))",
    "lib.nn.functional.rms_norm(x, (4,))", "lib.nn.functional.layer_norm(x.float(), ())",
    "lib.nn.functional.layer_norm(lib.tensor(1.0), ())",
    "lib.nn.functional.layer_norm(x.float(), (3,))",
    "lib.nn.functional.layer_norm(x.float(), (4,), lib.ones(3))",
    "lib.nn.functional.layer_norm(x.float(), (4,), None, lib.ones(3))",
    "lib.nn.functional.pad(f, 3)", "lib.nn.functional.pad(f, 'a')",
    "lib.nn.functional.pad(f, (1.0, 1))", "lib.nn.functional.pad(f, (1,))",
    "lib.slice_copy(f[0])", "lib.stack(f)", "lib.cat(f)", "lib.vstack(f)", "lib.hstack(3)",
    "lib.index_put(f, lib.tensor([0]), f[0])", "f.index_put(f, f)",
)  # fmt: skip

KINDS = (
    "lib.bucketize(f, b)", "lib.bucketize(b, b)", "lib.searchsorted(b, x)",
    "lib.searchsorted(b, b)", "lib.searchsorted(f, f, side='middle')",
    "lib.searchsorted(f, f, right=True, side='left')",
    "lib.searchsorted(f, f, sorter=lib.tensor([0, 1, 5]))",
    "lib.searchsorted(f, f, sorter=lib.tensor([0, 1]))",
    "lib.searchsorted(f, f, sorter=lib.tensor([0.0, 1.0, 2.0]))",
    "lib.searchsorted(x, f)", "lib.searchsorted(f, 'a')",
    "b.clamp(b, b)", "f.clamp(f, 1)", "f.clamp(0, f)", "f.clamp('a', 1)", "f.clamp(0, 'a')",
    "f.clamp(min='a')", "f.clamp(max=[1])", "f.clamp_min('a')", "f.clamp_max(None)",
    "f.clamp_min(1 + 0j)", "f.clip('a', f)", "f.clip(f, 'a')",
    "lib.cov(x.float(), fweights=lib.tensor([0, 0, 0, 0]))",
    "lib.cov(x.float(), aweights=lib.tensor([-1.0, 1.0, 1.0, 1.0]))",
    "lib.nn.functional.grid_sample(x.reshape(1, 1, 3, 4), lib.zeros(1, 1, 1, 2, dtype=int))",
    "lib.linalg.matrix_power(lib.eye(2), 1.5)", "lib.linalg.matrix_power(lib.eye(2), 'a')",
    "lib.linalg.vector_norm(f, [2])", "lib.linalg.vector_norm(f, 'fro')",
    "lib.linalg.matrix_norm(x.float(), [2])", "lib.linalg.matrix_norm(x.float(), None)",
    "lib.linalg.matrix_norm(x.float(), 'frob')", "lib.geqrf(g.reshape(1, 3)).a.sum().backward()",
    "x.addr(lib.arange(3), lib.arange(4), beta=1.5)",
    "x.addr(lib.arange(3), lib.arange(4), alpha=1.5)",
    "lib.linalg.matrix_rank(lib.eye(2), tol=1.0, rtol=1.0)",
    "lib.linalg.matrix_rank(lib.eye(2), 1.0, atol=1.0)",
    "lib.linalg.pinv(lib.eye(2), atol='a')", "lib.topk(b, 1)", "b.sort()", "b.topk(2)",
    "lib.nn.functional.max_pool1d(lib.ones(1, 2, 4, dtype=int), 2)",
    "lib.nn.functional.avg_pool2d(lib.ones(1, 2, 4, dtype=bool), 2)",
    "lib.nn.functional.max_pool2d(lib.ones(1, 2, 4, dtype=bool), 2)",
    *(
        f"lib.nn.functional.avg_pool{n}d(lib.ones(1, 1, *[4] * {n}), 2, count_include_pad={flag})"
        for n in (1, 2, 3) for flag in ("'a'", "2", "None", "1.0")
    ),
    *(
        f"lib.nn.functional.{name}_pool{n}d(lib.ones(1, 1, *[4] * {n}), 2, ceil_mode={flag})"
        for name in ("avg", "max") for n in (1, 2, 3) for flag in ("'a'", "2", "None")
    ),
    "lib.nn.functional.instance_norm(x)", "lib.nn.functional.group_norm(x, 2)",
    "lib.nn.functional.batch_norm(x, None, None, training=True)",
    "lib.nn.functional.embedding(lib.tensor([0]), x.float(), sparse=1)",
    "f.bernoulli_('a')", "f.bernoulli_(lib.tensor([1, 0, 1]))", "f.bernoulli_(lib.ones(2))",
    "f.bernoulli_(2)", "x.expand(2, 3, 4).bernoulli_(0.5)", "f.expand(2, 3).uniform_()",
    "f.expand(2, 3).normal_()", "x.normal_()", "x.uniform_()", "b.exponential_()",
    "f.to('cpu', lib.float64, False, False, lib.contiguous_format)",
    "lib.ones(2).mul_(lib.tensor([1e300, 1.0], dtype=lib.float64))", "f.half().div(0.1)",
    "lib.ones(2).copy_(lib.tensor([1e300, 1.0], dtype=lib.float64))", "f.half().div(70000)",
    "lib.where(f.half() > 1, f.half(), 1e6)", "lib.scalar_tensor(1e6, dtype=lib.float16)",
    "lib.where(b, lib.ones(3).half(), 1e6)", "(f.half() * 4095).div(0.1)",
    "b.add_(True)", "b.sub_(b)", "b.neg_()", "b.abs_()", "x.float_power_(2)",
)  # fmt: skip

MODULES = (
    "lib.nn.ModuleList().forward(f)", "lib.nn.ModuleDict()(f)", "lib.nn.ParameterList()(f)",
    "lib.nn.Module()(f)", "lib.nn.LazyLinear(3).weight + 1",
    "lib.nn.LayerNorm('a')", "lib.nn.LayerNorm((3,))(x.float())",
    "lib.nn.LSTM(3, 4)(f.reshape(1, 3), (lib.zeros(1, 4, dtype=lib.float64),) * 2)",
    "lib.nn.GRU(3, 4)(f.reshape(1, 3), lib.zeros(1, 4, dtype=lib.float64))",
    "lib.nn.RNN(3, 4)(f.reshape(1, 3).double())", "lib.nn.RNNBase('RNN', 3, 4)",
    "lib.optim.LBFGS([lib.nn.Parameter(f)]).step()",
    "lib.func.stack_module_state([lib.nn.Linear(3, 1), lib.nn.Linear(3, 1).requires_grad_(False)])",
    "lib.func.stack_module_state([])",
    "lib.func.stack_module_state([lib.nn.Linear(3, 1), lib.nn.Linear(3, 1).eval()])",
    "lib.nn.utils.parametrize.register_parametrization(lib.nn.Linear(3, 1), 'weight', "
    "lib.nn.Flatten(0))",
    "lib.nn.utils.parametrize.register_parametrization(lib.nn.Linear(3, 1), 'no_such', "
    "lib.nn.Identity())",
    "lib.nn.utils.parametrize.remove_parametrizations(lib.nn.Linear(3, 1), 'weight')",
    "lib.optim.lr_scheduler.ConstantLR(lib.optim.SGD([f], 1.0), factor=0).get_last_lr()",
    "lib.optim.lr_scheduler.ConstantLR(lib.optim.SGD([f], 1.0), factor=-0.1)",
    "lib.nn.Linear(3, 1).register_full_backward_hook(lambda *a: 3) and None",
)  # fmt: skip

OPTIONS = (
    *(
        f"{x}.{name}({q}, keepdim=True)"
        for name in ("quantile", "nanquantile")
        for x in ("f[0]", "f", "x.float()", "t") for q in ("0.3", "lib.tensor([0.1, 0.9])")
    ),
    "f.double().float_power_(f.double())", "f.double().float_power_(lib.tensor([2, 0, 1]))",
    "(lambda d: d[:, :1].float_power_(d[:, 1:2]))(t.double()[0])",
    "(lambda d: d.float_power_(d[0]))(t.double()[0])",
    "(lambda d: d.float_power_(d.t()))(lib.eye(3).double() + 1)",
    "(lambda d: d.pow_(d[0]))(t.double()[0])",
)  # fmt: skip


@pytest.mark.parametrize(
    "expression", [*AUTOGRAD, *MAKING, *SHAPES, *KINDS, *MODULES, *OPTIONS], ids=str
)
def test_it_is_refused_or_not(expression):
    judge_expression(expression)


def test_programs_that_are_refused():
    both_raise(lambda lib: lib.nn.Parameter(3))
    both_raise(lambda lib: lib.nn.UninitializedParameter().no_such_name)
    jacobian = [lib.autograd.functional.jacobian for lib in BOTH]
    for function, lib in zip(jacobian, BOTH, strict=True):
        with pytest.raises(AssertionError, match='either "forward-mode" or "reverse-mode"'):
            function(lambda y: y * 2, lib.ones(2), strategy="sideways")
    for shape in ((2, 4), (3, 3), (1, 2, 3)):
        with pytest.raises(ValueError, match="a gradient of shape"):
            undo_broadcast(np.ones((2, 3)), shape)
    both_raise(lambda lib: lib.func.functional_call(lib.nn.Linear(1, 1), {"": lib.ones(1)}, ()))


def test_the_dimensions_of_two_tensors_are_two_lists():
    for lib in BOTH:
        x = lib.ones(2, 2)
        with pytest.raises(AssertionError, match="size 2"):
            lib.tensordot(x, x, lib.tensor([[0], [1], [1]]))


@pytest.mark.parametrize("change", ["t_", "squeeze_", "unsqueeze_", "swapdims_"])
def test_a_leaf_that_gets_another_shape_gets_gradients_of_it(change):
    """The one that it keeps is of the old shape, and so it has to go first."""

    def program(lib):
        leaf = lib.arange(6.0).reshape(1, 2, 3)[0 if change == "t_" else slice(None)].clone()
        leaf.requires_grad_()
        with lib.no_grad():
            getattr(leaf, change)(*{"unsqueeze_": (0,), "swapdims_": (0, 1)}.get(change, ()))
        (leaf * leaf).sum().backward()
        return [list(leaf.shape), list(leaf.grad.shape), leaf.grad.tolist()]

    assert both(program)


def test_a_leaf_of_another_shape_takes_a_gradient_of_it_where_it_has_a_node_already():
    def program(lib):
        leaf = lib.ones(2, 3, requires_grad=True)
        (leaf * 1).sum()  # whose node points at the leaf's own
        with lib.no_grad():
            leaf.t_()
        lib.autograd.backward([leaf], [lib.ones(3, 2)])
        return leaf.grad.tolist()

    assert both(program)


@pytest.mark.parametrize(
    "draw", ["uniform_()", "normal_()", "exponential_()", "random_()", "bernoulli_(0.5)"]
)
def test_a_refused_draw_leaves_the_random_stream_where_it_was(draw):
    for lib in BOTH:
        lib.manual_seed(0)
        first = lib.rand(3).tolist()
        lib.manual_seed(0)
        with pytest.raises(RuntimeError, match="leaf Variable"):
            eval(f"lib.ones(2, 3, requires_grad=True).{draw}", {"lib": lib})
        assert lib.rand(3).tolist() == first


@pytest.mark.parametrize("bound", ["a", None, [1]])
def test_a_bound_that_is_no_number_is_named(bound):
    for name in ("clamp_min", "clamp_max"):
        said = rf"{name}\(\): argument '{name[-3:]}' \(position \d\) must be Number"
        with pytest.raises(TypeError, match=said):
            getattr(tinygrad_edu.ones(2), name)(bound)


def test_a_bound_that_is_no_number_beside_a_tensor_is_named():
    lib = tinygrad_edu
    x = lib.ones(2)
    for bounds, said in (
        (("a", x), r"'min' \(position 2\) must be Number, not str"),
        ((x, 1), r"'min' \(position 2\) must be Number, not Tensor"),
        ((1, x), r"'max' \(position 3\) must be Number, not Tensor"),
    ):
        with pytest.raises(TypeError, match=said):
            x.clamp(*bounds)


def test_addr_says_that_it_takes_vectors():
    x, y = tinygrad_edu.ones(2), tinygrad_edu.ones(2, 1)
    for vectors in ((x, y), (y, x)):
        with pytest.raises(RuntimeError, match="addr: expected two vectors"):
            tinygrad_edu.ones(2, 2).addr(*vectors)


def test_probabilities_leave_no_index_to_ignore():
    for lib in BOTH:
        if hasattr(lib.nn.functional, "linear_cross_entropy"):  # from PyTorch 2.13 on
            with pytest.raises(RuntimeError, match="ignore_index cannot be specified when target"):
                lib.nn.functional.linear_cross_entropy(
                    lib.ones(2, 3), lib.ones(4, 3), lib.ones(2, 4), ignore_index=1
                )


def test_corrcoef_names_itself():
    with pytest.raises(RuntimeError, match=r"corrcoef\(\): expected input to have two or fewer"):
        tinygrad_edu.corrcoef(tinygrad_edu.ones(1, 2, 2))


def test_a_numerical_second_derivative_takes_steps_of_eps():
    for lib in BOTH:
        x = lib.ones(1, dtype=lib.float64, requires_grad=True)
        assert lib.autograd.gradgradcheck(lib.exp, (x,))
        assert not lib.autograd.gradgradcheck(lib.exp, (x,), eps=1.0, raise_exception=False)


def test_attention_over_added_zeros_stays_in_its_dtype():
    def program(lib):
        attention = lib.nn.MultiheadAttention(4, 2, add_zero_attn=True)
        lib.set_default_dtype(lib.float64)
        try:
            x = lib.ones(3, 1, 4, dtype=lib.float32)
            return str(attention(x, x, x)[0].dtype)
        finally:
            lib.set_default_dtype(lib.float32)

    assert both(program)


def test_an_output_without_gradient_shares_the_counter_of_changes_with_its_argument():
    for lib in BOTH:

        class Same(lib.autograd.Function):
            @staticmethod
            def forward(ctx, x):
                ctx.mark_non_differentiable(x)
                return x

        leaf = lib.ones(2, requires_grad=True)
        x = leaf * 1
        y, square = Same.apply(x), x * x
        y.add_(1)
        assert x._version == y._version == 1
        with pytest.raises(RuntimeError, match="modified by an inplace operation"):
            square.sum().backward()


def test_a_view_of_a_transposed_memory_gets_its_gradient_where_it_lies():
    def program(lib):
        leaf = lib.arange(6.0).reshape(2, 3).t().clone(memory_format=lib.preserve_format)
        leaf.requires_grad_()
        view = (leaf * 1).as_strided((2,), (1,), 1)
        (view * lib.tensor([1.0, 10.0])).sum().backward()
        return leaf.grad.tolist()

    assert both(program)


def test_a_profile_shows_a_hundred_rows():
    for lib in BOTH:
        rows = inspect.signature(lib.autograd.profiler.profile.table).parameters["row_limit"]
        assert rows.default == 100


def test_matrices_that_are_not_square_have_no_cholesky_factor():
    with pytest.raises(RuntimeError, match="square matrices, but they are 2 by 3"):
        tinygrad_edu.cholesky(tinygrad_edu.ones(2, 3))
