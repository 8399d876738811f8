"""A training run in a file, from which it goes on: here, or on PyTorch.

The file is one of safetensors. It has the model's weights under their own names; what the
optimizer keeps for a parameter, as ``optimizer.3.exp_avg`` (3 is the parameter's number, from 0);
the state of the random stream, ``random_state``, an array of bytes; and in its header, as JSON
under ``training``, the job, the loss of each epoch so far, and the options of the optimizer and of
the schedule. A run that goes on from it makes the same steps as one that was never interrupted.

Both libraries name and mean all of this alike, so nothing is translated.
"""

from __future__ import annotations

import hashlib
import importlib
import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError, first_line
from ..files import replacing
from .data import Source, Split
from .train import Job, Training

FORMAT = 1
KEY = "training"
RANDOM = "random_state"
OPTIMIZER = "optimizer"


class Checkpoint(NamedTuple):
    """What a file holds.

    Attributes
    ----------
    name : str
        The file's, for messages.
    job : Job
    source : Source
    digest : str
        Of the data, see `digest`.
    losses : list of float
        The mean loss of each epoch that is done.
    groups : list of dict
        The optimizer's parameter groups.
    schedule : dict
        The state of the learning rate's schedule.
    arrays : dict of str to array
        All tensors of the file.
    """

    name: str
    job: Job
    source: Source
    digest: str
    losses: list[float]
    groups: list[dict[str, Any]]
    schedule: dict[str, Any]
    arrays: dict[str, NDArray[Any]]


def digest(split: Split) -> str:
    """A number that tells one set of training rows from another."""
    found = hashlib.sha256()
    for array in (split.train_x, split.train_y):
        found.update(f"{array.dtype} {array.shape}".encode())
        found.update(np.ascontiguousarray(array).tobytes())
    return found.hexdigest()[:16]


def write(path: Path, training: Training, source: Source) -> None:
    """Write a run to a file, whole or not at all; of several processes, the first one does.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    state = training.optimizer.state_dict()
    tensors = dict(training.model.state_dict())
    for number, kept in state["state"].items():
        for key, tensor in kept.items():
            tensors[f"{OPTIMIZER}.{number}.{key}"] = tensor
    tensors[RANDOM] = training.framework.get_rng_state()
    arrays = {name: as_array(training.whole(tensor)) for name, tensor in tensors.items()}
    if not training.writes:
        return
    header = {
        "format": FORMAT,
        "job": training.job._replace(device=Job().device)._asdict(),
        "source": source._asdict(),
        "digest": digest(training.split),
        "losses": training.losses,
        "groups": state["param_groups"],
        "schedule": training.schedule.state_dict() if training.schedule is not None else {},
    }
    content = importlib.import_module("safetensors.numpy").save(arrays, {KEY: json.dumps(header)})
    with replacing(path) as temporary:
        temporary.write_bytes(content)


def as_array(tensor: Any) -> NDArray[Any]:
    """The numbers of a tensor of either library, wherever it is."""
    return np.asarray(tensor.detach().cpu().numpy(), order="C")


def read(path: Path) -> Checkpoint:
    """Read a file that `write` has written.

    Raises
    ------
    InputError
        If there is none, or it is another file or damaged.
    """
    library = importlib.import_module("safetensors")
    try:
        with library.safe_open(str(path), "numpy") as file:
            text = (file.metadata() or {}).get(KEY)
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (OSError, library.SafetensorError) as error:
        raise InputError(f"--resume {str(path)!r} cannot be read: {first_line(error)}") from error
    if text is None:
        raise InputError(f"--resume {str(path)!r} has weights, but no run that could go on")
    try:
        header = json.loads(text)
        if header["format"] != FORMAT:
            raise InputError(
                f"--resume {str(path)!r} is of format {header['format']}, this reads {FORMAT}"
            )
        return Checkpoint(
            path.name,
            Job(**header["job"]),
            Source(**header["source"]),
            header["digest"],
            header["losses"],
            [{k: tuple_of(v) for k, v in group.items()} for group in header["groups"]],
            header["schedule"],
            arrays,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"--resume {str(path)!r} is damaged: {first_line(error)}") from error


def tuple_of(value: Any) -> Any:
    """What JSON has made a list of, and was a tuple, such as Adam's betas; others as they are."""
    is_pair = isinstance(value, list) and all(isinstance(v, float) for v in value)
    return tuple(value) if is_pair else value


def restore(training: Training, checkpoint: Checkpoint) -> None:
    """Put a run that has just been made where the one in a file has come to.

    Raises
    ------
    InputError
        If it was made from other data, or what is in the file does not fit the model.
    """
    if digest(training.split) != checkpoint.digest:
        raise InputError(
            f"{checkpoint.name!r} was trained on other data than {checkpoint.source.data!r} has now"
        )
    framework = training.framework
    tensors = {name: framework.from_numpy(array) for name, array in checkpoint.arrays.items()}
    random = tensors.pop(RANDOM, None)
    own, parameters = training.model.state_dict(), [*training.model.parameters()]
    weights: dict[str, Any] = {}
    kept: dict[int, dict[str, Any]] = {}
    try:
        for name, tensor in tensors.items():
            if name.startswith(f"{OPTIMIZER}."):
                _, number, key = name.split(".", 2)
                place = kept.setdefault(int(number), {})
                place[key] = training.placed(tensor, parameters[int(number)])
            else:
                weights[name] = training.placed(tensor, own[name])
        groups = merged(training.optimizer.state_dict()["param_groups"], checkpoint.groups)
        training.model.load_state_dict(weights)
        training.optimizer.load_state_dict({"state": kept, "param_groups": groups})
        if training.schedule is not None:
            training.schedule.load_state_dict(checkpoint.schedule)
        framework.set_rng_state(random)
    except (RuntimeError, ValueError, LookupError, TypeError) as error:
        raise InputError(f"{checkpoint.name!r} does not fit: {first_line(error)}") from error
    training.losses = list(checkpoint.losses)


def merged(own: list[dict[str, Any]], given: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """An optimizer's parameter groups with the options of another library's, as far as it has such.

    Options that only one library has (PyTorch's ``foreach``, ``fused`` and the like) choose an
    implementation, not a result.

    Raises
    ------
    ValueError
        If the numbers of groups differ.
    """
    if len(own) != len(given):
        raise ValueError(f"{len(own)} parameter groups cannot take the options of {len(given)}")
    return [
        {**mine, **{key: theirs[key] for key in theirs if key in mine}}
        for mine, theirs in zip(own, given, strict=True)
    ]
