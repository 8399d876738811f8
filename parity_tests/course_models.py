"""The models of courses: the classes of `tinygrad_edu.models` and of the scripts in `scripts/`.

A script is run for its imports, functions and classes only, with tinygrad_edu in PyTorch's place.
"""

from __future__ import annotations

import ast
import functools
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import tinygrad_edu

SCRIPTS = Path(__file__).with_name("scripts")

#: What a script may import here: nothing of what it draws or reads data with.
NEEDED = sys.stdlib_module_names | {"tinygrad_edu", "numpy"}


class Course(NamedTuple):
    """A model, and what it learns from.

    Attributes
    ----------
    script : str
        How the name of the script begins; empty: `tinygrad_edu.models`.
    model : str
        How it is made, with PyTorch's names.
    text : str
        What it is called with, as in `layer_inputs`.
    """

    script: str
    model: str
    text: str


#: What classes take from the variables of their script.
VARIABLES: dict[str, dict[str, Any]] = {
    "22": {"vocab_size": 7},
    "30": {"VOCAB": 9, "PAD": 0, "CLASSES": 3},
}

COURSES = [
    Course("", "SimpleClassifier()", "x(6, 10)"),
    Course("", "Regressor()", "x(6, 5)"),
    Course("", "LinearNetwork()", "x(6, 10)"),
    Course("", "SimpleMLP()", "x(6, 784)"),
    Course("", "SimpleCNN()", "x(6, 1, 28, 28)"),
    Course("04", "LinearRegressionModel()", "x(6, 1)"),
    Course("05", "LogisticRegression(5)", "x(6, 5)"),
    Course("06", "DynamicNet()", "x(7)"),
    Course("07", "XOR()", "x(4, 2)"),
    Course("10", "nn.Sequential(nn.Linear(3, 4), Swish(0.5))", "x(5, 3)"),
    Course("12", "Model()", "x(8, 6)"),
    Course("14", "BatchNorm(3, 4)", "x(8, 3, 4, 4)"),
    Course("14", "Net(norm=True, p=0.3)", "x(8, 4)"),
    Course("15", "Autoencoder()", "x(6, 64)"),
    Course("15", "ConvAutoencoder()", "x(3, 1, 8, 8)"),
    Course("16", "VAE()", "x(4, 64)"),
    Course("17", "Generator(1, 8, 1, torch.tanh)", "x(6, 1)"),
    Course("17", "Discriminator(4, 8, 1, torch.sigmoid).apply(weights_init)", "x(6, 4)"),
    Course("18", "ConvNet()", "x(4, 1, 8, 8)"),
    Course("19", "Recurrent('RNN', 1, 5)", "x(3, 6, 1)"),
    Course("19", "Recurrent('LSTM', 1, 5, 2)", "x(3, 6, 1)"),
    Course("19", "Recurrent('GRU', 1, 5)", "x(3, 6, 1)"),
    Course("19", "ByCell(4)", "x(3, 5, 1)"),
    Course("22", "Block(Config())", "x(2, 5, 32)"),
    Course("22", "GPT(Config(block_size=6))", "i(7, 3, 6), i(7, 3, 6)"),
    Course("23", "Critic()", "x(5, 2)"),
    Course("25", "DQN(16, 4)", "x(5, 16)"),
    Course("26", "SmallNet(10)", "x(4, 1, 8, 8)"),
    Course("27", "Net()", "x(2, 1, 8, 8)"),
    Course("28", "AddingProblem()", "x(4, 6, 2), np.array([6, 3, 5, 2])"),
    Course("29", "Linear(3, 2)", "x(5, 3)"),
    Course("30", "TransformerClassifier()", "np.array([[3, 1, 4, 0], [5, 2, 0, 0], [6, 5, 3, 5]])"),
]


@functools.cache
def names_of(script: str) -> dict[str, Any]:
    """What a script defines."""
    if not script:
        return vars(tinygrad_edu.models)
    (path,) = SCRIPTS.glob(f"{script}_*.py")
    tree = ast.parse(ours(path.read_text()))
    kept = [statement for statement in tree.body if is_kept(statement)]
    module = sys.modules[f"course_{script}"] = ModuleType(f"course_{script}")
    names = vars(module)
    names.update(VARIABLES.get(script, {}))
    exec(compile(ast.Module(kept, []), str(path), "exec"), names)
    return names


def ours(source: str) -> str:
    """A text in which tinygrad_edu stands in PyTorch's place."""
    return re.sub(r"\btorch\b", "tinygrad_edu", source)


def is_kept(statement: ast.stmt) -> bool:
    """Whether a statement defines something, or imports what is needed for it."""
    if isinstance(statement, ast.Import):
        return all(alias.name.partition(".")[0] in NEEDED for alias in statement.names)
    if isinstance(statement, ast.ImportFrom):
        return (statement.module or "").partition(".")[0] in NEEDED
    return isinstance(statement, ast.FunctionDef | ast.ClassDef)


def made(course: Course) -> Any:
    """A new model of a course, always with the same weights."""
    tinygrad_edu.manual_seed(3)
    return eval(ours(course.model), {**names_of(course.script)})
