"""Floor 2: what outlives the process. SQL only here, and only redacted text."""
