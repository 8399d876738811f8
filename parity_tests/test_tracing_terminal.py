"""The full screen, driven by keys: what it shows is the trace's, and it comes back to the same."""

import argparse
import asyncio
import math
import sys
import types

import numpy as np
import pytest
import textual._wait
import textual.screen

import tinygrad_edu
from tinygrad_edu.app.errors import InputError
from tinygrad_edu.app.step import command
from tinygrad_edu.tracing import terminal
from tinygrad_edu.tracing.stepping.names import StepError
from tinygrad_edu.tracing.stepping.stepper import Stepper
from tinygrad_edu.tracing.terminal.app import StepperApp
from tinygrad_edu.tracing.terminal.dialogs import Ask, Breakpoints, Help
from tinygrad_edu.tracing.terminal.keys import KEYS

from .stepped import two_steps, with_nans

LARGE = (160, 50)
SIZES = [(80, 24), LARGE]


@pytest.fixture(scope="module")
def trace():
    return two_steps()


@pytest.fixture(autouse=True)
def soon(monkeypatch):
    """Textual draws four times as often, and the pilot looks as often whether all is done."""
    for module, name in (
        (textual.screen, "UPDATE_PERIOD"),
        (textual._wait, "SLEEP_GRANULARITY"),
        (textual._wait, "SLEEP_IDLE"),
    ):
        monkeypatch.setattr(module, name, getattr(module, name) / 4)


def driven(trace, play, size=(120, 36)):
    """Run the screen of `trace` without a terminal while ``play(app, pilot)`` types."""

    async def run():
        app = StepperApp(trace)
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            await play(app, pilot)
            return app

    return asyncio.run(run())


def rows_of(app):
    """The screen, as lines of text."""
    width, height = app.size
    lines = app.screen._compositor.render_strips(app.size)
    texts = ["".join(segment.text for segment in strip) for strip in lines]
    assert len(texts) == height and {len(text) for text in texts} == {width}
    return texts


def shown(app):
    """The same as one text."""
    return "\n".join(rows_of(app))


async def typed(pilot, text):
    """Type a text, and Enter."""
    names = {
        " ": "space", "_": "underscore", ".": "full_stop", ",": "comma", "=": "equals_sign",
        "-": "minus", "[": "left_square_bracket", "]": "right_square_bracket",
    }  # fmt: skip
    await pilot.press(*(names.get(c, c) for c in text), "enter")
    await pilot.pause()


@pytest.mark.parametrize("size", SIZES)
def test_n_forward_and_n_back_restore_the_screen(trace, size):
    async def play(app, pilot):
        screens = [shown(app)]
        for _ in range(15):
            await pilot.press("right")
            screens.append(shown(app))
        assert app.stepper.at == 15 and len(set(screens)) == 16
        for before in reversed(screens[:-1]):
            await pilot.press("left")
            assert shown(app) == before
        ops = []
        for _ in range(8):
            await pilot.press("down")
            ops.append((app.stepper.at, shown(app)))
        for at, before in reversed(ops[:-1]):
            await pilot.press("up")
            assert (app.stepper.at, shown(app)) == (at, before)

    driven(trace, play, size)


@pytest.mark.parametrize("size", SIZES)
def test_what_is_shown_is_the_trace(trace, size):
    async def play(app, pilot):
        for event in trace.events[:40]:
            app.stepper.go(event.index)
            app.draw()
            await pilot.pause()
            text = shown(app)
            assert f"[{event.index}/{len(trace) - 1}] step 0" in text
            if event.place is not None:
                source = trace.sources[event.place.file].splitlines()[event.place.line - 1]
                assert source.strip()[:25] in text
            if event.kind in ("forward", "derivative"):
                value = trace.values[next(iter(event.outputs.values()))]
                assert f"{value.shape} {value.dtype}" in text
                first = value.array.ravel()[0]
                largest = value.array.ravel()[np.abs(value.array).argmax()]
                fixed = np.abs(value.array).max() >= 1e-2
                assert (f"{first:.4f}" if fixed else f"{first:.2e}") in text
                assert f"{largest.item():.6g}" in text  # in the reasons

    driven(trace, play, size)


def test_keys_do_what_the_stepper_does(trace):
    async def play(app, pilot):
        twin = Stepper(trace)
        keys = {
            "l": lambda: twin.step(), "down": lambda: twin.next(), "n": lambda: twin.over(),
            "r": lambda: twin.out(), "p": lambda: twin.over(-1), "up": lambda: twin.next(-1),
            "h": lambda: twin.step(-1), "shift+right": lambda: twin.over(),
            "end": lambda: twin.go(twin.last), "u": twin.up,
            "home": lambda: twin.go(0), "d": twin.down, "v": lambda: twin.choose(1),
            "V": lambda: twin.choose(-1), "right_square_bracket": lambda: twin.move_element(1),
            "left_square_bracket": lambda: twin.move_element(-1),
            "b": lambda: twin.birth(twin.asked("")), "g": lambda: twin.gradient(twin.asked("")),
        }  # fmt: skip
        brackets = ["right_square_bracket"] * 3 + ["left_square_bracket"]
        for key in [
            *"nnllnrvvVgbununddhp",
            "down",
            "down",
            "up",
            *brackets,
            "shift+right",
            "end",
            "home",
            "n",
            "g",
        ]:
            await pilot.press(key)
            keys[key]()
            assert (app.stepper.at, app.stepper.level) == (twin.at, twin.level), key
            assert (app.stepper.chosen, app.stepper.index()) == (twin.chosen, twin.index()), key

    driven(trace, play)


def test_the_chosen_element_is_explained(trace):
    event = next(e for e in trace.events if e.title == "Linear")
    out = trace.values[event.outputs["out"]].array

    async def play(app, pilot):
        app.stepper.go(event.index)
        await pilot.press("i")
        assert isinstance(app.screen, Ask)
        await typed(pilot, "9,9")
        assert "index [9, 9] is outside of (5, 4)" in shown(app)
        await pilot.press("backspace", "backspace", "backspace")
        await typed(pilot, "3,1")
        assert f"out[3, 1] = {out[3, 1].item():.6g}" in shown(app)
        await pilot.press("right_square_bracket")
        assert f"out[3, 2] = {out[3, 2].item():.6g}" in shown(app)

    driven(trace, play)


def test_breakpoints_are_set_in_a_dialog_and_stop(trace):
    sigmoids = [e.index for e in trace.events if e.title == "Sigmoid"]

    async def play(app, pilot):
        await pilot.press("k")
        assert isinstance(app.screen, Breakpoints) and "none yet" in shown(app)
        await typed(pilot, "op Nothing")
        await typed(pilot, "op Sigmoid")
        assert "1: op Nothing, which nothing in this trace meets" in shown(app)
        assert "2: op Sigmoid" in shown(app)
        await typed(pilot, "-1")
        assert [str(each) for each in app.stepper.breaks] == ["op Sigmoid"]
        await typed(pilot, "wrong")
        assert "no breakpoint 'wrong'" in shown(app)
        await pilot.press("escape")
        await pilot.press("c")
        assert app.stepper.at == sigmoids[0] and "breakpoint: op Sigmoid" in shown(app)
        await pilot.press("c")
        assert app.stepper.at == sigmoids[1]
        await pilot.press("c")
        assert app.stepper.at == app.stepper.last
        await pilot.press("c")
        assert "this is the end: no breakpoint on the way" in shown(app)
        app.stepper.add_break("op Nothing")
        await pilot.press("c")
        assert "never met in this trace: op Nothing" in shown(app)
        await pilot.press("C")
        assert app.stepper.at == sigmoids[1]

    driven(trace, play)


@pytest.mark.parametrize("size", SIZES)
def test_an_edit_runs_again_and_is_taken_back(size):
    def change(model, x):
        model.layer_1.weight.array[2, 1] = 0.75

    expected = two_steps(edit=change)
    trace = two_steps()

    async def play(app, pilot):
        await pilot.press("down")
        before = shown(app)
        await pilot.press("e")
        assert "layer_1.weight" in shown(app)
        await typed(pilot, "nobody=1")
        assert "nothing is called 'nobody'" in shown(app)
        await pilot.press(*["backspace"] * 8)
        await typed(pilot, "layer_1.weight[2,1]=0.75")
        assert not isinstance(app.screen, Ask)
        losses = f"loss {trace.losses()[-1]:.6g} -> {expected.losses()[-1]:.6g}"
        assert losses in shown(app) and "(1 edited)" in shown(app)
        for mine, theirs in zip(app.stepper.trace.events, expected.events, strict=True):
            for name, number in mine.outputs.items():
                array = expected.values[theirs.outputs[name]].array
                assert np.array_equal(app.stepper.trace.values[number].array, array)
        assert app.stepper.at == 1
        await pilot.press("U")
        assert app.stepper.trace is trace
        await pilot.press("right", "left")
        assert shown(app) == before
        await pilot.press("U")
        assert "nothing has been edited" in shown(app)

    driven(trace, play, size)


def test_search_and_nans():
    trace = with_nans()
    odd = [
        e.index
        for e in trace.events
        if any(not math.isfinite(item) for n in e.outputs.values()
               for item in trace.values[n].array.ravel().tolist())
    ]  # fmt: skip

    async def play(app, pilot):
        for at in odd:
            await pilot.press("x")
            assert app.stepper.at == at
        await pilot.press("x")
        assert "no nan and no infinity from here on" in shown(app)
        for at in odd[-2::-1]:
            await pilot.press("X")
            assert app.stepper.at == at
        await pilot.press("slash")
        await typed(pilot, "zzz")
        assert "nothing speaks of 'zzz'" in shown(app)
        await pilot.press(*["backspace"] * 3)
        await typed(pilot, "sqrt")
        found = app.stepper.at
        assert "Sqrt" in app.stepper.event.title
        await pilot.press("f")
        assert app.stepper.at != found and "Sqrt" in app.stepper.described(app.stepper.at)

    driven(trace, play)


@pytest.mark.parametrize("size", SIZES)
def test_each_pane_fills_the_screen_and_goes_back(trace, size):
    async def play(app, pilot):
        await pilot.press("down")
        for name, words in (
            ("outline", "layer_2"), ("user", "def forward"), ("engine", "np.dot"),
            ("tensors", "layer_1.weight"), ("why", "of weight is one neuron"),
        ):  # fmt: skip
            before = shown(app)
            assert app.focused.id == name
            await pilot.press("z")
            await pilot.pause()
            pane = app.pane(name)
            assert pane.size.width > app.size.width - 4 and pane.size.height > app.size.height - 6
            assert words in shown(app)
            await pilot.press("z")
            await pilot.pause()
            assert shown(app) == before
            await pilot.press("tab")
        assert app.focused.id == "outline"
        await pilot.press("shift+tab")
        assert app.focused.id == "why"

    driven(trace, play, size)


def test_pages_of_a_pane_show_all_of_it(trace):
    async def play(app, pilot):
        await pilot.press("down", "tab", "tab", "tab")
        assert app.focused.id == "tensors"
        pane = app.pane("tensors")
        seen, whole = set(), [line.plain.rstrip() for line in pane.lines]
        for _ in range(len(whole)):
            first = pane.offset_of_text
            seen |= set(range(first, first + pane.content_size.height))
            await pilot.press("pagedown")
        assert seen >= set(range(len(whole)))
        for _ in range(len(whole)):
            await pilot.press("pageup")
        assert pane.offset_of_text == 0

    driven(trace, play, (80, 24))


def test_it_plays_until_the_end_and_pauses(trace):
    async def play(app, pilot):
        await pilot.press("space")
        assert app.timer is not None and "(playing)" in shown(app)
        app.play_on()
        app.play_on()
        assert app.stepper.at >= 2
        await pilot.press("space")
        assert app.timer is None
        await pilot.press("end", "space")
        app.play_on()
        assert app.timer is None and app.stepper.at == app.stepper.last

    driven(trace, play)


def test_clicks_go_where_they_point(trace):
    async def play(app, pilot):
        await pilot.press("down")
        target = next(n for n, at in enumerate(app.rows) if at > 3)
        wanted = app.rows[target]
        await pilot.click("#outline", offset=(6, 1 + target))
        assert app.stepper.at == wanted
        await pilot.click("#scrubber", offset=(app.size.width - 1, 0))
        assert app.stepper.at >= app.stepper.last - 1
        await pilot.click("#scrubber", offset=(0, 0))
        assert app.stepper.at == 0

    driven(trace, play)


def test_the_help_has_all_keys_and_ends(trace):
    async def play(app, pilot):
        await pilot.press("question_mark")
        assert isinstance(app.screen, Help)
        for key in KEYS:
            assert key.text[:40] in shown(app)
        await pilot.press("escape")
        assert not isinstance(app.screen, Help)
        await pilot.press("q")

    driven(trace, play, LARGE)


def test_light_and_dark(trace):
    async def play(app, pilot):
        before = shown(app)
        dark = app.export_screenshot()
        await pilot.press("t")
        assert shown(app) == before and app.export_screenshot() != dark
        await pilot.press("t")
        assert shown(app) == before

    driven(trace, play)


def colours(app):
    """The colours of the screen."""
    strips = app.screen._compositor.render_strips(app.size)
    for line_filter in app._filters:
        if line_filter.enabled:
            strips = [strip.apply_filter(line_filter, app.screen.background_colors[1])
                      for strip in strips]  # fmt: skip
    styles = [segment.style for strip in strips for segment in strip if segment.style]
    return {style.color for style in styles} | {style.bgcolor for style in styles}


@pytest.mark.parametrize("value", ["1", ""])
def test_without_colours_the_same_is_said(trace, monkeypatch, value):
    async def play(app, pilot):
        await pilot.press("down", "down")
        found.append((shown(app), colours(app)))

    found = []
    driven(trace, play)
    monkeypatch.setenv("NO_COLOR", value)
    driven(trace, play)
    assert found[0][0] == found[1][0]
    assert len(found[0][1]) > 10
    if value:
        assert {c for c in found[1][1] if c is not None and not c.is_default} == set()
    else:  # an empty one asks for nothing
        assert len(found[1][1]) > 10


def test_a_smaller_screen_is_drawn_anew(trace):
    async def play(app, pilot):
        await pilot.press("down")
        wide = shown(app)
        await pilot.resize_terminal(80, 24)
        await pilot.pause()
        narrow = shown(app)
        assert "Linear" in narrow and narrow != wide
        await pilot.resize_terminal(160, 50)
        await pilot.pause()
        assert shown(app) == wide
        await pilot.resize_terminal(20, 6)  # nothing can be read, and nothing falls over
        await pilot.press("right", "left", "question_mark", "escape", "k", "escape")
        await pilot.resize_terminal(160, 50)
        await pilot.pause()
        assert shown(app) == wide

    driven(trace, play, LARGE)


def test_text_of_the_user_is_inert():
    names = {"t": tinygrad_edu}
    with tinygrad_edu.trace.record() as trace:
        source = "y = t.ones(2) * 2  # [red]not red[/red] \x1b[31m [/]"
        exec(compile(source, "[bold]odd.py", "exec"), names)
    trace.sources["[bold]odd.py"] = source

    async def play(app, pilot):
        assert "[red]not red[/red]  [31m [/]" in shown(app)
        assert "[bold]odd.py" in shown(app) and "\x1b" not in shown(app)

    driven(trace, play, LARGE)


def test_an_empty_trace_is_refused():
    with tinygrad_edu.trace.record() as trace:
        pass
    with pytest.raises(StepError, match="empty"):
        StepperApp(trace)


def test_what_is_missing_is_named(trace, monkeypatch):
    monkeypatch.setitem(sys.modules, "textual", None)
    for module in ("app", "panes", "dialogs"):
        monkeypatch.delitem(sys.modules, f"{terminal.__name__}.{module}", False)
    with pytest.raises(ModuleNotFoundError, match=r"pip install \"tinygrad_edu\[app\]\""):
        terminal.run(trace)


def test_the_command_says_what_is_missing_too(trace, monkeypatch):
    monkeypatch.setitem(sys.modules, "textual", None)
    monkeypatch.setattr(sys, "stdin", types.SimpleNamespace(isatty=lambda: True))
    monkeypatch.setattr(sys, "stdout", types.SimpleNamespace(isatty=lambda: True))
    with pytest.raises(InputError, match="step without --plain needs textual"):
        command.show(argparse.Namespace(plain=False), trace)
