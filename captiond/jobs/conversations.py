"""One web-messaging conversation as it is kept: redacted whole, then cut to its last messages.

The two parties are the two channels of a call, so a question of one side is a cue for what the other answers, whether
its words are in the window or not; `jobs.statements` says which messages go on with a number of the last one. A message
whose bytes were no UTF-8 is masked whole, but read for what it announces. Source: workflows.md, section 4.
"""

import asyncio
import hmac
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from time import monotonic
from typing import Any, Final

import orjson

from captiond.base.ids import RawText
from captiond.genesys.messaging import BROKEN, Conversation, Message, Order, is_uuid
from captiond.jobs.languages import Languages
from captiond.jobs.masking import SLICE_S, Masked, Masking, Said
from captiond.jobs.statements import Statements

WHOLE: Final = "[...]"
UNKNOWN: Final = "und"  # no lexicon has it, so all are used
LOOK_BACK: Final = 24  # messages before the window whose numbers may go on in it: `core.redact` waits for 20
MAX_PARTY_CHARS: Final = 256  # of a sender: longer is no name
MAX_TOLD: Final = 100  # numbers that are missing or repeated, told one by one

_MASK: Final = re.compile(r"\[(?:\.\.\.|[A-Z_]+)\]")


@dataclass(frozen=True, slots=True)
class Kept:
    """A conversation as it is kept. `document` has no `latencyMs` yet."""

    document: dict[str, Any]
    redactions: int
    messages: int


class Conversations:
    """Redacts conversations and says what is in them.

    Args:
        key: of the fingerprints.
    """

    def __init__(self, masking: Masking, languages: Languages, *, key: bytes) -> None:
        self._masking, self._languages, self._key = masking, languages, key

    async def keep(self, conversation: Conversation, *, name: str, window: int) -> Kept:
        """What is kept of a conversation.

        Args:
            name: its id.
            window: how many of its messages, the last ones.
        """
        messages = conversation.messages
        first = max(0, len(messages) - window)
        languages = await self._languages_of(messages, since=first - LOOK_BACK)
        said = await _said(messages, languages)
        masked = await self._masking.transcript(list(said.values()), language=UNKNOWN)
        document = _Document(self._masking, masked, {at: number for number, at in enumerate(said)})
        worked = _Turns()
        for at in range(first, len(messages)):
            shown = document.add(messages[at], at, language=languages[at])
            shown["metadata"]["fingerprint"] = self._fingerprint(name, shown)
            await worked.pause()
        counted = document.redactions
        return Kept(
            {
                "conversationId": name,
                "status": "success",
                "type": conversation.kind,
                "startTimestamp": conversation.started_at,
                "endTimestamp": conversation.ended_at,
                "messages": document.messages,
                "metrics": {
                    "redactionCount": counted.total(),
                    "contextWindowSize": len(document.messages),
                    "messageCount": len(messages),
                },
                "redactions": dict(counted),
                "sequence": _order(conversation.order),
                "unreadable": conversation.unreadable,
            },
            redactions=counted.total(),
            messages=len(messages),
        )

    async def _languages_of(self, messages: Sequence[Message], *, since: int) -> list[str | None]:
        """None for those before: nobody sees them, and all lexicons together miss no cue."""
        worked, found = _Turns(), list[str | None]()
        for at, message in enumerate(messages):
            known = at >= since and message.text is not None and not message.is_broken
            found.append(self._languages.of(message.text or "") if known else None)
            await worked.pause()
        return found

    def _fingerprint(self, name: str, shown: Mapping[str, Any]) -> str:
        """Says whether a message is the one that was kept, to who has the key; tells nobody else what was masked."""
        about = [name, shown["sequenceId"], shown["from"], shown["timestamp"], shown["text"]]
        return hmac.new(self._key, orjson.dumps(about), sha256).hexdigest()


class _Turns:
    """Lets live captions go on meanwhile."""

    def __init__(self) -> None:
        self._until_s = monotonic() + SLICE_S

    async def pause(self) -> None:
        """Where a slice is over, others have their turn."""
        if monotonic() >= self._until_s:
            await asyncio.sleep(0)
            self._until_s = monotonic() + SLICE_S


class _Document:
    """The messages that are kept, one after the other."""

    def __init__(self, masking: Masking, masked: Masked, places: Mapping[int, int]) -> None:
        self._masking, self._masked, self._places = masking, masked, places
        self._parties: dict[str, str] = {}
        self.messages: list[dict[str, Any]] = []
        self.redactions = Counter[str]()

    def add(self, message: Message, at: int, *, language: str | None) -> dict[str, Any]:
        """One more of them. `at`: its place in the conversation."""
        metadata = {**message.metadata, "language": language}
        text: str | None = message.text
        if message.is_broken:
            text = WHOLE
            metadata["brokenEncoding"] = True
            self.redactions["BROKEN"] += 1
        elif at in self._places:
            number = self._places[at]
            text = self._masked.texts[number]
            self.redactions.update(self._masked.of_each[number])
        if text is not None and message.text is not None and _masks(text) > _masks(message.text):
            metadata["redactionApplied"] = True
        shown = {
            "sequenceId": message.sequence,
            "from": self._party(message.sender),
            "to": self._party(message.receiver),
            "text": text,
            "timestamp": message.timestamp,
            "metadata": metadata,
        }
        self.messages.append(shown)
        return shown

    def _party(self, name: RawText | None) -> str | None:
        """A sender or receiver: it may be an address or a number."""
        if name is None or is_uuid(name):
            return name
        if name not in self._parties:
            usable = len(name) <= MAX_PARTY_CHARS and BROKEN not in name
            self._parties[name] = self._masking.words(name) if usable else WHOLE
        return self._parties[name]


async def _said(messages: Sequence[Message], languages: Sequence[str | None]) -> dict[int, Said]:
    """What was said, by its place. What holds no words is nobody's turn: a picture between question and answer takes
    nothing from the answer.
    """
    worked, statements, said = _Turns(), Statements(), dict[int, Said]()
    for at, (message, language) in enumerate(zip(messages, languages, strict=True)):
        if message.text and not message.text.isspace():
            text = RawText(message.text.replace(BROKEN, " "))
            said[at] = Said(text, message.sender or "", language or UNKNOWN, apart=statements.is_apart(text))
        await worked.pause()
    return said


def _masks(text: str) -> int:
    return sum(1 for _ in _MASK.finditer(text))


def _order(order: Order) -> dict[str, Any]:
    return {
        "missing": [list(one) for one in order.missing[:MAX_TOLD]],
        "missingCount": order.lost,
        "repeated": list(order.repeated[:MAX_TOLD]),
        "repeatedCount": len(order.repeated),
        "unnumbered": order.unnumbered,
    }
