"""What a session tells of itself agrees with what can be looked up (contract, section 4)."""

import asyncio
import json
from pathlib import Path

import aiohttp

from captiond.base.ids import SessionId
from captiond.simulator.faults import CloseFault, On, SlowFault
from captiond.simulator.server import Simulator
from captiond.simulator.tracks import track_of
from tests.harness import daemon_here, eventually, start


def event(session: str, number: int, text: str) -> dict[str, object]:
    """One final."""
    return {
        "eventType": "transcription", "eventSequence": number, "mediaSessionId": session, "transcript": text,
        "isPartial": False, "timestamp": f"2024-06-15T10:30:0{number}.000Z",
    }  # fmt: skip


async def test_audit_records_counts_every_record_of_the_session(tmp_path: Path) -> None:
    """Events, but also its start, activation, subscriptions and reconnects, and viewers that were refused."""
    texts = ["good morning", "good morning to you", "and goodbye"]
    track = track_of("ms-1", [event("ms-1", number, text) for number, text in enumerate(texts, 1)])
    async with (
        Simulator(tracks=[track], speed=50.0, faults=[CloseFault(code=1011, after_event=1)], resume="hold") as upstream,
        daemon_here(tmp_path, upstream, CAPTIOND_AUTH__TOKEN_SECRET="0123456789abcdef0123456789abcdef") as daemon,
        aiohttp.ClientSession(daemon.url) as http,
    ):
        await start(daemon, "ms-1")
        async with http.get("/v1/sessions/ms-1/events") as refused:
            assert refused.status == 401
        live = daemon.rooms.get(SessionId("ms-1"))
        assert live is not None
        await eventually(lambda: live.state.over)
        assert daemon.audit.flush(5.0)
        async with http.get("/v1/sessions/ms-1/audit") as answer:
            kinds = [json.loads(line)["kind"] for line in (await answer.text()).splitlines()]
        async with http.get("/v1/sessions/ms-1") as answer:
            assert (await answer.json())["auditRecords"] == len(kinds)
    assert {"session_started", "activated", "subscribed", "reconnect", "transcription", "session_ended"} <= set(kinds)


async def test_a_session_deleted_while_its_start_is_waited_for_says_so_to_who_waits(tmp_path: Path) -> None:
    async with (
        Simulator(unknown="silent", faults=[SlowFault(on=On.ACTIVATION, delay_s=9.0)]) as upstream,
        daemon_here(tmp_path, upstream) as daemon,
        aiohttp.ClientSession(daemon.url) as http,
    ):

        async def ask() -> None:
            async with http.post("/v1/sessions", json={"mediaSessionId": "ms-1"}) as answer:
                assert (answer.status, (await answer.json())["state"]) == (201, "ended")

        async with asyncio.timeout(5.0), asyncio.TaskGroup() as group:
            group.create_task(ask())
            await eventually(lambda: daemon.rooms.get(SessionId("ms-1")) is not None)
            async with http.delete("/v1/sessions/ms-1") as deleted:
                assert deleted.status == 204
