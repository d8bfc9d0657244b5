"""Over time: what is open, held, cued, cut over utterances, decided by silence; and what happens on failure."""

import pytest

from captiond.base.ids import RawText, UtteranceId
from captiond.core.redact import DEFAULT, Call, Redactor
from captiond.core.redact.machine import Machine
from captiond.core.redact.redactor import MAX_CODE_POINTS
from tests.core.redact.conftest import Talk, closed  # type: ignore[import-not-found,unused-ignore]


def test_three_digits_are_shown_from_the_fourth_on_none(talk: Talk) -> None:
    assert talk.say("u", "it is four one one", final=False) == "it is four one one"
    assert talk.say("u", "it is four one one one", final=False) == "it is [...]"
    assert talk.screen["u"].held
    assert talk.screen["u"].settled == len("it is ")


def test_after_a_cue_the_first_digit_is_masked(talk: Talk) -> None:
    assert talk.say("u", "my card is four", final=False) == "my card is [...]"
    assert talk.say("u", "my social is 0", final=False) == "my social is [...]"
    assert talk.say("u", "my order is four", final=False) == "my order is four"


def test_up_to_four_words_between_do_not_close_a_run_and_stay_visible(talk: Talk) -> None:
    assert talk.say("u", "four one one one let me see here", final=False) == "[...] let me see here"
    assert talk.say("u", "four one one one let me look it up", final=False) == "four one one one let me look it up"
    assert talk.say("u", "four one one one uh um and hold on one", final=False) == "[...] uh um and hold on [...]"


def test_misheard_digits_count_beside_digits_only(talk: Talk) -> None:
    assert talk.say("u", "four for too won", final=False) == "[...]"
    assert talk.say("u", "this is for you too and me", final=False) == "this is for you too and me"


def test_a_keep_word_decides_when_the_run_closes_not_before(talk: Talk) -> None:
    assert talk.say("u", "order number 8394166", final=False) == "order number [...]"
    text = "order number 8394166 was supposed to arrive yesterday"
    assert talk.say("u", text, final=False) == text


def test_a_final_inside_an_open_run_is_held_and_decided_by_silence(talk: Talk) -> None:
    assert talk.say("u", "I was there in 1999.") == "I was there in [...]."
    assert talk.screen["u"].held and talk.screen["u"].final
    talk.silence(2.9)
    assert talk.screen["u"].held
    talk.silence(0.1)
    assert (talk.screen["u"].text, talk.screen["u"].held) == ("I was there in 1999.", False)


@pytest.mark.parametrize(
    ("said", "after"),
    [
        ("it's 1234567", "it's [PHONE]"),  # seven digits and more close masked
        ("it's 12345678", "it's [NUMBER]"),
        ("it's 123456", "it's 123456"),
        ("my card is 12", "my card is [CC]"),  # cued, however few
        ("my pin is 1", "my pin is [NUMBER]"),
    ],
)
def test_what_silence_makes_of_an_open_run(talk: Talk, said: str, after: str) -> None:
    talk.say("u", said)
    talk.silence()
    assert talk.screen["u"].text == after


def test_the_next_utterances_first_event_keeps_it_open_and_its_final_decides(talk: Talk) -> None:
    talk.say("a", "it's 4111 11")
    talk.say("b", "and", final=False, after_s=2.0)
    talk.silence(30)
    assert talk.screen["a"].text == "it's [...]"
    talk.say("b", "and that is all")
    assert talk.screen["a"].text == "it's 4111 11"


def test_a_number_cut_over_utterances_is_masked_in_each_and_counted_once(talk: Talk) -> None:
    talk.say("a", "it's 4111 1111")
    assert talk.say("b", "1111", final=False) == "[...]"
    talk.say("b", "1111 1111 okay")
    talk.silence()
    assert [talk.screen[u].text for u in "ab"] == ["it's [CC]", "[CC] okay"]
    assert [dict(talk.screen[u].redactions) for u in "ab"] == [{}, {"CC": 1}]


def test_three_digits_before_the_end_of_an_utterance_count(talk: Talk) -> None:
    """Nothing is masked in the first, but the run goes on: no fourth digit is ever shown."""
    assert talk.say("a", "it's four one five") == "it's four one five"
    assert not talk.screen["a"].held
    assert talk.say("b", "five", final=False) == "[...]"
    talk.say("b", "five five five oh one three two")
    talk.silence()
    assert [talk.screen[u].text for u in "ab"] == ["it's [PHONE]", "[PHONE]"]


def test_a_cue_reaches_the_next_utterance_of_its_channel_and_no_further(talk: Talk) -> None:
    talk.say("a", "here is my card number")
    assert talk.say("b", "two", final=False) == "[...]"
    talk.say("b", "okay so listen to me now please")
    assert talk.say("c", "two", final=False) == "two"


def test_a_cue_reaches_the_next_utterance_of_the_other_channel(talk: Talk) -> None:
    talk.say("a", "may I have your card number?", channel="agent")
    talk.say("b", "okay, one moment", channel="customer")  # an acknowledgement is not the answer
    assert talk.say("c", "sure it's 4", channel="customer", final=False) == "sure it's [...]"
    talk.say("c", "sure it's not here with me at all", channel="customer")
    assert talk.say("d", "two", channel="customer", final=False) == "two"


def test_a_question_for_a_harmless_number_reaches_the_answer(talk: Talk) -> None:
    talk.say("a", "and your zip code?", channel="agent")
    talk.say("b", "nine one nine two six", channel="customer")
    talk.silence()
    assert talk.screen["b"].text == "nine one nine two six"


def test_a_harmless_number_is_known_when_it_is_read_back(talk: Talk) -> None:
    talk.say("a", "your reference for this call is 5913636927269476.", channel="agent")
    talk.say("b", "let me write that down, 5913636927269476.", channel="customer")
    talk.silence()
    assert talk.screen["b"].text == "let me write that down, 5913636927269476."


def test_after_a_gap_the_channel_counts_as_cued_until_a_run_closes(talk: Talk) -> None:
    talk.channel("c").lose()
    assert talk.say("u", "1", final=False) == "[...]"
    talk.say("u", "1 of them is on the way to us now")
    assert talk.say("v", "1", final=False) == "1"


def test_after_an_email_cue_the_local_part_is_masked_from_its_first_word(talk: Talk) -> None:
    assert talk.say("u", "my email is kofi", final=False) == "my email is [...]"
    assert talk.say("u", "my email is kofi salma at", final=False) == "my email is [...]"
    assert talk.say("u", "my email is on", final=False) == "my email is on"
    assert talk.say("u", "my email is paper and", final=False) == "my email is paper and"


def test_without_a_cue_an_address_is_masked_from_its_connector(talk: Talk) -> None:
    assert talk.say("u", "it's kofi", final=False) == "it's kofi"
    assert talk.say("u", "it's kofi dot", final=False) == "it's [...]"
    assert talk.say("u", "it's kofi at", final=False) == "it's [...]"
    assert talk.say("u", "see you at home", final=False) == "see you at home"


def test_an_address_cut_over_utterances(talk: Talk) -> None:
    talk.say("a", "send it to sarah dot doe nine")
    talk.say("b", "nine at hotmail dot com please")
    assert [talk.screen[u].text for u in "ab"] == ["send it to [EMAIL]", "[EMAIL] please"]


def test_masks_in_what_was_said_are_words(talk: Talk) -> None:
    """They hold nothing, cue nothing, and stay as they are."""
    assert talk.say("u", "[...] and [CC] or [CVV] 12", final=False) == "[...] and [CC] or [CVV] 12"
    assert not talk.screen["u"].held
    assert talk.screen["u"].settled == len("[...] and [CC] or [CVV] 12")


@pytest.mark.parametrize("said", ["it's 4111 1111 1111 1111 ok", "jane@example.com", "my card is [CC] ok"])
def test_redacting_twice_changes_nothing(said: str) -> None:
    assert closed(closed(said)) == closed(said)


def test_a_text_that_is_too_long_is_masked_whole(talk: Talk) -> None:
    assert talk.say("u", "a " * (MAX_CODE_POINTS // 2), final=False).startswith("a a")
    assert talk.say("u", "a " * (MAX_CODE_POINTS // 2) + "b") == "[...]"
    assert talk.say("v", "two", final=False) == "[...]"  # nobody knows what it asked for


@pytest.mark.source_only
@pytest.mark.usefixtures("faults_expected")
def test_a_fault_inside_masks(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    talk.say("a", "it's 4111 1111")

    def broken(self: Machine, token: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(Machine, "step", broken)
    assert talk.say("b", "hello 1", final=False) == "[...]"
    assert talk.say("b", "hello") == "[...]"
    assert talk.screen["a"].text == "[...]"
    assert talk.channel("c").faults == 2
    monkeypatch.undo()
    assert talk.say("c", "two", final=False) == "[...]"


def due_s(redactor: Redactor) -> float | None:
    return redactor.due_s


def test_due_is_three_seconds_after_the_last_event_and_none_while_somebody_speaks() -> None:
    redactor = Redactor(kinds=DEFAULT, language="en-US", call=Call())
    assert due_s(redactor) is None
    redactor.caption(UtteranceId("a"), RawText("it's 4111"), final=True, now_s=10.0)
    assert due_s(redactor) == 13.0
    redactor.caption(UtteranceId("b"), RawText("um"), final=False, now_s=11.0)
    assert due_s(redactor) is None
    redactor.retract(UtteranceId("b"))
    assert due_s(redactor) == 14.0


@pytest.mark.source_only
def test_no_text_in_a_repr() -> None:
    redactor = Redactor(kinds=DEFAULT, language="en-US", call=Call())
    redactor.caption(UtteranceId("a"), RawText("it's 4111 1111"), final=True, now_s=0.0)
    assert "4111 1" not in repr(redactor) + repr(redactor.__dict__)


@pytest.mark.parametrize(
    ("one", "other"), [("so seven well then to for", "to one"), ("seven people to for", "for one two")]
)
def test_words_that_might_have_been_digits_are_none_of_the_next_utterance_after_a_silence(
    talk: Talk, one: str, other: str
) -> None:
    talk.say("a", one)
    talk.silence(5.0)
    assert talk.say("b", other, final=False) == other
