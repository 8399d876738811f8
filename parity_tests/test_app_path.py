"""``tinygrad-edu path``: what one training step runs, listed and printed in full."""

import ast
import sys
from pathlib import Path

import pytest

import tinygrad_edu
from tinygrad_edu import __main__ as command
from tinygrad_edu.app.training.choices import MODELS

PACKAGE = Path(tinygrad_edu.__file__).parent
STATEMENTS = [
    "optimizer.zero_grad()",
    "output = model(x)",
    "loss = loss_function(output, y)",
    "loss.backward()",
    "optimizer.step()",
]


def listed(capsys, *options):
    """For each statement the functions below it, as (file, line, name, how many lines)."""
    assert command.main(["path", *options]) == 0
    *lines, last = capsys.readouterr().out.splitlines()
    parts = {}
    for line in filter(None, lines):
        if line[0] != " ":
            parts[line] = functions = []
        else:
            place, name, count = line.split()
            file, number = place.split(":")
            functions.append((file, int(number), name, int(count)))
    functions = [f for part in parts.values() for f in part]
    total = sum(count for *_, count in functions)
    assert last == f"{len(functions)} functions, {total} lines with their docstrings"
    return parts


def names(functions):
    return [name for _, _, name, _ in functions]


def test_the_course_s_step(capsys):
    parts = listed(capsys)
    assert list(parts) == STATEMENTS
    forward, backward = names(parts["output = model(x)"]), names(parts["loss.backward()"])
    order = ["Module.__call__", "SimpleClassifier.forward", "linear", "Op.apply", "Relu.forward"]
    assert [n for n in forward if n in order] == order
    order = ["backward_pass", "OpNode.backward", "BinaryCrossEntropy.d_input", "Sigmoid.d_x",
             "Linear.d_weight", "accumulate", "Relu.d_x"]  # fmt: skip
    assert [n for n in backward if n in order] == order
    assert "Adam._update" in names(parts["optimizer.step()"])


@pytest.mark.parametrize("model", MODELS)
def test_every_place_is_right_and_named_once(model, capsys):
    functions = [f for part in listed(capsys, "--model", model).values() for f in part]
    assert len(set(functions)) == len(functions)
    for file, number, name, count in functions:
        tree = ast.parse((PACKAGE / file).read_text())
        found = {
            (min([node.lineno, *(d.lineno for d in node.decorator_list)]), node.end_lineno)
            for node in ast.walk(tree)
            if isinstance(node, ast.FunctionDef) and node.name == name.split(".")[-1]
        }
        assert (number, number + count - 1) in found


def test_in_full(capsys):
    places = [f"# {file}:{line}" for part in listed(capsys).values() for file, line, *_ in part]
    assert command.main(["path", "--code"]) == 0
    text = capsys.readouterr().out
    printed = [line.split("  ")[0] for line in text.splitlines() if line.startswith("# ")]
    assert [line for line in printed if ".py:" in line] == places
    names = [node.name for node in ast.parse(text).body]  # it is Python, from top to bottom
    assert len(names) == len(places) and "d_weight" in names


def test_a_profiler_goes_on_afterwards(capsys):
    def profiler(frame, event, argument):
        pass

    before = sys.getprofile()
    sys.setprofile(profiler)
    try:
        listed(capsys)
        assert sys.getprofile() is profiler
    finally:
        sys.setprofile(before)


def test_it_is_not_a_command_of_the_reference(capsys):
    import torch_ref.__main__ as reference

    assert reference.run(["path"]) == 2
    assert "invalid choice: 'path'" in capsys.readouterr().err
