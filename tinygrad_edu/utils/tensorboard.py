"""``torch.utils.tensorboard``: as in PyTorch, there is nothing of it without TensorBoard."""

raise ModuleNotFoundError(
    "No module named 'tensorboard': its SummaryWriter writes with that package, which "
    "tinygrad_edu does not use; print the losses, or draw them with Matplotlib",
    name="tensorboard",
)
