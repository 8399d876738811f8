"""The job as PyTorch alone can do it: on a GPU, in mixed precision, compiled, in many processes.

In many processes the run is still the same run. Each of them makes the same model and the same
shuffles; of each batch it takes the rows whose place is its own number, counted modulo the number
of processes; and what the processes add up, gradients and losses, is what one process has of the
whole batch.
"""

from __future__ import annotations

import argparse
import os
import time
from typing import Any, NamedTuple

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.distributed.distributed_c10d import PrefixStore, Store
from torch.distributed.fsdp import fully_shard
from torch.distributed.rendezvous import rendezvous
from torch.distributed.tensor import DTensor, distribute_tensor
from torch.nn.parallel import DistributedDataParallel

from tinygrad_edu.app.errors import InputError, first_line
from tinygrad_edu.app.training.data import Split
from tinygrad_edu.app.training.train import Job, Side, Training

AMP = {"bf16": torch.bfloat16}


class Way(NamedTuple):
    """How a run is to be computed.

    Attributes
    ----------
    amp : str, optional
        A key of `AMP`: the dtype of matrix products and convolutions.
    compile : bool
        Whether the model is compiled.
    shard : bool
        Whether each process keeps only a part of each weight, gradient and optimizer state.
    """

    amp: str | None = None
    compile: bool = False
    shard: bool = False


class TorchTraining(Training):
    """A run on PyTorch, in as many processes as there are."""

    def __init__(self, side: Side, job: Job, split: Split, way: Way) -> None:
        self.way = way  # before the model is made
        self.rank, self.processes = 0, 1
        if dist.is_initialized():
            self.rank, self.processes = dist.get_rank(), dist.get_world_size()
        self.writes = self.rank == 0
        super().__init__(side, job, split)

    def begin(self) -> None:
        """See that all processes go on from the same epoch.

        Raises
        ------
        InputError
            If not: they have not read the same file.
        """
        if self.processes == 1:
            return
        done = len(self.losses)
        ends = torch.tensor([done, -done], device=self.job.device)
        dist.all_reduce(ends, dist.ReduceOp.MAX)
        most, least = ends[0].item(), -ends[1].item()
        if most != least:
            raise InputError(
                f"some processes have {most:.0f} epochs behind them, and others {least:.0f}: each "
                "reads the file of --resume, or that of --save when it is started again, so let "
                "it be in a folder that all machines share"
            )

    def prepared(self, model: nn.Module) -> Any:
        """What is called in the place of `model`."""
        network: Any = model
        if self.processes > 1 and self.way.shard:
            network = fully_shard(model)
        elif self.processes > 1:
            network = DistributedDataParallel(model)
        if self.way.compile:
            network = torch.compile(network)
        return network

    def forward(self, rows: Tensor) -> Any:
        """Clear the gradients and return the model's outputs (n, m) for a batch."""
        if self.way.amp is None:
            return super().forward(rows)
        kind = torch.device(self.job.device).type
        with torch.autocast(kind, AMP[self.way.amp]):
            outputs = super().forward(rows)
        # BCELoss wants outputs of the targets' dtype, and a loss of 8 bits would tell little.
        return outputs.to(getattr(torch, self.job.dtype))

    def total(self, outputs: Tensor) -> float:
        """The sum of a batch's outputs, on their device; NumPy has no bfloat16."""
        return outputs.detach().sum().item()

    def step(self, rows: Tensor) -> float:
        """Train on one batch and return its loss; every process returns that of the whole batch."""
        if self.processes == 1:
            return super().step(rows)
        mine = rows[self.rank :: self.processes]
        # The processes' gradients are averaged, as sum_p g_p / P; of n rows that is the batch's
        # where each has the mean over its n_p rows times n_p P / n.
        share = len(mine) * self.processes / len(rows)
        if not len(mine):  # a last batch with fewer rows than processes
            mine = rows[:1]
        loss = self.loss_function(self.forward(mine), self.train_y[mine]) * share
        loss.backward()
        total = loss.detach() / self.processes
        dist.all_reduce(total)
        value: float = total.item()
        self.must_be_finite(value)
        self.optimizer.step()
        return value

    def placed(self, tensor: Tensor, like: Tensor) -> Tensor:
        """Lay a tensor out as another one, which may be spread over the processes."""
        if isinstance(like, DTensor) and tensor.shape == like.shape:
            return distribute_tensor(tensor.to(like.device), like.device_mesh, like.placements)
        return tensor

    def whole(self, tensor: Tensor) -> Tensor:
        """All of a tensor that may be spread over the processes; each of them has to ask."""
        return tensor.full_tensor() if isinstance(tensor, DTensor) else tensor


def device_for(name: str) -> str:
    """The device to use: `name`, or for "auto" the fastest that is here.

    Raises
    ------
    InputError
        If PyTorch knows no such device, or this machine or this build has none.
    """
    if name == "auto":
        found = torch.accelerator.current_accelerator(check_available=True)
        name = "cpu" if found is None else found.type
    if name == "cuda" and "LOCAL_RANK" in os.environ:
        name = f"cuda:{os.environ['LOCAL_RANK']}"
    try:
        torch.ones(1, device=name).sum().item()
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        raise InputError(
            f"--device {name!r} cannot be used here ({first_line(error)}); try cpu"
        ) from error
    return name


def join(device: str) -> int:
    """Become one of the processes that ``torchrun`` has started, if it has.

    Returns
    -------
    int
        How often it has started them, this time included.
    """
    if "WORLD_SIZE" not in os.environ or dist.is_initialized():
        return 1
    gpu = torch.device(device) if device.startswith("cuda") else None
    if gpu is not None:
        torch.cuda.set_device(gpu)
    store, rank, processes = next(rendezvous("env://"))
    start = number_of_start(store, rank)
    # Among what processes that have died wrote there, gloo would look for the new ones.
    store = PrefixStore(str(start), store)
    backend = "gloo" if gpu is None else "nccl"
    dist.init_process_group(backend, store=store, rank=rank, world_size=processes, device_id=gpu)
    return start


def number_of_start(store: Store, rank: int) -> int:
    """The number of this start of all processes, the same for each of them.

    torchrun counts on each machine for itself, and there only the starts after a failure of its
    own. So the first process numbers the starts, in what all can read, and each other one waits
    for a number that is larger than the last one of this rank.
    """
    failures = int(os.environ.get("TORCHELASTIC_RESTART_COUNT", "0"))
    if rank == 0:
        before = store.add("starts", 0)  # fewer than failures if some died before they came here
        return store.add("starts", max(before, failures) + 1 - before)
    last = store.add(f"last start of {rank}", 0)
    while (start := store.add("starts", 0)) <= max(last, failures):
        time.sleep(0.01)
    store.add(f"last start of {rank}", start - last)
    return start


def leave(done: bool = True) -> None:
    """Leave the other processes: if this one is `done`, when all of them are."""
    if not dist.is_initialized():
        return
    if done:  # a process that ends while others still speak to it may crash at its exit
        dist.barrier()
    dist.destroy_process_group()


def way_of(options: argparse.Namespace) -> Way:
    """The way that the options of the command ask for.

    Raises
    ------
    InputError
        If there is only one process to shard over.
    """
    if options.shard and int(os.environ.get("WORLD_SIZE", "1")) < 2:
        raise InputError("--shard needs several processes: start them with torchrun")
    return Way(options.amp, options.compile, options.shard)
