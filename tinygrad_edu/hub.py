"""``torch.hub``, which downloads models: there is nothing of it here but this explanation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .missing import by_name, refuse

#: What PyTorch has.
MISSING = by_name(
    {
        "nothing is downloaded: save the weights with PyTorch and read them with load()": """
            download_url_to_file get_dir help list load load_state_dict_from_url set_dir""",
    }
)

if not TYPE_CHECKING:  # or every misspelt name would pass for one

    def __getattr__(name):
        """Say by name what is missing on purpose."""
        refuse(f"module {__name__!r}", name, MISSING)
