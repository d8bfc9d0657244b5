"""What tests of the search share: sessions, what was said in them, and how it is said."""

from typing import Any

from captiond.base.ids import SafeText, SessionId, UtteranceId
from captiond.core.messages import Caption
from captiond.db.records import SavedSession
from captiond.db.store import Store

ONE, TWO = SessionId("ms-1"), SessionId("ms-2")


def final(utterance: str, text: str, **more: Any) -> Caption:
    facts: dict[str, Any] = {
        "revision": 1,
        "channel": "external",
        "language": "en-US",
        "emitted_at": "2024-06-15T10:30:00.000Z",
        **more,
    }
    return Caption(
        utterance=UtteranceId(utterance), final=True, text=SafeText(text), stable_length=len(text), held=False, **facts
    )


def started(session: SessionId, conversation: str | None = None) -> SavedSession:
    return SavedSession(session, "media", "en-US", {}, "2024-06-15T10:29:00.000Z", conversation)


async def say(store: Store, *said: str, session: SessionId = ONE) -> None:
    for number, text in enumerate(said):
        store.keep_final(session, final(f"{session}-{number}", text))


SAID = (
    "My card is [CC], and the refund takes two days.",
    "Refunds are running late",
    "Un café déjà payé",
    "The billing organization sends it",
)
