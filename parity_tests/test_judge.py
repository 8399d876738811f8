"""The suite's own ground: the judge convicts, the bridge copies exactly, ids lead back to cases,
and failures say what was called."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_edu as tg
from tinygrad_edu.ops import arithmetic, reduce, unary

from .bridge import Bridge
from .cases import Case, cases, edge_cases
from .compare import compare as compare_call
from .judge import Evidence, check
from .loss_calls import single
from .modules import compare_module, draw
from .ops import OPS
from .optim_race import Race
from .programs import Raised, compare, leaf
from .runner import judge_case
from .told import FEW, WIDTH, arguments_told, function_told, telling


@given(data=st.data())
def test_ids_lead_back_to_the_case(data):
    row = OPS[data.draw(st.sampled_from(sorted(OPS)))]
    case = data.draw(cases(row, ("f32",)))
    assert Case.parse(case.id).id == case.id


VALUES = torch.tensor([1.0, -2.0, 3.0])


@pytest.mark.parametrize(
    ("got", "expected", "options"),
    [
        (tg.tensor([1.0, -2.0]), VALUES, {}),
        (tg.tensor([[1.0, -2.0, 3.0]]), VALUES, {}),
        (tg.tensor([1.0, -2.0, 3.0]).double(), VALUES, {}),
        (tg.tensor([1.0, -2.0, 3.0], requires_grad=True), VALUES, {}),
        (np.float32([1.0, -2.0, 3.0]), VALUES, {}),
        (None, VALUES, {}),
        (tg.tensor([1.0, -2.0, 3.0]), None, {}),
        (tg.tensor([0.0]), None, {}),
        (tg.tensor([1.0]), None, {"zero_for_none": True}),
        (None, torch.zeros(1), {"zero_for_none": True}),
        (tg.tensor([1.0, -2.0, 3.0001]), VALUES, {}),
        (tg.tensor([1.0, -2.0, float("nan")]), VALUES, {}),
        (tg.tensor([1.0, -2.0, float("inf")]), torch.tensor([1.0, -2.0, -float("inf")]), {}),
        (tg.tensor([1e-3, 1e30]), torch.tensor([2e-3, 1e30]), {"each": True}),
        (tg.tensor([1.0000001]), torch.tensor([1.0]), {"exact": "values"}),
        (tg.tensor([-0.0]), torch.tensor([0.0]), {"exact": "bits"}),
        (tg.tensor([-0.0]), torch.tensor([0.0]), {"exact": "signs"}),
        (tg.tensor([0.0, 1.001]), torch.tensor([0.0, 1.0]), {"exact": "signs"}),
        (tg.tensor([1, 2]), torch.tensor([1, 3]), {}),
        (tg.tensor([True]), torch.tensor([1]), {}),
    ],
)
def test_judge_convicts(got, expected, options):
    with pytest.raises(AssertionError, match="replay"):
        check(got, expected, **options)


@pytest.mark.parametrize(
    ("got", "expected", "options"),
    [
        (tg.tensor([1.0, -2.0, 3.0000005]), VALUES, {}),
        (tg.tensor([1e-3, 1e30]), torch.tensor([2e-3, 1e30]), {}),
        (tg.tensor([-0.0]), torch.tensor([0.0]), {"exact": "values"}),
        (tg.tensor([-0.0, 1.0000001]), torch.tensor([-0.0, 1.0]), {"exact": "signs"}),
        (tg.tensor([float("nan"), float("inf")]), torch.tensor([float("nan"), float("inf")]), {}),
        (tg.tensor([0.0]), None, {"zero_for_none": True}),
        (None, None, {}),
        (tg.zeros(0, 3), torch.zeros(0, 3), {"each": True}),
    ],
)
def test_judge_acquits(got, expected, options):
    check(got, expected, **options)


def test_judge_goes_by_the_truth_and_not_by_rounding():
    """Nearer to the truth than PyTorch is right, as far on its other side too; eightfold is not."""
    evidence = Evidence(torch.tensor([1.001]), torch.tensor([1.0], dtype=torch.float64))
    check(tg.tensor([1.0]), evidence)
    check(tg.tensor([0.999]), evidence)
    with pytest.raises(AssertionError, match=r"off by 0\.008"):
        check(tg.tensor([0.992]), evidence)


def faulty_sum(x, dims, keepdim):
    return x.sum(dims, keepdims=keepdim) * 1.00001


@pytest.mark.parametrize(
    ("name", "op", "method", "fault"),
    [
        ("mul", arithmetic.Mul, "d_a", lambda grad, b: grad * b * 1.0001),
        ("mul", arithmetic.Mul, "d_b", lambda grad, a: grad),
        ("add", arithmetic.Add, "forward", lambda a, b: (a + b).astype(np.float64)),
        ("sum", reduce.Sum, "forward", faulty_sum),
        ("exp", unary.Exp, "forward", lambda x: np.exp(x, out=x if x.flags.writeable else None)),
        ("abs", unary.Abs, "d_x", lambda grad, x: np.where(x >= 0, grad, -grad)),
        ("sin", unary.Sin, "d_x", lambda grad, x: grad * np.cos(getattr(x, "array", x))),
    ],
)
def test_planted_faults_are_found(monkeypatch, request, name, op, method, fault):
    """Each is a wrong derivative, value, dtype, tie or second derivative, or spoils an argument."""
    shapes, layouts, wanted = (
        ("3x4", "sliced,contiguous", "g")
        if len(OPS[name].arguments) == 1
        else ("3x4,4", "sliced,contiguous,contiguous", "gg")
    )
    case = Case.parse(f"{name}/f32/{shapes}/{layouts}/{wanted}/ties/0/{{}}")
    judge_case(case)
    monkeypatch.setattr(op, method, staticmethod(fault))
    if method != "forward":
        derivatives = [
            d._replace(function=fault) if method == f"d_{parameter}" else d
            for d in op.rules
            for parameter, position in op.parameters.items()
            if position == d.position
        ]
        monkeypatch.setattr(op, "rules", tuple(derivatives))
    op._plan.cache_clear()  # plans hold the rules they were made from
    request.addfinalizer(op._plan.cache_clear)
    with pytest.raises(AssertionError) as caught:
        judge_case(case)
    assert case.id in str(caught.value) and "argument 0" in str(caught.value)


def test_edge_cases_cover_the_special_values():
    assert len(edge_cases(OPS["exp"], "f32")) == 1
    assert len(edge_cases(OPS["max"], "f32")) > 60


def test_comparison_notices_a_difference():
    for wrong in (
        lambda lib: leaf(lib, 1.0 if lib is torch else 2.0),
        lambda lib: [1, 2] if lib is torch else [1],
        lambda lib: None if lib is torch else leaf(lib, 1.0),
        lambda lib: Raised(ValueError()) if lib is torch else Raised(TypeError()),
        lambda lib: Raised(ValueError()) if lib is torch else None,
    ):
        with pytest.raises(AssertionError):
            compare(wrong)


def test_copies_across_the_bridge_compute_alike():
    """The suite's own ground: strides, sharing and identity survive the crossing both ways."""
    base = torch.arange(24.0).reshape(4, 6)
    views = [base, base.T, base[1::2, ::3], base[0].expand(3, 6), base[2, 2], base[4:]]
    bridge = Bridge()
    ours = [bridge.to_ours(v) for v in views]
    assert bridge.to_ours(views[0]) is ours[0]
    for mine, view in zip(ours, views, strict=True):
        assert mine.stride() == view.stride()
        np.testing.assert_array_equal(mine.numpy(), view.numpy())
        if view.numel():
            assert np.may_share_memory(mine.numpy(), ours[0].numpy())
        back = Bridge().to_torch(mine)
        assert back.stride() == view.stride()
        assert torch.equal(back, view)
    backwards = tg.arange(3.0)
    backwards.array = backwards.array[::-1]
    with pytest.raises(ValueError, match="negative strides"):
        Bridge().to_torch(backwards)


# What a failure says ------------------------------------------------------------------------------


def is_ours(library):
    return library is tg


def lines_of_failure(call, *args, **kwargs):
    with pytest.raises(AssertionError) as caught:
        call(*args, **kwargs)
    lines = str(caught.value).splitlines()
    assert lines[-1].startswith("  replay   python -m pytest -n 0 parity_tests/test_judge.py::")
    return lines


def test_a_call_that_fails_is_told_with_its_arguments():
    factor = 2.0

    def twice(library, x, y, names=("mul",)):
        return getattr(library, names[0])(x, y * factor) + is_ours(library)

    x = torch.tensor([0.5, 1.0], dtype=torch.float64).requires_grad_()
    y = torch.arange(10.0, dtype=torch.float64).reshape(5, 1, 2)
    lines = lines_of_failure(compare_call, twice, x, y)
    assert lines[:6] == [
        'def twice(library, x, y, names=("mul",)):',
        "    return getattr(library, names[0])(x, y * factor) + is_ours(library)",
        "names = ('mul',)",
        "factor = 2.0",
        "  argument 0: (2,) float64: [0.5, 1.0]",
        f"  argument 1: (5, 1, 2) float64: {y.tolist()}",
    ]
    assert lines[6].startswith("  result 0: off by 1 where ")


def test_what_is_no_tensor_is_told_too():
    def number(library, x):
        return 1.0 * is_ours(library)

    lines = lines_of_failure(compare_call, number, torch.ones(20))
    assert lines[2:4] == ["  argument 0: (20,) float32", "  result 0: 1.0, not 0.0"]


def test_a_module_that_fails_is_told_with_its_parameters():
    def use(norm, x):
        return norm(x) * norm.eps

    def make(library):
        return library.nn.GroupNorm(2, 4, eps=0.5 if is_ours(library) else 0.25)

    x = draw((13, 4), torch.float32)
    lines = lines_of_failure(compare_module, make, x, use=use, train=False)
    assert lines[0].startswith("GroupNorm(2, 4, eps=0.25") and "in evaluation, used by" in lines[0]
    assert lines[1:4] == [
        "def use(norm, x):",
        "    return norm(x) * norm.eps",
        "  argument 0, input 0: (13, 4) float32",
    ]
    assert lines[4].startswith("  argument 1, weight: (4,) float32: [")
    assert lines[5].startswith("  argument 2, bias: (4,) float32: [")
    assert lines[6].startswith("  result 0: off by ")
    assert lines_of_failure(compare_module, make, x)[0].endswith("in training")


def test_a_race_that_is_lost_is_told_with_its_options():
    race = Race("NAdam", {"lr": 0.1, "betas": (0.5, 0.9)}, "float64", seed=3)
    race.step()
    race.step()
    race.ours[1].data += 1
    lines = lines_of_failure(race.check)
    assert lines[0] == "NAdam(lr=0.1, betas=(0.5, 0.9)) in float64, seed 3, steps 2"
    assert lines[1].startswith("  parameter 1: off by ")


def test_a_text_is_made_only_for_a_failure():
    with telling(lambda: pytest.fail("made a text")):
        pass
    error = AssertionError("wrong")
    with pytest.raises(AssertionError) as caught, telling(lambda: "a text"):
        raise error
    assert caught.value is error and str(error).startswith("a text\n  wrong\n  replay   ")


def test_functions_around_a_function_are_told():
    told = function_told(single("mse_loss", reduction="x" * WIDTH)).splitlines()
    assert told[0].startswith("return lambda library, *tensors: getattr(library.nn.functional")
    assert told[1:] == ["name = 'mse_loss'", "options = {'reduction': [...]"]
    inner = single("mse_loss")

    def outer(library, *tensors):
        return inner(library, *tensors)

    of_inner = [f"  {line}" for line in function_told(inner).splitlines()]
    assert function_told(outer).splitlines()[2:] == ["inner is", *of_inner]
    assert of_inner[1:] == ["  name = 'mse_loss'", "  options = {}"]


def test_any_callable_can_be_told():
    def endless(library):
        return endless(library)

    assert function_told(torch.sum) == repr(torch.sum)
    assert function_told(eval("lambda x: x")).startswith("<function <lambda>")
    assert function_told(endless).count("endless is") == 3


def test_many_numbers_are_not_told():
    x = torch.zeros(FEW, dtype=torch.int64)
    assert arguments_told([x, torch.cat([x, x])[::2], torch.zeros(FEW + 1)], ["index"]) == (
        f"argument 0, index: (12,) int64: {[0] * 12}\n"
        f"argument 1: (12,) int64, strides (2,): {[0] * 12}\n"
        "argument 2: (13,) float32"
    )
