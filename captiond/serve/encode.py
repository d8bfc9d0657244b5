"""Messages to bytes, once for all viewers of both transports. Pure: times are arguments. Implements `hub.wire.Encode`.

Source: contract, section 5 (keys and their order), RFC 6455 section 5.2 (frames), WHATWG HTML 9.2 (event streams).
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson

from captiond.base.close_codes import CloseCode
from captiond.base.ids import Epoch, Index, SessionId
from captiond.base.instants import iso_utc
from captiond.core.messages import Caption, Gap, Message, Retraction, SessionState
from captiond.hub.wire import Wire

PROTOCOL: Final = "captions.v1"
LONE_SURROGATE: Final = re.compile("[\ud800-\udfff]")


class Bytes:
    """One message as bytes; implements `hub.wire.Wire`.

    Only the WebSocket frame is made at once. The bare JSON is a part of it, and the event is made when the first
    event stream needs it, then kept: a log of 1000 messages is not held three times in memory.
    """

    __slots__ = ("_json_at", "_sse", "_sse_head", "index", "size", "ws")

    def __init__(self, kind: str, json: bytes, *, index: int | None = None, id_: str = "", retry_ms: int | None = None):
        header = frame_header(len(json))
        head = f"event: {kind}\n"
        if id_:
            head = f"{head}id: {id_}\n"
        if retry_ms is not None:
            head = f"retry: {retry_ms}\n{head}"
        self._sse_head = f"{head}data: ".encode()
        self._sse: bytes | None = None
        self._json_at = len(header)
        self.ws: bytes = header + json
        self.index: int | None = index
        self.size: int = len(json) + max(len(header), len(self._sse_head) + 2)

    @property
    def json(self) -> bytes:
        """The JSON object alone, on one line."""
        return self.ws[self._json_at :]

    @property
    def sse(self) -> bytes:
        """A whole event."""
        if self._sse is None:
            self._sse = b"%b%b\n\n" % (self._sse_head, self.json)
        return self._sse

    def __repr__(self) -> str:
        return f"<Bytes index={self.index} size={self.size}>"


class Encoder:
    """Implements `hub.wire.Encode`; holds no state, one serves the whole process."""

    def welcome(
        self,
        *,
        session: SessionId,
        position: str,
        recovered: bool,
        state: SessionState,
        language: str,
        started_at: str,
        ping_s: int,
        now_s: float,
    ) -> Bytes:
        """The first message. `now_s` goes out as `serverTime`."""
        fields = {
            "type": "welcome",
            "protocol": PROTOCOL,
            "session": session,
            "position": position,
            "recovered": recovered,
            "state": state.value,
            "language": language,
            "startedAt": started_at,
            "pingS": ping_s,
            "serverTime": iso_utc(now_s),
        }
        return Bytes("welcome", dump(fields), id_=position)

    def snapshot(self, *, position: str, captions: Sequence[Wire], gaps: Sequence[Wire], earlier_finals: int) -> Bytes:
        """Replaces the screen; spliced from what was encoded before, so that it says exactly what was said."""
        json = b'{"type":"snapshot","position":%b,"captions":[%b],"gaps":[%b],"earlierFinals":%d}' % (
            orjson.dumps(position),
            b",".join([wire.json for wire in captions]),
            b",".join([wire.json for wire in gaps]),
            earlier_finals,
        )
        return Bytes("snapshot", json, id_=position)

    def message(self, message: Message, *, epoch: Epoch, index: Index, sent_s: float) -> Bytes:
        """One message with an index; a caption carries `sent_s` as `sentAt`."""
        kind, fields = _fields(message, index, sent_s)
        return Bytes(kind, dump(fields), index=index, id_=f"{epoch}.{index}")

    def ping(self, *, position: str, now_s: float, answer: bool = False) -> Bytes:
        """No `id:` on the event: a ping must not move a viewer's position past what it missed."""
        fields: dict[str, Any] = {"type": "ping", "position": position, "serverTime": iso_utc(now_s)}
        if answer:
            fields["answer"] = True
        return Bytes("ping", dump(fields))

    def notice(self, *, code: str, skipped: int) -> Bytes:
        """`conflating` or `caught-up`."""
        return Bytes("notice", dump({"type": "notice", "code": code, "skipped": skipped}))

    def bye(self, *, code: CloseCode, retry_ms: int | None) -> Bytes:
        """The last message; on an event stream it also sets the browser's own reconnection time."""
        fields = {
            "type": "bye",
            "code": int(code),
            "reason": code.reason,
            "resume": code.may_return,
            "retryMs": retry_ms,
        }
        return Bytes("bye", dump(fields), retry_ms=retry_ms)


def _fields(message: Message, index: Index, sent_s: float) -> tuple[str, dict[str, Any]]:
    if isinstance(message, Caption):
        return "caption", caption_fields(message, index=index, sent_at=iso_utc(sent_s))
    if isinstance(message, Retraction):
        return "retraction", {"type": "retraction", "index": index, "utterance": message.utterance}
    if isinstance(message, Gap):
        return "gap", {"type": "gap", "index": index, "lost": message.lost, "cause": message.cause}
    return "session", {"type": "session", "index": index, "state": message.state.value, "reason": message.reason}


def caption_fields(caption: Caption, *, index: int, sent_at: str) -> dict[str, Any]:
    """A caption's keys in the contract's order; what is not known is left out, not null."""
    fields: dict[str, Any] = {
        "type": "caption",
        "index": index,
        "utterance": caption.utterance,
        "revision": caption.revision,
        "final": caption.final,
        "text": caption.text,
        "stableLength": caption.stable_length,
        "held": caption.held,
        "channel": caption.channel,
        "language": caption.language,
        "emittedAt": caption.emitted_at,
        "sentAt": sent_at,
    }
    if caption.start_ms is not None:
        fields["startMs"] = caption.start_ms
    if caption.end_ms is not None:
        fields["endMs"] = caption.end_ms
    if caption.confidence is not None:
        fields["confidence"] = caption.confidence
    if caption.correction:
        fields["correction"] = True
    fields["redactions"] = dict(caption.redactions)
    return fields


def dump(fields: Mapping[str, Any]) -> bytes:
    """JSON on one line. A lone surrogate, which has no UTF-8, becomes U+FFFD (one for one: lengths stay true)."""
    try:
        return orjson.dumps(fields)
    except orjson.JSONEncodeError:
        return orjson.dumps({key: _whole(value) for key, value in fields.items()})


def _whole(value: Any) -> Any:
    return LONE_SURROGATE.sub("\ufffd", value) if isinstance(value, str) else value


def frame_header(length_bytes: int) -> bytes:
    """The header of an unmasked, unfragmented text frame, as servers send it."""
    if length_bytes < 126:
        return bytes((0x81, length_bytes))
    if length_bytes < 65_536:
        return b"\x81\x7e" + length_bytes.to_bytes(2, "big")
    return b"\x81\x7f" + length_bytes.to_bytes(8, "big")
