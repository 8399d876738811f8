"""``torch.special``: special functions, also in `tinygrad_edu`, some by another name."""

from typing import TYPE_CHECKING

from .missing import NOT_YET, by_name, refuse
from .ops.activation import log_softmax, softmax
from .ops.activation import sigmoid as expit
from .ops.bessel import i0
from .ops.gamma import digamma, polygamma
from .ops.gamma import lgamma as gammaln
from .ops.gamma import mvlgamma as multigammaln
from .ops.incomplete_gamma import igamma as gammainc
from .ops.incomplete_gamma import igammac as gammaincc
from .ops.logarithms import xlogy
from .ops.reduce import logsumexp
from .ops.rounding import round
from .ops.special import erf, erfc, erfinv, logit
from .ops.trigonometry import sinc
from .ops.unary import exp2, expm1, log1p

psi = digamma

__all__ = [
    "digamma",
    "erf",
    "erfc",
    "erfinv",
    "exp2",
    "expit",
    "expm1",
    "gammainc",
    "gammaincc",
    "gammaln",
    "i0",
    "log1p",
    "log_softmax",
    "logit",
    "logsumexp",
    "multigammaln",
    "polygamma",
    "psi",
    "round",
    "sinc",
    "softmax",
    "xlogy",
]

#: What PyTorch has besides.
MISSING = by_name(
    {
        NOT_YET: """
            airy_ai bessel_j0 bessel_j1 bessel_y0 bessel_y1 chebyshev_polynomial_t
            chebyshev_polynomial_u chebyshev_polynomial_v chebyshev_polynomial_w entr erfcx
            hermite_polynomial_h hermite_polynomial_he i0e i1 i1e laguerre_polynomial_l
            legendre_polynomial_p log_ndtr modified_bessel_i0 modified_bessel_i1
            modified_bessel_k0 modified_bessel_k1 ndtr ndtri scaled_modified_bessel_k0
            scaled_modified_bessel_k1 shifted_chebyshev_polynomial_t
            shifted_chebyshev_polynomial_u shifted_chebyshev_polynomial_v
            shifted_chebyshev_polynomial_w spherical_bessel_j0 xlog1py zeta""",
    }
)

if not TYPE_CHECKING:  # or every misspelt name would pass for one

    def __getattr__(name):
        """Say by name what is missing on purpose."""
        refuse(f"module {__name__!r}", name, MISSING)
