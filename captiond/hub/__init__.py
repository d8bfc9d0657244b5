"""Floor 2: rooms and viewers of this process. Knows neither Genesys nor HTTP."""
