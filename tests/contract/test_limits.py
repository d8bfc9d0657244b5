"""The limits as an operator sets and sees them: configuration in, refusals, figures and audit records out."""

import asyncio
import contextlib
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from captiond.config import ConfigError, load
from captiond.simulator.server import Simulator
from tests.harness import Json, Viewer, daemon_here, eventually, start


@contextlib.asynccontextmanager
async def limited(folder: Path, viewers: int, transport: str, **environ: str) -> AsyncIterator[str]:
    """A daemon with that many viewers of session s1."""
    async with (
        Simulator(unknown="silent") as upstream,
        daemon_here(folder, upstream, **environ) as daemon,  # type: ignore[arg-type]
        asyncio.TaskGroup() as group,
    ):
        await start(daemon, "s1")
        await start(daemon, "s2")
        watching = [group.create_task(Viewer(daemon.url, "s1", transport=transport).watch()) for _ in range(viewers)]
        await eventually(lambda: daemon.rooms.viewers == viewers)
        try:
            yield daemon.url
        finally:
            for task in watching:
                task.cancel()


async def refusal(url: str, session: str = "s1", **headers: str) -> tuple[int, Json, str | None]:
    async with (
        aiohttp.ClientSession() as http,
        http.get(f"{url}/v1/sessions/{session}/events", headers=headers) as answer,
    ):
        if answer.status == 200:
            return 200, {}, None
        return answer.status, await answer.json(content_type=None), answer.headers.get("Retry-After")


@pytest.mark.parametrize("transport", ["ws", "sse"])
@pytest.mark.parametrize(
    ("key", "limit", "elsewhere"),
    [("MAX_CONNECTIONS", "node", 429), ("MAX_PER_SESSION", "session", 200), ("MAX_PER_ADDRESS", "address", 429)],
)
async def test_a_limit_that_is_set_is_kept_told_counted_and_recorded(
    tmp_path: Path, transport: str, key: str, limit: str, elsewhere: int
) -> None:
    more = {"CAPTIOND_VIEWERS__NEW_PER_ADDRESS_S": "1000"}
    async with limited(tmp_path, 2, transport, **{f"CAPTIOND_VIEWERS__{key}": "2", **more}) as url:
        await asyncio.sleep(0.01)  # the bucket of an address with two seats holds two attempts
        status, problem, retry_after = await refusal(url)
        assert (status, problem["code"], problem["limit"], retry_after) == (429, "too_many_connections", limit, "5")
        await asyncio.sleep(0.01)
        assert (await refusal(url, "s2"))[0] == elsewhere
        async with aiohttp.ClientSession() as http, http.get(f"{url}/metrics") as answer:
            found = re.search(rf'captiond_viewers_refused_total{{reason="{limit}"}} (\S+)', await answer.text())
        assert found is not None
        assert float(found[1]) == 1 + (elsewhere == 429)
        async with aiohttp.ClientSession() as http, http.get(f"{url}/readyz") as answer:
            assert answer.status == 200
        await eventually(lambda: b"viewer_refused" in (tmp_path / "audit.jsonl").read_bytes())
    records = [json.loads(line) for line in (tmp_path / "audit.jsonl").read_text().splitlines()]
    [first, *_] = [record for record in records if record["kind"] == "viewer_refused"]
    assert (first["mediaSessionId"], first["status"], first["code"]) == ("s1", 429, "too_many_connections")


async def test_behind_a_proxy_that_is_named_each_viewer_is_an_address_of_its_own(tmp_path: Path) -> None:
    async with limited(
        tmp_path,
        0,
        "sse",
        CAPTIOND_VIEWERS__MAX_PER_ADDRESS="1",
        CAPTIOND_VIEWERS__NEW_PER_ADDRESS_S="0.1",
        CAPTIOND_SERVER__TRUSTED_PROXIES='["127.0.0.0/8"]',
        CAPTIOND_AUTH__PUBLIC_SESSIONS="true",
    ) as url:
        for number in range(4):
            assert (await refusal(url, **{"X-Forwarded-For": f"198.51.100.7, 192.0.2.{number}"}))[0] == 200
        status, problem, retry_after = await refusal(url, **{"X-Forwarded-For": "203.0.113.1, 192.0.2.0"})
        assert (status, problem["code"], problem["limit"]) == (429, "too_many_attempts", "rate")
        assert int(retry_after or 0) >= 5


@pytest.mark.parametrize(
    ("key", "value", "allowed"),
    [
        ("SERVER__TRUSTED_PROXIES", '["10.0.0.1/8"]', "a list of addresses or networks"),
        ("SERVER__TRUSTED_PROXIES", '["proxy.example"]', "a list of addresses or networks"),
        ("VIEWERS__MAX_PER_ADDRESS", "-1", "0: 5000, and no limit for this machine's own addresses"),
        ("VIEWERS__MAX_PER_SESSION", "0", "a whole number from 1"),
        ("VIEWERS__NEW_PER_ADDRESS_S", "0", "0.1 to 100000 a second"),
    ],
)
def test_a_limit_that_is_none_is_a_fault_with_its_name(tmp_path: Path, key: str, value: str, allowed: str) -> None:
    path = tmp_path / "captiond.toml"
    path.touch()
    with pytest.raises(ConfigError) as faults:
        load(path, {f"CAPTIOND_{key}": value})
    said = str(faults.value)
    assert key.split("__")[1].lower() in said.lower()
    assert allowed in said
