"""The account against the project's own Genesys, which somebody else wrote from the same contract: whole sessions, with
everything that goes wrong on a real network. Waits between tries are simulated; the sockets are real."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest

from captiond.base.errors import MissingPermission, RateLimited, UpstreamRefused
from captiond.base.ids import SessionId
from captiond.genesys.client import Genesys
from captiond.genesys.oauth import Credentials
from captiond.genesys.payloads import MediaRequest
from captiond.genesys.regions import resolve
from captiond.genesys.stream import Timing
from captiond.simulator import Simulator, parse_faults
from tests.genesys.small_genesys import HighChance, RecordingAudit, RecordingMeter, RecordingSink, SimulatedTime

EVENTS = 60
SESSION = SessionId("m-1")


class Field:
    """One account against one simulator; whoever waits between two tries is woken at once."""

    def __init__(self, simulator: Simulator) -> None:
        self.simulator, self.time = simulator, SimulatedTime()
        self.meter, self.audit, self.sink = RecordingMeter(), RecordingAudit(), RecordingSink()
        self.genesys = Genesys(
            resolve(
                region="us-east-1",
                login_url=simulator.login_url,
                api_url=simulator.api_url,
                stream_url=simulator.stream_url,
            ),
            Credentials("client-1", "s3cr3t-of-the-client"),
            clock=self.time,
            chance=HighChance(),
            meter=self.meter,
            audit=self.audit,
            sleep=self.time.sleep,
            timing=Timing(open_timeout_s=0.5, close_timeout_s=0.5),
            answer_timeout_s=0.5,
        )

    async def let_time_pass(self) -> None:
        """Ends every wait as soon as it begins, but for the pings: those are left to the test."""
        while True:
            await self.time.pass_delay(lambda delay_s: abs(delay_s - 15.0) > 1e-6)

    @property
    def causes(self) -> list[str]:
        return [step[1] for step in self.sink.story if step[0] == "disconnected"]


@asynccontextmanager
async def field(faults: bytes = b"[]", **options: Any) -> AsyncIterator[Field]:
    async with Simulator(
        faults=parse_faults(faults, name="faults of the test"), speed=1000.0, resume="hold", **options
    ) as simulator:
        simulator.play(SESSION, script(EVENTS))
        ground = Field(simulator)
        async with ground.genesys:
            yield ground


def script(count: int) -> Sequence[dict[str, Any]]:
    """So many events, one each second, every fifth a final."""
    return [
        {
            "eventType": "transcription",
            "eventSequence": number,
            "mediaSessionId": "m-1",
            "transcript": f"hello number {number}",
            "isPartial": number % 5 != 0,
            "timestamp": f"2026-10-21T07:{number // 60:02d}:{number % 60:02d}.000Z",
        }
        for number in range(1, count + 1)
    ]


async def followed(ground: Field) -> Any:
    """Activates and follows the session to its end."""
    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        passing = group.create_task(passed_time(ground))
        await ground.genesys.activate(MediaRequest(SESSION))
        ended = await ground.genesys.follow(SESSION, ground.sink)
        passing.cancel()
    return ended


async def passed_time(ground: Field) -> None:
    while True:
        try:
            await ground.let_time_pass()
        except TimeoutError:  # nobody waited for a while: nothing went wrong
            continue


async def test_a_whole_session_in_order_and_over_when_upstream_says_so() -> None:
    async with field() as ground:
        ended = await followed(ground)
        ledger = ground.simulator.ledger
        assert (ended.reason, ended.failed) == ("upstream_closed", False)
        assert await ground.sink.sequences(EVENTS) == list(range(1, EVENTS + 1))
        assert [arrival.final for arrival in ground.sink.arrivals].count(True) == EVENTS // 5
        assert (ledger.tokens_issued, ledger.activations[SESSION], ledger.sockets_ever) == (1, 1, 1)
        assert ledger.unactivated_subscriptions[SESSION] == 0
        assert ground.sink.story == [("subscribed", False)]


@pytest.mark.parametrize(
    ("faults", "causes"),
    [
        (b'[{"fault":"abort","afterEvent":20}]', ["connection lost"]),
        (b'[{"fault":"close","code":1012,"afterEvent":20}]', ["closed 1012"]),
        (
            b'[{"fault":"close","code":1011,"afterEvent":10},{"fault":"close","code":4000,"afterEvent":30}]',
            ["closed 1011", "closed 4000"],
        ),
        (
            b'[{"fault":"abort","afterEvent":20},{"fault":"refuse","on":"handshake","status":503,"skip":1,"times":3}]',
            ["connection lost", "status 503", "status 503", "status 503"],
        ),
        (
            b'[{"fault":"abort","afterEvent":20},{"fault":"drop","on":"handshake","skip":1,"times":2}]',
            ["connection lost", "no usable answer", "no usable answer"],
        ),
        (b'[{"fault":"slow","on":"handshake","delayS":5}]', ["no usable answer"]),
        (b'[{"fault":"expire-tokens","afterEvent":20,"closeCode":4401}]', ["closed 4401"]),
        (
            b'[{"fault":"expire-tokens","afterEvent":20},{"fault":"abort","afterEvent":21}]',
            ["connection lost", "token refused"],
        ),
        (b'[{"fault":"refuse","on":"handshake","status":429,"retryAfterS":9,"times":2}]', ["rate limited"] * 2),
        (b'[{"fault":"refuse","on":"subscribe","status":429,"times":3}]', ["rate limited"] * 3),
    ],
)
async def test_whatever_breaks_no_event_is_lost_and_no_two_subscriptions_meet(faults: bytes, causes: list[str]) -> None:
    async with field(faults) as ground:
        ended = await followed(ground)
        assert ended.reason == "upstream_closed"
        assert await ground.sink.sequences(EVENTS) == list(range(1, EVENTS + 1))
        assert ground.causes == causes
        assert ground.simulator.ledger.max_concurrent_subscriptions[SESSION] == 1
        assert ground.meter.counts["upstream_reconnects_total"] == len(causes)


@pytest.mark.parametrize(
    ("faults", "reason"),
    [
        (b'[{"fault":"refuse","on":"handshake","status":403}]', "missing permission: conversation:transcription:view"),
        (b'[{"fault":"refuse","on":"handshake","status":401,"times":null}]', "refused with 401"),
        (b'[{"fault":"refuse","on":"handshake","status":404,"message":"gone fishing"}]', "gone fishing"),
        (b'[{"fault":"refuse","on":"subscribe","message":"gone fishing"}]', "gone fishing"),
        (b'[{"fault":"refuse","on":"subscribe","status":403,"message":"needs a:b:c"}]', "missing permission: a:b:c"),
        (b'[{"fault":"refuse","on":"subscribe","status":429,"times":null}]', "rate limited"),
        (b'[{"fault":"refuse","on":"handshake","status":429,"times":null}]', "rate limited"),
    ],
)
async def test_what_cannot_pass_fails_with_upstreams_words(faults: bytes, reason: str) -> None:
    async with field(faults) as ground:
        ended = await followed(ground)
        assert ended.failed
        assert reason in ended.reason
        assert ground.sink.arrivals == []
        assert ground.simulator.ledger.sockets_now == 0


@pytest.mark.parametrize(
    ("what", "reason"),
    [
        ("not-json", "not_json"),
        ("bad-utf8", "not_json"),
        ("empty", "not_json"),
        ("bare-value", "not_an_object"),
        ("missing-keys", None),
        ("wrong-types", None),
        ("null-transcript", "transcript"),
        ("bad-timestamp", "timestamp"),
        ("other-session", "other_session"),
        ("binary", None),
        ("deep", "not_json"),
    ],
)
async def test_garbage_is_counted_and_costs_no_event(what: str, reason: str | None) -> None:
    async with field(b'[{"fault":"garbage","what":"%s","afterEvent":20,"times":3}]' % what.encode()) as ground:
        await followed(ground)
        assert await ground.sink.sequences(EVENTS) == list(range(1, EVENTS + 1))
        assert ground.causes == []
        counted = {key: number for key, number in ground.meter.counts.items() if key.startswith("upstream_rejected")}
        assert sum(counted.values()) >= 3
        if reason is not None:
            assert list(counted) == [f"upstream_rejected_total{{reason={reason}}}"]


@pytest.mark.parametrize("what", ["empty-array", "unknown-event"])
async def test_what_a_server_may_send_is_no_garbage(what: str) -> None:
    async with field(b'[{"fault":"garbage","what":"%s","afterEvent":20}]' % what.encode()) as ground:
        await followed(ground)
        assert await ground.sink.sequences(EVENTS) == list(range(1, EVENTS + 1))
        assert not any(key.startswith("upstream_rejected") for key in ground.meter.counts)


async def test_a_frame_of_64_mib_costs_the_connection_not_the_stream() -> None:
    async with field(b'[{"fault":"garbage","what":"huge","sizeBytes":67108864,"afterEvent":20}]') as ground:
        await followed(ground)
        assert await ground.sink.sequences(EVENTS) == list(range(1, EVENTS + 1))
        assert ground.causes == ["frame too big"]


async def test_a_silent_server_is_left_after_40_s() -> None:
    async with field(b'[{"fault":"silence","afterEvent":20}]') as ground, asyncio.TaskGroup() as group:
        await ground.genesys.activate(MediaRequest(SESSION))
        following = group.create_task(ground.genesys.follow(SESSION, ground.sink))
        await ground.sink.sequences(20)
        started_s = ground.time.monotonic
        for _ in range(3):  # two pings, then the rest of the 40 s
            await ground.time.pass_delay(lambda delay_s: delay_s > 1.0)
        assert ground.time.monotonic - started_s == pytest.approx(40.0, abs=1.0)
        await ground.time.pass_delay(lambda delay_s: delay_s < 1.0)
        assert ground.causes == ["silent"]
        assert (await following).reason == "upstream_closed"
    assert await ground.sink.sequences(EVENTS) == list(range(1, EVENTS + 1))


async def test_cancelling_unsubscribes() -> None:
    async with field(at_end="stay") as ground, asyncio.TaskGroup() as group:
        await ground.genesys.activate(MediaRequest(SESSION))
        following = group.create_task(ground.genesys.follow(SESSION, ground.sink))
        await ground.sink.sequences(EVENTS)
        following.cancel()
        await asyncio.wait([following])
        ledger = ground.simulator.ledger
        assert (ledger.unsubscribes[SESSION], ledger.subscriptions_now[SESSION]) == (1, 0)
        assert list(ledger.close_codes) == [1000]


@pytest.mark.parametrize(
    ("faults", "kind", "words"),
    [
        (b'[{"fault":"refuse","on":"activation","status":403}]', MissingPermission, "conversation:transcription:view"),
        (
            b'[{"fault":"refuse","on":"activation","status":404,"message":"no such call"}]',
            UpstreamRefused,
            "no such call",
        ),
        (b'[{"fault":"refuse","on":"activation","status":429,"retryAfterS":3,"times":null}]', RateLimited, "3 s"),
        (b'[{"fault":"refuse","on":"token","status":400,"message":"bad client"}]', UpstreamRefused, "token: "),
    ],
)
async def test_an_activation_that_is_refused(faults: bytes, kind: type[Exception], words: str) -> None:
    async with field(faults) as ground:
        with pytest.raises(kind, match=words):
            await activated(ground)
        assert ground.simulator.ledger.activations[SESSION] == 0


@pytest.mark.parametrize(
    "faults",
    [
        b'[{"fault":"refuse","on":"activation","status":503,"times":4}]',
        b'[{"fault":"refuse","on":"activation","status":401}]',
        b'[{"fault":"refuse","on":"activation","status":429,"times":3}]',
        b'[{"fault":"drop","on":"activation","times":2}]',
        b'[{"fault":"slow","on":"activation","delayS":5}]',
        b'[{"fault":"broken","on":"activation","what":"not-json"}]',
        b'[{"fault":"broken","on":"activation","what":"huge"}]',
        b'[{"fault":"broken","on":"token","what":"missing-keys"}]',
        b'[{"fault":"broken","on":"token","what":"wrong-types"}]',
        b'[{"fault":"refuse","on":"token","status":500,"times":4}]',
    ],
)
async def test_an_activation_that_succeeds_in_the_end(faults: bytes) -> None:
    async with field(faults) as ground:
        await activated(ground)
        assert ground.simulator.ledger.activations[SESSION] >= 1


async def activated(ground: Field) -> None:
    outcome: Exception | None = None
    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        passing = group.create_task(passed_time(ground))
        try:
            await ground.genesys.activate(MediaRequest(SESSION))
        except (MissingPermission, UpstreamRefused, RateLimited) as error:
            outcome = error
        passing.cancel()
    if outcome is not None:
        raise outcome
