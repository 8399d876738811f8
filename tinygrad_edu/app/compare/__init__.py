"""``tinygrad-edu compare``: a script runs here and on PyTorch, and both are held together.

In the order in which it happens: `both_sides` runs the two processes, in each of which `recorder`
looks on and writes `records`; `differences` measures what they are apart, `comparison` judges it;
`text`, `page` and `plot` tell it.
"""
