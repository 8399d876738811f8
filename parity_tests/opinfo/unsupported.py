"""The ops of `op_db` that the engine lacks, and why: each counts as a case that is not passed."""

from __future__ import annotations

from tinygrad_edu.missing import COMPLEX, NO_DTYPE, NOT_YET, SPARSE, by_name

#: The ops, by `Op.id`, for each reason.
REASONS = {
    COMPLEX: """
        cdouble cfloat chalf complex imag polar view_as_complex view_as_real
        nn.functional.silu-complex linalg.eig linalg.eigvals stft istft
        fft.fft fft.fft2 fft.fftn fft.hfft fft.hfft2 fft.hfftn fft.rfft fft.rfft2 fft.rfftn
        fft.ifft fft.ifft2 fft.ifftn fft.ihfft fft.ihfft2 fft.ihfftn fft.irfft fft.irfft2
        fft.irfftn fft.fftshift fft.ifftshift""",
    SPARSE: "sparse.sampled_addmm sparse.mm-reduce to_sparse",
    NO_DTYPE: "bfloat16",
    "as a method it fills its tensor with random numbers; see test_random_in_place": """
        cauchy exponential geometric log_normal uniform""",
    "it is how PyTorch computes something else on the inside, and has no public name": """
        _batch_norm_with_update _chunk_cat _native_batch_norm_legit _segment_reduce-lengths
        _segment_reduce-offsets _softmax_backward_data _unsafe_masked_index
        _unsafe_masked_index_put_accumulate _upsample_bilinear2d_aa constant_pad_nd
        grid_sampler_2d grid_sampler_3d max_pool2d_with_indices_backward native_batch_norm
        native_dropout_backward native_group_norm native_layer_norm
        nn.functional.batch_norm-without_cudnn slice torch._scaled_mm torch._scaled_mm_v2
        torch.ops.aten._efficient_attention_forward torch.ops.aten._flash_attention_forward
        torch.ops.aten._safe_softmax.default""",
    "NumPy's arrays have no method for it: x / y calls y.__rtruediv__": "__rdiv__",
    "it compiles code for a GPU": """
        jiterator_2inputs_2outputs jiterator_4inputs_with_extra_args jiterator_binary
        jiterator_binary_return_by_ref jiterator_unary""",
    "strides are chosen by NumPy": "empty_permuted empty_strided new_empty_strided",
    "masked tensors are a prototype": """
        masked.amax masked.amin masked.argmax masked.argmin masked.cumprod masked.cumsum
        masked.log_softmax masked.logaddexp masked.logsumexp masked.mean masked.median masked.norm
        masked.normalize masked.prod masked.softmax masked.softmin masked.std masked.sum
        masked.var""",
    "NumPy has no such function, and a model of a first course needs none": """
        linalg.ldl_factor linalg.ldl_factor_ex linalg.ldl_solve
        special.airy_ai special.bessel_j0 special.bessel_j1 special.bessel_y0 special.bessel_y1
        special.modified_bessel_i0 special.modified_bessel_i1 special.modified_bessel_k0
        special.modified_bessel_k1 special.scaled_modified_bessel_k0
        special.scaled_modified_bessel_k1 special.spherical_bessel_j0""",
    NOT_YET: "hash_tensor",
}

UNSUPPORTED = by_name(REASONS)
