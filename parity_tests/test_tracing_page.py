"""The page of a trace, in a real browser: it says what the trace says, and asks for nothing."""

import re
import runpy
import sys

import numpy as np
import pytest

import tinygrad_edu
from tinygrad_edu import nn
from tinygrad_edu.app.step.beside_events import Events
from tinygrad_edu.tracing import load
from tinygrad_edu.tracing.again.what_if import what_if
from tinygrad_edu.tracing.curve import Point
from tinygrad_edu.tracing.page import render
from tinygrad_edu.tracing.stepping.stepper import Stepper

from .browser import STATE, WIDER, Page, chromium
from .line_scripts import Side
from .page_traces import Row, beside_rows, classifier_trace, odd_traces, trained, what_if_rows
from .steps import seeded


@pytest.fixture(scope="module")
def browser():
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    """The page of the course's classifier."""
    path = tmp_path_factory.mktemp("page") / "classifier.html"
    classifier_trace().html(path)
    return path


@pytest.fixture
def opened(browser):
    """Opens pages; none may find fault with anything, or ask for anything but itself."""
    pages = []

    def open_page(file, *args, **options):
        pages.append(Page(browser, file, *args, **options))
        return pages[-1]

    yield open_page
    for page in pages:
        assert page.faults == []
        assert len(page.requests) == 1 and page.requests[0].startswith("file:")
        page.close()


WHY = "document.querySelector('#why').innerText"
USER_CODE = "document.querySelector('#user-code').innerText"


def number(text):
    """A number as the page writes it."""
    return float(text.replace("\N{MINUS SIGN}", "-"))


# The file -----------------------------------------------------------------------------------------


def test_the_classifier_is_small_and_alone(file):
    text = file.read_text()
    assert len(text.encode()) < 400_000
    assert text.count("<script") == 3  # the theme, the trace, the program
    links = set(re.findall(r"(?:https?:)?//[a-z]+\.[a-z0-9.]+", text))
    assert links == {"http://www.w3.org"}  # the names of SVG and MathML


def test_a_trace_without_events_is_refused():
    with tinygrad_edu.trace.record() as trace:
        pass
    with pytest.raises(ValueError, match="no events"):
        render(trace)


@pytest.mark.parametrize("package", ["jinja2", "pygments"])
def test_what_to_install(monkeypatch, package):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ModuleNotFoundError, match=rf'{package}.*"tinygrad_edu\[app\]"'):
        render(classifier_trace())


# Stepping -----------------------------------------------------------------------------------------


def test_forward_and_back_is_the_same_page(opened, file):
    page = opened(file)
    last = len(classifier_trace()) - 1
    states = page.walk("ArrowRight", last, STATE)
    page.press("ArrowRight")  # there is nothing after the last
    assert page.at == last
    back = page.walk("ArrowLeft", last, STATE)
    assert page.at == 0
    for at, (there, again) in enumerate(zip(states, reversed(back), strict=True)):
        assert there == again, f"event {at}"
    assert len({repr(state) for state in states}) == last + 1


def test_the_address_names_the_event(opened, file):
    page = opened(file, "#step=26")
    assert page.at == 26 and "layer_2.weight" in page.text("#sentence")
    page.press("ArrowRight")
    assert page.page.evaluate("location.hash") == "#step=27"
    page.page.evaluate("location.hash = '#step=3&element=5'")
    page.wait(lambda: page.at == 3)
    assert "[0, 5] =" in page.text("#why-element")
    page.page.evaluate("location.hash = '#step=no'")
    page.wait(lambda: page.at == 0)
    assert opened(file, "#step=99999").at == len(classifier_trace()) - 1
    assert opened(file, "#step=4&tab=curves").text("#view-curves h2") == "The recorded step"


def test_a_hook_and_the_lines_of_a_branch(opened, tmp_path):
    x = tinygrad_edu.tensor([1.0, 3.0, 5.0], requires_grad=True)
    with tinygrad_edu.trace.record() as trace:
        y = x.clamp(max=4)
        y.register_hook(lambda grad: grad * 10)
        (y * y).sum().backward()
    trace.html(tmp_path / "hook.html")
    (hook,) = [event.index for event in trace.events if event.kind == "hook"]
    page = opened(tmp_path / "hook.html", f"#step={hook}")
    assert "hook <lambda> puts another gradient of y" in page.text("#sentence")
    assert "10" in page.text("#why") and "grad * 10" in page.page.evaluate(USER_CODE)
    page.page.evaluate(f"location.hash = '#step={trace.ledger(trace.value('y'))[-1].index}'")
    page.wait(lambda: page.at < hook)
    assert "A hook, <lambda>, puts another in its place" in page.text("#why")
    (clamp,) = [e.index for e in trace.events if e.title == "ClampBackward1"]
    page.page.evaluate(f"location.hash = '#step={clamp}'")
    page.wait(lambda: page.at == clamp)
    lit = page.page.locator("#engine-code .lit .text").all_inner_texts()
    assert [line.strip() for line in lit] == [
        "if low is not None:", "if high is not None:", "grad = chosen(x <= high, grad, 0.0)",
        "return grad",
    ]  # fmt: skip


def test_keys(opened, file):
    trace, page = classifier_trace(), opened(file)
    page.press("End")
    assert page.at == len(trace) - 1
    page.press("Home", "l", "l")
    assert page.at == 2
    page.press("h", "n")  # out of layer_1
    assert page.at == 2 and trace.events[2].module == "model.activation_1"
    page.press("g")  # where the gradient of the Relu's result is complete
    (complete,) = trace.ledger(trace.values[trace.events[2].outputs["out"]])
    assert page.at == complete.index
    page.press("b")
    assert page.at == 2
    page.press("x")  # there is neither nan nor infinity
    assert page.at == 2
    page.press("Shift+ArrowRight")
    assert page.at == 3
    page.press("p")
    assert page.at == 2
    page.press("Home", " ")
    assert page.page.locator("#go-play").get_attribute("aria-pressed") == "true"
    page.wait(lambda: page.at > 0)
    page.press(" ")
    assert page.page.locator("#go-play").get_attribute("aria-pressed") == "false"
    page.press("Home", "?")
    assert page.page.locator("#help").is_visible() and "next nan" in page.text("#help")
    page.press("ArrowRight", "Escape")
    assert not page.page.locator("#help").is_visible() and page.at == 0
    background = page.page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.press("t")
    assert background != page.page.evaluate("getComputedStyle(document.body).backgroundColor")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_light_and_dark_as_the_system_until_one_chooses(opened, file, scheme):
    page, other = opened(file, scheme=scheme), {"light": "dark", "dark": "light"}[scheme]

    def colours():
        expression = """[document.documentElement.dataset.theme,
            getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color,
            getComputedStyle(document.querySelector(".badge")).color]"""
        return page.page.evaluate(expression)

    first = colours()
    assert first[0] == scheme
    page.page.emulate_media(color_scheme=other)
    page.wait(lambda: colours()[0] == other)
    second = colours()
    assert all(a != b for a, b in zip(first, second, strict=True))
    page.press("t")
    assert colours() == first
    page.page.emulate_media(color_scheme=scheme)
    page.page.emulate_media(color_scheme=other)
    page.press("ArrowRight")
    assert colours()[:3] == first[:3]  # chosen


class Twice(nn.Module):
    """A layer that is called twice, the second time with what it has returned."""

    def __init__(self):
        super().__init__()
        self.l = nn.Linear(2, 2)

    def forward(self, x):
        return self.l(self.l(x)) * 2


def called_twice():
    model = Twice()
    with tinygrad_edu.trace.record() as trace:
        model(tinygrad_edu.ones(3, 2)).sum().backward()
    return trace


#: Where a key leads from each event. Nothing is laid out meanwhile, as nobody looks; the address is
#: not written; and where one is already, one need not go.
OVER = """([count, key]) => {
  const slider = document.querySelector("#slider");
  const here = () => Number(document.querySelector("#position b").textContent);
  document.body.style.display = "none";
  history.replaceState = () => {};
  const leads = Array(count);
  for (let at = 0; at >= 0; ) {
    if (at !== here()) {
      slider.value = String(at);
      slider.dispatchEvent(new Event("input"));
    }
    document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
    leads[at] = here();
    at = here() in leads ? leads.findIndex((to) => to === undefined) : here();
  }
  return leads;
}"""
OVERS = {
    "twice": called_twice,
    "trained": lambda: trained(steps=2)[1],
    "classifier": classifier_trace,
    **{name: odd_traces()[name] for name in ("several_passes", "in_place", "rnn", "own_function")},
}


@pytest.mark.parametrize("name", OVERS)
def test_over_goes_where_it_does_on_the_terminal(opened, tmp_path, name):
    trace = OVERS[name]()
    trace.html(tmp_path / "over.html")
    page, stepper = opened(tmp_path / "over.html"), Stepper(trace)
    for key, direction in (("n", 1), ("p", -1)):
        wanted = []
        for at in range(len(trace)):
            stepper.at = at
            stepper.over(direction)
            wanted.append(stepper.at)
        assert page.page.evaluate(OVER, [len(trace), key]) == wanted


def test_over_a_layer_that_is_called_twice(opened, tmp_path):
    called_twice().html(tmp_path / "twice.html")
    page = opened(tmp_path / "twice.html")
    page.press("n")
    assert page.at == 1  # the second call
    page.press("n")
    assert page.at == 2  # out of it
    page.press("End", "p")
    first = page.at  # the first event of the backward pass through a call, and not its last
    page.press("n")
    assert page.at > first + 1


def test_the_keyboard_reaches_everything(opened, file):
    page = opened(file, "#step=26")
    seen, outlined = [], []
    for _ in range(40):
        page.press("Tab")
        seen.append(page.page.evaluate("document.activeElement.outerHTML.slice(0, 90)"))
        outlined.append(page.page.evaluate(OUTLINED))
    whole = "\n".join(seen)
    for part in (
        'id="search"', 'id="theme"', 'id="help-button"', 'id="tab-step"', 'class="node', "canvas",
        'class="source"', 'id="go-forward"', 'id="slider"', 'class="jump"', 'class="chip"',
    ):  # fmt: skip
        assert part in whole, part
    assert all(outlined[: seen.index(seen[-1])])


OUTLINED = """(() => {
  const element = document.activeElement;
  const box = element.querySelector(":scope > .box");
  return element === document.body || getComputedStyle(element).outlineStyle !== "none"
    || (box !== null && getComputedStyle(box).strokeWidth === "3.2px");
})()"""


def test_the_graph_by_keyboard(opened, file):
    page = opened(file, "#step=1")
    page.page.locator("#graph .node[tabindex='0']").focus()
    page.press("ArrowDown", "Enter")
    assert page.at == 2
    page.press("Enter")
    assert classifier_trace().events[page.at].title == "ReluBackward0"
    page.press("Enter")
    assert page.at == 2
    page.press("c")
    assert page.page.locator("#graph .node.folded").count() == 1
    page.page.locator("#graph-tools button").first.press("Enter")
    assert page.page.locator("#graph .node.folded").count() == 0


def test_the_graph_can_be_fitted_enlarged_and_widened(opened, file):
    page = opened(file, "#step=3")
    sizes = """(() => { const [g, s] = [document.querySelector('#graph'), document.querySelector(
        '#graph svg')].map(e => e.getBoundingClientRect());
        return [g.width, g.height, s.width, s.height]; })()"""
    width, _, _, natural = page.page.evaluate(sizes)
    page.press("f")
    _, height, across, down = page.page.evaluate(sizes)
    assert down < natural and down <= height and across <= width
    page.press("+")
    assert page.page.evaluate(sizes)[3] == pytest.approx(down * 1.25, rel=0.02)
    page.press("-", "-")
    assert page.page.evaluate(sizes)[3] == pytest.approx(down * 0.8, rel=0.02)
    page.page.locator("#graph-widen").click()
    assert page.page.evaluate(sizes)[0] > 2 * width
    page.page.locator("#graph-fit").click()  # in the pane as it is now
    fitted = page.page.evaluate(sizes)
    assert down < fitted[3] <= fitted[1] and page.page.evaluate(WIDER) <= 0
    page.press("w", "f")
    assert page.page.evaluate(sizes)[::3] == [width, natural]


def test_the_graph_names_what_it_leaves_out(opened, tmp_path):
    w = tinygrad_edu.ones(2, requires_grad=True)
    with tinygrad_edu.trace.record() as trace:
        loss = (w * w).sum()
        loss.detach().exp()
        loss.backward()
    trace.html(tmp_path / "aside.html")
    (exp,) = (event.index for event in trace.events if event.title == "Exp")
    assert f"Exp at {exp}." in opened(tmp_path / "aside.html").text("#legend")


def test_a_long_line_of_code_goes_on_below(opened, file):
    page = opened(file, "#step=3", width=390)
    for pane in page.page.locator(".source").all():
        assert pane.evaluate("e => e.scrollWidth - e.clientWidth") <= 0
    begins = "e => e.getBoundingClientRect().left"
    lines = page.page.locator("#user-code .number").all()
    assert len({line.evaluate(begins) for line in lines}) == 1


def test_a_parameters_gradient_is_born_too(opened, file):
    trace, page = classifier_trace(), opened(file)
    (grad,) = (
        event for event in trace.events
        if event.kind == "grad" and trace.values[event.about].name == "layer_2.weight"
    )  # fmt: skip
    page.page.evaluate(f"location.hash = '#step={grad.index}'")
    page.wait(lambda: page.at == grad.index)
    page.press("b")
    born = trace.values[grad.inputs["grad"]].born
    assert page.at == born < grad.index and trace.events[born].kind == "derivative"


def test_search_finds_what_changes_a_parameter(opened, file):
    trace, page = classifier_trace(), opened(file)
    page.press("/")
    page.page.keyboard.type("layer_2.w")
    found = [int(text) for text in page.page.locator("#found b:first-of-type").all_inner_texts()
             if text.isdecimal()]  # fmt: skip
    changes = [event.index for event in trace.events
               if event.kind == "update" and "p" in event.outputs]  # fmt: skip
    assert changes and {*changes} <= {*found}
    kinds = [trace.events[at].kind for at in found]
    assert "zero_grad" not in kinds[: len(kinds) - 1]


def test_search(opened, file):
    page = opened(file)
    page.press("/")
    page.page.keyboard.type("sigmoid backward")
    assert "SigmoidBackward0" in page.text("#found")
    page.press("Enter")
    assert classifier_trace().events[page.at].title == "SigmoidBackward0"
    page.press("/")
    page.page.keyboard.type("no such thing")
    assert page.text("#found") == "Nothing was found."
    page.press("Escape")
    page.press("/")
    page.page.keyboard.type("17")
    page.press("Enter")
    assert page.at == 17


# Numbers ------------------------------------------------------------------------------------------


def test_each_element_is_the_one_of_the_trace(opened, file):
    trace, page = classifier_trace(), opened(file, "#step=26")
    weight = trace.values[trace.events[26].outputs["d_weight"]].array
    canvas = page.page.locator("#tensors .main canvas")
    canvas.click(position={"x": 3, "y": 3})
    for column in range(16):
        assert np.float32(number(page.text(".equals")[2:])) == weight[0, column]
        page.press("ArrowRight")
    page.press("ArrowDown")
    assert page.at == 26 and "[2, 0]" in page.text("#why-element")
    grad = trace.values[trace.events[26].inputs["grad"]].array
    page.page.locator("#tensors canvas").nth(1).hover(position={"x": 2, "y": 2})
    assert np.float32(number(page.text("#tip").split(" = ")[1])) == grad[0, 0]


def test_the_terms_add_up_to_the_element(opened, file):
    trace, page = classifier_trace(), opened(file, "#step=26")
    event = trace.events[26]
    grad, x = (trace.values[n].array for n in (event.inputs["grad"], event.saved["x"]))
    found = re.search(r"\[(\d+), (\d+)\] = (\S+)", page.text("#why-element"))
    row, column = int(found[1]), int(found[2])
    products = grad[:, row].astype(np.float64) * x[:, column]
    rows = page.page.locator(".terms tbody tr").all_inner_texts()
    assert len(rows) == 14 and rows[-1].split() == ["sum", found[3]]
    for text, k in zip(rows[:12], np.argsort(-np.abs(products)), strict=False):
        term, _, product, *_ = text.split("\t")
        assert term.split(" · ") == [f"grad[{k}, {row}]", f"x[{k}, {column}]"]
        assert number(product) == pytest.approx(products[k], rel=1e-3)


def test_what_zero_grad_forgets_is_counted(opened, tmp_path):
    _, trace = trained(steps=2)
    trace.html(tmp_path / "net.html")
    first, second = (e for e in trace.events if e.kind == "zero_grad")
    page = opened(tmp_path / "net.html", f"#step={first.index}")
    assert "has no gradients to forget yet" in page.text("#sentence")
    page = opened(tmp_path / "net.html", f"#step={second.index}")
    assert f"forgets the gradients of {len(second.inputs)} parameters" in page.text("#sentence")


def test_each_derivative_and_each_op_is_explained(opened, file):
    page, events = opened(file), classifier_trace().events
    texts = page.walk("ArrowRight", len(events) - 1, WHY)
    for event, text in zip(events, texts, strict=True):
        assert "does not hold the terms" not in text
        if event.kind in ("derivative", "forward") and event.title != "BinaryCrossEntropy":
            assert "With numbers" in text, event.title
        if event.kind == "update" and event.title == "Adam":
            lines = ("move_average(", "move_square", "divisor +=", "np.multiply(", "bucket.p +=")
            assert ("With numbers" in text) or not event.formula.startswith(lines)


def test_the_ledger_says_what_is_awaited(opened, tmp_path):
    _, trace = trained(steps=1)
    trace.html(tmp_path / "net.html")
    first, second = trace.ledger(trace.value("h"))
    page = opened(tmp_path / "net.html", f"#step={first.index}")
    assert page.page.locator(".ledger .state").all_inner_texts() == ["arrived", "awaited"]
    page.press(*["ArrowRight"] * (second.index - first.index))
    assert page.page.locator(".ledger .state").all_inner_texts() == ["arrived", "arrived"]
    norm = trace.values[second.outputs["after"]].summary.norm
    total = page.text(".total")
    assert total.startswith("The gradient is complete")
    assert number(total.split()[-1].rstrip(".")) == pytest.approx(norm, rel=1e-3)
    (summed,) = (e for e in trace.events if e.kind == "broadcast")
    page.page.evaluate(f"location.hash = '#step={summed.index}'")
    page.wait(lambda: "summed over axis 0" in page.text("#why-body"))
    assert "The 5 terms" in page.text("#why-body")


def test_the_ledger_of_a_pass_that_computes(opened, tmp_path):
    x = tinygrad_edu.tensor([1.0, 1.0], requires_grad=True)
    with tinygrad_edu.trace.record() as trace:
        y = x * x * x
        y.sum().backward(create_graph=True)  # forward calls stand between the contributions
    trace.html(tmp_path / "pass.html")
    first, *_, last = trace.ledger(trace.value("x"))
    assert first.details["n"] == 3
    page = opened(tmp_path / "pass.html", f"#step={first.index}")
    assert page.page.locator(".ledger .state").all_inner_texts() == ["arrived", *["awaited"] * 2]
    assert "2 more are awaited" in page.text("#sentence")
    assert page.text(".total") == "The sum so far: norm 1.414."
    page.press(*["ArrowRight"] * (last.index - first.index))
    assert page.page.locator(".ledger .state").all_inner_texts() == ["arrived"] * 3
    assert page.text(".total") == "The gradient is complete: norm 4.243."


@pytest.mark.parametrize(
    ("given", "formula", "sentence"),
    [
        (None, "∂ y / ∂ y = 1", "begins at y: its gradient with respect to itself."),
        (5.0, "the gradient given", "begins at y with the gradient that it was given."),
        ([1.0, 1.0], "the gradient given", "begins at y with the gradient that it was given."),
    ],
)
def test_what_a_backward_pass_begins_with(opened, tmp_path, given, formula, sentence):
    x = tinygrad_edu.ones(len(given) if isinstance(given, list) else (), requires_grad=True)
    with tinygrad_edu.trace.record() as trace:
        y = x * 3
        y.backward(None if given is None else tinygrad_edu.tensor(given))
    trace.html(tmp_path / "seed.html")
    (seed,) = (event for event in trace.events if event.kind == "seed")
    page = opened(tmp_path / "seed.html", f"#step={seed.index}")
    assert page.text("#why-body .words") == formula
    assert sentence in page.text("#sentence")


def test_the_lit_span_is_the_expression(opened, file):
    page = opened(file, "#step=3")
    assert page.text("#user-code mark") == "self.layer_2(x)"
    assert "np.dot(x, weight.T)" in page.text("#engine-code .lit")


def test_a_cell_of_a_notebook_has_no_name(opened, tmp_path):
    code = "x = lib.ones(2)\nwith lib.trace.record() as trace:\n    y = x * 2\n"
    names = {"lib": tinygrad_edu}
    exec(compile(code, "/tmp/ipykernel_12/34567.py", "exec"), names)
    names["trace"].html(tmp_path / "cell.html")
    page = opened(tmp_path / "cell.html")
    assert page.text("h1") == "Backprop of a cell, step by step" == page.page.title()
    assert page.text("#user-code .where") == "<module> a cell:3"


def test_a_trace_from_a_file(opened, tmp_path):
    x = tinygrad_edu.tensor([3.0, 1.0, 2.0], requires_grad=True)
    with tinygrad_edu.trace.record() as trace:
        x.sort().values.sum().backward()
    (at,) = (e.index for e in trace.events if e.title == "SortBackward0")
    trace.save(tmp_path / "step.trace")
    trace = load(tmp_path / "step.trace")
    trace.curve = [(step, 1 / (step + 1), {"w": float(step)}) for step in range(200)]
    trace.html(tmp_path / "loaded.html", title="<b>a file</b>")
    page = opened(tmp_path / "loaded.html", f"#step={at}")
    assert page.page.title() == "Backprop of <b>a file</b>, step by step"
    why = "This trace comes from a file, which holds the numbers and not the calls."
    assert why in page.text("#why")
    for view in ("#view-what-if", "#view-beside"):
        assert why in page.page.locator(view).text_content()
    page.press("2")
    assert "The larger dots" in page.text("#view-curves")
    assert page.page.locator("#view-curves svg.chart path").count() == 2


def test_what_is_too_large_is_summarised(opened, tmp_path):
    trace = odd_traces()["forward_only"]()
    trace.html(tmp_path / "large.html")
    page = opened(tmp_path / "large.html", "#step=1")
    assert "--largest 1000 keeps them" in page.text("#tensors")
    assert "1 to 1000" in page.text("#tensors")


# Tabs ---------------------------------------------------------------------------------------------


def test_tabs_say_how_to_get_what_they_lack(opened, file):
    page = opened(file)
    page.press("2")
    assert "--steps" in page.text("#view-curves") and "layer_1.weight" in page.text("#view-curves")
    page.press("3")
    assert "made without them" in page.text("#view-what-if")
    words, imported, called = page.page.locator("#view-what-if code").all_inner_texts()
    again = file.with_name("again.html")
    exec(f"{imported}\n{called}", {"trace": classifier_trace(), "FILE": again})
    assert "zero_grad forgotten" in opened(again, "#tab=what-if").text("#view-what-if")
    page.press("4")
    assert "Where torch is installed" in page.text("#view-beside")
    assert words == page.text("#view-beside code") == "tinygrad-edu step --html FILE SCRIPT"
    page.press("ArrowRight")
    assert page.page.locator("#view-step").is_visible() and page.at == 1


def test_what_if_says_why_there_is_none(opened, tmp_path):
    w = tinygrad_edu.ones(2, requires_grad=True)
    with tinygrad_edu.trace.record() as trace:
        tinygrad_edu.autograd.grad((w * w).sum(), w)
    with pytest.raises(RuntimeError) as raised:
        what_if(trace)
    trace.html(tmp_path / "none.html", str(raised.value))
    text = opened(tmp_path / "none.html", "#tab=what-if").text("#view-what-if")
    assert "the trace has no backward pass that adds to gradients." in text
    assert "tinygrad-edu" not in text  # the very command that has made the page


def test_a_gradient_that_is_rounding_is_not_far_from_pytorchs(opened, tmp_path):
    _, trace = trained(steps=1)
    trace.curve = [Point(0, 1.0, {"w": 2.0, "b": 1e-9})]
    side = beside_rows()._replace(curve=[Point(0, 1.0, {"w": 2.0, "b": 3e-9})])
    trace.html(tmp_path / "small.html", None, side)
    text = opened(tmp_path / "small.html", "#tab=curves").text("#view-curves")
    assert re.search(r"the loss is the same, .* at most 1e.9 \(as a part of the largest\)", text)


def test_tabs_with_what_was_found(opened, tmp_path):
    _, trace = trained(steps=3)
    found = what_if_rows()
    trace.html(tmp_path / "full.html", found, beside_rows())
    page = opened(tmp_path / "full.html", "#tab=curves")
    assert page.page.locator("#view-curves svg.chart").count() == 2
    assert page.text("#view-curves .key") == "loss loss in PyTorch"
    said = (
        "the loss differs by at most 0.0099 (relative), and the norm of each gradient is the same."
    )
    assert said in page.text("#view-curves")
    page.page.locator("#tab-curves").press("ArrowRight")
    text = page.text("#view-what-if")
    assert all(item.title in text for item in found)
    assert page.page.locator("#view-what-if tbody tr").count() == sum(len(i.rows) for i in found)
    page.page.locator("#view-what-if summary").press("Enter")
    assert "<b>pass</b>" in page.text("#view-what-if details")
    page.press("4")
    beside = page.text("#view-beside")
    assert "0.75 eps apart. A note." in " ".join(beside.split()) and "MmBackward0" in beside
    page.page.locator("#view-beside .jump").nth(1).click()
    assert page.at == 2


ALL_SEEN = """(view) => {
  const cells = [...document.querySelectorAll(`${view} :is(td, th)`)].filter((c) => c.innerText);
  const right = (node) => node.getBoundingClientRect().right;
  return [cells.length, Math.max(...cells.map((c) => right(c) - right(c.closest(".wide"))))];
}"""


@pytest.mark.parametrize("width", [1280, 1090, 390])
def test_tables_are_seen_whole(opened, tmp_path, width):
    side, trace = beside_rows(), classifier_trace()
    name, node = (
        "encoder.layers.0.self_attn.in_proj_bias",
        "ScaledDotProductFlashAttentionBackward0",
    )
    remark = "[7, 1, 3, 2] is -1.2042172 in tinygrad_edu, -1.2033745 in PyTorch"
    side.rows.append(Row(5, "accumulate", node, node, name, 1e-8, 12345.6, False, remark))
    trace.html(tmp_path / "full.html", what_if_rows(), side)
    page = opened(tmp_path / "full.html", width=width)
    for tab, view, least in (("3", "#view-what-if", 12), ("4", "#view-beside", 20)):
        page.press(tab)
        cells, over = page.page.evaluate(ALL_SEEN, view)
        assert cells >= least and over <= 1
    assert "0.5" in page.page.locator("#view-what-if tbody tr").first.text_content()
    rows = page.page.locator("#view-beside tbody tr")
    text = " ".join(rows.nth(3).inner_text().split())
    assert all(part in text for part in ("ledger", name, node, remark)) and "the same" not in text
    assert "backward begins" in rows.nth(2).inner_text()


def test_a_row_beside_pytorch_names_what_the_first_tab_names(opened, file):
    trace = classifier_trace()
    labels, page = Events(trace), opened(file)
    found = set()
    for event in trace.events:
        if event.kind in ("derivative", "accumulate", "broadcast") and event.about is not None:
            name = labels.label(trace.values[event.about])
            page.page.evaluate(f"location.hash = '#step={event.index}'")
            assert name in page.text("#sentence")
            found.add(name)
    assert {"layer_1\N{RIGHT SINGLE QUOTATION MARK}s result", "layer_1.weight"} <= found


# Looks --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [1280, 400])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_wider_than_the_window(opened, file, width, scheme):
    page = opened(file, width=width, scheme=scheme)
    wider = page.walk("ArrowRight", len(classifier_trace()) - 1, WIDER)
    assert max(wider) <= 0, f"event {wider.index(max(wider))}"
    for tab in "234":
        page.press(tab)
        assert page.page.evaluate(WIDER) <= 0


def test_all_panes_are_seen_in_the_frame_of_a_notebook(opened, file):
    page = opened(file, width=1000, height=800)
    above = page.page.locator(".scrubber").bounding_box()["y"]
    for seen in (
        "#graph .node >> nth=0",
        "#user-code mark",
        "#tensors canvas >> nth=0",
        "#why-body",
    ):
        box = page.page.locator(seen).bounding_box()
        assert 0 <= box["y"] < above - 20, seen
    mark, pane = (page.page.locator(each).bounding_box() for each in
                  ("#user-code mark", "#user-code .source"))  # fmt: skip
    assert mark["y"] + mark["height"] <= pane["y"] + pane["height"] + 2


# Programs of all kinds ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", odd_traces())
def test_odd_traces_are_shown(opened, tmp_path, name):
    trace = odd_traces()[name]()
    trace.html(tmp_path / "odd.html")
    page = opened(tmp_path / "odd.html", width=400 if len(name) % 2 else 1280)
    shown = page.walk("ArrowRight", len(trace) - 1, f"[{WIDER}, {WHY}]")
    assert page.at == len(trace) - 1 and max(wider for wider, _ in shown) <= 0
    if name == "too_large":
        assert any("The 200 terms" in why for _, why in shown)
        assert any("has kept only a summary" in why for _, why in shown)
        return
    lacking = [at for at, (_, why) in enumerate(shown) if "does not hold the terms" in why]
    assert lacking == [], [trace.events[at].formula for at in lacking]
    if "nan" in name:
        page.press("Home", "x")
        event = trace.events[page.at]
        summaries = [trace.values[n].summary for n in event.outputs.values()]
        assert any(s.nans or s.infinities for s in summaries)
        assert any(word in page.text("#tensors") for word in (" nan", " infinite", "inf"))


@pytest.mark.parametrize("number", range(6))
def test_random_programs_are_shown(opened, tmp_path, number):
    side = Side(tinygrad_edu)
    with tinygrad_edu.trace.record() as trace:
        for line in seeded(number):
            side.run(line)
    trace.html(tmp_path / "random.html")
    page = opened(tmp_path / "random.html")
    whys = page.walk("ArrowRight", len(trace) - 1, WHY)
    assert page.at == len(trace) - 1
    assert not any("does not hold the terms" in why for why in whys)


def test_a_long_trace_stays_usable(opened, tmp_path):
    with tinygrad_edu.trace.record() as trace:
        x = tinygrad_edu.ones(3, requires_grad=True)
        y = x
        for _ in range(1000):
            y = y * 1.001
        y.sum().backward()
    trace.html(tmp_path / "long.html")
    page = opened(tmp_path / "long.html", "#step=900")
    assert page.page.locator("#graph .node").count() < 150 and "not drawn" in page.text("#legend")
    page.press("ArrowRight", "End")
    assert page.at == len(trace) - 1


HOSTILE = """
import tinygrad_edu as torch
bad = "</script><script>window.pwned = 1</script><!-- <img src=x onerror=window.pwned=1>"
model = torch.nn.Sequential()
model.add_module("<img src=x onerror='pwned = 1'>", torch.nn.Linear(2, 2))
model(torch.ones(1, 2)); "</script><script>window.pwned = 1</script>"; "<!--<script>"
model.zero_grad(); "&lt;/script&gt; \\u2028 {{ 1 / 0 }} ${1}"
"""


def test_text_cannot_become_markup(opened, tmp_path):
    (tmp_path / "<img src=x onerror=window.pwned=1>.py").write_text(HOSTILE)
    with tinygrad_edu.trace.record() as trace:
        runpy.run_path(str(tmp_path / "<img src=x onerror=window.pwned=1>.py"))
    trace.html(tmp_path / "hostile.html")
    page = opened(tmp_path / "hostile.html")
    texts = page.walk("ArrowRight", len(trace) - 1, USER_CODE)
    assert all("</script><script>window.pwned = 1</script>" in text for text in texts)
    page.press("/")
    page.page.keyboard.type("linear")
    assert page.page.evaluate("window.pwned === undefined && !document.querySelector('img')")
    assert page.page.locator("script").count() == 3


def test_the_policy_forbids_what_the_page_does_not_need(browser, file):
    page = Page(browser, file)
    page.page.evaluate(
        """() => { const image = new Image(); image.src = "https://example.org/x.png";
        document.body.append(image);
        const script = document.createElement("script"); script.textContent = "window.pwned = 1";
        document.body.append(script); }"""
    )
    page.page.wait_for_timeout(50)
    assert page.page.evaluate("window.pwned === undefined")
    assert len(page.faults) == 2 and all("Content Security Policy" in f for f in page.faults)
    page.close()


def test_a_module_of_ones_own_is_folded(opened, tmp_path):
    tinygrad_edu.manual_seed(0)
    model = nn.Sequential(*(nn.Sequential(nn.Linear(3, 3), nn.ReLU()) for _ in range(40)))
    with tinygrad_edu.trace.record() as trace:
        model(tinygrad_edu.ones(2, 3)).sum().backward()
    trace.html(tmp_path / "deep.html")
    page = opened(tmp_path / "deep.html")
    assert page.page.locator("#graph .node.folded").count() == 40


def at_event(trace, page, kind, title, formula=""):
    """Go to the first event of this kind, and read what is said of it."""
    event = next(
        e for e in trace.events
        if e.kind == kind and e.title == title and formula in e.details.get("expression", formula)
    )  # fmt: skip
    page.page.evaluate(f"location.hash = '#step={event.index}'")
    page.wait(lambda: page.at == event.index)
    return " ".join(page.text("#why").split())


def test_formulas_with_numbers_are_those_that_one_reads(opened, tmp_path):
    trace = classifier_trace()
    trace.html(tmp_path / "step.html")
    page = opened(tmp_path / "step.html", "#step=0")
    loss = at_event(trace, page, "forward", "BinaryCrossEntropy")
    assert "the largest of 32" in loss and "And all of them" in loss and "/ 32 =" in loss
    assert "The 5 largest terms; ⋯ are 27 smaller ones." in loss
    assert "click another element" not in loss  # there is no other
    slope = at_event(trace, page, "derivative", "BinaryCrossEntropyBackward0")
    numbers = slope.partition("With numbers")[2]
    assert numbers and "⊙" not in numbers.partition("The ledger")[0]
    assert "≠ 0 ]" in at_event(trace, page, "derivative", "ReluBackward0")
    begun = at_event(trace, page, "update", "Adam", "t, m, v <- 0")
    assert "t , m , v ← 0" in begun and "[" in begun
    counted = at_event(trace, page, "update", "Adam", "t <- t + 1")
    assert "Why of step of layer_1.weight = 1" in counted
    moved = at_event(trace, page, "update", "Adam", "m <- ")
    assert "With numbers, for layer_1.weight[" in moved and "element [" not in moved
    assert "⊙" not in moved.partition("With numbers")[2]
    rooted = at_event(trace, page, "update", "Adam", "divisor <- sqrt(v)")
    assert "otherwise" not in rooted and "With numbers" in rooted


def test_a_recurrent_layer_has_formulas(opened, tmp_path):
    layer = nn.RNN(3, 2)
    with tinygrad_edu.trace.record() as trace:
        layer(tinygrad_edu.ones(4, 1, 3))[0].sum().backward()
    trace.html(tmp_path / "rnn.html")
    page = opened(tmp_path / "rnn.html", "#step=0")
    said = at_event(trace, page, "derivative", "StackBackward0")
    assert "walked back from the last step to the first" in said
    assert "passes the gradient on to weight_ih_l0" in " ".join(page.text("#sentence").split())
