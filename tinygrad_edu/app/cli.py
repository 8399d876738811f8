"""The commands: ``train``, shared by ``tinygrad-edu`` and ``python -m torch_ref``, and the others.

Everything the user gave is checked before the first step of training, and what is wrong becomes
one line on stderr and exit code 2.  A run loads only what it uses: rich for the progress bar of a
terminal, matplotlib for ``--plot``, safetensors for ``--save``, PyTorch for ``--check``.
"""

import argparse
import importlib
import importlib.util
import math
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple, NoReturn

from .errors import InputError, first_line
from .files import check_output
from .output import complain, run, say
from .training.choices import MODELS, check_fit, default_model, maybe_classes
from .training.data import SHIPPED, load, prepare
from .training.idx import Images
from .training.tables import Table
from .training.train import Job, Side, Training, train

EXTRAS = {"rich": "app", "matplotlib": "app", "safetensors": "app", "torch": "torch"}

LARGEST = 1e37  # Adam's first step is ten times that, near the end of float32
MOST_DIGITS = 20
MOST_SHOWN = 30  # characters of a number that a message repeats


class Program(NamedTuple):
    """Who runs the command: its name, and how to load its framework once the input is good."""

    name: str
    load_side: Callable[[str], Side]  # for a device's name
    is_reference: bool  # PyTorch's side: it takes --device, and has nothing to --check against


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
            "coverage": run_coverage,
            "compare": run_compare,
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
    add("--batch-size", type=whole_number, default=job.batch_size, help="default: %(default)s")
    add(
        "--lr",
        type=positive_number,
        help=f"Adam's step size (default: {job.lr}, for cnn {cnn.lr})",
    )
    add("--seed", type=seed_number, default=job.seed, help="default: %(default)s")
    add("--dtype", choices=("float32", "float64"), default=job.dtype, help="default: %(default)s")
    add("--save", type=file_name, metavar="FILE.safetensors", help="write the trained weights")
    add(
        "--plot",
        type=file_name,
        metavar="FILE.png",
        help="draw the loss curve and, for 2-D data, the decision boundary; for cnn, its filters "
        "and the feature maps of a test image",
    )
    if program.is_reference:
        add("--device", default=job.device, help="cpu, cuda, cuda:1 ... (default: %(default)s)")
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
    return parser


def add_run(commands: Any) -> None:
    """Add ``run``, for --help and for what is wrong: else `__main__` runs the script."""
    summary = "run a script written for PyTorch, as it is, on this library"
    command = commands.add_parser(
        "run", allow_abbrev=False, help=summary, description=f"{summary}, as python would run it"
    )
    command.add_argument("script", type=script_path, help="its path")
    command.add_argument("arguments", nargs="...", help="the script's own, options among them")


def add_coverage(commands: Any) -> None:
    """Add ``coverage`` to the commands."""
    summary = "list which of PyTorch's names a script uses, and which of them are here"
    command = commands.add_parser(
        "coverage", allow_abbrev=False, help=summary, description=f"{summary}; it is not run"
    )
    command.add_argument("script", type=script_path, help="its path")
    command.add_argument("--json", action="store_true", help="print them as JSON")


def script_path(text: str) -> str:
    """Parse the path of a script."""
    if text == "-":
        raise argparse.ArgumentTypeError("must be the path of a file, not standard input")
    return text


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


def name(text: str) -> str:
    """Parse the name of something: an empty one, as of a variable that is not set, is a slip."""
    if not text:
        raise argparse.ArgumentTypeError("must not be empty; give a name, or leave it out")
    return text


def file_name(text: str) -> Path:
    """Parse the path of a file to write."""
    return Path(name(text))


def whole_number(text: str) -> int:
    """Parse a count from 1 to what int64 holds."""
    value = digits_in(text)
    if value is None or not 1 <= value < 2**63:
        raise argparse.ArgumentTypeError(
            f"must be a whole number of at least 1 and below 2**63, not {shown(text)}"
        )
    return value


def seed_number(text: str) -> int:
    """Parse a seed that every random stream accepts."""
    value = digits_in(text)
    if value is None or value >= 2**64:
        raise argparse.ArgumentTypeError(
            f"must be a whole number from 0 to 2**64-1, not {shown(text)}"
        )
    return value


def digits_in(text: str) -> int | None:
    """Return the number that a text of digits writes, or None for any other and for a huge one."""
    # Python itself refuses to read thousands of digits; 2**64 has 20.
    if not text.isascii() or not text.isdigit() or len(text.lstrip("0")) > MOST_DIGITS:
        return None
    return int(text.lstrip("0") or "0")


def positive_number(text: str) -> float:
    """Parse a learning rate, a number above 0 whose steps float32 can hold."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0.0 < value <= LARGEST:
        raise argparse.ArgumentTypeError(
            f"must be above 0 and at most {LARGEST:g}, not {shown(text)}"
        )
    return value


def shown(text: str) -> str:
    """Return what the user gave for a message; of a long text, how it begins."""
    if len(text) <= MOST_SHOWN:
        return repr(text)
    return f"{text[:MOST_SHOWN]!r}... ({len(text)} characters)"


def run_train(program: Program, options: argparse.Namespace) -> int:
    """Run ``train`` with parsed options and return the exit code."""
    if options.save is not None:
        check_output("--save", options.save, ".safetensors")
        need("safetensors", "--save")
    if options.plot is not None:
        check_output("--plot", options.plot, ".png")
        need("matplotlib", "--plot")
    data = load(options.data or MODELS[options.model or Job().model].data, options.target)
    model = options.model or default_model(data)
    check_fit(model, data)
    job = Job(
        model=model,
        epochs=options.epochs or MODELS[model].epochs,
        batch_size=options.batch_size,
        lr=options.lr or MODELS[model].lr,
        seed=options.seed,
        dtype=options.dtype,
        device=options.device,
    )
    split = prepare(data, MODELS[model].answer)
    if options.model is None and (remark := maybe_classes(data)) is not None:
        complain(f"{program.name}: note: {remark}")
    side = program.load_side(job.device)
    if options.check:
        reference: Side = need("torch_ref.side", "--check").SIDE
        # PyTorch's threads, which wait for work without sleeping, would take the cores from ours.
        reference.framework.set_num_threads(1)
        check = need("tinygrad_edu.app.training.check", "--check")
        training: Training = check.CheckedTraining(side, reference, job, split)
    else:
        training = Training(side, job, split)
    with progress_bar(job.epochs) as epoch_done:
        losses = train(training, say, epoch_done)
    try:
        write_results(training, losses, data, options)
    except OSError as error:  # a disk that filled up, a folder removed meanwhile
        raise InputError(f"the results could not be written: {first_line(error)}") from error
    return report_check(training) if options.check else 0


def run_path(program: Program, options: argparse.Namespace) -> int:
    """Run ``path`` with parsed options and return the exit code."""
    from . import path  # only here: `train` is to start at once

    model = MODELS[options.model]
    split = prepare(load(model.data, None), model.answer)
    parts = path.stretches(
        Training(program.load_side("cpu"), Job(model=options.model, lr=model.lr), split)
    )
    for line in path.source(parts) if options.code else path.listing(parts):
        say(line)
    return 0


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


def report_check(training: Any) -> int:
    """Print a CheckedTraining's table and return its exit code."""
    say(f"\n{training.table()}")
    return 0 if training.passed else 1


def write_results(
    training: Training, losses: list[float], data: Table | Images, options: argparse.Namespace
) -> None:
    """Write what --save and --plot ask for."""
    if options.save is not None:
        training.side.save_file(training.model.state_dict(), str(options.save))
    if options.plot is None:
        return
    if training.job.model == "cnn":
        picture = need("tinygrad_edu.app.training.cnn_plot", "--plot")
        picture.plot_cnn(options.plot, losses, training, data)
    else:
        plots = need("tinygrad_edu.app.training.plots", "--plot")
        loss_name = type(training.loss_function).__name__
        plots.plot_training(options.plot, losses, loss_name, plots.second_panel(training))


def need(module: str, option: str) -> ModuleType:
    """Import what an option needs, or say how to install it."""
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package not in EXTRAS:
            raise
        raise InputError(
            f"{option} needs {package}, which is not installed: "
            f'pip install "tinygrad_edu[{EXTRAS[package]}]"'
        ) from error


@contextmanager
def progress_bar(epochs: int) -> Iterator[Callable[[], None]]:
    """Yield what to call after each epoch: it moves a bar on stderr, if that is a terminal.

    In a pipe, and where rich is not installed, there is no bar.
    """
    if sys.stderr is None or not sys.stderr.isatty() or importlib.util.find_spec("rich") is None:
        yield lambda: None
        return
    console = importlib.import_module("rich.console").Console(stderr=True)
    progress = importlib.import_module("rich.progress").Progress(
        console=console,
        transient=True,
        # On one terminal rich prints the run's lines above the bar; a piped stdout stays as it is.
        redirect_stdout=sys.stdout.isatty(),
    )
    with progress:
        task = progress.add_task("training", total=epochs)
        yield lambda: progress.advance(task)
