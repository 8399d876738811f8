"""The profilers, and what is traced: rows and calls as PyTorch has them, of whatever times."""

from __future__ import annotations

import json
import re
import threading
from pathlib import Path
from typing import Any

import pytest

import tinygrad_edu
from tinygrad_edu.autograd.op import Op
from tinygrad_edu.autograd.op_node import OpNode

from .both import BOTH, both
from .programs import compare

#: Rows that both have, of the step below; PyTorch has others besides, for what it is composed of.
ROWS = ("a part", "aten::tanh", "aten::mul", "aten::sum", "TanhBackward0", "MulBackward0",
        "SumBackward0")  # fmt: skip


def step(lib: Any) -> Any:
    x = lib.tensor([0.5, 1.5], requires_grad=True)
    for _ in range(3):
        with lib.profiler.record_function("a part"):
            y = (x.tanh() * x).sum()
        y.backward()
    return x.grad


@pytest.mark.filterwarnings("ignore::FutureWarning")
@pytest.mark.filterwarnings("ignore:Warning. Profiler clears events")  # PyTorch 2.11 says so once
@pytest.mark.parametrize("which", ["profiler", "autograd.profiler"])
def test_rows_and_counts(which: str) -> None:
    def run(lib: Any) -> Any:
        module = lib.profiler if which == "profiler" else lib.autograd.profiler
        with module.profile() as prof:
            grad = step(lib)
        rows = {row.key: row for row in prof.key_averages()}
        for key in ROWS:
            assert 0 < rows[key].self_cpu_time_total <= rows[key].cpu_time_total
            assert rows[key].cpu_time == pytest.approx(rows[key].cpu_time_total / rows[key].count)
        inside = rows["a part"].cpu_time_total - rows["a part"].self_cpu_time_total
        assert inside >= rows["aten::tanh"].cpu_time_total  # which lies within it
        return [rows[key].count for key in ROWS if key != "aten::mul"], grad.shape

    both(run)


def test_the_table() -> None:
    for lib in BOTH:
        with lib.profiler.profile(activities=[lib.profiler.ProfilerActivity.CPU]) as prof:
            step(lib)
        table = prof.key_averages().table(sort_by="self_cpu_time_total", row_limit=4)
        lines = table.splitlines()
        titles = re.split(r"\s{2,}", lines[1].strip())
        assert titles[:7] == ["Name", "Self CPU %", "Self CPU", "CPU total %", "CPU total",
                              "CPU time avg", "# of Calls"]  # fmt: skip
        assert len(lines) == 9 if lib is tinygrad_edu else len(lines) >= 9
        assert re.search(r"Self CPU time total: \d+\.\d{3}(us|ms|s)", table)
    shares = [float(line.split("%")[0].split()[-1]) for line in lines[3:7]]
    assert shares == sorted(shares, reverse=True)
    assert 0 < sum(shares) <= 100.1
    whole = prof.key_averages()
    assert sum(r.self_cpu_time_total for r in whole) == pytest.approx(prof.self_cpu_time_total)
    assert len(whole.table(row_limit=-1).splitlines()) == len(whole) + 5
    assert whole.table(header="above").splitlines()[0] == "above"
    assert re.search(r"\d\.\d{3}ms", whole.table(time_unit="ms"))
    assert str(prof) == prof.table() == str(whole)
    assert prof.total_average().count == len(prof.events())


def test_nothing_is_measured_outside() -> None:
    """And an op is run by what ran it before, also after an error."""
    before = Op.__dict__["_compute"], OpNode.backward
    prof = tinygrad_edu.profiler.profile()
    with pytest.raises(ZeroDivisionError), prof:
        assert Op.__dict__["_compute"] is not before[0]
        tinygrad_edu.ones(2).exp()
        raise ZeroDivisionError
    tinygrad_edu.ones(2).log()
    assert (Op.__dict__["_compute"], OpNode.backward) == before
    assert [event.name for event in prof.events()] == ["aten::exp"]
    with tinygrad_edu.autograd.profiler.profile(enabled=False) as off:
        tinygrad_edu.ones(2).exp()
    assert not off.events()


def test_one_inside_another() -> None:
    outer = tinygrad_edu.profiler.profile()
    outer.start()
    with pytest.raises(RuntimeError, match="Profiler is already enabled"):
        tinygrad_edu.profiler.profile().start()
    outer.stop()
    with tinygrad_edu.profiler.profile():
        tinygrad_edu.ones(1).exp()


def test_start_and_stop_and_files(tmp_path: Path) -> None:
    found: list[Any] = []
    prof = tinygrad_edu.profiler.profile(on_trace_ready=found.append, record_shapes=True)
    prof.start()
    thread = threading.Thread(target=lambda: tinygrad_edu.ones(1).sqrt())
    thread.start()
    thread.join()
    prof.step()
    prof.stop()
    assert found == [prof]
    prof.export_chrome_trace(str(tmp_path / "trace.json"))
    events = json.loads((tmp_path / "trace.json").read_text())["traceEvents"]
    assert [event["name"] for event in events] == ["aten::sqrt"]
    with pytest.raises(NotImplementedError, match="none is scheduled"):
        tinygrad_edu.profiler.profile(schedule=lambda step: None)
    assert tinygrad_edu.profiler.supported_activities() == {
        tinygrad_edu.profiler.ProfilerActivity.CPU
    }


@pytest.mark.filterwarnings("ignore:.*torch.jit.*:DeprecationWarning")
def test_what_is_traced_computes_the_same() -> None:
    def run(lib: Any) -> Any:
        lib.manual_seed(0)
        model, x = lib.nn.Linear(2, 3), lib.ones(1, 2)
        traced = lib.jit.trace(model, x)
        function = lib.jit.trace(lambda a, b: a * b + 1, (x, 2 * x))
        module = lib.jit.trace_module(model, {"forward": x})
        named = lib.jit.trace(lambda a: a.exp(), example_kwarg_inputs={"a": x})
        results = [traced(3 * x), function(x, x), module(x), named(x)]
        return [*results, list(traced.state_dict())]

    compare(run)


@pytest.mark.filterwarnings("ignore:.*torch.jit.*:DeprecationWarning")
def test_what_cannot_be_traced() -> None:
    def run(lib: Any) -> Any:
        with pytest.raises(AttributeError) as caught:
            lib.jit.trace_module(lib.nn.Linear(2, 2), 3)
        with pytest.raises(ZeroDivisionError):  # the example is run
            lib.jit.trace(lambda x: 1 / 0, lib.ones(1))
        return str(caught.value)

    both(run)
    with pytest.raises(TypeError, match="takes a function or module"):
        tinygrad_edu.jit.trace(3, tinygrad_edu.ones(1))
    with pytest.raises(AttributeError, match="code"):
        tinygrad_edu.jit.trace(tinygrad_edu.nn.Linear(1, 1), tinygrad_edu.ones(1)).code  # noqa: B018
