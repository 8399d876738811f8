"""A mistake made in a program that runs: the code of a function is replaced in place.

Only what a function does when it is called can be replaced so. `swap` says no where that is not all
there is to a change: it is also in what a module or a class does when it is made (a constant, a
default, a decorator), or in a function that was called before, while modules were imported, whose
results may be kept somewhere.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from types import CodeType, FunctionType

IS_FUNCTION = 1  # in `co_flags`; the code of modules and classes lacks it


def code_objects(code: CodeType) -> Iterator[CodeType]:
    """A code object and those of the functions and classes in it, as they stand in the text."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from code_objects(constant)


def does(code: CodeType) -> tuple[object, ...]:
    """What a code object does, apart from the functions in it; without line numbers."""
    constants = [repr(c) for c in code.co_consts if not isinstance(c, CodeType)]
    names = code.co_names, code.co_varnames, code.co_cellvars, code.co_freevars
    return code.co_code, constants, names, code.co_flags, code.co_argcount, code.co_exceptiontable


def key(code: CodeType) -> tuple[str, int]:
    """What tells a function from the others of its file."""
    return code.co_qualname, code.co_firstlineno


def swap(
    path: str,
    before: str,
    after: str,
    functions: Iterable[FunctionType],
    called: Collection[CodeType],
) -> bool:
    """Let the functions of a file do what they do in another text of it.

    Parameters
    ----------
    path : str
    before, after : str
        The text as it is and as it were.
    functions : iterable of functions
        All that there are.
    called : collection of code objects
        What of them has been called already.

    Returns
    -------
    bool
        Whether that is as good as importing the other text; if not, this process is good for
        nothing any more. It is not if a function that has changed is not found.
    """
    olds = [*code_objects(compile(before, path, "exec"))]
    news = [*code_objects(compile(after, path, "exec"))]
    if [old.co_name for old in olds] != [new.co_name for new in news]:
        return False
    changed = [(old, new) for old, new in zip(olds, news, strict=True) if does(old) != does(new)]
    keys = {key(old) for old, _ in changed}
    if not all(old.co_flags & IS_FUNCTION for old, _ in changed):
        return False
    if any(code.co_filename == path and key(code) in keys for code in called):
        return False
    # With a function, those that are written within it change, and the ones around it make it anew.
    around = {key(old): {*map(key, code_objects(old))} & keys for old in olds}
    replaced = {
        key(old): new
        for old, new in zip(olds, news, strict=True)
        if old.co_flags & IS_FUNCTION and around[key(old)]
    }
    missing = set(keys)
    for function in functions:
        code = function.__code__
        new = replaced.get(key(code)) if code.co_filename == path else None
        if new is not None:
            if new.co_freevars != code.co_freevars:
                return False
            missing -= around[key(code)]
            function.__code__ = new
    return not missing
