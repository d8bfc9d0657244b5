"""What happened at the simulator, counted for tests and for `GET /_simulator/state`. Never a secret, never a text."""

from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Any, Final

REQUESTS_KEPT: Final = 10_000  # of the newest; a test that makes more counts them another way
CLOSES_KEPT: Final = 10_000


@dataclass(frozen=True, slots=True)
class Seen:
    """One request: `operation` is token, activation, handshake, media or submission; the path has no query string."""

    operation: str
    method: str
    path: str
    status: int
    at_s: float
    session: str | None = None


@dataclass(slots=True)
class Ledger:
    """Counters by media session where they end in a session's name. All only rise, but for `..._now`.

    `transcriptions`: of stored media, by media id, as often as one was begun; `callbacks` and `callbacks_taken` by
    transcription, as often as one was sent, and answered with 2xx. `conversations`: of web messaging, as often as the
    messages of one were handed out. `max_requests_per_s`: to the API within any second.
    `close_codes`: how clients ended their sockets (None: without a close frame); `closes_sent`: how the server did.
    """

    tokens_issued: int = 0
    activations: Counter[str] = field(default_factory=Counter)
    subscriptions_now: Counter[str] = field(default_factory=Counter)
    subscriptions_ever: Counter[str] = field(default_factory=Counter)
    max_concurrent_subscriptions: Counter[str] = field(default_factory=Counter)
    unactivated_subscriptions: Counter[str] = field(default_factory=Counter)
    unsubscribes: Counter[str] = field(default_factory=Counter)
    refused_subscriptions: Counter[str] = field(default_factory=Counter)
    events_sent: Counter[str] = field(default_factory=Counter)
    events_missed: Counter[str] = field(default_factory=Counter)
    sockets_now: int = 0
    sockets_ever: int = 0
    max_sockets: int = 0
    transcriptions: Counter[str] = field(default_factory=Counter)
    conversations: Counter[str] = field(default_factory=Counter)
    callbacks: Counter[str] = field(default_factory=Counter)
    callbacks_taken: Counter[str] = field(default_factory=Counter)
    rate_limited: int = 0
    max_requests_per_s: int = 0
    pings_seen: int = 0
    bad_frames: int = 0
    close_codes: deque[int | None] = field(default_factory=lambda: deque(maxlen=CLOSES_KEPT))
    closes_sent: deque[int] = field(default_factory=lambda: deque(maxlen=CLOSES_KEPT))
    requests: deque[Seen] = field(default_factory=lambda: deque(maxlen=REQUESTS_KEPT))

    def opened(self) -> None:
        """A socket is open."""
        self.sockets_now += 1
        self.sockets_ever += 1
        self.max_sockets = max(self.max_sockets, self.sockets_now)

    def closed(self, code: int | None, *, by_client: bool) -> None:
        """A socket is gone; `code` is the client's close code, None where it sent none."""
        self.sockets_now -= 1
        if by_client:
            self.close_codes.append(code)

    def subscribed(self, session: str) -> None:
        self.subscriptions_now[session] += 1
        self.subscriptions_ever[session] += 1
        now = self.subscriptions_now[session]
        self.max_concurrent_subscriptions[session] = max(self.max_concurrent_subscriptions[session], now)

    def unsubscribed(self, session: str) -> None:
        self.subscriptions_now[session] -= 1

    def count(self, operation: str, status: int | None = None) -> int:
        """How many of the kept requests were of that operation (and had that status)."""
        return sum(seen.operation == operation and (status is None or seen.status == status) for seen in self.requests)

    def listing(self) -> dict[str, Any]:
        """All counters as JSON; the requests as counts by operation and status."""
        requests: Counter[str] = Counter(f"{seen.operation} {seen.status}" for seen in self.requests)
        return {
            "tokensIssued": self.tokens_issued,
            "activations": dict(self.activations),
            "subscriptionsNow": {key: number for key, number in self.subscriptions_now.items() if number},
            "subscriptionsEver": dict(self.subscriptions_ever),
            "maxConcurrentSubscriptions": dict(self.max_concurrent_subscriptions),
            "unactivatedSubscriptions": dict(self.unactivated_subscriptions),
            "unsubscribes": dict(self.unsubscribes),
            "refusedSubscriptions": dict(self.refused_subscriptions),
            "eventsSent": dict(self.events_sent),
            "eventsMissed": dict(self.events_missed),
            "socketsNow": self.sockets_now,
            "socketsEver": self.sockets_ever,
            "maxSockets": self.max_sockets,
            "transcriptions": dict(self.transcriptions),
            "conversations": dict(self.conversations),
            "callbacks": dict(self.callbacks),
            "callbacksTaken": dict(self.callbacks_taken),
            "rateLimited": self.rate_limited,
            "maxRequestsPerS": self.max_requests_per_s,
            "pingsSeen": self.pings_seen,
            "badFrames": self.bad_frames,
            "closeCodes": list(self.close_codes)[-100:],
            "closesSent": list(self.closes_sent)[-100:],
            "requests": dict(requests),
        }
