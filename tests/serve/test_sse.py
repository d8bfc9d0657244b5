"""Captions as server-sent events, read off the socket by hand: what EventSource would see, byte for byte."""

import asyncio

import pytest

from captiond.base.ids import SessionId
from captiond.core.messages import SessionState
from captiond.hub.limits import Limits as HubLimits
from captiond.serve.access import Rules
from tests.serve.serving import SECRET, Served, raw, serving, until

EVENTS = "/v1/sessions/s1/events"


async def test_headers_and_events_are_what_eventsource_and_proxies_need(served: Served) -> None:
    served.open()
    answer = await raw(served, EVENTS)
    assert answer.status == 200
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert answer.headers["x-accel-buffering"] == "no"
    assert answer.headers["cache-control"] == "no-store, no-transform"
    welcome, snapshot = await answer.event(), await answer.event()
    assert (welcome["event"], snapshot["event"]) == ("welcome", "snapshot")
    assert welcome["id"] == snapshot["id"]
    served.say("hello", final=True)
    caption = await answer.event()
    epoch, _, index = welcome["id"].partition(".")
    assert (caption["event"], caption["id"]) == ("caption", f"{epoch}.{int(index) + 1}")


async def test_http_1_0_works_too_as_through_an_old_proxy(served: Served) -> None:
    served.open()
    answer = await raw(served, EVENTS, version="1.0")
    assert (await answer.message())["type"] == "welcome"
    assert "transfer-encoding" not in answer.headers


async def test_the_header_wins_over_the_query(served: Served) -> None:
    served.open()
    first = await raw(served, EVENTS)
    position = (await first.event())["id"]
    served.say("one", final=True)
    served.say("two", final=True)
    newer = [await first.event() for _ in range(3)][1]["id"]
    first.cut()
    again = await raw(served, f"{EVENTS}?position={position}", f"Last-Event-ID: {newer}")
    welcome, caption = await again.message(), await again.message()
    assert (welcome["recovered"], caption["text"]) == (True, "two")
    stale = await raw(served, f"{EVENTS}?position={position}")
    assert [(await stale.message()).get("text") for _ in range(3)] == [None, "one", "two"]


async def test_a_comment_comes_every_15_s(served: Served) -> None:
    served.open()
    answer = await raw(served, EVENTS)
    await answer.message(), await answer.message()
    served.pass_time(14.9)
    served.pass_time(0.2)
    assert await asyncio.wait_for(answer.reader.readuntil(b"\n\n"), 5) == b":\n\n"
    served.pass_time(15.1)
    lines = await asyncio.wait_for(answer.reader.readuntil(b"\n\n"), 5)
    while lines != b":\n\n":  # the hub's ping is due as well
        lines = await asyncio.wait_for(answer.reader.readuntil(b"\n\n"), 5)


async def test_while_draining_200_retry_and_bye(served: Served) -> None:
    served.open()
    served.draining_ms = 3000
    answer = await raw(served, EVENTS)
    assert answer.status == 200
    assert answer.headers["content-type"].startswith("text/event-stream")
    event = await answer.event()
    assert (event["retry"], event["event"]) == ("3000", "bye")
    assert '"code":4001' in event["data"]


async def test_an_ended_session_is_replayed_then_bye_then_204_stops_the_browser(served: Served) -> None:
    served.open()
    first = await raw(served, EVENTS)
    served.say("the end", final=True)
    served.rooms.end(SessionId("s1"), SessionState.ENDED, None)
    events = [await first.event() for _ in range(5)]
    assert [event["event"] for event in events] == ["welcome", "snapshot", "caption", "session", "bye"]
    assert await asyncio.wait_for(first.rest(), 5) == b""
    end = events[3]["id"]
    assert "id" not in events[4]
    stopped = await raw(served, EVENTS, f"Last-Event-ID: {end}")
    assert stopped.status == 204
    before = await raw(served, EVENTS, f"Last-Event-ID: {events[2]['id']}")
    assert [(await before.event())["event"] for _ in range(3)] == ["welcome", "session", "bye"]
    late = await raw(served, EVENTS)
    assert [(await late.event())["event"] for _ in range(3)] == ["welcome", "snapshot", "bye"]


async def test_a_viewer_that_goes_is_forgotten_at_once(served: Served) -> None:
    live = served.open()
    answer = await raw(served, EVENTS)
    await answer.message()
    assert live.viewers == 1
    answer.cut()
    await until(lambda: live.viewers == 0)


async def test_head_shows_the_headers_and_takes_no_seat(served: Served) -> None:
    live = served.open()
    answer = await raw(served, EVENTS, method="HEAD")
    assert (answer.status, answer.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
    assert live.viewers == 0


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        (EVENTS, 401, "token_required"),
        (f"{EVENTS}?token=x.y.z", 401, "bad_token"),
        ("/v1/sessions/s2/events?token={token}", 403, "forbidden_session"),
        ("/v1/sessions/s3/events?token={token}", 404, "session_not_found"),
        ("/v1/sessions/gone/events?token={token}", 410, "session_gone"),
        (f"{EVENTS}?token={{token}}", 429, "too_many_connections"),
    ],
)
async def test_refusals(path: str, status: int, code: str) -> None:
    async with serving(secret=SECRET, hub_limits=HubLimits(max_connections=0)) as served:
        served.open()
        served.open("gone")
        served.rooms.forget(SessionId("gone"))
        token = served.mint("s1", "s3", "gone")
        async with served.http.get(served.url + path.format(token=token)) as answer:
            assert answer.content_type == "application/problem+json"
            assert (answer.status, (await answer.json(content_type=None))["code"]) == (status, code)


async def test_browsers_of_configured_origins_may_read_others_may_not() -> None:
    async with serving(rules=Rules(allowed_origins=("https://good.example",))) as served:
        served.open()
        good = await raw(served, EVENTS, "Origin: https://good.example")
        assert good.status == 200
        assert good.headers["access-control-allow-origin"] == "https://good.example"
        assert good.headers["vary"] == "Origin"
        evil = await raw(served, EVENTS, "Origin: https://evil.example")
        assert evil.status == 403
        assert "access-control-allow-origin" not in evil.headers
        own = await raw(served, EVENTS, f"Origin: http://127.0.0.1:{served.port}")
        assert own.status == 200


async def test_a_viewer_that_reads_nothing_is_cut_after_a_while(served: Served) -> None:
    """The stream is over, its last bytes never leave: the connection does not stay for ever."""
    live = served.open()
    answer = await raw(served, EVENTS)
    await answer.message()
    answer.reader._transport.pause_reading()  # type: ignore[attr-defined]
    for number in range(400):
        served.say(f"{number} " + "word " * 400, final=True)
        await asyncio.sleep(0)
    assert (live.viewers, served.connections) == (1, 1)
    served.rooms.drain(1000)
    await until(lambda: live.viewers == 0)
    await until(lambda: served.connections == 0)
