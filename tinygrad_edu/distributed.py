"""What programs ask of ``torch.distributed`` before they train in several processes: there is one.

The answers are those of a PyTorch that was built without it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .missing import by_name, refuse


def is_available() -> bool:
    """Whether processes can train together: no."""
    return False


def is_initialized() -> bool:
    """Whether they do: no."""
    return False


def is_torchelastic_launched() -> bool:
    """Whether a launcher has started this process: no."""
    return False


#: What PyTorch has besides.
MISSING = by_name(
    {
        "there is one process; torch_ref trains in several, with PyTorch": """
            Backend DistBackendError DistError DistNetworkError DistStoreError FileStore GroupMember
            HashStore P2POp PrefixStore ProcessGroup ReduceOp Store TCPStore Work all_gather
            all_gather_into_tensor all_gather_object all_reduce all_to_all all_to_all_single
            barrier batch_isend_irecv breakpoint broadcast broadcast_object_list
            destroy_process_group gather gather_object get_backend
            get_global_rank get_group_rank get_process_group_ranks get_rank get_world_size
            group init_device_mesh init_process_group irecv is_backend_available
            is_gloo_available is_mpi_available is_nccl_available isend monitored_barrier
            new_group new_subgroups recv reduce reduce_scatter reduce_scatter_tensor
            scatter scatter_object_list send""",
    }
)

if not TYPE_CHECKING:  # or every misspelt name would pass for one

    def __getattr__(name):
        """Say by name what is missing on purpose."""
        refuse(f"module {__name__!r}", name, MISSING)
