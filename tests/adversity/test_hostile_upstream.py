"""An upstream that wants to fill the daemon's memory: whatever it sends, a session stays as large as it may be."""

from collections import deque
from collections.abc import Callable, Iterator, Sized
from typing import Any

import pytest

from captiond.base.ids import RawText, SessionId, UtteranceId
from captiond.base.observe import NullAudit, NullMeter
from captiond.core.arrival import Arrival
from captiond.hub.limits import Limits
from captiond.hub.live import Live
from captiond.hub.rooms import Rooms
from captiond.serve.encode import Encoder
from tests.hub.stage import HideRedactor, VirtualClock

EVENTS = 3_000
MOST = 1_100  # the log keeps 1,000 messages, the figures 1,024 finals; nothing else keeps more
SESSION = SessionId("s")


class BrokenRedactor(HideRedactor):
    """Judges nothing, so everything is masked, for good."""

    def caption(self, utterance: UtteranceId, text: RawText, *more: Any) -> Any:
        raise ValueError(text)


def _event(
    i: int, text: str, *, final: bool = False, sequence: int = 0, second: float | None = None, **more: Any
) -> Any:
    at_s = 1_718_447_400.0 + i / 100 if second is None else second
    return Arrival(SESSION, sequence or i + 1, RawText(text), final, "2024-06-15T10:30:00Z", at_s, **more)


ATTACKS: dict[str, Callable[[int], Arrival]] = {
    "partials that never end": lambda i: _event(i, f"HIDE {i}", utterance_id=f"u{i}"),
    "finals of ever new utterances": lambda i: _event(i, f"HIDE {i}", final=True, utterance_id=f"u{i}"),
    "finals rewritten for ever": lambda i: _event(i, f"HIDE {i}", final=True, utterance_id=f"u{i % 3}"),
    "more finals rewritten than are known": lambda i: _event(i, f"HIDE {i}", final=True, utterance_id=f"u{i % 300}"),
    "a gap before each event": lambda i: _event(i, f"HIDE {i}", sequence=1 + 10**9 * i),
    "a new numbering each time": lambda i: _event(i, f"x {i}", sequence=5 - i % 2 * 4, second=3.0 * i),
    "times back to 1970": lambda i: _event(i, f"HIDE {i}", final=True, second=2.5e11 if i == 1 else 0.0),
    "ever earlier starts": lambda i: _event(i, f"word {i}", final=True, start_ms=10**9 - i),
    "both channels": lambda i: _event(i, f"HIDE {i}", final=i % 5 == 0, channel=("internal", "external")[i % 2]),
}


@pytest.mark.parametrize("redactor", [HideRedactor, BrokenRedactor])
@pytest.mark.parametrize("attack", ATTACKS)
def test_a_session_stays_as_large_as_it_may(attack: str, redactor: type[HideRedactor]) -> None:
    clock = VirtualClock()
    rooms = Rooms(
        encode=Encoder(),
        clock=clock,
        meter=NullMeter(),
        audit=NullAudit(),
        redactor=redactor,
        call=object,
        kinds=frozenset(),
        limits=Limits(),
    )
    live = rooms.open(SESSION, source="media", language="en-US", created_at="2024-06-15T10:30:00Z")
    for i in range(EVENTS):
        clock.monotonic += 0.001
        rooms.deliver(ATTACKS[attack](i), received_s=clock.monotonic)
    large = {path: len(found) for path, found in _containers(live) if len(found) > MOST}
    assert not large
    rooms.end(SESSION)
    rooms.forget(SESSION)
    assert not [path for path, found in _containers(rooms) if len(found) > MOST]


def _containers(root: Live | Rooms) -> Iterator[tuple[str, Sized]]:
    """Every collection within an object of ours, and where it is."""
    seen: set[int] = set()
    waiting: list[tuple[str, Any]] = [(type(root).__name__, root)]
    while waiting:
        path, thing = waiting.pop()
        if id(thing) in seen:
            continue
        seen.add(id(thing))
        if isinstance(thing, dict | list | tuple | set | frozenset | deque):
            yield path, thing
            inner = list(thing.values()) if isinstance(thing, dict) else list(thing)
            waiting += [(f"{path}[]", one) for one in (inner[:2] + inner[-2:])]
        elif type(thing).__module__.startswith(("captiond.", "tests.")):
            names = [*getattr(thing, "__dict__", ()), *(n for c in type(thing).__mro__ for n in _slots(c))]
            waiting += [(f"{path}.{name}", getattr(thing, name)) for name in names if hasattr(thing, name)]


def _slots(kind: type) -> tuple[str, ...]:
    slots: Any = kind.__dict__.get("__slots__", ())
    return (slots,) if isinstance(slots, str) else tuple(slots)
