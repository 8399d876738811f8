"""The command ``train``, shared by ``tinygrad-edu`` and ``python -m torch_ref``."""

import argparse
import importlib
import importlib.util
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from ..errors import InputError, first_line
from ..extras import need
from ..files import check_output
from ..output import complain, say
from .choices import MODELS, check_fit, default_model, maybe_classes
from .data import Source, load, prepare
from .idx import Images
from .tables import Table
from .train import Job, Side, Training, train

#: The options that say what a run is: one that goes on has those with which it began.
OF_THE_RUN = ("model", "batch_size", "lr", "lr_decay", "seed", "dtype")


class Program(NamedTuple):
    """Who runs the command: its name, and how to load its framework once the input is good."""

    name: str
    load_side: Callable[[argparse.Namespace], Side]  # for the options
    is_reference: bool  # PyTorch's side: it takes --device, and has nothing to --check against


def run_train(program: Program, options: argparse.Namespace) -> int:
    """Run ``train`` with parsed options and return the exit code."""
    check_options(options)
    begun = None
    if options.resume is not None:
        begun = need("tinygrad_edu.app.training.checkpoint", "--resume").read(options.resume)
    source = source_of(options, begun)
    data = load(*source)
    job = job_of(options, begun, data)
    check_fit(job.model, data)
    split = prepare(data, MODELS[job.model].answer)
    if (options.model, begun) == (None, None) and (remark := maybe_classes(data)) is not None:
        complain(f"{program.name}: note: {remark}")
    side = program.load_side(options)
    if side.goes_on and (saved := saved_of(job, source, options.save)) is not None:
        begun = saved
    job = job._replace(device=options.device)
    if options.check:
        reference: Side = need("torch_ref.side", "--check").SIDE
        # PyTorch's threads, which wait for work without sleeping, would take the cores from ours.
        reference.framework.set_num_threads(1)
        check = need("tinygrad_edu.app.training.check", "--check")
        training: Training = check.CheckedTraining(side, reference, job, split)
    else:
        training = side.training(side, job, split)
    if begun is not None:
        checkpoints().restore(training, begun)
    saver = Saver(training, source, options)
    with progress_bar(job.epochs - len(training.losses)) as move_bar:

        def epoch_done() -> None:
            move_bar()
            saver.epoch_done()

        train(training, say, epoch_done)
    with told():
        saver.save()
        if options.plot is not None and training.writes:
            draw(training, data, options.plot)
    return report_check(training) if options.check else 0


def check_options(options: argparse.Namespace) -> None:
    """Refuse options that cannot be used, before anything is read."""
    if options.save is not None:
        check_output("--save", options.save, ".safetensors")
        need("safetensors", "--save")
    elif options.save_every is not None:
        raise InputError("--save-every needs --save, the file to write")
    if options.plot is not None:
        check_output("--plot", options.plot, ".png")
        need("matplotlib", "--plot")
    if options.resume is not None:
        need("safetensors", "--resume")
        for option in OF_THE_RUN:
            if getattr(options, option) is not None:
                raise InputError(
                    f"--{option.replace('_', '-')} cannot be changed when a run goes on: leave it "
                    f"out, {str(options.resume)!r} has the one it began with"
                )


def source_of(options: argparse.Namespace, begun: Any) -> Source:
    """Where the data comes from: what the options say, else what the run began with."""
    if begun is not None:
        if options.data is None and options.target is None:
            return Source(*begun.source)
        return Source(options.data or begun.source.data, options.target)
    return Source(options.data or MODELS[options.model or Job().model].data, options.target)


def job_of(options: argparse.Namespace, begun: Any, data: Table | Images) -> Job:
    """The job that the options ask for, or that was begun.

    Raises
    ------
    InputError
        If it is done already.
    """
    if begun is not None:
        job: Job = begun.job
        epochs = options.epochs or job.epochs
        if epochs <= len(begun.losses):
            raise InputError(
                f"{begun.name!r} has {len(begun.losses)} epochs behind it; --epochs is how many "
                "there shall be in all"
            )
        return job._replace(epochs=epochs, device=options.device)
    model = options.model or default_model(data)
    standard = Job(model=model, epochs=MODELS[model].epochs, lr=MODELS[model].lr)
    given = {key: getattr(options, key) for key in ("epochs", *OF_THE_RUN[1:], "device")}
    return standard._replace(**{key: value for key, value in given.items() if value is not None})


def saved_of(job: Job, source: Source, path: Path | None) -> Any:
    """What a process that did this job and has died had saved of it, or None."""
    if path is None or not path.exists():
        return None
    found = checkpoints().read(path)
    same = found.job._replace(epochs=job.epochs, device=job.device) == job
    return found if same and found.source == source else None


class Saver:
    """Writes a run to the file of ``--save``: at its end, and every so many epochs."""

    def __init__(self, training: Training, source: Source, options: argparse.Namespace) -> None:
        self.training, self.source = training, source
        self.path: Path | None = options.save
        self.every: int | None = options.save_every

    def epoch_done(self) -> None:
        """Save if it is time to."""
        if self.every is not None and len(self.training.losses) % self.every == 0:
            with told():
                self.save()

    def save(self) -> None:
        """Save, if that was asked for."""
        if self.path is not None:
            checkpoints().write(self.path, self.training, self.source)


def checkpoints() -> ModuleType:
    """The module that writes and reads runs; only one that does so loads safetensors for it."""
    return importlib.import_module(f"{__package__}.checkpoint")


@contextmanager
def told() -> Iterator[None]:
    """Make of a file that cannot be written an InputError."""
    try:
        yield
    except OSError as error:  # a disk that filled up, a folder removed meanwhile
        raise InputError(f"the results could not be written: {first_line(error)}") from error


def draw(training: Training, data: Table | Images, path: Path) -> None:
    """Write the picture that ``--plot`` asks for."""
    losses = training.losses
    if training.job.model == "cnn":
        need("tinygrad_edu.app.training.cnn_plot", "--plot").plot_cnn(path, losses, training, data)
    else:
        plots = need("tinygrad_edu.app.training.plots", "--plot")
        loss_name = type(training.loss_function).__name__
        plots.plot_training(path, losses, loss_name, plots.second_panel(training))


def report_check(training: Any) -> int:
    """Print a CheckedTraining's table and return its exit code."""
    say(f"\n{training.table()}")
    return 0 if training.passed else 1


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
