"""A revocation outlives the process, over a real daemon and its database."""

from pathlib import Path

import aiohttp

from captiond.simulator.server import Simulator
from tests.harness import Viewer, daemon_here, start

SECRET = "a secret that only tests know, 32+"


async def test_a_revocation_outlives_the_daemon(tmp_path: Path) -> None:
    async with Simulator(unknown="silent") as upstream:
        async with (
            daemon_here(tmp_path, upstream, CAPTIOND_AUTH__TOKEN_SECRET=SECRET) as daemon,
            aiohttp.ClientSession() as http,
        ):
            await start(daemon, "s1")
            token = await minted(http, daemon.url)
            async with http.post(f"{daemon.url}/v1/sessions/s1/revoke") as answer:
                assert (answer.status, (await answer.json())["viewersClosed"]) == (200, 0)
            newer = await minted(http, daemon.url)
            await opens(daemon.url, token, 401)
            await opens(daemon.url, newer, 200)
        async with daemon_here(tmp_path, upstream, CAPTIOND_AUTH__TOKEN_SECRET=SECRET) as daemon:
            await opens(daemon.url, token, 401)
            await opens(daemon.url, newer, 200)
            kinds = [line for line in (tmp_path / "audit.jsonl").read_text().splitlines() if "viewers_revoked" in line]
            assert len(kinds) == 1


async def minted(http: aiohttp.ClientSession, url: str) -> str:
    async with http.post(f"{url}/v1/tokens", json={"sessions": ["s1"]}) as answer:
        token: str = (await answer.json())["token"]
        return token


async def opens(url: str, token: str, status: int) -> None:
    viewer = Viewer(url, "s1", transport="sse", token=token)
    await viewer.watch(until=lambda message: message["type"] == "snapshot")
    assert viewer.status == status
