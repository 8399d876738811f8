"""The plain prompt: what it answers, what it refuses, and how it ends."""

import io
import json
import re
import subprocess
import sys

import pytest

import tinygrad_edu
from tinygrad_edu.tracing.stepping.names import StepError
from tinygrad_edu.tracing.stepping.stepper import Stepper
from tinygrad_edu.tracing.terminal import plain, prompt

from .stepped import talk, two_steps, with_nans

SCRIPT = """
import torch

model = torch.nn.Linear(2, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.001)
loss = model(torch.ones(3, 2)).pow(2).mean()
loss.backward()
optimizer.step()
"""


@pytest.fixture(scope="module")
def trace():
    return two_steps()


def positions(answers):
    """The events that are named at the head of the answers."""
    heads = (re.match(r"\[(\d+)/\d+\]", answer) for answer in answers)
    return [int(head[1]) for head in heads if head]


def test_it_walks_as_the_stepper_does(trace):
    stepper = Stepper(trace)
    expected = [0]
    for move in ("next", "next", "step", "step", "out"):
        getattr(stepper, move)()
        expected.append(stepper.at)
    assert positions(talk(trace, "n", "n", "s", "s", "r")) == expected
    assert positions(talk(trace, "next 2", "step", "s", "return"))[-1] == expected[-1]
    assert positions(talk(trace, "s 7", "rs 3", "rn", "g 5", "rr")) == [0, 7, 4, 3, 5, 0]


def test_an_empty_line_repeats_the_last_command(trace):
    assert positions(talk(trace, "s", "", "", "n")) == [0, 1, 2, 3, 4]


def test_levels(trace):
    answers = talk(trace, "n", "u", "n", "u", "u", "u", "u", "n", "d", "d", "d", "d", "d", "d")
    assert answers[2] == "n goes module by module\n" and "Relu" in answers[3]
    assert answers[7] == "*** this is the highest level\n" and "step 1 > " in answers[8]
    assert answers[-2].startswith("*** this is the lowest level")


def test_it_runs_to_breakpoints(trace):
    answers = talk(trace, "b op Sigmoid", "b", "c", "c", "rc", "cl 1", "c", "c", "b")
    assert answers[1] == "breakpoint 1: op Sigmoid\n" and answers[2] == "1: op Sigmoid\n"
    assert answers[3].startswith("breakpoint 1: op Sigmoid\n[")
    sigmoids = [e.index for e in trace.events if e.title == "Sigmoid"]
    found = [int(n) for n in re.findall(r"^\[(\d+)/", "".join(answers[3:6]), re.MULTILINE)]
    assert found == [sigmoids[0], sigmoids[1], sigmoids[0]]
    assert answers[6] == "no longer: op Sigmoid\n"
    last = f"[{len(trace) - 1}/"
    assert answers[7].startswith(f"this is the end: there are no breakpoints\n{last}")
    assert answers[8] == "*** this is the end: there are no breakpoints\n"
    assert answers[9].startswith("no breakpoints")


def test_it_says_which_breakpoints_are_never_met(trace):
    answers = talk(
        trace, "b op Foo", "b op Linear", "c", "c", "c", "c", "c", "c", "rc", "cl 2", "c"
    )
    never = ", which nothing in this trace meets\n"
    assert answers[1] == f"breakpoint 1: op Foo{never}"
    assert answers[2] == "breakpoint 2: op Linear\n"
    linear = [e.index for e in trace.events if e.title == "Linear"]
    assert [re.search(r"\[(\d+)/", answer)[1] for answer in answers[3:7]] == [*map(str, linear)]
    end = "this is the end: no breakpoint on the way; never met in this trace: op Foo\n"
    assert answers[7].startswith(f"{end}[{len(trace) - 1}/") and answers[8] == f"*** {end}"
    assert answers[9].startswith("breakpoint 2: op Linear\n[")
    assert answers[11].startswith(f"{end}[")
    answers = talk(trace, "b op Linear", "g 1", "rc", "rc")
    assert answers[3].startswith("this is the beginning: no breakpoint on the way\n[0/")
    assert answers[4] == "*** this is the beginning: no breakpoint on the way\n"


SAYS = {
    "n x": "how many? A whole number from 1 to 1000000, not 'x'",
    "n 1000001": "how many? A whole number from 1 to 1000000, not '1000001'",
    "g": "which event? A number from 0 to 93", "g x": "which event? A number from 0 to 93, not 'x'",
    "g \u00b2": "which event? A number from 0 to 93, not '\u00b2'",
    "p shift[]": "an element of (1,) is named by 1 number, as [0], not by 0",
    "p x[1]": "an element of (5, 3) is named by 2 numbers, as [0, 0], not by 1",
    "p loss[0]": "it is a single number, and has no index",
    "e shift=1": "an element of (1,) is named by 1 number, as [0], not by 0",
    "e x[0,0]==1": "an edit is written as weight[0, 1] = 0.5",
    "e x[0,0]=": "an edit is written as weight[0, 1] = 0.5",
    "p weight": "nothing is called 'weight' here; there are layer_1.weight, layer_2.w",
    "x shift[0]": "a whole tensor is meant: shift, without [..]",
    "birth x[0, 0]": "a whole tensor is meant: x, without [..]",
    "b norm": "norm needs something behind it, as in: norm 10",
    "c 3": "c has nothing behind it, not '3'", "where x": "where has nothing behind it, not 'x'",
    "undo 2": "undo has nothing behind it, not '2'",
}  # fmt: skip


@pytest.mark.parametrize("line", SAYS)
def test_what_is_wrong_is_said(trace, line):
    assert talk(trace, line)[1].startswith(f"*** {SAYS[line]}")


def test_an_empty_line_does_nothing_again_that_changes_something(trace):
    answers = talk(trace, "e layer_1.weight[0,0]=1e39", "", "undo", "", "b nan", "", "cl", "", "b")
    assert answers[1].startswith("layer_1.weight[0, 0] = inf: loss ")
    assert answers[3].startswith("as before the edit") and answers[7] == "no longer: nan\n"
    assert answers[2] == answers[4] == answers[6] == answers[8] == ""
    assert answers[9].startswith("no breakpoints")
    assert talk(trace, "cl")[1] == "there are no breakpoints\n"


def test_it_prints_tensors_and_elements(trace):
    first = next(v for v in trace.values if v.name == "layer_1.weight").array
    number = next(v.id for v in trace.values if v.name == "layer_1.weight")
    answers = talk(
        trace, "p layer_1.weight[2, -1]", f"p #{number}", "p", "n", "p x.grad", "p h.grad"
    )
    assert f"layer_1.weight[2, 2] = {first[2, 2].item()!r}" in answers[1]
    assert answers[2].startswith("layer_1.weight  (4, 3) float32")
    assert talk(trace, "p parameter 1 [2,2]")[1] == answers[1].replace(
        "layer_1.weight[2, 2]", "parameter 1[2, 2]"
    )
    assert "in parameter 1  (4, 3) float32: layer_1.weight" in answers[3]
    assert answers[5].startswith("*** x gets no gradient")
    assert answers[6].startswith("gradient of h  (5, 4)")


def test_it_says_why_and_where_and_lists(trace):
    event = next(e for e in trace.events if e.kind == "derivative" and e.formula == "grad @ weight")
    answers = talk(
        trace, f"g {event.index}", "why", "why 1, 2", "terms [1,2]", "w", "l", "l 1", "tree"
    )
    assert answers[2].splitlines()[0] == "d_x = grad @ weight"
    value = trace.values[event.outputs["d_x"]].array
    for answer in answers[3:5]:
        assert f"d_x[1, 2] = {value[1, 2]:.6g}" in answer and "  + grad[1, 0]" in answer
    assert "stepped.py:" in answers[5] and "> ops/linear.py" in answers[5]
    assert "^^^" in answers[6] and "return grad @ weight" in answers[6]
    assert len(answers[7].splitlines()) < len(answers[6].splitlines())
    assert "  - backward" in answers[8] and ">" in answers[8]


def test_it_explains_in_sentences(trace):
    answers = talk(trace, "x h", "explain layer_1.weight", "x", "x nobody")
    h = next(v for v in trace.values if v.name == "h")
    assert answers[1] == trace.explain(h) + "\n"
    assert "It is a parameter" in answers[2] and answers[3].startswith("shift ")
    assert answers[4].startswith("*** nothing is called 'nobody'")


def test_it_edits_and_takes_back(trace):
    answers = talk(
        trace, "n", "p h.grad", "e layer_1.weight[0,0]=2", "p h.grad", "undo", "p h.grad"
    )
    assert re.match(r"layer_1.weight\[0, 0\] = 2: loss 0\.\d+ -> 0\.\d+\n\[1/", answers[3])
    assert answers[4] != answers[2] and answers[6].split("\n")[:-1] == answers[2].split("\n")[:-1]
    assert positions(answers) == [0, 1]


def test_it_finds_births_gradients_nans_and_texts():
    trace = with_nans()
    answers = talk(trace, "nan", "nan", "rnan", "nan", "rnan", "rnan", "rnan", "rnan")
    odd = [
        e.index
        for e in trace.events
        if any(trace.values[n].summary.nans + trace.values[n].summary.infinities
               for n in e.outputs.values())
    ]  # fmt: skip
    assert positions(answers)[:3] == [0, *odd[:2]]
    assert answers[-2].startswith("*** no nan and no infinity before this")
    answers = talk(trace, "/log", "find LOG", "birth root", "grad root", "birth", "/nothing at all")
    logs = [e.index for e in trace.events if "Log" in e.title]
    assert positions(answers)[1] == logs[0]
    assert "Sqrt" in answers[3] and "gradient of root" in answers[4]
    assert answers[-2].startswith("*** nothing speaks of 'nothing at all'")


WRONG = [
    "bla", "n x", "n 0", "n -1", "s 1.5", "n 99999999", "g", "g x", "g -1", "g 100000", "p nobody",
    "p [", "p x[9,9]", "p x[1]", "p x[a,b]", "why 9,9", "why x", "terms 1", "birth nobody",
    "grad nobody", "grad y", "b what", "b norm", "b norm x", "cl 9", "cl x", "e", "e x", "e x=1",
    "e x[0,0]=one", "e h[0,0]=1", "e x[0,0]=1=1", "e =1",
    "c 3", "x h[0,0]", "undo", "/", "find", "/zzz", "nan", "rnan", "h what", "l 0",
    "tree x", "d", "rs", "rn", "rc", "?", "!", "!ls", "%", "-", "\x1b[31m", "é", "p \x1b[2J",
]  # fmt: skip


def test_each_wrong_line_gets_one_line_and_nothing_is_lost(trace):
    answers = talk(trace, *WRONG, "p #0")
    shown = dict(zip(WRONG, answers[1:-2], strict=True))
    for line in WRONG:
        if line == "?":  # Cmd's own word for help
            continue
        assert re.fullmatch(r"\*\*\* [^\n]+\n", shown[line]), line
    assert answers[-2].startswith("shift  (1,)")
    assert positions(answers) == [0]


def test_after_wrong_lines_it_goes_on(trace):
    answers = talk(
        trace, "n", *(line for line in WRONG if line[:2] not in ("d", "rs", "rn", "rc")), "s"
    )
    assert positions(answers) == [0, 1, 2]


def test_no_codes_come_out(trace):
    whole = "".join(talk(trace, "n", "p", "why", "l", "tree", "h", "h b", "\x1b[31mred", "w"))
    assert not set(map(ord, whole)) & (set(range(32)) - {10})
    name = {}
    exec(compile('x = t.ones(2)\ns = "\x1b[31m"; y = x * 2', "\x1b[31mfile.py", "exec"),
         {"t": tinygrad_edu}, name)  # fmt: skip
    with tinygrad_edu.trace.record() as odd:
        exec(compile("y = t.ones(2) * 2", "\x1b[31mfile.py", "exec"), {"t": tinygrad_edu})
    whole = "".join(talk(odd, "l", "w", "n"))
    assert "file.py" in whole and "\x1b" not in whole


def test_what_cannot_be_encoded_does_not_end_it():
    names = {"t": tinygrad_edu}
    with tinygrad_edu.trace.record() as trace:
        exec("é = t.ones(1) * 2; z = é * 3", names)
    stdin = io.TextIOWrapper(io.BytesIO(b"p \xff\np \xc3\xa9\nn\n"), encoding="ascii")
    stdout = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    plain.run(trace, stdin, stdout)
    stdout.seek(0)
    answers = stdout.read().split(plain.Prompt.prompt)
    assert answers[1].startswith("*** nothing is called") and "\\xff" in answers[1]
    assert positions(answers) == [0, 1] and "out: Mul #2 (1,) = 6\n" in answers[3]


@pytest.mark.parametrize("last", ["q", "quit", "exit", "EOF", None])
def test_it_ends(trace, last):
    out = io.StringIO()
    plain.run(trace, io.StringIO("n\n" + (f"{last}\nn\n" if last else "")), out)
    assert positions(out.getvalue().split(plain.Prompt.prompt)) == [0, 1]
    assert out.getvalue().endswith("\n") or last in ("q", "quit", "exit")


def test_help_knows_each_command(trace):
    whole = talk(trace, "h")[1]
    commands = {name[3:] for name in dir(plain.Prompt) if name.startswith("do_")}
    told = set(re.findall(r"[a-z]+|EOF", " ".join(f"{row[0]} {row[1]}" for row in prompt.HELP)))
    assert commands - {"EOF", "exit"} <= told and told <= commands | {"find"}
    for short, *_ in prompt.HELP:
        assert f"  {short}" in whole
    (line,) = talk(trace, "h why")[1].splitlines()
    assert line.split()[0] == "why"


def test_an_interrupt_leaves_the_line_and_goes_on(trace):
    class Impatient(io.StringIO):
        interrupted = False

        def readline(self, *args):
            if not self.interrupted:
                self.interrupted = True
                raise KeyboardInterrupt
            return super().readline(*args)

    out = io.StringIO()
    plain.run(trace, Impatient("n\n"), out)
    assert "--KeyboardInterrupt--" in out.getvalue()
    assert positions(out.getvalue().split(plain.Prompt.prompt)) == [0, 1]


def test_an_empty_trace_is_refused():
    with tinygrad_edu.trace.record() as trace:
        pass
    with pytest.raises(StepError, match="empty"):
        talk(trace)


def step(*words, stdin=""):
    return subprocess.run(
        [sys.executable, "-m", "tinygrad_edu", "step", *map(str, words)],
        input=stdin, capture_output=True, text=True, timeout=120,
    )  # fmt: skip


def test_the_command_prompts(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    done = step("--plain", script, stdin="b op Linear\nc\nwhy\ne weight[0, 0] = 0\nbla\n")
    assert (done.returncode, done.stderr) == (0, "")
    assert "script.py:6" in done.stdout and "out(3, 1) = x(3, 2)" in done.stdout
    assert "weight[0, 0] = 0: loss " in done.stdout and "*** no command 'bla'" in done.stdout


def test_the_command_writes_json(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    done = step("--json", script)
    assert (done.returncode, done.stderr) == (0, "")
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert [e["title"] for e in events if e["kind"] == "forward"] == ["Linear", "Pow", "Mean"]
    assert events[0]["inputs"]["x"]["elements"] == [[1, 1]] * 3


def test_the_command_refuses_an_empty_trace(tmp_path):
    with tinygrad_edu.trace.record() as trace:
        pass
    trace.save(tmp_path / "empty.trace")
    done = step("--plain", "--load", tmp_path / "empty.trace")
    assert done.returncode == 2 and done.stdout == ""
    assert re.fullmatch(r"tinygrad-edu: error: --load: .*empty.trace: nothing ran.*\n", done.stderr)
