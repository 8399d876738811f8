"""The reference: the same models and the same job in plain PyTorch, and a bridge between both."""
