"""The names that PyTorch's tensors have and `Tensor` lacks, and why.

A misspelt name and one that is not here look alike to a program: both are an AttributeError. To the
person who reads the error they are not: so it says which of the two it is.

(They stand in a base class, each by itself. A ``__getattr__`` for all of them would make every
reading of an attribute of a tensor slower.)
"""

from __future__ import annotations

from typing import Any, NoReturn

#: What would be needed, and the names that need it.
REASONS = {
    "there are no complex numbers": "cfloat cdouble chalf",
    "there are no sparse tensors": """
        coalesce is_coalesced indices values crow_indices col_indices ccol_indices row_indices
        dense_dim sparse_dim sparse_mask sparse_resize_ sparse_resize_and_clear_ smm sspaddmm
        resize_as_sparse_ to_sparse to_sparse_coo to_sparse_csr to_sparse_csc to_sparse_bsr
        to_sparse_bsc to_padded_tensor""",
    "there are no quantized tensors": """
        dequantize int_repr q_scale q_zero_point q_per_channel_axis q_per_channel_scales
        q_per_channel_zero_points qscheme""",
    "everything is on the CPU": """
        xpu ipu mtia record_stream to_mkldnn""",
    "memory is not shared between processes": "share_memory_",
    "NumPy has no such dtype": "bfloat16",
    "PyTorch itself has removed it, or is about to": """
        eig symeig solve lstsq resize resize_as reinforce volatile storage_type""",
    "it could be, and is not yet": """
        as_strided_scatter const_data_ptr dim_order grad_dtype hash_tensor histogram
        igamma igamma_ igammac igammac_ index istft map2_ module_load mvlgamma mvlgamma_
        name new_empty_strided nonzero_static set_ slice_inverse stft to_dense
        unsafe_chunk unsafe_split unsafe_split_with_sizes""",
}


class Lacking:
    """In the place of an attribute that is not there: reading it says why."""

    def __init__(self, name: str, reason: str) -> None:
        self.name, self.reason = name, reason

    def __get__(self, instance: Any, owner: type) -> NoReturn:
        raise AttributeError(
            f"{owner.__name__!r} object has no attribute {self.name!r}: PyTorch has it, but in "
            f"tinygrad_edu {self.reason}"
        )


class NotHere:
    """Base of `Tensor`, with a `Lacking` for each of these names."""

    def __dir__(self) -> list[str]:
        return [n for n in super().__dir__() if n in self.__dict__ or hasattr(type(self), n)]


for _reason, _names in REASONS.items():
    for _name in _names.split():
        setattr(NotHere, _name, Lacking(_name, _reason))
