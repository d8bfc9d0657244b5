"""Floor 1: the live path. Pure: no I/O, no clock, no await. Arrival, continuity, normalise, redact, revise, room."""
