"""captiond.watch.follow against a real server: resume, refusals, giving up. Delays pass in simulated time."""

import random
from typing import Any

import pytest

from captiond.watch.follow import MAX_VIOLATIONS, BadAddress, Follow, WatchFailed, stream_address


class Times:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.at_s = 0.0
        self.slept: list[float] = []

    def now_s(self) -> float:
        return 1718445600.0 + self.at_s

    def monotonic_s(self) -> float:
        return self.at_s

    async def sleep(self, delay_s: float) -> None:
        self.slept.append(delay_s)
        self.at_s += delay_s


class Watcher:
    """A Follow that writes everything down."""

    def __init__(self, url: str, token: str | None = None) -> None:
        self.times = Times()
        self.states: list[str] = []
        self.heard: list[tuple[str, bool]] = []
        self.follow = Follow(
            stream_address(url, "call-1"),
            token=token,
            heard=lambda applied, _screen, _message, live: self.heard.append((applied.what, live)),
            said=self.states.append,
            clock=self.times,
            chance=random.Random(7),
            sleep=self.times.sleep,
        )

    @property
    def texts(self) -> list[str]:
        return [line.text for line in self.follow.screen.lines()]


async def test_it_resumes_by_position_after_a_broken_line_and_ends_with_the_session(
    station: Any, messages: Any
) -> None:
    first = [messages.welcome(), messages.snapshot(), messages.caption("u1", "one", final=True), "drop"]
    again = messages.welcome(recovered=True)
    replayed = messages.caption("u2", "two", final=True, sentAt="2024-06-15T09:59:59.000Z")
    second = [
        again,
        replayed,
        messages.caption("u3", "three", final=True),
        messages.state("ended"),
        messages.bye(4510),
        4510,
    ]
    station.scripts = [first, second]
    watcher = Watcher(station.url, token="s3cret")
    await watcher.follow.run()
    assert watcher.texts == ["one", "two", "three"]
    assert station.paths == ["/v1/sessions/call-1/ws", "/v1/sessions/call-1/ws?position=aaaaaaaa.1"]
    assert station.tokens == ["Bearer s3cret", "Bearer s3cret"]
    assert watcher.states[:3] == ["connecting", "live", "the connection was lost; trying again in 0.3 s"]
    assert "s3cret" not in "".join(watcher.states)
    live = [one for one in watcher.heard if one[0] == "caption"]
    assert live == [("caption", True), ("caption", False), ("caption", True)]


@pytest.mark.parametrize(
    ("status", "says"),
    [
        (401, "401: a valid viewer token"),
        (403, "403: "),
        (404, "404: there is no such session"),
        (410, "410: "),
        (400, "400: "),
    ],
)
async def test_refusals_that_last_are_said_at_once(station: Any, status: int, says: str) -> None:
    station.scripts = [status]
    watcher = Watcher(station.url)
    with pytest.raises(WatchFailed, match=says):
        await watcher.follow.run()
    assert watcher.times.slept == []


async def test_503_and_429_are_tried_again_after_retry_after(station: Any, messages: Any) -> None:
    station.retry_after = "4"
    station.scripts = [503, 429, [messages.welcome(), messages.snapshot(), messages.bye(4510), 4510]]
    watcher = Watcher(station.url)
    await watcher.follow.run()
    assert [4 <= delay_s < 6 for delay_s in watcher.times.slept] == [True, True]


async def test_an_address_where_nobody_answers_is_given_up_soon(station: Any) -> None:
    station.scripts = [502] * 100
    watcher = Watcher(station.url)
    with pytest.raises(WatchFailed, match="answered 502"):
        await watcher.follow.run()
    assert 15 <= watcher.times.at_s < 60
    unreachable = Watcher("http://127.0.0.1:9")  # the discard port: nobody listens on a test machine
    with pytest.raises(WatchFailed, match=r"cannot reach the daemon \(ConnectionRefusedError\)"):
        await unreachable.follow.run()


@pytest.mark.parametrize(
    ("code", "comes_back"), [(4001, True), (4005, True), (4008, True), (1011, True), (4500, False), (4507, False)]
)
async def test_close_codes(station: Any, messages: Any, code: int, *, comes_back: bool) -> None:
    begin = [messages.welcome(), messages.snapshot()]
    station.scripts = [[*begin, code], [*begin, messages.bye(4510), 4510]]
    watcher = Watcher(station.url)
    if comes_back:
        await watcher.follow.run()
        assert len(station.paths) == 2
    else:
        with pytest.raises(WatchFailed, match=str(code)):
            await watcher.follow.run()


async def test_a_bye_decides_where_the_close_frame_is_lost(station: Any, messages: Any) -> None:
    station.scripts = [[messages.welcome(), messages.snapshot(), messages.bye(4510), "drop"]]
    await Watcher(station.url).follow.run()
    assert len(station.paths) == 1


async def test_the_delay_of_a_bye_is_obeyed(station: Any, messages: Any) -> None:
    begin = [messages.welcome(), messages.snapshot()]
    station.scripts = [[*begin, messages.bye(4001, retry_ms=2500), 4001], [*begin, messages.bye(4510), 4510]]
    watcher = Watcher(station.url)
    await watcher.follow.run()
    assert len(watcher.times.slept) == 1
    assert 2.5 <= watcher.times.slept[0] <= 3.5


async def test_a_broken_protocol_begins_again_with_a_snapshot_and_at_last_ends(station: Any, messages: Any) -> None:
    begin = [messages.welcome(), messages.snapshot()]
    nonsense: list[Any] = [
        [*begin, "{"],
        [*begin, "[1]"],
        [*begin, {"type": "caption"}],
        [*begin, messages.welcome(recovered=True, at=5)],
    ]
    station.scripts = [*nonsense, [*begin, messages.bye(4510), 4510]]
    watcher = Watcher(station.url)
    await watcher.follow.run()
    assert all("position" not in path for path in station.paths)
    station.paths.clear()
    station.scripts = [[*begin, "{", "stay"]] * MAX_VIOLATIONS
    with pytest.raises(WatchFailed, match="again and again"):
        await Watcher(station.url).follow.run()


async def test_a_failed_session_says_its_reason(station: Any, messages: Any) -> None:
    station.scripts = [
        [
            messages.welcome(),
            messages.snapshot(),
            messages.state("failed", "missing permission"),
            messages.bye(4510),
            4510,
        ]
    ]
    with pytest.raises(WatchFailed, match="the session failed: missing permission"):
        await Watcher(station.url).follow.run()


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("http://127.0.0.1:8787", "ws://127.0.0.1:8787/v1/sessions/a:b/ws"),
        ("https://captions.example/base/", "wss://captions.example/base/v1/sessions/a:b/ws"),
        ("ws://[::1]:1", "ws://[::1]:1/v1/sessions/a:b/ws"),
    ],
)
def test_addresses(url: str, address: str) -> None:
    assert stream_address(url, "a:b").replace("%3A", ":") == address


@pytest.mark.parametrize(
    "url",
    [
        "",
        "localhost:8787",
        "ftp://h/",
        "http://",
        "http://h:99999",
        "http://h/?token=x",
        "http://u:p@h/",
        "http://h/#x",
    ],
)
def test_what_is_no_address_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(BadAddress) as refused:
        stream_address(url, "s")
    assert "token=x" not in str(refused.value)
    assert "u:p" not in str(refused.value)
