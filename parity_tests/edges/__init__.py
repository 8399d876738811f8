"""Calls at the edges of what ops are defined for, written out one by one.

Where a function has a kink, a bound or a pole, where numbers are equal, zero, infinite or not there
at all, where shapes are 1, 0 or without dimensions: there two programs that agree on a million
random numbers come apart. Each row here is one such call, and says what kind of edge it stands on.

Read `edge` for what a row is, then any family of rows, such as `pointwise`; `judging` tells what is
compared, `table` lists the families, and `deviations` where the engine differs, and why.
``python -m parity_tests.edges`` prints how many rows there are of each kind.
"""
