"""The conversations that come with the package: own text, invented people, four languages."""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

import orjson

from captiond.simulator.tracks import Track, parse_tracks

FOLDER: Final = files("captiond.simulator") / "conversations"


@dataclass(frozen=True, slots=True)
class Voice:
    """One speaker: a media session of its own. `role` is agent, customer or caller; `channel` as in the contract."""

    session: str
    role: str
    channel: str
    language: str
    events: int


@dataclass(frozen=True, slots=True)
class Conversation:
    """One packaged conversation. `id` links its media sessions; it serves as `conversationId`."""

    id: str
    title: str
    language: str
    duration_s: float
    file: str
    voices: tuple[Voice, ...]

    def tracks(self, suffix: str = "") -> list[Track]:
        """Its tracks in the order of `voices`; `suffix` ends each media session's name, to play it once more."""
        found = {track.session: track for track in _tracks_of(self.file)}
        return [found[voice.session].under(voice.session + suffix) for voice in self.voices]


@cache
def packaged_conversations() -> tuple[Conversation, ...]:
    """All of them, in the order of their ids."""
    index = orjson.loads((FOLDER / "index.json").read_bytes())
    return tuple(
        Conversation(
            id=entry["conversationId"],
            title=entry["title"],
            language=entry["language"],
            duration_s=entry["durationS"],
            file=entry["file"],
            voices=tuple(
                Voice(item["mediaSessionId"], item["role"], item["channel"], item["language"], item["events"])
                for item in entry["sessions"]
            ),
        )
        for entry in index["conversations"]
    )


def packaged_tracks() -> list[Track]:
    """The tracks of all packaged conversations."""
    return [track for conversation in packaged_conversations() for track in conversation.tracks()]


@cache
def _tracks_of(file: str) -> tuple[Track, ...]:
    return tuple(parse_tracks((FOLDER / file).read_bytes(), name=file))
