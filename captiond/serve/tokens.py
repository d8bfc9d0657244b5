"""Viewer tokens: JSON Web Tokens with `sessions` and `exp`. Minted here with HS256, or by somebody else (JWKS).

The algorithm is decided by the key that we hold, never by the token: HS256 only with our secret; RS256, ES256 and
EdDSA only with a key of that kind from the JWKS. Claims are checked here against a time that is an argument.
Source: RFC 7519, RFC 8725 (best current practice), contract sections 2 and 4.
"""

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import aiohttp
import jwt
import orjson
from jwt.algorithms import HMACAlgorithm

log = logging.getLogger(__name__)

MAX_TOKEN_CHARS: Final = 4096  # a token with 100 session ids is ~3 kB; the request line ends at 8 kB anyway
ANY_SESSION: Final = "*"
NOT_BEFORE_LEEWAY_S: Final = 60.0  # clocks of two machines differ; `exp` gets no leeway, it is a promise

LAST_TIME_S: Final = 1e12  # the year 33658: what is later is no time but an attack on arithmetic

JWKS_TTL_S: Final = 300.0  # a withdrawn key works at most so long
JWKS_STALE_S: Final = 86_400.0  # a key server that is down locks nobody out for a day
JWKS_RETRY_S: Final = 10.0  # an unknown key id, or a failure, asks again at most so often: no flood through us
JWKS_TIMEOUT_S: Final = 5.0
MAX_JWKS_BYTES: Final = 65_536
ALGORITHM_OF_KEY: Final[dict[tuple[object, object], str]] = {
    ("RSA", None): "RS256",
    ("EC", "P-256"): "ES256",
    ("OKP", "Ed25519"): "EdDSA",
}


@dataclass(frozen=True, slots=True)
class Claims:
    """What a good token allows: `sessions` are ids or "*"; times are seconds since 1970.

    Attributes:
        issued_s: `iat`; None where the token does not say.
    """

    sessions: frozenset[str]
    expires_s: float
    issued_s: float | None = None

    def allow(self, session: str) -> bool:
        """Whether the token opens that session."""
        return ANY_SESSION in self.sessions or session in self.sessions


class BadToken(Exception):
    """The token opens nothing. `expired`: it was good once; another one from the same place will do."""

    def __init__(self, why: str, *, expired: bool = False) -> None:
        self.expired = expired
        super().__init__(why)


class _Hmac(HMACAlgorithm):
    """HS256 with a secret of any length: how long it must be is the configuration's to say, once, at the start."""

    def check_key_length(self, key: bytes) -> str | None:
        return None


def _signatures() -> jwt.PyJWS:
    jws = jwt.PyJWS()
    jws.unregister_algorithm("HS256")
    jws.register_algorithm("HS256", _Hmac(HMACAlgorithm.SHA256))
    return jws


_JWS: Final = _signatures()


def mint(secret: str | bytes, *, sessions: Sequence[str], ttl_s: float, now_s: float) -> tuple[str, float]:
    """A viewer token and the second since 1970 at which it ends.

    Args:
        secret: `[auth].token_secret`.
        sessions: ids, or "*" for all.
        ttl_s: how long it is good for.
        now_s: wall clock.
    """
    expires_s = math.floor(now_s + ttl_s)
    # To the microsecond: whoever revokes and mints anew at once must get a token that counts.
    payload = orjson.dumps({"sessions": list(sessions), "exp": expires_s, "iat": round(now_s, 6)})
    return _JWS.encode(payload, secret, algorithm="HS256", headers={"typ": "JWT"}), float(expires_s)


class Jwks:
    """The keys of somebody who mints tokens for us: fetched when needed, kept for a while, never waited for twice.

    Args:
        fetch: answers the JWKS document; bounded in size and time by whoever makes it (`http_fetch`).
        monotonic_s: the clock for ages.
    """

    def __init__(self, fetch: Callable[[], Awaitable[bytes]], *, monotonic_s: Callable[[], float]) -> None:
        self._fetch, self._monotonic_s = fetch, monotonic_s
        self._keys: list[jwt.PyJWK] = []
        self._fetched_s = self._tried_s = -math.inf
        self._lock = asyncio.Lock()

    async def candidates(self, key_id: str | None, algorithm: str) -> list[jwt.PyJWK]:
        """Keys that may have signed: of that algorithm and, where the token names one, of that id."""
        found = self._matching(key_id, algorithm)
        if not found or self._monotonic_s() - self._fetched_s > JWKS_TTL_S:
            await self._refresh()
            found = self._matching(key_id, algorithm)
        return found

    def _matching(self, key_id: str | None, algorithm: str) -> list[jwt.PyJWK]:
        if self._monotonic_s() - self._fetched_s > JWKS_STALE_S:
            return []
        return [
            key
            for key in self._keys
            if key.algorithm_name == algorithm and (key_id is None or key.key_id is None or key.key_id == key_id)
        ]

    async def _refresh(self) -> None:
        async with self._lock:
            if self._monotonic_s() - self._tried_s < JWKS_RETRY_S:
                return  # somebody else just did, while we waited for the lock or before
            self._tried_s = self._monotonic_s()
            try:
                self._keys = parse_jwks(await self._fetch())
            except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
                log.warning("the key set could not be fetched: %s", type(error).__name__)
            else:
                self._fetched_s = self._monotonic_s()


def parse_jwks(document: bytes) -> list[jwt.PyJWK]:
    """The signature keys of a JWKS that we accept; others (encryption, secrets, unknown curves) are left out.

    Raises:
        ValueError: not a key set.
    """
    try:
        entries = orjson.loads(document)["keys"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        raise ValueError("not a JSON Web Key Set") from None
    if not isinstance(entries, list):
        raise ValueError("not a JSON Web Key Set")
    keys = []
    for entry in entries[:64]:
        if not isinstance(entry, dict) or entry.get("use", "sig") != "sig":
            continue
        try:
            algorithm = ALGORITHM_OF_KEY.get((entry.get("kty"), entry.get("crv")))
            if algorithm is None or entry.get("alg", algorithm) != algorithm:
                continue
            keys.append(jwt.PyJWK(entry, algorithm=algorithm))
        except (jwt.PyJWTError, ValueError, TypeError):
            log.warning("a key of the key set is not usable")
    return keys


def http_fetch(url: str) -> Callable[[], Awaitable[bytes]]:
    """Fetches `url` with bounds: 5 s, 64 KiB, no redirect (it could lead to a host that nobody configured)."""

    async def fetch() -> bytes:
        # A session for each fetch: there is one in five minutes, and none to close when the daemon stops.
        timeout = aiohttp.ClientTimeout(total=JWKS_TIMEOUT_S)
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.get(url, allow_redirects=False) as response,
        ):
            if response.status != 200:
                raise ValueError(f"answered {response.status}")
            document = b""
            async for chunk in response.content.iter_chunked(16_384):
                document += chunk
                if len(document) > MAX_JWKS_BYTES:
                    raise ValueError("too large")
            return document

    return fetch


class Verifier:
    """Decides whether a token is good. `secret` may be empty and `jwks` None: then that kind is refused."""

    def __init__(self, *, secret: str | bytes, jwks: Jwks | None) -> None:
        self._secret, self._jwks = secret, jwks

    async def verify(self, token: str, *, now_s: float) -> Claims:
        """The claims of a good token.

        Raises:
            BadToken: it is not ours, forged, malformed, too long, not valid yet or no longer.
        """
        if len(token) > MAX_TOKEN_CHARS:
            raise BadToken("too long")
        try:
            header = jwt.get_unverified_header(token)
        except (jwt.PyJWTError, ValueError, UnicodeError):
            raise BadToken("malformed") from None
        return _claims(await self._payload(token, header), now_s=now_s)

    async def _payload(self, token: str, header: dict[str, Any]) -> bytes:
        algorithm, key_id = header.get("alg"), header.get("kid")
        if algorithm == "HS256" and self._secret:
            keys: Sequence[Any] = (self._secret,)
        elif self._jwks is not None and algorithm in ALGORITHM_OF_KEY.values():
            keys = await self._jwks.candidates(key_id if isinstance(key_id, str) else None, str(algorithm))
        else:
            raise BadToken("an algorithm that is not accepted")
        for key in keys:
            try:
                return bytes(_JWS.decode(token, key, algorithms=[str(algorithm)]))
            except (jwt.PyJWTError, ValueError, UnicodeError):
                continue
        raise BadToken("no key of ours signed it")


def _claims(payload: bytes, *, now_s: float) -> Claims:
    try:
        claims = orjson.loads(payload)
    except orjson.JSONDecodeError:
        raise BadToken("malformed") from None
    if not isinstance(claims, dict):
        raise BadToken("malformed")
    expires_s, not_before_s = _time(claims.get("exp")), _time(claims.get("nbf", 0))
    if expires_s is None or not_before_s is None:
        raise BadToken("no time of expiry")
    sessions = claims.get("sessions")
    ids = [sessions] if isinstance(sessions, str) else sessions
    if not isinstance(ids, list) or not all(isinstance(one, str) for one in ids):
        raise BadToken("no sessions")
    if not_before_s > now_s + NOT_BEFORE_LEEWAY_S:
        raise BadToken("not valid yet")
    if expires_s <= now_s:
        raise BadToken("expired", expired=True)
    return Claims(sessions=frozenset(ids), expires_s=expires_s, issued_s=_time(claims.get("iat")))


def _time(value: object) -> float | None:
    if not isinstance(value, int | float) or isinstance(value, bool) or not abs(value) < LAST_TIME_S:
        return None
    return float(value)
