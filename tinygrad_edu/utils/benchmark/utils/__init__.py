"""The parts of `benchmark`, where PyTorch keeps them."""
