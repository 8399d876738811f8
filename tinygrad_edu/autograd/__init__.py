"""The engine proper: what an op is, and how gradients are computed. It knows no calculus."""

from .api import backward as backward
from .api import grad as grad
from .custom import Function as Function
