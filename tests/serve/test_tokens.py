"""Tokens: good ones, forged ones, and key sets that rotate, fail and lie."""

import base64
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import jwt
import pytest
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from captiond.serve.tokens import (
    JWKS_RETRY_S,
    JWKS_STALE_S,
    JWKS_TTL_S,
    MAX_JWKS_BYTES,
    BadToken,
    Jwks,
    Verifier,
    http_fetch,
    mint,
    parse_jwks,
)
from tests.serve.serving import SECRET, ManualClock

NOW_S = 1_718_447_400.0
CLAIMS: dict[str, Any] = {"sessions": ["s1"], "exp": NOW_S + 60}
RSA_KEY = rsa.generate_private_key(65537, 2048)
EC_KEY = ec.generate_private_key(ec.SECP256R1())
ED_KEY = ed25519.Ed25519PrivateKey.generate()


def published(key: Any, kid: str, **more: str) -> dict[str, Any]:
    """The public half, as a JWKS entry."""
    kind: dict[type, Any] = {
        rsa.RSAPrivateKey: RSAAlgorithm,
        ec.EllipticCurvePrivateKey: ECAlgorithm,
        ed25519.Ed25519PrivateKey: OKPAlgorithm,
    }
    algorithm = next(made for of, made in kind.items() if isinstance(key, of))
    return {**json.loads(algorithm.to_jwk(key.public_key())), "kid": kid, **more}


def document(*entries: dict[str, Any]) -> bytes:
    return json.dumps({"keys": entries}).encode()


class KeyServer:
    """A fetch that answers what a test says, and counts."""

    def __init__(self, answer: bytes | Exception) -> None:
        self.answer, self.asked = answer, 0
        self.clock = ManualClock()
        self.verifier = Verifier(secret="", jwks=Jwks(self._fetch, monotonic_s=self.clock.monotonic_s))

    async def _fetch(self) -> bytes:
        self.asked += 1
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    async def good(self, token: str) -> bool:
        try:
            await self.verifier.verify(token, now_s=NOW_S)
        except BadToken:
            return False
        return True


def signed(key: Any, algorithm: str, kid: str | None = "k1") -> str:
    return jwt.encode(CLAIMS, key, algorithm=algorithm, headers={"kid": kid} if kid else None)


async def test_what_we_mint_we_accept_and_so_does_another_library() -> None:
    token, expires_s = mint(SECRET, sessions=["s1", "s2"], ttl_s=60, now_s=NOW_S)
    claims = await Verifier(secret=SECRET, jwks=None).verify(token, now_s=NOW_S)
    assert claims.expires_s == expires_s == NOW_S + 60
    assert (claims.allow("s2"), claims.allow("s3")) == (True, False)
    decoded = jwt.decode(token, SECRET, algorithms=["HS256"], options={"verify_exp": False})
    assert decoded == {"sessions": ["s1", "s2"], "exp": NOW_S + 60, "iat": NOW_S}


async def test_a_short_secret_is_the_configurations_business() -> None:
    token, _ = mint("short", sessions=["*"], ttl_s=60, now_s=NOW_S)
    assert (await Verifier(secret="short", jwks=None).verify(token, now_s=NOW_S)).allow("any")


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({"sessions": ["s1"]}, "no time"),
        ({"sessions": ["s1"], "exp": "soon"}, "no time"),
        ({"sessions": ["s1"], "exp": True}, "no time"),
        ({"sessions": ["s1"], "exp": 1e300}, "no time"),
        ({"sessions": ["s1"], "exp": NOW_S}, "expired"),
        ({"sessions": ["s1"], "exp": NOW_S + 60, "nbf": NOW_S + 61}, "not valid yet"),
        ({"exp": NOW_S + 60}, "no sessions"),
        ({"sessions": [1], "exp": NOW_S + 60}, "no sessions"),
        ({"sessions": {"*": 1}, "exp": NOW_S + 60}, "no sessions"),
    ],
)
async def test_claims_that_are_not_enough(claims: dict[str, Any], why: str) -> None:
    with pytest.raises(BadToken, match=why) as bad:
        await Verifier(secret=SECRET, jwks=None).verify(jwt.encode(claims, SECRET), now_s=NOW_S)
    assert bad.value.expired is (why == "expired")


@pytest.mark.parametrize("sessions", ["*", ["*"], ["x", "*"]])
async def test_a_star_opens_all(sessions: object) -> None:
    token = jwt.encode({"sessions": sessions, "exp": NOW_S + 1}, SECRET)
    assert (await Verifier(secret=SECRET, jwks=None).verify(token, now_s=NOW_S)).allow("any")


def _unsigned() -> str:
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in ({"alg": "none"}, CLAIMS)]
    return b".".join([*parts, b""]).decode()


@pytest.mark.parametrize(
    "forge",
    [
        lambda: "",
        lambda: "x",
        lambda: "a.b.c",
        lambda: "\udcff.é.x",
        lambda: "x" * 5000,
        _unsigned,
        lambda: jwt.encode(CLAIMS, SECRET * 2, algorithm="HS512"),
        lambda: jwt.encode(CLAIMS, SECRET + "!"),
        lambda: jwt.encode(CLAIMS, SECRET)[:-2],
        lambda: signed(RSA_KEY, "RS256"),
    ],
)
async def test_forgeries(forge: Callable[[], str]) -> None:
    token = forge()
    with pytest.raises(BadToken) as bad:
        await Verifier(secret=SECRET, jwks=None).verify(token, now_s=NOW_S)
    assert not token or token not in str(bad.value)


@pytest.mark.parametrize(("key", "algorithm"), [(RSA_KEY, "RS256"), (EC_KEY, "ES256"), (ED_KEY, "EdDSA")])
async def test_tokens_of_a_key_set(key: Any, algorithm: str) -> None:
    server = KeyServer(document(published(RSA_KEY, "other"), published(key, "k1")))
    assert await server.good(signed(key, algorithm))
    assert await server.good(signed(key, algorithm, kid=None))
    assert not await server.good(signed(key, algorithm, kid="k9"))
    assert server.asked == 1


async def test_the_key_decides_the_algorithm() -> None:
    """The oldest trick: an HS256 token whose secret is our public key, which everybody has."""
    pem = RSA_KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    header, payload = (
        base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=")
        for part in ({"alg": "HS256", "kid": "k1"}, CLAIMS)
    )
    mac = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256)
    forged = b".".join([header, payload, base64.urlsafe_b64encode(mac.sign(header + b"." + payload, pem)).rstrip(b"=")])
    assert not await KeyServer(document(published(RSA_KEY, "k1"))).good(forged.decode())
    assert not await KeyServer(document(published(RSA_KEY, "k1"))).good(signed(RSA_KEY, "PS256"))
    assert not await KeyServer(document(published(RSA_KEY, "k1"))).good(signed(RSA_KEY, "RS512"))


async def test_keys_rotate_and_an_unknown_one_asks_again_but_not_each_time() -> None:
    server = KeyServer(document(published(RSA_KEY, "k1")))
    assert await server.good(signed(RSA_KEY, "RS256"))
    server.answer = document(published(EC_KEY, "k2"))
    for _ in range(20):
        assert not await server.good(signed(EC_KEY, "ES256", kid="k2"))
    assert server.asked == 1
    server.clock.passed_s += JWKS_RETRY_S
    assert await server.good(signed(EC_KEY, "ES256", kid="k2"))
    assert not await server.good(signed(RSA_KEY, "RS256"))
    assert server.asked == 2


async def test_old_keys_serve_while_the_key_server_is_down_but_not_for_ever() -> None:
    server = KeyServer(document(published(RSA_KEY, "k1")))
    token = signed(RSA_KEY, "RS256")
    assert await server.good(token)
    server.answer = TimeoutError()
    server.clock.passed_s = JWKS_TTL_S + 1
    assert await server.good(token)
    assert server.asked == 2
    server.clock.passed_s = JWKS_STALE_S + 1
    assert not await server.good(token)


@pytest.mark.parametrize("answer", [b"", b"[]", b'{"keys":{}}', b'{"keys":7}', b"\xff"])
async def test_what_is_no_key_set_opens_nothing(answer: bytes) -> None:
    assert not await KeyServer(answer).good(signed(RSA_KEY, "RS256"))


def test_only_keys_that_we_accept_are_taken() -> None:
    odd = [
        7,
        {},
        {"kty": "oct", "k": "c2VjcmV0", "kid": "k1"},
        {"kty": ["RSA"], "n": "x"},
        {"kty": "RSA", "n": "!", "e": "AQAB"},
        published(RSA_KEY, "k1", use="enc"),
        published(RSA_KEY, "k1", alg="RS512"),
        published(ec.generate_private_key(ec.SECP384R1()), "k1"),
    ]
    assert [key.key_id for key in parse_jwks(json.dumps({"keys": [*odd, published(EC_KEY, "k2")]}).encode())] == ["k2"]


@asynccontextmanager
async def answering(handler: Callable[[web.Request], Any]) -> AsyncIterator[str]:
    async def handle(request: web.Request) -> web.StreamResponse:
        response: web.StreamResponse = handler(request)
        return response

    app = web.Application()
    app.router.add_get("/jwks", handle)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/jwks"
    finally:
        await runner.cleanup()


async def test_a_key_set_over_http() -> None:
    keys = document(published(ED_KEY, "k1"))
    async with answering(lambda _: web.Response(body=keys, content_type="application/json")) as url:
        assert await http_fetch(url)() == keys


@pytest.mark.parametrize(
    "handler",
    [
        lambda _: web.Response(status=500, body=b'{"keys":[]}'),
        lambda _: web.Response(status=302, headers={"Location": "/elsewhere"}),
        lambda _: web.Response(body=b" " * (MAX_JWKS_BYTES + 1)),
    ],
    ids=["error", "redirect", "too large"],
)
async def test_a_key_server_is_not_trusted_beyond_its_keys(handler: Callable[[web.Request], Any]) -> None:
    async with answering(handler) as url:
        with pytest.raises(ValueError, match=r"answered|too large"):
            await http_fetch(url)()
