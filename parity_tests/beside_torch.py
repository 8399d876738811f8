"""``torch_ref.beside``, with what a first optimizer loads loaded already."""

import torch

from torch_ref.beside import Task as Task
from torch_ref.beside import record as record

torch.optim.SGD([torch.zeros(1)], lr=0.1)
