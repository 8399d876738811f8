"""The calculus: each op's forward with its derivatives under it.

`arithmetic`, `unary`, `activation` and `choice` work element by element; `reduce` makes one number
of many; `linalg` multiplies matrices; `conv`, `pool` and `adaptive_pool` slide windows over images,
`pad` puts something around them; `shape`, `join` and `index` move elements about; `loss`
measures how wrong a prediction is.
"""
