"""Makes the picture in README: the page of a training step, at the gradient of a weight.

    python -m parity_tests.screenshot FILE.png [--dark]

It needs playwright and Chromium.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from .browser import Page, chromium
from .page_traces import classifier_trace


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--dark", action="store_true")
    options = parser.parse_args()
    trace = classifier_trace()
    event = next(
        e
        for e in trace.events
        if e.kind == "derivative"
        and e.about is not None
        and trace.values[e.about].name == "layer_2.weight"
    )
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        file = Path(folder) / "step.html"
        trace.html(file, title="the course's classifier")
        scheme = "dark" if options.dark else "light"
        page = Page(browser, file, f"#step={event.index}", 1280, 1060, scheme)
        page.page.screenshot(path=str(options.file))
        page.close()


if __name__ == "__main__":
    main()
