"""caption-exports.js and captiond.serve.transcripts: the same bytes of the same finals and gaps."""

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from captiond.base.ids import SafeText, SessionId, UtteranceId
from captiond.core.messages import Caption, Gap
from captiond.db.records import Missed
from captiond.serve.transcripts import FORMS, Transcript, file_name

Json = dict[str, Any]
Write = Callable[[Json], Json]
STARTED = "2024-06-15T10:30:00.000Z"


@pytest.fixture(scope="module")
def write() -> Iterator[Write]:
    """The browser's exports of a transcript, by one Node process for all of them."""
    program = shutil.which("node")
    assert program, "Node.js is needed to test the widget: install the Debian package nodejs"
    with subprocess.Popen(
        [program, "exporting.mjs"], cwd=Path(__file__).parent, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as node:
        into, out = node.stdin, node.stdout
        assert into is not None
        assert out is not None

        def ask(transcript: Json) -> Json:
            into.write(json.dumps(transcript).encode() + b"\n")
            into.flush()
            made: Json = json.loads(out.readline())
            return made

        try:
            yield ask
        finally:
            into.close()
            node.kill()


def shown(caption: Caption) -> Json:
    """A final as it is among the items of a `CaptionFeed`."""
    return {
        "kind": "caption",
        "final": True,
        "utterance": caption.utterance,
        "revision": caption.revision,
        "text": caption.text,
        "held": caption.held,
        "channel": caption.channel,
        "language": caption.language,
        "emittedAt": caption.emitted_at,
        "startMs": caption.start_ms,
        "endMs": caption.end_ms,
        "confidence": caption.confidence,
        "redactions": dict(caption.redactions),
    }


def page_of(transcript: Transcript, **more: Any) -> Json:
    """What a page has on its screen that has seen all of it."""
    items: list[Json] = []
    for count in range(len(transcript.finals) + 1):
        items += [
            {"kind": "gap", "lost": missed.gap.lost, "cause": missed.gap.cause}
            for missed in transcript.missed
            if len(transcript.finals) - missed.before == count
        ]
        items += [shown(caption) for caption in transcript.finals[count : count + 1]]
    page = {
        "session": transcript.session,
        "language": transcript.language,
        "state": transcript.state,
        "startedAt": transcript.started_at,
        "items": items,
    }
    return page | more


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30) | st.sampled_from(
    [
        "a --> b",
        "<b>&amp;</b>",
        "00:00:01,000 --> 00:00:02,000",
        "\u05e9\u05dc\u05d5\u05dd (1)",
        "\U0001f600" * 20,
        "[CC]",
    ]
)
TIME = st.none() | st.integers(0, 10**9)
CAME = st.sampled_from(
    [STARTED, "2024-06-15T10:30:05.123Z", "2024-06-15T12:59:59.999Z", "2024-06-15T10:29:00.000Z", ""]
)
FINAL = st.builds(
    Caption,
    utterance=st.integers(0, 9).map(lambda n: UtteranceId(f"u-->{n}")),
    revision=st.integers(1, 9),
    final=st.just(True),
    text=TEXT.map(SafeText),
    stable_length=st.just(0),
    held=st.booleans(),
    channel=st.sampled_from(["", "internal", "external", "<third & last>"]),
    language=st.sampled_from(["en-US", "he-IL"]),
    emitted_at=CAME,
    start_ms=TIME,
    end_ms=TIME,
    confidence=st.none() | st.sampled_from([0.5, 0.25]),
    redactions=st.sampled_from([{}, {"CC": 1, "SSN": 2}]),
)
GAP = st.builds(Gap, st.none() | st.integers(0, 3), st.sampled_from(["sequence", "disconnect", "owner"]))


@given(finals=st.lists(FINAL, max_size=6), gaps=st.lists(st.tuples(st.integers(0, 6), GAP), max_size=3))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None)
def test_the_page_writes_what_the_daemon_writes(
    write: Write, finals: list[Caption], gaps: list[tuple[int, Gap]]
) -> None:
    missed = [Missed(min(before, len(finals)), gap) for before, gap in gaps]
    transcript = Transcript(SessionId("a:b"), "en-US", "live", STARTED, finals, missed)
    made = write(page_of(transcript))
    for form in ("txt", "vtt", "srt"):
        assert made[form] == FORMS[form][1](transcript).decode(), form
    assert json.loads(made["json"]) == json.loads(FORMS["json"][1](transcript))
    assert made["name"] == file_name(transcript, "vtt")


@given(finals=st.lists(FINAL, max_size=6))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None)
def test_a_page_that_loaded_earlier_lines_writes_them_the_same(write: Write, finals: list[Caption]) -> None:
    """Where upstream names the end of a line but not its start, the end is reckoned again: that line may differ."""
    told = [caption for caption in finals if caption.start_ms is not None or caption.end_ms is None]
    transcript = Transcript(SessionId("s"), "en-US", "live", STARTED, told)
    recalled = json.loads(FORMS["json"][1](transcript))
    made = write(page_of(transcript, items=[], recalled=recalled))
    for form in ("txt", "vtt", "srt"):
        assert made[form] == FORMS[form][1](transcript).decode(), form
    assert json.loads(made["json"]) == recalled


def test_what_a_page_does_not_have_it_says(write: Write) -> None:
    """Partials are no transcript; finals that left the screen are counted."""
    final = shown(
        Caption(UtteranceId("u9"), 1, True, SafeText("Hi."), 3, False, "external", "en-US", STARTED, 60_000, 61_000)
    )
    open_one = final | {"utterance": "u10", "final": False}
    page = page_of(Transcript(SessionId("s"), "en-US", "live", STARTED, ()), items=[final, open_one], earlierFinals=7)
    made = write(page)
    assert made["txt"] == "[00:00:00.000] [7 earlier lines are not here]\n[00:01:00.000] Customer: Hi.\n"
    assert made["vtt"].split("\n")[2:5] == [
        "earlier lines",
        "00:00:00.000 --> 00:00:02.000",
        "[7 earlier lines are not here]",
    ]
    assert json.loads(made["json"])["earlierFinals"] == 7
    one = write(page | {"earlierFinals": 1})
    assert "[1 earlier line is not here]" in one["srt"]


def test_a_page_that_was_not_told_when_the_session_began_counts_from_its_first_line(write: Write) -> None:
    finals = [
        Caption(UtteranceId(f"u{n}"), 1, True, SafeText("Hi."), 3, False, "", "en-US", f"2024-06-15T10:30:{n:02}.000Z")
        for n in (10, 20)
    ]
    page = page_of(Transcript(SessionId("s"), "en-US", "live", STARTED, finals), startedAt=None)
    assert write(page)["txt"] == "[00:00:00.000] Hi.\n[00:00:09.500] Hi.\n"
