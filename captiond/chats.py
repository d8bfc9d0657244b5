"""Conversations of web messaging as a program of one's own gets them: typed, every text redacted."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Message:
    """One message; None where Genesys did not say.

    Attributes:
        sequence_id: its number in the conversation.
        text: None where there was none, `[...]` where its bytes were no text.
        language: two letters; None where it is not certain.
        redacted: whether something in it was masked.
        fingerprint: HMAC-SHA256, in hex, over ids, sender, time and redacted text.
    """

    sequence_id: int | None
    sender: str | None
    receiver: str | None
    text: str | None
    timestamp: str | None
    language: str | None
    redacted: bool
    fingerprint: str
    metadata: Mapping[str, Any] = field(repr=False)

    @classmethod
    def of(cls, message: Mapping[str, Any]) -> Self:
        """From a message as the API answers it."""
        metadata = message["metadata"]
        return cls(
            sequence_id=message["sequenceId"],
            sender=message["from"],
            receiver=message["to"],
            text=message["text"],
            timestamp=message["timestamp"],
            language=metadata["language"],
            redacted=metadata.get("redactionApplied", False),
            fingerprint=metadata["fingerprint"],
            metadata=metadata,
        )


@dataclass(frozen=True, slots=True)
class Conversation:
    """One conversation: its last messages in their order.

    Attributes:
        latency_ms: from asking for it to having it redacted.
        message_count: of all its messages, those before the window too.
        redaction_count: values masked in `messages`.
        missing: numbers between the first and the last that no message has, as (from, to).
        repeated: numbers that several messages have.
        raw: as the API answers it.
    """

    conversation_id: str
    messages: tuple[Message, ...]
    latency_ms: int
    message_count: int
    redaction_count: int
    missing: tuple[tuple[int, int], ...]
    repeated: tuple[int, ...]
    raw: Mapping[str, Any] = field(repr=False)

    @classmethod
    def of(cls, answer: Mapping[str, Any]) -> Self:
        """From a conversation as the API answers it."""
        metrics, sequence = answer["metrics"], answer["sequence"]
        return cls(
            conversation_id=answer["conversationId"],
            messages=tuple(Message.of(message) for message in answer["messages"]),
            latency_ms=metrics["latencyMs"],
            message_count=metrics["messageCount"],
            redaction_count=metrics["redactionCount"],
            missing=tuple((first, last) for first, last in sequence["missing"]),
            repeated=tuple(sequence["repeated"]),
            raw=answer,
        )


@dataclass(frozen=True, slots=True)
class Failure:
    """A conversation, or a guest session, that could not be had."""

    conversation_id: str | None
    session_id: str | None
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Chats:
    """What a messaging job came to, without its conversations: `OpenWorkflows.conversations` reads them one by one.

    Attributes:
        conversation_ids: of those that could be had, in the order in which they were asked for.
        failures: the others.
        total_latency_ms: of all conversations, added up.
    """

    job: str
    conversation_ids: tuple[str, ...]
    failures: tuple[Failure, ...]
    total_latency_ms: int
    raw: Mapping[str, Any] = field(repr=False)

    @classmethod
    def of(cls, job: str, result: Mapping[str, Any]) -> Self:
        """From the `result` of a job, as the API answers it."""
        return cls(
            job=job,
            conversation_ids=tuple(one["conversationId"] for one in result["conversations"]),
            failures=tuple(
                Failure(error.get("conversationId"), error.get("sessionId"), error["code"], error["message"])
                for error in result["errors"]
            ),
            total_latency_ms=result["totals"]["totalLatencyMs"],
            raw=result,
        )
