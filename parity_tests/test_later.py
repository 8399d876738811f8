"""What is imported when it is first used: it is there, under each name, and was not before.

Each of these runs in a process of its own, or in a copy of one, where nothing has been used yet.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from .copies import Copies

ROOT = Path(__file__).parent.parent

#: The ops that are imported at once: those that a first training step uses, and what these need.
AT_ONCE = (
    "activation add_at arguments arithmetic bits brackets chance choice compare convert dims "
    "division extreme index inplace into join kinds linalg masks mutation older_forms operators "
    "overlap reduce rounding scatter shape strided target unary"
)

#: What else would be imported in vain.
OTHERS = ("checkpoint", "limits", "linalg", "nn", "numpy_protocol", "optim", "printing")
OTHERS += ("return_types", "threads", "utils", "distributions", "func")

START = """
import inspect, json, sys
import tinygrad_edu
from tinygrad_edu.later import Later, Room

def loaded():
    return [name for name in sys.modules if name.startswith("tinygrad_edu.")]

def methods():
    for cls in tinygrad_edu.Tensor.__mro__:
        for name, value in vars(cls).items():
            if isinstance(value, Later):
                yield cls, name, value
"""


def run(code):
    """What a new process prints that imports tinygrad_edu and runs `code`."""
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", START + code],
        capture_output=True, text=True, cwd=ROOT, timeout=120,
    )  # fmt: skip
    assert result.stderr == ""
    return result.stdout


LOADED = "print(json.dumps(loaded()))"

STEP = """
x, y = tinygrad_edu.randn(8, 3), tinygrad_edu.tensor([0, 1] * 4)
w = tinygrad_edu.zeros(3, 2, requires_grad=True)
scores = (x @ w).relu().log_softmax(1)
(-scores.gather(1, y[:, None])).mean().backward()
with tinygrad_edu.no_grad():
    w -= 0.1 * w.grad
    w.grad.zero_()
    right = (scores.max(1)[1] == y).float().mean().item()
x.sum(0).sigmoid().exp().log(), x.t().reshape(-1), tinygrad_edu.cat([x, x]), x.clamp(min=0) / 2
"""


@pytest.mark.parametrize("use", ["", STEP], ids=["import", "step"])
def test_nothing_is_imported_that_a_first_training_step_does_not_use(use):
    modules = json.loads(run(use + LOADED))
    ops = sorted(name.split(".")[2] for name in modules if name.startswith("tinygrad_edu.ops."))
    assert " ".join(ops) == AT_ONCE
    assert {name.split(".")[1] for name in modules}.isdisjoint(OTHERS)


#: All that waits, by its room: the names in torch, and the methods, each with the function's name.
WAITING = json.loads(
    run("""
rooms = {}
for name, later in tinygrad_edu.LATER.items():
    rooms.setdefault(later.room, ({}, {}))[0][name] = later.name
for cls, name, later in methods():
    rooms.setdefault(later.room, ({}, {}))[1][name] = later.name
print(json.dumps(rooms))
""")
)


#: What uses all that a room holds for the first time, and prints how much that is.
USE_A_ROOM = """
def use(room, functions, names):
    places = {name: cls for cls, name, later in methods()}
    x = tinygrad_edu.zeros(1)
    for owner, table in ((tinygrad_edu, functions), (x, names), (tinygrad_edu.Tensor, names)):
        assert set(table) <= set(dir(owner))
    for name, original in functions.items():
        assert name not in vars(tinygrad_edu)
        found = getattr(tinygrad_edu, name)
        assert found is getattr(sys.modules[room], original) is vars(tinygrad_edu)[name], name
        assert not isinstance(found, Later | Room)
    for name, original in names.items():
        bound = getattr(x, name)
        function = getattr(sys.modules[room], original)
        assert bound.__self__ is x and bound.__func__ is function, name
        assert getattr(tinygrad_edu.Tensor, name) is function is vars(places[name])[name], name
        assert inspect.signature(getattr(tinygrad_edu.Tensor, name)), name
    print("all", len(functions) + len(names))
"""


@pytest.fixture(scope="module")
def copies():
    """What has imported tinygrad_edu, and of which each room is used in a copy."""
    with Copies(START + USE_A_ROOM, ROOT) as copies:
        yield copies


@pytest.mark.parametrize("room", WAITING, ids=lambda room: room.removeprefix("."))
def test_what_a_room_holds_is_there_at_the_first_use(room, copies):
    functions, names = WAITING[room]
    output = copies.run(f"use('tinygrad_edu{room}', {functions!r}, {names!r})")
    assert output == (f"all {len(functions) + len(names)}\n", "")


def test_the_first_use_may_be_a_call_of_any_form():
    output = run("""
import numpy as np
x = tinygrad_edu.tensor([[3.0, 1.0], [2.0, 2.0]])
print(+x is x, x.sort(0).values.tolist(), tinygrad_edu.Tensor.trace(x).item())
m = tinygrad_edu.tensor([True, False])
m &= tinygrad_edu.tensor([True, True])
print(m, f"{x.det():.2f}", repr(np.exp(x - x)), m * np.ones(2))

class Mine(tinygrad_edu.Tensor):
    def median(self):
        return super().median()

print(Mine([1, 2, 3]).median().item(), Mine([[1.0]]).inverse().item())
""")
    assert output.splitlines() == [
        "True [[2.0, 1.0], [3.0, 2.0]] 5.0",
        "tensor([ True, False]) 4.00 tensor([[1., 1.],",
        "        [1., 1.]]) tensor([1., 0.], dtype=torch.float64)",
        "2.0 1.0",
    ]


def test_threads_may_use_a_room_for_the_first_time_together():
    output = run("""
import threading
sys.setswitchinterval(1e-6)
x = tinygrad_edu.tensor([[3.0, 1.0], [2.0, 2.0]])
uses = {  # of rooms that need one another
    "lu": lambda: x.lu_solve(*x.lu()).tolist(), "det": lambda: x.det().tolist(),
    "svd": lambda: x.svd()[1].tolist(), "pinverse": lambda: x.pinverse().tolist(),
    "qr": lambda: tinygrad_edu.qr(x)[1].tolist(), "kron": lambda: x.kron(x).tolist(),
    "median": lambda: x.median().tolist(), "quantile": lambda: x.quantile(0.5).tolist(),
    "einsum": lambda: tinygrad_edu.einsum("ij,jk", x, x).tolist(), "text": lambda: repr(x),
    "dropout": lambda: tinygrad_edu.dropout(x, 0.0, True).tolist(), "asin_": lambda: x[:0].asin_(),
    "linalg": lambda: tinygrad_edu.linalg.inv(x).tolist(), "sgn": lambda: x.sgn().tolist(),
}
found = {name: [] for name in uses}
start = threading.Barrier(4 * len(uses))

def work(name):
    start.wait()
    found[name].append(uses[name]())

threads = [threading.Thread(target=work, args=(name,)) for name in uses for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
for name, results in found.items():
    print(name, len(results), all(str(r) == str(uses[name]()) for r in results))
""")
    lines = [line.split() for line in output.splitlines()]
    assert len(lines) == 14
    assert [line[1:] for line in lines] == [["4", "True"]] * 14


def test_all_names_are_seen_and_can_be_imported():
    output = run("""
names = set(tinygrad_edu.__all__)
assert names <= set(dir(tinygrad_edu)) and names > {*tinygrad_edu.LATER, "nn", "Tensor", "float32"}
assert not names & {"later", "dtypes", "creation", "ops", "LATER", "TYPE_CHECKING"}
before = loaded()
dir(tinygrad_edu.zeros(1))
assert loaded() == before
space = {}
exec("from tinygrad_edu import *", space)
assert names <= set(space)
assert not [name for name in names if isinstance(space[name], Later | Room)]
assert space["svd"] is tinygrad_edu.svd is sys.modules["tinygrad_edu.ops.spectrum"].old_svd
import pydoc
text = pydoc.render_doc(tinygrad_edu.Tensor, renderer=pydoc.plaintext)
print("old_svd(input: 'Tensor', some: 'bool' = True" in text, "Later" in text)
print([name for _, name, _ in methods()])
""")
    assert output == "True False\n[]\n"


def test_a_room_can_be_imported_by_itself():
    output = run("""
import tinygrad_edu.ops.spectrum
from tinygrad_edu import linalg, svd
import tinygrad_edu.nn.functional as F
print(svd is tinygrad_edu.ops.spectrum.old_svd is tinygrad_edu.Tensor.svd, linalg.svd is not svd)
print(hasattr(tinygrad_edu, "svdd"), hasattr(tinygrad_edu.Tensor, "svdd"), hasattr(F, "relu_"))
""")
    assert output == "True True\nFalse False True\n"
