"""Several processes, one node: the head owns the sessions, relays serve viewers beside it. See docs/design.md."""
