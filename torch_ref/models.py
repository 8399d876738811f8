"""The course's models in plain PyTorch.

tinygrad_edu/models.py holds the same classes on the NumPy engine; only the imports differ.
"""

from torch import Tensor, nn


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


class SimpleMLP(nn.Module):
    """Classifier d-64-32-c: the outputs (n, c) are logits, one for each class.

    Images are taken pixel by pixel, as if these were unordered features.
    """

    def __init__(self, in_features: int = 784, num_classes: int = 10) -> None:
        super().__init__()
        self.layer_1 = nn.Linear(in_features, 64)
        self.activation_1 = nn.ReLU()
        self.layer_2 = nn.Linear(64, 32)
        self.activation_2 = nn.ReLU()
        self.output_layer = nn.Linear(32, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        """Map features (n, d), or images of d numbers, to logits (n, c)."""
        x = x.flatten(1)
        x = self.activation_1(self.layer_1(x))
        x = self.activation_2(self.layer_2(x))
        x = self.output_layer(x)
        return x


class SimpleCNN(nn.Module):
    """Classifier of images: two convolutions, each halved by pooling, and a linear layer.

    The outputs (n, c) are logits, one for each class. Padding keeps the size of an image, and a
    pooling leaves one pixel of 2 x 2; so an image needs at least 4 x 4 pixels.
    """

    def __init__(
        self, in_channels: int = 1, image_size: tuple[int, int] = (28, 28), num_classes: int = 10
    ) -> None:
        super().__init__()
        height, width = image_size
        self.conv_1 = nn.Conv2d(in_channels, 16, kernel_size=3, padding=1)
        self.activation_1 = nn.ReLU()
        self.pool_1 = nn.MaxPool2d(2)
        self.conv_2 = nn.Conv2d(16, 32, kernel_size=3, padding=1)
        self.activation_2 = nn.ReLU()
        self.pool_2 = nn.MaxPool2d(2)
        self.output_layer = nn.Linear(32 * (height // 4) * (width // 4), num_classes)

    def forward(self, x: Tensor) -> Tensor:
        """Map images (n, channels, height, width) to logits (n, c)."""
        x = self.pool_1(self.activation_1(self.conv_1(x)))
        x = self.pool_2(self.activation_2(self.conv_2(x)))
        x = self.output_layer(x.flatten(1))
        return x
