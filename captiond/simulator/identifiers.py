"""What the stand-in accepts by name. Written from the contract (section 3), not from the daemon's own lists."""

import re
from typing import Final
from urllib.parse import urlsplit

SESSION_ID: Final = re.compile(r"[A-Za-z0-9._:-]{1,128}")
LANGUAGES: Final = frozenset({"en-US", "es-ES", "fr-FR", "de-DE"})
CODECS: Final = frozenset({"opus", "g729", "pcmu", "pcma"})
LANGUAGE_TAG: Final = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
TOPIC: Final = "conversation:transcription"


def may_be_called(uri: str) -> bool:
    """Whether an address may be given for callbacks: https, or this machine."""
    parts = urlsplit(uri)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)
