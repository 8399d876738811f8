"""A real browser for the pages that traces make: headless Chromium, through playwright.

A page is opened from a file, with the network off; what it says on the console, what goes wrong in
it, and what it asks for are kept. A tab costs more to open than a page in it does, so that the tabs
of pages that are closed are used again.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

#: The first is without windows, and the quickest.
NAMES = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
)


@contextmanager
def chromium() -> Iterator[Tabs]:
    """A browser that runs for a while; a test is skipped where there is none."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="needs playwright")
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        pytest.skip("needs Chromium: apt-get install chromium-headless-shell")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield Tabs(browser.new_context(offline=True))
        browser.close()


class Tabs:
    """The tabs of a browser: those that are free are given out again.

    Parameters
    ----------
    context : playwright's context
    """

    def __init__(self, context: Any) -> None:
        self.context = context
        self.free: list[Any] = []
        self.given = 0

    def take(self) -> Any:
        """A tab to open a page in, of the size and theme that the last one had in it."""
        self.given += 1
        return self.free.pop() if self.free else self.context.new_page()

    def give_back(self, tab: Any) -> None:
        """The page in it is closed. Nothing it has stored is left to the next."""
        tab.evaluate("localStorage.clear(), sessionStorage.clear()")
        tab.mouse.move(0, 0)
        self.free.append(tab)


class Page:
    """A page in the browser, opened from a file.

    Parameters
    ----------
    tabs : Tabs
    file : path
    address : str
        What follows the file's name, as ``#step=3``.
    width, height : int
    scheme : {"light", "dark"}

    Attributes
    ----------
    page : playwright's page
    faults : list of str
        What the console said, and what was thrown.
    requests : list of str
        What was asked for.
    """

    def __init__(
        self, tabs: Tabs, file: Path, address: str = "", width: int = 1280, height: int = 900,
        scheme: str = "light",
    ) -> None:  # fmt: skip
        self.tabs, self.page = tabs, tabs.take()
        self.faults: list[str] = []
        self.requests: list[str] = []
        self.listeners: dict[str, Callable[[Any], None]] = {
            "console": lambda said: self.faults.append(said.text),
            "pageerror": lambda error: self.faults.append(f"{error}\n{error.stack}"),
            "request": lambda request: self.requests.append(request.url),
        }
        for event, listener in self.listeners.items():
            self.page.on(event, listener)
        self.page.set_viewport_size({"width": width, "height": height})
        self.page.emulate_media(color_scheme=scheme)
        # By its number, a file that is open already is loaded once more.
        self.page.goto(f"{file.as_uri()}?{tabs.given}{address}")
        self.page.wait_for_selector("html[data-drawn]")

    def press(self, *keys: str) -> None:
        """Press keys, one after the other."""
        for key in keys:
            self.page.keyboard.press(key)

    def text(self, selector: str) -> str:
        """The text of the first element that a selector finds, on one line."""
        return " ".join(str(self.page.locator(selector).first.inner_text()).split())

    @property
    def at(self) -> int:
        """The number of the event that is shown."""
        return int(self.text("#position b"))

    def walk(self, key: str, times: int, expression: str) -> list[Any]:
        """What an expression is now, and after each of some presses of a key. The address, which
        takes longer to write than the page to draw, is written only if the expression names it."""
        still = "" if "location" in expression else "history.replaceState = () => {};"
        found: list[Any] = self.page.evaluate(
            f"""([key, times]) => {{
          {still}
          const found = [{expression}];
          for (let n = 0; n < times; n++) {{
            document.body.dispatchEvent(new KeyboardEvent("keydown", {{ key, bubbles: true }}));
            found.push({expression});
          }}
          delete history.replaceState;  // the browser's own is again what it is
          return found;
        }}""",
            [key, times],
        )
        return found

    def wait(self, condition: Callable[[], bool]) -> None:
        """Until something is so."""
        for _ in range(200):
            if condition():
                return
            self.page.wait_for_timeout(20)
        raise AssertionError("it has not come about in 4 seconds")

    def close(self) -> None:
        """Give the tab back."""
        for event, listener in self.listeners.items():
            self.page.remove_listener(event, listener)
        self.tabs.give_back(self.page)


#: All of a page: its elements but for the data and the script, and the pictures in it.
STATE = """[location.hash,
  ...Array.from(document.querySelectorAll("body > :not(script)"), (element) => element.outerHTML),
  ...Array.from(document.querySelectorAll("canvas"), (canvas) => canvas.toDataURL())]"""
#: By how many pixels a page is wider than the window.
WIDER = "document.documentElement.scrollWidth - innerWidth"
