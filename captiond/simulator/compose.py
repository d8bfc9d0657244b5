"""Makes event streams of readable scripts, always the same ones. `python -m captiond.simulator.compose` writes them.

A script has a head of `key: value` lines (title, language, seed, speakers), a line `---`, then one turn in a line:

    agent: And the {number on the card|number under cart}, please.
    customer~: Sure, uh, four one one one ...
    (2.5)

`{right|misheard}`: partials show the misheard words first and are rewritten one to three words later. `speaker~`:
starts before the turn above is over. `(2.5)`: so many seconds of silence. `#` begins a comment line.
"""

import random
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import orjson

FOLDER: Final = Path(__file__).parent / "conversations"
EPOCH: Final = datetime(2026, 1, 15, 10, 0, tzinfo=UTC)  # of the files; sent timestamps are fresh
WORD_S: Final = (0.15, 0.40)  # shortest and longest time from one partial to the next
FINAL_DELAY_S: Final = (0.25, 0.50)  # after the last word; shorter than SAME_SPEAKER_GAP_S, so finals come first
TURN_GAP_S: Final = (0.35, 0.90)
SAME_SPEAKER_GAP_S: Final = 0.65
OVERLAP_S: Final = 0.60
CLIPPED: Final = 0.07  # share of partials whose last word is heard by half
UNCHANGED: Final = 0.03  # share of partials that come twice


class ScriptError(ValueError):
    """A script that cannot be read; says file and line."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words said, and how they are heard at first (None: at once right)."""

    right: tuple[str, ...]
    heard: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """What one speaker says in one go: one utterance."""

    speaker: str
    phrases: tuple[Phrase, ...]
    overlaps: bool = False
    silence_before_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Script:
    """One conversation to be made."""

    name: str
    title: str
    language: str
    seed: int
    channels: dict[str, str]
    turns: tuple[Turn, ...] = field(repr=False)


_TURN: Final = re.compile(r"([a-z]+)(~?):\s+(\S.*)")
_SILENCE: Final = re.compile(r"\((\d+(?:\.\d+)?)\)")
_PHRASE: Final = re.compile(r"\{([^{}|]+)\|([^{}|]+)\}|([^{}|]+)")
_CHANNELS: Final = frozenset({"internal", "external"})


def read_script(text: str, *, name: str) -> Script:
    """Parses a script. Raises ScriptError at the first line that is wrong."""
    head, rule, body = text.partition("\n---\n")
    if not rule:
        raise ScriptError(f"{name}: no line --- after the head")
    keys = dict(re.findall(r"^([a-z]+):\s+(.*\S)\s*$", head, flags=re.MULTILINE))
    missing = {"title", "language", "seed", "speakers"} - keys.keys()
    if missing:
        raise ScriptError(f"{name}: the head lacks {', '.join(sorted(missing))}")
    channels = dict(re.findall(r"([a-z]+)=([a-z]+)", keys["speakers"]))
    if not channels or not set(channels.values()) <= _CHANNELS:
        raise ScriptError(f"{name}: speakers are given as agent=internal, customer=external")
    turns: list[Turn] = []
    silence_s = 0.0
    for number, line in enumerate(body.split("\n"), start=head.count("\n") + 3):
        if not line.strip() or line.startswith("#"):
            continue
        if silence := _SILENCE.fullmatch(line.strip()):
            silence_s += float(silence[1])
            continue
        turn = _TURN.fullmatch(line.strip())
        if not turn or turn[1] not in channels:
            raise ScriptError(f"{name}:{number}: neither a silence nor a turn of {' or '.join(channels)}")
        if turn[2] and (not turns or turns[-1].speaker == turn[1] or silence_s):
            raise ScriptError(f"{name}:{number}: only another speaker's turn can be overlapped")
        turns.append(Turn(turn[1], _phrases(turn[3], f"{name}:{number}"), bool(turn[2]), silence_s))
        silence_s = 0.0
    return Script(name, keys["title"], keys["language"], int(keys["seed"]), channels, tuple(turns))


def _phrases(text: str, place: str) -> tuple[Phrase, ...]:
    phrases: list[Phrase] = []
    at = 0
    for match in _PHRASE.finditer(text):
        if match.start() != at:
            break
        at = match.end()
        right, heard, plain = match.groups()
        if plain is None:
            phrases.append(Phrase(tuple(right.split()), tuple(heard.split())))
        else:
            # A comma right behind a brace belongs to the word before it.
            words = plain.split()
            if phrases and words and not plain[0].isspace():
                before = phrases.pop()
                right_words = (*before.right[:-1], before.right[-1] + words[0])
                phrases.append(Phrase(right_words, before.heard))
                words = words[1:]
            phrases.append(Phrase(tuple(words)))
    if at != len(text):
        raise ScriptError(f"{place}: braces are written {{right|misheard}} and do not nest")
    return tuple(phrase for phrase in phrases if phrase.right)


def compose(script: Script) -> list[dict[str, Any]]:
    """The section 3 events of a script, in the order of time; each speaker is a media session of its own."""
    chance = random.Random(script.seed)
    timed: list[tuple[float, int, dict[str, Any]]] = []
    sequences = dict.fromkeys(script.channels, 0)
    ends_s = dict.fromkeys(script.channels, 0.0)
    end_s, last = 0.0, ""
    for turn in script.turns:
        gap_s = chance.uniform(*TURN_GAP_S)
        if turn.speaker == last:
            gap_s = max(gap_s, SAME_SPEAKER_GAP_S)
        start_s = end_s + turn.silence_before_s + (-OVERLAP_S if turn.overlaps else gap_s)
        start_s = max(start_s, ends_s[turn.speaker] + SAME_SPEAKER_GAP_S, 0.0)
        now_s = start_s
        updates: list[tuple[float, str, bool]] = []
        for text, length in _partials(turn.phrases, chance):
            now_s += min(max(0.10 + 0.035 * length + chance.uniform(-0.04, 0.04), WORD_S[0]), WORD_S[1])
            updates.append((now_s, text, True))
            if chance.random() < UNCHANGED:
                updates.append((now_s + 0.05, text, True))
        end_s, last, ends_s[turn.speaker] = now_s, turn.speaker, now_s
        said = " ".join(word for phrase in turn.phrases for word in phrase.right)
        updates.append((now_s + chance.uniform(*FINAL_DELAY_S), said, False))
        for at_s, text, partial in updates:
            sequences[turn.speaker] += 1
            event: dict[str, Any] = {
                "eventType": "transcription",
                "eventSequence": sequences[turn.speaker],
                "mediaSessionId": f"{script.name}-{turn.speaker}",
                "transcript": text,
                "isPartial": partial,
                "timestamp": _iso(at_s),
                "channel": script.channels[turn.speaker],
                "language": script.language,
                "startMs": round(start_s * 1000),
                "endMs": round(min(at_s, now_s) * 1000),
            }
            if not partial:
                event["confidence"] = round(chance.uniform(0.88, 0.98), 2)
            timed.append((at_s, len(timed), event))
    return [event for _, _, event in sorted(timed, key=lambda item: item[:2])]


def _partials(phrases: Sequence[Phrase], chance: random.Random) -> Iterable[tuple[str, int]]:
    """Each partial with the length of its newest word, in characters."""
    shown: list[tuple[str, ...]] = []
    doubtful: list[tuple[int, int]] = []  # which phrase is still misheard, and for how many words yet
    for phrase in phrases:
        words = phrase.heard or phrase.right
        place = len(shown)
        shown.append(())
        for count, word in enumerate(words, start=1):
            shown[place] = words[:count]
            for at, left in doubtful:
                if left <= 1:
                    shown[at] = phrases[at].right
            doubtful = [(at, left - 1) for at, left in doubtful if left > 1]
            before = [item for part in shown for item in part][:-1]
            newest = word.rstrip(".,?!;:")
            # Only letters are heard by half: half a number would be another number.
            if newest.isalpha() and len(newest) >= 5 and chance.random() < CLIPPED:
                yield " ".join([*before, newest[: len(newest) // 2 + 1]]), len(newest) // 2
            yield " ".join([*before, newest or word]), len(word)
        if phrase.heard:
            doubtful.append((place, chance.randint(1, 3)))


def _iso(at_s: float) -> str:
    moment = EPOCH + timedelta(milliseconds=round(at_s * 1000))
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def stream_of(script: Script) -> bytes:
    """A script as a JSON Lines file."""
    return b"".join(orjson.dumps(event) + b"\n" for event in compose(script))


def index_of(scripts: Iterable[Script]) -> bytes:
    """The index of conversations, as a JSON file. Its keys are those of `packaged.Conversation`."""
    entries = []
    for script in scripts:
        events = compose(script)
        entries.append(
            {
                "conversationId": script.name,
                "title": script.title,
                "language": script.language,
                "durationS": round((datetime.fromisoformat(events[-1]["timestamp"]) - EPOCH).total_seconds(), 1),
                "file": f"{script.name}.jsonl",
                "script": f"{script.name}.script",
                "sessions": [
                    {
                        "mediaSessionId": f"{script.name}-{speaker}",
                        "role": speaker,
                        "channel": channel,
                        "language": script.language,
                        "events": sum(event["mediaSessionId"] == f"{script.name}-{speaker}" for event in events),
                    }
                    for speaker, channel in script.channels.items()
                ],
            }
        )
    return orjson.dumps({"conversations": entries}, option=orjson.OPT_INDENT_2) + b"\n"


def read_scripts(folder: Path = FOLDER) -> list[Script]:
    """All scripts of a folder, in the order of names."""
    return [read_script(path.read_text("utf-8"), name=path.stem) for path in sorted(folder.glob("*.script"))]


def write_all(folder: Path = FOLDER) -> None:
    """Makes every stream and the index anew, beside their scripts."""
    scripts = read_scripts(folder)
    for script in scripts:
        (folder / f"{script.name}.jsonl").write_bytes(stream_of(script))
    (folder / "index.json").write_bytes(index_of(scripts))


if __name__ == "__main__":
    write_all()
