"""The guarantee: over all messages fewer than 4 digits of a redacted number, and none where a cue came first."""

import re

import pytest

from tests.core.redact.conftest import Talk  # type: ignore[import-not-found,unused-ignore]

CARD = "4111 1111 1111 1111"
NUMBERS = [
    ("", "it's 4929 3813 3266 4295 thanks"),
    ("", "it's 4929-3813-3266-4295 thanks"),
    ("", "it's 4929381332664295"),
    ("", "four nine two nine three eight one three three two six six four two nine five okay"),
    ("", "forty nine twenty nine thirty eight thirteen thirty two sixty six forty two ninety five"),
    ("", "four nine two nine, three eight one three, hold on, three two six six, four two nine five"),
    ("", "4929 3813 um three two six six let me see four two nine five"),
    ("", "4929, I have it here, 3813, wait a moment, 3266 4295"),
    ("", "378282246310005 is my amex"),
    ("", "078-05-1129 yes"),
    ("", "oh seven eight oh five one one two nine yes"),
    ("", "078 05, uh, 1129"),
    ("", "(415) 555-0132 please"),
    ("", "415.555.0132"),
    ("", "4155550132 works best"),
    ("", "+1 415 555 0132"),
    ("", "+44 20 7946 0958"),
    ("", "plus four four two zero seven nine four six zero nine five eight"),
    ("", "four one five triple five oh one three two"),
    ("", "four one five, let me see, five five five oh one three two"),
    ("", "DE89 3704 0044 0532 0130 00"),
    ("", "GB29NWBK60161331926819"),
    ("", "D E eight nine three seven oh four double oh double four oh five three two oh one three triple oh"),
    ("card", "my card is 4929 3813 3266 4295"),
    ("card", "my card number is four nine two nine three eight one three three two six six four two nine five"),
    ("card", "visa, twenty four eighty four fifty two seventy seven eighty nine ninety eight thirty nine thirty two"),
    ("social", "my social is 078-05-1129"),
    ("social", "my social security number is oh seven eight oh five one one two nine"),
    ("social", "my social is seven eight two fifty three eighty three forty five"),
    ("cvv", "the cvv is 9345"),
    ("cvv", "the security code is nine three four"),
    ("pin", "my pin is 9345"),
    ("phone", "my phone is 415-555-0132"),
    ("phone", "you can reach me at eight zero zero five five five zero one eighteen"),
    ("iban", "the iban is nl91 abna 0417 1643 00"),
    ("iban", "the iban is d e eight nine three seven oh four double oh double four"),
]
_SAID = re.compile(r"\d|[a-z]+")
_DIGITS = {
    "zero": 1, "oh": 1, "one": 1, "two": 1, "three": 1, "four": 1, "five": 1, "six": 1, "seven": 1, "eight": 1,
    "nine": 1, "thirteen": 2, "eighteen": 2, "twenty": 1, "thirty": 1, "forty": 1, "fifty": 1, "sixty": 1,
    "seventy": 1, "eighty": 1, "ninety": 1,
}  # fmt: skip


def places(raw: str, shown: str) -> set[int]:
    """Which digits of what was said a caption shows, as places in the text: both begin alike up to the first mask."""
    clear, _, rest = shown.partition("[")
    found = {m.start() for m in _SAID.finditer(clear.lower()) if m.group().isdigit() or m.group() in _DIGITS}
    for m in _SAID.finditer(rest.lower()):
        if m.group().isdigit() or m.group() in _DIGITS:
            found.add(len(raw) + m.start())  # behind a mask: never the same as one before it
    return found


@pytest.mark.parametrize(("cue", "said"), NUMBERS)
@pytest.mark.parametrize("unit", ["letters", "words"])
def test_no_prefix_shows_a_fourth_digit(talk: Talk, unit: str, cue: str, said: str) -> None:
    ends = range(1, len(said) + 1) if unit == "letters" else [m.end() for m in re.finditer(r"\S+", said)]
    seen: set[int] = set()
    for end in ends:
        seen |= places(said, talk.say("u", said[:end], final=False, after_s=0.01))
    talk.say("u", said)
    talk.silence()
    seen |= places(said, talk.screen["u"].text)
    assert len(seen) < (1 if cue else 4)
    assert "[" in talk.screen["u"].text


@pytest.mark.parametrize(("cue", "said"), NUMBERS)
def test_nor_does_any_cut_into_two_utterances(cue: str, said: str) -> None:
    for space in re.finditer(" ", said):
        talk = Talk()
        one, other = said[: space.start()], said[space.end() :]
        seen = places(one, talk.say("a", one))
        for end in [m.end() for m in re.finditer(r"\S+", other)]:
            seen |= {1000 + p for p in places(other, talk.say("b", other[:end], final=False, after_s=0.01))}
        talk.say("b", other)
        talk.silence()
        seen |= places(one, talk.screen["a"].text) | {1000 + p for p in places(other, talk.screen["b"].text)}
        assert len(seen) < (1 if cue else 4), space.start()
