"""Four forms of one transcript say the same: same lines, same order, same times, same text."""

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from captiond.base.ids import SafeText, SessionId, UtteranceId
from captiond.core.messages import Caption
from captiond.serve import answers
from captiond.serve.transcripts import FORMS, Transcript, as_json, as_srt, as_text, as_vtt, clock, lines

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
        "[00:00:01.000] external: Hello, my card is [CC].\n[01:00:00.000] internal: a < b & c --> d\n"
    )
    assert as_vtt(spoken).decode() == (
        "WEBVTT\n\nu1 external\n00:00:01.000 --> 00:00:02.500\nHello, my card is [CC].\n\n"
        "u2 internal\n01:00:00.000 --> 01:00:01.001\na &lt; b &amp; c --&gt; d\n"
    )
    assert as_srt(spoken).decode() == (
        "1\n00:00:01,000 --> 00:00:02,500\nHello, my card is [CC].\n\n"
        "2\n01:00:00,000 --> 01:00:01,001\na < b & c --> d\n"
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


def test_an_empty_session() -> None:
    assert as_text(of()) == b""
    assert as_vtt(of()) == b"WEBVTT\n"
    assert as_srt(of()) == b""
    assert json.loads(as_json(of()))["captions"] == []


CUE = re.compile(r"(\d+:\d\d:\d\d[.,]\d{3}) --> (\d+:\d\d:\d\d[.,]\d{3})\n(.*)")
TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1, max_size=40)
TIME = st.none() | st.integers(0, 10**9)


@given(st.lists(st.tuples(TEXT, TIME, TIME, st.sampled_from(["", "internal", "external"])), max_size=8))
def test_all_four_agree(spoken: list[tuple[str, int | None, int | None, str]]) -> None:
    transcript = of(
        *(
            final(text, f"u{i}", start_ms=start, end_ms=end, channel=channel)
            for i, (text, start, end, channel) in enumerate(spoken)
        )
    )
    expected = [
        (clock(line["startMs"]), clock(line["endMs"]), line["text"])
        for line in json.loads(as_json(transcript))["captions"]
    ]
    assert len(expected) == len(spoken)
    vtt = [
        (start, end, text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))
        for start, end, text in CUE.findall(as_vtt(transcript).decode())
    ]
    srt = [(a.replace(",", "."), b.replace(",", "."), text) for a, b, text in CUE.findall(as_srt(transcript).decode())]
    assert vtt == srt == expected
    for written, (start, _, text) in zip(as_text(transcript).decode().split("\n"), expected, strict=False):
        assert written.startswith(f"[{start}] ")
        assert written.endswith(text)


def test_every_form_has_a_type() -> None:
    assert set(FORMS) == {"json", "txt", "vtt", "srt"}
