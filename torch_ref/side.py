"""PyTorch's side of the job: the framework, the models, and the runs that it makes of them."""

import argparse
from functools import partial

import torch

from tinygrad_edu.app.training.train import Side, Training

from . import models
from .precision import full_precision
from .training import TorchTraining, device_for, join, way_of

#: As tinygrad_edu computes: in one process, on the CPU.
SIDE = Side(torch, models, Training)


def side_for(options: argparse.Namespace) -> Side:
    """The side that computes as the options of the command say; sets ``options.device``.

    Raises
    ------
    InputError
        If the device cannot be used, or the processes are too few.
    """
    way = way_of(options)
    options.device = device_for(options.device)
    if options.device != "cpu":
        full_precision()
    start = join(options.device)
    return SIDE._replace(training=partial(TorchTraining, way=way), goes_on=start > 1)
