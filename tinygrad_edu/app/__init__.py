"""The command line (`cli`), and a room for each of its larger commands: `training`, `scripts`,
`compare`.

Nothing here is part of the engine.
"""
