"""What recognisers sent, and what the viewers of each media session got of it, for measuring how steady it is.

The events walk through `core.room` and the encoder, as in the daemon: redaction and `stableLength` are the real ones.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from random import Random
from typing import Any, Final

from captiond.base.ids import Epoch, Index, SessionId
from captiond.bench.phrases import LANGUAGES
from captiond.bench.speech import invented
from captiond.bench.stability_figures import Row
from captiond.bench.streams import DataError, read_json
from captiond.core.messages import Message
from captiond.core.redact import DEFAULT, Call, Redactor
from captiond.core.room import Room
from captiond.genesys.dialect_media import decode_frame
from captiond.serve.encode import Encoder

EPOCH: Final = Epoch("aaaaaaaa")
SILENCE_S: Final = 3.0  # the end of a stream acts as that much of it (contract, section 1, `captiond redact`)
INVENTED_STREAMS: Final = 100  # conversations of each language where there is no data
_SEED: Final = 20260302
_MAX_FILE_BYTES: Final = 64 * 1024 * 1024  # no stream of one call is as long; a wrong --data is found out early
_DEFAULT_LANGUAGE: Final = "en-US"


@dataclass(slots=True)
class Talk:
    """One media session.

    Attributes:
        said: what the recogniser sent, by utterance.
        messages: what a viewer got: (event time in ms, the message as JSON has it).
    """

    said: dict[str, list[Row]] = field(default_factory=dict, repr=False)
    messages: list[tuple[float, Mapping[str, Any]]] = field(default_factory=list, repr=False)


def sets(data: Path | None, language: str) -> Iterator[tuple[str, Iterator[Talk]]]:
    """The streams by name of their set; those of several languages are told apart.

    Args:
        data: a folder of the shape of the shared data set, or one with streams of events (JSON Lines) in it, or one
            such file; None for invented conversations.
        language: only languages that begin so; "" for all. Streams that do not say theirs are English.

    Raises:
        DataError: a file that is not what it should be. Says which, and never what stands there.
    """
    if data is None:
        for tag in LANGUAGES:
            if tag.lower().startswith(language.lower()):
                yield f"invented {tag}", chain.from_iterable(_invented(tag))
        return
    by_name: dict[str, list[Path]] = {}
    for path in [data] if data.is_file() else _files(data):
        tag = _language(path)
        if tag.lower().startswith(language.lower()):
            corpus = "/".join(path.parent.relative_to(data).parts) if data.is_dir() else ""
            by_name.setdefault(f"{corpus or data.name} {tag}", []).append(path)
    for name, paths in by_name.items():
        yield name, chain.from_iterable(_read(path) for path in paths)


def _files(folder: Path) -> list[Path]:
    """The streams of the shared set (others of its folders are other things), else all there are."""
    shared = [path for part in ("plain", "pii", "genuine/*") for path in sorted(folder.glob(f"{part}/*.jsonl"))]
    return shared or sorted(folder.rglob("*.jsonl"))


def _language(path: Path) -> str:
    truth = path.parent / "truth" / f"{path.stem}.json"
    return str(read_json(truth).get("lang", _DEFAULT_LANGUAGE)) if truth.is_file() else _DEFAULT_LANGUAGE


def _read(path: Path) -> list[Talk]:
    if path.stat().st_size > _MAX_FILE_BYTES:
        raise DataError(f"{path.name}: larger than {_MAX_FILE_BYTES} bytes")
    return talks(path.read_bytes().splitlines(), name=path.name, language=_language(path))


def _invented(tag: str) -> Iterator[list[Talk]]:
    for number in range(_SEED, _SEED + INVENTED_STREAMS):
        stream = invented(Random(number), f"seed-{number}", tag)
        yield talks((event.line() for event in stream.events), name=stream.name, language=tag)


def talks(lines: Iterable[bytes], *, name: str, language: str) -> list[Talk]:
    """The media sessions of one conversation; they are linked, and 3 s of silence end it.

    Raises:
        DataError: a line is no event.
    """
    rooms: dict[SessionId, _Told] = {}
    call = Call()
    event_s = 0.0
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        decoded = decode_frame(line, session=None)
        if decoded.rejected:
            raise DataError(f"{name}, line {number}: not an event ({decoded.rejected[0]})")
        for arrival in decoded.arrivals:
            event_s = max(event_s, arrival.event_s)
            told = rooms.get(arrival.session)
            if told is None:
                told = rooms[arrival.session] = _Told(arrival.session, language, call)
            for other in rooms.values():
                if other.room.due_s is not None and other.room.due_s <= event_s:
                    other.tell(other.room.tick(now_s=event_s).messages, event_s)
            told.hear(arrival.channel, arrival.utterance_id, Row(event_s * 1000, arrival.text, 0, arrival.final))
            told.tell(told.room.receive(arrival, now_s=event_s).messages, event_s)
    for told in rooms.values():
        told.tell(told.room.end().messages, event_s + SILENCE_S)
    return [told.talk for told in rooms.values()]


class _Told:
    """One media session while it is read."""

    def __init__(self, session: SessionId, language: str, call: Call) -> None:
        self.talk = Talk()
        self.room = Room(
            session,
            prefix="u",
            language=language,
            redactor=lambda *, language: Redactor(kinds=DEFAULT, language=language, call=call),
        )
        self._encoder = Encoder()
        self._finals: dict[str, int] = {}  # by channel: utterances without an id of their own are runs up to a final

    def hear(self, channel: str, utterance: str | None, row: Row) -> None:
        run = self._finals.get(channel, 0)
        self.talk.said.setdefault(f"{channel}/{run if utterance is None else utterance}", []).append(row)
        if row.final:
            self._finals[channel] = run + 1

    def tell(self, messages: Iterable[Message], at_s: float) -> None:
        for message in messages:
            index = Index(len(self.talk.messages) + 1)
            wire = self._encoder.message(message, epoch=EPOCH, index=index, sent_s=at_s)
            self.talk.messages.append((at_s * 1000, json.loads(wire.json)))
