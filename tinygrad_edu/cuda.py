"""What programs ask of ``torch.cuda`` before they use a GPU: there is none.

So ``"cuda" if torch.cuda.is_available() else "cpu"`` goes the right way, and seeds for GPUs are
taken and mean nothing. Whatever would need a GPU raises the error of a PyTorch without CUDA.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from .missing import ON_CPU, by_name, refuse


def is_available() -> bool:
    """Whether there is a GPU: no."""
    return False


def is_initialized() -> bool:
    """Whether a GPU has been used: no."""
    return False


def is_bf16_supported(including_emulation: bool = True) -> bool:
    """Whether the GPU computes with bfloat16: there is none."""
    return False


def device_count() -> int:
    """The number of GPUs: 0."""
    return 0


def manual_seed(seed: int) -> None:
    """Seed the generator of the GPU, which is not there: nothing happens."""
    int(seed)


def manual_seed_all(seed: int) -> None:
    """Seed the generators of all GPUs: nothing happens."""
    int(seed)


def seed() -> None:
    """Seed the generator of the GPU by chance: nothing happens."""


def seed_all() -> None:
    """Seed the generators of all GPUs by chance: nothing happens."""


def empty_cache() -> None:
    """Give back unused memory of the GPU: nothing happens."""


def memory_allocated(device: Any = None) -> int:
    """Bytes of tensors on the GPU: 0."""
    return 0


def max_memory_allocated(device: Any = None) -> int:
    """The most bytes there were of tensors on the GPU: 0."""
    return 0


def memory_reserved(device: Any = None) -> int:
    """Bytes kept for tensors on the GPU: 0."""
    return 0


def max_memory_reserved(device: Any = None) -> int:
    """The most bytes there were kept for tensors on the GPU: 0."""
    return 0


def synchronize(device: Any = None) -> NoReturn:
    """Wait for the GPU.

    Raises
    ------
    AssertionError
        Always, as in a PyTorch without CUDA.
    """
    raise AssertionError("Torch not compiled with CUDA enabled")


def current_device() -> NoReturn:
    """The GPU in use; errors as for `synchronize`."""
    synchronize()


def get_device_name(device: Any = None) -> NoReturn:
    """What the GPU is called; errors as for `synchronize`."""
    synchronize(device)


def get_device_properties(device: Any = None) -> NoReturn:
    """What the GPU is; errors as for `synchronize`."""
    synchronize(device)


def get_device_capability(device: Any = None) -> NoReturn:
    """What the GPU can; errors as for `synchronize`."""
    synchronize(device)


#: What PyTorch has besides.
MISSING = by_name(
    {
        ON_CPU: """
            CUDAGraph Event ExternalStream Stream StreamContext amp current_stream default_stream
            device device_of get_arch_list get_rng_state get_rng_state_all graph graphs init
            initial_seed ipc_collect mem_get_info memory memory_stats memory_summary nccl nvtx
            profiler random reset_max_memory_allocated reset_peak_memory_stats set_device
            set_per_process_memory_fraction set_rng_state set_rng_state_all set_stream sparse
            stream streams temperature tunable utilization""",
    }
)

if not TYPE_CHECKING:  # or every misspelt name would pass for one

    def __getattr__(name):
        """Say by name what is missing on purpose."""
        refuse("module 'tinygrad_edu.cuda'", name, MISSING)
