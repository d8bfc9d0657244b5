"""`captiond demo`: simulator and daemon in one process, packaged conversations played one after the other for ever."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Final

from captiond.base.ids import SessionId
from captiond.config import load
from captiond.daemon import Daemon, running
from captiond.serve.bodies import SessionRequest
from captiond.serve.problems import Problem
from captiond.simulator.packaged import Conversation, packaged_conversations
from captiond.simulator.playback import AtEnd
from captiond.simulator.server import Simulator

log = logging.getLogger(__name__)

PAUSE_S: Final = 4.0  # between two conversations of one language: time to read the last line
LOOK_S: Final = 0.25  # whether a conversation is over
MAX_VIEWERS: Final = 400  # pages of one machine; fits any file limit, so a demo does not begin with a warning about it
STAGGER_S: Final = 1.5  # between the starts of two languages, so that not all begin with a greeting at once


@contextlib.asynccontextmanager
async def demonstrating(folder: Path, *, port: int, speed: float) -> AsyncIterator[Daemon]:
    """A daemon on loopback whose upstream is a simulator that plays the packaged conversations.

    Args:
        folder: for the audit and the database of this run; the caller's to remove.
        port: 0 takes a free one.
        speed: conversation seconds in a second.
    Raises:
        StartError: the port is taken.
    """
    conversations = packaged_conversations()
    tracks = [track for conversation in conversations for track in conversation.tracks()]
    async with Simulator(tracks=tracks, speed=speed, at_end=AtEnd.CLOSE) as upstream:
        config = load(
            folder / "demo.toml",
            {
                "CAPTIOND_SERVER__PORT": str(port),
                "CAPTIOND_GENESYS__LOGIN_URL": upstream.login_url,
                "CAPTIOND_GENESYS__API_URL": upstream.api_url,
                "CAPTIOND_GENESYS__STREAM_URL": upstream.stream_url,
                "CAPTIOND_GENESYS__CLIENT_ID": "demo",
                "CAPTIOND_GENESYS__CLIENT_SECRET": "demo",
                "CAPTIOND_AUDIT__PATH": str(folder / "audit.jsonl"),
                "CAPTIOND_VIEWERS__MAX_CONNECTIONS": str(MAX_VIEWERS),
                "CAPTIOND_DATABASE__URL": f"sqlite:///{folder / 'captiond.db'}",
            },
        )
        async with running(config) as daemon, asyncio.TaskGroup() as group:
            players = [
                group.create_task(play_in_turn(daemon, of_language, delay_s=number * STAGGER_S / speed, speed=speed))
                for number, of_language in enumerate(by_language(conversations))
            ]
            try:
                yield daemon
            finally:
                for player in players:
                    player.cancel()


def by_language(conversations: Sequence[Conversation]) -> list[list[Conversation]]:
    """Conversations grouped by language, English first: most who try it read that."""
    languages = sorted({one.language for one in conversations}, key=lambda tag: (not tag.startswith("en"), tag))
    return [[one for one in conversations if one.language == language] for language in languages]


async def play_in_turn(daemon: Daemon, conversations: Sequence[Conversation], *, delay_s: float, speed: float) -> None:
    """One conversation after the other, again and again."""
    await asyncio.sleep(delay_s)
    while True:
        for conversation in conversations:
            try:
                await play(daemon, conversation)
            except Problem as fault:
                log.error("the demo cannot play %s: %s", conversation.id, fault)
            await asyncio.sleep(PAUSE_S / speed)


async def play(daemon: Daemon, conversation: Conversation) -> None:
    """Captions one conversation until its streams are over; then takes it off the page."""
    sessions = [SessionId(voice.session) for voice in conversation.voices]
    for session, voice in zip(sessions, conversation.voices, strict=True):
        request = SessionRequest(
            id=session,
            source="media",
            language=voice.language,
            conversation=conversation.id,
            region=daemon.config.genesys.region,
        )
        await daemon.sessions.create(request)
    while any((live := daemon.rooms.get(session)) is not None and not live.state.over for session in sessions):  # noqa: ASYNC110  (several ends, one wait)
        await asyncio.sleep(LOOK_S)
