"""All mutants, from the catalogue's rooms."""

from __future__ import annotations

from . import autograd, nn, ops, optim, reference, tools

MUTANTS = (
    *autograd.MUTANTS,
    *ops.MUTANTS,
    *nn.MUTANTS,
    *optim.MUTANTS,
    *tools.MUTANTS,
    *reference.MUTANTS,
)

BY_NAME = {mutant.name: mutant for mutant in MUTANTS}
