"""Run a script, or a job of ``train``, on PyTorch and take down some of its training steps.

This is what the other process of ``tinygrad-edu step`` does, see
``tinygrad_edu/app/step/beside.py``; `onlooker` looks on.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import torch

from tinygrad_edu.app.compare.record_task import begin
from tinygrad_edu.app.errors import InputError, first_line
from tinygrad_edu.app.scripts.run import run_script
from tinygrad_edu.app.step.beside_record import Task as Task
from tinygrad_edu.app.step.recording import training_of
from tinygrad_edu.app.training.train import train

from .onlooker import Onlooker
from .side import SIDE


def record(task: Task) -> int:
    """Do a task, and return the exit code of the script."""
    onlooker = Onlooker(task)
    onlooker.install()
    if task.model:
        return record_job(onlooker, task)
    begin(torch, task.seed, task.dtype)
    code = run_script(task.script, task.arguments, lambda error: onlooker.done(in_words(error)))
    if not Path(task.record).exists():
        onlooker.done(f"exit code {code}" if code else "")
    return code


def record_job(onlooker: Onlooker, task: Task) -> int:
    """The same for a job of ``train``."""
    training = training_of(task.model, task.data, SIDE)
    try:
        train(training, lambda line: None)
    except InputError as error:  # it diverged
        onlooker.done(in_words(error))
        return 1
    onlooker.done()
    return 0


def in_words(error: BaseException) -> str:
    """An exception on one line."""
    return f"{type(error).__name__}: {first_line(error)}"


def run(arguments: Sequence[str]) -> int:
    """Do the task that the argument of a child process is, as JSON."""
    return record(Task(*json.loads(arguments[0])))
