"""`captiond overlay`: one session's captions in a small window that stays on top of an agent's desktop.

`link` follows the stream in a thread of its own and leaves the newest `frame`; `runs`, `palette`, `place`, `announce`
and `settings` say what is drawn, how, where, what is said of it and what is kept; `needs` looks whether it can run
here. None of these imports the toolkit. `blocks`, `view`, `head`, `hand`, `keys`, `wayback`, `window`, `desktop` do.
"""
