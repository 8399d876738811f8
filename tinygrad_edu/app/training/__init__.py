"""``tinygrad-edu train``: data from files, the training job, its check against PyTorch, plots.

The job is written once, against the API that tinygrad_edu and PyTorch share, and receives the
framework to use as an argument; so both run the same lines.
"""
