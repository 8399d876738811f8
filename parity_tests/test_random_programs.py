"""Random programs on both sides: every tensor, gradient, version, node and error they come to.

``--case script/123`` replays the seeded program of number 123. ``--examples 100000`` runs so many
of the seeded ones, and has Hypothesis draw as many more, which takes much longer; without these:

    python -m pytest parity_tests/test_random_programs.py -k seeded --examples 100000
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from .line_scripts import ID, Script, fault_of, judge_lines, shortest
from .steps import program, seeded

PROGRAMS = 1000
PARTS = 10  # so that processes share the work; each runs one program at least


@pytest.mark.parametrize("part", range(PARTS))
def test_seeded_programs(part, request):
    for number in range(
        part, max(request.config.getoption("--examples") or PROGRAMS, PARTS), PARTS
    ):
        judge_lines(seeded(number), f"{ID}{number}")


@given(data=st.data())
def test_drawn_programs(data):
    """The same, but Hypothesis chooses, and makes a program that fails a simple one."""
    judge_lines(program(lambda n: data.draw(st.integers(0, n - 1))), shorten=False)


# That it notices ----------------------------------------------------------------------------------

LINES = ["t1 = values(1, 2).requires_grad_()", "t2 = t1 * 3", "t3 = t1.exp()", "t2.add_(t3)",
         "t2.backward(values(2, 2))"]  # fmt: skip


def test_a_right_program_passes():
    assert fault_of(LINES) is None


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("t4 = t1 * (3 if 'edu' in torch.__name__ else 2)", "t4.detach"),
        ("t4 = t1.clone() if 'edu' in torch.__name__ else t1 * 1", "node of t4"),
        ("t4 = t2.detach() if 'edu' in torch.__name__ else t2.detach().clone()", "version of t4"),
        ("t4 = t1.view(2) if 'edu' in torch.__name__ else t1.clone()", "a view of t4"),
        ("t1.grad.mul_(2 if 'edu' in torch.__name__ else 1)", "t1.grad"),
        ("t2.sum() if 'edu' in torch.__name__ else t2.sum(5)", "IndexError"),
        ("t2.mul_(1) if 'edu' in torch.__name__ else t2.detach().mul_(1)", "node of t2"),
        ("seen.append(t1 if 'edu' in torch.__name__ else t2)", "seen"),
    ],
)
def test_a_wrong_program_fails(line, fault):
    assert fault in str(fault_of([*LINES, line]))


def test_the_shortest_script_that_fails():
    wrong = "t9 = t1 * (3 if 'edu' in torch.__name__ else 2)"
    assert shortest([*LINES, wrong, "t5 = t9 + t2"]) == [LINES[0], wrong]
    with pytest.raises(AssertionError, match="import tinygrad_edu as torch") as caught:
        judge_lines([*LINES, wrong])
    script = str(caught.value).split("\n\n")[1]
    names = {}
    exec(script, names)  # it runs by itself
    assert names["t9"].tolist() == (3 * names["t1"]).tolist()


def test_what_is_compared_is_what_ran():
    script = Script()
    for line in LINES:
        script.run(line)
    assert script.lines == LINES and len(script.ours.tensors) == 3
