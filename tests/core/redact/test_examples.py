"""Each kind in each form, and what must stay, with the exact caption. The contract's section 6 as a table."""

import pytest

from tests.core.redact.conftest import closed  # type: ignore[import-not-found,unused-ignore]

PRIVATE = [
    # cards: 13 to 19 digits, any grouping
    ("it's 4111 1111 1111 1111.", "it's [CC]."),
    ("it's 4111-1111-1111-1111, thanks", "it's [CC], thanks"),
    ("it's 4111111111111111", "it's [CC]"),
    ("it's 4111.1111.1111.1111", "it's [CC]"),
    ("it's 4111, 1111, 1111, 1111", "it's [CC]"),
    ("it's 4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1", "it's [CC]"),
    ("amex 3782 822463 10005 ok", "amex [CC] ok"),
    ("diners 3056 930902 5904", "diners [CC]"),
    ("the card is 4222222222222", "the card is [CC]"),
    ("the card is 6304000000000000000", "the card is [CC]"),
    ("four one one one double one double one one one one one triple one one", "[CC]"),
    ("Four one one one, one one one one, one one one one, one one one one.", "[CC]."),
    ("forty one eleven eleven eleven eleven eleven eleven eleven", "[CC]"),
    ("it's 4111 1111 one one one one one one one one", "it's [CC]"),
    ("it's 4111 1111, hold on, 1111 1111", "it's [CC], hold on, [CC]"),
    ("it's 4111 um 1111 let me see 1111 uh 1111", "it's [CC] um [CC] let me see [CC] uh [CC]"),
    ("my card number is 4111 1111 1111 1112", "my card number is [CC]"),  # one misheard digit breaks the checksum
    ("four won one one ate one one one one one one one one one one one", "[CC]"),
    # codes
    ("my card is 4111 1111 1111 1111 and the security code is 022.", "my card is [CC] and the security code is [CVV]."),
    ("the cvv is four seven nine two", "the cvv is [CVV]"),
    ("the three digit code on the back is oh three eight", "the three digit code on the back is [CVV]"),
    ("my PIN is 0314 okay", "my PIN is [NUMBER] okay"),
    ("my PIN was either 0314 or 9431.", "my PIN was either [NUMBER] or [NUMBER]."),
    # social security numbers
    ("my social is 078-05-1120", "my social is [SSN]"),
    ("it is 078-05-1120 I think", "it is [SSN] I think"),
    ("ssn 078 05 1120 ok", "ssn [SSN] ok"),
    ("my social is 078051120", "my social is [SSN]"),
    ("my social is oh seven eight oh five one one two oh", "my social is [SSN]"),
    ("my social is seven eight two fifty three eighty three forty five", "my social is [SSN]"),
    ("my social is 458, um, 64 6984 and so on", "my social is [SSN], um, [SSN] and so on"),
    # telephones
    ("call (415) 555-0132 now", "call [PHONE] now"),
    ("call 415.555.0132", "call [PHONE]"),
    ("call 415-555-0132!", "call [PHONE]!"),
    ("call 4155550132", "call [PHONE]"),
    ("call +1 415 555 0132", "call [PHONE]"),
    ("call 1-800-555-0151", "call [PHONE]"),
    ("call +44 20 7946 0958", "call [PHONE]"),
    ("Actually use 555-0196 that's it", "Actually use [PHONE] that's it"),
    ("plus four four two zero seven nine four six zero nine five eight", "[PHONE]"),
    ("four eight oh triple five oh one three one", "[PHONE]"),
    ("eight hundred five five five oh one three six", "[PHONE]"),
    ("reach me at two one two five five five zero one fifty seven", "reach me at [PHONE]"),
    ("call me back on 702, let me see, 555 0161.", "call me back on [PHONE], let me see, [PHONE]."),
    ("text a code to four zero four, five five five, zero one one four", "text a code to [PHONE]"),
    # addresses
    ("write to jane.doe@example.com.", "write to [EMAIL]."),
    ("jane_doe+x@mail.example.co.uk please", "[EMAIL] please"),
    ("müller@example.de", "[EMAIL]"),
    ("it's jane dot doe at example dot com", "it's [EMAIL]"),
    ("my email is jane underscore doe at g mail dot com please", "my email is [EMAIL] please"),
    ("it's j a n e d o e one two at proton dot me, thanks", "it's [EMAIL], thanks"),
    ("send it to kevin at example dot co dot uk", "send it to [EMAIL]"),
    ("c o l i n dot h o l l o w a y at example dot com", "[EMAIL]"),
    ("jane @ example . com", "[EMAIL]"),
    # IBANs
    ("DE89 3704 0044 0532 0130 00", "[IBAN]"),
    ("The IBAN is GB29NWBK60161331926819.", "The IBAN is [IBAN]."),
    ("the iban is nl91 abna 0417 1643 00", "the iban is [IBAN]"),
    ("it is D E eight nine three seven oh four double oh double four oh five three two oh one three triple oh", None),
    ("The IBAN is nl, nine, one, a, b, n, a, zero, four, one, seven, one, six, four, three, zero, zero.", None),
    # of no certain kind
    ("read 123 456 78901234 out", "read [NUMBER] out"),
    ("my account number is 8918 four eight one zero zero four", "my account number is [PHONE]"),
]

HARMLESS = [
    "it costs $3,250.00 or 37 dollars or five hundred four dollars and ninety five cents",
    "that is 415 555 0132 dollars",
    "the rate went from 66.9% to 70.1% in 1999.",
    "I was born June 17th, 1994 and on 10/03/2025 or 2025-06-12 or 11/22/57",
    "on the thirteenth of july twenty twenty seven or may tenth nineteen seventy five",
    "between 1999 2001 2005 and 2010",
    "we open at 10:30 or 6:15 AM or three ten or one oh five",
    "an opening at 4 to 6 or 7 to 9 on 9/12/27",
    "expect 286 to 156 units back in stock",
    "one two three four five six seven eight nine ten",
    "hello testing 1 2 3",
    "it is version 10.15.7, address 192.168.0.176",
    "room 4711 on Route 66 exit 81",
    "I'm flying on LH 3497 at 7 to 9, can you double check the seats?",
    "my order number is 8394166 and it was supposed to arrive",
    "order number 20240315",
    "case number 5551234567 is closed",
    "invoice 4111222233334444",
    "my order from last week was one two one nine five four two six",
    "my order from last week was #6968508",
    "your reference for this call is 8636754943953807.",
    "the tracking number says 1ZB859AE5564283347 but nothing moved",
    "I've opened ticket INC0032516 for you",
    "80320-2635.",
    "23921.",
    "nine one one",
    "dial 112",
    "the WH-1000XM5 and the iPhone 15",
    "two thousand nine hundred people came",
    "meet me at home at the end of the day",
    "near the store at the dot com office.",
    "look at Node.js and ask.me about it",
    "I'd like a table for two at eight",
]


@pytest.mark.parametrize(("said", "caption"), PRIVATE)
def test_private(said: str, caption: str | None) -> None:
    shown = closed(said)
    if caption is None:
        caption = said[: said.lower().index(" is ") + 4] + "[IBAN]" + ("." if said.endswith(".") else "")
    assert shown == caption


@pytest.mark.parametrize("said", HARMLESS)
def test_harmless(said: str) -> None:
    assert closed(said) == said


def test_the_same_digits_in_two_contexts() -> None:
    assert closed("my card number is 5425 2334 3010 9903 ok") == "my card number is [CC] ok"
    assert closed("my order number is 5425 2334 3010 9904 ok") == "my order number is 5425 2334 3010 9904 ok"


def test_kinds_that_are_off_are_shown_and_cue_nothing() -> None:
    assert closed("call (415) 555-0132", kinds=frozenset({"CC"})) == "call (415) 555-0132"
    assert closed("jane@example.com", kinds=frozenset({"CC"})) == "jane@example.com"
    assert closed("it's 4111 1111 1111 1111", kinds=frozenset({"CC"})) == "it's [CC]"


def test_kinds_that_are_on_beside_the_default() -> None:
    on = frozenset({"ACCOUNT", "DOB", "NATIONAL_ID"})
    assert closed("my account number is 9263 0102 6, thanks", kinds=on) == "my account number is [ACCOUNT], thanks"
    assert closed("I was born 10/23/79 you know", kinds=on) == "I was born [DOB] you know"
    assert "1994" not in closed("I was born June 17th, 1994 you know", kinds=on)
