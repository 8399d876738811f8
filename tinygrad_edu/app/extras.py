"""What is imported only where an option asks for it."""

import importlib
from types import ModuleType

from .errors import InputError

EXTRAS = {
    **dict.fromkeys(("rich", "matplotlib", "safetensors", "jinja2", "pygments", "textual"), "app"),
    "torch": "torch",
}


def need(module: str, option: str) -> ModuleType:
    """Import what an option needs, or say how to install it."""
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package not in EXTRAS:
            raise
        raise InputError(
            f"{option} needs {package}, which is not installed: "
            f'pip install "tinygrad_edu[{EXTRAS[package]}]"'
        ) from error
