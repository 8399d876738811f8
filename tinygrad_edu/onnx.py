"""``torch.onnx``, which writes models for other programs: here is only why it is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .missing import by_name, refuse

#: What PyTorch has.
MISSING = by_name(
    {
        "each op runs when it is called: load the weights into PyTorch and export them there": """
            ExportableModule InputObserver JitScalarType ONNXProgram OnnxExporterError
            export is_in_onnx_export ops register_custom_op_symbolic select_model_mode_for_export
            unregister_custom_op_symbolic utils""",
    }
)

if not TYPE_CHECKING:  # or every misspelt name would pass for one

    def __getattr__(name):
        """Say by name what is missing on purpose."""
        refuse(f"module {__name__!r}", name, MISSING)
