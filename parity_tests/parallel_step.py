"""Steps of runs in several processes, whose gradients the first of them writes to files.

``torchrun --nproc-per-node N -m parity_tests.parallel_step FOLDER MODEL:ROWS:WAY ...`` is how
`test_torch_ref_parallel` runs it; WAY is "whole" or "shard".
"""

import sys
from pathlib import Path

import numpy as np
import torch

from tinygrad_edu.app.training.choices import MODELS
from tinygrad_edu.app.training.data import load, prepare
from tinygrad_edu.app.training.train import Job
from torch_ref.__main__ import end
from torch_ref.side import SIDE
from torch_ref.training import TorchTraining, Way, join, leave


def take(folder: Path, job: str) -> None:
    """Take a step, and write the gradients and the loss."""
    model, rows, way = job.split(":")
    choice = MODELS[model]
    split = prepare(load(choice.data, None), choice.answer)
    training = TorchTraining(
        SIDE, Job(model=model, dtype="float64"), split, Way(shard=way == "shard")
    )
    loss = training.step(torch.arange(int(rows)))
    found = {n: training.whole(p.grad).numpy() for n, p in training.model.named_parameters()}
    if training.writes:
        np.savez(folder / f"{job}.npz", loss=loss, processes=training.processes, **found)


def main(folder: str, *jobs: str) -> None:
    """Take the steps, one after the other."""
    join("cpu")
    for job in jobs:
        take(Path(folder), job)
    leave()
    end(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
