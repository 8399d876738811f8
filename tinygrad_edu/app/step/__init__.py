"""``tinygrad-edu step``: record training steps of a script or of a course's model, and show them.

`recording` runs what is to be recorded; `command` reads the options, and hands the trace to the
views, which stand in ``tinygrad_edu.tracing``.
"""
