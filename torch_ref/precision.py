"""What PyTorch has to be told on a GPU, so that float32 there is float32."""

import warnings

import torch


def full_precision() -> None:
    """From now on, multiply and convolve float32 on a GPU as on a CPU.

    TF32, which PyTorch takes for convolutions unless told otherwise, keeps 10 of the 23 bits.
    """
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    # What torch.compile would advise.
    warnings.filterwarnings("ignore", "TensorFloat32 tensor cores for float32")
