"""The names that PyTorch has and this library lacks, and why.

A misspelt name and one that is not here look alike to a program: both are an AttributeError, and
``hasattr`` is False. To the person who reads the error they are not: so it says which of the two it
is, and what would be needed.

(Those of tensors stand in a base class, each by itself. A ``__getattr__`` for all of them would
make every reading of an attribute of a tensor slower. Those of other modules stand with them.)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn


class MissingNameError(AttributeError, NotImplementedError):
    """PyTorch has this name, and tinygrad_edu does not."""


def by_name(reasons: Mapping[str, str]) -> dict[str, str]:
    """The reason for each name, from the names for each reason."""
    return {name: reason for reason, names in reasons.items() for name in names.split()}


def refuse(owner: str, name: str, reasons: Mapping[str, str], obj: Any = None) -> NoReturn:
    """Raise the error for a name that `owner` has not; `obj` is the owner itself, where Python does
    not add it to the error by itself.

    Raises
    ------
    MissingNameError
        If the name stands in `reasons`.
    AttributeError
        Otherwise.
    """
    text = f"{owner} has no attribute {name!r}"
    if name not in reasons:
        raise AttributeError(text)
    text = f"{text}: PyTorch has it, but in tinygrad_edu {reasons[name]}"
    raise MissingNameError(text) if obj is None else MissingNameError(text, name=name, obj=obj)


COMPLEX = "there are no complex numbers"
SPARSE = "there are no sparse tensors"
QUANTIZED = "there are no quantized tensors"
ON_CPU = "everything is on the CPU"
NO_DTYPE = "NumPy has no such dtype"
GIVEN_UP = "PyTorch itself has removed it, or is about to"
NOT_YET = "it could be, and is not yet"

#: What tensors lack.
REASONS = {
    COMPLEX: "cfloat cdouble chalf",
    SPARSE: """
        coalesce is_coalesced indices values crow_indices col_indices ccol_indices row_indices
        dense_dim sparse_dim sparse_mask sparse_resize_ sparse_resize_and_clear_ smm sspaddmm
        resize_as_sparse_ to_sparse to_sparse_coo to_sparse_csr to_sparse_csc to_sparse_bsr
        to_sparse_bsc to_padded_tensor""",
    QUANTIZED: """
        dequantize int_repr q_scale q_zero_point q_per_channel_axis q_per_channel_scales
        q_per_channel_zero_points qscheme""",
    ON_CPU: """
        xpu ipu mtia record_stream to_mkldnn""",
    "memory is not shared between processes": "share_memory_",
    NO_DTYPE: "bfloat16",
    GIVEN_UP: """
        eig symeig solve lstsq resize resize_as reinforce volatile storage_type""",
    NOT_YET: """
            const_data_ptr dim_order grad_dtype hash_tensor index istft map2_ module_load name
            new_empty_strided set_ slice_inverse stft to_dense""",
}

#: What ``torch`` has besides, of its functions, dtypes and modules.
OF_TORCH = by_name(
    {
        COMPLEX: """
            complex polar view_as_complex view_as_complex_copy view_as_real view_as_real_copy fft
            stft istft complex32 complex64 complex128 chalf cfloat cdouble""",
        SPARSE: """
            sparse sparse_coo sparse_csr sparse_csc sparse_bsr sparse_bsc sparse_coo_tensor
            sparse_csr_tensor sparse_csc_tensor sparse_bsr_tensor sparse_bsc_tensor
            sparse_compressed_tensor col_indices_copy crow_indices_copy ccol_indices_copy
            row_indices_copy indices_copy values_copy smm spmm dsmm hsmm hspmm saddmm sspaddmm
            resize_as_sparse_""",
        QUANTIZED: """
            quantization dequantize quantize_per_channel quantize_per_tensor
            quantize_per_tensor_dynamic quantized_batch_norm quantized_max_pool1d
            quantized_max_pool2d quantized_max_pool3d fake_quantize_per_channel_affine
            fake_quantize_per_tensor_affine qint8 qint32 quint8 quint2x4 quint4x2 int_repr q_scale
            q_zero_point q_per_channel_axis q_per_channel_scales q_per_channel_zero_points""",
        ON_CPU: """
            mtia Event Stream cudnn_affine_grid_generator cudnn_batch_norm
            cudnn_convolution cudnn_convolution_add_relu cudnn_convolution_relu
            cudnn_convolution_transpose cudnn_grid_sampler cudnn_is_acceptable""",
        "there is no mixed precision": """
            get_autocast_dtype set_autocast_enabled set_autocast_dtype""",
        "there is one process": "futures fork wait",
        "it is a layer, in nn": """
            gru gru_cell lstm lstm_cell rnn_relu rnn_relu_cell rnn_tanh rnn_tanh_cell""",
        "it is in nn.functional, as people call it": """
            affine_grid_generator binary_cross_entropy_with_logits constant_pad_nd convolution
            cosine_embedding_loss ctc_loss embedding_bag grid_sampler grid_sampler_2d
            hinge_embedding_loss kl_div margin_ranking_loss native_batch_norm
            native_channel_shuffle native_dropout native_group_norm native_layer_norm
            poisson_nll_loss rrelu triplet_margin_loss""",
        "each op runs when it is called": """
            cond export fx library package while_loop sym_float sym_int
            sym_ite sym_max sym_min sym_not sym_sqrt sym_sum""",
        NO_DTYPE: """
            BFloat16Tensor float8_e4m3fn float8_e4m3fnuz float8_e5m2 float8_e5m2fnuz
            float8_e8m0fnu""",
        GIVEN_UP: "eig symeig solve lstsq matrix_rank",
        NOT_YET: """
            empty_strided from_dlpack grid_sampler_3d hash_tensor
            lobpcg masked nested uint16 uint32
            uint64
            empty_permuted from_file get_device_module get_num_interop_threads monitor
            overrides segment_reduce set_flush_denormal
            set_num_interop_threads set_warn_always
            is_warn_always_enabled to_dlpack quasirandom""",
    }
)


class Lacking:
    """In the place of an attribute that is not there: reading it says why."""

    def __init__(self, name: str, reason: str) -> None:
        self.name, self.reason = name, reason

    def __get__(self, instance: Any, owner: type) -> NoReturn:
        obj = owner if instance is None else instance
        refuse(f"{owner.__name__!r} object", self.name, {self.name: self.reason}, obj)


class NotHere:
    """Base of `Tensor`, with a `Lacking` for each of these names."""

    def __dir__(self) -> list[str]:
        lacking = [n for n in OF_TENSORS if not hasattr(type(self), n)]
        return [n for n in super().__dir__() if n in self.__dict__ or n not in lacking]


OF_TENSORS = by_name(REASONS)
for _name, _reason in OF_TENSORS.items():
    setattr(NotHere, _name, Lacking(_name, _reason))
