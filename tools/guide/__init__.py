"""The pictures of docs/guide.md: scenes are played through the whole appliance and recorded, and the records drawn.

`stage` plays one scene with presses and typed commands; `stories` says which; `recording` keeps what came of it;
`film` and `screen` draw. See `python -m tools.guide --help`.
"""
