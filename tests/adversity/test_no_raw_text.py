"""Whatever fails inside, and wherever: what people said gets into nothing but captions, and only one session notices.

At each step of the live path in turn, what the daemon does for one session raises an exception whose message, arguments
and local variables are that session's raw text. Then the text is looked for wherever the daemon writes.
"""

import asyncio
import contextlib
import io
import logging
import re
from collections.abc import AsyncIterator, Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from captiond.audit import AuditLog
from captiond.base.ids import SessionId
from captiond.base.tail import Tail
from captiond.core.board import Board
from captiond.core.continuity import Continuity
from captiond.core.redact import Redactor
from captiond.core.revise import Revise, Utterance
from captiond.core.room import Room
from captiond.daemon import Daemon
from captiond.db import kept, store
from captiond.genesys import dialect_media
from captiond.hub import ledger
from captiond.hub.figures import Figures
from captiond.hub.live import Live
from captiond.logs import JsonLines, TextLines
from captiond.metrics import Meter
from captiond.serve.crowd import TransportCrowd
from captiond.serve.encode import Encoder
from captiond.serve.outlet import TransportOutlet
from captiond.simulator.server import Simulator
from tests.harness import Json, Viewer, daemon_here, eventually, start

HURT, CALM = SessionId("hurt-1"), SessionId("calm-1")
DIGITS, WORD = "4111 1111 1111 1111", "zebrafinch"
SAID = f"my card number is {DIGITS} and the word is {WORD}"
SHOWN_DIGITS = re.compile(r"[14]111")
WRITTEN_DIGITS = re.compile(r"[14]111[ .,-]?1111")  # in files, where a hash may hold four digits by chance

_whose: ContextVar[str] = ContextVar("whose", default="")


class Leak(Exception):
    """An exception as careless code raises it: it quotes what it was working on."""


def _leak(*_args: Any, **_kwargs: Any) -> Any:
    what_was_said = SAID
    raise Leak(what_was_said, {"transcript": what_was_said})


@dataclass(frozen=True)
class Step:
    """One place on the live path.

    Attributes:
        owner, name: what is made to fail.
        passes: captions of the session still come out (masked where they must be): the step is no part of making them.
        masks: nothing that was said may come out, since what judges it has failed.
        lives: the session goes on after the fault.
    """

    owner: Any
    name: str
    passes: bool = False
    masks: bool = False
    lives: bool = True

    def __str__(self) -> str:
        return f"{getattr(self.owner, '__name__', self.owner).rpartition('.')[2]}.{self.name}"


STEPS = (
    Step(dialect_media, "decode_event"),
    Step(Continuity, "receive", lives=False),
    Step(Redactor, "__init__", masks=True),
    Step(Redactor, "caption", masks=True),
    Step(Redactor, "expire", masks=True),
    Step(Redactor, "retract", passes=True),
    Step(Redactor, "lose", passes=True),
    Step(Redactor, "end", passes=True),
    Step(Redactor, "due_s", masks=True),
    Step(Room, "_open", lives=False),
    Step(Room, "_close", lives=False),
    Step(Room, "_show_all", lives=False),
    Step(Room, "tick", passes=True),
    Step(Room, "end", passes=True),
    Step(Utterance, "heard", lives=False),
    Step(Revise, "begin", lives=False),
    Step(Revise, "show", lives=False),
    Step(Revise, "retract", passes=True, lives=False),
    Step(Encoder, "message", lives=False),
    Step(Encoder, "snapshot", passes=True),
    Step(Encoder, "bye", passes=True),
    Step(Tail, "append", lives=False),
    Step(Board, "apply", lives=False),
    Step(Board, "picture", passes=True),
    Step(TransportCrowd, "send"),
    Step(TransportOutlet, "write"),
    Step(TransportOutlet, "raw"),
    Step(ledger.Ledger, "_lost", passes=True),
    Step(ledger.Ledger, "_record", passes=True),
    Step(Figures, "latency", passes=True),
    Step(Figures, "said", passes=True),
    Step(Meter, "count", passes=True),
    Step(Meter, "observe", passes=True),
    Step(AuditLog, "record", passes=True),
    Step(AuditLog, "_seal", passes=True),
    Step(store.Store, "keep_final", passes=True),
    Step(store.Store, "_turn", passes=True),
    Step(store.Store, "_execute", passes=True),
    Step(kept, "finals_of", passes=True),
)


@dataclass
class Scene:
    """Two sessions of one daemon, each with a viewer over each transport, and everything that could hold text."""

    daemon: Daemon
    upstream: Simulator
    viewers: dict[SessionId, list[Viewer]]
    bodies: list[str] = field(default_factory=list)
    sent: dict[str, int] = field(default_factory=dict)

    async def say(self, session: SessionId, sequence: int, text: str, *, final: bool, second: int) -> None:
        """One event; event time is told, so that silence passes at once."""
        event = {
            "eventSequence": sequence,
            "transcript": text,
            "isPartial": not final,
            "channel": "internal" if sequence == 1 else "external",
            "timestamp": f"2026-01-01T10:00:{second:02}.000Z",
        }
        await self.upstream.emit(session, event)

    async def ask(self, method: str, path: str) -> int:
        """One request; its answer is looked through at the end."""
        timeout = aiohttp.ClientTimeout(total=10.0)
        async with aiohttp.ClientSession(timeout=timeout) as http:
            try:
                async with http.request(method, f"{self.daemon.url}{path}") as answer:
                    self.bodies.append(await answer.text())
                    return answer.status
            except aiohttp.ClientError:
                return 0

    def captions(self, session: SessionId) -> list[Json]:
        """What its viewers saw, snapshots included."""
        out: list[Json] = []
        for viewer in self.viewers[session]:
            out += viewer.of_type("caption")
            out += [caption for snapshot in viewer.of_type("snapshot") for caption in snapshot["captions"]]
        return out

    def calm_saw(self, words: str) -> bool:
        """Whether both viewers of the calm session have a final with these words."""
        return all(any(words in text for _, _, text in viewer.finals()) for viewer in self.viewers[CALM])


@pytest.fixture(autouse=True)
def nothing_fails_inside() -> None:
    """Here everything does (instead of the folder's fixture of this name)."""


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """All that anybody logs at any level, in both formats of ours."""
    stream = io.StringIO()
    handlers: list[logging.Handler] = []
    for formatter in (JsonLines(), TextLines()):
        handlers.append(logging.StreamHandler(stream))
        handlers[-1].setFormatter(formatter)
    root = logging.getLogger()
    level = root.level
    root.setLevel(logging.DEBUG)
    client = logging.getLogger("websockets.client")  # these tests' own viewers
    client_level = client.level
    client.setLevel(logging.INFO)
    for handler in handlers:
        root.addHandler(handler)
    yield stream
    for handler in handlers:
        root.removeHandler(handler)
    root.setLevel(level)
    client.setLevel(client_level)


@contextlib.asynccontextmanager
async def scene(folder: Path) -> AsyncIterator[Scene]:
    """The sessions run and all viewers have their snapshots."""
    async with Simulator(unknown="silent") as upstream, daemon_here(folder, upstream) as daemon:
        viewers = {
            session: [Viewer(daemon.url, session, transport) for transport in ("ws", "sse")] for session in (HURT, CALM)
        }
        for session in viewers:
            await start(daemon, session)
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(_watch(viewer)) for each in viewers.values() for viewer in each]
            await eventually(lambda: all(len(v.messages) >= 2 for each in viewers.values() for v in each))
            await eventually(lambda: all(upstream.ledger.subscriptions_now[session] == 1 for session in viewers))
            yield Scene(daemon, upstream, viewers)
            for task in tasks:
                task.cancel()


async def _watch(viewer: Viewer) -> None:
    with contextlib.suppress(aiohttp.ClientError, OSError):  # a cut connection is no surprise here
        await viewer.watch()


def mark_whose(monkeypatch: pytest.MonkeyPatch) -> None:
    """Notes for which session the daemon works, so that a fault strikes that one alone."""

    def marked(method: Callable[..., Any]) -> Callable[..., Any]:
        def call(live: Live, *args: Any, **kwargs: Any) -> Any:
            token = _whose.set(live.session)
            try:
                return method(live, *args, **kwargs)
            finally:
                _whose.reset(token)

        return call

    for name in ("deliver", "tick", "end", "join", "set_state", "farewell", "dismiss"):
        monkeypatch.setattr(Live, name, marked(getattr(Live, name)))


def hurt(monkeypatch: pytest.MonkeyPatch, step: Step) -> None:
    """From now on that step fails for one session."""
    original: Any = getattr(step.owner, step.name)
    in_thread = step.name in ("_seal", "_turn", "_execute", "finals_of", "keep_final", "decode_event")

    def concerns(args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
        return HURT in repr((args[1:] or args, kwargs)) if in_thread else _whose.get() == HURT

    def failing(*args: Any, **kwargs: Any) -> Any:
        call: Any = original.fget if isinstance(original, property) else original
        return _leak(args) if concerns(args, kwargs) else call(*args, **kwargs)

    monkeypatch.setattr(step.owner, step.name, property(failing) if isinstance(original, property) else failing)
    if step.name == "finals_of":  # called through a closure that does not show the session
        monkeypatch.setattr(step.owner, step.name, _leak)


@pytest.mark.source_only
@pytest.mark.parametrize("step", STEPS, ids=str)
async def test_a_fault_at_any_step_shows_nothing_of_what_was_said(
    step: Step,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    lines: io.StringIO,
    capfd: pytest.CaptureFixture[str],
) -> None:
    async with scene(tmp_path) as on:
        mark_whose(monkeypatch)
        await on.say(HURT, 1, "we begin", final=True, second=0)
        await on.say(CALM, 1, "we begin too", final=True, second=0)
        await eventually(lambda: on.calm_saw("begin too"))
        hurt(monkeypatch, step)
        await on.say(HURT, 2, SAID[:40], final=False, second=1)
        await on.say(HURT, 3, SAID, final=True, second=2)
        await on.say(HURT, 4, f"once more {SAID}"[:44], final=False, second=3)
        await on.say(HURT, 9, SAID, final=True, second=10)  # a gap, a retraction, and silence before it
        await on.say(CALM, 2, "all is well here", final=True, second=11)
        await eventually(lambda: on.calm_saw("all is well"))
        for path in ("", "/audit", "/transcript.json", "/transcript.vtt"):
            await on.ask("GET", f"/v1/sessions/{HURT}{path}")
        for path in ("/metrics", "/v1/sessions", "/readyz", "/openapi.json"):
            await on.ask("GET", path)
        late = Viewer(on.daemon.url, HURT)
        on.viewers[HURT].append(late)
        with contextlib.suppress(Exception):
            async with asyncio.timeout(0.3):
                await late.watch(until=lambda message: message["type"] == "snapshot")
        view = on.daemon.sessions.get(HURT)
        assert (view is not None and view["state"] == "live") == step.lives, view
        await on.ask("DELETE", f"/v1/sessions/{HURT}")
        await on.say(CALM, 3, "and it stays so", final=True, second=12)
        await eventually(lambda: on.calm_saw("stays so"))
        assert await on.ask("GET", "/healthz") == 200
        assert await on.ask("DELETE", f"/v1/sessions/{CALM}") == 204
    files = {path.name: path.read_bytes().decode("utf-8", "replace") for path in tmp_path.iterdir()}
    out, err = capfd.readouterr()
    logged = lines.getvalue()
    seen = on.captions(HURT)
    # What was not said by a caption has no word of it; captions and what keeps them have no digit.
    for name, text in {"log": logged, "stdout": out, "stderr": err, "audit": files["audit.jsonl"]}.items():
        assert WORD not in text, (name, _around(text, WORD))
    for name, text in {"log": logged, "stdout": out, "stderr": err, **files, "bodies": "\n".join(on.bodies)}.items():
        assert not WRITTEN_DIGITS.search(text), (name, _around(text, "111 1111"))
    assert not [caption for caption in seen if SHOWN_DIGITS.search(caption["text"])]
    if step.masks:
        assert not [caption for caption in seen if WORD in caption["text"]]
        assert [caption for caption in seen if caption["text"] == "[...]"]
    if step.passes:
        assert [caption for caption in seen if caption["final"] and WORD in caption["text"]]


def _around(text: str, needle: str) -> str:
    at = max(0, text.find(needle))
    return text[max(0, at - 300) : at + 100]
