"""Measurements: how long things take here, beside PyTorch and hand-written NumPy."""
