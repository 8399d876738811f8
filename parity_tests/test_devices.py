"""``--device``: what is moved to a device stays what it was, and what is left out is counted.

There need be no GPU: here the other device is the CPU, too, to which everything is copied as if it
were another.
"""

import json

import pytest
import torch

from . import copied_runs, runner
from .bridge import Bridge
from .cases import Case
from .devices import NO_KERNEL, RAISES, RANDOM, REASONS, Device
from .gpu_differences import FIRST_OF_EQUALS
from .judge import Tally
from .modules import compare_module, draw
from .mutants.layers import LISTED
from .opinfo.samples import Sample, judge_sample
from .runner import judge_case
from .test_scoreboard import run_suite
from .totals import ON_CPU

HERE = torch.device("cpu")


@pytest.fixture
def elsewhere(monkeypatch):
    """As if there were a device: what was moved to it, and the copies."""
    moved = []

    def to_device(bridge, tensor, device):
        copied = original(bridge, tensor, device)
        moved.append((tensor, copied))
        return copied

    original = Bridge.to_device
    monkeypatch.setattr(Bridge, "to_device", to_device)
    monkeypatch.setattr(Device, "current", HERE)
    monkeypatch.setattr(Tally, "left_out", 0)
    monkeypatch.setattr(Tally, "reasons", type(Tally.reasons)())
    return moved


def test_what_is_moved_stays_what_it_was():
    base = torch.arange(24.0).reshape(4, 6)
    views = [base, base.T, base[1::2, ::3], base[0].expand(3, 6), base[2, 2], base[:0], base.long()]
    views.append(base[1].detach().requires_grad_())
    bridge = Bridge()
    copies = [bridge.to_device(v, HERE) for v in views]
    for view, copied in zip(views, copies, strict=True):
        assert bridge.to_device(view, HERE) is copied is not view
        assert copied.is_leaf and copied.requires_grad == view.requires_grad
        assert (copied.dtype, copied.shape, copied.stride()) == (
            view.dtype,
            view.shape,
            view.stride(),
        )
        assert copied.storage_offset() == view.storage_offset()
        assert torch.equal(copied, view)
        if view.numel():
            assert runner.address(copied) != runner.address(view)
            shared = runner.address(view) == runner.address(base)
            assert (runner.address(copied) == runner.address(copies[0])) == shared


@pytest.mark.parametrize(
    "case_id",
    [
        "mul/f32/3x4,4/sliced,expanded,transposed/gg/normal/0/{}",
        "mul/f64/3x4,same/contiguous,contiguous,contiguous/gg/normal/3/{}",
        "exp/f32/27/contiguous,contiguous/g/grid/0/{}",
        "T/f64/3x4/transposed,sliced/g/normal/1/{}",
    ],
)
def test_cases_are_computed_there(elsewhere, case_id):
    case = Case.parse(case_id)
    judge_case(case)
    assert not Tally.left_out
    assert len({id(tensor) for tensor, _ in elsewhere}) > len(case.shapes)  # upstream ones, too
    assert all(tensor is not copied for tensor, copied in elsewhere)


def test_a_module_and_a_sample_are_computed_there(elsewhere):
    compare_module(lambda lib: lib.nn.GRU(3, 4), draw((2, 3), torch.float32), twice=False)
    assert len(elsewhere) > 6
    elsewhere.clear()
    judge_sample(Sample("add", "f32", "noncontig", 3))
    assert elsewhere and not Tally.left_out


def test_what_is_computed_there_is_what_is_judged(elsewhere, monkeypatch):
    def wrong(bridge, tensor, device):
        return (tensor.detach() * 1.001).requires_grad_(tensor.requires_grad)

    monkeypatch.setattr(Bridge, "to_device", wrong)
    with pytest.raises(AssertionError, match="result 0: off by"):
        judge_case(Case.parse("exp/f64/3x4/contiguous,contiguous/g/normal/0/{}"))


def test_what_a_device_has_not_is_left_out(elsewhere, monkeypatch):
    wrong = Case.parse("mm/f32/3x4,3x4/contiguous,contiguous,contiguous/gg/normal/0/{}")
    judge_case(wrong)
    assert Tally.reasons == {RAISES: 1}
    with monkeypatch.context() as patch, pytest.raises(AssertionError, match="the engine None"):
        row = runner.OPS["mm"]._replace(call=lambda lib, a, b: a @ (b if lib is torch else a.T))
        patch.setitem(runner.OPS, "mm", row)
        judge_case(wrong)
    assert Tally.reasons == {RAISES: 2}
    compare_module(lambda lib: lib.nn.Dropout(0.5), draw((2, 3), torch.float32), twice=False)
    assert Tally.reasons == {RAISES: 2, RANDOM: 1}


def raising_there(error):
    """A call of `mul` that raises when PyTorch makes it a second time, which is on the device."""
    runs = []

    def call(library, *tensors):
        runs.append(library)
        if runs.count(torch) == 2:
            raise error
        return library.mul(*tensors)

    return call


def test_only_want_of_a_kernel_excuses_an_error(elsewhere, monkeypatch):
    case = Case.parse("mul/f32/3,3/contiguous,contiguous,contiguous/gg/normal/0/{}")
    for error in (
        NotImplementedError("aten::mul is not there"),
        RuntimeError("\"mul_cuda\" not implemented for 'Long'"),
        RuntimeError("GET was unable to find an engine to execute this computation"),
        RuntimeError("getCudnnDataTypeFromScalarType() not supported for Short"),
    ):
        row = runner.OPS["mul"]._replace(call=raising_there(error))
        monkeypatch.setitem(runner.OPS, "mul", row)
        judge_case(case)
    assert Tally.reasons == {NO_KERNEL: 4}
    other = RuntimeError("tensors on two devices")
    row = runner.OPS["mul"]._replace(call=raising_there(other))
    monkeypatch.setitem(runner.OPS, "mul", row)
    with pytest.raises(AssertionError, match="tensors on two devices"):
        judge_case(case)


def test_there_is_a_reason_for_each_layer():
    assert REASONS.keys() == LISTED.keys()


TESTS = """
import pytest
import torch
from parity_tests.cases import Case
from parity_tests.devices import Device
from parity_tests.runner import judge_case
from parity_tests.test_gpu_differences import computed_there, last_equal_first

Device.current = torch.device("cpu")  # as if it were another

@pytest.mark.on_device
@pytest.mark.parametrize("shapes", ["3x4,4x3", "3x4,4x5", "3x4,3x4"])
def test_case(shapes):
    judge_case(Case.parse(f"mm/f32/{shapes}/contiguous,contiguous,contiguous/gg/normal/0/{{}}"))

@pytest.mark.on_device
def test_difference(monkeypatch):
    computed_there(monkeypatch, "sort", last_equal_first)
    judge_case(Case.parse("sort/f64/3/contiguous,contiguous/g/vector0/0/{}"))

def test_other():
    raise AssertionError("this is about the CPU")
"""


@pytest.mark.parametrize("processes", ["0", "1"])
def test_what_is_left_out_or_differs_is_counted(tmp_path, processes):
    done = run_suite(tmp_path, "-n", processes, tests=TESTS)
    assert done.returncode == 0, done.stdout
    assert "4 passed, 1 skipped" in done.stdout
    assert "of these, 1 cases not passed" in done.stdout
    assert "and in gpu_differences.py; 1 samples more are left out" in done.stdout
    assert f"not passed on a GPU, 1 cases: {FIRST_OF_EQUALS}" in done.stdout
    assert f"left out, 1 cases: {RAISES}" in done.stdout
    assert f"left out, 1 tests: {ON_CPU}{REASONS['programs']}" in done.stdout


def test_without_a_gpu_the_run_ends_at_once(tmp_path, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    done = run_suite(tmp_path, "--device", "cuda")
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert done.stderr.strip() == "ERROR: --device cuda: PyTorch finds no GPU on this machine"


ON_A_GPU = """
import json, os, warnings
import torch
from parity_tests import devices

warnings.simplefilter("error")
torch.cuda.is_available = lambda: True
before = torch.backends.cudnn.allow_tf32
devices.use_cuda()
print(json.dumps({
    "before": before,
    "tf32": [torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32],
    "cudnn": [torch.backends.cudnn.benchmark, torch.backends.cudnn.deterministic],
    "other algorithms": torch.are_deterministic_algorithms_enabled(),
    "cublas": os.environ["CUBLAS_WORKSPACE_CONFIG"],
    "device": str(devices.Device.current),
}))
"""


def test_on_a_gpu_pytorch_computes_in_full_precision_and_as_users_run_it(tmp_path):
    (tmp_path / "on_a_gpu.py").write_text(ON_A_GPU)
    done = copied_runs.run(["on_a_gpu"], tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "before": True,  # what is to be changed
        "tf32": [False, False],
        "cudnn": [False, True],
        "other algorithms": False,
        "cublas": ":4096:8",
        "device": "cuda",
    }
