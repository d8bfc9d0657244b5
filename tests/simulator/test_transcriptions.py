"""Stored recordings at the simulator: what it answers, whom it calls, what it counts."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from captiond.simulator import Recording, Simulator, packaged_recordings
from captiond.simulator.media import MediaFileError, load_media

Json = dict[str, Any]


@asynccontextmanager
async def hook(*statuses: int) -> AsyncIterator[tuple[str, list[Json], list[dict[str, str]]]]:
    """Who is called back: its address, what came, with which headers."""
    came: list[Json] = []
    headers: list[dict[str, str]] = []
    left = list(statuses)

    async def take(request: web.Request) -> web.Response:
        came.append(await request.json())
        headers.append(dict(request.headers))
        return web.Response(status=left.pop(0) if left else 200)

    app = web.Application()
    app.router.add_post("/hook", take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/hook", came, headers
    finally:
        await runner.cleanup()


class Client:
    """A client that does what the documents say."""

    def __init__(self, sim: Simulator, http: aiohttp.ClientSession) -> None:
        self._sim, self._http, self._token = sim, http, ""

    async def log_in(self) -> None:
        form = {"grant_type": "client_credentials", "client_id": "a", "client_secret": "b"}
        async with self._http.post(f"{self._sim.url}/oauth/token", data=form) as answer:
            self._token = (await answer.json())["access_token"]

    async def ask(self, method: str, path: str, body: Json | None = None, **headers: str) -> tuple[int, Json]:
        headers = {"Authorization": f"Bearer {self._token}", **headers}
        async with self._http.request(method, f"{self._sim.url}{path}", json=body, headers=headers) as answer:
            return answer.status, await answer.json(content_type=None)

    async def submit(self, media: str, uri: str, **headers: str) -> tuple[int, Json]:
        hooks = [{"uri": uri, "events": ["transcription.completed", "transcription.failed"]}]
        body = {"mediaId": media, "languages": ["en-US"], "webhooks": hooks}
        return await self.ask("POST", "/api/v2/media/transcriptions", body, **headers)


@asynccontextmanager
async def client(sim: Simulator) -> AsyncIterator[Client]:
    async with aiohttp.ClientSession() as http:
        one = Client(sim, http)
        await one.log_in()
        yield one


async def until(came: list[Json], many: int) -> None:
    async with asyncio.timeout(5):
        while len(came) < many:  # noqa: ASYNC110  (the server has no event)
            await asyncio.sleep(0.01)


async def test_a_recording_is_described_transcribed_and_called_back_about_until_it_is_taken() -> None:
    recording = Recording(media_id="m", duration=9.5, codec="mp3", format="mp3", delay_s=0)
    async with hook(500, 503) as (uri, came, headers), Simulator(media=[recording], webhook_secret="s") as sim:
        async with client(sim) as caller:
            status, media = await caller.ask("GET", "/api/v2/media/m")
            assert (status, media) == (200, {"id": "m", "duration": 9.5, "codec": "mp3", "format": "mp3"})
            status, begun = await caller.submit("m", uri)
            assert status == 202
            await until(came, 3)
            assert came[0] == came[1] == came[2]
            assert came[0]["data"]["transcriptionId"] == begun["transcriptionId"]
            assert headers[0]["X-Captiond-Signature"].startswith("sha256=")
        async with asyncio.timeout(5):
            while not sim.ledger.callbacks_taken:  # noqa: ASYNC110  (the ledger has no event)
                await asyncio.sleep(0.01)
        assert list(sim.ledger.callbacks.values()) == [3]


async def test_a_key_begins_once() -> None:
    async with hook() as (uri, came, _), Simulator(any_media=True) as sim, client(sim) as caller:
        asked = [await caller.submit("m", uri, **{"Idempotency-Key": "k"}) for _ in range(3)]
        assert len({answer["transcriptionId"] for _, answer in asked}) == 1
        assert sim.ledger.transcriptions == {"m": 1}
        await caller.submit("m", uri)
        assert sim.ledger.transcriptions == {"m": 2}
        await until(came, 2)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"mediaId": "a/b"}, "mediaId"),
        ({"languages": []}, "languages"),
        ({"languages": ["x"]}, "languages"),
        ({"webhooks": [{"uri": "http://example.com/"}]}, "webhooks"),
        ({"webhooks": "all"}, "webhooks"),
    ],
)
async def test_a_bad_request_names_its_field(change: Json, field: str) -> None:
    async with Simulator(any_media=True) as sim, client(sim) as caller:
        body = {"mediaId": "m", "languages": ["en-US"], **change}
        status, said = await caller.ask("POST", "/api/v2/media/transcriptions", body)
        assert (status, said["details"]) == (400, [{"fieldName": field}])


async def test_unknown_media_no_token_and_too_many_requests() -> None:
    async with Simulator(requests_per_s=5) as sim, client(sim) as caller:
        assert (await caller.ask("GET", "/api/v2/media/m"))[0] == 404
        assert (await caller.submit("m", "https://example.com"))[0] == 404
        assert (await caller.ask("GET", "/api/v2/media/m", Authorization="Bearer none"))[0] == 401
        statuses = [(await caller.ask("GET", "/api/v2/media/m"))[0] for _ in range(4)]
        assert statuses == [404, 404, 429, 429]
        assert (sim.ledger.rate_limited, sim.ledger.max_requests_per_s) == (2, 6)


async def test_nobody_on_another_machine_is_called() -> None:
    async with Simulator(any_media=True) as sim, client(sim) as caller:
        sim.store(Recording(media_id="m", early=True))
        assert (await caller.submit("m", "https://captions.example.com/hook"))[0] == 202
        assert not sim.ledger.callbacks


def test_the_packaged_conversations_are_recordings_and_files_are_checked(tmp_path: Path) -> None:
    packaged = packaged_recordings()
    assert len(packaged) == 8
    assert all(len(one.transcripts) > 5 and 50 < one.duration < 100 for one in packaged)
    path = tmp_path / "media.json"
    path.write_text(json.dumps([{"mediaId": "m", "duration": None}]))
    assert load_media(path) == [Recording(media_id="m", duration=None)]
    for content in ("[{}]", "{", '[{"mediaId":"m","durration":1}]'):
        path.write_text(content)
        with pytest.raises(MediaFileError, match=r"media\.json: "):
            load_media(path)
