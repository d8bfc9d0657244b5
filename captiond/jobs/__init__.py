"""Floor 3: the REST workflows. Beside the live path, never on it; they know neither rooms nor viewers."""
