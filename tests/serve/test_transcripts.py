"""Four forms of one transcript say the same: same lines, same order, same times, same text."""

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from captiond.base.ids import SafeText, SessionId, UtteranceId
from captiond.core.messages import Caption, Gap
from captiond.db.records import Missed
from captiond.serve import answers
from captiond.serve.transcripts import (
    FORMS,
    Transcript,
    as_json,
    as_srt,
    as_text,
    as_vtt,
    clock,
    file_name,
    lines,
)

STARTED = "2024-06-15T10:30:00.000Z"


def final(text: str, utterance: str = "u1", **changes: Any) -> Caption:
    fields: dict[str, Any] = {
        "utterance": UtteranceId(utterance),
        "revision": 3,
        "final": True,
        "text": SafeText(text),
        "stable_length": len(text),
        "held": False,
        "channel": "external",
        "language": "en-US",
        "emitted_at": "2024-06-15T10:30:05.000Z",
    }
    return Caption(**{**fields, **changes})


def of(*finals: Caption) -> Transcript:
    return Transcript(SessionId("s1"), "en-US", "live", STARTED, finals)


def test_each_form_of_a_small_conversation() -> None:
    spoken = of(
        final("Hello, my card is [CC].", "u1", start_ms=1000, end_ms=2500, redactions={"CC": 1}),
        final("a < b & c --> d", "u2", channel="internal", start_ms=3_600_000, end_ms=3_601_001, confidence=0.5),
    )
    assert as_text(spoken).decode() == (
        "[00:00:01.000] Customer: Hello, my card is [CC].\n[01:00:00.000] Agent: a < b & c --> d\n"
    )
    assert as_vtt(spoken).decode() == (
        "WEBVTT\n\nu1\n00:00:01.000 --> 00:00:02.500\n<v Customer>Hello, my card is [CC].\n\n"
        "u2\n01:00:00.000 --> 01:00:01.001\n<v Agent>a &lt; b &amp; c --&gt; d\n"
    )
    assert as_srt(spoken).decode() == (
        "1\n00:00:01,000 --> 00:00:02,500\nCustomer: Hello, my card is [CC].\n\n"
        "2\n01:00:00,000 --> 01:00:01,001\nAgent: a < b & c --> d\n"
    )
    document = answers.TranscriptAnswer.model_validate_json(as_json(spoken))
    assert (document.session, document.started_at) == ("s1", STARTED)
    assert [(line.start_ms, line.end_ms, line.timed) for line in document.captions] == [
        (1000, 2500, True),
        (3_600_000, 3_601_001, True),
    ]
    assert document.captions[0].redactions == {"CC": 1}


def test_where_upstream_names_no_times_they_come_from_when_the_final_came() -> None:
    (line,) = lines(of(final("one two three")))
    assert (line.start_ms, line.end_ms, line.timed) == (5000 - 13 * 65, 5000, False)


@pytest.mark.parametrize("emitted_at", ["2024-06-15T10:29:00.000Z", "", "yesterday"])
def test_a_clock_that_is_wrong_or_missing_makes_no_negative_time(emitted_at: str) -> None:
    (line,) = lines(of(final("hello", emitted_at=emitted_at)))
    assert 0 <= line.start_ms < line.end_ms


def test_lines_stand_in_the_order_of_their_starts_then_as_they_came() -> None:
    spoken = of(
        final("second", "u2", start_ms=2000),
        final("first", "u1", start_ms=1000),
        final("second too", "u3", start_ms=2000),
    )
    assert [line.caption.text for line in lines(spoken)] == ["first", "second", "second too"]


def test_where_updates_were_lost_every_form_says_so() -> None:
    spoken = Transcript(
        SessionId("s1"),
        "en-US",
        "live",
        STARTED,
        [final("one", "u1", start_ms=1000, end_ms=2500), final("two", "u2", start_ms=2500, end_ms=2500)],
        [Missed(9, Gap(None, "disconnect")), Missed(1, Gap(3, "sequence")), Missed(0, Gap(1, "owner"))],
    )
    words = ["[words may be missing here]", "one", "[3 updates missed here]", "two", "[1 update missed here]"]
    begins = ["00:00:00.000", "00:00:01.000", "00:00:02.500", "00:00:02.500", "00:00:02.501"]
    said = [f"Customer: {word}" if word in ("one", "two") else word for word in words]
    assert as_text(spoken).decode().splitlines() == [f"[{at}] {word}" for at, word in zip(begins, said, strict=True)]
    cues = CUE.findall(as_srt(spoken).decode())
    assert [(start.replace(",", "."), text) for start, _, text in cues] == list(zip(begins, said, strict=True))
    voiced = [f"<v Customer>{word}" if word in ("one", "two") else word for word in words]
    assert [text for _, _, text in CUE.findall(as_vtt(spoken).decode())] == voiced
    document = answers.TranscriptAnswer.model_validate_json(as_json(spoken))
    assert [(gap.at_ms, gap.lost, gap.cause) for gap in document.gaps] == [
        (0, None, "disconnect"),
        (2500, 3, "sequence"),
        (2501, 1, "owner"),
    ]


def test_a_line_that_looks_like_the_times_of_a_cue_is_none() -> None:
    spoken = of(final("00:00:09,000 --> 00:00:10,000", channel="", start_ms=0, end_ms=1))
    assert as_srt(spoken).decode() == "1\n00:00:00,000 --> 00:00:00,001\n\u206000:00:09,000 --> 00:00:10,000\n"
    assert len(CUE.findall(as_vtt(spoken).decode())) == 1


def test_what_is_written_from_right_to_left_is_isolated_behind_a_name() -> None:
    spoken = of(final("\u05e9\u05dc\u05d5\u05dd.", start_ms=0, end_ms=1))
    assert as_text(spoken).decode() == "[00:00:00.000] Customer: \u2068\u05e9\u05dc\u05d5\u05dd.\u2069\n"
    assert "<v Customer>\u05e9\u05dc\u05d5\u05dd.\n" in as_vtt(spoken).decode()


@pytest.mark.parametrize(
    ("session", "started_at", "name"),
    [
        ("ms-42", STARTED, "captions-ms-42-2024-06-15.vtt"),
        ("a:b", STARTED, "captions-a-b-2024-06-15.vtt"),
        ("..", "", "captions-...vtt"),
    ],
)
def test_a_file_has_a_name_that_every_system_takes(session: str, started_at: str, name: str) -> None:
    assert file_name(Transcript(SessionId(session), "en-US", "live", started_at, ()), "vtt") == name


def test_an_empty_session() -> None:
    assert as_text(of()) == b""
    assert as_vtt(of()) == b"WEBVTT\n"
    assert as_srt(of()) == b""
    assert json.loads(as_json(of()))["captions"] == []


CUE = re.compile(r"(\d+:\d\d:\d\d[.,]\d{3}) --> (\d+:\d\d:\d\d[.,]\d{3})\n(.*)")
VOICED = re.compile(r"(\d+:\d\d:\d\d\.\d{3}) --> (\d+:\d\d:\d\d\.\d{3})\n(?:<v ([^>]*)>)?(.*)")
TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1, max_size=40)
TIME = st.none() | st.integers(0, 10**9)


def plain(text: str) -> str:
    """Without the marks that keep a direction; captions have none of their own."""
    return re.sub("[\u2060\u2068\u2069]", "", text)


@given(st.lists(st.tuples(TEXT, TIME, TIME, st.sampled_from(["", "internal", "external"])), max_size=8))
def test_all_four_agree(spoken: list[tuple[str, int | None, int | None, str]]) -> None:
    transcript = of(
        *(
            final(text, f"u{i}", start_ms=start, end_ms=end, channel=channel)
            for i, (text, start, end, channel) in enumerate(spoken)
        )
    )
    expected = [
        (clock(line["startMs"]), clock(line["endMs"]), line["speaker"], line["text"])
        for line in json.loads(as_json(transcript))["captions"]
    ]
    assert len(expected) == len(spoken)
    vtt = [
        (start, end, voice or "", text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))
        for start, end, voice, text in VOICED.findall(as_vtt(transcript).decode())
    ]
    assert vtt == expected
    named = [(start, end, f"{name}: {text}" if name else text) for start, end, name, text in expected]
    srt = [(a.replace(",", "."), b.replace(",", "."), text) for a, b, text in CUE.findall(as_srt(transcript).decode())]
    assert [(start, end, plain(text)) for start, end, text in srt] == named
    written = as_text(transcript).decode().split("\n")
    assert [plain(line) for line in written] == [*(f"[{start}] {text}" for start, _, text in named), ""]


def test_every_form_has_a_type() -> None:
    assert set(FORMS) == {"json", "txt", "vtt", "srt"}
