"""The course's models: small networks written as a PyTorch user writes them.

torch_ref/models.py holds the same classes in PyTorch; only the imports differ.
"""

from . import nn
from .tensor import Tensor


class SimpleClassifier(nn.Module):
    """Binary classifier d-16-8-1: the output (n, 1) is the probability of class 1."""

    def __init__(self, in_features: int = 10) -> None:
        super().__init__()
        self.layer_1 = nn.Linear(in_features, 16)
        self.activation_1 = nn.ReLU()
        self.layer_2 = nn.Linear(16, 8)
        self.activation_2 = nn.ReLU()
        self.output_layer = nn.Linear(8, 1)
        self.output_activation = nn.Sigmoid()

    def forward(self, x: Tensor) -> Tensor:
        """Map features (n, d) to probabilities (n, 1)."""
        x = self.activation_1(self.layer_1(x))
        x = self.activation_2(self.layer_2(x))
        x = self.output_activation(self.output_layer(x))
        return x


class Regressor(nn.Module):
    """Regressor d-8-1: the output (n, 1) is the predicted target."""

    def __init__(self, in_features: int = 5) -> None:
        super().__init__()
        self.layer_1 = nn.Linear(in_features, 8)
        self.activation_1 = nn.ReLU()
        self.output_layer = nn.Linear(8, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Map features (n, d) to predictions (n, 1)."""
        x = self.activation_1(self.layer_1(x))
        x = self.output_layer(x)
        return x


class LinearNetwork(nn.Module):
    """The classifier without its ReLUs: three layers that can do no more than one.

    A linear map of a linear map is a linear map, so before the sigmoid this is
    x W1'W2'W3' + const: logistic regression, however many layers are stacked.
    """

    def __init__(self, in_features: int = 10) -> None:
        super().__init__()
        self.layer_1 = nn.Linear(in_features, 16)
        self.layer_2 = nn.Linear(16, 8)
        self.output_layer = nn.Linear(8, 1)
        self.output_activation = nn.Sigmoid()

    def forward(self, x: Tensor) -> Tensor:
        """Map features (n, d) to probabilities (n, 1)."""
        x = self.output_layer(self.layer_2(self.layer_1(x)))
        x = self.output_activation(x)
        return x
