"""captiond: live captions from Genesys Cloud, private and complete. Start reading at docs/design.md."""

__version__ = "0.1.0"
