"""``python -m parity_tests.coverage``: how many of PyTorch's names there are here.

Counted are the names that PyTorch documents: functions and methods that its own table of
overridable functions lists, modules, initializers, optimizers and schedulers. Whether what bears a
name also *is* PyTorch's thing is what the tests ask.
"""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Iterable, Iterator
from operator import attrgetter
from typing import Any, NamedTuple

import torch
from torch.overrides import get_testing_overrides, resolve_name

import tinygrad_edu
from tinygrad_edu.app.output import say


class Family(NamedTuple):
    """A group of names, and those of PyTorch's that are also ours.

    Attributes
    ----------
    title : str
    names : tuple of str
        PyTorch's, in alphabetical order.
    missing : tuple of str
        Those of them that are not here.
    """

    title: str
    names: tuple[str, ...]
    missing: tuple[str, ...]


def family(title: str, path: str, names: Iterable[str]) -> Family:
    """Look for `names` in what stands at `path` below the two libraries."""
    known = tuple(sorted(set(names)))
    ours = attrgetter(path)(tinygrad_edu) if path else tinygrad_edu
    return Family(title, known, tuple(name for name in known if not hasattr(ours, name)))


def overridable(*modules: str) -> Iterator[str]:
    """The documented functions that PyTorch lists for these modules, or for ``torch.Tensor``."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # some names are deprecated
        for function in get_testing_overrides():
            module, _, name = (resolve_name(function) or "").rpartition(".")
            if module in modules and not name.startswith("_") and function.__doc__:
                yield name


def families() -> list[Family]:
    """All that is counted."""
    initializers = [n for n in vars(torch.nn.init) if n.endswith("_") and not n.startswith("_")]
    optimizers = [n for n, v in vars(torch.optim).items() if is_optimizer(v)]
    return [
        family("torch: functions", "", overridable("torch", "torch.functional")),
        family("torch.Tensor: methods", "Tensor", overridable("torch.Tensor")),
        family("torch.linalg", "linalg", overridable("torch.linalg")),
        family("torch.nn: modules", "nn", torch.nn.modules.__all__),
        family("torch.nn.functional", "nn.functional", overridable("torch.nn.functional")),
        family("torch.nn.init", "nn.init", initializers),
        family("torch.optim", "optim", optimizers),
        family("torch.optim.lr_scheduler", "optim.lr_scheduler", torch.optim.lr_scheduler.__all__),
    ]


def is_optimizer(value: Any) -> bool:
    """Whether it is an algorithm of ``torch.optim``."""
    return isinstance(value, type) and issubclass(value, torch.optim.Optimizer)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--missing", action="store_true", help="list what is not here")
    arguments = parser.parse_args()
    say(f"{'':26}here  of PyTorch's")
    for title, names, missing in families():
        say(f"{title:26}{len(names) - len(missing):4}  {len(names):4}")
        if arguments.missing:
            say(f"    {' '.join(missing)}\n")


if __name__ == "__main__":
    main()
