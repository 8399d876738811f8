"""Bugs on purpose: does the suite notice what could be wrong?

A test that passes says little until one has seen it fail. So here is a catalogue of mistakes that
somebody who writes such an engine makes sooner or later, each as a small change to one file. The
runner makes each change in a copy of the tree, runs the tests, and says which of them noticed::

    python -m parity_tests.mutants                  # all: each must be caught
    python -m parity_tests.mutants adam-t-shared    # one
    python -m parity_tests.mutants --likely         # by the tests that are likely to notice
    python -m parity_tests.mutants --measure        # which tests come by which lines, for these:
    python -m parity_tests.mutants --by-layer       # each by every layer of the suite
    python -m parity_tests.mutants --generic --sample 400 --seed 1   # changes made by rules

A mutant that survives is a test that is missing. The catalogue has a file for each part of the
engine, and `reference` for `torch_ref`; `mutant` says what an entry is, `generic` what the rules
are, `layers` what kinds of tests there are, `trial` how a mistake is tried, and `warm`, `swap` and
`reach` why that is quick.
"""
