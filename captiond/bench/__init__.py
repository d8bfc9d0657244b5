"""The project's own benchmarks: `captiond bench ...`, so that anyone can repeat a claim."""
