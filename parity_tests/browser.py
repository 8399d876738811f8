"""A real browser for the pages that traces make: headless Chromium, through playwright.

A page is opened from a file, with the network off; what it says on the console, what goes wrong in
it, and what it asks for are kept.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@contextmanager
def chromium() -> Iterator[Any]:
    """A browser that runs for a while; a test is skipped where there is none."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="needs playwright")
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        pytest.skip("needs Chromium: apt-get install chromium")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


class Page:
    """A page in the browser, opened from a file.

    Parameters
    ----------
    browser : Browser
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
        self, browser: Any, file: Path, address: str = "", width: int = 1280, height: int = 900,
        scheme: str = "light",
    ) -> None:  # fmt: skip
        self.context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=scheme, offline=True
        )
        self.page = self.context.new_page()
        self.faults: list[str] = []
        self.requests: list[str] = []
        self.page.on("console", lambda said: self.faults.append(said.text))
        self.page.on("pageerror", lambda error: self.faults.append(f"{error}\n{error.stack}"))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(f"{file.as_uri()}{address}")
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
        """What an expression is now, and after each of some presses of a key."""
        found: list[Any] = self.page.evaluate(
            f"""([key, times]) => {{
          const found = [{expression}];
          for (let n = 0; n < times; n++) {{
            document.body.dispatchEvent(new KeyboardEvent("keydown", {{ key, bubbles: true }}));
            found.push({expression});
          }}
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
        self.context.close()


#: All of a page: its elements but for the data and the script, and the pictures in it.
STATE = """[location.hash,
  ...Array.from(document.querySelectorAll("body > :not(script)"), (element) => element.outerHTML),
  ...Array.from(document.querySelectorAll("canvas"), (canvas) => canvas.toDataURL())]"""
#: By how many pixels a page is wider than the window.
WIDER = "document.documentElement.scrollWidth - innerWidth"
