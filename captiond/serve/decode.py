"""Encoded messages back to messages, where another process encoded them: `encode.Encoder.message` undone. Pure.

The text of such a caption is what that process let through: it never had another one on its wire.
"""

from typing import Any

import orjson

from captiond.base.errors import LocalError
from captiond.base.ids import Epoch, Index, SafeText, UtteranceId
from captiond.core.messages import Caption, Gap, Message, Retraction, SessionState, StateChange
from captiond.hub.wire import Wire
from captiond.serve.encode import Bytes

HEAD = b'{"type":"'


class NotOurs(LocalError):
    """These bytes are not what `encode` makes."""


def wire_of(json: bytes, *, epoch: Epoch, index: Index) -> Bytes:
    """The wire that `Encoder.message` made of the same message: byte for byte the same on both transports."""
    end = json.find(b'"', len(HEAD))
    if not json.startswith(HEAD) or end < 0:
        raise NotOurs("a message has no type")
    return Bytes(json[len(HEAD) : end].decode("ascii", "replace"), json, index=index, id_=f"{epoch}.{index}")


def read(wire: Wire) -> Message:
    """What it says.

    Raises:
        NotOurs: it is no message with an index, or it has another index than the wire.
    """
    try:
        fields = orjson.loads(wire.json)
        if fields["index"] != wire.index:
            raise NotOurs("a message has another index than its place")
        return _message(fields)
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError):
        raise NotOurs("a message lacks what every message of its type has") from None


def _message(fields: dict[str, Any]) -> Message:
    match fields["type"]:
        case "caption":
            return Caption(
                utterance=UtteranceId(fields["utterance"]),
                revision=fields["revision"],
                final=fields["final"],
                text=SafeText(fields["text"]),
                stable_length=fields["stableLength"],
                held=fields["held"],
                channel=fields["channel"],
                language=fields["language"],
                emitted_at=fields["emittedAt"],
                start_ms=fields.get("startMs"),
                end_ms=fields.get("endMs"),
                confidence=fields.get("confidence"),
                redactions=fields["redactions"],
                correction=fields.get("correction", False),
            )
        case "retraction":
            return Retraction(UtteranceId(fields["utterance"]))
        case "gap":
            return Gap(fields["lost"], fields["cause"])
        case "session":
            return StateChange(SessionState(fields["state"]), fields["reason"])
    raise NotOurs("a message of an unknown type")
