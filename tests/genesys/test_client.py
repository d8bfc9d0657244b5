"""The account as the daemon sees it: one subscription per session, TLS, no detours."""

import asyncio
import random
import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from websockets.asyncio.server import serve

from captiond.base.errors import LocalError, UpstreamUnavailable
from captiond.base.ids import SessionId
from captiond.genesys.client import Genesys
from captiond.genesys.oauth import Credentials
from captiond.genesys.payloads import MediaRequest
from captiond.genesys.regions import Endpoints
from tests.genesys.small_genesys import Bench, Peer, RecordingSink


async def test_a_session_is_followed_by_one_caller(bench: Bench) -> None:
    async with bench.genesys() as genesys, asyncio.TaskGroup() as group:
        first = group.create_task(genesys.follow(bench.session, bench.sink))
        await bench.upstream.subscribed_peer()
        with pytest.raises(LocalError, match="m-1 is followed already"):
            await genesys.follow(bench.session, RecordingSink())
        first.cancel()
    assert bench.upstream.tried == 1


async def test_who_comes_after_a_cancelled_caller_waits_for_its_goodbye(bench: Bench) -> None:
    second_sink = RecordingSink()
    async with bench.genesys() as genesys, asyncio.TaskGroup() as group:
        first = group.create_task(genesys.follow(bench.session, bench.sink))
        old = await bench.upstream.subscribed_peer()
        first.cancel()
        second = group.create_task(genesys.follow(bench.session, second_sink))
        new = await bench.upstream.subscribed_peer()
        assert first.cancelled()
        assert old.close_code == 1000
        await new.send_event(1)
        assert await second_sink.sequences(1) == [1]
        second.cancel()
    assert bench.upstream.most_open == 1


async def test_sessions_are_followed_side_by_side_with_one_token(bench: Bench) -> None:
    sinks = {SessionId(f"m-{number}"): RecordingSink() for number in range(20)}
    async with bench.genesys() as genesys, asyncio.TaskGroup() as group:
        followers = [group.create_task(genesys.follow(session, sink)) for session, sink in sinks.items()]
        for _ in sinks:
            peer = await bench.upstream.peer()
            session = (await peer.next_frame())["filter"]["mediaSessionId"]
            await peer.send_event(7, mediaSessionId=session)
        for session, sink in sinks.items():
            assert await sink.sequences(1) == [7]
            assert sink.arrivals[0].session == session
        for follower in followers:
            follower.cancel()
    assert len(bench.upstream.logins) == 1
    assert bench.upstream.open_now == 0


async def test_proxies_of_the_environment_are_not_used(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "ws_proxy", "wss_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.delenv("no_proxy", raising=False)
    async with bench.genesys() as genesys, asyncio.TaskGroup() as group:
        await genesys.activate(MediaRequest(bench.session))
        follower = group.create_task(genesys.follow(bench.session, bench.sink))
        await bench.upstream.subscribed_peer()
        follower.cancel()


async def test_tls_is_used_and_the_certificate_checked(bench: Bench, tmp_path: Path) -> None:
    trusting, serving = tls_pair(tmp_path)
    peers: asyncio.Queue[Peer] = asyncio.Queue()

    async def accept(connection: object) -> None:
        assert isinstance(connection, Peer)
        peers.put_nowait(connection)
        await connection.wait_closed()

    async with serve(accept, "127.0.0.1", 0, ssl=serving, create_connection=Peer) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        plain, secure = bench.upstream.endpoints, f"127.0.0.1:{port}"
        endpoints = Endpoints(plain.login_url, f"https://{secure}", f"wss://{secure}/api/v2/websocket")
        async with account(bench, endpoints, trusting) as genesys, asyncio.TaskGroup() as group:
            follower = group.create_task(genesys.follow(bench.session, bench.sink))
            peer = await peers.get()
            assert peer.transport.get_extra_info("ssl_object") is not None
            await peer.send_event(1)
            assert await bench.sink.sequences(1) == [1]
            follower.cancel()
        async with account(bench, endpoints, None) as genesys, asyncio.TaskGroup() as group:
            follower = group.create_task(genesys.follow(bench.session, bench.sink))
            await bench.time.asleep(lambda delay_s: delay_s < 1.0)
            follower.cancel()
            assert bench.sink.story[-1][:2] == ("disconnected", "no usable answer")
            call = group.create_task(unavailable(genesys))
            for _ in range(4):
                await bench.time.pass_delay()
            assert str(await call) == "activate: upstream could not be reached by TLS"
    assert peers.empty()


def account(bench: Bench, endpoints: Endpoints, tls: ssl.SSLContext | None) -> Genesys:
    return Genesys(
        endpoints,
        Credentials("client-1", "s"),
        clock=bench.time,
        chance=random.Random(1),
        meter=bench.meter,
        audit=bench.audit,
        sleep=bench.time.sleep,
        tls=tls,
    )


async def unavailable(genesys: Genesys) -> UpstreamUnavailable:
    with pytest.raises(UpstreamUnavailable) as failure:
        await genesys.activate(MediaRequest(SessionId("m-1")))
    return failure.value


def tls_pair(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A client context that trusts the certificate of a server context, and that server context."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a small Genesys")])
    start = datetime(2020, 1, 1, tzinfo=UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=36_500))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    public = folder / "certificate.pem"
    public.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private = folder / "key.pem"
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    serving = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    serving.load_cert_chain(public, private)
    return ssl.create_default_context(cafile=public), serving
