"""Who may do what: hosts we answer to, origins of browsers, API keys, viewers. Decisions only; no session is looked up.

Without API keys the control API is open to this machine alone: the peer is loopback, it asks for a loopback name (a
page that rebinds its DNS name to 127.0.0.1 does not), and no proxy stands between (its forwarding header would be
there). The same rule opens the viewers where neither keys nor tokens are configured, so that `captiond demo` and a
first try need no set-up, while nothing is ever open to a network. Source: contract, sections 2, 4 and 5.
"""

import functools
import hashlib
import hmac
import ipaddress
import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import urlsplit

from aiohttp import web

from captiond.base.observe import Clock
from captiond.serve.problems import Problem
from captiond.serve.revocations import Revocations
from captiond.serve.tokens import BadToken, Claims, Jwks, Verifier, http_fetch, mint

# How proxies and tunnels say for whom they ask, each in its own words; none of them speaks for this machine.
FORWARDING: Final = re.compile(
    r"forwarded|x-(original-)?forwarded.*|via|x-real-ip|.*-client-ip|cf-connecting-ip|x-envoy-external-address"
)
DEFAULT_PORTS: Final = {"http": 80, "https": 443, "ws": 80, "wss": 443}
CHALLENGE: Final = {"WWW-Authenticate": "Bearer"}


@dataclass(frozen=True, slots=True)
class Rules:
    """The configuration's `[auth]` and `server.trusted_hosts`, as this floor needs them.

    Attributes:
        api_keys: plain, or "sha256:<hex>" of one.
        tokens: whether viewer tokens are configured (`token_secret` or `jwks_url`).
        allowed_origins: exact origins ("https://example.org"), or "*"; the page's own origin needs no entry.
        public_sessions: viewers need no token.
        trusted_hosts: `Host` names answered besides loopback ones; without port.
    """

    api_keys: tuple[str, ...] = ()
    tokens: bool = False
    allowed_origins: tuple[str, ...] = ()
    public_sessions: bool = False
    trusted_hosts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Caller:
    """The facts of one request that decisions are made from."""

    peer: str
    local: str
    host: str
    origin: str | None
    forwarded: bool
    bearer: str | None

    @classmethod
    def of(cls, request: web.Request) -> "Caller":
        """Reads them, once for each request. `request.host` is not used: it falls back to this machine's name."""
        known: Caller | None = request.get(CALLER)
        if known is not None:
            return known
        peer = request.transport.get_extra_info("peername") if request.transport else None
        local = request.transport.get_extra_info("sockname") if request.transport else None
        scheme, _, credential = request.headers.get("Authorization", "").partition(" ")
        caller = request[CALLER] = cls(
            peer=str(peer[0]) if isinstance(peer, tuple) else "",
            local=str(local[0]) if isinstance(local, tuple) else "",
            host=request.headers.get("Host", ""),
            origin=request.headers.get("Origin"),
            forwarded=any(map(_says_for_whom, request.headers)),
            bearer=credential.strip() if scheme.lower() == "bearer" else None,
        )
        return caller


CALLER: Final = web.RequestKey("caller", Caller)


@dataclass(frozen=True, slots=True)
class Grant:
    """A viewer may watch; until `expires_s` (seconds since 1970), or for good where None. `claims`: of its token."""

    expires_s: float | None = None
    claims: Claims | None = None


class Access:
    """All decisions. `now_s` is the wall clock: tokens end by it."""

    def __init__(
        self, rules: Rules, verifier: Verifier, *, now_s: Callable[[], float], revocations: Revocations | None = None
    ) -> None:
        self.rules, self._verifier, self._now_s = rules, verifier, now_s
        self._revocations = revocations or Revocations()
        self._keys = [_digest(key) for key in rules.api_keys]
        self._hosts = frozenset(host.lower().rstrip(".") for host in rules.trusted_hosts)
        self._origins = frozenset(origin.rstrip("/").lower() for origin in rules.allowed_origins)

    def check_host(self, caller: Caller) -> None:
        """Refuses a `Host` that is not ours: a page elsewhere may have pointed its own name at this machine.

        The very address that the connection came in on is fine: no name was resolved, so none was rebound.
        """
        name = host_name(caller.host)
        if is_loopback_name(name) or name in self._hosts or (name and name == _plain(caller.local)):
            return
        raise Problem(403, "untrusted_host", "This Host name is not in server.trusted_hosts.")

    def allowed_origin(self, caller: Caller) -> str | None:
        """The browser origin to name in CORS headers: a foreign one that is configured; else None."""
        origin = caller.origin
        if origin is None or not ("*" in self._origins or origin.lower() in self._origins):
            return None
        return origin

    def check_origin(self, caller: Caller) -> None:
        """Refuses pages of other sites. Programs that are no browsers send no `Origin`."""
        if caller.origin is None or self.allowed_origin(caller) is not None:
            return
        if same_origin(caller.origin, caller.host):
            return
        raise Problem(403, "foreign_origin", "This origin is not in auth.allowed_origins.")

    def require_key(self, caller: Caller) -> None:
        """The control API: a key, or this machine alone where none is configured. Pages of other sites never."""
        self.check_origin(caller)
        if self._keys:
            if not self._is_key(caller.bearer):
                raise Problem(401, "unauthorized", "An API key is needed: Authorization: Bearer.", headers=CHALLENGE)
        elif not is_local(caller):
            raise Problem(403, "local_only", "Without auth.api_keys only this machine itself is answered.")

    async def viewer(self, caller: Caller, token: str | None, session: str) -> Grant:
        """Whether that caller may watch that session. `token` is the query's; the bearer of a header counts as well.

        Raises:
            Problem: 401 no or bad token; 403 token for another session, or a foreign origin.
        """
        self.check_origin(caller)
        if self.rules.public_sessions or (self._keys and self._is_key(caller.bearer)):
            return Grant()
        presented = token or caller.bearer
        if not presented:
            if not self._keys and not self.rules.tokens and is_local(caller):
                return Grant()
            raise Problem(401, "token_required", "A viewer token is needed.", headers=CHALLENGE)
        try:
            claims = await self._verifier.verify(presented, now_s=self._now_s())
        except BadToken as bad:
            code = "token_expired" if bad.expired else "bad_token"
            raise Problem(401, code, f"The viewer token is not valid: {bad}.", headers=CHALLENGE) from None
        if not claims.allow(session):
            raise Problem(403, "forbidden_session", "The viewer token is for another session.")
        grant = Grant(expires_s=claims.expires_s, claims=claims)
        if self.revoked(grant, session):
            raise Problem(401, "token_revoked", "The viewer token was revoked; a new one will do.", headers=CHALLENGE)
        return grant

    def revoked(self, grant: Grant, session: str) -> bool:
        """Whether the token that a grant was given for has been revoked since."""
        return grant.claims is not None and self._revocations.refuses(session, grant.claims.issued_s)

    def _is_key(self, presented: str | None) -> bool:
        """Constant time: equal-length digests, all keys compared whatever the first says."""
        if presented is None:
            return False
        digest = hashlib.sha256(presented.encode("utf-8", "surrogateescape")).digest()
        return sum(hmac.compare_digest(digest, key) for key in self._keys) > 0


Mint = Callable[[Sequence[str], float], tuple[str, float]]
"""Sessions and seconds to live in, token and expiry (seconds since 1970) out."""


def configure(
    rules: Rules,
    *,
    token_secret: str,
    jwks_url: str,
    clock: Clock,
    revocations: Revocations | None = None,
    throwaway: str = "",
) -> tuple[Access, Mint | None]:
    """The decisions for a configuration, and who mints tokens: None where somebody else does (`jwks_url` alone).

    With neither configured, tokens are signed with a secret that lives as long as this process, so that
    `POST /v1/tokens` works in a first try; after a restart its tokens are void. `throwaway` is that secret, where
    several processes need the same.
    """
    secret = token_secret or ("" if jwks_url else throwaway or secrets.token_hex(32))
    jwks = Jwks(http_fetch(jwks_url), monotonic_s=clock.monotonic_s) if jwks_url else None
    access = Access(
        replace(rules, tokens=bool(token_secret or jwks_url)),
        Verifier(secret=secret, jwks=jwks),
        now_s=clock.now_s,
        revocations=revocations,
    )

    def minted(sessions: Sequence[str], ttl_s: float) -> tuple[str, float]:
        return mint(secret, sessions=sessions, ttl_s=ttl_s, now_s=clock.now_s())

    return access, minted if secret else None


@functools.lru_cache(maxsize=1024)  # a header's name: the same dozen from everybody
def _says_for_whom(header: str) -> bool:
    return FORWARDING.fullmatch(header.lower().replace("_", "-")) is not None


def _digest(key: str) -> bytes:
    kind, _, value = key.partition(":")
    if kind != "sha256":
        return hashlib.sha256(key.encode()).digest()
    try:
        digest = bytes.fromhex(value)
    except ValueError:
        digest = b""
    if len(digest) != hashlib.sha256().digest_size:
        raise ValueError("an API key that begins with sha256: needs 64 hexadecimal digits")
    return digest


def is_local(caller: Caller) -> bool:
    """Somebody on this machine, who asked for this machine, with nobody between."""
    return is_loopback_address(caller.peer) and is_loopback_name(host_name(caller.host)) and not caller.forwarded


@functools.lru_cache(maxsize=1024)  # asked for each request, mostly of the same few
def is_loopback_address(address: str) -> bool:
    """127.0.0.0/8, ::1, and the former inside IPv6."""
    try:
        parsed = ipaddress.ip_address(_plain(address))
    except ValueError:
        return False
    return parsed.is_loopback


def is_loopback_name(name: str) -> bool:
    """`localhost`, or a loopback address."""
    return name == "localhost" or is_loopback_address(name)


@functools.lru_cache(maxsize=1024)
def host_name(host: str) -> str:
    """The name in a `Host` header: without port, brackets and final dot, lower case; "" where it is malformed."""
    try:
        return (urlsplit(f"//{host}").hostname or "").rstrip(".") if not set(host) & set("@/%?#") else ""
    except ValueError:
        return ""


def same_origin(origin: str, host: str) -> bool:
    """Whether a page of `origin` was served under `host`. The scheme is the proxy's business, so it is not compared."""
    try:
        page = urlsplit(origin)
        default = DEFAULT_PORTS.get(page.scheme)
        ours = urlsplit(f"//{host}")
        if not page.hostname or default is None or "@" in origin + host:
            return False
        return (page.hostname, page.port or default) == (ours.hostname, ours.port or default)
    except ValueError:
        return False


def _plain(address: str) -> str:
    """An address without zone, and IPv4 inside IPv6 as IPv4."""
    address = address.partition("%")[0].lower()
    return address.removeprefix("::ffff:") if address.startswith("::ffff:") and "." in address else address
