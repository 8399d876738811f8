"""What programs ask of ``torch.cuda`` before they use a GPU: there is none.

So ``"cuda" if torch.cuda.is_available() else "cpu"`` goes the right way, and seeds for GPUs are
taken and mean nothing. Whatever would need a GPU raises the error of a PyTorch without CUDA.
"""

from __future__ import annotations

import importlib
from collections import OrderedDict
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NoReturn

from ..missing import ON_CPU, by_name, refuse
from ..tensor_types import TYPES, TensorType


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


def init() -> NoReturn:
    """Begin to use GPUs; errors as for `synchronize`."""
    synchronize()


def initial_seed() -> NoReturn:
    """What the GPU's generator was seeded with; errors as for `synchronize`."""
    synchronize()


def get_rng_state(device: Any = "cuda") -> NoReturn:
    """The state of the GPU's generator; errors as for `synchronize`."""
    synchronize(device)


def current_stream(device: Any = None) -> NoReturn:
    """The GPU's queue of work; errors as for `synchronize`."""
    synchronize(device)


def default_stream(device: Any = None) -> NoReturn:
    """The GPU's first queue of work; errors as for `synchronize`."""
    synchronize(device)


def ipc_collect() -> NoReturn:
    """Give back memory shared with other processes; errors as for `synchronize`."""
    synchronize()


def mem_get_info(device: Any = None) -> NoReturn:
    """Bytes that are free, and that there are; errors as for `synchronize`."""
    synchronize(device)


def get_rng_state_all() -> list[Any]:
    """The states of the generators of all GPUs: none."""
    return []


def set_rng_state_all(new_states: Iterable[Any]) -> None:
    """Set them; errors as for `synchronize` if there is one to set."""
    for state in new_states:
        synchronize(state)


def get_arch_list() -> list[str]:
    """The kinds of GPUs that this library could use: none."""
    return []


def memory_stats(device: Any = None) -> dict[str, Any]:
    """Numbers on the memory of the GPU: none."""
    return OrderedDict()


def is_tf32_supported() -> bool:
    """Whether the GPU computes with TF32: there is none."""
    return False


class CudaTensorType(TensorType):
    """PyTorch's old name for a dtype on a GPU: nothing is of this type, and nothing can be made."""

    def __init__(self, name: str) -> None:
        self.__name__ = name

    @property
    def dtype(self) -> NoReturn:  # type: ignore[override]  # it has none
        """What `Tensor.type` asks for, to convert a tensor.

        Raises
        ------
        RuntimeError
            Always, as in a PyTorch without CUDA.
        """
        raise RuntimeError("Cannot initialize CUDA without ATen_cuda library.")

    def __call__(self, *data: Any) -> NoReturn:
        raise TypeError(
            f"type torch.cuda.{self.__name__} not available. Torch not compiled with CUDA enabled."
        )

    def __instancecheck__(self, instance: object) -> bool:
        return False

    def __repr__(self) -> str:
        return f"<class 'torch.cuda.{self.__name__}'>"


for _type in TYPES.values():
    globals()[_type.__name__] = CudaTensorType(_type.__name__)

#: What PyTorch has besides.
MISSING = by_name(
    {
        ON_CPU: """
            CUDAGraph Event ExternalStream Stream StreamContext device device_of graph graphs
            memory memory_summary nccl nvtx profiler random reset_max_memory_allocated
            reset_peak_memory_stats set_device set_per_process_memory_fraction set_rng_state
            set_stream sparse stream streams temperature tunable utilization""",
    }
)

if not TYPE_CHECKING:  # or every misspelt name would pass for one

    def __getattr__(name):
        """Import `amp` when it is asked for; of what is missing on purpose, say so by name."""
        if name == "amp":
            return importlib.import_module(".amp", __package__)
        refuse(f"module {__name__!r}", name, MISSING)
