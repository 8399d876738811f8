"""The parts of the screen."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text
from textual import events
from textual.message import Message
from textual.widgets import Static

from ..events import Event
from ..stepping.outline import PHASES

#: The character of a phase on the scrubber.
SIGNS = {"zero_grad": "0", "forward": ">", "backward": "<", "update": "u"}
COLOURS = {"zero_grad": "#8b93a1", "forward": "#4fa66a", "backward": "#c0603f", "update": "#9a6fc4"}


class Pane(Static, can_focus=True):
    """Lines of text under a title, which PageUp, PageDown and a mouse's wheel move."""

    class Chosen(Message):
        """A line was clicked."""

        def __init__(self, pane: Pane, line: int) -> None:
            super().__init__()
            self.pane, self.line = pane, line

    class Resized(Message):
        """There is room for more, or for less."""

    def __init__(self, title: str, name: str) -> None:
        super().__init__(id=name)
        self.border_title = self.said = title
        self.lines: list[Text] = []
        self.offset_of_text = 0

    def show(self, lines: Sequence[Text], title: str = "") -> None:
        """Show other lines, from the first on; of those that must not be wrapped what fits."""
        width = max(self.content_size.width, 1)
        self.lines = []
        for line in lines:
            if line.cell_len <= width:
                self.lines.append(line)
            elif line.no_wrap:
                line.truncate(width, overflow="ellipsis")
                self.lines.append(line)
            else:
                self.lines += self._wrapped(line, width)
        self.said = title or self.said
        self.offset_of_text = 0
        self.draw()

    def _wrapped(self, line: Text, width: int) -> list[Text]:
        """A line as several, of which the others begin a little to the right."""
        indent = len(line.plain) - len(line.plain.lstrip()) + 2
        first, *rest = line.wrap(self.app.console, width, no_wrap=False)
        if not rest or indent * 2 > width:
            return [first, *rest]
        left = line[len(first.plain) :]
        left = left[len(left.plain) - len(left.plain.lstrip()) :]
        below = left.wrap(self.app.console, width - indent, no_wrap=False)
        return [first, *(Text(" " * indent) + each for each in below)]

    def draw(self) -> None:
        """Draw the lines that fit."""
        height = max(self.content_size.height, 1)
        last = max(len(self.lines) - height, 0)
        self.offset_of_text = max(0, min(self.offset_of_text, last))
        shown = self.lines[self.offset_of_text : self.offset_of_text + height]
        below = len(self.lines) - self.offset_of_text - height
        more = f"  +{below} lines" if below > 0 else ""
        self.border_title = Text(self.said + more).markup
        self.update(Text("\n", no_wrap=True, overflow="crop").join(shown))

    def move(self, by: int) -> None:
        """Move the text."""
        self.offset_of_text += by
        self.draw()

    def on_resize(self, event: events.Resize) -> None:
        """Another size."""
        self.post_message(self.Resized())

    def key_pagedown(self) -> None:
        """A page on."""
        self.move(max(self.content_size.height - 1, 1))

    def key_pageup(self) -> None:
        """A page back."""
        self.move(-max(self.content_size.height - 1, 1))

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """The wheel."""
        self.move(3)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """The wheel."""
        self.move(-3)

    def on_click(self, event: events.Click) -> None:
        """A line is chosen."""
        place = event.get_content_offset(self)
        if place is not None:
            self.post_message(self.Chosen(self, place.y + self.offset_of_text))


class Scrubber(Static):
    """All events on one line, by their phases; a click goes there."""

    class Moved(Message):
        """Somebody wants to go to an event."""

        def __init__(self, at: int) -> None:
            super().__init__()
            self.at = at

    def __init__(self) -> None:
        super().__init__(id="scrubber")
        self.trace_events: list[Event] = []

    def show(self, trace_events: list[Event], at: int) -> None:
        """Show where `at` is among the events."""
        self.trace_events = trace_events
        width = max(self.content_size.width, 1)
        count = len(trace_events)
        text = Text(no_wrap=True, end="")
        here = at * width // count
        for cell in range(width):
            phase = PHASES[trace_events[cell * count // width].kind]
            style = "bold reverse" if cell == here else COLOURS[phase]
            text.append("#" if cell == here else SIGNS[phase], style)
        self.update(text)

    def on_click(self, event: events.Click) -> None:
        """Go to the event that is there."""
        width = max(self.content_size.width, 1)
        self.post_message(self.Moved(event.x * len(self.trace_events) // width))
