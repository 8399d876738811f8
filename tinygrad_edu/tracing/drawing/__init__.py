"""The graph of a trace, drawn: as SVG, by a layout of its own, and as DOT."""
