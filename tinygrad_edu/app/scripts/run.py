"""A script, run in this process as ``python script.py`` runs it in one of its own.

The script gets a fresh module ``__main__``, its own ``sys.argv``, and its folder at the head of
``sys.path``; what it raises is told by ``sys.excepthook``, without the frames of this file, and
nothing else that goes down the stack comes to these (see `stack`). Which library it finds under the
name ``torch`` is no matter here: `aliases` sees to that, or nobody.
"""

from __future__ import annotations

import builtins
import os
import sys
from collections.abc import Callable, Sequence
from importlib.machinery import SourceFileLoader
from types import ModuleType, TracebackType

from .stack import end_at

#: Gets what a script raised before it is told, and may add notes to it.
Remark = Callable[[BaseException], None]


def run_script(path: str, arguments: Sequence[str] = (), remark: Remark | None = None) -> int:
    """Run a script as ``__main__``; it is the last that this process does.

    What the script leaves behind stays: functions to call at exit, threads that still run, and its
    module, in which these look up their names.

    Parameters
    ----------
    path : str
        Of the script.
    arguments : sequence of str
        What the script finds in ``sys.argv`` after its own name.
    remark : callable, optional
        Called with what the script raised and did not catch.

    Returns
    -------
    int
        The exit code of ``python script.py``: 0 at the script's end; what it gives `sys.exit`; 1
        after an exception; 2 if there is no such file.

    Raises
    ------
    KeyboardInterrupt
        When the script was interrupted. It has been told then, and is to end the process: so this
        ends by the signal, by which a shell knows that it was interrupted.
    """
    try:
        with open(path, "rb") as file:
            source = file.read()
    except OSError as error:
        place, reason = os.path.abspath(path), f"[Errno {error.errno}] {error.strerror}"
        print(f"tinygrad-edu: can't open file {place!r}: {reason}", file=sys.stderr)
        return 2
    sys.argv = [path, *arguments]
    if not sys.flags.safe_path:  # with `python -P` there is nothing to replace
        sys.path[0] = os.path.dirname(os.path.realpath(path))
    file_name = os.path.join(os.getcwd(), path)
    main = sys.modules["__main__"] = main_module(file_name)
    try:
        program = compile(source, file_name, "exec", dont_inherit=True)
        end_at(program)
        exec(program, vars(main))
        return 0
    except SystemExit as leaving:
        return exit_code(leaving)
    except BaseException as error:
        raised = error
    # Not in the clause above: what fails from here on does not do so because of `raised`.
    raised.__traceback__ = behind_this_file(raised.__traceback__)
    if remark is not None:
        remark(raised)
    code = tell(raised)
    if isinstance(raised, KeyboardInterrupt):
        sys.excepthook = tell_no_more
        raise raised
    return code


def main_module(file_name: str) -> ModuleType:
    """The module that Python makes for a script."""
    main = ModuleType("__main__")
    vars(main).update(
        __annotations__={},
        __builtins__=builtins,
        __cached__=None,
        __file__=file_name,
        __loader__=SourceFileLoader("__main__", file_name),
    )
    return main


def behind_this_file(traceback: TracebackType | None) -> TracebackType | None:
    """What follows the frames of this file, with which a traceback begins."""
    while traceback is not None and traceback.tb_frame.f_code.co_filename == __file__:
        traceback = traceback.tb_next
    return traceback


def exit_code(leaving: SystemExit) -> int:
    """The exit code of `sys.exit`; what is none is printed."""
    if leaving.code is None:
        return 0
    if isinstance(leaving.code, int):
        return leaving.code
    print(leaving.code, file=sys.stderr)
    return 1


def tell(error: BaseException) -> int:
    """Have `sys.excepthook`, which the script may have set, print an error; return the exit code.

    Where that function fails, both errors are printed, as Python does.
    """
    sys.last_type, sys.last_value, sys.last_traceback = type(error), error, error.__traceback__
    if sys.version_info >= (3, 12):
        sys.last_exc = error
    try:
        sys.excepthook(type(error), error, error.__traceback__)
    except SystemExit as leaving:
        return exit_code(leaving)
    except BaseException as failure:
        print("Error in sys.excepthook:", file=sys.stderr)
        failure.__traceback__ = behind_this_file(failure.__traceback__)
        sys.__excepthook__(type(failure), failure, failure.__traceback__)
        print("\nOriginal exception was:", file=sys.stderr)
        sys.__excepthook__(type(error), error, error.__traceback__)
    return 1


def tell_no_more(*told: object) -> None:
    """In the place of `sys.excepthook` for an error that has been told."""
