"""Under pdb: from ``loss.backward()`` to the first derivative there is little on the way."""

import io
import pdb
import re

import pytest

import tinygrad_edu

FRAME = re.compile(r"^[> ] .*?([\w/]+\.py)\((\d+)\)([\w<>]+)\(", re.M)

LOSSES = {
    "op": (lambda x: x.square().sum(), "ops/reduce.py"),
    "loss": (lambda x: tinygrad_edu.nn.BCELoss()(x.sigmoid(), x.detach()), "ops/"),
}


def session(loss, commands):
    """What pdb shows of ``loss.backward()``, given these commands."""
    shown = io.StringIO()
    debugger = pdb.Pdb(stdin=io.StringIO(commands), stdout=shown, nosigint=True, readrc=False)
    debugger.use_rawinput = False
    debugger.prompt = ""

    def user():
        debugger.set_trace()
        loss.backward()

    with pytest.raises(pdb.bdb.BdbQuit):
        user()
    return FRAME.findall(shown.getvalue())


@pytest.mark.parametrize("kind", LOSSES)
def test_it_steps_from_backward_to_the_last_ops_derivative(kind):
    function, file = LOSSES[kind]
    x = tinygrad_edu.ones(3, requires_grad=True) * 0.5
    seen = session(function(x), "s\n" * 400 + "q\n")
    names = [name for _, _, name in seen]
    steps = next(number for number, name in enumerate(names) if name.startswith("d_"))
    frames = session(function(x), "s\n" * steps + "w\nq\n")[len(names[: steps + 1]) :]
    within = [(file, name) for file, _, name in frames]
    within = within[[name for _, name in within].index("user") + 1 :]
    assert [(path.rpartition("/")[2], name) for path, name in within[:-1]] == [
        ("differentiable.py", "backward"),  # into which one has stepped; then there are three
        ("engine.py", "backward_pass"), ("engine.py", "run_node"), ("op_node.py", "backward"),
    ]  # fmt: skip
    assert within[-1][1].startswith("d_") and file in within[-1][0]
