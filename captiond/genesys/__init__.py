"""Floor 2: upstream. The only place that knows Genesys' names."""
