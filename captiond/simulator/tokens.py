"""Access tokens: given out for client credentials, void after a time. Pure but for the chance that makes them."""

import base64
import binascii
import hmac
import secrets
from collections.abc import Callable, Mapping
from typing import Final

MAX_TOKENS: Final = 10_000  # the oldest goes; a client that asks this often is broken


class Tokens:
    """All tokens of one simulator. Times are monotonic seconds."""

    def __init__(
        self,
        *,
        credentials: tuple[str, str] | None,
        expires_in_s: float,
        make: Callable[[], str] = lambda: secrets.token_urlsafe(48),
    ) -> None:
        """`credentials`: the only client id and secret that get a token; None: any that are not empty."""
        self._credentials, self.expires_in_s, self._make = credentials, expires_in_s, make
        self._expiry_s: dict[str, float] = {}

    def knows(self, client_id: str, client_secret: str) -> bool:
        """Whether these credentials get a token."""
        if self._credentials is None:
            return bool(client_id and client_secret)
        wanted_id, wanted_secret = self._credentials
        right_id = hmac.compare_digest(client_id.encode(), wanted_id.encode())
        return hmac.compare_digest(client_secret.encode(), wanted_secret.encode()) and right_id

    def issue(self, now_s: float) -> str:
        """A new token."""
        if len(self._expiry_s) >= MAX_TOKENS:
            del self._expiry_s[next(iter(self._expiry_s))]
        token = self._make()
        self._expiry_s[token] = now_s + self.expires_in_s
        return token

    def valid(self, token: str | None, now_s: float) -> bool:
        """Whether a request with that token may pass."""
        return token is not None and self._expiry_s.get(token, -1.0) > now_s

    def expire_all(self) -> None:
        """Every token given out so far is void."""
        self._expiry_s.clear()


def bearer_of(headers: Mapping[str, str], query: Mapping[str, str]) -> str | None:
    """The token of a request: from `Authorization`, else (for tools that cannot set headers) from the query."""
    scheme, _, token = headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token.strip():
        return token.strip()
    return query.get("access_token") or query.get("token") or None


def credentials_of(headers: Mapping[str, str], form: Mapping[str, str]) -> tuple[str, str] | None:
    """Client id and secret, from HTTP Basic or from the form; None where neither is there and readable."""
    scheme, _, encoded = headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            client_id, colon, secret = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return None
        return (client_id, secret) if colon else None
    if "client_id" in form and "client_secret" in form:
        return form["client_id"], form["client_secret"]
    return None
