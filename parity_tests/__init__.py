"""The proof: tinygrad_edu against PyTorch, number for number."""
