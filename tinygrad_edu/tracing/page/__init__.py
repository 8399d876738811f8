"""A trace as one page for a browser: `render`.

The page is one file that loads nothing from elsewhere, so that it can be opened from a disk, sent
and kept. What it shows is written into it as JSON (`contents`), with formulas as trees of MathML
(`mathml`), arithmetic that the page can redo for one element (`arithmetic`), Python text cut into
coloured pieces (`highlight`), with the bytes of arrays behind it, and all that compressed
(`packing`). The rest is in ``page.html``, and the styles and scripts that it includes.
"""

from .render import render as render
