"""Tests that draw their cases, as those of Hypothesis do, but in less time.

Between two examples Hypothesis thinks about what was not drawn yet, and how to vary what was. For
cases that are computed in a millisecond that is a quarter of the time. So here the examples are
drawn from random bytes, by the interface that Hypothesis has for fuzzers; and one that fails goes
to Hypothesis itself, which makes it as simple as it can.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.database import InMemoryExampleDatabase

from .replay import running
from .seeds import Seed

BYTES = 1000  # more than any example takes
IN_VAIN = 10  # times as many may be drawn as are wanted, if a test assumes what is not so


def drawn(count: int | None = None) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Run a test for many examples, each of which it draws from its argument `data`.

    The first one is, with every choice, the first. The others depend on the name of the test and
    its parameters, and on ``--seed`` or ``--hypothesis-seed``; on nothing else.

    Parameters
    ----------
    count : int, optional
        So many examples, whatever ``--examples`` says.

    Returns
    -------
    callable
        A decorator; what it returns has the arguments of the test but for `data`, and raises
        AssertionError if there is no example at all of which all holds that the test assumes.
    """

    def decorate(test: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(test)
        def run(**parameters: Any) -> None:
            @settings(database=InMemoryExampleDatabase(), print_blob=False)
            @given(data=st.data())
            def example(data: st.DataObject) -> None:
                test(**parameters, data=data)

            run_on = example.hypothesis.fuzz_one_input
            wanted = count or settings().max_examples
            random = Random(f"{running()} {Seed.drawn}")
            found, fault = 0, None
            try:
                for number in range(IN_VAIN * wanted):
                    choices = random.randbytes(BYTES) if number else bytes(BYTES)
                    found += run_on(choices) is not None
                    if found == wanted:
                        break
            except Exception as error:  # whatever it is, it is raised again below
                fault = error
            if fault is not None:
                example()  # what failed is in its database; it raises with the simplest like it
                raise fault
            assert found, "no example could be drawn"

        signature = inspect.signature(test)
        others = [p for p in signature.parameters.values() if p.name != "data"]
        vars(run)["__signature__"] = signature.replace(parameters=others)
        return run

    return decorate
