"""What goes over the link: messages and copies come out as they went in, and what is no frame ends it."""

import asyncio
import dataclasses
import socket
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from captiond.base.ids import Epoch, Index, SafeText, SessionId, UtteranceId
from captiond.base.observe import NullMeter
from captiond.core.messages import Caption, Gap, Message, Retraction, SessionState, StateChange
from captiond.hub.audience import EachAlone
from captiond.hub.limits import Limits
from captiond.hub.mirror import Mirrors
from captiond.hub.stream import Stream
from captiond.serve.decode import NotOurs, read, wire_of
from captiond.serve.encode import Encoder
from captiond.workers.copying import pack, unpack
from captiond.workers.frames import (
    MAX_FRAME_BYTES,
    Frames,
    Kind,
    LinkFault,
    batch,
    entry,
    frame,
    order,
    parse_batch,
    parse_order,
)
from captiond.workers.link import Link
from tests.harness import eventually
from tests.hub.stage import VirtualClock

EPOCH = Epoch("abcdefgh")
FULL = Caption(
    utterance=UtteranceId("external.7"),
    revision=3,
    final=True,
    text=SafeText('näh "quoted" \u2028 \\ [CC] 😀'),
    stable_length=4,
    held=True,
    channel="external",
    language="es-ES",
    emitted_at="2024-06-15T10:30:00.000Z",
    start_ms=0,
    end_ms=1500,
    confidence=0.1,
    redactions={"CC": 2},
    correction=True,
)
BARE = Caption(UtteranceId("i.1"), 1, False, SafeText(""), 0, False, "internal", "en-US", "")
MESSAGES: tuple[Message, ...] = (
    FULL, BARE, Retraction(UtteranceId("i.1")), Gap(3, "sequence"), Gap(None, "owner"),
    StateChange(SessionState.FAILED, "upstream refused"), StateChange(SessionState.LIVE),
)  # fmt: skip


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_a_message_comes_out_as_it_went_in(message: Message) -> None:
    sent = Encoder().message(message, epoch=EPOCH, index=Index(9), sent_s=1_718_447_400.5)
    wire = wire_of(sent.json, epoch=EPOCH, index=Index(9))
    assert (wire.json, wire.ws, wire.sse, wire.index, wire.size) == (
        sent.json, sent.ws, sent.sse, sent.index, sent.size,
    )  # fmt: skip
    assert read(wire) == message


def test_every_field_of_a_caption_is_tried_above() -> None:
    """A field that is new has to come through, too: none of the full one's may be its default."""
    fresh = {f.name: f.default for f in dataclasses.fields(Caption) if f.default is not dataclasses.MISSING}
    assert [name for name, default in fresh.items() if getattr(FULL, name) == default] == []


@pytest.mark.parametrize(
    "json", [b"", b"{}", b'{"type":"caption","index":9}', b'{"type":"welcome","index":9}', b'{"type":"gap","index":8}']
)
def test_what_is_no_message_is_a_fault(json: bytes) -> None:
    with pytest.raises(NotOurs):
        read(wire_of(json, epoch=EPOCH, index=Index(9)))


@given(
    st.lists(st.tuples(st.sampled_from(list(Kind)), st.binary(max_size=40)), max_size=8),
    st.lists(st.integers(1, 30), max_size=20),
)
def test_frames_come_out_whole_wherever_the_stream_is_cut(sent: list[tuple[Kind, bytes]], cuts: list[int]) -> None:
    stream = b"".join(frame(kind, body) for kind, body in sent)
    frames, got, at = Frames(), list[tuple[Kind, bytes]](), 0
    for size in [*cuts, len(stream)]:
        got += frames.feed(stream[at : at + size])
        at += size
    assert got == sent


def test_what_is_no_frame_is_a_fault() -> None:
    for head in (b"\0\0\0\1\x09x", (MAX_FRAME_BYTES + 1).to_bytes(4, "big") + b"\1"):
        with pytest.raises(LinkFault):
            list(Frames().feed(head))
    with pytest.raises(LinkFault):
        frame(Kind.COPY, bytes(MAX_FRAME_BYTES + 1))
    for body in (b"", b"[]", b'{"do":1}', b"{"):
        with pytest.raises(LinkFault):
            parse_order(body)
    assert parse_order(order("drain", retryMs=5)) == {"do": "drain", "retryMs": 5}


def test_a_batch_that_is_cut_anywhere_is_a_fault_or_shorter_by_whole_messages() -> None:
    whole = batch(12.5, [entry(1, b"{}"), entry(70_000, b'{"a":1}')])
    at_s, entries = parse_batch(whole)
    assert (at_s, list(entries)) == (12.5, [(1, b"{}"), (70_000, b'{"a":1}')])
    fine = {len(batch(12.5, [])), len(batch(12.5, [entry(1, b"{}")]))}
    for length in range(len(whole)):
        if length in fine:
            continue
        with pytest.raises(LinkFault):
            list(parse_batch(whole[:length])[1])


def a_stream(clock: VirtualClock, **limits: Any) -> Stream:
    return Stream(
        SessionId("s"), EPOCH, language="en-US", created_at="2024-06-15T10:29:00.000Z",
        encode=Encoder(), clock=clock, meter=NullMeter(), limits=Limits(**limits),
        arriving=lambda _by: None, earlier_finals=2,
    )  # fmt: skip


def speak(stream: Stream, clock: VirtualClock, messages: tuple[Message, ...]) -> None:
    for message in messages:
        clock.monotonic += 1.0
        wire = Encoder().message(message, epoch=EPOCH, index=stream.next_index, sent_s=clock.now_s())
        stream.put(message, wire, now_s=clock.monotonic)


@pytest.mark.parametrize("kept", [1, 3, 1000])
@pytest.mark.parametrize("said", range(len(MESSAGES) + 1))
def test_a_copy_is_the_stream(said: int, kept: int) -> None:
    """Greeting, every replay, and what comes after: the same, with messages on the board that the log has no more."""
    clock = VirtualClock()
    stream = a_stream(clock, retention_messages=kept)
    mirrors = Mirrors(
        encode=Encoder(), read=read, clock=clock, meter=NullMeter(), limits=Limits(retention_messages=kept),
        spread=lambda _nth: 1.0, gather=EachAlone,
    )  # fmt: skip
    speak(stream, clock, MESSAGES[:said])
    number, copy = unpack(pack(7, stream.copy()))
    assert number == 7
    mirror = mirrors.open(copy)
    for more in ((), (BARE, FULL), tuple(dataclasses.replace(FULL, utterance=UtteranceId(f"u{n}")) for n in range(60))):
        speak(stream, clock, more)
        for wire, at_s in stream.copy().tail[-len(more) or len(stream.copy().tail) :]:
            assert wire.index is not None
            if wire.index == mirror.next_index:
                again = wire_of(wire.json, epoch=EPOCH, index=Index(mirror.next_index))
                mirror.follow(read(again), again, put_s=at_s)
        if mirror.position != stream.position:  # the log is shorter than what was said: begin anew, as a relay would
            mirror = mirrors.open(unpack(pack(7, stream.copy()))[1])
        for partials in (True, False):
            ours, theirs = stream.greeting(partials=partials), mirror.greeting(partials=partials)
            assert [wire.json for wire in ours] == [wire.json for wire in theirs]
        assert pack(1, stream.copy()) == pack(1, mirror.copy())


def test_a_copy_that_is_cut_anywhere_is_a_fault() -> None:
    clock = VirtualClock()
    stream = a_stream(clock)
    speak(stream, clock, MESSAGES)
    whole = pack(1, stream.copy())
    for length in range(len(whole)):
        with pytest.raises(LinkFault):
            unpack(whole[:length])


async def test_a_link_ends_once_and_says_so() -> None:
    ours, theirs = socket.socketpair()
    heard: list[tuple[Kind, bytes]] = []
    ends: list[str] = []
    one = Link(lambda kind, body: heard.append((kind, body)), lambda: ends.append("one"))
    other = Link(lambda _kind, _body: 1 / 0, lambda: ends.append("other"))  # type: ignore[arg-type]
    await one.attach(ours)
    await other.attach(theirs)
    assert other.tell("hello", to="you")
    await eventually(lambda: heard == [(Kind.ORDER, b'{"do":"hello","to":"you"}')])
    assert one.send(Kind.BATCH, b"x")  # what the other end can't take ends both
    await eventually(lambda: sorted(ends) == ["one", "other"])
    assert (one.tell("more"), one.ended) == (False, True)
    await asyncio.wait_for(one.drained(), 1)
