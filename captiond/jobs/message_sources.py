"""Where web-messaging conversations come from: Genesys' API in the documents' form, or as Genesys Cloud has it."""

from collections.abc import Sequence
from typing import Final, Protocol

import orjson

from captiond.base.errors import AnswerTooLong
from captiond.genesys import messaging, platform_messages
from captiond.genesys.calls import Calls
from captiond.genesys.payloads import MalformedAnswer, usable

MAX_QUERY_BYTES: Final = 16_777_216  # 500 conversations of 32 kB each
QUERY: Final = "messaging_query"
DETAILS: Final = "messaging_details"


class Source(Protocol):
    """One form of the API."""

    @property
    def scopes(self) -> tuple[str, ...]:
        """What its client must be allowed."""
        ...

    async def page(
        self, *, since: str, until: str, conversations: Sequence[str], redact: bool, page_size: int, page: int
    ) -> messaging.Page:
        """One answer of the query. Raises UpstreamError."""
        ...

    def page_size(self, wanted: int) -> int:
        """How many conversations an answer has at most."""
        ...

    async def fetch(self, name: str) -> Sequence[bytes]:
        """All answers about one conversation. Raises UpstreamError; AnswerTooLong over the limit of all together."""
        ...

    def parse(self, answers: Sequence[bytes], name: str) -> messaging.Conversation:
        """The conversation in them. Raises MalformedAnswer, InvalidTranscript. May take a while."""
        ...


class Documents:
    """The documents' form.

    Args:
        most_bytes: of one conversation.
    """

    scopes: tuple[str, ...] = ("analytics:conversation:view", "webmessaging:conversation:view")

    def __init__(self, calls: Calls, *, most_bytes: int) -> None:
        self._calls, self._most_bytes = calls, most_bytes

    def page_size(self, wanted: int) -> int:
        """See `Source.page_size`."""
        return wanted

    async def page(
        self, *, since: str, until: str, conversations: Sequence[str], redact: bool, page_size: int, page: int
    ) -> messaging.Page:
        """See `Source.page`."""
        body = messaging.query(
            since=since, until=until, conversations=conversations, redact=redact, page_size=page_size, page=page
        )
        answer = await self._calls.post(messaging.QUERY, body, operation=QUERY, most_bytes=MAX_QUERY_BYTES)
        return usable(messaging.parse_page, answer, operation=QUERY)

    async def fetch(self, name: str) -> Sequence[bytes]:
        """See `Source.fetch`."""
        path = messaging.details_path(name)
        return [await self._calls.fetch(path, operation=DETAILS, most_bytes=self._most_bytes)]

    def parse(self, answers: Sequence[bytes], name: str) -> messaging.Conversation:
        """See `Source.parse`."""
        return messaging.parse_conversation(answers[0], conversation=name)


class Platform:
    """As Genesys Cloud has it: the conversation says which messages there are, their texts come in batches."""

    scopes: tuple[str, ...] = ("analytics:conversationDetail:view", "conversation:message:view")

    def __init__(self, calls: Calls, *, most_bytes: int) -> None:
        self._calls, self._most_bytes = calls, most_bytes

    def page_size(self, wanted: int) -> int:
        """See `Source.page_size`."""
        return min(wanted, platform_messages.PAGE_SIZE)

    async def page(
        self, *, since: str, until: str, conversations: Sequence[str], redact: bool, page_size: int, page: int
    ) -> messaging.Page:
        """See `Source.page`. Genesys Cloud redacts by its settings: `redact` is not told."""
        body = platform_messages.query(
            since=since, until=until, conversations=conversations, page_size=page_size, page=page
        )
        answer = await self._calls.post(platform_messages.QUERY, body, operation=QUERY, most_bytes=MAX_QUERY_BYTES)
        return usable(messaging.parse_page, answer, operation=QUERY)

    async def fetch(self, name: str) -> Sequence[bytes]:
        """See `Source.fetch`."""
        path, most_bytes = platform_messages.conversation_path(name), self._most_bytes
        answers = [await self._calls.fetch(path, operation=DETAILS, most_bytes=most_bytes)]
        try:
            ids = platform_messages.message_ids(answers[0])
        except MalformedAnswer:
            return answers  # `parse` says so again, in its own words
        left_bytes = most_bytes - len(answers[0])
        for first in range(0, len(ids), platform_messages.BATCH):
            if left_bytes <= 0:
                raise AnswerTooLong(operation=DETAILS, most_bytes=most_bytes)
            wanted = orjson.dumps(ids[first : first + platform_messages.BATCH])
            try:
                answer = await self._calls.fetch(
                    platform_messages.batch_path(name), operation=DETAILS, most_bytes=left_bytes, body=wanted
                )
            except AnswerTooLong:
                raise AnswerTooLong(operation=DETAILS, most_bytes=most_bytes) from None
            answers.append(answer)
            left_bytes -= len(answer)
        return answers

    def parse(self, answers: Sequence[bytes], name: str) -> messaging.Conversation:
        """See `Source.parse`."""
        return platform_messages.parse_conversation(answers[0], answers[1:], conversation=name)
