"""The four steps composed. A small redactor stands in: "HIDE" is held open, and closes as "[CC]"."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from captiond.base.ids import RawText, SafeText, SessionId, UtteranceId
from captiond.core.arrival import Arrival
from captiond.core.continuity import Verdict
from captiond.core.messages import Caption, Gap, Message, Retraction
from captiond.core.room import MAX_OPEN, Received, Room


@dataclass
class Seen:
    """What the stand-in answers."""

    utterance: UtteranceId
    text: SafeText
    final: bool
    held: bool
    redactions: Mapping[str, int] = field(default_factory=dict)

    @property
    def settled(self) -> int:
        mask = self.text.find("[...]")
        return len(self.text) if mask < 0 else mask


class StandIn:
    """Holds a final with "HIDE" for 3 s of event time or until the channel's next utterance begins."""

    def __init__(self, *, language: str) -> None:
        self.language = language
        self.held: tuple[UtteranceId, str, float] | None = None
        self.lost = 0
        self.retracted: list[UtteranceId] = []
        self.languages: list[str | None] = []
        self.faults, self.fault = 0, ""

    @property
    def due_s(self) -> float | None:
        return self.held[2] + 3.0 if self.held else None

    def caption(
        self, utterance: UtteranceId, text: RawText, final: bool, now_s: float, language: str | None = None
    ) -> list[Seen]:
        if text == "BROKEN":
            raise RuntimeError("inside")
        self.languages.append(language)
        corrections = self.end()
        held = "HIDE" in text
        if held and final:
            self.held = (utterance, text, now_s)
        return [*corrections, Seen(utterance, SafeText(text.replace("HIDE", "[...]")), final, held)]

    def retract(self, utterance: UtteranceId) -> None:
        self.retracted.append(utterance)

    def lose(self) -> None:
        self.lost += 1

    def expire(self, *, now_s: float) -> list[Seen]:
        assert self.due_s is not None
        assert now_s >= self.due_s
        return self.end()

    def end(self) -> list[Seen]:
        if self.held is None:
            return []
        (utterance, text, _), self.held = self.held, None
        return [Seen(utterance, SafeText(text.replace("HIDE", "[CC]")), True, False, {"CC": 1})]


class Stage:
    """A room, its stand-ins by order of channels, and a script of events."""

    def __init__(self) -> None:
        self.redactors: list[StandIn] = []
        self.room = Room(SessionId("s"), prefix="EPOCHabc", language="en-US", redactor=self.make)
        self.sequence = 0

    def make(self, *, language: str) -> StandIn:
        self.redactors.append(StandIn(language=language))
        return self.redactors[-1]

    def say(
        self,
        text: str,
        *,
        final: bool = False,
        at_s: float = 0.0,
        sequence: int | None = None,
        channel: str = "",
        id_: str | None = None,
        now_s: float | None = None,
        start_ms: int | None = None,
        language: str | None = None,
    ) -> Received:
        self.sequence = self.sequence + 1 if sequence is None else sequence
        arrival = Arrival(
            SessionId("s"),
            self.sequence,
            RawText(text),
            final,
            f"t{at_s:g}",
            at_s,
            channel=channel,
            utterance_id=id_,
            start_ms=start_ms,
            language=language,
        )
        return self.room.receive(arrival, now_s=at_s + 1000.0 if now_s is None else now_s)


def told(messages: list[Message]) -> list[tuple[object, ...]]:
    """Messages in short: utterance numbers, revision, "!" for finals, text."""
    short: list[tuple[object, ...]] = []
    for message in messages:
        match message:
            case Caption():
                number = message.utterance.removeprefix("EPOCHabc-")
                short.append((number, message.revision, "!" if message.final else "", message.text))
            case Retraction():
                short.append((message.utterance.removeprefix("EPOCHabc-"), "retracted"))
            case Gap():
                short.append(("gap", message.lost, message.cause))
            case _:
                raise AssertionError(message)
    return short


@pytest.fixture
def stage() -> Stage:
    return Stage()


def test_an_utterance_is_the_run_of_partials_of_one_channel_up_to_its_final(stage: Stage) -> None:
    said = [stage.say("a"), stage.say("b", channel="external"), stage.say("a b", final=True), stage.say("c")]
    assert [told(r.messages) for r in said] == [
        [("1", 1, "", "a")],
        [("2", 1, "", "b")],
        [("1", 2, "!", "a b")],
        [("3", 1, "", "c")],
    ]


def test_upstream_ids_keep_utterances_of_one_channel_apart(stage: Stage) -> None:
    said = [
        stage.say("a", id_="x"),
        stage.say("b", id_="y"),
        stage.say("a!", id_="x", final=True),
        stage.say("b!", id_="y", final=True),
    ]
    assert [told(r.messages)[0][:3] for r in said] == [("1", 1, ""), ("2", 1, ""), ("1", 2, "!"), ("2", 2, "!")]


def test_duplicates_and_late_events_are_dropped(stage: Stage) -> None:
    stage.say("a")
    stage.say("a b")
    assert stage.say("a b", sequence=2) == Received(Verdict.DUPLICATE, raw_length=3)
    assert stage.say("a", sequence=1).verdict is Verdict.LATE
    assert told(stage.say("a b c", sequence=3).messages) == [("1", 2 + 1, "", "a b c")]


def test_a_gap_retracts_the_channels_open_utterance_and_only_that(stage: Stage) -> None:
    stage.say("mine")
    stage.say("other", channel="external")
    received = stage.say("new", sequence=6)
    assert told(received.messages) == [("gap", 3, "sequence"), ("1", "retracted"), ("3", 1, "", "new")]
    assert (received.gap, received.lost) == (True, 3)
    assert [r.lost for r in stage.redactors] == [1, 1]  # any channel may have missed its cue
    assert [len(r.retracted) for r in stage.redactors] == [1, 0]
    assert told(stage.say("other one", channel="external").messages) == [("2", 2, "", "other one")]


def test_an_upstream_id_carries_an_utterance_over_a_gap(stage: Stage) -> None:
    stage.say("mine", id_="x")
    assert told(stage.say("mine too", id_="x", sequence=9).messages) == [
        ("gap", 7, "sequence"),
        ("1", 2, "", "mine too"),
    ]
    assert told(stage.say("yours", id_="y", sequence=12).messages) == [
        ("gap", 2, "sequence"),
        ("1", "retracted"),
        ("2", 1, "", "yours"),
    ]
    # Back after its retraction it is another utterance to viewers: none sees a ghost come back to life.
    assert told(stage.say("mine again", id_="x", sequence=13).messages) == [("3", 1, "", "mine again")]


def test_after_a_disconnect_the_next_event_tells_the_true_gap(stage: Stage) -> None:
    stage.say("a")
    stage.room.disconnected()
    assert told(stage.say("a b", sequence=2).messages) == [("1", 2, "", "a b")]
    stage.room.disconnected()
    assert told(stage.say("c", sequence=5).messages) == [
        ("gap", 2, "disconnect"),
        ("1", "retracted"),
        ("2", 1, "", "c"),
    ]


def test_a_restart_is_silent_unless_the_stream_was_away(stage: Stage) -> None:
    stage.say("a")
    stage.say("a b")
    assert told(stage.say("x", sequence=1).messages) == [("1", 3, "", "x")]
    stage.room.disconnected()
    assert told(stage.say("y", sequence=1).messages) == [
        ("gap", None, "disconnect"),
        ("1", "retracted"),
        ("2", 1, "", "y"),
    ]


def test_a_held_final_is_corrected_by_the_channels_next_utterance(stage: Stage) -> None:
    stage.say("my card is HIDE", final=True)
    received = stage.say("thanks", at_s=1.0)
    assert told(received.messages) == [("1", 2, "!", "my card is [CC]"), ("2", 1, "", "thanks")]
    assert received.held_s == [1.0]


def test_event_time_ends_a_hold_before_the_next_event_is_read(stage: Stage) -> None:
    stage.say("my card is HIDE", final=True)
    received = stage.say("hello", at_s=3.0, channel="external")
    assert told(received.messages) == [("1", 2, "!", "my card is [CC]"), ("2", 1, "", "hello")]


def test_the_daemons_clock_ends_a_hold_when_no_events_come(stage: Stage) -> None:
    stage.say("my card is HIDE", final=True, at_s=50.0, now_s=7.0)
    assert stage.room.due_s == 10.0
    assert stage.room.tick(now_s=9.99).messages == []
    received = stage.room.tick(now_s=10.0)
    assert told(received.messages) == [("1", 2, "!", "my card is [CC]")]
    correction = received.messages[0]
    assert isinstance(correction, Caption)
    assert (correction.emitted_at, correction.redactions) == ("t50", {"CC": 1})
    assert stage.room.due_s is None


def test_event_time_never_goes_back(stage: Stage) -> None:
    stage.say("HIDE", final=True, at_s=100.0, now_s=5.0)
    stage.say("late clock", at_s=40.0, now_s=6.0, channel="external")
    assert stage.room.due_s == 8.0
    assert told(stage.room.tick(now_s=8.0).messages) == [("1", 2, "!", "[CC]")]


def test_the_end_corrects_first_and_then_retracts_what_is_open(stage: Stage) -> None:
    stage.say("HIDE", final=True)
    stage.say("open", channel="external")
    assert told(stage.room.end().messages) == [("1", 2, "!", "[CC]"), ("2", "retracted")]
    assert stage.room.end().messages == []


def test_a_final_that_upstream_repeats_is_a_correction_only_if_it_changed(stage: Stage) -> None:
    stage.say("helo", final=True, id_="x")
    assert stage.say("helo", final=True, id_="x").messages == []
    assert stage.say("hello th", id_="x").messages == []  # a partial after its final
    assert told(stage.say("hello", final=True, id_="x").messages) == [("1", 2, "!", "hello")]
    assert told(stage.say("hello!", final=True, id_="x").messages) == [("1", 3, "!", "hello!")]


def test_the_same_final_again_does_not_reach_the_redactor(stage: Stage) -> None:
    stage.say("card HIDE", final=True, id_="x")
    stage.say("card HIDE", final=True, id_="x", at_s=1.0)
    assert len(stage.redactors[0].languages) == 1
    assert told(stage.room.tick(now_s=1003.0).messages) == [("1", 2, "!", "card [CC]")]


def test_the_old_wording_of_a_rewritten_final_never_comes_back(stage: Stage) -> None:
    stage.say("card HIDE", final=True, id_="x")
    received = stage.say("cart", final=True, id_="x", at_s=1.0)
    assert told(received.messages) == [("1", 2, "!", "cart")]
    assert told(stage.say("card HIDE", final=True, id_="x", at_s=1.5).messages) == [("1", 3, "!", "card [...]")]
    assert told(stage.say("so", id_="y", at_s=2.0).messages) == [("1", 4, "!", "card [CC]"), ("2", 1, "", "so")]


def test_a_fault_in_the_redactor_masks_and_never_passes(stage: Stage) -> None:
    stage.say("HIDE", final=True)
    received = stage.say("BROKEN")
    assert told(received.messages) == [("2", 1, "", "[...]")]
    assert stage.room.faults == 1
    assert stage.redactors[-1].lost == 1  # a fresh one, that knows of no cue: as after a gap
    assert told(stage.say("fine", final=True).messages) == [("2", 2, "!", "fine")]


def test_faults_are_counted_and_placed_whoever_caught_them(stage: Stage) -> None:
    stage.say("fine", final=True)
    assert (stage.room.faults, stage.room.fault) == (0, "")
    stage.redactors[-1].faults, stage.redactors[-1].fault = 2, "KeyError at redact/there.py:1 step"  # masked by itself
    assert (stage.room.faults, stage.room.fault) == (2, "KeyError at redact/there.py:1 step")
    stage.say("BROKEN")  # the redactor goes, what it counted stays
    assert stage.room.faults == 3
    assert stage.room.fault.startswith("RuntimeError at core/test_room.py:")
    assert "inside" not in stage.room.fault


def test_where_no_redactor_can_be_made_each_masked_caption_is_a_fault() -> None:
    class Empty(Stage):
        def make(self, *, language: str) -> StandIn:
            raise LookupError(language)

    stage = Empty()
    for _ in range(2):
        assert told(stage.say("said", final=True).messages)[0][3] == "[...]"
    assert stage.room.faults == 3  # one for the redactor that is not there, one for each caption
    assert stage.room.fault.startswith("LookupError at")


def test_open_utterances_are_bounded(stage: Stage) -> None:
    messages = [m for n in range(MAX_OPEN + 5) for m in stage.say("x", id_=f"id{n}").messages]
    assert [m.utterance for m in messages if isinstance(m, Retraction)] == [f"EPOCHabc-{n}" for n in range(1, 6)]


def test_captions_carry_what_upstream_said_of_them(stage: Stage) -> None:
    stage.say("hola", channel="external", language="es-ES", start_ms=40)
    received = stage.say("hola a", channel="external", language="es-ES", start_ms=90, at_s=2.0)
    caption = received.messages[-1]
    assert isinstance(caption, Caption)
    assert (caption.channel, caption.language, caption.start_ms, caption.emitted_at) == ("external", "es-ES", 40, "t2")
    assert stage.redactors[0].languages == ["es-ES", "es-ES"]
    assert received.shown == "hola a"
    assert received.raw_length == 6


def test_after_an_interruption_each_channel_starts_as_after_a_gap() -> None:
    stage = Stage()
    stage.room = Room(SessionId("s"), prefix="x", language="en-US", redactor=stage.make, interrupted=True)
    stage.say("a")
    stage.say("b", channel="external")
    assert [r.lost for r in stage.redactors] == [1, 1]


def test_ids_of_two_logs_never_meet() -> None:
    one, two = Stage(), Stage()
    two.room = Room(SessionId("s"), prefix="other", language="en-US", redactor=two.make)
    first, second = one.say("a").messages[0], two.say("a").messages[0]
    assert isinstance(first, Caption)
    assert isinstance(second, Caption)
    assert first.utterance != second.utterance


def test_silence_is_three_seconds_also_after_upstreams_clock_went_back(stage: Stage) -> None:
    """One stamp from the future must not end later silences before they began."""
    stage.say("a", final=True, at_s=9000.0, now_s=1000.0)
    stage.say("HIDE", final=True, at_s=100.0, now_s=1100.0)
    due_s = stage.room.due_s
    assert due_s == pytest.approx(1103.0)
    assert stage.room.tick(now_s=1102.9).messages == []
    assert [m for _, _, _, m in told(stage.room.tick(now_s=1103.1).messages)] == ["[CC]"]
