"""What a closed or a shortened run leaves behind points at no word that may be forgotten."""

from captiond.base.ids import RawText, UtteranceId
from captiond.core.redact import DEFAULT, Call, Redactor
from captiond.core.redact.lexicons import lexicon_for
from captiond.core.redact.runs import NONE, Run
from captiond.core.redact.tokens import read
from captiond.core.redact.window import Window


def test_a_word_that_waits_when_silence_closes_the_run_does_not_wait_any_more() -> None:
    """ "too" may be a digit beside one; the next utterance's is not beside it."""
    redactor = Redactor(kinds=DEFAULT, language="en-US", call=Call())
    said = "and so on and the rest of what was said there is of no importance " * 3 + "nine hold too"
    redactor.caption(UtteranceId("1"), RawText(said), final=True, now_s=1.0)
    redactor.expire(now_s=9.0)
    for number in range(2, 5):
        redactor.caption(UtteranceId(str(number)), RawText("zero thanks"), final=True, now_s=9.0 + number)
    assert redactor.faults == 0


def test_a_shortened_run_remembers_no_digits_before_its_start() -> None:
    window, run = Window(lexicon_for("en-US"), DEFAULT), Run()
    for word in ("nine", "four", "12", "and", "7"):
        token = read(word, window.lexicon)
        run.step(window, window.append(token), token, cued=False)
    assert (run.group, run.group_last) == (4, 2)
    head = run.shorten(window, 4)
    assert (head.start, head.last, run.start, run.last, run.digits) == (0, 3, 4, 4, 1)
    assert run.group == run.group_last == NONE
