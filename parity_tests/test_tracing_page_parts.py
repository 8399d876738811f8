"""What the page of a trace is made of, without a browser: formulas, arithmetic, text, arrays."""

import ast
import base64
import json
import re
import zlib

import numpy as np
import pytest

from tinygrad_edu.tracing.curve import Point
from tinygrad_edu.tracing.page import formula
from tinygrad_edu.tracing.page.arithmetic import arithmetic
from tinygrad_edu.tracing.page.contents import contents
from tinygrad_edu.tracing.page.highlight import around, pieces, running
from tinygrad_edu.tracing.page.mathml import math
from tinygrad_edu.tracing.page.packing import Packed, largest_shown, squeezed
from tinygrad_edu.tracing.page.render import HERE, SCRIPTS
from tinygrad_edu.tracing.strict_json import finite

from .page_traces import classifier_trace, odd_traces


def parsed(text):
    return ast.parse(text, mode="eval").body


def flat(piece):
    """A piece of MathML in one line: what stands above, below or beside, in braces."""
    if isinstance(piece, str):
        return piece.replace("\N{NO-BREAK SPACE}", " ")
    tag, _, *children = piece
    parts = [flat(child) for child in children]
    if tag in ("msup", "munder", "mfrac"):
        return f"{parts[0]}{ {'msup': '^', 'munder': '_', 'mfrac': '/'}[tag] }{{{parts[1]}}}"
    return "".join(parts) if tag != "mtr" else "".join(parts) + ";"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("grad.T @ x", "grad^{T}⋅x"),
        ("grad * (1 - out) * out", "grad⊙(1\N{MINUS SIGN}out)⊙out"),
        ("2 * x", "2⋅x"),
        ("a - (b - c)", "a\N{MINUS SIGN}(b\N{MINUS SIGN}c)"),
        ("(a - b) - c", "a\N{MINUS SIGN}b\N{MINUS SIGN}c"),
        ("a * (b * c)", "a⊙(b⊙c)"),
        ("-x ** 2", "\N{MINUS SIGN}x^{2}"),
        ("(-x) ** 2", "(\N{MINUS SIGN}x)^{2}"),
        ("(a + b) / c", "a+b/{c}"),
        ("np.exp(-x)", "e^{\N{MINUS SIGN}x}"),
        ("np.sqrt(v)", "v"),
        ("np.square(a + b)", "(a+b)^{2}"),
        ("np.log(x)", "ln(x)"),
        ("grad.sum(0)", "∑_{axis 0}grad"),
        ("grad.sum((0, 2))", "∑_{axes 0, 2}grad"),
        ("np.sum(a + b, axis=1)", "∑_{axis 1}(a+b)"),
        ("np.where(x > 0, grad, 0)", "{grad if x>0;0 otherwise;"),
        ("chosen(x > 0, grad, 0)", "{grad if x>0;0 otherwise;"),
        ("a if b <= c else d", "{a if b≤c;d otherwise;"),
        ("x[i, j]", "x[i,j]"),
        ("x[:, 1]", "x[:, 1]"),
        ("f(x, axis=1)", "f(x,axis=1)"),
        ("bucket.p", "p"),
        ("group['lr'] * g", "lr⊙g"),
        ("a << b", "a≪b"),
        ("~mask & other", "¬mask∧other"),
        ("lambda x: x", "lambda x: x"),
    ],
)  # fmt: skip
def test_mathml(text, shown):
    assert flat(math(parsed(text))) == shown


def test_names_can_be_dressed():
    assert math(parsed("x")) == ["mi", {"data-name": "x", "mathvariant": "normal"}, "x"]


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("grad.T @ x", ["@", ["T", ["name", "grad"]], ["name", "x"]]),
        ("1 - s", ["-", ["number", 1.0], ["name", "s"]]),
        ("-e", ["-", ["number", np.e]]),
        ("s(1 - s)", ["*", ["name", "s"], ["-", ["number", 1.0], ["name", "s"]]]),
        ("g.sum((0, 1), keepdims=True)", ["sum", ["name", "g"], [0, 1], True]),
        ("np.sum(g)", ["sum", ["name", "g"], None, False]),
        ("np.where(x > 0, g, 0)",
         ["where", [">", ["name", "x"], ["number", 0.0]], ["name", "g"], ["number", 0.0]]),
        ("chosen(x > 0, g, 0)",
         ["where", [">", ["name", "x"], ["number", 0.0]], ["name", "g"], ["number", 0.0]]),
        ("max(x, 0)", ["max", ["name", "x"], ["number", 0.0]]),
        ("group['eps']", ["name", "eps"]),
        ("bucket.p", ["name", "p"]),
        ("each(slope, reduction)", None),
        ("g.sum(axis=n)", None),
        ("g.sum(0, dtype=None)", None),
        ("a if b else c", None),
        ("x[0]", None),
        ("1e999", None),
        ("np.exp(x, out=y)", None),
    ],
)  # fmt: skip
def test_arithmetic(text, made):
    assert arithmetic(parsed(text)) == made


def shown(found):
    target = None if found.target is None else ast.unparse(found.target)
    return target, ast.unparse(found.value)


def test_statements():
    assert shown(formula.of_statement("scratch /= divisor")) == ("scratch", "scratch / divisor")
    assert shown(formula.of_statement("t = 1 + n")) == ("t", "1 + n")
    assert shown(formula.of_statement("np.sqrt(v, out=d)")) == ("d", "np.sqrt(v)")
    assert shown(formula.of_statement("move(m, g)")) == (None, "move(m, g)")
    assert formula.of_statement("if x:") is None
    moved = formula.of_statement("move_average(m, g, 1 - b1, scratch)", "optim/adam.py")
    assert shown(moved) == ("m", "m + (1 - b1) * (g - m)")
    squared = formula.of_statement("move_square_average(s['v'], g, b, t)", "optim/adam.py")
    assert shown(squared) == ("s['v']", "b * s['v'] + (1 - b) * g ** 2")
    assert shown(formula.of_statement("begin(bucket, 'm')", "optim/adam.py"))[0] is None
    assert formula.of_statement("return") is None


def test_sentences():
    read = formula.of_sentence("x @ weight.T + bias: each row of weight is one neuron.")
    assert shown(read) == (None, "x @ weight.T + bias")
    assert shown(formula.of_sentence("1 / (1 + e^-x), with derivative s (1 - s).")) == (
        None, "1 / (1 + e ** (-x))",
    )  # fmt: skip
    read = formula.of_sentence("-t ln x - (1 - t) ln(1 - x) for a probability x and a target t.")
    assert shown(read) == (None, "-t * ln(x) - (1 - t) * ln(1 - x)")
    assert shown(formula.of_sentence("x^3 / 3; see there.")) == (None, "x ** 3 / 3")
    assert formula.of_sentence("x / 6 + 1/2 from -3 to 3, 0 below and 1 above.") is None
    assert formula.of_sentence("-1, 0 or 1, and 0 for nan.") is None
    assert formula.of_sentence("A view with other axes.") is None
    assert formula.of_sentence("a b of x - y; no formula.") is None
    assert formula.of_sentence("") is None


def test_what_names_stand_for():
    code = '''
@staticmethod
def d_x(grad, x):
    """Not this."""
    error = x - 1
    double = 2 * error
    return grad * double
'''
    read = formula.of_derivative("grad * double", code)
    assert [name for name, _ in read.where] == ["error", "double"]
    assert ast.unparse(formula.inlined(read)) == "grad * (2 * (x - 1))"
    assert formula.of_derivative("grad", code.replace("double =", "error =")).where == []
    assert formula.of_derivative("grad", "def f(x):\n    if x: pass\n    return x").where == []
    assert formula.of_derivative("as the function says", "") is None


def test_coloured_text_is_the_text():
    text = 'def f(x):\n    """One\n    two."""\n    return x + 1.5  # why\n'
    lines = pieces(text)
    assert "\n".join("".join(part for _, part in line) for line in lines) == text
    assert ["k", "def"] in lines[0] and ["f", "f"] in lines[0] and ["c", "# why"] in lines[3]
    assert lines[1][-1][0] == lines[2][-1][0] == "s"
    assert running(text, 11) == (14, 14)
    assert running("x = 1\ny = 2\n", 5) == (5, 6)


def test_lines_around():
    text = "\n".join(f"x{n}" for n in range(1, 101))
    assert [*around(text, {50}, margin=2)] == [48, 49, 50, 51, 52]
    assert [*around(text, {1, 100}, margin=1)] == [1, 2, 99, 100]
    assert around("", {3}) == {}


@pytest.mark.parametrize(
    ("dtype", "form"),
    [("float32", "f4"), ("float16", "f4"), ("float64", "f8"), ("int64", "i8"), ("int16", "i4"),
     ("bool", "u1"), ("uint8", "u1")],
)  # fmt: skip
def test_arrays_keep_every_bit(dtype, form):
    array = np.array([[0, 1], [0, 0]]).astype(dtype)
    packed = Packed()
    assert packed.add(array) == packed.add(array.copy()) == 0
    assert packed.add(array[:, ::-1]) == 1
    kind = {"f4": "<f4", "f8": "<f8", "i8": "<i8", "i4": "<i4", "u1": "u1"}[form]
    data, blob = unsqueezed(squeezed({"arrays": packed.all}, packed.bytes()))
    for (found, offset, count), made in zip(data["arrays"], (array, array[:, ::-1]), strict=True):
        assert (found, offset % 8) == (form, 0)
        assert np.frombuffer(blob, kind, count, offset).tolist() == made.ravel().tolist()


def test_numbers_that_json_lacks():
    assert finite([1.5, float("nan"), -float("inf"), 2]) == [1.5, "nan", "-inf", 2]
    details = {"a": (np.float32(2), True, None, np.int64(1)), 3: {"b": np.float32("inf")}}
    assert finite(details) == {"a": [2.0, True, None, 1], "3": {"b": "inf"}}
    assert finite({"c": object, "d": Point(1, float("nan"), {"w": 2.0})}) == {
        "c": str(object), "d": {"step": 1, "loss": "nan", "norms": {"w": 2.0}},
    }  # fmt: skip


def unsqueezed(text):
    """The JSON and the bytes that the page holds, which begin at a multiple of 8."""
    whole = zlib.decompress(base64.b64decode(text))
    end = whole.index(b"\n") + 1
    assert end % 8 == 0
    return json.loads(whole[:end]), whole[end:]


@pytest.mark.parametrize("length", range(9))
def test_data_cannot_end_a_script(length):
    data = {"</script>": "<!-- & \u2028 \n ]]>" + length * "x"}
    text = squeezed(data, b"\n\0bytes")
    assert re.fullmatch(r"[A-Za-z0-9+/=]+", text)
    assert unsqueezed(text) == (data, b"\n\0bytes")


def test_nan_is_no_json():
    with pytest.raises(ValueError, match="JSON"):
        squeezed({"x": float("nan")}, b"")


def test_scripts_make_no_markup_of_text():
    files = [*(HERE / "js").glob("*.js")]
    assert {file.stem for file in files} == {"theme", *SCRIPTS}
    texts = [file.read_text() for file in files]
    for word in (
        "innerHTML",
        "outerHTML",
        "insertAdjacent",
        "document.write",
        "eval(",
        "Function(",
    ):
        assert not any(word in text for text in texts), word


def test_no_script_takes_the_name_of_anothers_function():
    names = [
        name
        for file in (HERE / "js").glob("*.js")
        for name in re.findall(r"^(?:function|const|let) (\w+)", file.read_text(), re.MULTILINE)
    ]
    assert len(names) > 200 and len(names) == len({*names})


def test_each_derivative_has_its_terms():
    trace = classifier_trace()
    data, _ = contents(trace)
    for event in trace.events:
        made = data["formulas"][data["events"][event.index]["formula"]].get("arithmetic")
        assert (event.index in data["terms"]) == (event.kind == "derivative" and made is None)
    for index, rows in data["terms"].items():
        event = trace.events[index]
        (out,) = (trace.values[n].array.ravel() for n in event.outputs.values())
        assert rows[0][0] == np.abs(out).argmax()
        for element, terms, others, rest in rows:
            grads = {n: trace.values[event.inputs[n]].array.ravel() for n, *_ in terms}
            total = rest + sum(grads[name][at] * number for name, at, number in terms)
            assert total == pytest.approx(out[element], rel=1e-5, abs=1e-12) and others == 0


def test_many_terms_are_summed_up():
    trace = odd_traces()["convolution"]()
    rows = [row for rows in contents(trace)[0]["terms"].values() for row in rows]
    assert any(others and len(terms) == 40 for _, terms, others, _ in rows)


def test_large_values_are_left_out(monkeypatch):
    trace = classifier_trace()
    sizes = sorted(value.size for value in trace.values)
    assert largest_shown(trace.values) == sizes[-1] == 512
    assert largest_shown(trace.values, sum(sizes) - 1) == 511
    assert largest_shown(trace.values, 0) == 0
    monkeypatch.setattr("tinygrad_edu.tracing.page.contents.largest_shown", lambda values: 100)
    for value, item in zip(trace.values, contents(trace)[0]["values"], strict=True):
        assert (item["array"] is None) == (value.size > 100)
