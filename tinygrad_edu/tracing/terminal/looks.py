"""Where the parts of the screen stand: beside one another if it is wide, else below."""

#: From so many columns on there is room for three columns of panes.
WIDE = 110

CSS = """
Screen { layout: vertical; }
#status { height: 1; text-style: bold; background: $panel; color: $text; }
#scrubber { height: 1; }
#hints { height: 1; background: $panel; color: $text; }
#body { height: 1fr; }
Pane { border: round #7d8590; border-title-style: bold;
    border-title-color: $text; height: 1fr; width: 1fr; }
Pane:focus { border: round $accent; }
#outline { width: 28%; min-width: 26; max-width: 44; }
#column { width: 1fr; }
#upper { height: 5fr; }
#code { width: 1fr; }
#user { height: 2fr; }
#engine { height: 3fr; }
#why { height: 2fr; }

.narrow Pane { border: none; border-top: solid #7d8590; }
.narrow Pane:focus { border-top: solid $accent; }
.narrow #outline { width: 26; border-right: vkey #7d8590; }
.narrow #upper { layout: vertical; height: 15fr; }
.narrow #code { height: 9fr; width: 100%; }
.narrow #user { height: 3; }
.narrow #engine { height: 1fr; }
.narrow #tensors { height: 7fr; }
.narrow #why { height: 7fr; }

Pane.gone { display: none; }
Pane.zoomed { width: 100% !important; max-width: 100% !important; height: 100% !important; }
.without { display: none; }

Ask, Breakpoints, Help { align: center middle; }
.dialog {
    width: 90%; max-width: 92; height: auto; max-height: 90%;
    border: round $accent; padding: 0 1; background: $surface;
}
.dialog Static { height: auto; }
.hint { color: $text-muted; }
#wrong { color: $error; text-style: bold; }
"""
