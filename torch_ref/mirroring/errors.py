"""What is raised about something that cannot be moved."""


class MirrorError(TypeError):
    """Something has no counterpart on the other side; the message says where it is, and why."""
