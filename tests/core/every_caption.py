"""A program: every caption of the core over the same texts, a line each, so that two cores can be compared.

    python every_caption.py FOLDER ROUNDS     FOLDER: the shared data, left out where it is not there

The first line says which core it was. Lines have what was shown and not what was heard.
"""

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from random import Random

from captiond.base.ids import RawText, UtteranceId
from captiond.bench.disturbed import disturbed
from captiond.bench.phrases import LANGUAGES
from captiond.bench.soup import soup
from captiond.bench.speaker import Speaker
from captiond.bench.speech import invented
from captiond.bench.streams import Event, recorded
from captiond.core.compiled import HOW
from captiond.core.redact import ALL, Call, Redactor, Shown

CORPORA = ("plain", "pii", "faults")


def tell(name: str, shown: Iterable[Shown]) -> None:
    """Writes captions down."""
    for one in shown:
        fields = (name, one.utterance, one.text, one.final, one.held, one.settled, sorted(one.redactions.items()))
        sys.stdout.write(json.dumps(fields) + "\n")


def conversation(name: str, language: str, events: Iterable[Event]) -> None:
    """Both speakers of a call, event by event; every kind is on."""
    call = Call()
    channels: dict[str, Redactor] = {}
    for event in events:
        channel = channels.get(event.session)
        if channel is None:
            channel = channels[event.session] = Redactor(kinds=ALL, language=language, call=call)
        now_s = event.at_ms / 1000
        tell(name, channel.expire(now_s=now_s))
        utterance = UtteranceId(f"{event.session}-{event.utterance}")
        tell(name, channel.caption(utterance, RawText(event.text), final=event.final, now_s=now_s))
    for channel in channels.values():
        tell(name, channel.end())
        sys.stdout.write(f"{name}: {channel.faults} faults\n")


def random_text(seed: int, language: str) -> None:
    """Words in no order, growing by characters."""
    said = soup(Random(seed), language)
    speaker = Speaker(language=language, kinds=ALL)
    for text, silent in zip(said.texts(), said.silent, strict=True):
        speaker.say(*(text[:size] for size in range(1, len(text))), text)
        if silent:
            speaker.be_silent()
    speaker.stop()
    name = f"{language} {seed}"
    tell(name, speaker.shown)
    sys.stdout.write(f"{name}: {speaker.redactor.faults} faults\n")


def main(folder: Path, rounds: int) -> None:
    """Recorded conversations, then rounds of invented ones and of random texts in each language."""
    print(HOW)  # noqa: T201
    for corpus in CORPORA:
        for stream in recorded(folder, corpus, ""):
            conversation(stream.name, stream.language, stream.events)
    for seed in range(rounds):
        for language in LANGUAGES:
            stream = invented(Random(seed), "invented", language)
            conversation(f"{language} {seed}", language, stream.events)
            worse = disturbed(Random(seed), stream)
            conversation(f"{language} {seed} disturbed", language, worse.events)
            random_text(seed, language)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
