"""PyTorch's own samples: what `op_db`, the table behind PyTorch's tests, calls each op with.

The arguments were chosen by others, who did not have this engine in mind. Read `database` for what
is taken from there, `calls` for how either library is called, `samples` for what is compared, and
`deviations` for where the engine falls short. `table` lists the ops and is written by
``python -m parity_tests.opinfo --write``.
"""

FEW = 20  # samples of an op in one dtype and form, unless more are asked for
