"""This library's side of the job that `train` does on either."""

import tinygrad_edu

from .. import models
from .training.train import Side, Training

SIDE = Side(tinygrad_edu, models, Training)
