"""What Jupyter shows: asked for as Jupyter asks, well-formed, the text as ever, and all inert."""

import subprocess
import sys
import types
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

import tinygrad_edu
from tinygrad_edu import nn
from tinygrad_edu.tracing.notebook import ABOVE, BELOW, heatmap
from tinygrad_edu.tracing.page import render

from .test_tracing import train


class Page(HTMLParser):
    """The elements of a piece of HTML, and its text; each that is opened must be closed."""

    def __init__(self, html):
        super().__init__()
        self.open, self.elements, self.text, self.pre = [], [], "", ""
        self.feed(html)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag != "br":
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data
        if "pre" in self.open:
            self.pre += data

    def all(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]


TENSORS = {
    "vector": lambda: tinygrad_edu.tensor([1.0, -2.0, 0.5]),
    "matrix": lambda: tinygrad_edu.randn(4, 3, requires_grad=True),
    "computed": lambda: tinygrad_edu.ones(2, 2, requires_grad=True) * 2,
    "parameter": lambda: nn.Parameter(tinygrad_edu.ones(2, 2)),
    "half": lambda: tinygrad_edu.ones(2, 2, dtype=tinygrad_edu.float16),
    "bool": lambda: tinygrad_edu.tensor([True, False]),
    "integers": lambda: tinygrad_edu.arange(-3, 4),
    "view": lambda: tinygrad_edu.randn(4, 6)[::2, ::3].t(),
    "nan": lambda: tinygrad_edu.tensor([[tinygrad_edu.nan, tinygrad_edu.inf, 1.0]]),
    "only nan": lambda: tinygrad_edu.full((2,), tinygrad_edu.nan),
    "zeros": lambda: tinygrad_edu.zeros(3, 3),
    "large": lambda: tinygrad_edu.tensor([1e38, -3e38, 1e-38]),
}


@pytest.mark.parametrize("name", TENSORS)
def test_a_tensors_text_is_its_repr_and_each_element_has_a_cell(name):
    tensor = TENSORS[name]()
    page = Page(tensor._repr_html_())
    assert page.pre == repr(tensor)
    frame, *cells = page.all("rect")
    assert frame["fill"] == "none" and len(cells) == tensor.numel()
    assert len(page.all("title")) == tensor.numel() and "evenly spaced" not in page.text


@pytest.mark.parametrize("shape", [(), (0,), (0, 3), (2, 2, 2)])
def test_other_shapes_have_no_picture(shape):
    tensor = tinygrad_edu.ones(shape)
    page = Page(tensor._repr_html_())
    assert page.pre == repr(tensor) and not page.all("svg")


def test_colours_say_sign_and_size():
    page = Page(tinygrad_edu.tensor([4.0, -2.0, 0.0, -tinygrad_edu.inf])._repr_html_())
    cells = page.all("rect")[1:]
    assert [float(cell["fill-opacity"]) for cell in cells] == [1, 0.5, 0, 1]
    assert cells[0]["fill"] != cells[1]["fill"] == cells[3]["fill"]
    assert "[1]: -2.0" in page.text
    nan = Page(tinygrad_edu.tensor([tinygrad_edu.nan, 1.0])._repr_html_())
    assert len(nan.all("path")) == 1 and "[0]: nan" in nan.text


def test_of_a_large_matrix_some_rows_and_columns_are_shown():
    tensor = tinygrad_edu.arange(100 * 50.0).reshape(100, 50)
    page = Page(tensor._repr_html_())
    assert len(page.all("rect")) == 1 + 32 * 32
    assert "32 of 100 rows, 32 of 50 columns, evenly spaced" in page.text
    assert "[0, 0]: 0.0" in page.text and "[99, 49]: 4999.0" in page.text
    assert "32 of 99 numbers, evenly spaced" in Page(tinygrad_edu.ones(99)._repr_html_()).text
    assert len(tensor._repr_html_()) < 200_000


def test_a_module_is_a_tree():
    shared = nn.Linear(3, 3, bias=False)
    shared.weight.requires_grad_(False)
    model = nn.Sequential(nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3)), shared, shared, None)
    model.register_buffer("scale", tinygrad_edu.tensor(2.0))
    page = Page(model._repr_html_())
    assert len(page.all("details")) == 5 and [a for a in page.all("details") if "open" in a]
    for text in (
        "Sequential 24 parameters", "0: Linear(in_features=2, out_features=3, bias=True) 9 param",
        "weight: parameter, 3 x 2, float32", "running_mean: buffer, 3, float32",
        "weight: parameter, 3 x 3, float32, frozen", "2: Linear (the same as above)",
        "scale: buffer, one number, float32", "num_batches_tracked: buffer, one number, int64",
    ):  # fmt: skip
        assert text in page.text, text
    assert "Sequential" in nn.Sequential()._repr_html_()


@pytest.mark.filterwarnings("ignore:Lazy modules are a new feature")
def test_a_lazy_module_has_no_shapes_yet():
    page = Page(nn.LazyLinear(3)._repr_html_())
    assert "weight: parameter, without a shape yet" in page.text


@pytest.mark.filterwarnings("ignore:Lazy modules are a new feature")
@pytest.mark.parametrize("tensor", [
    lambda: nn.LazyLinear(3).weight,
    lambda: nn.LazyBatchNorm1d().running_mean,
])  # fmt: skip
def test_a_lazy_tensor_is_its_text(tensor):
    lazy = tensor()
    page = Page(lazy._repr_html_())
    assert page.pre == repr(lazy) and not page.all("svg")


def test_names_are_inert():
    class Odd(nn.Module):
        def extra_repr(self):
            return "<img src=x>"

    Odd.__name__ = "<b>"
    odd = Odd()
    odd.add_module('"><script>', nn.Linear(1, 1))
    odd.register_parameter("<i>", nn.Parameter(tinygrad_edu.ones(1)))
    page = Page(odd._repr_html_())
    assert {tag for tag, _ in page.elements} <= {"b", "code", "details", "div", "small", "summary"}
    for text in ("<img src=x>", "<b>", '"><script>', "<i>"):
        assert text in page.text


def stand_in(render):
    module = types.ModuleType("tinygrad_edu.tracing.page")
    module.render = render
    return module


def test_a_trace_is_a_page_in_a_frame_that_can_do_nothing_else(monkeypatch):
    _, _, trace = train(steps=1)
    text = '<!doctype html><script>"&amp;</script>'
    name = "tinygrad_edu.tracing.page"
    monkeypatch.setitem(sys.modules, name, stand_in(lambda given: text if given is trace else ""))
    page = Page(trace._repr_html_())
    ((tag, frame),) = page.elements
    assert tag == "iframe" and frame["sandbox"] == "allow-scripts" and frame["srcdoc"] == text
    assert "src" not in frame and frame["title"]


def test_the_frame_has_the_page_of_the_trace():
    _, _, trace = train(steps=1)
    ((_, frame),) = Page(trace._repr_html_()).elements
    assert frame["srcdoc"] == render(trace) and frame["srcdoc"].startswith("<!doctype html>")


def test_where_what_makes_the_page_is_missing_a_trace_is_its_graph(monkeypatch):
    def render(trace):
        raise ModuleNotFoundError("a page needs jinja2: install <it>", name="jinja2")

    _, _, trace = train(steps=1)
    monkeypatch.setitem(sys.modules, "tinygrad_edu.tracing.page", stand_in(render))
    html = trace._repr_html_()
    assert "needs jinja2: install &lt;it&gt;. Its graph:</p>" in html
    assert html.endswith(trace.graph().svg())


def test_an_empty_trace_is_its_text():
    with tinygrad_edu.trace.record() as trace:
        pass
    assert Page(trace._repr_html_()).text == repr(trace)


def test_nothing_of_it_is_imported_by_a_step_and_nothing_of_jupyter_ever():
    code = """
import sys
sys.modules["IPython"] = None
import tinygrad_edu
x = tinygrad_edu.ones(2, requires_grad=True)
model = tinygrad_edu.nn.Linear(2, 1)
model(x).sum().backward(), repr(x), repr(model)
assert not any("tracing" in name for name in sys.modules)
x._repr_html_(), model._repr_html_()
assert "tinygrad_edu.tracing.notebook" in sys.modules
assert tinygrad_edu.Tensor._repr_html_ is vars(tinygrad_edu.Tensor)["_repr_html_"]
print("done")
"""
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True,
        cwd=Path(__file__).parent.parent, timeout=120,
    )  # fmt: skip
    assert result.stdout == "done\n" and result.stderr == ""


def test_it_is_found_as_jupyter_looks_for_it():
    """It first asks for a name that nothing has, to know who answers to any; and asks no class."""
    for item in (tinygrad_edu.ones(2), nn.Linear(2, 1), nn.Sequential(nn.Linear(2, 1))):
        assert not hasattr(item, "_ipython_canary_method_should_not_exist_")
        assert not hasattr(item, "_ipython_display_") and not hasattr(item, "_repr_mimebundle_")
        assert callable(item._repr_html_) and isinstance(item._repr_html_(), str)
        assert type(item)._repr_html_(item) == item._repr_html_()


def test_the_pages_colours_are_the_notebooks():
    css = (Path(tinygrad_edu.__file__).parent / "tracing/page/css/base.css").read_text("utf-8")
    light = css[: css.index("data-theme")]
    assert f"--heat-above: {ABOVE};" in light and f"--heat-below: {BELOW};" in light
    drawn = heatmap(np.array([1.0, -1.0]))
    assert drawn.index(ABOVE) < drawn.index(BELOW)
