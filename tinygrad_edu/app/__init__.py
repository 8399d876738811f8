"""The command line's rooms: data, the training job, the check against PyTorch, plots.

Nothing here is part of the engine.  The job is written once, against the API that tinygrad_edu
and PyTorch share, and receives the framework to use as an argument; so both run the same lines.
"""
