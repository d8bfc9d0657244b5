"""The seed function in Node does what its description says, defects included: it is what our speed is compared with."""

import re
from collections.abc import Iterator

import pytest

from captiond.bench.node_seed import NodeFailed, SeedInNode, driver, missing

pytestmark = pytest.mark.skipif(missing() is not None, reason=missing() or "")

# The description in Python. JavaScript's \d, \w and \b are ASCII; its \s is not, so texts compared with it here are.
PATTERNS = (
    (re.compile(r"\b\d{3}-\d{2}-\d{4}\b", re.ASCII), "[SSN]"),
    (re.compile(r"\b\d{3}[-.\s]?\d{3}[-.\s]?\d{4}\b", re.ASCII), "[PHONE]"),
    (re.compile(r"\b[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Z|a-z]{2,}\b", re.ASCII), "[EMAIL]"),
    (re.compile(r"\b(?:\d{4}[-\s]?){3}\d{4}\b", re.ASCII), "[CC]"),
)


def described(text: str) -> str:
    text = re.sub(r"([.,!?])\s*", r"\1", re.sub(r"\s+", " ", text)).strip()
    for pattern, mask in PATTERNS:
        text = pattern.sub(mask, text)
    return text


@pytest.fixture
def node() -> Iterator[SeedInNode]:
    with SeedInNode() as seed:
        yield seed


HIDDEN = [
    ("ssn 123-45-6789 ok", "ssn [SSN] ok"),
    ("call 415-555-0132", "call [PHONE]"),
    ("call 415.555.0132 now", "call [PHONE] now"),
    ("write to jane.doe+x@example.com today", "write to [EMAIL] today"),
    ("card 4111 1111 1111 1111", "card [CC]"),
    ("4111-1111-1111-1111 and 4111111111111111", "[CC] and [CC]"),
    ("415 555 0132, 415 555 0133", "[PHONE],[PHONE]"),
    ("  two \t spaces \n ", "two spaces"),
]
DEFECTS = [  # what it leaks, damages or hides without need
    ("call (415) 555-0132", "call (415) 555-0132"),
    ("amex 3782 822463 10005", "amex 3782 822463 10005"),
    ("371449635398431", "371449635398431"),
    ("ssn 123 45 6789", "ssn 123 45 6789"),
    ("4111.1111.1111.1111", "4111.1111.1111.1111"),
    ("4111, 1111, 1111, 1111", "4111,1111,1111,1111"),
    ("4 1 1 1", "4 1 1 1"),
    ("four one one one", "four one one one"),
    ("+44 7911 123456", "+44 7911 123456"),
    ("DE89 3704 0044 0532 0130 00", "DE89 [CC] 00"),
    ("jane@acme.com. Thanks for calling", "[EMAIL] for calling"),
    ("I am at jane@acme. Thanks", "I am at [EMAIL]"),
    ("order 4155550132", "order [PHONE]"),
    ("invoice 4111222233334444", "invoice [CC]"),
    ("Hello, world. It is 3. 5 percent", "Hello,world.It is 3.5 percent"),
    ("4111 1111 uh 1111 1111", "4111 1111 uh 1111 1111"),
    ("a@b.x|y", "[EMAIL]"),
]


def test_it_hides_what_it_is_described_to_hide_and_no_more(node: SeedInNode) -> None:
    texts = [text for text, _ in HIDDEN + DEFECTS]
    assert node.show(texts) == [shown for _, shown in HIDDEN + DEFECTS]
    assert [described(text) for text in texts] == [shown for _, shown in HIDDEN + DEFECTS]


def test_javascripts_digits_and_word_characters_are_ascii_and_its_spaces_are_not(node: SeedInNode) -> None:
    texts = ["415\u2011555\u20110132", "４１５-555-0132", "müller@example.de", "jane@müller.de", "a\u00a0b\u202fc"]
    assert node.show(texts) == [*texts[:2], "mü[EMAIL]", texts[3], "a b c"]


def test_rounds_take_every_partial_and_cost_something(node: SeedInNode) -> None:
    texts = ["my number is 415 555 0132 thank you, bye"] * 50
    node.load("numbers", [texts, texts])
    assert node.round("numbers", 200) > 0  # 20,000 partials take some ms on any machine; the CPU clock ticks in µs
    each = node.each("numbers")
    assert len(each) == 100
    assert min(each) > 0


def test_events_are_parsed_and_written(node: SeedInNode) -> None:
    node.load("frames", [['{"transcript": "hello", "isPartial": true}']])
    assert node.events("frames", 20_000) > 0
    with pytest.raises(NodeFailed):  # a frame that is no JSON is not left out: Node ends
        node.load("broken", [["{"]])
        node.events("broken", 1)


def test_a_child_that_is_gone_is_an_error_and_quotes_nothing(node: SeedInNode) -> None:
    node.load("texts", [["jane@example.com"]])
    with pytest.raises(NodeFailed) as caught:
        node.round("another name", 1)
    assert "jane" not in str(caught.value)
    with pytest.raises(NodeFailed):
        node.show(["jane@example.com"])


def test_the_seed_stands_in_the_source_tree() -> None:
    found = driver()
    assert found is not None
    assert found.with_name("seed_redactor.mjs").is_file()
