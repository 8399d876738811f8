"""``torch.special``: special functions, also in `tinygrad_edu`, some by another name."""

from typing import TYPE_CHECKING

from .missing import NOT_YET, by_name, refuse
from .ops.activation import log_softmax, softmax
from .ops.activation import sigmoid as expit
from .ops.bessel import i0, i0e, i1, i1e
from .ops.entropy import entr, erfcx, log_ndtr, ndtr, ndtri, xlog1py
from .ops.gamma import digamma, polygamma
from .ops.gamma import lgamma as gammaln
from .ops.gamma import mvlgamma as multigammaln
from .ops.incomplete_gamma import igamma as gammainc
from .ops.incomplete_gamma import igammac as gammaincc
from .ops.logarithms import xlogy
from .ops.polynomials import (
    chebyshev_polynomial_t,
    chebyshev_polynomial_u,
    chebyshev_polynomial_v,
    chebyshev_polynomial_w,
    hermite_polynomial_h,
    hermite_polynomial_he,
    laguerre_polynomial_l,
    legendre_polynomial_p,
    shifted_chebyshev_polynomial_t,
    shifted_chebyshev_polynomial_u,
    shifted_chebyshev_polynomial_v,
    shifted_chebyshev_polynomial_w,
)
from .ops.reduce import logsumexp
from .ops.rounding import round
from .ops.special import erf, erfc, erfinv, logit
from .ops.trigonometry import sinc
from .ops.unary import exp2, expm1, log1p
from .ops.zeta import zeta

psi = digamma

__all__ = [
    "chebyshev_polynomial_t",
    "chebyshev_polynomial_u",
    "chebyshev_polynomial_v",
    "chebyshev_polynomial_w",
    "digamma",
    "entr",
    "erf",
    "erfc",
    "erfcx",
    "erfinv",
    "exp2",
    "expit",
    "expm1",
    "gammainc",
    "gammaincc",
    "gammaln",
    "hermite_polynomial_h",
    "hermite_polynomial_he",
    "i0",
    "i0e",
    "i1",
    "i1e",
    "laguerre_polynomial_l",
    "legendre_polynomial_p",
    "log1p",
    "log_ndtr",
    "log_softmax",
    "logit",
    "logsumexp",
    "multigammaln",
    "ndtr",
    "ndtri",
    "polygamma",
    "psi",
    "round",
    "shifted_chebyshev_polynomial_t",
    "shifted_chebyshev_polynomial_u",
    "shifted_chebyshev_polynomial_v",
    "shifted_chebyshev_polynomial_w",
    "sinc",
    "softmax",
    "xlog1py",
    "xlogy",
    "zeta",
]

#: What PyTorch has besides.
MISSING = by_name(
    {
        NOT_YET: """
            airy_ai bessel_j0 bessel_j1 bessel_y0 bessel_y1 modified_bessel_i0
            modified_bessel_i1 modified_bessel_k0 modified_bessel_k1
            scaled_modified_bessel_k0 scaled_modified_bessel_k1 spherical_bessel_j0""",
    }
)

if not TYPE_CHECKING:  # or every misspelt name would pass for one

    def __getattr__(name):
        """Say by name what is missing on purpose."""
        refuse(f"module {__name__!r}", name, MISSING)
