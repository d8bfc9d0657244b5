"""`captiond redact`: the daemon's redaction as a filter, stdin to stdout. Opens no socket, needs no configuration.

Source: contract, section 1. With `--events` the events walk through `core.room`, so what is printed is what viewers
would be shown.
"""

import argparse
import sys
from collections.abc import Iterable, Iterator
from typing import Final

import orjson

from captiond.base.ids import RawText, SessionId, UtteranceId
from captiond.core.messages import Caption, Message
from captiond.core.redact import DEFAULT, Call, Redactor
from captiond.core.room import Room
from captiond.genesys.dialect_media import MAX_FRAME_BYTES, decode_frame
from captiond.memory import keep_private

MAX_SESSIONS: Final = 5_000  # media sessions of one input, as many as a daemon serves by default
MAX_CORRECTED: Final = 32  # finals of a session whose number is remembered: more than wait for one open run (20)
DEFAULT_LANGUAGE: Final = "en-US"


class InputError(ValueError):
    """The input can't be read. Says where and why, never what stands there."""


def plain(lines: Iterable[str], *, language: str = DEFAULT_LANGUAGE, kinds: frozenset[str] = DEFAULT) -> Iterator[str]:
    """Each line as one finished utterance, alone: its end closes every run. One line out for each line in."""
    for line in lines:
        redactor = Redactor(kinds=kinds, language=language, call=Call())
        text = RawText(line.rstrip("\r\n"))
        shown = [*redactor.caption(UtteranceId("line"), text, final=True, now_s=0.0), *redactor.end()]
        yield shown[-1].text


def events(
    lines: Iterable[bytes],
    *,
    language: str = DEFAULT_LANGUAGE,
    kinds: frozenset[str] = DEFAULT,
    redactors: list[Redactor] | None = None,
) -> Iterator[bytes]:
    """JSON Lines of events in, one JSON line for each changed caption out, corrections first, as soon as it is known.

    Time is event time; the end of the input acts as 3 s of silence; all media sessions of it are linked.

    Args:
        redactors: takes those that are made, for whoever wants to ask them about faults.

    Raises:
        InputError: a line is no event, or there are too many media sessions.
    """
    filter_ = _Events(language, kinds, [] if redactors is None else redactors)
    for number, line in enumerate(lines, 1):
        if line.strip():
            yield from filter_.line(line, number)
    yield from filter_.end()


class _Events:
    """The rooms of one input."""

    def __init__(self, language: str, kinds: frozenset[str], redactors: list[Redactor]) -> None:
        self._language, self._kinds = language, kinds
        self._redactors = redactors
        self._call = Call()
        self._rooms: dict[SessionId, Room] = {}
        self._finals: dict[tuple[SessionId, UtteranceId], int] = {}  # of those that may be corrected
        self._event_s = 0.0

    def line(self, line: bytes, number: int) -> Iterator[bytes]:
        if len(line) > MAX_FRAME_BYTES:
            raise InputError(f"line {number}: longer than {MAX_FRAME_BYTES} bytes")
        decoded = decode_frame(line, session=None)
        if decoded.rejected:
            raise InputError(f"line {number}: not an event ({decoded.rejected[0]})")
        for arrival in decoded.arrivals:
            self._event_s = max(self._event_s, arrival.event_s)
            room = self._rooms.get(arrival.session)
            if room is None:
                room = self._open(arrival.session)
            for session, other in self._rooms.items():
                due_s = other.due_s
                if due_s is not None and due_s <= self._event_s:
                    yield from self._told(session, other.tick(now_s=self._event_s).messages)
            received = room.receive(arrival, now_s=self._event_s)
            yield from self._told(arrival.session, received.messages, arrival.sequence)

    def end(self) -> Iterator[bytes]:
        for session, room in self._rooms.items():
            yield from self._told(session, room.end().messages)

    def _open(self, session: SessionId) -> Room:
        if len(self._rooms) >= MAX_SESSIONS:
            raise InputError(f"more than {MAX_SESSIONS} media sessions")
        room = Room(session, prefix="u", language=self._language, redactor=self._redactor)
        self._rooms[session] = room
        return room

    def _redactor(self, *, language: str) -> Redactor:
        self._redactors.append(Redactor(kinds=self._kinds, language=language, call=self._call))
        return self._redactors[-1]

    def _told(self, session: SessionId, messages: Iterable[Message], sequence: int = 0) -> Iterator[bytes]:
        """Lines for captions. A correction carries the number of its utterance's final, else of the event itself."""
        for message in messages:
            if not isinstance(message, Caption):
                continue
            key = (session, message.utterance)
            yield orjson.dumps(
                {
                    "mediaSessionId": session,
                    "channel": message.channel,
                    "eventSequence": self._finals.get(key, sequence),
                    "utterance": message.utterance,
                    "revision": message.revision,
                    "final": message.final,
                    "text": message.text,
                    "held": message.held,
                    "redactions": dict(message.redactions),
                }
            )
            if message.final:
                self._finals.setdefault(key, sequence)
                while len(self._finals) > MAX_CORRECTED * len(self._rooms):
                    del self._finals[next(iter(self._finals))]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `captiond redact`."""
    parser.description = "Redacts private numbers and addresses in transcripts, stdin to stdout."
    parser.add_argument("--events", action="store_true", help="JSON Lines of transcription events in, of captions out")
    parser.add_argument(
        "--language", default=DEFAULT_LANGUAGE, metavar="TAG", help="where an event names none (default en-US)"
    )


def run(args: argparse.Namespace) -> int:
    """Filters stdin to stdout, line by line. 1 where the input can't be read, with one line on stderr."""
    for one in keep_private():
        print(f"captiond redact: memory is not private: {one}", file=sys.stderr)
    if sys.stdin is None or sys.stdout is None:  # what Python makes of a descriptor that is closed
        print("captiond redact: stdin and stdout must be open", file=sys.stderr)
        return 1
    out = sys.stdout.buffer
    try:
        if args.events:
            for line in events(sys.stdin.buffer, language=args.language):
                out.write(line + b"\n")
                out.flush()
        else:
            for text in plain(_text(sys.stdin.buffer), language=args.language):
                out.write(text.encode("utf-8", "replace") + b"\n")
                out.flush()
    except InputError as fault:
        print(f"captiond redact: {fault}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        return 0  # the reader has seen enough
    return 0


def _text(lines: Iterable[bytes]) -> Iterator[str]:
    for line in lines:
        yield line.decode("utf-8", "replace")
