"""Whether a callback is from who may call back: HMAC over the body, a shared secret, or the address we gave out. Pure.

| what the request carries | it is good when |
|---|---|
| a signature header | it is the HMAC-SHA256 of the body, or of `timestamp.body` where a timestamp came, in hex |
| `Authorization: Bearer`, or a secret's header | it is the secret itself |
| none of them, but `key` in the query | it is what we put into the address of that job's callback |

Each that is there must be good. Source: issue 6, 3; workflows.md, section 5.
"""

import hmac
import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Final

SIGNATURE_HEADERS: Final = ("x-captiond-signature", "x-hub-signature-256", "x-signature-256", "x-signature")
TIMESTAMP_HEADERS: Final = ("x-captiond-timestamp", "x-timestamp", "x-signature-timestamp")
SECRET_HEADERS: Final = ("x-captiond-secret", "x-webhook-secret")
TOLERANCE_S: Final = 300.0  # between the sender's clock and ours; an older signed request is a replay

_HEX: Final = re.compile(r"(?:sha256=)?([0-9a-fA-F]{64})", re.ASCII)
_SECONDS: Final = re.compile(r"\d{9,11}", re.ASCII)


def sign(secret: str, body: bytes, *, timestamp: str | None = None) -> str:
    """The value of a signature header."""
    signed = body if timestamp is None else timestamp.encode() + b"." + body
    return "sha256=" + hmac.new(secret.encode(), signed, sha256).hexdigest()


def address_key(secret: str, *, kind: str, job: str) -> str:
    """What makes the address of one job's callback unguessable; "" without a secret."""
    return hmac.new(secret.encode(), f"callback:{kind}:{job}".encode(), sha256).hexdigest() if secret else ""


def is_genuine(
    secret: str, *, kind: str, headers: Mapping[str, str], query: Mapping[str, str], body: bytes, now_s: float
) -> bool:
    """Whether a callback may be believed. `headers` by names in any case; `now_s`: wall clock."""
    if not secret:
        return False
    given = {name.lower(): value.strip() for name, value in headers.items()}
    proofs: list[bool] = []
    stamps = [given[name] for name in TIMESTAMP_HEADERS if name in given]
    fresh = all(_SECONDS.fullmatch(stamp) and abs(now_s - int(stamp)) <= TOLERANCE_S for stamp in stamps)
    for name in SIGNATURE_HEADERS:
        if name in given:
            wanted = [sign(secret, body, timestamp=stamp) for stamp in stamps] or [sign(secret, body)]
            proofs.append(fresh and any(_same(given[name], one) for one in wanted))
    scheme, _, bearer = given.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        proofs.append(_equal(bearer.strip(), secret))
    proofs += [_equal(given[name], secret) for name in SECRET_HEADERS if name in given]
    if not proofs and "key" in query:
        proofs.append(_equal(query["key"], address_key(secret, kind=kind, job=query.get("job", ""))))
    return bool(proofs) and all(proofs)


def _same(given: str, wanted: str) -> bool:
    found = _HEX.fullmatch(given)
    return found is not None and _equal(found[1].lower(), wanted.removeprefix("sha256="))


def _equal(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode("utf-8", "surrogateescape"), other.encode())
