"""What captions must keep, scores, lists, standards, codes, ages, doses, dates, prices, ranges.

Each sentence is an utterance of its own that nothing follows, so it ends as a final does after 3 s of silence.
"""

import pytest

from tests.core.redact.conftest import Talk, closed  # type: ignore[import-not-found,unused-ignore]

ENGLISH = """
the final score was 21 to 19 in the third set
they won 3 2 after extra time
it ended 4-3 on penalties
the score is thirty love
we beat them six nothing, six four
take one, two, or three of them
my list is milk, two eggs, four apples, and six rolls
first 10, then 20, then 30 and then 45 boxes
we are certified to ISO 27001 and ISO 9001
that is under RFC 2119 and RFC 8259
I'm on Route 66 at mile 1234
we are at mile marker 2048 on I 95
the dial-in code is 445566 and then the pound key
the meeting ID is 832 4455 9911
the conference code is 7788 9900 1
it's two for one on all pizzas today
buy one get one free
in seventeen hundred there was nothing here
it was built in seventeen seventy six
in the nineteen twenties and nineteen thirties
around the year two thousand and twelve
it was 98.6 degrees and now it is 101.3
minus 40 Celsius is minus 40 Fahrenheit
I'm 34 and my wife is 36, the kids are 7, 9 and 11
she is twenty six years old and he is thirty one
about 45 percent of them, maybe 50 percent
a 5.25% rate over thirty years
the Boeing 737 and the Airbus A320
my car is a BMW 320 from 2014
I have an iPhone 14 Pro and a Galaxy S23
I'm on flight BA 2490 on Tuesday
flight number is U A two nine four seven
the train ICE 1206 leaves from platform 14 at 18:05
room 1408 on the fourteenth floor
gate B 42 closes at 16:35
seat 24 A and 24 B please
the part number is 4455-2210-88
serial number is 5CG1234ABC
the serial is four four five two nine one seven seven oh two
the invoice from March was number 2024001187
my policy number is 998877665
claim 5566778899 is still open
the tracking is 9400 1118 9922 3344 5566 77
the confirmation was six digits, 447 281
the code on the error was 0x80070005
error 404 and then error 503
I waited 45 minutes and then another 30 minutes
call back between 9 and 5
from 2 to 4 or from 5 to 7
at quarter past 3 or half past 4
at eight thirty, nine fifteen, or ten forty five
the meeting moved from 10 to 11 and from 2 to 3
on 12/24/2025 and on 24.12.2025
on the 3rd, 4th and 5th of May 2026
on July the fourth twenty twenty six
from 2019 to 2023 I lived in Boston
in Q3 2024 we made 12,500,000 in revenue
it costs 1,299 plus 89 for shipping
nineteen ninety nine plus tax
that's twelve ninety five a month
eleven hundred a month for rent
about 3,000 square feet
it weighs 150 pounds and is 6 foot 2
my address is 1600 Pennsylvania Avenue
we live at 221 Baker Street, apartment 4
the zip is 90210
zip code nine oh two one oh
in area code 415 mostly
press 1 for sales, 2 for support, 3 for billing
dial 9 for an outside line
one two, one two, microphone check
three, two, one, go
five six seven eight and turn
ten, nine, eight, seven, six, five, four, three, two, one
between 1999, 2001, 2005 and 2010
chapter 12 verse 34
section 230 of title 47
page 1048 to 1052
version 2.14.3 build 19045
Windows 10 and Windows 11
python 3.11 and node 20
192.168.1.254 is the router
port 8080 and port 443
channel 5 at 11 o'clock
bus 42 or bus 57
highway 101 exit 398
the population is 8,336,817
we sold four hundred and twelve tickets
two hundred fifty thousand people
one point five million
3.14159 is pi
it's a 16 to 9 screen, 1920 by 1080
a 2 by 4, 8 feet long
6 to 8 weeks or 10 to 12 weeks
about 1 in 10 people
ratio of 3 to 1
he ran it in 2:04:35
the flight takes 11 hours and 35 minutes
I ordered it on the 12th and it came on the 19th
extension 4455
my extension is four four five five
the reference is ABC 123 456
it's case number 00123456
lot 2231 expires 06 2027
the loan is for 250000 at 6.5
I paid 49.99 and then 39.99 and then 29.99
one and one is two, two and two is four
in Psalm 119 verse 105
there were 10 20 maybe 30 people
it takes 2 3 days
24/7 support
9/11 was in 2001
a 747 and two 777s
the 80s and 90s
Apollo 11 landed in nineteen sixty nine
Formula 1 and MotoGP 3
catch 22
call 911 now
dial 988 for the crisis line
press star 67
my student number at school was 2044117
table for 2 at 8
table for six at seven thirty
two adults and three children, ages 4, 7 and 12
the answer was 42
100 meters in 9.58
1 2 3 testing 1 2 3
it's 5 to 6 and I have to go
number 1, number 2, and number 3
question 14 and question 15 are wrong
the model is 7730 B
the fee is 35 and the deposit is 500
my grade went from 85 to 92
blood pressure of 120 over 80
glucose was 105 this morning and 140 after lunch
take 500 milligrams every 6 hours
the dosage is two 250 milligram tablets
it was 70 degrees at 6 and 85 at noon
I had 1200 calories and 8500 steps
latitude 40.7128 and longitude 74.0060
episode 5 of season 3
tax form 1040 and form 1099
a 401k and a 529 plan
section 8 housing and chapter 11
level 99 and 1500 points
we need 12 volts and 2 amps
an SPF 50 sunscreen
we drove 1200 miles in 2 days at 65 miles an hour
it is 30 by 40 by 50 centimeters
he wears number 23 and she wears number 10
take the 405 to the 10 and then the 110
""".strip().splitlines()


@pytest.mark.parametrize("said", ENGLISH)
def test_it_is_shown(said: str) -> None:
    assert closed(said) == said


@pytest.mark.parametrize(
    ("said", "caption"),
    [
        # beside each class, what looks like it and is private
        ("my card number is #4111 1111 1111 1111", "my card number is [CC]"),
        ("my PIN is from 1984", "my PIN is from [NUMBER]"),
        ("it's +1 415 555, hold on, 0132", "it's [PHONE], hold on, [PHONE]"),
        ("it's LH 4155 550132 okay", "it's LH [PHONE] okay"),
        ("forty one, um, eleven, uh, eleven, um, eleven", "[NUMBER], um, [NUMBER], uh, [NUMBER], um, [NUMBER]"),
        ("my social is 4 and that is all I know", "my social is 4 and that is all I know"),
        ("my CVV is 4 and that is all", "my CVV is [CVV] and that is all"),
    ],
)
def test_what_looks_like_it_is_masked(said: str, caption: str) -> None:
    assert closed(said) == caption


def test_a_piece_that_looked_harmless_is_not_remembered_as_such() -> None:
    """ "+1 415 555" alone is grouped like an amount; with "0132" in the next utterance it is a telephone number."""
    talk = Talk()
    talk.say("a", "+1 415 555")
    talk.say("b", "0132")
    talk.end()
    assert [talk.screen[u].text for u in "ab"] == ["[PHONE]", "[PHONE]"]
