"""Floor 0: words everyone uses. Pure: no I/O, no clock, no chance of its own."""
