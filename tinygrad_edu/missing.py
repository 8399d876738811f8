"""The names that PyTorch's tensors have and `Tensor` lacks, and why.

A misspelt name and one that is not here look alike to a program: both are an AttributeError. To the
person who reads the error they are not: so it says which of the two it is.
"""

from __future__ import annotations

#: What would be needed, and the names that need it.
REASONS = {
    "there are no complex numbers": "cfloat cdouble chalf __complex__",
    "there are no sparse tensors": """
        coalesce is_coalesced indices values crow_indices col_indices ccol_indices row_indices
        dense_dim sparse_dim sparse_mask sparse_resize_ sparse_resize_and_clear_ smm sspaddmm
        resize_as_sparse_ to_sparse to_sparse_coo to_sparse_csr to_sparse_csc to_sparse_bsr
        to_sparse_bsc to_padded_tensor""",
    "there are no quantized tensors": """
        dequantize int_repr q_scale q_zero_point q_per_channel_axis q_per_channel_scales
        q_per_channel_zero_points qscheme""",
    "everything is on the CPU": """
        xpu ipu mtia record_stream to_mkldnn __dlpack__ __dlpack_device__ __cuda_array_interface__
        __dlpack_c_exchange_api__""",
    "memory is not shared between processes": "share_memory_",
    "NumPy has no such dtype": "bfloat16",
    "PyTorch itself has removed it, or is about to": """
        eig symeig solve lstsq resize resize_as reinforce volatile storage_type
        __div__ __rdiv__ __idiv__ __long__ __nonzero__""",
    "an element cannot be taken out": "__delitem__",
    "there is no such hook into PyTorch": "__torch_dispatch__ __torch_function__",
}

#: What could be here, and is not.
OTHERS = """
    __array_priority__ __array_wrap__ __setstate__ as_strided_scatter const_data_ptr
    dim_order grad_dtype hash_tensor histogram igamma igamma_ igammac igammac_ index istft
    map2_ module_load mvlgamma mvlgamma_ name new_empty_strided nonzero_static set_
    slice_inverse stft to_dense unsafe_chunk unsafe_split unsafe_split_with_sizes"""


def lacking(name: str, kind: str) -> str:
    """The message for an attribute `name` that objects of the class `kind` have not."""
    text = f"{kind!r} object has no attribute {name!r}"
    for reason, names in REASONS.items():
        if name in names.split():
            return f"{text}: PyTorch has it, but in tinygrad_edu {reason}"
    if name in OTHERS.split():
        return f"{text}: PyTorch has it, tinygrad_edu not yet"
    return text
