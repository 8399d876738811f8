"""A recorded run made again by the same engine: as it was, on other numbers, or with a mistake.

`replay` makes it, on tensors that `new_tensors` lays out, and `pairing` puts its events beside
those of the recording. `what_if` makes it with the classic `mistakes` of those who write an
engine; `terms` takes an element of a gradient apart.
"""
