"""Who plays what: tracks by media session, one playback each, and what a session gets that has no track of its own."""

from collections.abc import Iterable, Mapping
from enum import StrEnum

from captiond.base.errors import LocalError
from captiond.simulator.playback import AtEnd, Playback, Resume
from captiond.simulator.tracks import Track

MAX_SESSIONS = 100_000  # playbacks kept at once; a name costs about 1 kB


class Unknown(StrEnum):
    """What a media session gets that nobody has a track for."""

    REFUSE = "refuse"  # 404
    ANY = "any"  # a track of its language, each in turn
    SILENT = "silent"  # accepted; nothing is played: for `emit`


class StageFullError(Exception):
    """No more media sessions fit; the client gets 503."""


class Stage:
    """All playbacks of one simulator."""

    def __init__(
        self,
        tracks: Iterable[Track],
        *,
        speed: float,
        at_end: AtEnd,
        resume: Resume,
        unknown: Unknown,
        mapping: Mapping[str, str],
    ) -> None:
        """`mapping`: which track (by its session) another media session plays."""
        self._tracks = {track.session: track for track in tracks}
        self._speed, self._at_end, self._resume, self._unknown = speed, at_end, resume, unknown
        self._mapping = dict(mapping)
        self._playbacks: dict[str, Playback] = {}
        self._turns: dict[str, int] = {}

    @property
    def sessions(self) -> list[str]:
        """The media sessions that have a track of their own."""
        return list(self._tracks)

    def put(
        self,
        track: Track,
        *,
        speed: float | None = None,
        at_end: AtEnd | None = None,
        resume: Resume | None = None,
    ) -> Playback:
        """Gives a session its track; it plays at its next first subscription. Raises LocalError while one listens."""
        old = self._playbacks.get(track.session)
        if old is not None and old.listeners:
            raise LocalError(f"media session {track.session} is being played")
        self._tracks[track.session] = track
        return self._keep(track, speed=speed, at_end=at_end, resume=resume)

    def activated(self, session: str, *, language: str, now_s: float) -> bool:
        """An activation: a session that is over starts anew. False: nobody has a track for it."""
        playback = self.find(session, language=language)
        if playback is None:
            return False
        if playback.listeners == 0 and playback.over(now_s):
            playback.rewind()
        return True

    def find(self, session: str, *, language: str | None = None) -> Playback | None:
        """The session's playback, made now if it is new; None: refuse it."""
        playback = self._playbacks.get(session)
        if playback is None:
            track = self._track_for(session, language)
            playback = self._keep(track) if track else None
        return playback

    def _keep(
        self,
        track: Track,
        *,
        speed: float | None = None,
        at_end: AtEnd | None = None,
        resume: Resume | None = None,
    ) -> Playback:
        if len(self._playbacks) >= MAX_SESSIONS and track.session not in self._playbacks:
            raise StageFullError
        playback = Playback(
            track,
            speed=self._speed if speed is None else speed,
            at_end=self._at_end if at_end is None else at_end,
            resume=self._resume if resume is None else resume,
        )
        self._playbacks[track.session] = playback
        return playback

    def _track_for(self, session: str, language: str | None) -> Track | None:
        own = self._tracks.get(self._mapping.get(session, session))
        if own is not None:
            return own.under(session)
        if self._unknown is Unknown.REFUSE:
            return None
        if self._unknown is Unknown.SILENT:
            return Track(session=session, steps=())
        fitting = [track for track in self._tracks.values() if track.language == language] or list(
            self._tracks.values()
        )
        if not fitting:
            return None
        turn = self._turns.get(language or "", 0)
        self._turns[language or ""] = turn + 1
        return fitting[turn % len(fitting)].under(session)
