"""What a redactor remembers is bounded, however long the call; what steers a terminal never gets through."""

import pytest

from captiond.base.ids import RawText, UtteranceId
from captiond.core.redact import DEFAULT, Call, Redactor


def say(redactor: Redactor, number: int, text: str) -> str:
    """The final caption of one more utterance."""
    shown = redactor.caption(UtteranceId(str(number)), RawText(text), final=True, now_s=10.0 * number)
    return shown[-1].text


def test_cues_that_got_their_number_are_forgotten() -> None:
    redactor = Redactor(kinds=DEFAULT, language="en-US", call=Call())
    for number in range(500):
        say(redactor, number, f"my number is 4111 {number % 10}")
    window = redactor._machine.window
    assert window.used < 1 << (len(window.markers) + 2)
    assert len(window.markers) < 10


@pytest.mark.parametrize("steering", ["\x1b", "\x00", "\x07", "\x7f", "\x9b", "\u3164", "\uffa0", "\u202e"])
def test_what_has_no_width_goes_and_hides_nothing(steering: str) -> None:
    redactor = Redactor(kinds=DEFAULT, language="en-US", call=Call())
    assert say(redactor, 1, f"it is {steering}blue{steering} today") == "it is blue today"
    digits = steering.join("4111111111111111")
    assert say(redactor, 2, f"my card is {digits} and that is all there is to say") == (
        "my card is [CC] and that is all there is to say"
    )
