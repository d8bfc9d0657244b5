"""One client's WebSocket: its commands, its subscriptions, and a player for each of them."""

import asyncio
import struct
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

import orjson
from aiohttp import WSMsgType, web

from captiond.simulator.faults import DropFault, On, RefuseFault, SlowFault
from captiond.simulator.identifiers import SESSION_ID, TOPIC
from captiond.simulator.player import Player
from captiond.simulator.replies import MESSAGES
from captiond.simulator.stage import StageFullError
from captiond.simulator.world import Frames, World

MAX_COMMAND_BYTES: Final = 65_536  # of one frame from a client; a subscription has about 150
MAX_SUBSCRIPTIONS: Final = 1_000  # of one socket, as Genesys allows topics for a channel
HANG_UP_POLL_S: Final = 0.05  # how often a silent socket looks whether its client has hung up
CLOSE_PATIENCE_S: Final = 2.0  # for the client's answer to a close frame; it is on this machine


class Connection:
    """A socket, from its handshake to its end."""

    def __init__(self, world: World, request: web.Request, socket: web.WebSocketResponse) -> None:
        self._world, self._request, self._socket = world, request, socket
        self._players: dict[str, tuple[Player, asyncio.Task[None]]] = {}
        self._closer: asyncio.Task[Any] | None = None
        self._ended = asyncio.Event()
        self._silent_until_s = float("-inf")
        self._lone_next = False

    async def serve(self) -> None:
        """Reads commands until the socket ends; every player ends with it."""
        ledger = self._world.ledger
        ledger.opened()
        code: int | None = None
        try:
            async with asyncio.TaskGroup() as players:
                try:
                    code = await self._read(players)
                finally:
                    self._ended.set()
                    for session in list(self._players):
                        self._end(session)
        finally:
            ledger.closed(code, by_client=self._closer is None)

    async def _read(self, players: asyncio.TaskGroup) -> int | None:
        """Answers the client's close code; None where the connection broke without one."""
        while True:
            message = await self._socket.receive()
            if message.type is WSMsgType.PING:
                self._world.ledger.pings_seen += 1
                if not self.silent_s:
                    await self._socket.pong(message.data)
            elif message.type is WSMsgType.CLOSE:
                if self._closer is None:
                    await self._answer_close()
                elif self._request.transport is not None:
                    self._request.transport.close()  # the client's answer to our close frame: both have said it
                return int(message.data)
            elif message.type in (WSMsgType.CLOSED, WSMsgType.CLOSING, WSMsgType.ERROR):
                return None
            elif message.type is WSMsgType.TEXT:
                await self._command(message.data, players)
            elif message.type is WSMsgType.BINARY:
                self._world.ledger.bad_frames += 1
                await self.answer({"error": "bad.request", "status": 400, "message": "Frames are JSON text."})

    async def _answer_close(self) -> None:
        for session in list(self._players):
            self._end(session)
        if not self.silent_s:
            await self._socket.close()
            return
        # A dead peer does not answer a close either: the client must hang up by itself.
        while (transport := self._request.transport) is not None and not transport.is_closing():
            if self._world.stopping.is_set():
                return
            await asyncio.sleep(HANG_UP_POLL_S)

    async def _command(self, text: str, players: asyncio.TaskGroup) -> None:
        try:
            asked = orjson.loads(text)
        except orjson.JSONDecodeError:
            asked = None
        filter_ = asked.get("filter") if isinstance(asked, dict) else None
        session = filter_.get("mediaSessionId") if isinstance(filter_, dict) else None
        topics = asked.get("topics") if isinstance(asked, dict) else None
        action = asked.get("action") if isinstance(asked, dict) else None
        if (
            not isinstance(session, str)
            or not SESSION_ID.fullmatch(session)
            or action not in ("subscribe", "unsubscribe")
            or topics != [TOPIC]
        ):
            self._world.ledger.bad_frames += 1
            await self.answer({"error": "bad.request", "status": 400, "message": MESSAGES[400]})
            return
        if action == "unsubscribe":
            self._world.ledger.unsubscribes[session] += 1
            self._end(session)
            await self.answer(_acknowledgement("unsubscribe", session))
            return
        await self._subscribe(session, players)

    async def _subscribe(self, session: str, players: asyncio.TaskGroup) -> None:
        if await self._fails_by_fault(session):
            return
        if session not in self._players:
            ledger, stage = self._world.ledger, self._world.stage
            if not ledger.activations[session]:
                ledger.unactivated_subscriptions[session] += 1
                if self._world.require_activation:
                    await self._refuse(session, 404, "The media session is not activated.", None)
                    return
            if len(self._players) >= MAX_SUBSCRIPTIONS:
                await self._refuse(session, 400, f"At most {MAX_SUBSCRIPTIONS} subscriptions for a socket.", None)
                return
            try:
                playback = stage.find(session)
            except StageFullError:
                await self._refuse(session, 503, None, None)
                return
            if playback is None:
                await self._refuse(session, 404, "The media session is not known.", None)
                return
            player = Player(self._world, self, session, playback)
            ledger.subscribed(session)
            self._players[session] = player, players.create_task(self._play(player, session), name=f"play {session}")
        else:
            await self.answer(_acknowledgement("subscribe", session))

    async def _fails_by_fault(self, session: str) -> bool:
        for fault in self._world.book.asked(On.SUBSCRIBE, session):
            if isinstance(fault, SlowFault):
                await self._world.pace.wait(self._world.stopping, fault.delay_s)
                if self._world.stopping.is_set():
                    return True
            elif isinstance(fault, DropFault):
                self.abort()
                return True
            elif isinstance(fault, RefuseFault):
                await self._refuse(session, fault.status, fault.message, fault.retry_after_s)
                return True
        return False

    async def _play(self, player: Player, session: str) -> None:
        await self.answer(_acknowledgement("subscribe", session))
        await player.run()

    async def _refuse(self, session: str, status: int | None, message: str | None, retry_after_s: float | None) -> None:
        self._world.ledger.refused_subscriptions[session] += 1
        said = message or MESSAGES.get(status or 0, "The subscription is refused.")
        frame: dict[str, Any] = {"action": "subscribe", "filter": {"mediaSessionId": session}, "message": said}
        if status is None:
            frame["error"] = said
        else:
            frame["status"] = status
        if retry_after_s is not None:
            frame["retryAfter"] = retry_after_s
        await self.answer(frame)

    def _end(self, session: str) -> None:
        entry = self._players.pop(session, None)
        if entry is None:
            return
        player, task = entry
        player.leave()
        self._world.ledger.unsubscribed(session)
        self.wake()  # the sessions left may all be over
        if task is not self._closer:  # whoever closes the socket waits for the client's answer, a moment at most
            task.cancel()

    @property
    def silent_s(self) -> float:
        """Seconds for which this socket still says nothing; 0 where it speaks."""
        return max(0.0, self._silent_until_s - self._world.pace.monotonic_s())

    def fall_silent(self, for_s: float | None) -> None:
        """No frame, no pong, no answer for so long; None: ever."""
        self._silent_until_s = float("inf") if for_s is None else self._world.pace.monotonic_s() + for_s

    def wake(self, session: str | None = None) -> None:
        """Its players look again: faults or the state have changed."""
        for name, (player, _) in self._players.items():
            if session in (None, name):
                player.wake.set()

    def plays(self, session: str) -> bool:
        """Whether it has a subscription for that session."""
        return session in self._players

    def all_over(self) -> bool:
        """Whether every session of this socket has been played to its end."""
        return all(player.finished for player, _ in self._players.values())

    async def answer(self, frame: Mapping[str, Any]) -> None:
        """Sends a control frame."""
        await self.write(orjson.dumps(frame))

    async def send_events(self, session: str, events: Sequence[dict[str, Any]]) -> None:
        """Sends events of a session in one frame."""
        self._world.ledger.events_sent[session] += len(events)
        lone = False
        if len(events) == 1 and self._world.frames is not Frames.ARRAY:
            lone = self._world.frames is Frames.OBJECT or self._lone_next
            self._lone_next = not self._lone_next
        await self.write(orjson.dumps(events[0] if lone else list(events)))

    async def write(self, data: bytes, *, text: bool = True) -> None:
        """Sends one frame as it is, not UTF-8 even in a text frame if a test wants so; nothing in silence."""
        if self.silent_s:
            return
        try:
            await self._socket.send_frame(data, WSMsgType.TEXT if text else WSMsgType.BINARY)
        except ConnectionError:
            return  # the client is gone; the reader notices and ends the players

    async def close(self, code: int, reason: str = "") -> None:
        """Sends a close frame and waits a moment for the client's answer, which the reader gets."""
        if self._closer is not None or self._ended.is_set():
            return
        # Not `socket.close()`: while another task reads, that one drops the connection before the client can answer.
        self._closer = asyncio.current_task()
        try:
            await self._socket.send_frame(struct.pack("!H", code) + reason.encode(), WSMsgType.CLOSE)
            self._world.ledger.closes_sent.append(code)
        except ConnectionError:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_PATIENCE_S):
                await self._ended.wait()
        if not self._ended.is_set():
            self.abort()

    def abort(self) -> None:
        """Cuts the connection with no close frame."""
        if self._request.transport is not None:
            self._request.transport.abort()


def _acknowledgement(action: str, session: str) -> dict[str, Any]:
    return {"action": action, "status": 200, "topics": [TOPIC], "filter": {"mediaSessionId": session}}
