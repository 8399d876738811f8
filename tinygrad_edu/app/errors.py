"""The one exception that means "the user can fix this"."""


class InputError(Exception):
    """Something the user gave cannot be used.

    Its text is one line that says what is wrong and what to do.  The command line prints it to
    stderr and exits with code 2; every other exception is a bug and keeps its traceback.
    """


def first_line(error: BaseException) -> str:
    """Return the first line of an error's text, or the error's type where it has none."""
    return (str(error).splitlines() or [type(error).__name__])[0]
