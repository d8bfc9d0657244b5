"""`captiond watch`: one session's captions in a terminal. `follow` connects, `show` writes, `pace` counts."""
