"""The commands: ``train``, shared by ``tinygrad-edu`` and ``python -m torch_ref``, and the others.

Everything the user gave is checked before the first step of training, and what is wrong becomes
one line on stderr and exit code 2.  A run loads only what it uses: rich for the progress bar of a
terminal, matplotlib for ``--plot``, safetensors for ``--save``, PyTorch for ``--check``.
"""

import argparse
from collections.abc import Sequence
from typing import Any, NoReturn

from .errors import InputError
from .kinds import (
    file_name,
    name,
    positive_number,
    script_path,
    seed_number,
    steps_range,
    whole_number,
)
from .output import run, say
from .training.choices import MODELS
from .training.command import Program, run_train
from .training.data import SHIPPED, load, prepare
from .training.train import Job, Training


def main(program: Program, arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code.

    0: done.  1: ``--check`` or ``compare`` found a difference.  2: the user's input cannot be used,
    or its output not be written.  130, 141: ended from outside, see `output.run`.
    """
    parser = build_parser(program)

    def command() -> int:
        options = parser.parse_args(arguments)
        run_it = {
            "train": run_train,
            "path": run_path,
            "run": run_nothing,
            "coverage": run_coverage,
            "compare": run_compare,
            "step": run_step,
        }
        return run_it[options.command](program, options)

    return run(program.name, command)


class Parser(argparse.ArgumentParser):
    """argparse with the house's one-line errors, for its output as well."""

    def print_help(self, file: Any = None) -> None:
        say(self.format_help(), end="")

    def error(self, message: str) -> NoReturn:
        raise InputError(f"{message} (see --help)")


def build_parser(program: Program) -> Parser:
    """Return the parser of ``program``; both have the same options but --check and --device."""
    job, cnn = Job(), MODELS["cnn"]
    parser = Parser(prog=program.name, allow_abbrev=False)
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    summary = "train a model on a data set and print its losses and its test score"
    command = commands.add_parser("train", allow_abbrev=False, help=summary, description=summary)
    add = command.add_argument
    add(
        "--data",
        type=name,
        metavar="SET",
        help=f"{', '.join(SHIPPED)}; or the path of a table (.csv, .npz) or of images (.npz, "
        f"MNIST's .idx); a fifth of the rows is kept for the test, unless an .npz has x_train, "
        f"y_train, x_test and y_test, or t10k-images lies beside train-images "
        f"(default: {SHIPPED[0]}, for cnn {cnn.data}, for regressor {MODELS['regressor'].data})",
    )
    add(
        "--target",
        type=name,
        metavar="NAME",
        help="what to predict: a column (.csv), an array (.npz; none where it has y_train and "
        "y_test), or the file of the labels (.idx; by default the one beside the images)",
    )
    add(
        "--model",
        choices=list(MODELS),
        help="classifier, linear: one of two classes; mlp: any number of classes; cnn: classes of "
        "images; regressor: a quantity (default: cnn for images, classifier where the target has "
        "two values, else regressor)",
    )
    add(
        "--epochs",
        type=whole_number,
        help=f"default: {job.epochs}, for cnn {cnn.epochs}",
    )
    add("--batch-size", type=whole_number, help=f"default: {job.batch_size}")
    add(
        "--lr",
        type=positive_number,
        help=f"Adam's step size (default: {job.lr}, for cnn {cnn.lr})",
    )
    add(
        "--lr-decay",
        type=positive_number,
        metavar="FACTOR",
        help="multiply the step size by it after each epoch (default: 1)",
    )
    add("--seed", type=seed_number, help=f"default: {job.seed}")
    add("--dtype", choices=("float32", "float64"), help=f"default: {job.dtype}")
    add(
        "--save",
        type=file_name,
        metavar="FILE.safetensors",
        help="write the trained weights, and all that a run needs to go on from there",
    )
    add(
        "--save-every",
        type=whole_number,
        metavar="EPOCHS",
        help="write that file so often, too (default: at the end only)",
    )
    add(
        "--resume",
        type=file_name,
        metavar="FILE.safetensors",
        help="go on with the run in this file, which tinygrad-edu or torch_ref has saved, until "
        "--epochs are done in all",
    )
    add(
        "--plot",
        type=file_name,
        metavar="FILE.png",
        help="draw the loss curve and, for 2-D data, the decision boundary; for cnn, its filters "
        "and the feature maps of a test image",
    )
    if program.is_reference:
        add(
            "--device",
            default=job.device,
            help="cpu, cuda, cuda:1, mps ..., or auto for the fastest here (default: %(default)s)",
        )
        add("--amp", choices=("bf16",), help="compute matrix products in this dtype")
        add("--compile", action="store_true", help="compile the model")
        add(
            "--shard",
            action="store_true",
            help="under torchrun: each process keeps only its part of the weights (FSDP)",
        )
        command.set_defaults(check=False)
    else:
        add("--check", action="store_true", help="compare every step with PyTorch's")
        command.set_defaults(device=job.device)
        summary = "list the functions that one training step runs, in order: what to read first"
        path = commands.add_parser("path", allow_abbrev=False, help=summary, description=summary)
        path.add_argument(
            "--model", choices=list(MODELS), default=job.model, help="default: %(default)s"
        )
        path.add_argument("--code", action="store_true", help="print them in full")
        add_run(commands)
        add_coverage(commands)
        add_compare(commands)
        add_step(commands)
    return parser


def add_run(commands: Any) -> None:
    """Add ``run``, for --help and for what is wrong: else `__main__` runs the script."""
    summary = "run a script written for PyTorch, as it is, on this library"
    command = commands.add_parser(
        "run",
        allow_abbrev=False,
        help=summary,
        description=f"{summary}, as python would run it",
        usage="%(prog)s [-h] script ...",
    )
    command.add_argument("script", nargs="?", type=script_path, help="its path")
    command.add_argument("arguments", nargs="...", help="the script's own, options among them")


def add_coverage(commands: Any) -> None:
    """Add ``coverage`` to the commands."""
    summary = "list which of PyTorch's names a script uses, and which of them are here"
    command = commands.add_parser(
        "coverage", allow_abbrev=False, help=summary, description=f"{summary}; it is not run"
    )
    command.add_argument("script", type=script_path, help="its path")
    command.add_argument("--json", action="store_true", help="print them as JSON")


def add_compare(commands: Any) -> None:
    """Add ``compare`` to the commands."""
    summary = "run a script here and on PyTorch, and compare what it prints and computes"
    command = commands.add_parser("compare", allow_abbrev=False, help=summary, description=summary)
    add = command.add_argument
    add("--seed", type=seed_number, default=0, help="of both sides (default: %(default)s)")
    add(
        "--dtype",
        choices=("float32", "float64"),
        default="float32",
        help="the default dtype of both sides; in float64 rounding hides no mistake, nor looks "
        "like one (default: %(default)s)",
    )
    add(
        "--control",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="if the two are out of tolerance, run PyTorch again with each gradient moved by an "
        "eps, and allow what that leads to (default: yes)",
    )
    add("--html", type=file_name, metavar="FILE.html", help="write the report as a page, too")
    add("--timeout", type=positive_number, metavar="SECONDS", help="end a side after that time")
    add("script", type=script_path, help="its path")
    add("arguments", nargs="...", help="the script's own, options among them")


def add_step(commands: Any) -> None:
    """Add ``step`` to the commands."""
    summary = "step through a training step: each op, each gradient, and why"
    command = commands.add_parser(
        "step",
        allow_abbrev=False,
        help=summary,
        description=f"{summary}; of a script that is written for PyTorch, or of a course's model",
    )
    add = command.add_argument
    add("--model", choices=list(MODELS), help="default without a script: classifier")
    add("--data", type=name, metavar="SET", help="for --model, as for train")
    add(
        "--steps",
        type=steps_range,
        default=(0, 1),
        metavar="A:B",
        help="which training steps, counted from 0; up to B, without it (default: 0:1)",
    )
    add(
        "--curve",
        type=whole_number,
        default=50,
        metavar="N",
        help="with --html, go on to step N without recording, for the training curve "
        "(default: %(default)s)",
    )
    add("--html", type=file_name, metavar="FILE.html", help="write a page that needs no network")
    add("--plain", action="store_true", help="a prompt, as in pdb, in place of the full screen")
    add(
        "--json",
        action="store_true",
        help="print the events as JSON, one on a line, with the elements of tensors where these "
        "are first mentioned (later again up to 64 elements; more have an id)",
    )
    add("--save", type=file_name, metavar="FILE.trace", help="write what was recorded")
    add("--load", type=file_name, metavar="FILE.trace", help="show what --save has written")
    add("--seed", type=seed_number, default=0, help="of a script (default: %(default)s)")
    add(
        "--largest",
        type=whole_number,
        default=65_536,
        metavar="N",
        help="of tensors of more elements only a summary is kept (default: %(default)s)",
    )
    add("script", nargs="?", type=script_path, help="its path")
    add("arguments", nargs="...", help="the script's own, options among them")


def run_path(program: Program, options: argparse.Namespace) -> int:
    """Run ``path`` with parsed options and return the exit code."""
    from . import path  # only here: `train` is to start at once

    model = MODELS[options.model]
    split = prepare(load(model.data, None), model.answer)
    parts = path.stretches(
        Training(program.load_side(options), Job(model=options.model, lr=model.lr), split)
    )
    for line in path.source(parts) if options.code else path.listing(parts):
        say(line)
    return 0


def run_nothing(program: Program, options: argparse.Namespace) -> int:
    """Say what is missing: with a script, `__main__` has run it before any of this is read."""
    raise InputError(f"run: which script? Give its path, as in: {program.name} run script.py")


def run_coverage(program: Program, options: argparse.Namespace) -> int:
    """Run ``coverage`` with parsed options and return the exit code."""
    from .scripts import coverage  # only here, too

    found = coverage.coverage(options.script)
    lines = [coverage.as_json(options.script, found)] if options.json else coverage.table(found)
    for line in lines:
        say(line)
    return 1 if found.missing else 0


def run_compare(program: Program, options: argparse.Namespace) -> int:
    """Run ``compare`` with parsed options and return the exit code."""
    from .compare import command

    return command.run_compare(options)


def run_step(program: Program, options: argparse.Namespace) -> int:
    """Run ``step`` with parsed options and return the exit code."""
    from .step import command

    return command.run_step(program, options)
