"""What is not tensors: for now, data sets and how they are cut into batches."""

from . import data as data

__all__ = ["data"]
