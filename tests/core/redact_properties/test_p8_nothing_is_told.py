"""P8: nothing that leaves the redactor is derived from the digits it hides.

Two conversations that differ only in the digits of their private numbers, of the same shape and equally valid, give
equal captions, equal messages to viewers, equal audit records, figures and log lines.
"""

import io
import json
import logging
import random
import re
import sys
import traceback
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from captiond.base.ids import RawText, UtteranceId
from captiond.bench.phrases import LANGUAGES, Phrases
from captiond.bench.reading import MASK
from captiond.bench.speaker import Speaker
from captiond.bench.streams import Event
from captiond.cli_redact import events
from captiond.core.redact import Call, Redactor
from tests.hub.stage import SESSION, House  # type: ignore[import-not-found,unused-ignore]

SIZES = {"CARD": (4, 4, 4, 4), "SSN": (3, 2, 4), "PHONE": (3, 3, 4), "IBAN": (2, 4, 4, 4, 4), "CVV": (3,)}
CUED = {kind: {tag: p.cued[kind] for tag, p in LANGUAGES.items() if kind in p.cued} for kind in SIZES}
MASKED = r"\[(?:CC|CVV|SSN|PHONE|IBAN|NUMBER|EMAIL)\]"


def number(rng: random.Random, kind: str) -> str:
    """Digits of one kind, all equally valid: same length, same issuer, right check digit, no special area."""
    if kind == "CARD":
        body = "4539" + "".join(rng.choices("123456789", k=11))
        return body + next(c for c in "0123456789" if luhn(body + c))
    if kind == "SSN":
        return f"{rng.randint(111, 199)}{rng.randint(21, 89)}{rng.randint(2111, 8999)}"
    if kind == "PHONE":
        return f"{rng.choice((415, 503, 206, 312))}555{rng.randint(1111, 1899):04d}"
    return "".join(rng.choices("123456789", k=sum(SIZES[kind])))


def luhn(digits: str) -> bool:
    doubled = [int(c) * (2 if i % 2 else 1) for i, c in enumerate(reversed(digits))]
    return sum(d - 9 if d > 9 else d for d in doubled) % 10 == 0


def rendered(words: Phrases, kind: str, form: str, digits: str) -> str:
    """One way to say it, the same for all digits: no "double", no teens, which only some digits can have."""
    groups, at = [], 0
    for size in SIZES[kind]:
        groups.append(digits[at : at + size])
        at += size
    spoken = [" ".join(words.digits[int(c)] for c in group) for group in groups]
    lead = f"{words.iban} " if kind == "IBAN" else ""
    if form == "mixed":
        return lead + " ".join(s if i % 2 else g for i, (g, s) in enumerate(zip(groups, spoken, strict=True)))
    if form == "spoken":
        return lead + " ".join(spoken)
    if form == "paused":
        return lead + f" {words.pauses[0]} ".join(groups)
    return lead + {"whole": "", "grouped": " ", "dashed": "-"}[form].join(groups)


FORMS = ("whole", "grouped", "dashed", "spoken", "mixed", "paused")


@st.composite
def twins(draw: st.DrawFn) -> tuple[str, list[list[str]]]:
    """A language, and two conversations of finals that differ only in digits; the number of each has a cue."""
    language = draw(st.sampled_from(sorted(LANGUAGES)))
    words = LANGUAGES[language]
    kind = draw(st.sampled_from([k for k in SIZES if language in CUED[k] and (k != "SSN" or language == "en-US")]))
    form = draw(st.sampled_from(FORMS))
    cue, after = draw(st.sampled_from(words.cued[kind])), draw(st.sampled_from(words.after))
    before = draw(st.sampled_from(words.plain))
    cut = draw(st.integers(0, 40))
    both = []
    rng = random.Random(draw(st.integers(0, 1 << 32)))
    for _ in range(2):
        said = rendered(words, kind, form, number(rng, kind)).split(" ")
        place = 1 + cut % len(said)
        pieces = [f"{cue} {' '.join(said[:place])}", f"{' '.join(said[place:])} {after}".strip()]
        both.append([before, *(p for p in pieces if p), words.plain[0]])
    return language, both


def word_by_word(final: str) -> list[str]:
    """Partials by words: characters would tell how long a number word is, and so the recogniser does."""
    words = final.split(" ")
    return [" ".join(words[:n]) for n in range(1, len(words) + 1)]


@given(twins())
def test_captions_of_twins_are_equal(twin: tuple[str, list[list[str]]]) -> None:
    """All of them: text, held, counts, what is settled, of each partial, final and correction."""
    language, both = twin
    all_shown = []
    for finals in both:
        speaker = Speaker(language=language)
        for final in finals:
            speaker.say(*word_by_word(final), final)
        speaker.stop()
        all_shown.append(list(speaker.shown))
    assert all_shown[0] == all_shown[1]
    assert any(re.search(MASKED, s.text) for s in all_shown[0])


@given(twins())
def test_what_the_filter_prints_is_equal(twin: tuple[str, list[list[str]]]) -> None:
    language, both = twin
    printed = []
    for finals in both:
        said = [(text, text is texts[-1]) for texts in ([*word_by_word(f), f] for f in finals) for text in texts]
        lines = (
            Event("s", n, text, final, 1_772_442_000_000 + 200 * n, "external", language, 0).line()
            for n, (text, final) in enumerate(said, 1)
        )
        printed.append(list(events(lines)))
    assert printed[0] == printed[1]


@given(twins())
def test_viewers_audit_figures_and_log_are_equal(twin: tuple[str, list[list[str]]]) -> None:
    """The whole live path of the daemon, with a lost event, so that something is logged as well."""
    language, both = twin
    left = []
    for finals in both:
        lines = Lines()
        house = House(redactor=Redactor, call=Call, opened=False)
        house.rooms.open(SESSION, source="media", language=language, conversation=None, created_at="now")
        viewer = house.watch()
        logging.getLogger("captiond").addHandler(lines)
        for final in finals:
            lost = int(final is finals[-1])
            for text in word_by_word(final):
                house.say(text, skip=lost)
                lost = 0
            house.say(final, final=True)
        house.wait(4.0)
        logging.getLogger("captiond").removeHandler(lines)
        observed = {name: values for name, values in house.meter.observed.items() if not name.endswith("_seconds")}
        figures = (house.meter.counted, house.meter.gauges, observed)
        left.append((viewer.got, house.audit.records, figures, house.kept, lines.said))
        assert any(record["kind"] == "gap" for record in house.audit.records)
        assert any("gap" in line for line in lines.said)
        assert any(re.search(MASKED, caption.text) for _, caption in house.kept)
    assert left[0] == left[1]


class Lines(logging.Handler):
    """What is logged, as it is written."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(record.getMessage())


@pytest.mark.parametrize("form", ["{0} {1} {2} {3} okay", "{0}{1}{2}{3}, thanks", "{0}-{1}-{2}-{3} please"])
@given(st.text("0123456789", min_size=16, max_size=16), st.text("0123456789", min_size=16, max_size=16))
def test_a_mask_has_one_length(form: str, one: str, other: str) -> None:
    """Any digits at all, valid or not: only the name of the mask may differ."""

    def shape(digits: str) -> str:
        speaker = Speaker()
        speaker.say("my card is " + form.format(*(digits[i : i + 4] for i in range(0, 16, 4))))
        return MASK.sub("[]", speaker.stop()[0])

    assert shape(one) == shape(other)
    assert not any(c.isdigit() for c in shape(one))


def test_an_example_of_twins() -> None:
    """Two cards; one of them a digit longer said in words. Nobody can tell which is which."""
    captions: list[Sequence[str]] = []
    for card in ("4539 5787 6362 1486", "4539 1488 0343 6467"):
        speaker = Speaker()
        speaker.say("okay my card is", f"okay my card is {card[:9]}", f"okay my card is {card} thanks")
        captions.append([s.text for s in speaker.shown])
    assert captions[0] == captions[1] == ["okay my card is", "okay my card is [...]", "okay my card is [...] thanks"]


def test_nothing_that_is_printed_of_a_redactor_holds_what_it_heard() -> None:
    speaker = Speaker()
    shown = speaker.hear("the card is 4539 5787 63", final=False)
    speaker.say("the card is 4539 5787 6362")
    for thing in (speaker.redactor, speaker.call, shown, *speaker.shown):
        assert not re.search(r"4539|5787|6362", f"{thing!r} {thing}")


@pytest.mark.parametrize("wrong", [{"final": "4539"}, {"now_s": "4539"}, {"text": None}, {"text": b"4539"}])
def test_a_wrong_call_tells_nothing(wrong: dict[str, object]) -> None:
    """Whatever is raised, if anything is: no digit of an argument or of what was heard stands in it."""
    speaker = Speaker()
    speaker.hear("my card is 4539 5787", final=False)
    fields = {"final": False, "now_s": 1.0, **wrong}
    text = fields.pop("text", RawText("my card is 4539 5787 6362"))
    said = ""
    try:
        shown = speaker.redactor.caption(UtteranceId("u0"), text, **fields)  # type: ignore[arg-type]
        said = repr(shown)
    except Exception as why:
        said = "".join(traceback.format_exception_only(why))
    assert not re.search(r"4539|5787|6362", said)


def test_the_command_says_where_a_line_is_wrong_and_not_what_it_says(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from captiond.cli import main

    broken = json.dumps({"transcript": "my card is 4539 5787 6362 1486"}).encode()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(broken + b"\n")))
    assert main(["redact", "--events"]) != 0
    out = capsys.readouterr()
    assert "line 1" in out.err
    assert not re.search(r"4539|5787|6362|1486", out.err + out.out)
