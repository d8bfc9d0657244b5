"""Every fault of upstream leads to what the contract says (section 3), over real sockets and with real viewers."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from captiond.base.ids import SessionId
from captiond.core.screen import screen_of
from captiond.daemon import Daemon
from captiond.simulator.faults import (
    AbortFault,
    CloseFault,
    ExpireTokensFault,
    Fault,
    GarbageFault,
    Junk,
    On,
    RefuseFault,
)
from captiond.simulator.server import Simulator
from tests.harness import Json, Viewer, daemon_here, eventually

SESSION = "adversity-1"
SENTENCE = "the parcel left the depot this morning and should be with you by noon"


class Call:
    """One session of a daemon whose upstream says exactly what a test tells it to, and one viewer of it."""

    def __init__(self, daemon: Daemon, upstream: Simulator, viewer: Viewer) -> None:
        self.daemon, self.upstream, self.viewer = daemon, upstream, viewer
        self.ledger = upstream.ledger
        self.said = 0

    async def say(self, sequence: int, text: str = "", *, final: bool = False, **more: Any) -> None:
        """One event, and the wait until the daemon has dealt with it."""
        before = self._dealt_with
        words = text or " ".join(SENTENCE.split()[: 1 + sequence])
        event = {"eventSequence": sequence, "transcript": words, "isPartial": not final, **more}
        assert await self.upstream.emit(SESSION, event) == 1
        await eventually(lambda: self._dealt_with > before)

    @property
    def _dealt_with(self) -> float:
        samples = self.daemon.meter.registry.get_sample_value
        return sum(
            samples("captiond_upstream_events_total", {"profile": "media", "kind": kind}) or 0.0
            for kind in ("partial", "final")
        )

    @property
    def noticed(self) -> float:
        """Frames and events that were counted as unusable, ignored, or the end of a connection."""
        return sum(
            sample.value
            for metric in self.daemon.meter.registry.collect()
            for sample in metric.samples
            if sample.name in ("captiond_upstream_rejected_total", "captiond_upstream_reconnects_total")
            or sample.labels.get("kind") == "other"
        )

    @property
    def view(self) -> Json:
        """What the control API says of the session."""
        view = self.daemon.sessions.get(SessionId(SESSION))
        assert view is not None
        return dict(view)

    async def state(self, *states: str) -> None:
        """Waits until the viewer has been told of that state (the newest `session` message)."""
        await eventually(lambda: [m["state"] for m in self.viewer.of_type("session")][-1:] in [[s] for s in states])

    async def reconnected(self) -> None:
        """Waits until the stream was lost and is there again, on both sides."""
        await self.state("reconnecting")
        await eventually(lambda: self.ledger.subscriptions_ever[SESSION] == 2)
        await eventually(lambda: self.ledger.subscriptions_now[SESSION] == 1)
        await self.state("live")

    def types(self) -> list[str]:
        """What came after the snapshot."""
        return [m["type"] for m in self.viewer.messages if m["type"] not in ("welcome", "snapshot", "ping", "notice")]

    def audited(self, kind: str) -> list[bytes]:
        """This session's audit records of one kind."""
        assert self.daemon.audit.flush(5.0)
        return [line for line in self.daemon.audit.records(SESSION) if f'"kind":"{kind}"'.encode() in line]


async def create(daemon: Daemon) -> tuple[int, Json, dict[str, str]]:
    """`POST /v1/sessions`: status, body, headers."""
    async with (
        aiohttp.ClientSession() as http,
        http.post(f"{daemon.url}/v1/sessions", json={"mediaSessionId": SESSION}) as answer,
    ):
        return answer.status, await answer.json(content_type=None), dict(answer.headers)


@asynccontextmanager
async def calling(folder: Path, *faults: Fault) -> AsyncIterator[Call]:
    """A live session with a viewer that has its snapshot."""
    async with Simulator(unknown="silent", faults=faults) as upstream, daemon_here(folder, upstream) as daemon:
        status, body, _ = await create(daemon)
        assert status == 201, body
        viewer = Viewer(daemon.url, SESSION)
        async with asyncio.TaskGroup() as group:
            watching = group.create_task(viewer.watch())
            await eventually(lambda: len(viewer.messages) >= 2)
            await eventually(lambda: upstream.ledger.subscriptions_now[SESSION] == 1)
            yield Call(daemon, upstream, viewer)
            watching.cancel()
        screen_of(viewer.messages)  # raises where a promise was broken


async def test_lost_events_are_a_gap_and_retract_the_open_utterance(tmp_path: Path) -> None:
    async with calling(tmp_path) as call:
        await call.say(1)
        await call.say(2)
        await call.say(6, final=True)
        await eventually(lambda: call.types()[-3:] == ["gap", "retraction", "caption"])
        [gap] = call.viewer.of_type("gap")
        assert (gap["lost"], gap["cause"]) == (3, "sequence")
        assert (call.view["gaps"], call.view["lostEvents"]) == (1, 3)
        assert call._dealt_with == 3  # each event is counted once, by whomever
        assert len(call.audited("gap")) == 1


async def test_an_utterance_id_carries_an_utterance_over_a_gap(tmp_path: Path) -> None:
    async with calling(tmp_path) as call:
        await call.say(1, utteranceId="u1")
        await call.say(4, final=True, utteranceId="u1")
        await eventually(lambda: call.types()[-2:] == ["gap", "caption"])
        first, last = call.viewer.of_type("caption")
        assert first["utterance"] == last["utterance"] and last["final"]
        assert not call.viewer.of_type("retraction")


async def test_repeated_and_late_events_are_dropped_counted_and_never_move_the_numbering_back(tmp_path: Path) -> None:
    async with calling(tmp_path) as call:
        for sequence in (1, 2, 2, 1, 3, 2):
            await call.say(sequence, "one thing after another")
        await call.say(4, "one thing after another, said", final=True)
        await eventually(lambda: any(m["final"] for m in call.viewer.of_type("caption")))
        assert call.view["duplicates"] == 3
        assert call.view["gaps"] == 0
        assert not call.viewer.of_type("gap")


async def test_joining_late_is_no_loss(tmp_path: Path) -> None:
    async with calling(tmp_path) as call:
        await call.say(4711, final=True)
        await eventually(lambda: bool(call.viewer.of_type("caption")))
        assert not call.viewer.of_type("gap")


async def test_a_numbering_that_restarts_is_followed_without_a_word(tmp_path: Path) -> None:
    async with calling(tmp_path) as call:
        await call.say(7, "good morning everybody", final=True)
        await call.say(1, "and welcome to the second part", final=True)
        await call.say(2, "let us begin", final=True)
        await eventually(lambda: len(call.viewer.of_type("caption")) == 3)
        assert not call.viewer.of_type("gap")
        assert call.view["duplicates"] == 0


@pytest.mark.parametrize("fault", [AbortFault(), CloseFault(code=1011), CloseFault(code=4321)])
async def test_an_abnormal_close_reconnects_and_the_numbering_shows_the_true_gap(
    tmp_path: Path, fault: AbortFault | CloseFault
) -> None:
    async with calling(tmp_path) as call:
        await call.say(1, final=True)
        call.upstream.add_faults(fault)
        await call.reconnected()
        await call.say(4, final=True)
        await eventually(lambda: bool(call.viewer.of_type("gap")))
        [gap] = call.viewer.of_type("gap")
        assert gap["lost"] == 2
        assert call.ledger.max_concurrent_subscriptions[SESSION] == 1
        assert call.audited("reconnect")


async def test_a_numbering_that_goes_on_after_a_reconnect_is_no_gap(tmp_path: Path) -> None:
    async with calling(tmp_path) as call:
        await call.say(1)
        call.upstream.add_faults(AbortFault())
        await call.reconnected()
        await call.say(2, final=True)
        await eventually(lambda: any(m["final"] for m in call.viewer.of_type("caption")))
        assert not call.viewer.of_type("gap") and not call.viewer.of_type("retraction")
        assert len({m["utterance"] for m in call.viewer.of_type("caption")}) == 1


async def test_a_numbering_that_restarts_after_a_reconnect_is_a_gap_of_unknown_size(tmp_path: Path) -> None:
    async with calling(tmp_path) as call:
        await call.say(9, "before the cut", final=True)
        call.upstream.add_faults(AbortFault())
        await call.reconnected()
        await call.say(1, "after the cut", final=True)
        await eventually(lambda: bool(call.viewer.of_type("gap")))
        assert call.viewer.of_type("gap")[0]["lost"] is None


async def test_a_normal_close_ends_the_session_and_retracts_what_is_open(tmp_path: Path) -> None:
    async with calling(tmp_path) as call:
        await call.say(1)
        call.upstream.add_faults(CloseFault(code=1000))
        await eventually(lambda: call.viewer.closed_with == 4510)
        assert call.types()[-3:] == ["retraction", "session", "bye"]
        ended = call.viewer.of_type("session")[-1]
        assert (ended["state"], ended["reason"]) == ("ended", "upstream_closed")
        late = Viewer(call.daemon.url, SESSION, "sse")
        await late.watch()
        assert [m["type"] for m in late.messages] == ["welcome", "snapshot", "bye"]
        assert late.messages[-1]["code"] == 4510


@pytest.mark.parametrize("junk", list(Junk))
async def test_garbage_costs_only_itself(tmp_path: Path, junk: Junk) -> None:
    """The frames around it are delivered and what cannot be read is counted; a frame over the limit is a reconnect."""
    async with calling(tmp_path) as call:
        await call.say(1, "before it", final=True)
        call.upstream.add_faults(GarbageFault(what=junk))
        if junk is not Junk.EMPTY_ARRAY:  # which is a frame like any other, with nothing in it
            await eventually(lambda: call.noticed > 0)
        if junk is Junk.HUGE:
            await eventually(lambda: call.ledger.subscriptions_ever[SESSION] == 2)
        await eventually(lambda: call.view["state"] == "live" and call.ledger.subscriptions_now[SESSION] == 1)
        await call.say(2, "after it", final=True)
        await eventually(lambda: [m["text"] for m in call.viewer.of_type("caption")] == ["before it", "after it"])
        assert not call.viewer.of_type("gap")
        assert call.view["state"] == "live"


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        (RefuseFault(on=On.TOKEN, status=401, times=None), 502, "upstream_refused"),
        (RefuseFault(on=On.ACTIVATION, status=400, message="no such session", times=None), 502, "upstream_refused"),
        (RefuseFault(on=On.ACTIVATION, status=401, times=None), 502, "upstream_refused"),
        (RefuseFault(on=On.ACTIVATION, status=403, times=None), 502, "upstream_refused"),
        (RefuseFault(on=On.HANDSHAKE, status=403, times=None), 502, "upstream_refused"),
        (RefuseFault(on=On.ACTIVATION, status=429, retry_after_s=0, times=None), 503, "upstream_rate_limited"),
    ],
)
async def test_what_upstream_refuses_is_told_to_who_asked(
    tmp_path: Path, fault: RefuseFault, status: int, code: str
) -> None:
    async with (
        Simulator(unknown="silent", faults=[fault]) as upstream,
        daemon_here(tmp_path, upstream) as daemon,
    ):
        answered, body, headers = await create(daemon)
        assert (answered, body["code"]) == (status, code)
        if fault.status == 403:
            assert "conversation:transcription:view" in body["detail"]
        if fault.message is not None:
            assert fault.message in body["detail"]
        if status == 503:
            assert int(headers["Retry-After"]) >= 0
            assert upstream.ledger.count("activation", 429) == 4  # three tries after the first
        assert daemon.sessions.list() == []
        assert upstream.ledger.subscriptions_now[SESSION] == 0


@pytest.mark.parametrize("status", [404, None])
async def test_a_refused_subscription_fails_the_session_with_the_servers_words(
    tmp_path: Path, status: int | None
) -> None:
    fault = RefuseFault(on=On.SUBSCRIBE, status=status, message="nobody of that name", times=None)
    async with (
        Simulator(unknown="silent", faults=[fault]) as upstream,
        daemon_here(tmp_path, upstream) as daemon,
    ):
        await create(daemon)  # an acknowledgement is not waited for, so the refusal may come after the answer
        view = None

        def failed() -> bool:
            nonlocal view
            view = daemon.sessions.get(SessionId(SESSION))
            return view is not None and view["state"] == "failed"

        await eventually(failed)
        assert view is not None and "nobody of that name" in view["reason"]
        viewer = Viewer(daemon.url, SESSION)
        await viewer.watch()
        assert (viewer.messages[0]["state"], viewer.closed_with) == ("failed", 4510)


@pytest.mark.parametrize(
    "fault",
    [
        RefuseFault(on=On.TOKEN, status=503),
        RefuseFault(on=On.TOKEN, status=429, retry_after_s=0),
        RefuseFault(on=On.ACTIVATION, status=401),
        RefuseFault(on=On.ACTIVATION, status=429, retry_after_s=1),
        RefuseFault(on=On.ACTIVATION, status=429, retry_after_date_s=1),
        RefuseFault(on=On.ACTIVATION, status=500),
        RefuseFault(on=On.HANDSHAKE, status=401),
        RefuseFault(on=On.HANDSHAKE, status=429, retry_after_s=0),
        RefuseFault(on=On.HANDSHAKE, status=502),
        RefuseFault(on=On.SUBSCRIBE, status=429, retry_after_s=0),
    ],
)
async def test_what_passes_is_tried_again_until_the_session_is_live(tmp_path: Path, fault: RefuseFault) -> None:
    async with calling(tmp_path, fault) as call:
        await call.say(1, final=True)
        await eventually(lambda: bool(call.viewer.of_type("caption")))
        assert call.view["state"] == "live"
        assert call.ledger.max_concurrent_subscriptions[SESSION] == 1


async def test_a_token_that_ends_in_the_middle_is_replaced(tmp_path: Path) -> None:
    async with calling(tmp_path) as call:
        await call.say(1, final=True)
        issued = call.ledger.tokens_issued
        call.upstream.add_faults(ExpireTokensFault(close_code=4401))
        await call.reconnected()
        await call.say(2, final=True)
        await eventually(lambda: len(call.viewer.of_type("caption")) == 2)
        assert call.ledger.tokens_issued == issued + 1


async def test_delete_unsubscribes_and_ends_the_stream_of_its_viewers(tmp_path: Path) -> None:
    async with calling(tmp_path) as call:
        await call.say(1)
        async with (
            aiohttp.ClientSession() as http,
            http.delete(f"{call.daemon.url}/v1/sessions/{SESSION}") as answer,
        ):
            assert answer.status == 204
        await eventually(lambda: call.viewer.closed_with == 4510)
        assert call.ledger.unsubscribes[SESSION] == 1
        await eventually(lambda: list(call.ledger.close_codes) == [1000])
        assert call.viewer.of_type("session")[-1]["reason"] == "deleted"
